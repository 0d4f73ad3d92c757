//! `gyr doctor`: looks whether this machine and this configuration are fit, and says what to do if not.

mod configuration;
mod containers;
mod kernel;

pub(crate) use kernel::counts_locked_memory;

use std::fmt::Write as _;
use std::process::ExitCode;

use crate::cli::DoctorOptions;
use crate::steps::print::print;

/// What one look found.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    verdict: Verdict,
    what: String,
    /// What to do about it.
    advice: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Ok,
    /// It runs, with less.
    Warn,
    /// It does not run.
    Fail,
}

/// Every look, in the order of the report.
const CHECKS: &[fn(&DoctorOptions) -> Vec<Finding>] = &[
    kernel::version,
    kernel::btf,
    kernel::capabilities,
    kernel::lockdown,
    kernel::memory_lock,
    kernel::tracing,
    kernel::pid_namespace,
    configuration::files,
    configuration::ring_buffers,
    configuration::rules,
    configuration::outputs,
    containers::engines,
];

/// Prints the report; fails if something is found that keeps us from running.
pub(crate) fn run(options: &DoctorOptions) -> ExitCode {
    let findings: Vec<_> = CHECKS.iter().flat_map(|check| check(options)).collect();
    let fails = findings.iter().any(|finding| finding.verdict == Verdict::Fail);
    if print(&report(&findings)).is_err() || fails {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn report(findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings {
        let verdict = match finding.verdict {
            Verdict::Ok => "OK",
            Verdict::Warn => "WARN",
            Verdict::Fail => "FAIL",
        };
        let _ = writeln!(out, "{verdict:4}  {}", finding.what); // a String takes everything
        if let Some(advice) = &finding.advice {
            let _ = writeln!(out, "      -> {advice}"); // a String takes everything
        }
    }
    out
}

impl Finding {
    fn ok(what: impl Into<String>) -> Self {
        Self { verdict: Verdict::Ok, what: what.into(), advice: None }
    }

    fn warn(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warn, what: what.into(), advice: Some(advice.into()) }
    }

    fn fail(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fail, what: what.into(), advice: Some(advice.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_a_verdict_a_line_and_advice_below() {
        let findings = [Finding::ok("kernel 6.1"), Finding::fail("no BTF", "use another kernel")];
        assert_eq!(
            report(&findings),
            "OK    kernel 6.1\nFAIL  no BTF\n      -> use another kernel\n"
        );
    }
}
