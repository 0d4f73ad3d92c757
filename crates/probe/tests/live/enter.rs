//! Names and addresses that are changed while the call that uses them is under way.

use std::io::Write as _;

use gyr_capture::{Next, Source as _};
use gyr_event::EventCode;
use gyr_probe::{Config, EntryTracepoints, Probe};
use gyr_state::{Limits, NoHost, State};

use crate::ia32;
use crate::support::{
    AT_FDCWD, Notes, Run, fork, in_new_folder, interest, line, probe, run, run_with, sys, wait,
};

/// Memory of a child and its own children; what is in it at first.
struct Shared(*mut u8);

const SHARED_LEN: usize = 8192;

impl Shared {
    fn new(bytes: &[u8]) -> Self {
        // Where 32 bits can point to, too.
        let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_32BIT;
        let prot = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping at an address of the kernel's choice, never unmapped.
        let at = unsafe { libc::mmap(std::ptr::null_mut(), SHARED_LEN, prot, flags, -1, 0) };
        assert_ne!(at, libc::MAP_FAILED);
        let shared = Self(at.cast());
        shared.put(bytes);
        shared
    }

    /// Where it is. A fork forgets where shared memory is until it is read: then the probe can, too.
    fn touched(&self) -> *mut u8 {
        // SAFETY: in bounds of the mapping.
        unsafe { self.0.read_volatile() };
        self.0
    }

    fn put(&self, bytes: &[u8]) {
        assert!(bytes.len() < SHARED_LEN);
        // SAFETY: in bounds of the mapping, which nothing borrows.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.0, bytes.len()) };
    }
}

/// Waits until a child sleeps in the one call that it makes.
fn until_asleep(pid: i32) {
    let mut path = [0u8; 32];
    let _ = write!(&mut path[..], "/proc/{pid}/stat\0");
    loop {
        let mut stat = [0u8; 512];
        let fd = sys!(libc::SYS_open, path.as_ptr(), libc::O_RDONLY, 0);
        let n = sys!(libc::SYS_read, fd, stat.as_mut_ptr(), stat.len());
        sys!(libc::SYS_close, fd);
        let text = stat.get(..n.max(0) as usize).unwrap_or_default();
        let end = text.iter().rposition(|byte| *byte == b')').unwrap_or_default();
        // 'Z': it did not sleep, and the test will say so.
        if matches!(text.get(end + 2), Some(b'S' | b'Z')) {
            return;
        }
        sys!(libc::SYS_sched_yield);
    }
}

/// A child of the child makes a call that blocks, `change` happens while it does, and `release` lets it go on.
fn during(
    notes: &Notes,
    call: impl FnOnce() -> i64,
    change: impl FnOnce(),
    release: impl FnOnce(),
) {
    let pid = fork(|| {
        notes.set(1, call());
    });
    notes.set(0, i64::from(pid));
    until_asleep(pid);
    change();
    release();
    wait(pid);
}

/// The events of the call that was changed, without their results.
fn lines(run: &Run, codes: [EventCode; 2]) -> Vec<String> {
    let is_its = |event: &gyr_event::Event<'_>| {
        event.tid() == run.notes.get(0) && codes.contains(&event.code())
    };
    run.all().filter(is_its).map(line).collect()
}

/// What the state says of a descriptor of the process whose call was changed.
fn name_in_state(run: &Run, fd: i64) -> String {
    let mut state = State::new(Limits::default());
    for event in run.all() {
        state.apply(&event, &mut NoHost);
    }
    let thread = state.thread(run.notes.get(0)).unwrap();
    String::from_utf8(state.fd(thread, fd).unwrap().name().to_vec()).unwrap()
}

struct Case {
    name: &'static str,
    codes: [EventCode; 2],
    open: fn(*mut u8) -> i64,
    /// What is before the name in the enter event, and behind it.
    around: [&'static str; 2],
    is_native: bool,
}

#[repr(C)]
struct OpenHow([u64; 3]);

const CASES: &[Case] = &[
    Case {
        name: "open",
        codes: [EventCode::OPEN_ENTER, EventCode::OPEN],
        open: |name| sys!(libc::SYS_open, name, libc::O_RDONLY, 0),
        around: ["open name=", " flags=0x1 mode=0"],
        is_native: true,
    },
    Case {
        name: "open",
        codes: [EventCode::OPEN_ENTER, EventCode::OPEN],
        open: |name| ia32::call(5, [name as usize as u32, libc::O_RDONLY as u32, 0]),
        around: ["open name=", " flags=0x1 mode=0"],
        is_native: false,
    },
    Case {
        name: "creat",
        codes: [EventCode::CREAT_ENTER, EventCode::CREAT],
        open: |name| sys!(libc::SYS_creat, name, 0o600),
        around: ["creat name=", " mode=384"],
        is_native: true,
    },
    Case {
        name: "openat",
        codes: [EventCode::OPENAT_ENTER, EventCode::OPENAT],
        open: |name| sys!(libc::SYS_openat, AT_FDCWD, name, libc::O_RDONLY, 0),
        around: ["openat dirfd=-100 name=", " flags=0x1 mode=0"],
        is_native: true,
    },
    Case {
        name: "openat2",
        codes: [EventCode::OPENAT2_ENTER, EventCode::OPENAT2],
        open: |name| {
            let how = OpenHow([libc::O_RDONLY as u64, 0, 0]);
            sys!(libc::SYS_openat2, AT_FDCWD, name, &raw const how, size_of::<OpenHow>())
        },
        around: ["openat2 dirfd=-100 name=", " flags=0x1 mode=0 resolve=0x0"],
        is_native: true,
    },
];

/// A pipe with a name: to open one end waits for the other.
fn fifo(case: &Case, long: bool) -> (crate::support::Folder, String) {
    let folder = in_new_folder(&format!("enter-{}-{long}", case.name));
    let slashes = if long { "/".repeat(800) } else { String::new() };
    let path = format!("{}{slashes}/wanted", folder.path(""));
    let c_path = std::ffi::CString::new(folder.path("wanted")).unwrap();
    // SAFETY: the path ends with a NUL.
    assert_eq!(unsafe { libc::mkfifo(c_path.as_ptr(), 0o600) }, 0);
    (folder, path)
}

#[test]
fn a_name_that_was_changed_during_an_open_is_told_as_it_was() {
    for case in CASES {
        tells_as_it_was(case, false, EntryTracepoints::open_all());
        tells_as_it_was(case, true, EntryTracepoints::open_all());
        tells_as_it_was(case, true, EntryTracepoints::default());
    }
}

/// Without tracepoints of single calls the start of all is looked at; with them, the first call through the other entry is
/// only known by the path of what it has opened.
fn tells_as_it_was(case: &Case, long: bool, entries: EntryTracepoints) {
    let is_seen = case.is_native || entries.is_empty();
    {
        let (folder, path) = fifo(case, long);
        let shared = Shared::new(format!("{path}\0").as_bytes());
        let changed = format!("{}changed\0", &path[..path.len() - 6]);
        let other_end = std::ffi::CString::new(folder.path("wanted")).unwrap();
        let Some(run) = run_with(entries, &[case.name], |notes| {
            during(
                notes,
                || (case.open)(shared.touched()),
                || shared.put(changed.as_bytes()),
                || {
                    sys!(libc::SYS_open, other_end.as_ptr(), libc::O_RDWR, 0);
                },
            );
        }) else {
            return;
        };
        let fd = run.notes.get(1);
        if fd == -i64::from(libc::ENOSYS) {
            eprintln!("SKIPPED: this kernel has no 32-bit entry");
            return;
        }
        assert!(fd > 0, "{}: {fd}", case.name);
        let have = lines(&run, case.codes);
        assert_eq!(have.len(), 2, "{have:#?}");
        let [before, behind] = case.around;
        let begun = if is_seen { path } else { folder.path("wanted") };
        assert_eq!(have[0], format!("{before}{begun:?}{behind}"));
        assert!(have[1].contains(&format!("name={:?}", changed.trim_end_matches('\0'))));
        assert_eq!(name_in_state(&run, fd), folder.path("wanted"), "{}", case.name);
    }
}

#[test]
fn all_entries_are_watched_once_a_call_came_through_another_than_the_native_one() {
    if EntryTracepoints::open_all().is_empty() {
        eprintln!("SKIPPED: this kernel has no tracepoints of single calls");
        return;
    }
    let config = Config { interest: interest(&["open"]), ..Config::default() };
    let Some(mut probe) = probe(&config) else { return };
    let watching = |probe: &Probe| {
        let programs = probe.kernel_stats().unwrap().programs;
        let names = programs.into_iter().map(|program| program.name);
        names.filter(|name| name.starts_with("enter")).collect::<Vec<_>>()
    };
    assert_eq!(watching(&probe), ["enter_native"]);
    let path = Shared::new(b"/dev/null\0");
    let notes = Notes::new();
    wait(fork(|| {
        notes.set(0, ia32::call(5, [path.touched() as usize as u32, libc::O_RDONLY as u32, 0]));
    }));
    if notes.get(0) == -i64::from(libc::ENOSYS) {
        eprintln!("SKIPPED: this kernel has no 32-bit entry");
        return;
    }
    while !matches!(probe.next().unwrap(), Next::Idle) {}
    assert_eq!(watching(&probe), ["enter"]);
}

#[repr(C)]
struct UnixAddress {
    family: u16,
    path: [u8; 8],
}

/// The length of an address with a name of seven bytes after the NUL that makes it abstract.
const UNIX_LEN: usize = 2 + 8;

#[test]
fn an_address_that_was_changed_during_a_connect_is_told_as_it_was() {
    let pid = std::process::id();
    let path = |letter: u8| {
        let mut path = [0, letter, 0, 0, 0, 0, 0, 0];
        let _ = write!(&mut path[2..], "{:06}", pid % 1_000_000);
        path
    };
    let address = |letter| UnixAddress { family: libc::AF_UNIX as u16, path: path(letter) };
    let (wanted, changed) = (address(b'w'), address(b'c'));
    let shared = Shared::new(&[&[1, 0][..], &wanted.path].concat());
    let Some(run) = run(&["socket", "connect"], |notes| {
        let socket = || sys!(libc::SYS_socket, libc::AF_UNIX, libc::SOCK_STREAM, 0);
        let listening = socket();
        sys!(libc::SYS_bind, listening, &raw const wanted, UNIX_LEN);
        sys!(libc::SYS_listen, listening, 0);
        // The queue has room for one.
        sys!(libc::SYS_connect, socket(), &raw const wanted, UNIX_LEN);
        during(
            notes,
            || {
                let fd = notes.set(2, socket());
                sys!(libc::SYS_connect, fd, shared.touched(), UNIX_LEN)
            },
            || shared.put(&[&[1, 0][..], &changed.path].concat()),
            || {
                sys!(libc::SYS_accept, listening, 0, 0);
            },
        );
    }) else {
        return;
    };
    assert_eq!(run.notes.get(1), 0);
    let name = |address: &UnixAddress| {
        String::from_utf8(address.path.strip_prefix(&[0]).unwrap().to_vec()).unwrap()
    };
    let fd = run.notes.get(2);
    let have = lines(&run, [EventCode::CONNECT_ENTER, EventCode::CONNECT]);
    assert_eq!(have.len(), 2, "{have:#?}");
    assert_eq!(have[0], format!("connect fd={fd} addr=\\x01{}\\x00", name(&wanted)));
    assert!(have[1].ends_with(&format!("addr=\\x01{}\\x00", name(&changed))), "{}", have[1]);
    assert!(name_in_state(&run, fd).ends_with(&name(&wanted)));
}

#[test]
fn nothing_is_told_of_the_start_of_a_call_that_was_left_alone() {
    let folder = in_new_folder("enter-same");
    let path = Shared::new(format!("{}\0", folder.path("file")).as_bytes());
    let Some(run) = run(&["open", "creat", "openat", "openat2"], |_| {
        path.touched();
        for case in CASES {
            (case.open)(path.0);
        }
    }) else {
        return;
    };
    let codes: Vec<EventCode> =
        run.all().filter(|event| event.tid() == run.pid).map(|event| event.code()).collect();
    assert_eq!(codes, CASES.iter().map(|case| case.codes[1]).collect::<Vec<_>>());
}

#[test]
fn a_name_that_could_not_be_read_at_the_start_is_counted() {
    let config = Config { interest: interest(&["open"]), ..Config::default() };
    let Some(probe) = probe(&config) else { return };
    let untouched = Shared::new(b"");
    // An open of other processes may be counted, too.
    let before = probe.kernel_stats().unwrap().sum(|cpu| cpu.enter_faults);
    wait(fork(|| {
        sys!(libc::SYS_open, untouched.0, libc::O_RDONLY, 0);
    }));
    assert!(probe.kernel_stats().unwrap().sum(|cpu| cpu.enter_faults) > before);
}
