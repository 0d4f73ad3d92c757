//! `gyr rules …`: tools for those who write rules.

mod check;
mod events;
pub(crate) mod explain;
mod render;
mod test;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use anyhow::Result;
use gyr_diag::Colour;

use crate::cli::RulesCommand;

pub(crate) fn run(command: &RulesCommand) -> Result<ExitCode> {
    match command {
        RulesCommand::Check(options) => check::run(options),
        RulesCommand::Explain(options) => explain::run(options),
        RulesCommand::Test(options) => test::run(options),
    }
}

/// Whether problems on standard error are shown in colours.
fn colour() -> Colour {
    match std::io::stderr().is_terminal() {
        true => Colour::Always,
        false => Colour::Never,
    }
}

#[allow(clippy::print_stderr, reason = "what is wrong with the input is no result")]
fn print_problems(problems: &str) {
    eprint!("{problems}");
}
