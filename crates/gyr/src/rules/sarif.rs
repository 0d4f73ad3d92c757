//! Findings as SARIF 2.1.0, which code hosts and editors show at the line.

use gyr_diag::{Diagnostic, Severity, Source, Span};
use gyr_rules::check::{Code, Finding};
use serde_json::{Value, json};

/// One log with one run.
pub(super) fn log(files: &[Source], findings: &[Finding]) -> Value {
    let results: Vec<Value> = findings
        .iter()
        .filter_map(|finding| Some(result(files.get(finding.file)?, finding)))
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "gyr rules check",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": Code::ALL.iter().map(|code| rule(*code)).collect::<Value>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.name(),
        "shortDescription": { "text": code.title() },
        "defaultConfiguration": { "level": level(code.severity()) },
    })
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result(source: &Source, finding: &Finding) -> Value {
    let diagnostic = &finding.diagnostic;
    let index = Code::ALL.iter().position(|code| *code == finding.code).unwrap_or_default();
    let mut out = json!({
        "ruleId": finding.code.name(),
        "ruleIndex": index,
        "level": level(diagnostic.severity),
        "message": { "text": message(diagnostic) },
        "locations": [location(source, diagnostic.span)],
    });
    let related: Vec<Value> = diagnostic
        .notes
        .iter()
        .filter_map(|note| {
            let mut place = location(source, note.span?);
            place["message"] = json!({ "text": note.message });
            Some(place)
        })
        .collect();
    if !related.is_empty() {
        out["relatedLocations"] = related.into();
    }
    out
}

/// With what is not about another place of the file.
fn message(diagnostic: &Diagnostic) -> String {
    let notes = diagnostic.notes.iter().filter(|note| note.span.is_none());
    let notes = notes.map(|note| note.message.as_str()).chain(diagnostic.help.as_deref());
    std::iter::once(diagnostic.message.as_str()).chain(notes).collect::<Vec<_>>().join("; ")
}

fn location(source: &Source, span: Span) -> Value {
    let column = |line: usize, column: usize| {
        let text = source.line(line);
        text.get(..column.min(text.len())).map_or(column, |before| before.chars().count()) + 1
    };
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(source.name()) },
        "region": {
            "startLine": span.start.line + 1,
            "startColumn": column(span.start.line, span.start.column),
            "endLine": span.end.line + 1,
            "endColumn": column(span.end.line, span.end.column),
            "snippet": { "text": source.line(span.start.line) },
        },
    }})
}

/// A path as a reference: what cannot stand in one is escaped.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            other => out += &format!("%{other:02X}"),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_escaped() {
        assert_eq!(uri("a b/ü.yaml"), "a%20b/%C3%BC.yaml");
    }
}
