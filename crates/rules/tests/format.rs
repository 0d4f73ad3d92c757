//! Formatted files mean the same, stay the same when they are formatted once more, and keep their comments.
#![allow(clippy::print_stdout, reason = "tests say what they skip")]

use std::path::PathBuf;

use gyr_fields::Fields;
use gyr_rules::{Loader, format};

/// Everything that is loaded from a file, in detail.
fn loaded(text: &str) -> (bool, Vec<String>) {
    let mut loader = Loader::new([("syscall".to_owned(), Fields::default())]);
    let ok = loader.load("x", text).is_ok();
    let rules = loader.enabled(&[], gyr_alert::Priority::Debug);
    let shown = rules.iter().map(|known| {
        let (rule, condition) = (&known.rule, gyr_filter::exact(&known.condition));
        format!("{} {:?} {} {:?} {condition}", rule.name, rule.priority, rule.output, rule.tags)
    });
    (ok, shown.collect())
}

fn comments(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| line.starts_with('#')).collect()
}

#[track_caller]
fn check(name: &str, text: &str) {
    let once = format(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(format(&once).as_deref(), Ok(once.as_str()), "{name}");
    assert_eq!(loaded(&once), loaded(text), "{name}");
    assert_eq!(comments(&once), comments(text), "{name}");
}

#[test]
fn files_of_all_kinds_mean_the_same_afterwards() {
    check("shipped", gyr_rules::SHIPPED);
    let shared =
        std::env::var("GYR_SHARED").map_or_else(|_| "../../../shared".into(), PathBuf::from);
    for folder in ["upstream-rules", "conformance/language"] {
        let Ok(entries) = std::fs::read_dir(shared.join(folder)) else {
            println!("skipped: no {folder} in {}", shared.display());
            continue;
        };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.extension().is_none_or(|extension| extension != "yaml") {
                continue;
            }
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            // What is no YAML stays as it is.
            if format(&text).is_ok() {
                check(&path.display().to_string(), &text);
            }
        }
    }
}

#[test]
fn only_conditions_and_blanks_change() {
    let before = "\
# what this is about
- macro: m
  condition: (evt.type=open   and fd.num>=0)
# a list
- list: l  
  items: [a,   b] # kept



- rule: r
  desc: |
    kept  

    as it is
  condition: >
      evt.type in (open, openat) and proc.name in (l) and not fd.name startswith /a/long/path/name or m
  output: x
  priority: INFO
  # the end

";
    let after = "\
# what this is about
- macro: m
  condition: (evt.type = open and fd.num >= 0)

# a list
- list: l
  items: [a,   b] # kept

- rule: r
  desc: |
    kept  

    as it is
  condition: >
    evt.type in (open, openat)
      and proc.name in (l)
      and not fd.name startswith /a/long/path/name
    or m
  output: x
  priority: INFO
  # the end
";
    assert_eq!(format(before).unwrap(), after);
    check("the same", before);
}

#[test]
fn every_end_of_a_line_that_yaml_knows_is_one() {
    let text = "# c\n- list: l\n  items: [a,\n    b]\n\n- macro: m\n  condition: evt.num = 0\n";
    for end in ["\r\n", "\r"] {
        assert_eq!(format(&text.replace('\n', end)).as_deref(), Ok(text));
    }
}

#[test]
fn a_file_that_is_no_yaml_is_an_error() {
    assert!(format("a: b: c\n").is_err());
}
