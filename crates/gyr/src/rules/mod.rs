//! `gyr rules …`: tools for those who write rules.

mod check;
mod events;
pub(crate) mod explain;
mod fmt;
mod render;
mod sarif;
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
        RulesCommand::Fmt(options) => fmt::run(options),
        RulesCommand::Test(options) => test::run(options),
    }
}

/// Whether problems on standard error are shown in colours.
fn colour() -> Colour {
    colour_on(std::io::stderr().is_terminal())
}

/// Colours are for terminals, and for those who did not ask for none.
fn colour_on(terminal: bool) -> Colour {
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    match terminal && !no_colour {
        true => Colour::Always,
        false => Colour::Never,
    }
}

#[allow(clippy::print_stderr, reason = "what is wrong with the input is no result")]
fn print_problems(problems: &str) {
    eprint!("{problems}");
}
