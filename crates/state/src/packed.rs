//! Socket addresses and pairs of them, as parameters hold them. What is cut short or of another family reads as none.

use std::net::{Ipv4Addr, Ipv6Addr};

use gyr_event::tables::socket_families;

pub(crate) const AF_UNIX: u8 = family("AF_UNIX");
pub(crate) const AF_INET: u8 = family("AF_INET");
pub(crate) const AF_INET6: u8 = family("AF_INET6");

const fn family(name: &str) -> u8 {
    socket_families.value(name) as u8
}

/// One end of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Address<'a> {
    V4((Ipv4Addr, u16)),
    V6((Ipv6Addr, u16)),
    Unix(&'a [u8]),
    Other(u8),
}

/// Both ends of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tuple<'a> {
    V4 { source: (Ipv4Addr, u16), dest: (Ipv4Addr, u16) },
    V6 { source: (Ipv6Addr, u16), dest: (Ipv6Addr, u16) },
    Unix { source: u64, dest: u64, path: &'a [u8] },
}

impl<'a> Address<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&family, rest) = bytes.split_first()?;
        Some(match family {
            AF_INET => Self::V4(v4_end(rest)?.0),
            AF_INET6 => Self::V6(v6_end(rest)?.0),
            AF_UNIX => Self::Unix(until_nul(rest)),
            other => Self::Other(other),
        })
    }
}

impl<'a> Tuple<'a> {
    /// An IPv6 tuple of two embedded IPv4 addresses is an IPv4 tuple.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&family, rest) = bytes.split_first()?;
        Some(match family {
            AF_INET => {
                let (source, rest) = v4_end(rest)?;
                Self::V4 { source, dest: v4_end(rest)?.0 }
            }
            AF_INET6 => {
                let (source, rest) = v6_end(rest)?;
                let (dest, _) = v6_end(rest)?;
                match (embedded_v4(source.0), embedded_v4(dest.0)) {
                    (Some(source_ip), Some(dest_ip)) => {
                        Self::V4 { source: (source_ip, source.1), dest: (dest_ip, dest.1) }
                    }
                    _ => Self::V6 { source, dest },
                }
            }
            AF_UNIX => {
                let (source, rest) = rest.split_first_chunk()?;
                let (dest, rest) = rest.split_first_chunk()?;
                Self::Unix {
                    source: u64::from_le_bytes(*source),
                    dest: u64::from_le_bytes(*dest),
                    path: until_nul(rest),
                }
            }
            _ => return None,
        })
    }
}

/// The IPv4 address that an IPv6 one stands for; the address of nothing does too.
pub(crate) fn embedded_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    if ip.is_unspecified() { Some(Ipv4Addr::UNSPECIFIED) } else { ip.to_ipv4_mapped() }
}

fn v4_end(bytes: &[u8]) -> Option<((Ipv4Addr, u16), &[u8])> {
    let (ip, rest) = bytes.split_first_chunk::<4>()?;
    let (port, rest) = rest.split_first_chunk()?;
    Some((((*ip).into(), u16::from_le_bytes(*port)), rest))
}

fn v6_end(bytes: &[u8]) -> Option<((Ipv6Addr, u16), &[u8])> {
    let (ip, rest) = bytes.split_first_chunk::<16>()?;
    let (port, rest) = rest.split_first_chunk()?;
    Some((((*ip).into(), u16::from_le_bytes(*port)), rest))
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|&byte| byte == 0).next().unwrap_or_default()
}
