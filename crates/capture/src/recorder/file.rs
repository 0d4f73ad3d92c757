//! A capture file that takes chunks of records: written in a thread of its own or at once.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gyr_event::{Event, snapshot::Snapshot};

use super::chunk::Chunk;
use crate::scap::{Output, Packing, Writer};
use crate::{Record, RecordFlags};

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    pub packing: Packing,
    /// The file ends after the record with which it reaches this size; 0 = no limit.
    pub max_bytes: u64,
    /// A file of the same name is replaced; else it is an error.
    pub replace: bool,
    pub pace: Pace,
}

/// Who waits for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// The caller: chunks are written as they are given.
    Inline,
    /// A thread, and the caller only if that falls far behind.
    Behind,
    /// A thread, and the caller never: the file ends with an error if the disk is too slow.
    NeverWait,
}

/// What existed before the first record.
#[derive(Clone, Debug, Default)]
pub struct Start {
    pub snapshot: Snapshot,
    /// Records of events that tell what the snapshot cannot: written in front, for the state only.
    pub amendments: Vec<Vec<u8>>,
}

/// What became of a file so far.
#[derive(Clone, Debug)]
pub enum Progress {
    Writing,
    /// It has reached the size it may have.
    Full,
    /// It could not be written any further.
    Failed(Arc<io::Error>),
    /// It was closed.
    Complete,
}

/// A capture file being written.
#[derive(Debug)]
pub struct CaptureFile {
    path: PathBuf,
    shared: Arc<Shared>,
    hand: Hand,
}

#[derive(Debug)]
enum Hand {
    Inline(Box<Job>),
    Thread { chunks: Option<SyncSender<Arc<Chunk>>>, thread: Option<JoinHandle<()>>, waits: bool },
}

/// How many chunks may wait for the disk beside those that were there when the file began.
const MAX_WAITING: usize = 32;

/// How long the end of a file may take whose writer nobody waits for.
const LAST_WAIT: Duration = Duration::from_secs(3);

impl CaptureFile {
    /// Starts a file. `n_chunks` will be given at once. What goes wrong is told by [`CaptureFile::progress`].
    pub fn start(path: PathBuf, options: Options, start: Start, n_chunks: usize) -> Self {
        let shared = Arc::new(Shared::default());
        let job = Job { options, shared: Arc::clone(&shared), writer: None };
        if options.pace == Pace::Inline {
            let mut job = Box::new(job);
            job.open(&path, start);
            return Self { path, shared, hand: Hand::Inline(job) };
        }
        let (sender, receiver) = sync_channel(n_chunks + MAX_WAITING);
        let job_path = path.clone();
        let thread = std::thread::Builder::new()
            .name("capture".to_owned())
            .spawn(move || job.run(&job_path, start, &receiver));
        let thread = thread.map_err(|error| shared.end(Progress::Failed(Arc::new(error)))).ok();
        let waits = options.pace == Pace::Behind;
        Self { path, shared, hand: Hand::Thread { chunks: Some(sender), thread, waits } }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn progress(&self) -> Progress {
        self.shared.end.get().cloned().unwrap_or(Progress::Writing)
    }

    /// Whether the file takes no more.
    pub fn has_ended(&self) -> bool {
        self.shared.end.get().is_some()
    }

    /// The size of the file so far.
    pub fn bytes(&self) -> u64 {
        self.shared.bytes.load(Ordering::Relaxed)
    }

    /// Records in the file, amendments included.
    pub fn n_records(&self) -> u64 {
        self.shared.n_records.load(Ordering::Relaxed)
    }

    /// Records that did not fit into the format.
    pub fn n_skipped(&self) -> u64 {
        self.shared.n_skipped.load(Ordering::Relaxed)
    }

    pub(super) fn write(&mut self, chunk: &Arc<Chunk>) {
        if self.shared.end.get().is_some() {
            return;
        }
        match &mut self.hand {
            Hand::Inline(job) => job.write(chunk),
            Hand::Thread { chunks: Some(chunks), waits: true, .. } => {
                // A writer that has ended has said why.
                let _ = chunks.send(Arc::clone(chunk));
            }
            Hand::Thread { chunks: Some(chunks), .. } => {
                if let Err(TrySendError::Full(_)) = chunks.try_send(Arc::clone(chunk)) {
                    let error = io::Error::other("the disk is too slow");
                    self.shared.end(Progress::Failed(Arc::new(error)));
                }
            }
            Hand::Thread { .. } => {}
        }
    }

    /// Says that no more will come. The file is complete once [`CaptureFile::is_over`].
    pub(super) fn end(&mut self) {
        match &mut self.hand {
            Hand::Inline(job) => job.close(),
            Hand::Thread { chunks, .. } => drop(chunks.take()),
        }
    }

    /// Whether nothing more will happen to the file.
    pub fn is_over(&self) -> bool {
        match &self.hand {
            Hand::Inline(job) => job.writer.is_none(),
            Hand::Thread { thread, .. } => thread.as_ref().is_none_or(JoinHandle::is_finished),
        }
    }

    /// Ends the file and waits until all of it is written; with [`Pace::NeverWait`] for some seconds at most.
    pub fn finish(&mut self) -> Progress {
        self.end();
        let has_failed = matches!(self.progress(), Progress::Failed(_));
        if !has_failed
            && let Hand::Thread { thread, waits, .. } = &mut self.hand
            && let Some(thread) = thread.take()
        {
            let deadline = Instant::now() + LAST_WAIT;
            while !*waits && !thread.is_finished() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(1));
            }
            if !*waits && !thread.is_finished() {
                self.shared.end(Progress::Failed(Arc::new(io::ErrorKind::TimedOut.into())));
            } else if thread.join().is_err() {
                self.shared
                    .end(Progress::Failed(Arc::new(io::Error::other("its writer panicked"))));
            }
        }
        self.progress()
    }
}

/// What the writing end tells.
#[derive(Debug, Default)]
struct Shared {
    bytes: AtomicU64,
    n_records: AtomicU64,
    n_skipped: AtomicU64,
    end: OnceLock<Progress>,
}

impl Shared {
    /// The first word counts.
    fn end(&self, progress: Progress) {
        let _ = self.end.set(progress);
    }
}

/// The writing end.
#[derive(Debug)]
struct Job {
    options: Options,
    shared: Arc<Shared>,
    /// None before the file is open and after it ended.
    writer: Option<Writer<Output>>,
}

impl Job {
    fn run(mut self, path: &Path, start: Start, chunks: &Receiver<Arc<Chunk>>) {
        self.open(path, start);
        while self.writer.is_some()
            && self.shared.end.get().is_none()
            && let Ok(chunk) = chunks.recv()
        {
            self.write(&chunk);
        }
        self.close();
    }

    fn open(&mut self, path: &Path, start: Start) {
        let opened = create(path, self.options.replace)
            .and_then(|file| Writer::to_file(file, self.options.packing, &start.snapshot));
        match opened {
            Ok(writer) => self.writer = Some(writer),
            Err(error) => return self.fail(error),
        }
        let events = start.amendments.iter().filter_map(|record| Event::decode(record).ok());
        self.write_all(events.map(|event| Record { event, flags: RecordFlags::STATE_ONLY }));
    }

    fn write(&mut self, chunk: &Chunk) {
        self.write_all(chunk.records());
    }

    fn write_all<'a>(&mut self, records: impl Iterator<Item = Record<'a>>) {
        let Some(writer) = &mut self.writer else { return };
        let mut n = 0;
        for record in records {
            if let Err(error) = writer.write(&record) {
                return self.fail(error);
            }
            n += 1;
            if self.options.max_bytes > 0 && writer.file_bytes() >= self.options.max_bytes {
                self.shared.end(Progress::Full);
                break;
            }
        }
        self.shared.n_records.fetch_add(n, Ordering::Relaxed);
        self.shared.n_skipped.store(writer.skipped(), Ordering::Relaxed);
        self.shared.bytes.store(writer.file_bytes(), Ordering::Relaxed);
        if self.shared.end.get().is_some() {
            self.close();
        }
    }

    fn close(&mut self) {
        let Some(writer) = self.writer.take() else { return };
        match writer.close() {
            Ok(bytes) => {
                self.shared.bytes.store(bytes, Ordering::Relaxed);
                self.shared.end(Progress::Complete);
            }
            Err(error) => self.fail(error),
        }
    }

    fn fail(&mut self, error: io::Error) {
        self.shared.end(Progress::Failed(Arc::new(error)));
        self.writer = None;
    }
}

/// Only its owner may read a capture: it holds what processes read and wrote. A name that somebody else has laid out,
/// such as a link in /tmp, is not followed unless the user has named it.
fn create(path: &Path, replace: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    if replace {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    options.open(path)
}
