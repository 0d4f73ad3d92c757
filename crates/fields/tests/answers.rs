//! Replays the conformance captures and compares every field of every event with what Falco printed.
//!
//! Skips where the data is absent (GYR_SHARED, or `../shared` beside the checkout). On failure each field is listed with
//! the number of its wrong answers and the first of them. GYR_CASES picks captures by name, and GYR_FIELD names a field
//! whose wrong answers are all printed.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use gyr_capture::scap::Replay;
use gyr_capture::{Next, RecordFlags, Source};
use gyr_event::{Event, Origin};
use gyr_fields::{Context, Field, Fields, Output, Session};
use gyr_filter::Scheme;
use gyr_state::{Limits, NoHost, State};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

type Answers = HashMap<u64, Map<String, Value>>;

/// The captures that are compared.
const CASES: &[&str] = &[
    "files",
    "procs",
    "net",
    "old-cat_write",
    "old-connect_localhost",
    "old-ping_sendto",
    "old-run_as_user_0_container",
];

/// What was wrong with a field: how often, and the first case.
#[derive(Default)]
struct Wrong {
    count: usize,
    example: String,
}

#[test]
fn every_field_of_every_event_is_as_falco_printed_it() {
    let Some(folder) = conformance() else { return };
    let fields = fields_of_dump(&folder.join("dump.yaml"));
    let mut wrong = BTreeMap::<String, Wrong>::new();
    let mut total = 0;
    for case in cases() {
        total += compare(&folder, &case, &fields, &mut wrong);
    }
    let bad: usize = wrong.values().map(|wrong| wrong.count).sum();
    let mut listed: Vec<_> = wrong.iter().collect();
    listed.sort_by_key(|(_, wrong)| std::cmp::Reverse(wrong.count));
    let report: String = listed
        .iter()
        .map(|(name, wrong)| format!("{:6} {name}: {}\n", wrong.count, wrong.example))
        .collect();
    assert!(bad == 0, "{bad} of {total} values are wrong\n{report}");
}

/// The number of values compared; a value missing on both sides counts for nothing.
fn compare(
    folder: &Path,
    case: &str,
    fields: &[(String, Field)],
    wrong: &mut BTreeMap<String, Wrong>,
) -> usize {
    let mut answers = answers(&folder.join(format!("answers/{case}.fields.jsonl.gz")));
    let mut replay = Replay::open(&folder.join(format!("captures/{case}.scap"))).unwrap();
    let mut state = State::new(Limits::default());
    state.load(replay.take_snapshot());
    let mut session = Session::new("syscall", TimeZone::UTC);
    let (mut total, mut num) = (0, 0);
    while let Next::Record(record) = replay.next().unwrap() {
        num += 1;
        let event = record.event.at(record.event.cpu(), num);
        let current = state.apply(&event, &mut NoHost);
        session.begin(&event);
        if record.flags.contains(RecordFlags::STATE_ONLY) || never_reaches_rules(&event) {
            continue;
        }
        let Some(want) = answers.remove(&num) else {
            note(wrong, "(event too many)", || format!("{case} {num} {}", event.info().name));
            continue;
        };
        let mut context = Context::new(&event, &state, current, &session);
        for (_, field) in fields {
            context.print(field, &mut Vec::new());
            context = context.after(field);
        }
        for (name, field) in fields {
            let want = want.get(name).unwrap_or(&Value::Null);
            let got = json(context.output(field));
            context = context.after(field);
            total += usize::from(!want.is_null() || !got.is_null());
            if *want != got {
                if std::env::var("GYR_FIELD").is_ok_and(|shown| shown == *name) {
                    say(&format!("{case} {num} {}: want {want} got {got}", event.info().name));
                }
                note(wrong, name, || {
                    format!("{case} {num} {}: want {want} got {got}", event.info().name)
                });
            }
        }
    }
    for num in answers.keys() {
        note(wrong, "(event missing)", || format!("{case} {num}"));
    }
    total
}

/// Enter events are kept for their exits only.
fn never_reaches_rules(event: &Event<'_>) -> bool {
    let is_call = event.info().category.origin == Origin::SYSCALL;
    is_call && event.code().is_enter()
}

#[allow(clippy::print_stderr, reason = "a skipped test must say so")]
fn say(what: &str) {
    eprintln!("{what}");
}

fn note(wrong: &mut BTreeMap<String, Wrong>, name: &str, example: impl Fn() -> String) {
    let wrong = wrong.entry(name.to_owned()).or_default();
    if wrong.count == 0 {
        wrong.example = example().chars().take(400).collect();
    }
    wrong.count += 1;
}

fn json(output: Output) -> Value {
    match output {
        Output::Null => Value::Null,
        Output::Bool(value) => value.into(),
        Output::Int(value) => value.into(),
        Output::Uint(value) => value.into(),
        Output::Double(value) => value.into(),
        Output::Text(text) => String::from_utf8_lossy(&text).into(),
        Output::List(items) => items.into_iter().map(json).collect(),
    }
}

/// The fields that the rule in dump.yaml prints, with their names there.
fn fields_of_dump(path: &Path) -> Vec<(String, Field)> {
    let text = fs::read_to_string(path).unwrap();
    let (_, output) = text.split_once("output: \"").unwrap();
    let (output, _) = output.split_once('"').unwrap();
    let resolve = |name: &str| {
        let (bare, arg) = match name.split_once('[') {
            Some((bare, arg)) => (bare, arg.strip_suffix(']')),
            None => (name, None),
        };
        let info = Fields::default().field(bare, arg);
        (name.to_owned(), info.unwrap_or_else(|error| panic!("{name}: {error:?}")).field)
    };
    output.split(' ').filter_map(|token| token.strip_prefix('%')).map(resolve).collect()
}

fn answers(path: &Path) -> Answers {
    let lines = BufReader::new(GzDecoder::new(fs::File::open(path).unwrap())).split(b'\n');
    lines
        .map(|line| {
            let line = String::from_utf8_lossy(&line.unwrap()).into_owned();
            let answer: Map<String, Value> = serde_json::from_str(&line).unwrap();
            (answer.get("evt.num").unwrap().as_u64().unwrap(), answer)
        })
        .collect()
}

fn cases() -> Vec<String> {
    match std::env::var("GYR_CASES") {
        Ok(picked) => picked.split(',').map(str::to_owned).collect(),
        Err(_) => CASES.iter().map(|case| (*case).to_owned()).collect(),
    }
}

/// The folder of captures and answers; none if this machine has none.
fn conformance() -> Option<PathBuf> {
    let shared = std::env::var_os("GYR_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("conformance");
    if !folder.is_dir() {
        say(&format!("skipped: {} is absent", folder.display()));
        return None;
    }
    Some(folder)
}
