//! What is fuzzed, and what it starts from.

use std::io::Cursor;

use gyr_capture::{
    Next, Record, RecordFlags, Source,
    scap::{Replay, Writer},
    text::{self, Line, TextEvents},
};
use gyr_event::{Event, HEADER_LEN};

/// An entrance for bytes that others wrote.
pub(super) struct Target {
    pub(super) name: &'static str,
    pub(super) seeds: fn() -> Vec<Vec<u8>>,
    /// Panics where the entrance does wrong.
    pub(super) run: fn(&[u8]),
}

pub(super) static TARGETS: &[Target] = &[
    Target { name: "scap", seeds: captures, run: scap },
    Target { name: "record", seeds: records, run: record },
    Target { name: "text", seeds: texts, run: text },
];

/// Reads a capture, and what came out of it once more after writing it.
fn scap(input: &[u8]) {
    let open = |bytes: Vec<u8>| Replay::from_reader(Cursor::new(bytes), "input".to_owned());
    let Ok(mut replay) = open(input.to_vec()) else { return };
    let snapshot = replay.take_snapshot();
    let mut writer = Writer::new(Vec::new(), &snapshot).expect("a vector takes everything");
    let mut n_records = 0;
    loop {
        match replay.next() {
            Ok(Next::Record(record)) => {
                n_records += 1;
                writer.write(&record).expect("a vector takes everything");
            }
            Ok(Next::End) | Err(_) => break,
            Ok(Next::Restart(_) | Next::Idle) => {}
        }
    }
    let n_written = n_records - writer.skipped();
    let Ok(mut again) = open(writer.into_inner()) else {
        assert_eq!(n_written, 0, "what was written cannot be read");
        return;
    };
    let mut n_again = 0;
    while let Ok(Next::Record(_)) = again.next() {
        n_again += 1;
    }
    assert_eq!((n_again, again.stats().bad), (n_written, 0), "what was written is not read back");
}

/// Reads a record's parameters in all ways, and writes it as text and back.
fn record(input: &[u8]) {
    let Ok(event) = Event::decode(input) else { return };
    let _ = (event.result(), event.generic_syscall());
    for index in 0..event.n_params() + 2 {
        let _ = (event.text(index), event.i64(index), event.u64(index), event.u32(index));
    }
    let line = Line::new(Record { event, flags: RecordFlags::default() }, 0).to_string();
    let mut again =
        TextEvents::parse("line", &line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let Ok(Next::Record(again)) = again.next() else { panic!("{line}") };
    for index in 0..event.info().params.len() {
        assert_eq!(again.event.bytes(index), event.bytes(index), "{line}");
    }
}

/// Reads text; what was understood must read back from what is written of it.
fn text(input: &[u8]) {
    let Ok(mut events) = TextEvents::parse("input", &String::from_utf8_lossy(input)) else {
        return;
    };
    let snapshot = events.take_snapshot();
    let mut written = text::snapshot(&snapshot);
    while let Ok(next) = events.next() {
        match next {
            Next::Record(record) => written += &format!("{}\n", Line::new(record, 0)),
            Next::Idle | Next::Restart(_) => {}
            Next::End => break,
        }
    }
    let again = TextEvents::parse("written", &written);
    let mut again = again.unwrap_or_else(|error| panic!("{error}\n{written}"));
    assert_eq!(again.take_snapshot(), snapshot, "{written}");
}

/// Lines of every kind; captures and records are made of them.
const LINES: &str = include_str!("seeds.events");

fn texts() -> Vec<Vec<u8>> {
    let mut texts: Vec<Vec<u8>> = LINES.lines().map(|line| line.as_bytes().to_vec()).collect();
    texts.push(LINES.as_bytes().to_vec());
    texts
}

fn records() -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    let mut events = TextEvents::parse("seeds", LINES).expect("the seeds are sound");
    loop {
        match events.next() {
            Ok(Next::Record(record)) => records.push(record.event.record().to_vec()),
            Ok(Next::End) | Err(_) => return records,
            Ok(_) => {}
        }
    }
}

/// One capture in the layout of today, and one in that of the first writers.
fn captures() -> Vec<Vec<u8>> {
    let mut events = TextEvents::parse("seeds", LINES).expect("the seeds are sound");
    let snapshot = events.take_snapshot();
    let mut writer = Writer::new(Vec::new(), &snapshot).expect("a vector takes everything");
    let mut oldest =
        Writer::new(Vec::new(), &snapshot).expect("a vector takes everything").into_inner();
    while let Ok(next) = events.next() {
        match next {
            Next::Record(record) => {
                writer.write(&record).expect("a vector takes everything");
                oldest.extend(oldest_block(record.event.record()));
            }
            Next::End => break,
            Next::Idle | Next::Restart(_) => {}
        }
    }
    vec![writer.into_inner(), oldest]
}

/// A block as it was before records said how many parameters they have.
fn oldest_block(record: &[u8]) -> Vec<u8> {
    let number = 0x204_u32;
    let (head, params) = record.split_at(HEADER_LEN);
    let (head, _n_params) = head.split_at(HEADER_LEN - 4);
    let mut body = [&[0, 0], head, params].concat();
    let record_len = u32::try_from(record.len() - 4).unwrap_or(0).to_le_bytes();
    body.splice(2 + 16..2 + 20, record_len);
    body.resize(body.len().next_multiple_of(4), 0);
    let len = u32::try_from(body.len() + 12).unwrap_or(0).to_le_bytes();
    [&number.to_le_bytes()[..], &len, &body, &len].concat()
}
