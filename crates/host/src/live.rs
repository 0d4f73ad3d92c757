//! Questions that come up while events are watched, answered from /proc within bounds.

use std::path::Path;
use std::time::{Duration, Instant};

use gyr_event::snapshot::{FdEntry, GroupEntry, ThreadEntry, UserEntry};
use gyr_state::Host;

use crate::sockets::Sockets;
use crate::{Proc, fds, process, system};

/// How long what was read once counts as the present.
const FRESH: Duration = Duration::from_secs(1);
/// The most threads and fds that are looked up in that time: a flood of unknown ones must not stall the events.
const MAX_LOOKUPS: u32 = 2000;

/// The running host.
#[derive(Debug)]
pub struct Live {
    proc: Proc,
    /// When the current second began, and what it has seen.
    since: Instant,
    lookups: u32,
    sockets: Sockets,
    users: Option<Vec<UserEntry>>,
    groups: Option<Vec<GroupEntry>>,
}

impl Live {
    /// The host whose file system is seen at `root`.
    pub fn new(root: &Path) -> Self {
        Self {
            proc: Proc::new(root),
            since: Instant::now(),
            lookups: 0,
            sockets: Sockets::default(),
            users: None,
            groups: None,
        }
    }

    /// Forgets what is no longer fresh; whether one more lookup is within bounds.
    fn may_look(&mut self) -> bool {
        if self.since.elapsed() >= FRESH {
            self.since = Instant::now();
            self.lookups = 0;
            self.sockets = Sockets::default();
            self.users = None;
            self.groups = None;
        }
        self.lookups = self.lookups.saturating_add(1);
        self.lookups <= MAX_LOOKUPS
    }
}

impl Host for Live {
    fn thread(&mut self, tid: i64) -> Option<(ThreadEntry, Vec<FdEntry>)> {
        if !self.may_look() {
            return None;
        }
        let pid = process::leader_of(&self.proc.dir, tid)?;
        let leader = self.proc.process(pid)?;
        if pid != tid {
            return Some((process::sibling(&self.proc.dir, &leader, tid)?, Vec::new()));
        }
        let fds = fds::fds(&self.proc.dir, pid, &mut self.sockets);
        Some((leader, fds))
    }

    fn has_thread(&mut self, tid: i64) -> bool {
        self.proc.dir.join(tid.to_string()).exists()
    }

    fn fd(&mut self, pid: i64, fd: i64) -> Option<FdEntry> {
        if !self.may_look() {
            return None;
        }
        fds::fd(&self.proc.dir, pid, fd, &mut self.sockets)
    }

    /// Users of containers are in files of theirs that nothing here leads to.
    fn user(&mut self, container: &[u8], uid: u32) -> Option<UserEntry> {
        self.may_look();
        if !container.is_empty() {
            return None;
        }
        let users = self.users.get_or_insert_with(|| system::users(&self.proc.root));
        users.iter().find(|user| user.uid == uid).cloned()
    }

    fn group(&mut self, container: &[u8], gid: u32) -> Option<GroupEntry> {
        self.may_look();
        if !container.is_empty() {
            return None;
        }
        let groups = self.groups.get_or_insert_with(|| system::groups(&self.proc.root));
        groups.iter().find(|group| group.gid == gid).cloned()
    }

    fn boot_ts(&self) -> u64 {
        self.proc.boot_ts
    }
}
