//! Copies of fds, and the one flag of an fd that is not shared with its copies: closing on exec.

use gyr_event::tables::{fcntl_commands, file_flags};
use gyr_event::{EventCode, Place};

use crate::fd::with_close_on_exec;
use crate::state::{Now, State};
use crate::thread::flags;

const O_CLOEXEC: u32 = file_flags.value("O_CLOEXEC");

const F_DUPFD: u32 = fcntl_commands.value("F_DUPFD");
const F_DUPFD_CLOEXEC: u32 = fcntl_commands.value("F_DUPFD_CLOEXEC");
const F_SETFD: u32 = fcntl_commands.value("F_SETFD");

/// The one bit of the argument of F_SETFD.
const FD_CLOEXEC: u64 = 1;

pub(super) fn on_dup(state: &mut State, now: &mut Now<'_>) {
    duplicate(state, now, 0);
}

pub(super) fn on_dup3(state: &mut State, now: &mut Now<'_>) {
    const FLAGS: usize = EventCode::DUP3.param("flags");
    let flags = now.event.u32(FLAGS).unwrap_or_default();
    duplicate(state, now, flags);
}

fn duplicate(state: &mut State, now: &mut Now<'_>, more_flags: u32) {
    let Some(idx) = now.current.thread else { return };
    let Some(fd) = now.event.first().filter(|&fd| fd >= 0) else { return };
    // A shell that connects two programs dups the pipe to their standard input and output.
    match fd {
        0 => state.threads.at_mut(idx).set_flag(flags::PIPE_DST),
        1 => state.threads.at_mut(idx).set_flag(flags::PIPE_SRC),
        _ => {}
    }
    copy(state, now, fd, more_flags);
}

/// Copies the event's fd. A copy stays open on exec unless `more_flags` say otherwise.
#[inline(always)]
fn copy(state: &mut State, now: &mut Now<'_>, fd: i64, more_flags: u32) {
    let Some(old) = state.entry(now.current.entry) else { return };
    let open_flags = with_close_on_exec(old.kind(), old.flags(), false) | more_flags;
    // The name is the copied fd's: nothing changed it.
    now.current.entry = state.put_fd(now, fd, old.share(), open_flags);
}

pub(super) fn on_fcntl(state: &mut State, now: &mut Now<'_>) {
    const CMD: Place<1> = Place::of(EventCode::FCNTL, EventCode::FCNTL.param("cmd")).unwrap();
    const ARG: usize = EventCode::FCNTL.param("arg");
    const RES: Place<8> = Place::of(EventCode::FCNTL, EventCode::FCNTL.param("res")).unwrap();
    let event = now.event;
    let Some(res) = event.i64_at(&RES).filter(|&res| res >= 0) else { return };
    let more_flags = match event.u8_at(&CMD) {
        Some(F_DUPFD) => 0,
        Some(F_DUPFD_CLOEXEC) => O_CLOEXEC,
        Some(F_SETFD) => {
            if let (Some((owner, fd)), Some(arg)) = (now.current.entry, event.u64(ARG)) {
                state.set_close_on_exec(owner, fd, arg & FD_CLOEXEC != 0);
            }
            return;
        }
        _ => return,
    };
    copy(state, now, res, more_flags);
}
