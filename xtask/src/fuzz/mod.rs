//! Feeds mutated inputs to everything that reads what others wrote; nothing may panic, hang or contradict itself.
//!
//! It runs on the stable toolchain. The numbers are the same on every run with the same `--seed`, and an input that fails is kept
//! in `target/fuzz`. A new entrance for outside bytes is a row in `targets.rs`.

mod mutate;
mod targets;

use std::fs;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use targets::{TARGETS, Target};

use crate::random::Random;

const USAGE: &str = "usage: cargo xtask fuzz [TARGET ...] [--seconds N | --each SECONDS] [--seed N] [--corpus FOLDER] [--replay FILE]";
/// An input that takes longer hangs, as far as its user is concerned.
const HANG: Duration = Duration::from_secs(10);

/// What the command line asks for.
struct Options {
    targets: Vec<&'static Target>,
    /// Until all targets are through.
    seconds: u64,
    /// For each target.
    each: Option<u64>,
    seed: u64,
    /// More seeds: every file of a folder.
    corpus: Vec<Vec<u8>>,
    /// Run these inputs as they are, and no others.
    replay: Vec<Vec<u8>>,
}

/// A target for each CPU at a time. The first failure ends all: the others go on with the input that they are at, no further.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let options = options(args)?;
    let n_targets = u32::try_from(options.targets.len().max(1))?;
    let n_threads = thread::available_parallelism()?.min(NonZero::try_from(options.targets.len())?);
    let share = match options.each {
        Some(seconds) => Duration::from_secs(seconds),
        None => Duration::from_secs(options.seconds) * u32::try_from(n_threads.get())? / n_targets,
    };
    let (targets, is_over) = (Mutex::new(options.targets.iter()), AtomicBool::new(false));
    let next = || {
        let target = targets.lock().unwrap_or_else(PoisonError::into_inner).next();
        target.filter(|_| !is_over.load(Ordering::Relaxed))
    };
    let work = || {
        while let Some(target) = next() {
            if let Err(error) = fuzz(target, &options, share, &is_over) {
                is_over.store(true, Ordering::Relaxed);
                return Err(error);
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..n_threads.get()).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| match thread.join() {
            Ok(result) => result,
            Err(_) => bail!("the fuzzer itself failed"),
        })
    })
}

fn fuzz(
    target: &'static Target,
    options: &Options,
    share: Duration,
    is_over: &AtomicBool,
) -> Result<()> {
    let watch = Watch::start(target.name);
    if !options.replay.is_empty() {
        for input in &options.replay {
            watch.run(target, input)?;
        }
        println!("{}: {} inputs replayed", target.name, options.replay.len());
        return Ok(());
    }
    let mut seeds = (target.seeds)();
    seeds.extend(options.corpus.iter().cloned());
    let mut random = Random::new(options.seed);
    let end = Instant::now() + share;
    let mut runs = 0;
    for seed in &seeds {
        watch.run(target, seed)?;
    }
    while Instant::now() < end && !is_over.load(Ordering::Relaxed) {
        watch.run(target, &mutate::mutated(&seeds, &mut random))?;
        runs += 1;
    }
    println!("{}: {} seeds, {runs} mutated inputs", target.name, seeds.len());
    Ok(())
}

fn options(args: &[String]) -> Result<Options> {
    let mut options = Options {
        targets: Vec::new(),
        seconds: 30,
        each: None,
        seed: 1,
        corpus: Vec::new(),
        replay: Vec::new(),
    };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().with_context(|| format!("{arg} needs a value\n{USAGE}"));
        match arg.as_str() {
            "--seconds" => options.seconds = value()?.parse().context("--seconds")?,
            "--each" => options.each = Some(value()?.parse().context("--each")?),
            "--seed" => options.seed = value()?.parse().context("--seed")?,
            "--replay" => {
                let path = value()?;
                options.replay.push(fs::read(path).with_context(|| path.clone())?);
            }
            "--corpus" => {
                let folder = value()?;
                for entry in fs::read_dir(folder).with_context(|| folder.clone())? {
                    options.corpus.push(fs::read(entry?.path())?);
                }
            }
            name => match TARGETS.iter().find(|target| target.name == name) {
                Some(target) => options.targets.push(target),
                None => {
                    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
                    bail!("there is no target {name}; there are: {}\n{USAGE}", names.join(", "));
                }
            },
        }
    }
    if options.targets.is_empty() {
        options.targets = TARGETS.iter().collect();
    }
    Ok(options)
}

/// Runs inputs one by one and ends the process if one does not end.
struct Watch {
    running: Arc<Mutex<Option<Running>>>,
}

struct Running {
    since: Instant,
    input: Vec<u8>,
}

impl Watch {
    fn start(target: &'static str) -> Self {
        let running = Arc::new(Mutex::new(None::<Running>));
        let watched = Arc::downgrade(&running);
        thread::spawn(move || {
            while let Some(running) = watched.upgrade() {
                let running = running.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(Running { since, input }) = &*running
                    && since.elapsed() > HANG
                {
                    let path = keep(target, input);
                    eprintln!("{target}: an input takes more than {HANG:?}: {path:?}");
                    #[allow(clippy::exit, reason = "the other thread never comes back")]
                    std::process::exit(1);
                }
                drop(running);
                thread::sleep(Duration::from_secs(1));
            }
        });
        Self { running }
    }

    fn run(&self, target: &Target, input: &[u8]) -> Result<()> {
        let set = |value| {
            *self.running.lock().unwrap_or_else(PoisonError::into_inner) = value;
        };
        set(Some(Running { since: Instant::now(), input: input.to_vec() }));
        let end = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
        set(None);
        if end.is_err() {
            let path = keep(target.name, input)?;
            bail!(
                "{} fails; repeat it with `cargo xtask fuzz {} --replay {}`",
                target.name,
                target.name,
                path.display()
            );
        }
        Ok(())
    }
}

fn keep(target: &str, input: &[u8]) -> Result<PathBuf> {
    let folder = crate::root().join("target/fuzz");
    fs::create_dir_all(&folder)?;
    let sum = input.iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let path = folder.join(format!("{target}-{sum:016x}"));
    fs::write(&path, input)?;
    Ok(path)
}
