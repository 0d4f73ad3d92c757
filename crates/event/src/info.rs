//! What is known of an event without seeing one: its row in the table.

use crate::{FlagTable, table::EventCode};

/// One row of the event table.
#[derive(Debug)]
pub struct EventInfo {
    pub code: EventCode,
    /// The event's name as rules see it; the halves and versions of one syscall share it.
    pub name: &'static str,
    pub category: Category,
    pub flags: EventFlags,
    /// The parameters of the newest schema, in record order. Records may hold fewer (older) or more (newer).
    pub params: &'static [ParamInfo],
}

/// One parameter of an event.
#[derive(Debug)]
pub struct ParamInfo {
    pub name: &'static str,
    pub ty: ParamType,
    pub format: ParamFormat,
    pub extra: ParamExtra,
}

/// What a parameter's type alone does not say.
#[derive(Clone, Copy, Debug)]
pub enum ParamExtra {
    None,
    /// The names of a flags or enumeration value.
    Flags(&'static FlagTable),
    /// The index of the parameter that holds the directory this path is relative to.
    Dirfd(usize),
    /// The types that the first byte of a [`ParamType::DYN`] value selects from.
    Choices(&'static [(ParamType, ParamFormat)]),
}

macro_rules! param_types {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)*) => {
        /// The type of a parameter; the numbers are those of the plugin ABI.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(non_camel_case_types, reason = "the names of the wire format")]
        #[repr(u8)]
        pub enum ParamType { $($(#[$doc])* $name = $number,)* }

        impl ParamType {
            /// The type's name in listings.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

param_types! {
    INT8 = 1,
    INT16 = 2,
    INT32 = 3,
    INT64 = 4,
    UINT8 = 5,
    UINT16 = 6,
    UINT32 = 7,
    UINT64 = 8,
    /// Text that ends in a NUL; a length of 0 means missing.
    CHARBUF = 9,
    BYTEBUF = 10,
    ERRNO = 11,
    /// Family (u8), then an address: IPv4 7 bytes in all, IPv6 19, unix a path.
    SOCKADDR = 12,
    /// Family (u8), then both ends: IPv4 13 bytes in all, IPv6 37, unix two pointers and a path.
    SOCKTUPLE = 13,
    FD = 14,
    PID = 15,
    /// u16 count, then (i64 fd, u16 flags) each.
    FDLIST = 16,
    FSPATH = 17,
    SYSCALLID = 18,
    SIGTYPE = 19,
    RELTIME = 20,
    ABSTIME = 21,
    PORT = 22,
    L4PROTO = 23,
    SOCKFAMILY = 24,
    BOOL = 25,
    IPV4ADDR = 26,
    /// A byte that selects one of the parameter's [`ParamExtra::Choices`], then the value.
    DYN = 27,
    FLAGS8 = 28,
    FLAGS16 = 29,
    FLAGS32 = 30,
    UID = 31,
    GID = 32,
    DOUBLE = 33,
    SIGSET = 34,
    CHARBUFARRAY = 35,
    CHARBUF_PAIR_ARRAY = 36,
    IPV4NET = 37,
    IPV6ADDR = 38,
    IPV6NET = 39,
    IPADDR = 40,
    IPNET = 41,
    MODE = 42,
    /// A path relative to the directory of another parameter.
    FSRELPATH = 43,
    ENUMFLAGS8 = 44,
    ENUMFLAGS16 = 45,
    ENUMFLAGS32 = 46,
    FD32 = 47,
    PID32 = 48,
}

/// How a number is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParamFormat {
    NA,
    DEC,
    /// Upper-case hexadecimal.
    HEX,
    /// Decimal, padded with zeros to nine digits.
    PaddedDec,
    ID,
    DIR,
    OCT,
}

/// What an event is about, and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Category {
    pub kind: Kind,
    pub origin: Origin,
}

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(non_camel_case_types, reason = "the names of the wire format")]
pub enum Kind {
    UNKNOWN,
    OTHER,
    FILE,
    NET,
    IPC,
    MEMORY,
    PROCESS,
    SLEEP,
    SYSTEM,
    SIGNAL,
    USER,
    TIME,
    IO_READ,
    IO_WRITE,
    IO_OTHER,
    WAIT,
    SCHEDULER,
    INTERNAL,
}

/// Where an event comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    NONE,
    SYSCALL,
    TRACEPOINT,
    PLUGIN,
    METAEVENT,
    ITER,
}

macro_rules! event_flags {
    ($($(#[$doc:meta])* $name:ident = $bit:literal,)*) => {
        /// Properties of an event as a bit set.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct EventFlags(pub u32);

        impl EventFlags {
            pub const NONE: Self = Self(0);
            $($(#[$doc])* pub const $name: Self = Self($bit);)*

            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            pub const fn union(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }
    };
}

event_flags! {
    /// On success the result is a new fd.
    CREATES_FD = 1,
    DESTROYS_FD = 2,
    /// The event has an fd parameter.
    USES_FD = 4,
    READS_FROM_FD = 8,
    WRITES_TO_FD = 16,
    MODIFIES_STATE = 32,
    /// A placeholder or a retired event.
    UNUSED = 64,
    WAITS = 128,
    /// Does not reset what the thread's last event left behind.
    SKIPPARSERESET = 256,
    /// A newer event code replaces this one.
    OLD_VERSION = 512,
    /// The lengths of the parameters are u32.
    LARGE_PAYLOAD = 2048,
    /// An entry may exist in the conversion table for old captures.
    CONVERTER_MANAGED = 4096,
}
