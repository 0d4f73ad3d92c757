//! The queue that alerts wait in before one output: bounded by number and by memory, and every alert is accounted for.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::batch::Message;
use crate::{Batching, Breaker, Stats};

/// How much may wait, for each output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Alerts; 0 = as many as the memory allows.
    pub n_alerts: usize,
    pub bytes: usize,
    pub overflow: Overflow,
}

/// What happens to an alert that finds the queue full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// It is dropped and counted: events do not wait.
    Drop,
    /// Its sender waits: a file does.
    Wait,
}

/// The queue itself; both ends share it.
#[derive(Debug)]
pub(crate) struct Queue {
    limits: Limits,
    state: Mutex<State>,
    /// Something came, or the end.
    came: Condvar,
    /// There is room again, or nothing is left.
    done: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Arc<Message>>,
    /// Of alerts waiting and of those being sent.
    bytes: usize,
    n_sending: usize,
    /// Since when the output is at the same alerts (or opening, or closing).
    busy_since: Option<Instant>,
    life: Life,
    reopen: bool,
    /// So many alerts wake the worker; 0 if it is awake.
    wake_at: usize,
    breaker: OptionalBreaker,
    /// Somebody found no room: the worker shall not wait for company.
    hurry: bool,
    n_sleeping_senders: usize,
    stats: Stats,
}

/// Without a form to print.
#[derive(Default)]
struct OptionalBreaker(Option<Breaker>);

/// What the queue still does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Life {
    #[default]
    Open,
    /// Nothing comes in; what is in shall go out.
    Closing,
    /// The worker has ended.
    Finished,
    /// Nobody waits for the worker any more; what it still does does not count.
    Abandoned,
}

/// Why a message was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Full,
    Ending,
    NotOpen,
}

impl Refused {
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Full => "its queue is full",
            Self::Ending => "it is about to end",
            Self::NotOpen => "it could not be opened; the log says why",
        }
    }
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
    pub(crate) fn new(limits: Limits) -> Self {
        let state = State { busy_since: Some(Instant::now()), ..State::default() };
        Self { limits, state: Mutex::new(state), came: Condvar::new(), done: Condvar::new() }
    }

    /// Puts the message in; if there is no room, drops it or waits.
    pub(crate) fn push(&self, message: &Arc<Message>) -> Result<(), Refused> {
        let size = message.size();
        let mut state = self.lock();
        state.stats.n_produced += 1;
        while self.is_full(&state, size) && state.life == Life::Open {
            state.hurry = true;
            if std::mem::take(&mut state.wake_at) > 0 {
                self.came.notify_one();
            }
            if self.limits.overflow == Overflow::Drop {
                state.stats.n_full += 1;
                return Err(Refused::Full);
            }
            state.n_sleeping_senders += 1;
            state = self.done.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.n_sleeping_senders -= 1;
        }
        match state.life {
            Life::Open => {}
            Life::Closing | Life::Abandoned => {
                state.stats.n_discarded += 1;
                return Err(Refused::Ending);
            }
            Life::Finished => {
                state.stats.n_failed += 1;
                return Err(Refused::NotOpen);
            }
        }
        state.bytes += size;
        state.waiting.push_back(Arc::clone(message));
        // A wake-up is a system call: only for a worker that sleeps.
        let wake = state.wake_at > 0 && state.waiting.len() >= state.wake_at;
        if wake {
            state.wake_at = 0;
        }
        drop(state);
        if wake {
            self.came.notify_one();
        }
        Ok(())
    }

    /// Waits for work; what is to be sent comes in `messages`, which must be empty.
    pub(crate) fn take(&self, messages: &mut Vec<Arc<Message>>, batching: Batching) -> Work {
        let mut state = self.lock();
        state.busy_since = None;
        let most = batching.n_alerts.max(1);
        loop {
            let n = state.waiting.len().min(most);
            let patience = match state.waiting.front() {
                Some(first) => batching.linger.saturating_sub(first.made.elapsed()),
                None => Duration::ZERO,
            };
            let at_once = n == most || state.life != Life::Open || state.hurry;
            let work = if std::mem::take(&mut state.reopen) {
                Some(Work::Reopen)
            } else if n > 0 && (at_once || patience.is_zero()) {
                messages.extend(state.waiting.drain(..n));
                state.n_sending = n;
                state.hurry = false;
                Some(Work::Send)
            } else if n == 0 && state.life != Life::Open {
                Some(Work::Finish)
            } else {
                None
            };
            if let Some(work) = work {
                state.busy_since = Some(Instant::now());
                return work;
            }
            state.wake_at = if n == 0 { 1 } else { most };
            state = if n == 0 {
                self.came.wait(state).unwrap_or_else(PoisonError::into_inner)
            } else {
                let waited = self.came.wait_timeout(state, patience);
                waited.unwrap_or_else(PoisonError::into_inner).0
            };
            state.wake_at = 0;
        }
    }

    /// The worker is done with these, of which the first `n_delivered` are out.
    pub(crate) fn sent(&self, messages: &mut Vec<Arc<Message>>, n_delivered: usize) {
        let now = Instant::now();
        let size: usize = messages.iter().map(|message| message.size()).sum();
        let n_failed = messages.len().saturating_sub(n_delivered);
        let mut state = self.lock();
        if state.life != Life::Abandoned {
            state.bytes -= size.min(state.bytes);
            state.n_sending = 0;
            state.stats.n_delivered += (messages.len() - n_failed) as u64;
            state.stats.n_failed += n_failed as u64;
            for message in messages.iter().take(n_delivered) {
                state.stats.latency.count(now.saturating_duration_since(message.made));
            }
        }
        state.busy_since = None;
        let wake = state.n_sleeping_senders > 0 || state.life != Life::Open;
        drop(state);
        if wake {
            self.done.notify_all();
        }
        messages.clear();
    }

    /// The worker has ended, and takes nothing more. What waits will never be sent.
    pub(crate) fn finish(&self) {
        let mut state = self.lock();
        state.busy_since = None;
        if state.life != Life::Abandoned {
            state.stats.n_failed += state.clear() as u64;
            state.life = Life::Finished;
        }
        drop(state);
        self.done.notify_all();
    }

    /// What frees the worker from what it hangs in.
    pub(crate) fn break_with(&self, breaker: Option<Breaker>) {
        self.lock().breaker = OptionalBreaker(breaker);
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.lock().life == Life::Finished
    }

    pub(crate) fn reopen(&self) {
        self.lock().reopen = true;
        self.came.notify_one();
    }

    /// Lets nothing more in.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        if state.life == Life::Open {
            state.life = Life::Closing;
        }
        drop(state);
        self.came.notify_one();
        self.done.notify_all();
    }

    /// After [`Self::close`]: waits until the worker has ended, but not past the deadline, which is put off by
    /// `patience` each time something is sent where senders wait for room. Returns how many alerts were thrown away.
    pub(crate) fn wait_finished(&self, mut deadline: Instant, patience: Duration) -> usize {
        let mut state = self.lock();
        let mut n_delivered = state.stats.n_delivered;
        while state.life != Life::Finished {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let n_discarded = state.clear();
                state.stats.n_discarded += n_discarded as u64;
                state.life = Life::Abandoned;
                if let Some(free) = state.breaker.0.take() {
                    free();
                }
                return n_discarded;
            }
            let waited = self.done.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if self.limits.overflow == Overflow::Wait && state.stats.n_delivered > n_delivered {
                n_delivered = state.stats.n_delivered;
                deadline = Instant::now() + patience;
            }
        }
        0
    }

    pub(crate) fn stats(&self) -> Stats {
        let state = self.lock();
        let n_waiting = state.waiting.len() + state.n_sending;
        Stats { n_waiting, bytes_waiting: state.bytes, ..state.stats }
    }

    /// Since when the output is at the same alerts, if it is at any.
    pub(crate) fn busy_since(&self) -> Option<Instant> {
        self.lock().busy_since
    }

    /// An alert larger than the whole queue still passes an empty one.
    fn is_full(&self, state: &State, size: usize) -> bool {
        let n_alerts = state.waiting.len() + state.n_sending;
        let too_many = self.limits.n_alerts > 0 && n_alerts >= self.limits.n_alerts;
        let too_large = state.bytes > 0 && state.bytes.saturating_add(size) > self.limits.bytes;
        too_many || too_large
    }

    /// No code under this lock leaves the state half changed, so that a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for OptionalBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OptionalBreaker").field(&self.0.is_some()).finish()
    }
}

impl State {
    /// Forgets what waits and what is being sent; returns how many.
    fn clear(&mut self) -> usize {
        let n = self.waiting.len() + self.n_sending;
        self.waiting.clear();
        self.n_sending = 0;
        self.bytes = 0;
        n
    }
}
