//! What is written to a capture is read back.

mod shared;

use std::io::Cursor;

use gyr_capture::{
    Next, Record, RecordFlags, Source,
    scap::{Packing, Replay, Writer},
};
use gyr_event::{Event, EventCode, RecordBuilder, snapshot::Snapshot};

fn replay(bytes: Vec<u8>) -> Replay {
    Replay::from_reader(Cursor::new(bytes), "test".to_owned()).unwrap()
}

#[test]
fn every_capture_survives() {
    for name in ["files", "procs", "net", "old-cat_write", "old-run_as_user_0_container"] {
        let Some(path) = shared::capture(name) else { continue };
        let mut original = Replay::open(&path).unwrap();
        let snapshot = original.take_snapshot();
        let mut writer = Writer::new(Vec::new(), &snapshot).unwrap();
        while let Next::Record(record) = original.next().unwrap() {
            writer.write(&record).unwrap();
        }
        assert_eq!(writer.skipped(), 0);
        let len = writer.bytes();
        let bytes = writer.into_inner();
        assert_eq!(bytes.len() as u64, len);

        let mut again = replay(bytes);
        assert_eq!(again.take_snapshot(), snapshot, "{name}");
        let mut original = Replay::open(&path).unwrap();
        loop {
            match (original.next().unwrap(), again.next().unwrap()) {
                (Next::Record(a), Next::Record(b)) => {
                    assert_eq!(a.event.record(), b.event.record(), "{name}");
                    assert_eq!((a.event.cpu(), a.flags), (b.event.cpu(), b.flags), "{name}");
                }
                (Next::End, Next::End) => break,
                other => panic!("{name}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_capture_of_today_is_written_as_it_was_read() {
    let (Some(path), Some(bytes)) = (shared::capture("files"), shared::unpacked("files")) else {
        return;
    };
    let mut original = Replay::open(&path).unwrap();
    let snapshot = original.take_snapshot();
    let mut writer = Writer::new(Vec::new(), &snapshot).unwrap();
    while let Next::Record(record) = original.next().unwrap() {
        writer.write(&record).unwrap();
    }
    assert_eq!(writer.into_inner(), bytes);
}

#[test]
fn files_packed_or_not_are_read_back() {
    let folder = std::env::temp_dir().join(format!("gyr-capture-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let record = RecordBuilder::new(EventCode::CLOSE, 1, 2).i64(0).i64(3).finish();
    let event = Event::decode(&record).unwrap();
    for (name, packing) in [("packed", Packing::Gzip), ("plain", Packing::None)] {
        let path = folder.join(name);
        let mut writer = Writer::create(&path, packing, &Snapshot::default()).unwrap();
        writer.write(&Record { event, flags: RecordFlags::default() }).unwrap();
        writer.close().unwrap();
        assert_eq!(std::fs::read(&path).unwrap().starts_with(&[0x1f, 0x8b]), name == "packed");
        let mut replay = Replay::open(&path).unwrap();
        let Next::Record(again) = replay.next().unwrap() else { panic!() };
        assert_eq!(again.event.record(), record);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_file_in_which_nothing_happened_can_be_read() {
    let path = std::env::temp_dir().join(format!("gyr-nothing-{}.scap", std::process::id()));
    for packing in [Packing::Gzip, Packing::None] {
        Writer::create(&path, packing, &Snapshot::default()).unwrap().close().unwrap();
        let mut replay = Replay::open(&path).unwrap();
        let Next::Record(record) = replay.next().unwrap() else { panic!("no event") };
        assert_eq!(record.flags, RecordFlags::STATE_ONLY, "rules do not see it");
        assert!(matches!(replay.next().unwrap(), Next::End));
    }
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn what_a_capture_starts_with_tells_of_what_was_there_before() {
    let user = |ts| {
        let record = RecordBuilder::new(EventCode::USER_ADDED, ts, -1).u32(7).u32(7).text(b"u");
        record.text(b"/home").text(b"/bin/sh").text(b"").finish()
    };
    let call = RecordBuilder::new(EventCode::GETUID, 3, 9).u32(0).finish();
    let mut writer = Writer::new(Vec::new(), &Snapshot::default()).unwrap();
    for bytes in [user(1), user(2), call, user(4)] {
        let event = Event::decode(&bytes).unwrap();
        writer.write(&Record { event, flags: RecordFlags::default() }).unwrap();
    }
    let mut replay = replay(writer.into_inner());
    let mut told = Vec::new();
    while let Next::Record(record) = replay.next().unwrap() {
        told.push((record.event.ts(), record.flags == RecordFlags::STATE_ONLY));
    }
    assert_eq!(told, [(1, true), (2, true), (3, false), (4, false)]);
}

#[test]
fn flags_and_large_payloads_survive_and_too_large_events_are_counted() {
    let mut writer = Writer::new(Vec::new(), &Snapshot::default()).unwrap();
    let large = RecordBuilder::new(EventCode::ASYNCEVENT, 1, 2)
        .u32(0)
        .text(b"container")
        .bytes(&vec![7; 100_000])
        .finish();
    let small = RecordBuilder::new(EventCode::CLOSE, 3, 4).i64(0).i64(3).finish();
    let too_large =
        RecordBuilder::new(EventCode::WRITE, 3, 4).i64(0).bytes(&vec![1; 65_530]).finish();
    for (record, flags) in [
        (&large, RecordFlags::default()),
        (&large, RecordFlags::LARGE),
        (&too_large, RecordFlags::default()),
        (&small, RecordFlags::STATE_ONLY),
    ] {
        let event = Event::decode(record).unwrap().at(5, 0);
        writer.write(&Record { event, flags }).unwrap();
    }
    assert_eq!(writer.skipped(), 1);
    let mut replay = replay(writer.into_inner());
    for (record, flags) in [
        (&large, RecordFlags::default()),
        (&large, RecordFlags::LARGE),
        (&small, RecordFlags::STATE_ONLY),
    ] {
        let Next::Record(again) = replay.next().unwrap() else { panic!() };
        assert_eq!(again.event.record(), record);
        assert_eq!((again.flags, again.event.cpu()), (flags, 5));
    }
    assert!(matches!(replay.next().unwrap(), Next::End));
}
