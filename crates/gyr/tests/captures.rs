//! Captures that matches start, through the binary, and `gyr replay` of them.

mod shared;

use std::fs;
use std::path::{Path, PathBuf};

use gyr_capture::scap::{Packing, Writer};
use gyr_capture::text::TextEvents;
use gyr_capture::{Next, Record, RecordFlags, Source as _};
use gyr_event::{Event, EventCode, RecordBuilder};
use shared::{Folder, Run, gyr};

const RULES: &str = "
- rule: opens
  desc: d
  condition: evt.type=openat
  output: opens %proc.name %fd.name
  priority: NOTICE
- rule: writes
  desc: d
  condition: evt.type=write and fd.num=9
  output: writes
  priority: NOTICE
  capture: true
";

const CONF: &str = "
config_files: []
log_syslog: false
log_stderr: true
stdout_output: {enabled: true}
time_format_iso_8601: true
capture: {enabled: true, path_prefix: DIR/c, default_duration: 1000000}
";

const EVENTS: &str = "\
thread 100 ptid=1 comm=sh exe=sh cwd=/home
0.0 100 openat fd=3 dirfd=AT_FDCWD name=one flags=O_RDONLY mode=0
1.0 100 openat fd=4 dirfd=AT_FDCWD name=two flags=O_RDONLY mode=0
1.1 100 write res=1 fd=9
2.0 100 openat fd=5 dirfd=AT_FDCWD name=three flags=O_RDONLY mode=0
";

fn folder(name: &str) -> Folder {
    Folder::new(name, &[("rules.yaml", RULES), ("conf.yaml", CONF)])
}

/// Writes events as text into a capture, and `more` behind them.
fn write(path: &Path, events: &str, more: &[Vec<u8>]) {
    let mut source = TextEvents::parse("events", events).unwrap();
    let mut writer = Writer::create(path, Packing::Gzip, &source.take_snapshot()).unwrap();
    while let Next::Record(record) = source.next().unwrap() {
        writer.write(&record).unwrap();
    }
    for record in more {
        let event = Event::decode(record).unwrap();
        writer.write(&Record { event, flags: RecordFlags::default() }).unwrap();
    }
    writer.close().unwrap();
}

fn replay(folder: &Folder, file: &Path, set: &[&str]) -> Run {
    let [file, rules, conf] = [file, &folder.path("rules.yaml"), &folder.path("conf.yaml")]
        .map(|path| path.display().to_string());
    let mut args = vec!["replay", &file, "-r", &rules, "-c", &conf];
    for option in set {
        args.extend(["-o", option]);
    }
    let run = gyr(&args);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    run
}

fn captures(folder: &Folder) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder.path("")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.file_name().unwrap().to_string_lossy().starts_with("c_"));
    paths.sort();
    paths
}

fn alerts(run: &Run) -> Vec<&str> {
    run.stdout.lines().filter(|line| line.contains("Notice")).collect()
}

#[test]
fn a_match_leaves_a_capture_whose_replay_gives_its_alerts() {
    for (name, before, n) in [("plain", "0s", 2), ("before", "10s", 4)] {
        let folder = folder(&format!("captures-{name}"));
        let file = folder.path("events.scap");
        write(&file, EVENTS, &[]);
        let run = replay(&folder, &file, &[&format!("capture.before={before}")]);
        assert_eq!(alerts(&run).len(), 4, "{}", run.stdout);
        let files = captures(&folder);
        let [captured] = files.as_slice() else { panic!("{files:?} {}", run.stderr) };
        let name = captured.file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(name, "c_00000000001100000000_00000000000000000003.scap");
        let again = replay(&folder, captured, &["capture.enabled=false"]);
        assert_eq!(alerts(&again), alerts(&run)[4 - n..]);
        assert_eq!(captures(&folder).len(), 1);
    }
}

#[test]
fn a_capture_of_the_largest_size_ends_with_an_alert() {
    let folder = folder("captures-size");
    let file = folder.path("events.scap");
    let mut seed = 1_u64;
    let mut noise = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 56) as u8
    };
    let writes: Vec<Vec<u8>> = (0..30)
        .map(|i| {
            let data: Vec<u8> = (0..60_000).map(|_| noise()).collect();
            let record = RecordBuilder::new(EventCode::WRITE, 2_100_000_000 + i, 100);
            record.i64(1).bytes(&data).i64(7).u32(60_000).finish()
        })
        .collect();
    write(&file, EVENTS, &writes);
    let run = replay(&folder, &file, &["capture.max_file_size_mb=1", "json_output=true"]);
    let alert = run.stdout.lines().find(|line| line.contains("limit reached")).unwrap();
    let parts = [
        "Falco internal: capture size limit reached. Configured limit: 1 MB.",
        "\"max_file_size_mb\":\"1\"",
        "\"written_bytes\":\"1",
        "\"priority\":\"Informational\"",
    ];
    for part in parts {
        assert!(alert.contains(part), "{alert}");
    }
    let files = captures(&folder);
    assert_eq!(files.len(), 1);
    let len = fs::metadata(&files[0]).unwrap().len();
    assert!((1 << 20..3 << 19).contains(&len), "{len}");
}

#[test]
fn a_capture_that_cannot_be_written_is_told_and_alerts_go_on() {
    let folder = folder("captures-fail");
    let file = folder.path("events.scap");
    write(&file, EVENTS, &[]);
    let run = replay(&folder, &file, &["capture.path_prefix=/nonexistent/c"]);
    assert_eq!(alerts(&run).len(), 4);
    assert!(run.stderr.contains("cannot be written: No such file or directory"), "{}", run.stderr);
}
