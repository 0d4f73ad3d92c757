//! The loads themselves: `cargo xtask workload NAME N` runs one and prints the CPU seconds that it took.

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};

/// Runs one load, in this process.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let [name, n] = args else { bail!("usage: cargo xtask workload getppid|opens|execs N") };
    let n: u64 = n.parse().with_context(|| format!("{n} is not a number"))?;
    let load: fn() -> Result<()> = match name.as_str() {
        "getppid" => getppid,
        "opens" => open_read_close,
        "execs" => fork_exec,
        _ => bail!("no load is called {name}"),
    };
    let before = cpu_time();
    for _ in 0..n {
        load()?;
    }
    println!("{}", cpu_time() - before);
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
