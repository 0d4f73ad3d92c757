//! Instructions per event, counted by callgrind.
//!
//! A replay of a large capture less one of a small capture, divided by the difference of their events: so start-up and
//! the loading of rules cancel.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::captures::{LARGE, SMALL, unpacked};
use super::{Setup, Table, variants};

/// One rule that never matches.
pub(super) const ONE_RULE: &str = "- rule: one\n  desc: d\n  condition: evt.type=open and fd.name=/nonexistent/never\n  \
                        output: x %evt.num\n  priority: DEBUG\n";

/// One rule that every file that is opened matches; its output is as long as those of most rules.
const EVERY_OPEN: &str = "- rule: every\n  desc: d\n  condition: evt.type in (open, openat, openat2)\n  \
                          output: A file was opened (file=%fd.name evt_type=%evt.type user=%user.name user_uid=%user.uid \
                          user_loginuid=%user.loginuid process=%proc.name proc_exepath=%proc.exepath parent=%proc.pname \
                          command=%proc.cmdline terminal=%proc.tty container_id=%container.id)\n  \
                          priority: WARNING\n  tags: [host, container, filesystem]\n";

/// From an alert to its line.
const RENDER: &str = "gyr_alert::render::Renderer::render";

/// One rule, the stable rules, all rules.
pub(super) fn run(setup: &Setup, table: &mut Table) -> Result<()> {
    let one = setup.scratch.join("one.yaml");
    std::fs::write(&one, ONE_RULE)?;
    for (case, rules) in [
        ("one rule", vec![one]),
        ("25 rules", setup.upstream_rules(1)),
        ("93 rules", setup.upstream_rules(3)),
    ] {
        let per_event = per_event(setup, &rules)?;
        table.row("instructions", case, format!("{per_event:.0} instructions/event"));
    }
    Ok(())
}

/// All rules, and 10 and 100 times as many.
pub(super) fn scaling(setup: &Setup, table: &mut Table) -> Result<()> {
    for times in [1, 10, 100] {
        let per_event = per_event(setup, &[variants::write(setup, times)?])?;
        table.row(
            "scaling",
            &format!("93 rules × {times}"),
            format!("{per_event:.0} instructions/event"),
        );
    }
    Ok(())
}

/// The flight recorder, while nothing starts a capture.
pub(super) fn recorder(setup: &Setup, table: &mut Table) -> Result<()> {
    let one = [setup.scratch.join("one.yaml")];
    std::fs::write(&one[0], ONE_RULE)?;
    let capture = unpacked(setup, LARGE.0)?;
    let off = count(setup, &one, &capture, &[])?;
    for before in ["0s", "1s", "10s"] {
        let before = format!("capture.before={before}");
        let on = count(setup, &one, &capture, &["capture.enabled=true", &before])?;
        let per_event = (on - off) / LARGE.1;
        table.row("recorder", &before, format!("{per_event:.0} instructions/event more"));
    }
    Ok(())
}

/// An alert with as many values as most rules have: taken, queued, rendered, written. All events of a capture with a rule
/// that many match, less the same with one that none does.
pub(super) fn alerts(setup: &Setup, table: &mut Table) -> Result<()> {
    let [one, every] = ["one", "every"].map(|name| setup.scratch.join(format!("{name}.yaml")));
    std::fs::write(&one, ONE_RULE)?;
    std::fs::write(&every, EVERY_OPEN)?;
    let capture = unpacked(setup, LARGE.0)?;
    let file = setup.scratch.join("alerts");
    let to_file = format!("file_output.filename={}", file.display());
    let none = count(setup, &[one], &capture, &[])?;
    for (case, json) in [("text", "json_output=false"), ("JSON", "json_output=true")] {
        let options = ["stdout_output.enabled=false", "file_output.enabled=true", &to_file, json];
        let rules = std::slice::from_ref(&every);
        let all = count(setup, rules, &capture, &options)?;
        let written = std::fs::read_to_string(&file)?;
        std::fs::remove_file(&file)?;
        let n_alerts = written.lines().count();
        ensure!(n_alerts > 1_000, "{n_alerts} alerts are too few");
        let rendering = count_within(setup, Some(RENDER), rules, &capture, &options)?;
        ensure!(rendering > 0.0, "there is no function {RENDER}");
        std::fs::remove_file(&file)?;
        let [each, rendering] = [all - none, rendering].map(|n| n / n_alerts as f64);
        let size = written.len() / n_alerts;
        let what =
            format!("{each:.0} instructions/alert of {size} bytes, {rendering:.0} to render it");
        table.row("alerts", case, what);
    }
    Ok(())
}

/// The packed capture less the unpacked one.
pub(super) fn inflate(setup: &Setup, table: &mut Table) -> Result<()> {
    let one = setup.scratch.join("one.yaml");
    std::fs::write(&one, ONE_RULE)?;
    let unpacked = unpacked(setup, LARGE.0)?;
    let packed = count(setup, std::slice::from_ref(&one), &setup.capture(LARGE.0), &[])?;
    let plain = count(setup, std::slice::from_ref(&one), &unpacked, &[])?;
    table.row("inflate", "gzip", format!("{:.0} instructions/event", (packed - plain) / LARGE.1));
    Ok(())
}

fn per_event(setup: &Setup, rules: &[PathBuf]) -> Result<f64> {
    let large = count(setup, rules, &unpacked(setup, LARGE.0)?, &[])?;
    let small = count(setup, rules, &unpacked(setup, SMALL.0)?, &[])?;
    Ok((large - small) / (LARGE.1 - SMALL.1))
}

pub(super) fn count(setup: &Setup, rules: &[PathBuf], capture: &Path, set: &[&str]) -> Result<f64> {
    count_within(setup, None, rules, capture, set)
}

/// Only while a function runs, if one is named.
fn count_within(
    setup: &Setup,
    function: Option<&str>,
    rules: &[PathBuf],
    capture: &Path,
    set: &[&str],
) -> Result<f64> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    command.args(function.map(|function| format!("--toggle-collect={function}")));
    command.arg(&setup.gyr);
    replay_arguments(&mut command, setup, rules, capture)?;
    for option in set {
        command.args(["-o", option]);
    }
    let output =
        command.stdout(Stdio::null()).output().context("cannot run valgrind (a Debian package)")?;
    let text = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{text}");
    let counted = text.lines().find_map(|line| line.split("Collected : ").nth(1));
    counted.and_then(|n| n.trim().parse().ok()).with_context(|| format!("no count in: {text}"))
}

/// The arguments of a replay.
pub(super) fn replay_arguments(
    command: &mut Command,
    setup: &Setup,
    rules: &[PathBuf],
    capture: &Path,
) -> Result<()> {
    command.arg("-c").arg(setup.config()?);
    for file in rules {
        command.arg("-r").arg(file);
    }
    command.args(["-o", "engine.kind=replay", "-o"]);
    command.arg(format!("engine.replay.capture_file={}", capture.display()));
    Ok(())
}
