//! The rules as a graph, with answers kept from event to event, say what each rule alone and anew says.

use std::path::{Path, PathBuf};

use gyr_alert::Priority;
use gyr_capture::scap::Replay;
use gyr_capture::{Next, Source};
use gyr_event::snapshot::Snapshot;
use gyr_fields::{Context, Field, Fields, Session};
use gyr_rules::{Choice, Loader, Matching, Ruleset, Shadow, Which};
use gyr_state::{Limits, NoHost, State};
use jiff::tz::TimeZone;

fn shared() -> Option<PathBuf> {
    let dir = std::env::var_os("GYR_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    #[allow(clippy::print_stderr, reason = "a skipped test must say so")]
    if !dir.is_dir() {
        eprintln!("skipped: {} is not here", dir.display());
        return None;
    }
    Some(dir)
}

/// All rules of these texts, on.
fn ruleset(texts: &[String]) -> Ruleset<Field> {
    let mut loader = Loader::new([("syscall".to_owned(), Fields::default())]);
    for text in texts {
        let result = loader.load("rules", text);
        assert!(result.is_ok(), "{}", result.to_text());
    }
    let all = Choice { enable: true, rules: Which::Named("*".to_owned()) };
    loader.ruleset(&[all], Priority::Debug, Matching::All)
}

/// Says how many events agreed.
#[track_caller]
fn check(
    ruleset: &Ruleset<Field>,
    snapshot: Snapshot,
    source: &mut dyn Source,
    name: &str,
    most: u64,
) -> u64 {
    let source_id = ruleset.source("syscall").unwrap();
    let mut shadow = Shadow::new();
    let mut state = State::new(Limits::default());
    state.load(snapshot);
    let mut session = Session::new("syscall", TimeZone::UTC);
    let mut n = 0;
    while n < most
        && let Next::Record(record) = source.next().unwrap()
    {
        n += 1;
        let event = record.event.at(record.event.cpu(), n);
        session.begin(&event);
        let current = state.apply(&event, &mut NoHost);
        let context = Context::new(event, &state, current, &session);
        if let Err(difference) = shadow.compare(ruleset, source_id, event.code(), &context, true) {
            panic!("{name}: event {n}, {}: {difference}", event.info().name);
        }
    }
    n
}

#[test]
fn the_graph_agrees_with_the_plain_evaluator() {
    let Some(shared) = shared() else { return };
    let read = |name: &str| std::fs::read_to_string(shared.join(name)).unwrap();
    let upstream = ["falco_rules", "falco-incubating_rules", "falco-sandbox_rules"]
        .map(|name| read(&format!("upstream-rules/{name}.yaml")));
    let predicates = [read("conformance/predicates.yaml")];
    for (texts, most) in [(&upstream[..], 2_000), (&predicates[..], 300)] {
        let rules = ruleset(texts);
        for name in ["files", "procs", "net", "mixed"] {
            let path = shared.join(format!("conformance/captures/{name}.scap"));
            let mut replay = Replay::open(&path).unwrap();
            let snapshot = replay.take_snapshot();
            assert!(check(&rules, snapshot, &mut replay, name, most) > 200);
        }
    }
}
