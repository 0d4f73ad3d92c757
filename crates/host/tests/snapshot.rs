//! The snapshot of the host that the tests run on, looked at where the tests know the answer: this process.
#![forbid(unsafe_code)]

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixListener;
use std::path::Path;

use gyr_event::snapshot::{FdKind, L4Proto, NamedFd, Snapshot, ThreadEntry};
use gyr_event::tables;
use gyr_host::{Live, snapshot};
use gyr_state::Host;

fn own_pid() -> i64 {
    i64::from(std::process::id())
}

fn leader(snapshot: &Snapshot) -> &ThreadEntry {
    snapshot.threads.iter().find(|thread| thread.tid == own_pid()).unwrap()
}

#[test]
fn this_process_is_told_of_with_its_program_and_arguments() {
    let snapshot = snapshot(Path::new("/"));
    let thread = leader(&snapshot);
    let exe = std::env::current_exe().unwrap();
    let meta = std::fs::metadata(&exe).unwrap();
    let args: Vec<u8> =
        std::env::args().skip(1).flat_map(|arg| (arg + "\0").into_bytes()).collect();
    assert_eq!(thread.exepath, exe.as_os_str().as_encoded_bytes());
    assert_eq!(thread.exe, std::env::args().next().unwrap().as_bytes());
    assert_eq!(thread.args, args);
    assert_eq!((thread.pid, thread.vpid, thread.flags), (own_pid(), own_pid(), 0));
    assert_eq!(thread.exe_ino, meta.ino());
    assert_eq!(thread.cwd, std::env::current_dir().unwrap().as_os_str().as_encoded_bytes());
    assert!(thread.exe_writable, "the one who built it may write to it");
    assert!(thread.env.split(|byte| *byte == 0).any(|var| var.starts_with(b"PATH=")));
    let age = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let started = std::time::Duration::from_nanos(thread.clone_ts);
    assert!(age.abs_diff(started).as_secs() < 3600, "{started:?}");
}

#[test]
fn other_threads_share_what_is_their_leaders() {
    let comm = std::thread::current().name().map(|name| name.as_bytes()[..15].to_vec());
    let snapshot = snapshot(Path::new("/"));
    let thread = snapshot
        .threads
        .iter()
        .find(|thread| thread.pid == own_pid() && Some(&thread.comm) == comm.as_ref())
        .unwrap();
    assert_eq!(
        thread.flags,
        tables::clone_flags.value("CLONE_THREAD") | tables::clone_flags.value("CLONE_FILES")
    );
    assert_eq!(thread.exepath, leader(&snapshot).exepath);
    let (again, fds) = Live::new(Path::new("/")).thread(thread.tid).unwrap();
    assert_eq!((again.tid, again.pid, again.comm), (thread.tid, own_pid(), thread.comm.clone()));
    assert!(fds.is_empty(), "the fds are the leader's");
}

#[test]
fn fds_are_told_of_with_whether_exec_closes_them() {
    let (closed, _writer) = std::io::pipe().unwrap();
    let (kept, _writer) = std::io::pipe().unwrap();
    rustix::io::fcntl_setfd(&kept, rustix::io::FdFlags::empty()).unwrap();
    let mut live = Live::new(Path::new("/"));
    let mut closes = |fd: i32| live.fd(own_pid(), i64::from(fd)).unwrap().closes_on_exec;
    assert_eq!((closes(closed.as_raw_fd()), closes(kept.as_raw_fd())), (true, false));
}

#[test]
fn fds_are_told_of_by_kind() {
    let file = File::open("/etc/passwd").unwrap();
    let folder = File::open("/etc").unwrap();
    let (pipe, _writer) = std::io::pipe().unwrap();
    let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let client = TcpStream::connect(server.local_addr().unwrap()).unwrap();
    let path = std::env::temp_dir().join(format!("gyr-host-{}", own_pid()));
    let unix = UnixListener::bind(&path).unwrap();
    let mut live = Live::new(Path::new("/"));
    let (_, fds) = live.thread(own_pid()).unwrap();
    let one = live.fd(own_pid(), i64::from(file.as_raw_fd()));
    assert!(one.is_some() && fds.contains(&one.unwrap()));
    std::fs::remove_file(&path).unwrap();
    let kind = |fd: &dyn AsRawFd| {
        let fd = i64::from(fd.as_raw_fd());
        fds.iter().find(|entry| entry.fd == fd).map(|entry| &entry.kind).unwrap()
    };
    let flags = tables::file_flags.value("O_RDONLY") | tables::file_flags.value("O_CLOEXEC");
    let FdKind::File { name, flags: have, dev } = kind(&file) else { panic!("{:?}", kind(&file)) };
    assert_eq!(name, b"/etc/passwd");
    assert_eq!(*have & !tables::file_flags.value("O_LARGEFILE"), flags);
    assert_eq!(u64::from(*dev), file.metadata().unwrap().dev());
    assert_eq!(*kind(&folder), FdKind::Directory { name: b"/etc".to_vec() });
    assert_eq!(*kind(&pipe), FdKind::Named { kind: NamedFd::Pipe, name: vec![] });
    let port = server.local_addr().unwrap().port();
    let local = (Ipv4Addr::LOCALHOST, port);
    assert_eq!(*kind(&server), FdKind::Ipv4Server { local, l4proto: L4Proto::Tcp });
    let source = (Ipv4Addr::LOCALHOST, client.local_addr().unwrap().port());
    assert_eq!(*kind(&client), FdKind::Ipv4 { source, dest: local, l4proto: L4Proto::Tcp });
    let FdKind::Unix { name, .. } = kind(&unix) else { panic!("{:?}", kind(&unix)) };
    assert_eq!(name, path.as_os_str().as_encoded_bytes());
}

#[test]
fn the_machine_has_users_groups_and_addresses() {
    let snapshot = snapshot(Path::new("/"));
    assert!(snapshot.users.iter().any(|user| user.uid == 0 && user.name == b"root"));
    assert!(snapshot.groups.iter().any(|group| group.gid == 0));
    assert!(!snapshot.interfaces.is_empty());
    assert!(snapshot.machine.num_cpus > 0 && snapshot.machine.boot_ts > 0);
}

#[test]
fn names_of_users_and_groups_can_be_asked_for() {
    let mut live = Live::new(Path::new("/"));
    assert_eq!(live.user(b"", 0).unwrap().name, b"root");
    assert_eq!(live.group(b"", 0).unwrap().name, b"root");
    assert!(live.user(b"", 4_000_000_000).is_none());
    assert!(live.user(b"3ad7b26ded6d", 0).is_none(), "not the host's root");
}

#[test]
fn a_flood_of_lookups_is_cut_off() {
    let mut live = Live::new(Path::new("/"));
    let answered = (0..1_000_000).take_while(|_| live.fd(own_pid(), 0).is_some()).count();
    assert!(answered >= 2000, "{answered}");
    assert!(answered < 1_000_000);
}

#[test]
fn a_thread_that_is_gone_is_nothing() {
    assert!(Live::new(Path::new("/")).thread(i64::from(u32::MAX)).is_none());
    assert!(snapshot(Path::new("/nonexistent")).threads.is_empty());
}
