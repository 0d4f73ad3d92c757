//! Says aloud which outputs are stuck and what they drop, so that neither the engine nor an output has to.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::Problem;
use crate::outputs::{Channel, Shared};

/// The most often that drops of one output are announced.
const ANNOUNCE_EVERY: Duration = Duration::from_secs(60);

/// The thread that looks at all outputs from time to time.
pub(crate) struct Watch {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: JoinHandle<()>,
}

/// What was said about an output.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// The moment since which it is stuck.
    stuck_since: Option<Instant>,
    n_full: u64,
    drops_at: Option<Instant>,
}

impl Watch {
    pub(crate) fn start(shared: Arc<Shared>) -> std::io::Result<Self> {
        let stop = Arc::new((Mutex::new(false), Condvar::new()));
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new().name("outputs-watch".to_owned()).spawn(move || {
            let (flag, changed) = &*stopped;
            let mut done = flag.lock().unwrap_or_else(PoisonError::into_inner);
            while !*done {
                drop(done);
                let pause = look(&shared);
                done = flag.lock().unwrap_or_else(PoisonError::into_inner);
                if !*done {
                    let waited = changed.wait_timeout(done, pause);
                    done = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        })?;
        Ok(Self { stop, thread })
    }

    pub(crate) fn stop(self) {
        *self.stop.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.stop.1.notify_one();
        let _ = self.thread.join(); // a panicked thread has said so itself
    }
}

/// Looks at every output; returns how long until the next look.
fn look(shared: &Shared) -> Duration {
    let timeout = shared.timeout();
    // A report can take long, and a lock held so long would hold up the engine.
    let channels = shared.channels().clone();
    for channel in &channels {
        let mut said = channel.said.lock().unwrap_or_else(PoisonError::into_inner);
        for problem in said.news(channel, timeout, Instant::now()).into_iter().flatten() {
            (shared.report)(problem);
        }
    }
    (timeout / 4).clamp(Duration::from_millis(10), Duration::from_secs(1))
}

impl Said {
    /// What is new about the output and was not said before.
    fn news(&mut self, channel: &Channel, timeout: Duration, now: Instant) -> [Option<Problem>; 2] {
        let since = channel.queue.busy_since();
        let stuck = since.filter(|since| now.saturating_duration_since(*since) >= timeout);
        let timed_out = (stuck.is_some() && stuck != self.stuck_since)
            .then_some(Problem::TimedOut { output: channel.name });
        self.stuck_since = stuck;
        let due =
            self.drops_at.is_none_or(|at| now.saturating_duration_since(at) >= ANNOUNCE_EVERY);
        let full = due.then(|| self.drops(channel, now)).flatten();
        [timed_out, full]
    }

    /// The drops that were not said before.
    pub(crate) fn drops(&mut self, channel: &Channel, now: Instant) -> Option<Problem> {
        let n_full = channel.queue.stats().n_full;
        let n_alerts = n_full.saturating_sub(self.n_full);
        if n_alerts == 0 {
            return None;
        }
        self.n_full = n_full;
        self.drops_at = Some(now);
        Some(Problem::QueueFull { output: channel.name, n_alerts })
    }
}
