//! What every origin of events looks like to the engine.

use std::path::PathBuf;

use gyr_event::{Event, snapshot::Snapshot};

use crate::scap::{Batch, Taken};

/// A stream of events: a capture file, the probe, a plugin, text.
pub trait Source {
    /// The next thing from the stream, borrowed until the next call.
    ///
    /// A record that is malformed is counted in [`Stats::bad`] and skipped. After an error the stream is over.
    fn next(&mut self) -> Result<Next<'_>, SourceError>;

    /// The next records that lie ready, nothing having to be done on the way from one to the next; [`Source::took`] hears how
    /// many of them were taken, before anything else is asked of the source. A short cut that sources may take, and need not.
    fn batch(&mut self) -> Batch<'_> {
        Batch::default()
    }

    fn took(&mut self, taken: Taken) {
        let _ = taken; // of a batch that was empty
    }

    /// What has happened so far.
    fn stats(&self) -> Stats;
}

/// One step of a [`Source`].
#[derive(Debug)]
pub enum Next<'a> {
    Record(Record<'a>),
    /// A concatenated capture starts: forget everything, start from this.
    Restart(Box<Snapshot>),
    /// Nothing now; only live sources say so. Time passes.
    Idle,
    End,
}

/// One event as it came from its source.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Checked, with the CPU it happened on; its number is 0, since the engine counts.
    pub event: Event<'a>,
    pub flags: RecordFlags,
}

/// Properties of a record as a bit set, as `.scap` event blocks with flags hold them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct RecordFlags(pub u32);

impl RecordFlags {
    /// The event only updates the state; rules must not see it.
    pub const STATE_ONLY: Self = Self(1);
    /// The lengths of the parameters are u32 (the event's row says so, too).
    pub const LARGE: Self = Self(4);

    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What a source counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Stats {
    /// Records handed out.
    pub records: u64,
    /// Malformed records, skipped.
    pub bad: u64,
    /// Records of events that only a newer version knows, skipped.
    pub unknown: u64,
    /// Records of old captures that are no events today: what they said is in those that followed.
    pub absorbed: u64,
    /// Bytes read, unpacked.
    pub bytes: u64,
    /// Events that were lost before this source could hand them out.
    pub lost: u64,
}

/// Why a stream of events ends early.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file could not be opened.
    #[error("cannot open {}: {error}", path.display())]
    Open { path: PathBuf, error: std::io::Error },
    /// The file is not a capture, or not a whole one.
    #[error("{name}: byte {offset}: {problem}")]
    Capture {
        name: String,
        /// Where the block starts, in the unpacked stream.
        offset: u64,
        problem: crate::scap::Problem,
    },
    /// The text could not be read.
    #[error(transparent)]
    Text(#[from] crate::text::Error),
    /// A live source failed.
    #[error(transparent)]
    Live(#[from] Box<dyn std::error::Error + Send + Sync>),
}
