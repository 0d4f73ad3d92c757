//! The binary: command line, start-up as a list of steps, and the commands beside the run itself.
#![forbid(unsafe_code)]

mod captures;
mod cli;
mod completions;
mod control;
mod desk;
mod doctor;
mod drops;
mod live;
mod log;
mod metrics;
mod network;
mod progress;
mod quiet;
mod record;
mod rules;
mod selftest;
mod service;
mod signals;
mod steps;
mod versions;
mod watch;

use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

use crate::cli::{Cli, Command};

/// Alerts are made in one thread and freed in another; this allocator is good at that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    use_small_pages();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refused(&error),
    };
    let result = match cli.command {
        None => steps::run(cli.options),
        Some(Command::Completions(options)) => completions::run(options),
        Some(Command::Doctor(options)) => Ok(doctor::run(&options)),
        Some(Command::Record(options)) => record::run(&options),
        Some(Command::Replay(options)) => steps::run(options.into()),
        Some(Command::Rules(command)) => rules::run(&command),
        Some(Command::Selftest(options)) => selftest::run(&options),
        Some(Command::Watch(options)) => watch::run(&options),
    };
    result.unwrap_or_else(|error| {
        print_error(&match error.downcast_ref::<RuntimeError>() {
            Some(RuntimeError(message)) => format!("Runtime error: {message}. Exiting."),
            None => format!("Error: {error:#}"),
        });
        ExitCode::FAILURE
    })
}

/// An error that Falco words otherwise: one that it does not expect.
#[derive(Debug)]
pub(crate) struct RuntimeError(pub(crate) String);

impl std::fmt::Display for RuntimeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RuntimeError {}

/// Huge pages would double what the tables take, for they are touched here and there. Where the kernel gives them only to
/// who asks, the allocator does not (its feature `no_thp`). Programs that outputs start inherit this.
fn use_small_pages() {
    let _ = rustix::thread::disable_transparent_huge_pages(true); // a kernel that has none refuses
}

/// Help is no error; all else is, with Falco's exit status.
fn refused(error: &clap::Error) -> ExitCode {
    let _ = error.print(); // nobody is left to tell
    match error.kind() {
        ErrorKind::DisplayHelp => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

#[allow(clippy::print_stderr, reason = "the last words of a run")]
fn print_error(text: &str) {
    eprintln!("{text}");
}
