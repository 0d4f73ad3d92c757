//! The tracepoints that the kernel has for the start of single calls: others pay next to nothing for them.

use std::io::{self, Read as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsmount, fsopen};

use crate::layout::ENTERED;

/// Their numbers, which the kernel knows them by and tracefs tells. Empty where it could not be asked.
#[derive(Clone, Debug, Default)]
pub struct EntryTracepoints(Vec<(&'static str, u64)>);

/// Where tracefs mostly is.
const TRACEFS: &str = "/sys/kernel/tracing";

impl EntryTracepoints {
    /// Asks tracefs, be it mounted or not. Takes `CAP_DAC_READ_SEARCH`, and `CAP_SYS_ADMIN` where it is not mounted.
    pub fn find() -> Self {
        let mounted = openat(CWD, TRACEFS, OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
        let found = mounted.map_or_else(|_| Vec::new(), |tracefs| numbers(tracefs.as_fd()));
        if !found.is_empty() {
            return Self(found);
        }
        Self(mount().map_or_else(|_| Vec::new(), |tracefs| numbers(tracefs.as_fd())))
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of the calls that are wanted; none if one of them has none.
    pub(crate) fn of(&self, calls: &[&'static str]) -> Option<Vec<(&'static str, u64)>> {
        let number = |call: &&'static str| self.0.iter().find(|(name, _)| name == call).copied();
        calls.iter().map(number).collect()
    }
}

/// A mount of tracefs in no folder, gone with the descriptor (5.2).
fn mount() -> io::Result<OwnedFd> {
    let tracefs = fsopen("tracefs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_create(tracefs.as_fd())?;
    let attributes = MountAttrFlags::MOUNT_ATTR_RDONLY | MountAttrFlags::MOUNT_ATTR_NOSUID;
    Ok(fsmount(tracefs.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attributes)?)
}

fn numbers(tracefs: BorrowedFd<'_>) -> Vec<(&'static str, u64)> {
    ENTERED.iter().filter_map(|&call| Some((call, number(tracefs, call).ok()?))).collect()
}

fn number(tracefs: BorrowedFd<'_>, call: &str) -> io::Result<u64> {
    let path = format!("events/syscalls/sys_enter_{call}/id");
    let file = openat(tracefs, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let mut text = String::new();
    std::fs::File::from(file).read_to_string(&mut text)?;
    text.trim().parse().map_err(io::Error::other)
}
