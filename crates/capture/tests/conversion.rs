//! Old captures against what they are known to give: which events come out, with which numbers, times and values.

mod shared;

use std::io::{BufRead, BufReader};

use gyr_capture::{Next, Record, Source, scap::Replay};
use gyr_event::{Event, EventCode, ParamFormat, ParamType};
use serde_json::Value;

/// What is known of a capture's events, as fields of rules; enters that no rule sees are left out.
fn answers(name: &str) -> Option<Vec<Value>> {
    let packed = shared::shared(&format!("conformance/answers/{name}.fields.jsonl.gz"))?;
    let packed = flate2::read::MultiGzDecoder::new(std::fs::File::open(packed).unwrap());
    let lines = BufReader::new(packed).lines();
    Some(lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect())
}

#[test]
fn old_captures_give_the_events_they_are_known_to_give() {
    for (name, records) in [
        ("old-cat_write", 307),
        ("old-connect_localhost", 371),
        ("old-ping_sendto", 1_516),
        ("old-run_as_user_0_container", 2_795),
    ] {
        let (Some(path), Some(answers)) = (shared::capture(name), answers(name)) else { continue };
        let mut replay = Replay::open(&path).unwrap();
        let mut answers = answers.iter().peekable();
        let mut num = 0;
        while let Next::Record(Record { event, .. }) = replay.next().unwrap() {
            num += 1;
            match answers.next_if(|answer| answer["evt.num"] == num) {
                Some(answer) => check(&event, answer, name),
                None => assert!(event.code().is_enter(), "{name}: {event:?} is unexpected"),
            }
        }
        assert_eq!(num, records, "{name}");
        assert_eq!(answers.next(), None, "{name}");
    }
}

fn check(event: &Event<'_>, answer: &Value, name: &str) {
    let num = &answer["evt.num"];
    assert_eq!(answer["evt.type"], event_name(event), "{name}: {num}");
    assert_eq!(answer["evt.rawtime"], event.ts(), "{name}: {num}");
    assert_eq!(answer["evt.cpu"], event.cpu(), "{name}: {num}");
    // Of calls without an event of their own the answers do not have the parameters.
    let Some(args) = answer["evt.args"].as_str().filter(|args| !args.is_empty()) else {
        assert!(event.code() == EventCode::GENERIC || event.n_params() == 0, "{name}: {num}");
        return;
    };
    for (index, info) in event.info().params.iter().enumerate().take(event.n_params()) {
        let start = format!("{}=", info.name);
        let value = args.split(' ').find_map(|arg| arg.strip_prefix(&start));
        let value = value.unwrap_or_else(|| panic!("{name}: {num}: no {start} in {args}"));
        let number = match info.ty {
            ParamType::ERRNO | ParamType::FD | ParamType::PID => event.i64(index),
            ParamType::UINT8 | ParamType::UINT16 | ParamType::UINT32 | ParamType::INT64
                if info.format == ParamFormat::DEC =>
            {
                event.i64(index)
            }
            _ => continue,
        };
        match number {
            Some(number) => {
                let value = value.split('(').next().unwrap_or_default();
                assert_eq!(value, number.to_string(), "{name}: {num}: {start} in {args}");
            }
            None => assert_eq!(value, "<NA>", "{name}: {num}: {start} in {args}"),
        }
    }
}

fn event_name(event: &Event<'_>) -> &'static str {
    event.generic_syscall().map_or(event.info().name, |call| call.name)
}
