//! The tracepoints that the kernel has for the start of single calls: others pay next to nothing for them.
#![allow(unsafe_code, reason = "a system call that no crate wraps")]

use std::io::{self, Read as _};
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};

use gyr_event::Interest;
use libbpf_rs::libbpf_sys::{PERF_FLAG_FD_CLOEXEC, PERF_TYPE_TRACEPOINT, perf_event_attr};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsmount, fsopen};

use crate::layout::{ENTERED, entered};

/// Those of [`ENTERED`], opened as events by the calls' names, for a program to be attached to. Empty where they could not be.
///
/// Opened apart from the probe, so that a run can give up what it takes before it starts.
#[derive(Debug, Default)]
pub struct EntryTracepoints(pub(crate) Vec<(&'static str, OwnedFd)>);

/// Where tracefs mostly is.
const TRACEFS: &str = "/sys/kernel/tracing";

impl EntryTracepoints {
    /// Opens them if any of the calls is of interest. Takes `CAP_PERFMON`, `CAP_DAC_READ_SEARCH`, and `CAP_SYS_ADMIN` where
    /// tracefs is not mounted.
    pub fn open(interest: &Interest) -> Self {
        if entered(interest).is_empty() { Self::default() } else { Self::open_all() }
    }

    pub fn open_all() -> Self {
        let mounted = openat(CWD, TRACEFS, OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
        let mounted = mounted.map_err(io::Error::from);
        let opened = mounted.and_then(|tracefs| events(tracefs.as_fd()));
        let opened = opened.or_else(|_| events(mount()?.as_fd()));
        Self(opened.unwrap_or_default())
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A mount of tracefs in no folder, gone with the descriptor (5.2).
fn mount() -> io::Result<OwnedFd> {
    let tracefs = fsopen("tracefs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_create(tracefs.as_fd())?;
    let attributes = MountAttrFlags::MOUNT_ATTR_RDONLY | MountAttrFlags::MOUNT_ATTR_NOSUID;
    Ok(fsmount(tracefs.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attributes)?)
}

fn events(tracefs: BorrowedFd<'_>) -> io::Result<Vec<(&'static str, OwnedFd)>> {
    ENTERED.iter().map(|&call| Ok((call, open_event(number(tracefs, call)?)?))).collect()
}

/// By which the kernel knows the tracepoint.
fn number(tracefs: BorrowedFd<'_>, call: &str) -> io::Result<u64> {
    let path = format!("events/syscalls/sys_enter_{call}/id");
    let file = openat(tracefs, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let mut text = String::new();
    std::fs::File::from(file).read_to_string(&mut text)?;
    text.trim().parse().map_err(io::Error::other)
}

/// Opens a tracepoint as an event of the first CPU. A program that is attached to it runs on all of them.
fn open_event(number: u64) -> io::Result<OwnedFd> {
    let mut attributes = perf_event_attr {
        type_: PERF_TYPE_TRACEPOINT,
        size: size_of::<perf_event_attr>() as u32,
        config: number,
        ..perf_event_attr::default()
    };
    // It counts nothing; a program runs all the same.
    attributes.set_disabled(1);
    let (all, first_cpu, no_group) = (-1, 0, -1);
    // SAFETY: the attributes outlive the call and are as long as they say.
    let fd = unsafe {
        libc::syscall(
            libc::SYS_perf_event_open,
            &raw const attributes,
            all,
            first_cpu,
            no_group,
            u64::from(PERF_FLAG_FD_CLOEXEC),
        )
    };
    let fd = i32::try_from(fd).map_err(io::Error::other)?;
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has just opened it for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
