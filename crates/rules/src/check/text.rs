//! The YAML of a file; where a part of it is broken, the rest is read all the same.

use gyr_diag::yaml::{self, Node, Value};
use gyr_diag::{Position, Source, Span};

use super::codes::Code;
use super::report::{Draft, Place, Report};

/// The documents of a file.
pub(super) fn documents(report: &mut Report<'_>, file: usize) -> Vec<Node> {
    let Some(source) = report.files.get(file) else { return Vec::new() };
    let text = source.text();
    let error = match yaml::parse(text) {
        Ok(documents) => match documents.last().and_then(|last| unclosed(last, text)) {
            None => return documents,
            // Such a text goes on to the end of the file, where that is no error.
            Some(at) => yaml::Error { at, message: UNCLOSED.to_owned() },
        },
        Err(error) => error,
    };
    let mut rest = text.to_owned();
    let mut broken = false;
    for (start, end) in items(text) {
        let part = text.get(start..end).unwrap_or_default();
        let error = match yaml::parse(part) {
            Ok(parts) => match parts.last().and_then(|last| unclosed(last, part)) {
                Some(at) => yaml::Error { at, message: UNCLOSED.to_owned() },
                None => continue,
            },
            Err(error) => error,
        };
        broken = true;
        tell(report, file, source, &error, source.position(start + error.at.offset));
        blank_out(&mut rest, start, end);
    }
    if !broken {
        tell(report, file, source, &error, error.at);
        return Vec::new();
    }
    yaml::parse(&rest).unwrap_or_default()
}

const UNCLOSED: &str = "illegal EOF in scalar";

/// Where the last text begins, if it lacks the quote at its end.
fn unclosed(document: &Node, text: &str) -> Option<Position> {
    let mut node = document;
    while let Some(last) = match &node.value {
        Value::Sequence(items) => items.last(),
        Value::Mapping(pairs) => pairs.last().map(|(_, value)| value),
        Value::Null | Value::Scalar { .. } => None,
    } {
        node = last;
    }
    let written = text.get(node.span.start.offset..)?.trim_end();
    let quote = written.chars().next().filter(|c| "\"'".contains(*c))?;
    let goes_on = node.span.end.offset >= text.trim_end().len();
    (goes_on && (written.len() == 1 || !written.ends_with(quote))).then_some(node.span.start)
}

/// Where the items of the outermost list begin and end, by their dashes. A text that is too long is not taken apart.
fn items(text: &str) -> Vec<(usize, usize)> {
    if text.len() > yaml::Limits::default().bytes {
        return Vec::new();
    }
    let dash = |line: &str| line.starts_with("- ") || line.trim_end() == "-";
    let mut starts = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if dash(line) {
            starts.push(at);
        }
        at += line.len();
    }
    let ends = starts.iter().copied().skip(1).chain([text.len()]);
    starts.iter().copied().zip(ends).collect()
}

/// Leaves lines as many and as long as they are.
fn blank_out(text: &mut String, start: usize, end: usize) {
    let blanks: String = text
        .get(start..end)
        .unwrap_or_default()
        .bytes()
        .map(|byte| if byte == b'\n' { '\n' } else { ' ' })
        .collect();
    text.replace_range(start..end, &blanks);
}

fn tell(report: &mut Report<'_>, file: usize, source: &Source, error: &yaml::Error, at: Position) {
    let line = source.line(at.line);
    let (what, help) = words(&error.message, line, source, at);
    // What is missing is missed on the next line.
    let at = match line.trim().is_empty() && at.line > 0 {
        true => source.position(at.offset.saturating_sub(1)),
        false => at,
    };
    let place = Place { file, span: Span::at(at) };
    report.put(Draft::new(Code::NotYaml, place, what).maybe_help(help));
}

fn words(message: &str, line: &str, source: &Source, at: Position) -> (String, Option<String>) {
    let indent = line.len() - line.trim_start().len();
    let value_with_colon = line.split_once(": ").is_some_and(|(_, value)| {
        value.contains(": ") && !value.trim_start().starts_with(['"', '\'', '|', '>', '[', '{'])
    });
    let percent = line
        .split_once(": ")
        .is_some_and(|(_, value)| value.trim_start().starts_with(['%', '@', '`']));
    if line.get(..indent).is_some_and(|blanks| blanks.contains('\t')) {
        let what = "a tab indents this line, which YAML does not allow";
        return (what.to_owned(), Some("use blanks".to_owned()));
    }
    if value_with_colon {
        let what = "`: ` within a value begins another key";
        let help = "put the whole value into quotes, or write it below as a block after `>`";
        return (what.to_owned(), Some(help.to_owned()));
    }
    if percent {
        let what = "a value cannot begin with this sign unless it is in quotes";
        return (what.to_owned(), Some("put the value into quotes".to_owned()));
    }
    match message {
        UNCLOSED => (
            "a text in quotes does not end".to_owned(),
            Some("put the same quote at its end; write '' for ' within '…', and \\\" for \" within \"…\"".to_owned()),
        ),
        "end of map not found" | "end of sequence not found" | "illegal map value" => {
            let earlier = source.line(at.line.saturating_sub(1));
            let outer = earlier.len() - earlier.trim_start().len();
            let help = match indent != outer {
                true => "keys of one item stand below each other: see whether this line is indented like its neighbours",
                false => "a key is followed by a colon and a blank: `key: value`",
            };
            ("this line does not belong to the item above it".to_owned(), Some(help.to_owned()))
        }
        "end of sequence flow not found" => (
            "a list that begins with `[` does not end here, and no comma follows".to_owned(),
            Some("end it with `]`, and put a comma between its items".to_owned()),
        ),
        "end of map flow not found" => (
            "a mapping that begins with `{` does not end here, and no comma follows".to_owned(),
            Some("end it with `}`, and put a comma between its pairs".to_owned()),
        ),
        other => (format!("this is not YAML: {other}"), None),
    }
}
