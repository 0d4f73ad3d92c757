//! `check` and the loader agree on what is an error; hostile files end in an error at once.
#![allow(clippy::print_stdout, reason = "tests say what they skip")]

use std::path::PathBuf;
use std::time::Instant;

use gyr_diag::{Severity, Source};
use gyr_fields::Fields;
use gyr_rules::Loader;
use gyr_rules::check::{Finding, Settings, check};

fn checked(texts: &[&str]) -> Vec<Finding> {
    let name = |place: usize| format!("{place}.yaml");
    let files: Vec<_> = (0..).zip(texts).map(|(i, text)| Source::new(name(i), *text)).collect();
    check(&files, [("syscall".to_owned(), Fields::default())], &Settings::default())
}

fn codes(texts: &[&str]) -> Vec<&'static str> {
    let findings = checked(texts);
    let shown = findings.iter().filter(|f| f.diagnostic.severity != Severity::Info);
    shown.map(|finding| finding.code.name()).collect()
}

fn rule(name: &str, condition: &str) -> String {
    format!("- rule: {name}\n  desc: d\n  condition: {condition}\n  output: x\n  priority: INFO\n")
}

#[test]
fn what_the_loader_refuses_is_an_error_and_nothing_else() {
    let shared =
        std::env::var("GYR_SHARED").map_or_else(|_| "../../../shared".into(), PathBuf::from);
    let folder = shared.join("conformance/language");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return println!("skipped: no {}", folder.display());
    };
    let mut wrong = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        let text = text.trim_start_matches('\u{feff}');
        let mut loader = Loader::new([("syscall".to_owned(), Fields::default())]);
        let loads = loader.load("x", text).is_ok() && loader.check_plugins(&[]).is_ok();
        let findings = checked(&[text]);
        let errors = findings.iter().filter(|f| f.diagnostic.severity == Severity::Error);
        let errors: Vec<_> =
            errors.map(|f| format!("{} {}", f.code.name(), f.diagnostic.message)).collect();
        if loads != errors.is_empty() {
            let name = path.file_name().unwrap().display().to_string();
            wrong.push(format!("{name}: loads: {loads}, errors: {errors:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_broken_macro_is_told_once_however_often_it_is_used() {
    for broken in ["evt.type = ", "evt.type = open and no.field = 1", "[a]"] {
        let mut text = format!("- macro: m\n  condition: {broken}\n");
        text += "- macro: n\n  condition: m or evt.type = close\n";
        text += &rule("a", "m");
        text += &rule("b", "n and m");
        assert_eq!(codes(&[&text]).len(), 1, "{broken}");
    }
}

#[test]
fn after_a_broken_rule_the_next_is_looked_at() {
    let text = rule("a", "evt.type =") + &rule("b", "evt.type = opne") + &rule("c", "x");
    assert_eq!(codes(&[&text]), ["E201", "E209", "E204"]);
}

#[test]
fn after_broken_yaml_the_next_item_is_looked_at() {
    let text = "- rule: \"a\n  x: y\n".to_owned() + &rule("b", "evt.type = opne");
    assert_eq!(codes(&[&text]), ["E001", "E209"]);
}

#[test]
fn a_condition_has_all_its_errors_told() {
    let text = rule("a", "no.field = 1 and evt.type = opne and proc.pid = x and nothing");
    assert_eq!(codes(&[&text]), ["E207", "E209", "E211", "E204"]);
}

#[test]
fn files_build_on_each_other_and_each_problem_is_told_once() {
    let first = rule("a", "evt.type = opne");
    let second = "- rule: a\n  condition: and no.field = 1\n  override:\n    condition: append\n";
    assert_eq!(codes(&[&first, second]), ["E209", "E207"]);
}

#[test]
fn an_addition_is_marked_where_it_is_written() {
    let first = rule("a", "evt.type = open");
    let second = "- rule: a\n  condition: >\n    and\n    no.field = 1\n  override:\n    condition: append\n";
    let findings = checked(&[&first, second]);
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    let start = finding.diagnostic.span.start;
    assert_eq!((finding.file, start.line, start.column), (1, 3, 4));
}

#[test]
fn lists_and_macros_of_other_files_are_known() {
    let first = "- list: l\n  items: [a]\n- macro: m\n  condition: proc.name in (l)\n";
    assert_eq!(codes(&[first, &rule("a", "evt.type = open and m")])[..], [""; 0]);
}

#[test]
fn rules_that_come_with_us_are_fine() {
    assert_eq!(codes(&[gyr_rules::SHIPPED])[..], [""; 0]);
}

#[test]
fn what_would_take_for_ever_ends_in_an_error_at_once() {
    let many = |n: usize, part: &str| part.repeat(n);
    let mut growing = "- list: l0\n  items: [a, b]\n".to_owned();
    for i in 1..40 {
        // Each macro holds the one before it twice.
        growing += &format!("- macro: m{i}\n  condition: m{} or m{}\n", i - 1, i - 1);
    }
    let growing =
        "- macro: m0\n  condition: evt.type = open\n".to_owned() + &growing + &rule("a", "m39");
    let nested = rule("a", &format!("{}evt.type = open{}", many(10_000, "("), many(10_000, ")")));
    let huge = rule("a", &format!("evt.type in ({})", many(50 << 20, "a")));
    let items = format!("- list: l\n  items: [{}]\n", many(2_100_000, "a,"));
    for text in [&growing, &nested, &huge, &items] {
        let start = Instant::now();
        let mut loader = Loader::new([("syscall".to_owned(), Fields::default())]);
        assert!(!loader.load("x", text).is_ok());
        let loaded = start.elapsed();
        let findings = checked(&[text]);
        assert!(findings.iter().any(|f| f.diagnostic.severity == Severity::Error));
        // Generous: the machine may be busy, and this is not optimised.
        assert!(start.elapsed().as_secs() < 120, "{loaded:?} {:?}", start.elapsed());
    }
}
