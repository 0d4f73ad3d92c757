//! The rules as a graph, with answers kept from event to event, say what each rule alone and anew says.

use std::path::{Path, PathBuf};

use gyr_alert::Priority;
use gyr_capture::scap::Replay;
use gyr_capture::{Next, Source as _};
use gyr_event::EventCode;
use gyr_fields::{Context, Field, Fields, Session};
use gyr_filter::{Evaluator, plain};
use gyr_rules::{Choice, Loader, Matching, Rule, Ruleset, Which};
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

/// All rules of these files, on.
fn ruleset(files: &[PathBuf]) -> Ruleset<Field> {
    let mut loader = Loader::new([("syscall".to_owned(), Fields::default())]);
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        let result = loader.load("rules", &text);
        assert!(result.is_ok(), "{}", result.to_text());
    }
    let all = Choice { enable: true, rules: Which::Named("*".to_owned()) };
    loader.ruleset(&[all], Priority::Debug, Matching::All)
}

/// Every nth event is also asked the plain way.
fn check(ruleset: &Ruleset<Field>, capture: &Path, nth: u64) {
    let source_id = ruleset.source("syscall").unwrap();
    let mut evaluator = Evaluator::new();
    let mut source = Replay::open(capture).unwrap();
    let mut state = State::new(Limits::default());
    state.load(source.take_snapshot());
    let mut session = Session::new("syscall", TimeZone::UTC);
    let mut n = 0;
    while let Next::Record(record) = source.next().unwrap() {
        n += 1;
        let event = record.event.at(record.event.cpu(), n);
        session.begin(&event);
        let current = state.apply(&event, &mut NoHost);
        let context = Context::new(event, &state, current, &session);
        let mut kept = Vec::new();
        let on_match = &mut |place| kept.push(place);
        ruleset.matches(source_id, event.code(), &context, &mut evaluator, on_match);
        if n % nth == 0 {
            let names = |places: Vec<usize>| -> Vec<_> {
                places.into_iter().map(|place| &ruleset.rules()[place].name).collect()
            };
            let plain = plainly(ruleset, &context);
            assert_eq!(names(kept), names(plain), "{} {n}", capture.display());
        }
    }
    assert!(n > 1000);
}

fn plainly(ruleset: &Ruleset<Field>, context: &Context<'_>) -> Vec<usize> {
    let code = context.event().code();
    let tried = |rule: &Rule<Field>| rule.events.contains(code) || code == EventCode::ASYNCEVENT;
    let rules = ruleset.rules().iter().zip(0..);
    rules
        .filter(|(rule, _)| tried(rule) && plain::matches(&rule.checked, context))
        .map(|(_, place)| place)
        .collect()
}

#[test]
fn the_graph_agrees_with_the_plain_evaluator() {
    let Some(shared) = shared() else { return };
    let upstream = ["falco_rules", "falco-incubating_rules", "falco-sandbox_rules"]
        .map(|name| shared.join(format!("upstream-rules/{name}.yaml")));
    let predicates = [shared.join("conformance/predicates.yaml")];
    let capture = |name: &str| shared.join(format!("conformance/captures/{name}.scap"));
    let rules = ruleset(&upstream);
    for (name, nth) in [("files", 3), ("procs", 3), ("net", 3), ("mixed", 500)] {
        check(&rules, &capture(name), nth);
    }
    let rules = ruleset(&predicates);
    for name in ["files", "procs", "net"] {
        check(&rules, &capture(name), 20);
    }
}
