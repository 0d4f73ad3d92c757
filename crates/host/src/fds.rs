//! The open fds of a process.

use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use gyr_event::snapshot::{FdEntry, FdKind, NamedFd};
use gyr_event::{FlagTable, tables};

use crate::files::{lines, number_in_base, numbers_in, read, read_link};
use crate::sockets::Sockets;

/// The most fds read of one process.
const MAX_FDS: usize = 4096;

/// What the kernel calls files that are in no file system, each a kind of its own.
const ANONYMOUS: &[(&[u8], NamedFd)] = &[
    (b"[eventfd]", NamedFd::Event),
    (b"[eventpoll]", NamedFd::Eventpoll),
    (b"inotify", NamedFd::Inotify),
    (b"[signalfd]", NamedFd::Signal),
    (b"[timerfd]", NamedFd::Timer),
    (b"[userfaultfd]", NamedFd::Userfault),
    (b"[io_uring]", NamedFd::IoUring),
    (b"[pidfd]", NamedFd::Pidfd),
    (b"bpf-map", NamedFd::Bpf),
    (b"bpf-prog", NamedFd::Bpf),
    (b"bpf_link", NamedFd::Bpf),
    (b"bpf_iter", NamedFd::Bpf),
];

/// The kernel's open flags by their names in records.
const OPEN_FLAGS: &[(&str, u64)] = &[
    ("O_CREAT", 0o100),
    ("O_TMPFILE", 0o20_200_000),
    ("O_APPEND", 0o2000),
    ("O_DSYNC", 0o10_000),
    ("O_EXCL", 0o200),
    ("O_NONBLOCK", 0o4000),
    ("O_SYNC", 0o4_010_000),
    ("O_TRUNC", 0o1000),
    ("O_DIRECT", 0o40_000),
    ("O_DIRECTORY", 0o200_000),
    ("O_LARGEFILE", 0o100_000),
    ("O_CLOEXEC", 0o2_000_000),
];

/// The fds of a process, by ascending number.
pub(crate) fn fds(proc: &Path, pid: i64, sockets: &mut Sockets) -> Vec<FdEntry> {
    let numbers = numbers_in(&proc.join(pid.to_string()).join("fd"));
    numbers.into_iter().take(MAX_FDS).filter_map(|number| fd(proc, pid, number, sockets)).collect()
}

/// One fd of a process.
pub(crate) fn fd(proc: &Path, pid: i64, fd: i64, sockets: &mut Sockets) -> Option<FdEntry> {
    let dir = proc.join(pid.to_string());
    let link = dir.join("fd").join(fd.to_string());
    let name = read_link(&link);
    if name.is_empty() {
        return None;
    }
    let info = read(&dir.join("fdinfo").join(fd.to_string()));
    let flags = lines(&info).find_map(|line| number_in_base(line.strip_prefix(b"flags:")?, 8));
    let flags = open_flags(flags.unwrap_or(0));
    let closes_on_exec = flags & tables::file_flags.value("O_CLOEXEC") != 0;
    let (ino, kind) = match bracketed(&name) {
        Some((b"socket", ino)) => {
            (ino, sockets.kind(&dir, ino).unwrap_or_else(|| named(NamedFd::Unsupported)))
        }
        Some((b"pipe", ino)) => (ino, named(NamedFd::Pipe)),
        _ => file(&link, name, flags),
    };
    Some(FdEntry { tid: pid, fd, ino, closes_on_exec, kind })
}

/// The two parts of "kind:[number]".
fn bracketed(name: &[u8]) -> Option<(&[u8], u64)> {
    let at = name.iter().position(|byte| *byte == b':')?;
    let (kind, rest) = name.split_at_checked(at)?;
    let number = rest.strip_prefix(b":[")?.strip_suffix(b"]")?;
    Some((kind, number_in_base(number, 10)?))
}

fn file(link: &Path, name: Vec<u8>, flags: u32) -> (u64, FdKind) {
    let Ok(meta) = std::fs::metadata(link) else { return (0, named(NamedFd::Unsupported)) };
    let ino = meta.ino();
    if let Some(anonymous) = name.strip_prefix(b"anon_inode:") {
        let kind = ANONYMOUS.iter().find(|(kernel, _)| *kernel == anonymous);
        return (ino, named(kind.map_or(NamedFd::Unsupported, |(_, kind)| *kind)));
    }
    if let Some(memfd) = name.strip_prefix(b"/memfd:") {
        let memfd = memfd.strip_suffix(b" (deleted)").unwrap_or(memfd);
        return (ino, FdKind::Named { kind: NamedFd::Memfd, name: memfd.to_vec() });
    }
    if meta.is_dir() {
        return (ino, FdKind::Directory { name });
    }
    if meta.file_type().is_fifo() {
        return (ino, FdKind::Named { kind: NamedFd::Pipe, name });
    }
    let dev = u32::try_from(meta.dev()).unwrap_or(0);
    (ino, FdKind::File { flags, name, dev })
}

const fn named(kind: NamedFd) -> FdKind {
    FdKind::Named { kind, name: Vec::new() }
}

/// As the probe has it for events: any bit of a flag counts.
fn open_flags(kernel: u64) -> u32 {
    static TABLE: &FlagTable = &tables::file_flags;
    let access = match kernel & 3 {
        1 => TABLE.value("O_WRONLY"),
        2 => TABLE.value("O_RDWR"),
        _ => TABLE.value("O_RDONLY"),
    };
    let set = OPEN_FLAGS.iter().filter(|(_, bits)| kernel & bits != 0);
    set.fold(access, |flags, (name, _)| flags | TABLE.value(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_brackets_is_a_kind_and_an_inode() {
        assert_eq!(bracketed(b"socket:[12]"), Some((&b"socket"[..], 12)));
        assert_eq!(bracketed(b"/tmp/socket:[12"), None);
        assert_eq!(bracketed(b"anon_inode:[eventfd]"), None);
    }

    #[test]
    fn open_flags_are_those_of_records() {
        let value = |names: &[&str]| names.iter().fold(0, |v, n| v | tables::file_flags.value(n));
        assert_eq!(open_flags(0o100_000), value(&["O_RDONLY", "O_LARGEFILE"]));
        assert_eq!(open_flags(0o2_004_002), value(&["O_RDWR", "O_NONBLOCK", "O_CLOEXEC"]));
    }
}
