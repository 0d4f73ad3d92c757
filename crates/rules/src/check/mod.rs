//! Everything that is wrong or doubtful in rules files, in one run: [`check`].
//!
//! The loader stops where Falco stops. This goes on: what is wrong with an item is told and mended, so that the rest of
//! it, and the items after it, can be looked at. At the end the loader itself is asked, so that nothing that it refuses
//! goes untold.

mod atoms;
mod codes;
mod conditions;
mod exceptions;
mod explain;
mod items;
mod lints;
mod prove;
mod report;
mod shape;
pub(crate) mod spans;
mod text;
mod written;

pub use codes::Code;
pub use report::Finding;

use gyr_diag::Source;
use gyr_filter::Scheme;

use crate::language::Language;
use crate::version::Version;

/// What to look for beside errors.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Warn of what this version of Falco does not have.
    pub target: Option<Version>,
    /// Estimate what each rule costs.
    pub cost: bool,
}

/// Looks at files in the order in which they are loaded. The findings are in the order of files and of lines.
pub fn check<S: Scheme>(
    files: &[Source],
    sources: impl IntoIterator<Item = (String, S)>,
    settings: &Settings,
) -> Vec<Finding> {
    let language = Language::new(sources);
    let mut checker = items::Checker::new(files, &language, settings);
    for file in 0..files.len() {
        checker.read(file);
        checker.compile(file + 1 == files.len());
    }
    let mut findings = checker.report.findings;
    findings.sort_by_key(|finding| (finding.file, finding.diagnostic.span.start.offset));
    findings
}
