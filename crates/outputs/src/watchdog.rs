//! Notices an output that takes too long.
//!
//! No thread of its own: whoever puts alerts into the queue looks, and the engine does when it is idle.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What the worker is busy with.
#[derive(Debug)]
pub(crate) struct Watchdog {
    timeout: Duration,
    busy: Mutex<Option<Busy>>,
}

#[derive(Debug)]
struct Busy {
    output: &'static str,
    since: Instant,
    reported: bool,
}

impl Watchdog {
    /// `timeout` for one alert in one output; zero watches nothing.
    pub(crate) const fn new(timeout: Duration) -> Self {
        Self { timeout, busy: Mutex::new(None) }
    }

    pub(crate) fn start(&self, output: &'static str) {
        if !self.timeout.is_zero() {
            *self.lock() = Some(Busy { output, since: Instant::now(), reported: false });
        }
    }

    pub(crate) fn done(&self) {
        if !self.timeout.is_zero() {
            *self.lock() = None;
        }
    }

    /// The output that has been busy with one alert for too long; said once.
    pub(crate) fn overdue(&self) -> Option<&'static str> {
        let mut busy = self.lock();
        let busy = busy.as_mut().filter(|busy| !busy.reported)?;
        if busy.since.elapsed() < self.timeout {
            return None;
        }
        busy.reported = true;
        Some(busy.output)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Busy>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overdue_output_is_named_once() {
        let watchdog = Watchdog::new(Duration::from_nanos(1));
        assert_eq!(watchdog.overdue(), None);
        watchdog.start("file");
        while watchdog.lock().as_ref().is_some_and(|busy| busy.since.elapsed().is_zero()) {}
        assert_eq!(watchdog.overdue(), Some("file"));
        assert_eq!(watchdog.overdue(), None);
        watchdog.done();
        assert_eq!(watchdog.overdue(), None);
    }

    #[test]
    fn without_a_timeout_nothing_is_overdue() {
        let watchdog = Watchdog::new(Duration::ZERO);
        watchdog.start("file");
        assert_eq!(watchdog.overdue(), None);
    }
}
