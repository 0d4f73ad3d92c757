//! A second look at the system, after events have begun to be sent that were not sent before.
//!
//! What such events would have told is missing or wrong in the tables. A snapshot mends that, but it is not of one moment: what
//! an event has changed since the new events began is newer, and stays. An fd that was closed between the snapshot and now
//! stays in the table until its number is used again.

use rustc_hash::{FxHashMap, FxHashSet};

use gyr_event::snapshot::{FdEntry, Snapshot, ThreadEntry};

use crate::state::State;
use crate::thread::Image;
use crate::{Host, ThreadIdx};

/// A moment in the life of a [`State`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(u64);

impl State {
    /// Now: what changes from here on is newer than a snapshot that is taken after it.
    pub const fn mark(&mut self) -> Mark {
        Mark(self.threads.tick())
    }

    /// Corrects the tables by a snapshot that was begun after `since`.
    pub fn rescan(&mut self, snapshot: Snapshot, since: Mark, host: &mut dyn Host) {
        self.settle(host);
        let begun = self.threads.tick();
        for entry in &snapshot.threads {
            match self.threads.find(entry.tid) {
                Some(idx) => self.correct_thread(idx, entry, since),
                None if self.threads.len() < self.limits.threads => {
                    let idx = self.add_entry(entry);
                    self.threads.relate(idx);
                }
                None => self.stats.n_drops_full_threadtable += 1,
            }
        }
        let mut by_thread = FxHashMap::<i64, Vec<&FdEntry>>::default();
        for fd in &snapshot.fds {
            by_thread.entry(fd.tid).or_default().push(fd);
        }
        for entry in snapshot.threads.iter().filter(|entry| entry.tid == entry.pid) {
            if let Some(idx) = self.threads.find(entry.tid) {
                let fds = by_thread.remove(&entry.tid).unwrap_or_default();
                self.correct_fds(idx, &fds, since);
                self.guess_roles(idx, begun);
            }
        }
    }

    fn correct_thread(&mut self, idx: ThreadIdx, entry: &ThreadEntry, since: Mark) {
        let thread = self.threads.at(idx);
        if thread.stamp() > since.0 {
            return;
        }
        let is_invalid = thread.is_invalid();
        if thread.own_cwd_stamp() <= since.0 {
            let cwd = self.directory(&entry.cwd);
            let stamp = self.threads.tick();
            self.threads.at_mut(idx).set_own_cwd(cwd, stamp);
        }
        let fresh = self.image(entry);
        let image = self.threads.edit(idx);
        // The family is told by clones and exits, which are always sent.
        let known = match is_invalid {
            true => Image { reaper_tid: image.reaper_tid, ..fresh },
            false => Image {
                pid: image.pid,
                ptid: image.ptid,
                clone_ts: image.clone_ts,
                lastexec_ts: image.lastexec_ts,
                reaper_tid: image.reaper_tid,
                ..fresh
            },
        };
        *image = known;
        self.threads.relate(idx);
    }

    fn correct_fds(&mut self, idx: ThreadIdx, fds: &[&FdEntry], since: Mark) {
        let there: FxHashSet<i64> = fds.iter().map(|entry| entry.fd).collect();
        let is_old = |stamp: u64| stamp <= since.0;
        let table = &mut self.threads.at_mut(idx).fds;
        let n_gone = table.remove_if(|fd, entry| is_old(entry.stamp()) && !there.contains(&fd));
        self.stats.n_removed_fds += n_gone as u64;
        for entry in fds {
            let known = self.threads.at(idx).fds.find(entry.fd);
            if known.is_none_or(|known| is_old(known.stamp())) {
                self.add_fd_entry(idx, entry);
            }
        }
    }
}
