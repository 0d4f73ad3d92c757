//! Processes come, open files, change and go.

use gyr_event::snapshot::{FdEntry, FdKind, Snapshot, ThreadEntry};
use gyr_event::{Event, EventCode, RecordBuilder};
use gyr_state::{Current, FdType, Host, Limits, NoHost, State};

fn shell() -> ThreadEntry {
    ThreadEntry {
        tid: 10,
        pid: 10,
        ptid: 1,
        vtid: 10,
        vpid: 10,
        comm: b"sh".to_vec(),
        exe: b"/bin/sh".to_vec(),
        cwd: b"/root".to_vec(),
        ..ThreadEntry::default()
    }
}

fn init() -> ThreadEntry {
    ThreadEntry {
        tid: 1,
        pid: 1,
        ptid: 0,
        vtid: 1,
        vpid: 1,
        comm: b"init".to_vec(),
        ..ThreadEntry::default()
    }
}

fn state() -> State {
    let mut state = State::new(Limits::default());
    state.load(Snapshot { threads: vec![init(), shell()], ..Snapshot::default() });
    state
}

fn apply(state: &mut State, record: RecordBuilder) -> Current {
    let record = record.finish();
    state.apply(&Event::decode(&record).unwrap(), &mut NoHost)
}

fn openat(tid: i64, fd: i64, name: &[u8]) -> RecordBuilder {
    let record = RecordBuilder::new(EventCode::OPENAT, 5, tid).i64(fd).i64(-100).text(name);
    record.u32(1).u32(0).u32(8).u64(99)
}

fn clone(tid: i64, res: i64, ptid: i64) -> RecordBuilder {
    RecordBuilder::new(EventCode::CLONE, 7, tid)
        .i64(res)
        .text(b"/bin/sh")
        .bytes(b"-c\0ls\0")
        .i64(tid)
        .i64(tid)
        .i64(ptid)
        .text(b"")
        .i64(1024)
        .u64(0)
        .u64(0)
        .u32(0)
        .u32(0)
        .u32(0)
        .text(b"sh")
        .bytes(b"")
        .u32(0)
        .u32(0)
        .u32(0)
        .i64(tid)
        .i64(tid)
}

#[test]
fn a_relative_name_is_opened_in_the_working_directory() {
    let mut state = state();
    let current = apply(&mut state, openat(10, 3, b"notes"));
    let fd = state.current_fd(&current).unwrap();
    assert_eq!(
        (fd.kind(), fd.name(), fd.name_raw()),
        (FdType::File, &b"/root/notes"[..], &b"notes"[..])
    );
    assert_eq!((current.fd(), current.is_fd_known()), (Some(3), true));
}

#[test]
fn a_closed_fd_stays_until_the_next_event() {
    let mut state = state();
    apply(&mut state, openat(10, 3, b"notes"));
    let close = || RecordBuilder::new(EventCode::CLOSE, 6, 10).i64(0).i64(3);
    let current = apply(&mut state, close());
    assert_eq!(state.current_fd(&current).unwrap().name(), b"/root/notes");
    assert!(!apply(&mut state, close()).is_fd_known());
}

#[test]
fn a_child_has_its_parents_fds_and_directory() {
    let mut state = state();
    apply(&mut state, openat(10, 3, b"notes"));
    apply(&mut state, clone(10, 11, 1));
    let child = state.thread(11).unwrap();
    assert_eq!(
        (child.ptid(), state.cwd(child), child.args()),
        (10, &b"/root/"[..], &b"-c\0ls\0"[..])
    );
    assert_eq!(state.fd(child, 3).unwrap().name(), b"/root/notes");
}

#[test]
fn orphans_go_to_init() {
    let mut state = state();
    apply(&mut state, clone(10, 11, 1));
    apply(&mut state, clone(11, 12, 10));
    let exit = RecordBuilder::new(EventCode::PROCEXIT, 9, 11).i64(0).i64(0).u8(0).u8(0).i64(1);
    apply(&mut state, exit);
    apply(&mut state, openat(12, 3, b"x"));
    assert!(state.thread(11).is_none());
    let orphan = state.thread(12).unwrap();
    assert_eq!(state.ancestors(orphan).map(|a| a.tid()).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_thread_that_nothing_is_known_of_has_an_entry() {
    let mut state = state();
    let current = apply(&mut state, openat(77, 3, b"x"));
    let thread = state.thread_at(current.thread.unwrap());
    assert_eq!((thread.pid(), thread.comm(), thread.is_invalid()), (-1, &b"<NA>"[..], true));
}

/// A host that has one thread.
struct Only(i64);

impl Host for Only {
    fn has_thread(&mut self, tid: i64) -> bool {
        tid == self.0
    }
}

#[test]
fn threads_that_are_gone_without_a_word_are_forgotten() {
    let mut state = state();
    apply(&mut state, openat(10, 3, b"x"));
    apply(&mut state, openat(77, 3, b"x"));
    let second = 1_000_000_000;
    let n = state.forget_gone(second, second / 2, &mut Only(1));
    assert_eq!((n, state.thread(77).is_some(), state.thread(1).is_some()), (2, false, true));
}

#[test]
fn full_tables_refuse_and_count() {
    let mut state = State::new(Limits { threads: 2, fds_per_process: 1, ..Limits::default() });
    state.load(Snapshot { threads: vec![init(), shell()], ..Snapshot::default() });
    assert!(apply(&mut state, openat(77, 3, b"x")).thread.is_none());
    assert!(apply(&mut state, openat(10, 3, b"x")).is_fd_known());
    let refused = apply(&mut state, openat(10, 4, b"y"));
    assert_eq!((refused.fd(), refused.is_fd_known()), (Some(4), false));
    assert_eq!((state.stats().n_drops_full_threadtable, state.stats().n_refused_fds), (1, 1));
}

#[test]
fn a_full_table_of_users_refuses_and_counts() {
    let mut state = State::new(Limits { users: 1, ..Limits::default() });
    let added = |uid: u32, name: &[u8]| {
        let record = RecordBuilder::new(EventCode::USER_ADDED, 5, -1).u32(uid).u32(0).text(name);
        record.text(b"/").text(b"/bin/sh").text(b"")
    };
    let group = RecordBuilder::new(EventCode::GROUP_ADDED, 5, -1).u32(3).text(b"g").text(b"");
    apply(&mut state, added(1, b"old"));
    apply(&mut state, added(1, b"new"));
    apply(&mut state, added(2, b"other"));
    apply(&mut state, group);
    assert_eq!(state.user(b"", 1).unwrap().name(), b"new");
    assert!(state.user(b"", 2).is_none() && state.group(b"", 3).is_none());
    assert_eq!(state.stats().n_refused_users, 2);
}

#[test]
fn a_state_can_go_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<State>();
}

/// What answers about a process are kept with.
fn stamps(state: &State, tid: i64) -> (u64, u64, u64) {
    let thread = state.thread(tid).unwrap();
    (thread.stamp(), state.cwd_stamp(thread), state.lineage_stamp())
}

#[test]
fn an_event_that_changes_nothing_keeps_all_stamps() {
    let mut state = state();
    apply(&mut state, openat(10, 3, b"x"));
    let before = stamps(&state, 10);
    let fd_before = state.fd(state.thread(10).unwrap(), 3).unwrap().stamp();
    apply(&mut state, RecordBuilder::new(EventCode::READ, 6, 10).i64(1).bytes(b"a").i64(3).u32(1));
    apply(&mut state, openat(10, 4, b"y"));
    assert_eq!(stamps(&state, 10), before);
    assert_eq!(state.fd(state.thread(10).unwrap(), 3).unwrap().stamp(), fd_before);
}

#[test]
fn chdir_ends_answers_about_the_directory_only() {
    let mut state = state();
    let before = stamps(&state, 10);
    apply(&mut state, RecordBuilder::new(EventCode::CHDIR, 6, 10).i64(0).text(b"/tmp"));
    let after = stamps(&state, 10);
    assert_eq!((before.0, before.2), (after.0, after.2));
    assert_ne!(before.1, after.1);
}

#[test]
fn setuid_ends_answers_about_the_thread_and_its_descendants() {
    let mut state = state();
    apply(&mut state, clone(10, 11, 1));
    let (before, child) = (stamps(&state, 10), state.thread(11).unwrap().stamp());
    apply(&mut state, RecordBuilder::new(EventCode::SETUID, 6, 10).i64(0).u32(5));
    let after = stamps(&state, 10);
    assert_ne!(before.0, after.0);
    assert_ne!(before.2, after.2);
    assert_eq!(state.thread(11).unwrap().stamp(), child);
}

#[test]
fn a_number_that_is_opened_again_is_another_fd() {
    let mut state = state();
    let stamp = |state: &State| state.fd(state.thread(10).unwrap(), 3).unwrap().stamp();
    apply(&mut state, openat(10, 3, b"x"));
    let before = stamp(&state);
    apply(&mut state, RecordBuilder::new(EventCode::CLOSE, 6, 10).i64(0).i64(3));
    apply(&mut state, openat(10, 3, b"x"));
    assert_ne!(stamp(&state), before);
}

/// A shell with these files open.
fn snapshot(comm: &[u8], fds: &[(i64, &[u8])]) -> Snapshot {
    let entry = |(fd, name): &(i64, &[u8])| FdEntry {
        tid: 10,
        fd: *fd,
        ino: 0,
        closes_on_exec: false,
        kind: FdKind::File { name: name.to_vec(), flags: 1, dev: 0 },
    };
    let shell = ThreadEntry { comm: comm.to_vec(), ..shell() };
    Snapshot {
        threads: vec![init(), shell],
        fds: fds.iter().map(entry).collect(),
        ..Snapshot::default()
    }
}

#[test]
fn a_second_look_corrects_what_no_event_told_and_leaves_what_is_newer() {
    let mut state = State::new(Limits::default());
    state.load(snapshot(b"sh", &[(3, b"/stale"), (4, b"/closed"), (5, b"/same")]));
    apply(&mut state, openat(10, 6, b"/before"));
    let mark = state.mark();
    apply(&mut state, openat(10, 7, b"/opened"));
    apply(&mut state, openat(10, 8, b"/newer"));
    apply(&mut state, clone(10, 11, 1));
    let second =
        snapshot(b"bash", &[(3, b"/other"), (5, b"/same"), (8, b"/older"), (9, b"/unseen")]);
    state.rescan(second, mark, &mut NoHost);
    let shell = state.thread(10).unwrap();
    assert_eq!(shell.comm(), b"bash");
    let names: Vec<_> =
        (3..10).map(|fd| state.fd(shell, fd).map(|fd| fd.name().to_vec())).collect();
    let want = [
        Some("/other"),
        None,
        Some("/same"),
        None,
        Some("/opened"),
        Some("/newer"),
        Some("/unseen"),
    ];
    assert_eq!(names, want.map(|name| name.map(|name| name.as_bytes().to_vec())));
    assert!(state.thread(11).is_some(), "it was born after the snapshot");
}
