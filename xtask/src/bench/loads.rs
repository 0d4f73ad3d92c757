//! What watching costs a load, and what the load costs Gyr: rounds without Gyr and with it take turns.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::live::Watcher;
use super::spread::Spread;
use super::workload::cpu_time_of_children;
use super::{Setup, Table, redis, untar};

/// Of each load, without Gyr, with 25 rules and with 93.
const ROUNDS: usize = 5;

/// What one run of a load took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    pub(super) wall: f64,
    /// CPU seconds of all its processes.
    pub(super) cpu: f64,
}

/// A load: the row of the table that it is, and how it is run.
struct Load {
    name: &'static str,
    /// What Gyr's own CPU time is told for, and how many of them a run makes.
    unit: (&'static str, f64),
    run: fn(&Setup) -> Result<Cost>,
}

const OPENS: Load =
    Load { name: "opens", unit: ("open/read/close", 500_000.0), run: |_| own("opens", 500_000) };
const EXECS: Load =
    Load { name: "execs", unit: ("fork/exec", 2_000.0), run: |_| own("execs", 2_000) };
const REDIS: Load = Load { name: "redis", unit: ("request", redis::REQUESTS), run: redis::run };
const UNTAR: Load = Load { name: "untar", unit: ("file", untar::FILES), run: untar::run };

pub(super) fn opens(setup: &Setup, table: &mut Table) -> Result<()> {
    measure(setup, table, &OPENS)
}

pub(super) fn execs(setup: &Setup, table: &mut Table) -> Result<()> {
    measure(setup, table, &EXECS)
}

pub(super) fn redis(setup: &Setup, table: &mut Table) -> Result<()> {
    measure(setup, table, &REDIS)
}

pub(super) fn untar(setup: &Setup, table: &mut Table) -> Result<()> {
    measure(setup, table, &UNTAR)
}

/// What Gyr did while a load ran.
struct Watched {
    load: Cost,
    own_cpu: f64,
    events: u64,
    dropped_percent: f64,
}

fn measure(setup: &Setup, table: &mut Table, load: &Load) -> Result<()> {
    let sets = rule_sets(setup);
    let mut without = Vec::new();
    let mut with: Vec<Vec<Watched>> = sets.iter().map(|_| Vec::new()).collect();
    // The first run of all finds cold caches.
    (load.run)(setup)?;
    for _ in 0..ROUNDS {
        without.push((load.run)(setup)?);
        for ((_, rules), rounds) in sets.iter().zip(&mut with) {
            rounds.push(watched(setup, rules, || (load.run)(setup))?);
        }
    }
    let [cpu, wall] =
        [|c: &Cost| c.cpu, |c: &Cost| c.wall].map(|of| Spread::of(without.iter().map(of)));
    table.row(
        load.name,
        "without Gyr",
        format!("{} CPU, {} wall", cpu.text(2, "s"), wall.text(2, "s")),
    );
    let (unit, n) = load.unit;
    for ((case, _), rounds) in sets.iter().zip(&with) {
        let of = |what: fn(&Watched) -> f64| Spread::of(rounds.iter().map(what));
        // Each round against the one without Gyr just before it, when the machine was as busy.
        let more = |cost: fn(&Cost) -> f64| {
            let ratios =
                rounds.iter().zip(&without).map(|(w, before)| cost(&w.load) / cost(before));
            100.0 * (Spread::of(ratios).median() - 1.0)
        };
        let (cpu_with, wall_with) = (of(|w| w.load.cpu), of(|w| w.load.wall));
        let own = of(|w| w.own_cpu);
        table.row(
            load.name,
            case,
            format!(
                "{} CPU ({:+.1} %), {} wall ({:+.1} %); Gyr itself {}, {:.2} µs per {unit}; {:.0} events, {} dropped",
                cpu_with.text(2, "s"),
                more(|c| c.cpu),
                wall_with.text(2, "s"),
                more(|c| c.wall),
                own.text(2, "s"),
                own.median() / n * 1e6,
                of(|w| w.events as f64).median(),
                of(|w| w.dropped_percent).text(2, "%"),
            ),
        );
    }
    Ok(())
}

fn watched(
    setup: &Setup,
    rules: &[PathBuf],
    load: impl FnOnce() -> Result<Cost>,
) -> Result<Watched> {
    let (watcher, _) = Watcher::start(setup, rules)?;
    let before = watcher.cpu()?;
    let load = load()?;
    let own_cpu = watcher.cpu()? - before;
    let (events, drops) = watcher.stop()?;
    Ok(Watched { load, own_cpu, events, dropped_percent: percent(events, drops) })
}

/// How much of all events was dropped.
pub(super) fn percent(events: u64, drops: u64) -> f64 {
    100.0 * drops as f64 / (events + drops).max(1) as f64
}

/// Rules by number, the most at last: those that Falco's users run, or where they are not there, those that come with Gyr.
pub(super) fn rule_sets(setup: &Setup) -> Vec<(&'static str, Vec<PathBuf>)> {
    if setup.has_shared() {
        vec![("25 rules", setup.upstream_rules(1)), ("93 rules", setup.upstream_rules(3))]
    } else {
        vec![("shipped rules", vec![crate::root().join("rules/gyr_rules.yaml")])]
    }
}

/// One of the loads of `cargo xtask workload`, in a process of its own that says what CPU time it took.
fn own(name: &str, n: u64) -> Result<Cost> {
    let started = Instant::now();
    let cpu = told_by(spawn(&[name, &n.to_string()])?)?;
    Ok(Cost { wall: started.elapsed().as_secs_f64(), cpu })
}

/// Starts `cargo xtask workload`.
pub(super) fn spawn(args: &[&str]) -> Result<Child> {
    let this = std::env::current_exe()?;
    Ok(Command::new(this).arg("workload").args(args).stdout(Stdio::piped()).spawn()?)
}

/// The number that the load prints when it has ended: CPU seconds, but for `peak`.
pub(super) fn told_by(load: Child) -> Result<f64> {
    let output = load.wait_with_output()?;
    ensure!(output.status.success(), "a load failed");
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// Runs a program to its end, whose output nobody needs.
pub(super) fn program(command: &mut Command) -> Result<Cost> {
    let (started, before) = (Instant::now(), cpu_time_of_children());
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(Cost { wall: started.elapsed().as_secs_f64(), cpu: cpu_time_of_children() - before })
}

/// Refuses to go on without a program, and says where it comes from.
pub(super) fn need(program: &str, package: &str) -> Result<()> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there =
        std::env::split_paths(&path).any(|folder| Path::new(&folder).join(program).is_file());
    ensure!(is_there, "{program} is needed, which is in the Debian package {package}");
    Ok(())
}
