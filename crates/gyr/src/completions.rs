//! `gyr completions`: what shells need to complete our command line.

use std::process::ExitCode;

use anyhow::Result;
use clap::CommandFactory as _;
use clap_complete::{generate, shells};

use crate::cli::{Cli, CompletionsOptions, Shell};
use crate::steps::print::print;

pub(crate) fn run(options: CompletionsOptions) -> Result<ExitCode> {
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    let mut out = Vec::new();
    match options.shell {
        Shell::Bash => generate(shells::Bash, &mut command, name, &mut out),
        Shell::Zsh => generate(shells::Zsh, &mut command, name, &mut out),
        Shell::Fish => generate(shells::Fish, &mut command, name, &mut out),
    }
    print(&String::from_utf8_lossy(&out))?;
    Ok(ExitCode::SUCCESS)
}
