//! What every superseded event becomes, as data: `tests/cases/conversions.txt`. `GYR_BLESS=1` writes it anew.
//!
//! Each block is an enter, if the event has one that is kept for it, and an exit with so many parameters; then what comes out.
//! The values of enters start at 100 and those of exits at 10, so that it shows where each came from.

use std::fmt::Write as _;
use std::io::Cursor;
use std::path::Path;

use gyr_capture::scap::{Replay, Writer};
use gyr_capture::text::Line;
use gyr_capture::{Next, Record, RecordFlags, Source};
use gyr_event::snapshot::Snapshot;
use gyr_event::{EVENTS, Event, EventFlags, EventInfo, ParamType, RecordBuilder};

#[test]
fn superseded_events_become_these() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/conversions.txt");
    let want = std::fs::read_to_string(&path).unwrap_or_default();
    let have = conversions();
    if std::env::var_os("GYR_BLESS").is_some() {
        std::fs::write(&path, have).unwrap();
        return;
    }
    for (i, (want, have)) in want.lines().zip(have.lines()).enumerate() {
        assert_eq!(have, want, "line {}", i + 1);
    }
    assert_eq!(have.len(), want.len());
}

fn conversions() -> String {
    let mut out = String::new();
    for pair in EVENTS.chunks(2) {
        let [enter, exit] = pair else { continue };
        let is_managed = |info: &EventInfo| info.flags.contains(EventFlags::CONVERTER_MANAGED);
        if is_managed(enter) {
            (0..=enter.params.len()).for_each(|n| block(&[record(enter, n, 100)], &mut out));
        }
        if is_managed(exit) {
            for n in 0..=exit.params.len() {
                block(&[record(exit, n, 10)], &mut out);
                if is_managed(enter) {
                    let enter = record(enter, enter.params.len(), 100);
                    block(&[enter, record(exit, n, 10)], &mut out);
                }
            }
        }
    }
    out
}

/// What goes in and what comes out; nothing of what is malformed or stays as it is.
fn block(records: &[Vec<u8>], out: &mut String) {
    let mut writer = Writer::new(Vec::new(), &Snapshot::default()).unwrap();
    let mut before = String::new();
    for record in records {
        let event = Event::decode(record).unwrap();
        let record = Record { event, flags: RecordFlags::default() };
        writer.write(&record).unwrap();
        writeln!(before, "{}", Line::new(record, 0)).unwrap();
    }
    let mut replay =
        Replay::from_reader(Cursor::new(writer.into_inner()), "old".to_owned()).unwrap();
    let mut after = String::new();
    while let Next::Record(record) = replay.next().unwrap() {
        writeln!(after, "= {}", Line::new(record, 0)).unwrap();
    }
    if replay.stats().bad == 0 && after.replace("= ", "") != before {
        writeln!(out, "{before}{after}").unwrap();
    }
}

fn record(info: &EventInfo, n_params: usize, first: u8) -> Vec<u8> {
    let mut record = RecordBuilder::new(info.code, 1_000_000_000, 7);
    for (number, param) in (first..).zip(info.params.iter().take(n_params)) {
        record = record.bytes(&value(param.ty, number));
    }
    record.finish()
}

fn value(ty: ParamType, number: u8) -> Vec<u8> {
    use ParamType as P;
    let wide = |width: usize| {
        let mut bytes = vec![0; width];
        bytes[0] = number;
        bytes
    };
    match ty {
        P::CHARBUF | P::FSPATH | P::FSRELPATH | P::BYTEBUF => format!("v{number}\0").into_bytes(),
        P::CHARBUFARRAY => format!("a{number}\0b\0").into_bytes(),
        P::SOCKADDR => vec![2, 127, 0, 0, number, 80, 0],
        P::SOCKTUPLE => vec![2, 127, 0, 0, number, 80, 0, 127, 0, 0, 2, 81, 0],
        P::FDLIST => vec![1, 0, number, 0, 0, 0, 0, 0, 0, 0, 1, 0],
        P::DYN => vec![1, number, 0, 0, 0, 0, 0, 0, 0],
        P::INT8 | P::UINT8 | P::FLAGS8 | P::ENUMFLAGS8 | P::SIGTYPE => wide(1),
        P::INT16 | P::UINT16 | P::FLAGS16 | P::ENUMFLAGS16 | P::SYSCALLID => wide(2),
        P::INT32
        | P::UINT32
        | P::FLAGS32
        | P::ENUMFLAGS32
        | P::UID
        | P::GID
        | P::MODE
        | P::SIGSET => wide(4),
        _ => wide(8),
    }
}
