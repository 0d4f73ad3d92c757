//! How the engine's thread tells others its numbers: only when asked, so that nothing is counted twice or copied in vain.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gyr_engine::Engine;

/// Where questions and answers meet.
#[derive(Debug, Default)]
pub(crate) struct Exchange {
    n_asked: AtomicU64,
    n_answered: AtomicU64,
    /// Whether the kernel has a part in each answer.
    is_live: AtomicBool,
    /// The question that the kernel's part is for.
    n_kernel: AtomicU64,
    answer: Mutex<Answer>,
    answered: Condvar,
}

/// The engine's numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) n_events: u64,
    /// By rule, in the order of the ruleset.
    pub(crate) matches: Vec<u64>,
    pub(crate) state: gyr_state::Stats,
    /// Only when live.
    pub(crate) kernel: Option<gyr_probe::Stats>,
    /// When the engine gave them; `None` if it never did.
    pub(crate) at: Option<Instant>,
}

impl Exchange {
    /// For the engine: whether an answer is due, and the kernel's part of it there.
    pub(crate) fn is_asked(&self) -> bool {
        let n_asked = self.n_asked.load(Ordering::Relaxed);
        n_asked != self.n_answered.load(Ordering::Relaxed)
            && (!self.is_live.load(Ordering::Relaxed)
                || n_asked == self.n_kernel.load(Ordering::Relaxed))
    }

    /// For the kernel's events: from now on the kernel has a part in each answer.
    pub(crate) fn go_live(&self) {
        self.is_live.store(true, Ordering::Relaxed);
    }

    /// For the kernel's events: tells what the kernel counts if somebody has asked.
    pub(crate) fn tell_kernel(&self, stats: impl FnOnce() -> Option<gyr_probe::Stats>) {
        let n_asked = self.n_asked.load(Ordering::Relaxed);
        if n_asked != self.n_kernel.load(Ordering::Relaxed) {
            self.lock().kernel = stats();
            self.n_kernel.store(n_asked, Ordering::Relaxed);
        }
    }

    /// For the engine: answers.
    pub(crate) fn tell(&self, engine: &Engine) {
        let n_asked = self.n_asked.load(Ordering::Relaxed);
        let mut answer = self.lock();
        answer.n_events = engine.n_events();
        answer.matches.clear();
        answer.matches.extend(engine.tally().by_rule().map(|(_, n_matches)| n_matches));
        answer.state = engine.state().stats();
        answer.at = Some(Instant::now());
        drop(answer);
        self.n_answered.store(n_asked, Ordering::Relaxed);
        self.answered.notify_all();
    }

    /// Asks, and waits for the answer; if that does not come in time, the last one must do.
    pub(crate) fn ask(&self, patience: Duration) -> Answer {
        let asked_at = Instant::now();
        self.n_asked.fetch_add(1, Ordering::Relaxed);
        let answer = self.lock();
        let waited = self.answered.wait_timeout_while(answer, patience, |answer| {
            answer.at.is_none_or(|at| at < asked_at)
        });
        waited.unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Answer> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
