//! Test files: read from YAML; everything that is wrong in one is told, with its place.

use std::path::{Path, PathBuf};

use gyr_diag::yaml::{self, Node, Value};
use gyr_diag::{Diagnostic, Source, Span};
use gyr_rules::{Choice, Which};

/// A file of tests.
pub(super) struct TestFile {
    /// Empty for the rules that come with Gyr.
    pub(super) rules_files: Vec<PathBuf>,
    pub(super) choices: Vec<Choice>,
    pub(super) tests: Vec<Test>,
}

pub(super) struct Test {
    pub(super) name: String,
    /// From 1.
    pub(super) line: usize,
    pub(super) events: EventsFrom,
    pub(super) expected: Vec<Expected>,
    pub(super) forbidden: Vec<Pattern>,
    /// Alerts that nothing expects are forbidden.
    pub(super) only: bool,
}

pub(super) enum EventsFrom {
    /// Events as text, with the line of the file (from 0) that each of its lines is from.
    Inline { text: String, lines: Vec<usize>, span: Span },
    /// Events as text, or a capture.
    File { path: PathBuf, span: Span },
}

pub(super) struct Expected {
    pub(super) pattern: Pattern,
    /// At least one if it is not said.
    pub(super) count: Option<u64>,
}

/// What an alert looks like.
pub(super) struct Pattern {
    pub(super) rule: String,
    pub(super) span: Span,
    pub(super) output: Option<Wanted>,
    pub(super) fields: Vec<(String, Wanted)>,
    /// Of the names of the fields.
    pub(super) field_spans: Vec<Span>,
}

pub(super) enum Wanted {
    Exactly(String),
    Containing(String),
}

impl Wanted {
    pub(super) fn fits(&self, text: &str) -> bool {
        match self {
            Self::Exactly(want) => want == text,
            Self::Containing(part) => text.contains(part),
        }
    }
}

/// Names of the problems of test files.
pub(super) const CODE: &str = "rule-test";

const FILE_KEYS: &[&str] = &["rules_files", "rules", "before", "only", "tests"];
const TEST_KEYS: &[&str] =
    &["name", "events", "events_file", "capture", "expect", "forbid", "only"];
const EXPECT_KEYS: &[&str] =
    &["rule", "count", "output", "output_contains", "fields", "fields_contain"];
const FORBID_KEYS: &[&str] = &["rule", "output", "output_contains", "fields", "fields_contain"];

/// Reads a file; paths in it are relative to its folder.
pub(super) fn read(source: &Source) -> Result<TestFile, Vec<Diagnostic>> {
    let documents = match yaml::parse(source.text()) {
        Ok(documents) => documents,
        Err(error) => {
            let span = Span::at(error.at);
            return Err(vec![Diagnostic::error(CODE, source, span, error.message)]);
        }
    };
    let folder = Path::new(source.name()).parent().unwrap_or(Path::new(""));
    let mut reader = Reader { source, folder, problems: Vec::new() };
    let file = match documents.as_slice() {
        [root] => reader.file(root),
        _ => {
            reader.wrong(Span::default(), "a test file is one YAML document with the key tests");
            None
        }
    };
    match file {
        Some(file) if reader.problems.is_empty() => Ok(file),
        _ => Err(reader.problems),
    }
}

struct Reader<'a> {
    source: &'a Source,
    folder: &'a Path,
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn file(&mut self, root: &Node) -> Option<TestFile> {
        self.keys(root, FILE_KEYS)?;
        let rules_files = self.texts(root, "rules_files").into_iter();
        let rules_files = rules_files.map(|file| self.folder.join(file)).collect();
        let choices = root.get("rules").map(|node| self.choices(node)).unwrap_or_default();
        let before = root.get("before").and_then(|node| self.text(node).map(|text| (text, node)));
        let before = before.map(|(text, node)| self.inline(text, node)).unwrap_or_default();
        let only = self.truth(root, "only").unwrap_or(false);
        let Some(tests) = root.get("tests") else {
            self.wrong(root.span, "there is no key tests");
            return None;
        };
        let mut all = Vec::new();
        for node in self.list(tests) {
            all.extend(self.test(node, &before, only));
        }
        for (i, test) in all.iter().enumerate() {
            if all.iter().take(i).any(|other: &Test| other.name == test.name) {
                let start = self.source.position(self.line_start(test.line));
                self.wrong(Span::at(start), &format!("there are two tests called {}", test.name));
            }
        }
        Some(TestFile { rules_files, choices, tests: all })
    }

    fn line_start(&self, line: usize) -> usize {
        let before = self.source.text().split_inclusive('\n').take(line.saturating_sub(1));
        before.map(str::len).sum()
    }

    /// As the key `rules` of the configuration.
    fn choices(&mut self, node: &Node) -> Vec<Choice> {
        let mut choices = Vec::new();
        for entry in self.list(node) {
            if self.keys(entry, &["enable", "disable"]).is_none() {
                continue;
            }
            for (key, able) in entry.pairs() {
                let enable = key.as_str() == Some("enable");
                if self.keys(able, &["rule", "tag"]).is_none() {
                    continue;
                }
                if let Some(name) = self.optional(able, "rule") {
                    choices.push(Choice { enable, rules: Which::Named(name) });
                }
                if let Some(tag) = self.optional(able, "tag") {
                    choices.push(Choice { enable, rules: Which::Tagged(tag) });
                }
            }
        }
        choices
    }

    fn test(&mut self, node: &Node, before: &(String, Vec<usize>), only: bool) -> Option<Test> {
        self.keys(node, TEST_KEYS)?;
        let name = self.required(node, "name");
        let events = self.events(node, before);
        let only = self.truth(node, "only").unwrap_or(only);
        let mut expected = Vec::new();
        for entry in node.get("expect").map(|node| self.list(node)).unwrap_or_default() {
            let count = entry.get("count").map(|count| (count.as_u64(), count));
            if let Some((None, count)) = count {
                self.wrong(count.span, "count is a whole number");
            }
            let pattern = self.pattern(entry, EXPECT_KEYS);
            expected.extend(
                pattern
                    .map(|pattern| Expected { pattern, count: count.and_then(|(count, _)| count) }),
            );
        }
        let mut forbidden = Vec::new();
        for entry in node.get("forbid").map(|node| self.list(node)).unwrap_or_default() {
            forbidden.extend(self.pattern(entry, FORBID_KEYS));
        }
        if !only && node.get("expect").is_none() && node.get("forbid").is_none() {
            self.wrong(
                node.span,
                "this test can never fail: it has neither expect nor forbid nor only: true",
            );
        }
        let (name, events) = (name?, events?);
        let line = node.span.start.line + 1;
        Some(Test { name, line, events, expected, forbidden, only })
    }

    fn events(&mut self, node: &Node, before: &(String, Vec<usize>)) -> Option<EventsFrom> {
        let given: Vec<_> = ["events", "events_file", "capture"]
            .into_iter()
            .filter_map(|key| node.get(key).map(|value| (key, value)))
            .collect();
        match given.as_slice() {
            [("events", events)] => {
                let (more, more_lines) = {
                    let text = self.text(events)?;
                    self.inline(text, events)
                };
                let (mut text, mut lines) = before.clone();
                if !text.is_empty() && !text.ends_with('\n') {
                    text.push('\n');
                }
                text += &more;
                lines.extend(more_lines);
                Some(EventsFrom::Inline { text, lines, span: events.span })
            }
            [(_, path)] => {
                let text = self.text(path)?;
                Some(EventsFrom::File { path: self.folder.join(text), span: path.span })
            }
            _ => {
                self.wrong(node.span, "a test has one of events, events_file and capture");
                None
            }
        }
    }

    /// A text with the lines of the file that its lines are from: those of a block stand below its mark.
    fn inline(&self, text: String, node: &Node) -> (String, Vec<usize>) {
        let first = node.span.start.line;
        let is_block = self
            .source
            .line(first)
            .get(node.span.start.column..)
            .is_some_and(|rest| rest.starts_with(['|', '>']));
        let first = first + usize::from(is_block);
        let lines = (first..).take(text.lines().count()).collect();
        (text, lines)
    }

    fn pattern(&mut self, node: &Node, keys: &[&str]) -> Option<Pattern> {
        if let Some(rule) = node.as_str() {
            let rule = rule.to_owned();
            return Some(Pattern {
                rule,
                span: node.span,
                output: None,
                fields: Vec::new(),
                field_spans: Vec::new(),
            });
        }
        self.keys(node, keys)?;
        let rule = self.required(node, "rule")?;
        let span = node.get("rule").map_or(node.span, |node| node.span);
        let exact = self.optional(node, "output").map(Wanted::Exactly);
        let part = self.optional(node, "output_contains").map(Wanted::Containing);
        if exact.is_some() && part.is_some() {
            self.wrong(node.span, "output and output_contains exclude each other");
        }
        let mut pattern = Pattern {
            rule,
            span,
            output: exact.or(part),
            fields: Vec::new(),
            field_spans: Vec::new(),
        };
        for (key, wanted) in [
            ("fields", Wanted::Exactly as fn(String) -> Wanted),
            ("fields_contain", Wanted::Containing),
        ] {
            let Some(fields) = node.get(key) else { continue };
            if !fields.is_mapping() {
                self.wrong(fields.span, &format!("{key} is a mapping from fields to values"));
            }
            for (name, value) in fields.pairs() {
                let (Some(field), Some(text)) = (self.text(name), self.scalar(value)) else {
                    continue;
                };
                pattern.fields.push((field, wanted(text)));
                pattern.field_spans.push(name.span);
            }
        }
        Some(pattern)
    }

    /// Tells of keys that are not among these, or of a node that has no keys.
    fn keys(&mut self, node: &Node, known: &[&str]) -> Option<()> {
        if !node.is_mapping() {
            self.wrong(node.span, &format!("this is a mapping with the keys {}", known.join(", ")));
            return None;
        }
        let mut seen: Vec<&str> = Vec::new();
        for (key, _) in node.pairs() {
            let name = key.as_str().unwrap_or_default();
            if !known.contains(&name) {
                let problem = Diagnostic::error(
                    CODE,
                    self.source,
                    key.span,
                    format!("there is no key {name} here"),
                );
                let help = match gyr_diag::nearest(name, known.iter().copied()) {
                    Some(near) => format!("did you mean {near}?"),
                    None => format!("the keys are {}", known.join(", ")),
                };
                self.problems.push(problem.help(help));
            } else if seen.contains(&name) {
                self.wrong(key.span, &format!("{name} is given twice"));
            }
            seen.push(name);
        }
        Some(())
    }

    fn list<'n>(&mut self, node: &'n Node) -> &'n [Node] {
        if !node.is_sequence() && !node.is_null() {
            self.wrong(node.span, "this is a list");
        }
        node.items()
    }

    fn truth(&mut self, node: &Node, key: &str) -> Option<bool> {
        let node = node.get(key)?;
        if node.as_bool().is_none() {
            self.wrong(node.span, &format!("{key} is true or false"));
        }
        node.as_bool()
    }

    fn texts(&mut self, node: &Node, key: &str) -> Vec<String> {
        let Some(node) = node.get(key) else { return Vec::new() };
        match &node.value {
            Value::Sequence(items) => items.iter().filter_map(|item| self.text(item)).collect(),
            _ => self.text(node).into_iter().collect(),
        }
    }

    fn required(&mut self, node: &Node, key: &str) -> Option<String> {
        if node.get(key).is_none() {
            self.wrong(node.span, &format!("there is no key {key}"));
        }
        self.optional(node, key)
    }

    fn optional(&mut self, node: &Node, key: &str) -> Option<String> {
        self.text(node.get(key)?)
    }

    /// A text that is not empty.
    fn text(&mut self, node: &Node) -> Option<String> {
        let text = node.as_str().filter(|text| !text.is_empty());
        if text.is_none() {
            self.wrong(node.span, "this is a text that is not empty");
        }
        text.map(str::to_owned)
    }

    /// A text, be it empty.
    fn scalar(&mut self, node: &Node) -> Option<String> {
        if node.as_str().is_none() {
            self.wrong(node.span, "this is a text");
        }
        node.as_str().map(str::to_owned)
    }

    fn wrong(&mut self, span: Span, message: &str) {
        self.problems.push(Diagnostic::error(CODE, self.source, span, message));
    }
}
