//! Loading, attaching and steering.

use gyr_capture::{Next, Source};
use gyr_event::{EventCode, Interest};
use gyr_probe::{Config, EntryTracepoints, LoadError, Probe};

use crate::support::{AT_FDCWD, fork, interest, probe, sys, wait};

#[test]
fn every_program_is_accepted_by_the_kernel() {
    probe(&Config { interest: Interest::all(), ..Config::default() });
}

/// How many events of each kind a process has made since the last call.
fn counts<const N: usize>(probe: &mut Probe, pid: i32, codes: [EventCode; N]) -> [usize; N] {
    let mut counts = [0; N];
    while let Next::Record(record) = probe.next().unwrap() {
        if record.event.tid() == i64::from(pid)
            && let Some(i) = codes.iter().position(|code| *code == record.event.code())
        {
            counts[i] += 1;
        }
    }
    counts
}

/// A child opens a file, closes it, and fails to open another.
fn acted() -> i32 {
    let pid = fork(|| {
        let fd = sys!(libc::SYS_openat, AT_FDCWD, c"/etc/passwd".as_ptr(), libc::O_RDONLY, 0);
        sys!(libc::SYS_close, fd);
        sys!(libc::SYS_openat, AT_FDCWD, c"/none".as_ptr(), libc::O_RDONLY, 0);
    });
    wait(pid);
    pid
}

const CODES: [EventCode; 3] = [EventCode::OPENAT, EventCode::CLOSE, EventCode::PROCEXIT];

#[test]
fn the_interest_can_change_while_events_are_sent() {
    let Some(mut probe) = probe(&Config { interest: interest(&["close"]), ..Config::default() })
    else {
        return;
    };
    let pid = acted();
    assert_eq!(counts(&mut probe, pid, CODES), [0, 1, 0]);
    probe.set_interest(&interest(&["openat", "close", "sched_process_exit"])).unwrap();
    let pid = acted();
    assert_eq!(counts(&mut probe, pid, CODES), [2, 1, 1]);
    probe.set_interest(&interest(&["openat"])).unwrap();
    let pid = acted();
    assert_eq!(counts(&mut probe, pid, CODES), [2, 0, 0]);
    probe.set_interest(&Interest::none()).unwrap();
    let pid = acted();
    assert_eq!(counts(&mut probe, pid, CODES), [0, 0, 0]);
}

#[test]
fn nothing_is_sent_before_the_programs_are_attached() {
    let config =
        Config { interest: interest(&["openat", "sched_process_exit"]), ..Config::default() };
    if probe(&config).is_none() {
        return;
    }
    let mut probe = Probe::load(&config).unwrap();
    let pid = acted();
    assert_eq!(counts(&mut probe, pid, CODES), [0, 0, 0]);
    probe.attach(EntryTracepoints::default()).unwrap();
    let pid = acted();
    assert_eq!(counts(&mut probe, pid, CODES), [2, 0, 1]);
}

#[test]
fn calls_that_failed_can_be_left_out() {
    let Some(mut probe) =
        probe(&Config { interest: interest(&["openat"]), drop_failed: true, ..Config::default() })
    else {
        return;
    };
    let pid = acted();
    assert_eq!(counts(&mut probe, pid, CODES), [1, 0, 0]);
}

#[test]
fn our_own_events_are_not_sent() {
    let Some(mut probe) = probe(&Config { interest: interest(&["openat"]), ..Config::default() })
    else {
        return;
    };
    let tid = sys!(libc::SYS_gettid) as i32;
    drop(std::fs::File::open("/etc/passwd").unwrap());
    assert_eq!(counts(&mut probe, tid, CODES), [0, 0, 0]);
}

#[test]
fn without_the_right_to_load_it_is_said_what_is_missing() {
    if std::env::var_os("GYR_PROBE_TEST_UNPRIVILEGED").is_some() {
        let error = Probe::load(&Config::default()).unwrap_err();
        assert!(matches!(error, LoadError::NotPermitted), "{error}");
        assert!(error.to_string().contains("CAP_BPF"));
        return;
    }
    // SAFETY: no preconditions.
    if unsafe { libc::geteuid() } != 0 {
        eprintln!("SKIPPED: only root can give up rights");
        return;
    }
    use std::os::unix::process::CommandExt;
    let exe = std::path::PathBuf::from("/proc/self/exe");
    let output = std::process::Command::new(exe)
        .args(["--exact", "loading::without_the_right_to_load_it_is_said_what_is_missing"])
        .env("GYR_PROBE_TEST_UNPRIVILEGED", "1")
        .uid(65534)
        .gid(65534)
        .output();
    // The test binary may be where nobody else may look.
    if let Ok(output) = output {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}
