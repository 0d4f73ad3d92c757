//! `gyr rules fmt`: rules files, laid out readably in place.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use gyr_diag::{Diagnostic, Source, Span};
use gyr_rules::FormatError;

use crate::cli::RulesFmtOptions;
use crate::steps::print::print;
use crate::steps::rules::yaml_files;

/// A file that is no YAML stays as it is; the others are formatted all the same.
pub(super) fn run(options: &RulesFmtOptions) -> Result<ExitCode> {
    let mut exit = ExitCode::SUCCESS;
    for path in paths(options)? {
        let name = path.display().to_string();
        let bytes = fs::read(&path).with_context(|| format!("{name} cannot be read"))?;
        let Ok(text) = String::from_utf8(bytes) else { bail!("{name} is not UTF-8") };
        match gyr_rules::format(&text) {
            Ok(formatted) if formatted == text => {}
            Ok(_) if options.check => {
                print(&format!("{name}\n"))?;
                exit = ExitCode::FAILURE;
            }
            Ok(formatted) => {
                fs::write(&path, formatted).with_context(|| format!("{name} cannot be written"))?;
                print(&format!("{name}\n"))?;
            }
            Err(error) => {
                super::print_problems(&problem(&name, &text, &error));
                exit = ExitCode::FAILURE;
            }
        }
    }
    Ok(exit)
}

fn paths(options: &RulesFmtOptions) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for path in &options.files {
        match path.is_dir() {
            true => paths.extend(yaml_files(path)?),
            false => paths.push(path.clone()),
        }
    }
    Ok(paths)
}

fn problem(name: &str, text: &str, error: &FormatError) -> String {
    let source = Source::new(name, text);
    let at = match error {
        FormatError::Yaml(error) => error.at,
        FormatError::Meaning => source.position(0),
    };
    let help = format!("`gyr rules check {name}` says more");
    Diagnostic::error("E001", &source, Span::at(at), error.to_string())
        .help(help)
        .render(&source, super::colour())
}
