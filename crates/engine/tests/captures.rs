//! Captures that matches start: which events they hold, and that a replay of them gives the same alerts.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gyr_alert::{Alert, Clock, Priority, Renderer, TimeFormat};
use gyr_capture::recorder::{History, Pace};
use gyr_capture::scap::Replay;
use gyr_capture::text::TextEvents;
use gyr_capture::{Next, RecordFlags, Source};
use gyr_engine::{CaptureNotice, CaptureSettings, Control, Engine, Settings, Turn};
use gyr_event::snapshot::Snapshot;
use gyr_fields::{Fields, Session};
use gyr_rules::{Loader, Matching};
use gyr_state::{Limits, NoHost};
use jiff::tz::TimeZone;

const RULES: &str = "
- rule: opens
  desc: d
  condition: evt.type=openat and fd.name endswith shadow
  output: opens %proc.cmdline %proc.pname %fd.name
  priority: NOTICE
  capture: true
- rule: reads
  desc: d
  condition: evt.type=read
  output: reads %proc.cmdline %proc.cwd %fd.name %fd.l4proto %user.name
  priority: NOTICE
- rule: closes
  desc: d
  condition: evt.type=close
  output: closes %fd.name
  priority: NOTICE
  capture: true
  capture_duration: 1000
";

/// Opens at 1 s and 11 s what `opens` looks for.
const EVENTS: &str = "\
thread 1 ptid=0 comm=init exe=init
thread 100 ptid=1 comm=sh exe=sh args=(-c x) uid=7 cwd=/home
user 7 alice
0.1 100 openat fd=3 dirfd=AT_FDCWD name=notes flags=O_RDONLY mode=0
0.2 100 accept4 fd=4 tuple=10.0.0.2:4000->10.0.0.1:80
0.5 100 read res=1 fd=3
1.0 100 openat fd=5 dirfd=AT_FDCWD name=/etc/shadow flags=O_RDONLY mode=0
2.0 100 lseek res=0 fd=99
3.0 100 read res=1 fd=3
5.5 100 lseek res=0 fd=99
6.0 100 lseek res=0 fd=99
7.5 100 chdir res=0 path=/srv
8.0 100 lseek res=0 fd=99
8.5 100 read res=1 fd=3
9.0 100 read res=1 fd=4
11.0 100 openat fd=6 dirfd=AT_FDCWD name=shadow flags=O_RDONLY mode=0
12.0 100 read res=1 fd=6
13.0 100 lseek res=0 fd=99
";

struct Witness {
    alerts: Vec<String>,
    notices: Vec<CaptureNotice>,
}

impl Control for Witness {
    fn alert(&mut self, alert: Alert) {
        let mut line = Vec::new();
        Renderer::new(Clock::utc(), TimeFormat::Local, None).render(&alert, &mut line);
        self.alerts.push(String::from_utf8(line).unwrap());
    }

    fn capture(&mut self, notice: CaptureNotice) {
        self.notices.push(notice);
    }

    fn goes_on(&mut self, _: Turn) -> bool {
        true
    }
}

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("gyr-captures-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn settings(&self) -> CaptureSettings {
        CaptureSettings {
            prefix: self.0.join("c").display().to_string(),
            all_rules: false,
            duration: 5_000_000_000,
            max_bytes: 0,
            before: None,
            pace: Pace::Inline,
        }
    }

    /// Names of files and the times in them, in order.
    fn files(&self) -> Vec<(String, Vec<String>)> {
        let mut names: Vec<String> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names.into_iter().map(|name| (name.clone(), times(&self.0.join(name)))).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The times in seconds of the events that rules see.
fn times(path: &Path) -> Vec<String> {
    let mut replay = Replay::open(path).unwrap();
    let mut times = Vec::new();
    while let Next::Record(record) = replay.next().unwrap() {
        if record.flags != RecordFlags::STATE_ONLY {
            times.push((record.event.ts() as f64 / 1e9).to_string());
        }
    }
    times
}

fn run(source: &mut dyn Source, snapshot: Snapshot, captures: Option<CaptureSettings>) -> Witness {
    let mut loader = Loader::new([("syscall".to_owned(), Fields::default())]);
    let result = loader.load("rules", RULES);
    assert!(result.is_ok(), "{}", result.to_text());
    let ruleset = loader.ruleset(&[], Priority::Debug, Matching::First);
    let settings = Settings {
        hostname: "host".into(),
        limits: Limits::default(),
        own_pid: None,
        duration: None,
        captures,
        forget: None,
    };
    let session = Session::new("syscall", TimeZone::UTC);
    let mut engine = Engine::new(settings, session, Arc::new(ruleset)).unwrap();
    engine.load(snapshot);
    let mut witness = Witness { alerts: Vec::new(), notices: Vec::new() };
    engine.run(source, &mut NoHost, &mut witness).unwrap();
    engine.finish(&mut witness);
    witness
}

fn watch(text: &str, captures: Option<CaptureSettings>) -> Witness {
    let mut source = TextEvents::parse("events", text).unwrap();
    let snapshot = source.take_snapshot();
    run(&mut source, snapshot, captures)
}

#[test]
fn a_match_starts_a_capture_and_later_ones_of_any_rule_extend_it() {
    let folder = Folder::new("rules");
    watch(EVENTS, Some(folder.settings()));
    let file = |ts: &str, number: &str, times: &[&str]| {
        let name = format!("c_{ts:0>20}_{number:0>20}.scap");
        (name, times.iter().map(|&time| time.to_owned()).collect::<Vec<_>>())
    };
    let want = [
        file("1000000000", "4", &["1", "2", "3", "5.5", "6", "7.5", "8"]),
        file("11000000000", "13", &["11", "12", "13"]),
    ];
    assert_eq!(folder.files(), want);
}

#[test]
fn all_rules_start_captures_if_the_mode_says_so() {
    let folder = Folder::new("all");
    watch(EVENTS, Some(CaptureSettings { all_rules: true, ..folder.settings() }));
    let files = folder.files();
    assert_eq!(files.len(), 2);
    assert_eq!(files[0].1, ["0.5", "1", "2", "3", "5.5", "6", "7.5", "8"]);
    assert_eq!(files[1].1.first().unwrap(), "8.5");
}

#[test]
fn a_rule_may_say_how_long_its_captures_last() {
    let folder = Folder::new("duration");
    let events = "thread 100 ptid=1 comm=a\n1 100 close res=0 fd=3\n1.5 100 lseek res=0 fd=99\n2 100 lseek res=0 fd=99\n3 100 lseek res=0 fd=99\n";
    watch(events, Some(folder.settings()));
    assert_eq!(folder.files()[0].1, ["1", "1.5", "2"]);
}

#[test]
fn what_led_to_the_match_is_in_the_file_and_its_replay_gives_the_same_alerts() {
    let folder = Folder::new("before");
    let before = Some(History { duration: 4_000_000_000, bytes: History::MIN_BYTES });
    let live = watch(EVENTS, Some(CaptureSettings { before, ..folder.settings() }));
    let files = folder.files();
    // The first event of all is at most four seconds before the first match.
    assert_eq!(files[0].1.first().unwrap(), "0.1");
    // At 5.5 s there was a checkpoint: tables from before it, events from after it.
    assert_eq!(files[1].1, ["5.5", "6", "7.5", "8", "8.5", "9", "11", "12", "13"]);

    for (name, n) in files.iter().map(|file| &file.0).zip([3, 4]) {
        let mut replay = Replay::open(&folder.0.join(name)).unwrap();
        let snapshot = replay.take_snapshot();
        let again = run(&mut replay, snapshot, None);
        assert_eq!(again.alerts.len(), n);
        let at = live.alerts.iter().position(|alert| *alert == again.alerts[0]).unwrap();
        assert_eq!(again.alerts, live.alerts[at..at + n]);
    }
    let of_socket = "sh -c x /srv/ 10.0.0.2:4000->10.0.0.1:80 tcp alice";
    assert!(live.alerts.iter().any(|alert| alert.contains(of_socket)), "{:?}", live.alerts);
}

#[test]
fn a_file_that_cannot_be_written_is_told_once_and_alerts_go_on() {
    let folder = Folder::new("fails");
    let prefix = folder.0.join("missing/c").display().to_string();
    let witness = watch(EVENTS, Some(CaptureSettings { prefix, ..folder.settings() }));
    let failed = witness.notices.iter().filter(|n| matches!(n, CaptureNotice::Failed { .. }));
    assert_eq!(failed.count(), 2, "{:?}", witness.notices);
    assert_eq!(witness.alerts, watch(EVENTS, None).alerts);
}

#[test]
fn a_capture_of_another_machine_in_the_same_stream_is_not_mixed_in() {
    let folder = Folder::new("restart");
    let before = Some(History { duration: 4_000_000_000, bytes: History::MIN_BYTES });
    let events = format!(
        "{EVENTS}restart\nthread 1 ptid=0 comm=x\n13.1 1 lseek res=0 fd=99\n13.2 1 close res=0 fd=3\n"
    );
    watch(&events, Some(CaptureSettings { before, ..folder.settings() }));
    let files = folder.files();
    assert_eq!(files[1].1.last().unwrap(), "13");
    assert_eq!(files[2].1, ["13.1", "13.2"]);
}
