//! Captures that matches start: when, for how long, under which name.
//!
//! Nothing is done for them unless they are switched on, and without a history nothing while none is under way.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use gyr_capture::Record;
use gyr_capture::recorder::{
    CaptureFile, History, Options, Pace, Progress, Recorder, Start, Stats as RecorderStats,
};
use gyr_capture::scap::Packing;
use gyr_state::{Checkpoint, Host, State};

/// What matches shall record.
#[derive(Clone, Debug)]
pub struct CaptureSettings {
    /// How the names of files begin.
    pub prefix: String,
    /// Every match starts a capture, not only those of rules that ask for one.
    pub all_rules: bool,
    /// Nanoseconds of events after the last match, of rules that say nothing else.
    pub duration: u64,
    /// Bytes after which a file ends; 0 = no limit.
    pub max_bytes: u64,
    /// What each file begins with.
    pub before: Option<History>,
    pub pace: Pace,
}

/// What became of a capture.
#[derive(Clone, Debug)]
pub enum CaptureNotice {
    Started(PathBuf),
    Ended {
        path: PathBuf,
        n_records: u64,
        bytes: u64,
    },
    /// The file has reached the size it may have. Another match starts another.
    Full {
        path: PathBuf,
        bytes: u64,
    },
    /// The file could not be written any further. Matches start no other before this one would have ended.
    Failed {
        path: PathBuf,
        error: Arc<io::Error>,
    },
}

/// What captures have counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaptureStats {
    pub n_started: u64,
    pub n_full: u64,
    pub n_failed: u64,
    /// Records that are missing in files, since they do not fit into the format.
    pub n_skipped: u64,
    pub recorder: RecorderStats,
}

/// The captures of a run.
#[derive(Debug)]
pub(crate) struct Captures {
    settings: CaptureSettings,
    recorder: Recorder<Checkpoint>,
    phase: Phase,
    /// Files that were closed and are still being written.
    ending: Vec<CaptureFile>,
    notices: VecDeque<CaptureNotice>,
    stats: CaptureStats,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    None,
    /// A file is written until this time.
    Open(u64),
    /// A file failed that would have been written until this time.
    Failed(u64),
}

impl Captures {
    pub(crate) fn new(settings: CaptureSettings) -> Self {
        Self {
            recorder: Recorder::new(settings.before),
            settings,
            phase: Phase::None,
            ending: Vec::new(),
            notices: VecDeque::new(),
            stats: CaptureStats::default(),
        }
    }

    /// To be called before each record is applied.
    #[inline]
    pub(crate) fn before(&mut self, record: &Record<'_>, state: &mut State, host: &mut dyn Host) {
        if !self.recorder.is_on() {
            return;
        }
        let ts = record.event.ts();
        if self.recorder.is_due(ts) {
            self.mark(ts, state, host);
        }
        self.recorder.record(record);
    }

    /// A rule has matched. `asks` if it wants a capture, of so many milliseconds unless that is 0.
    pub(crate) fn matched(
        &mut self,
        (asks, duration_ms): (bool, u32),
        record: &Record<'_>,
        number: u64,
        state: &State,
    ) {
        let ts = record.event.ts();
        let duration = match duration_ms {
            0 => self.settings.duration,
            ms => u64::from(ms) * 1_000_000,
        };
        let until = ts.saturating_add(duration);
        match self.phase {
            Phase::Open(old) => self.phase = Phase::Open(old.max(until)),
            Phase::None if asks || self.settings.all_rules => {
                self.start(record, number, state);
                self.phase = Phase::Open(until);
            }
            Phase::None | Phase::Failed(_) => {}
        }
    }

    /// To be called after each event. The one with which a capture ends is in it, and has extended it if it matched.
    #[inline]
    pub(crate) fn after(&mut self, ts: u64) {
        if self.phase != Phase::None || !self.ending.is_empty() {
            self.look(ts);
        }
    }

    /// Other tables begin: what was recorded does not go with them.
    pub(crate) fn restart(&mut self) {
        self.close();
        self.phase = Phase::None;
        self.recorder.clear();
    }

    /// No event has come for a while: a file may be over all the same.
    pub(crate) fn idle(&mut self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.after(u64::try_from(now.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Ends what is under way and waits for it.
    pub(crate) fn finish(&mut self) {
        self.close();
        self.phase = Phase::None;
        for file in std::mem::take(&mut self.ending) {
            self.end(file);
        }
    }

    #[inline]
    pub(crate) fn next_notice(&mut self) -> Option<CaptureNotice> {
        self.notices.pop_front()
    }

    pub(crate) const fn stats(&self) -> CaptureStats {
        CaptureStats { recorder: self.recorder.stats(), ..self.stats }
    }

    #[cold]
    fn mark(&mut self, ts: u64, state: &mut State, host: &mut dyn Host) {
        state.settle(host);
        self.recorder.mark(ts, state.checkpoint(ts));
    }

    /// Looks whether the time of the open file is over, and what has become of others.
    fn look(&mut self, ts: u64) {
        match self.phase {
            Phase::Open(until) if ts >= until => {
                self.close();
                self.phase = Phase::None;
            }
            Phase::Open(until) => {
                if let Some(file) = self.recorder.file().filter(|file| file.has_ended()) {
                    let has_failed = matches!(file.progress(), Progress::Failed(_));
                    self.close();
                    self.phase = if has_failed { Phase::Failed(until) } else { Phase::None };
                }
            }
            Phase::Failed(until) if ts >= until => self.phase = Phase::None,
            Phase::None | Phase::Failed(_) => {}
        }
        while let Some(at) = self.ending.iter().position(CaptureFile::is_over) {
            let file = self.ending.swap_remove(at);
            self.end(file);
        }
    }

    fn start(&mut self, record: &Record<'_>, number: u64, state: &State) {
        let ts = record.event.ts();
        let path = PathBuf::from(format!("{}_{ts:020}_{number:020}.scap", self.settings.prefix));
        let begin = |checkpoint: &Checkpoint| Start {
            snapshot: checkpoint.snapshot(state),
            amendments: checkpoint.amendments(state),
        };
        let start = match self.recorder.oldest() {
            Some(checkpoint) => begin(checkpoint),
            None => begin(&state.checkpoint(ts)),
        };
        let options = Options {
            packing: Packing::Gzip,
            max_bytes: self.settings.max_bytes,
            replace: false,
            pace: self.settings.pace,
        };
        self.stats.n_started += 1;
        self.notices.push_back(CaptureNotice::Started(path.clone()));
        self.recorder.open(CaptureFile::start(path, options, start, self.recorder.n_chunks()));
        if self.settings.before.is_none() {
            self.recorder.record(record);
        }
    }

    fn close(&mut self) {
        self.ending.extend(self.recorder.close());
    }

    fn end(&mut self, mut file: CaptureFile) {
        let progress = file.finish();
        let (path, bytes, n_records) = (file.path().to_owned(), file.bytes(), file.n_records());
        self.stats.n_skipped += file.n_skipped();
        let (n, notice) = match progress {
            Progress::Full => (&mut self.stats.n_full, CaptureNotice::Full { path, bytes }),
            Progress::Failed(error) => {
                (&mut self.stats.n_failed, CaptureNotice::Failed { path, error })
            }
            Progress::Complete | Progress::Writing => {
                self.notices.push_back(CaptureNotice::Ended { path, n_records, bytes });
                return;
            }
        };
        *n += 1;
        self.notices.push_back(notice);
    }
}
