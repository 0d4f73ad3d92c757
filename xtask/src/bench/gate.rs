//! `cargo xtask bench gate [--write]`: fails if an event has come to cost more instructions than the committed file says.
//!
//! It needs nothing that is not part of the project: the capture is made here, of the calls that machines make most, and
//! the rules are one that never matches, and those that come with Gyr.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use gyr_capture::scap::{Packing, Writer};
use gyr_capture::text::TextEvents;
use gyr_capture::{Next, Source};

use super::instructions::{ONE_RULE, count};
use super::{Setup, set_up};

/// What made the figures on the first line; then of each case its name, a tab, and instructions per event.
const COMMITTED: &str = "xtask/src/bench/gate.tsv";

/// How much more than the committed number is too much.
const TOLERANCE: f64 = 1.05;

/// Processes in the two captures, of which the smaller takes what start-up costs off the larger.
const PROCESSES: [usize; 2] = [20, 420];

pub(super) fn run(args: &[String]) -> Result<()> {
    let write = match args {
        [] => false,
        [arg] if arg == "--write" => true,
        _ => bail!("usage: cargo xtask bench gate [--write]"),
    };
    let setup = set_up()?;
    let measured = measure(&setup)?;
    let toolchain = toolchain()?;
    let path = crate::root().join(COMMITTED);
    if write {
        return Ok(std::fs::write(path, to_text(&toolchain, &measured))?);
    }
    let committed = std::fs::read_to_string(&path).context(COMMITTED)?;
    check(&toolchain, &measured, &committed)
}

/// Cases and their instructions per event.
fn measure(setup: &Setup) -> Result<Vec<(&'static str, f64)>> {
    let one = setup.scratch.join("one.yaml");
    std::fs::write(&one, ONE_RULE)?;
    let [small, large] = PROCESSES.map(|n| make_capture(setup, n));
    let (small, large) = (small?, large?);
    let mut measured = Vec::new();
    let shipped = crate::root().join("rules/gyr_rules.yaml");
    for (case, rules) in [("one rule", one), ("shipped rules", shipped)] {
        let of = |capture: &Path| count(setup, std::slice::from_ref(&rules), capture, &[]);
        let per_event = (of(&large.0)? - of(&small.0)?) / (large.1 - small.1) as f64;
        measured.push((case, per_event.round()));
    }
    Ok(measured)
}

/// The compiler, and what of the CPU decides which code runs.
fn toolchain() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().context("cannot run rustc")?;
    let version = String::from_utf8_lossy(&version.stdout);
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let wide = if cpu.contains(" avx2") { " avx2" } else { "" };
    Ok(format!("{} {}{wide}", version.trim(), std::env::consts::ARCH))
}

fn to_text(toolchain: &str, measured: &[(&str, f64)]) -> String {
    let lines = measured.iter().map(|(case, per_event)| format!("{case}\t{per_event}\n"));
    format!("{toolchain}\n{}", lines.collect::<String>())
}

/// Figures of another compiler or another kind of CPU are told, but compared with nothing.
fn check(toolchain: &str, measured: &[(&str, f64)], committed: &str) -> Result<()> {
    let made_with = committed.lines().next().unwrap_or_default();
    let is_same = made_with == toolchain;
    let mut is_worse = false;
    for (case, per_event) in measured {
        let line = committed.lines().find_map(|line| line.strip_prefix(case)?.strip_prefix('\t'));
        let before: f64 =
            line.with_context(|| format!("{COMMITTED} has no line for {case}"))?.parse()?;
        println!("{case}: {per_event} instructions/event, committed {before}");
        is_worse |= is_same && *per_event > before * TOLERANCE;
    }
    if !is_same {
        println!("not compared: the committed figures are of {made_with}, these of {toolchain}");
    }
    ensure!(
        !is_worse,
        "events cost more than before: if they must, run `cargo xtask bench gate --write`"
    );
    Ok(())
}

/// Writes a capture in which `n` processes start, open files, send, and end. Says how many events it has.
fn make_capture(setup: &Setup, n: usize) -> Result<(PathBuf, u64)> {
    let mut source = TextEvents::parse("gate", &text(n)?)?;
    let path = setup.scratch.join(format!("gate-{n}.scap"));
    let mut writer = Writer::create(&path, Packing::None, &source.take_snapshot())?;
    loop {
        match source.next()? {
            Next::Record(record) => writer.write(&record)?,
            Next::End => break,
            Next::Restart(_) | Next::Idle => bail!("text holds nothing but records"),
        }
    }
    let n_events = source.stats().records;
    writer.close()?;
    Ok((path, n_events))
}

/// Files that every process opens, then closes.
const FILES: &[&str] = &[
    "/etc/ld.so.cache",
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/usr/lib/locale/locale-archive",
    "/proc/self/maps",
    "data/../input.txt",
];

/// Files of its own that it opens.
const OWN_FILES: usize = 12;

fn text(n: usize) -> Result<String> {
    let mut text = String::from(
        "thread 100 comm=sh exe=/bin/sh exepath=/bin/sh cwd=/srv/ ptid=1 sid=100 pgid=100 uid=0 gid=0\n\
         fd 100 0 file /dev/null flags=O_RDWR\n\
         fd 100 1 pipe \"\" ino=12\n",
    );
    for i in 0..n {
        let tid = 1_000 + i;
        let start = i as f64 / 100.0;
        let same =
            "exe=/usr/bin/worker args=(-v) tid={tid} pid={tid} ptid=100 cwd=/srv/ comm=worker";
        let same = same.replace("{tid}", &tid.to_string());
        writeln!(
            text,
            "{start:.6} 100 clone res={tid} exe=/bin/sh args=() tid=100 pid=100 ptid=1 cwd=/srv/ comm=sh flags=0 uid=0 gid=0 vtid=100 vpid=100\n\
             {start:.6} {tid} clone res=0 exe=/bin/sh args=() tid={tid} pid={tid} ptid=100 cwd=/srv/ comm=sh flags=0 uid=0 gid=0 vtid={tid} vpid={tid}\n\
             {start:.6} {tid} execve res=0 {same} fdlimit=1024 env=(A=1 HOME=/root) uid=0 trusted_exepath=/usr/bin/worker pgid=100 gid=0 filename=/usr/bin/worker"
        )?;
        let own = (0..OWN_FILES).map(|nth| format!("/var/lib/worker/{tid}/{nth}.dat"));
        for name in FILES.iter().map(|&name| name.to_owned()).chain(own) {
            writeln!(
                text,
                "{start:.6} {tid} openat fd=3 dirfd=AT_FDCWD name={name} flags=O_RDONLY|O_CLOEXEC mode=0 dev=8 ino=42\n\
                 {start:.6} {tid} read res=4 data=\"text\" fd=3 size=4096\n\
                 {start:.6} {tid} close res=0 fd=3\n\
                 {start:.6} {tid} write res=4 data=\"text\" fd=1 size=4"
            )?;
        }
        writeln!(text, "{start:.6} {tid} procexit status=0 ret=0 sig=0 core=0 reaper_tid=100")?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_costs_more_than_was_committed_is_told() {
        let committed = to_text("compiler 1", &[("a b", 100.0)]);
        assert!(check("compiler 1", &[("a b", 104.0)], &committed).is_ok());
        assert!(check("compiler 1", &[("a b", 106.0)], &committed).is_err());
        assert!(check("compiler 1", &[("c", 1.0)], &committed).is_err());
    }

    #[test]
    fn figures_of_another_compiler_are_compared_with_nothing() {
        let committed = to_text("compiler 1", &[("a b", 100.0)]);
        assert!(check("compiler 2", &[("a b", 200.0)], &committed).is_ok());
    }

    #[test]
    fn the_capture_is_made_of_valid_events() {
        let source = TextEvents::parse("gate", &text(2).unwrap());
        assert!(source.is_ok(), "{source:?}");
    }
}
