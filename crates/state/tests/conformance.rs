//! The tables against what real Falco says after each event of its captures.
//!
//! The captures and answers are not part of the repository: they are looked for in `$GYR_SHARED`, else beside the
//! checkout in `../shared`, and the test says so when it skips.

#![allow(clippy::print_stdout, reason = "a test that skips says so")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};

use gyr_capture::{Next, Source, scap::Replay};
use gyr_event::snapshot::L4Proto;
use gyr_event::{Event, ParamExtra};
use gyr_state::{Current, Fd, Limits, NoHost, Socket, State, Thread};
use serde_json::{Map, Value};

const CASES: &[&str] = &[
    "files",
    "procs",
    "net",
    "old-cat_write",
    "old-connect_localhost",
    "old-ping_sendto",
    "old-run_as_user_0_container",
];

#[test]
fn tables_agree_with_falco() {
    let Some(shared) = shared() else {
        println!("skipped: no captures (set GYR_SHARED)");
        return;
    };
    let mut report = String::new();
    for case in CASES {
        check(&shared.join("conformance"), case, &mut report);
    }
    assert!(report.is_empty(), "\n{report}");
}

fn shared() -> Option<PathBuf> {
    let dir = match std::env::var_os("GYR_SHARED") {
        Some(dir) => PathBuf::from(dir),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
    };
    dir.is_dir().then_some(dir)
}

/// Replays a case; adds to the report, for each field that differs, how often and where first.
fn check(dir: &Path, case: &str, report: &mut String) {
    let answers = answers(&dir.join(format!("answers/{case}.fields.jsonl.gz")));
    let mut replay = Replay::open(&dir.join(format!("captures/{case}.scap"))).unwrap();
    let mut state = State::new(Limits::default());
    state.load(replay.take_snapshot());
    let mut num = 0;
    let mut differences: BTreeMap<&str, (u64, String)> = BTreeMap::new();
    loop {
        let record = match replay.next().unwrap() {
            Next::Record(record) => record,
            Next::End => break,
            other => panic!("{case}: {other:?}"),
        };
        num += 1;
        let event = record.event.at(record.event.cpu(), num);
        let current = state.apply(&event, &mut NoHost);
        let Some(answer) = answers.get(&num) else { continue };
        for (field, ours) in fields(&state, &current) {
            if field.starts_with("fd.") && names_another_fd(&event) {
                continue;
            }
            let theirs = answer.get(field).cloned().unwrap_or(Value::Null);
            if ours != theirs {
                let at = || {
                    let ty = event.info().name;
                    format!("#{num} {ty} tid {}: {ours} for {theirs}", event.tid())
                };
                differences.entry(field).or_insert_with(|| (0, at())).0 += 1;
            }
        }
    }
    for (field, (times, first)) in differences {
        writeln!(report, "{case} {field}: {times} times, first {first}").unwrap();
    }
}

/// Whether Falco, asked for the event's arguments first, answers fd fields with the directory of a relative path.
fn names_another_fd(event: &Event<'_>) -> bool {
    event.info().params.iter().enumerate().any(|(i, param)| match param.extra {
        ParamExtra::Dirfd(dirfd) => {
            let is_relative = event.text(i).is_none_or(|path| !path.starts_with(b"/"));
            is_relative && event.i64(dirfd).is_some_and(|dirfd| dirfd >= 0)
        }
        _ => false,
    })
}

fn answers(path: &Path) -> BTreeMap<u64, Map<String, Value>> {
    let mut text = String::new();
    let file = std::fs::File::open(path).unwrap();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text.lines()
        .map(|line| {
            let answer: Map<String, Value> = serde_json::from_str(line).unwrap();
            (answer["evt.num"].as_u64().unwrap(), answer)
        })
        .collect()
}

/// What the tables say, as Falco's fields name and spell it.
fn fields(state: &State, current: &Current) -> Vec<(&'static str, Value)> {
    let mut fields = Vec::new();
    if let Some(thread) = current.thread.map(|idx| state.thread_at(idx)) {
        thread_fields(state, thread, &mut fields);
    }
    if let Some(fd) = state.current_fd(current) {
        fd_fields(state, fd, &mut fields);
        fields.push(("fd.num", current.fd().into()));
        fields.push(("fd.name_changed", current.fd_name_changed.into()));
    }
    fields
}

fn thread_fields(state: &State, thread: &Thread, fields: &mut Vec<(&'static str, Value)>) {
    let known = |number: i64| if number == -1 { Value::Null } else { number.into() };
    fields.extend([
        ("proc.name", text(thread.comm())),
        ("proc.exe", text(thread.exe())),
        ("proc.exepath", text(thread.exepath())),
        ("proc.pid", thread.pid().into()),
        ("proc.vpid", known(thread.vpid())),
        ("proc.cwd", text(state.cwd(thread))),
        ("proc.args", words(thread.args())),
        ("proc.env", words(state.env(thread))),
        ("proc.sid", thread.sid().into()),
        ("proc.pgid", thread.pgid().into()),
        ("proc.vpgid", thread.vpgid().into()),
        ("proc.tty", thread.tty().into()),
        ("proc.fdlimit", state.fdlimit(thread).into()),
        ("proc.fdopencount", state.n_fds(thread).into()),
        ("proc.nthreads", state.n_threads(thread).into()),
        ("proc.nchilds", state.n_children(thread).into()),
        ("proc.is_exe_writable", thread.exe_writable().into()),
        ("proc.is_exe_upper_layer", thread.exe_upper_layer().into()),
        ("proc.is_exe_lower_layer", thread.exe_lower_layer().into()),
        ("proc.is_exe_from_memfd", thread.exe_from_memfd().into()),
        ("proc.vmsize", thread.vmsize_kb().into()),
        ("proc.vmrss", thread.vmrss_kb().into()),
        ("proc.vmswap", thread.vmswap_kb().into()),
        ("thread.pfmajor", thread.pfmajor().into()),
        ("thread.pfminor", thread.pfminor().into()),
        ("thread.tid", thread.tid().into()),
        ("thread.vtid", known(thread.vtid())),
        ("thread.ismain", thread.is_main().into()),
        (
            "thread.cgroups",
            if thread.cgroups().is_empty() { Value::Null } else { words(thread.cgroups()) },
        ),
        ("user.uid", thread.uid().into()),
        ("group.gid", thread.gid().into()),
        ("container.id", container(thread)),
    ]);
    let ancestors: Vec<&Thread> = state.ancestors(thread).collect();
    let names = ["proc.aname[1]", "proc.aname[2]", "proc.aname[3]"];
    for (field, ancestor) in names.into_iter().zip(&ancestors) {
        fields.push((field, text(ancestor.comm())));
    }
    if let Some(parent) = ancestors.first() {
        fields.push(("proc.ppid", parent.pid().into()));
        fields.push(("proc.pname", text(parent.comm())));
        fields.push(("proc.pexe", text(parent.exe())));
        fields.push(("proc.pexepath", text(parent.exepath())));
    }
}

fn fd_fields(state: &State, fd: &Fd, fields: &mut Vec<(&'static str, Value)>) {
    fields.extend([
        ("fd.type", fd.kind().name().into()),
        ("fd.typechar", fd.kind().typechar().to_string().into()),
        ("fd.name", text(fd.name())),
        ("fd.ino", fd.ino().into()),
        ("fd.connected", fd.is_connected().into()),
        ("fd.is_server", is_server(state, fd).into()),
        ("fd.l4proto", l4proto(fd).into()),
    ]);
    if !fd.name_raw().is_empty() {
        // Falco takes double slashes out when it is asked.
        let name = String::from_utf8_lossy(fd.name_raw()).replace("//", "/");
        fields.push(("fd.nameraw", name.into()));
    }
}

fn is_server(state: &State, fd: &Fd) -> bool {
    match fd.socket() {
        Some(Socket::V4Server { .. } | Socket::V6Server { .. }) => true,
        Some(Socket::V4 { dest, .. }) => state.is_local(dest.0.into()),
        Some(Socket::V6 { dest, .. }) => state.is_local(dest.0.into()),
        _ => false,
    }
}

fn l4proto(fd: &Fd) -> &'static str {
    match fd.l4proto() {
        L4Proto::Unknown | L4Proto::None => "<NA>",
        L4Proto::Tcp => "tcp",
        L4Proto::Udp => "udp",
        L4Proto::Icmp => "icmp",
        L4Proto::Raw => "raw",
    }
}

fn container(thread: &Thread) -> Value {
    if thread.container_id().is_empty() { "host".into() } else { text(thread.container_id()) }
}

fn text(bytes: &[u8]) -> Value {
    String::from_utf8_lossy(bytes).into()
}

/// Strings that each end with a NUL, joined by blanks.
fn words(bytes: &[u8]) -> Value {
    let words = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    let words: Vec<u8> = words.iter().map(|&b| if b == 0 { b' ' } else { b }).collect();
    text(&words)
}
