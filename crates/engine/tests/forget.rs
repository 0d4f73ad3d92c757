//! Threads whose exit was lost do not stay for ever.

use std::sync::Arc;

use gyr_alert::{Alert, Priority};
use gyr_capture::text::TextEvents;
use gyr_engine::{Control, Engine, Forget, Settings, Turn};
use gyr_fields::{Fields, Session};
use gyr_rules::{Loader, Matching};
use gyr_state::{Host, Limits};
use jiff::tz::TimeZone;

const EVENTS: &str = "\
thread 100 pid=100 comm=lives
thread 200 pid=200 comm=gone
0.5 200 openat fd=3 dirfd=AT_FDCWD name=/etc/one flags=O_RDONLY mode=0
1.0 100 openat fd=3 dirfd=AT_FDCWD name=/etc/one flags=O_RDONLY mode=0
3.0 100 openat fd=4 dirfd=AT_FDCWD name=/etc/two flags=O_RDONLY mode=0
";

/// A host that has no other thread.
struct Only(i64);

impl Host for Only {
    fn has_thread(&mut self, tid: i64) -> bool {
        tid == self.0
    }
}

struct Deaf;

impl Control for Deaf {
    fn alert(&mut self, _: Alert) {}

    fn goes_on(&mut self, _: Turn) -> bool {
        true
    }
}

/// The threads that are left at the end, of the two.
fn left(forget: Option<Forget>) -> [bool; 2] {
    let loader = Loader::new([("syscall".to_owned(), Fields::default())]);
    let ruleset = loader.ruleset(&[], Priority::Debug, Matching::First);
    let settings = Settings {
        hostname: "host".into(),
        limits: Limits::default(),
        own_pid: None,
        duration: None,
        captures: None,
        forget,
    };
    let session = Session::new("syscall", TimeZone::UTC);
    let mut engine = Engine::new(settings, session, Arc::new(ruleset)).unwrap();
    let mut source = TextEvents::parse("events", EVENTS).unwrap();
    engine.load(source.take_snapshot());
    engine.run(&mut source, &mut Only(100), &mut Deaf).unwrap();
    [100, 200].map(|tid| engine.state().thread(tid).is_some())
}

#[test]
fn idle_threads_that_the_host_does_not_have_go_at_the_interval() {
    const SECOND: u64 = 1_000_000_000;
    assert_eq!(left(None), [true, true]);
    assert_eq!(left(Some(Forget { interval: 2 * SECOND, idle: 2 * SECOND })), [true, false]);
    assert_eq!(left(Some(Forget { interval: 9 * SECOND, idle: 2 * SECOND })), [true, true]);
    assert_eq!(left(Some(Forget { interval: 2 * SECOND, idle: 9 * SECOND })), [true, true]);
}
