//! The names of sockets: both ends as text.

use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::Socket;
use crate::fd::FdData;

/// Writes `source:port->dest:port`, or the one end of a server.
pub(crate) fn write_ends(data: &FdData, out: &mut Vec<u8>) {
    // Writing to a vector cannot fail.
    let _ = match data.sockinfo.read_as(data.kind) {
        Some(Socket::V4 { source: (source, sport), dest: (dest, dport), .. }) => {
            write!(out, "{source}:{sport}->{dest}:{dport}")
        }
        Some(Socket::V4Server { local: (local, port), .. }) => write!(out, "{local}:{port}"),
        Some(Socket::V6 { source: (source, sport), dest: (dest, dport), .. }) => {
            match (source.to_ipv4_mapped(), dest.to_ipv4_mapped()) {
                (Some(source), Some(dest)) => write!(out, "{source}:{sport}->{dest}:{dport}"),
                _ => write!(out, "{}:{sport}->{}:{dport}", V6(source), V6(dest)),
            }
        }
        Some(Socket::V6Server { local: (local, port), .. }) => write!(out, "{}:{port}", V6(local)),
        Some(Socket::Unix { .. }) | None => Ok(()),
    };
}

/// An IPv6 address as the C library writes it, which differs from Rust for the old form of embedded IPv4 addresses.
pub(crate) struct V6(pub(crate) Ipv6Addr);

impl std::fmt::Display for V6 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bits = self.0.to_bits();
        let low = u32::try_from(bits).ok().filter(|&low| low > 0xffff);
        match low {
            Some(low) => write!(f, "::{}", Ipv4Addr::from_bits(low)),
            None => write!(f, "{}", self.0),
        }
    }
}
