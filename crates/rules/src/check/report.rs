//! What is found, with its place; each thing once.

use std::collections::HashSet;

use gyr_diag::{Diagnostic, Source, Span};

use super::codes::Code;

/// A place in one of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: usize,
    pub(super) span: Span,
}

/// Something that was found.
#[derive(Clone, Debug)]
pub struct Finding {
    pub code: Code,
    /// Which of the files it is about.
    pub file: usize,
    pub diagnostic: Diagnostic,
}

pub(super) struct Report<'a> {
    pub(super) files: &'a [Source],
    pub(super) findings: Vec<Finding>,
    seen: HashSet<(Code, usize, usize, String)>,
}

impl<'a> Report<'a> {
    pub(super) fn new(files: &'a [Source]) -> Self {
        Self { files, findings: Vec::new(), seen: HashSet::new() }
    }

    pub(super) fn add(&mut self, code: Code, place: Place, message: impl Into<String>) {
        self.put(Draft::new(code, place, message));
    }

    /// Files are read again with those after them, so that the same is found again.
    pub(super) fn put(&mut self, draft: Draft) {
        let Draft { code, place, message, notes, help } = draft;
        let key = (code, place.file, place.span.start.offset, message.clone());
        let Some(source) = self.files.get(place.file).filter(|_| self.seen.insert(key)) else {
            return;
        };
        let mut diagnostic = Diagnostic::error(code.name(), source, place.span, message);
        diagnostic.severity = code.severity();
        for (other, what) in notes {
            diagnostic = match other {
                Some(other) if other.file == place.file => diagnostic.note(Some(other.span), what),
                Some(other) => diagnostic.note(None, format!("{what} at {}", self.shown(other))),
                None => diagnostic.note(None, what),
            };
        }
        diagnostic.help = help;
        self.findings.push(Finding { code, file: place.file, diagnostic });
    }

    pub(super) fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.diagnostic.severity == gyr_diag::Severity::Error)
    }

    /// A place as people write it.
    pub(super) fn shown(&self, place: Place) -> String {
        let name = self.files.get(place.file).map_or("", Source::name);
        let start = place.span.start;
        format!("{name}:{}:{}", start.line.saturating_add(1), start.column.saturating_add(1))
    }
}

/// A finding while it is written.
pub(super) struct Draft {
    code: Code,
    place: Place,
    message: String,
    notes: Vec<(Option<Place>, String)>,
    help: Option<String>,
}

impl Draft {
    pub(super) fn new(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self { code, place, message: message.into(), notes: Vec::new(), help: None }
    }

    pub(super) fn note(mut self, place: Option<Place>, what: impl Into<String>) -> Self {
        self.notes.push((place, what.into()));
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }
}

/// "did you mean", if there is something near.
pub(super) fn meant<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    gyr_diag::nearest(name, known).map(|near| format!("did you mean `{near}`?"))
}
