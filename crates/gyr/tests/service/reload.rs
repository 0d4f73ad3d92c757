//! Reloads: nothing is lost across them, what is broken changes nothing, and what is there for others goes on.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use gyr_testkit::{Process, eventually, free_port};
use rustix::fs::{FlockOperation, flock};

use crate::daemon::{Daemon, RULES, get};

const STDOUT: &str = "stdout_output: {enabled: true}\n";
/// Reloads only when a signal asks for one.
const UNWATCHED: &str = "stdout_output: {enabled: true}\nwatch_config_files: false\n";

#[test]
fn no_event_is_lost_or_told_twice_by_reloads_under_load() {
    let n_reloads = if std::env::var_os("GYR_LONG").is_some() { 1_000 } else { 50 };
    let Some(daemon) = Daemon::start(UNWATCHED, RULES) else { return };
    let (ended, n_opened) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut held = (0, 0);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                daemon.bait(&format!("#{}", n_opened.fetch_add(1, Ordering::Relaxed)));
                thread::sleep(Duration::from_micros(200));
            }
        });
        for n in 0..n_reloads {
            // Other rules, another output, another interest, and again what it was.
            let rules = match n % 2 {
                0 => RULES.replace("rule: Bait", "rule: Other") + MKDIR,
                _ => RULES.to_owned(),
            };
            daemon.write_rules(&rules);
            let file = format!("file_output: {{enabled: true, filename: DIR/file-{}}}\n", n % 3);
            daemon.write_configuration(&format!("{UNWATCHED}{file}"));
            daemon.reload();
            if n == 1 {
                // All programs are loaded by then that either rules need.
                held = daemon.held();
            }
        }
        eventually("nothing is left behind", || daemon.held() == held);
        ended.store(true, Ordering::Relaxed);
    });
    // What is told later happened later.
    daemon.wait_for_alert();
    let (stdout, log) = daemon.stop();
    let mut counts = BTreeMap::<u64, u32>::new();
    for line in stdout.lines().filter_map(|line| line.split_once("/bait-#")) {
        *counts.entry(line.1.parse().unwrap()).or_default() += 1;
    }
    assert!(counts.values().all(|n| *n == 1), "{counts:?}");
    let n_opened = n_opened.load(Ordering::Relaxed);
    let lost = log.lines().find_map(|line| line.strip_prefix("Driver Drops:")).unwrap();
    // A machine so busy that the ring overflows says so.
    let n_lost: u64 = lost.parse().unwrap();
    assert!(n_lost > 0 || counts.len() as u64 == n_opened, "{} of {n_opened}", counts.len());
    assert!(counts.len() as u64 + n_lost >= n_opened, "{} of {n_opened}, {lost}", counts.len());
    assert_eq!(log.matches("SIGHUP received, restarting...").count(), n_reloads);
    assert!(!log.contains("reload failed"), "{log}");
}

const MKDIR: &str = "\
- rule: Made
  desc: For a test.
  condition: evt.type in (mkdir, mkdirat) and evt.arg.path startswith DIR/
  output: made %evt.arg.path
  priority: NOTICE
";

#[test]
fn other_rules_may_need_other_events() {
    let configuration = format!("{STDOUT}base_syscalls: {{custom_set: [openat]}}\n");
    let Some(daemon) = Daemon::start(&configuration, RULES) else { return };
    let n = AtomicU64::new(0);
    let is_made = |daemon: &Daemon| {
        let name = format!("made-{}", n.fetch_add(1, Ordering::Relaxed));
        std::fs::create_dir(daemon.folder.join(&name)).unwrap();
        daemon.read("stdout").contains("made ")
    };
    daemon.write_rules(&format!("{RULES}{MKDIR}"));
    eventually("an alert about a folder", || is_made(&daemon));
    daemon.wait_for_alert();
    daemon.write_rules(RULES);
    // The reload before may be logged only now, so that this one's end is seen in what it does.
    let n_made = || daemon.read("stdout").matches("made ").count();
    eventually("no alert about a folder", || {
        daemon.wait_for_alert();
        let n_before = n_made();
        is_made(&daemon);
        daemon.wait_for_alert();
        n_made() == n_before
    });
}

#[test]
fn tables_are_corrected_if_events_were_missing_that_they_live_on() {
    // Neither the end of a file nor a copy of an fd is told.
    let configuration = format!("{STDOUT}base_syscalls: {{custom_set: [setsid]}}\n");
    let Some(daemon) = Daemon::start(&configuration, RULES) else { return };
    let text = |name: &str| daemon.folder.write(name, "text");
    let (first, second) = (text("bait-first"), text("second"));
    let second = File::open(second).unwrap();
    let mut first = OwnedFd::from(File::open(first).unwrap());
    eventually("it is seen", || daemon.read("stdout").contains("/bait-first"));
    rustix::io::dup2(&second, &mut first).unwrap();
    let lock = "- {rule: Lock, desc: For a test., condition: evt.type=flock and proc.pid=PID, \
                output: locked %fd.name, priority: NOTICE}\n";
    let lock = lock.replace("PID", &std::process::id().to_string());
    daemon.write_rules(&format!("{RULES}{lock}"));
    eventually("a lock", || {
        flock(&first, FlockOperation::NonBlockingLockShared).unwrap();
        daemon.read("stdout").contains("locked ")
    });
    let stdout = daemon.read("stdout");
    let locked: Vec<_> = stdout.lines().filter(|line| line.contains("locked ")).collect();
    assert!(locked.iter().all(|line| line.ends_with("/second")), "{locked:?}");
}

#[test]
fn what_is_broken_changes_nothing_and_says_why() {
    let Some(daemon) = Daemon::start(STDOUT, RULES) else { return };
    let failed = |metrics: &BTreeMap<String, f64>| metrics["gyr_reloads_total{result=\"failed\"}"];
    let broken = RULES.replace("startswith", "starswith");
    daemon.write_rules(&broken);
    eventually("a failed reload", || failed(&daemon.metrics()) == 1.0);
    let log = daemon.log();
    let (_, why) = log.split_once("reload failed, all stays as it was: ").expect(&log);
    for part in
        ["rules.yaml: Invalid", "rules.yaml:2:13", "LOAD_ERR_COMPILE_CONDITION", "starswith"]
    {
        assert!(why.contains(part), "{part} is missing: {why}");
    }
    eventually("an alert about it", || {
        let stdout = daemon.read("stdout");
        stdout.contains(": Critical Falco internal: hot restart failure: ")
    });
    daemon.wait_for_alert();

    daemon.write_rules(&RULES.replace("took", "grabbed"));
    eventually("the rules are good again", || {
        daemon.bait("any");
        daemon.read("stdout").contains("grabbed ")
    });
    daemon.write_configuration("stdout_output: {enabled: maybe}\n");
    eventually("a failed reload", || failed(&daemon.metrics()) == 2.0);
    let log = daemon.log();
    assert!(log.contains("gyr.yaml:7: stdout_output.enabled"), "{log}");
    daemon.wait_for_alert();
    let metrics = daemon.metrics();
    assert_eq!(metrics["gyr_reloads_total{result=\"good\"}"], 1.0);
}

#[test]
fn counts_and_what_listens_go_on() {
    let more = format!(
        "{STDOUT}grpc: {{enabled: true, bind_address: 'unix://DIR/grpc.sock'}}\n\
         grpc_output: {{enabled: true}}\n"
    );
    let Some(daemon) = Daemon::start(&more, RULES) else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/python/alerts.py");
    let mut python = Command::new("/usr/bin/python3");
    let imported = python.args(["-c", "import grpc, grpc_tools"]).stderr(Stdio::null()).status();
    let subscriber = imported.is_ok_and(|status| status.success()).then(|| {
        let address = format!("unix://{}", daemon.folder.join("grpc.sock").display());
        let stdout = File::create(daemon.folder.join("subscriber")).unwrap();
        let mut python = Command::new("/usr/bin/python3");
        let subscriber =
            Process::start(python.arg(script).arg("--address").arg(address).stdout(stdout));
        eventually("a subscriber", || {
            daemon.bait("any");
            !daemon.read("subscriber").is_empty()
        });
        subscriber
    });
    let mut web = TcpStream::connect(("127.0.0.1", daemon.port)).unwrap();
    assert_eq!(ask_again(&mut web), "{\"status\": \"ok\"}");
    let matches = |daemon: &Daemon| {
        let metrics = daemon.metrics().into_iter();
        let of_rule = |name: &str| name.contains("rules_matches_total") && name.contains("Bait");
        metrics.filter(|(name, _)| of_rule(name)).map(|(_, n)| n).sum::<f64>()
    };
    let before = matches(&daemon);
    assert!(before >= 1.0);

    daemon.write_rules(&format!("{MKDIR}{}", RULES.replace("took", "grabbed")));
    daemon.reload();
    assert_eq!(ask_again(&mut web), "{\"status\": \"ok\"}");
    daemon.wait_for_alert();
    assert!(matches(&daemon) > before);
    if let Some(_subscriber) = subscriber {
        eventually("the subscriber gets what comes after the reload", || {
            daemon.bait("any");
            daemon.read("subscriber").contains("grabbed ")
        });
        assert_eq!(daemon.metrics()["gyr_grpc_subscribers"], 1.0);
    }
}

/// On a connection that stays open.
fn ask_again(stream: &mut TcpStream) -> String {
    write!(stream, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut stream = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    while line != "\r\n" {
        line.clear();
        stream.read_line(&mut line).unwrap();
        if let Some(number) = line.strip_prefix("content-length: ") {
            length = number.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    String::from_utf8(body).unwrap()
}

#[test]
fn settings_change_with_a_reload_or_the_log_says_which_do_not() {
    let Some(daemon) = Daemon::start(UNWATCHED, RULES) else { return };
    let port = free_port();
    let more = format!(
        "json_output: true\nengine: {{kind: modern_ebpf, modern_ebpf: {{buf_size_preset: 3}}}}\n\
         falco_libs: {{thread_table_size: 1000}}\n\
         webserver: {{enabled: true, listen_address: 127.0.0.1, listen_port: {port}}}\n\
         log_level: debug\n"
    );
    // The last of two equal keys would count, but they are not allowed.
    let text = format!("log_stderr: true\nlog_syslog: false\n{UNWATCHED}{more}");
    daemon.folder.write("gyr.yaml", &text);
    daemon.reload();
    eventually("the other port", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    assert_eq!(get(port, "/healthz"), "{\"status\": \"ok\"}");
    eventually("the port before is closed", || {
        TcpStream::connect(("127.0.0.1", daemon.port)).is_err()
    });
    let log = daemon.log();
    let said = "these settings change with a restart only: engine.modern_ebpf, falco_libs";
    assert!(log.contains(said), "{log}");
    eventually("JSON", || {
        daemon.bait("any");
        daemon.read("stdout").contains("\"rule\":\"Bait\"")
    });
    daemon.reload();
    assert!(daemon.log().contains(") syscalls in rules: "), "messages are those of debug now");
}
