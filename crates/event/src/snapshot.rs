//! The system as it was before the first event: one shape, whether it comes from a capture's lists, /proc or iterators.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Everything known before the first event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    pub machine: Machine,
    pub threads: Vec<ThreadEntry>,
    pub fds: Vec<FdEntry>,
    pub users: Vec<UserEntry>,
    pub groups: Vec<GroupEntry>,
    pub interfaces: Vec<Interface>,
}

/// The machine that the events come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    pub hostname: String,
    pub num_cpus: u32,
    pub memory_bytes: u64,
    pub max_pid: u64,
    /// Nanoseconds since the epoch.
    pub boot_ts: u64,
    /// Whether what events count from the boot is told from `boot_ts`, as it is live. Falco replays its captures as if the
    /// boot had been at 0.
    pub counts_boot: bool,
}

/// One thread. Numbers that the source does not know are -1, times 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadEntry {
    pub tid: i64,
    pub pid: i64,
    pub ptid: i64,
    pub sid: i64,
    pub pgid: i64,
    pub vtid: i64,
    pub vpid: i64,
    pub vpgid: i64,
    pub comm: Vec<u8>,
    /// argv\[0\].
    pub exe: Vec<u8>,
    pub exepath: Vec<u8>,
    /// The arguments after argv\[0\], each ended by a NUL.
    pub args: Vec<u8>,
    /// NAME=value, each ended by a NUL.
    pub env: Vec<u8>,
    /// subsystem=path, each ended by a NUL.
    pub cgroups: Vec<u8>,
    pub cwd: Vec<u8>,
    pub root: Vec<u8>,
    /// As `clone_flags` names them.
    pub flags: u32,
    pub uid: u32,
    pub gid: u32,
    pub loginuid: u32,
    pub tty: u32,
    pub fdlimit: i64,
    pub vmsize_kb: u32,
    pub vmrss_kb: u32,
    pub vmswap_kb: u32,
    pub pfmajor: u64,
    pub pfminor: u64,
    pub cap_inheritable: u64,
    pub cap_permitted: u64,
    pub cap_effective: u64,
    pub exe_writable: bool,
    pub exe_upper_layer: bool,
    pub exe_lower_layer: bool,
    pub exe_from_memfd: bool,
    pub exe_ino: u64,
    /// Nanoseconds since the epoch, as are the times below.
    pub exe_ino_ctime: u64,
    pub exe_ino_mtime: u64,
    pub pidns_init_start_ts: u64,
    pub clone_ts: u64,
}

impl Default for ThreadEntry {
    fn default() -> Self {
        Self {
            tid: -1,
            pid: -1,
            ptid: -1,
            sid: -1,
            pgid: -1,
            vtid: -1,
            vpid: -1,
            vpgid: -1,
            comm: Vec::new(),
            exe: Vec::new(),
            exepath: Vec::new(),
            args: Vec::new(),
            env: Vec::new(),
            cgroups: Vec::new(),
            cwd: Vec::new(),
            root: Vec::new(),
            flags: 0,
            uid: u32::MAX,
            gid: u32::MAX,
            loginuid: u32::MAX,
            tty: 0,
            fdlimit: 0,
            vmsize_kb: 0,
            vmrss_kb: 0,
            vmswap_kb: 0,
            pfmajor: 0,
            pfminor: 0,
            cap_inheritable: 0,
            cap_permitted: 0,
            cap_effective: 0,
            exe_writable: false,
            exe_upper_layer: false,
            exe_lower_layer: false,
            exe_from_memfd: false,
            exe_ino: 0,
            exe_ino_ctime: 0,
            exe_ino_mtime: 0,
            pidns_init_start_ts: 0,
            clone_ts: 0,
        }
    }
}

/// One open fd of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FdEntry {
    /// The leader of the thread group that holds it.
    pub tid: i64,
    pub fd: i64,
    pub ino: u64,
    /// Captures do not tell, but of files, whose flags say it.
    pub closes_on_exec: bool,
    pub kind: FdKind,
}

/// What an open fd is; the numbers of captures are in the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FdKind {
    File {
        flags: u32,
        name: Vec<u8>,
        dev: u32,
    },
    Directory {
        name: Vec<u8>,
    },
    Ipv4 {
        source: (Ipv4Addr, u16),
        dest: (Ipv4Addr, u16),
        l4proto: L4Proto,
    },
    Ipv6 {
        source: (Ipv6Addr, u16),
        dest: (Ipv6Addr, u16),
        l4proto: L4Proto,
    },
    Ipv4Server {
        local: (Ipv4Addr, u16),
        l4proto: L4Proto,
    },
    Ipv6Server {
        local: (Ipv6Addr, u16),
        l4proto: L4Proto,
    },
    Unix {
        source: u64,
        dest: u64,
        name: Vec<u8>,
    },
    /// All that have no more than a name.
    Named {
        kind: NamedFd,
        name: Vec<u8>,
    },
}

/// The kinds of fds of which only a name is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NamedFd {
    Pipe,
    Event,
    Signal,
    Eventpoll,
    Inotify,
    Timer,
    Netlink,
    Bpf,
    Userfault,
    IoUring,
    Memfd,
    Pidfd,
    Unsupported,
}

/// The protocol of an internet socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum L4Proto {
    Unknown,
    /// Not applicable.
    None,
    Tcp,
    Udp,
    Icmp,
    Raw,
}

/// A user of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserEntry {
    pub uid: u32,
    pub gid: u32,
    pub name: Vec<u8>,
    pub home: Vec<u8>,
    pub shell: Vec<u8>,
}

/// A group of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupEntry {
    pub gid: u32,
    pub name: Vec<u8>,
}

/// An address of a network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interface {
    V4 { name: Vec<u8>, address: Ipv4Addr, netmask: Ipv4Addr, broadcast: Ipv4Addr },
    V6 { name: Vec<u8>, address: Ipv6Addr },
}
