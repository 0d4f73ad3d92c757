//! Calls whose result is an fd that is no file and no socket.

use gyr_event::{Event, EventCode};

use crate::fd::{FdData, FdType};
use crate::state::{Now, State};

/// A result of this type, whose flags are in a parameter if it has any.
macro_rules! makes {
    ($($handler:ident: $kind:ident $(with $code:ident $flags:literal)?,)*) => {
        $(pub(super) fn $handler(state: &mut State, now: &mut Now<'_>) {
            if let Some(fd) = result(now.event) {
                let flags = None$(.or(now.event.u32(const { EventCode::$code.param($flags) })))?;
                state.add_fd(now, fd, FdData::new(FdType::$kind), flags.unwrap_or_default());
            }
        })*
    };
}

makes! {
    on_eventfd: Event,
    on_eventfd2: Event with EVENTFD2 "flags",
    on_signalfd: Signal,
    on_signalfd4: Signal with SIGNALFD4 "flags",
    on_timerfd_create: Timer,
    on_inotify_init: Inotify,
    on_inotify_init1: Inotify with INOTIFY_INIT1 "flags",
    on_epoll_create: Eventpoll,
    on_epoll_create1: Eventpoll with EPOLL_CREATE1 "flags",
    on_bpf: Bpf,
    on_userfaultfd: Userfault with USERFAULTFD "flags",
    on_io_uring_setup: IoUring,
}

fn result(event: &Event<'_>) -> Option<i64> {
    event.first().filter(|&fd| fd >= 0)
}

pub(super) fn on_pipe(state: &mut State, now: &mut Now<'_>) {
    add_pipe(state, now, 0);
}

pub(super) fn on_pipe2(state: &mut State, now: &mut Now<'_>) {
    const FLAGS: usize = EventCode::PIPE2.param("flags");
    let flags = now.event.u32(FLAGS).unwrap_or_default();
    add_pipe(state, now, flags);
}

fn add_pipe(state: &mut State, now: &mut Now<'_>, flags: u32) {
    // Both events begin alike.
    const FD1: usize = EventCode::PIPE.param("fd1");
    const FD2: usize = EventCode::PIPE.param("fd2");
    const INO: usize = EventCode::PIPE.param("ino");
    let event = now.event;
    if result(event).is_none() {
        return;
    }
    let mut data = FdData::new(FdType::Pipe);
    data.ino = event.u64(INO).unwrap_or_default();
    for end in [FD1, FD2] {
        if let Some(fd) = event.i64(end) {
            state.add_fd(now, fd, data.clone(), flags);
        }
    }
}

pub(super) fn on_memfd_create(state: &mut State, now: &mut Now<'_>) {
    const NAME: usize = EventCode::MEMFD_CREATE.param("name");
    const FLAGS: usize = EventCode::MEMFD_CREATE.param("flags");
    let event = now.event;
    let Some(fd) = result(event) else { return };
    let mut data = FdData::new(FdType::Memfd);
    data.name = event.text(NAME).unwrap_or_default().to_vec();
    state.add_fd(now, fd, data, event.u32(FLAGS).unwrap_or_default());
}

pub(super) fn on_pidfd_open(state: &mut State, now: &mut Now<'_>) {
    const PID: usize = EventCode::PIDFD_OPEN.param("pid");
    const FLAGS: usize = EventCode::PIDFD_OPEN.param("flags");
    let event = now.event;
    let Some(fd) = result(event) else { return };
    let pid = event.i64(PID).unwrap_or_default();
    let mut data = FdData::new(FdType::Pidfd);
    data.name = format!("/proc/{pid}").into_bytes();
    data.pid = pid;
    state.add_fd(now, fd, data, event.u32(FLAGS).unwrap_or_default());
}

/// An fd of another process, which a pidfd names.
pub(super) fn on_pidfd_getfd(state: &mut State, now: &mut Now<'_>) {
    const PID_FD: usize = EventCode::PIDFD_GETFD.param("pid_fd");
    const TARGET_FD: usize = EventCode::PIDFD_GETFD.param("target_fd");
    let event = now.event;
    let Some(idx) = now.current.thread else { return };
    let Some(fd) = result(event) else { return };
    let (Some(pidfd), Some(target)) = (event.i64(PID_FD), event.i64(TARGET_FD)) else { return };
    let pidfd = state.find_fd(idx, pidfd);
    let Some(pid) =
        state.entry(pidfd).filter(|pidfd| pidfd.kind() == FdType::Pidfd).map(crate::Fd::pid)
    else {
        return;
    };
    let known = state
        .threads
        .find(pid)
        .and_then(|process| state.find_fd(process, target))
        .and_then(|entry| state.entry(Some(entry)))
        .map(|fd| (fd.share(), fd.flags()));
    // The call's event is not about that fd yet: only its number is known to be the last one used.
    if let Some((data, flags)) = known {
        state.add_other_fd(now, fd, data, flags);
    } else if let Some(entry) = now.host.fd(pid, target) {
        let (data, flags) = state.fd_data(&entry);
        state.add_other_fd(now, fd, data, flags);
    }
}
