//! `gyr rules test`: unit tests of rules, see docs/testing-rules.md.

mod file;
mod report;
mod run;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use crate::cli::{RulesTestOptions, TestFormat};
use crate::steps::print::print;
use crate::steps::rules::yaml_files;

/// What a run ends with if a file is of no use.
const UNUSABLE: u8 = 2;

pub(crate) fn run(options: &RulesTestOptions) -> Result<ExitCode> {
    let is_wanted =
        |name: &str| options.name.as_ref().is_none_or(|part| name.contains(part.as_str()));
    let mut runs = Vec::new();
    let mut problems = String::new();
    for file in files(&options.files)? {
        match run::run(&file.display().to_string(), &is_wanted) {
            Ok(run) => runs.push(run),
            Err(problem) => problems += &problem,
        }
    }
    runs.retain(|run| !run.tests.is_empty());
    let (n_tests, n_failed) = report::count(&runs);
    print(&match options.format {
        TestFormat::Text => report::text(&runs),
        TestFormat::Json => report::json(&runs),
        TestFormat::Junit => report::junit(&runs),
    })?;
    if n_tests == 0 && problems.is_empty() {
        problems += "error: there is no test to run\n";
    }
    super::print_problems(&problems);
    Ok(match (problems.is_empty(), n_failed) {
        (true, 0) => ExitCode::SUCCESS,
        (true, _) => ExitCode::FAILURE,
        (false, _) => ExitCode::from(UNUSABLE),
    })
}

/// Folders stand for the YAML files in them.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in named {
        match path.is_dir() {
            true => files.extend(yaml_files(path)?),
            false => files.push(path.clone()),
        }
    }
    Ok(files)
}
