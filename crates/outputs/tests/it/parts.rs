//! What the tests with real parts share: alerts, outputs, and the sum that must hold.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gyr_alert::{Alert, Clock, Form, Piece, Priority, Renderer, TimeFormat};
use gyr_outputs::{FileSettings, Limits, Options, Outputs, Overflow, Settings, Stats};

/// Running outputs, and what they had to say.
pub(crate) struct Running {
    pub(crate) outputs: Outputs,
    problems: Arc<Mutex<Vec<String>>>,
}

/// What became of the alerts.
pub(crate) struct Ended {
    stats: Vec<(&'static str, Stats)>,
    pub(crate) problems: Vec<String>,
}

impl Running {
    /// Each output may hold so many alerts, and has so long at the end.
    pub(crate) fn start(settings: &Settings, n_alerts: usize, timeout: Duration) -> Self {
        let problems = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&problems);
        let report = move |problem: gyr_outputs::Problem| {
            log.lock().unwrap().push(problem.to_string());
        };
        let renderer = Renderer::new(Clock::utc(), TimeFormat::Local, None);
        let limits = Limits { n_alerts, bytes: 1 << 30, overflow: Overflow::Drop };
        let options = Options { renderer, limits, timeout };
        Self { outputs: Outputs::start(settings, options, report).unwrap(), problems }
    }

    pub(crate) fn send(&self, message: &str) {
        self.outputs.sender().send(alert(message));
    }

    pub(crate) fn stats(&self, output: &str) -> Stats {
        self.outputs.stats().into_iter().find(|(name, _)| *name == output).unwrap().1
    }

    /// Ends, and checks that every alert is accounted for.
    pub(crate) fn stop(self) -> Ended {
        let stats = self.outputs.stop();
        for (name, stats) in &stats {
            assert_eq!(stats.n_waiting, 0, "{name}");
            assert_eq!(stats.n_produced, stats.n_delivered + stats.n_dropped(), "{name}");
        }
        let problems = std::mem::take(&mut *self.problems.lock().unwrap());
        Ended { stats, problems }
    }
}

impl Ended {
    pub(crate) fn stats(&self, output: &str) -> Stats {
        self.stats.iter().find(|(name, _)| *name == output).unwrap().1
    }

    pub(crate) fn delivered(&self, output: &str) -> u64 {
        self.stats(output).n_delivered
    }

    /// Whether one of the problems holds these words.
    #[track_caller]
    pub(crate) fn check_said(&self, words: &str) {
        assert!(self.problems.iter().any(|said| said.contains(words)), "{:?}", self.problems);
    }
}

pub(crate) fn alert(message: &str) -> Alert {
    let pieces = vec![Piece::Literal(message.to_owned())];
    let form = Form::new("r".to_owned(), Priority::Warning, "syscall".to_owned(), pieces);
    Alert { time: 0, hostname: "h".into(), form: Arc::new(form), cells: [].into() }
}

pub(crate) fn file(path: &Path) -> FileSettings {
    FileSettings { path: path.to_owned(), keep_alive: true, buffered: false }
}

/// The messages of a file of whole lines.
pub(crate) fn messages(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    assert!(text.is_empty() || text.ends_with('\n'), "a torn line: {text:?}");
    let message = |line: &str| line.rsplit(' ').next().unwrap_or_default().to_owned();
    text.lines().map(message).collect()
}
