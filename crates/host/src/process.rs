//! One process or thread, from its folder in /proc.

use std::path::Path;

use gyr_event::{snapshot::ThreadEntry, tables};

use crate::exe;
use crate::files::{lines, number, number_in_base, read, read_link, read_up_to, words};

/// The most bytes of arguments, as in events.
const MAX_ARGS_LEN: u64 = 4096;
/// The most bytes of an environment: what events cut is read in full here.
const MAX_ENV_LEN: u64 = 64 * 1024;
/// Clock ticks per second in /proc, which is the same everywhere Linux runs.
const TICKS_PER_SECOND: u64 = 100;

/// The leader of a thread group; `None` if there is no such process or it is the kernel's.
pub(crate) fn process(root: &Path, proc: &Path, pid: i64, boot_ts: u64) -> Option<ThreadEntry> {
    let dir = proc.join(pid.to_string());
    let exepath = without_suffix(read_link(&dir.join("exe")));
    let cmdline = read_up_to(&dir.join("cmdline"), MAX_ARGS_LEN);
    if exepath.is_empty() && cmdline.is_empty() {
        return None;
    }
    let (exe, args) = split_args(&cmdline);
    let mut entry = ThreadEntry {
        tid: pid,
        exe,
        args,
        exepath,
        env: read_up_to(&dir.join("environ"), MAX_ENV_LEN),
        cgroups: cgroups(&read(&dir.join("cgroup"))),
        cwd: read_link(&dir.join("cwd")),
        root: read_link(&dir.join("root")),
        loginuid: number(&read(&dir.join("loginuid"))).unwrap_or(u32::MAX),
        fdlimit: fd_limit(&read(&dir.join("limits"))),
        ..ThreadEntry::default()
    };
    let status = Status::read(&dir)?;
    status.apply(&mut entry);
    apply_stat(&read(&dir.join("stat")), boot_ts, &mut entry);
    entry.pidns_init_start_ts = pidns_init_start(proc, &dir, &entry, boot_ts);
    exe::apply(root, &dir, &status, &mut entry);
    Some(entry)
}

/// Another thread of a group: what it shares is its leader's.
pub(crate) fn sibling(proc: &Path, leader: &ThreadEntry, tid: i64) -> Option<ThreadEntry> {
    let dir = proc.join(leader.tid.to_string()).join("task").join(tid.to_string());
    let status = Status::read(&dir)?;
    let flags =
        tables::clone_flags.value("CLONE_THREAD") | tables::clone_flags.value("CLONE_FILES");
    let mut entry = ThreadEntry { tid, flags, ..leader.clone() };
    status.apply(&mut entry);
    Some(entry)
}

/// The leader of a thread's group.
pub(crate) fn leader_of(proc: &Path, tid: i64) -> Option<i64> {
    // /proc/TID is there for every thread, listed or not.
    Status::read(&proc.join(tid.to_string()))?.number("Tgid")
}

/// The lines of a `status` file.
pub(crate) struct Status(Vec<u8>);

impl Status {
    fn read(dir: &Path) -> Option<Self> {
        let status = Self(read(&dir.join("status")));
        status.number::<i64>("Pid").map(|_| status)
    }

    /// What stands behind a name.
    pub(crate) fn line(&self, name: &str) -> &[u8] {
        let line = lines(&self.0).find_map(|line| {
            line.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b":"))
        });
        line.unwrap_or_default()
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        number(words(self.line(name)).next()?)
    }

    /// The second of real, effective, saved and file system id.
    fn effective<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        number(words(self.line(name)).nth(1)?)
    }

    /// The number in the innermost pid namespace.
    fn innermost(&self, name: &str) -> Option<i64> {
        number(words(self.line(name)).last()?)
    }

    fn caps(&self, name: &str) -> u64 {
        number_in_base(self.line(name), 16).unwrap_or(0)
    }

    pub(crate) fn effective_caps(&self) -> u64 {
        self.caps("CapEff")
    }

    fn apply(&self, entry: &mut ThreadEntry) {
        entry.comm = unescape(self.line("Name").trim_ascii());
        entry.pid = self.number("Tgid").unwrap_or(entry.tid);
        entry.ptid = self.number("PPid").unwrap_or(-1);
        entry.vtid = self.innermost("NSpid").unwrap_or(entry.tid);
        entry.vpid = self.innermost("NStgid").unwrap_or(entry.pid);
        entry.vpgid = self.innermost("NSpgid").unwrap_or(-1);
        entry.uid = self.effective("Uid").unwrap_or(u32::MAX);
        entry.gid = self.effective("Gid").unwrap_or(u32::MAX);
        entry.vmsize_kb = self.number("VmSize").unwrap_or(0);
        entry.vmrss_kb = self.number("VmRSS").unwrap_or(0);
        entry.vmswap_kb = self.number("VmSwap").unwrap_or(0);
        entry.cap_inheritable = self.caps("CapInh");
        entry.cap_permitted = self.caps("CapPrm");
        entry.cap_effective = self.effective_caps();
    }
}

/// The name of a program in `status`: a backslash and a newline are written as two characters.
fn unescape(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    let mut rest = name.iter();
    while let Some(&byte) = rest.next() {
        match (byte, rest.as_slice().first()) {
            (b'\\', Some(b'n')) => {
                rest.next();
                out.push(b'\n');
            }
            (b'\\', Some(b'\\')) => {
                rest.next();
                out.push(b'\\');
            }
            _ => out.push(byte),
        }
    }
    out
}

fn apply_stat(stat: &[u8], boot_ts: u64, entry: &mut ThreadEntry) {
    // The name in parentheses may hold anything, so fields count from behind its last parenthesis: state is the third.
    let behind = stat.iter().rposition(|byte| *byte == b')').map_or(stat.len(), |at| at + 1);
    let fields: Vec<&[u8]> = words(stat.get(behind..).unwrap_or_default()).collect();
    let field = |index: usize| fields.get(index - 3).copied().unwrap_or_default();
    entry.pgid = number(field(5)).unwrap_or(-1);
    entry.sid = number(field(6)).unwrap_or(-1);
    entry.tty = number::<i32>(field(7)).map_or(0, i32::cast_unsigned);
    entry.pfminor = number(field(10)).unwrap_or(0);
    entry.pfmajor = number(field(12)).unwrap_or(0);
    entry.clone_ts = start_ts(field(22), boot_ts);
}

/// Nanoseconds since the epoch of a start in clock ticks since boot.
fn start_ts(ticks: &[u8], boot_ts: u64) -> u64 {
    let ticks: u64 = number(ticks).unwrap_or(0);
    boot_ts.saturating_add(ticks.saturating_mul(1_000_000_000 / TICKS_PER_SECOND))
}

/// When the init of the process's pid namespace started: process 1 of the /proc that the process sees.
fn pidns_init_start(proc: &Path, dir: &Path, entry: &ThreadEntry, boot_ts: u64) -> u64 {
    let inside = entry.vpid != entry.pid;
    let init = if inside { dir.join("root/proc/1/stat") } else { proc.join("1/stat") };
    let mut started = ThreadEntry::default();
    let stat = read(&init);
    if stat.is_empty() {
        return 0;
    }
    apply_stat(&stat, boot_ts, &mut started);
    started.clone_ts
}

/// argv\[0\], and the arguments behind it each with its NUL.
fn split_args(cmdline: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let end = cmdline.iter().position(|byte| *byte == 0).unwrap_or(cmdline.len());
    let mut args = cmdline.get(end + 1..).unwrap_or_default().to_vec();
    if args.last().is_some_and(|last| *last != 0) {
        args.push(0);
    }
    (cmdline.get(..end).unwrap_or_default().to_vec(), args)
}

/// subsystem=path, each with its NUL. A hierarchy of version 2 stands for the subsystems that events tell of.
fn cgroups(text: &[u8]) -> Vec<u8> {
    let mut of_version_1 = Vec::new();
    let mut of_version_2 = None;
    for line in lines(text) {
        let mut parts = line.splitn(3, |byte| *byte == b':').skip(1);
        let (Some(subsystems), Some(path)) = (parts.next(), parts.next()) else { continue };
        if subsystems.is_empty() {
            of_version_2 = Some(path);
        } else {
            let subsystems = subsystems.split(|byte| *byte == b',');
            of_version_1.extend(subsystems.map(|subsystem| (subsystem, path)));
        }
    }
    let mut groups = of_version_1.clone();
    let names: [&[u8]; 5] = [b"cpuset", b"cpu", b"cpuacct", b"blkio", b"memory"];
    for name in names {
        if let Some(path) = of_version_2
            && !of_version_1.iter().any(|(subsystem, _)| *subsystem == name)
        {
            groups.push((if name == b"blkio" { b"io" } else { name }, path));
        }
    }
    groups.iter().flat_map(|(subsystem, path)| [*subsystem, b"=", path, b"\0"].concat()).collect()
}

/// The soft limit of open files.
fn fd_limit(limits: &[u8]) -> i64 {
    let line = lines(limits).find_map(|line| line.strip_prefix(b"Max open files"));
    line.and_then(|line| number(words(line).next()?)).unwrap_or(0)
}

/// The path of a program without what the kernel says of it if it is gone.
fn without_suffix(mut path: Vec<u8>) -> Vec<u8> {
    if let Some(bare) = path.strip_suffix(b" (deleted)") {
        path.truncate(bare.len());
    }
    // Events know what memfd_create made by its bare name.
    if path.starts_with(b"/memfd:") {
        path.remove(0);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_in_stat_may_hold_anything() {
        let mut entry = ThreadEntry::default();
        let stat = b"42 (a) b (c)) S 1 7 8 34817 42 0 10 0 3 0 0 0 0 0 20 0 1 0 250 0";
        apply_stat(stat, 1_000, &mut entry);
        assert_eq!((entry.pgid, entry.sid, entry.tty), (7, 8, 34817));
        assert_eq!((entry.pfminor, entry.pfmajor), (10, 3));
        assert_eq!(entry.clone_ts, 1_000 + 2_500_000_000);
    }

    #[test]
    fn arguments_split_behind_the_first() {
        assert_eq!(split_args(b"a\0b c\0\0"), (b"a".to_vec(), b"b c\0\0".to_vec()));
        assert_eq!(split_args(b"title of its own"), (b"title of its own".to_vec(), vec![]));
        assert_eq!(split_args(b""), (vec![], vec![]));
    }

    #[test]
    fn control_groups_of_both_versions_become_one_list() {
        assert_eq!(
            cgroups(b"2:cpu,cpuacct:/a\n1:name=systemd:/b:c\n0::/v2\n").escape_ascii().to_string(),
            "cpu=/a\\x00cpuacct=/a\\x00name=systemd=/b:c\\x00cpuset=/v2\\x00io=/v2\\x00memory=/v2\\x00"
        );
    }

    #[test]
    fn a_program_that_is_gone_keeps_its_path() {
        assert_eq!(without_suffix(b"/tmp/x (deleted)".to_vec()), b"/tmp/x");
        assert_eq!(without_suffix(b"/memfd:x (deleted)".to_vec()), b"memfd:x");
    }
}
