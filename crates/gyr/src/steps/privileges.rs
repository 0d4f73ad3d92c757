//! The step that gives up what the run does not need: capabilities, gaining new ones, system calls.
//!
//! It comes before the first thread is started, so that all of them have no more. Programs that alerts are given to may
//! need anything: with `program_output` nothing is given up.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use gyr_config::{Config, EngineKind};
use gyr_event::SYSCALLS;
use rustix::thread::{CapabilitySet, CapabilitySets};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

use super::{App, Flow};
use crate::doctor::counts_locked_memory;

/// Whether a run with this configuration needs it.
type Need = fn(&Config) -> bool;

/// What is kept if it was there, and when.
const CAPABILITIES: &[(CapabilitySet, Need)] = &[
    // To load eBPF programs and to attach them; a reload may load more.
    (CapabilitySet::BPF, is_live),
    (CapabilitySet::PERFMON, is_live),
    // Stands for both where a container runtime knows neither.
    (CapabilitySet::SYS_ADMIN, |config| is_live(config) && !has_bpf()),
    // To raise the limit of locked memory, by which kernels before 5.11 count maps.
    (CapabilitySet::SYS_RESOURCE, |config| is_live(config) && counts_locked_memory()),
    // To read /proc of other users: files, and links.
    (CapabilitySet::DAC_READ_SEARCH, is_live),
    (CapabilitySet::SYS_PTRACE, is_live),
    (CapabilitySet::NET_BIND_SERVICE, has_low_port),
    (CapabilitySet::DAC_OVERRIDE, writes_files_of_others),
];

/// The system calls that are left, a line for each purpose. All others fail with EPERM.
const ALLOWED: &str = "
    open openat openat2 close close_range read readv pread64 preadv write writev pwrite64 pwritev lseek fcntl ioctl
    dup dup2 dup3 pipe pipe2 flock fsync fdatasync ftruncate fallocate copy_file_range sendfile
    stat fstat lstat newfstatat statx statfs fstatfs access faccessat faccessat2 readlink readlinkat getdents64 getcwd
    rename renameat renameat2 unlink unlinkat mkdir mkdirat chmod fchmod fchmodat umask
    inotify_init1 inotify_add_watch inotify_rm_watch
    mmap munmap mremap mprotect madvise brk mincore mlock munlock memfd_create
    clone clone3 exit exit_group futex set_robust_list set_tid_address rseq sched_yield sched_getaffinity
    sched_setaffinity prctl arch_prctl membarrier getcpu gettid getpid getppid tgkill tkill kill
    rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack restart_syscall
    clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times
    timerfd_create timerfd_settime timerfd_gettime
    poll ppoll select pselect6 epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd2
    socket socketpair bind listen accept accept4 connect shutdown getsockname getpeername setsockopt getsockopt
    sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg
    getuid geteuid getgid getegid getresuid getresgid getgroups capget
    getrlimit prlimit64 getrusage uname sysinfo getrandom bpf
";

pub(super) fn reduce(app: &mut App) -> Result<Flow> {
    let config = app.config()?;
    if app.options.dry_run {
        return Ok(Flow::Next);
    }
    if config.program_output.enabled {
        app.log.info("privileges are kept, since the program of program_output may need them");
        return Ok(Flow::Next);
    }
    let kept = reduce_capabilities(config).context("cannot give up capabilities")?;
    app.log.debug(&format!("capabilities kept: {kept:?}"));
    // Sets no_new_privs, too.
    if let Err(error) = seccompiler::apply_filter_all_threads(&filter()?) {
        app.log.warning(&format!("system calls cannot be given up (seccomp): {error}"));
        rustix::thread::set_no_new_privs(true).context("cannot set no_new_privs")?;
    }
    Ok(Flow::Next)
}

/// Keeps of the capabilities what is needed.
fn reduce_capabilities(config: &Config) -> rustix::io::Result<CapabilitySet> {
    let wanted = CAPABILITIES.iter().filter(|(_, is_needed)| is_needed(config));
    let wanted = wanted.fold(CapabilitySet::empty(), |set, (capability, _)| set | *capability);
    let had = rustix::thread::capabilities(None)?;
    let kept = had.permitted & wanted;
    if had.effective.contains(CapabilitySet::SETPCAP) {
        for capability in wanted.complement().iter() {
            // The kernel has no such capability yet.
            let _ = rustix::thread::remove_capability_from_bounding_set(capability);
        }
    }
    // Where a kernel has no ambient set there is none to clear.
    let _ = rustix::thread::clear_ambient_capability_set();
    let sets =
        CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() };
    rustix::thread::set_capabilities(None, sets)?;
    Ok(kept)
}

fn filter() -> Result<BpfProgram> {
    let number = |name: &str| {
        let row = SYSCALLS.iter().find(|row| row.name == name)?;
        row.nr.map(i64::from)
    };
    let rules: BTreeMap<_, _> =
        ALLOWED.split_whitespace().filter_map(number).map(|number| (number, Vec::new())).collect();
    let denied = SeccompAction::Errno(rustix::io::Errno::PERM.raw_os_error().unsigned_abs());
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    Ok(SeccompFilter::new(rules, denied, SeccompAction::Allow, arch)?.try_into()?)
}

pub(super) fn is_live(config: &Config) -> bool {
    matches!(config.engine.kind, EngineKind::Kernel { .. })
}

fn has_bpf() -> bool {
    let both = CapabilitySet::BPF | CapabilitySet::PERFMON;
    rustix::thread::capabilities(None).is_ok_and(|sets| sets.permitted.contains(both))
}

fn has_low_port(config: &Config) -> bool {
    const FIRST_FREE: u64 = 1024;
    let of_grpc = || config.grpc.bind_address.rsplit_once(':')?.1.parse::<u64>().ok();
    (config.webserver.enabled && config.webserver.listen_port < FIRST_FREE)
        || (config.grpc.enabled && of_grpc().is_some_and(|port| port < FIRST_FREE))
}

fn writes_files_of_others(config: &Config) -> bool {
    let socket = config.grpc.bind_address.strip_prefix("unix://").unwrap_or_default();
    let files = [
        (config.file_output.enabled, &*config.file_output.filename),
        (config.metrics.enabled, &*config.metrics.output_file),
        (config.capture.enabled, &*config.capture.path_prefix),
        (config.grpc.enabled, socket),
    ];
    let mut wanted = files.iter().filter(|(is_on, path)| *is_on && !path.is_empty());
    wanted.any(|(_, path)| is_of_others(Path::new(path)))
}

/// Whether the file, or the folder that it would be in, belongs to somebody else.
fn is_of_others(path: &Path) -> bool {
    let folder = || match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.metadata(),
        _ => Path::new(".").metadata(),
    };
    let owner = path.metadata().or_else(|_| folder()).map(|meta| meta.uid());
    owner.is_ok_and(|uid| uid != rustix::process::geteuid().as_raw())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_allowed_system_call_is_known() {
        let is_known = |name: &&str| SYSCALLS.iter().any(|row| row.name == *name);
        let unknown: Vec<_> = ALLOWED.split_whitespace().filter(|name| !is_known(name)).collect();
        assert_eq!(unknown, Vec::<&str>::new());
    }

    #[test]
    fn nothing_that_gains_power_is_allowed() {
        let forbidden = [
            "execve",
            "execveat",
            "ptrace",
            "mount",
            "umount2",
            "setns",
            "unshare",
            "init_module",
            "finit_module",
            "setuid",
            "setgid",
            "chroot",
            "pivot_root",
            "kexec_load",
            "reboot",
            "process_vm_writev",
            "keyctl",
            "perf_event_open",
            "userfaultfd",
            "io_uring_setup",
        ];
        let allowed: Vec<_> = ALLOWED.split_whitespace().collect();
        assert!(forbidden.iter().all(|name| !allowed.contains(name)));
    }
}
