//! A watcher's memory does not grow with the processes it has seen: allocated bytes after N and after 3N cycles.
#![allow(unsafe_code, reason = "an allocator that counts is an unsafe trait")]
#![allow(clippy::print_stderr, reason = "a skipped test says so")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use gyr_alert::{Alert, Priority};
use gyr_capture::Source as _;
use gyr_engine::{Control, End, Engine, Settings, Turn};
use gyr_event::Interest;
use gyr_fields::{Fields, Session};
use gyr_probe::{Config, EntryTracepoints, LoadError, Probe};
use gyr_rules::{BaseSyscalls, Loader, Matching, Selection};
use gyr_state::Limits;
use jiff::tz::TimeZone;

/// Counts the bytes that are allocated now.
struct Counting;

static ALLOCATED: AtomicI64 = AtomicI64::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call goes to the system's allocator as it came; counting touches no memory of theirs.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(layout.size().cast_signed() as i64, Ordering::Relaxed);
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        ALLOCATED.fetch_sub(layout.size().cast_signed() as i64, Ordering::Relaxed);
        // SAFETY: the caller's promise that `pointer` came from here with this `layout` is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Only the end of a load makes an alert, but every event is asked about.
const RULES: &str = "
- rule: end of the load
  desc: the load has opened its last file
  condition: evt.type in (open, openat) and fd.name = /etc/hostname and proc.cmdline contains gyr-soak-end
  output: end
  priority: DEBUG
- rule: never
  desc: looks at much and finds nothing
  condition: >
    evt.type in (execve, openat, connect, clone, close) and proc.aname = nobody and fd.name startswith /nowhere
    and user.name = nobody
  output: never
  priority: DEBUG
";

/// Stops the engine when the load has ended.
struct UntilTheEnd {
    ended: bool,
    deadline: Instant,
}

impl Control for UntilTheEnd {
    fn alert(&mut self, _: Alert) {
        self.ended = true;
    }

    fn goes_on(&mut self, _: Turn) -> bool {
        !self.ended && Instant::now() < self.deadline
    }
}

#[test]
fn allocated_bytes_stay_as_processes_come_and_go() {
    let mut loader = Loader::new([("syscall".to_owned(), Fields::default())]);
    let result = loader.load("rules", RULES);
    assert!(result.is_ok(), "{}", result.to_text());
    let ruleset = Arc::new(loader.ruleset(&[], Priority::Debug, Matching::First));
    let selection = Selection::new(ruleset.interest(), &Interest::none(), &BaseSyscalls::default());
    let Some(mut probe) = attached(selection.syscalls) else { return };
    let root = Path::new("/");
    let snapshot = gyr_host::snapshot(root);
    let mut host = gyr_host::Live::new(root);
    let settings = Settings {
        hostname: "host".into(),
        limits: Limits::default(),
        own_pid: None,
        duration: None,
        captures: None,
        forget: None,
    };
    let mut engine =
        Engine::new(settings, Session::new("syscall", TimeZone::UTC), ruleset).unwrap();
    engine.load(snapshot);
    let n = if std::env::var_os("GYR_LONG").is_some() { 20_000 } else { 1_000 };
    let mut churn = |cycles: u32| {
        let script = format!(
            "i=0; while [ $i -lt {cycles} ]; do /bin/true; : < /etc/passwd; \
             (exec 3<>/dev/tcp/127.0.0.1/9) 2>/dev/null; i=$((i+1)); done; : gyr-soak-end; : < /etc/hostname"
        );
        let mut load = Command::new("bash").arg("-c").arg(script).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(600);
        let mut control = UntilTheEnd { ended: false, deadline };
        let end = engine.run(&mut probe, &mut host, &mut control).unwrap();
        load.wait().unwrap();
        assert_eq!(end, End::Stopped);
        assert!(control.ended, "the end of the load was not seen");
        let (state, lost) = (engine.state().stats(), probe.stats().lost);
        eprintln!("{} threads, {} fds, {lost} events lost", state.n_threads, state.n_fds);
        ALLOCATED.load(Ordering::Relaxed)
    };
    // The first load fills what is allocated once.
    churn(100);
    // Others' processes are in the tables, too, and may come meanwhile. A leak shows each time.
    let mut growths = Vec::new();
    for _ in 0..6 {
        let after_n = churn(n);
        let after_3n = churn(2 * n);
        let growth = 100.0 * (after_3n - after_n) as f64 / after_n as f64;
        eprintln!("{after_n} bytes after {n} cycles, {after_3n} after {}: {growth:+.2} %", 3 * n);
        growths.push(growth);
        if growth < 2.0 {
            break;
        }
    }
    assert!(growths.iter().any(|growth| *growth < 2.0), "grew by {growths:?} %");
    assert_eq!(probe.stats().bad, 0);
}

fn attached(interest: Interest) -> Option<Probe> {
    let config = Config { interest, ..Config::default() };
    match Probe::load(&config) {
        Ok(mut probe) => {
            probe.attach(EntryTracepoints::open_all()).unwrap();
            Some(probe)
        }
        Err(error @ LoadError::NotPermitted) if std::env::var_os("REQUIRE_BPF").is_none() => {
            eprintln!("SKIPPED: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}
