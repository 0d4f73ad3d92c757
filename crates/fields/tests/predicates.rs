//! The comparisons of the upstream rules, each on its own: how many events of a capture it holds for, as Falco counted.
//!
//! Skips where the data is absent (GYR_SHARED, or `../shared` beside the checkout). GYR_CASES picks
//! captures by name, also `procs`, which takes longer.

use std::fs;
use std::path::Path;

use gyr_capture::scap::Replay;
use gyr_capture::{Next, Source};
use gyr_event::Origin;
use gyr_fields::{Context, Field, Fields, Session};
use gyr_filter::{Checked, check, parse, plain};
use gyr_state::{Limits, NoHost, State};
use jiff::tz::TimeZone;
use serde_json::Value;

struct Predicate {
    name: String,
    condition: String,
    checked: Checked<Field>,
    count: u64,
}

#[test]
fn every_predicate_holds_as_often_as_it_did_for_falco() {
    let shared = std::env::var_os("GYR_SHARED")
        .unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared").into());
    let folder = Path::new(&shared).join("conformance");
    let Ok(text) = fs::read_to_string(folder.join("predicates.yaml")) else {
        say(&format!("skipped: {} is absent", folder.display()));
        return;
    };
    let mut wrong = Vec::new();
    let cases = std::env::var("GYR_CASES").unwrap_or_else(|_| "files,net".into());
    for case in cases.split(',') {
        let mut predicates = predicates(&text);
        assert!(predicates.len() > 1_000);
        count(&folder.join(format!("captures/{case}.scap")), &mut predicates);
        let answers = fs::read(folder.join(format!("answers/{case}.predicates.json"))).unwrap();
        let answers: Value = serde_json::from_slice(&answers).unwrap();
        wrong.extend(predicates.iter().filter_map(|predicate| {
            let want = answers[&predicate.name][0].as_u64().unwrap_or(0);
            let Predicate { name, condition, count, .. } = predicate;
            (want != *count).then(|| format!("{case} {name} {condition}: want {want} got {count}"))
        }));
    }
    assert!(wrong.is_empty(), "{} are wrong\n{}", wrong.len(), wrong.join("\n"));
}

fn predicates(text: &str) -> Vec<Predicate> {
    text.split("- rule: ")
        .skip(1)
        .map(|rule| {
            let (name, rest) = rule.split_once('\n').unwrap();
            let condition =
                rest.lines().find_map(|line| line.strip_prefix("  condition: ")).unwrap();
            let condition: String = serde_json::from_str(condition).unwrap();
            let expr = parse(&condition).unwrap_or_else(|error| panic!("{condition}: {error}"));
            let checked = check(&expr, &Fields::default())
                .unwrap_or_else(|error| panic!("{condition}: {error:?}"));
            Predicate { name: name.to_owned(), condition, checked, count: 0 }
        })
        .collect()
}

fn count(capture: &Path, predicates: &mut [Predicate]) {
    let mut replay = Replay::open(capture).unwrap();
    let mut state = State::new(Limits::default());
    state.load(replay.take_snapshot());
    let mut session = Session::new("syscall", TimeZone::UTC);
    let mut num = 0;
    while let Next::Record(record) = replay.next().unwrap() {
        num += 1;
        let event = record.event.at(record.event.cpu(), num);
        let current = state.apply(&event, &mut NoHost);
        session.begin(&event);
        if event.code().is_enter() && event.info().category.origin == Origin::SYSCALL {
            continue;
        }
        let context = Context::new(&event, &state, current, &session);
        for predicate in predicates.iter_mut() {
            predicate.count += u64::from(plain::matches(&predicate.checked, &context));
        }
    }
}

#[allow(clippy::print_stderr, reason = "a skipped test must say so")]
fn say(what: &str) {
    eprintln!("{what}");
}
