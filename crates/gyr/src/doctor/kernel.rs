//! What live capture needs of the kernel.

use std::fs;
use std::path::Path;

use gyr_probe::EntryTracepoints;
use rustix::process::{Resource, getrlimit};

use super::Finding;
use crate::cli::DoctorOptions;

/// The oldest kernel that has ring buffers for eBPF.
const OLDEST: (u32, u32) = (5, 8);
/// From here on, eBPF memory is counted by cgroup and no longer as locked memory.
const NO_MEMORY_LOCK: (u32, u32) = (5, 11);

/// The bits of capabilities in /proc/self/status (linux/capability.h), and what we need them for.
const CAPABILITIES: &[(u32, &str, &str)] = &[
    (39, "CAP_BPF", "to load eBPF programs"),
    (38, "CAP_PERFMON", "to attach them"),
    (2, "CAP_DAC_READ_SEARCH", "to read /proc of other users"),
    (19, "CAP_SYS_PTRACE", "to read links in /proc of other users"),
];
/// CAP_SYS_ADMIN stands for the first two.
const SYS_ADMIN: u32 = 21;

pub(super) fn version(_: &DoctorOptions) -> Vec<Finding> {
    let release = release();
    vec![match parse_release(&release) {
        Some(version) if version < OLDEST => Finding::fail(
            format!("kernel {release} is too old"),
            format!("live capture needs {}.{} or newer; replay works", OLDEST.0, OLDEST.1),
        ),
        Some(_) => Finding::ok(format!("kernel {release}")),
        None => Finding::warn(format!("kernel {release}: unknown form of version"), "go on"),
    }]
}

pub(super) fn btf(_: &DoctorOptions) -> Vec<Finding> {
    let path = "/sys/kernel/btf/vmlinux";
    vec![match fs::File::open(path) {
        Ok(_) => Finding::ok("the kernel describes its types (BTF)"),
        Err(error) => Finding::fail(
            format!("no BTF: {path}: {error}"),
            "use a kernel built with CONFIG_DEBUG_INFO_BTF=y, and mount sysfs",
        ),
    }]
}

pub(super) fn capabilities(_: &DoctorOptions) -> Vec<Finding> {
    let Some(effective) = effective_capabilities() else {
        return vec![Finding::warn("cannot read /proc/self/status", "mount /proc")];
    };
    let has = |bit: u32| effective & (1 << bit) != 0;
    let missing: Vec<_> = CAPABILITIES
        .iter()
        .filter(|(bit, _, _)| !(has(*bit) || *bit >= 38 && has(SYS_ADMIN)))
        .map(|(_, name, what)| format!("{name} ({what})"))
        .collect();
    if missing.is_empty() {
        return vec![Finding::ok("privileges for live capture")];
    }
    vec![Finding::fail(
        format!("missing {}", missing.join(", ")),
        "run as root, or grant these capabilities",
    )]
}

pub(super) fn lockdown(_: &DoctorOptions) -> Vec<Finding> {
    match fs::read_to_string("/sys/kernel/security/lockdown") {
        Ok(text) if text.contains("[confidentiality]") => vec![Finding::fail(
            "the kernel is locked down (confidentiality): eBPF may not read memory",
            "boot with lockdown=integrity or none",
        )],
        _ => Vec::new(),
    }
}

pub(super) fn memory_lock(_: &DoctorOptions) -> Vec<Finding> {
    if !counts_locked_memory() {
        return Vec::new();
    }
    vec![match getrlimit(Resource::Memlock).current {
        None => Finding::ok("locked memory is not limited"),
        Some(bytes) => Finding::warn(
            format!("locked memory is limited to {bytes} bytes, and this kernel counts eBPF maps"),
            "ulimit -l unlimited (systemd: LimitMEMLOCK=infinity)",
        ),
    }]
}

/// Whether the kernel counts what eBPF needs as locked memory.
pub(crate) fn counts_locked_memory() -> bool {
    parse_release(&release()).is_some_and(|version| version < NO_MEMORY_LOCK)
}

pub(super) fn tracing(_: &DoctorOptions) -> Vec<Finding> {
    vec![if EntryTracepoints::open_all().is_empty() {
        Finding::warn(
            "the start of opens and connects cannot be watched alone: all system calls pay some 20 ns more",
            "mount -t tracefs tracefs /sys/kernel/tracing, or run as root",
        )
    } else {
        Finding::ok("the start of opens and connects can be watched alone")
    }]
}

pub(super) fn pid_namespace(_: &DoctorOptions) -> Vec<Finding> {
    /// The inode of the first PID namespace (include/linux/proc_ns.h).
    const INITIAL: &str = "pid:[4026531836]";
    match fs::read_link("/proc/self/ns/pid") {
        Ok(link) if link != Path::new(INITIAL) => vec![Finding::warn(
            "not in the host's PID namespace: processes that run already stay unknown",
            "share it (docker run --pid=host, Kubernetes hostPID: true)",
        )],
        _ => Vec::new(),
    }
}

fn release() -> String {
    rustix::system::uname().release().to_string_lossy().into_owned()
}

fn parse_release(release: &str) -> Option<(u32, u32)> {
    let (major, rest) = release.split_once('.')?;
    let minor: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn effective_capabilities() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"))?;
    u64::from_str_radix(line.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_compare_as_numbers() {
        assert_eq!(parse_release("6.18.44-fc-v769"), Some((6, 18)));
        assert_eq!(parse_release("5.8-rc1"), Some((5, 8)));
        assert_eq!(parse_release("x"), None);
        assert!((5, 10) > OLDEST);
    }
}
