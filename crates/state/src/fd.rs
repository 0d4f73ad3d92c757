//! One open fd: what it is, its name, and for sockets both ends.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use gyr_event::snapshot::{FdKind, L4Proto, NamedFd};
use gyr_event::tables::{epoll_create1_flags, file_flags, memfd_create_flags};

use crate::Slot;
use crate::fds::OrderKey;
pub(crate) use crate::sockinfo::Sockinfo;

macro_rules! fd_types {
    ($($(#[$doc:meta])* $variant:ident $char:literal $name:literal,)*) => {
        /// What an fd refers to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum FdType { $($(#[$doc])* $variant,)* }

        impl FdType {
            /// The type's name, as `fd.type` gives it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The type as one character, as `fd.typechar` gives it.
            pub const fn typechar(self) -> char {
                match self { $(Self::$variant => $char,)* }
            }
        }
    };
}

fd_types! {
    File 'f' "file",
    Directory 'd' "directory",
    Ipv4 '4' "ipv4",
    Ipv6 '6' "ipv6",
    /// A listening or bound socket: it has one end.
    Ipv4Server '4' "ipv4",
    /// As [`FdType::Ipv4Server`].
    Ipv6Server '6' "ipv6",
    Unix 'u' "unix",
    Pipe 'p' "pipe",
    Event 'e' "event",
    Signal 's' "signalfd",
    Eventpoll 'l' "eventpoll",
    Inotify 'i' "inotify",
    Timer 't' "timerfd",
    Netlink 'n' "netlink",
    Bpf 'b' "bpf",
    Userfault 'u' "userfaultfd",
    IoUring 'r' "io_uring",
    Memfd 'm' "memfd",
    Pidfd 'P' "pidfd",
    Unsupported 'X' "unsupported",
    /// Known to be open, of unknown type.
    Unknown 'o' "<NA>",
}

impl FdType {
    pub const fn is_socket(self) -> bool {
        matches!(self, Self::Ipv4 | Self::Ipv6 | Self::Ipv4Server | Self::Ipv6Server | Self::Unix)
    }

    pub const fn is_ip(self) -> bool {
        matches!(self, Self::Ipv4 | Self::Ipv6 | Self::Ipv4Server | Self::Ipv6Server)
    }
}

/// The ends of a socket. Source is the client and dest the server, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Socket {
    V4 {
        source: (Ipv4Addr, u16),
        dest: (Ipv4Addr, u16),
        l4proto: L4Proto,
    },
    V6 {
        source: (Ipv6Addr, u16),
        dest: (Ipv6Addr, u16),
        l4proto: L4Proto,
    },
    V4Server {
        local: (Ipv4Addr, u16),
        l4proto: L4Proto,
    },
    V6Server {
        local: (Ipv6Addr, u16),
        l4proto: L4Proto,
    },
    /// Kernel addresses of the two sockets.
    Unix {
        source: u64,
        dest: u64,
    },
}

impl Socket {
    /// [`L4Proto::None`] for a unix socket.
    pub const fn l4proto(&self) -> L4Proto {
        match *self {
            Self::V4 { l4proto, .. }
            | Self::V6 { l4proto, .. }
            | Self::V4Server { l4proto, .. }
            | Self::V6Server { l4proto, .. } => l4proto,
            Self::Unix { .. } => L4Proto::None,
        }
    }
}

/// Which end of a connection the process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Client,
    Server,
}

/// Which layer of an overlay file system a file is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    Upper,
    Lower,
}

/// One open fd.
#[derive(Debug)]
pub struct Fd {
    data: Arc<FdData>,
    /// Not with the rest: copies differ in whether exec closes them.
    open_flags: u32,
    /// Where it stands in its table.
    pub(crate) key: OrderKey,
    stamp: u64,
    slot: Slot,
}

/// What is known of an open file description. Shared by the copies that fork makes.
#[derive(Clone, Debug)]
pub(crate) struct FdData {
    pub(crate) kind: FdType,
    pub(crate) name: Vec<u8>,
    pub(crate) name_raw: RawName,
    pub(crate) dev: u32,
    pub(crate) mount_id: u32,
    pub(crate) ino: u64,
    pub(crate) pid: i64,
    pub(crate) sockinfo: Sockinfo,
    pub(crate) role: Option<Role>,
    pub(crate) layer: Option<Layer>,
    pub(crate) is_connected: bool,
}

/// A path as the process gave it.
#[derive(Clone, Debug)]
pub(crate) enum RawName {
    None,
    /// The path ends with it, from this place on: so it is for all but odd spellings.
    Tail(usize),
    Other(Box<[u8]>),
}

impl Fd {
    #[inline]
    pub(crate) fn new(data: Arc<FdData>, open_flags: u32, stamp: u64) -> Self {
        Self { data, open_flags, key: OrderKey::default(), stamp, slot: Slot::default() }
    }

    /// The fd as a forked process holds it: the same description, answers not yet computed.
    pub(crate) fn fork(&self) -> Self {
        Self {
            data: Arc::clone(&self.data),
            open_flags: self.open_flags,
            key: self.key,
            stamp: self.stamp,
            slot: Slot::default(),
        }
    }

    /// Another fd in the memory of this one, of which nothing else is known; `stamp` is new.
    #[inline(always)]
    pub(crate) fn renew(
        &mut self,
        kind: FdType,
        open_flags: u32,
        stamp: u64,
    ) -> Option<&mut FdData> {
        (self.open_flags, self.stamp) = (open_flags, stamp);
        if !self.is_sole_owner() {
            self.data = Arc::new(FdData::new(kind));
        }
        let data = Arc::get_mut(&mut self.data)?;
        data.reset(kind);
        Some(data)
    }

    /// Whether its memory can be kept for another: that of a description that processes share cannot.
    #[inline]
    pub(crate) fn is_sole_owner(&self) -> bool {
        Arc::strong_count(&self.data) == 1
    }

    #[inline]
    pub(crate) fn data(&self) -> &FdData {
        &self.data
    }

    /// The description, kept as it is now: the next change is made to a copy.
    pub(crate) fn share(&self) -> Arc<FdData> {
        Arc::clone(&self.data)
    }

    /// The description, to be changed; `stamp` is new.
    pub(crate) fn edit(&mut self, stamp: u64) -> &mut FdData {
        self.stamp = stamp;
        Arc::make_mut(&mut self.data)
    }

    /// Whether exec closes it.
    pub(crate) fn is_close_on_exec(&self) -> bool {
        self.open_flags & close_on_exec(self.data.kind) != 0
    }

    /// Has exec close it, or not.
    pub(crate) fn set_close_on_exec(&mut self, closes: bool, stamp: u64) {
        self.open_flags = with_close_on_exec(self.data.kind, self.open_flags, closes);
        self.stamp = stamp;
    }

    pub fn kind(&self) -> FdType {
        self.data.kind
    }

    /// A path, a tuple, or whatever names this kind of fd.
    pub fn name(&self) -> &[u8] {
        &self.data.name
    }

    /// The path as the process gave it.
    pub fn name_raw(&self) -> &[u8] {
        match &self.data.name_raw {
            RawName::None => &[],
            RawName::Tail(start) => self.data.name.get(*start..).unwrap_or_default(),
            RawName::Other(name) => name,
        }
    }

    /// Open flags as the table `file_flags` names them.
    pub const fn flags(&self) -> u32 {
        self.open_flags
    }

    pub fn dev(&self) -> u32 {
        self.data.dev
    }

    pub fn ino(&self) -> u64 {
        self.data.ino
    }

    pub fn mount_id(&self) -> u32 {
        self.data.mount_id
    }

    /// The process that a pidfd refers to.
    pub fn pid(&self) -> i64 {
        self.data.pid
    }

    pub fn socket(&self) -> Option<Socket> {
        self.data.sockinfo.read_as(self.data.kind)
    }

    pub fn role(&self) -> Option<Role> {
        self.data.role
    }

    pub fn layer(&self) -> Option<Layer> {
        self.data.layer
    }

    pub fn is_connected(&self) -> bool {
        self.data.is_connected
    }

    /// As `fd.l4proto` has it: not applicable until a socket's role is known.
    pub fn l4proto(&self) -> L4Proto {
        self.data.l4proto()
    }

    /// No two contents of any fd share a stamp, apart from the copies that fork makes.
    pub const fn stamp(&self) -> u64 {
        self.stamp
    }

    pub const fn slot(&self) -> &Slot {
        &self.slot
    }
}

const O_CLOEXEC: u32 = file_flags.value("O_CLOEXEC");

/// The flags by which exec closes an fd of this kind.
const fn close_on_exec(kind: FdType) -> u32 {
    O_CLOEXEC
        | match kind {
            FdType::Eventpoll => epoll_create1_flags.value("EPOLL_CLOEXEC"),
            FdType::Memfd => memfd_create_flags.value("MFD_CLOEXEC"),
            _ => 0,
        }
}

/// The flags of a copy that exec closes, or not.
pub(crate) const fn with_close_on_exec(kind: FdType, open_flags: u32, closes: bool) -> u32 {
    let others = open_flags & !close_on_exec(kind);
    if closes { others | O_CLOEXEC } else { others }
}

impl FdData {
    pub(crate) const fn new(kind: FdType) -> Self {
        Self {
            kind,
            name: Vec::new(),
            name_raw: RawName::None,
            dev: 0,
            mount_id: 0,
            ino: 0,
            pid: 0,
            sockinfo: Sockinfo::EMPTY,
            role: None,
            layer: None,
            is_connected: false,
        }
    }

    /// Makes this the description of an fd of which nothing else is known; the memory of the name stays.
    #[inline(always)]
    fn reset(&mut self, kind: FdType) {
        let new = Self::new(kind);
        self.kind = kind;
        self.name.clear();
        self.name_raw = new.name_raw;
        (self.dev, self.mount_id, self.ino, self.pid) = (new.dev, new.mount_id, new.ino, new.pid);
        self.sockinfo = new.sockinfo;
        (self.role, self.layer, self.is_connected) = (new.role, new.layer, new.is_connected);
    }

    /// Only IPv4 sockets count, as for Falco: the tuple of a connected IPv6 one is written anew with each transfer.
    pub(crate) fn is_tcp(&self) -> bool {
        self.kind == FdType::Ipv4 && self.sockinfo.l4proto(self.kind) == L4Proto::Tcp
    }

    /// As [`FdData::is_tcp`].
    pub(crate) fn is_udp(&self) -> bool {
        self.kind == FdType::Ipv4 && self.sockinfo.l4proto(self.kind) == L4Proto::Udp
    }

    pub(crate) fn l4proto(&self) -> L4Proto {
        let l4proto = self.sockinfo.l4proto(self.kind);
        let is_connection = matches!(self.kind, FdType::Ipv4 | FdType::Ipv6);
        if is_connection && l4proto != L4Proto::Raw && self.role.is_none() {
            return L4Proto::None;
        }
        l4proto
    }

    /// The type that goes with an entry of a snapshot.
    pub(crate) const fn kind_of(kind: &FdKind) -> FdType {
        match kind {
            FdKind::File { .. } => FdType::File,
            FdKind::Directory { .. } => FdType::Directory,
            FdKind::Ipv4 { .. } => FdType::Ipv4,
            FdKind::Ipv6 { .. } => FdType::Ipv6,
            FdKind::Ipv4Server { .. } => FdType::Ipv4Server,
            FdKind::Ipv6Server { .. } => FdType::Ipv6Server,
            FdKind::Unix { .. } => FdType::Unix,
            FdKind::Named { kind, .. } => match kind {
                NamedFd::Pipe => FdType::Pipe,
                NamedFd::Event => FdType::Event,
                NamedFd::Signal => FdType::Signal,
                NamedFd::Eventpoll => FdType::Eventpoll,
                NamedFd::Inotify => FdType::Inotify,
                NamedFd::Timer => FdType::Timer,
                NamedFd::Netlink => FdType::Netlink,
                NamedFd::Bpf => FdType::Bpf,
                NamedFd::Userfault => FdType::Userfault,
                NamedFd::IoUring => FdType::IoUring,
                NamedFd::Memfd => FdType::Memfd,
                NamedFd::Pidfd => FdType::Pidfd,
                NamedFd::Unsupported => FdType::Unsupported,
            },
        }
    }
}
