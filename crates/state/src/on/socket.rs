//! Sockets come, are bound, connected and accepted.

use gyr_event::snapshot::L4Proto;
use gyr_event::tables::socket_families;
use gyr_event::{Event, EventCode};

use crate::fd::{FdData, FdType, Role, Sockinfo};
use crate::naming;
use crate::packed::{Address, Tuple, embedded_v4};
use crate::state::{Now, State};

const EINPROGRESS: i64 = 115;

const UNIX: u32 = socket_families.value("AF_UNIX");
const INET: u32 = socket_families.value("AF_INET");
const INET6: u32 = socket_families.value("AF_INET6");
const NETLINK: u32 = socket_families.value("AF_NETLINK");

pub(super) fn on_socket(state: &mut State, now: &mut Now<'_>) {
    const DOMAIN: usize = EventCode::SOCKET.param("domain");
    const TYPE: usize = EventCode::SOCKET.param("type");
    const PROTO: usize = EventCode::SOCKET.param("proto");
    const FLAGS: usize = EventCode::SOCKET.param("flags");
    let event = now.event;
    let Some(fd) = event.first().filter(|&fd| fd >= 0) else { return };
    let number = |param| event.u32(param).unwrap_or_default();
    let flags = number(FLAGS);
    add_socket(state, now, fd, number(DOMAIN), l4proto(number(TYPE), number(PROTO)), flags);
}

/// Makes the entry of a new socket, of which no end is known.
pub(super) fn add_socket(
    state: &mut State,
    now: &mut Now<'_>,
    fd: i64,
    domain: u32,
    l4proto: L4Proto,
    open_flags: u32,
) {
    let kind = match domain {
        UNIX => FdType::Unix,
        INET => FdType::Ipv4,
        INET6 => FdType::Ipv6,
        NETLINK => FdType::Netlink,
        _ => FdType::Unknown,
    };
    let mut data = FdData::new(kind);
    if kind.is_ip() {
        data.sockinfo.set_l4proto(kind, l4proto);
    }
    state.add_fd(now, fd, data, open_flags);
}

/// The protocol of an internet socket, from the arguments of its making.
const fn l4proto(ty: u32, protocol: u32) -> L4Proto {
    const SOCK_STREAM: u32 = 1;
    const SOCK_DGRAM: u32 = 2;
    const SOCK_RAW: u32 = 3;
    match protocol {
        1 | 6 | 17 if ty == SOCK_RAW => L4Proto::Raw,
        // The type also carries flags such as SOCK_CLOEXEC, above its low byte.
        0 => match ty & 0xff {
            SOCK_STREAM => L4Proto::Tcp,
            SOCK_DGRAM => L4Proto::Udp,
            _ => L4Proto::Unknown,
        },
        1 => L4Proto::Icmp,
        6 => L4Proto::Tcp,
        17 => L4Proto::Udp,
        255 => L4Proto::Raw,
        _ => L4Proto::Unknown,
    }
}

/// A socket bound to a port is taken for a server.
pub(super) fn on_bind(state: &mut State, now: &mut Now<'_>) {
    const ADDR: usize = EventCode::BIND.param("addr");
    if failed(now.event) {
        return;
    }
    let Some(address) = Address::read(now.event.bytes(ADDR)) else { return };
    let Some(fd) = state.edit_fd(now) else { return };
    let info = &mut fd.sockinfo;
    match address {
        Address::V4((ip, port)) if port > 0 => {
            let l4proto = info.l4proto(FdType::Ipv4);
            info.set_v4_server((ip, port), l4proto);
            fd.kind = FdType::Ipv4Server;
            fd.role = Some(Role::Server);
        }
        Address::V6((ip, port)) if port > 0 => {
            let l4proto = info.l4proto(FdType::Ipv6);
            match embedded_v4(ip) {
                Some(ip) => {
                    info.set_v4_server((ip, port), l4proto);
                    fd.kind = FdType::Ipv4Server;
                }
                None => {
                    info.set_v6_server((ip, port), l4proto);
                    fd.kind = FdType::Ipv6Server;
                }
            }
            fd.role = Some(Role::Server);
        }
        _ => {}
    }
    state.rename_fd(now, |_, name| naming::write_address(&address, name));
}

pub(super) fn on_connect(state: &mut State, now: &mut Now<'_>) {
    const TUPLE: usize = EventCode::CONNECT.param("tuple");
    const ADDR: usize = EventCode::CONNECT.param("addr");
    const ENTER_ADDR: usize = EventCode::CONNECT_ENTER.param("addr");
    let event = now.event;
    let Some(idx) = now.current.thread else { return };
    if event.first().is_some_and(|res| res < 0 && res != -EINPROGRESS) {
        return;
    }
    let Some(fd) = state.edit_fd(now) else { return };
    fd.is_connected = true;
    let record = state.take_enter(idx);
    let enter = state.enter_of(&record, now);
    let asked = enter.as_ref().and_then(|enter| Address::read(enter.bytes(ENTER_ADDR)));
    if event.has(TUPLE) {
        let given = Address::read(event.bytes(ADDR));
        if let Some(tuple) = Tuple::read(event.bytes(TUPLE)) {
            connect_to(state, now, trusted(tuple, given, asked));
        }
    } else if let Some(asked) = asked {
        // TCP fast open with a cookie connects without a packet: there is no tuple yet.
        connect_to_address(state, now, asked);
    }
    state.give_back(idx, record);
}

/// The tuple with the destination that the kernel has used.
///
/// A destination that differs from the address in user memory came from the kernel. One that is the same was read there
/// after the fact, and may have been changed since: what the enter event read counts.
fn trusted<'a>(
    tuple: Tuple<'a>,
    given: Option<Address<'a>>,
    asked: Option<Address<'a>>,
) -> Tuple<'a> {
    match (tuple, given, asked) {
        (Tuple::V4 { source, dest }, Some(given), Some(asked)) => {
            match (as_v4(given), as_v4(asked)) {
                (Some(given), Some(asked)) if given == dest => Tuple::V4 { source, dest: asked },
                _ => tuple,
            }
        }
        (Tuple::V6 { source, dest }, Some(Address::V6(given)), Some(Address::V6(asked)))
            if given == dest =>
        {
            Tuple::V6 { source, dest: asked }
        }
        (
            Tuple::Unix { source, dest, path },
            Some(Address::Unix(given)),
            Some(Address::Unix(asked)),
        ) if given == path => Tuple::Unix { source, dest, path: asked },
        _ => tuple,
    }
}

/// An IPv4 address, given as such or in IPv6's form.
fn as_v4(address: Address<'_>) -> Option<(std::net::Ipv4Addr, u16)> {
    match address {
        Address::V4(end) => Some(end),
        Address::V6((ip, port)) => Some((embedded_v4(ip)?, port)),
        _ => None,
    }
}

fn connect_to(state: &mut State, now: &mut Now<'_>, tuple: Tuple<'_>) {
    let Some(fd) = state.edit_fd(now) else { return };
    let is_changed = match tuple {
        Tuple::V4 { source, dest } => {
            fd.kind = FdType::Ipv4;
            fd.sockinfo.update_v4(source, dest)
        }
        Tuple::V6 { source, dest } => {
            fd.kind = FdType::Ipv6;
            fd.sockinfo.update_v6(source, dest)
        }
        Tuple::Unix { .. } if fd.kind != FdType::Unix => return,
        Tuple::Unix { source, dest, .. } => {
            fd.sockinfo.set_unix(source, dest);
            false
        }
    };
    // A UDP server that connects has its own end first so far.
    if is_changed && fd.role == Some(Role::Server) && fd.is_udp() {
        fd.sockinfo.swap(fd.kind);
    }
    fd.role = fd.role.or(Some(Role::Client));
    state.rename_fd(now, |fd, name| match tuple {
        Tuple::Unix { .. } => naming::write_tuple(&tuple, name),
        _ => naming::write_ends(fd.kind, fd.sockinfo, name),
    });
}

fn connect_to_address(state: &mut State, now: &mut Now<'_>, address: Address<'_>) {
    let Some(fd) = state.edit_fd(now) else { return };
    match address {
        Address::V4(dest) => {
            fd.kind = FdType::Ipv4;
            fd.sockinfo.set_v4_dest(dest);
        }
        Address::V6((ip, port)) => match embedded_v4(ip) {
            Some(ip) => {
                fd.kind = FdType::Ipv4;
                fd.sockinfo.set_v4_dest((ip, port));
            }
            None => {
                fd.kind = FdType::Ipv6;
                fd.sockinfo.set_v6_dest((ip, port));
            }
        },
        // The parameter that would name it is empty.
        Address::Unix(_) | Address::Other(_) => {
            state.rename_fd(now, |_, name| name.extend_from_slice(b"NULL"));
        }
    }
}

pub(super) fn on_accept(state: &mut State, now: &mut Now<'_>) {
    accept(state, now, 0);
}

pub(super) fn on_accept4(state: &mut State, now: &mut Now<'_>) {
    const FLAGS: usize = EventCode::ACCEPT4.param("flags");
    let flags = now.event.u32(FLAGS).unwrap_or_default();
    accept(state, now, flags);
}

fn accept(state: &mut State, now: &mut Now<'_>, flags: u32) {
    // Both events begin alike.
    const TUPLE: usize = EventCode::ACCEPT.param("tuple");
    let event = now.event;
    let Some(fd) = event.first().filter(|&fd| fd >= 0) else { return };
    state.set_fd(now, fd);
    let Some(tuple) = Tuple::read(event.bytes(TUPLE)) else { return };
    let mut data = match tuple {
        Tuple::V4 { source, dest } => {
            let mut data = FdData::new(FdType::Ipv4);
            data.sockinfo = Sockinfo::v4(source, dest, L4Proto::Tcp);
            data
        }
        Tuple::V6 { source, dest } => {
            let mut data = FdData::new(FdType::Ipv6);
            data.sockinfo = Sockinfo::v6(source, dest, L4Proto::Tcp);
            data
        }
        Tuple::Unix { source, dest, .. } => {
            let mut data = FdData::new(FdType::Unix);
            data.sockinfo = Sockinfo::unix(source, dest);
            data
        }
    };
    data.role = Some(Role::Server);
    data.is_connected = true;
    naming::write_tuple(&tuple, &mut data.name);
    state.add_fd(now, fd, data, flags);
}

pub(super) fn on_socketpair(state: &mut State, now: &mut Now<'_>) {
    const FD1: usize = EventCode::SOCKETPAIR.param("fd1");
    const FD2: usize = EventCode::SOCKETPAIR.param("fd2");
    const SOURCE: usize = EventCode::SOCKETPAIR.param("source");
    const PEER: usize = EventCode::SOCKETPAIR.param("peer");
    let event = now.event;
    let (Some(fd1), Some(fd2), false) = (event.i64(FD1), event.i64(FD2), failed(event)) else {
        return;
    };
    if fd1 == fd2 {
        return;
    }
    let mut data = FdData::new(FdType::Unix);
    data.sockinfo =
        Sockinfo::unix(event.u64(SOURCE).unwrap_or_default(), event.u64(PEER).unwrap_or_default());
    state.add_fd(now, fd1, data.clone(), 0);
    // The event is about the first, under the number of the second.
    state.add_other_fd(now, fd2, data, 0);
}

fn failed(event: &Event<'_>) -> bool {
    event.first().is_some_and(|res| res < 0)
}
