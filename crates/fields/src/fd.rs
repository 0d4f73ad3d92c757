//! `fd.*`: the fd that the event is about.

use std::net::IpAddr;

use gyr_event::snapshot::L4Proto;
use gyr_event::{EventCode, ParamFormat};
use gyr_filter::{Family, Fold, Lifetime, Type, Value};
use gyr_state::{Fd, FdType, Layer, Socket, Thread};

use crate::param::AT_FDCWD;
use crate::row::{Answer, Class, Each, Row};
use crate::text::push;
use crate::{Arg, Context};

/// What follows from the kind of the fd and its name.
const NAME: Family = Family(0);

pub(crate) static CLASS: Class = Class {
    name: "fd",
    short: "",
    description: "The file descriptor that the event is about: what it was given, or what it got.",
    rows: &[
        Row::new(
            "fd.num",
            Type::Int64,
            Lifetime::Event,
            Answer::Int(|c| about_fd(c).map(|_| number(c))),
            "number of the fd.",
        )
        .id(),
        text(
            "fd.type",
            Answer::Text(|c| Some(fd(c)?.kind().name().as_bytes())),
            "kind of the fd: file, directory, ipv4, ipv6, unix, pipe, event, signalfd, \
             eventpoll, inotify, timerfd, netlink, bpf, userfaultfd, io_uring, memfd or pidfd.",
        )
        .dec(),
        text(
            "fd.typechar",
            Answer::Build(|c, _, out| write_typechar(c, out)),
            "kind of the fd as one character, such as f for a file and 4 for an IPv4 socket.",
        )
        .dec(),
        text(
            "fd.name",
            Answer::Visit(|c, _, each| visit_name(c, each)),
            "path of a file; the ends of a connection; what else names the fd.",
        )
        .family(NAME),
        text(
            "fd.directory",
            Answer::Visit(|c, _, each| visit_directory(c, each)),
            "directory that the file is in.",
        )
        .family(NAME),
        text(
            "fd.filename",
            Answer::Text(|c| {
                fd(c).filter(|fd| fd.kind() == FdType::File).map(|fd| filename(fd.name()))
            }),
            "name of the file without its directory.",
        )
        .family(NAME),
        either("fd.ip", Type::Ipaddr, "address of either end of the connection.")
            .answered(Answer::Visit(|c, _, each| visit_ips(c, each))),
        address("fd.cip", Answer::Ip(|c| Some(client(c)?.0)), "address of the client."),
        address("fd.sip", Answer::Ip(|c| Some(server(c)?.0)), "address of the server."),
        address("fd.lip", Answer::Ip(|c| Some(local(c)?.0)), "address of this end."),
        address("fd.rip", Answer::Ip(|c| Some(remote(c)?.0)), "address of the other end."),
        either("fd.port", Type::Port, "port of either end of the connection.")
            .dec()
            .answered(Answer::Visit(|c, _, each| visit_ports(c, each))),
        port("fd.cport", Answer::Uint(|c| Some(client(c)?.1.into())), "port of the client."),
        port("fd.sport", Answer::Uint(|c| Some(server_port(c)?.into())), "port of the server."),
        port("fd.lport", Answer::Uint(|c| Some(local(c)?.1.into())), "port of this end."),
        port("fd.rport", Answer::Uint(|c| Some(remote(c)?.1.into())), "port of the other end."),
        text(
            "fd.l4proto",
            Answer::Text(|c| {
                Some(match l4proto(fd(c)?) {
                    L4Proto::Tcp => b"tcp",
                    L4Proto::Udp => b"udp",
                    L4Proto::Icmp => b"icmp",
                    L4Proto::Raw => b"raw",
                    L4Proto::Unknown | L4Proto::None => b"<NA>",
                })
            }),
            "protocol of the socket: tcp, udp, icmp or raw.",
        ),
        text(
            "fd.sockfamily",
            Answer::Text(|c| match fd(c)?.kind() {
                FdType::Unix => Some(b"unix"),
                kind if kind.is_ip() => Some(b"ip"),
                _ => None,
            }),
            "family of the socket: ip or unix.",
        ),
        row(
            "fd.is_server",
            Type::Bool,
            Answer::Bool(is_server),
            "whether the process is the server of the connection.",
        ),
        Row::new(
            "fd.uid",
            Type::Charbuf,
            Lifetime::Event,
            Answer::Build(|c, _, out| {
                let Some(thread) = about_fd(c) else { return false };
                push(format_args!("{}{}", thread.tid(), number(c)), out);
                true
            }),
            "tid and number of the fd in one word.",
        ),
        Row::new(
            "fd.containername",
            Type::Charbuf,
            Lifetime::Event,
            Answer::Build(|c, _, out| write_in_container(c, visit_name, out)),
            "id of the container, a colon and fd.name.",
        ),
        Row::new(
            "fd.containerdirectory",
            Type::Charbuf,
            Lifetime::Event,
            Answer::Build(|c, _, out| write_in_container(c, visit_directory, out)),
            "id of the container, a colon and fd.directory.",
        ),
        either("fd.proto", Type::Port, "port of either end, by the name of its service.")
            .answered(Answer::Visit(|c, _, each| visit_ports(c, each))),
        text(
            "fd.cproto",
            Answer::Build(|c, _, out| write_client_proto(c, out)),
            "service that the port of the client stands for.",
        ),
        text(
            "fd.sproto",
            Answer::Build(|c, _, out| write_server_proto(c, out)),
            "service that the port of the server stands for.",
        ),
        text(
            "fd.lproto",
            Answer::Build(|c, _, out| local(c).map(|(_, port)| push(port, out)).is_some()),
            "service that the port of this end stands for.",
        ),
        text(
            "fd.rproto",
            Answer::Build(|c, _, out| remote(c).map(|(_, port)| push(port, out)).is_some()),
            "service that the port of the other end stands for.",
        ),
        either("fd.net", Type::Ipnet, "network that the address of either end is in.")
            .answered(Answer::Visit(|c, _, each| visit_ips(c, each))),
        network("fd.cnet", Answer::Ip(|c| Some(client(c)?.0)), "network that the client is in."),
        network("fd.snet", Answer::Ip(|c| Some(server(c)?.0)), "network that the server is in."),
        network("fd.lnet", Answer::Ip(|c| Some(local(c)?.0)), "network that this end is in."),
        network("fd.rnet", Answer::Ip(|c| Some(remote(c)?.0)), "network that the other end is in."),
        row(
            "fd.connected",
            Type::Bool,
            Answer::Bool(|c| Some(fd(c)?.is_connected())),
            "whether the socket is connected.",
        ),
        Row::new(
            "fd.name_changed",
            Type::Bool,
            Lifetime::Event,
            Answer::Bool(|c| fd(c).map(|_| c.current.fd_name_changed)),
            "whether the event gave the fd another name, as a datagram to another address does.",
        ),
        domain(
            "fd.cip.name",
            Answer::Visit(|c, _, each| visit_domains(c, client(c), each)),
            Answer::Visit(|c, _, each| show_domain(c, client(c), each)),
            "domain name of the client, if a condition asks about it.",
        ),
        domain(
            "fd.sip.name",
            Answer::Visit(|c, _, each| visit_domains(c, server(c), each)),
            Answer::Visit(|c, _, each| show_domain(c, server(c), each)),
            "domain name of the server, if a condition asks about it.",
        ),
        domain(
            "fd.lip.name",
            Answer::Visit(|c, _, each| visit_domains(c, local(c), each)),
            Answer::Visit(|c, _, each| show_domain(c, local(c), each)),
            "domain name of this end, if a condition asks about it.",
        ),
        domain(
            "fd.rip.name",
            Answer::Visit(|c, _, each| visit_domains(c, remote(c), each)),
            Answer::Visit(|c, _, each| show_domain(c, remote(c), each)),
            "domain name of the other end, if a condition asks about it.",
        ),
        row(
            "fd.dev",
            Type::Int32,
            Answer::Int(|c| Some(fd(c)?.dev().into())),
            "number of the device that the file is on.",
        )
        .format(ParamFormat::HEX),
        row(
            "fd.dev.major",
            Type::Int32,
            Answer::Int(|c| Some((fd(c)?.dev() >> 8 & 0xfff).into())),
            "major number of the device that the file is on.",
        )
        .dec(),
        row(
            "fd.dev.minor",
            Type::Int32,
            Answer::Int(|c| {
                let dev = fd(c)?.dev();
                Some((dev & 0xff | dev >> 12 & 0xf_ff00).into())
            }),
            "minor number of the device that the file is on.",
        )
        .dec(),
        row(
            "fd.ino",
            Type::Int64,
            Answer::Uint(|c| Some(fd(c)?.ino())),
            "inode number of the file.",
        )
        .dec(),
        text(
            "fd.nameraw",
            Answer::Build(|c, _, out| write_name_raw(c, out)),
            "path of the file as the process gave it, perhaps relative.",
        ),
        Row::new(
            "fd.types",
            Type::Charbuf,
            Lifetime::Event,
            Answer::Visit(visit_types),
            "all kinds of fds that the process has open, each once; [n] is the kind of the fd n.",
        )
        .dec()
        .index()
        .fold(Fold::List)
        .no_rhs(),
        row(
            "fd.is_upper_layer",
            Type::Bool,
            Answer::Bool(|c| Some(fd(c)?.layer() == Some(Layer::Upper))),
            "whether the file is in the upper layer of an overlay file system.",
        ),
        row(
            "fd.is_lower_layer",
            Type::Bool,
            Answer::Bool(|c| Some(fd(c)?.layer() == Some(Layer::Lower))),
            "whether the file is in a lower layer of an overlay file system.",
        ),
    ],
};

const fn row(name: &'static str, ty: Type, answer: Answer, description: &'static str) -> Row {
    Row::new(name, ty, Lifetime::Fd, answer, description)
}

const fn text(name: &'static str, answer: Answer, description: &'static str) -> Row {
    row(name, Type::Charbuf, answer, description)
}

/// Asks about both ends at once; an output has nothing to show.
const fn either(name: &'static str, ty: Type, description: &'static str) -> Row {
    row(name, ty, Answer::Missing, description)
        .fold(Fold::AnyEnd)
        .filter_only()
        .shown(Answer::Missing)
}

const fn address(name: &'static str, answer: Answer, description: &'static str) -> Row {
    row(name, Type::Ipaddr, answer, description)
}

const fn port(name: &'static str, answer: Answer, description: &'static str) -> Row {
    row(name, Type::Port, answer, description).dec()
}

const fn network(name: &'static str, answer: Answer, description: &'static str) -> Row {
    row(name, Type::Ipnet, answer, description).filter_only()
}

const fn domain(
    name: &'static str,
    answer: Answer,
    shown: Answer,
    description: &'static str,
) -> Row {
    Row::new(name, Type::Charbuf, Lifetime::Event, answer, description)
        .shown(shown)
        .fold(Fold::AnyEnd)
        .no_rhs()
        .no_transformer()
}

impl Row {
    const fn answered(mut self, answer: Answer) -> Self {
        self.answer = answer;
        self
    }
}

type End = (IpAddr, u16);

/// All names of an end; an end without one has an empty name, so that it differs from all others.
fn visit_domains(c: &Context<'_>, end: Option<End>, each: &mut Each<'_>) -> bool {
    let Some((ip, _)) = end else { return false };
    if !c.session.hosts.of(ip, |name| each(Value::Bytes(name.as_bytes()))) {
        each(Value::Bytes(b""));
    }
    true
}

fn show_domain(c: &Context<'_>, end: Option<End>, each: &mut Each<'_>) -> bool {
    let Some((ip, _)) = end else { return false };
    c.session.hosts.of(ip, |name| {
        each(Value::Bytes(name.as_bytes()));
        false
    })
}

/// The protocol of a socket. One with two ends has none until it is known which is the client, unless it is raw.
pub(crate) fn l4proto(fd: &Fd) -> L4Proto {
    match fd.socket().map(|socket| (socket, socket.l4proto())) {
        Some((Socket::V4 { .. } | Socket::V6 { .. }, l4proto))
            if l4proto != L4Proto::Raw && fd.role().is_none() =>
        {
            L4Proto::None
        }
        Some((_, l4proto)) => l4proto,
        None => L4Proto::None,
    }
}

/// The thread of an event that is about an fd.
#[inline]
fn about_fd<'a>(c: &Context<'a>) -> Option<&'a Thread> {
    c.thread().filter(|_| c.is_about_fd())
}

/// The fd, if the table knows it.
fn fd<'a>(c: &Context<'a>) -> Option<&'a Fd> {
    about_fd(c)?;
    c.fd()
}

/// Negative if the event got no fd.
fn number(c: &Context<'_>) -> i64 {
    c.current.fd().unwrap_or(-1)
}

fn write_typechar(c: &Context<'_>, out: &mut Vec<u8>) -> bool {
    if about_fd(c).is_none() {
        return false;
    }
    let typechar = match c.fd() {
        Some(fd) => fd.kind().typechar(),
        None => typechar_of_event(c.event.code()),
    };
    push(typechar, out);
    true
}

/// The kind of fd that an event would have made, had it not failed.
fn typechar_of_event(code: EventCode) -> char {
    match code {
        EventCode::OPEN | EventCode::OPENAT | EventCode::OPENAT2 | EventCode::CREAT => 'f',
        EventCode::SOCKET | EventCode::ACCEPT | EventCode::ACCEPT4 => '4',
        EventCode::PIPE | EventCode::PIPE2 => 'p',
        EventCode::EVENTFD | EventCode::EVENTFD2 => 'e',
        EventCode::SIGNALFD | EventCode::SIGNALFD4 => 's',
        EventCode::TIMERFD_CREATE => 't',
        EventCode::INOTIFY_INIT | EventCode::INOTIFY_INIT1 => 'i',
        _ => 'o',
    }
}

/// Gives what the fields of the family are answered from: the name, and a number for its kind.
#[inline]
pub(crate) fn visit_root(c: &Context<'_>, family: Family, each: &mut dyn FnMut(u32, &[u8])) {
    if family != NAME || about_fd(c).is_none() {
        return;
    }
    match c.fd() {
        // A connection that failed is named by the event, though it has an fd.
        _ if has_failed_to_connect(c) => {}
        Some(fd) => each(fd.kind() as u32, fd.name()),
        None => c.with_buffer(|name| {
            if write_name_of_creator(c, false, name) {
                const NO_FD: u32 = 1 << 16;
                each(NO_FD | u32::from(c.event.code().number()), name);
            }
        }),
    }
}

fn has_failed_to_connect(c: &Context<'_>) -> bool {
    c.event.code() == EventCode::CONNECT && c.result().is_some_and(|res| res < 0)
}

fn visit_name(c: &Context<'_>, each: &mut Each<'_>) -> bool {
    if about_fd(c).is_none() {
        return false;
    }
    match c.fd() {
        Some(fd) if !has_failed_to_connect(c) => {
            each(Value::Bytes(fd.name()));
            true
        }
        _ => c.with_buffer(|name| {
            let present = write_name_of_creator(c, false, name);
            if present {
                each(Value::Bytes(name));
            }
            present
        }),
    }
}

/// The name that an event would have given its fd, had it not failed; empty if it makes none.
fn write_name_of_creator(c: &Context<'_>, raw: bool, out: &mut Vec<u8>) -> bool {
    let code = c.event.code();
    if code.is_enter() {
        return false;
    }
    match code {
        // A connection that failed before it had ends has no name.
        EventCode::CONNECT => {
            if let Some(tuple) = c.param(1).filter(|tuple| !tuple.is_empty()) {
                c.write_param(&tuple, out);
            }
        }
        EventCode::OPEN | EventCode::CREAT | EventCode::ACCEPT | EventCode::ACCEPT4 => {
            if let Some(param) = c.param(1) {
                c.write_param(&param, out);
            }
        }
        EventCode::OPENAT | EventCode::OPENAT2 => {
            let Some(name) = c.param(2) else { return true };
            if raw {
                out.extend_from_slice(name.text());
            } else {
                write_at(c, c.event.i64(1).unwrap_or_default(), name.text(), out);
            }
        }
        EventCode::OPEN_BY_HANDLE_AT => {
            if let Some(path) = c.param(const { EventCode::OPEN_BY_HANDLE_AT.param("path") }) {
                out.extend_from_slice(path.text());
            }
        }
        _ => {}
    }
    true
}

/// A path with the directory that it is relative to.
fn write_at(c: &Context<'_>, dirfd: i64, path: &[u8], out: &mut Vec<u8>) {
    const UNKNOWN: &[u8] = b"<UNKNOWN>";
    let dir = match c.thread() {
        None => UNKNOWN,
        Some(thread) if dirfd == AT_FDCWD => c.state.cwd(thread),
        Some(thread) => c.state.fd(thread, dirfd).map_or(UNKNOWN, Fd::name),
    };
    c.join(dir, path, out);
}

fn visit_directory(c: &Context<'_>, each: &mut Each<'_>) -> bool {
    if about_fd(c).is_none() {
        return false;
    }
    match c.fd() {
        Some(fd) => {
            let directory = match fd.kind() {
                FdType::File => directory(fd.name()),
                FdType::Directory => fd.name(),
                _ => return false,
            };
            each(Value::Bytes(directory));
            true
        }
        None => c.with_buffer(|name| {
            let present = write_name_of_creator(c, false, name);
            if present {
                each(Value::Bytes(directory(name)));
            }
            present
        }),
    }
}

/// A path up to its last slash; one that ends in a slash is a directory already.
fn directory(path: &[u8]) -> &[u8] {
    match memchr::memrchr(b'/', path) {
        None | Some(0) => b"/",
        Some(slash) if slash + 1 == path.len() => path,
        Some(slash) => path.get(..slash).unwrap_or_default(),
    }
}

/// A path after its last slash; one that ends in a slash is left as it is.
fn filename(path: &[u8]) -> &[u8] {
    match memchr::memrchr(b'/', path) {
        None => b"/",
        Some(slash) if slash + 1 == path.len() => path,
        Some(slash) => path.get(slash + 1..).unwrap_or_default(),
    }
}

fn write_name_raw(c: &Context<'_>, out: &mut Vec<u8>) -> bool {
    if about_fd(c).is_none() {
        return false;
    }
    match c.fd() {
        Some(fd) => out.extend_from_slice(fd.name_raw()),
        None if !write_name_of_creator(c, true, out) => return false,
        None => {}
    }
    out.dedup_by(|a, b| *a == b'/' && *b == b'/');
    true
}

fn write_in_container(
    c: &Context<'_>,
    visit: fn(&Context<'_>, &mut Each<'_>) -> bool,
    out: &mut Vec<u8>,
) -> bool {
    let Some(thread) = c.thread() else { return false };
    out.extend_from_slice(thread.container_id());
    out.push(b':');
    visit(c, &mut |value| {
        if let Value::Bytes(text) = value {
            out.extend_from_slice(text);
        }
        true
    })
}

/// Both ends of a connection: source, which is the client, and dest.
fn ends(fd: &Fd) -> Option<(End, End)> {
    match fd.socket()? {
        Socket::V4 { source, dest, .. } => {
            Some(((source.0.into(), source.1), (dest.0.into(), dest.1)))
        }
        Socket::V6 { source, dest, .. } => {
            Some(((source.0.into(), source.1), (dest.0.into(), dest.1)))
        }
        _ => None,
    }
}

/// The one end of a socket that is bound.
fn bound(fd: &Fd) -> Option<End> {
    match fd.socket()? {
        Socket::V4Server { local, .. } => Some((local.0.into(), local.1)),
        Socket::V6Server { local, .. } => Some((local.0.into(), local.1)),
        _ => None,
    }
}

/// The ends of a connection whose client is known.
fn known_ends(c: &Context<'_>) -> Option<(End, End)> {
    let fd = fd(c)?;
    fd.role()?;
    ends(fd)
}

fn client(c: &Context<'_>) -> Option<End> {
    Some(known_ends(c)?.0)
}

fn server(c: &Context<'_>) -> Option<End> {
    let fd = fd(c)?;
    fd.role()?;
    ends(fd).map(|(_, dest)| dest).or_else(|| bound(fd))
}

fn server_port(c: &Context<'_>) -> Option<u16> {
    let bound = bound(fd(c)?).map(|(_, port)| port);
    bound.or_else(|| Some(known_ends(c)?.1.1))
}

fn local(c: &Context<'_>) -> Option<End> {
    let (source, dest) = known_ends(c)?;
    Some(if c.state.is_local(source.0) { source } else { dest })
}

fn remote(c: &Context<'_>) -> Option<End> {
    let (source, dest) = known_ends(c)?;
    Some(if c.state.is_local(source.0) { dest } else { source })
}

fn is_server(c: &Context<'_>) -> Option<bool> {
    let fd = fd(c)?;
    Some(bound(fd).is_some() || ends(fd).is_some_and(|(_, dest)| c.state.is_local(dest.0)))
}

fn visit_ips(c: &Context<'_>, each: &mut Each<'_>) -> bool {
    visit_ends(c, |(ip, _)| Value::Ip(ip), each)
}

fn visit_ports(c: &Context<'_>, each: &mut Each<'_>) -> bool {
    visit_ends(c, |(_, port)| Value::Uint(port.into()), each)
}

fn visit_ends(c: &Context<'_>, value: fn(End) -> Value<'static>, each: &mut Each<'_>) -> bool {
    let Some(fd) = fd(c) else { return false };
    match (ends(fd), bound(fd)) {
        (Some((source, dest)), _) => {
            if each(value(source)) {
                each(value(dest));
            }
            true
        }
        (None, Some(local)) => {
            each(value(local));
            true
        }
        (None, None) => false,
    }
}

/// Names of services are not looked up, so that the number of the port stands for itself.
fn write_client_proto(c: &Context<'_>, out: &mut Vec<u8>) -> bool {
    let Some(fd) = fd(c).filter(|fd| fd.role().is_some()) else { return false };
    if let Some((source, _)) = ends(fd) {
        push(source.1, out);
    }
    true
}

fn write_server_proto(c: &Context<'_>, out: &mut Vec<u8>) -> bool {
    let Some(fd) = fd(c) else { return false };
    if bound(fd).is_some() {
        return true;
    }
    known_ends(c).map(|(_, dest)| push(dest.1, out)).is_some()
}

fn visit_types(c: &Context<'_>, arg: &Arg, each: &mut Each<'_>) -> bool {
    let Some(thread) = about_fd(c) else { return false };
    if let Arg::Index(number) = arg {
        let fd = c.state.fd(thread, (*number).into());
        if let Some(fd) = fd {
            each(Value::Bytes(fd.kind().name().as_bytes()));
        }
        return fd.is_some();
    }
    let mut seen = 0_u64;
    for (_, fd) in c.state.fds_in_order(thread) {
        // Two kinds of sockets share a name each.
        let kind = match fd.kind() {
            FdType::Ipv4Server => FdType::Ipv4,
            FdType::Ipv6Server => FdType::Ipv6,
            kind => kind,
        };
        let bit = 1 << kind as u32;
        if seen & bit == 0 {
            seen |= bit;
            if !each(Value::Bytes(kind.name().as_bytes())) {
                break;
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_split_at_their_last_slash() {
        let cases = [
            ("/etc/passwd", "/etc", "passwd"),
            ("/x", "/", "x"),
            ("x", "/", "/"),
            ("/a/", "/a/", "/a/"),
        ];
        for (path, want_directory, want_filename) in cases {
            assert_eq!(directory(path.as_bytes()), want_directory.as_bytes(), "{path}");
            assert_eq!(filename(path.as_bytes()), want_filename.as_bytes(), "{path}");
        }
    }
}
