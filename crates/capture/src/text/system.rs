//! What existed before the first event, as lines of text: threads, fds, users, groups, interfaces, the machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use gyr_event::snapshot::{
    FdEntry, FdKind, GroupEntry, Interface, L4Proto, Machine, NamedFd, Snapshot, ThreadEntry,
    UserEntry,
};

use super::{
    Problem, Wrong, at, value,
    words::{Value, Words, write, write_text},
};
use crate::thread::{Slot, THREAD_FIELDS, THREAD_TAIL, ThreadField};

/// One line; `first` is its first word.
pub(super) fn line(
    first: &str,
    column: usize,
    words: &mut Words<'_>,
    snapshot: &mut Snapshot,
) -> Result<(), Wrong> {
    match first {
        "machine" => snapshot.machine = machine(words)?,
        "thread" => snapshot.threads.push(thread(words)?),
        "fd" => snapshot.fds.push(fd(words)?),
        "user" => snapshot.users.push(user(words)?),
        "group" => {
            let gid = at(words, |words| number(words.bare("a group id")?))?;
            snapshot.groups.push(GroupEntry { gid, name: text(words)? });
        }
        "interface" => snapshot.interfaces.push(interface(words)?),
        _ => {
            let problem = Problem::Expected(
                "a time, or one of machine, thread, fd, user, group, interface, time, idle, restart",
            );
            return Err((column, problem));
        }
    }
    Ok(())
}

/// A whole snapshot as lines of text, which read back as the same.
pub fn snapshot(snapshot: &Snapshot) -> String {
    let mut out = String::new();
    let machine = &snapshot.machine;
    if *machine != Machine::default() {
        out.push_str("machine");
        pair("hostname", &Value::Quoted(machine.hostname.clone().into_bytes()), &mut out);
        for (key, value) in [
            ("num_cpus", u64::from(machine.num_cpus)),
            ("memory_bytes", machine.memory_bytes),
            ("max_pid", machine.max_pid),
            ("boot_ts", machine.boot_ts),
            ("counts_boot", machine.counts_boot.into()),
        ] {
            pair(key, &bare(value), &mut out);
        }
        out.push('\n');
    }
    for interface in &snapshot.interfaces {
        print_interface(interface, &mut out);
    }
    for user in &snapshot.users {
        print_user(user, &mut out);
    }
    for group in &snapshot.groups {
        out.push_str(&format!("group {} ", group.gid));
        write_text(&group.name, &mut out);
        out.push('\n');
    }
    for thread in &snapshot.threads {
        print_thread(thread, &mut out);
    }
    for fd in &snapshot.fds {
        print_fd(fd, &mut out);
    }
    out
}

fn machine(words: &mut Words<'_>) -> Result<Machine, Wrong> {
    let mut machine = Machine::default();
    pairs(words, |key, value| {
        match key {
            "hostname" => {
                machine.hostname = String::from_utf8_lossy(&one(value)?).into_owned();
            }
            "num_cpus" => machine.num_cpus = number_of(value)?,
            "memory_bytes" => machine.memory_bytes = number_of(value)?,
            "max_pid" => machine.max_pid = number_of(value)?,
            "boot_ts" => machine.boot_ts = number_of(value)?,
            "counts_boot" => machine.counts_boot = number_of::<u8>(value)? != 0,
            _ => {
                let keys = "hostname, num_cpus, memory_bytes, max_pid, boot_ts, counts_boot";
                return Err(no_key(key, keys));
            }
        }
        Ok(())
    })?;
    Ok(machine)
}

/// A thread that nothing is said of: the leader of its own group.
fn lone_thread(tid: i64) -> ThreadEntry {
    ThreadEntry { tid, pid: tid, vtid: tid, vpid: tid, ..ThreadEntry::default() }
}

fn thread_fields() -> impl Iterator<Item = &'static ThreadField> {
    THREAD_FIELDS.iter().chain(THREAD_TAIL)
}

fn thread(words: &mut Words<'_>) -> Result<ThreadEntry, Wrong> {
    let mut thread = lone_thread(at(words, |words| number(words.bare("a thread id")?))?);
    let mut has_vpid = false;
    pairs(words, |key, value| {
        has_vpid |= key == "vpid";
        let field = thread_fields().find(|field| field.name == key).ok_or_else(|| {
            let names: Vec<&str> = thread_fields().map(|field| field.name).collect();
            no_key(key, &names.join(", "))
        })?;
        match (field.slot)(&mut thread) {
            Slot::I64(slot) => *slot = number_of(value)?,
            Slot::U32(slot) => *slot = number_of(value)?,
            Slot::U64(slot) => *slot = number_of(value)?,
            Slot::Bool(slot) => *slot = number_of::<u8>(value)? != 0,
            Slot::Text(slot) => *slot = one(value)?,
            Slot::Texts(slot) => {
                *slot = match value {
                    Value::List(items) => value::joined(&items),
                    value => one(value)?,
                };
            }
        }
        Ok(())
    })?;
    if !has_vpid {
        thread.vpid = thread.pid;
    }
    Ok(thread)
}

fn print_thread(thread: &ThreadEntry, out: &mut String) {
    let mut thread = thread.clone();
    let mut usual = lone_thread(thread.tid);
    usual.vpid = thread.pid;
    out.push_str(&format!("thread {}", thread.tid));
    for field in thread_fields().filter(|field| field.name != "tid") {
        let value = slot_value((field.slot)(&mut thread));
        if value != slot_value((field.slot)(&mut usual)) {
            pair(field.name, &value, out);
        }
    }
    out.push('\n');
}

fn slot_value(slot: Slot<'_>) -> Value {
    match slot {
        Slot::I64(value) => bare(*value),
        Slot::U32(value) => bare(*value),
        Slot::U64(value) => bare(*value),
        Slot::Bool(value) => bare(u8::from(*value)),
        Slot::Text(value) => Value::Quoted(value.clone()),
        Slot::Texts(value) => {
            value::split(value).map_or_else(|| Value::Quoted(value.clone()), Value::List)
        }
    }
}

const NAMED_FDS: &[(&str, NamedFd)] = &[
    ("pipe", NamedFd::Pipe),
    ("event", NamedFd::Event),
    ("signal", NamedFd::Signal),
    ("eventpoll", NamedFd::Eventpoll),
    ("inotify", NamedFd::Inotify),
    ("timer", NamedFd::Timer),
    ("netlink", NamedFd::Netlink),
    ("bpf", NamedFd::Bpf),
    ("userfault", NamedFd::Userfault),
    ("io_uring", NamedFd::IoUring),
    ("memfd", NamedFd::Memfd),
    ("pidfd", NamedFd::Pidfd),
    ("unsupported", NamedFd::Unsupported),
];

const L4_PROTOS: &[(&str, L4Proto)] = &[
    ("unknown", L4Proto::Unknown),
    ("none", L4Proto::None),
    ("tcp", L4Proto::Tcp),
    ("udp", L4Proto::Udp),
    ("icmp", L4Proto::Icmp),
    ("raw", L4Proto::Raw),
];

/// `TID FD KIND NAME [ino=...] ...`
fn fd(words: &mut Words<'_>) -> Result<FdEntry, Wrong> {
    let tid = at(words, |words| number(words.bare("a thread id")?))?;
    let fd = at(words, |words| number(words.bare("an fd")?))?;
    let kind_at = words.next_column().unwrap_or_else(|| words.column());
    let kind = words.bare("a kind of fd").map_err(|problem| (kind_at, problem))?;
    let name_at = words.next_column().unwrap_or_else(|| words.column());
    let name = text(words)?;
    let (mut ino, mut dev, mut open_flags, mut l4) = (0, 0, 0, L4Proto::Tcp);
    pairs(words, |key, value| {
        match key {
            "ino" => ino = number_of(value)?,
            "dev" => dev = number_of(value)?,
            "flags" => open_flags = open_flags_of(value)?,
            "l4proto" => {
                let proto = one(value)?;
                let row = L4_PROTOS.iter().find(|row| row.0.as_bytes() == proto);
                l4 = row.ok_or(Problem::NotA("protocol"))?.1;
            }
            _ => return Err(no_key(key, "ino, dev, flags, l4proto")),
        }
        Ok(())
    })?;
    let here = |problem| (name_at, problem);
    let kind = match kind {
        "file" => FdKind::File { flags: open_flags, name, dev },
        "directory" => FdKind::Directory { name },
        "ipv4" => {
            let (source, dest) =
                v4_tuple(&name).ok_or_else(|| here(Problem::NotA("IPv4 tuple")))?;
            FdKind::Ipv4 { source, dest, l4proto: l4 }
        }
        "ipv6" => {
            let (source, dest) =
                v6_tuple(&name).ok_or_else(|| here(Problem::NotA("IPv6 tuple")))?;
            FdKind::Ipv6 { source, dest, l4proto: l4 }
        }
        "ipv4-server" => {
            let local = v4_end(&name).ok_or_else(|| here(Problem::NotA("IPv4 address")))?;
            FdKind::Ipv4Server { local, l4proto: l4 }
        }
        "ipv6-server" => {
            let local = v6_end(&name).ok_or_else(|| here(Problem::NotA("IPv6 address")))?;
            FdKind::Ipv6Server { local, l4proto: l4 }
        }
        "unix" => unix(&name).ok_or_else(|| here(Problem::NotA("unix socket")))?,
        kind => {
            let row = NAMED_FDS.iter().find(|row| row.0 == kind);
            let row = row.ok_or_else(|| {
                let names: Vec<&str> = NAMED_FDS.iter().map(|row| row.0).collect();
                let all = "file, directory, ipv4, ipv6, ipv4-server, ipv6-server, unix, ";
                (kind_at, no_key(kind, &(all.to_owned() + &names.join(", "))))
            })?;
            FdKind::Named { kind: row.1, name }
        }
    };
    Ok(FdEntry { tid, fd, ino, closes_on_exec: false, kind })
}

fn print_fd(fd: &FdEntry, out: &mut String) {
    out.push_str(&format!("fd {} {} ", fd.tid, fd.fd));
    let mut extra = Vec::new();
    let (kind, name) = match &fd.kind {
        FdKind::File { flags, name, dev } => {
            extra.push(("flags", bare(format!("{flags:#x}"))));
            extra.push(("dev", bare(*dev)));
            ("file", name.clone())
        }
        FdKind::Directory { name } => ("directory", name.clone()),
        FdKind::Ipv4 { source, dest, l4proto } => {
            extra.push(("l4proto", l4_name(*l4proto)));
            ("ipv4", format!("{}->{}", v4(*source), v4(*dest)).into_bytes())
        }
        FdKind::Ipv6 { source, dest, l4proto } => {
            extra.push(("l4proto", l4_name(*l4proto)));
            ("ipv6", format!("{}->{}", v6(*source), v6(*dest)).into_bytes())
        }
        FdKind::Ipv4Server { local, l4proto } => {
            extra.push(("l4proto", l4_name(*l4proto)));
            ("ipv4-server", v4(*local).to_string().into_bytes())
        }
        FdKind::Ipv6Server { local, l4proto } => {
            extra.push(("l4proto", l4_name(*l4proto)));
            ("ipv6-server", v6(*local).to_string().into_bytes())
        }
        FdKind::Unix { source, dest, name } => {
            ("unix", [format!("{source:#x}->{dest:#x}:").as_bytes(), name].concat())
        }
        FdKind::Named { kind, name } => {
            let row = NAMED_FDS.iter().find(|row| row.1 == *kind);
            (row.map_or("unsupported", |row| row.0), name.clone())
        }
    };
    out.push_str(kind);
    out.push(' ');
    write_text(&name, out);
    pair("ino", &bare(fd.ino), out);
    for (key, value) in &extra {
        pair(key, value, out);
    }
    out.push('\n');
}

fn l4_name(l4: L4Proto) -> Value {
    bare(L4_PROTOS.iter().find(|row| row.1 == l4).map_or("unknown", |row| row.0))
}

fn v4((address, port): (Ipv4Addr, u16)) -> SocketAddrV4 {
    SocketAddrV4::new(address, port)
}

fn v6((address, port): (Ipv6Addr, u16)) -> SocketAddrV6 {
    SocketAddrV6::new(address, port, 0, 0)
}

fn v4_end(text: &[u8]) -> Option<(Ipv4Addr, u16)> {
    let end: SocketAddrV4 = std::str::from_utf8(text).ok()?.parse().ok()?;
    Some((*end.ip(), end.port()))
}

fn v6_end(text: &[u8]) -> Option<(Ipv6Addr, u16)> {
    let end: SocketAddrV6 = std::str::from_utf8(text).ok()?.parse().ok()?;
    Some((*end.ip(), end.port()))
}

fn v4_tuple(text: &[u8]) -> Option<((Ipv4Addr, u16), (Ipv4Addr, u16))> {
    let (source, dest) = std::str::from_utf8(text).ok()?.split_once("->")?;
    Some((v4_end(source.as_bytes())?, v4_end(dest.as_bytes())?))
}

fn v6_tuple(text: &[u8]) -> Option<((Ipv6Addr, u16), (Ipv6Addr, u16))> {
    let (source, dest) = std::str::from_utf8(text).ok()?.split_once("->")?;
    Some((v6_end(source.as_bytes())?, v6_end(dest.as_bytes())?))
}

/// `POINTER->POINTER:PATH`
fn unix(text: &[u8]) -> Option<FdKind> {
    let colon = text.iter().position(|&byte| byte == b':')?;
    let (ends, name) = (text.get(..colon)?, text.get(colon + 1..)?);
    let (source, dest) = std::str::from_utf8(ends).ok()?.split_once("->")?;
    let source = number(source).ok()?;
    Some(FdKind::Unix { source, dest: number(dest).ok()?, name: name.to_vec() })
}

fn open_flags_of(value: Value) -> Result<u32, Problem> {
    use gyr_event::{ParamExtra, ParamType, tables};
    let bytes = value::encode(&value, ParamType::FLAGS32, ParamExtra::Flags(&tables::file_flags))?;
    bytes.try_into().map(u32::from_le_bytes).map_err(|_| Problem::NotA("FLAGS32"))
}

/// `UID NAME [gid=...] [home=...] [shell=...]`
fn user(words: &mut Words<'_>) -> Result<UserEntry, Wrong> {
    let uid = at(words, |words| number(words.bare("a user id")?))?;
    let name = text(words)?;
    let mut user = UserEntry { uid, gid: uid, name, home: Vec::new(), shell: Vec::new() };
    pairs(words, |key, value| {
        match key {
            "gid" => user.gid = number_of(value)?,
            "home" => user.home = one(value)?,
            "shell" => user.shell = one(value)?,
            _ => return Err(no_key(key, "gid, home, shell")),
        }
        Ok(())
    })?;
    Ok(user)
}

fn print_user(user: &UserEntry, out: &mut String) {
    out.push_str(&format!("user {} ", user.uid));
    write_text(&user.name, out);
    pair("gid", &bare(user.gid), out);
    pair("home", &Value::Quoted(user.home.clone()), out);
    pair("shell", &Value::Quoted(user.shell.clone()), out);
    out.push('\n');
}

/// `NAME ADDRESS [netmask=...] [broadcast=...]`
fn interface(words: &mut Words<'_>) -> Result<Interface, Wrong> {
    let name = text(words)?;
    let address = at(words, |words| address(words.bare("an address")?))?;
    let (mut netmask, mut broadcast) = (Ipv4Addr::UNSPECIFIED, Ipv4Addr::UNSPECIFIED);
    pairs(words, |key, value| {
        let value = one(value)?;
        let value = address_v4(std::str::from_utf8(&value).unwrap_or_default())?;
        match key {
            "netmask" => netmask = value,
            "broadcast" => broadcast = value,
            _ => return Err(no_key(key, "netmask, broadcast")),
        }
        Ok(())
    })?;
    Ok(match address {
        IpAddr::V4(address) => Interface::V4 { name, address, netmask, broadcast },
        IpAddr::V6(address) => Interface::V6 { name, address },
    })
}

fn print_interface(interface: &Interface, out: &mut String) {
    out.push_str("interface ");
    match interface {
        Interface::V4 { name, address, netmask, broadcast } => {
            write_text(name, out);
            out.push_str(&format!(" {address} netmask={netmask} broadcast={broadcast}"));
        }
        Interface::V6 { name, address } => {
            write_text(name, out);
            out.push_str(&format!(" {address}"));
        }
    }
    out.push('\n');
}

fn address(text: &str) -> Result<IpAddr, Problem> {
    text.parse().map_err(|_| Problem::NotA("address"))
}

fn address_v4(text: &str) -> Result<Ipv4Addr, Problem> {
    text.parse().map_err(|_| Problem::NotA("IPv4 address"))
}

/// All `key=value` up to the end of the line, each key once.
fn pairs(
    words: &mut Words<'_>,
    mut take: impl FnMut(&str, Value) -> Result<(), Problem>,
) -> Result<(), Wrong> {
    let mut seen = Vec::new();
    while let Some(column) = words.next_column() {
        let here = |problem| (column, problem);
        let key = words.key().map_err(here)?;
        if seen.contains(&key) {
            return Err(here(Problem::Twice(key.to_owned())));
        }
        seen.push(key);
        let value = words.value().map_err(here)?;
        take(key, value).map_err(here)?;
    }
    Ok(())
}

fn pair(key: &str, value: &Value, out: &mut String) {
    out.push(' ');
    out.push_str(key);
    out.push('=');
    write(value, out);
}

fn bare(value: impl ToString) -> Value {
    Value::Bare(value.to_string().into_bytes())
}

fn text(words: &mut Words<'_>) -> Result<Vec<u8>, Wrong> {
    at(words, |words| one(words.value()?))
}

fn one(value: Value) -> Result<Vec<u8>, Problem> {
    match value {
        Value::Bare(bytes) | Value::Quoted(bytes) => Ok(bytes),
        Value::List(_) => Err(Problem::Expected("a text")),
    }
}

fn number_of<T: TryFrom<i128>>(value: Value) -> Result<T, Problem> {
    number(std::str::from_utf8(&one(value)?).unwrap_or_default())
}

fn number<T: TryFrom<i128>>(text: &str) -> Result<T, Problem> {
    let number = value::plain_number(text).ok_or(Problem::NotA("number"))?;
    T::try_from(number).map_err(|_| Problem::OutOfRange("this number"))
}

fn no_key(key: &str, has: &str) -> Problem {
    Problem::NoKey(key.to_owned(), has.to_owned())
}
