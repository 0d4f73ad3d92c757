//! What each event does to the tables: one file a family, one row an event.

mod clone;
mod close;
mod directory;
mod enter;
mod execve;
mod exit;
mod open;

use gyr_event::{EventCode, EventFlags, EventInfo, ParamType};

pub(crate) use exit::Exited;

use crate::State;
use crate::state::Now;

/// Applies one kind of event. The event's thread and fd have been found.
pub(crate) type Handler = fn(&mut State, &mut Now<'_>);

const ROWS: &[(EventCode, Handler)] = &[
    (EventCode::OPEN_ENTER, enter::on_enter),
    (EventCode::CREAT_ENTER, enter::on_enter),
    (EventCode::OPENAT_ENTER, enter::on_enter),
    (EventCode::OPENAT2_ENTER, enter::on_enter),
    (EventCode::CONNECT_ENTER, enter::on_enter),
    (EventCode::EXECVE_ENTER_V19, enter::on_enter),
    (EventCode::EXECVEAT_ENTER_V0, enter::on_enter),
    (EventCode::CLONE, clone::on_clone),
    (EventCode::CLONE3, clone::on_clone),
    (EventCode::FORK, clone::on_clone),
    (EventCode::VFORK, clone::on_clone),
    (EventCode::EXECVE, execve::on_execve),
    (EventCode::EXECVEAT, execve::on_execve),
    (EventCode::PROCEXIT, exit::on_procexit),
    (EventCode::PRCTL, exit::on_prctl),
    (EventCode::OPEN, open::on_open),
    (EventCode::CREAT, open::on_creat),
    (EventCode::OPENAT, open::on_openat),
    (EventCode::OPENAT2, open::on_openat2),
    (EventCode::OPEN_BY_HANDLE_AT, open::on_open_by_handle_at),
    (EventCode::CLOSE, close::on_close),
    (EventCode::CLOSE_RANGE, close::on_close_range),
    (EventCode::CHDIR, directory::on_chdir),
    (EventCode::FCHDIR, directory::on_fchdir),
    (EventCode::GETCWD, directory::on_getcwd),
    (EventCode::CHROOT, directory::on_chroot),
];

static HANDLERS: [Option<Handler>; EventCode::COUNT] = {
    let mut handlers: [Option<Handler>; EventCode::COUNT] = [None; EventCode::COUNT];
    let mut i = 0;
    while i < ROWS.len() {
        let (code, handler) = ROWS[i];
        handlers[code.index()] = Some(handler);
        i += 1;
    }
    handlers
};

/// Which parameter names the fd that the event is about; [`NO_FD`] if none does.
static FD_PARAMS: [u8; EventCode::COUNT] = {
    let mut params = [NO_FD; EventCode::COUNT];
    let mut i = 0;
    while i < EventCode::COUNT {
        if let Some(code) = EventCode::new(i as u16) {
            params[i] = find_fd_param(code.info());
        }
        i += 1;
    }
    params
};

const NO_FD: u8 = u8::MAX;

/// What changes a table, if this event does.
pub(crate) fn handler(code: EventCode) -> Option<Handler> {
    HANDLERS.get(code.index()).copied().flatten()
}

pub(crate) fn fd_param(code: EventCode) -> Option<usize> {
    let param = *FD_PARAMS.get(code.index())?;
    (param != NO_FD).then_some(usize::from(param))
}

/// The first fd parameter that is not the result.
const fn find_fd_param(info: &EventInfo) -> u8 {
    if !info.flags.contains(EventFlags::USES_FD) {
        return NO_FD;
    }
    let mut i = if info.code.is_enter() { 0 } else { 1 };
    while i < info.params.len() {
        if matches!(info.params[i].ty, ParamType::FD) {
            return i as u8;
        }
        i += 1;
    }
    NO_FD
}

/// Whether the event belongs to a thread: those about the machine, containers, users and plugins do not.
pub(crate) fn has_thread(code: EventCode) -> bool {
    if code.info().flags.contains(EventFlags::SKIPPARSERESET) {
        return code == EventCode::PROCINFO;
    }
    !matches!(
        code,
        EventCode::CONTAINER_JSON
            | EventCode::USER_ADDED
            | EventCode::USER_DELETED
            | EventCode::GROUP_ADDED
            | EventCode::GROUP_DELETED
            | EventCode::PLUGINEVENT
            | EventCode::ASYNCEVENT
    )
}

/// Whether an unknown thread is asked for: clone brings what there is to know, and one that exits is gone.
pub(crate) fn may_ask_for_thread(code: EventCode) -> bool {
    !matches!(
        code,
        EventCode::CLONE
            | EventCode::CLONE3
            | EventCode::FORK
            | EventCode::VFORK
            | EventCode::PROCEXIT
            | EventCode::SCHEDSWITCH
            | EventCode::PROCINFO
    )
}
