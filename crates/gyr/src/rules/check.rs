//! `gyr rules check`: every problem of rules files.

use std::process::ExitCode;

use anyhow::Result;
use gyr_rules::Loader;

use crate::cli::RulesCheckOptions;
use crate::network;
use crate::steps::print::print;
use crate::steps::rules::{SYSCALL, read_rules};

pub(crate) fn run(options: &RulesCheckOptions) -> Result<ExitCode> {
    let mut loader = Loader::new([(SYSCALL.to_owned(), network::fields())]);
    let mut exit = ExitCode::SUCCESS;
    for file in &options.files {
        let result = loader.load(&file.display().to_string(), &read_rules(file)?);
        print(&format!("{}\n", result.to_text()))?;
        if !result.is_ok() {
            exit = ExitCode::FAILURE;
        }
    }
    Ok(exit)
}
