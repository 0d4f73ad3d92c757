//! docs/diagnostics.md: each code has a section, and its example says what the section shows.

use std::fmt::Write as _;

use gyr_diag::{Colour, Severity, Source};
use gyr_fields::Fields;
use gyr_rules::Version;
use gyr_rules::check::{Code, Settings, check};

const DOCUMENT: &str = include_str!("../../../docs/diagnostics.md");

/// A section of the document.
struct Section<'d> {
    code: &'d str,
    title: &'d str,
    rules: &'d str,
    said: &'d str,
}

fn sections() -> Vec<Section<'static>> {
    let parts = DOCUMENT.split("\n### ").skip(1);
    let sections = parts.map(|part| {
        let (head, body) = part.split_once('\n').unwrap();
        let (code, title) = head.split_once(": ").unwrap();
        let block = |kind: &str| {
            let (_, rest) = body.split_once(&format!("```{kind}\n")).unwrap();
            rest.split_once("```\n").unwrap().0
        };
        Section { code, title, rules: block("yaml"), said: block("text") }
    });
    sections.collect()
}

#[test]
fn every_code_has_its_section_in_the_order_of_the_table() {
    let documented: Vec<_> = sections().iter().map(|s| (s.code, s.title)).collect();
    let known: Vec<_> = Code::ALL.iter().map(|code| (code.name(), code.title())).collect();
    assert_eq!(documented, known);
}

#[test]
fn codes_begin_with_the_letter_of_their_severity() {
    for code in Code::ALL {
        let letter = match code.severity() {
            Severity::Error => 'E',
            Severity::Warning => 'W',
            Severity::Info => 'I',
        };
        assert!(code.name().starts_with(letter), "{}", code.name());
    }
}

#[test]
fn examples_say_what_their_sections_show() {
    let mut wrong = String::new();
    for section in sections() {
        let said = said(section.code, section.rules);
        if said != section.said {
            let _ = writeln!(wrong, "{} says\n{said}\nnot\n{}", section.code, section.said);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Remarks only where the section is about one.
fn said(code: &str, rules: &str) -> String {
    let files = [Source::new("rules.yaml", rules)];
    let settings = Settings {
        target: (code == Code::TargetVersion.name()).then_some(Version::new(0, 45, 0)),
        cost: code == Code::Cost.name(),
    };
    let findings = check(&files, [("syscall".to_owned(), Fields::default())], &settings);
    let is_shown = |severity, name: &str| match code.starts_with('I') {
        true => name == code,
        false => severity != Severity::Info,
    };
    let shown = findings.iter().filter(|f| is_shown(f.diagnostic.severity, f.code.name()));
    let shown: Vec<_> = shown.map(|f| f.diagnostic.render(&files[0], Colour::Never)).collect();
    shown.join("\n")
}
