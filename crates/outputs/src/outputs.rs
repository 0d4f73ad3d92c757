//! The worker that sends alerts, and its two handles.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use gyr_alert::{Alert, Renderer};

use crate::queue::{Limits, Pushed, Queue, Stats, Work};
use crate::watchdog::Watchdog;
use crate::{KINDS, Output, Problem, Settings};

type Report = Arc<dyn Fn(Problem) + Send + Sync>;

/// The running outputs.
pub struct Outputs {
    queue: Arc<Queue>,
    watchdog: Arc<Watchdog>,
    report: Report,
    worker: JoinHandle<()>,
}

/// Where the engine puts alerts.
#[derive(Clone)]
pub struct Sender {
    queue: Arc<Queue>,
    watchdog: Arc<Watchdog>,
    report: Report,
}

/// An output, and whether it refused the last alert.
struct Channel {
    output: Box<dyn Output>,
    failing: bool,
}

impl Outputs {
    /// Opens the outputs that the settings ask for; one that does not open is reported and left out.
    pub fn open(settings: &Settings, report: impl Fn(Problem)) -> Vec<Box<dyn Output>> {
        let mut outputs = Vec::new();
        for kind in KINDS {
            match (kind.open)(settings) {
                None => {}
                Some(Ok(output)) => outputs.push(output),
                Some(Err(error)) => report(Problem::NotOpened { output: kind.name, error }),
            }
        }
        outputs
    }

    /// Starts the worker. `report` is called from its thread and from those of senders.
    pub fn start(
        outputs: Vec<Box<dyn Output>>,
        renderer: Renderer,
        limits: Limits,
        report: impl Fn(Problem) + Send + Sync + 'static,
    ) -> Result<Self, Problem> {
        let queue = Arc::new(Queue::new(limits));
        let watchdog = Arc::new(Watchdog::new(limits.timeout));
        let report: Report = Arc::new(report);
        let channels = outputs.into_iter().map(|output| Channel { output, failing: false });
        let worker = Worker {
            queue: Arc::clone(&queue),
            watchdog: Arc::clone(&watchdog),
            channels: channels.collect(),
            renderer,
            report: Arc::clone(&report),
        };
        let worker = thread::Builder::new()
            .name("outputs".to_owned())
            .spawn(move || worker.run())
            .map_err(Problem::NoThread)?;
        Ok(Self { queue, watchdog, report, worker })
    }

    pub fn sender(&self) -> Sender {
        Sender {
            queue: Arc::clone(&self.queue),
            watchdog: Arc::clone(&self.watchdog),
            report: Arc::clone(&self.report),
        }
    }

    /// Asks every output to close and open again what can be rotated.
    pub fn reopen(&self) {
        self.queue.reopen();
    }

    pub fn stats(&self) -> Stats {
        self.queue.stats()
    }

    /// Lets the waiting alerts out and ends. What is not out after the timeout is thrown away and reported; with
    /// [`crate::Overflow::Wait`] the timeout is for each batch, so that a slow reader of a long replay loses nothing.
    pub fn stop(self) -> Stats {
        match self.queue.close() {
            0 => {
                let _ = self.worker.join(); // a panicked worker has said so itself
            }
            // The worker hangs in an output: it is left behind and goes with the process.
            n_alerts => (self.report)(Problem::Discarded { n_alerts }),
        }
        self.queue.stats()
    }
}

impl Sender {
    /// Puts the alert into the queue, or drops or waits if that is full.
    pub fn send(&self, alert: Alert) {
        self.check();
        if self.queue.push(alert) == Pushed::FirstDropped {
            (self.report)(Problem::QueueFull);
        }
    }

    /// Looks whether an output hangs; for times when there is nothing to send.
    pub fn check(&self) {
        if let Some(output) = self.watchdog.overdue() {
            (self.report)(Problem::Stuck { output });
        }
    }
}

impl std::fmt::Debug for Outputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outputs").field("queue", &self.queue).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender").field("queue", &self.queue).finish_non_exhaustive()
    }
}

struct Worker {
    queue: Arc<Queue>,
    watchdog: Arc<Watchdog>,
    channels: Vec<Channel>,
    renderer: Renderer,
    report: Report,
}

impl Worker {
    fn run(mut self) {
        let mut batch = Vec::new();
        let mut line = Vec::new();
        loop {
            match self.queue.take(&mut batch) {
                Work::Send => {
                    for alert in &batch {
                        line.clear();
                        self.renderer.render(alert, &mut line);
                        self.each(|output| output.send(alert, &line));
                    }
                    if self.queue.sent(&mut batch) {
                        self.each(|output| output.flush());
                    }
                }
                Work::Reopen => self.each(|output| output.reopen()),
                Work::Finish => break,
            }
        }
        self.each(|output| output.close());
        self.queue.finish();
    }

    fn each(&mut self, mut step: impl FnMut(&mut dyn Output) -> io::Result<()>) {
        for channel in &mut self.channels {
            self.watchdog.start(channel.output.name());
            let done = step(&mut *channel.output);
            self.watchdog.done();
            match done {
                Ok(()) => channel.failing = false,
                Err(error) => {
                    if !channel.failing {
                        (self.report)(Problem::Failed { output: channel.output.name(), error });
                    }
                    channel.failing = true;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
    use std::time::Duration;

    use gyr_alert::{Clock, Form, Piece, Priority, TimeFormat};

    use super::*;
    use crate::Overflow;

    const LONG: Duration = Duration::from_secs(60);

    /// Writes down what it gets; each alert needs one permit.
    struct Fake {
        lines: Arc<Mutex<Vec<String>>>,
        permits: Receiver<()>,
        fails: bool,
    }

    impl Output for Fake {
        fn name(&self) -> &'static str {
            "fake"
        }

        fn send(&mut self, _: &Alert, line: &[u8]) -> io::Result<()> {
            let _ = self.permits.recv();
            self.lines.lock().unwrap().push(String::from_utf8_lossy(line).into_owned());
            if self.fails { Err(io::Error::other("refused")) } else { Ok(()) }
        }
    }

    struct Case {
        outputs: Outputs,
        lines: Arc<Mutex<Vec<String>>>,
        permits: SyncSender<()>,
        problems: Arc<Mutex<Vec<String>>>,
    }

    fn start(limits: Limits, fails: bool) -> Case {
        let (permits, wanted) = sync_channel(100);
        let lines = Arc::new(Mutex::new(Vec::new()));
        let problems = Arc::new(Mutex::new(Vec::new()));
        let fake = Fake { lines: Arc::clone(&lines), permits: wanted, fails };
        let renderer = Renderer::new(Clock::utc(), TimeFormat::Local, None);
        let log = Arc::clone(&problems);
        let report = move |problem: Problem| log.lock().unwrap().push(problem.to_string());
        let outputs = Outputs::start(vec![Box::new(fake)], renderer, limits, report).unwrap();
        Case { outputs, lines, permits, problems }
    }

    fn alert(message: &str) -> Alert {
        let pieces = vec![Piece::Literal(message.to_owned())];
        let form = Form::new("r".to_owned(), Priority::Notice, "syscall".to_owned(), pieces);
        Alert { time: 0, hostname: "h".into(), form: Arc::new(form), cells: [].into() }
    }

    const ROOMY: Limits =
        Limits { n_alerts: 0, bytes: 1 << 20, overflow: Overflow::Drop, timeout: LONG };

    #[test]
    fn what_waits_at_the_end_still_goes_out_in_order() {
        let case = start(ROOMY, false);
        for message in ["a", "b", "c"] {
            case.outputs.sender().send(alert(message));
            case.permits.send(()).unwrap();
        }
        assert_eq!(case.outputs.stop(), Stats { n_sent: 3, n_dropped: 0 });
        let want = ["a", "b", "c"].map(|m| format!("00:00:00.000000000: Notice {m}"));
        assert_eq!(*case.lines.lock().unwrap(), want);
    }

    #[test]
    fn a_full_queue_drops_counts_and_says_so_once() {
        for limits in [Limits { n_alerts: 1, ..ROOMY }, Limits { bytes: 1, ..ROOMY }] {
            let case = start(limits, false);
            for message in ["a", "b", "c"] {
                case.outputs.sender().send(alert(message));
            }
            case.permits.send(()).unwrap();
            assert_eq!(case.outputs.stop(), Stats { n_sent: 1, n_dropped: 2 });
            assert_eq!(case.problems.lock().unwrap().len(), 1);
        }
    }

    #[test]
    fn a_replay_waits_for_room_and_loses_nothing() {
        let case = start(Limits { n_alerts: 1, overflow: Overflow::Wait, ..ROOMY }, false);
        for _ in 0..3 {
            case.permits.send(()).unwrap();
        }
        for message in ["a", "b", "c"] {
            case.outputs.sender().send(alert(message));
        }
        assert_eq!(case.outputs.stop(), Stats { n_sent: 3, n_dropped: 0 });
    }

    #[test]
    fn an_output_that_hangs_does_not_hold_up_the_end() {
        let case = start(Limits { timeout: Duration::from_millis(20), ..ROOMY }, false);
        case.outputs.sender().send(alert("a"));
        case.outputs.sender().send(alert("b"));
        let sender = case.outputs.sender();
        case.outputs.stop();
        sender.check();
        let problems = case.problems.lock().unwrap();
        let want = [
            "Output channels still blocked: 2 remaining notifications discarded",
            "\"fake\" output timeout, all output channels are blocked",
        ];
        assert_eq!(*problems, want);
    }

    #[test]
    fn an_output_that_keeps_failing_is_reported_once() {
        let case = start(ROOMY, true);
        for message in ["a", "b"] {
            case.outputs.sender().send(alert(message));
            case.permits.send(()).unwrap();
        }
        case.outputs.stop();
        assert_eq!(*case.problems.lock().unwrap(), ["fake: refused"]);
    }
}
