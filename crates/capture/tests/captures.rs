//! The reader against the conformance captures: nothing is bad, the counts are right, the lists make sense.

mod shared;

use gyr_capture::{Next, Source, scap::Replay};

/// Captures, each with the records that come out of it, threads, fds, users and interfaces.
const CAPTURES: &[(&str, u64, [usize; 4])] = &[
    ("files", 1_056, [1, 5, 35, 0]),
    ("procs", 8_765, [1, 5, 35, 0]),
    ("net", 1_492, [1, 5, 35, 0]),
    ("mixed", 293_213, [1, 5, 35, 0]),
    ("old-cat_write", 307, [73, 384, 32, 5]),
    ("old-connect_localhost", 371, [184, 690, 41, 7]),
    ("old-ping_sendto", 1_516, [136, 674, 42, 10]),
    ("old-run_as_user_0_container", 2_795, [124, 693, 45, 11]),
];

#[test]
fn every_capture_is_read_to_its_end() {
    for &(name, records, lists) in CAPTURES {
        let Some(path) = shared::capture(name) else { continue };
        let mut replay = Replay::open(&path).unwrap();
        let snapshot = replay.take_snapshot();
        let found = [
            snapshot.threads.len(),
            snapshot.fds.len(),
            snapshot.users.len(),
            snapshot.interfaces.len(),
        ];
        assert_eq!(found, lists, "{name}");
        assert!(!snapshot.machine.hostname.is_empty(), "{name}");
        for thread in &snapshot.threads {
            assert!(thread.tid > 0 && !thread.comm.is_empty(), "{name}: {thread:?}");
        }
        while let Next::Record(_) = replay.next().unwrap() {}
        assert!(matches!(replay.next().unwrap(), Next::End), "{name}");
        let stats = replay.stats();
        assert_eq!((stats.records, stats.bad, stats.unknown), (records, 0, 0), "{name}");
    }
}
