//! The thread beside the engine's: signals, changed files, reloads, and a look whether the engine still turns.

mod files;
mod parts;
mod reload;

use std::hint::black_box;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use gyr_outputs::Outputs;

use crate::desk::Desk;
use crate::log::Log;
use crate::signals::Requests;
pub(crate) use files::Files;
pub(crate) use parts::{Around, Parts};
pub(crate) use reload::{ReloadCounts, Reloader, paths};

/// What the thread works with.
pub(crate) struct Service<'a> {
    pub(crate) log: &'a Log,
    pub(crate) outputs: &'a Outputs,
    pub(crate) desk: &'a Desk,
    pub(crate) requests: &'a Requests,
    /// None in a replay: its rules stay.
    pub(crate) reloader: Option<Reloader<'a>>,
    /// None if nobody wants files to be watched.
    pub(crate) files: Option<Files>,
}

/// How often the engine is asked for a sign of life.
const PULSE: Duration = Duration::from_secs(1);
/// For so long no file must have changed before they are read.
const QUIET: Duration = Duration::from_millis(100);
/// But who changes files all the time shall not put it off for ever.
const LONGEST: Duration = Duration::from_secs(1);

impl Service<'_> {
    /// Runs until it is asked to end.
    pub(crate) fn run(&mut self) {
        while !self.requests.has_ended() {
            self.wait();
            self.requests.wake();
            self.desk.pulse();
            give_back_memory();
            if self.requests.take_reopen() {
                self.log.info("SIGUSR1 received, reopening outputs...");
                self.outputs.reopen();
            }
            let asked = self.requests.take_reload();
            if asked && let Some(files) = &mut self.files {
                // They are about to be read, whatever has changed.
                files.have_changed();
            }
            if asked || self.files_have_changed() {
                self.reload();
            }
        }
    }

    /// For a request, for news of files, or until a sign of life is due.
    fn wait(&self) {
        let mut fds = vec![PollFd::from_borrowed_fd(self.requests.fd(), PollFlags::IN)];
        if let Some(files) = &self.files {
            fds.push(PollFd::from_borrowed_fd(files.fd(), PollFlags::IN));
        }
        wait(&mut fds, PULSE);
    }

    /// After news of files: waits until they are left alone, but not if there is something else to do.
    fn files_have_changed(&mut self) -> bool {
        let Some(files) = &mut self.files else { return false };
        if !files.take_news() {
            return false;
        }
        let since = Instant::now();
        while since.elapsed() < LONGEST && !self.requests.has_ended() {
            wait(&mut [PollFd::from_borrowed_fd(self.requests.fd(), PollFlags::IN)], QUIET);
            if !files.take_news() {
                break;
            }
        }
        files.have_changed()
    }

    fn reload(&mut self) {
        let Some(reloader) = &mut self.reloader else { return };
        let paths = reloader.reload();
        if let (Some(files), Some(paths)) = (&mut self.files, paths) {
            files.follow(paths);
        }
    }
}

/// The allocator gives back to the kernel what has been free for a second, but only looks when something this large is
/// freed; nothing of it is touched.
fn give_back_memory() {
    drop(black_box(Vec::<u8>::with_capacity(4 << 20)));
}

/// An error is as good as an event: whoever waited will look.
fn wait(fds: &mut [PollFd<'_>], time: Duration) {
    let time = Timespec::try_from(time).ok();
    let _ = poll(fds, time.as_ref());
}
