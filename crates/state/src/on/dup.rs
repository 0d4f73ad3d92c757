//! Copies of fds, and the one flag of an fd that is not shared with its copies: closing on exec.

use gyr_event::EventCode;
use gyr_event::tables::{fcntl_commands, file_flags};

use crate::fd::FdData;
use crate::state::{Now, State};
use crate::thread::flags;

const O_CLOEXEC: u32 = file_flags.value("O_CLOEXEC");

const F_DUPFD: u32 = fcntl_commands.value("F_DUPFD");
const F_DUPFD_CLOEXEC: u32 = fcntl_commands.value("F_DUPFD_CLOEXEC");
const F_SETFD: u32 = fcntl_commands.value("F_SETFD");

/// The one bit of the argument of F_SETFD.
const FD_CLOEXEC: u64 = 1;

pub(super) fn on_dup(state: &mut State, now: &mut Now<'_>) {
    duplicate(state, now, FdData::clear_close_on_exec);
}

pub(super) fn on_dup3(state: &mut State, now: &mut Now<'_>) {
    const FLAGS: usize = EventCode::DUP3.param("flags");
    let flags = now.event.u32(FLAGS).unwrap_or_default();
    duplicate(state, now, |data| {
        data.clear_close_on_exec();
        data.open_flags |= flags;
    });
}

fn duplicate(state: &mut State, now: &mut Now<'_>, change: impl FnOnce(&mut FdData)) {
    let Some(idx) = now.thread else { return };
    let Some(fd) = now.event.i64(0).filter(|&fd| fd >= 0) else { return };
    // A shell that connects two programs dups the pipe to their standard input and output.
    match fd {
        0 => state.threads.at_mut(idx).set_flag(flags::PIPE_DST),
        1 => state.threads.at_mut(idx).set_flag(flags::PIPE_SRC),
        _ => {}
    }
    copy(state, now, fd, change);
}

fn copy(state: &mut State, now: &mut Now<'_>, fd: i64, change: impl FnOnce(&mut FdData)) {
    let Some(mut data) = state.entry(now.entry).map(|old| old.data().clone()) else { return };
    change(&mut data);
    state.add_fd(now, fd, data);
    // The name is the copied fd's: nothing changed it.
    now.name_changed = false;
}

pub(super) fn on_fcntl(state: &mut State, now: &mut Now<'_>) {
    const CMD: usize = EventCode::FCNTL.param("cmd");
    const ARG: usize = EventCode::FCNTL.param("arg");
    let event = now.event;
    let Some(res) = event.i64(0).filter(|&res| res >= 0) else { return };
    match event.u32(CMD) {
        Some(F_DUPFD) => copy(state, now, res, FdData::clear_close_on_exec),
        Some(F_DUPFD_CLOEXEC) => copy(state, now, res, |data| data.open_flags |= O_CLOEXEC),
        Some(F_SETFD) => {
            let Some(arg) = event.u64(ARG) else { return };
            let Some(data) = state.edit_fd(now) else { return };
            data.clear_close_on_exec();
            if arg & FD_CLOEXEC != 0 {
                data.open_flags |= O_CLOEXEC;
            }
        }
        _ => {}
    }
}
