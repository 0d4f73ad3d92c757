//! The event table: every code, its name, category, flags and parameters. Everything about an event is declared here.
//!
//! A row reads `code CONSTANT "name" [kind origin] [flags] { parameter: TYPE FORMAT extra, ... }`. Even codes are
//! enters, odd ones exits. The current form of an event has the bare constant; superseded ones carry a version
//! (`_V0` the first), superseded or not, enters of syscalls carry `_ENTER`. A new parameter goes to the end of its row.

use crate::flags::tables;
use crate::info::{
    Category, EventFlags, EventInfo, Kind, Origin, ParamExtra, ParamFormat, ParamInfo, ParamType,
};

/// The code of an event: an index into [`EVENTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventCode(u16);

impl EventCode {
    /// How many codes there are.
    pub const COUNT: usize = EVENTS.len();

    /// The code with this number, if there is such an event.
    pub const fn new(number: u16) -> Option<Self> {
        if (number as usize) < Self::COUNT { Some(Self(number)) } else { None }
    }

    pub const fn number(self) -> u16 {
        self.0
    }

    pub const fn index(self) -> usize {
        self.0 as usize
    }

    pub const fn info(self) -> &'static EventInfo {
        &EVENTS[self.0 as usize]
    }

    /// Whether this is the enter half of its pair (tracepoints and meta events count as enters).
    pub const fn is_enter(self) -> bool {
        self.0 & 1 == 0
    }

    /// Whether this is an event of today: neither superseded nor a placeholder.
    pub const fn is_current(self) -> bool {
        let flags = self.info().flags;
        !flags.contains(EventFlags::OLD_VERSION) && !flags.contains(EventFlags::UNUSED)
    }

    /// The index of a parameter by name; for constants, so that a wrong name does not compile.
    ///
    /// # Panics
    /// When the event has no such parameter.
    pub const fn param(self, name: &str) -> usize {
        let params = self.info().params;
        let mut i = 0;
        while i < params.len() {
            if same(params[i].name.as_bytes(), name.as_bytes()) {
                return i;
            }
            i += 1;
        }
        panic!("the event has no parameter of this name")
    }

    /// All codes in ascending order.
    pub fn all() -> impl Iterator<Item = Self> {
        EVENTS.iter().map(|info| info.code)
    }
}

pub(crate) const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

macro_rules! category {
    () => { Category { kind: Kind::UNKNOWN, origin: Origin::NONE } };
    ($kind:ident) => { Category { kind: Kind::$kind, origin: Origin::NONE } };
    (UNKNOWN $kind:ident $origin:ident) => { category!($kind $origin) };
    ($kind:ident $origin:ident) => { Category { kind: Kind::$kind, origin: Origin::$origin } };
}

macro_rules! extra {
    () => {
        ParamExtra::None
    };
    (table($table:ident)) => {
        ParamExtra::Flags(&tables::$table)
    };
    (dirfd($index:literal)) => {
        ParamExtra::Dirfd($index)
    };
    (choices($choices:ident)) => {
        ParamExtra::Choices(choices::$choices)
    };
}

macro_rules! events {
    ($($code:literal $const:ident $name:literal [$($category:ident)*] [$($flag:ident)*]
       { $($param:ident: $ty:ident $format:ident $($extra:ident($arg:tt))?),* })*) => {
        impl EventCode {
            $(pub const $const: Self = Self($code);)*
        }

        /// Every event, indexed by its code.
        pub static EVENTS: &[EventInfo] = &[$(EventInfo {
            code: EventCode($code),
            name: $name,
            category: category!($($category)*),
            flags: EventFlags::NONE$(.union(EventFlags::$flag))*,
            params: &[$(ParamInfo {
                name: stringify!($param),
                ty: ParamType::$ty,
                format: ParamFormat::$format,
                extra: extra!($($extra($arg))?),
            }),*],
        }),*];
    };
}

/// The types that the first byte of a dynamic parameter selects from.
mod choices {
    #![allow(non_upper_case_globals, reason = "the names of the wire format")]
    use super::{ParamFormat::*, ParamType, ParamType::*};
    type Choices = &'static [(ParamType, super::ParamFormat)];

    pub(super) const sockopt_dynamic_param: Choices =
        &[(BYTEBUF, NA), (ERRNO, DEC), (UINT32, DEC), (UINT64, DEC), (RELTIME, DEC)];
    pub(super) const ptrace_dynamic_param: Choices = &[(UINT64, HEX), (SIGTYPE, DEC)];
    pub(super) const bpf_dynamic_param: Choices = &[(FD, DEC), (ERRNO, DEC)];
    pub(super) const keyctl_dynamic_param: Choices = &[(INT64, DEC), (CHARBUF, NA)];
}

events! {
    0 GENERIC_ENTER_V0 "syscall" [OTHER SYSCALL] [OLD_VERSION CONVERTER_MANAGED] {
        ID: SYSCALLID DEC, nativeID: UINT16 DEC
    }
    1 GENERIC "syscall" [OTHER SYSCALL] [CONVERTER_MANAGED] { ID: SYSCALLID DEC, nativeID: UINT16 DEC }
    2 OPEN_ENTER "open" [FILE SYSCALL] [CREATES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        name: FSPATH NA, flags: FLAGS32 HEX table(file_flags), mode: UINT32 OCT
    }
    3 OPEN "open" [FILE SYSCALL] [CREATES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        fd: FD DEC, name: FSPATH NA, flags: FLAGS32 HEX table(file_flags), mode: UINT32 OCT, dev: UINT32 HEX,
        ino: UINT64 DEC
    }
    4 CLOSE_ENTER_V0 "close" [IO_OTHER SYSCALL] [DESTROYS_FD USES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC
    }
    5 CLOSE "close" [IO_OTHER SYSCALL] [DESTROYS_FD USES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        res: ERRNO DEC, fd: FD DEC
    }
    6 READ_ENTER_V0 "read" [IO_READ SYSCALL] [USES_FD READS_FROM_FD OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, size: UINT32 DEC
    }
    7 READ "read" [IO_READ SYSCALL] [USES_FD READS_FROM_FD CONVERTER_MANAGED] {
        res: ERRNO DEC, data: BYTEBUF NA, fd: FD DEC, size: UINT32 DEC
    }
    8 WRITE_ENTER_V0 "write" [IO_WRITE SYSCALL] [USES_FD WRITES_TO_FD OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, size: UINT32 DEC
    }
    9 WRITE "write" [IO_WRITE SYSCALL] [USES_FD WRITES_TO_FD CONVERTER_MANAGED] {
        res: ERRNO DEC, data: BYTEBUF NA, fd: FD DEC, size: UINT32 DEC
    }
    10 BRK_ENTER_V1 "brk" [MEMORY SYSCALL] [OLD_VERSION CONVERTER_MANAGED] { size: UINT32 DEC }
    11 BRK_V1 "brk" [MEMORY SYSCALL] [OLD_VERSION CONVERTER_MANAGED] { res: UINT64 HEX }
    12 EXECVE_ENTER_V8 "execve" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {}
    13 EXECVE_V8 "execve" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        res: ERRNO DEC, exe: CHARBUF NA, args: BYTEBUF NA, tid: PID DEC, pid: PID DEC, ptid: PID DEC,
        cwd: CHARBUF NA, fdlimit: UINT64 DEC
    }
    14 CLONE_ENTER_V11 "clone" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION] {}
    15 CLONE_V11 "clone" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        res: PID DEC, exe: CHARBUF NA, args: BYTEBUF NA, tid: PID DEC, pid: PID DEC, ptid: PID DEC,
        cwd: CHARBUF NA, fdlimit: INT64 DEC, flags: FLAGS32 HEX table(clone_flags), uid: UINT32 DEC,
        gid: UINT32 DEC
    }
    16 PROCEXIT_V0 "procexit" [PROCESS TRACEPOINT] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {}
    17 PROCEXIT_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    18 SOCKET_ENTER_V0 "socket" [NET SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        domain: ENUMFLAGS32 DEC table(socket_families), type: UINT32 DEC, proto: UINT32 DEC
    }
    19 SOCKET "socket" [NET SYSCALL] [CREATES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        fd: FD DEC, domain: ENUMFLAGS32 DEC table(socket_families), type: UINT32 DEC, proto: UINT32 DEC,
        flags: FLAGS32 HEX table(file_flags)
    }
    20 BIND_ENTER_V0 "bind" [NET SYSCALL] [USES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] { fd: FD DEC }
    21 BIND "bind" [NET SYSCALL] [USES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        res: ERRNO DEC, addr: SOCKADDR NA, fd: FD DEC
    }
    22 CONNECT_ENTER "connect" [NET SYSCALL] [USES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        fd: FD DEC, addr: SOCKADDR NA
    }
    23 CONNECT "connect" [NET SYSCALL] [USES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        res: ERRNO DEC, tuple: SOCKTUPLE NA, fd: FD DEC, addr: SOCKADDR NA
    }
    24 LISTEN_ENTER_V0 "listen" [NET SYSCALL] [USES_FD OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, backlog: INT32 DEC
    }
    25 LISTEN "listen" [NET SYSCALL] [USES_FD CONVERTER_MANAGED] { res: ERRNO DEC, fd: FD DEC, backlog: INT32 DEC }
    26 ACCEPT_ENTER_V0 "accept" [NET SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION] {}
    27 ACCEPT_V0 "accept" [NET SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, tuple: SOCKTUPLE NA, queuepct: UINT8 DEC
    }
    28 SEND_ENTER_V0 "send" [IO_WRITE SYSCALL] [USES_FD WRITES_TO_FD OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, size: UINT32 DEC
    }
    29 SEND "send" [IO_WRITE SYSCALL] [USES_FD WRITES_TO_FD CONVERTER_MANAGED] {
        res: ERRNO DEC, data: BYTEBUF NA, fd: FD DEC, size: UINT32 DEC, tuple: SOCKTUPLE NA
    }
    30 SENDTO_ENTER_V0 "sendto" [IO_WRITE SYSCALL] [USES_FD WRITES_TO_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, size: UINT32 DEC, tuple: SOCKTUPLE NA
    }
    31 SENDTO "sendto" [IO_WRITE SYSCALL] [USES_FD WRITES_TO_FD MODIFIES_STATE CONVERTER_MANAGED] {
        res: ERRNO DEC, data: BYTEBUF NA, fd: FD DEC, size: UINT32 DEC, tuple: SOCKTUPLE NA
    }
    32 RECV_ENTER_V0 "recv" [IO_READ SYSCALL] [USES_FD READS_FROM_FD OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, size: UINT32 DEC
    }
    33 RECV "recv" [IO_READ SYSCALL] [USES_FD READS_FROM_FD CONVERTER_MANAGED] {
        res: ERRNO DEC, data: BYTEBUF NA, fd: FD DEC, size: UINT32 DEC, tuple: SOCKTUPLE NA
    }
    34 RECVFROM_ENTER_V0 "recvfrom" [IO_READ SYSCALL] [USES_FD READS_FROM_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, size: UINT32 DEC
    }
    35 RECVFROM "recvfrom" [IO_READ SYSCALL] [USES_FD READS_FROM_FD MODIFIES_STATE CONVERTER_MANAGED] {
        res: ERRNO DEC, data: BYTEBUF NA, tuple: SOCKTUPLE NA, fd: FD DEC, size: UINT32 DEC
    }
    36 SHUTDOWN_ENTER_V0 "shutdown" [NET SYSCALL] [USES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, how: ENUMFLAGS8 HEX table(shutdown_how)
    }
    37 SHUTDOWN "shutdown" [NET SYSCALL] [USES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        res: ERRNO DEC, fd: FD DEC, how: ENUMFLAGS8 HEX table(shutdown_how)
    }
    38 GETSOCKNAME_ENTER_V0 "getsockname" [NET SYSCALL] [OLD_VERSION] {}
    39 GETSOCKNAME "getsockname" [NET SYSCALL] [] {}
    40 GETPEERNAME_ENTER_V0 "getpeername" [NET SYSCALL] [OLD_VERSION] {}
    41 GETPEERNAME "getpeername" [NET SYSCALL] [] {}
    42 SOCKETPAIR_ENTER_V0 "socketpair" [IPC SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        domain: ENUMFLAGS32 DEC table(socket_families), type: UINT32 DEC, proto: UINT32 DEC
    }
    43 SOCKETPAIR "socketpair" [IPC SYSCALL] [CREATES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        res: ERRNO DEC, fd1: FD DEC, fd2: FD DEC, source: UINT64 HEX, peer: UINT64 HEX,
        domain: ENUMFLAGS32 DEC table(socket_families), type: UINT32 DEC, proto: UINT32 DEC
    }
    44 SETSOCKOPT_ENTER_V0 "setsockopt" [NET SYSCALL] [OLD_VERSION] {}
    45 SETSOCKOPT "setsockopt" [NET SYSCALL] [USES_FD] {
        res: ERRNO DEC, fd: FD DEC, level: ENUMFLAGS8 DEC table(sockopt_levels),
        optname: ENUMFLAGS8 DEC table(sockopt_options), val: DYN DEC choices(sockopt_dynamic_param),
        optlen: UINT32 DEC
    }
    46 GETSOCKOPT_ENTER_V0 "getsockopt" [NET SYSCALL] [MODIFIES_STATE OLD_VERSION] {}
    47 GETSOCKOPT "getsockopt" [NET SYSCALL] [USES_FD MODIFIES_STATE] {
        res: ERRNO DEC, fd: FD DEC, level: ENUMFLAGS8 DEC table(sockopt_levels),
        optname: ENUMFLAGS8 DEC table(sockopt_options), val: DYN DEC choices(sockopt_dynamic_param),
        optlen: UINT32 DEC
    }
    48 SENDMSG_ENTER_V0 "sendmsg" [IO_WRITE SYSCALL] [USES_FD WRITES_TO_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, size: UINT32 DEC, tuple: SOCKTUPLE NA
    }
    49 SENDMSG "sendmsg" [IO_WRITE SYSCALL] [USES_FD WRITES_TO_FD MODIFIES_STATE CONVERTER_MANAGED] {
        res: ERRNO DEC, data: BYTEBUF NA, fd: FD DEC, size: UINT32 DEC, tuple: SOCKTUPLE NA
    }
    50 SENDMMSG_ENTER_V0 "sendmmsg" [IO_WRITE SYSCALL] [OLD_VERSION] {}
    51 SENDMMSG "sendmmsg" [IO_WRITE SYSCALL] [USES_FD WRITES_TO_FD MODIFIES_STATE CONVERTER_MANAGED] {
        res: ERRNO DEC, fd: FD DEC, size: UINT32 DEC, data: BYTEBUF NA, tuple: SOCKTUPLE NA
    }
    52 RECVMSG_ENTER_V0 "recvmsg" [IO_READ SYSCALL] [USES_FD READS_FROM_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC
    }
    53 RECVMSG "recvmsg" [IO_READ SYSCALL] [USES_FD READS_FROM_FD MODIFIES_STATE CONVERTER_MANAGED] {
        res: ERRNO DEC, size: UINT32 DEC, data: BYTEBUF NA, tuple: SOCKTUPLE NA, msgcontrol: BYTEBUF NA,
        fd: FD DEC
    }
    54 RECVMMSG_ENTER_V0 "recvmmsg" [IO_READ SYSCALL] [OLD_VERSION] {}
    55 RECVMMSG "recvmmsg" [IO_READ SYSCALL] [USES_FD READS_FROM_FD MODIFIES_STATE CONVERTER_MANAGED] {
        res: ERRNO DEC, fd: FD DEC, size: UINT32 DEC, data: BYTEBUF NA, tuple: SOCKTUPLE NA,
        msgcontrol: BYTEBUF NA
    }
    56 ACCEPT4_ENTER_V0 "accept" [NET SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        flags: INT32 HEX
    }
    57 ACCEPT4_V0 "accept" [NET SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, tuple: SOCKTUPLE NA, queuepct: UINT8 DEC
    }
    58 CREAT_ENTER "creat" [FILE SYSCALL] [CREATES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        name: FSPATH NA, mode: UINT32 OCT
    }
    59 CREAT "creat" [FILE SYSCALL] [CREATES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        fd: FD DEC, name: FSPATH NA, mode: UINT32 OCT, dev: UINT32 HEX, ino: UINT64 DEC,
        creat_flags: FLAGS16 HEX table(creat_flags)
    }
    60 PIPE_ENTER_V0 "pipe" [IPC SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION] {}
    61 PIPE "pipe" [IPC SYSCALL] [CREATES_FD MODIFIES_STATE] {
        res: ERRNO DEC, fd1: FD DEC, fd2: FD DEC, ino: UINT64 DEC
    }
    62 EVENTFD_ENTER_V0 "eventfd" [IPC SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        initval: UINT64 DEC, flags: UINT32 HEX
    }
    63 EVENTFD "eventfd" [IPC SYSCALL] [CREATES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        res: FD DEC, initval: UINT64 DEC, flags: UINT32 HEX
    }
    64 FUTEX_ENTER_V0 "futex" [IPC SYSCALL] [OLD_VERSION CONVERTER_MANAGED] {
        addr: UINT64 HEX, op: FLAGS16 HEX table(futex_operations), val: UINT64 DEC
    }
    65 FUTEX "futex" [IPC SYSCALL] [CONVERTER_MANAGED] {
        res: ERRNO DEC, addr: UINT64 HEX, op: FLAGS16 HEX table(futex_operations), val: UINT64 DEC
    }
    66 STAT_ENTER_V0 "stat" [FILE SYSCALL] [OLD_VERSION] {}
    67 STAT "stat" [FILE SYSCALL] [] { res: ERRNO DEC, path: FSPATH NA }
    68 LSTAT_ENTER_V0 "lstat" [FILE SYSCALL] [OLD_VERSION] {}
    69 LSTAT "lstat" [FILE SYSCALL] [] { res: ERRNO DEC, path: FSPATH NA }
    70 FSTAT_ENTER_V0 "fstat" [FILE SYSCALL] [USES_FD OLD_VERSION CONVERTER_MANAGED] { fd: FD NA }
    71 FSTAT "fstat" [FILE SYSCALL] [USES_FD CONVERTER_MANAGED] { res: ERRNO DEC, fd: FD NA }
    72 STAT64_ENTER_V0 "stat64" [FILE SYSCALL] [OLD_VERSION] {}
    73 STAT64 "stat64" [FILE SYSCALL] [] { res: ERRNO DEC, path: FSPATH NA }
    74 LSTAT64_ENTER_V0 "lstat64" [FILE SYSCALL] [OLD_VERSION] {}
    75 LSTAT64 "lstat64" [FILE SYSCALL] [] { res: ERRNO DEC, path: FSPATH NA }
    76 FSTAT64_ENTER_V0 "fstat64" [FILE SYSCALL] [USES_FD OLD_VERSION] { fd: FD NA }
    77 FSTAT64 "fstat64" [FILE SYSCALL] [] { res: ERRNO DEC }
    78 EPOLLWAIT_ENTER_V0 "epoll_wait" [UNKNOWN WAIT SYSCALL] [WAITS OLD_VERSION CONVERTER_MANAGED] {
        maxevents: ERRNO DEC
    }
    79 EPOLLWAIT "epoll_wait" [UNKNOWN WAIT SYSCALL] [WAITS CONVERTER_MANAGED] {
        res: ERRNO DEC, maxevents: ERRNO DEC
    }
    80 POLL_ENTER_V0 "poll" [UNKNOWN WAIT SYSCALL] [WAITS OLD_VERSION CONVERTER_MANAGED] {
        fds: FDLIST DEC, timeout: INT64 DEC
    }
    81 POLL "poll" [UNKNOWN WAIT SYSCALL] [WAITS CONVERTER_MANAGED] {
        res: ERRNO DEC, fds: FDLIST DEC, timeout: INT64 DEC
    }
    82 SELECT_ENTER_V0 "select" [UNKNOWN WAIT SYSCALL] [WAITS OLD_VERSION] {}
    83 SELECT "select" [UNKNOWN WAIT SYSCALL] [WAITS] { res: ERRNO DEC }
    84 NEWSELECT_ENTER_V0 "select" [UNKNOWN WAIT SYSCALL] [WAITS OLD_VERSION] {}
    85 NEWSELECT_V0 "select" [UNKNOWN WAIT SYSCALL] [WAITS OLD_VERSION CONVERTER_MANAGED] { res: ERRNO DEC }
    86 LSEEK_ENTER_V0 "lseek" [FILE SYSCALL] [USES_FD OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, offset: UINT64 DEC, whence: ENUMFLAGS8 DEC table(lseek_whence)
    }
    87 LSEEK "lseek" [FILE SYSCALL] [USES_FD CONVERTER_MANAGED] {
        res: ERRNO DEC, fd: FD DEC, offset: UINT64 DEC, whence: ENUMFLAGS8 DEC table(lseek_whence)
    }
    88 LLSEEK_ENTER_V0 "llseek" [FILE SYSCALL] [USES_FD OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, offset: UINT64 DEC, whence: ENUMFLAGS8 DEC table(lseek_whence)
    }
    89 LLSEEK "llseek" [FILE SYSCALL] [USES_FD CONVERTER_MANAGED] {
        res: ERRNO DEC, fd: FD DEC, offset: UINT64 DEC, whence: ENUMFLAGS8 DEC table(lseek_whence)
    }
    90 IOCTL_ENTER_V2 "ioctl" [IO_OTHER SYSCALL] [USES_FD OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, request: UINT64 HEX
    }
    91 IOCTL_V2 "ioctl" [IO_OTHER SYSCALL] [USES_FD OLD_VERSION CONVERTER_MANAGED] { res: ERRNO DEC }
    92 GETCWD_ENTER_V0 "getcwd" [FILE SYSCALL] [OLD_VERSION] {}
    93 GETCWD "getcwd" [FILE SYSCALL] [] { res: ERRNO DEC, path: CHARBUF NA }
    94 CHDIR_ENTER_V0 "chdir" [FILE SYSCALL] [MODIFIES_STATE OLD_VERSION] {}
    95 CHDIR "chdir" [FILE SYSCALL] [MODIFIES_STATE] { res: ERRNO DEC, path: CHARBUF NA }
    96 FCHDIR_ENTER_V0 "fchdir" [FILE SYSCALL] [USES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] { fd: FD NA }
    97 FCHDIR "fchdir" [FILE SYSCALL] [USES_FD MODIFIES_STATE CONVERTER_MANAGED] { res: ERRNO DEC, fd: FD NA }
    98 MKDIR_ENTER_V0 "mkdir" [FILE SYSCALL] [OLD_VERSION CONVERTER_MANAGED] { path: FSPATH NA, mode: UINT32 HEX }
    99 MKDIR_V0 "mkdir" [FILE SYSCALL] [OLD_VERSION CONVERTER_MANAGED] { res: ERRNO DEC }
    100 RMDIR_ENTER_V0 "rmdir" [FILE SYSCALL] [OLD_VERSION CONVERTER_MANAGED] { path: FSPATH NA }
    101 RMDIR_V0 "rmdir" [FILE SYSCALL] [OLD_VERSION CONVERTER_MANAGED] { res: ERRNO DEC }
    102 OPENAT_ENTER_V0 "openat" [FILE SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        dirfd: FD DEC, name: CHARBUF NA, flags: FLAGS32 HEX table(file_flags), mode: UINT32 OCT
    }
    103 OPENAT_V0 "openat" [FILE SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] { fd: FD DEC }
    104 LINK_ENTER_V0 "link" [FILE SYSCALL] [OLD_VERSION CONVERTER_MANAGED] { oldpath: FSPATH NA, newpath: FSPATH NA }
    105 LINK_V0 "link" [FILE SYSCALL] [OLD_VERSION CONVERTER_MANAGED] { res: ERRNO DEC }
    106 LINKAT_ENTER_V0 "linkat" [FILE SYSCALL] [OLD_VERSION CONVERTER_MANAGED] {
        olddir: FD DEC, oldpath: CHARBUF NA, newdir: FD DEC, newpath: CHARBUF NA
    }
    107 LINKAT_V0 "linkat" [FILE SYSCALL] [OLD_VERSION CONVERTER_MANAGED] { res: ERRNO DEC }
    108 UNLINK_ENTER_V0 "unlink" [FILE SYSCALL] [OLD_VERSION CONVERTER_MANAGED] { path: FSPATH NA }
    109 UNLINK_V0 "unlink" [FILE SYSCALL] [OLD_VERSION CONVERTER_MANAGED] { res: ERRNO DEC }
    110 UNLINKAT_ENTER_V0 "unlinkat" [FILE SYSCALL] [OLD_VERSION CONVERTER_MANAGED] {
        dirfd: FD DEC, name: CHARBUF NA
    }
    111 UNLINKAT_V0 "unlinkat" [FILE SYSCALL] [OLD_VERSION CONVERTER_MANAGED] { res: ERRNO DEC }
    112 PREAD_ENTER_V0 "pread" [IO_READ SYSCALL] [USES_FD READS_FROM_FD OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, size: UINT32 DEC, pos: UINT64 DEC
    }
    113 PREAD "pread" [IO_READ SYSCALL] [USES_FD READS_FROM_FD CONVERTER_MANAGED] {
        res: ERRNO DEC, data: BYTEBUF NA, fd: FD DEC, size: UINT32 DEC, pos: UINT64 DEC
    }
    114 PWRITE_ENTER_V0 "pwrite" [IO_WRITE SYSCALL] [USES_FD WRITES_TO_FD OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, size: UINT32 DEC, pos: UINT64 DEC
    }
    115 PWRITE "pwrite" [IO_WRITE SYSCALL] [USES_FD WRITES_TO_FD CONVERTER_MANAGED] {
        res: ERRNO DEC, data: BYTEBUF NA, fd: FD DEC, size: UINT32 DEC, pos: UINT64 DEC
    }
    116 READV_ENTER_V0 "readv" [IO_READ SYSCALL] [USES_FD READS_FROM_FD OLD_VERSION CONVERTER_MANAGED] { fd: FD DEC }
    117 READV "readv" [IO_READ SYSCALL] [USES_FD READS_FROM_FD CONVERTER_MANAGED] {
        res: ERRNO DEC, size: UINT32 DEC, data: BYTEBUF NA, fd: FD DEC
    }
    118 WRITEV_ENTER_V0 "writev" [IO_WRITE SYSCALL] [USES_FD WRITES_TO_FD OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, size: UINT32 DEC
    }
    119 WRITEV "writev" [IO_WRITE SYSCALL] [USES_FD WRITES_TO_FD CONVERTER_MANAGED] {
        res: ERRNO DEC, data: BYTEBUF NA, fd: FD DEC, size: UINT32 DEC
    }
    120 PREADV_ENTER_V0 "preadv" [IO_READ SYSCALL] [USES_FD READS_FROM_FD OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, pos: UINT64 DEC
    }
    121 PREADV "preadv" [IO_READ SYSCALL] [USES_FD READS_FROM_FD CONVERTER_MANAGED] {
        res: ERRNO DEC, size: UINT32 DEC, data: BYTEBUF NA, fd: FD DEC, pos: UINT64 DEC
    }
    122 PWRITEV_ENTER_V0 "pwritev" [IO_WRITE SYSCALL] [USES_FD WRITES_TO_FD OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, size: UINT32 DEC, pos: UINT64 DEC
    }
    123 PWRITEV "pwritev" [IO_WRITE SYSCALL] [USES_FD WRITES_TO_FD CONVERTER_MANAGED] {
        res: ERRNO DEC, data: BYTEBUF NA, fd: FD DEC, size: UINT32 DEC, pos: UINT64 DEC
    }
    124 DUP_ENTER_V0 "dup" [IO_OTHER SYSCALL] [CREATES_FD USES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC
    }
    125 DUP_V0 "dup" [IO_OTHER SYSCALL] [CREATES_FD USES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        res: FD DEC
    }
    126 SIGNALFD_ENTER_V0 "signalfd" [SIGNAL SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, mask: UINT32 HEX, flags: UINT8 HEX
    }
    127 SIGNALFD "signalfd" [SIGNAL SYSCALL] [CREATES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        res: FD DEC, fd: FD DEC, mask: UINT32 HEX, flags: UINT8 HEX
    }
    128 KILL_ENTER_V0 "kill" [SIGNAL SYSCALL] [OLD_VERSION CONVERTER_MANAGED] { pid: PID DEC, sig: SIGTYPE DEC }
    129 KILL "kill" [SIGNAL SYSCALL] [CONVERTER_MANAGED] { res: ERRNO DEC, pid: PID DEC, sig: SIGTYPE DEC }
    130 TKILL_ENTER_V0 "tkill" [SIGNAL SYSCALL] [OLD_VERSION CONVERTER_MANAGED] { tid: PID DEC, sig: SIGTYPE DEC }
    131 TKILL "tkill" [SIGNAL SYSCALL] [CONVERTER_MANAGED] { res: ERRNO DEC, tid: PID DEC, sig: SIGTYPE DEC }
    132 TGKILL_ENTER_V0 "tgkill" [SIGNAL SYSCALL] [OLD_VERSION CONVERTER_MANAGED] {
        pid: PID DEC, tid: PID DEC, sig: SIGTYPE DEC
    }
    133 TGKILL "tgkill" [SIGNAL SYSCALL] [CONVERTER_MANAGED] {
        res: ERRNO DEC, pid: PID DEC, tid: PID DEC, sig: SIGTYPE DEC
    }
    134 NANOSLEEP_ENTER_V0 "nanosleep" [SLEEP SYSCALL] [WAITS OLD_VERSION CONVERTER_MANAGED] { interval: RELTIME DEC }
    135 NANOSLEEP "nanosleep" [SLEEP SYSCALL] [WAITS CONVERTER_MANAGED] { res: ERRNO DEC, interval: RELTIME DEC }
    136 TIMERFD_CREATE_ENTER_V0 "timerfd_create" [TIME SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        clockid: UINT8 DEC, flags: UINT8 HEX
    }
    137 TIMERFD_CREATE "timerfd_create" [TIME SYSCALL] [CREATES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        res: FD DEC, clockid: UINT8 DEC, flags: UINT8 HEX
    }
    138 INOTIFY_INIT_ENTER_V0 "inotify_init" [IPC SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        flags: UINT8 HEX
    }
    139 INOTIFY_INIT "inotify_init" [IPC SYSCALL] [CREATES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        res: FD DEC, flags: UINT8 HEX
    }
    140 GETRLIMIT_ENTER_V0 "getrlimit" [PROCESS SYSCALL] [OLD_VERSION CONVERTER_MANAGED] {
        resource: ENUMFLAGS8 DEC table(rlimit_resources)
    }
    141 GETRLIMIT "getrlimit" [PROCESS SYSCALL] [CONVERTER_MANAGED] {
        res: ERRNO DEC, cur: INT64 DEC, max: INT64 DEC, resource: ENUMFLAGS8 DEC table(rlimit_resources)
    }
    142 SETRLIMIT_ENTER_V0 "setrlimit" [PROCESS SYSCALL] [OLD_VERSION CONVERTER_MANAGED] {
        resource: ENUMFLAGS8 DEC table(rlimit_resources)
    }
    143 SETRLIMIT "setrlimit" [PROCESS SYSCALL] [CONVERTER_MANAGED] {
        res: ERRNO DEC, cur: INT64 DEC, max: INT64 DEC, resource: ENUMFLAGS8 DEC table(rlimit_resources)
    }
    144 PRLIMIT_ENTER_V0 "prlimit" [PROCESS SYSCALL] [OLD_VERSION CONVERTER_MANAGED] {
        pid: PID DEC, resource: ENUMFLAGS8 DEC table(rlimit_resources)
    }
    145 PRLIMIT "prlimit" [PROCESS SYSCALL] [CONVERTER_MANAGED] {
        res: ERRNO DEC, newcur: INT64 DEC, newmax: INT64 DEC, oldcur: INT64 DEC, oldmax: INT64 DEC,
        pid: INT64 DEC, resource: ENUMFLAGS8 DEC table(rlimit_resources)
    }
    146 SCHEDSWITCH_V1 "switch" [UNKNOWN SCHEDULER TRACEPOINT] [SKIPPARSERESET OLD_VERSION CONVERTER_MANAGED] {
        next: PID DEC
    }
    147 SCHEDSWITCH_1_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    148 DROP "drop" [UNKNOWN INTERNAL METAEVENT] [SKIPPARSERESET] { ratio: UINT32 DEC }
    149 DROP_EXIT "drop" [UNKNOWN INTERNAL METAEVENT] [SKIPPARSERESET] { ratio: UINT32 DEC }
    150 FCNTL_ENTER_V0 "fcntl" [IO_OTHER SYSCALL] [USES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, cmd: ENUMFLAGS8 DEC table(fcntl_commands)
    }
    151 FCNTL "fcntl" [IO_OTHER SYSCALL] [USES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        res: FD DEC, fd: FD DEC, cmd: ENUMFLAGS8 DEC table(fcntl_commands), arg: UINT64 HEX
    }
    152 SCHEDSWITCH "switch" [UNKNOWN SCHEDULER TRACEPOINT] [] {
        next: PID DEC, pgft_maj: UINT64 DEC, pgft_min: UINT64 DEC, vm_size: UINT32 DEC, vm_rss: UINT32 DEC,
        vm_swap: UINT32 DEC
    }
    153 SCHEDSWITCH_6_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    154 EXECVE_ENTER_V13 "execve" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {}
    155 EXECVE_V13 "execve" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        res: ERRNO DEC, exe: CHARBUF NA, args: BYTEBUF NA, tid: PID DEC, pid: PID DEC, ptid: PID DEC,
        cwd: CHARBUF NA, fdlimit: UINT64 DEC, pgft_maj: UINT64 DEC, pgft_min: UINT64 DEC, vm_size: UINT32 DEC,
        vm_rss: UINT32 DEC, vm_swap: UINT32 DEC
    }
    156 CLONE_ENTER_V16 "clone" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION] {}
    157 CLONE_V16 "clone" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        res: PID DEC, exe: CHARBUF NA, args: BYTEBUF NA, tid: PID DEC, pid: PID DEC, ptid: PID DEC,
        cwd: CHARBUF NA, fdlimit: INT64 DEC, pgft_maj: UINT64 DEC, pgft_min: UINT64 DEC, vm_size: UINT32 DEC,
        vm_rss: UINT32 DEC, vm_swap: UINT32 DEC, flags: FLAGS32 HEX table(clone_flags), uid: UINT32 DEC,
        gid: UINT32 DEC
    }
    158 BRK_ENTER_V4 "brk" [MEMORY SYSCALL] [OLD_VERSION CONVERTER_MANAGED] { addr: UINT64 HEX }
    159 BRK "brk" [MEMORY SYSCALL] [CONVERTER_MANAGED] {
        res: UINT64 HEX, vm_size: UINT32 DEC, vm_rss: UINT32 DEC, vm_swap: UINT32 DEC, addr: UINT64 HEX
    }
    160 MMAP_ENTER_V0 "mmap" [MEMORY SYSCALL] [USES_FD OLD_VERSION CONVERTER_MANAGED] {
        addr: UINT64 HEX, length: UINT64 DEC, prot: FLAGS32 HEX table(prot_flags),
        flags: FLAGS32 HEX table(mmap_flags), fd: FD DEC, offset: UINT64 DEC
    }
    161 MMAP "mmap" [MEMORY SYSCALL] [USES_FD CONVERTER_MANAGED] {
        res: ERRNO HEX, vm_size: UINT32 DEC, vm_rss: UINT32 DEC, vm_swap: UINT32 DEC, addr: UINT64 HEX,
        length: UINT64 DEC, prot: FLAGS32 HEX table(prot_flags), flags: FLAGS32 HEX table(mmap_flags), fd: FD DEC,
        offset: UINT64 DEC
    }
    162 MMAP2_ENTER_V0 "mmap2" [MEMORY SYSCALL] [USES_FD OLD_VERSION CONVERTER_MANAGED] {
        addr: UINT64 HEX, length: UINT64 DEC, prot: FLAGS32 HEX table(prot_flags),
        flags: FLAGS32 HEX table(mmap_flags), fd: FD DEC, pgoffset: UINT64 DEC
    }
    163 MMAP2 "mmap2" [MEMORY SYSCALL] [USES_FD CONVERTER_MANAGED] {
        res: ERRNO HEX, vm_size: UINT32 DEC, vm_rss: UINT32 DEC, vm_swap: UINT32 DEC, addr: UINT64 HEX,
        length: UINT64 DEC, prot: FLAGS32 HEX table(prot_flags), flags: FLAGS32 HEX table(mmap_flags), fd: FD DEC,
        pgoffset: UINT64 DEC
    }
    164 MUNMAP_ENTER_V0 "munmap" [MEMORY SYSCALL] [OLD_VERSION CONVERTER_MANAGED] {
        addr: UINT64 HEX, length: UINT64 DEC
    }
    165 MUNMAP "munmap" [MEMORY SYSCALL] [CONVERTER_MANAGED] {
        res: ERRNO DEC, vm_size: UINT32 DEC, vm_rss: UINT32 DEC, vm_swap: UINT32 DEC, addr: UINT64 HEX,
        length: UINT64 DEC
    }
    166 SPLICE_ENTER_V0 "splice" [IO_OTHER SYSCALL] [USES_FD OLD_VERSION CONVERTER_MANAGED] {
        fd_in: FD DEC, fd_out: FD DEC, size: UINT64 DEC, flags: FLAGS32 HEX table(splice_flags)
    }
    167 SPLICE "splice" [IO_OTHER SYSCALL] [USES_FD CONVERTER_MANAGED] {
        res: ERRNO DEC, fd_in: FD DEC, fd_out: FD DEC, size: UINT64 DEC, flags: FLAGS32 HEX table(splice_flags)
    }
    168 PTRACE_ENTER_V0 "ptrace" [PROCESS SYSCALL] [OLD_VERSION CONVERTER_MANAGED] {
        request: ENUMFLAGS16 DEC table(ptrace_requests), pid: PID DEC
    }
    169 PTRACE "ptrace" [PROCESS SYSCALL] [CONVERTER_MANAGED] {
        res: ERRNO DEC, addr: DYN HEX choices(ptrace_dynamic_param), data: DYN HEX choices(ptrace_dynamic_param),
        request: ENUMFLAGS16 DEC table(ptrace_requests), pid: PID DEC
    }
    170 IOCTL_ENTER_V3 "ioctl" [IO_OTHER SYSCALL] [USES_FD OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, request: UINT64 HEX, argument: UINT64 HEX
    }
    171 IOCTL "ioctl" [IO_OTHER SYSCALL] [USES_FD CONVERTER_MANAGED] {
        res: ERRNO DEC, fd: FD DEC, request: UINT64 HEX, argument: UINT64 HEX
    }
    172 EXECVE_ENTER_V14 "execve" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {}
    173 EXECVE_V14 "execve" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        res: ERRNO DEC, exe: CHARBUF NA, args: BYTEBUF NA, tid: PID DEC, pid: PID DEC, ptid: PID DEC,
        cwd: CHARBUF NA, fdlimit: UINT64 DEC, pgft_maj: UINT64 DEC, pgft_min: UINT64 DEC, vm_size: UINT32 DEC,
        vm_rss: UINT32 DEC, vm_swap: UINT32 DEC, env: BYTEBUF NA
    }
    174 RENAME_ENTER_V0 "rename" [FILE SYSCALL] [OLD_VERSION] {}
    175 RENAME "rename" [FILE SYSCALL] [] { res: ERRNO DEC, oldpath: FSPATH NA, newpath: FSPATH NA }
    176 RENAMEAT_ENTER_V0 "renameat" [FILE SYSCALL] [OLD_VERSION] {}
    177 RENAMEAT "renameat" [FILE SYSCALL] [] {
        res: ERRNO DEC, olddirfd: FD DEC, oldpath: FSRELPATH NA dirfd(1), newdirfd: FD DEC,
        newpath: FSRELPATH NA dirfd(3)
    }
    178 SYMLINK_ENTER_V0 "symlink" [FILE SYSCALL] [OLD_VERSION] {}
    179 SYMLINK "symlink" [FILE SYSCALL] [] { res: ERRNO DEC, target: CHARBUF NA, linkpath: FSPATH NA }
    180 SYMLINKAT_ENTER_V0 "symlinkat" [FILE SYSCALL] [OLD_VERSION] {}
    181 SYMLINKAT "symlinkat" [FILE SYSCALL] [USES_FD] {
        res: ERRNO DEC, target: CHARBUF NA, linkdirfd: FD DEC, linkpath: FSRELPATH NA dirfd(2)
    }
    182 FORK_ENTER_V0 "fork" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION] {}
    183 FORK_V0 "fork" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        res: PID DEC, exe: CHARBUF NA, args: BYTEBUF NA, tid: PID DEC, pid: PID DEC, ptid: PID DEC,
        cwd: CHARBUF NA, fdlimit: INT64 DEC, pgft_maj: UINT64 DEC, pgft_min: UINT64 DEC, vm_size: UINT32 DEC,
        vm_rss: UINT32 DEC, vm_swap: UINT32 DEC, flags: FLAGS32 HEX table(clone_flags), uid: UINT32 DEC,
        gid: UINT32 DEC
    }
    184 VFORK_ENTER_V0 "vfork" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION] {}
    185 VFORK_V0 "vfork" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        res: PID DEC, exe: CHARBUF NA, args: BYTEBUF NA, tid: PID DEC, pid: PID DEC, ptid: PID DEC,
        cwd: CHARBUF NA, fdlimit: INT64 DEC, pgft_maj: UINT64 DEC, pgft_min: UINT64 DEC, vm_size: UINT32 DEC,
        vm_rss: UINT32 DEC, vm_swap: UINT32 DEC, flags: FLAGS32 HEX table(clone_flags), uid: UINT32 DEC,
        gid: UINT32 DEC
    }
    186 PROCEXIT "procexit" [PROCESS TRACEPOINT] [MODIFIES_STATE] {
        status: ERRNO DEC, ret: ERRNO DEC, sig: SIGTYPE DEC, core: UINT8 DEC, reaper_tid: PID DEC
    }
    187 PROCEXIT_1_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    188 SENDFILE_ENTER_V0 "sendfile" [IO_WRITE SYSCALL] [USES_FD OLD_VERSION CONVERTER_MANAGED] {
        out_fd: FD DEC, in_fd: FD DEC, offset: UINT64 DEC, size: UINT64 DEC
    }
    189 SENDFILE "sendfile" [IO_WRITE SYSCALL] [USES_FD CONVERTER_MANAGED] {
        res: ERRNO DEC, offset: UINT64 DEC, out_fd: FD DEC, in_fd: FD DEC, size: UINT64 DEC
    }
    190 QUOTACTL_ENTER_V0 "quotactl" [USER SYSCALL] [OLD_VERSION CONVERTER_MANAGED] {
        cmd: FLAGS16 DEC table(quotactl_cmds), type: FLAGS8 DEC table(quotactl_types), id: UINT32 DEC,
        quota_fmt: FLAGS8 DEC table(quotactl_quota_fmts)
    }
    191 QUOTACTL "quotactl" [USER SYSCALL] [CONVERTER_MANAGED] {
        res: ERRNO DEC, special: CHARBUF NA, quotafilepath: CHARBUF NA, dqb_bhardlimit: UINT64 DEC,
        dqb_bsoftlimit: UINT64 DEC, dqb_curspace: UINT64 DEC, dqb_ihardlimit: UINT64 DEC,
        dqb_isoftlimit: UINT64 DEC, dqb_btime: RELTIME DEC, dqb_itime: RELTIME DEC, dqi_bgrace: RELTIME DEC,
        dqi_igrace: RELTIME DEC, dqi_flags: FLAGS8 DEC table(quotactl_dqi_flags),
        quota_fmt_out: FLAGS8 DEC table(quotactl_quota_fmts), cmd: FLAGS16 DEC table(quotactl_cmds),
        type: FLAGS8 DEC table(quotactl_types), id: UINT32 DEC, quota_fmt: FLAGS8 DEC table(quotactl_quota_fmts)
    }
    192 SETRESUID_ENTER_V0 "setresuid" [USER SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        ruid: UID DEC, euid: UID DEC, suid: UID DEC
    }
    193 SETRESUID "setresuid" [USER SYSCALL] [MODIFIES_STATE CONVERTER_MANAGED] {
        res: ERRNO DEC, ruid: UID DEC, euid: UID DEC, suid: UID DEC
    }
    194 SETRESGID_ENTER_V0 "setresgid" [USER SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        rgid: GID DEC, egid: GID DEC, sgid: GID DEC
    }
    195 SETRESGID "setresgid" [USER SYSCALL] [MODIFIES_STATE CONVERTER_MANAGED] {
        res: ERRNO DEC, rgid: GID DEC, egid: GID DEC, sgid: GID DEC
    }
    196 SCAPEVENT "scapevent" [UNKNOWN INTERNAL METAEVENT] [SKIPPARSERESET] {
        event_type: UINT32 DEC, event_data: UINT64 DEC
    }
    197 SCAPEVENT_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    198 SETUID_ENTER_V0 "setuid" [USER SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] { uid: UID DEC }
    199 SETUID "setuid" [USER SYSCALL] [MODIFIES_STATE CONVERTER_MANAGED] { res: ERRNO DEC, uid: UID DEC }
    200 SETGID_ENTER_V0 "setgid" [USER SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] { gid: GID DEC }
    201 SETGID "setgid" [USER SYSCALL] [MODIFIES_STATE CONVERTER_MANAGED] { res: ERRNO DEC, gid: GID DEC }
    202 GETUID_ENTER_V0 "getuid" [USER SYSCALL] [OLD_VERSION] {}
    203 GETUID "getuid" [USER SYSCALL] [] { uid: UID DEC }
    204 GETEUID_ENTER_V0 "geteuid" [USER SYSCALL] [OLD_VERSION] {}
    205 GETEUID "geteuid" [USER SYSCALL] [] { euid: UID DEC }
    206 GETGID_ENTER_V0 "getgid" [USER SYSCALL] [OLD_VERSION] {}
    207 GETGID "getgid" [USER SYSCALL] [] { gid: GID DEC }
    208 GETEGID_ENTER_V0 "getegid" [USER SYSCALL] [OLD_VERSION] {}
    209 GETEGID "getegid" [USER SYSCALL] [] { egid: GID DEC }
    210 GETRESUID_ENTER_V0 "getresuid" [USER SYSCALL] [OLD_VERSION] {}
    211 GETRESUID "getresuid" [USER SYSCALL] [] { res: ERRNO DEC, ruid: UID DEC, euid: UID DEC, suid: UID DEC }
    212 GETRESGID_ENTER_V0 "getresgid" [USER SYSCALL] [OLD_VERSION] {}
    213 GETRESGID "getresgid" [USER SYSCALL] [] { res: ERRNO DEC, rgid: GID DEC, egid: GID DEC, sgid: GID DEC }
    214 EXECVE_ENTER_V15 "execve" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {}
    215 EXECVE_V15 "execve" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        res: ERRNO DEC, exe: CHARBUF NA, args: BYTEBUF NA, tid: PID DEC, pid: PID DEC, ptid: PID DEC,
        cwd: CHARBUF NA, fdlimit: UINT64 DEC, pgft_maj: UINT64 DEC, pgft_min: UINT64 DEC, vm_size: UINT32 DEC,
        vm_rss: UINT32 DEC, vm_swap: UINT32 DEC, comm: CHARBUF NA, env: BYTEBUF NA
    }
    216 CLONE_ENTER_V17 "clone" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION] {}
    217 CLONE_V17 "clone" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        res: PID DEC, exe: CHARBUF NA, args: BYTEBUF NA, tid: PID DEC, pid: PID DEC, ptid: PID DEC,
        cwd: CHARBUF NA, fdlimit: INT64 DEC, pgft_maj: UINT64 DEC, pgft_min: UINT64 DEC, vm_size: UINT32 DEC,
        vm_rss: UINT32 DEC, vm_swap: UINT32 DEC, comm: CHARBUF NA, flags: FLAGS32 HEX table(clone_flags),
        uid: UINT32 DEC, gid: UINT32 DEC
    }
    218 FORK_ENTER_V17 "fork" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION] {}
    219 FORK_V17 "fork" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        res: PID DEC, exe: CHARBUF NA, args: BYTEBUF NA, tid: PID DEC, pid: PID DEC, ptid: PID DEC,
        cwd: CHARBUF NA, fdlimit: INT64 DEC, pgft_maj: UINT64 DEC, pgft_min: UINT64 DEC, vm_size: UINT32 DEC,
        vm_rss: UINT32 DEC, vm_swap: UINT32 DEC, comm: CHARBUF NA, flags: FLAGS32 HEX table(clone_flags),
        uid: UINT32 DEC, gid: UINT32 DEC
    }
    220 VFORK_ENTER_V17 "vfork" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION] {}
    221 VFORK_V17 "vfork" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        res: PID DEC, exe: CHARBUF NA, args: BYTEBUF NA, tid: PID DEC, pid: PID DEC, ptid: PID DEC,
        cwd: CHARBUF NA, fdlimit: INT64 DEC, pgft_maj: UINT64 DEC, pgft_min: UINT64 DEC, vm_size: UINT32 DEC,
        vm_rss: UINT32 DEC, vm_swap: UINT32 DEC, comm: CHARBUF NA, flags: FLAGS32 HEX table(clone_flags),
        uid: UINT32 DEC, gid: UINT32 DEC
    }
    222 CLONE_ENTER_V20 "clone" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION] {}
    223 CLONE "clone" [PROCESS SYSCALL] [MODIFIES_STATE CONVERTER_MANAGED] {
        res: PID DEC, exe: CHARBUF NA, args: BYTEBUF NA, tid: PID DEC, pid: PID DEC, ptid: PID DEC,
        cwd: CHARBUF NA, fdlimit: INT64 DEC, pgft_maj: UINT64 DEC, pgft_min: UINT64 DEC, vm_size: UINT32 DEC,
        vm_rss: UINT32 DEC, vm_swap: UINT32 DEC, comm: CHARBUF NA, cgroups: BYTEBUF NA,
        flags: FLAGS32 HEX table(clone_flags), uid: UINT32 DEC, gid: UINT32 DEC, vtid: PID DEC, vpid: PID DEC,
        pidns_init_start_ts: UINT64 DEC
    }
    224 FORK_ENTER_V20 "fork" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION] {}
    225 FORK "fork" [PROCESS SYSCALL] [MODIFIES_STATE CONVERTER_MANAGED] {
        res: PID DEC, exe: CHARBUF NA, args: BYTEBUF NA, tid: PID DEC, pid: PID DEC, ptid: PID DEC,
        cwd: CHARBUF NA, fdlimit: INT64 DEC, pgft_maj: UINT64 DEC, pgft_min: UINT64 DEC, vm_size: UINT32 DEC,
        vm_rss: UINT32 DEC, vm_swap: UINT32 DEC, comm: CHARBUF NA, cgroups: BYTEBUF NA,
        flags: FLAGS32 HEX table(clone_flags), uid: UINT32 DEC, gid: UINT32 DEC, vtid: PID DEC, vpid: PID DEC,
        pidns_init_start_ts: UINT64 DEC
    }
    226 VFORK_ENTER_V20 "vfork" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION] {}
    227 VFORK "vfork" [PROCESS SYSCALL] [MODIFIES_STATE CONVERTER_MANAGED] {
        res: PID DEC, exe: CHARBUF NA, args: BYTEBUF NA, tid: PID DEC, pid: PID DEC, ptid: PID DEC,
        cwd: CHARBUF NA, fdlimit: INT64 DEC, pgft_maj: UINT64 DEC, pgft_min: UINT64 DEC, vm_size: UINT32 DEC,
        vm_rss: UINT32 DEC, vm_swap: UINT32 DEC, comm: CHARBUF NA, cgroups: BYTEBUF NA,
        flags: FLAGS32 HEX table(clone_flags), uid: UINT32 DEC, gid: UINT32 DEC, vtid: PID DEC, vpid: PID DEC,
        pidns_init_start_ts: UINT64 DEC
    }
    228 CONTAINER_V0 "container" [UNKNOWN INTERNAL METAEVENT] [MODIFIES_STATE SKIPPARSERESET OLD_VERSION CONVERTER_MANAGED] {
        id: CHARBUF NA, type: UINT32 DEC, name: CHARBUF NA, image: CHARBUF NA
    }
    229 CONTAINER_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    230 EXECVE_ENTER_V16 "execve" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {}
    231 EXECVE_V16 "execve" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        res: ERRNO DEC, exe: CHARBUF NA, args: BYTEBUF NA, tid: PID DEC, pid: PID DEC, ptid: PID DEC,
        cwd: CHARBUF NA, fdlimit: UINT64 DEC, pgft_maj: UINT64 DEC, pgft_min: UINT64 DEC, vm_size: UINT32 DEC,
        vm_rss: UINT32 DEC, vm_swap: UINT32 DEC, comm: CHARBUF NA, cgroups: BYTEBUF NA, env: BYTEBUF NA
    }
    232 SIGNALDELIVER "signaldeliver" [SIGNAL TRACEPOINT] [] { spid: PID DEC, dpid: PID DEC, sig: SIGTYPE DEC }
    233 SIGNALDELIVER_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    234 PROCINFO "procinfo" [UNKNOWN INTERNAL METAEVENT] [SKIPPARSERESET] { cpu_usr: UINT64 DEC, cpu_sys: UINT64 DEC }
    235 PROCINFO_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    236 GETDENTS_ENTER_V0 "getdents" [FILE SYSCALL] [USES_FD OLD_VERSION CONVERTER_MANAGED] { fd: FD NA }
    237 GETDENTS "getdents" [FILE SYSCALL] [USES_FD CONVERTER_MANAGED] { res: ERRNO DEC, fd: FD NA }
    238 GETDENTS64_ENTER_V0 "getdents64" [FILE SYSCALL] [USES_FD OLD_VERSION CONVERTER_MANAGED] { fd: FD NA }
    239 GETDENTS64 "getdents64" [FILE SYSCALL] [USES_FD CONVERTER_MANAGED] { res: ERRNO DEC, fd: FD NA }
    240 SETNS_ENTER_V0 "setns" [PROCESS SYSCALL] [USES_FD OLD_VERSION CONVERTER_MANAGED] {
        fd: FD NA, nstype: FLAGS32 HEX table(clone_flags)
    }
    241 SETNS "setns" [PROCESS SYSCALL] [USES_FD CONVERTER_MANAGED] {
        res: ERRNO DEC, fd: FD NA, nstype: FLAGS32 HEX table(clone_flags)
    }
    242 FLOCK_ENTER_V0 "flock" [FILE SYSCALL] [USES_FD OLD_VERSION CONVERTER_MANAGED] {
        fd: FD NA, operation: FLAGS32 HEX table(flock_flags)
    }
    243 FLOCK "flock" [FILE SYSCALL] [USES_FD CONVERTER_MANAGED] {
        res: ERRNO DEC, fd: FD NA, operation: FLAGS32 HEX table(flock_flags)
    }
    244 CPU_HOTPLUG "cpu_hotplug" [SYSTEM METAEVENT] [MODIFIES_STATE SKIPPARSERESET] {
        cpu: UINT32 DEC, action: UINT32 DEC
    }
    245 CPU_HOTPLUG_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    246 ACCEPT_ENTER_V5 "accept" [NET SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION] {}
    247 ACCEPT "accept" [NET SYSCALL] [CREATES_FD MODIFIES_STATE] {
        fd: FD DEC, tuple: SOCKTUPLE NA, queuepct: UINT8 DEC, queuelen: UINT32 DEC, queuemax: UINT32 DEC
    }
    248 ACCEPT4_ENTER_V5 "accept" [NET SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        flags: INT32 HEX
    }
    249 ACCEPT4_V5 "accept" [NET SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, tuple: SOCKTUPLE NA, queuepct: UINT8 DEC, queuelen: UINT32 DEC, queuemax: UINT32 DEC
    }
    250 SEMOP_ENTER_V0 "semop" [PROCESS SYSCALL] [OLD_VERSION CONVERTER_MANAGED] { semid: INT32 DEC }
    251 SEMOP "semop" [PROCESS SYSCALL] [CONVERTER_MANAGED] {
        res: ERRNO DEC, nsops: UINT32 DEC, sem_num_0: UINT16 DEC, sem_op_0: INT16 DEC,
        sem_flg_0: FLAGS16 HEX table(semop_flags), sem_num_1: UINT16 DEC, sem_op_1: INT16 DEC,
        sem_flg_1: FLAGS16 HEX table(semop_flags), semid: INT32 DEC
    }
    252 SEMCTL_ENTER_V0 "semctl" [PROCESS SYSCALL] [OLD_VERSION CONVERTER_MANAGED] {
        semid: INT32 DEC, semnum: INT32 DEC, cmd: FLAGS16 HEX table(semctl_commands), val: INT32 DEC
    }
    253 SEMCTL "semctl" [PROCESS SYSCALL] [CONVERTER_MANAGED] {
        res: ERRNO DEC, semid: INT32 DEC, semnum: INT32 DEC, cmd: FLAGS16 HEX table(semctl_commands),
        val: INT32 DEC
    }
    254 PPOLL_ENTER_V0 "ppoll" [UNKNOWN WAIT SYSCALL] [WAITS OLD_VERSION CONVERTER_MANAGED] {
        fds: FDLIST DEC, timeout: RELTIME DEC, sigmask: SIGSET DEC
    }
    255 PPOLL "ppoll" [UNKNOWN WAIT SYSCALL] [WAITS CONVERTER_MANAGED] {
        res: ERRNO DEC, fds: FDLIST DEC, timeout: RELTIME DEC, sigmask: SIGSET DEC
    }
    256 MOUNT_ENTER_V0 "mount" [FILE SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        flags: FLAGS32 HEX table(mount_flags)
    }
    257 MOUNT "mount" [FILE SYSCALL] [MODIFIES_STATE CONVERTER_MANAGED] {
        res: ERRNO DEC, dev: CHARBUF NA, dir: FSPATH NA, type: CHARBUF NA, flags: FLAGS32 HEX table(mount_flags)
    }
    258 UMOUNT_ENTER_V0 "umount" [FILE SYSCALL] [MODIFIES_STATE OLD_VERSION] {
        flags: FLAGS32 HEX table(umount_flags)
    }
    259 UMOUNT_V0 "umount" [FILE SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        res: ERRNO DEC, name: FSPATH NA
    }
    260 K8S_V0 "k8s" [UNKNOWN INTERNAL METAEVENT] [MODIFIES_STATE SKIPPARSERESET OLD_VERSION] { json: CHARBUF NA }
    261 K8S_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    262 SEMGET_ENTER_V0 "semget" [PROCESS SYSCALL] [OLD_VERSION CONVERTER_MANAGED] {
        key: INT32 HEX, nsems: INT32 DEC, semflg: FLAGS32 HEX table(semget_flags)
    }
    263 SEMGET "semget" [PROCESS SYSCALL] [CONVERTER_MANAGED] {
        res: ERRNO DEC, key: INT32 HEX, nsems: INT32 DEC, semflg: FLAGS32 HEX table(semget_flags)
    }
    264 ACCESS_ENTER_V0 "access" [FILE SYSCALL] [OLD_VERSION CONVERTER_MANAGED] {
        mode: FLAGS32 HEX table(access_flags)
    }
    265 ACCESS "access" [FILE SYSCALL] [CONVERTER_MANAGED] {
        res: ERRNO DEC, name: FSPATH NA, mode: FLAGS32 HEX table(access_flags)
    }
    266 CHROOT_ENTER_V0 "chroot" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION] {}
    267 CHROOT "chroot" [PROCESS SYSCALL] [MODIFIES_STATE] { res: ERRNO DEC, path: FSPATH NA }
    268 TRACER_V0 "tracer" [OTHER METAEVENT] [OLD_VERSION] {
        id: INT64 DEC, tags: CHARBUFARRAY NA, args: CHARBUF_PAIR_ARRAY NA
    }
    269 TRACER_X_UNUSED "NA" [UNKNOWN] [UNUSED] { id: INT64 DEC, tags: CHARBUFARRAY NA, args: CHARBUF_PAIR_ARRAY NA }
    270 MESOS_V0 "mesos" [UNKNOWN INTERNAL METAEVENT] [MODIFIES_STATE SKIPPARSERESET OLD_VERSION] { json: CHARBUF NA }
    271 MESOS_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    272 CONTAINER_JSON_V0 "container" [PROCESS METAEVENT] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        json: CHARBUF NA
    }
    273 CONTAINER_JSON_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    274 SETSID_ENTER_V0 "setsid" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION] {}
    275 SETSID "setsid" [PROCESS SYSCALL] [MODIFIES_STATE] { res: PID DEC }
    276 MKDIR_ENTER_V2 "mkdir" [FILE SYSCALL] [OLD_VERSION CONVERTER_MANAGED] { mode: UINT32 HEX }
    277 MKDIR "mkdir" [FILE SYSCALL] [CONVERTER_MANAGED] { res: ERRNO DEC, path: FSPATH NA, mode: UINT32 HEX }
    278 RMDIR_ENTER_V2 "rmdir" [FILE SYSCALL] [OLD_VERSION] {}
    279 RMDIR "rmdir" [FILE SYSCALL] [] { res: ERRNO DEC, path: FSPATH NA }
    280 NOTIFICATION "notification" [OTHER METAEVENT] [SKIPPARSERESET] { id: CHARBUF DEC, desc: CHARBUF NA }
    281 NOTIFICATION_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    282 EXECVE_ENTER_V17 "execve" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {}
    283 EXECVE_V17 "execve" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        res: ERRNO DEC, exe: CHARBUF NA, args: BYTEBUF NA, tid: PID DEC, pid: PID DEC, ptid: PID DEC,
        cwd: CHARBUF NA, fdlimit: UINT64 DEC, pgft_maj: UINT64 DEC, pgft_min: UINT64 DEC, vm_size: UINT32 DEC,
        vm_rss: UINT32 DEC, vm_swap: UINT32 DEC, comm: CHARBUF NA, cgroups: BYTEBUF NA, env: BYTEBUF NA,
        tty: INT32 DEC
    }
    284 UNSHARE_ENTER_V0 "unshare" [PROCESS SYSCALL] [OLD_VERSION CONVERTER_MANAGED] {
        flags: FLAGS32 HEX table(clone_flags)
    }
    285 UNSHARE "unshare" [PROCESS SYSCALL] [CONVERTER_MANAGED] {
        res: ERRNO DEC, flags: FLAGS32 HEX table(clone_flags)
    }
    286 INFRASTRUCTURE_EVENT "infra" [UNKNOWN INTERNAL METAEVENT] [SKIPPARSERESET] {
        source: CHARBUF DEC, name: CHARBUF NA, description: CHARBUF NA, scope: CHARBUF NA
    }
    287 INFRASTRUCTURE_EVENT_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    288 EXECVE_ENTER_V18 "execve" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        filename: FSPATH NA
    }
    289 EXECVE_V18 "execve" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        res: ERRNO DEC, exe: CHARBUF NA, args: BYTEBUF NA, tid: PID DEC, pid: PID DEC, ptid: PID DEC,
        cwd: CHARBUF NA, fdlimit: UINT64 DEC, pgft_maj: UINT64 DEC, pgft_min: UINT64 DEC, vm_size: UINT32 DEC,
        vm_rss: UINT32 DEC, vm_swap: UINT32 DEC, comm: CHARBUF NA, cgroups: BYTEBUF NA, env: BYTEBUF NA,
        tty: INT32 DEC
    }
    290 PAGE_FAULT "page_fault" [OTHER TRACEPOINT] [SKIPPARSERESET] {
        addr: UINT64 HEX, ip: UINT64 HEX, error: FLAGS32 HEX table(pf_flags)
    }
    291 PAGE_FAULT_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    292 EXECVE_ENTER_V19 "execve" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        filename: FSPATH NA
    }
    293 EXECVE "execve" [PROCESS SYSCALL] [MODIFIES_STATE CONVERTER_MANAGED] {
        res: ERRNO DEC, exe: CHARBUF NA, args: BYTEBUF NA, tid: PID DEC, pid: PID DEC, ptid: PID DEC,
        cwd: CHARBUF NA, fdlimit: UINT64 DEC, pgft_maj: UINT64 DEC, pgft_min: UINT64 DEC, vm_size: UINT32 DEC,
        vm_rss: UINT32 DEC, vm_swap: UINT32 DEC, comm: CHARBUF NA, cgroups: BYTEBUF NA, env: BYTEBUF NA,
        tty: UINT32 DEC, vpgid: PID DEC, loginuid: UID DEC, flags: FLAGS32 HEX table(execve_flags),
        cap_inheritable: UINT64 HEX, cap_permitted: UINT64 HEX, cap_effective: UINT64 HEX, exe_ino: UINT64 DEC,
        exe_ino_ctime: ABSTIME DEC, exe_ino_mtime: ABSTIME DEC, uid: UID DEC, trusted_exepath: FSPATH NA,
        pgid: PID NA, gid: GID DEC, filename: FSPATH NA
    }
    294 SETPGID_ENTER_V0 "setpgid" [PROCESS SYSCALL] [OLD_VERSION CONVERTER_MANAGED] { pid: PID DEC, pgid: PID DEC }
    295 SETPGID "setpgid" [PROCESS SYSCALL] [CONVERTER_MANAGED] { res: ERRNO DEC, pid: PID DEC, pgid: PID DEC }
    296 BPF_ENTER_V0 "bpf" [OTHER SYSCALL] [CREATES_FD OLD_VERSION CONVERTER_MANAGED] { cmd: INT64 DEC }
    297 BPF_V0 "bpf" [OTHER SYSCALL] [CREATES_FD OLD_VERSION CONVERTER_MANAGED] {
        res_or_fd: DYN DEC choices(bpf_dynamic_param)
    }
    298 SECCOMP_ENTER_V0 "seccomp" [OTHER SYSCALL] [OLD_VERSION CONVERTER_MANAGED] {
        op: UINT64 DEC, flags: UINT64 HEX
    }
    299 SECCOMP "seccomp" [OTHER SYSCALL] [CONVERTER_MANAGED] { res: ERRNO DEC, op: UINT64 DEC, flags: UINT64 HEX }
    300 UNLINK_ENTER_V2 "unlink" [FILE SYSCALL] [OLD_VERSION] {}
    301 UNLINK "unlink" [FILE SYSCALL] [] { res: ERRNO DEC, path: FSPATH NA }
    302 UNLINKAT_ENTER_V2 "unlinkat" [FILE SYSCALL] [OLD_VERSION] {}
    303 UNLINKAT "unlinkat" [FILE SYSCALL] [USES_FD] {
        res: ERRNO DEC, dirfd: FD DEC, name: FSRELPATH NA dirfd(1), flags: FLAGS32 HEX table(unlinkat_flags)
    }
    304 MKDIRAT_ENTER_V0 "mkdirat" [FILE SYSCALL] [OLD_VERSION] {}
    305 MKDIRAT "mkdirat" [FILE SYSCALL] [USES_FD] {
        res: ERRNO DEC, dirfd: FD DEC, path: FSRELPATH NA dirfd(1), mode: UINT32 HEX
    }
    306 OPENAT_ENTER "openat" [FILE SYSCALL] [CREATES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        dirfd: FD DEC, name: FSRELPATH NA, flags: FLAGS32 HEX table(file_flags), mode: UINT32 OCT
    }
    307 OPENAT "openat" [FILE SYSCALL] [CREATES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        fd: FD DEC, dirfd: FD DEC, name: FSRELPATH NA dirfd(1), flags: FLAGS32 HEX table(file_flags),
        mode: UINT32 OCT, dev: UINT32 HEX, ino: UINT64 DEC
    }
    308 LINK_ENTER_V2 "link" [FILE SYSCALL] [OLD_VERSION] {}
    309 LINK "link" [FILE SYSCALL] [] { res: ERRNO DEC, oldpath: FSPATH NA, newpath: FSPATH NA }
    310 LINKAT_ENTER_V2 "linkat" [FILE SYSCALL] [OLD_VERSION] {}
    311 LINKAT "linkat" [FILE SYSCALL] [] {
        res: ERRNO DEC, olddir: FD DEC, oldpath: FSRELPATH NA dirfd(1), newdir: FD DEC,
        newpath: FSRELPATH NA dirfd(3), flags: FLAGS32 HEX table(linkat_flags)
    }
    312 FCHMODAT_ENTER_V0 "fchmodat" [FILE SYSCALL] [OLD_VERSION] {}
    313 FCHMODAT "fchmodat" [FILE SYSCALL] [USES_FD] {
        res: ERRNO DEC, dirfd: FD DEC, filename: FSRELPATH NA dirfd(1), mode: MODE OCT table(chmod_mode)
    }
    314 CHMOD_ENTER_V0 "chmod" [FILE SYSCALL] [OLD_VERSION] {}
    315 CHMOD "chmod" [FILE SYSCALL] [] { res: ERRNO DEC, filename: FSPATH NA, mode: MODE OCT table(chmod_mode) }
    316 FCHMOD_ENTER_V0 "fchmod" [FILE SYSCALL] [OLD_VERSION] {}
    317 FCHMOD "fchmod" [FILE SYSCALL] [USES_FD] { res: ERRNO DEC, fd: FD DEC, mode: MODE OCT table(chmod_mode) }
    318 RENAMEAT2_ENTER_V0 "renameat2" [FILE SYSCALL] [OLD_VERSION] {}
    319 RENAMEAT2 "renameat2" [FILE SYSCALL] [] {
        res: ERRNO DEC, olddirfd: FD DEC, oldpath: FSRELPATH NA dirfd(1), newdirfd: FD DEC,
        newpath: FSRELPATH NA dirfd(3), flags: FLAGS32 HEX table(renameat2_flags)
    }
    320 USERFAULTFD_ENTER_V0 "userfaultfd" [FILE SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION] {}
    321 USERFAULTFD "userfaultfd" [FILE SYSCALL] [CREATES_FD MODIFIES_STATE] {
        res: ERRNO DEC, flags: FLAGS32 HEX table(file_flags)
    }
    322 PLUGINEVENT "pluginevent" [OTHER PLUGIN] [LARGE_PAYLOAD] { plugin_id: UINT32 DEC, event_data: BYTEBUF NA }
    323 PLUGINEVENT_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    324 CONTAINER_JSON "container" [PROCESS METAEVENT] [MODIFIES_STATE LARGE_PAYLOAD] { json: CHARBUF NA }
    325 CONTAINER_JSON_2_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    326 OPENAT2_ENTER "openat2" [FILE SYSCALL] [CREATES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        dirfd: FD DEC, name: FSRELPATH NA, flags: FLAGS32 HEX table(file_flags), mode: UINT32 OCT,
        resolve: FLAGS32 HEX table(openat2_flags)
    }
    327 OPENAT2 "openat2" [FILE SYSCALL] [CREATES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        fd: FD DEC, dirfd: FD DEC, name: FSRELPATH NA dirfd(1), flags: FLAGS32 HEX table(file_flags),
        mode: UINT32 OCT, resolve: FLAGS32 HEX table(openat2_flags), dev: UINT32 HEX, ino: UINT64 DEC
    }
    328 MPROTECT_ENTER_V0 "mprotect" [MEMORY SYSCALL] [OLD_VERSION CONVERTER_MANAGED] {
        addr: UINT64 HEX, length: UINT64 DEC, prot: FLAGS32 HEX table(prot_flags)
    }
    329 MPROTECT "mprotect" [MEMORY SYSCALL] [CONVERTER_MANAGED] {
        res: ERRNO DEC, addr: UINT64 HEX, length: UINT64 DEC, prot: FLAGS32 HEX table(prot_flags)
    }
    330 EXECVEAT_ENTER_V0 "execveat" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        dirfd: FD DEC, pathname: FSRELPATH NA, flags: FLAGS32 HEX table(execveat_flags)
    }
    331 EXECVEAT "execveat" [PROCESS SYSCALL] [MODIFIES_STATE CONVERTER_MANAGED] {
        res: ERRNO DEC, exe: CHARBUF NA, args: BYTEBUF NA, tid: PID DEC, pid: PID DEC, ptid: PID DEC,
        cwd: CHARBUF NA, fdlimit: UINT64 DEC, pgft_maj: UINT64 DEC, pgft_min: UINT64 DEC, vm_size: UINT32 DEC,
        vm_rss: UINT32 DEC, vm_swap: UINT32 DEC, comm: CHARBUF NA, cgroups: BYTEBUF NA, env: BYTEBUF NA,
        tty: UINT32 DEC, vpgid: PID DEC, loginuid: UID DEC, flags: FLAGS32 HEX table(execve_flags),
        cap_inheritable: UINT64 HEX, cap_permitted: UINT64 HEX, cap_effective: UINT64 HEX, exe_ino: UINT64 DEC,
        exe_ino_ctime: ABSTIME DEC, exe_ino_mtime: ABSTIME DEC, uid: UID DEC, trusted_exepath: FSPATH NA,
        pgid: PID NA, gid: GID DEC
    }
    332 COPY_FILE_RANGE_ENTER_V0 "copy_file_range" [FILE SYSCALL] [USES_FD READS_FROM_FD WRITES_TO_FD OLD_VERSION CONVERTER_MANAGED] {
        fdin: FD DEC, offin: UINT64 DEC, len: UINT64 DEC
    }
    333 COPY_FILE_RANGE "copy_file_range" [FILE SYSCALL] [USES_FD READS_FROM_FD WRITES_TO_FD CONVERTER_MANAGED] {
        res: ERRNO DEC, fdout: FD DEC, offout: UINT64 DEC, fdin: FD DEC, offin: UINT64 DEC, len: UINT64 DEC
    }
    334 CLONE3_ENTER_V0 "clone3" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION] {}
    335 CLONE3 "clone3" [PROCESS SYSCALL] [MODIFIES_STATE CONVERTER_MANAGED] {
        res: PID DEC, exe: CHARBUF NA, args: BYTEBUF NA, tid: PID DEC, pid: PID DEC, ptid: PID DEC,
        cwd: CHARBUF NA, fdlimit: INT64 DEC, pgft_maj: UINT64 DEC, pgft_min: UINT64 DEC, vm_size: UINT32 DEC,
        vm_rss: UINT32 DEC, vm_swap: UINT32 DEC, comm: CHARBUF NA, cgroups: BYTEBUF NA,
        flags: FLAGS32 HEX table(clone_flags), uid: UINT32 DEC, gid: UINT32 DEC, vtid: PID DEC, vpid: PID DEC,
        pidns_init_start_ts: UINT64 DEC
    }
    336 OPEN_BY_HANDLE_AT_ENTER_V0 "open_by_handle_at" [FILE SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION] {}
    337 OPEN_BY_HANDLE_AT "open_by_handle_at" [FILE SYSCALL] [CREATES_FD MODIFIES_STATE] {
        fd: FD DEC, mountfd: FD DEC, flags: FLAGS32 HEX table(file_flags), path: FSPATH NA, dev: UINT32 HEX,
        ino: UINT64 DEC
    }
    338 IO_URING_SETUP_ENTER_V0 "io_uring_setup" [IO_OTHER SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION] {}
    339 IO_URING_SETUP "io_uring_setup" [IO_OTHER SYSCALL] [CREATES_FD MODIFIES_STATE] {
        res: ERRNO DEC, entries: UINT32 DEC, sq_entries: UINT32 DEC, cq_entries: UINT32 DEC,
        flags: FLAGS32 HEX table(io_uring_setup_flags), sq_thread_cpu: UINT32 DEC, sq_thread_idle: UINT32 DEC,
        features: FLAGS32 HEX table(io_uring_setup_feats)
    }
    340 IO_URING_ENTER_ENTER_V0 "io_uring_enter" [IO_OTHER SYSCALL] [OLD_VERSION] {}
    341 IO_URING_ENTER "io_uring_enter" [IO_OTHER SYSCALL] [USES_FD] {
        res: ERRNO DEC, fd: FD DEC, to_submit: UINT32 DEC, min_complete: UINT32 DEC,
        flags: FLAGS32 HEX table(io_uring_enter_flags), sig: SIGSET DEC
    }
    342 IO_URING_REGISTER_ENTER_V0 "io_uring_register" [IO_OTHER SYSCALL] [OLD_VERSION] {}
    343 IO_URING_REGISTER "io_uring_register" [IO_OTHER SYSCALL] [USES_FD] {
        res: ERRNO DEC, fd: FD DEC, opcode: ENUMFLAGS16 DEC table(io_uring_register_opcodes), arg: UINT64 HEX,
        nr_args: UINT32 DEC
    }
    344 MLOCK_ENTER_V0 "mlock" [MEMORY SYSCALL] [OLD_VERSION] {}
    345 MLOCK "mlock" [MEMORY SYSCALL] [] { res: ERRNO DEC, addr: UINT64 HEX, len: UINT64 DEC }
    346 MUNLOCK_ENTER_V0 "munlock" [MEMORY SYSCALL] [OLD_VERSION] {}
    347 MUNLOCK "munlock" [MEMORY SYSCALL] [] { res: ERRNO DEC, addr: UINT64 HEX, len: UINT64 DEC }
    348 MLOCKALL_ENTER_V0 "mlockall" [MEMORY SYSCALL] [OLD_VERSION] {}
    349 MLOCKALL "mlockall" [MEMORY SYSCALL] [] { res: ERRNO DEC, flags: FLAGS32 HEX table(mlockall_flags) }
    350 MUNLOCKALL_ENTER_V0 "munlockall" [MEMORY SYSCALL] [OLD_VERSION] {}
    351 MUNLOCKALL "munlockall" [MEMORY SYSCALL] [] { res: ERRNO DEC }
    352 CAPSET_ENTER_V0 "capset" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION] {}
    353 CAPSET "capset" [PROCESS SYSCALL] [MODIFIES_STATE] {
        res: ERRNO DEC, cap_inheritable: UINT64 HEX, cap_permitted: UINT64 HEX, cap_effective: UINT64 HEX
    }
    354 USER_ADDED "useradded" [PROCESS METAEVENT] [MODIFIES_STATE] {
        uid: UINT32 DEC, gid: UINT32 DEC, name: CHARBUF NA, home: CHARBUF NA, shell: CHARBUF NA,
        container_id: CHARBUF NA
    }
    355 USER_ADDED_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    356 USER_DELETED "userdeleted" [PROCESS METAEVENT] [MODIFIES_STATE] {
        uid: UINT32 DEC, gid: UINT32 DEC, name: CHARBUF NA, home: CHARBUF NA, shell: CHARBUF NA,
        container_id: CHARBUF NA
    }
    357 USER_DELETED_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    358 GROUP_ADDED "groupadded" [PROCESS METAEVENT] [MODIFIES_STATE] {
        gid: UINT32 DEC, name: CHARBUF NA, container_id: CHARBUF NA
    }
    359 GROUP_ADDED_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    360 GROUP_DELETED "groupdeleted" [PROCESS METAEVENT] [MODIFIES_STATE] {
        gid: UINT32 DEC, name: CHARBUF NA, container_id: CHARBUF NA
    }
    361 GROUP_DELETED_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    362 DUP2_ENTER_V0 "dup2" [IO_OTHER SYSCALL] [CREATES_FD USES_FD MODIFIES_STATE OLD_VERSION] { fd: FD DEC }
    363 DUP2 "dup2" [IO_OTHER SYSCALL] [CREATES_FD USES_FD MODIFIES_STATE] {
        res: FD DEC, oldfd: FD DEC, newfd: FD DEC
    }
    364 DUP3_ENTER_V0 "dup3" [IO_OTHER SYSCALL] [CREATES_FD USES_FD MODIFIES_STATE OLD_VERSION] { fd: FD DEC }
    365 DUP3 "dup3" [IO_OTHER SYSCALL] [CREATES_FD USES_FD MODIFIES_STATE] {
        res: FD DEC, oldfd: FD DEC, newfd: FD DEC, flags: FLAGS32 HEX table(file_flags)
    }
    366 DUP_ENTER_V1 "dup" [IO_OTHER SYSCALL] [CREATES_FD USES_FD MODIFIES_STATE OLD_VERSION] { fd: FD DEC }
    367 DUP "dup" [IO_OTHER SYSCALL] [CREATES_FD USES_FD MODIFIES_STATE] { res: FD DEC, oldfd: FD DEC }
    368 BPF_ENTER_V2 "bpf" [OTHER SYSCALL] [CREATES_FD OLD_VERSION] { cmd: INT64 DEC }
    369 BPF "bpf" [OTHER SYSCALL] [CREATES_FD] { fd: FD DEC, cmd: ENUMFLAGS32 DEC table(bpf_commands) }
    370 MLOCK2_ENTER_V0 "mlock2" [MEMORY SYSCALL] [OLD_VERSION] {}
    371 MLOCK2 "mlock2" [MEMORY SYSCALL] [] {
        res: ERRNO DEC, addr: UINT64 HEX, len: UINT64 DEC, flags: FLAGS32 HEX table(mlock2_flags)
    }
    372 FSCONFIG_ENTER_V0 "fsconfig" [SYSTEM SYSCALL] [OLD_VERSION] {}
    373 FSCONFIG "fsconfig" [SYSTEM SYSCALL] [USES_FD] {
        res: ERRNO DEC, fd: FD DEC, cmd: ENUMFLAGS32 DEC table(fsconfig_cmds), key: CHARBUF NA,
        value_bytebuf: BYTEBUF NA, value_charbuf: CHARBUF NA, aux: INT32 DEC
    }
    374 EPOLL_CREATE_ENTER_V0 "epoll_create" [UNKNOWN WAIT SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        size: INT32 DEC
    }
    375 EPOLL_CREATE "epoll_create" [UNKNOWN WAIT SYSCALL] [CREATES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        res: ERRNO DEC, size: INT32 DEC
    }
    376 EPOLL_CREATE1_ENTER_V0 "epoll_create1" [UNKNOWN WAIT SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        flags: FLAGS32 HEX table(epoll_create1_flags)
    }
    377 EPOLL_CREATE1 "epoll_create1" [UNKNOWN WAIT SYSCALL] [CREATES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        res: ERRNO DEC, flags: FLAGS32 HEX table(epoll_create1_flags)
    }
    378 CHOWN_ENTER_V0 "chown" [FILE SYSCALL] [OLD_VERSION] {}
    379 CHOWN "chown" [FILE SYSCALL] [] { res: ERRNO DEC, path: FSPATH NA, uid: UINT32 DEC, gid: UINT32 DEC }
    380 LCHOWN_ENTER_V0 "lchown" [FILE SYSCALL] [OLD_VERSION] {}
    381 LCHOWN "lchown" [FILE SYSCALL] [] { res: ERRNO DEC, path: FSPATH NA, uid: UINT32 DEC, gid: UINT32 DEC }
    382 FCHOWN_ENTER_V0 "fchown" [FILE SYSCALL] [OLD_VERSION] {}
    383 FCHOWN "fchown" [FILE SYSCALL] [USES_FD] { res: ERRNO DEC, fd: FD DEC, uid: UINT32 DEC, gid: UINT32 DEC }
    384 FCHOWNAT_ENTER_V0 "fchownat" [FILE SYSCALL] [OLD_VERSION] {}
    385 FCHOWNAT "fchownat" [FILE SYSCALL] [USES_FD] {
        res: ERRNO DEC, dirfd: FD DEC, pathname: FSRELPATH NA dirfd(1), uid: UINT32 DEC, gid: UINT32 DEC,
        flags: FLAGS32 HEX table(fchownat_flags)
    }
    386 UMOUNT_ENTER_V1 "umount" [FILE SYSCALL] [MODIFIES_STATE OLD_VERSION] {}
    387 UMOUNT "umount" [FILE SYSCALL] [MODIFIES_STATE] { res: ERRNO DEC, name: FSPATH NA }
    388 ACCEPT4_ENTER_V6 "accept4" [NET SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        flags: INT32 HEX
    }
    389 ACCEPT4 "accept4" [NET SYSCALL] [CREATES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        fd: FD DEC, tuple: SOCKTUPLE NA, queuepct: UINT8 DEC, queuelen: UINT32 DEC, queuemax: UINT32 DEC,
        flags: INT32 HEX
    }
    390 UMOUNT2_ENTER_V0 "umount2" [FILE SYSCALL] [MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        flags: FLAGS32 HEX table(umount_flags)
    }
    391 UMOUNT2 "umount2" [FILE SYSCALL] [MODIFIES_STATE CONVERTER_MANAGED] {
        res: ERRNO DEC, name: FSPATH NA, flags: FLAGS32 HEX table(umount_flags)
    }
    392 PIPE2_ENTER_V0 "pipe2" [IPC SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION] {}
    393 PIPE2 "pipe2" [IPC SYSCALL] [CREATES_FD MODIFIES_STATE] {
        res: ERRNO DEC, fd1: FD DEC, fd2: FD DEC, ino: UINT64 DEC, flags: FLAGS32 HEX table(file_flags)
    }
    394 INOTIFY_INIT1_ENTER_V0 "inotify_init1" [IPC SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION] {}
    395 INOTIFY_INIT1 "inotify_init1" [IPC SYSCALL] [CREATES_FD MODIFIES_STATE] {
        res: FD DEC, flags: FLAGS16 HEX table(file_flags)
    }
    396 EVENTFD2_ENTER_V0 "eventfd2" [IPC SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        initval: UINT64 DEC
    }
    397 EVENTFD2 "eventfd2" [IPC SYSCALL] [CREATES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        res: FD DEC, flags: FLAGS16 HEX table(file_flags), initval: UINT64 DEC
    }
    398 SIGNALFD4_ENTER_V0 "signalfd4" [SIGNAL SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION CONVERTER_MANAGED] {
        fd: FD DEC, mask: UINT32 HEX
    }
    399 SIGNALFD4 "signalfd4" [SIGNAL SYSCALL] [CREATES_FD MODIFIES_STATE CONVERTER_MANAGED] {
        res: FD DEC, flags: FLAGS16 HEX table(file_flags), fd: FD DEC, mask: UINT32 HEX
    }
    400 PRCTL_ENTER_V0 "prctl" [PROCESS SYSCALL] [MODIFIES_STATE OLD_VERSION] {}
    401 PRCTL "prctl" [PROCESS SYSCALL] [MODIFIES_STATE] {
        res: ERRNO DEC, option: ENUMFLAGS32 DEC table(prctl_options), arg2_str: CHARBUF NA, arg2_int: INT64 DEC
    }
    402 ASYNCEVENT "asyncevent" [OTHER METAEVENT] [LARGE_PAYLOAD] {
        plugin_id: UINT32 DEC, name: CHARBUF NA, data: BYTEBUF NA
    }
    403 ASYNCEVENT_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    404 MEMFD_CREATE_ENTER_V0 "memfd_create" [MEMORY SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION] {}
    405 MEMFD_CREATE "memfd_create" [MEMORY SYSCALL] [CREATES_FD MODIFIES_STATE] {
        fd: FD DEC, name: CHARBUF NA, flags: FLAGS32 HEX table(memfd_create_flags)
    }
    406 PIDFD_GETFD_ENTER_V0 "pidfd_getfd" [PROCESS SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION] {}
    407 PIDFD_GETFD "pidfd_getfd" [PROCESS SYSCALL] [CREATES_FD MODIFIES_STATE] {
        fd: FD DEC, pid_fd: FD DEC, target_fd: FD DEC, flags: UINT32 HEX
    }
    408 PIDFD_OPEN_ENTER_V0 "pidfd_open" [PROCESS SYSCALL] [CREATES_FD MODIFIES_STATE OLD_VERSION] {}
    409 PIDFD_OPEN "pidfd_open" [PROCESS SYSCALL] [CREATES_FD MODIFIES_STATE] {
        fd: FD DEC, pid: PID DEC, flags: FLAGS32 HEX table(pidfd_open_flags)
    }
    410 INIT_MODULE_ENTER_V0 "init_module" [OTHER SYSCALL] [OLD_VERSION] {}
    411 INIT_MODULE "init_module" [OTHER SYSCALL] [] {
        res: ERRNO DEC, img: BYTEBUF NA, length: UINT64 DEC, uargs: CHARBUF NA
    }
    412 FINIT_MODULE_ENTER_V0 "finit_module" [OTHER SYSCALL] [OLD_VERSION] {}
    413 FINIT_MODULE "finit_module" [OTHER SYSCALL] [USES_FD READS_FROM_FD] {
        res: ERRNO DEC, fd: FD DEC, uargs: CHARBUF NA, flags: FLAGS32 HEX table(finit_module_flags)
    }
    414 MKNOD_ENTER_V0 "mknod" [OTHER SYSCALL] [OLD_VERSION] {}
    415 MKNOD "mknod" [OTHER SYSCALL] [] {
        res: ERRNO DEC, path: FSPATH NA, mode: MODE OCT table(mknod_mode), dev: UINT32 DEC
    }
    416 MKNODAT_ENTER_V0 "mknodat" [OTHER SYSCALL] [OLD_VERSION] {}
    417 MKNODAT "mknodat" [OTHER SYSCALL] [USES_FD] {
        res: ERRNO DEC, dirfd: FD DEC, path: FSRELPATH NA dirfd(1), mode: MODE OCT table(mknod_mode),
        dev: UINT32 DEC
    }
    418 NEWFSTATAT_ENTER_V0 "newfstatat" [FILE SYSCALL] [OLD_VERSION] {}
    419 NEWFSTATAT "newfstatat" [FILE SYSCALL] [USES_FD] {
        res: ERRNO DEC, dirfd: FD DEC, path: FSRELPATH NA dirfd(1), flags: FLAGS32 HEX table(newfstatat_flags)
    }
    420 PROCESS_VM_READV_ENTER_V0 "process_vm_readv" [IPC SYSCALL] [OLD_VERSION] {}
    421 PROCESS_VM_READV "process_vm_readv" [IPC SYSCALL] [] { res: INT64 DEC, pid: PID DEC, data: BYTEBUF NA }
    422 PROCESS_VM_WRITEV_ENTER_V0 "process_vm_writev" [IPC SYSCALL] [OLD_VERSION] {}
    423 PROCESS_VM_WRITEV "process_vm_writev" [IPC SYSCALL] [] { res: INT64 DEC, pid: PID DEC, data: BYTEBUF NA }
    424 DELETE_MODULE_ENTER_V0 "delete_module" [OTHER SYSCALL] [OLD_VERSION] {}
    425 DELETE_MODULE "delete_module" [OTHER SYSCALL] [] {
        res: ERRNO DEC, name: CHARBUF NA, flags: FLAGS32 HEX table(delete_module_flags)
    }
    426 SETREUID_ENTER_V0 "setreuid" [USER SYSCALL] [MODIFIES_STATE OLD_VERSION] {}
    427 SETREUID "setreuid" [USER SYSCALL] [MODIFIES_STATE] { res: ERRNO DEC, ruid: UID DEC, euid: UID DEC }
    428 SETREGID_ENTER_V0 "setregid" [USER SYSCALL] [OLD_VERSION] {}
    429 SETREGID "setregid" [USER SYSCALL] [MODIFIES_STATE] { res: ERRNO DEC, rgid: UID DEC, egid: UID DEC }
    430 ITER_TASK "task" [PROCESS ITER] [MODIFIES_STATE] {
        ppid: PID32 DEC, pgid: PID32 DEC, vpgid: PID32 DEC, sid: PID32 DEC, comm: CHARBUF NA,
        argv: CHARBUFARRAY NA, exepath: FSPATH NA, flags: FLAGS32 HEX table(execve_flags), env: CHARBUFARRAY NA,
        cwd: CHARBUF NA, fdlimit: UINT64 DEC, euid: UID DEC, egid: GID DEC, cap_permitted: UINT64 HEX,
        cap_effective: UINT64 HEX, cap_inheritable: UINT64 HEX, exe_ino_num: UINT64 DEC,
        exe_ino_ctime: ABSTIME DEC, exe_ino_mtime: ABSTIME DEC, vm_size: UINT32 DEC, vm_rss: UINT32 DEC,
        vm_swap: UINT32 DEC, pgft_maj: UINT64 DEC, pgft_min: UINT64 DEC, vtgid: PID32 DEC, vpid: PID32 DEC,
        pidns_init_start_ts: UINT64 DEC, cgroups: CHARBUFARRAY NA, root: FSPATH NA, start_time: ABSTIME DEC,
        tty: UINT32 DEC, loginuid: UID DEC
    }
    431 ITER_TASK_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    432 ITER_TASK_FILE_PIPE "task_file_pipe" [FILE ITER] [MODIFIES_STATE] {
        fd: FD32 DEC, path: FSPATH NA, ino_num: UINT64 DEC
    }
    433 ITER_TASK_FILE_PIPE_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    434 ITER_TASK_FILE_MEMFD "task_file_memfd" [FILE ITER] [MODIFIES_STATE] {
        fd: FD32 DEC, path: FSPATH NA, ino_num: UINT64 DEC
    }
    435 ITER_TASK_FILE_MEMFD_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    436 ITER_TASK_FILE_REGULAR "task_file_regular" [FILE ITER] [MODIFIES_STATE] {
        fd: FD32 DEC, path: FSPATH NA, flags: FLAGS32 HEX table(file_flags), mnt_id: UINT32 DEC,
        ino_num: UINT64 DEC
    }
    437 ITER_TASK_FILE_REGULAR_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    438 ITER_TASK_FILE_DIRECTORY "task_file_directory" [FILE ITER] [MODIFIES_STATE] {
        fd: FD32 DEC, path: FSPATH NA, ino_num: UINT64 DEC
    }
    439 ITER_TASK_FILE_DIRECTORY_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    440 ITER_TASK_FILE_SOCKET_INET "task_file_socket_inet" [FILE ITER] [MODIFIES_STATE] {
        fd: FD32 DEC, sk_type: UINT16 DEC, sk_proto: UINT16 DEC, local_ip: IPV4ADDR HEX, local_port: PORT HEX,
        remote_ip: IPV4ADDR HEX, remote_port: PORT HEX, ino_num: UINT64 DEC
    }
    441 ITER_TASK_FILE_SOCKET_INET_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    442 ITER_TASK_FILE_SOCKET_INET6 "task_file_socket_inet6" [FILE ITER] [MODIFIES_STATE] {
        fd: FD32 DEC, sk_type: UINT16 DEC, sk_proto: UINT16 DEC, local_ip: IPV6ADDR HEX, local_port: PORT HEX,
        remote_ip: IPV6ADDR HEX, remote_port: PORT HEX, ino_num: UINT64 DEC
    }
    443 ITER_TASK_FILE_SOCKET_INET6_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    444 ITER_TASK_FILE_SOCKET_UNIX "task_file_socket_unix" [FILE ITER] [MODIFIES_STATE] {
        fd: FD32 DEC, sk_type: UINT16 DEC, sk_proto: UINT16 DEC, sk_pointer: UINT64 NA, sun_path: FSPATH NA,
        ino_num: UINT64 DEC
    }
    445 ITER_TASK_FILE_SOCKET_UNIX_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    446 ITER_TASK_FILE_SOCKET_NETLINK "task_file_socket_netlink" [FILE ITER] [MODIFIES_STATE] {
        fd: FD32 DEC, sk_type: UINT16 DEC, sk_proto: UINT16 DEC, ino_num: UINT64 DEC
    }
    447 ITER_TASK_FILE_SOCKET_NETLINK_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    448 ITER_TASK_FILE_ANON_INODE "task_file_anon_inode" [FILE ITER] [MODIFIES_STATE] {
        fd: FD32 DEC, fd_type: FLAGS8 DEC table(anon_inode_fd_types), path: FSPATH NA, ino_num: UINT64 DEC
    }
    449 ITER_TASK_FILE_ANON_INODE_X_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    450 CLOSE_RANGE_E_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    451 CLOSE_RANGE "close_range" [IO_OTHER SYSCALL] [MODIFIES_STATE] {
        res: ERRNO DEC, first: UINT32 DEC, last: UINT32 DEC, flags: FLAGS32 HEX table(close_range_flags)
    }
    452 KEYCTL_E_UNUSED "NA" [UNKNOWN] [UNUSED] {}
    453 KEYCTL "keyctl" [OTHER SYSCALL] [] {
        res: ERRNO DEC, operation: ENUMFLAGS32 DEC table(keyctl_operations),
        arg2: DYN DEC choices(keyctl_dynamic_param), arg3: DYN DEC choices(keyctl_dynamic_param),
        arg4: DYN DEC choices(keyctl_dynamic_param), arg5: DYN DEC choices(keyctl_dynamic_param)
    }
}
