//! What sockets are, by inode: read once for each network namespace that turns up.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use gyr_event::snapshot::{FdKind, L4Proto, NamedFd};
use rustc_hash::FxHashMap;

use crate::files::{lines, number, number_in_base, read_up_to, words};

/// The most bytes read of one table.
const MAX_TABLE_LEN: u64 = 64 << 20;

/// The tables of a network namespace: their files, and how a line is read.
type Parse = fn(&[&[u8]], L4Proto) -> Option<(u64, FdKind)>;
const TABLES: &[(&str, L4Proto, Parse)] = &[
    ("tcp", L4Proto::Tcp, ipv4),
    ("udp", L4Proto::Udp, ipv4),
    ("raw", L4Proto::Raw, ipv4),
    ("icmp", L4Proto::Icmp, ipv4),
    ("tcp6", L4Proto::Tcp, ipv6),
    ("udp6", L4Proto::Udp, ipv6),
    ("raw6", L4Proto::Raw, ipv6),
    ("icmp6", L4Proto::Icmp, ipv6),
    ("unix", L4Proto::None, unix),
    ("netlink", L4Proto::None, netlink),
];

/// The sockets of all network namespaces met so far.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    namespaces: FxHashMap<u64, FxHashMap<u64, FdKind>>,
}

impl Sockets {
    /// What the socket of this inode is, in the network namespace of the process whose folder this is.
    pub(crate) fn kind(&mut self, process: &Path, ino: u64) -> Option<FdKind> {
        let namespace = std::fs::metadata(process.join("ns/net")).map_or(0, |meta| meta.ino());
        let sockets = self.namespaces.entry(namespace).or_insert_with(|| read_tables(process));
        sockets.get(&ino).cloned()
    }
}

fn read_tables(process: &Path) -> FxHashMap<u64, FdKind> {
    let mut sockets = FxHashMap::default();
    for (file, protocol, parse) in TABLES {
        let table = read_up_to(&process.join("net").join(file), MAX_TABLE_LEN);
        for line in lines(&table).skip(1) {
            let fields: Vec<&[u8]> = words(line).collect();
            sockets.extend(parse(&fields, *protocol));
        }
    }
    sockets
}

/// `sl local_address rem_address st queues timer retrnsmt uid timeout inode ...`
fn ipv4(fields: &[&[u8]], l4proto: L4Proto) -> Option<(u64, FdKind)> {
    let (local, remote) = (ipv4_end(fields.get(1)?)?, ipv4_end(fields.get(2)?)?);
    let kind = if remote.1 == 0 {
        FdKind::Ipv4Server { local, l4proto }
    } else {
        FdKind::Ipv4 { source: local, dest: remote, l4proto }
    };
    Some((number(fields.get(9)?)?, kind))
}

fn ipv6(fields: &[&[u8]], l4proto: L4Proto) -> Option<(u64, FdKind)> {
    let (local, remote) = (ipv6_end(fields.get(1)?)?, ipv6_end(fields.get(2)?)?);
    let kind = if remote.1 == 0 {
        FdKind::Ipv6Server { local, l4proto }
    } else {
        FdKind::Ipv6 { source: local, dest: remote, l4proto }
    };
    Some((number(fields.get(9)?)?, kind))
}

/// `Num RefCount Protocol Flags Type St Inode Path`: the number is an address in the kernel, or a hash of one.
fn unix(fields: &[&[u8]], _: L4Proto) -> Option<(u64, FdKind)> {
    let source = number_in_base(fields.first()?.strip_suffix(b":")?, 16)?;
    let name = fields.get(7).map_or(&b""[..], |path| path).to_vec();
    Some((number(fields.get(6)?)?, FdKind::Unix { source, dest: 0, name }))
}

/// `sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode`
fn netlink(fields: &[&[u8]], _: L4Proto) -> Option<(u64, FdKind)> {
    let kind = FdKind::Named { kind: NamedFd::Netlink, name: Vec::new() };
    Some((number(fields.get(9)?)?, kind))
}

/// "0100007F:0050": the address in the order of this machine's memory, the port as a number.
fn ipv4_end(text: &[u8]) -> Option<(Ipv4Addr, u16)> {
    let (address, port) = split_port(text)?;
    let address = u32::try_from(number_in_base(address, 16)?).ok()?;
    Some((Ipv4Addr::from(address.to_ne_bytes()), port))
}

fn ipv6_end(text: &[u8]) -> Option<(Ipv6Addr, u16)> {
    let (address, port) = split_port(text)?;
    let mut bytes = [0; 16];
    let (words, []) = address.as_chunks::<8>() else { return None };
    if words.len() != 4 {
        return None;
    }
    for (to, word) in bytes.chunks_exact_mut(4).zip(words) {
        to.copy_from_slice(&u32::try_from(number_in_base(word, 16)?).ok()?.to_ne_bytes());
    }
    Some((Ipv6Addr::from(bytes), port))
}

fn split_port(text: &[u8]) -> Option<(&[u8], u16)> {
    let at = text.iter().position(|byte| *byte == b':')?;
    let (address, port) = text.split_at_checked(at)?;
    Some((address, u16::try_from(number_in_base(port.strip_prefix(b":")?, 16)?).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(line: &str) -> Vec<&[u8]> {
        words(line.as_bytes()).collect()
    }

    #[test]
    fn a_connection_has_two_ends() {
        let line = "0: 0100007F:1F90 0200000A:01BB 01 0:0 0:0 0 0 0 77 1";
        let kind = FdKind::Ipv4 {
            source: (Ipv4Addr::LOCALHOST, 8080),
            dest: (Ipv4Addr::new(10, 0, 0, 2), 443),
            l4proto: L4Proto::Tcp,
        };
        assert_eq!(ipv4(&fields(line), L4Proto::Tcp), Some((77, kind)));
    }

    #[test]
    fn a_socket_without_a_peer_is_a_server() {
        let line = "0: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 \
                    0A 0:0 0:0 0 0 0 9 1";
        let kind = FdKind::Ipv6Server { local: (Ipv6Addr::LOCALHOST, 22), l4proto: L4Proto::Tcp };
        assert_eq!(ipv6(&fields(line), L4Proto::Tcp), Some((9, kind)));
    }

    #[test]
    fn a_unix_socket_may_have_a_path() {
        let line = "ffff8880: 00000002 00000000 00010000 0001 01 123 /run/x";
        let kind = FdKind::Unix { source: 0xffff_8880, dest: 0, name: b"/run/x".to_vec() };
        assert_eq!(unix(&fields(line), L4Proto::None), Some((123, kind)));
    }

    #[test]
    fn lines_cut_short_are_nothing() {
        for (_, protocol, parse) in TABLES {
            assert_eq!(parse(&fields("0: 0100007F"), *protocol), None);
            assert_eq!(parse(&[], *protocol), None);
        }
    }
}
