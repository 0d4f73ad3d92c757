//! The machine's own addresses, and what they say of a socket's ends.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use gyr_event::snapshot::Interface;

use crate::FdType;
use crate::sockinfo::Sockinfo;

/// Whether the address is the machine's: for IPv6, in the /64 of one of its own.
pub(crate) fn is_local(interfaces: &[Interface], ip: IpAddr) -> bool {
    interfaces.iter().any(|interface| match (interface, ip) {
        (Interface::V4 { address, .. }, IpAddr::V4(ip)) => *address == ip,
        (Interface::V6 { address, .. }, IpAddr::V6(ip)) => same_subnet(*address, ip),
        _ => false,
    })
}

/// Fills in the end that the kernel left open with the address that packets to the other end would leave from.
pub(crate) fn patch_ends(interfaces: &[Interface], kind: FdType, info: &mut Sockinfo) {
    match kind {
        FdType::Ipv4 => {
            let ((source, source_port), (dest, dest_port)) = (info.v4_source(), info.v4_dest());
            let is_loop = |own, other| own == other && source_port == dest_port;
            if source.is_unspecified() {
                let own = own_v4(interfaces, dest);
                if !is_loop(own, dest) {
                    info.set_v4_source((own, source_port));
                }
            } else if dest.is_unspecified() {
                let own = own_v4(interfaces, source);
                if !is_loop(own, source) {
                    info.set_v4_dest((own, dest_port));
                }
            }
        }
        FdType::Ipv6 => {
            let ((source, source_port), (dest, dest_port)) = (info.v6_source(), info.v6_dest());
            let is_loop = |own, other| own == other && source_port == dest_port;
            if source.is_unspecified() {
                let own = own_v6(interfaces, dest);
                if !is_loop(own, dest) {
                    info.set_v6_source((own, source_port));
                }
            } else if dest.is_unspecified() {
                let own = own_v6(interfaces, source);
                if !is_loop(own, source) {
                    info.set_v6_dest((own, dest_port));
                }
            }
        }
        _ => {}
    }
}

/// The address itself if it is ours, else ours in its network, else the first that is not the loopback.
fn own_v4(interfaces: &[Interface], other: Ipv4Addr) -> Ipv4Addr {
    let own = || {
        interfaces.iter().filter_map(|interface| match interface {
            Interface::V4 { address, netmask, .. } => Some((*address, netmask.to_bits())),
            Interface::V6 { .. } => None,
        })
    };
    own()
        .find(|&(address, _)| address == other)
        .or_else(|| own().find(|&(own, mask)| own.to_bits() & mask == other.to_bits() & mask))
        .or_else(|| own().find(|&(address, _)| address != Ipv4Addr::LOCALHOST))
        .map_or(Ipv4Addr::UNSPECIFIED, |(address, _)| address)
}

/// As [`own_v4`], for networks of 64 bits.
fn own_v6(interfaces: &[Interface], other: Ipv6Addr) -> Ipv6Addr {
    let own = || {
        interfaces.iter().filter_map(|interface| match interface {
            Interface::V6 { address, .. } => Some(*address),
            Interface::V4 { .. } => None,
        })
    };
    own()
        .find(|&address| address == other)
        .or_else(|| own().find(|&address| same_subnet(address, other)))
        .or_else(|| own().find(|&address| address != Ipv6Addr::LOCALHOST))
        .unwrap_or(Ipv6Addr::UNSPECIFIED)
}

const fn same_subnet(a: Ipv6Addr, b: Ipv6Addr) -> bool {
    a.to_bits() >> 64 == b.to_bits() >> 64
}
