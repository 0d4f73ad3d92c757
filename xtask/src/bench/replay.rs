//! Throughput from a capture, and the time that loading rules takes.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Result, ensure};

use super::instructions::{replay_arguments, unpacked};
use super::workload::cpu_time_of_children;
use super::{Setup, Table, variants};

const EVENTS: f64 = 293_213.0;
const ROUNDS: usize = 5;

/// Events per second of CPU time, packed and unpacked, all rules.
pub(super) fn run(setup: &Setup, table: &mut Table) -> Result<()> {
    let rules = setup.upstream_rules(3);
    let small = least(setup, &rules, &unpacked(setup, "files")?)?;
    for (case, capture) in
        [("unpacked", unpacked(setup, "mixed")?), ("gzip", setup.capture("mixed"))]
    {
        let seconds = least(setup, &rules, &capture)? - small;
        table.row("replay", case, format!("{:.2} M events/s of one CPU", EVENTS / seconds / 1e6));
    }
    Ok(())
}

/// CPU time of a dry run.
pub(super) fn loading(setup: &Setup, table: &mut Table) -> Result<()> {
    let none = setup.scratch.join("none.yaml");
    std::fs::write(&none, "[]\n")?;
    let base = dry(setup, &[none])?;
    for times in [1, 54] {
        // Each file is followed by a look at everything so far, so that many files are another question.
        let mut all = String::new();
        for file in variants::write(setup, times)? {
            all += &std::fs::read_to_string(file)?;
            all.push('\n');
        }
        let rules = setup.scratch.join("all.yaml");
        std::fs::write(&rules, all)?;
        let seconds = dry(setup, &[rules])? - base;
        table.row(
            "loading",
            &format!("{} rules", 93 * times),
            format!("{:.1} ms CPU", seconds * 1e3),
        );
    }
    Ok(())
}

fn dry(setup: &Setup, rules: &[PathBuf]) -> Result<f64> {
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let mut command = Command::new(&setup.gyr);
        command.arg("-c").arg(setup.config()?).args(["-o", "engine.kind=nodriver", "--dry-run"]);
        for file in rules {
            command.arg("-r").arg(file);
        }
        let before = cpu_time_of_children();
        let output = command.stdout(Stdio::null()).output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        best = best.min(cpu_time_of_children() - before);
    }
    Ok(best)
}

fn least(setup: &Setup, rules: &[PathBuf], capture: &std::path::Path) -> Result<f64> {
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let mut command = Command::new(&setup.gyr);
        replay_arguments(&mut command, setup, rules, capture)?;
        let before = cpu_time_of_children();
        let started = Instant::now();
        let output = command.stdout(Stdio::null()).output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // A replay is one thread of work: whichever is less disturbed by the rest of the machine.
        best = best.min((cpu_time_of_children() - before).min(started.elapsed().as_secs_f64()));
    }
    Ok(best)
}
