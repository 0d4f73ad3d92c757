//! The types that fields have, and their values.

use std::net::IpAddr;

use ipnet::IpNet;

macro_rules! types {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// The type of a field; decides which operators apply and how literals are read.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Type { $($(#[$doc])* $name,)* }

        impl Type {
            /// The name in listings and messages.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

types! {
    Int8 = "INT8",
    Int16 = "INT16",
    Int32 = "INT32",
    Int64 = "INT64",
    Uint8 = "UINT8",
    Uint16 = "UINT16",
    Uint32 = "UINT32",
    Uint64 = "UINT64",
    /// Text.
    Charbuf = "CHARBUF",
    /// Raw bytes.
    Bytebuf = "BYTEBUF",
    Errno = "ERRNO",
    Sockaddr = "SOCKADDR",
    Socktuple = "SOCKTUPLE",
    Fd = "FD",
    Pid = "PID",
    Fdlist = "FDLIST",
    /// A path.
    Fspath = "FSPATH",
    /// A path relative to a directory that the event names.
    Fsrelpath = "FSRELPATH",
    Syscallid = "SYSCALLID",
    Sigtype = "SIGTYPE",
    /// Nanoseconds.
    Reltime = "RELTIME",
    /// Nanoseconds since the epoch.
    Abstime = "ABSTIME",
    Port = "PORT",
    L4proto = "L4PROTO",
    Sockfamily = "SOCKFAMILY",
    Bool = "BOOL",
    Flags8 = "FLAGS8",
    Flags16 = "FLAGS16",
    Flags32 = "FLAGS32",
    Enumflags8 = "ENUMFLAGS8",
    Enumflags16 = "ENUMFLAGS16",
    Enumflags32 = "ENUMFLAGS32",
    Mode = "MODE",
    Uid = "UID",
    Gid = "GID",
    Double = "DOUBLE",
    Sigset = "SIGSET",
    Charbufarray = "CHARBUFARRAY",
    CharbufPairArray = "CHARBUF_PAIR_ARRAY",
    Ipaddr = "IPADDR",
    Ipnet = "IPNET",
    /// Known only when an event is there.
    Dyn = "DYN",
}

/// One value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    /// Text and raw bytes alike; not necessarily UTF-8.
    Bytes(&'a [u8]),
    Ip(IpAddr),
    Net(IpNet),
}
