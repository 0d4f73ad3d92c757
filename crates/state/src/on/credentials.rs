//! Who a thread is: users, groups, capabilities, session.

use gyr_event::EventCode;

use crate::state::{Now, State};
use crate::thread::flags;

/// All capabilities that the kernel knows: 41 of them.
const ALL_CAPABILITIES: u64 = (1 << 41) - 1;

pub(super) fn on_setuid(state: &mut State, now: &mut Now<'_>) {
    const UID: usize = EventCode::SETUID.param("uid");
    set_uid(state, now, UID);
}

pub(super) fn on_setresuid(state: &mut State, now: &mut Now<'_>) {
    // Setreuid has it at the same place.
    const EUID: usize = EventCode::SETRESUID.param("euid");
    set_uid(state, now, EUID);
}

pub(super) fn on_setgid(state: &mut State, now: &mut Now<'_>) {
    const GID: usize = EventCode::SETGID.param("gid");
    set_gid(state, now, GID);
}

pub(super) fn on_setresgid(state: &mut State, now: &mut Now<'_>) {
    // Setregid has it at the same place.
    const EGID: usize = EventCode::SETRESGID.param("egid");
    set_gid(state, now, EGID);
}

fn set_uid(state: &mut State, now: &mut Now<'_>, param: usize) {
    let (Some(idx), Some(0)) = (now.current.thread, now.event.first()) else { return };
    let Some(uid) = now.event.u32(param) else { return };
    let image = state.threads.edit(idx);
    image.uid = uid;
    let (gid, container) = (image.gid, image.container.id.clone());
    state.ask_for_names(now.host, uid, gid, container.as_bytes());
}

fn set_gid(state: &mut State, now: &mut Now<'_>, param: usize) {
    let (Some(idx), Some(0)) = (now.current.thread, now.event.first()) else { return };
    let Some(gid) = now.event.u32(param) else { return };
    let image = state.threads.edit(idx);
    image.gid = gid;
    let (uid, container) = (image.uid, image.container.id.clone());
    state.ask_for_names(now.host, uid, gid, container.as_bytes());
}

pub(super) fn on_setsid(state: &mut State, now: &mut Now<'_>) {
    let Some(idx) = now.current.thread else { return };
    if let Some(sid) = now.event.first().filter(|&sid| sid >= 0) {
        state.threads.edit(idx).sid = sid;
    }
}

pub(super) fn on_capset(state: &mut State, now: &mut Now<'_>) {
    const INHERITABLE: usize = EventCode::CAPSET.param("cap_inheritable");
    const PERMITTED: usize = EventCode::CAPSET.param("cap_permitted");
    const EFFECTIVE: usize = EventCode::CAPSET.param("cap_effective");
    let event = now.event;
    let Some(idx) = now.current.thread else { return };
    if event.first().is_some_and(|res| res < 0) {
        return;
    }
    let image = state.threads.edit(idx);
    image.cap_inheritable = event.u64(INHERITABLE).unwrap_or_default();
    image.cap_permitted = event.u64(PERMITTED).unwrap_or_default();
    image.cap_effective = event.u64(EFFECTIVE).unwrap_or_default();
}

pub(super) fn on_unshare(state: &mut State, now: &mut Now<'_>) {
    const FLAGS: usize = EventCode::UNSHARE.param("flags");
    enter_namespaces(state, now, FLAGS);
}

pub(super) fn on_setns(state: &mut State, now: &mut Now<'_>) {
    const NSTYPE: usize = EventCode::SETNS.param("nstype");
    enter_namespaces(state, now, NSTYPE);
}

/// Who enters a user namespace has all capabilities there.
fn enter_namespaces(state: &mut State, now: &mut Now<'_>, param: usize) {
    let event = now.event;
    let Some(idx) = now.current.thread else { return };
    let failed = event.first().is_some_and(|res| res < 0);
    if failed || event.u32(param).unwrap_or_default() & flags::CLONE_NEWUSER == 0 {
        return;
    }
    let image = state.threads.edit(idx);
    image.cap_inheritable = ALL_CAPABILITIES;
    image.cap_permitted = ALL_CAPABILITIES;
    image.cap_effective = ALL_CAPABILITIES;
}
