//! Reads a capture file: [`Replay`].

use std::{collections::HashMap, fs::File, io, io::Read, path::Path};

use gyr_event::{Event, EventCode, HEADER_LEN, Header, Malformed, snapshot::Snapshot};

use super::{
    batch::{Batch, Plain, RECORD_START, Taken},
    block::{self, EVENT_BLOCK_MAX, EventBlock, HEAD_LEN, Kind, LARGE_BLOCK_MAX, MAGIC, TAIL_LEN},
    convert::{Converted, Converter, is_of_today},
    fields::{Bad, Fields},
    input::Input,
    lists::{self, Account, ENTRIES_MAX, ENTRY_MAX, THREADS_MAX},
};
use crate::{Next, Record, RecordFlags, Source, SourceError, Stats};

/// The newest version of the format: a larger major number means that blocks have another shape.
const MAJOR: u16 = 1;

/// A capture file as a source of events.
#[derive(Debug)]
pub struct Replay {
    name: String,
    input: Input,
    snapshot: Snapshot,
    stats: Stats,
    /// A record that could not be handed out as it lies in the file.
    rebuilt: Vec<u8>,
    converter: Converter,
    /// Whether all events so far told of what was there before the capture.
    in_prelude: bool,
    /// The length of the block that was handed out last; it is consumed only when the next one is asked for.
    pending: usize,
}

/// What is wrong with a capture.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("this is not a capture file")]
    NotACapture,
    #[error("the capture was written on a machine of the other byte order")]
    ByteOrder,
    #[error("the capture has format version {0}, the newest known is {MAJOR}")]
    Version(u16),
    #[error("the capture holds no events")]
    NoEvents,
    #[error("the file ends in the middle of a block")]
    Short,
    #[error("a block has the impossible length {0}")]
    Length(u32),
    #[error("the lengths before and after a block differ: {0} and {1}")]
    Lengths(u32, u32),
    #[error("an entry of a list is cut short")]
    Entry,
    #[error("a string in a list is longer than the format allows")]
    StringTooLong,
    #[error("a list holds an entry of the unknown type {0}")]
    EntryType(u8),
    #[error("a list has too many entries")]
    TooManyEntries,
    #[error("a block of the unexpected type {0:#x} follows the events")]
    Unexpected(u32),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<Bad> for Problem {
    fn from(bad: Bad) -> Self {
        match bad {
            Bad::Short => Self::Entry,
            Bad::TooLong => Self::StringTooLong,
            Bad::Type(number) => Self::EntryType(number),
        }
    }
}

impl Replay {
    /// Opens a capture, packed with gzip or not, and reads the lists before its first event.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let file =
            File::open(path).map_err(|error| SourceError::Open { path: path.to_owned(), error })?;
        Self::from_reader(file, path.display().to_string())
    }

    /// Reads a capture from anywhere; errors call it `name`.
    pub fn from_reader(
        reader: impl Read + Send + 'static,
        name: String,
    ) -> Result<Self, SourceError> {
        let input = Input::new(reader).map_err(|error| SourceError::Capture {
            name: name.clone(),
            offset: 0,
            problem: error.into(),
        })?;
        let mut replay = Self {
            name,
            input,
            snapshot: Snapshot::default(),
            stats: Stats::default(),
            rebuilt: Vec::new(),
            converter: Converter::default(),
            in_prelude: true,
            pending: 0,
        };
        match replay.lists() {
            Ok(snapshot) => replay.snapshot = snapshot,
            Err(problem) => return Err(replay.error(problem)),
        }
        Ok(replay)
    }

    /// What existed before the first event. A second call finds it empty.
    pub fn take_snapshot(&mut self) -> Snapshot {
        std::mem::take(&mut self.snapshot)
    }

    fn error(&mut self, problem: Problem) -> SourceError {
        let offset = self.input.offset();
        self.input.close();
        SourceError::Capture { name: self.name.clone(), offset, problem }
    }
}

impl Source for Replay {
    fn next(&mut self) -> Result<Next<'_>, SourceError> {
        self.input.consume(std::mem::take(&mut self.pending));
        let found = if self.in_prelude { None } else { Plain::of_today(self.input.window()) };
        let Some((header, cpu, block_len)) = found else { return self.next_of_any_kind() };
        self.pending = block_len;
        self.stats.records += 1;
        let record = self.input.window().get(RECORD_START..).unwrap_or_default();
        let event = header.event(record).at(cpu, 0);
        Ok(Next::Record(Record { event, flags: RecordFlags::default() }))
    }

    fn batch(&mut self) -> Batch<'_> {
        self.input.consume(std::mem::take(&mut self.pending));
        if self.in_prelude { Batch::default() } else { Batch::new(self.input.window()) }
    }

    fn took(&mut self, taken: Taken) {
        self.input.consume(taken.len);
        self.stats.records += taken.records;
    }

    fn stats(&self) -> Stats {
        Stats { bytes: self.input.offset() + self.pending as u64, ..self.stats }
    }
}

/// What the stream holds next.
enum Found {
    Section,
    Record(FoundRecord),
}

struct FoundRecord {
    header: Header,
    cpu: u16,
    flags: RecordFlags,
    place: Place,
    block_len: usize,
}

/// Where the bytes of a record are.
enum Place {
    /// In the window, in its first block.
    Window {
        start: usize,
    },
    Rebuilt,
    Converted,
}

impl Replay {
    #[cold]
    #[inline(never)]
    fn next_of_any_kind(&mut self) -> Result<Next<'_>, SourceError> {
        self.pending = 0;
        let found = match self.find() {
            Ok(Some(Found::Record(found))) => found,
            Ok(Some(Found::Section)) => return self.restart(),
            Ok(None) => return Ok(Next::End),
            Err(problem) => return Err(self.error(problem)),
        };
        self.stats.records += 1;
        self.pending = found.block_len;
        let bytes = match found.place {
            Place::Window { start } => self.input.window().get(start..).unwrap_or_default(),
            Place::Rebuilt => &self.rebuilt,
            Place::Converted => self.converter.record(),
        };
        let event: Event<'_> = found.header.event(bytes).at(found.cpu, 0);
        Ok(Next::Record(Record { event, flags: found.flags }))
    }

    fn restart(&mut self) -> Result<Next<'_>, SourceError> {
        self.converter.clear();
        self.in_prelude = true;
        match self.lists() {
            Ok(snapshot) => Ok(Next::Restart(Box::new(snapshot))),
            Err(problem) => Err(self.error(problem)),
        }
    }

    /// Goes to the next good record, or to a section header; consumes neither.
    fn find(&mut self) -> Result<Option<Found>, Problem> {
        loop {
            let Some((number, len)) = self.head()? else { return Ok(None) };
            let layout = match Kind::of(number) {
                Kind::Event(layout) => layout,
                Kind::Section => return Ok(Some(Found::Section)),
                _ => return Err(Problem::Unexpected(number)),
            };
            let block_len = event_block_len(layout, len)?;
            let block = self.input.at_least(block_len)?.get(..block_len).ok_or(Problem::Short)?;
            let mut body = Fields(block.get(HEAD_LEN..block_len - TAIL_LEN).unwrap_or_default());
            // `event_block_len` made sure that the block holds both.
            let cpu = body.u16().unwrap_or_default();
            let flags = if layout.flags { body.u32().unwrap_or_default() } else { 0 };
            let start = block_len - TAIL_LEN - body.left();
            let (header, place) = if layout.n_params {
                (Header::read(body.0), Place::Window { start })
            } else {
                (restore_n_params(body.0, &mut self.rebuilt), Place::Rebuilt)
            };
            let is_known = !matches!(header, Err(Malformed::UnknownCode(_)));
            let found = match header {
                Ok(header) if is_of_today(&header) => Some((header, place)),
                Ok(header) => {
                    let bytes = if layout.n_params { body.0 } else { &self.rebuilt };
                    match self.converter.convert(header, bytes) {
                        Converted::To(header) => Some((header, Place::Converted)),
                        Converted::Absorbed => {
                            self.stats.absorbed += 1;
                            None
                        }
                        Converted::Malformed => {
                            self.stats.bad += 1;
                            None
                        }
                    }
                }
                Err(Malformed::UnknownCode(_)) => {
                    self.stats.unknown += 1;
                    None
                }
                Err(_) => {
                    self.stats.bad += 1;
                    None
                }
            };
            let is_prelude = found.as_ref().is_some_and(|(header, _)| is_prelude(header.code()));
            self.in_prelude &= is_prelude || !is_known;
            if let Some((header, place)) = found {
                let prelude = if self.in_prelude { RecordFlags::STATE_ONLY.0 } else { 0 };
                let flags = RecordFlags(flags | prelude);
                let found = FoundRecord { header, cpu, flags, place, block_len };
                return Ok(Some(Found::Record(found)));
            }
            self.input.consume(block_len);
        }
    }

    /// The type and the length of the next block; none at the end of the stream.
    #[inline]
    fn head(&mut self) -> Result<Option<(u32, u32)>, Problem> {
        let mut head = Fields(self.input.at_least(HEAD_LEN)?);
        if head.left() == 0 {
            return Ok(None);
        }
        let (Ok(number), Ok(len)) = (head.u32(), head.u32()) else { return Err(Problem::Short) };
        Ok(Some((number, len)))
    }
}

/// Whether an event that is among the first of a capture tells of what was there before: no rule sees it there.
const fn is_prelude(code: EventCode) -> bool {
    matches!(
        code,
        EventCode::CONTAINER_JSON
            | EventCode::USER_ADDED
            | EventCode::USER_DELETED
            | EventCode::GROUP_ADDED
            | EventCode::GROUP_DELETED
    )
}

/// The length of a block that holds an event, if it can be one.
#[inline]
fn event_block_len(layout: EventBlock, total: u32) -> Result<usize, Problem> {
    let len = total as usize;
    let flags_len = if layout.flags { 4 } else { 0 };
    let max = if layout.large { LARGE_BLOCK_MAX } else { EVENT_BLOCK_MAX };
    let min = HEAD_LEN + 2 + flags_len + TAIL_LEN;
    if len < min || len > HEAD_LEN + max { Err(Problem::Length(total)) } else { Ok(len) }
}

/// The header of a record of the oldest files, before it held the number of parameters.
const OLD_HEADER_LEN: usize = HEADER_LEN - 4;
/// Events that an old writer gave a length three bytes too large.
const OVERLONG: [u16; 2] = [280, 286];

/// Rebuilds a record that does not say how many parameters it has: as many as make the lengths add up, the most first.
fn restore_n_params(old: &[u8], record: &mut Vec<u8>) -> Result<Header, Malformed> {
    let mut fields = Fields(old);
    let times_and_tid = fields.take(16).map_err(|_| Malformed::Short)?;
    let len = fields.u32().map_err(|_| Malformed::Short)? as usize;
    let number = fields.u16().map_err(|_| Malformed::Short)?;
    let code = EventCode::new(number).ok_or(Malformed::UnknownCode(number))?;
    let surplus = if OVERLONG.contains(&number) { 3 } else { 0 };
    let rest_len = len.checked_sub(OLD_HEADER_LEN + surplus).ok_or(Malformed::Length)?;
    let rest = fields.take(rest_len).map_err(|_| Malformed::Short)?;
    let n_params = (0..=code.info().params.len())
        .rev()
        .find(|&n| params_end(rest, n).is_some_and(|end| end <= rest.len()))
        .filter(|&n| params_end(rest, n) == Some(rest.len()))
        .ok_or(Malformed::Params)?;
    record.clear();
    record.extend_from_slice(times_and_tid);
    record.extend_from_slice(&as_u32(HEADER_LEN + rest_len).to_le_bytes());
    record.extend_from_slice(&number.to_le_bytes());
    record.extend_from_slice(&as_u32(n_params).to_le_bytes());
    record.extend_from_slice(rest);
    Header::read(record)
}

/// Where `n` parameters end if `rest` starts with their lengths; none if not even those fit.
fn params_end(rest: &[u8], n: usize) -> Option<usize> {
    let lens = rest.get(..2 * n)?;
    let sum: usize =
        lens.as_chunks().0.iter().map(|&len| usize::from(u16::from_le_bytes(len))).sum();
    Some(2 * n + sum)
}

fn as_u32(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

impl Replay {
    /// Reads a section header and all lists up to the first event.
    fn lists(&mut self) -> Result<Snapshot, Problem> {
        self.section()?;
        let mut snapshot = Snapshot::default();
        loop {
            let Some((number, len)) = self.head()? else { return Err(Problem::NoEvents) };
            let kind = Kind::of(number);
            if let Kind::Event(_) = kind {
                return Ok(snapshot);
            }
            let body_len =
                (len as usize).checked_sub(HEAD_LEN + TAIL_LEN).ok_or(Problem::Length(len))?;
            self.input.consume(HEAD_LEN);
            let mut list = List { input: &mut self.input, left: body_len };
            list.read(kind, &mut snapshot)?;
            list.skip(list.left)?;
            self.tail(len)?;
        }
    }

    fn section(&mut self) -> Result<(), Problem> {
        let Some((block::SECTION, len)) = self.head()? else { return Err(Problem::NotACapture) };
        let body_len = 4 + 2 + 2 + 8;
        let block_len = len as usize;
        if !(HEAD_LEN + body_len + TAIL_LEN..=EVENT_BLOCK_MAX).contains(&block_len) {
            return Err(Problem::NotACapture);
        }
        let block = self.input.at_least(block_len)?.get(..block_len).ok_or(Problem::Short)?;
        let mut body = Fields(block.get(HEAD_LEN..).unwrap_or_default());
        let (Ok(magic), Ok(major)) = (body.u32(), body.u16()) else { return Err(Problem::Short) };
        if magic == MAGIC.swap_bytes() {
            return Err(Problem::ByteOrder);
        }
        if magic != MAGIC {
            return Err(Problem::NotACapture);
        }
        if major > MAJOR {
            return Err(Problem::Version(major));
        }
        self.input.consume(block_len - TAIL_LEN);
        self.tail(len)
    }

    /// The length after a block's body must be that before it.
    fn tail(&mut self, len: u32) -> Result<(), Problem> {
        let tail = self.input.at_least(TAIL_LEN)?;
        let again = Fields(tail).u32().map_err(|_| Problem::Short)?;
        if again != len {
            return Err(Problem::Lengths(len, again));
        }
        self.input.consume(TAIL_LEN);
        Ok(())
    }
}

/// Whether an entry of a list starts with its length (u32).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    None,
    CountsItself,
    CountsTheRest,
}

/// The body of a block with a list; never wholly in memory, since lists can be long.
struct List<'a> {
    input: &'a mut Input,
    left: usize,
}

impl List<'_> {
    fn read(&mut self, kind: Kind, snapshot: &mut Snapshot) -> Result<(), Problem> {
        match kind {
            Kind::Machine => snapshot.machine = self.entry(Size::None, lists::machine)?,
            Kind::Threads(version) => {
                let size = if version >= 9 { Size::CountsItself } else { Size::None };
                while self.left >= 4 {
                    let thread = self.entry(size, |entry| lists::thread(entry, version))?;
                    push(&mut snapshot.threads, thread, THREADS_MAX)?;
                }
            }
            Kind::Fds { sized } => {
                let size = if sized { Size::CountsItself } else { Size::None };
                let tid = self.entry(Size::None, |entry| entry.i64())?;
                while self.left >= 4 {
                    let fd = self.entry(size, |entry| lists::fd(entry, tid, sized))?;
                    push(&mut snapshot.fds, fd, ENTRIES_MAX)?;
                }
            }
            Kind::Interfaces { sized } => {
                let size = if sized { Size::CountsTheRest } else { Size::None };
                while self.left >= 4 {
                    let interface = self.entry(size, |entry| lists::interface(entry, sized))?;
                    if let Some(interface) = interface {
                        push(&mut snapshot.interfaces, interface, ENTRIES_MAX)?;
                    }
                }
            }
            Kind::Users { sized } => {
                let size = if sized { Size::CountsItself } else { Size::None };
                while self.left >= 4 {
                    match self.entry(size, |entry| lists::account(entry, sized))? {
                        Some(Account::User(user)) => push(&mut snapshot.users, user, ENTRIES_MAX)?,
                        Some(Account::Group(group)) => {
                            push(&mut snapshot.groups, group, ENTRIES_MAX)?;
                        }
                        None => {}
                    }
                }
            }
            Kind::ThreadTimes => {
                let threads = snapshot.threads.iter_mut();
                let mut threads: HashMap<i64, _> =
                    threads.map(|thread| (thread.tid, thread)).collect();
                while self.left >= 4 {
                    let (tid, clone_ts) = self.entry(Size::CountsItself, lists::thread_times)?;
                    if let Some(thread) = threads.get_mut(&tid) {
                        thread.clone_ts = clone_ts;
                    }
                }
            }
            Kind::Event(_) | Kind::Section | Kind::Unknown => {}
        }
        Ok(())
    }

    /// One entry, which may be longer than `read` takes if it says its length.
    fn entry<T>(
        &mut self,
        size: Size,
        read: impl FnOnce(&mut Fields<'_>) -> Result<T, Bad>,
    ) -> Result<T, Problem> {
        let want = self.left.min(ENTRY_MAX);
        let window = self.input.at_least(want)?;
        let window = window.get(..want).unwrap_or(window);
        let ended = window.len() < want;
        let mut fields = Fields(window);
        let mut len = None;
        if size != Size::None {
            let stated = fields.u32().map_err(|_| Problem::Short)? as usize;
            let rest = match size {
                Size::CountsTheRest => stated,
                _ => stated.checked_sub(4).ok_or(Problem::Entry)?,
            };
            if rest > self.left - 4 {
                return Err(Problem::Entry);
            }
            len = Some(rest + 4);
            fields = Fields(fields.0.get(..rest).unwrap_or(fields.0));
        }
        let value = read(&mut fields).map_err(|bad| match bad {
            Bad::Short if ended => Problem::Short,
            bad => bad.into(),
        })?;
        let len = len.unwrap_or(want - fields.left());
        self.skip(len)?;
        Ok(value)
    }

    fn skip(&mut self, len: usize) -> Result<(), Problem> {
        self.left -= len.min(self.left);
        let mut len = len;
        while len > 0 {
            let step = len.min(ENTRY_MAX);
            if self.input.at_least(step)?.len() < step {
                return Err(Problem::Short);
            }
            self.input.consume(step);
            len -= step;
        }
        Ok(())
    }
}

fn push<T>(list: &mut Vec<T>, entry: T, max: usize) -> Result<(), Problem> {
    if list.len() >= max {
        return Err(Problem::TooManyEntries);
    }
    list.push(entry);
    Ok(())
}

#[cfg(test)]
mod tests {
    use gyr_event::RecordBuilder;

    use super::*;

    /// A record as it was before it said how many parameters it has.
    fn old(record: &[u8], surplus: u32) -> Vec<u8> {
        let (head, params) = record.split_at(HEADER_LEN);
        let mut old = [&head[..OLD_HEADER_LEN], params].concat();
        let len = u32::try_from(old.len()).unwrap() + surplus;
        old[16..20].copy_from_slice(&len.to_le_bytes());
        old
    }

    #[test]
    fn the_number_of_parameters_is_found_from_their_lengths() {
        let whole = RecordBuilder::new(EventCode::READ, 1, 2).i64(3).bytes(b"abc").i64(4).u32(5);
        let fewer = RecordBuilder::new(EventCode::READ, 1, 2).i64(3).bytes(b"abc");
        for record in [whole.finish(), fewer.finish()] {
            let mut again = Vec::new();
            let header = restore_n_params(&old(&record, 0), &mut again).unwrap();
            assert_eq!(again, record);
            assert_eq!(header.len(), record.len());
        }
    }

    #[test]
    fn two_events_were_written_with_a_length_too_large_by_three() {
        let code = EventCode::new(OVERLONG[0]).unwrap();
        let record = RecordBuilder::new(code, 1, 2).text(b"a").text(b"b").finish();
        let mut again = Vec::new();
        restore_n_params(&old(&record, 3), &mut again).unwrap();
        assert_eq!(again, record);
    }

    #[test]
    fn lengths_that_never_add_up_are_malformed() {
        let record = RecordBuilder::new(EventCode::CLOSE, 1, 2).i64(3).finish();
        let mut short = old(&record, 0);
        short.push(0);
        let len = u32::try_from(short.len()).unwrap();
        short[16..20].copy_from_slice(&len.to_le_bytes());
        assert_eq!(restore_n_params(&short, &mut Vec::new()).unwrap_err(), Malformed::Params);
    }
}
