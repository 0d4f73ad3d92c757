//! The queue that alerts wait in: bounded by number and by memory.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gyr_alert::Alert;

/// How much may wait, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Alerts; 0 = as many as the memory allows.
    pub n_alerts: usize,
    pub bytes: usize,
    pub overflow: Overflow,
    /// What one output may take for one alert, and all for what is left at the end.
    pub timeout: Duration,
}

/// What happens to an alert that finds the queue full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// It is dropped and counted: events do not wait.
    Drop,
    /// Its sender waits: a file does.
    Wait,
}

/// What the queue has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub n_sent: u64,
    pub n_dropped: u64,
}

/// What a sender learns about its alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    Taken,
    Dropped,
    FirstDropped,
}

/// The queue itself; both ends share it.
#[derive(Debug)]
pub(crate) struct Queue {
    limits: Limits,
    state: Mutex<State>,
    /// Something came, or the end.
    came: Condvar,
    /// Something was done, or everything.
    done: Condvar,
}

#[derive(Debug, Default)]
struct State {
    alerts: VecDeque<Alert>,
    /// Of alerts waiting and of those being sent.
    bytes: usize,
    n_sending: usize,
    closed: bool,
    finished: bool,
    reopen: bool,
    stats: Stats,
}

/// What the worker shall do next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Send what was put into the batch.
    Send,
    Reopen,
    /// Nothing is left and nothing will come.
    Finish,
}

impl Queue {
    /// The most that the worker takes at once.
    const BATCH: usize = 128;

    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, state: Mutex::default(), came: Condvar::new(), done: Condvar::new() }
    }

    pub(crate) fn push(&self, alert: Alert) -> Pushed {
        let size = alert.size();
        let mut state = self.lock();
        while self.is_full(&state, size) && !state.closed {
            if self.limits.overflow == Overflow::Drop {
                return Self::count_drop(&mut state);
            }
            state = self.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.closed {
            return Self::count_drop(&mut state);
        }
        state.bytes += size;
        state.alerts.push_back(alert);
        drop(state);
        self.came.notify_one();
        Pushed::Taken
    }

    /// Waits for work; alerts come in `batch`, which must be empty.
    pub(crate) fn take(&self, batch: &mut Vec<Alert>) -> Work {
        let mut state = self.lock();
        loop {
            if state.reopen {
                state.reopen = false;
                return Work::Reopen;
            }
            if !state.alerts.is_empty() {
                let n = state.alerts.len().min(Self::BATCH);
                batch.extend(state.alerts.drain(..n));
                state.n_sending = n;
                return Work::Send;
            }
            if state.closed {
                return Work::Finish;
            }
            state = self.came.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The worker has sent these; says whether none is waiting.
    pub(crate) fn sent(&self, batch: &mut Vec<Alert>) -> bool {
        let size: usize = batch.iter().map(Alert::size).sum();
        let mut state = self.lock();
        state.bytes -= size.min(state.bytes);
        state.stats.n_sent += batch.len() as u64;
        state.n_sending = 0;
        let idle = state.alerts.is_empty();
        drop(state);
        self.done.notify_all();
        batch.clear();
        idle
    }

    /// The worker is done.
    pub(crate) fn finish(&self) {
        self.lock().finished = true;
        self.done.notify_all();
    }

    pub(crate) fn reopen(&self) {
        self.lock().reopen = true;
        self.came.notify_one();
    }

    /// Lets nothing more in and waits for the worker to finish: for the timeout in all, or, where senders wait for room, as
    /// long as each batch is done within it. Returns how many alerts had to be thrown away.
    pub(crate) fn close(&self) -> usize {
        let timeout = self.limits.timeout;
        let mut state = self.lock();
        state.closed = true;
        self.came.notify_one();
        self.done.notify_all();
        let mut deadline = Instant::now() + timeout;
        let mut n_sent = state.stats.n_sent;
        while !state.finished {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let discarded = state.alerts.len() + state.n_sending;
                state.alerts.clear();
                return discarded;
            }
            let waited = self.done.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if self.limits.overflow == Overflow::Wait && state.stats.n_sent > n_sent {
                n_sent = state.stats.n_sent;
                deadline = Instant::now() + timeout;
            }
        }
        0
    }

    pub(crate) fn stats(&self) -> Stats {
        self.lock().stats
    }

    /// An alert larger than the whole queue still passes an empty one.
    fn is_full(&self, state: &State, size: usize) -> bool {
        let n_alerts = state.alerts.len() + state.n_sending;
        let too_many = self.limits.n_alerts > 0 && n_alerts >= self.limits.n_alerts;
        let too_large = state.bytes > 0 && state.bytes.saturating_add(size) > self.limits.bytes;
        too_many || too_large
    }

    fn count_drop(state: &mut State) -> Pushed {
        state.stats.n_dropped += 1;
        if state.stats.n_dropped == 1 { Pushed::FirstDropped } else { Pushed::Dropped }
    }

    /// No code under this lock leaves the state half changed, so that a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
