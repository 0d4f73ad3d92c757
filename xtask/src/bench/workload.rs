//! The loads themselves: `cargo xtask workload NAME N` runs one and prints the CPU seconds that it took.

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::resource::{UsageWho, getrusage};

/// How often a paced load looks whether it is ahead of its time.
const SLOT: Duration = Duration::from_millis(1);

/// Runs one load, in this process.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    if let ["peak", program, args @ ..] = &args[..] {
        return peak(program, args);
    }
    let before = cpu_time();
    match args[..] {
        ["getppid", n] => repeat(getppid, n)?,
        ["opens", n] => repeat(open_read_close, n)?,
        ["execs", n] => repeat(fork_exec, n)?,
        ["paced", rate, seconds] => paced(number(rate)?, Duration::from_secs(number(seconds)?))?,
        _ => bail!(
            "usage: cargo xtask workload getppid|opens|execs N, paced RATE SECONDS, or peak PROGRAM ..."
        ),
    }
    println!("{}", cpu_time() - before);
    Ok(())
}

fn number(text: &str) -> Result<u64> {
    text.parse().with_context(|| format!("{text} is not a number"))
}

fn repeat(load: fn() -> Result<()>, n: &str) -> Result<()> {
    (0..number(n)?).try_for_each(|_| load())
}

/// So many open/read/close a second, or as many as it can.
fn paced(rate: u64, lasting: Duration) -> Result<()> {
    let started = Instant::now();
    let mut done = 0_u64;
    loop {
        let elapsed = started.elapsed().min(lasting);
        let due = (rate as f64 * elapsed.as_secs_f64()) as u64;
        // In small steps, so that one that cannot keep up ends in time nevertheless.
        let n = (due - done).min(rate / 1_000 + 1);
        (0..n).try_for_each(|_| open_read_close())?;
        done += n;
        if elapsed == lasting {
            return Ok(());
        }
        if done >= due {
            std::thread::sleep(SLOT);
        }
    }
}

/// Runs a program, and prints the most memory that it had at once, in KiB.
fn peak(program: &str, args: &[&str]) -> Result<()> {
    let status = Command::new(program).args(args).stdout(Stdio::null()).status()?;
    ensure!(status.success(), "{program} ended: {status}");
    println!("{}", getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss());
    Ok(())
}

fn getppid() -> Result<()> {
    std::hint::black_box(nix::unistd::getppid());
    Ok(())
}

fn open_read_close() -> Result<()> {
    let mut byte = [0; 1];
    File::open("/dev/zero")?.read_exact(&mut byte)?;
    Ok(())
}

fn fork_exec() -> Result<()> {
    Command::new("/bin/true").stdin(Stdio::null()).status()?;
    Ok(())
}

/// CPU seconds of this process and of the children it waited for.
fn cpu_time() -> f64 {
    cpu_time_of(UsageWho::RUSAGE_SELF) + cpu_time_of_children()
}

/// CPU seconds of the children that this process waited for.
pub(super) fn cpu_time_of_children() -> f64 {
    cpu_time_of(UsageWho::RUSAGE_CHILDREN)
}

fn cpu_time_of(who: UsageWho) -> f64 {
    getrusage(who).map_or(0.0, |usage| {
        [usage.user_time(), usage.system_time()]
            .iter()
            .map(|t| t.tv_sec() as f64 + t.tv_usec() as f64 / 1e6)
            .sum()
    })
}
