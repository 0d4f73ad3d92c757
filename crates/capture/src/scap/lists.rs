//! The lists before the first event: the machine, threads, fds, users, groups and interfaces.
//!
//! Each `fn(&mut Fields, ...) -> Read<T>` takes one entry off the front.

use gyr_event::snapshot::{
    FdEntry, FdKind, GroupEntry, Interface, L4Proto, Machine, NamedFd, ThreadEntry, UserEntry,
};

use super::fields::{Bad, Fields, Read};
use crate::thread::{Slot, THREAD_FIELDS, THREAD_TAIL};

/// No entry of a list is longer, the unknown tail of a newer version apart.
pub(crate) const ENTRY_MAX: usize = 64 << 10;
/// The kernel's own limit on process ids.
pub(crate) const THREADS_MAX: usize = 4 << 20;
/// Fds, users, groups and interfaces of a capture; far beyond what a host can have open at a time.
pub(crate) const ENTRIES_MAX: usize = 16 << 20;

/// Other readers need room for a NUL behind it.
pub(crate) const STRING_MAX: usize = 1023;
pub(crate) const ARGUMENTS_MAX: usize = 4096;
pub(crate) const USER_STRING_MAX: usize = 255;
pub(crate) const HOSTNAME_LEN: usize = 128;
/// In a reserved place of the machine's block: see [`Machine::counts_boot`].
pub(crate) const COUNTS_BOOT: u64 = u64::from_le_bytes(*b"gyr boot");

pub(crate) fn machine(body: &mut Fields<'_>) -> Read<Machine> {
    let num_cpus = body.u32()?;
    let memory_bytes = body.u64()?;
    let max_pid = body.u64()?;
    let hostname = body.take(HOSTNAME_LEN)?;
    let hostname = hostname.split(|&byte| byte == 0).next().unwrap_or_default();
    let hostname = String::from_utf8_lossy(hostname).into_owned();
    // Old files end here.
    let boot_ts = body.u64().unwrap_or(0);
    // Reserved; others write 0.
    let _flags = body.u64().unwrap_or(0);
    let counts_boot = body.u64().unwrap_or(0) == COUNTS_BOOT;
    Ok(Machine { hostname, num_cpus, memory_bytes, max_pid, boot_ts, counts_boot })
}

/// How many fields of the tail writers left out at first: the first two, and only the length of the rest tells.
const TAIL_ADDED_IN_FRONT: usize = 2;
/// The longest tail without them.
const OLD_TAIL_MAX: usize = 29;

/// One thread of a list of this version. Entries of version 9 come cut out by their length.
pub(crate) fn thread(entry: &mut Fields<'_>, version: u8) -> Read<ThreadEntry> {
    let mut thread = ThreadEntry::default();
    for field in THREAD_FIELDS.iter().filter(|field| field.since <= version) {
        entry.read_into((field.slot)(&mut thread))?;
    }
    if version >= 9 {
        let absent = if entry.left() > OLD_TAIL_MAX { 0 } else { TAIL_ADDED_IN_FRONT };
        for field in THREAD_TAIL.iter().skip(absent) {
            if entry.left() == 0 {
                break;
            }
            entry.read_into((field.slot)(&mut thread))?;
        }
    }
    Ok(thread)
}

/// A tid, and when the thread was started.
pub(crate) fn thread_times(entry: &mut Fields<'_>) -> Read<(i64, u64)> {
    Ok((entry.i64()?, entry.u64()?))
}

impl Fields<'_> {
    fn read_into(&mut self, slot: Slot<'_>) -> Read<()> {
        match slot {
            Slot::I64(value) => *value = self.i64()?,
            Slot::U32(value) => *value = self.u32()?,
            Slot::U64(value) => *value = self.u64()?,
            Slot::Bool(value) => *value = self.bool()?,
            Slot::Text(value) => *value = self.text(STRING_MAX)?,
            Slot::Texts(value) => *value = self.text(ARGUMENTS_MAX)?,
        }
        Ok(())
    }
}

/// The kinds of fds that have no more than a name.
pub(crate) const NAMED_FDS: &[(u8, NamedFd)] = &[
    (7, NamedFd::Pipe),
    (9, NamedFd::Event),
    (10, NamedFd::Unsupported),
    (11, NamedFd::Signal),
    (12, NamedFd::Eventpoll),
    (13, NamedFd::Inotify),
    (14, NamedFd::Timer),
    (15, NamedFd::Netlink),
    (17, NamedFd::Bpf),
    (18, NamedFd::Userfault),
    (19, NamedFd::IoUring),
    (20, NamedFd::Memfd),
    (21, NamedFd::Pidfd),
];

pub(crate) const L4_PROTOS: &[(u8, L4Proto)] = &[
    (0, L4Proto::Unknown),
    (1, L4Proto::None),
    (2, L4Proto::Tcp),
    (3, L4Proto::Udp),
    (4, L4Proto::Icmp),
    (5, L4Proto::Raw),
];

/// One fd of the process `tid`.
pub(crate) fn fd(entry: &mut Fields<'_>, tid: i64, sized: bool) -> Read<FdEntry> {
    let fd = entry.i64()?;
    let ino = entry.u64()?;
    let kind = entry.u8()?;
    let kind = match fd_kind(entry, kind, sized) {
        // An entry with a length can be skipped without knowing what it is.
        Err(Bad::Type(_)) if sized => {
            FdKind::Named { kind: NamedFd::Unsupported, name: Vec::new() }
        }
        kind => kind?,
    };
    Ok(FdEntry { tid, fd, ino, closes_on_exec: false, kind })
}

fn fd_kind(from: &mut Fields<'_>, kind: u8, sized: bool) -> Read<FdKind> {
    Ok(match kind {
        1 => FdKind::File { flags: 0, name: from.text(STRING_MAX)?, dev: 0 },
        2 => FdKind::Directory { name: from.text(STRING_MAX)? },
        3 => {
            let (source, dest) = (from.ipv4()?, from.ipv4()?);
            let (source, dest) = ((source, from.u16()?), (dest, from.u16()?));
            FdKind::Ipv4 { source, dest, l4proto: l4proto(from)? }
        }
        4 => {
            let (source, dest) = (from.ipv6()?, from.ipv6()?);
            let (source, dest) = ((source, from.u16()?), (dest, from.u16()?));
            FdKind::Ipv6 { source, dest, l4proto: l4proto(from)? }
        }
        5 => FdKind::Ipv4Server { local: (from.ipv4()?, from.u16()?), l4proto: l4proto(from)? },
        6 => FdKind::Ipv6Server { local: (from.ipv6()?, from.u16()?), l4proto: l4proto(from)? },
        8 => FdKind::Unix { source: from.u64()?, dest: from.u64()?, name: from.text(STRING_MAX)? },
        16 => FdKind::File {
            flags: from.u32()?,
            name: from.text(STRING_MAX)?,
            // Not all writers of sized entries knew it; a list without sizes has the next entry here.
            dev: if sized && from.left() > 0 { from.u32()? } else { 0 },
        },
        _ => {
            let named = NAMED_FDS.iter().find(|row| row.0 == kind).ok_or(Bad::Type(kind))?;
            FdKind::Named { kind: named.1, name: from.text(STRING_MAX)? }
        }
    })
}

fn l4proto(from: &mut Fields<'_>) -> Read<L4Proto> {
    let number = from.u8()?;
    Ok(L4_PROTOS.iter().find(|row| row.0 == number).map_or(L4Proto::Unknown, |row| row.1))
}

/// One address of an interface; none if only a newer version knows its type.
pub(crate) fn interface(entry: &mut Fields<'_>, sized: bool) -> Read<Option<Interface>> {
    let kind = entry.u16()?;
    let name_len = usize::from(entry.u16()?);
    if name_len > STRING_MAX {
        return Err(Bad::TooLong);
    }
    let mut interface = match kind {
        1 | 3 => Interface::V4 {
            name: Vec::new(),
            address: entry.ipv4()?,
            netmask: entry.ipv4()?,
            broadcast: entry.ipv4()?,
        },
        2 | 4 => {
            let address = entry.ipv6()?;
            let _netmask_and_broadcast = entry.take(32)?;
            Interface::V6 { name: Vec::new(), address }
        }
        _ if sized => return Ok(None),
        _ => return Err(Bad::Type(u8::try_from(kind).unwrap_or(u8::MAX))),
    };
    if kind < 3 {
        let _link_speed = entry.u64()?;
    }
    let (Interface::V4 { name, .. } | Interface::V6 { name, .. }) = &mut interface;
    *name = entry.take(name_len)?.to_vec();
    Ok(Some(interface))
}

/// A user or a group.
#[derive(Debug)]
pub(crate) enum Account {
    User(UserEntry),
    Group(GroupEntry),
}

/// One user or group; none if only a newer version knows its type.
pub(crate) fn account(entry: &mut Fields<'_>, sized: bool) -> Read<Option<Account>> {
    Ok(Some(match entry.u8()? {
        0 => Account::User(UserEntry {
            uid: entry.u32()?,
            gid: entry.u32()?,
            name: entry.text(USER_STRING_MAX)?,
            home: entry.text(USER_STRING_MAX)?,
            shell: entry.text(USER_STRING_MAX)?,
        }),
        1 => Account::Group(GroupEntry { gid: entry.u32()?, name: entry.text(USER_STRING_MAX)? }),
        _ if sized => return Ok(None),
        kind => return Err(Bad::Type(kind)),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every field of a thread differs from its default and from the others.
    fn full_thread() -> ThreadEntry {
        let mut thread = ThreadEntry::default();
        for (i, field) in (1_u8..).zip(THREAD_FIELDS.iter().chain(THREAD_TAIL)) {
            match (field.slot)(&mut thread) {
                Slot::I64(value) => *value = i64::from(i),
                Slot::U32(value) => *value = u32::from(i),
                Slot::U64(value) => *value = u64::from(i),
                Slot::Bool(value) => *value = true,
                Slot::Text(value) | Slot::Texts(value) => *value = vec![b'a' + i; 3],
            }
        }
        thread
    }

    fn bytes(slot: Slot<'_>) -> Vec<u8> {
        match slot {
            Slot::I64(value) => value.to_le_bytes().to_vec(),
            Slot::U32(value) => value.to_le_bytes().to_vec(),
            Slot::U64(value) => value.to_le_bytes().to_vec(),
            Slot::Bool(value) => vec![u8::from(*value)],
            Slot::Text(value) | Slot::Texts(value) => [&[3, 0], &value[..]].concat(),
        }
    }

    #[test]
    fn a_thread_has_the_fields_of_its_version_and_defaults_for_the_rest() {
        let expected_lens = [64, 92, 97, 118, 123, 131, 136, 144, 144];
        for (version, expected_len) in (1..=9).zip(expected_lens) {
            let mut full = full_thread();
            let mut expected = ThreadEntry::default();
            let mut entry = Vec::new();
            for field in THREAD_FIELDS.iter().filter(|field| field.since <= version) {
                let value = bytes((field.slot)(&mut full));
                Fields(&value).read_into((field.slot)(&mut expected)).unwrap();
                entry.extend(value);
            }
            assert_eq!(entry.len(), expected_len, "version {version}");
            let mut fields = Fields(&entry);
            assert_eq!(thread(&mut fields, version).unwrap(), expected, "version {version}");
            assert_eq!(fields.left(), 0);
            for len in 0..entry.len() {
                assert_eq!(thread(&mut Fields(&entry[..len]), version), Err(Bad::Short));
            }
        }
    }

    #[test]
    fn a_thread_of_version_9_may_end_after_any_field_of_its_tail() {
        let mut full = full_thread();
        let mut head = Vec::new();
        for field in THREAD_FIELDS {
            head.extend(bytes((field.slot)(&mut full)));
        }
        let tail: Vec<Vec<u8>> =
            THREAD_TAIL.iter().map(|field| bytes((field.slot)(&mut full))).collect();
        // Without the first two: loginuid, exe_writable and capabilities are the 29 bytes that once were all.
        let old = [head.clone(), tail[2..7].concat()].concat();
        let read = thread(&mut Fields(&old), 9).unwrap();
        assert_eq!((read.pidns_init_start_ts, read.tty), (0, 0));
        assert_eq!((read.loginuid, read.cap_effective), (full.loginuid, full.cap_effective));
        for n in 8..=tail.len() {
            let entry = [head.clone(), tail[..n].concat()].concat();
            let read = thread(&mut Fields(&entry), 9).unwrap();
            assert_eq!((read.tty, read.exe_upper_layer), (full.tty, true), "{n} fields");
            assert_eq!(read.pgid, if n == tail.len() { full.pgid } else { -1 }, "{n} fields");
        }
    }

    #[test]
    fn an_fd_of_an_unknown_kind_is_skipped_only_if_its_length_is_known() {
        let entry =
            [&7_i64.to_le_bytes()[..], &8_u64.to_le_bytes(), &[99], b"what follows"].concat();
        let read = fd(&mut Fields(&entry), 1, true).unwrap();
        assert_eq!(read.kind, FdKind::Named { kind: NamedFd::Unsupported, name: Vec::new() });
        assert_eq!(fd(&mut Fields(&entry), 1, false), Err(Bad::Type(99)));
    }

    #[test]
    fn strings_longer_than_the_format_allows_are_refused() {
        let group =
            |len: u16| [&[1][..], &5_u32.to_le_bytes(), &len.to_le_bytes(), &[b'x'; 300]].concat();
        assert!(account(&mut Fields(&group(255)), true).is_ok());
        assert!(matches!(account(&mut Fields(&group(256)), true), Err(Bad::TooLong)));
    }
}
