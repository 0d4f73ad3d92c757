//! What Gyr costs: `cargo xtask bench [NAME ...]` measures and prints one table; docs/performance.md says how to read it.
//!
//! Instruction counts are the same on a busy and on an idle machine. Times are not: they are measured in interleaved
//! rounds, with and without Gyr, and only reported.

mod captures;
mod flood;
mod gate;
mod instructions;
mod live;
mod loads;
mod machine;
mod redis;
mod replay;
mod spread;
mod untar;
mod variants;
pub(crate) mod workload;
mod yardsticks;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// One measurement: its name, what it tells, and how it is taken.
struct Bench {
    name: &'static str,
    help: &'static str,
    /// Whether it is about captures or rules that are not part of the project.
    needs_shared: bool,
    run: fn(&Setup, &mut Table) -> Result<()>,
}

static BENCHES: &[Bench] = &[
    Bench {
        name: "instructions",
        help: "user-space instructions per event, by rules",
        needs_shared: true,
        run: instructions::run,
    },
    Bench {
        name: "scaling",
        help: "the same with 10 and 100 times the rules",
        needs_shared: true,
        run: instructions::scaling,
    },
    Bench {
        name: "inflate",
        help: "instructions per event to unpack a capture",
        needs_shared: true,
        run: instructions::inflate,
    },
    Bench {
        name: "recorder",
        help: "what the flight recorder adds, by how much it keeps",
        needs_shared: true,
        run: instructions::recorder,
    },
    Bench {
        name: "alerts",
        help: "instructions for an alert, from its match to the line in a file",
        needs_shared: true,
        run: instructions::alerts,
    },
    Bench {
        name: "loading",
        help: "CPU time to load rules",
        needs_shared: true,
        run: replay::loading,
    },
    Bench {
        name: "replay",
        help: "events per second from a capture",
        needs_shared: true,
        run: replay::run,
    },
    Bench {
        name: "peak",
        help: "the most memory that a replay has at once, by rules",
        needs_shared: true,
        run: replay::peak,
    },
    Bench {
        name: "syscall",
        help: "what one system call costs more with Gyr",
        needs_shared: false,
        run: live::syscall,
    },
    Bench {
        name: "opens",
        help: "500,000 open/read/close: CPU time, drops",
        needs_shared: false,
        run: loads::opens,
    },
    Bench {
        name: "execs",
        help: "2,000 fork and exec: CPU time, drops",
        needs_shared: false,
        run: loads::execs,
    },
    Bench {
        name: "redis",
        help: "200,000 requests to Redis: CPU time, drops",
        needs_shared: false,
        run: loads::redis,
    },
    Bench {
        name: "untar",
        help: "an archive of 10,000 files: CPU time, drops",
        needs_shared: false,
        run: loads::untar,
    },
    Bench {
        name: "flood",
        help: "open/read/close on all CPUs at once: drops",
        needs_shared: false,
        run: flood::opens,
    },
    Bench {
        name: "storm",
        help: "fork and exec on all CPUs at once: drops",
        needs_shared: false,
        run: flood::execs,
    },
    Bench {
        name: "rate",
        help: "the highest rate of open/read/close without drops",
        needs_shared: false,
        run: flood::rate_without_drops,
    },
    Bench {
        name: "start",
        help: "from start to the first alert",
        needs_shared: false,
        run: live::start,
    },
    Bench {
        name: "memory",
        help: "memory after N and 3N processes",
        needs_shared: false,
        run: live::memory,
    },
];

/// What every measurement needs.
struct Setup {
    gyr: PathBuf,
    /// Captures and rules files that are not part of the project.
    shared: PathBuf,
    scratch: PathBuf,
}

impl Setup {
    fn has_shared(&self) -> bool {
        self.shared.join("conformance").is_dir()
    }

    fn capture(&self, name: &str) -> PathBuf {
        self.shared.join(format!("conformance/captures/{name}.scap"))
    }

    /// The rules files that Falco's users run, the first `n` of the three.
    fn upstream_rules(&self, n: usize) -> Vec<PathBuf> {
        ["falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml"][..n]
            .iter()
            .map(|file| self.shared.join("upstream-rules").join(file))
            .collect()
    }

    /// A configuration that prints alerts and does nothing else.
    fn config(&self) -> Result<PathBuf> {
        let path = self.scratch.join("gyr.yaml");
        std::fs::write(
            &path,
            "config_files: []\nwatch_config_files: false\nrules_files: []\nload_plugins: []\nappend_output: []\n\
             stdout_output: {enabled: true}\nsyslog_output: {enabled: false}\nwebserver: {enabled: false}\n\
             log_syslog: false\n",
        )?;
        Ok(path)
    }
}

impl Drop for Setup {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.scratch); // nobody is left to tell
    }
}

/// The rows of the result, printed as they come.
struct Table;

impl Table {
    fn head() {
        println!(
            "\n| measurement | case | Gyr | Falco 0.44, measured on a machine of this kind | target |"
        );
        println!("|---|---|---|---|---|");
    }

    fn row(&mut self, bench: &str, case: &str, value: String) {
        let (falco, target) = yardsticks::beside(bench, case)
            .map_or(("–", "–"), |beside| (beside.falco, beside.target));
        println!("| {bench} | {case} | {value} | {falco} | {target} |");
    }
}

/// Takes the measurements named, or all.
pub(crate) fn run(args: &[String]) -> Result<()> {
    if let Some(("gate", args)) = args.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        return gate::run(args);
    }
    if args == ["help"] {
        list();
        return Ok(());
    }
    if let Some(unknown) = args.iter().find(|arg| !BENCHES.iter().any(|bench| bench.name == **arg))
    {
        list();
        bail!("no measurement is called {unknown}");
    }
    let setup = set_up()?;
    machine::print();
    Table::head();
    for bench in
        BENCHES.iter().filter(|bench| args.is_empty() || args.iter().any(|arg| arg == bench.name))
    {
        if bench.needs_shared && !setup.has_shared() {
            Table.row(
                bench.name,
                "skipped",
                "its captures or rules are not in $GYR_SHARED".to_owned(),
            );
            continue;
        }
        (bench.run)(&setup, &mut Table).with_context(|| format!("measuring {}", bench.name))?;
    }
    Ok(())
}

fn list() {
    for bench in BENCHES {
        println!("  {:14} {}", bench.name, bench.help);
    }
    println!(
        "  {:14} the gate of `./x test`: instructions per event, against the committed ones",
        "gate"
    );
}

fn set_up() -> Result<Setup> {
    let root = crate::root();
    let shared =
        std::env::var_os("GYR_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let scratch = std::env::temp_dir().join(format!("gyr-bench-{}", std::process::id()));
    let gyr = gyr()?;
    std::fs::create_dir_all(&scratch)?;
    Ok(Setup { gyr, shared, scratch })
}

/// The binary that is measured: that of this tree, or the one that `$GYR` names, to compare two.
fn gyr() -> Result<PathBuf> {
    if let Some(other) = std::env::var_os("GYR") {
        return Ok(PathBuf::from(other));
    }
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--release", "--package", "gyr"]).current_dir(crate::root());
    // What cargo tells of this program would have build scripts that look at it run again, and half of the build with them.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR" {
            build.env_remove(name);
        }
    }
    let built = build.status()?;
    ensure!(built.success(), "gyr does not build");
    Ok(crate::root().join("target/release/gyr"))
}
