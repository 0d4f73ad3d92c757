//! The tables as they were at one moment, to start a capture with.
//!
//! A [`Checkpoint`] shares its texts and fds with the state, so that taking one copies no names. The lists that a
//! capture starts with hold most of it ([`Checkpoint::snapshot`]); events that only update the state tell the rest
//! ([`Checkpoint::amendments`]). What neither holds is lost: the raw names of fds, their flags unless they are files or
//! say that exec closes them, when a process ran its program, and the first halves of calls that are under way.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use gyr_event::snapshot::{
    FdEntry, FdKind, GroupEntry, L4Proto, NamedFd, Snapshot, ThreadEntry, UserEntry,
};
use gyr_event::tables::fcntl_commands;
use gyr_event::{EventCode, RecordBuilder};
use rustc_hash::FxHashSet;

use crate::fd::{FdData, FdType, Role, Socket};
use crate::names::Text;
use crate::packed::{AF_INET, AF_INET6};
use crate::state::State;
use crate::thread::{Image, Memory, Thread};

/// The threads and fds at one moment.
#[derive(Debug)]
pub struct Checkpoint {
    ts: u64,
    threads: Vec<FrozenThread>,
    fds: Vec<FrozenFd>,
}

#[derive(Debug)]
struct FrozenThread {
    tid: i64,
    image: Image,
    memory: Memory,
    cwd: Text,
}

#[derive(Debug)]
struct FrozenFd {
    tid: i64,
    fd: i64,
    open_flags: u32,
    closes_on_exec: bool,
    data: Arc<FdData>,
}

impl State {
    /// The tables as the last event left them: what it closed is still there, unless [`State::settle`] was called.
    /// `ts` is the time of the event that comes next.
    pub fn checkpoint(&self, ts: u64) -> Checkpoint {
        let mut threads = Vec::with_capacity(self.threads.len());
        let mut fds = Vec::new();
        for thread in self.threads.iter() {
            threads.push(FrozenThread::of(thread));
            fds.extend(frozen_fds(thread));
        }
        Checkpoint { ts, threads, fds }
    }

    /// The tables as a capture's lists hold them.
    pub fn snapshot(&self) -> Snapshot {
        self.checkpoint(0).snapshot(self)
    }
}

impl Checkpoint {
    /// As a capture's lists. `now` is the state that the checkpoint was taken of: names of users are timeless, and a
    /// thread that was there already but became known later is better told as it is now than not at all.
    pub fn snapshot(&self, now: &State) -> Snapshot {
        let known: FxHashSet<i64> = self.threads.iter().map(|thread| thread.tid).collect();
        let is_late = |thread: &&Thread| {
            let clone_ts = thread.clone_ts();
            clone_ts > 0 && clone_ts < self.ts && !known.contains(&thread.tid())
        };
        let late = || now.threads.iter().filter(is_late);
        let late_fds: Vec<FrozenFd> = late().flat_map(frozen_fds).collect();
        let fds = || self.fds.iter().chain(&late_fds);
        let mut threads: Vec<ThreadEntry> = self.threads.iter().map(FrozenThread::entry).collect();
        threads.extend(late().map(|thread| FrozenThread::of(thread).entry()));
        Snapshot {
            machine: now.machine.clone(),
            interfaces: now.interfaces.clone(),
            users: now.users.users().filter(|row| row.0.is_empty()).map(|row| row.1).collect(),
            groups: now.users.groups().filter(|row| row.0.is_empty()).map(|row| row.1).collect(),
            threads,
            fds: fds().filter_map(FrozenFd::entry).collect(),
        }
    }

    /// Records of events that tell a state what [`Checkpoint::snapshot`] does not. They are not for rules.
    pub fn amendments(&self, now: &State) -> Vec<Vec<u8>> {
        let mut records = Vec::new();
        for (container, user) in now.users.users().filter(|row| !row.0.is_empty()) {
            records.push(self.user_added(container, &user));
        }
        for (container, group) in now.users.groups().filter(|row| !row.0.is_empty()) {
            records.push(self.group_added(container, &group));
        }
        let server_ports: FxHashSet<u16> = self.fds.iter().filter_map(server_port).collect();
        for fd in &self.fds {
            self.amend(fd, &server_ports, &mut records);
        }
        records
    }

    fn user_added(&self, container: &[u8], user: &UserEntry) -> Vec<u8> {
        RecordBuilder::new(EventCode::USER_ADDED, self.ts, -1)
            .u32(user.uid)
            .u32(user.gid)
            .text(&user.name)
            .text(&user.home)
            .text(&user.shell)
            .text(container)
            .finish()
    }

    fn group_added(&self, container: &[u8], group: &GroupEntry) -> Vec<u8> {
        let record = RecordBuilder::new(EventCode::GROUP_ADDED, self.ts, -1).u32(group.gid);
        record.text(&group.name).text(container).finish()
    }

    /// Tells what the list's entry for this fd does not, if there is anything.
    fn amend(&self, fd: &FrozenFd, server_ports: &FxHashSet<u16>, records: &mut Vec<Vec<u8>>) {
        const FD_CLOEXEC: u64 = 1;
        let data = &*fd.data;
        let is_socket = data.kind.is_ip() && !is_told_by_list(data, server_ports);
        match data.kind {
            FdType::Pidfd => {
                let pidfd = self.record(EventCode::PIDFD_OPEN, fd).i64(fd.fd).i64(data.pid);
                records.push(pidfd.u32(fd.open_flags).finish());
            }
            FdType::Unknown => records.push(self.socket(fd, 0)),
            _ if is_socket => self.amend_socket(fd, records),
            FdType::File => {}
            _ if fd.closes_on_exec => {
                let fcntl = self.record(EventCode::FCNTL, fd).i64(0).i64(fd.fd);
                let set = u8::try_from(fcntl_commands.value("F_SETFD")).unwrap_or_default();
                records.push(fcntl.u8(set).u64(FD_CLOEXEC).finish());
            }
            _ => {}
        }
    }

    /// Makes an internet socket as the process did: socket, then bind, connect or accept.
    fn amend_socket(&self, fd: &FrozenFd, records: &mut Vec<Vec<u8>>) {
        let data = &*fd.data;
        let is_connection = matches!(data.kind, FdType::Ipv4 | FdType::Ipv6);
        let is_server = data.role == Some(Role::Server);
        let record = |code| self.record(code, fd);
        if is_connection && is_server && data.sockinfo.l4proto(data.kind) == L4Proto::Tcp {
            let accept = record(EventCode::ACCEPT4).i64(fd.fd).bytes(&tuple(data));
            records.push(accept.u8(0).u32(0).u32(0).u32(fd.open_flags).finish());
            return;
        }
        records.push(self.socket(fd, domain(data.kind)));
        let end = if is_server { Some(local_end(data)) } else { any_port(&data.name) };
        if let Some(end) = &end {
            records.push(record(EventCode::BIND).i64(0).bytes(end).i64(fd.fd).finish());
        }
        if !is_connection || data.name.is_empty() {
            return;
        }
        if is_server {
            let recvfrom = record(EventCode::RECVFROM).i64(0).bytes(&[]).bytes(&tuple(data));
            records.push(recvfrom.i64(fd.fd).u32(0).finish());
        } else if end.is_none() {
            let connect = record(EventCode::CONNECT).i64(0).bytes(&tuple(data));
            records.push(connect.i64(fd.fd).bytes(&[]).finish());
        }
    }

    fn socket(&self, fd: &FrozenFd, domain: u32) -> Vec<u8> {
        const SOCK_STREAM: u32 = 1;
        const SOCK_DGRAM: u32 = 2;
        const SOCK_RAW: u32 = 3;
        let (ty, protocol) = match fd.data.sockinfo.l4proto(fd.data.kind) {
            L4Proto::Tcp => (SOCK_STREAM, 6),
            L4Proto::Udp => (SOCK_DGRAM, 17),
            L4Proto::Icmp => (SOCK_DGRAM, 1),
            L4Proto::Raw => (SOCK_RAW, 255),
            L4Proto::Unknown | L4Proto::None => (0, 0),
        };
        let record = self.record(EventCode::SOCKET, fd).i64(fd.fd).u32(domain).u32(ty);
        record.u32(protocol).u32(fd.open_flags).finish()
    }

    fn record(&self, code: EventCode, fd: &FrozenFd) -> RecordBuilder {
        RecordBuilder::new(code, self.ts, fd.tid)
    }
}

impl FrozenThread {
    fn of(thread: &Thread) -> Self {
        Self {
            tid: thread.tid(),
            image: thread.image().clone(),
            memory: thread.memory,
            cwd: thread.own_cwd().clone(),
        }
    }

    fn entry(&self) -> ThreadEntry {
        let (image, memory) = (&self.image, &self.memory);
        let text = |text: &Text| text.as_bytes().to_vec();
        ThreadEntry {
            tid: self.tid,
            pid: image.pid,
            ptid: image.ptid,
            sid: image.sid,
            pgid: image.pgid,
            vtid: image.vtid,
            vpid: image.vpid,
            vpgid: image.vpgid,
            comm: text(&image.comm),
            exe: text(&image.exe),
            exepath: text(&image.exepath),
            args: text(&image.args),
            env: text(&image.env),
            cgroups: text(&image.cgroups),
            cwd: text(&self.cwd),
            root: text(&image.root),
            flags: image.flags,
            uid: image.uid,
            gid: image.gid,
            loginuid: image.loginuid,
            tty: image.tty,
            fdlimit: image.fdlimit,
            vmsize_kb: memory.vmsize_kb,
            vmrss_kb: memory.vmrss_kb,
            vmswap_kb: memory.vmswap_kb,
            pfmajor: memory.pfmajor,
            pfminor: memory.pfminor,
            cap_inheritable: image.cap_inheritable,
            cap_permitted: image.cap_permitted,
            cap_effective: image.cap_effective,
            exe_writable: image.exe_writable,
            exe_upper_layer: image.exe_upper_layer,
            exe_lower_layer: image.exe_lower_layer,
            exe_from_memfd: image.exe_from_memfd,
            exe_ino: image.exe_ino,
            exe_ino_ctime: image.exe_ino_ctime,
            exe_ino_mtime: image.exe_ino_mtime,
            pidns_init_start_ts: image.pidns_init_start_ts,
            clone_ts: image.clone_ts,
        }
    }
}

impl FrozenFd {
    /// None for what the lists have no form for.
    fn entry(&self) -> Option<FdEntry> {
        let data = &*self.data;
        let name = || data.name.clone();
        let kind = match data.kind {
            FdType::File => FdKind::File { flags: self.open_flags, name: name(), dev: data.dev },
            FdType::Directory => FdKind::Directory { name: name() },
            FdType::Unknown => return None,
            _ => match (data.sockinfo.read_as(data.kind), named(data.kind)) {
                (Some(socket), _) => socket_kind(socket, data)?,
                (None, Some(kind)) => FdKind::Named { kind, name: name() },
                (None, None) => return None,
            },
        };
        let closes_on_exec = self.closes_on_exec;
        Some(FdEntry { tid: self.tid, fd: self.fd, ino: data.ino, closes_on_exec, kind })
    }
}

fn frozen_fds(thread: &Thread) -> impl Iterator<Item = FrozenFd> {
    let tid = thread.tid();
    thread.fds.iter().map(move |(fd, entry)| FrozenFd {
        tid,
        fd,
        open_flags: entry.flags(),
        closes_on_exec: entry.is_close_on_exec(),
        data: entry.share(),
    })
}

/// Lists have a connection's own end first; a loader finds out which end is the server's.
fn socket_kind(socket: Socket, data: &FdData) -> Option<FdKind> {
    // A socket without a name is not yet anything that a list can hold.
    let is_new = data.name.is_empty();
    let is_server = data.role == Some(Role::Server);
    Some(match socket {
        Socket::V4 { .. } | Socket::V6 { .. } if is_new => return None,
        Socket::V4 { source, dest, l4proto } if is_server => {
            FdKind::Ipv4 { source: dest, dest: source, l4proto }
        }
        Socket::V4 { source, dest, l4proto } => FdKind::Ipv4 { source, dest, l4proto },
        Socket::V6 { source, dest, l4proto } => FdKind::Ipv6 { source, dest, l4proto },
        Socket::V4Server { local, l4proto } => FdKind::Ipv4Server { local, l4proto },
        Socket::V6Server { local, l4proto } => FdKind::Ipv6Server { local, l4proto },
        Socket::Unix { source, dest } => FdKind::Unix { source, dest, name: data.name.clone() },
    })
}

fn server_port(fd: &FrozenFd) -> Option<u16> {
    let kind = fd.data.kind;
    matches!(kind, FdType::Ipv4Server | FdType::Ipv6Server)
        .then(|| fd.data.sockinfo.server_port(kind))
}

/// Whether a loader makes the same of the list's entry.
fn is_told_by_list(data: &FdData, server_ports: &FxHashSet<u16>) -> bool {
    let is_tcp = data.sockinfo.l4proto(data.kind) == L4Proto::Tcp;
    match data.kind {
        FdType::Ipv4 => {
            let (_, own_port) = match data.role {
                Some(Role::Server) => data.sockinfo.v4_dest(),
                _ => data.sockinfo.v4_source(),
            };
            let is_server = server_ports.contains(&own_port);
            let loaded = if is_server { Role::Server } else { Role::Client };
            data.role == Some(loaded) && data.is_connected == is_tcp && !data.name.is_empty()
        }
        FdType::Ipv6 => data.role.is_none() && data.is_connected == is_tcp && !data.name.is_empty(),
        _ => is_tcp,
    }
}

const fn domain(kind: FdType) -> u32 {
    match kind {
        FdType::Ipv6 | FdType::Ipv6Server => AF_INET6 as u32,
        _ => AF_INET as u32,
    }
}

/// Both ends as a parameter holds them.
fn tuple(data: &FdData) -> Vec<u8> {
    match data.sockinfo.read_as(data.kind) {
        Some(Socket::V4 { source, dest, .. }) => [&[AF_INET][..], &v4(source), &v4(dest)].concat(),
        Some(Socket::V6 { source, dest, .. }) => [&[AF_INET6][..], &v6(source), &v6(dest)].concat(),
        _ => Vec::new(),
    }
}

/// The server's own end as a parameter holds it.
fn local_end(data: &FdData) -> Vec<u8> {
    match data.sockinfo.read_as(data.kind) {
        Some(Socket::V4 { dest: end, .. } | Socket::V4Server { local: end, .. }) => {
            [&[AF_INET][..], &v4(end)].concat()
        }
        Some(Socket::V6 { dest: end, .. } | Socket::V6Server { local: end, .. }) => {
            [&[AF_INET6][..], &v6(end)].concat()
        }
        _ => Vec::new(),
    }
}

/// The address, as a parameter holds it, that names a socket which was bound to no port in particular.
fn any_port(name: &[u8]) -> Option<Vec<u8>> {
    let ip = std::str::from_utf8(name.strip_suffix(b":0")?).ok()?;
    match ip.parse().ok()? {
        IpAddr::V4(ip) => Some([&[AF_INET][..], &v4((ip, 0))].concat()),
        IpAddr::V6(ip) => Some([&[AF_INET6][..], &v6((ip, 0))].concat()),
    }
}

fn v4((ip, port): (Ipv4Addr, u16)) -> Vec<u8> {
    [&ip.octets()[..], &port.to_le_bytes()].concat()
}

fn v6((ip, port): (Ipv6Addr, u16)) -> Vec<u8> {
    [&ip.octets()[..], &port.to_le_bytes()].concat()
}

const fn named(kind: FdType) -> Option<NamedFd> {
    Some(match kind {
        FdType::Pipe => NamedFd::Pipe,
        FdType::Event => NamedFd::Event,
        FdType::Signal => NamedFd::Signal,
        FdType::Eventpoll => NamedFd::Eventpoll,
        FdType::Inotify => NamedFd::Inotify,
        FdType::Timer => NamedFd::Timer,
        FdType::Netlink => NamedFd::Netlink,
        FdType::Bpf => NamedFd::Bpf,
        FdType::Userfault => NamedFd::Userfault,
        FdType::IoUring => NamedFd::IoUring,
        FdType::Memfd => NamedFd::Memfd,
        FdType::Pidfd => NamedFd::Pidfd,
        FdType::Unsupported => NamedFd::Unsupported,
        _ => return None,
    })
}
