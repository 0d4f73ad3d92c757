//! What rules say of events, as data: `tests/cases/rules/*.md`.
//!
//! Each case is a heading, a block `rules` (without one, the rules that come with Gyr), a block `events` (as
//! docs/events-as-text.md has them) and a block `alerts`: time, priority, rule and output of each, all rules that match.
//! `GYR_BLESS=1` writes the latter anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use gyr_alert::{Alert, Priority};
use gyr_capture::text::TextEvents;
use gyr_engine::{Control, Engine, Settings, Turn};
use gyr_fields::{Field, Fields, Session};
use gyr_rules::{Loader, Matching, Ruleset, SHIPPED};
use gyr_state::{Limits, NoHost};
use jiff::tz::TimeZone;

#[test]
fn events_make_these_alerts() {
    let mut wrong = String::new();
    for path in files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let answered = answer(&name, &text);
        if answered == text {
            continue;
        }
        if std::env::var_os("GYR_BLESS").is_some() {
            std::fs::write(&path, answered).unwrap();
        } else {
            wrong += &difference(&name, &text, &answered);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// The title of a file names the rule that its cases are about.
#[test]
fn each_shipped_rule_has_a_case_that_fires_and_one_that_must_not() {
    let mut cases: BTreeMap<String, (bool, bool)> = BTreeMap::new();
    for path in files() {
        let text = std::fs::read_to_string(path).unwrap();
        let title = text.lines().next().and_then(|line| line.strip_prefix("# ")).unwrap();
        let (fires, silent) = cases.entry(title.to_owned()).or_default();
        for alerts in text.split("```alerts\n").skip(1) {
            let alerts = alerts.split("```").next().unwrap_or_default();
            *fires |= alerts.contains(&format!("\"{title}\""));
            *silent |= alerts.is_empty();
        }
    }
    for rule in SHIPPED_RULES.rules() {
        assert_eq!(cases.get(&rule.name), Some(&(true, true)), "{}: (fires, silent)", rule.name);
    }
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/rules");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

/// The file with the answers of today.
fn answer(name: &str, text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("```events\n") {
        let (events, after) = after.split_once("```\n").expect("the block of events ends");
        let after = match after.trim_start_matches('\n').strip_prefix("```alerts\n") {
            Some(alerts) => alerts.split_once("```\n").expect("the block of alerts ends").1,
            None => after,
        };
        let rules = match before.split_once("```rules\n") {
            None => Arc::clone(&SHIPPED_RULES),
            Some((_, rules)) => {
                let rules = rules.split_once("```\n").expect("the block of rules ends").0;
                ruleset(name, rules)
            }
        };
        let alerts = run(name, rules, events);
        write!(out, "{before}```events\n{events}```\n\n```alerts\n{alerts}```\n").unwrap();
        rest = after;
    }
    out + rest
}

fn difference(name: &str, want: &str, have: &str) -> String {
    let mut heading = "";
    for (want, have) in want.lines().zip(have.lines()) {
        if want.starts_with('#') {
            heading = want;
        }
        if want != have {
            return format!("{name}: {heading}\n  want {want}\n  have {have}\n");
        }
    }
    format!("{name}: the answers end early or late\n")
}

static SHIPPED_RULES: LazyLock<Arc<Ruleset<Field>>> = LazyLock::new(|| ruleset("ours", SHIPPED));

fn ruleset(name: &str, rules: &str) -> Arc<Ruleset<Field>> {
    let mut loader = Loader::new([("syscall".to_owned(), Fields::default())]);
    let result = loader.load(name, rules);
    assert!(result.is_ok(), "{}", result.to_text());
    Arc::new(loader.ruleset(&[], Priority::Debug, Matching::All))
}

fn run(name: &str, rules: Arc<Ruleset<Field>>, events: &str) -> String {
    let settings = Settings {
        hostname: "host".into(),
        limits: Limits::default(),
        own_pid: None,
        duration: None,
        captures: None,
    };
    let session = Session::new("syscall", TimeZone::UTC);
    let mut engine = Engine::new(settings, session, rules).unwrap();
    let mut source = TextEvents::parse(name, events).unwrap_or_else(|error| panic!("{error}"));
    engine.load(source.take_snapshot());
    let mut alerts = Alerts(String::new());
    engine.run(&mut source, &mut NoHost, &mut alerts).unwrap();
    alerts.0
}

struct Alerts(String);

impl Control for Alerts {
    fn alert(&mut self, alert: Alert) {
        let mut message = Vec::new();
        alert.write_message(&mut message);
        let message = String::from_utf8_lossy(&message).escape_debug().to_string();
        let seconds = std::time::Duration::from_nanos(alert.time).as_secs_f64();
        let (priority, name) = (alert.form.priority.name(), &alert.form.name);
        writeln!(self.0, "{seconds:.3} {priority} \"{name}\" {message}").unwrap();
    }

    fn goes_on(&mut self, _: Turn) -> bool {
        true
    }
}
