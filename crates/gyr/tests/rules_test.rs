//! `gyr rules test`: the tests of the shipped rules pass, test files do what their documentation says, and what is wrong
//! with one is told with its place.

mod shared;

use std::fs;
use std::path::{Path, PathBuf};

use gyr_capture::scap::Writer;
use gyr_capture::text::TextEvents;
use gyr_capture::{Next, Source as _};
use shared::{Folder, Run, gyr};

/// The tests of the rules that come with Gyr.
fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/rules")
}

fn rules_test(args: &[&str], file: &Path) -> Run {
    let file = file.display().to_string();
    let args: Vec<&str> =
        ["rules", "test"].into_iter().chain(args.iter().copied()).chain([file.as_str()]).collect();
    gyr(&args)
}

#[test]
fn the_shipped_rules_pass_their_tests() {
    let run = rules_test(&[], &shipped());
    assert_eq!(run.status, Some(0), "{}{}", run.stdout, run.stderr);
}

/// The first line of a file names the rule that its tests are about.
#[test]
fn each_shipped_rule_has_a_test_that_fires_and_one_that_must_not() {
    let mut missing = Vec::new();
    let texts: Vec<String> = fs::read_dir(shipped())
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    for line in gyr_rules::SHIPPED.lines() {
        let Some(rule) = line.strip_prefix("- rule: ") else { continue };
        let about = |text: &&String| text.lines().next() == Some(&format!("# {rule}"));
        let fires = |text: &String| {
            [format!("- rule: {rule}\n"), format!("- rule: '{rule}'\n")]
                .iter()
                .any(|line| text.contains(line))
        };
        let is_silent = |text: &String| text.contains("expect: []");
        if !texts.iter().filter(about).any(|text| fires(text) && is_silent(text)) {
            missing.push(rule);
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

const RULES: (&str, &str) = (
    "rules.yaml",
    "
- list: secrets
  items: [/etc/shadow, /etc/gshadow]
- macro: read
  condition: evt.type=openat and evt.is_open_read=true
- rule: secret read
  desc: d
  condition: read and fd.name in (secrets)
  exceptions:
    - {name: known, fields: proc.name, values: [sshd]}
  output: \"%proc.name read %fd.name\"
  priority: WARNING
- rule: anything
  desc: d
  condition: evt.type=openat
  output: \"%fd.name\"
  priority: DEBUG
  tags: [noise]
",
);

/// A test of the name `t` on two reads, by what it expects.
fn test(expects: &str) -> String {
    format!(
        "\
rules_files: rules.yaml
rules: [{{disable: {{tag: noise}}}}]
before: |
  thread 10 ptid=1 comm=cat cwd=/etc
tests:
  - name: t
    events: |
      1.0 10 openat fd=3 dirfd=AT_FDCWD name=shadow flags=O_RDONLY mode=0
      2.0 10 openat fd=4 dirfd=AT_FDCWD name=passwd flags=O_RDONLY mode=0
{expects}"
    )
}

/// What a test expects, the exit status, and what its report has in order.
#[rustfmt::skip] // A table.
const CASES: &[(&str, i32, &[&str])] = &[
    ("    expect: [secret read]\n", 0, &["  ok    t\n1 tests, 0 failed\n"]),
    ("    expect: [{rule: secret read, count: 1, output: cat read /etc/shadow}]\n    only: true\n", 0, &[]),
    ("    expect: [{rule: secret read, output_contains: shadow, fields: {proc.name: cat, evt.num: 1}, fields_contain: {fd.name: shad}}]\n", 0, &[]),
    ("    forbid: [{rule: secret read, output_contains: passwd}]\n", 0, &[]),
    ("    expect: [{rule: secret read, count: 0, fields: {fd.name: /etc/passwd}}]\n", 0, &[]),
    ("    expect: [{rule: secret read, count: 2}]\n", 1,
        &["  FAIL  t\n", "line 6: expected 2 alerts of \"secret read\", there is 1\n", "00:00:01.000000000: Warning secret read: cat read /etc/shadow\n", "1 tests, 1 failed\n"]),
    ("    expect: [{rule: secret read, output: x}]\n", 1, &["output is to be: x\n", "output is: cat read /etc/shadow\n"]),
    ("    expect: [{rule: secret read, fields: {proc.pid: 11}}]\n", 1, &["proc.pid is to be: 11\n", "proc.pid is: 10\n"]),
    ("    forbid: [secret read]\n", 1, &["an alert of \"secret read\" is forbidden, there is one\n", "cat read /etc/shadow\n"]),
    ("    expect: []\n    only: true\n", 1, &["nothing expects this alert of \"secret read\"\n"]),
    ("    expect: [anything]\n", 1, &["disabled by rules in ", "disable {tag: noise}\n"]),
];

#[test]
fn expectations_are_met_or_told() {
    for (i, (expects, status, report)) in CASES.iter().enumerate() {
        let text = test(expects);
        let folder = Folder::new(&format!("rules-test-{i}"), &[RULES, ("t.yaml", &text)]);
        let run = rules_test(&[], &folder.path("t.yaml"));
        let all = format!("{text}\nstdout: {}\nstderr: {}", run.stdout, run.stderr);
        assert_eq!(run.status, Some(*status), "{all}");
        assert!(has_in_order(&run.stdout, report), "{all}");
    }
}

fn has_in_order(text: &str, parts: &[&str]) -> bool {
    let mut rest = text;
    parts.iter().all(|part| match rest.split_once(part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

#[test]
fn an_alert_that_is_missing_is_explained() {
    let text = test("    expect: [secret read]\n")
        .replace("comm=cat", "comm=sshd")
        .replace("name=shadow", "name=hosts");
    let folder = Folder::new("rules-test-why", &[RULES, ("t.yaml", &text)]);
    let run = rules_test(&[], &folder.path("t.yaml"));
    let want = "
  FAIL  t
        line 6: expected an alert of \"secret read\", there is none
          event 1 at 00:00:01.000000000, sshd: 10 openat fd=3 dirfd=AT_FDCWD name=hosts flags=O_RDONLY mode=0
          stopped by: fd.name in (secrets) (2 of 4 comparisons are as needed; 1 more event of this program ended there)
             no   all of
             yes    macro read: all of
          -> no     fd.name in (secrets)  -- fd.name is /etc/hosts
             no     not exception known
             yes      proc.name in (sshd)  -- proc.name is sshd
";
    assert!(run.stdout.contains(want), "{}", run.stdout);
}

/// A test file with one mistake, and what is told of it.
#[rustfmt::skip] // A table.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("forbid: [secret read]", "forbit: [secret read]", "error[rule-test]: there is no key forbit here\n  --> DIR/t.yaml:10:5\n   |\n10 |     forbit: [secret read]\n   |     ^^^^^^\nhelp: did you mean forbid?\n"),
    ("forbid: [secret read]", "forbid: [secret red]", "error[rule-test]: there is no rule secret red\n  --> DIR/t.yaml:10:14\n"),
    ("forbid: [secret read]", "forbid: [{rule: secret read, fields: {proc.nam: x}}]", "error[rule-test]: there is no field proc.nam\n  --> DIR/t.yaml:10:43\n"),
    ("forbid: [secret read]", "only: false", "this test can never fail"),
    ("    events: |", "    capture: x.scap\n    events: |", "a test has one of events, events_file and capture"),
    ("10 openat fd=4", "10 opnat fd=4", "error[rule-test]: there is no event opnat\n --> DIR/t.yaml:9:14\n"),
    ("thread 10", "threat 10", " --> DIR/t.yaml:4:3\n"),
    ("forbid: [secret read]", "expect: [{rule: secret read, count: x}]", "count is a whole number"),
    ("rules.yaml", "none.yaml", "Could not open file DIR/none.yaml for reading"),
    ("tests:", "tests: {", "error[rule-test]: "),
];

#[test]
fn a_file_of_no_use_is_told_with_its_place() {
    for (i, (right, wrong, message)) in MISTAKES.iter().enumerate() {
        let text = test("    forbid: [secret read]\n").replacen(right, wrong, 1);
        let folder = Folder::new(&format!("rules-test-wrong-{i}"), &[RULES, ("t.yaml", &text)]);
        let run = rules_test(&[], &folder.path("t.yaml"));
        assert_eq!(run.status, Some(2), "{text}{}", run.stderr);
        let message = folder.fill_in(message);
        assert!(run.stderr.contains(&message), "{text}{}\nwanted: {message}", run.stderr);
    }
}

#[test]
fn a_name_picks_tests() {
    let run = rules_test(&["--name", "be relative"], &shipped());
    assert!(run.stdout.ends_with("1 tests, 0 failed\n"), "{}", run.stdout);
    let run = rules_test(&["--name", "no such test"], &shipped());
    assert_eq!((run.status, run.stderr.as_str()), (Some(2), "error: there is no test to run\n"));
}

#[test]
fn events_may_be_in_files_of_their_own() {
    let events = "\
thread 10 ptid=1 comm=cat cwd=/etc
1.0 10 openat fd=3 dirfd=AT_FDCWD name=shadow flags=O_RDONLY mode=0
";
    let tests = "\
rules_files: rules.yaml
only: true
rules: [{disable: {tag: noise}}]
tests:
  - {name: text, events_file: events.txt, expect: [secret read]}
  - {name: capture, capture: events.scap, expect: [secret read]}
";
    let files = [RULES, ("t.yaml", tests), ("events.txt", events)];
    let folder = Folder::new("rules-test-files", &files);
    let run = rules_test(&[], &folder.path("t.yaml"));
    assert_eq!(run.status, Some(2), "{}", run.stdout);
    assert!(run.stderr.contains("t.yaml:6:30\n"), "{}", run.stderr);
    let mut source = TextEvents::parse("events", events).unwrap();
    let mut writer = Writer::new(Vec::new(), &source.take_snapshot()).unwrap();
    while let Next::Record(record) = source.next().unwrap() {
        writer.write(&record).unwrap();
    }
    fs::write(folder.path("events.scap"), writer.into_inner()).unwrap();
    let run = rules_test(&[], &folder.path("t.yaml"));
    assert!(run.stdout.ends_with("2 tests, 0 failed\n"), "{}{}", run.stdout, run.stderr);
}

#[test]
fn programs_read_the_report_as_json_and_junit() {
    let text = test("    forbid: [secret read]\n").replace("name: t\n", "name: \"<t> & \\x01\"\n");
    let folder = Folder::new("rules-test-formats", &[RULES, ("t.yaml", &text)]);
    let run = rules_test(&["--format", "json"], &folder.path("t.yaml"));
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        (&json["failed"], &json["files"][0]["tests"][0]["passed"]),
        (&1.into(), &false.into())
    );
    let run = rules_test(&["--format", "junit"], &folder.path("none.yaml"));
    let document = roxmltree::Document::parse(&run.stdout).unwrap();
    let error = document.descendants().find(|node| node.has_tag_name("error")).unwrap();
    assert!(error.text().unwrap().contains("none.yaml"));
    let run = rules_test(&["--format", "junit"], &folder.path("t.yaml"));
    let document = roxmltree::Document::parse(&run.stdout).unwrap();
    let case = document.descendants().find(|node| node.has_tag_name("testcase")).unwrap();
    assert_eq!(case.attribute("name"), Some("<t> & \u{fffd}"));
    let failure = case.first_element_child().unwrap();
    assert_eq!(
        failure.attribute("message"),
        Some("an alert of \"secret read\" is forbidden, there is one")
    );
    assert!(failure.text().unwrap().contains("cat read /etc/shadow"));
}

/// The example of the documentation: each block belongs to the file that the line before names.
#[test]
fn the_documentation_tells_the_truth() {
    let doc = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/testing-rules.md");
    let doc = fs::read_to_string(doc).unwrap();
    let block = |name: &str| {
        let after =
            doc.split_once(&format!("`{name}`:\n\n```")).unwrap_or_else(|| panic!("no {name}")).1;
        after.split_once('\n').unwrap().1.split_once("```").unwrap().0.to_owned()
    };
    let (rules, tests) = (block("secrets.yaml"), block("secrets_test.yaml"));
    let files = [("secrets.yaml", rules.as_str()), ("secrets_test.yaml", tests.as_str())];
    let folder = Folder::new("rules-test-doc", &files);
    let run = rules_test(&[], &folder.path("secrets_test.yaml"));
    let report = block("gyr rules test secrets_test.yaml")
        .replace("secrets_test.yaml", "DIR/secrets_test.yaml");
    assert_eq!(run.stdout, folder.fill_in(&report), "{}", run.stderr);
}
