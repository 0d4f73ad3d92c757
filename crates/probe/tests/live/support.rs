//! A child of this process makes events happen; what the probe sent of it is decoded.

use std::ffi::CString;
use std::sync::atomic::{AtomicI64, Ordering};

use gyr_capture::{Next, Source};
use gyr_event::{Event, EventCode, Interest, ParamType, syscall_by_name};
use gyr_probe::{Config, EntryTracepoints, LoadError, Probe};

/// One system call with up to six arguments, numbers or addresses; what it returns, negative errors included.
macro_rules! sys {
    ($number:expr $(, $argument:expr)*) => {{
        // SAFETY: the arguments are numbers or addresses of memory that outlives the call.
        let result = unsafe { libc::syscall($number $(, $argument as i64)*) };
        // SAFETY: the address of errno of this thread is always valid.
        if result < 0 { -i64::from(unsafe { *libc::__errno_location() }) } else { result }
    }};
}
pub(crate) use sys;

/// Numbers that a child leaves for its parent.
pub(crate) struct Notes(&'static [AtomicI64; 64]);

impl Notes {
    pub(crate) fn new() -> Self {
        // SAFETY: a new mapping at an address of the kernel's choice; shared with the child, zeroed, never unmapped.
        let page = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                4096,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        assert_ne!(page, libc::MAP_FAILED);
        // SAFETY: page aligned, large enough, valid for ever, and any bytes are numbers.
        Self(unsafe { &*page.cast() })
    }

    pub(crate) fn set(&self, index: usize, value: i64) -> i64 {
        self.0[index].store(value, Ordering::SeqCst);
        value
    }

    pub(crate) fn get(&self, index: usize) -> i64 {
        self.0[index].load(Ordering::SeqCst)
    }
}

/// What a child did.
pub(crate) struct Run {
    pub(crate) pid: i64,
    pub(crate) notes: Notes,
    records: Vec<Vec<u8>>,
}

impl Run {
    /// The child's events of one kind, each checked to hold all parameters of the newest schema.
    pub(crate) fn events(&self, code: EventCode) -> Vec<Event<'_>> {
        let events = self.all().filter(|event| event.tid() == self.pid && event.code() == code);
        events.collect()
    }

    /// All events of every process.
    pub(crate) fn all(&self) -> impl Iterator<Item = Event<'_>> {
        self.records.iter().map(|record| {
            let event = Event::decode(record).unwrap();
            assert_eq!(event.n_params(), event.info().params.len(), "{}", event.info().name);
            assert_eq!(event.record().len(), record.len());
            event
        })
    }

    /// The child's only event of a kind.
    pub(crate) fn one(&self, code: EventCode) -> Event<'_> {
        let events = self.events(code);
        let lines: Vec<String> = events.iter().map(|event| line(*event)).collect();
        assert_eq!(events.len(), 1, "{}: {lines:#?}", code.info().name);
        events[0]
    }

    /// Asserts what the child did: every event of it, in order, as [`line`] writes them.
    pub(crate) fn check(&self, want: &[String]) {
        let have: Vec<String> =
            self.all().filter(|event| event.tid() == self.pid).map(line).collect();
        let differ = have.iter().zip(want).position(|(have, want)| have != want);
        let at = differ.unwrap_or(have.len().min(want.len()));
        assert_eq!(have.get(at), want.get(at), "event {at} of {have:#?}");
    }
}

/// Runs `act` in a child while a probe sends the events of the named calls. `None`: not permitted here.
///
/// The child is a fork of a process with threads, so `act` must not allocate nor take locks.
pub(crate) fn run(names: &[&str], act: impl FnOnce(&Notes)) -> Option<Run> {
    run_with(EntryTracepoints::open_all(), names, act)
}

pub(crate) fn run_with(
    entries: EntryTracepoints,
    names: &[&str],
    act: impl FnOnce(&Notes),
) -> Option<Run> {
    let config = Config { interest: interest(names), ..Config::default() };
    let mut probe = probe_with(entries, &config)?;
    let notes = Notes::new();
    let pid = fork(|| act(&notes));
    wait(pid);
    let mut records = Vec::new();
    while let Next::Record(record) = probe.next().unwrap() {
        records.push(record.event.record().to_vec());
    }
    Some(Run { pid: i64::from(pid), notes, records })
}

pub(crate) fn interest(names: &[&str]) -> Interest {
    let syscall = |name: &&str| syscall_by_name(name).unwrap_or_else(|| panic!("no call {name}"));
    names.iter().map(syscall).collect()
}

/// A probe that is attached; `None` where it is not permitted, unless REQUIRE_BPF is set.
pub(crate) fn probe(config: &Config) -> Option<Probe> {
    probe_with(EntryTracepoints::open_all(), config)
}

fn probe_with(entries: EntryTracepoints, config: &Config) -> Option<Probe> {
    match Probe::load(config) {
        Ok(mut probe) => {
            probe.attach(entries).unwrap_or_else(|error| panic!("{error}"));
            Some(probe)
        }
        Err(error @ LoadError::NotPermitted) if std::env::var_os("REQUIRE_BPF").is_none() => {
            eprintln!("SKIPPED: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// "The working directory" as a dirfd.
pub(crate) const AT_FDCWD: i64 = -100;

/// A folder for one test, removed when dropped.
pub(crate) struct Folder(std::path::PathBuf, CString);

pub(crate) fn in_new_folder(name: &str) -> Folder {
    // Tests run side by side, some with the same name.
    static N: AtomicI64 = AtomicI64::new(0);
    let n = N.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("gyr-probe-{}-{n}-{name}", std::process::id()));
    std::fs::create_dir_all(&path).unwrap();
    let c_path = CString::new(path.as_os_str().as_encoded_bytes()).unwrap();
    Folder(path, c_path)
}

impl Folder {
    /// Makes it the working directory of the child.
    pub(crate) fn enter(&self) {
        sys!(libc::SYS_chdir, self.1.as_ptr());
    }

    /// The path of a file in it; of the folder itself for "".
    pub(crate) fn path(&self, file: &str) -> String {
        let path = if file.is_empty() { self.0.clone() } else { self.0.join(file) };
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs `act` in a child that then ends.
///
/// Not by the C library's `fork`: where two threads are in it at once, the child unlocks what the other waits for, by a
/// `futex` that is no part of `act`.
pub(crate) fn fork(act: impl FnOnce()) -> i32 {
    // The child only makes system calls and ends without unwinding or running destructors.
    let pid = sys!(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0);
    let pid = i32::try_from(pid).unwrap();
    assert!(pid >= 0);
    if pid == 0 {
        act();
        // SAFETY: ends the child.
        unsafe { libc::_exit(0) };
    }
    pid
}

pub(crate) fn wait(pid: i32) {
    // SAFETY: waits for a child of ours; no status is asked for.
    assert_eq!(unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) }, pid);
}

/// An event as one line: its name, then each parameter. Texts are quoted without the NUL that must end them, flags
/// are hexadecimal, other numbers decimal, bytes escaped; what is empty is left out.
pub(crate) fn line(event: Event<'_>) -> String {
    let mut line = event.info().name.to_owned();
    for (i, param) in event.info().params.iter().enumerate() {
        let bytes = event.bytes(i);
        if !bytes.is_empty() {
            let value = value(event, i, param.ty).unwrap_or_else(|| format!("malformed {bytes:?}"));
            line.push_str(&format!(" {}={value}", param.name));
        }
    }
    line
}

fn value(event: Event<'_>, index: usize, ty: ParamType) -> Option<String> {
    use ParamType::*;
    let bytes = event.bytes(index);
    let width = |len: usize| (bytes.len() == len).then_some(());
    Some(match ty {
        CHARBUF | FSPATH | FSRELPATH => {
            format!("{:?}", std::str::from_utf8(bytes.strip_suffix(b"\0")?).ok()?)
        }
        BYTEBUF | SOCKADDR | SOCKTUPLE | DYN | FDLIST => bytes.escape_ascii().to_string(),
        ERRNO | FD | PID | INT64 => {
            width(8)?;
            event.i64(index)?.to_string()
        }
        INT32 | INT16 => event.i64(index)?.to_string(),
        FLAGS8 | FLAGS16 | FLAGS32 => format!("{:#x}", event.u64(index)?),
        MODE => format!("{:#o}", event.u64(index)?),
        _ => event.u64(index)?.to_string(),
    })
}
