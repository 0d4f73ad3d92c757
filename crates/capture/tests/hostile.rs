//! Captures that are cut, flipped or forged: an error or a counted bad record, never a panic, never much memory.

mod shared;

use std::io::Cursor;

use gyr_capture::{
    Next, Record, RecordFlags, Source, SourceError, Stats,
    scap::{Problem, Replay},
};
use shared::{Random, unpacked};

/// How a capture ends, and what was read of it until then: the same whether or not what lies ready is taken in batches.
fn read(bytes: &[u8]) -> (Result<(), SourceError>, Stats) {
    let (mut singly, mut in_batches) = (Vec::new(), Vec::new());
    let (end, stats) = read_by(bytes, &mut singly, |_, _| {});
    let (other_end, other_stats) = read_by(bytes, &mut in_batches, |replay, seen| {
        let mut batch = replay.batch();
        while let Some(record) = batch.next() {
            seen.push(record_of(&record));
        }
        let taken = batch.taken();
        replay.took(taken);
    });
    assert_eq!(format!("{end:?}"), format!("{other_end:?}"));
    assert_eq!(stats, other_stats);
    assert!(singly == in_batches);
    (end, stats)
}

type Seen = Vec<(Vec<u8>, u16, RecordFlags)>;

fn record_of(record: &Record<'_>) -> (Vec<u8>, u16, RecordFlags) {
    (record.event.record().to_vec(), record.event.cpu(), record.flags)
}

fn read_by(
    bytes: &[u8],
    seen: &mut Seen,
    before: impl Fn(&mut Replay, &mut Seen),
) -> (Result<(), SourceError>, Stats) {
    let mut replay = match Replay::from_reader(Cursor::new(bytes.to_vec()), "test".to_owned()) {
        Ok(replay) => replay,
        Err(error) => return (Err(error), Stats::default()),
    };
    loop {
        before(&mut replay, seen);
        match replay.next() {
            Ok(Next::End) => return (Ok(()), replay.stats()),
            Ok(Next::Record(record)) => {
                for index in 0..record.event.n_params() {
                    let _ = record.event.text(index);
                }
                seen.push(record_of(&record));
            }
            Ok(_) => {}
            Err(error) => {
                assert!(matches!(replay.next(), Ok(Next::End)), "a stream ends after an error");
                return (Err(error), replay.stats());
            }
        }
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn set_u32(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

/// The start of a capture up to its `n`th event, and where its events start.
fn head_of(name: &str, n: usize) -> Option<(Vec<u8>, Vec<usize>)> {
    let mut bytes = unpacked(name)?;
    let mut at = 0;
    let mut events = Vec::new();
    while events.len() < n {
        if matches!(u32_at(&bytes, at), 0x204 | 0x208 | 0x216 | 0x217) {
            events.push(at);
        }
        at += u32_at(&bytes, at + 4) as usize;
    }
    bytes.truncate(at);
    Some((bytes, events))
}

#[test]
fn a_capture_cut_anywhere_gives_its_whole_events_and_then_an_error() {
    let Some((bytes, events)) = head_of("files", 10) else { return };
    for len in 0..bytes.len() {
        let (end, stats) = read(&bytes[..len]);
        let whole = events.iter().skip(1).filter(|&&start| start <= len).count() as u64;
        assert_eq!(stats.records, whole, "cut to {len} bytes");
        let at_boundary = events.iter().skip(1).any(|&start| start == len);
        assert_eq!(end.is_ok(), at_boundary, "cut to {len} bytes: {end:?}");
    }
    let (end, stats) = read(&bytes);
    assert!(end.is_ok());
    assert_eq!((stats.records, stats.bytes), (10, bytes.len() as u64));
}

#[test]
fn flipped_bits_never_panic() {
    for name in ["files", "old-cat_write", "old-run_as_user_0_container"] {
        let Some((bytes, _)) = head_of(name, 300) else { return };
        let mut random = Random::new(7);
        for _ in 0..300 {
            let mut bytes = bytes.clone();
            for _ in 0..1 + random.below(8) {
                let at = random.below(bytes.len());
                bytes[at] ^= 1 << random.below(8);
            }
            let _ = read(&bytes);
        }
    }
}

#[test]
fn every_forged_length_of_a_block_is_survived() {
    let Some((bytes, events)) = head_of("files", 2) else { return };
    let mut at = 0;
    while at < bytes.len() {
        for forged in [0, 1, 11, 13, 16, 0xffff, 0x1_0009, 0x7fff_ffff, u32::MAX] {
            let mut bytes = bytes.clone();
            set_u32(&mut bytes, at + 4, forged);
            assert!(read(&bytes).0.is_err(), "length {forged} at {at}");
        }
        at += u32_at(&bytes, at + 4) as usize;
    }
    assert_eq!(events.len(), 2);
}

#[test]
fn a_malformed_record_in_a_sound_block_is_counted_and_skipped() {
    let Some((bytes, events)) = head_of("files", 3) else { return };
    let record = events[1] + 10;
    for (at, forged) in [(16, 0_u32), (16, 25), (16, u32::MAX), (22, 32), (22, u32::MAX), (26, !0)]
    {
        let mut bytes = bytes.clone();
        set_u32(&mut bytes, record + at, forged);
        let (end, stats) = read(&bytes);
        assert!(end.is_ok());
        assert_eq!((stats.records, stats.bad), (2, 1), "{forged} at {at}");
    }
}

#[test]
fn an_event_of_a_newer_version_is_skipped() {
    let Some((mut bytes, events)) = head_of("files", 3) else { return };
    bytes[events[1] + 10 + 20..][..2].copy_from_slice(&[0xff, 0x7f]);
    let (end, stats) = read(&bytes);
    assert!(end.is_ok());
    assert_eq!((stats.records, stats.bad, stats.unknown), (2, 0, 1));
}

#[test]
fn captures_one_after_the_other_restart() {
    let Some((bytes, _)) = head_of("files", 2) else { return };
    let twice = [bytes.clone(), bytes].concat();
    let mut replay = Replay::from_reader(Cursor::new(twice), "test".to_owned()).unwrap();
    let mut seen = Vec::new();
    loop {
        match replay.next().unwrap() {
            Next::Record(_) => seen.push("record"),
            Next::Restart(snapshot) => {
                assert_eq!(snapshot.threads.len(), 1);
                seen.push("restart");
            }
            Next::Idle => unreachable!("a file is never idle"),
            Next::End => break,
        }
    }
    assert_eq!(seen, ["record", "record", "restart", "record", "record"]);
}

#[test]
fn what_is_no_capture_is_said_to_be_none() {
    let Some((bytes, events)) = head_of("files", 1) else { return };
    let problem = |bytes: &[u8]| match read(bytes).0 {
        Err(SourceError::Capture { problem, .. }) => problem,
        other => panic!("{other:?}"),
    };
    assert!(matches!(problem(b""), Problem::NotACapture));
    assert!(matches!(problem(b"- rule: x\n  desc: y\n"), Problem::NotACapture));
    assert!(matches!(problem(&bytes[..events[0]]), Problem::NoEvents));
    let mut newer = bytes.clone();
    newer[12] = 2;
    assert!(matches!(problem(&newer), Problem::Version(2)));
    let mut swapped = bytes.clone();
    swapped[8..12].reverse();
    assert!(matches!(problem(&swapped), Problem::ByteOrder));
    let mut unequal = bytes;
    let machine_tail = 28 + 192 - 4;
    unequal[machine_tail] ^= 1;
    assert!(matches!(problem(&unequal), Problem::Lengths(192, 193)));
}

#[test]
fn packed_captures_cut_anywhere_give_events_and_then_an_error() {
    let Some((bytes, _)) = head_of("files", 300) else { return };
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, &bytes).unwrap();
    let packed = packed.finish().unwrap();
    assert_eq!(read(&packed).1.records, 300);
    let mut last = 0;
    for len in (0..packed.len()).step_by(23) {
        let (end, stats) = read(&packed[..len]);
        assert!(end.is_err(), "cut to {len}");
        assert!(stats.records >= last, "cut to {len}: less than with fewer bytes");
        last = stats.records;
    }
    assert!(last > 250);
    let members = [packed.clone(), packed.clone()].concat();
    assert_eq!(read(&members).1.records, 600);
    let (end, stats) = read(&[&packed[..], b"\0\0rest"].concat());
    assert!(end.is_ok(), "what follows the last member is ignored");
    assert_eq!(stats.records, 300);
}
