//! What watching costs the machine: rounds with and without Gyr, interleaved, the least of each kept.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::loads::{rule_sets, spawn, told_by};
use super::{Setup, Table};

/// A file that nobody else opens: who sees it opened is awake.
const SENTINEL: &str = "/tmp/gyr-bench-sentinel";
const SENTINEL_RULE: &str = "- rule: sentinel\n  desc: d\n  condition: evt.type=openat and fd.name=/tmp/gyr-bench-sentinel\n  \
                             output: SENTINEL\n  priority: DEBUG\n";
const ROUNDS: usize = 5;

/// Gyr, watching; it ends with this value at the latest.
#[derive(Debug)]
pub(super) struct Watcher {
    child: Child,
    alerts: Receiver<()>,
    started: Instant,
}

impl Watcher {
    /// Starts it and waits until it sees the sentinel opened.
    pub(super) fn start(setup: &Setup, rules: &[PathBuf]) -> Result<(Self, Duration)> {
        let sentinel = setup.scratch.join("sentinel.yaml");
        fs::write(&sentinel, SENTINEL_RULE)?;
        fs::write(SENTINEL, "")?;
        let mut command = Command::new(&setup.gyr);
        command.arg("-c").arg(setup.config()?).arg("-v").arg("-r").arg(&sentinel);
        for file in rules {
            command.arg("-r").arg(file);
        }
        command
            .args(["-o", "engine.kind=modern_ebpf"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let started = Instant::now();
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().context("no standard output")?;
        let (seen, alerts) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if line.contains("SENTINEL") && seen.send(()).is_err() {
                    break;
                }
            }
        });
        let mut watcher = Self { child, alerts, started };
        let took = watcher.wait_for_sentinel()?;
        Ok((watcher, took))
    }

    fn wait_for_sentinel(&mut self) -> Result<Duration> {
        loop {
            File::open(SENTINEL)?;
            if self.alerts.recv_timeout(Duration::from_millis(2)).is_ok() {
                return Ok(self.started.elapsed());
            }
            if let Some(status) = self.child.try_wait()? {
                let mut text = String::new();
                self.child.stderr.take().map(|mut stderr| stderr.read_to_string(&mut text));
                bail!("gyr ended ({status}): {text}");
            }
            ensure!(self.started.elapsed() < Duration::from_secs(30), "no alert within 30 s");
        }
    }

    /// Its own CPU seconds so far.
    pub(super) fn cpu(&self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/schedstat", self.child.id()))?;
        let main: f64 = stat.split(' ').next().unwrap_or_default().parse::<f64>()? / 1e9;
        let mut all = 0.0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let stat = fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
            all += stat.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or_default()
                / 1e9;
        }
        Ok(all.max(main))
    }

    pub(super) fn rss_anon_kib(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line =
            status.lines().find_map(|line| line.strip_prefix("RssAnon:")).context("no RssAnon")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    /// Ends it; returns how many events it got and how many the kernel side dropped.
    pub(super) fn stop(mut self) -> Result<(u64, u64)> {
        kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGINT)?;
        let mut text = String::new();
        self.child.stderr.take().context("no standard error")?.read_to_string(&mut text)?;
        self.child.wait()?;
        let number = |label: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(label))
                .and_then(|n| n.trim().parse().ok())
        };
        match (number("Driver Events:"), number("Driver Drops:")) {
            (Some(events), Some(drops)) => Ok((events, drops)),
            _ => bail!("no event counts in: {text}"),
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// CPU seconds that a load takes, in a process of its own.
fn load(name: &str, n: u64) -> Result<f64> {
    told_by(spawn(&[name, &n.to_string()])?)
}

/// Tracepoints that an empty program is attached to.
const EMPTY: &[(&str, &[&str])] = &[
    ("an empty program at its end", &["sys_exit"]),
    ("empty programs at both ends", &["sys_exit", "sys_enter"]),
];

/// What one ignored system call costs more: with empty programs, which are the least that a probe can cost, and with Gyr.
pub(super) fn syscall(setup: &Setup, table: &mut Table) -> Result<()> {
    const CALLS: u64 = 1_000_000;
    let empty = example("empty")?;
    let (case, rules) = most_rules(setup)?;
    let least = |mut best: f64| -> Result<f64> {
        for _ in 0..ROUNDS {
            best = best.min(load("getppid", CALLS)? / CALLS as f64 * 1e9);
        }
        Ok(best)
    };
    let (mut without, mut with) = (f64::MAX, f64::MAX);
    let mut with_empty = [f64::MAX; EMPTY.len()];
    for _ in 0..ROUNDS {
        without = least(without)?;
        for (best, (_, tracepoints)) in with_empty.iter_mut().zip(EMPTY) {
            let attached = Empty::attach(&empty, tracepoints)?;
            *best = least(*best)?;
            attached.detach()?;
        }
        let (watcher, _) = Watcher::start(setup, &rules)?;
        with = least(with)?;
        watcher.stop()?;
    }
    table.row("syscall", "getppid, ignored", format!("{without:.0} ns"));
    for (best, (case, _)) in with_empty.iter().zip(EMPTY) {
        table.row("syscall", case, format!("+{:.0} ns", best - without));
    }
    table.row("syscall", &format!("Gyr, {case}"), format!("+{:.0} ns", with - without));
    Ok(())
}

/// A process that holds empty programs.
struct Empty(Child);

impl Empty {
    fn attach(program: &Path, tracepoints: &[&str]) -> Result<Self> {
        let mut command = Command::new(program);
        command.args(tracepoints).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut stdout = BufReader::new(child.stdout.take().context("no standard output")?);
        ensure!(stdout.read_line(&mut String::new())? > 0, "the empty program is not attached");
        Ok(Self(child))
    }

    fn detach(mut self) -> Result<()> {
        drop(self.0.stdin.take());
        self.0.wait()?;
        Ok(())
    }
}

/// Builds an example of the probe's.
fn example(name: &str) -> Result<PathBuf> {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--package=gyr-probe", "--example", name])
        .current_dir(crate::root())
        .status()?;
    ensure!(built.success(), "the example {name} does not build");
    Ok(crate::root().join("target/release/examples").join(name))
}

/// From start to the first alert.
pub(super) fn start(setup: &Setup, table: &mut Table) -> Result<()> {
    for (case, rules) in rule_sets(setup) {
        let mut best = f64::MAX;
        for _ in 0..ROUNDS {
            let (watcher, took) = Watcher::start(setup, &rules)?;
            best = best.min(took.as_secs_f64());
            watcher.stop()?;
        }
        table.row("start", case, format!("{best:.2} s to the first alert"));
    }
    Ok(())
}

/// Anonymous memory after N and after 3N processes.
pub(super) fn memory(setup: &Setup, table: &mut Table) -> Result<()> {
    const PROCESSES: u64 = 2_000;
    let (case, rules) = most_rules(setup)?;
    let (watcher, _) = Watcher::start(setup, &rules)?;
    table.row(
        "memory",
        &format!("{case}, at rest"),
        format!("{:.1} MiB RssAnon", watcher.rss_anon_kib()? / 1024.0),
    );
    load("execs", PROCESSES)?;
    let after_n = watcher.rss_anon_kib()?;
    load("execs", 2 * PROCESSES)?;
    let after_3n = watcher.rss_anon_kib()?;
    watcher.stop()?;
    let growth = 100.0 * (after_3n - after_n) / after_n;
    table.row(
        "memory",
        &format!("after {PROCESSES} and {} processes", 3 * PROCESSES),
        format!("{:.1} and {:.1} MiB, {growth:+.1} %", after_n / 1024.0, after_3n / 1024.0),
    );
    remove(Path::new(SENTINEL))
}

fn most_rules(setup: &Setup) -> Result<(&'static str, Vec<PathBuf>)> {
    rule_sets(setup).pop().context("no rules")
}

fn remove(path: &Path) -> Result<()> {
    fs::remove_file(path).with_context(|| path.display().to_string())
}
