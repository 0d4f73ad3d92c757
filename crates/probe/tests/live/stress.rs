//! Forks, opens and connections at full speed: nothing is lost unnoticed.

use std::time::{Duration, Instant};

use gyr_capture::{Next, Source};
use gyr_event::Interest;
use gyr_probe::{Config, Probe, Stats};

use crate::support::{AT_FDCWD, Notes, fork, interest, probe, sys, wait};

const CALLS: &[&str] = &[
    "openat",
    "close",
    "connect",
    "socket",
    "clone",
    "fork",
    "execve",
    "sched_process_exit",
    "read",
    "write",
    "signal_deliver",
];

fn duration() -> Duration {
    Duration::from_secs(if std::env::var_os("GYR_LONG").is_some() { 60 } else { 2 })
}

/// Runs children that make events until time is up, and drains meanwhile. What has been counted once all is quiet.
fn storm(ring_bytes: u32, pause: Duration) -> Option<Stats> {
    let mut probe = probe(&Config { interest: interest(CALLS), ring_bytes, ..Config::default() })?;
    let stop = Notes::new();
    let children = [fork(|| forks(&stop)), fork(|| opens(&stop)), fork(|| connects(&stop))];
    let end = Instant::now() + duration();
    while Instant::now() < end {
        if let Next::Idle = probe.next().unwrap() {
            std::thread::sleep(pause);
        }
    }
    stop.set(0, 1);
    children.into_iter().for_each(wait);
    probe.set_interest(&Interest::none()).unwrap();
    Some(drained(&mut probe))
}

/// Drains until all that was delivered has been received: programs may still be under way.
fn drained(probe: &mut Probe) -> Stats {
    for _ in 0..1000 {
        while let Next::Record(_) = probe.next().unwrap() {}
        let stats = probe.kernel_stats().unwrap();
        if stats.sum(|cpu| cpu.received) == stats.sum(|cpu| cpu.delivered) {
            return stats;
        }
    }
    panic!("records are delivered that do not arrive: {:?}", probe.kernel_stats());
}

fn forks(stop: &Notes) {
    while stop.get(0) == 0 {
        let child = sys!(libc::SYS_fork);
        if child == 0 {
            let args = [c"none".as_ptr(), std::ptr::null()];
            sys!(libc::SYS_execve, c"/none".as_ptr(), args.as_ptr(), 0);
            // SAFETY: ends the grandchild.
            unsafe { libc::_exit(1) };
        }
        sys!(libc::SYS_wait4, child, 0, 0, 0);
    }
}

fn opens(stop: &Notes) {
    let mut buffer = [0u8; 64];
    while stop.get(0) == 0 {
        let fd = sys!(libc::SYS_openat, AT_FDCWD, c"/etc/passwd".as_ptr(), libc::O_RDONLY, 0);
        sys!(libc::SYS_read, fd, buffer.as_mut_ptr(), 64);
        sys!(libc::SYS_close, fd);
    }
}

fn connects(stop: &Notes) {
    let nobody = [libc::AF_UNIX as u16, u16::from_ne_bytes(*b"/x"), 0];
    while stop.get(0) == 0 {
        let fd = sys!(libc::SYS_socket, libc::AF_UNIX, libc::SOCK_STREAM, 0);
        sys!(libc::SYS_connect, fd, nobody.as_ptr(), 5);
        sys!(libc::SYS_close, fd);
    }
}

fn check(stats: &Stats) {
    for (number, cpu) in stats.cpus.iter().enumerate() {
        let lost = cpu.ring_full + cpu.too_large;
        assert_eq!(cpu.attempted, cpu.delivered + lost, "CPU {number}: {cpu:?}");
        assert_eq!(cpu.delivered, cpu.received, "CPU {number}: {cpu:?}");
        // Sequence numbers show every loss, but for those behind the last record.
        let behind = cpu.attempted - cpu.received - cpu.gaps;
        assert!(cpu.gaps + behind == lost && behind <= lost, "CPU {number}: {cpu:?}");
        assert_eq!(cpu.nested, 0, "CPU {number}: {cpu:?}");
    }
    let lost_events: u64 = stats.lost_events.iter().map(|(_, lost)| lost).sum();
    assert_eq!(lost_events, stats.sum(|cpu| cpu.ring_full));
    assert!(stats.programs.iter().all(|program| program.missed_recursion == 0), "{stats:?}");
    assert_eq!(stats.dropped(), stats.sum(|cpu| cpu.ring_full + cpu.too_large));
}

#[test]
fn a_reader_that_keeps_up_gets_every_event() {
    let Some(stats) = storm(64 << 20, Duration::ZERO) else { return };
    check(&stats);
    assert!(stats.sum(|cpu| cpu.attempted) > 1000, "{stats:?}");
    eprintln!("{} events, {} lost", stats.sum(|cpu| cpu.attempted), stats.sum(|cpu| cpu.ring_full));
}

#[test]
fn a_reader_that_does_not_keep_up_knows_exactly_what_it_missed() {
    let Some(stats) = storm(64 << 10, Duration::from_millis(50)) else { return };
    check(&stats);
    assert!(stats.sum(|cpu| cpu.ring_full) > 0, "the ring was too large for the test: {stats:?}");
    assert!(stats.sum(|cpu| cpu.gaps) > 0, "{stats:?}");
}
