//! The rules as a graph, with answers kept from event to event, say what each rule alone and anew says.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gyr_alert::Priority;
use gyr_capture::scap::Replay;
use gyr_capture::text::TextEvents;
use gyr_capture::{Next, Source};
use gyr_event::snapshot::Snapshot;
use gyr_fields::{Context, Field, Fields, Session};
use gyr_rules::{CheckedRule, Choice, Loader, Matching, Ruleset, Shadow, Which};
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
fn rules(texts: &[String]) -> (Vec<Arc<CheckedRule<Field>>>, Ruleset<Field>) {
    let mut loader = Loader::new([("syscall".to_owned(), Fields::default())]);
    for text in texts {
        let result = loader.load("rules", text);
        assert!(result.is_ok(), "{}", result.to_text());
    }
    let all = [Choice { enable: true, rules: Which::Named("*".to_owned()) }];
    let ruleset = loader.ruleset(&all, Priority::Debug, Matching::All);
    (loader.enabled(&all, Priority::Debug), ruleset)
}

/// Says how many events agreed.
#[track_caller]
fn check(
    (rules, ruleset): &(Vec<Arc<CheckedRule<Field>>>, Ruleset<Field>),
    snapshot: Snapshot,
    source: &mut dyn Source,
    name: &str,
    most: u64,
) -> u64 {
    let source_id = ruleset.source("syscall").unwrap();
    let mut shadow = Shadow::new(rules.clone());
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
        let context = Context::new(&event, &state, current, &session);
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
        let rules = rules(texts);
        for name in ["files", "procs", "net", "mixed"] {
            let path = shared.join(format!("conformance/captures/{name}.scap"));
            let mut replay = Replay::open(&path).unwrap();
            let snapshot = replay.take_snapshot();
            assert!(check(&rules, snapshot, &mut replay, name, most) > 200);
        }
    }
}

/// Answers about other threads: who leads the session, the parent, the environment of the main thread.
const OTHERS: &str = "
- rule: others
  desc: d
  condition: >
    proc.sname=<NA> or proc.sname=leader or proc.pname=<NA> or proc.aname=leader or proc.env[A]=b or proc.cwd=/tmp/
  output: o
  priority: INFO
";

#[track_caller]
fn check_others(events: &str) {
    let rules = rules(&[OTHERS.to_owned()]);
    let mut source = TextEvents::parse("events", events).unwrap();
    let snapshot = source.take_snapshot();
    assert!(check(&rules, snapshot, &mut source, "events", u64::MAX) > 2);
}

#[test]
fn an_answer_without_a_leader_ends_when_that_comes() {
    check_others(
        "\
thread 100 pid=100 ptid=1 sid=50 vtid=100 vpid=100 comm=sh
0.0 100 close res=0 fd=3
0.1 50 close res=0 fd=3
0.2 100 close res=0 fd=3
",
    );
}

#[test]
fn an_answer_about_a_leader_that_left_its_session_ends_when_that_runs_a_program() {
    check_others(
        "\
thread 50 pid=50 ptid=1 sid=7 pgid=7 vtid=50 vpid=50 vpgid=7 comm=sh
thread 100 pid=100 ptid=1 sid=50 vtid=100 vpid=100 comm=sh
0.0 100 close res=0 fd=3
0.1 50 execve res=0 exe=/bin/leader args=[] tid=50 pid=50 ptid=1 comm=leader
0.2 100 close res=0 fd=3
",
    );
}

#[test]
fn an_answer_about_the_environment_ends_when_the_main_thread_comes() {
    check_others(
        "\
thread 201 pid=200 ptid=1 sid=1 vtid=201 vpid=200 comm=sh
0.0 201 close res=0 fd=3
0.1 200 execve res=0 exe=/bin/leader args=[] tid=200 pid=200 ptid=1 comm=leader env=[A=b]
0.2 201 close res=0 fd=3
",
    );
}
