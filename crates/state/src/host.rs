//! What a live system can be asked. The implementor bounds how often and for how long.

use gyr_event::snapshot::{FdEntry, GroupEntry, ThreadEntry, UserEntry};

/// Lookups on the system that the events come from. A host that leaves a question out has no answer to it.
pub trait Host {
    /// A thread that no event has told of, with the fds of its process if it leads one.
    fn thread(&mut self, _tid: i64) -> Option<(ThreadEntry, Vec<FdEntry>)> {
        None
    }

    /// Whether the thread still exists, as far as anything tells.
    fn has_thread(&mut self, _tid: i64) -> bool {
        true
    }

    /// One fd of a process, by its number there.
    fn fd(&mut self, _pid: i64, _fd: i64) -> Option<FdEntry> {
        None
    }

    /// A user as the container (empty: the host) names it.
    fn user(&mut self, _container: &[u8], _uid: u32) -> Option<UserEntry> {
        None
    }

    /// A group as the container (empty: the host) names it.
    fn group(&mut self, _container: &[u8], _gid: u32) -> Option<GroupEntry> {
        None
    }

    /// When the system booted, in nanoseconds since the epoch; 0 if it is not running, since Falco dates no pid namespace
    /// of a capture from its boot.
    fn boot_ts(&self) -> u64 {
        0
    }
}

/// The host of a replay: nothing can be asked any more.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHost;

impl Host for NoHost {}
