//! The names of sockets: their ends as text.

use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

use gyr_event::snapshot::L4Proto;

use crate::packed::{Address, Tuple, embedded_v4};
use crate::sockinfo::Sockinfo;
use crate::{FdType, Socket};

/// Writes `source:port->dest:port`, or the one end of a server.
pub(crate) fn write_ends(kind: FdType, info: Sockinfo, out: &mut Vec<u8>) {
    let proto = info.l4proto(kind);
    if matches!(kind, FdType::Ipv4 | FdType::Ipv6) && !is_tcp_or_udp(proto) {
        write_portless(kind, info, out);
        return;
    }
    // Writing to a vector cannot fail.
    let _ = match info.read_as(kind) {
        Some(Socket::V4 { source, dest, .. }) => write_v4(source, dest, out),
        Some(Socket::V4Server { local: (local, port), .. }) => write!(out, "{local}:{port}"),
        Some(Socket::V6 { source, dest, .. }) => write_v6(source, dest, out),
        Some(Socket::V6Server { local: (local, port), .. }) => write!(out, "{}:{port}", V6(local)),
        Some(Socket::Unix { .. }) | None => Ok(()),
    };
}

/// As [`write_ends`], of a socket that a snapshot holds: ports whatever the protocol.
pub(crate) fn write_known_ends(kind: FdType, info: Sockinfo, out: &mut Vec<u8>) {
    let _ = match info.read_as(kind) {
        Some(Socket::V4 { source, dest, .. }) => write_v4(source, dest, out),
        Some(Socket::V6 { source: (source, sport), dest: (dest, dport), .. }) => {
            write!(out, "{}:{sport}->{}:{dport}", V6(source), V6(dest))
        }
        _ => return write_ends(kind, info, out),
    };
}

fn write_portless(kind: FdType, info: Sockinfo, out: &mut Vec<u8>) {
    let proto = info.l4proto(kind);
    let _ = match info.read_as(kind) {
        Some(Socket::V4 { source, dest, .. }) if matches!(proto, L4Proto::Icmp | L4Proto::Raw) => {
            write!(out, "{}->{}", source.0, dest.0)
        }
        Some(Socket::V6 { source, dest, .. }) if proto == L4Proto::Icmp => {
            match (embedded_v4(source.0), embedded_v4(dest.0)) {
                (Some(source), Some(dest)) => write!(out, "{source}->{dest}"),
                _ => write!(out, "{}->{}", V6(source.0), V6(dest.0)),
            }
        }
        _ => out.write_all(b"<unknown>"),
    };
}

/// Writes a tuple as event parameters show it.
pub(crate) fn write_tuple(tuple: &Tuple<'_>, out: &mut Vec<u8>) {
    let _ = match *tuple {
        Tuple::V4 { source, dest } => write_v4(source, dest, out),
        Tuple::V6 { source, dest } => write_v6(source, dest, out),
        Tuple::Unix { source, dest, path } => write_unix(source, dest, path, out),
    };
}

/// Writes an address as event parameters show it.
pub(crate) fn write_address(address: &Address<'_>, out: &mut Vec<u8>) {
    let _ = match *address {
        Address::V4((ip, port)) => write!(out, "{ip}:{port}"),
        Address::V6((ip, port)) => write!(out, "{}:{port}", V6(ip)),
        Address::Unix(path) => out.write_all(path),
        Address::Other(family) => write!(out, "family {family}"),
    };
}

pub(crate) fn write_unix(
    source: u64,
    dest: u64,
    path: &[u8],
    out: &mut Vec<u8>,
) -> std::io::Result<()> {
    write!(out, "{source:x}->{dest:x} ")?;
    out.write_all(path)
}

fn write_v4(
    (source, source_port): (Ipv4Addr, u16),
    (dest, dest_port): (Ipv4Addr, u16),
    out: &mut Vec<u8>,
) -> std::io::Result<()> {
    write!(out, "{source}:{source_port}->{dest}:{dest_port}")
}

fn write_v6(
    (source, source_port): (Ipv6Addr, u16),
    (dest, dest_port): (Ipv6Addr, u16),
    out: &mut Vec<u8>,
) -> std::io::Result<()> {
    match (embedded_v4(source), embedded_v4(dest)) {
        (Some(source), Some(dest)) => write!(out, "{source}:{source_port}->{dest}:{dest_port}"),
        _ => write!(out, "{}:{source_port}->{}:{dest_port}", V6(source), V6(dest)),
    }
}

const fn is_tcp_or_udp(proto: L4Proto) -> bool {
    matches!(proto, L4Proto::Tcp | L4Proto::Udp)
}

/// An IPv6 address as the C library writes it, which differs from Rust for the old form of embedded IPv4 addresses.
struct V6(Ipv6Addr);

impl std::fmt::Display for V6 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let low = u32::try_from(self.0.to_bits()).ok().filter(|&low| low > 0xffff);
        match low {
            Some(low) => write!(f, "::{}", Ipv4Addr::from_bits(low)),
            None => write!(f, "{}", self.0),
        }
    }
}
