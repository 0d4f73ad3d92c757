//! The cases of rules in tests/cases/rules: Markdown, with what happened and what must be said about it.
//!
//! A file holds blocks. ```` ```rules ```` is a rules file (the shipped one if there is none), ```` ```events ```` what
//! happened (docs/events-as-text.md), and the ```` ```alerts ```` after it what the rules say: one line an alert, with
//! the time, the priority, the rule and the message. `alerts all` lets every rule speak that matches. `UPDATE=1 cargo
//! test` writes what the rules say today.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gyr_alert::{Alert, Priority};
use gyr_capture::text::TextEvents;
use gyr_engine::{Control, Engine, Settings, Turn};
use gyr_fields::{Fields, Session};
use gyr_rules::{Loader, Matching, SHIPPED};
use gyr_state::{Limits, NoHost};

#[test]
fn the_rules_say_what_the_cases_want() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    let files = files();
    assert!(!files.is_empty(), "no cases");
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        match run(&text) {
            Err(problem) => wrong.push(format!("{}: {problem}", path.display())),
            Ok(now) if now == text => {}
            Ok(now) if update => fs::write(&path, now).unwrap(),
            Ok(now) => wrong.push(format!("{}:\n{}", path.display(), difference(&text, &now))),
        }
    }
    assert!(wrong.is_empty(), "UPDATE=1 writes what the rules say\n{}", wrong.join("\n"));
}

fn files() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/rules");
    let mut dirs = vec![dir];
    let mut files = Vec::new();
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The file with its alerts as they are now.
fn run(text: &str) -> Result<String, String> {
    let (mut rules, mut events) = (SHIPPED.to_owned(), String::new());
    let mut out = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let Some(kind) = line.strip_prefix("```").filter(|kind| !kind.is_empty()) else { continue };
        let body: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        let body: String = body.iter().map(|line| format!("{line}\n")).collect();
        match kind {
            "rules" => rules.clone_from(&body),
            "events" => events.clone_from(&body),
            "alerts" => out.push_str(&alerts(&rules, &events, Matching::First)?),
            "alerts all" => out.push_str(&alerts(&rules, &events, Matching::All)?),
            _ => {}
        }
        if !kind.starts_with("alerts") {
            out.push_str(&body);
        }
        out.push_str("```\n");
    }
    Ok(out)
}

fn alerts(rules: &str, events: &str, matching: Matching) -> Result<String, String> {
    let mut loader = Loader::new([("syscall".to_owned(), Fields::default())]);
    let result = loader.load("rules", rules);
    if !result.is_ok() {
        return Err(result.to_text());
    }
    let mut source = TextEvents::parse("events", events).map_err(|error| error.to_string())?;
    let settings = Settings {
        hostname: "host".into(),
        limits: Limits::default(),
        own_pid: None,
        duration: None,
    };
    let session = Session::new("syscall", jiff::tz::TimeZone::UTC);
    let ruleset = Arc::new(loader.ruleset(&[], Priority::Debug, matching));
    let mut engine = Engine::new(settings, session, ruleset).ok_or("no source syscall")?;
    engine.load(source.take_snapshot());
    let mut said = Said(String::new());
    engine.run(&mut source, &mut NoHost, &mut said).map_err(|error| error.to_string())?;
    Ok(said.0)
}

/// Alerts as lines.
struct Said(String);

impl Control for Said {
    fn alert(&mut self, alert: Alert) {
        let mut message = Vec::new();
        alert.write_message(&mut message);
        let message = String::from_utf8_lossy(&message);
        let (priority, name) = (alert.form.priority, &alert.form.name);
        let time = time(alert.time);
        self.0.push_str(&format!("{time} {priority} {name:?} {message}\n"));
    }

    fn goes_on(&mut self, _: Turn) -> bool {
        true
    }
}

/// Seconds, with milliseconds at least.
fn time(ns: u64) -> String {
    let text = format!("{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000);
    let (millis, rest) = text.split_at(text.len() - 6);
    format!("{millis}{}", rest.trim_end_matches('0'))
}

/// The lines that are only in one of them.
fn difference(want: &str, got: &str) -> String {
    let lacks = |text: &str, line: &str| !text.lines().any(|other| other == line);
    let missing = want.lines().filter(|line| lacks(got, line)).map(|line| format!("  - {line}"));
    let surplus = got.lines().filter(|line| lacks(want, line)).map(|line| format!("  + {line}"));
    missing.chain(surplus).collect::<Vec<_>>().join("\n")
}
