//! Fds that come from another process: the event has only numbers, the host is asked for the rest.

use gyr_event::snapshot::{FdEntry, FdKind, Snapshot, ThreadEntry};
use gyr_event::{Event, EventCode, RecordBuilder};
use gyr_state::{Host, Limits, State};

/// A host where fd 7 and 8 of process 10 and fd 5 of process 99 are open.
struct Files;

impl Host for Files {
    fn has_thread(&mut self, _: i64) -> bool {
        true
    }

    fn fd(&mut self, pid: i64, fd: i64) -> Option<FdEntry> {
        let kind =
            FdKind::File { flags: 1, name: format!("/file/{pid}/{fd}").into_bytes(), dev: 8 };
        let entry = FdEntry { tid: pid, fd, ino: 42, closes_on_exec: false, kind };
        matches!((pid, fd), (10, 7 | 8) | (99, 5)).then_some(entry)
    }
}

/// Process 10 with a unix socket 3 and a pidfd 4 of process 99; 11 is another thread of it.
fn state() -> State {
    let thread = |tid: i64| ThreadEntry {
        tid,
        pid: 10,
        ptid: 1,
        comm: b"receiver".to_vec(),
        cwd: b"/".to_vec(),
        ..ThreadEntry::default()
    };
    let mut state = State::new(Limits::default());
    let threads = vec![thread(10), ThreadEntry { flags: CLONE_FILES | CLONE_THREAD, ..thread(11) }];
    state.load(Snapshot { threads, ..Snapshot::default() });
    let socket = RecordBuilder::new(EventCode::SOCKET, 1, 10).i64(3).u32(AF_UNIX).u32(1).u32(0);
    apply(&mut state, socket.u32(0));
    apply(&mut state, RecordBuilder::new(EventCode::PIDFD_OPEN, 2, 10).i64(4).i64(99).u32(0));
    state
}

const AF_UNIX: u32 = 1;
const CLONE_FILES: u32 = gyr_state::flags::CLONE_FILES;
const CLONE_THREAD: u32 = gyr_state::flags::CLONE_THREAD;
const SCM_RIGHTS: i32 = 1;
const SCM_CREDENTIALS: i32 = 2;

fn apply(state: &mut State, record: RecordBuilder) {
    let record = record.finish();
    state.apply(&Event::decode(&record).unwrap(), &mut Files);
}

fn recvmsg(tid: i64, res: i64, fd: i64, control: &[u8]) -> RecordBuilder {
    RecordBuilder::new(EventCode::RECVMSG, 3, tid)
        .i64(res)
        .u32(1)
        .bytes(b"x")
        .bytes(b"")
        .bytes(control)
        .i64(fd)
}

/// A control message, and what aligns the next one.
fn message(kind: i32, data: &[u8]) -> Vec<u8> {
    let mut message = (16 + data.len() as u64).to_le_bytes().to_vec();
    message.extend(1i32.to_le_bytes());
    message.extend(kind.to_le_bytes());
    message.extend(data);
    message.resize(message.len().next_multiple_of(8), 0);
    message
}

fn rights(fds: &[i32]) -> Vec<u8> {
    message(SCM_RIGHTS, &fds.iter().flat_map(|fd| fd.to_le_bytes()).collect::<Vec<u8>>())
}

/// The names of the files of process 10.
fn names(state: &State) -> Vec<String> {
    let thread = state.thread(10).unwrap();
    let fds = state.fds_in_order(thread);
    let files = fds.into_iter().filter(|(number, _)| *number > 4);
    let mut names: Vec<String> =
        files.map(|(_, fd)| String::from_utf8_lossy(fd.name()).into_owned()).collect();
    names.sort();
    names
}

#[test]
fn fds_that_come_over_a_unix_socket_are_asked_of_the_host() {
    let mut state = state();
    let control = [message(SCM_CREDENTIALS, &[0; 12]), rights(&[7, 8, 9])].concat();
    apply(&mut state, recvmsg(10, 1, 3, &control));
    assert_eq!(names(&state), ["/file/10/7", "/file/10/8"]);
}

#[test]
fn fds_that_a_thread_receives_are_its_processs() {
    let mut state = state();
    apply(&mut state, recvmsg(11, 1, 3, &rights(&[8])));
    assert_eq!(names(&state), ["/file/10/8"]);
}

#[test]
fn a_message_that_failed_or_came_elsewhere_brings_no_fds() {
    let mut state = state();
    apply(&mut state, recvmsg(10, -11, 3, &rights(&[7])));
    apply(&mut state, recvmsg(10, 1, 4, &rights(&[7])));
    apply(&mut state, recvmsg(10, 1, 6, &rights(&[7])));
    assert_eq!(names(&state), [""; 0]);
}

#[test]
fn a_control_message_of_a_wrong_length_brings_nothing() {
    let mut state = state();
    for len in [0, 1, 15, 17, 21, 1 << 20, u64::MAX] {
        let mut control = rights(&[7]);
        control[..8].copy_from_slice(&len.to_le_bytes());
        apply(&mut state, recvmsg(10, 1, 3, &control));
        apply(&mut state, recvmsg(10, 1, 3, &control[..10]));
    }
    assert_eq!(names(&state), [""; 0]);
}

#[test]
fn an_fd_taken_through_a_pidfd_is_asked_of_the_host_if_its_process_is_not_known() {
    let mut state = state();
    let taken = RecordBuilder::new(EventCode::PIDFD_GETFD, 4, 10).i64(6).i64(4).i64(5).u32(0);
    apply(&mut state, taken);
    let refused = RecordBuilder::new(EventCode::PIDFD_GETFD, 5, 10).i64(9).i64(4).i64(6).u32(0);
    apply(&mut state, refused);
    assert_eq!(names(&state), ["/file/99/5"]);
}
