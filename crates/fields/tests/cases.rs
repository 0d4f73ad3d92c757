//! What fields are worth for events written as text, as data: `tests/cases/fields/*.md`.
//!
//! Each case is a heading, a block `events` (as docs/events-as-text.md has them) and a block `asked`. There, a line
//! `when CONDITION` is followed by the numbers of the events that it holds for, a line `%field %field ...` by what an
//! output shows for each event: text, then typed values as JSON. A line `set buffer_format_base64` does so, and
//! `set host NAME ADDRESS ...` resolves a name that a condition asks about.
//! `GYR_BLESS=1` writes the answers anew.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gyr_capture::{Next, Source, text::TextEvents};
use gyr_fields::{BufferFormat, Context, Field, Fields, Hosts, Output, Session};
use gyr_filter::{Checked, Scheme, check, parse, plain};
use gyr_state::{Limits, NoHost, State};
use jiff::tz::TimeZone;
use serde_json::Value;

#[test]
fn fields_are_worth_this() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/fields");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut n_cases = 0;
    let mut wrong = String::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let answered = answer(&name, &text, &mut n_cases);
        if answered == text {
            continue;
        }
        if std::env::var_os("GYR_BLESS").is_some() {
            std::fs::write(&path, answered).unwrap();
        } else {
            let lines = text.lines().zip(answered.lines());
            let (want, have) = lines.into_iter().find(|(a, b)| a != b).unwrap_or(("", "an end"));
            writeln!(wrong, "{name}:\n  want {want}\n  have {have}").unwrap();
        }
    }
    assert!(n_cases > 0, "no cases");
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// The file with the answers of today.
fn answer(name: &str, text: &str, n_cases: &mut usize) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("```events\n") {
        let (events, after) = after.split_once("```\n").expect("the block of events ends");
        let (between, after) = after.split_once("```asked\n").expect("something is asked");
        let (asked, after) = after.split_once("```\n").expect("the block of questions ends");
        write!(out, "{before}```events\n{events}```\n{between}```asked\n").unwrap();
        answer_all(name, events, asked, &mut out);
        out.push_str("```\n");
        *n_cases += 1;
        rest = after;
    }
    out + rest
}

#[derive(Default)]
struct CaseSettings {
    format: BufferFormat,
    hosts: Vec<(String, Vec<IpAddr>)>,
    asked: Arc<Hosts>,
}

fn answer_all(name: &str, events: &str, asked: &str, out: &mut String) {
    let mut settings = CaseSettings::default();
    for line in asked.lines().filter(|line| !line.starts_with(' ')) {
        writeln!(out, "{line}").unwrap();
        if line == "set buffer_format_base64" {
            settings.format = BufferFormat::Base64;
        } else if let Some(host) = line.strip_prefix("set host ") {
            let (name, addresses) = host.split_once(' ').unwrap();
            let addresses = addresses.split(' ').map(|ip| ip.parse().unwrap()).collect();
            settings.hosts.push((name.to_owned(), addresses));
        } else if let Some(condition) = line.strip_prefix("when ") {
            let expr = parse(condition).unwrap_or_else(|error| panic!("{condition}: {error}"));
            let fields = Fields::default().with_network(settings.asked.clone(), Arc::default());
            match check(&expr, &fields) {
                Ok(checked) => holds(name, events, &checked, &settings, out),
                Err(error) => writeln!(out, "  {}", error.message).unwrap(),
            }
        } else {
            let fields: Vec<Field> = line.split_whitespace().map(field).collect();
            shows(name, events, &fields, &settings, out);
        }
    }
}

fn holds(
    name: &str,
    events: &str,
    checked: &Checked<Field>,
    settings: &CaseSettings,
    out: &mut String,
) {
    let mut numbers = Vec::new();
    each_event(name, events, settings, |context| {
        if plain::matches(checked, &context) {
            numbers.push(context.event().num().to_string());
        }
    });
    let numbers = if numbers.is_empty() { "none".to_owned() } else { numbers.join(" ") };
    writeln!(out, "  {numbers}").unwrap();
}

/// As an alert takes them: all texts, then all typed values.
fn shows(name: &str, events: &str, fields: &[Field], settings: &CaseSettings, out: &mut String) {
    each_event(name, events, settings, |mut context| {
        let mut texts = Vec::new();
        for field in fields {
            let mut text = Vec::new();
            let is_there = context.print(field, &mut text);
            texts.push(if is_there { String::from_utf8(text).unwrap() } else { "<NA>".into() });
            context = context.after(field);
        }
        let mut values = Vec::new();
        for field in fields {
            values.push(json(context.output(field)).to_string());
            context = context.after(field);
        }
        let (num, texts, values) = (context.event().num(), texts.join(" "), values.join(" "));
        writeln!(out, "  {num} {}", texts.escape_debug()).unwrap();
        writeln!(out, "    {values}").unwrap();
    });
}

fn each_event(name: &str, events: &str, settings: &CaseSettings, mut f: impl FnMut(Context<'_>)) {
    let mut source = TextEvents::parse(name, events).unwrap_or_else(|error| panic!("{error}"));
    let mut state = State::new(Limits::default());
    state.load(source.take_snapshot());
    let mut session = Session::new("syscall", TimeZone::UTC);
    session.buffer_format = settings.format;
    session.hosts = settings.asked.clone();
    for (name, addresses) in &settings.hosts {
        session.hosts.resolved(name, addresses.iter().copied());
    }
    let mut num = 0;
    loop {
        let record = match source.next().unwrap() {
            Next::Record(record) => record,
            Next::Restart(snapshot) => {
                session.restart();
                state = State::new(Limits::default());
                state.load(*snapshot);
                continue;
            }
            Next::Idle => continue,
            Next::End => return,
        };
        num += 1;
        let event = record.event.at(record.event.cpu(), num);
        let current = state.apply(&event, &mut NoHost);
        session.begin(&event);
        f(Context::new(&event, &state, current, &session));
    }
}

fn field(name: &str) -> Field {
    let name = name.strip_prefix('%').expect("a field of an output starts with %");
    let (bare, arg) = match name.split_once('[') {
        Some((bare, arg)) => (bare, arg.strip_suffix(']')),
        None => (name, None),
    };
    Fields::default().field(bare, arg).unwrap_or_else(|error| panic!("{name}: {error:?}")).field
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
