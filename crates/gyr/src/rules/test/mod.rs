//! `gyr rules test`: unit tests of rules, see docs/testing-rules.md.

mod file;
mod report;
mod run;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use gyr_diag::Colour;

use crate::cli::{RulesTestOptions, TestFormat};
use crate::steps::print::print;
use crate::steps::rules::yaml_files;

/// What a run ends with if a file is of no use.
const UNUSABLE: u8 = 2;

pub(crate) fn run(options: &RulesTestOptions) -> Result<ExitCode> {
    let is_wanted =
        |name: &str| options.name.as_ref().is_none_or(|part| name.contains(part.as_str()));
    // What programs read has no colours in it.
    let colour = match options.format {
        TestFormat::Text => super::colour(),
        TestFormat::Json | TestFormat::Junit => Colour::Never,
    };
    let mut runs = Vec::new();
    for file in files(&options.files)? {
        runs.push(run::run(&file.display().to_string(), &is_wanted, colour));
    }
    // Files of which a name picks nothing say nothing.
    runs.retain(|run| !run.tests.is_empty() || run.problem.is_some());
    let mut problems: String = runs.iter().filter_map(|run| run.problem.as_deref()).collect();
    if runs.is_empty() {
        problems += "error: there is no test to run\n";
    }
    print(&match options.format {
        TestFormat::Text => report::text(&runs),
        TestFormat::Json => report::json(&runs),
        TestFormat::Junit => report::junit(&runs),
    })?;
    super::print_problems(&problems);
    Ok(match (problems.is_empty(), report::count(&runs).1) {
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
