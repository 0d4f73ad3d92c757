//! How tests of rules went: as text, JSON and JUnit XML.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::run::{Failure, FileRun};

/// A line for each test, details of those that fail, and a sum.
pub(super) fn text(files: &[FileRun]) -> String {
    let mut out = String::new();
    for file in files {
        let unusable = if file.problem.is_some() { ": of no use" } else { "" };
        let _ = writeln!(out, "{}{unusable}", file.name);
        for test in &file.tests {
            let verdict = if test.failures.is_empty() { "ok  " } else { "FAIL" };
            let _ = writeln!(out, "  {verdict}  {}", test.name);
            for Failure { message, details } in &test.failures {
                let _ = writeln!(out, "        line {}: {message}", test.line);
                for line in details.lines() {
                    let _ = writeln!(out, "          {line}");
                }
            }
        }
    }
    let (n_tests, n_failed) = count(files);
    let _ = writeln!(out, "{n_tests} tests, {n_failed} failed");
    out
}

pub(super) fn json(files: &[FileRun]) -> String {
    let (n_tests, n_failed) = count(files);
    let failures = |failures: &[Failure]| -> Value {
        let each = failures.iter();
        each.map(|failure| json!({"message": failure.message, "details": failure.details}))
            .collect()
    };
    let tests = |file: &FileRun| -> Value {
        let each = file.tests.iter().map(|test| {
            json!({
                "name": test.name,
                "line": test.line,
                "passed": test.failures.is_empty(),
                "failures": failures(&test.failures),
            })
        });
        each.collect()
    };
    let files: Value = files
        .iter()
        .map(|file| json!({"file": file.name, "problem": file.problem, "tests": tests(file)}))
        .collect();
    format!("{:#}\n", json!({"tests": n_tests, "failed": n_failed, "files": files}))
}

/// As CI servers read it: a suite for each file.
pub(super) fn junit(files: &[FileRun]) -> String {
    let (n_tests, n_failed) = count(files);
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let n_errors = files.iter().filter(|file| file.problem.is_some()).count();
    let _ = writeln!(
        out,
        "<testsuites tests=\"{n_tests}\" failures=\"{n_failed}\" errors=\"{n_errors}\">"
    );
    for file in files {
        let (n_tests, n_failed) = count(std::slice::from_ref(file));
        let name = escaped(&file.name);
        let n_errors = usize::from(file.problem.is_some());
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{n_tests}\" failures=\"{n_failed}\" errors=\"{n_errors}\">"
        );
        if let Some(problem) = &file.problem {
            let _ = writeln!(
                out,
                "    <testcase name=\"{name}\" classname=\"{name}\"><error message=\"of no use\">{}</error></testcase>",
                escaped(problem)
            );
        }
        for test in &file.tests {
            let _ = write!(
                out,
                "    <testcase name=\"{}\" classname=\"{name}\" file=\"{name}\" line=\"{}\"",
                escaped(&test.name),
                test.line
            );
            if test.failures.is_empty() {
                out += "/>\n";
                continue;
            }
            out += ">\n";
            for Failure { message, details } in &test.failures {
                let (message, details) = (escaped(message), escaped(details));
                let _ = writeln!(out, "      <failure message=\"{message}\">{details}</failure>");
            }
            out += "    </testcase>\n";
        }
        out += "  </testsuite>\n";
    }
    out + "</testsuites>\n"
}

/// Tests, and those that failed.
pub(super) fn count(files: &[FileRun]) -> (usize, usize) {
    let tests = || files.iter().flat_map(|file| &file.tests);
    (tests().count(), tests().filter(|test| !test.failures.is_empty()).count())
}

/// XML has no way to write most control characters.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            '"' => out += "&quot;",
            '\n' => out += "&#10;",
            '\t' => out += "&#9;",
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
