//! Signals, and what is said of an engine that has nothing to do.

use std::fs;

use gyr_testkit::eventually;
use rustix::process::Signal;

use crate::daemon::{Daemon, RULES};

#[test]
fn sigusr1_opens_files_again() {
    let configuration = "stdout_output: {enabled: true}\n\
        file_output: {enabled: true, keep_alive: true, filename: DIR/alerts}\n";
    let Some(daemon) = Daemon::start(configuration, RULES) else { return };
    eventually("the file", || !daemon.read("alerts").is_empty());
    fs::rename(daemon.folder.join("alerts"), daemon.folder.join("alerts.1")).unwrap();
    daemon.signal(Signal::USR1);
    eventually("a new file", || {
        daemon.bait("any");
        !daemon.read("alerts").is_empty()
    });
    assert!(daemon.log().contains("SIGUSR1 received, reopening outputs..."));
    assert!(!daemon.read("alerts.1").is_empty());
}

#[test]
fn silence_is_told() {
    let stdout = "stdout_output: {enabled: true}\n";
    let Some(daemon) = Daemon::start(stdout, RULES) else { return };
    // Calls that hardly anybody makes; the ends of processes are sent all the same.
    daemon.write_rules(
        "- {rule: none, desc: d, condition: evt.type=setsid, output: o, priority: INFO}\n",
    );
    daemon.write_configuration(&format!(
        "{stdout}base_syscalls: {{custom_set: [setsid]}}\nsyscall_event_timeouts: {{max_consecutives: 1}}\n"
    ));
    let rule = "Falco internal: timeouts notification. 1 consecutive timeouts without event.";
    eventually("an alert about it", || {
        let stdout = daemon.read("stdout");
        stdout.lines().any(|line| line.contains(rule) && line.contains("(last_event_time=\""))
    });
}

#[test]
fn the_engine_gives_a_sign_of_life() {
    let Some(daemon) = Daemon::start("stdout_output: {enabled: true}\n", RULES) else { return };
    assert_eq!(daemon.get("/healthz"), "{\"status\": \"ok\"}");
    let turn = || daemon.metrics()["gyr_engine_last_turn_timestamp_seconds"];
    let first = turn();
    eventually("another turn", || turn() > first);
}

#[test]
fn lost_events_are_told() {
    // Pretended, once in each second of events.
    let configuration = "stdout_output: {enabled: true}\njson_output: true\n\
        syscall_event_drops: {actions: [log, alert], rate: 100, max_burst: 100, simulate_drops: true}\n\
        log_level: debug\n";
    let Some(daemon) = Daemon::start(configuration, RULES) else { return };
    let said = "Falco internal: syscall event drop. 1 system calls dropped in last second.";
    eventually("an alert about it", || {
        daemon.bait("any");
        daemon.read("stdout").lines().any(|line| {
            line.contains(said)
                && line.contains("\"n_drops\":\"1\"")
                && line.contains("\"n_evts\":\"")
        })
    });
    assert!(daemon.log().contains(said));
}
