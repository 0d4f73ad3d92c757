//! A running daemon, and how tests look at it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use gyr_testkit::{Folder, Process, eventually, free_port, is_root};
use rustix::process::{Pid, Signal, kill_process};

/// The daemon, whose files are in a folder of their own.
pub(crate) struct Daemon {
    pub(crate) folder: Folder,
    pub(crate) port: u16,
    process: Process,
}

/// Raises an alert for every file of the folder that is opened and whose name begins with `bait-`.
pub(crate) const RULES: &str = "\
- rule: Bait
  desc: For a test.
  condition: evt.type in (open, openat, openat2) and fd.name startswith DIR/bait-
  output: took %fd.name
  priority: NOTICE
";

impl Daemon {
    /// Watches this machine; `DIR` in a text stands for the folder. None if that is not allowed here.
    pub(crate) fn start(configuration: &str, rules: &str) -> Option<Self> {
        if !is_root() {
            return None;
        }
        let (folder, port) = (Folder::new(), free_port());
        let file = |name: &str| File::create(folder.join(name)).unwrap();
        write_configuration(&folder, port, configuration);
        write_rules(&folder, rules);
        let mut gyr = Command::new(env!("CARGO_BIN_EXE_gyr"));
        gyr.arg("-c").arg(folder.join("gyr.yaml")).arg("-r").arg(folder.join("rules.yaml"));
        gyr.arg("-v").stdout(file("stdout")).stderr(file("stderr"));
        let process = Process::start(&mut gyr).at_port(port);
        let daemon = Self { folder, port, process };
        daemon.wait_for_alert();
        Some(daemon)
    }

    pub(crate) fn write_configuration(&self, text: &str) {
        write_configuration(&self.folder, self.port, text);
    }

    pub(crate) fn write_rules(&self, text: &str) {
        write_rules(&self.folder, text);
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Asks for a reload and waits for its end.
    pub(crate) fn reload(&self) {
        let n_before = self.n_reloads();
        self.signal(Signal::HUP);
        eventually("a reload", || self.n_reloads() > n_before);
    }

    /// Good ones.
    pub(crate) fn n_reloads(&self) -> usize {
        self.log().matches(": reloaded: ").count()
    }

    /// Opens a file that the rules are about.
    pub(crate) fn bait(&self, name: &str) {
        drop(File::open(self.folder.join(&format!("bait-{name}"))));
    }

    /// Opens another such file until its alert comes out. What was told before is out then, too.
    pub(crate) fn wait_for_alert(&self) {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("waits-{}.", NEXT.fetch_add(1, Ordering::Relaxed));
        eventually("an alert", || {
            self.bait(&name);
            self.read("stdout").contains(&name)
        });
    }

    /// Ends it in order; what it has printed and logged.
    pub(crate) fn stop(self) -> (String, String) {
        self.signal(Signal::TERM);
        eventually("the end", || self.read("stdout").contains("Events detected: "));
        (self.read("stdout"), self.log())
    }

    /// How many threads and open files it has.
    pub(crate) fn held(&self) -> (usize, usize) {
        let count = |what| fs::read_dir(format!("/proc/{}/{what}", self.process.id()));
        (count("task").unwrap().count(), count("fd").unwrap().count())
    }

    pub(crate) fn log(&self) -> String {
        self.read("stderr")
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap_or_default()
    }

    /// The body of the answer.
    pub(crate) fn get(&self, path: &str) -> String {
        get(self.port, path)
    }

    /// The samples at /metrics.
    pub(crate) fn metrics(&self) -> BTreeMap<String, f64> {
        let text = self.get("/metrics");
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        let sample = |line: &str| {
            let (name, number) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), number.parse().unwrap())
        };
        samples.map(sample).collect()
    }
}

pub(crate) fn get(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

fn write_configuration(folder: &Folder, port: u16, more: &str) {
    let text = format!(
        "engine: {{kind: modern_ebpf}}\n\
         log_stderr: true\n\
         control_socket: DIR/control.sock\n\
         log_syslog: false\n\
         webserver: {{enabled: true, listen_address: 127.0.0.1, listen_port: {port}, \
         prometheus_metrics_enabled: true}}\n\
         metrics: {{enabled: true, interval: 1h, output_rule: true}}\n\
         {more}"
    );
    put(folder, "gyr.yaml", &text);
}

fn write_rules(folder: &Folder, rules: &str) {
    put(folder, "rules.yaml", rules);
}

/// As most editors do it: a reader sees the old file or the new one, and never a part.
fn put(folder: &Folder, name: &str, text: &str) {
    let text = text.replace("DIR", &folder.path().display().to_string());
    let new = folder.write(&format!("{name}.new"), &text);
    fs::rename(new, folder.join(name)).unwrap();
}
