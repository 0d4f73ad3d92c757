//! The chores of the project; `cargo xtask` lists them.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod arrows;
mod bench;
mod codegen;
mod fuzz;
mod probe_object;
mod random;
mod shadow;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// One chore.
struct Command {
    name: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Result<()>,
}

static COMMANDS: &[Command] = &[
    Command {
        name: "arrows",
        help: "check which crate may use which (ARCHITECTURE.md)",
        run: arrows::run,
    },
    Command {
        name: "codegen",
        help: "write what is generated from tables; with --check only compare",
        run: codegen::run,
    },
    Command {
        name: "fuzz",
        help: "feed mutated inputs to what reads the bytes of others",
        run: fuzz::run,
    },
    Command {
        name: "probe-object",
        help: "rebuild the probe's object that is used without clang; with --check only compare",
        run: probe_object::run,
    },
    Command {
        name: "shadow",
        help: "compare kept answers, fresh ones and the plain evaluator on captures and made-up events",
        run: shadow::run,
    },
    Command {
        name: "tidy",
        help: "check what no compiler checks: heads, sizes, licences",
        run: tidy::run,
    },
    Command { name: "bench", help: "measure what Gyr costs, and print a table", run: bench::run },
    Command {
        name: "workload",
        help: "one of the loads that bench runs",
        run: bench::workload::run,
    },
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some(command) = args.first().and_then(|name| COMMANDS.iter().find(|c| c.name == name))
    else {
        println!("usage: cargo xtask COMMAND [ARGUMENT ...]\n");
        for command in COMMANDS {
            println!("  {:16} {}", command.name, command.help);
        }
        return ExitCode::from(u8::from(!args.is_empty()));
    };
    match (command.run)(&args[1..]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo xtask {}: {error:#}", command.name);
            ExitCode::FAILURE
        }
    }
}

/// Whether the only argument is `--check`.
fn check_flag(args: &[String]) -> Result<bool> {
    ensure!(args.iter().all(|arg| arg == "--check"), "the only argument is --check");
    Ok(!args.is_empty())
}

/// The root of the checkout.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

/// What cargo knows of the workspace.
fn metadata(options: &[&str]) -> Result<Value> {
    let output = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1"])
        .args(options)
        .current_dir(root())
        .output()
        .context("cannot run cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).context("cargo metadata")
}
