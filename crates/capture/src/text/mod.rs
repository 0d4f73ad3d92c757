//! Events as text, both ways: what tests are written in and what people read. docs/events-as-text.md has the format.

mod system;
mod value;
mod words;

use std::fmt;

use gyr_event::{
    EVENTS, Event, EventCode, EventFlags, EventInfo, Header, RecordBuilder, snapshot::Snapshot,
};

use crate::{Next, Record, RecordFlags, Source, SourceError, Stats};
use words::Words;

pub use system::snapshot;

/// A text as a source of events. It is read as a whole when it is made, so that errors show at once.
#[derive(Debug, Default)]
pub struct TextEvents {
    snapshot: Snapshot,
    steps: Vec<Step>,
    next: usize,
    stats: Stats,
}

/// Why a text could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{name}:{line}:{column}: {problem}")]
pub struct Error {
    pub name: String,
    /// From 1, as the column, which counts characters.
    pub line: usize,
    pub column: usize,
    pub problem: Problem,
}

/// What is wrong at a place of a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("expected {0}")]
    Expected(&'static str),
    #[error("there is no event {0}")]
    NoEvent(String),
    #[error("there is no {0} here; there are: {1}")]
    NoKey(String, String),
    #[error("{0} is given twice")]
    Twice(String),
    #[error("this is no {0}")]
    NotA(&'static str),
    #[error("this does not fit into {0}")]
    OutOfRange(&'static str),
    #[error("{0} is never closed")]
    Unclosed(&'static str),
    #[error("a backslash is followed by one of n t r 0 \" \\ or x and two hexadecimal digits")]
    Escape,
    #[error("what existed before the first event must come before it")]
    TooLate,
    #[error("the event is too large")]
    TooLarge,
}

#[derive(Debug)]
enum Step {
    Record { bytes: Vec<u8>, header: Header, cpu: u16, flags: RecordFlags },
    Restart(Box<Snapshot>),
    Idle,
}

impl TextEvents {
    /// Reads a text; errors call it `name`.
    pub fn parse(name: &str, text: &str) -> Result<Self, Error> {
        let mut reader = Reader::default();
        for (i, line) in text.lines().enumerate() {
            let mut words = Words::new(line);
            if let Err((column, problem)) = reader.line(&mut words) {
                return Err(Error { name: name.to_owned(), line: i + 1, column, problem });
            }
        }
        Ok(reader.finish())
    }

    /// What existed before the first event. A second call finds it empty.
    pub fn take_snapshot(&mut self) -> Snapshot {
        std::mem::take(&mut self.snapshot)
    }
}

impl Source for TextEvents {
    fn next(&mut self) -> Result<Next<'_>, SourceError> {
        let Some(step) = self.steps.get_mut(self.next) else { return Ok(Next::End) };
        self.next += 1;
        Ok(match step {
            Step::Record { bytes, header, cpu, flags } => {
                self.stats.records += 1;
                self.stats.bytes += bytes.len() as u64;
                Next::Record(Record { event: header.event(bytes).at(*cpu, 0), flags: *flags })
            }
            Step::Restart(snapshot) => Next::Restart(std::mem::take(snapshot)),
            Step::Idle => Next::Idle,
        })
    }

    fn stats(&self) -> Stats {
        self.stats
    }
}

/// A problem and the column it is at.
type Wrong = (usize, Problem);

/// What was read so far.
#[derive(Debug, Default)]
struct Reader {
    /// Times count from here, in nanoseconds since the epoch.
    base: i128,
    first: Option<Snapshot>,
    snapshot: Snapshot,
    /// Whether an event was read since the text or the last restart began.
    events: bool,
    steps: Vec<Step>,
    restart: Option<usize>,
}

impl Reader {
    fn line(&mut self, words: &mut Words<'_>) -> Result<(), Wrong> {
        let Some(column) = words.next_column() else { return Ok(()) };
        let first = words.bare("a line").map_err(|problem| (column, problem))?;
        if first.starts_with('#') {
            return Ok(());
        }
        match first {
            "idle" => self.steps.push(Step::Idle),
            "restart" => {
                self.end_section();
                self.restart = Some(self.steps.len());
                self.steps.push(Step::Restart(Box::default()));
            }
            "time" => self.base = at(words, |words| seconds(words.bare("seconds")?))?,
            _ if first.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
                let ts = seconds(first).map_err(|problem| (column, problem))?;
                let ts = u64::try_from(self.base + ts);
                let ts = ts.map_err(|_| (column, Problem::OutOfRange("the time")))?;
                self.events = true;
                self.steps.push(event(words, ts)?);
            }
            _ if self.events => return Err((column, Problem::TooLate)),
            _ => system::line(first, column, words, &mut self.snapshot)?,
        }
        if let Some(column) = words.next_column() {
            return Err((column, Problem::Expected("the end of the line")));
        }
        Ok(())
    }

    /// The lists belong to the text's start or to the restart before them.
    fn end_section(&mut self) {
        let snapshot = std::mem::take(&mut self.snapshot);
        match self.restart.and_then(|index| self.steps.get_mut(index)) {
            Some(Step::Restart(place)) => **place = snapshot,
            _ => self.first = Some(snapshot),
        }
        self.events = false;
    }

    fn finish(mut self) -> TextEvents {
        self.end_section();
        TextEvents {
            snapshot: self.first.unwrap_or_default(),
            steps: self.steps,
            next: 0,
            stats: Stats::default(),
        }
    }
}

/// Runs a step of the parser; if it fails, at the place where the next word starts.
fn at<'a, T>(
    words: &mut Words<'a>,
    step: impl FnOnce(&mut Words<'a>) -> Result<T, Problem>,
) -> Result<T, Wrong> {
    let column = words.next_column().unwrap_or_else(|| words.column());
    step(words).map_err(|problem| (column, problem))
}

/// Nanoseconds from seconds with up to nine decimals.
fn seconds(text: &str) -> Result<i128, Problem> {
    let wrong = Problem::NotA("time in seconds");
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 9 || !all_digits(whole) || !all_digits(fraction) {
        return Err(wrong);
    }
    let whole: u64 = whole.parse().map_err(|_| wrong.clone())?;
    let fraction: u64 = format!("{fraction:0<9}").parse().map_err(|_| wrong)?;
    let nanoseconds = i128::from(whole) * 1_000_000_000 + i128::from(fraction);
    Ok(if negative { -nanoseconds } else { nanoseconds })
}

/// `TID[@CPU] [~][>]NAME[#CODE] PARAMETER=VALUE ...`
fn event(words: &mut Words<'_>, ts: u64) -> Result<Step, Wrong> {
    let (tid, cpu) = at(words, |words| thread_and_cpu(words.bare("a thread id")?))?;
    let (code, flags) = at(words, |words| code_and_flags(words.bare("an event")?))?;
    let mut params = vec![Vec::new(); code.info().params.len()];
    let mut given = vec![false; params.len()];
    while let Some(column) = words.next_column() {
        let here = |problem| (column, problem);
        let key = words.key().map_err(here)?;
        let index = code.info().params.iter().position(|param| param.name == key);
        let index = index.ok_or_else(|| here(no_param(key, code.info())))?;
        let value_at = words.column();
        let (Some(param), Some(given), Some(info)) =
            (params.get_mut(index), given.get_mut(index), code.info().params.get(index))
        else {
            continue;
        };
        if std::mem::replace(given, true) {
            return Err(here(Problem::Twice(key.to_owned())));
        }
        let value = words.value().and_then(|value| value::encode(&value, info.ty, info.extra));
        *param = value.map_err(|problem| (value_at, problem))?;
    }
    let large = code.info().flags.contains(EventFlags::LARGE_PAYLOAD);
    let len_max = if large { u32::MAX as usize } else { usize::from(u16::MAX) };
    if params.iter().any(|param| param.len() > len_max) {
        return Err((words.column(), Problem::TooLarge));
    }
    let bytes = params
        .iter()
        .fold(RecordBuilder::new(code, ts, tid), |builder, param| builder.bytes(param))
        .finish();
    let header = Header::read(&bytes).map_err(|_| (words.column(), Problem::TooLarge))?;
    Ok(Step::Record { bytes, header, cpu, flags })
}

fn no_param(key: &str, info: &EventInfo) -> Problem {
    let names: Vec<&str> = info.params.iter().map(|param| param.name).collect();
    Problem::NoKey(key.to_owned(), names.join(", "))
}

fn thread_and_cpu(word: &str) -> Result<(i64, u16), Problem> {
    let (tid, cpu) = word.split_once('@').unwrap_or((word, "0"));
    match (tid.parse(), cpu.parse()) {
        (Ok(tid), Ok(cpu)) => Ok((tid, cpu)),
        _ => Err(Problem::NotA("thread id")),
    }
}

const STATE_ONLY: char = '~';
const ENTER: char = '>';

fn code_and_flags(word: &str) -> Result<(EventCode, RecordFlags), Problem> {
    let (rest, flags) = match word.strip_prefix(STATE_ONLY) {
        Some(rest) => (rest, RecordFlags::STATE_ONLY),
        None => (word, RecordFlags::default()),
    };
    let code = match rest.split_once('#') {
        Some((_, number)) => number.parse().ok().and_then(EventCode::new),
        None => match rest.strip_prefix(ENTER) {
            Some(name) => current(name, true),
            None => current(rest, false).or_else(|| current(rest, true)),
        },
    };
    code.map(|code| (code, flags)).ok_or_else(|| Problem::NoEvent(rest.to_owned()))
}

/// The event of today with this name; each name has at most one of either direction.
fn current(name: &str, enter: bool) -> Option<EventCode> {
    let mut codes = EVENTS.iter().filter(|info| info.name == name).map(|info| info.code);
    codes.find(|code| code.is_current() && code.is_enter() == enter)
}

/// An event as a line of text without its end; it reads back as the same event.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    record: Record<'a>,
    base: u64,
}

impl<'a> Line<'a> {
    /// The time is written relative to `base`, in nanoseconds since the epoch.
    pub const fn new(record: Record<'a>, base: u64) -> Self {
        Self { record, base }
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let event: &Event<'_> = &self.record.event;
        let code = event.code();
        let ts = i128::from(event.ts()) - i128::from(self.base);
        let sign = if ts < 0 { "-" } else { "" };
        let ts = ts.unsigned_abs();
        write!(f, "{sign}{}.{:09} {}", ts / 1_000_000_000, ts % 1_000_000_000, event.tid())?;
        if event.cpu() != 0 {
            write!(f, "@{}", event.cpu())?;
        }
        f.write_str(" ")?;
        if self.record.flags.contains(RecordFlags::STATE_ONLY) {
            write!(f, "{STATE_ONLY}")?;
        }
        let name = event.info().name;
        if current(name, code.is_enter()) != Some(code) {
            write!(f, "{name}#{}", code.number())?;
        } else if code.is_enter() && current(name, false).is_some() {
            write!(f, "{ENTER}{name}")?;
        } else {
            f.write_str(name)?;
        }
        let mut text = String::new();
        for (index, param) in event.info().params.iter().enumerate() {
            if event.has(index) {
                text.clear();
                words::write(&value::print(event.bytes(index), param), &mut text);
                write!(f, " {}={text}", param.name)?;
            }
        }
        Ok(())
    }
}

/// A time as text for a `time` line, which later times count from.
pub fn time_line(base: u64) -> String {
    format!("time {}.{:09}", base / 1_000_000_000, base % 1_000_000_000)
}
