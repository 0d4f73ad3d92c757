//! How other threads reach that of the engine: they leave jobs, and it does them between two events.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gyr_engine::Engine;

use crate::drops::Monitored;

/// Where jobs wait for the engine's thread.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    /// Looked at after each event.
    has_jobs: AtomicBool,
    state: Mutex<State>,
}

/// What a job can use.
#[derive(Debug)]
pub(crate) struct Station<'a> {
    pub(crate) engine: &'a mut Engine,
    /// The kernel's events; none in a replay.
    pub(crate) kernel: Option<&'a mut Monitored>,
}

/// An engine that takes longer for one event hangs.
const STUCK: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce(&mut Station<'_>) + Send>;

#[derive(Default)]
struct State {
    /// Each with its number.
    jobs: VecDeque<(u64, Job)>,
    n_jobs: u64,
    /// Nobody will do any more jobs.
    closed: bool,
    /// When the engine was last here.
    turned_at: Option<Instant>,
}

impl Desk {
    /// For the engine: whether there is something to do.
    #[inline]
    pub(crate) fn has_jobs(&self) -> bool {
        self.has_jobs.load(Ordering::Relaxed)
    }

    /// For the engine: does what is there to do.
    pub(crate) fn work(&self, station: &mut Station<'_>) {
        loop {
            let mut state = self.lock();
            state.turned_at = Some(Instant::now());
            let Some((_, job)) = state.jobs.pop_front() else {
                self.has_jobs.store(false, Ordering::Relaxed);
                return;
            };
            drop(state);
            job(station);
        }
    }

    /// For the engine: it ends, and whoever waits goes without an answer.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        // Dropped outside the lock, since a job may hold anything.
        let jobs = std::mem::take(&mut state.jobs);
        drop(state);
        drop(jobs);
    }

    /// Has the engine do a job, and waits for its answer. `None` if the engine has ended, or did not begin within
    /// `patience`: then it never will.
    pub(crate) fn ask<T: Send + 'static>(
        &self,
        patience: Duration,
        job: impl FnOnce(&mut Station<'_>) -> T + Send + 'static,
    ) -> Option<T> {
        let (sender, answer) = sync_channel(1);
        let number = self.leave(Box::new(move |station| {
            let _ = sender.send(job(station)); // who asked may be gone
        }))?;
        if let Ok(answer) = answer.recv_timeout(patience) {
            return Some(answer);
        }
        self.lock().jobs.retain(|(waiting, _)| *waiting != number);
        // It may have begun meanwhile.
        answer.recv().ok()
    }

    /// Asks the engine for a sign of life, and says when it gave the last (if none yet, when it was first asked); `None`
    /// after the end. To be called every second or so.
    pub(crate) fn pulse(&self) -> Option<Instant> {
        let mut state = self.lock();
        if state.closed {
            return None;
        }
        self.has_jobs.store(true, Ordering::Relaxed);
        state.turned_at.get_or_insert_with(Instant::now);
        state.turned_at
    }

    /// For how long the engine has not come here though it was asked to, if that is too long.
    pub(crate) fn stuck_for(&self) -> Option<Duration> {
        self.stuck_at(Instant::now())
    }

    fn stuck_at(&self, now: Instant) -> Option<Duration> {
        let turned_at = self.pulse()?;
        Some(now.saturating_duration_since(turned_at)).filter(|time| *time >= STUCK)
    }

    fn leave(&self, job: Job) -> Option<u64> {
        let mut state = self.lock();
        if state.closed {
            return None;
        }
        state.n_jobs += 1;
        let number = state.n_jobs;
        state.jobs.push_back((number, job));
        self.has_jobs.store(true, Ordering::Relaxed);
        Some(number)
    }

    /// Jobs run outside this lock, so that a poisoned one is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { jobs, n_jobs, closed, turned_at } = self;
        f.debug_struct("State")
            .field("jobs", &jobs.len())
            .field("n_jobs", n_jobs)
            .field("closed", closed)
            .field("turned_at", turned_at)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use gyr_alert::Priority;
    use gyr_engine::Settings;
    use gyr_fields::{Fields, Session};
    use gyr_rules::{Loader, Matching};
    use jiff::tz::TimeZone;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn engine() -> Engine {
        let loader = Loader::new([("syscall".to_owned(), Fields::default())]);
        let ruleset = loader.ruleset(&[], Priority::Debug, Matching::First);
        let settings = Settings {
            hostname: "host".into(),
            limits: gyr_state::Limits::default(),
            own_pid: None,
            duration: None,
            captures: None,
            forget: None,
        };
        Engine::new(settings, Session::new("syscall", TimeZone::UTC), Arc::new(ruleset)).unwrap()
    }

    #[test]
    fn a_job_is_done_by_the_thread_of_the_engine() {
        let desk = Arc::new(Desk::default());
        let asking = Arc::clone(&desk);
        let asker = thread::spawn(move || {
            asking.ask(LONG, |station| (station.engine.n_events(), thread::current().id()))
        });
        while !desk.has_jobs() {
            thread::yield_now();
        }
        desk.work(&mut Station { engine: &mut engine(), kernel: None });
        assert_eq!(asker.join().unwrap(), Some((0, thread::current().id())));
        assert!(!desk.has_jobs());
    }

    #[test]
    fn who_waits_too_long_goes_and_takes_the_job_along() {
        let desk = Desk::default();
        let done = Arc::new(AtomicBool::new(false));
        let doing = Arc::clone(&done);
        let job = move |_: &mut Station<'_>| doing.store(true, Ordering::Relaxed);
        assert_eq!(desk.ask(Duration::from_millis(1), job), None);
        desk.work(&mut Station { engine: &mut engine(), kernel: None });
        assert!(!done.load(Ordering::Relaxed));
    }

    #[test]
    fn an_engine_that_has_ended_lets_nobody_wait() {
        let desk = Arc::new(Desk::default());
        let asking = Arc::clone(&desk);
        let asker = thread::spawn(move || asking.ask(LONG, |_| ()));
        while !desk.has_jobs() {
            thread::yield_now();
        }
        desk.close();
        assert_eq!(asker.join().unwrap(), None);
        assert_eq!(desk.ask(LONG, |_| ()), None);
        assert_eq!(desk.pulse(), None);
    }

    #[test]
    fn a_sign_of_life_is_given_when_it_is_asked_for() {
        let desk = Desk::default();
        let first = desk.pulse();
        assert!(first.is_some() && desk.has_jobs());
        assert_eq!(desk.pulse(), first);
        desk.work(&mut Station { engine: &mut engine(), kernel: None });
        assert!(desk.pulse() > first);
    }

    #[test]
    fn an_engine_that_does_not_come_is_stuck_until_it_comes() {
        let desk = Desk::default();
        let asked_at = desk.pulse().unwrap();
        assert_eq!(desk.stuck_at(asked_at + STUCK / 2), None);
        let late = asked_at + STUCK;
        assert_eq!(desk.stuck_at(late), Some(STUCK));
        desk.work(&mut Station { engine: &mut engine(), kernel: None });
        assert_eq!(desk.stuck_at(late), None);
    }
}
