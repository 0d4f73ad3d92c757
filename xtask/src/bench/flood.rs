//! How much Gyr can take: all CPUs generate at once, as fast as they can or at a rate.

use std::path::PathBuf;
use std::process::Child;
use std::time::Instant;

use anyhow::Result;

use super::live::Watcher;
use super::loads::{percent, rule_sets, spawn, told_by};
use super::spread::Spread;
use super::{Setup, Table};

const ROUNDS: usize = 5;
/// Open/read/close a second, of all CPUs together, that are tried; the last is more than two CPUs can.
const RATES: &[u64] = &[
    100_000, 150_000, 200_000, 250_000, 300_000, 400_000, 500_000, 600_000, 800_000, 1_000_000,
    1_300_000, 1_600_000, 2_000_000, 4_000_000,
];
/// How long each rate is kept up, in seconds.
const LASTING: u64 = 3;
/// A rate counts if this many runs in a row drop nothing.
const IN_A_ROW: usize = 2;

/// What became of the events of one flood.
struct Flooded {
    events: u64,
    drops: u64,
    seconds: f64,
    own_cpu: f64,
}

/// 300,000 open/read/close on each CPU.
pub(super) fn opens(setup: &Setup, table: &mut Table) -> Result<()> {
    unpaced(setup, table, "flood", &["opens", "300000"])
}

/// 2,000 fork/exec on each CPU.
pub(super) fn execs(setup: &Setup, table: &mut Table) -> Result<()> {
    unpaced(setup, table, "storm", &["execs", "2000"])
}

fn unpaced(setup: &Setup, table: &mut Table, name: &str, load: &[&str]) -> Result<()> {
    for (case, rules) in rule_sets(setup) {
        let rounds: Vec<Flooded> =
            (0..ROUNDS).map(|_| flooded(setup, &rules, load)).collect::<Result<_>>()?;
        let of = |what: fn(&Flooded) -> f64| Spread::of(rounds.iter().map(what));
        table.row(
            name,
            case,
            format!(
                "{} dropped of {} events/s; Gyr itself {}",
                of(|f| percent(f.events, f.drops)).text(2, "%"),
                of(rate).text(2, "M"),
                of(|f| f.own_cpu).text(2, "s"),
            ),
        );
    }
    Ok(())
}

/// The highest of the rates at which nothing is dropped.
pub(super) fn rate_without_drops(setup: &Setup, table: &mut Table) -> Result<()> {
    for (case, rules) in rule_sets(setup) {
        let (mut highest, mut first_drop) = (0.0_f64, None);
        'rates: for rate_wanted in RATES {
            let each = (rate_wanted / n_cpus()? as u64).to_string();
            let load = ["paced", &each, &LASTING.to_string()];
            let mut reached = Vec::new();
            for _ in 0..IN_A_ROW {
                let flood = flooded(setup, &rules, &load)?;
                if flood.drops > 0 {
                    first_drop = Some((rate(&flood), percent(flood.events, flood.drops)));
                    break 'rates;
                }
                reached.push(rate(&flood));
            }
            let reached = Spread::of(reached).median();
            highest = highest.max(reached);
            // Two events each: less than half of what was asked for is as fast as they can.
            if reached * 1e6 < *rate_wanted as f64 {
                break;
            }
        }
        let end = match first_drop {
            Some((rate, percent)) => format!("at {rate:.2} M {percent:.2} % dropped"),
            None => "faster is not generated".to_owned(),
        };
        table.row("rate", case, format!("{highest:.2} M events/s without a drop; {end}"));
    }
    Ok(())
}

fn flooded(setup: &Setup, rules: &[PathBuf], load: &[&str]) -> Result<Flooded> {
    let (watcher, _) = Watcher::start(setup, rules)?;
    let (started, before) = (Instant::now(), watcher.cpu()?);
    let loads: Vec<Child> = (0..n_cpus()?).map(|_| spawn(load)).collect::<Result<_>>()?;
    for load in loads {
        told_by(load)?;
    }
    let (seconds, own_cpu) = (started.elapsed().as_secs_f64(), watcher.cpu()? - before);
    let (events, drops) = watcher.stop()?;
    Ok(Flooded { events, drops, seconds, own_cpu })
}

fn n_cpus() -> Result<usize> {
    Ok(std::thread::available_parallelism()?.get())
}

/// Millions of events a second, with those that were dropped.
fn rate(flooded: &Flooded) -> f64 {
    (flooded.events + flooded.drops) as f64 / flooded.seconds / 1e6
}
