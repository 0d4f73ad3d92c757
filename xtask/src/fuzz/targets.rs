//! What is fuzzed, and what it starts from.

use std::io::Cursor;
use std::path::Path;

use gyr_alert::Priority;
use gyr_capture::{
    Next, Record, RecordFlags, Source, Stats,
    scap::{Replay, Writer},
    text::{self, Line, TextEvents},
};
use gyr_event::snapshot::Snapshot;
use gyr_event::{EVENTS, Event, EventFlags, EventInfo, HEADER_LEN, RecordBuilder};
use gyr_fields::{Context, Field, Fields, Session};
use gyr_filter::{Scheme as _, World as _};
use gyr_rules::check::{Finding, Settings, check};
use gyr_rules::{CheckedRule, Loader};
use gyr_state::{Limits, NoHost, State};
use jiff::tz::TimeZone;

/// An entrance for bytes that others wrote.
pub(super) struct Target {
    pub(super) name: &'static str,
    pub(super) seeds: fn() -> Vec<Vec<u8>>,
    /// Panics where the entrance does wrong.
    pub(super) run: fn(&[u8]),
}

pub(super) static TARGETS: &[Target] = &[
    Target { name: "scap", seeds: captures, run: scap },
    Target { name: "conversions", seeds: old_captures, run: scap },
    Target { name: "fields", seeds: all_captures, run: fields },
    Target { name: "record", seeds: records, run: record },
    Target { name: "text", seeds: texts, run: text },
    Target { name: "yaml", seeds: yaml_files, run: yaml },
    Target { name: "rules", seeds: rules_files, run: rules },
    Target { name: "condition", seeds: conditions, run: condition },
    Target { name: "config", seeds: config_files, run: config },
    Target { name: "option", seeds: options, run: option },
];

/// Reads a capture, in batches and singly, and what came out of it once more after writing it.
fn scap(input: &[u8]) {
    let open = |bytes: Vec<u8>| Replay::from_reader(Cursor::new(bytes), "input".to_owned());
    let Ok(mut replay) = open(input.to_vec()) else { return };
    let in_batches = records_of(&mut replay, true);
    let Ok(mut replay) = open(input.to_vec()) else { return };
    assert!(records_of(&mut replay, false) == in_batches, "batches hold something else");
    let Ok(mut replay) = open(input.to_vec()) else { return };
    let snapshot = replay.take_snapshot();
    let mut writer = Writer::new(Vec::new(), &snapshot).expect("a vector takes everything");
    let mut n_records = 0;
    loop {
        match replay.next() {
            Ok(Next::Record(record)) => {
                n_records += 1;
                writer.write(&record).expect("a vector takes everything");
            }
            Ok(Next::End) | Err(_) => break,
            Ok(Next::Restart(_) | Next::Idle) => {}
        }
    }
    let n_written = n_records - writer.skipped();
    let Ok(mut again) = open(writer.into_inner()) else {
        assert_eq!(n_written, 0, "what was written cannot be read");
        return;
    };
    let mut n_again = 0;
    while let Ok(Next::Record(_)) = again.next() {
        n_again += 1;
    }
    assert_eq!((n_again, again.stats().bad), (n_written, 0), "what was written is not read back");
}

/// All records, with what was counted until the end.
fn records_of(replay: &mut Replay, in_batches: bool) -> (Vec<Vec<u8>>, Stats) {
    let mut records = Vec::new();
    loop {
        if in_batches {
            let mut batch = replay.batch();
            while let Some(record) = batch.next() {
                records.push(record.event.record().to_vec());
            }
            let taken = batch.taken();
            replay.took(taken);
        }
        match replay.next() {
            Ok(Next::Record(record)) => records.push(record.event.record().to_vec()),
            Ok(Next::End) | Err(_) => return (records, replay.stats()),
            Ok(Next::Restart(_) | Next::Idle) => {}
        }
    }
}

/// What a capture's events make of the state, and all that fields say of them.
fn fields(input: &[u8]) {
    let replay = Replay::from_reader(Cursor::new(input.to_vec()), "input".to_owned());
    let Ok(mut replay) = replay else { return };
    let mut state = State::new(Limits::default());
    state.load(replay.take_snapshot());
    let mut session = Session::new("syscall", TimeZone::UTC);
    let fields = every_field();
    let mut text = Vec::new();
    for num in 1.. {
        let Ok(Next::Record(record)) = replay.next() else { break };
        let event = record.event.at(record.event.cpu(), num);
        let current = state.apply(&event, &mut NoHost);
        session.begin(&event);
        let mut context = Context::new(&event, &state, current, &session);
        for field in &fields {
            text.clear();
            context.print(field, &mut text);
            context.output(field);
            context.visit(field, &mut |_| true);
            context = context.after(field);
        }
    }
    state.settle(&mut NoHost);
}

/// Without an argument where that is allowed, and with some.
fn every_field() -> Vec<Field> {
    let rows = gyr_fields::classes().iter().flat_map(|class| class.rows);
    let scheme = Fields::default();
    let args = [None, Some("0"), Some("3"), Some("HOME")];
    let plain = rows.flat_map(|row| args.map(|arg| scheme.field(row.name, arg)));
    let dotted = ["evt.arg.data", "evt.rawarg.data", "evt.rawarg.flags", "evt.abspath.dst"];
    let dotted = dotted.into_iter().chain(["thread.cgroup.cpu", "evt.type.is.openat"]);
    let dotted = dotted.map(|name| scheme.field(name, None));
    plain.chain(dotted).flatten().map(|info| info.field).collect()
}

/// Reads a record's parameters in all ways, and writes it as text and back.
fn record(input: &[u8]) {
    let Ok(event) = Event::decode(input) else { return };
    let _ = (event.result(), event.generic_syscall());
    for index in 0..event.n_params() + 2 {
        let _ = (event.text(index), event.i64(index), event.u64(index), event.u32(index));
    }
    let line = Line::new(Record { event, flags: RecordFlags::default() }, 0).to_string();
    let mut again =
        TextEvents::parse("line", &line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let Ok(Next::Record(again)) = again.next() else { panic!("{line}") };
    for index in 0..event.info().params.len() {
        assert_eq!(again.event.bytes(index), event.bytes(index), "{line}");
    }
}

/// Reads text; what was understood must read back from what is written of it.
fn text(input: &[u8]) {
    let Ok(mut events) = TextEvents::parse("input", &String::from_utf8_lossy(input)) else {
        return;
    };
    let snapshot = events.take_snapshot();
    let mut written = text::snapshot(&snapshot);
    while let Ok(next) = events.next() {
        match next {
            Next::Record(record) => written += &format!("{}\n", Line::new(record, 0)),
            Next::Idle | Next::Restart(_) => {}
            Next::End => break,
        }
    }
    let again = TextEvents::parse("written", &written);
    let mut again = again.unwrap_or_else(|error| panic!("{error}\n{written}"));
    assert_eq!(again.take_snapshot(), snapshot, "{written}");
}

/// Reads YAML; every node stands within the text, in order.
fn yaml(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let limits = gyr_diag::yaml::Limits { nodes: 100_000, ..Default::default() };
    match gyr_diag::yaml::parse_within(&text, limits) {
        Ok(documents) => {
            for document in &documents {
                let span = document.span;
                assert!(span.start.offset <= span.end.offset && span.end.offset <= text.len());
            }
        }
        Err(error) => assert!(error.at.offset <= text.len(), "{error}"),
    }
}

/// Loads a rules file, tells what is wrong, and describes what is right. What the loader refuses the checker tells, and
/// what is formatted stays as it is.
fn rules(input: &[u8]) {
    let mut loader = Loader::new([("syscall".to_owned(), Fields::default())]);
    let text = String::from_utf8_lossy(input);
    let result = loader.load("input", &text);
    let _ = (result.to_text(), result.to_json(), result.summary());
    let files = [gyr_diag::Source::new("input", text.trim_start_matches('\u{feff}'))];
    let settings = Settings { target: None, cost: true };
    let findings = check(&files, [("syscall".to_owned(), Fields::default())], &settings);
    for finding in &findings {
        let shown = finding.diagnostic.render(&files[0], gyr_diag::Colour::Never);
        assert!(finding.diagnostic.span.end.offset <= text.len(), "{shown}");
    }
    let is_error = |finding: &&Finding| finding.diagnostic.severity == gyr_diag::Severity::Error;
    let told = findings.iter().find(is_error);
    assert!(result.is_ok() || told.is_some(), "an error goes untold: {}", result.to_text());
    if let Ok(formatted) = gyr_rules::format(&text) {
        assert_eq!(gyr_rules::format(&formatted).as_ref(), Ok(&formatted), "formatted once more");
    }
    for known in loader.enabled(&[], Priority::Debug) {
        let CheckedRule { rule, condition, .. } = &*known;
        // What is printed so that it reads back does.
        let text = gyr_filter::exact(condition).to_string();
        assert!(gyr_filter::parse(&text).is_ok(), "{text}");
        // What is explained of a rule is the rule.
        if let Err(why) = loader.outline(&rule.name) {
            assert!(why.contains("too"), "{}: {why}", rule.name);
        }
    }
}

/// A condition as the one of a rule.
fn condition(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Ok(condition) = gyr_filter::parse(&text) {
        let _ = gyr_filter::check(&condition, &Fields::default());
        let _ = gyr_rules::Events::of(&condition);
    }
    let _ = gyr_filter::Template::parse(&text, &Fields::default());
}

/// A configuration file; files that it includes are not there.
fn config(input: &[u8]) {
    load_config(&String::from_utf8_lossy(input), &[]);
}

/// Lines that are options over a configuration.
fn option(input: &[u8]) {
    let options: Vec<String> = String::from_utf8_lossy(input).lines().map(str::to_owned).collect();
    let is_harmless = |option: &&String| !option.contains("config_files");
    let options: Vec<String> = options.iter().filter(is_harmless).cloned().collect();
    load_config("rules: [{enable: {rule: a}}]\nstdout_output: {enabled: true}\n", &options);
}

fn load_config(text: &str, options: &[String]) {
    let text = text.replace("config_files", "config_filez");
    let variable = |name: &str| (name == "HOME").then(|| "/root ${HOME}".to_owned());
    let settings = gyr_config::Settings {
        file: Path::new("fuzz.yaml"),
        text: Some(&text),
        options,
        variable: &variable,
    };
    let _ = gyr_config::load(&settings); // what is wrong with it is said
}

fn config_files() -> Vec<Vec<u8>> {
    let shipped = gyr_config::shipped_file();
    let paragraphs = shipped.split("\n\n").map(str::to_owned);
    let other = "a: ${HOME}${X}$${Y}\nhttp_output: {enabled: yes, url: ' x '}\nmetrics: {interval: 1h30m}\n\
                 append_output: [{match: {source: syscall, tags: [a]}, extra_output: '%evt.num'}]\n\
                 rules: [{disable: {tag: x, rule: 'a*'}}]\ncapture: {enabled: true, mode: all_rules}\n";
    paragraphs.chain([other.to_owned()]).map(String::into_bytes).collect()
}

fn options() -> Vec<Vec<u8>> {
    [
        "engine.kind=replay",
        "rules[].disable.rule=*",
        "rules[0].enable.tag=x\nrules[2].disable={rule: y}",
        "append_output[]={\"extra_output\": \"%evt.num\"}",
        "a\\.b\\[c\\]\\\\[3][]=",
        "stdout_output.enabled=false\nhttp_output.url=http://[::1]:80/",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

fn yaml_files() -> Vec<Vec<u8>> {
    let mut seeds = rules_files();
    let tricky: &[&str] = &[
        "a: &x [1, {b: c, ? d : e}]\nf: *x\n---\n- !t 'it''s'\n- \"\\x41\\u00e9\\\n  b\"\n...\n",
        "? |2-\n    a\n  b\n: >+\n  c\n\n    d\n# e\n? [f\n,g]\n%YAML 1.2\n--- ~\n",
    ];
    seeds.extend(tricky.iter().map(|text| text.as_bytes().to_vec()));
    seeds
}

/// The rules that come with Gyr, one by one, after the lists and macros that they need.
fn rules_files() -> Vec<Vec<u8>> {
    let (shared, rules) = gyr_rules::SHIPPED.split_once("\n- rule: ").unwrap_or_default();
    let rules = rules.split("\n- rule: ").map(|rule| format!("{shared}\n- rule: {rule}"));
    let changes = "\n- rule: r\n  desc: d\n  condition: evt.type in (open, close)\n  output: '%<8>proc.name'\n  \
                   priority: INFO\n  exceptions:\n  - {name: e, fields: [proc.name, fd.name], comps: [in, \
                   startswith oneof], values: [[[a, b], (c)]]}\n- rule: r\n  exceptions: [{name: e, values: [[x, \
                   y]]}]\n  tags: [z]\n  override: {exceptions: append, tags: replace}\n- list: l\n  items: \
                   [a]\n- macro: m\n  condition: m or evt.num=0\n  append: true\n";
    rules.take(4).chain([changes.to_owned()]).map(String::into_bytes).collect()
}

fn conditions() -> Vec<Vec<u8>> {
    let mut loader = Loader::new([("syscall".to_owned(), Fields::default())]);
    loader.load("shipped", gyr_rules::SHIPPED);
    let rules = loader.enabled(&[], Priority::Debug);
    rules
        .iter()
        .flat_map(|known| [known.condition.to_string(), known.rule.output.clone()])
        .map(String::into_bytes)
        .collect()
}

/// Lines of every kind; captures and records are made of them.
const LINES: &str = include_str!("seeds.events");

fn texts() -> Vec<Vec<u8>> {
    let mut texts: Vec<Vec<u8>> = LINES.lines().map(|line| line.as_bytes().to_vec()).collect();
    texts.push(LINES.as_bytes().to_vec());
    texts
}

fn records() -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    let mut events = TextEvents::parse("seeds", LINES).expect("the seeds are sound");
    loop {
        match events.next() {
            Ok(Next::Record(record)) => records.push(record.event.record().to_vec()),
            Ok(Next::End) | Err(_) => return records,
            Ok(_) => {}
        }
    }
}

/// One capture in the layout of today, and one in that of the first writers.
fn captures() -> Vec<Vec<u8>> {
    let mut events = TextEvents::parse("seeds", LINES).expect("the seeds are sound");
    let snapshot = events.take_snapshot();
    let mut writer = Writer::new(Vec::new(), &snapshot).expect("a vector takes everything");
    let mut oldest =
        Writer::new(Vec::new(), &snapshot).expect("a vector takes everything").into_inner();
    while let Ok(next) = events.next() {
        match next {
            Next::Record(record) => {
                writer.write(&record).expect("a vector takes everything");
                oldest.extend(oldest_block(record.event.record()));
            }
            Next::End => break,
            Next::Idle | Next::Restart(_) => {}
        }
    }
    vec![writer.into_inner(), oldest]
}

fn all_captures() -> Vec<Vec<u8>> {
    captures().into_iter().chain(old_captures()).collect()
}

/// A capture for each superseded event and the others that a converter completes, in the layouts of then and of today.
fn old_captures() -> Vec<Vec<u8>> {
    let head = Writer::new(Vec::new(), &Snapshot::default());
    let head = head.expect("a vector takes everything").into_inner();
    let mut captures = Vec::new();
    for pair in EVENTS.chunks(2) {
        let is_old = |info: &EventInfo| info.flags.contains(EventFlags::CONVERTER_MANAGED);
        if !pair.iter().any(is_old) {
            continue;
        }
        let mut oldest = head.clone();
        let writer = Writer::new(Vec::new(), &Snapshot::default());
        let mut writer = writer.expect("a vector takes everything");
        for info in pair {
            for n_params in 0..=info.params.len() {
                let record = sound_record(info, n_params);
                oldest.extend(oldest_block(&record));
                let event = Event::decode(&record).expect("it is sound");
                let record = Record { event, flags: RecordFlags::default() };
                writer.write(&record).expect("a vector takes everything");
            }
        }
        captures.push(oldest);
        captures.push(writer.into_inner());
    }
    captures
}

/// A record with this many of the parameters, each of a likely length.
fn sound_record(info: &EventInfo, n_params: usize) -> Vec<u8> {
    let mut record = RecordBuilder::new(info.code, 1, 100);
    for param in info.params.iter().take(n_params) {
        let value: &[u8] = match param.ty.name() {
            "CHARBUF" | "FSPATH" | "FSRELPATH" | "BYTEBUF" => b"a/b\0",
            "SOCKADDR" => &[2, 127, 0, 0, 1, 80, 0],
            "SOCKTUPLE" => &[2, 127, 0, 0, 1, 80, 0, 127, 0, 0, 1, 81, 0],
            "FDLIST" => &[1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0],
            name if name.ends_with("16") || name == "SYSCALLID" => &[5, 0],
            name if name.ends_with('8') || name == "SIGTYPE" => &[3],
            name if name.ends_with("32") || matches!(name, "UID" | "GID" | "MODE") => &[7, 0, 0, 0],
            _ => &[3, 0, 0, 0, 0, 0, 0, 0],
        };
        record = record.bytes(value);
    }
    record.finish()
}

/// A block as it was before records said how many parameters they have.
fn oldest_block(record: &[u8]) -> Vec<u8> {
    let number = 0x204_u32;
    let (head, params) = record.split_at(HEADER_LEN);
    let (head, _n_params) = head.split_at(HEADER_LEN - 4);
    let mut body = [&[0, 0], head, params].concat();
    let record_len = u32::try_from(record.len() - 4).unwrap_or(0).to_le_bytes();
    body.splice(2 + 16..2 + 20, record_len);
    body.resize(body.len().next_multiple_of(4), 0);
    let len = u32::try_from(body.len() + 12).unwrap_or(0).to_le_bytes();
    [&number.to_le_bytes()[..], &len, &body, &len].concat()
}
