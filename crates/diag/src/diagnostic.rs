//! One problem in a text: what it is called, where it is, what to do; shown to people and to programs.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Serialize;

use crate::{Source, Span};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Error,
    Warning,
    /// Worth knowing; nothing needs to be done.
    Info,
}

/// A problem in a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// A stable name to look up and to match on.
    pub code: Cow<'static, str>,
    pub severity: Severity,
    /// The name of the text.
    pub source: String,
    pub span: Span,
    /// One sentence without a full stop.
    pub message: String,
    /// What else there is to know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// A remark on a problem, perhaps about another place of the same text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    pub message: String,
}

/// Whether escape sequences for colour are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    Never,
    Always,
}

impl Diagnostic {
    pub fn error(
        code: impl Into<Cow<'static, str>>,
        source: &Source,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code: code.into(),
            severity: Severity::Error,
            source: source.name().to_owned(),
            span,
            message: message.into(),
            notes: Vec::new(),
            help: None,
        }
    }

    pub fn warning(
        code: impl Into<Cow<'static, str>>,
        source: &Source,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, source, span, message) }
    }

    pub fn info(
        code: impl Into<Cow<'static, str>>,
        source: &Source,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Info, ..Self::error(code, source, span, message) }
    }

    #[must_use]
    pub fn note(mut self, span: Option<Span>, message: impl Into<String>) -> Self {
        self.notes.push(Note { span, message: message.into() });
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The problem for a person: message, place, the line with a mark under it, notes and help. Ends in a newline.
    pub fn render(&self, source: &Source, colour: Colour) -> String {
        let paint = Paint { colour };
        let (word, style) = match self.severity {
            Severity::Error => ("error", "1;31"),
            Severity::Warning => ("warning", "1;33"),
            Severity::Info => ("info", "1;34"),
        };
        let mut out = String::new();
        let head = paint.text(style, &format!("{word}[{}]", self.code));
        let _ = writeln!(out, "{head}: {}", paint.text("1", &self.message));
        excerpt(&mut out, source, self.span, style, paint);
        for note in &self.notes {
            let _ = writeln!(out, "{}: {}", paint.text("1;36", "note"), note.message);
            if let Some(span) = note.span {
                excerpt(&mut out, source, span, "1;36", paint);
            }
        }
        if let Some(help) = &self.help {
            let _ = writeln!(out, "{}: {help}", paint.text("1;32", "help"));
        }
        out
    }

    /// The problem for a program.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!(self)
    }
}

/// The longest part of a line that is shown before and after the place.
const CONTEXT: usize = 80;

#[derive(Clone, Copy)]
struct Paint {
    colour: Colour,
}

impl Paint {
    fn text(self, style: &str, text: &str) -> String {
        match self.colour {
            Colour::Never => text.to_owned(),
            Colour::Always => format!("\x1b[{style}m{text}\x1b[0m"),
        }
    }
}

fn excerpt(out: &mut String, source: &Source, span: Span, style: &str, paint: Paint) {
    let (line, column) = (span.start.line, span.start.column);
    let number = (line + 1).to_string();
    let margin = " ".repeat(number.len());
    let rule = paint.text("34", "|");
    let arrow = paint.text("34", "-->");
    let _ = writeln!(out, "{margin}{arrow} {}:{number}:{}", source.name(), column + 1);
    let text = source.line(line);
    let (before, after) = text.split_at(text.floor_char_boundary(column.min(text.len())));
    let before: String = keep(before.chars().rev()).chars().rev().collect();
    let end = if span.end.line == line { span.end.column } else { column + after.len() };
    let marked = after.get(..end.saturating_sub(column)).unwrap_or(after).chars().take(CONTEXT);
    let carets = "^".repeat(marked.count().max(1));
    let after = keep(after.chars());
    let blank = " ".repeat(before.chars().count());
    let _ = writeln!(out, "{margin} {rule}");
    let _ = writeln!(out, "{} {rule} {before}{after}", paint.text("34", &number));
    let _ = writeln!(out, "{margin} {rule} {blank}{}", paint.text(style, &carets));
}

/// The first characters of a line, tabs and other control characters as blanks so that marks stand under their text
/// and no terminal is driven.
fn keep(chars: impl Iterator<Item = char>) -> String {
    chars.take(CONTEXT).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> (Source, Diagnostic) {
        let source = Source::new("rules.yaml", "- rule: a\n  priority: HUH\n");
        let span = Span { start: source.position(22), end: source.position(25) };
        let problem = Diagnostic::error("E1", &source, span, "no such priority")
            .note(Some(Span::at(source.position(2))), "in this rule")
            .help("use one of EMERGENCY … DEBUG");
        (source, problem)
    }

    #[test]
    fn a_problem_shows_its_line_with_a_mark() {
        let (source, problem) = sample();
        let want = "\
error[E1]: no such priority
 --> rules.yaml:2:13
  |
2 |   priority: HUH
  |             ^^^
note: in this rule
 --> rules.yaml:1:3
  |
1 | - rule: a
  |   ^
help: use one of EMERGENCY … DEBUG
";
        assert_eq!(problem.render(&source, Colour::Never), want);
    }

    #[test]
    fn colours_change_nothing_but_the_escapes() {
        let (source, problem) = sample();
        let coloured = problem.render(&source, Colour::Always);
        let mut plain = String::new();
        for (i, part) in coloured.split("\x1b[").enumerate() {
            plain.push_str(if i == 0 { part } else { part.split_once('m').unwrap().1 });
        }
        assert_eq!(plain, problem.render(&source, Colour::Never));
    }

    #[test]
    fn json_has_the_place_in_numbers() {
        let (_, problem) = sample();
        let json = problem.to_json();
        assert_eq!(json["span"]["start"]["line"], 1);
        assert_eq!(json["severity"], "error");
    }

    #[test]
    fn places_outside_the_text_are_shown_without_panic() {
        let source = Source::new("s", "é\tx");
        for column in 0..6 {
            let start = crate::Position { offset: column, line: column, column };
            Diagnostic::warning("W", &source, Span::at(start), "m").render(&source, Colour::Never);
            let start = crate::Position { offset: column, line: 0, column };
            let span = Span { start, end: crate::Position { offset: 0, line: 0, column: 2 } };
            Diagnostic::warning("W", &source, span, "m").render(&source, Colour::Never);
        }
    }
}
