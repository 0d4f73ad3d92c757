//! Runs the tests of a file: which alerts their events make, and why not those that were expected.

use std::sync::Arc;

use gyr_alert::{Alert, Clock, Priority};
use gyr_capture::text::TextEvents;
use gyr_diag::{Colour, Diagnostic, Source, Span};
use gyr_engine::{Engine, Question};
use gyr_fields::{Field, Fields, Session};
use gyr_filter::Template;
use gyr_rules::{ExtraField, Loader, Match, Matching, Ruleset, SHIPPED};
use jiff::tz::TimeZone;

use super::file::{self, CODE, EventsFrom, Expected, Pattern, Test, TestFile, Wanted};
use crate::rules::events::{Alerts, Events, settings};
use crate::rules::explain::reasons::why;
use crate::rules::render::{self, Shown};
use crate::steps::rules::{SYSCALL, read_rules};

/// The tests of one file, run.
pub(super) struct FileRun {
    pub(super) name: String,
    pub(super) tests: Vec<TestRun>,
    /// What makes the file unusable, as text of several lines.
    pub(super) problem: Option<String>,
}

pub(super) struct TestRun {
    pub(super) name: String,
    /// From 1.
    pub(super) line: usize,
    /// Empty if the test passes.
    pub(super) failures: Vec<Failure>,
}

/// One thing that is not as expected.
pub(super) struct Failure {
    /// One line.
    pub(super) message: String,
    /// What helps to find out why, of several lines.
    pub(super) details: String,
}

/// What makes a test unusable.
type Problem = Box<Diagnostic>;

/// Reads a file and runs those of its tests that `is_wanted` by their names.
pub(super) fn run(name: &str, is_wanted: &dyn Fn(&str) -> bool, colour: Colour) -> FileRun {
    let (tests, problem) = match run_tests(name, is_wanted, colour) {
        Ok(tests) => (tests, None),
        Err(problem) => (Vec::new(), Some(problem)),
    };
    FileRun { name: name.to_owned(), tests, problem }
}

fn run_tests(
    name: &str,
    is_wanted: &dyn Fn(&str) -> bool,
    colour: Colour,
) -> Result<Vec<TestRun>, String> {
    let text =
        std::fs::read(name).map_err(|error| format!("error: cannot read {name}: {error}\n"))?;
    let source = Source::from_bytes(name, &text);
    let told = |problems: Vec<Diagnostic>| -> String {
        problems.iter().map(|problem| problem.render(&source, colour)).collect()
    };
    let file = file::read(&source).map_err(told)?;
    let rules = Rules::load(&source, &file)?;
    rules.check(&source, &file).map_err(told)?;
    let mut tests = Vec::new();
    for test in file.tests.iter().filter(|test| is_wanted(&test.name)) {
        let failures = rules.run(&source, test).map_err(|problem| told(vec![*problem]))?;
        tests.push(TestRun { name: test.name.clone(), line: test.line, failures });
    }
    Ok(tests)
}

/// The rules that the tests of a file are about.
struct Rules<'a> {
    file: &'a TestFile,
    loader: Loader<Fields>,
    ruleset: Arc<Ruleset<Field>>,
}

impl<'a> Rules<'a> {
    fn load(source: &Source, file: &'a TestFile) -> Result<Self, String> {
        let sources = [(SYSCALL.to_owned(), crate::network::fields())];
        let mut loader = Loader::new(sources).with_extras(Vec::new(), extra_fields(file));
        let mut texts = Vec::new();
        for path in &file.rules_files {
            let text =
                read_rules(path).map_err(|error| format!("error: {}: {error}\n", source.name()))?;
            texts.push((path.display().to_string(), text));
        }
        if file.rules_files.is_empty() {
            texts.push(("built-in".to_owned(), SHIPPED.to_owned()));
        }
        for (name, text) in texts {
            let result = loader.load(&name, &text);
            if !result.is_ok() {
                return Err(result.to_text());
            }
        }
        let ruleset = Arc::new(loader.ruleset(&file.choices, Priority::Debug, Matching::All));
        Ok(Self { file, loader, ruleset })
    }

    /// A test that names a rule or a field which is not there says nothing.
    fn check(&self, source: &Source, file: &TestFile) -> Result<(), Vec<Diagnostic>> {
        let mut problems = Vec::new();
        for pattern in patterns(file) {
            if !self.loader.rule_names().any(|name| name == pattern.rule) {
                let what = format!("there is no rule {}", pattern.rule);
                let problem = Diagnostic::error(CODE, source, pattern.span, what);
                problems.push(match gyr_diag::nearest(&pattern.rule, self.loader.rule_names()) {
                    Some(near) => problem.help(format!("did you mean {near}?")),
                    None => problem,
                });
            }
            for ((field, _), span) in pattern.fields.iter().zip(&pattern.field_spans) {
                if Template::parse(&format!("*%{field}"), &Fields::default()).is_err() {
                    let what = format!("there is no field {field}");
                    problems.push(Diagnostic::error(CODE, source, *span, what));
                }
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    fn run(&self, source: &Source, test: &Test) -> Result<Vec<Failure>, Problem> {
        let mut alerts = Alerts::default();
        self.engine(|engine| {
            events(source, test)?
                .run(engine, &mut alerts)
                .map_err(|error| cannot(source, test, &error))
        })?;
        let alerts = alerts.0;
        let mut failures = Vec::new();
        for expected in &test.expected {
            let n = alerts.iter().filter(|alert| fits(&expected.pattern, alert)).count() as u64;
            if expected.count.map_or(n > 0, |count| count == n) {
                continue;
            }
            failures.push(Failure {
                message: format!("expected {}, there {}", wanted(expected), found(n)),
                details: self.why(source, test, expected, &alerts)?,
            });
        }
        for pattern in &test.forbidden {
            for alert in alerts.iter().filter(|alert| fits(pattern, alert)) {
                failures.push(Failure {
                    message: format!("an alert of \"{}\" is forbidden, there is one", pattern.rule),
                    details: shown(alert),
                });
            }
        }
        // What is expected of a rule and is not there was told already.
        let is_expected = |alert: &&Alert| {
            test.expected.iter().any(|expected| {
                fits(&expected.pattern, alert)
                    || (!failures.is_empty() && expected.pattern.rule == alert.form.name)
            })
        };
        let others: Vec<_> =
            alerts.iter().filter(|alert| test.only && !is_expected(alert)).collect();
        for alert in others {
            failures.push(Failure {
                message: format!("nothing expects this alert of \"{}\"", alert.form.name),
                details: shown(alert),
            });
        }
        Ok(failures)
    }

    /// What there is instead of the alerts that were expected.
    fn why(
        &self,
        source: &Source,
        test: &Test,
        expected: &Expected,
        alerts: &[Alert],
    ) -> Result<String, Problem> {
        let pattern = &expected.pattern;
        let of_rule: Vec<_> =
            alerts.iter().filter(|alert| alert.form.name == pattern.rule).collect();
        if !of_rule.is_empty() {
            let lines = of_rule.iter().map(|alert| shown(alert) + &differences(pattern, alert));
            return Ok(lines.collect());
        }
        let reasons = self.loader.reasons(&pattern.rule, &self.file.choices, Priority::Debug);
        let reasons = reasons.unwrap_or_default();
        if !reasons.is_empty() {
            let selection = format!("rules in {}", source.name());
            let each = reasons.iter().map(|reason| why(reason, &self.file.choices, &selection));
            return Ok(each.map(|why| format!("{}\n", why.message)).collect());
        }
        let known = self.loader.compiled_rule(&pattern.rule);
        let (Some(known), Ok(outline)) = (known, self.loader.outline(&pattern.rule)) else {
            return Ok(String::new());
        };
        let question = Question {
            rule: Arc::clone(&known.rule),
            before: Vec::new(),
            outline,
            event: None,
            keep: 1,
            budget: None,
        };
        let mut explanation = None;
        self.engine(|engine| {
            engine.explain(question);
            let ran = events(source, test)?.run(engine, &mut Alerts::default());
            explanation = engine.explained();
            ran.map_err(|error| cannot(source, test, &error))
        })?;
        let explanation = explanation.unwrap_or_default();
        let mut out = String::new();
        match explanation.nearest.first() {
            None => {
                out += "the rule was asked about none of the events: they are of other types than those in its condition\n";
            }
            Some(seen) => render::seen(&mut out, seen, &Clock::utc(), Shown::WhatFailed),
        }
        Ok(out)
    }

    fn engine(&self, run: impl FnOnce(&mut Engine) -> Result<(), Problem>) -> Result<(), Problem> {
        let session = Session::new(SYSCALL, TimeZone::UTC);
        match Engine::new(settings(), session, Arc::clone(&self.ruleset)) {
            Some(mut engine) => run(&mut engine),
            // There is no other source.
            None => Ok(()),
        }
    }
}

fn patterns(file: &TestFile) -> impl Iterator<Item = &Pattern> {
    file.tests.iter().flat_map(|test| {
        test.expected.iter().map(|expected| &expected.pattern).chain(&test.forbidden)
    })
}

/// Fields that tests ask for need not be in the outputs of rules.
fn extra_fields(file: &TestFile) -> Vec<ExtraField> {
    let fields = patterns(file)
        .flat_map(|pattern| pattern.fields.iter().map(move |(field, _)| (pattern, field)));
    let known = |field: &str| Template::parse(&format!("*%{field}"), &Fields::default()).is_ok();
    fields
        .filter(|(_, field)| known(field))
        .map(|(pattern, field)| ExtraField {
            of: Match { rule: Some(pattern.rule.clone()), ..Match::default() },
            key: field.clone(),
            format: format!("%{field}"),
            raw: true,
        })
        .collect()
}

fn events(source: &Source, test: &Test) -> Result<Events, Problem> {
    match &test.events {
        EventsFrom::Inline { text, lines, span } => {
            TextEvents::parse(source.name(), text).map(Events::from).map_err(|error| {
                let span = place(source, text, lines, error.line, error.column).unwrap_or(*span);
                Box::new(Diagnostic::error(CODE, source, span, error.problem.to_string()))
            })
        }
        EventsFrom::File { path, .. } => {
            Events::open(path).map_err(|error| cannot(source, test, &error))
        }
    }
}

fn cannot(source: &Source, test: &Test, error: &anyhow::Error) -> Problem {
    let (EventsFrom::Inline { span, .. } | EventsFrom::File { span, .. }) = &test.events;
    Box::new(Diagnostic::error(CODE, source, *span, format!("{error:#}")))
}

/// Where in the file a place of events as text is; both count from 1. Only where the text stands there as it is.
fn place(source: &Source, text: &str, lines: &[usize], line: usize, column: usize) -> Option<Span> {
    let line = line.checked_sub(1)?;
    let text = text.lines().nth(line)?;
    let number = *lines.get(line)?;
    let indent = source.line(number).find(text.trim_end())?;
    let before = text.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum::<usize>();
    let lines = source.text().split_inclusive('\n').take(number).map(str::len).sum::<usize>();
    Some(Span::at(source.position(lines + indent + before)))
}

fn fits(pattern: &Pattern, alert: &Alert) -> bool {
    alert.form.name == pattern.rule && differences(pattern, alert).is_empty()
}

/// What of an alert is not as the pattern has it, a line each.
fn differences(pattern: &Pattern, alert: &Alert) -> String {
    let mut out = String::new();
    let mut differs = |what: &str, wanted: &Wanted, text: &str| {
        if !wanted.fits(text) {
            let (how, want) = match wanted {
                Wanted::Exactly(want) => ("is to be", want),
                Wanted::Containing(want) => ("is to contain", want),
            };
            out += &format!("  {what} {how}: {want}\n  {what} is: {text}\n");
        }
    };
    if let Some(wanted) = &pattern.output {
        differs("output", wanted, &message(alert));
    }
    for (field, wanted) in &pattern.fields {
        let key = alert.form.keys().iter().find(|key| key.name() == field);
        let mut text = Vec::new();
        if let Some(key) = key {
            alert.write_key_text(key, &mut text);
        }
        differs(field, wanted, &String::from_utf8_lossy(&text));
    }
    out
}

fn wanted(expected: &Expected) -> String {
    let rule = &expected.pattern.rule;
    let is_plain = expected.pattern.output.is_none() && expected.pattern.fields.is_empty();
    let such = if is_plain { "" } else { "such " };
    match expected.count {
        None => format!("{}alert of \"{rule}\"", if is_plain { "an " } else { "such an " }),
        Some(1) => format!("1 {such}alert of \"{rule}\""),
        Some(count) => format!("{count} {such}alerts of \"{rule}\""),
    }
}

fn found(n: u64) -> String {
    match n {
        0 => "is none".to_owned(),
        1 => "is 1".to_owned(),
        n => format!("are {n}"),
    }
}

fn message(alert: &Alert) -> String {
    let mut message = Vec::new();
    alert.write_message(&mut message);
    String::from_utf8_lossy(&message).into_owned()
}

fn shown(alert: &Alert) -> String {
    let mut time = Vec::new();
    Clock::utc().write(alert.time, gyr_alert::TimeFormat::Local, &mut time);
    let time = String::from_utf8_lossy(&time).into_owned();
    let message = message(alert).escape_debug().to_string();
    format!("{time}: {} {}: {message}\n", alert.form.priority.name(), alert.form.name)
}
