//! Reading and writing: what datagrams tell of the ends of a socket, and the fds that travel over unix sockets.

use gyr_event::EventCode;
use gyr_event::snapshot::{FdEntry, L4Proto};

use crate::fd::{FdType, Role, Sockinfo};
use crate::on::socket::add_socket;
use crate::packed::{AF_INET, AF_INET6, Tuple};
use crate::state::{Now, State};
use crate::{interfaces, naming};

pub(super) fn on_read(state: &mut State, now: &mut Now<'_>) {
    transfer(state, now, None, Direction::In);
}

pub(super) fn on_write(state: &mut State, now: &mut Now<'_>) {
    transfer(state, now, None, Direction::Out);
}

pub(super) fn on_recv(state: &mut State, now: &mut Now<'_>) {
    const TUPLE: usize = EventCode::RECV.param("tuple");
    transfer(state, now, Some(TUPLE), Direction::In);
}

pub(super) fn on_recvfrom(state: &mut State, now: &mut Now<'_>) {
    const TUPLE: usize = EventCode::RECVFROM.param("tuple");
    transfer(state, now, Some(TUPLE), Direction::In);
}

pub(super) fn on_recvmsg(state: &mut State, now: &mut Now<'_>) {
    const TUPLE: usize = EventCode::RECVMSG.param("tuple");
    const CONTROL: usize = EventCode::RECVMSG.param("msgcontrol");
    transfer(state, now, Some(TUPLE), Direction::In);
    take_fds(state, now, CONTROL);
}

pub(super) fn on_recvmmsg(state: &mut State, now: &mut Now<'_>) {
    const TUPLE: usize = EventCode::RECVMMSG.param("tuple");
    const CONTROL: usize = EventCode::RECVMMSG.param("msgcontrol");
    // Old captures have the event without its parameters.
    if now.event.has(0) {
        transfer(state, now, Some(TUPLE), Direction::In);
        take_fds(state, now, CONTROL);
    }
}

pub(super) fn on_send(state: &mut State, now: &mut Now<'_>) {
    // The three events have one layout.
    const TUPLE: usize = EventCode::SENDTO.param("tuple");
    infer_socket(state, now, TUPLE);
    transfer(state, now, Some(TUPLE), Direction::Out);
}

pub(super) fn on_sendmmsg(state: &mut State, now: &mut Now<'_>) {
    const TUPLE: usize = EventCode::SENDMMSG.param("tuple");
    if now.event.has(0) {
        transfer(state, now, Some(TUPLE), Direction::Out);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    In,
    Out,
}

/// A send over a socket whose making was missed: a tuple makes it UDP.
fn infer_socket(state: &mut State, now: &mut Now<'_>, tuple: usize) {
    const FD: usize = EventCode::SENDTO.param("fd");
    let event = now.event;
    if now.current.entry.is_some() || event.first().is_some_and(|res| res < 0) {
        return;
    }
    let family = event.bytes(tuple).first().copied();
    let (Some(fd), Some(family @ (AF_INET | AF_INET6))) = (event.i64(FD), family) else { return };
    add_socket(state, now, fd, u32::from(family), L4Proto::Udp, 0);
}

/// Most transfers tell nothing new: this runs for each.
#[inline(always)]
fn transfer(state: &mut State, now: &mut Now<'_>, tuple: Option<usize>, direction: Direction) {
    let event = now.event;
    let Some(data) = state.entry(now.current.entry).map(|fd| fd.data()) else { return };
    let is_connection = matches!(data.kind, FdType::Ipv4 | FdType::Ipv6);
    // A TCP connection keeps the ends it has.
    let may_tell = tuple.is_some() && (data.name.is_empty() || !data.is_tcp());
    let connects = is_connection && !data.is_connected;
    if (connects || may_tell) && event.first().is_none_or(|res| res >= 0) {
        learn(state, now, connects, tuple.filter(|_| may_tell), direction);
    }
}

#[inline(never)]
fn learn(
    state: &mut State,
    now: &mut Now<'_>,
    connects: bool,
    tuple: Option<usize>,
    direction: Direction,
) {
    if connects && let Some(data) = state.edit_fd(now) {
        data.is_connected = true;
    }
    if let Some(tuple) = tuple.and_then(|param| Tuple::read(now.event.bytes(param))) {
        learn_ends(state, now, &tuple, direction);
    }
}

/// Takes over the ends of a socket that a transfer tells.
fn learn_ends(state: &mut State, now: &mut Now<'_>, tuple: &Tuple<'_>, direction: Direction) {
    let Some(old) = state.entry(now.current.entry).map(|fd| fd.data()) else { return };
    let mut ends = Ends { kind: old.kind, info: old.sockinfo, role: old.role };
    let is_new = update(&mut ends, tuple);
    if is_new {
        interfaces::patch_ends(&state.interfaces, ends.kind, &mut ends.info);
    }
    let is_connection = matches!(ends.kind, FdType::Ipv4 | FdType::Ipv6);
    if is_new && is_connection {
        ends.role = ends.role.or_else(|| Some(guess_role(state, now, &ends, direction)));
        // Tuples name the sender first; connections, the client.
        match (direction, ends.role) {
            (Direction::In, Some(Role::Client)) | (Direction::Out, Some(Role::Server)) => {
                ends.info.swap(ends.kind);
            }
            _ => {}
        }
    }
    if !is_new && ends.kind == old.kind {
        return;
    }
    if let Some(fd) = state.edit_fd(now) {
        (fd.kind, fd.sockinfo, fd.role) = (ends.kind, ends.info, ends.role);
    }
    if is_new {
        state.rename_fd(now, |_, name| {
            if is_connection {
                naming::write_ends(ends.kind, ends.info, name);
            } else {
                naming::write_tuple(tuple, name);
            }
        });
    }
}

/// What a transfer may tell of a socket.
struct Ends {
    kind: FdType,
    info: Sockinfo,
    role: Option<Role>,
}

/// Whether the tuple told anything new.
fn update(ends: &mut Ends, tuple: &Tuple<'_>) -> bool {
    let info = &mut ends.info;
    let is_new = match *tuple {
        Tuple::V4 { source, dest } => {
            if ends.kind == FdType::Ipv4Server {
                let l4proto = info.l4proto(FdType::Ipv4Server);
                info.set_l4proto(FdType::Ipv4, l4proto);
            }
            ends.kind = FdType::Ipv4;
            info.update_v4(source, dest)
        }
        // A bound IPv6 socket stays one, for Falco.
        Tuple::V6 { source, dest } => info.update_v6(source, dest),
        Tuple::Unix { source, dest, .. } => {
            ends.kind = FdType::Unix;
            info.set_unix(source, dest);
            return true;
        }
    };
    // A connection whose ends change on the way is not TCP.
    let is_connection = matches!(ends.kind, FdType::Ipv4 | FdType::Ipv6);
    if is_new && is_connection && info.l4proto(ends.kind) == L4Proto::Unknown {
        info.set_l4proto(ends.kind, L4Proto::Udp);
    }
    is_new
}

/// Who reads first is the server, who writes first the client.
///
/// For IPv6 Falco compares what lies where an IPv4 socket has its ports, so that mostly the client comes out.
fn guess_role(state: &State, now: &Now<'_>, ends: &Ends, direction: Direction) -> Role {
    let by_direction = match direction {
        Direction::In => Role::Server,
        Direction::Out => Role::Client,
    };
    let Some((owner, _)) = now.current.entry else { return Role::Client };
    if ends.kind == FdType::Ipv4 {
        return by_direction;
    }
    let (source_port, dest_port) = (ends.info.v4_source().1, ends.info.v4_dest().1);
    let fds = || state.threads.at(owner).fds.iter().map(|(_, fd)| fd.data());
    let is_bound = fds().any(|fd| match fd.kind {
        FdType::Ipv4 => fd.sockinfo.v4_dest().1 == dest_port,
        FdType::Ipv4Server => fd.sockinfo.server_port(fd.kind) == dest_port,
        _ => false,
    });
    let is_used =
        || fds().any(|fd| fd.kind == FdType::Ipv4 && fd.sockinfo.v4_source().1 == source_port);
    match is_bound {
        false => Role::Client,
        true if !is_used() => Role::Server,
        true => by_direction,
    }
}

/// Fds that came over a unix socket are looked up on the host: the message has no more than their numbers.
fn take_fds(state: &mut State, now: &mut Now<'_>, control: usize) {
    let event = now.event;
    let Some(idx) = now.current.thread else { return };
    let is_unix = state.entry(now.current.entry).is_some_and(|fd| fd.kind() == FdType::Unix);
    if !is_unix || event.first().is_some_and(|res| res < 0) {
        return;
    }
    let pid = state.threads.at(idx).pid();
    for fd in passed_fds(event.bytes(control)) {
        let fd = i64::from(fd);
        if let Some(entry) = now.host.fd(pid, fd)
            && let Some(owner) = state.threads.fds_owner(idx)
        {
            state.add_fd_entry(owner, &FdEntry { fd, ..entry });
        }
    }
}

/// The fds in control messages of type SCM_RIGHTS: each is a length (u64, itself included), a level, a type (i32 each), data.
fn passed_fds(mut control: &[u8]) -> Vec<i32> {
    const HEADER: usize = 16;
    const SCM_RIGHTS: i32 = 1;
    /// What the kernel lets through in one message.
    const MAX: usize = 253;
    let mut fds = Vec::new();
    while let Some((header, rest)) = control.split_first_chunk::<HEADER>() {
        let [len @ .., _, _, _, _, _, _, _, _] = header;
        let len = usize::try_from(u64::from_le_bytes(*len)).unwrap_or(usize::MAX);
        let [.., a, b, c, d] = *header;
        let data = len.checked_sub(HEADER).and_then(|len| rest.get(..len));
        let Some(data) = data else { break };
        if i32::from_le_bytes([a, b, c, d]) == SCM_RIGHTS {
            let (numbers, rest) = data.as_chunks();
            if !rest.is_empty() || numbers.len() > MAX {
                break;
            }
            fds.extend(numbers.iter().map(|&number| i32::from_le_bytes(number)));
        }
        let Some(next) = control.get(len.next_multiple_of(8)..) else { break };
        control = next;
    }
    fds.truncate(MAX);
    fds
}
