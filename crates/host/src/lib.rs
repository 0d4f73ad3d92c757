//! What the running host looks like, from /proc and a few files: the snapshot that live capture starts from.
//!
//! [`snapshot`] reads everything; [`Live`] answers what the state asks later. Both take what they may read and leave out
//! the rest: processes end while they are read, and not every file is for everyone. All sizes are bounded.
#![forbid(unsafe_code)]

mod exe;
mod fds;
mod files;
mod live;
mod process;
mod sockets;
mod system;

use std::path::{Path, PathBuf};

use gyr_event::snapshot::{Snapshot, ThreadEntry};

pub use live::Live;

/// The most threads of a snapshot.
const MAX_THREADS: usize = 262_144;

/// The host as it is now. `root` is where its file system is seen: "/", or the mount that HOST_ROOT names in a container.
pub fn snapshot(root: &Path) -> Snapshot {
    let proc = Proc::new(root);
    let mut snapshot = Snapshot {
        machine: system::machine(root),
        users: system::users(root),
        groups: system::groups(root),
        interfaces: system::interfaces(),
        ..Snapshot::default()
    };
    let mut sockets = sockets::Sockets::default();
    for pid in files::numbers_in(&proc.dir) {
        if snapshot.threads.len() >= MAX_THREADS {
            break;
        }
        let Some(leader) = proc.process(pid) else { continue };
        snapshot.fds.append(&mut fds::fds(&proc.dir, pid, &mut sockets));
        for tid in files::numbers_in(&proc.dir.join(pid.to_string()).join("task")) {
            if tid != pid {
                snapshot.threads.extend(process::sibling(&proc.dir, &leader, tid));
            }
        }
        snapshot.threads.push(leader);
    }
    snapshot
}

/// The /proc of a host.
#[derive(Clone, Debug)]
struct Proc {
    root: PathBuf,
    dir: PathBuf,
    /// Nanoseconds since the epoch.
    boot_ts: u64,
}

impl Proc {
    fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            dir: root.join("proc"),
            boot_ts: system::machine(root).boot_ts,
        }
    }

    /// A thread group's leader; `None` if there is no such process or it is the kernel's.
    fn process(&self, pid: i64) -> Option<ThreadEntry> {
        process::process(&self.root, &self.dir, pid, self.boot_ts)
    }
}
