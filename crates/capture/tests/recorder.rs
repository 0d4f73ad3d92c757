//! The flight recorder: what it keeps, what it forgets, and the files it writes.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use gyr_capture::recorder::{CaptureFile, History, Options, Pace, Progress, Recorder, Start};
use gyr_capture::scap::{Packing, Replay};
use gyr_capture::{Next, Record, RecordFlags, Source};
use gyr_event::{Event, EventCode, RecordBuilder};

const SECOND: u64 = 1_000_000_000;

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("gyr-recorder-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn options(pace: Pace) -> Options {
    Options { packing: Packing::None, max_bytes: 0, replace: false, pace }
}

/// Records one event with `len` bytes of data, after a checkpoint if one is due.
fn record(recorder: &mut Recorder<u64>, ts: u64, len: usize) {
    let bytes = RecordBuilder::new(EventCode::WRITE, ts, 1).i64(0).bytes(&vec![7; len]).finish();
    let event = Event::decode(&bytes).unwrap();
    if recorder.is_due(ts) {
        recorder.mark(ts, ts);
    }
    recorder.record(&Record { event, flags: RecordFlags::default() });
}

fn start(path: &Path, options: Options, recorder: &Recorder<u64>) -> CaptureFile {
    CaptureFile::start(path.to_owned(), options, Start::default(), recorder.n_chunks())
}

fn times(path: &Path) -> Vec<u64> {
    let mut replay = Replay::open(path).unwrap();
    let mut times = Vec::new();
    while let Next::Record(record) = replay.next().unwrap() {
        times.push(record.event.ts());
    }
    times
}

#[test]
fn a_file_begins_with_the_time_asked_for_and_at_most_a_third_more() {
    for pace in [Pace::Inline, Pace::Behind] {
        let folder = Folder::new("time");
        let path = folder.0.join("file");
        let history = History { duration: 9 * SECOND, bytes: 8 << 20 };
        let mut recorder = Recorder::new(Some(history));
        for tenth in 0..500 {
            record(&mut recorder, tenth * SECOND / 10, 10);
        }
        let oldest = *recorder.oldest().unwrap();
        recorder.open(start(&path, options(pace), &recorder));
        record(&mut recorder, 50 * SECOND, 10);
        let mut file = recorder.close().unwrap();
        record(&mut recorder, 51 * SECOND, 10);
        assert!(matches!(file.finish(), Progress::Complete));
        let times = times(&path);
        assert_eq!(times.first(), Some(&oldest));
        assert_eq!(times.last(), Some(&(50 * SECOND)));
        assert_eq!(times.len() as u64, (50 * SECOND - oldest) / (SECOND / 10) + 1);
        let kept = 50 * SECOND - oldest;
        assert!((9 * SECOND..=12 * SECOND).contains(&kept), "{kept}");
        assert_eq!(recorder.stats().n_forgotten_early, 0);
    }
}

#[test]
fn full_memory_forgets_the_oldest_and_says_so() {
    let folder = Folder::new("memory");
    let path = folder.0.join("file");
    let history = History { duration: 1_000 * SECOND, bytes: History::MIN_BYTES };
    let mut recorder = Recorder::new(Some(history));
    for ts in 0..20_000 {
        record(&mut recorder, ts, 1_000);
    }
    let oldest = *recorder.oldest().unwrap();
    recorder.open(start(&path, options(Pace::Inline), &recorder));
    assert!(matches!(recorder.close().unwrap().finish(), Progress::Complete));
    assert_eq!(times(&path), (oldest..20_000).collect::<Vec<_>>());
    assert_eq!(recorder.stats().n_forgotten_early, oldest);
    let kept = (20_000 - oldest) * 1_000;
    let bytes = History::MIN_BYTES as u64;
    assert!((bytes / 2..=bytes).contains(&kept), "{kept}");
}

#[test]
fn what_is_forgotten_while_a_file_is_written_is_in_the_file() {
    let folder = Folder::new("shared");
    let path = folder.0.join("file");
    let mut recorder = Recorder::new(Some(History { duration: 10, bytes: History::MIN_BYTES }));
    record(&mut recorder, 0, 1_000);
    recorder.open(start(&path, options(Pace::Behind), &recorder));
    for ts in 1..20_000 {
        record(&mut recorder, ts, 1_000);
    }
    assert!(matches!(recorder.close().unwrap().finish(), Progress::Complete));
    assert_eq!(times(&path), (0..20_000).collect::<Vec<_>>());
}

#[test]
fn without_history_a_file_holds_what_comes_while_it_is_open() {
    let folder = Folder::new("plain");
    let path = folder.0.join("file");
    let mut recorder = Recorder::<u64>::new(None);
    assert!(!recorder.is_on() && !recorder.is_due(0));
    recorder.open(start(&path, options(Pace::Inline), &recorder));
    assert!(recorder.is_on());
    for ts in [3, 4] {
        record(&mut recorder, ts, 1);
    }
    assert!(matches!(recorder.close().unwrap().finish(), Progress::Complete));
    assert_eq!(times(&path), [3, 4]);
    assert!(!recorder.is_on());
}

#[test]
fn a_full_disk_ends_the_file_and_nothing_else() {
    for pace in [Pace::Inline, Pace::Behind, Pace::NeverWait] {
        let mut recorder = Recorder::<u64>::new(None);
        let options = Options { replace: true, ..options(pace) };
        recorder.open(start(Path::new("/dev/full"), options, &recorder));
        for ts in 0..500 {
            record(&mut recorder, ts, 1_000);
        }
        let Progress::Failed(error) = recorder.close().unwrap().finish() else { panic!() };
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    }
}

#[test]
fn a_disk_that_hangs_holds_nobody_up() {
    let folder = Folder::new("hang");
    let path = folder.0.join("fifo");
    // Nobody reads it: it cannot even be opened.
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let mut recorder = Recorder::<u64>::new(None);
    let options = Options { replace: true, ..options(Pace::NeverWait) };
    recorder.open(start(&path, options, &recorder));
    for ts in 0..20_000 {
        record(&mut recorder, ts, 1_000);
    }
    let mut file = recorder.close().unwrap();
    assert!(matches!(file.finish(), Progress::Failed(_)));
}

#[test]
fn a_file_ends_at_its_largest_size() {
    let folder = Folder::new("size");
    let path = folder.0.join("file");
    let mut recorder = Recorder::<u64>::new(None);
    let options = Options { max_bytes: 1 << 20, ..options(Pace::Inline) };
    recorder.open(start(&path, options, &recorder));
    for ts in 0..5_000 {
        record(&mut recorder, ts, 1_000);
    }
    assert!(recorder.file().unwrap().has_ended());
    assert!(matches!(recorder.close().unwrap().finish(), Progress::Full));
    let len = fs::metadata(&path).unwrap().len();
    assert!((1 << 20..(1 << 20) + 2_000).contains(&len), "{len}");
    assert!(times(&path).len() > 900);
}

#[test]
fn a_name_that_is_taken_is_not_overwritten() {
    let folder = Folder::new("taken");
    let path = folder.0.join("file");
    fs::write(&path, "mine").unwrap();
    let file = start(&path, options(Pace::Inline), &Recorder::new(None));
    let Progress::Failed(error) = file.progress() else { panic!() };
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&path).unwrap(), b"mine");
}

/// Reads the file without the reader: whole blocks in the order that Falco wants, each with its length at both ends.
#[test]
fn a_file_is_a_chain_of_blocks() {
    let folder = Folder::new("blocks");
    let path = folder.0.join("file");
    let mut recorder = Recorder::<u64>::new(None);
    let options = Options { packing: Packing::Gzip, ..options(Pace::Inline) };
    let amendment = RecordBuilder::new(EventCode::CLOSE, 1, 1).i64(0).i64(3).finish();
    let begin = Start { amendments: vec![amendment], ..Start::default() };
    recorder.open(CaptureFile::start(path.clone(), options, begin, 1));
    record(&mut recorder, 5, 3);
    recorder.close();

    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(fs::File::open(&path).unwrap()).read_to_end(&mut bytes).unwrap();
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let mut at = 0;
    let mut blocks = Vec::new();
    while at < bytes.len() {
        let len = number(at + 4) as usize;
        assert_eq!((len % 4, number(at + len - 4) as usize), (0, len));
        blocks.push(number(at));
        at += len;
    }
    assert_eq!(blocks, [0x0a0d_0d0a, 0x201, 0x219, 0x220, 0x215, 0x217, 0x216]);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}
