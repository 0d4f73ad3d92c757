//! The working directory and the root.

use gyr_event::EventCode;

use crate::path::Base;
use crate::state::{Now, State};

pub(super) fn on_chdir(state: &mut State, now: &mut Now<'_>) {
    const PATH: usize = EventCode::CHDIR.param("path");
    go(state, now, PATH);
}

/// What getcwd says heals what was missed.
pub(super) fn on_getcwd(state: &mut State, now: &mut Now<'_>) {
    const PATH: usize = EventCode::GETCWD.param("path");
    go(state, now, PATH);
}

fn go(state: &mut State, now: &Now<'_>, path: usize) {
    let Some(idx) = now.current.thread else { return };
    if now.event.first().is_none_or(|res| res >= 0) {
        state.change_cwd(idx, now.event.text(path).unwrap_or_default());
    }
}

pub(super) fn on_fchdir(state: &mut State, now: &mut Now<'_>) {
    let Some(idx) = now.current.thread else { return };
    if now.event.first().is_some_and(|res| res < 0) {
        return;
    }
    if let Some(name) = state.entry(now.current.entry).map(|fd| fd.data().name.clone()) {
        state.change_cwd(idx, &name);
    }
}

pub(super) fn on_chroot(state: &mut State, now: &mut Now<'_>) {
    const PATH: usize = EventCode::CHROOT.param("path");
    let (Some(idx), Some(0)) = (now.current.thread, now.event.first()) else { return };
    let path = now.event.text(PATH).unwrap_or_default();
    let root = if path.starts_with(b"/") {
        state.names.share(path)
    } else {
        let cwd = state.cwd_of(idx);
        state.join(Base::directory(cwd.as_bytes()), path)
    };
    state.threads.edit(idx).root = root;
}
