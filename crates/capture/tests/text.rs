//! Events and what was before them, to text and back.

mod shared;

use gyr_capture::{
    Next, Record, RecordFlags, Source,
    scap::Replay,
    text::{self, Line, TextEvents, time_line},
};
use gyr_event::{Event, EventCode, RecordBuilder, snapshot::FdKind};

fn parse(text: &str) -> TextEvents {
    TextEvents::parse("test", text).unwrap_or_else(|error| panic!("{error}"))
}

fn only_event<T>(text: &str, look: impl FnOnce(Record<'_>) -> T) -> T {
    let mut events = parse(text);
    match events.next().unwrap() {
        Next::Record(record) => look(record),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_line_is_an_event() {
    let line =
        "0.010 100 openat fd=3 dirfd=AT_FDCWD name=shadow flags=O_RDONLY mode=0 dev=8 ino=42";
    let expected = RecordBuilder::new(EventCode::OPENAT, 10_000_000, 100)
        .i64(3)
        .i64(-100)
        .text(b"shadow")
        .u32(1)
        .u32(0)
        .u32(8)
        .u64(42)
        .finish();
    only_event(line, |record| assert_eq!(record.event.record(), expected));
}

#[test]
fn a_line_is_written_as_it_is_read() {
    for line in [
        "0.010000000 100 openat fd=-ENOENT dirfd=AT_FDCWD name=\"a b\\\"\\n\\xff\" flags=O_TRUNC|O_CREAT|O_WRONLY|0x80000 mode=0o644",
        "1.000000001 7@3 ~close res=0 fd=3",
        "0.000000001 -1 >open name=/etc/passwd flags=O_RDONLY mode=0",
        "0.000000000 5 connect res=0 tuple=10.0.0.1:40000->10.0.0.2:443 fd=4 addr=10.0.0.2:443",
        "0.000000000 5 connect res=0 tuple=[::1]:40000->[fe80::2]:443 fd=4 addr=[fe80::2]:443",
        "0.000000000 5 connect res=0 tuple=unix:0xff->0x1a:/run/x.sock fd=4 addr=unix:/run/x.sock",
        "0.000000000 5 write res=3 data=\"a\\0b\" fd=1 size=3",
        "0.000000000 5 execve res=0 exe=/bin/sh args=(-c \"echo a\" \"\") comm=sh env=(A=1)",
        "0.000000000 5 poll res=1 fds=(3:0x1 4:0x5) timeout=100",
        "0.000000000 5 kill res=0 pid=9 sig=SIGKILL",
        "0.000000000 5 syscall ID=getpid nativeID=39",
        "0.000000000 5 getsockopt res=0 fd=3 level=SOL_SOCKET optname=SO_ERROR val=ERRNO:-ECONNREFUSED optlen=4",
        "0.000000000 5 keyctl res=0 operation=KEYCTL_JOIN_SESSION_KEYRING arg2=\"CHARBUF:a b\" arg3=INT64:-1",
        "0.000000000 5 setuid res=0 uid=-1",
        "0.000000000 5 procexit status=256 ret=1 sig=0",
        "0.000000000 5 pipe res=0 fd1=3 fd2=4 ino=hex:0102",
    ] {
        only_event(line, |record| assert_eq!(Line::new(record, 0).to_string(), line));
    }
}

#[test]
fn events_of_all_captures_survive_text() {
    for name in ["files", "procs", "net", "old-cat_write", "old-run_as_user_0_container"] {
        let Some(path) = shared::capture(name) else { continue };
        let mut replay = Replay::open(&path).unwrap();
        let base = 1_700_000_000_000_000_001;
        let mut text = time_line(base);
        while let Next::Record(record) = replay.next().unwrap() {
            text.push('\n');
            text.push_str(&Line::new(record, base).to_string());
        }
        let mut events = parse(&text);
        let mut replay = Replay::open(&path).unwrap();
        for (i, line) in text.lines().skip(1).enumerate() {
            let (Next::Record(ours), Next::Record(theirs)) =
                (events.next().unwrap(), replay.next().unwrap())
            else {
                panic!("{name}: event {i} is missing")
            };
            assert_eq!(ours.flags, theirs.flags);
            same(&ours.event, &theirs.event, line);
        }
        assert!(matches!(events.next().unwrap(), Next::End));
    }
}

/// All that the table knows of is equal; a writer may have left out parameters at the end.
fn same(ours: &Event<'_>, theirs: &Event<'_>, line: &str) {
    let head = |event: &Event<'_>| (event.code(), event.ts(), event.tid(), event.cpu());
    assert_eq!(head(ours), head(theirs), "{line}");
    for index in 0..ours.info().params.len() {
        assert_eq!(ours.bytes(index), theirs.bytes(index), "{line}: parameter {index}");
    }
}

#[test]
fn snapshots_of_all_captures_survive_text() {
    for name in ["files", "old-cat_write", "old-ping_sendto", "old-run_as_user_0_container"] {
        let Some(path) = shared::capture(name) else { continue };
        let snapshot = Replay::open(&path).unwrap().take_snapshot();
        let again = parse(&text::snapshot(&snapshot)).take_snapshot();
        assert_eq!(again.machine, snapshot.machine, "{name}");
        assert_eq!(again.threads, snapshot.threads, "{name}");
        assert_eq!(again.fds, snapshot.fds, "{name}");
        assert_eq!(again, snapshot, "{name}");
    }
}

#[test]
fn a_short_snapshot_says_only_what_matters() {
    let snapshot = parse(
        "# who is there
         machine hostname=box
         thread 100 comm=cat exe=/bin/cat args=(-n \"a b\") cwd=/etc ptid=1
         fd 100 3 file /etc/passwd flags=O_RDONLY
         fd 100 4 ipv4 10.0.0.1:5->10.0.0.2:80
         fd 100 5 pipe \"\" ino=7
         user 0 root home=/root
         group 0 root
         interface lo 127.0.0.1 netmask=255.0.0.0",
    )
    .take_snapshot();
    let thread = &snapshot.threads[0];
    assert_eq!((thread.tid, thread.pid, thread.vpid, thread.ptid), (100, 100, 100, 1));
    assert_eq!(thread.args, b"-n\0a b\0");
    let FdKind::File { flags: 1, name, .. } = &snapshot.fds[0].kind else { panic!() };
    assert_eq!(name, b"/etc/passwd");
    assert_eq!(snapshot.fds.len(), 3);
    assert_eq!((snapshot.users.len(), snapshot.groups.len(), snapshot.interfaces.len()), (1, 1, 1));
}

#[test]
fn a_text_can_idle_and_restart() {
    let mut events = parse(
        "thread 1 comm=a
         0 1 close res=0
         idle
         restart
         thread 2 comm=b
         thread 3 comm=c
         time 100
         0.5 2 ~close res=0",
    );
    assert_eq!(events.take_snapshot().threads.len(), 1);
    assert!(matches!(events.next().unwrap(), Next::Record(_)));
    assert!(matches!(events.next().unwrap(), Next::Idle));
    let Next::Restart(snapshot) = events.next().unwrap() else { panic!() };
    assert_eq!(snapshot.threads.len(), 2);
    let Next::Record(record) = events.next().unwrap() else { panic!() };
    assert_eq!(record.event.ts(), 100_500_000_000);
    assert_eq!(record.flags, RecordFlags::STATE_ONLY);
    assert!(matches!(events.next().unwrap(), Next::End));
}

#[test]
fn errors_say_where_and_what() {
    for (text, error) in [
        ("bogus", "test:1:1: expected a time, or one of machine"),
        ("\n  0.x 1 close", "test:2:3: this is no time in seconds"),
        ("0.1", "test:1:4: expected a thread id"),
        ("0.1 x close", "test:1:5: this is no thread id"),
        ("0.1 1 clos", "test:1:7: there is no event clos"),
        ("0.1 1 close fdd=3", "test:1:13: there is no fdd here; there are: res, fd"),
        ("0.1 1 close fd=3 fd=4", "test:1:18: fd is given twice"),
        ("0.1 1 close fd=x", "test:1:16: this is no FD"),
        ("0.1 1 close fd", "test:1:13: expected name=value"),
        ("0.1 1 setuid uid=0x1ffffffff", "test:1:18: this does not fit into UID"),
        ("0.1 1 open name=\"é", "test:1:17: \" is never closed"),
        ("0.1 1 open name=\"\\q\"", "test:1:17: a backslash is followed by"),
        ("0.1 1 open name=(a b)", "test:1:17: this is no FSPATH"),
        ("0.1 1 connect tuple=1.2.3.4:5->[::1]:6", "test:1:21: this is no SOCKTUPLE"),
        ("0.1 1 execve args=(a b", "test:1:19: ( is never closed"),
        ("0.1 1 close\nthread 1", "test:2:1: what existed before"),
        ("-1 1 close", "test:1:1: this does not fit into the time"),
        ("thread 1 pid=y", "test:1:10: this is no number"),
        ("fd 1 2 fil /etc", "test:1:8: there is no fil here; there are: file, directory"),
        ("fd 1 2 ipv4 10.0.0.1:1", "test:1:13: this is no IPv4 tuple"),
        ("idle now", "test:1:6: expected the end of the line"),
    ] {
        let found = TextEvents::parse("test", text).unwrap_err().to_string();
        assert!(found.starts_with(error), "{text}: {found}");
    }
}
