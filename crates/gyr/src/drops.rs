//! Notices that the kernel loses events, and does what the configuration says.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use gyr_alert::{Alert, Form, Key, Priority, Value};
use gyr_capture::{Next, Source, SourceError, Stats};
use gyr_config::{DropAction, Drops};
use gyr_event::{EventCode, Interest, Kind};
use gyr_outputs::Sender;
use gyr_probe::{LoadError, Probe};

use crate::log::Log;
use crate::quiet::Quiet;

const SECOND: u64 = 1_000_000_000;
const RULE: &str = "Falco internal: syscall event drop";

/// The probe, looked at once a second of event time.
#[derive(Debug)]
pub(crate) struct Monitored {
    probe: Probe,
    monitor: Monitor,
    quiet: Quiet,
    sender: Sender,
    log: Log,
    hostname: Arc<str>,
    actions: Vec<DropAction>,
    /// When the last event happened.
    ts: u64,
}

impl Monitored {
    pub(crate) fn new(
        probe: Probe,
        (drops, max_consecutive_timeouts): (&Drops, u64),
        sender: Sender,
        log: Log,
        hostname: Arc<str>,
    ) -> Self {
        let monitor = Monitor::new(drops);
        let actions = drops.actions.clone();
        let quiet = Quiet::new(max_consecutive_timeouts);
        Self { probe, monitor, quiet, sender, log, hostname, actions, ts: 0 }
    }

    /// After a reload.
    pub(crate) fn set_up(&mut self, drops: &Drops, max_consecutive_timeouts: u64) {
        self.monitor.set_up(drops);
        self.actions.clone_from(&drops.actions);
        self.quiet.most = max_consecutive_timeouts;
    }

    /// What is sent now.
    pub(crate) const fn interest(&self) -> &Interest {
        self.probe.interest()
    }

    /// Sends other events from now on.
    pub(crate) fn set_interest(&mut self, interest: &Interest) -> Result<(), LoadError> {
        self.probe.set_interest(interest)
    }

    /// What the kernel counts.
    pub(crate) fn stats(&self) -> Option<gyr_probe::Stats> {
        self.probe.kernel_stats().ok()
    }

    pub(crate) const fn monitor(&self) -> &Monitor {
        &self.monitor
    }

    /// What was lost in the last second, if it is so much that something must be done.
    fn look(&mut self) -> Result<(), SourceError> {
        let Ok(stats) = self.probe.kernel_stats() else { return Ok(()) };
        let n_events = stats.sum(|cpu| cpu.attempted);
        let n_drops = stats.dropped();
        let Some(lost) = self.monitor.second(self.ts, n_events, n_drops) else { return Ok(()) };
        let message = format!("{RULE}. {} system calls dropped in last second.", lost.n_drops);
        for action in &self.actions {
            match action {
                DropAction::Log => self.log.debug(&message),
                DropAction::Alert => self.sender.send(self.alert(&message, &lost, &stats)),
                DropAction::Exit => {
                    self.log.write(Priority::Critical, &message);
                    self.log.write(Priority::Critical, "Exiting.");
                    let error = "Drop manager internal error";
                    return Err(SourceError::Live(error.into()));
                }
            }
        }
        Ok(())
    }

    fn alert(&self, message: &str, lost: &Lost, stats: &gyr_probe::Stats) -> Alert {
        let mut values = vec![
            ("ebpf_enabled".to_owned(), 1),
            ("n_evts".to_owned(), lost.n_events),
            ("n_drops".to_owned(), lost.n_drops),
            ("n_drops_buffer_total".to_owned(), stats.sum(|cpu| cpu.ring_full)),
        ];
        for group in GROUPS {
            let n = stats.lost_events.iter().filter(|(code, _)| group_of(*code) == *group);
            values.push((format!("n_drops_buffer_{group}_exit"), n.map(|(_, n)| n).sum()));
        }
        let keys = values.iter().enumerate();
        let keys = keys.map(|(index, (name, _))| Key::Cell { name: name.clone(), index }).collect();
        let form = Form::internal(RULE, Priority::Debug, message.to_owned(), keys);
        Alert {
            time: self.ts,
            hostname: Arc::clone(&self.hostname),
            form: Arc::new(form),
            // Falco gives these numbers as text.
            cells: values.iter().map(|(_, n)| Value::text(n.to_string()).into()).collect(),
        }
    }
}

impl Source for Monitored {
    fn next(&mut self) -> Result<Next<'_>, SourceError> {
        if self.monitor.is_due(self.ts) {
            self.look()?;
        }
        let next = self.probe.next()?;
        match &next {
            Next::Record(record) => {
                self.ts = record.event.ts();
                self.quiet.event();
            }
            _ if self.quiet.is_too_long(Instant::now()) => {
                self.sender.send(self.quiet.alert(self.ts, &self.hostname));
            }
            _ => {}
        }
        Ok(next)
    }

    fn stats(&self) -> Stats {
        Source::stats(&self.probe)
    }
}

/// The parts that Falco tells lost events by.
pub(crate) const GROUPS: &[&str] =
    &["clone_fork", "execve", "connect", "open", "dir_file", "other_interest", "close", "proc"];

pub(crate) fn group_of(code: EventCode) -> &'static str {
    let info = code.info();
    match info.name {
        "clone" | "clone3" | "fork" | "vfork" => "clone_fork",
        "execve" | "execveat" => "execve",
        "connect" => "connect",
        "open" | "openat" | "openat2" | "open_by_handle_at" | "creat" => "open",
        "close" => "close",
        "procexit" => "proc",
        _ if info.category.kind == Kind::FILE => "dir_file",
        _ => "other_interest",
    }
}

/// Compares seconds, and holds back when it would say too much.
#[derive(Debug)]
pub(crate) struct Monitor {
    threshold: f64,
    simulate: bool,
    bucket: Bucket,
    /// The second that is under way began here.
    since: u64,
    n_events: u64,
    n_drops: u64,
    n_occurrences: u64,
    n_actions: u64,
}

/// What happened in one second.
#[derive(Debug, PartialEq, Eq)]
struct Lost {
    n_events: u64,
    n_drops: u64,
}

impl Monitor {
    fn new(drops: &Drops) -> Self {
        let mut monitor = Self {
            threshold: 0.0,
            simulate: false,
            bucket: Bucket { rate: 0.0, most: 0.0, level: 0.0, at: 0 },
            since: 0,
            n_events: 0,
            n_drops: 0,
            n_occurrences: 0,
            n_actions: 0,
        };
        monitor.set_up(drops);
        monitor
    }

    /// Other limits; what was counted stays.
    fn set_up(&mut self, drops: &Drops) {
        self.threshold = if drops.simulate { 0.0 } else { drops.threshold };
        self.simulate = drops.simulate;
        let (rate, most) = (drops.rate, drops.max_burst);
        self.bucket = Bucket { rate, most, level: most, at: self.bucket.at };
    }

    const fn is_due(&self, ts: u64) -> bool {
        ts.saturating_sub(self.since) >= SECOND
    }

    /// Takes the counts since the start, at the end of a second.
    fn second(&mut self, ts: u64, n_events: u64, n_drops: u64) -> Option<Lost> {
        let first = self.since == 0;
        let lost = Lost {
            n_events: n_events.saturating_sub(self.n_events),
            n_drops: n_drops.saturating_sub(self.n_drops) + u64::from(self.simulate),
        };
        (self.since, self.n_events, self.n_drops) = (ts, n_events, n_drops);
        if first || lost.n_drops == 0 || lost.share() <= self.threshold {
            return None;
        }
        self.n_occurrences += 1;
        if !self.bucket.take(ts) {
            return None;
        }
        self.n_actions += 1;
        Some(lost)
    }
}

impl Lost {
    fn share(&self) -> f64 {
        self.n_drops as f64 / (self.n_events as f64).max(1.0)
    }
}

/// What Falco says about this at the end of a run; ends in a newline.
impl fmt::Display for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Syscall event drop monitoring:")?;
        writeln!(f, "   - event drop detected: {} occurrences", self.n_occurrences)?;
        writeln!(f, "   - num times actions taken: {}", self.n_actions)
    }
}

/// A token bucket on event time.
#[derive(Debug)]
struct Bucket {
    /// Tokens a second.
    rate: f64,
    most: f64,
    level: f64,
    at: u64,
}

impl Bucket {
    fn take(&mut self, ts: u64) -> bool {
        let seconds = ts.saturating_sub(self.at) as f64 / SECOND as f64;
        self.level = (self.level + seconds * self.rate).min(self.most);
        self.at = ts;
        if self.level < 1.0 {
            return false;
        }
        self.level -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drops() -> Drops {
        Drops { threshold: 0.1, actions: Vec::new(), rate: 0.5, max_burst: 1.0, simulate: false }
    }

    /// The counts at the end of each second, and whether actions are due.
    #[track_caller]
    fn check(drops: &Drops, seconds: &[(u64, u64, bool)]) -> Monitor {
        let mut monitor = Monitor::new(drops);
        for (i, (n_events, n_drops, want)) in (1..).zip(seconds) {
            let ts = i * SECOND;
            assert!(monitor.is_due(ts));
            assert_eq!(monitor.second(ts, *n_events, *n_drops).is_some(), *want, "second {i}");
        }
        monitor
    }

    #[test]
    fn actions_are_due_above_the_threshold_and_not_too_often() {
        let seconds = [
            (100, 50, false), // what was before the first second is not this run's
            (200, 60, false),
            (300, 71, true),
            (400, 90, false), // the bucket is empty
            (500, 110, true),
            (600, 110, false),
        ];
        let monitor = check(&drops(), &seconds);
        let want = "Syscall event drop monitoring:\n   - event drop detected: 3 occurrences\n   - \
                    num times actions taken: 2\n";
        assert_eq!(monitor.to_string(), want);
    }

    #[test]
    fn drops_can_be_pretended() {
        let simulate = Drops { simulate: true, rate: 1.0, ..drops() };
        check(&simulate, &[(100, 0, false), (200, 0, true), (300, 0, true)]);
    }
}
