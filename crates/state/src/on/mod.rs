//! What each event does to the tables: one file a family, one row an event.

mod clone;
mod close;
mod create;
mod credentials;
mod directory;
mod dup;
mod enter;
mod execve;
mod exit;
mod open;
mod resources;
mod socket;
mod transfer;
mod users;

use gyr_event::{Event, EventCode, EventFlags, EventInfo, ParamType, Place};

pub(crate) use exit::Exited;

use crate::state::Now;
use crate::{State, flags};

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
    (EventCode::DUP, dup::on_dup),
    (EventCode::DUP2, dup::on_dup),
    (EventCode::DUP3, dup::on_dup3),
    (EventCode::FCNTL, dup::on_fcntl),
    (EventCode::PIPE, create::on_pipe),
    (EventCode::PIPE2, create::on_pipe2),
    (EventCode::EVENTFD, create::on_eventfd),
    (EventCode::EVENTFD2, create::on_eventfd2),
    (EventCode::SIGNALFD, create::on_signalfd),
    (EventCode::SIGNALFD4, create::on_signalfd4),
    (EventCode::TIMERFD_CREATE, create::on_timerfd_create),
    (EventCode::INOTIFY_INIT, create::on_inotify_init),
    (EventCode::INOTIFY_INIT1, create::on_inotify_init1),
    (EventCode::EPOLL_CREATE, create::on_epoll_create),
    (EventCode::EPOLL_CREATE1, create::on_epoll_create1),
    (EventCode::BPF, create::on_bpf),
    (EventCode::USERFAULTFD, create::on_userfaultfd),
    (EventCode::IO_URING_SETUP, create::on_io_uring_setup),
    (EventCode::MEMFD_CREATE, create::on_memfd_create),
    (EventCode::PIDFD_OPEN, create::on_pidfd_open),
    (EventCode::PIDFD_GETFD, create::on_pidfd_getfd),
    (EventCode::SOCKET, socket::on_socket),
    (EventCode::SOCKETPAIR, socket::on_socketpair),
    (EventCode::BIND, socket::on_bind),
    (EventCode::CONNECT, socket::on_connect),
    (EventCode::ACCEPT, socket::on_accept),
    (EventCode::ACCEPT4, socket::on_accept4),
    (EventCode::READ, transfer::on_read),
    (EventCode::READV, transfer::on_read),
    (EventCode::PREAD, transfer::on_read),
    (EventCode::PREADV, transfer::on_read),
    (EventCode::RECV, transfer::on_recv),
    (EventCode::RECVFROM, transfer::on_recvfrom),
    (EventCode::RECVMSG, transfer::on_recvmsg),
    (EventCode::RECVMMSG, transfer::on_recvmmsg),
    (EventCode::WRITE, transfer::on_write),
    (EventCode::WRITEV, transfer::on_write),
    (EventCode::PWRITE, transfer::on_write),
    (EventCode::PWRITEV, transfer::on_write),
    (EventCode::SEND, transfer::on_send),
    (EventCode::SENDTO, transfer::on_send),
    (EventCode::SENDMSG, transfer::on_send),
    (EventCode::SENDMMSG, transfer::on_sendmmsg),
    (EventCode::SETUID, credentials::on_setuid),
    (EventCode::SETREUID, credentials::on_setresuid),
    (EventCode::SETRESUID, credentials::on_setresuid),
    (EventCode::SETGID, credentials::on_setgid),
    (EventCode::SETREGID, credentials::on_setresgid),
    (EventCode::SETRESGID, credentials::on_setresgid),
    (EventCode::SETSID, credentials::on_setsid),
    (EventCode::CAPSET, credentials::on_capset),
    (EventCode::UNSHARE, credentials::on_unshare),
    (EventCode::SETNS, credentials::on_setns),
    (EventCode::GETRLIMIT, resources::on_rlimit),
    (EventCode::SETRLIMIT, resources::on_rlimit),
    (EventCode::PRLIMIT, resources::on_prlimit),
    (EventCode::BRK, resources::on_memory),
    (EventCode::MMAP, resources::on_memory),
    (EventCode::MMAP2, resources::on_memory),
    (EventCode::MUNMAP, resources::on_memory),
    (EventCode::SCHEDSWITCH, resources::on_switch),
    (EventCode::USER_ADDED, users::on_user_added),
    (EventCode::USER_DELETED, users::on_user_deleted),
    (EventCode::GROUP_ADDED, users::on_group_added),
    (EventCode::GROUP_DELETED, users::on_group_deleted),
];

/// How an event is applied.
#[derive(Clone, Copy)]
pub(crate) struct Rule {
    /// What changes the tables, if this event does.
    pub(crate) handler: Option<Handler>,
    /// Which parameter names the fd that the event is about; [`NO_FD`] if none does.
    fd_param: u8,
    /// Where it mostly stands.
    fd_place: Option<Place<8>>,
    /// Whether the event belongs to a thread: those about the machine, containers, users and plugins do not.
    pub(crate) has_thread: bool,
    /// Whether an unknown thread is asked for: clone brings what there is to know, and one that exits is gone.
    pub(crate) may_ask: bool,
    pub(crate) is_enter: bool,
    /// Whether the event is an enter, or leaves what the thread's last event left to the next.
    pub(crate) is_special: bool,
    /// What the event says of its thread: the flag that it is there, or none.
    pub(crate) flag: u32,
    /// Whether the event makes, uses or closes an fd.
    pub(crate) is_about_fd: bool,
}

impl Rule {
    pub(crate) const fn of(code: EventCode) -> &'static Self {
        &RULES[code.index()]
    }

    pub(crate) const fn fd_param(&self) -> Option<usize> {
        if self.fd_param == NO_FD { None } else { Some(self.fd_param as usize) }
    }

    /// The number of the fd that the event is about; -1 if there is none.
    #[inline(always)]
    pub(crate) fn fd(&self, event: &Event<'_>) -> i64 {
        match &self.fd_place {
            Some(place) => event.fd_at(place),
            None if self.fd_param == NO_FD => -1,
            None => self.fd_elsewhere(event),
        }
    }

    #[inline(never)]
    fn fd_elsewhere(&self, event: &Event<'_>) -> i64 {
        event.i64(usize::from(self.fd_param)).unwrap_or(-1)
    }
}

const NO_FD: u8 = u8::MAX;

static RULES: [Rule; EventCode::COUNT] = {
    let mut rules = [rule(EventCode::GENERIC); EventCode::COUNT];
    let mut i = 0;
    while i < EventCode::COUNT {
        if let Some(code) = EventCode::new(i as u16) {
            rules[i] = rule(code);
        }
        i += 1;
    }
    let mut i = 0;
    while i < ROWS.len() {
        let (code, handler) = ROWS[i];
        rules[code.index()].handler = Some(handler);
        i += 1;
    }
    rules
};

const fn rule(code: EventCode) -> Rule {
    let info = code.info();
    let has_thread = match code {
        EventCode::PROCINFO => true,
        EventCode::CONTAINER_JSON
        | EventCode::USER_ADDED
        | EventCode::USER_DELETED
        | EventCode::GROUP_ADDED
        | EventCode::GROUP_DELETED
        | EventCode::PLUGINEVENT
        | EventCode::ASYNCEVENT => false,
        _ => !info.flags.contains(EventFlags::SKIPPARSERESET),
    };
    let may_ask = !matches!(
        code,
        EventCode::CLONE
            | EventCode::CLONE3
            | EventCode::FORK
            | EventCode::VFORK
            | EventCode::PROCEXIT
            | EventCode::SCHEDSWITCH
            | EventCode::PROCINFO
    );
    let is_about_fd = info.flags.contains(EventFlags::CREATES_FD)
        || info.flags.contains(EventFlags::USES_FD)
        || info.flags.contains(EventFlags::DESTROYS_FD);
    let fd_param = find_fd_param(info);
    Rule {
        handler: None,
        fd_param,
        fd_place: if fd_param == NO_FD { None } else { Place::of(code, fd_param as usize) },
        has_thread,
        may_ask,
        is_enter: code.is_enter(),
        is_special: code.is_enter() || matches!(code, EventCode::SCHEDSWITCH),
        flag: if may_ask { flags::ACTIVE } else { 0 },
        is_about_fd,
    }
}

/// The first fd parameter that is not the result; of splice, the one written to.
const fn find_fd_param(info: &EventInfo) -> u8 {
    if !info.flags.contains(EventFlags::USES_FD) {
        return NO_FD;
    }
    if matches!(info.code, EventCode::SPLICE) {
        return EventCode::SPLICE.param("fd_out") as u8;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fd_of_an_event_is_where_records_have_it() {
        let places: &[(usize, &[EventCode])] = &[
            (0, &[EventCode::CONNECT_ENTER]),
            (1, &[EventCode::CLOSE, EventCode::FCNTL, EventCode::DUP3, EventCode::NEWFSTATAT]),
            (1, &[EventCode::SENDMMSG, EventCode::RECVMMSG, EventCode::SETNS, EventCode::FCHDIR]),
            (1, &[EventCode::COPY_FILE_RANGE, EventCode::UNLINKAT, EventCode::FINIT_MODULE]),
            (2, &[EventCode::READ, EventCode::PWRITE, EventCode::BIND, EventCode::CONNECT]),
            (2, &[EventCode::SENDTO, EventCode::SENDFILE, EventCode::SPLICE, EventCode::SYMLINKAT]),
            (3, &[EventCode::RECVFROM, EventCode::READV, EventCode::PREADV]),
            (5, &[EventCode::RECVMSG]),
            (8, &[EventCode::MMAP, EventCode::MMAP2]),
        ];
        for (place, codes) in places {
            for &code in *codes {
                assert_eq!(Rule::of(code).fd_param(), Some(*place), "{}", code.info().name);
            }
        }
        assert_eq!(Rule::of(EventCode::OPENAT).fd_param(), None);
    }
}
