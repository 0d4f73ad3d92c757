//! Throughput from a capture, and the time that loading rules takes.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use gyr_capture::scap::Packing;

use super::captures::{LARGE, SMALL, repeated, unpacked};
use super::instructions::{ONE_RULE, replay_arguments};
use super::loads::{program, rule_sets, spawn, told_by};
use super::spread::Spread;
use super::{Setup, Table, variants};

/// How often the long capture repeats the large one.
const REPEATS: usize = 10;
const ROUNDS: usize = 5;

/// Events per second of CPU time, packed and unpacked.
pub(super) fn run(setup: &Setup, table: &mut Table) -> Result<()> {
    let small = unpacked(setup, SMALL.0)?;
    for (case, packing) in [("unpacked", Packing::None), ("gzip", Packing::Gzip)] {
        let long = repeated(setup, REPEATS, packing)?;
        for (rules_case, rules) in rule_sets(setup) {
            let case = format!("{case}, {rules_case}");
            let mut rates = Vec::new();
            for _ in 0..ROUNDS {
                let seconds = replayed(setup, &rules, &long)? - replayed(setup, &rules, &small)?;
                rates.push((LARGE.1 * REPEATS as f64 - SMALL.1) / seconds / 1e6);
            }
            table.row("replay", &case, Spread::of(rates).text(2, "M events/s of one CPU"));
        }
    }
    Ok(())
}

/// CPU seconds, of user and kernel, of one replay.
fn replayed(setup: &Setup, rules: &[PathBuf], capture: &Path) -> Result<f64> {
    let mut command = Command::new(&setup.gyr);
    replay_arguments(&mut command, setup, rules, capture)?;
    Ok(program(&mut command)?.cpu)
}

/// The most memory that a replay has at once, by rules.
pub(super) fn peak(setup: &Setup, table: &mut Table) -> Result<()> {
    let one = setup.scratch.join("one.yaml");
    std::fs::write(&one, ONE_RULE)?;
    let capture = unpacked(setup, LARGE.0)?;
    for (case, rules) in [
        ("one rule", vec![one]),
        ("25 rules", setup.upstream_rules(1)),
        ("93 rules", setup.upstream_rules(3)),
        ("93 rules × 10", vec![variants::write(setup, 10)?]),
        ("93 rules × 100", vec![variants::write(setup, 100)?]),
    ] {
        let mut replay = Command::new(&setup.gyr);
        replay_arguments(&mut replay, setup, &rules, &capture)?;
        let args = replay.get_args().map(|arg| arg.to_str().context("a path that is no text"));
        let args = args.collect::<Result<Vec<&str>>>()?;
        let gyr = setup.gyr.to_str().context("a path that is no text")?;
        let kib = told_by(spawn(&[&["peak", gyr], &args[..]].concat())?)?;
        table.row("peak", case, format!("{:.1} MiB", kib / 1024.0));
    }
    Ok(())
}

/// CPU time of a dry run.
pub(super) fn loading(setup: &Setup, table: &mut Table) -> Result<()> {
    let none = setup.scratch.join("none.yaml");
    std::fs::write(&none, "[]\n")?;
    let base = dry(setup, &[none])?;
    for times in [1, 10, 100] {
        let rules = variants::write(setup, times)?;
        let seconds = dry(setup, &[rules])? - base;
        table.row(
            "loading",
            &format!("{} rules", 93 * times),
            format!("{:.1} ms CPU", seconds * 1e3),
        );
    }
    Ok(())
}

/// CPU seconds of a dry run, the least of all rounds.
fn dry(setup: &Setup, rules: &[PathBuf]) -> Result<f64> {
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let mut command = Command::new(&setup.gyr);
        command.arg("-c").arg(setup.config()?).args(["-o", "engine.kind=nodriver", "--dry-run"]);
        for file in rules {
            command.arg("-r").arg(file);
        }
        best = best.min(program(&mut command)?.cpu);
    }
    Ok(best)
}
