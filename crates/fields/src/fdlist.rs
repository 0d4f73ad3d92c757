//! `fdlist.*`: the fds that poll waits for.

use std::net::IpAddr;

use gyr_event::{EventCode, ParamFormat};
use gyr_filter::{Lifetime, Type};
use gyr_state::{Fd, Socket};

use crate::Context;
use crate::param;
use crate::row::{Answer, Class, Row};
use crate::text::push;

pub(crate) static CLASS: Class = Class {
    name: "fdlist",
    short: "",
    description: "The file descriptors that poll and ppoll wait for.",
    rows: &[
        row(
            "fdlist.nums",
            ParamFormat::ID,
            Answer::Build(|c, _, out| write(c, out, |number, _, out| push(number, out))),
            "their numbers, separated by commas.",
        ),
        row(
            "fdlist.names",
            ParamFormat::NA,
            Answer::Build(|c, _, out| {
                write(c, out, |_, fd, out| {
                    let name = fd.map(Fd::name).filter(|name| !name.is_empty());
                    out.extend_from_slice(name.unwrap_or(b"<NA>"));
                })
            }),
            "their names, separated by commas.",
        ),
        row(
            "fdlist.cips",
            ParamFormat::NA,
            Answer::Build(|c, _, out| {
                write(c, out, |_, fd, out| push_some(fd.and_then(ends).map(|ends| ends.0), out))
            }),
            "the addresses of their clients, separated by commas.",
        ),
        row(
            "fdlist.sips",
            ParamFormat::NA,
            Answer::Build(|c, _, out| {
                write(c, out, |_, fd, out| push_some(fd.and_then(server), out))
            }),
            "the addresses of their servers, separated by commas.",
        ),
        row(
            "fdlist.cports",
            ParamFormat::DEC,
            Answer::Build(|c, _, out| {
                write(c, out, |_, fd, out| push_some(fd.and_then(ports).map(|ports| ports.0), out))
            }),
            "the ports of their clients, separated by commas.",
        ),
        row(
            "fdlist.sports",
            ParamFormat::DEC,
            Answer::Build(|c, _, out| {
                write(c, out, |_, fd, out| push_some(fd.and_then(ports).map(|ports| ports.1), out))
            }),
            "the ports of their servers, separated by commas.",
        ),
    ],
};

const fn row(
    name: &'static str,
    format: ParamFormat,
    answer: Answer,
    description: &'static str,
) -> Row {
    Row::new(name, Type::Charbuf, Lifetime::Event, answer, description).format(format)
}

/// Appends what `item` says of each fd; one that says nothing takes no comma. Missing if nothing is left.
fn write(
    c: &Context<'_>,
    out: &mut Vec<u8>,
    item: impl Fn(i64, Option<&Fd>, &mut Vec<u8>),
) -> bool {
    let is_poll = matches!(
        c.event.code(),
        EventCode::POLL | EventCode::PPOLL | EventCode::POLL_ENTER_V0 | EventCode::PPOLL_ENTER_V0
    );
    let (true, Some(thread), Some(fds)) = (is_poll, c.thread(), c.param_of_name("fds")) else {
        return false;
    };
    for (number, _) in param::fdlist(fds.raw()) {
        let before = out.len();
        if before > 0 {
            out.push(b',');
        }
        let start = out.len();
        item(number, c.state.fd(thread, number), out);
        if out.len() == start {
            out.truncate(before);
        }
    }
    !out.is_empty()
}

fn push_some(value: Option<impl std::fmt::Display>, out: &mut Vec<u8>) {
    if let Some(value) = value {
        push(value, out);
    }
}

fn ends(fd: &Fd) -> Option<(IpAddr, IpAddr)> {
    match fd.socket()? {
        Socket::V4 { source, dest, .. } => Some((source.0.into(), dest.0.into())),
        Socket::V6 { source, dest, .. } => Some((source.0.into(), dest.0.into())),
        _ => None,
    }
}

fn ports(fd: &Fd) -> Option<(u16, u16)> {
    match fd.socket()? {
        Socket::V4 { source, dest, .. } => Some((source.1, dest.1)),
        Socket::V6 { source, dest, .. } => Some((source.1, dest.1)),
        _ => None,
    }
}

fn server(fd: &Fd) -> Option<IpAddr> {
    match fd.socket()? {
        Socket::V4Server { local, .. } => Some(local.0.into()),
        Socket::V6Server { local, .. } => Some(local.0.into()),
        _ => ends(fd).map(|(_, dest)| dest),
    }
}
