//! `gyr rules check`: everything that is wrong or doubtful in rules files, for people and for programs.

use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow};
use gyr_diag::{Diagnostic, Severity, Source};
use gyr_rules::check::{Finding, Settings, check};
use gyr_rules::{SHIPPED, Version};
use serde_json::{Value, json};

use super::sarif;
use crate::cli::{ReportFormat, RulesCheckOptions};
use crate::network;
use crate::steps::print::print;
use crate::steps::rules::{SYSCALL, is_built_in, read_rules, yaml_files};

pub(crate) fn run(options: &RulesCheckOptions) -> Result<ExitCode> {
    let files = sources(options)?;
    let target = options.target_version.as_deref().map(version).transpose()?;
    let settings = Settings { target, cost: options.cost };
    let schemes = [(SYSCALL.to_owned(), network::fields())];
    let mut findings = check(&files, schemes, &settings);
    let tally = Tally::of(&findings);
    findings.retain(|finding| {
        options.all || options.cost || finding.diagnostic.severity != Severity::Info
    });
    let text = match options.format {
        ReportFormat::Text => text(&files, &findings, tally, options),
        ReportFormat::Json => format!("{:#}\n", json(&files, &findings, tally)),
        ReportFormat::Sarif => format!("{:#}\n", sarif::log(&files, &findings)),
    };
    print(&text)?;
    let failed = tally.errors > 0 || options.strict && tally.warnings > 0;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// How many there are of each kind.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    errors: usize,
    warnings: usize,
    remarks: usize,
}

impl Tally {
    fn of(findings: &[Finding]) -> Self {
        let count = |severity| {
            findings.iter().filter(|finding| finding.diagnostic.severity == severity).count()
        };
        Self {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            remarks: count(Severity::Info),
        }
    }
}

/// Files, and the YAML files of folders.
fn sources(options: &RulesCheckOptions) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for path in &options.files {
        if is_built_in(path) {
            sources.push(Source::new(path.display().to_string(), SHIPPED));
        } else if path.is_dir() {
            for file in yaml_files(path)? {
                sources.push(source(&file)?);
            }
        } else {
            sources.push(source(path)?);
        }
    }
    Ok(sources)
}

fn source(path: &Path) -> Result<Source> {
    let text = read_rules(path)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(Source::new(path.display().to_string(), text))
}

/// `0.45` is as good as `0.45.0`.
fn version(text: &str) -> Result<Version> {
    let full = if text.matches('.').count() == 1 { format!("{text}.0") } else { text.to_owned() };
    Version::parse(&full)
        .ok_or_else(|| anyhow!("{text} is no version such as 0.45"))
        .context("--target-version")
}

fn text(
    files: &[Source],
    findings: &[Finding],
    tally: Tally,
    options: &RulesCheckOptions,
) -> String {
    let colour = super::colour_on(std::io::stdout().is_terminal());
    let mut out = String::new();
    for finding in findings {
        if let Some(source) = files.get(finding.file) {
            out += &finding.diagnostic.render(source, colour);
            out.push('\n');
        }
    }
    let count = |n: usize, one: &str| match n {
        1 => format!("1 {one}"),
        n => format!("{n} {one}s"),
    };
    let files = count(files.len(), "file");
    out +=
        &format!("{files}: {}, {}", count(tally.errors, "error"), count(tally.warnings, "warning"));
    if tally.remarks > 0 && !options.all && !options.cost {
        out += &format!(", and {} that --all shows", count(tally.remarks, "remark"));
    }
    out.push('\n');
    out
}

fn json(files: &[Source], findings: &[Finding], tally: Tally) -> Value {
    let names: Vec<_> = files.iter().map(Source::name).collect();
    let findings: Vec<Value> = findings.iter().map(|finding| one(&finding.diagnostic)).collect();
    json!({
        "files": names,
        "findings": findings,
        "summary": {
            "errors": tally.errors,
            "warnings": tally.warnings,
            "remarks": tally.remarks,
        },
    })
}

/// Lines and columns count from 1, as people count them; columns count bytes.
fn one(diagnostic: &Diagnostic) -> Value {
    let notes: Vec<Value> = diagnostic
        .notes
        .iter()
        .map(|note| {
            let line = note.span.map(|span| span.start.line + 1);
            json!({ "message": note.message, "line": line })
        })
        .collect();
    let (start, end) = (diagnostic.span.start, diagnostic.span.end);
    json!({
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "file": diagnostic.source,
        "line": start.line + 1,
        "column": start.column + 1,
        "end_line": end.line + 1,
        "end_column": end.column + 1,
        "message": diagnostic.message,
        "notes": notes,
        "help": diagnostic.help,
    })
}
