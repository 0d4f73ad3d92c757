//! The ends of a socket, in one piece of memory for all families.
//!
//! A socket that changes its kind (a bound UDP socket that receives becomes a connection) keeps the bytes it has, and
//! Falco reads them by the layout of the new kind: so must we, to name it alike.

use std::net::{Ipv4Addr, Ipv6Addr};

use gyr_event::snapshot::L4Proto;

use crate::{FdType, Socket};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sockinfo([u8; 40]);

/// Where each kind has its fields.
mod at {
    pub(super) const V4_SOURCE: usize = 0;
    pub(super) const V4_DEST: usize = 4;
    pub(super) const V4_SOURCE_PORT: usize = 8;
    pub(super) const V4_DEST_PORT: usize = 10;
    pub(super) const V4_PROTO: usize = 12;
    pub(super) const V4_SERVER_PORT: usize = 4;
    pub(super) const V4_SERVER_PROTO: usize = 6;
    pub(super) const V6_SOURCE: usize = 0;
    pub(super) const V6_DEST: usize = 16;
    pub(super) const V6_SOURCE_PORT: usize = 32;
    pub(super) const V6_DEST_PORT: usize = 34;
    pub(super) const V6_PROTO: usize = 36;
    pub(super) const V6_SERVER_PORT: usize = 16;
    pub(super) const V6_SERVER_PROTO: usize = 18;
    pub(super) const UNIX_SOURCE: usize = 0;
    pub(super) const UNIX_DEST: usize = 8;
}

impl Sockinfo {
    pub(crate) const EMPTY: Self = Self([0; 40]);

    pub(crate) fn v4(source: (Ipv4Addr, u16), dest: (Ipv4Addr, u16), l4proto: L4Proto) -> Self {
        let mut info = Self::EMPTY;
        info.set_v4_source(source);
        info.set_v4_dest(dest);
        info.set_l4proto(FdType::Ipv4, l4proto);
        info
    }

    pub(crate) fn v6(source: (Ipv6Addr, u16), dest: (Ipv6Addr, u16), l4proto: L4Proto) -> Self {
        let mut info = Self::EMPTY;
        info.set_v6_source(source);
        info.set_v6_dest(dest);
        info.set_l4proto(FdType::Ipv6, l4proto);
        info
    }

    pub(crate) fn v4_server(local: (Ipv4Addr, u16), l4proto: L4Proto) -> Self {
        let mut info = Self::EMPTY;
        info.set_v4_server(local, l4proto);
        info
    }

    pub(crate) fn v6_server(local: (Ipv6Addr, u16), l4proto: L4Proto) -> Self {
        let mut info = Self::EMPTY;
        info.set_v6_server(local, l4proto);
        info
    }

    pub(crate) fn unix(source: u64, dest: u64) -> Self {
        let mut info = Self::EMPTY;
        info.set_unix(source, dest);
        info
    }

    pub(crate) fn v4_source(&self) -> (Ipv4Addr, u16) {
        (self.read::<4>(at::V4_SOURCE).into(), self.port(at::V4_SOURCE_PORT))
    }

    pub(crate) fn v4_dest(&self) -> (Ipv4Addr, u16) {
        (self.read::<4>(at::V4_DEST).into(), self.port(at::V4_DEST_PORT))
    }

    pub(crate) fn v6_source(&self) -> (Ipv6Addr, u16) {
        (self.read::<16>(at::V6_SOURCE).into(), self.port(at::V6_SOURCE_PORT))
    }

    pub(crate) fn v6_dest(&self) -> (Ipv6Addr, u16) {
        (self.read::<16>(at::V6_DEST).into(), self.port(at::V6_DEST_PORT))
    }

    pub(crate) fn set_v4_source(&mut self, (ip, port): (Ipv4Addr, u16)) {
        self.write(at::V4_SOURCE, &ip.octets());
        self.write(at::V4_SOURCE_PORT, &port.to_le_bytes());
    }

    pub(crate) fn set_v4_dest(&mut self, (ip, port): (Ipv4Addr, u16)) {
        self.write(at::V4_DEST, &ip.octets());
        self.write(at::V4_DEST_PORT, &port.to_le_bytes());
    }

    pub(crate) fn set_v6_source(&mut self, (ip, port): (Ipv6Addr, u16)) {
        self.write(at::V6_SOURCE, &ip.octets());
        self.write(at::V6_SOURCE_PORT, &port.to_le_bytes());
    }

    pub(crate) fn set_v6_dest(&mut self, (ip, port): (Ipv6Addr, u16)) {
        self.write(at::V6_DEST, &ip.octets());
        self.write(at::V6_DEST_PORT, &port.to_le_bytes());
    }

    pub(crate) fn set_v4_server(&mut self, (ip, port): (Ipv4Addr, u16), l4proto: L4Proto) {
        self.write(at::V4_SOURCE, &ip.octets());
        self.write(at::V4_SERVER_PORT, &port.to_le_bytes());
        self.set_l4proto(FdType::Ipv4Server, l4proto);
    }

    pub(crate) fn set_v6_server(&mut self, (ip, port): (Ipv6Addr, u16), l4proto: L4Proto) {
        self.write(at::V6_SERVER_PORT, &port.to_le_bytes());
        self.write(at::V6_SOURCE, &ip.octets());
        self.set_l4proto(FdType::Ipv6Server, l4proto);
    }

    pub(crate) fn set_unix(&mut self, source: u64, dest: u64) {
        self.write(at::UNIX_SOURCE, &source.to_le_bytes());
        self.write(at::UNIX_DEST, &dest.to_le_bytes());
    }

    /// Takes over both ends of an IPv4 connection; says whether anything changed. The ends of the same connection in the
    /// other order change nothing.
    pub(crate) fn update_v4(&mut self, source: (Ipv4Addr, u16), dest: (Ipv4Addr, u16)) -> bool {
        let old = (self.v4_source(), self.v4_dest());
        if (source, dest) == old || (dest, source) == old {
            return false;
        }
        self.set_v4_source(source);
        self.set_v4_dest(dest);
        true
    }

    /// As [`Sockinfo::update_v4`].
    pub(crate) fn update_v6(&mut self, source: (Ipv6Addr, u16), dest: (Ipv6Addr, u16)) -> bool {
        let old = (self.v6_source(), self.v6_dest());
        if (source, dest) == old || (dest, source) == old {
            return false;
        }
        self.set_v6_source(source);
        self.set_v6_dest(dest);
        true
    }

    /// Exchanges the ends of a connection.
    pub(crate) fn swap(&mut self, kind: FdType) {
        if kind == FdType::Ipv4 {
            let (source, dest) = (self.v4_source(), self.v4_dest());
            self.set_v4_source(dest);
            self.set_v4_dest(source);
        } else {
            let (source, dest) = (self.v6_source(), self.v6_dest());
            self.set_v6_source(dest);
            self.set_v6_dest(source);
        }
    }

    pub(crate) fn server_port(&self, kind: FdType) -> u16 {
        match kind {
            FdType::Ipv4Server => self.port(at::V4_SERVER_PORT),
            FdType::Ipv6Server => self.port(at::V6_SERVER_PORT),
            _ => 0,
        }
    }

    pub(crate) fn l4proto(&self, kind: FdType) -> L4Proto {
        let Some(at) = proto_at(kind) else { return L4Proto::None };
        match self.read::<1>(at) {
            [0] => L4Proto::Unknown,
            [2] => L4Proto::Tcp,
            [3] => L4Proto::Udp,
            [4] => L4Proto::Icmp,
            [5] => L4Proto::Raw,
            _ => L4Proto::None,
        }
    }

    pub(crate) fn set_l4proto(&mut self, kind: FdType, l4proto: L4Proto) {
        let number = match l4proto {
            L4Proto::Unknown => 0,
            L4Proto::None => 1,
            L4Proto::Tcp => 2,
            L4Proto::Udp => 3,
            L4Proto::Icmp => 4,
            L4Proto::Raw => 5,
        };
        if let Some(at) = proto_at(kind) {
            self.write(at, &[number]);
        }
    }

    /// As a socket of this kind.
    pub(crate) fn read_as(&self, kind: FdType) -> Option<Socket> {
        let l4proto = self.l4proto(kind);
        Some(match kind {
            FdType::Ipv4 => Socket::V4 { source: self.v4_source(), dest: self.v4_dest(), l4proto },
            FdType::Ipv6 => Socket::V6 { source: self.v6_source(), dest: self.v6_dest(), l4proto },
            FdType::Ipv4Server => {
                Socket::V4Server { local: (self.v4_source().0, self.server_port(kind)), l4proto }
            }
            FdType::Ipv6Server => {
                Socket::V6Server { local: (self.v6_source().0, self.server_port(kind)), l4proto }
            }
            FdType::Unix => Socket::Unix {
                source: u64::from_le_bytes(self.read(at::UNIX_SOURCE)),
                dest: u64::from_le_bytes(self.read(at::UNIX_DEST)),
            },
            _ => return None,
        })
    }

    fn port(&self, at: usize) -> u16 {
        u16::from_le_bytes(self.read(at))
    }

    fn read<const N: usize>(&self, at: usize) -> [u8; N] {
        self.0.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
    }

    fn write(&mut self, at: usize, bytes: &[u8]) {
        if let Some(to) = self.0.get_mut(at..at + bytes.len()) {
            to.copy_from_slice(bytes);
        }
    }
}

const fn proto_at(kind: FdType) -> Option<usize> {
    match kind {
        FdType::Ipv4 => Some(at::V4_PROTO),
        FdType::Ipv6 => Some(at::V6_PROTO),
        FdType::Ipv4Server => Some(at::V4_SERVER_PROTO),
        FdType::Ipv6Server => Some(at::V6_SERVER_PROTO),
        _ => None,
    }
}
