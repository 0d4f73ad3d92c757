//! Sockets and their addresses.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::support::{Notes, Run, in_new_folder, run, sys};

#[repr(C)]
#[derive(Clone, Copy)]
struct Address {
    family: u16,
    /// In network order.
    port: u16,
    v4: u32,
    v6: [u8; 16],
    scope: u32,
}

const V4_LEN: usize = 16;
const V6_LEN: usize = 28;

fn loopback(family: i32) -> Address {
    let v4 = u32::from_ne_bytes(Ipv4Addr::LOCALHOST.octets());
    let v6 = Ipv6Addr::LOCALHOST.octets();
    let family = family as u16;
    let v4 = if i32::from(family) == libc::AF_INET { v4 } else { 0 };
    Address { family, port: 0, v4, v6, scope: 0 }
}

/// The port of a socket, in the host's order.
fn port_of(fd: i64) -> i64 {
    let mut address = loopback(libc::AF_INET);
    let mut len = size_of::<Address>() as u32;
    sys!(libc::SYS_getsockname, fd, &raw mut address, &raw mut len);
    i64::from(u16::from_be(address.port))
}

/// An end as events have it, escaped.
fn end(family: i32, port: i64) -> String {
    let mut bytes = if family == libc::AF_INET {
        Ipv4Addr::LOCALHOST.octets().to_vec()
    } else {
        Ipv6Addr::LOCALHOST.octets().to_vec()
    };
    bytes.extend_from_slice(&(port as u16).to_le_bytes());
    bytes.escape_ascii().to_string()
}

/// An end that is not known.
fn no_end(family: i32, port: i64) -> String {
    let mut bytes = vec![0; if family == libc::AF_INET { 4 } else { 16 }];
    bytes.extend_from_slice(&(port as u16).to_le_bytes());
    bytes.escape_ascii().to_string()
}

fn family_byte(family: i32) -> String {
    [family as u8].escape_ascii().to_string()
}

fn len_of(family: i32) -> usize {
    if family == libc::AF_INET { V4_LEN } else { V6_LEN }
}

#[test]
fn a_connection_tells_both_ends_on_both_sides() {
    for family in [libc::AF_INET, libc::AF_INET6] {
        let calls = &[
            "socket", "bind", "listen", "connect", "accept", "accept4", "sendto", "recvfrom",
            "shutdown",
        ];
        let act = |notes: &Notes| {
            let mut address = loopback(family);
            let len = len_of(family);
            let server = sys!(libc::SYS_socket, family, libc::SOCK_STREAM, 0);
            sys!(libc::SYS_bind, server, &raw const address, len);
            sys!(libc::SYS_listen, server, 5);
            let port = port_of(server);
            address.port = (port as u16).to_be();
            let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC;
            let client = sys!(libc::SYS_socket, family, kind, libc::IPPROTO_TCP);
            sys!(libc::SYS_connect, client, &raw const address, len);
            let conn = sys!(libc::SYS_accept4, server, 0, 0, libc::SOCK_NONBLOCK);
            for (i, note) in [server, client, conn, port, port_of(client)].into_iter().enumerate() {
                notes.set(i, note);
            }
            let mut buffer = *b"hello";
            sys!(libc::SYS_sendto, client, buffer.as_ptr(), 5, 0, 0, 0);
            sys!(libc::SYS_recvfrom, conn, buffer.as_mut_ptr(), 5, 0, 0, 0);
            sys!(libc::SYS_recvfrom, conn, buffer.as_mut_ptr(), 5, 0, 0, 0);
            sys!(libc::SYS_shutdown, client, libc::SHUT_WR);
            sys!(libc::SYS_close, client);
            sys!(libc::SYS_accept, -1, 0, 0);
        };
        let Some(run) = run(calls, act) else { return };
        let [server, client, conn, port, client_port] = [0, 1, 2, 3, 4].map(|i| run.notes.get(i));
        let f = family_byte(family);
        let (there, here) = (end(family, port), end(family, client_port));
        let tuple = format!("{f}{here}{there}");
        run.check(&[
            format!("socket fd={server} domain={family} type=1 proto=0 flags=0x0"),
            format!("bind res=0 addr={f}{} fd={server}", end(family, 0)),
            format!("listen res=0 fd={server} backlog=5"),
            format!("socket fd={client} domain={family} type=524289 proto=6 flags=0x1000"),
            format!("connect res=0 tuple={tuple} fd={client} addr={f}{there}"),
            format!("accept4 fd={conn} tuple={tuple} queuepct=0 queuelen=0 queuemax=5 flags=64"),
            format!("sendto res=5 data=hello fd={client} size=5 tuple={tuple}"),
            format!("recvfrom res=5 data=hello tuple={tuple} fd={conn} size=5"),
            format!("recvfrom res=-11 fd={conn} size=5"),
            format!("shutdown res=0 fd={client} how=1"),
            "accept fd=-9 queuepct=0 queuelen=0 queuemax=0".to_owned(),
        ]);
    }
}

#[test]
fn a_connection_that_is_refused_tells_only_where_to() {
    let Some(run) = run(&["connect"], |notes| {
        let mut address = loopback(libc::AF_INET);
        let server = sys!(libc::SYS_socket, libc::AF_INET, libc::SOCK_STREAM, 0);
        sys!(libc::SYS_bind, server, &raw const address, V4_LEN);
        let port = port_of(server);
        address.port = (port as u16).to_be();
        notes.set(0, port);
        let client = sys!(libc::SYS_socket, libc::AF_INET, libc::SOCK_STREAM, 0);
        notes.set(1, client);
        sys!(libc::SYS_connect, client, &raw const address, V4_LEN);
        sys!(libc::SYS_connect, -1, &raw const address, V4_LEN);
        sys!(libc::SYS_connect, client, 0, V4_LEN);
    }) else {
        return;
    };
    let there = end(libc::AF_INET, run.notes.get(0));
    let client = run.notes.get(1);
    run.check(&[
        format!("connect res=-111 fd={client} addr=\\x02{there}"),
        format!("connect res=-9 fd=-1 addr=\\x02{there}"),
        format!("connect res=-14 fd={client}"),
    ]);
}

#[repr(C)]
struct Buffer(*const u8, usize);

#[repr(C)]
struct Message {
    name: *const Address,
    name_len: u32,
    buffers: *const Buffer,
    n_buffers: usize,
    control: *const u8,
    control_len: usize,
    flags: i32,
}

#[repr(C)]
struct ListedMessage {
    message: Message,
    len: u32,
}

fn message(name: *const Address, name_len: usize, buffer: &Buffer) -> Message {
    let name_len = name_len as u32;
    let control = std::ptr::null();
    Message { name, name_len, buffers: buffer, n_buffers: 1, control, control_len: 0, flags: 0 }
}

#[test]
fn datagrams_tell_the_peer_that_the_call_names() {
    for family in [libc::AF_INET, libc::AF_INET6] {
        let calls = &["sendto", "recvfrom", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg"];
        let act = |notes: &Notes| {
            let (mut to, mut from) = (loopback(family), loopback(family));
            let len = len_of(family);
            let server = sys!(libc::SYS_socket, family, libc::SOCK_DGRAM, 0);
            sys!(libc::SYS_bind, server, &raw const to, len);
            to.port = (port_of(server) as u16).to_be();
            let client = sys!(libc::SYS_socket, family, libc::SOCK_DGRAM, 0);
            let mut buffer = *b"hi";
            let mut from_len = len as u32;
            sys!(libc::SYS_sendto, client, buffer.as_ptr(), 2, 0, &raw const to, len);
            let address = (&raw mut from, &raw mut from_len);
            sys!(libc::SYS_recvfrom, server, buffer.as_mut_ptr(), 2, 0, address.0, address.1);
            for (i, n) in [server, client, port_of(server), port_of(client)].into_iter().enumerate()
            {
                notes.set(i, n);
            }
            let data = Buffer(buffer.as_ptr(), 2);
            let out = message(&raw const to, len, &data);
            sys!(libc::SYS_sendmsg, client, &raw const out, 0);
            let mut back = message(&raw const from, len, &data);
            sys!(libc::SYS_recvmsg, server, &raw mut back, 0);
            sys!(libc::SYS_recvmsg, server, &raw mut back, libc::MSG_DONTWAIT);
            let listed = || ListedMessage { message: message(&raw const to, len, &data), len: 0 };
            let mut many = [listed(), listed()];
            sys!(libc::SYS_sendmmsg, client, many.as_mut_ptr(), 2, 0);
            sys!(libc::SYS_recvmmsg, server, many.as_mut_ptr(), 2, libc::MSG_DONTWAIT, 0);
            sys!(libc::SYS_recvmmsg, server, many.as_mut_ptr(), 2, libc::MSG_DONTWAIT, 0);
        };
        let Some(run) = run(calls, act) else { return };
        let [server, client, port, client_port] = [0, 1, 2, 3].map(|i| run.notes.get(i));
        let f = family_byte(family);
        // The client was never bound to an address: the kernel only chose its port.
        let sent = format!("{f}{}{}", no_end(family, client_port), end(family, port));
        let first = format!("{f}{}{}", no_end(family, client_port), end(family, port));
        let received = format!("{f}{}{}", end(family, client_port), end(family, port));
        run.check(&[
            format!("sendto res=2 data=hi fd={client} size=2 tuple={first}"),
            format!("recvfrom res=2 data=hi tuple={received} fd={server} size=2"),
            format!("sendmsg res=2 data=hi fd={client} size=2 tuple={sent}"),
            format!("recvmsg res=2 size=2 data=hi tuple={received} fd={server}"),
            format!("recvmsg res=-11 size=0 fd={server}"),
            format!("sendmmsg res=2 fd={client} size=2 data=hi tuple={sent}"),
            format!("sendmmsg res=2 fd={client} size=2 data=hi tuple={sent}"),
            format!("recvmmsg res=2 fd={server} size=2 data=hi tuple={received}"),
            format!("recvmmsg res=2 fd={server} size=2 data=hi tuple={received}"),
            format!("recvmmsg res=-11 fd={server} size=0"),
        ]);
    }
}

#[repr(C)]
struct UnixAddress {
    family: u16,
    path: [u8; 108],
}

fn unix_address(path: &[u8]) -> (UnixAddress, usize) {
    let mut address = UnixAddress { family: libc::AF_UNIX as u16, path: [0; 108] };
    address.path[..path.len()].copy_from_slice(path);
    (address, 2 + path.len())
}

/// Connects to a unix socket and hands back the tuples of connect and accept4.
fn unix_tuples(path: &'static [u8], shown: &str) -> Option<()> {
    let folder = in_new_folder("unix");
    let run: Run = run(&["bind", "connect", "accept4", "socketpair"], |notes| {
        folder.enter();
        let (address, len) = unix_address(path);
        let server = sys!(libc::SYS_socket, libc::AF_UNIX, libc::SOCK_STREAM, 0);
        sys!(libc::SYS_bind, server, &raw const address, len);
        sys!(libc::SYS_listen, server, 3);
        let client = sys!(libc::SYS_socket, libc::AF_UNIX, libc::SOCK_STREAM, 0);
        sys!(libc::SYS_connect, client, &raw const address, len);
        let conn = sys!(libc::SYS_accept4, server, 0, 0, libc::SOCK_CLOEXEC);
        let mut pair = [0i32; 2];
        sys!(libc::SYS_socketpair, libc::AF_UNIX, libc::SOCK_DGRAM, 0, pair.as_mut_ptr());
        for (i, fd) in
            [server, client, conn, pair[0].into(), pair[1].into()].into_iter().enumerate()
        {
            notes.set(i, fd);
        }
    })?;
    let [server, client, conn, first, second] = [0, 1, 2, 3, 4].map(|i| run.notes.get(i));
    let lines: Vec<String> =
        run.all().filter(|e| e.tid() == run.pid).map(crate::support::line).collect();
    assert_eq!(lines[0], format!("bind res=0 addr=\\x01{shown}\\x00 fd={server}"));
    // The addresses in the kernel are whatever they are, but the same on both sides.
    let connect = run.one(gyr_event::EventCode::CONNECT);
    let tuple = connect.bytes(1);
    assert_eq!(
        (tuple[0], tuple.len()),
        (1, 17 + path.strip_prefix(b"\0").unwrap_or(path).len() + 1)
    );
    assert!(tuple[1..9] != [0; 8] && tuple[9..17] != [0; 8] && tuple[1..9] != tuple[9..17]);
    assert_eq!(tuple[17..].escape_ascii().to_string(), format!("{shown}\\x00"));
    let tuple = tuple.escape_ascii();
    assert_eq!(lines[1], format!("connect res=0 tuple={tuple} fd={client} addr=\\x01{shown}\\x00"));
    assert_eq!(
        lines[2],
        format!("accept4 fd={conn} tuple={tuple} queuepct=0 queuelen=0 queuemax=3 flags=4096")
    );
    let pair = run.one(gyr_event::EventCode::SOCKETPAIR);
    let ends = (pair.u64(3).unwrap(), pair.u64(4).unwrap());
    assert!(ends.0 != 0 && ends.1 != 0 && ends.0 != ends.1);
    assert_eq!(
        lines[3],
        format!(
            "socketpair res=0 fd1={first} fd2={second} source={} peer={} domain=1 type=2 proto=0",
            ends.0, ends.1
        )
    );
    Some(())
}

#[test]
fn a_unix_connection_has_the_path_of_its_server() {
    unix_tuples(b"server.sock", "server.sock");
}

#[test]
fn an_abstract_unix_name_is_told_without_its_first_byte_and_no_more() {
    unix_tuples(b"\0gyr abstract", "gyr abstract");
}

#[test]
fn socket_options_tell_their_values_by_type() {
    let Some(run) = run(&["setsockopt", "getsockopt"], |notes| {
        let fd = sys!(libc::SYS_socket, libc::AF_INET, libc::SOCK_STREAM, 0);
        notes.set(0, fd);
        let level = libc::SOL_SOCKET;
        let one = [1i32];
        sys!(libc::SYS_setsockopt, fd, level, libc::SO_REUSEADDR, one.as_ptr(), 4);
        let time = [2i64, 3];
        sys!(libc::SYS_setsockopt, fd, level, libc::SO_RCVTIMEO, time.as_ptr(), 16);
        let linger = [1i32, 5];
        sys!(libc::SYS_setsockopt, fd, level, libc::SO_LINGER, linger.as_ptr(), 8);
        sys!(libc::SYS_setsockopt, fd, libc::IPPROTO_TCP, libc::TCP_NODELAY, one.as_ptr(), 4);
        let (mut value, mut len) = ([7i32], 4i32);
        let args = (value.as_mut_ptr(), &raw mut len);
        sys!(libc::SYS_getsockopt, fd, level, libc::SO_ERROR, args.0, args.1);
        sys!(libc::SYS_getsockopt, fd, level, libc::SO_TYPE, args.0, args.1);
        sys!(libc::SYS_setsockopt, -1, 41, 1, one.as_ptr(), 4);
    }) else {
        return;
    };
    let fd = run.notes.get(0);
    let time = 2_000_003_000u64.to_le_bytes().escape_ascii().to_string();
    run.check(&[
        format!(
            "setsockopt res=0 fd={fd} level=1 optname=2 val=\\x02\\x01\\x00\\x00\\x00 optlen=4"
        ),
        format!("setsockopt res=0 fd={fd} level=1 optname=20 val=\\x04{time} optlen=16"),
        format!(
            "setsockopt res=0 fd={fd} level=1 optname=13 \
             val=\\x00\\x01\\x00\\x00\\x00\\x05\\x00\\x00\\x00 optlen=8"
        ),
        format!(
            "setsockopt res=0 fd={fd} level=2 optname=0 val=\\x00\\x01\\x00\\x00\\x00 optlen=4"
        ),
        format!(
            "getsockopt res=0 fd={fd} level=1 optname=4 \
             val=\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00 optlen=4"
        ),
        format!(
            "getsockopt res=0 fd={fd} level=1 optname=3 val=\\x02\\x01\\x00\\x00\\x00 optlen=4"
        ),
        "setsockopt res=-9 fd=-1 level=0 optname=0 val=\\x00\\x01\\x00\\x00\\x00 optlen=4"
            .to_owned(),
    ]);
}

#[test]
fn a_family_without_a_name_is_none() {
    let Some(run) = run(&["socket", "getsockname", "getpeername"], |notes| {
        notes.set(0, sys!(libc::SYS_socket, 45, 1, 2));
        notes.set(1, sys!(libc::SYS_socket, libc::AF_NETLINK, libc::SOCK_RAW, 0));
        sys!(libc::SYS_getsockname, -1, 0, 0);
        sys!(libc::SYS_getpeername, -1, 0, 0);
    }) else {
        return;
    };
    run.check(&[
        format!("socket fd={} domain=0 type=1 proto=2 flags=0x0", run.notes.get(0)),
        format!("socket fd={} domain=16 type=3 proto=0 flags=0x0", run.notes.get(1)),
        "getsockname".to_owned(),
        "getpeername".to_owned(),
    ]);
}
