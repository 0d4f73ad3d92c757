//! The flight recorder: the last seconds of records in bounded memory, and the files that begin with them.
//!
//! Records lie in chunks of memory that are allocated once. A copy costs one append. Chunks that are full are shared,
//! not copied, with the thread that writes a file.
//!
//! A file that begins in the middle needs the tables of that moment. So the record is cut into *segments*, each of which
//! starts with a *checkpoint* of the tables, which the caller takes when [`Recorder::is_due`] says so: at the latest after a
//! third of the time, or a quarter of the memory, that is to be kept. What is forgotten is forgotten by the segment. A
//! file thus holds all that was asked for, and up to a third more. The alternatives cost more: a second state that runs
//! behind pays for every event, and tables rebuilt backwards would need the old value of every change. docs/recording.md
//! says what it costs.

mod chunk;
mod file;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::Record;
use chunk::Chunk;
pub use file::{CaptureFile, Options, Pace, Progress, Start};

/// What is kept while no file is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct History {
    /// Nanoseconds.
    pub duration: u64,
    /// At least [`History::MIN_BYTES`].
    pub bytes: usize,
}

impl History {
    pub const MIN_BYTES: usize = N_CHUNKS * MIN_CHUNK;
}

/// Counters of a [`Recorder`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Records copied.
    pub n_records: u64,
    /// Records that were forgotten earlier than asked, since the memory was full.
    pub n_forgotten_early: u64,
    /// Records too large for a chunk: they are in no file.
    pub n_too_large: u64,
    pub n_checkpoints: u64,
}

/// Copies of the latest records, for files. `C` is a checkpoint of the tables.
#[derive(Debug)]
pub struct Recorder<C> {
    history: Option<History>,
    chunk_len: usize,
    segments: VecDeque<Segment<C>>,
    /// Chunks in the segments.
    n_chunks: usize,
    /// The chunk being filled; it belongs to the last segment and to the file.
    current: Chunk,
    spare: Vec<Chunk>,
    file: Option<CaptureFile>,
    stats: Stats,
}

#[derive(Debug)]
struct Segment<C> {
    checkpoint: C,
    start_ts: u64,
    chunks: Vec<Arc<Chunk>>,
}

const N_CHUNKS: usize = 16;
const MIN_CHUNK: usize = 128 << 10;

/// Nanoseconds of events that a file may be behind.
const FILE_LAG: u64 = 1_000_000_000;

impl<C> Recorder<C> {
    /// Without a history, only files that begin now are written.
    pub fn new(history: Option<History>) -> Self {
        let chunk_len = history.map_or(0, |history| history.bytes / N_CHUNKS).max(MIN_CHUNK);
        let n_spare = if history.is_some() { N_CHUNKS } else { 0 };
        Self {
            history,
            chunk_len,
            segments: VecDeque::new(),
            n_chunks: 0,
            current: Chunk::new(chunk_len),
            spare: (1..n_spare).map(|_| Chunk::new(chunk_len)).collect(),
            file: None,
            stats: Stats::default(),
        }
    }

    /// Whether records are wanted at all now.
    #[inline]
    pub const fn is_on(&self) -> bool {
        self.history.is_some() || self.file.is_some()
    }

    /// Whether [`Recorder::mark`] is to be called before the record of this time.
    #[inline]
    pub fn is_due(&self, ts: u64) -> bool {
        let Some(history) = self.history else { return false };
        self.segments.back().is_none_or(|segment| {
            segment.chunks.len() >= N_CHUNKS / 4
                || ts.saturating_sub(segment.start_ts) >= history.duration / 3
        })
    }

    /// Starts a segment with the tables as they are before the record of this time. Forgets what is old enough.
    pub fn mark(&mut self, ts: u64, checkpoint: C) {
        let Some(history) = self.history else { return };
        self.seal();
        self.stats.n_checkpoints += 1;
        self.segments.push_back(Segment { checkpoint, start_ts: ts, chunks: Vec::new() });
        let oldest = ts.saturating_sub(history.duration);
        while self.segments.get(1).is_some_and(|second| second.start_ts <= oldest) {
            self.forget_segment();
        }
    }

    /// Keeps a copy, and gives one to the file if there is one.
    #[inline]
    pub fn record(&mut self, record: &Record<'_>) {
        if self.file.is_some() && self.current.spans(record.event.ts()) >= FILE_LAG {
            self.seal();
        }
        if !self.current.has_room(record) && !self.make_fit(record) {
            return;
        }
        self.stats.n_records += 1;
        self.current.push(record);
    }

    /// Whether a new chunk holds the record.
    #[cold]
    fn make_fit(&mut self, record: &Record<'_>) -> bool {
        let fits = Chunk::len_of(record) <= self.chunk_len;
        if fits {
            self.seal();
        } else {
            self.stats.n_too_large += 1;
        }
        fits
    }

    /// The tables that a file which is opened now starts from; none if it starts with the next record.
    pub fn oldest(&self) -> Option<&C> {
        self.segments.front().map(|segment| &segment.checkpoint)
    }

    /// How many chunks a file that is opened now is given at once.
    pub const fn n_chunks(&self) -> usize {
        self.n_chunks + 1
    }

    /// Gives the file all that is kept, and from now on each record. A file that was open ends.
    pub fn open(&mut self, mut file: CaptureFile) -> Option<CaptureFile> {
        let old = self.close();
        self.seal();
        for chunk in self.segments.iter().flat_map(|segment| &segment.chunks) {
            file.write(chunk);
        }
        self.file = Some(file);
        old
    }

    /// Ends the file after what was recorded so far. It is complete once [`CaptureFile::is_over`].
    pub fn close(&mut self) -> Option<CaptureFile> {
        self.seal();
        let mut file = self.file.take()?;
        file.end();
        Some(file)
    }

    /// The file that is open.
    pub const fn file(&self) -> Option<&CaptureFile> {
        self.file.as_ref()
    }

    /// Forgets everything: other tables begin. The caller has closed the file.
    pub fn clear(&mut self) {
        self.current.clear();
        while !self.segments.is_empty() {
            self.forget_segment();
        }
    }

    pub const fn stats(&self) -> Stats {
        self.stats
    }

    /// Ends the chunk being filled: it goes to the file and to the last segment.
    fn seal(&mut self) {
        if self.current.is_empty() {
            return;
        }
        self.make_room();
        let next = self.spare.pop().unwrap_or_else(|| Chunk::new(self.chunk_len));
        let chunk = Arc::new(std::mem::replace(&mut self.current, next));
        if let Some(file) = &mut self.file {
            file.write(&chunk);
        }
        match self.segments.back_mut() {
            Some(segment) => {
                segment.chunks.push(chunk);
                self.n_chunks += 1;
            }
            None => self.reuse(chunk),
        }
    }

    /// Forgets the oldest segments while the memory does not hold one more chunk.
    fn make_room(&mut self) {
        let Some(history) = self.history else { return };
        let oldest = self.current.last_ts().saturating_sub(history.duration);
        while self.n_chunks + 2 > N_CHUNKS {
            let Some(segment) = self.segments.front() else { return };
            let early = segment.chunks.iter().filter(|chunk| chunk.last_ts() > oldest);
            self.stats.n_forgotten_early += early.map(|chunk| chunk.n_records()).sum::<u64>();
            self.forget_segment();
        }
    }

    fn forget_segment(&mut self) {
        let Some(segment) = self.segments.pop_front() else { return };
        self.n_chunks -= segment.chunks.len();
        for chunk in segment.chunks {
            self.reuse(chunk);
        }
    }

    /// Keeps the memory of a chunk, unless a file is still being written from it.
    fn reuse(&mut self, chunk: Arc<Chunk>) {
        if let Ok(mut chunk) = Arc::try_unwrap(chunk)
            && self.spare.len() < N_CHUNKS
        {
            chunk.clear();
            self.spare.push(chunk);
        }
    }
}
