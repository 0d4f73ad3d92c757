//! Numbers about ourselves: as an alert and into a file every so often, and for Prometheus whenever it asks.

mod answer;
pub(crate) mod events;
mod interval;
mod prometheus;
mod resources;
pub(crate) mod sample;
mod snapshot;
mod table;

pub(crate) use interval::interval;

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use gyr_alert::Priority;
use gyr_outputs::Sender;
use gyr_serve::Hub;

use crate::desk::Desk;
use crate::log::Log;
use crate::service::ReloadCounts;
use answer::Answer;
use events::EventCounts;
use resources::Resources;
pub(crate) use resources::boot_time;
use sample::{Facts, Sample};
use table::{Group, Number};

/// Where all numbers come together.
#[derive(Debug)]
pub(crate) struct Metrics {
    desk: Arc<Desk>,
    sender: Sender,
    reloads: Arc<ReloadCounts>,
    setup: Mutex<Arc<Setup>>,
    /// What the engine said last.
    last: Mutex<Answer>,
}

/// What a reload can change.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) facts: Arc<Facts>,
    pub(crate) choice: Choice,
    pub(crate) hub: Option<Arc<Hub>>,
    pub(crate) events: Arc<EventCounts>,
}

/// Which numbers, and how.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) rules: bool,
    pub(crate) resources: bool,
    pub(crate) state: bool,
    pub(crate) kernel: bool,
    pub(crate) kernel_per_cpu: bool,
    pub(crate) libbpf: bool,
    pub(crate) convert_memory_to_mb: bool,
    pub(crate) include_empty_values: bool,
}

/// Where snapshots go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Snapshots {
    pub(crate) interval: Duration,
    pub(crate) as_alert: bool,
    pub(crate) file: Option<PathBuf>,
}

/// Takes snapshots until it is dropped.
#[derive(Debug)]
pub(crate) struct Ticker {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

/// The engine answers within milliseconds, or is stuck.
const PATIENCE: Duration = Duration::from_secs(1);

impl Metrics {
    pub(crate) fn new(
        desk: Arc<Desk>,
        sender: Sender,
        reloads: Arc<ReloadCounts>,
        setup: Setup,
    ) -> Self {
        Self { desk, sender, reloads, setup: Mutex::new(Arc::new(setup)), last: Mutex::default() }
    }

    /// After a reload.
    pub(crate) fn set_up(&self, setup: Setup) {
        *lock(&self.setup) = Arc::new(setup);
    }

    pub(crate) fn setup(&self) -> Arc<Setup> {
        Arc::clone(&lock(&self.setup))
    }

    /// For Prometheus.
    pub(crate) fn text(&self) -> String {
        let setup = self.setup();
        prometheus::render(&self.sample(&setup), &setup.choice)
    }

    fn sample(&self, setup: &Setup) -> Sample {
        Sample {
            facts: Arc::clone(&setup.facts),
            now: sample::now(),
            engine: self.ask_engine(),
            turn_age: self.desk.pulse().map(|turned_at| turned_at.elapsed()),
            reloads: self.reloads.get(),
            outputs: self.sender.stats(),
            hub: setup.hub.as_ref().map(|hub| hub.stats()),
            resources: Resources::read(),
            events: setup.events.all(),
        }
    }

    /// If no answer comes in time, the last one must do.
    fn ask_engine(&self) -> Answer {
        match self.desk.ask(PATIENCE, Answer::of) {
            Some(answer) => {
                *lock(&self.last) = answer.clone();
                answer
            }
            None => lock(&self.last).clone(),
        }
    }
}

/// Nothing that can panic runs under these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Choice {
    fn has(&self, group: Group) -> bool {
        match group {
            Group::Always => true,
            Group::Rules => self.rules,
            Group::Resources => self.resources,
            Group::State => self.state,
            Group::Kernel | Group::KernelTotals => self.kernel || self.kernel_per_cpu,
            Group::PerCpu => self.kernel_per_cpu,
            Group::Libbpf => self.libbpf,
        }
    }
}

impl Ticker {
    pub(crate) fn start(metrics: Arc<Metrics>, snapshots: Snapshots, log: Log) -> io::Result<Self> {
        let stop = Arc::new((Mutex::new(false), Condvar::new()));
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new().name("metrics".to_owned()).spawn(move || {
            let (flag, changed) = &*stopped;
            let mut before = None;
            for n_sample in 1.. {
                let flag = flag.lock().unwrap_or_else(PoisonError::into_inner);
                let waited = changed.wait_timeout_while(flag, snapshots.interval, |stop| !*stop);
                if *waited.unwrap_or_else(PoisonError::into_inner).0 {
                    return;
                }
                let setup = metrics.setup();
                let sample = metrics.sample(&setup);
                let fields = snapshot::fields(&sample, before.as_ref(), &setup.choice);
                take(&metrics.sender, &snapshots, &sample, &fields, n_sample, &log);
                before = Some(sample);
            }
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        *self.stop.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.stop.1.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a panicked thread has said so itself
        }
    }
}

fn take(
    sender: &Sender,
    snapshots: &Snapshots,
    sample: &Sample,
    fields: &[(String, Number)],
    n_sample: u64,
    log: &Log,
) {
    if snapshots.as_alert {
        sender.send(snapshot::alert(sample, fields));
    }
    let Some(path) = &snapshots.file else { return };
    let file = OpenOptions::new().append(true).create(true).open(path);
    let line = snapshot::line(fields, n_sample);
    if let Err(error) = file.and_then(|mut file| file.write_all(line.as_bytes())) {
        log.write(Priority::Error, &format!("metrics: {}: {error}", path.display()));
    }
}
