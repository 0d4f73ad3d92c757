//! A state that is written down in the middle and read back answers as the one that went on.
//!
//! The captures are not part of the repository: they are looked for in `$GYR_SHARED`, else beside the checkout in
//! `../shared`, and the test says so when it skips.

#![allow(clippy::print_stdout, reason = "a test that skips says so")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use gyr_capture::{
    Next, Record, RecordFlags, Source,
    scap::{Replay, Writer},
    text::TextEvents,
};
use gyr_event::snapshot::{FdEntry, ThreadEntry};
use gyr_event::{Event, EventCode, RecordBuilder};
use gyr_state::{Checkpoint, Current, Host, Limits, NoHost, State, flags};

#[test]
fn a_state_read_back_answers_alike() {
    let Some(captures) = captures() else {
        println!("skipped: no captures (set GYR_SHARED)");
        return;
    };
    let mut report = String::new();
    for name in ["files", "procs", "net", "old-ping_sendto"] {
        let path = captures.join(name).with_extension("scap");
        let n_events = follow(&path, u64::MAX, name, &mut report);
        for eighth in 1..8 {
            follow(&path, n_events * eighth / 8, name, &mut report);
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

/// Each makes fd 9 in another way.
const SOCKETS: &[&str] = &[
    "1 10 socket fd=9 domain=AF_INET type=1 proto=6 flags=0",
    "1 10 socket fd=9 domain=AF_INET6 type=2 proto=17 flags=O_CLOEXEC",
    "1 10 socket fd=9 domain=AF_UNIX type=1 proto=0 flags=O_CLOEXEC",
    "1 10 socket fd=9 domain=AF_PACKET type=3 proto=0 flags=0",
    "1 10 socket fd=9 domain=AF_INET type=2 proto=17 flags=0
     2 10 bind res=0 addr=0.0.0.0:0 fd=9",
    "1 10 socket fd=9 domain=AF_INET type=2 proto=17 flags=0
     2 10 bind res=0 addr=10.0.0.1:53 fd=9",
    "1 10 socket fd=9 domain=AF_INET type=2 proto=17 flags=0
     2 10 bind res=0 addr=10.0.0.1:53 fd=9
     3 10 recvfrom res=4 data=abcd tuple=10.0.0.2:4000->10.0.0.1:53 fd=9 size=4",
    "1 10 socket fd=9 domain=AF_INET type=2 proto=17 flags=0
     2 10 connect res=0 tuple=10.0.0.1:4000->10.0.0.2:53 fd=9",
    "1 10 socket fd=9 domain=AF_INET type=1 proto=6 flags=0
     2 10 connect res=-EINPROGRESS tuple=10.0.0.1:4000->10.0.0.2:80 fd=9",
    "1 10 socket fd=9 domain=AF_INET6 type=1 proto=6 flags=0
     2 10 connect res=0 tuple=[fe80::1]:4000->[fe80::2]:80 fd=9",
    "1 10 socket fd=8 domain=AF_INET type=1 proto=6 flags=0
     2 10 bind res=0 addr=10.0.0.1:80 fd=8
     3 10 accept4 fd=9 tuple=10.0.0.2:4000->10.0.0.1:80",
    "1 10 accept4 fd=9 tuple=10.0.0.2:4000->10.0.0.1:80 flags=0",
    "1 10 accept4 fd=9 tuple=[fe80::2]:4000->[fe80::1]:80 flags=0x800",
    "1 10 pidfd_open fd=9 pid=1 flags=0",
    "1 10 epoll_create1 res=9 flags=EPOLL_CLOEXEC",
];

#[test]
fn every_kind_of_socket_is_read_back() {
    for events in SOCKETS {
        let mut state = State::new(Limits::default());
        let mut source =
            TextEvents::parse("test", &format!("thread 10 ptid=1 comm=a\n{events}")).unwrap();
        state.load(source.take_snapshot());
        while let Next::Record(record) = source.next().unwrap() {
            state.apply(&record.event, &mut NoHost);
        }
        let next = RecordBuilder::new(EventCode::CLOSE, 9, 10).i64(0).i64(9).finish();
        let event = Event::decode(&next).unwrap();
        let first = Record { event, flags: RecordFlags::default() };
        let mut second = read_back(&state, &first);
        let (current, other) =
            (state.apply(&event, &mut NoHost), second.apply(&event, &mut NoHost));
        assert!(current.is_fd_known(), "{events}");
        assert_eq!(answers(&second, &other), answers(&state, &current), "{events}");
    }
}

/// Knows one process, which was there before everything.
struct Proc;

impl Host for Proc {
    fn thread(&mut self, tid: i64) -> Option<(ThreadEntry, Vec<FdEntry>)> {
        let old = ThreadEntry {
            tid,
            pid: tid,
            comm: b"old".to_vec(),
            clone_ts: 1,
            ..ThreadEntry::default()
        };
        Some((old, Vec::new()))
    }

    fn boot_ts(&self) -> u64 {
        1
    }
}

#[test]
fn a_thread_that_became_known_after_the_checkpoint_is_told_if_it_was_there() {
    let mut state = State::new(Limits::default());
    let checkpoint = state.checkpoint(5);
    let close = RecordBuilder::new(EventCode::CLOSE, 6, 10).i64(0).i64(9).finish();
    state.apply(&Event::decode(&close).unwrap(), &mut Proc);
    let names = |checkpoint: &Checkpoint| {
        let threads = checkpoint.snapshot(&state).threads;
        threads.into_iter().map(|thread| thread.comm).collect::<Vec<_>>()
    };
    assert_eq!(names(&checkpoint), [b"old"]);
    assert_eq!(names(&state.checkpoint(7)), [b"old"]);
}

fn captures() -> Option<PathBuf> {
    let dir = match std::env::var_os("GYR_SHARED") {
        Some(dir) => PathBuf::from(dir),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
    };
    Some(dir.join("conformance/captures")).filter(|dir| dir.is_dir())
}

/// Replays a capture with a second state that is made from the first before event `cut`; reports where they differ.
/// Returns the number of events.
fn follow(path: &Path, cut: u64, name: &str, report: &mut String) -> u64 {
    let mut replay = Replay::open(path).unwrap();
    let mut state = State::new(Limits::default());
    state.load(replay.take_snapshot());
    let mut second: Option<State> = None;
    let mut differences: BTreeMap<&str, (u64, String)> = BTreeMap::new();
    let mut num = 0;
    while let Next::Record(record) = replay.next().unwrap() {
        num += 1;
        let event = record.event.at(record.event.cpu(), num);
        if num == cut {
            state.settle(&mut NoHost);
            second = Some(read_back(&state, &record));
        }
        let current = state.apply(&event, &mut NoHost);
        let Some(second) = &mut second else { continue };
        let other = second.apply(&event, &mut NoHost);
        for ((field, want), (_, have)) in
            answers(&state, &current).into_iter().zip(answers(second, &other))
        {
            if want != have {
                let at = || format!("#{num} {:?}: {have} for {want}", event.code());
                differences.entry(field).or_insert_with(|| (0, at())).0 += 1;
            }
        }
    }
    for (field, (times, first)) in differences {
        writeln!(report, "{name} from {cut}: {field}: {times} times, first {first}").unwrap();
    }
    num
}

/// The state of whoever reads a capture that starts with this event, before they apply it.
fn read_back(state: &State, first: &Record<'_>) -> State {
    let checkpoint = state.checkpoint(first.event.ts());
    let mut writer = Writer::new(Vec::new(), &checkpoint.snapshot(state)).unwrap();
    for record in checkpoint.amendments(state) {
        let event = Event::decode(&record).unwrap();
        writer.write(&Record { event, flags: RecordFlags::STATE_ONLY }).unwrap();
    }
    writer.write(first).unwrap();
    let mut replay =
        Replay::from_reader(Cursor::new(writer.into_inner()), "test".to_owned()).unwrap();
    let mut second = State::new(Limits::default());
    second.load(replay.take_snapshot());
    while let Next::Record(record) = replay.next().unwrap()
        && record.flags == RecordFlags::STATE_ONLY
    {
        second.apply(&record.event, &mut NoHost);
    }
    second
}

/// What the tables say of an event's thread, its family and its fd. Raw names and times are not in captures.
fn answers(state: &State, current: &Current) -> Vec<(&'static str, String)> {
    let mut answers = vec![("fd known", current.is_fd_known().to_string())];
    if let Some(thread) = current.thread.map(|idx| state.thread_at(idx)) {
        let not_known = flags::NAME_CHANGED | flags::ACTIVE;
        let ids = [thread.tid(), thread.pid(), thread.ptid(), thread.sid(), thread.pgid()];
        let ids_inside = [thread.vtid(), thread.vpid(), thread.vpgid()];
        let texts = [thread.comm(), thread.exe(), thread.exepath(), thread.args()];
        let numbers = [thread.uid(), thread.gid(), thread.loginuid(), thread.tty()];
        let ancestors: Vec<i64> = state.ancestors(thread).map(|thread| thread.tid()).collect();
        let user = state.user(thread.container_id(), thread.uid());
        let group = state.group(thread.container_id(), thread.gid());
        answers.extend([
            ("thread", format!("{ids:?} {ids_inside:?} {:?}", texts.map(String::from_utf8_lossy))),
            ("thread numbers", format!("{numbers:?} {} {}", thread.fdlimit(), thread.is_main())),
            ("flags", format!("{:x} {}", thread.flags() & !not_known, thread.is_dead())),
            ("capabilities", format!("{:x}", thread.cap_effective())),
            ("executable", format!("{} {}", thread.exe_ino(), thread.exe_writable())),
            ("cgroups", text(thread.cgroups())),
            ("container", text(thread.container_id())),
            ("root", text(thread.root())),
            ("cwd", text(state.cwd(thread))),
            ("env", text(state.env(thread))),
            ("fds", state.n_fds(thread).to_string()),
            ("threads", format!("{} {}", state.n_threads(thread), state.n_children(thread))),
            ("memory", format!("{} {}", thread.vmsize_kb(), thread.pfminor())),
            ("ancestors", format!("{ancestors:?}")),
            ("names", format!("{user:?} {group:?}")),
        ]);
    }
    if let Some(fd) = state.current_fd(current) {
        answers.push(("fd", format!("{:?} {} {}", fd.kind(), text(fd.name()), fd.ino())));
        answers.push(("fd l4proto", format!("{:?}", fd.l4proto())));
        if fd.kind().is_ip() {
            answers.push(("socket", format!("{:?} {:?}", fd.socket(), fd.role())));
            answers.push(("connected", fd.is_connected().to_string()));
        }
    }
    answers
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
