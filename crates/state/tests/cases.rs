//! What events make of the tables, as data: `tests/cases/state/*.md`.
//!
//! Each case is a heading, a block `events` (as docs/events-as-text.md has them) and a block `tables`: for each event what it
//! is about, then every thread and fd at the end. `GYR_BLESS=1` writes the latter anew.

use std::fmt::Write as _;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use gyr_capture::scap::{Replay, Writer};
use gyr_capture::{Next, Source, text::TextEvents};
use gyr_event::snapshot::Snapshot;
use gyr_state::{Current, Fd, Limits, NoHost, Role, State, Thread};

#[test]
fn events_make_these_tables() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/state");
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
            wrong += &difference(&name, &text, &answered);
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
        let after = match after.trim_start_matches('\n').strip_prefix("```tables\n") {
            Some(tables) => tables.split_once("```\n").expect("the block of tables ends").1,
            None => after,
        };
        let tables = replay(name, events);
        write!(out, "{before}```events\n{events}```\n\n```tables\n{tables}```\n").unwrap();
        *n_cases += 1;
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

fn replay(name: &str, events: &str) -> String {
    let mut source = TextEvents::parse(name, events).unwrap_or_else(|error| panic!("{error}"));
    let snapshot = source.take_snapshot();
    if name.starts_with("old-") {
        let mut writer = Writer::new(Vec::new(), &snapshot).unwrap();
        while let Next::Record(record) = source.next().unwrap() {
            writer.write(&record).unwrap();
        }
        let capture = Cursor::new(writer.into_inner());
        let mut replay = Replay::from_reader(capture, name.to_owned()).unwrap();
        let snapshot = replay.take_snapshot();
        return tables(&mut replay, snapshot);
    }
    tables(&mut source, snapshot)
}

fn tables(source: &mut impl Source, snapshot: Snapshot) -> String {
    let mut state = State::new(Limits::default());
    state.load(snapshot);
    let mut out = String::new();
    let mut num = 0;
    while let Next::Record(record) = source.next().unwrap() {
        num += 1;
        let current = state.apply(&record.event.at(0, num), &mut NoHost);
        writeln!(out, "{num} {} {}", record.event.info().name, about(&state, &current)).unwrap();
    }
    state.settle(&mut NoHost);
    let mut threads: Vec<&Thread> = state.threads().collect();
    threads.sort_by_key(|thread| thread.tid());
    for thread in threads {
        writeln!(out, "{}", describe(&state, thread)).unwrap();
        let mut fds: Vec<(i64, &Fd)> = state.fds(thread).filter(|_| thread.is_main()).collect();
        fds.sort_by_key(|&(number, _)| number);
        for (number, fd) in fds {
            writeln!(out, "  {number} {}", describe_fd(fd)).unwrap();
        }
    }
    out
}

/// What an event is about: its thread, its fd.
fn about(state: &State, current: &Current) -> String {
    let Some(idx) = current.thread else { return "(no thread)".into() };
    let mut out = format!("({}", state.thread_at(idx).tid());
    if let Some(number) = current.fd() {
        write!(out, " fd {number}").unwrap();
    }
    if let Some(fd) = state.current_fd(current) {
        write!(out, " {} {:?}", fd.kind().typechar(), text(fd.name())).unwrap();
    }
    if current.fd_name_changed {
        out.push_str(" renamed");
    }
    out.push(')');
    out
}

/// A thread, without what has its default.
fn describe(state: &State, thread: &Thread) -> String {
    let mut out = format!("thread {} pid {} ptid {}", thread.tid(), thread.pid(), thread.ptid());
    for (name, bytes) in [
        ("comm", thread.comm()),
        ("exe", thread.exe()),
        ("exepath", thread.exepath()),
        ("args", thread.args()),
        ("env", state.env(thread)),
        ("root", thread.root()),
        ("cgroups", thread.cgroups()),
        ("container", thread.container_id()),
    ] {
        if !bytes.is_empty() {
            write!(out, " {name} {:?}", text(bytes)).unwrap();
        }
    }
    write!(out, " cwd {:?}", text(state.cwd(thread))).unwrap();
    let ids = [
        ("vtid", thread.vtid(), thread.tid()),
        ("vpid", thread.vpid(), thread.pid()),
        ("sid", thread.sid(), -1),
        ("pgid", thread.pgid(), -1),
        ("vpgid", thread.vpgid(), -1),
        ("uid", i64::from(thread.uid().cast_signed()), -1),
        ("gid", i64::from(thread.gid().cast_signed()), -1),
        ("loginuid", i64::from(thread.loginuid().cast_signed()), -1),
        ("fdlimit", state.fdlimit(thread), 0),
        ("caps", thread.cap_effective().cast_signed(), 0),
        ("vmsize", i64::from(thread.vmsize_kb()), 0),
        ("threads", state.n_threads(thread).cast_signed(), 1),
    ];
    for (name, value, default) in ids {
        if value != default {
            write!(out, " {name} {value}").unwrap();
        }
    }
    out
}

fn describe_fd(fd: &Fd) -> String {
    let mut out = format!("{} {:?}", fd.kind().typechar(), text(fd.name()));
    if !fd.name_raw().is_empty() && fd.name_raw() != fd.name() {
        write!(out, " raw {:?}", text(fd.name_raw())).unwrap();
    }
    for (name, value) in
        [("flags", u64::from(fd.flags())), ("dev", fd.dev().into()), ("ino", fd.ino())]
    {
        if value != 0 {
            write!(out, " {name} {value:#x}").unwrap();
        }
    }
    match fd.role() {
        Some(Role::Client) => out.push_str(" client"),
        Some(Role::Server) => out.push_str(" server"),
        None => {}
    }
    if fd.is_connected() {
        out.push_str(" connected");
    }
    if let Some(layer) = fd.layer() {
        write!(out, " {layer:?}").unwrap();
    }
    out
}

/// Strings that each end with a NUL, joined by blanks.
fn text(bytes: &[u8]) -> String {
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    String::from_utf8_lossy(bytes).replace('\0', " ")
}
