//! The binary on the running kernel. Needs the right to load eBPF; without it the tests say that they skip, and fail
//! under REQUIRE_BPF=1.

mod shared;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use shared::{Folder, may_load_ebpf};

/// A run in the background, and what it prints line by line.
struct Background {
    child: Child,
    lines: Receiver<String>,
}

impl Background {
    fn start(args: &[String]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_gyr"))
            .args(args)
            .env("FALCO_HOSTNAME", "vm")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary was built for this test");
        let stdout = child.stdout.take().expect("it is piped");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    /// Does something until a line comes that has `part` in it; `None` if the run ended before.
    fn wait_for(&self, part: &str, mut act: impl FnMut()) -> Option<String> {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(60) {
            act();
            match self.lines.recv_timeout(Duration::from_millis(50)) {
                Ok(line) if line.contains(part) => return Some(line),
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        panic!("no line with {part:?} in a minute");
    }

    /// Asks it to end; its status, and what is left of its output.
    fn stop(mut self, signal: &str) -> (Option<i32>, Vec<String>, String) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status();
        assert!(sent.is_ok_and(|status| status.success()));
        let mut stderr = String::new();
        self.child.stderr.take().expect("it is piped").read_to_string(&mut stderr).unwrap();
        let status = self.child.wait().unwrap();
        (status.code(), self.lines.iter().collect(), stderr)
    }
}

fn rules(folder: &Folder) -> Vec<String> {
    let conf = folder.path("conf.yaml").display().to_string();
    vec!["-c".to_owned(), conf, "-r".to_owned(), folder.path("rules.yaml").display().to_string()]
}

const CONF: &str = "config_files: []\nlog_syslog: false\nlog_stderr: true\nstdout_output: {enabled: true}\n\
                    engine: {kind: modern_ebpf}\n";
const RULES: &str = "- {rule: bait, desc: d, condition: 'evt.type in (open, openat) and fd.name=DIR/bait', \
                     output: taken by %proc.name of %proc.pid, priority: ERROR}\n";

#[test]
fn an_open_is_told_and_a_signal_ends_in_order() {
    if !may_load_ebpf() {
        return;
    }
    for signal in ["-INT", "-TERM"] {
        let files = [("conf.yaml", CONF), ("rules.yaml", RULES), ("bait", "")];
        let folder = Folder::new(&format!("live{signal}"), &files);
        let run = Background::start(&rules(&folder));
        let take = || drop(std::fs::File::open(folder.path("bait")));
        let Some(line) = run.wait_for(": Error taken by ", take) else {
            panic!("{}", run.stop("-0").2);
        };
        assert!(line.ends_with(&format!("of {}", std::process::id())), "{line}");
        let (status, rest, stderr) = run.stop(signal);
        assert_eq!(status, Some(0), "{stderr}");
        assert!(stderr.contains("SIGINT received, exiting..."), "{stderr}");
        assert!(rest.iter().any(|line| line.starts_with("Events detected: ")), "{rest:?}");
        assert!(rest.iter().any(|line| line.starts_with("   bait: ")), "{rest:?}");
    }
}

#[test]
fn events_are_watched_as_they_happen() {
    if !may_load_ebpf() {
        return;
    }
    let folder = Folder::new("live-watch", &[("conf.yaml", CONF), ("bait", "")]);
    let bait = folder.path("bait").display().to_string();
    let args = ["watch", "-c", &folder.path("conf.yaml").display().to_string()].map(str::to_owned);
    let filter = [format!("fd.name={bait}"), "-n".to_owned(), "1".to_owned()];
    let run = Background::start(&args.into_iter().chain(filter).collect::<Vec<_>>());
    let line = run.wait_for(&bait, || drop(std::fs::File::open(&bait)));
    assert!(line.is_some_and(|line| line.contains(" openat fd=")));
}
