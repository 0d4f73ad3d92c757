//! `gyr rules …`: tools for those who write rules.

mod check;

use std::process::ExitCode;

use anyhow::Result;

use crate::cli::RulesCommand;

pub(crate) fn run(command: &RulesCommand) -> Result<ExitCode> {
    match command {
        RulesCommand::Check(options) => check::run(options),
    }
}
