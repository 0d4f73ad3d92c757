//! The running outputs, and the handle through which the engine reaches them.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use gyr_alert::{Alert, Renderer};

use crate::batch::Message;
use crate::kinds::Opener;
use crate::queue::{Limits, Queue};
use crate::trace::{Fate, Trace};
use crate::watch::{Said, Watch};
use crate::{KINDS, Problem, Settings, Stats, worker};

/// The running outputs.
#[derive(Debug)]
pub struct Outputs {
    shared: Arc<Shared>,
    watch: Watch,
}

/// What holds for all outputs.
#[derive(Clone, Debug)]
pub struct Options {
    pub renderer: Renderer,
    /// Of each output's queue.
    pub limits: Limits,
    /// An output that is busy for longer with the same alerts is stuck; at the end all have so long.
    pub timeout: Duration,
}

/// Where the engine puts alerts.
#[derive(Clone, Debug)]
pub struct Sender {
    shared: Arc<Shared>,
}

pub(crate) type Report = Arc<dyn Fn(Problem) + Send + Sync>;

/// What the engine, the outputs and their watch share.
pub(crate) struct Shared {
    channels: RwLock<Vec<Arc<Channel>>>,
    pub(crate) report: Report,
    plan: Mutex<Plan>,
    past: Mutex<Past>,
}

/// One output, as seen from outside its thread.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) name: &'static str,
    pub(crate) queue: Arc<Queue>,
    pub(crate) said: Mutex<Said>,
}

/// What the running outputs were made from.
struct Plan {
    settings: Settings,
    options: Options,
}

/// Outputs that a reload has replaced.
#[derive(Default)]
struct Past {
    /// They still let out what waits.
    leaving: Vec<Arc<Channel>>,
    gone: Vec<(&'static str, Stats)>,
}

impl Outputs {
    /// Starts each output that the settings ask for. One that does not open is reported, and drops what it gets.
    /// `report` is called from threads of the outputs, never from that of a [`Sender`].
    pub fn start(
        settings: &Settings,
        options: Options,
        report: impl Fn(Problem) + Send + Sync + 'static,
    ) -> Result<Self, Problem> {
        let plan = Plan { settings: Settings::default(), options: options.clone() };
        let shared = Arc::new(Shared {
            channels: RwLock::default(),
            report: Arc::new(report),
            plan: Mutex::new(plan),
            past: Mutex::default(),
        });
        let watch = Watch::start(Arc::clone(&shared)).map_err(Problem::NoThread)?;
        let outputs = Self { shared, watch };
        outputs.replace(settings, options);
        Ok(outputs)
    }

    pub fn sender(&self) -> Sender {
        Sender { shared: Arc::clone(&self.shared) }
    }

    /// Asks every output to close and open again what can be rotated.
    pub fn reopen(&self) {
        for channel in self.shared.channels().iter() {
            channel.queue.reopen();
        }
    }

    /// For a reload: outputs whose settings are the same go on, others are started, and those that are no longer wanted
    /// have [`Options::timeout`] to let out what waits in them. Senders go on all the while.
    pub fn replace(&self, settings: &Settings, options: Options) {
        let shared = &*self.shared;
        let mut plan = lock(&shared.plan);
        let limits = options.limits;
        let timeout = options.timeout;
        let kept = kept(&plan, settings, &options, &shared.channels());
        let mut channels = Vec::new();
        for (name, open) in wanted(settings) {
            let same = kept.iter().find(|channel| channel.name == name).cloned();
            let fresh = || Channel::start(name, open, limits, &options.renderer, &shared.report);
            channels.push(same.unwrap_or_else(fresh));
        }
        *plan = Plan { settings: settings.clone(), options };
        drop(plan);

        let mut past = lock(&shared.past);
        let mut current = shared.channels.write().unwrap_or_else(PoisonError::into_inner);
        let mut leaving = std::mem::replace(&mut *current, channels);
        leaving.retain(|old| !current.iter().any(|channel| Arc::ptr_eq(old, channel)));
        drop(current);
        past.leaving.extend(leaving.iter().cloned());
        drop(past);
        shared.retire(&leaving, timeout);
    }

    /// What each output has seen, under its name, with its predecessors before a reload.
    pub fn stats(&self) -> Vec<(&'static str, Stats)> {
        self.shared.stats()
    }

    /// Lets the waiting alerts out and ends. What is not out after [`Options::timeout`] is thrown away and reported; with
    /// [`crate::Overflow::Wait`] that is for each batch, so that a slow reader of a long replay loses nothing.
    pub fn stop(self) -> Vec<(&'static str, Stats)> {
        let timeout = self.shared.timeout();
        let channels = self.shared.channels().clone();
        self.shared.retire(&channels, timeout);
        self.watch.stop();
        self.shared.stats()
    }
}

impl Sender {
    /// Hands the alert to every output. One whose queue is full loses it, or, if the limits say so, is waited for.
    pub fn send(&self, alert: Alert) {
        self.push(&Arc::new(Message::new(alert, None)));
    }

    /// The same, and `trace` hears from each output what became of it. Returns their names.
    pub fn send_traced(&self, alert: Alert, trace: Trace) -> Vec<&'static str> {
        let names = self.shared.channels().iter().map(|channel| channel.name).collect();
        self.push(&Arc::new(Message::new(alert, Some(trace))));
        names
    }

    fn push(&self, message: &Arc<Message>) {
        // Held to the end: an output that leaves gets nothing after it was asked to finish.
        for channel in self.shared.channels().iter() {
            if let Err(refused) = channel.queue.push(message) {
                message.tell(channel.name, || Fate::Dropped(refused.reason().to_owned()));
            }
        }
    }

    /// As [`Outputs::stats`].
    pub fn stats(&self) -> Vec<(&'static str, Stats)> {
        self.shared.stats()
    }
}

impl Shared {
    pub(crate) fn channels(&self) -> RwLockReadGuard<'_, Vec<Arc<Channel>>> {
        self.channels.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn timeout(&self) -> Duration {
        lock(&self.plan).options.timeout
    }

    /// Ends these outputs, which all have the same time.
    fn retire(&self, leaving: &[Arc<Channel>], timeout: Duration) {
        for channel in leaving {
            channel.queue.close();
        }
        let deadline = Instant::now() + timeout;
        for channel in leaving {
            let n_alerts = channel.queue.wait_finished(deadline, timeout);
            if let Some(problem) = lock(&channel.said).drops(channel, Instant::now()) {
                (self.report)(problem);
            }
            if n_alerts > 0 {
                // It hangs: its thread is left behind and ends with what it hangs in.
                (self.report)(Problem::Discarded { output: channel.name, n_alerts });
            }
        }
        let mut past = lock(&self.past);
        let Past { leaving: waiting, gone } = &mut *past;
        waiting.retain(|channel| {
            let done = leaving.iter().any(|left| Arc::ptr_eq(left, channel));
            if done {
                add(gone, channel.name, &channel.queue.stats());
            }
            !done
        });
    }

    fn stats(&self) -> Vec<(&'static str, Stats)> {
        let past = lock(&self.past);
        let mut stats = Vec::new();
        let channels = self.channels();
        for channel in channels.iter().chain(&past.leaving) {
            add(&mut stats, channel.name, &channel.queue.stats());
        }
        for (name, gone) in &past.gone {
            add(&mut stats, name, gone);
        }
        stats
    }
}

impl Channel {
    fn start(
        name: &'static str,
        open: Opener,
        limits: Limits,
        renderer: &Renderer,
        report: &Report,
    ) -> Arc<Self> {
        let queue = Arc::new(Queue::new(limits));
        let started =
            worker::start(name, open, Arc::clone(&queue), renderer.clone(), Arc::clone(report));
        if let Err(error) = started {
            queue.finish();
            report(Problem::NotOpened { output: name, error });
        }
        Arc::new(Self { name, queue, said: Mutex::default() })
    }
}

/// What the settings ask for, in order.
fn wanted(settings: &Settings) -> Vec<(&'static str, Opener)> {
    let mut wanted: Vec<(&'static str, Opener)> = Vec::new();
    for kind in KINDS.iter().filter(|kind| (kind.wanted)(settings)) {
        let settings = settings.clone();
        wanted.push((kind.name, Box::new(move || (kind.open)(&settings))));
    }
    for tap in &settings.taps {
        let open = Arc::clone(&tap.open);
        wanted.push((tap.name, Box::new(move || open())));
    }
    wanted
}

/// The running outputs that the new settings leave as they are; one that did not open gets another chance.
fn kept(
    plan: &Plan,
    settings: &Settings,
    options: &Options,
    running: &[Arc<Channel>],
) -> Vec<Arc<Channel>> {
    let old = &plan.options;
    let renderer = &options.renderer;
    if old.limits != options.limits
        || old.renderer.json != renderer.json
        || old.renderer.time_format != renderer.time_format
    {
        return Vec::new();
    }
    let is_same = |name| {
        KINDS.iter().any(|kind| kind.name == name && (kind.same)(&plan.settings, settings))
            || settings.taps.iter().any(|tap| tap.name == name && plan.settings.taps.contains(tap))
    };
    let goes_on = |channel: &&Arc<Channel>| is_same(channel.name) && !channel.queue.is_finished();
    running.iter().filter(goes_on).cloned().collect()
}

fn add(all: &mut Vec<(&'static str, Stats)>, name: &'static str, stats: &Stats) {
    match all.iter_mut().find(|(known, _)| *known == name) {
        Some((_, sum)) => sum.add(stats),
        None => all.push((name, *stats)),
    }
}

/// Nothing that can panic runs under these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("channels", &self.channels).finish_non_exhaustive()
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use gyr_alert::TimeFormat;

    use super::*;
    use crate::batch::tests::{alert, line, renderer};
    use crate::{Batch, Batching, Failed, Output, Overflow, Tap};

    const LONG: Duration = Duration::from_secs(60);
    const ROOMY: Limits = Limits { n_alerts: 0, bytes: 1 << 30, overflow: Overflow::Drop };

    /// Writes down what it gets; each batch needs one permit.
    struct Fake {
        lines: Arc<Mutex<Vec<String>>>,
        permits: Arc<Mutex<Receiver<()>>>,
        works: bool,
        batching: Batching,
    }

    impl Output for Fake {
        fn batching(&self) -> Batching {
            self.batching
        }

        fn send(&mut self, batch: &Batch) -> Result<(), Failed> {
            let _ = self.permits.lock().unwrap().recv();
            if !self.works {
                return Err(Failed { n_sent: batch.len() / 2, error: io::Error::other("refused") });
            }
            for line in batch.lines() {
                self.lines.lock().unwrap().push(String::from_utf8_lossy(line.text).into_owned());
            }
            Ok(())
        }
    }

    /// A way to see and to steer a fake output from outside.
    struct Control {
        tap: Tap,
        lines: Arc<Mutex<Vec<String>>>,
        permits: SyncSender<()>,
    }

    fn fake(name: &'static str, works: bool, batching: Batching) -> Control {
        let (permits, wanted) = sync_channel(100_000);
        let wanted = Arc::new(Mutex::new(wanted));
        let lines = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&lines);
        let open = Arc::new(move || {
            let (lines, permits) = (Arc::clone(&log), Arc::clone(&wanted));
            Ok(Box::new(Fake { lines, permits, works, batching }) as Box<dyn Output>)
        });
        Control { tap: Tap { name, open }, lines, permits }
    }

    impl Control {
        fn permit(&self, n: usize) {
            for _ in 0..n {
                self.permits.send(()).unwrap();
            }
        }

        fn wait_for(&self, n: usize) {
            while self.lines.lock().unwrap().len() < n {
                std::thread::yield_now();
            }
        }
    }

    fn options(limits: Limits, timeout: Duration) -> Options {
        Options { renderer: renderer(), limits, timeout }
    }

    fn taps(controls: &[&Control]) -> Settings {
        let taps = controls.iter().map(|control| control.tap.clone()).collect();
        Settings { taps, ..Settings::default() }
    }

    fn send(outputs: &Outputs, messages: &[&str]) {
        let sender = outputs.sender();
        messages.iter().for_each(|message| sender.send(alert(message)));
    }

    type Problems = Arc<Mutex<Vec<String>>>;

    fn start(controls: &[&Control], options: Options) -> (Outputs, Problems) {
        let problems = Problems::default();
        let log = Arc::clone(&problems);
        let report = move |problem: Problem| log.lock().unwrap().push(problem.to_string());
        (Outputs::start(&taps(controls), options, report).unwrap(), problems)
    }

    /// Stops; checks that every alert is accounted for; returns the counts of delivered, full, failed, discarded.
    fn stop(outputs: Outputs) -> Vec<[u64; 4]> {
        let counts = |(_, stats): (&str, Stats)| {
            assert_eq!(stats.n_waiting, 0);
            assert_eq!(stats.n_produced, stats.n_delivered + stats.n_dropped());
            [stats.n_delivered, stats.n_full, stats.n_failed, stats.n_discarded]
        };
        outputs.stop().into_iter().map(counts).collect()
    }

    #[test]
    fn what_waits_at_the_end_still_goes_out_in_order() {
        for batching in [Batching::ONE, Batching::BLOCK, Batching::BUFFERED] {
            let fake = fake("fake", true, batching);
            let (outputs, _) = start(&[&fake], options(ROOMY, LONG));
            send(&outputs, &["a", "b", "c"]);
            fake.permit(3);
            assert_eq!(stop(outputs), [[3, 0, 0, 0]]);
            assert_eq!(*fake.lines.lock().unwrap(), ["a", "b", "c"].map(line));
        }
    }

    #[test]
    fn an_output_that_hangs_delays_no_other() {
        let (dead, live) = (fake("dead", true, Batching::ONE), fake("live", true, Batching::ONE));
        let limits = Limits { n_alerts: 10, ..ROOMY };
        let (outputs, problems) = start(&[&dead, &live], options(limits, Duration::from_millis(1)));
        let sender = outputs.sender();
        live.permit(1000);
        for i in 1..=1000 {
            sender.send(alert("a"));
            live.wait_for(i);
        }
        while !problems.lock().unwrap().iter().any(|problem| problem.contains("timeout")) {
            std::thread::yield_now();
        }
        assert_eq!(stop(outputs), [[0, 990, 0, 10], [1000, 0, 0, 0]]);
        let problems = problems.lock().unwrap();
        let said = |text: &str| problems.iter().filter(|problem| problem.contains(text)).count();
        assert!(said("dead: queue is full") > 0, "{problems:?}");
        assert_eq!(said("\"dead\" output timeout"), 1, "{problems:?}");
        assert_eq!(said("\"dead\" output channel still blocked"), 1, "{problems:?}");
        assert_eq!(said("live"), 0, "{problems:?}");
    }

    #[test]
    fn a_full_queue_drops_and_counts() {
        for limits in [Limits { n_alerts: 1, ..ROOMY }, Limits { bytes: 1, ..ROOMY }] {
            let fake = fake("fake", true, Batching::ONE);
            let (outputs, problems) = start(&[&fake], options(limits, LONG));
            send(&outputs, &["a", "b", "c"]);
            fake.permit(1);
            assert_eq!(stop(outputs), [[1, 2, 0, 0]]);
            assert!(problems.lock().unwrap().iter().all(|p| p.contains("queue is full")));
        }
    }

    #[test]
    fn a_replay_waits_for_room_and_loses_nothing() {
        for batching in [Batching::ONE, Batching::BUFFERED] {
            let fake = fake("fake", true, batching);
            let limits = Limits { n_alerts: 1, overflow: Overflow::Wait, ..ROOMY };
            let (outputs, _) = start(&[&fake], options(limits, LONG));
            fake.permit(100);
            let sender = outputs.sender();
            for _ in 0..100 {
                sender.send(alert("a"));
            }
            assert_eq!(stop(outputs), [[100, 0, 0, 0]]);
        }
    }

    #[test]
    fn an_output_that_fails_is_reported_once_and_what_it_took_counts() {
        let fake = fake("fake", false, Batching::BLOCK);
        let (outputs, problems) = start(&[&fake], options(ROOMY, LONG));
        let sender = outputs.sender();
        // The first batch may hold any of these; each batch delivers the half of it, rounded down.
        for _ in 0..100 {
            sender.send(alert("a"));
        }
        fake.permit(100);
        let [delivered, 0, failed, 0] = stop(outputs)[0] else { panic!("nothing is dropped") };
        assert!(delivered + failed == 100 && failed >= 50);
        assert_eq!(problems.lock().unwrap()[0], "fake: refused");
    }

    #[test]
    fn an_output_that_does_not_open_drops_what_it_gets() {
        let open = Arc::new(|| Err(io::Error::other("no such thing")));
        let settings = Settings { taps: vec![Tap { name: "t", open }], ..Settings::default() };
        let problems = Problems::default();
        let log = Arc::clone(&problems);
        let report = move |problem: Problem| log.lock().unwrap().push(problem.to_string());
        let outputs = Outputs::start(&settings, options(ROOMY, LONG), report).unwrap();
        outputs.sender().send(alert("a"));
        assert_eq!(stop(outputs), [[0, 0, 1, 0]]);
        assert_eq!(*problems.lock().unwrap(), ["Failed to init output: t: no such thing"]);
    }

    #[test]
    fn an_output_that_panics_holds_up_nobody() {
        let open = Arc::new(|| panic!("expected by the test"));
        let settings = Settings { taps: vec![Tap { name: "t", open }], ..Settings::default() };
        let limits = Limits { n_alerts: 1, overflow: Overflow::Wait, ..ROOMY };
        let outputs = Outputs::start(&settings, options(limits, LONG), |_| {}).unwrap();
        send(&outputs, &["a", "b"]);
        let [0, 0, 2, 0] = stop(outputs)[0] else { panic!("both are dropped") };
    }

    #[test]
    fn a_reload_loses_nothing_and_leaves_alone_what_stays_the_same() {
        let (kept, old) =
            (fake("kept", true, Batching::BLOCK), fake("swapped", true, Batching::BLOCK));
        let (outputs, _) = start(&[&kept, &old], options(ROOMY, LONG));
        kept.permit(100_000);
        old.permit(100_000);
        let channel = |outputs: &Outputs| Arc::clone(&outputs.shared.channels()[0]);
        let before = channel(&outputs);
        let sender = outputs.sender();
        let feeder = std::thread::spawn(move || {
            for _ in 0..10_000 {
                sender.send(alert("a"));
            }
        });
        let mut swapped = vec![old];
        for _ in 0..100 {
            let new = fake("swapped", true, Batching::BLOCK);
            new.permit(10_000);
            outputs.replace(&taps(&[&kept, &new]), options(ROOMY, LONG));
            swapped.push(new);
        }
        feeder.join().unwrap();
        assert!(Arc::ptr_eq(&before, &channel(&outputs)));
        assert_eq!(stop(outputs), [[10_000, 0, 0, 0], [10_000, 0, 0, 0]]);
        let n_lines: usize = swapped.iter().map(|fake| fake.lines.lock().unwrap().len()).sum();
        assert_eq!(n_lines, 10_000);
    }

    #[test]
    fn an_alert_can_be_followed_to_every_output() {
        let good = fake("good", true, Batching::ONE);
        let bad = fake("bad", false, Batching::ONE);
        let full = fake("full", true, Batching::ONE);
        let limits = Limits { n_alerts: 1, ..ROOMY };
        let (outputs, _) = start(&[&good, &bad, &full], options(limits, LONG));
        good.permit(2);
        bad.permit(2);
        send(&outputs, &["a"]);
        let is_empty = |name| {
            move |stats: &[(&str, Stats)]| {
                stats.iter().any(|(of, stats)| *of == name && stats.n_waiting == 0)
            }
        };
        while !is_empty("good")(&outputs.stats()) || !is_empty("bad")(&outputs.stats()) {
            std::thread::yield_now();
        }
        let fates = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&fates);
        let trace = Trace(Arc::new(move |name, fate| told.lock().unwrap().push((name, fate))));
        let names = outputs.sender().send_traced(alert("b"), trace);
        assert_eq!(names, ["good", "bad", "full"]);
        full.permit(1);
        assert_eq!(stop(outputs), [[2, 0, 0, 0], [0, 0, 2, 0], [1, 1, 0, 0]]);
        let mut fates = std::mem::take(&mut *fates.lock().unwrap());
        fates.sort_unstable_by_key(|(name, _)| *name);
        assert_eq!(fates[0], ("bad", Fate::Dropped("refused".to_owned())));
        assert_eq!(fates[1], ("full", Fate::Dropped("its queue is full".to_owned())));
        assert!(matches!(fates[2], ("good", Fate::Delivered(_))));
        assert_eq!(fates.len(), 3);
    }

    #[test]
    fn another_format_starts_every_output_anew() {
        let fake = fake("fake", true, Batching::ONE);
        fake.permit(2);
        let (outputs, _) = start(&[&fake], options(ROOMY, LONG));
        outputs.sender().send(alert("a"));
        let mut other = options(ROOMY, LONG);
        other.renderer.time_format = TimeFormat::Iso8601;
        outputs.replace(&taps(&[&fake]), other);
        outputs.sender().send(alert("a"));
        assert_eq!(stop(outputs), [[2, 0, 0, 0]]);
        let iso = "1970-01-01T00:00:00.000000000+0000: Notice a".to_owned();
        assert_eq!(*fake.lines.lock().unwrap(), [line("a"), iso]);
    }
}
