//! What is explained of a rule is what the rule does: its outline holds where its condition does, and the budget binds.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gyr_alert::{Alert, Priority};
use gyr_capture::scap::Replay;
use gyr_capture::text::TextEvents;
use gyr_capture::{Next, Source as _};
use gyr_engine::{Budget, Control, Engine, Explanation, Question, Settings, Turn};
use gyr_fields::{Context, Fields, Session};
use gyr_filter::plain;
use gyr_rules::{Loader, Matching, Verdicts};
use gyr_state::{Limits, NoHost, State};
use jiff::tz::TimeZone;

fn loader(files: &[PathBuf]) -> Loader<Fields> {
    let mut loader = Loader::new([("syscall".to_owned(), Fields::default())]);
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        let result = loader.load("rules", &text);
        assert!(result.is_ok(), "{}", result.to_text());
    }
    loader
}

#[test]
fn the_outline_of_a_rule_holds_where_its_condition_does() {
    let shared = std::env::var_os("GYR_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    #[allow(clippy::print_stderr, reason = "a skipped test must say so")]
    if !shared.is_dir() {
        eprintln!("skipped: {} is not here", shared.display());
        return;
    }
    let files = |folder: &str, ending: &str| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(shared.join(folder)).unwrap();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.display().to_string().ends_with(ending));
        files.sort();
        files
    };
    let loader = loader(&files("upstream-rules", ".yaml"));
    let names: Vec<String> = loader.rule_names().map(str::to_owned).collect();
    let rules: Vec<_> = names
        .iter()
        .filter_map(|name| Some((loader.compiled_rule(name)?, loader.outline(name).unwrap())))
        .collect();
    assert!(rules.len() > 50);
    let mut verdicts = Verdicts::default();
    let mut n_matches = 0;
    for capture in files("conformance/captures", ".scap") {
        let mut source = Replay::open(&capture).unwrap();
        let mut state = State::new(Limits::default());
        state.load(source.take_snapshot());
        let mut session = Session::new("syscall", TimeZone::UTC);
        let mut n = 0;
        while let Next::Record(record) = source.next().unwrap() {
            n += 1;
            let event = record.event.at(record.event.cpu(), n);
            session.begin(&event);
            let current = state.apply(&event, &mut NoHost);
            if n % 11 > 0 {
                continue;
            }
            let context = Context::new(&event, &state, current, &session);
            for (known, outline) in &rules {
                let rule = &known.rule;
                let wants = plain::matches(&known.checked, &context);
                let has = outline.judge(&context, &mut verdicts);
                assert_eq!(has, wants, "{}: event {n} of {}", rule.name, capture.display());
                n_matches += u64::from(has);
                assert_eq!(outline.share(&verdicts).is_whole(), has, "{}", rule.name);
            }
        }
    }
    assert!(n_matches > 0);
}

const RULES: &str = "
- rule: r
  desc: d
  condition: evt.type=openat and fd.name=/etc/shadow
  output: x
  priority: DEBUG
";

struct Nobody;

impl Control for Nobody {
    fn alert(&mut self, _: Alert) {}

    fn goes_on(&mut self, _: Turn) -> bool {
        true
    }
}

fn explain(events: &str, keep: usize, budget: Option<Budget>) -> Explanation {
    let mut loader = loader(&[]);
    assert!(loader.load("rules", RULES).is_ok());
    let rule = Arc::clone(&loader.compiled_rule("r").unwrap().rule);
    let outline = loader.outline("r").unwrap();
    let ruleset = Arc::new(loader.ruleset(&[], Priority::Debug, Matching::First));
    let settings = Settings {
        hostname: "host".into(),
        limits: Limits::default(),
        own_pid: None,
        forget: None,
        duration: None,
        captures: None,
    };
    let session = Session::new("syscall", TimeZone::UTC);
    let mut engine = Engine::new(settings, session, ruleset).unwrap();
    let mut source = TextEvents::parse("events", events).unwrap();
    engine.load(source.take_snapshot());
    engine.explain(Question { rule, before: Vec::new(), outline, event: None, keep, budget });
    engine.run(&mut source, &mut NoHost, &mut Nobody).unwrap();
    let explanation = engine.explained().unwrap();
    assert!(engine.explained().is_none());
    explanation
}

#[test]
fn events_of_one_program_that_end_at_one_part_are_kept_once() {
    let mut events = "thread 1 comm=a\nthread 2 comm=b\nthread 3 comm=c\n".to_owned();
    for (i, tid) in [1, 1, 2, 1, 3].into_iter().enumerate() {
        events += &format!("{i} {tid} openat fd=3 dirfd=AT_FDCWD name=/x flags=O_RDONLY mode=0\n");
    }
    events += "9 1 close res=0 fd=3\n";
    let explanation = explain(&events, 2, None);
    let kept: Vec<_> =
        explanation.nearest.iter().map(|s| (&*s.process, s.number, s.more)).collect();
    assert_eq!(kept, [("a", 1, 2), ("b", 3, 0)]);
    assert_eq!((explanation.tried, explanation.matched), (5, 0));
    assert_eq!(explanation.stops[0].events, 5);
    assert_eq!(explanation.stops[0].part, "fd.name = /etc/shadow");
}

#[test]
fn what_there_is_no_time_for_is_counted() {
    let mut events = "thread 1 comm=a\n".to_owned();
    for _ in 0..20_000 {
        events += "1 1 openat fd=3 dirfd=AT_FDCWD name=/x flags=O_RDONLY mode=0\n";
    }
    let explanation = explain(&events, 1, Some(Budget { one_of: u32::MAX }));
    assert!(explanation.tried > 0 && explanation.passed_over > 0, "{explanation:?}");
    assert_eq!(explanation.tried + explanation.passed_over, 20_000);
}
