//! A child of this process makes events happen; what the probe sent of it is decoded.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use gyr_capture::{Next, Source};
use gyr_event::{Event, EventCode, Interest, ParamType, syscall_by_name};
use gyr_probe::{Config, LoadError, Probe};

/// Numbers that a child leaves for its parent.
pub(crate) struct Notes(&'static [AtomicI64; 64]);

impl Notes {
    fn new() -> Self {
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

/// One event, each parameter as text.
pub(crate) type Params = BTreeMap<&'static str, String>;

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
        let list = || events.iter().map(|event| show(*event)).collect::<Vec<_>>();
        assert_eq!(events.len(), 1, "{}: {:#?}", code.info().name, list());
        events[0]
    }

    /// Asserts that the child made exactly one event of a kind, with these parameters and no others.
    pub(crate) fn check(&self, code: EventCode, params: &[(&'static str, &dyn ToString)]) {
        check(self.one(code), params);
    }
}

/// Asserts that an event has these parameters and no others.
pub(crate) fn check(event: Event<'_>, params: &[(&'static str, &dyn ToString)]) {
    let want: Params = params.iter().map(|(name, value)| (*name, value.to_string())).collect();
    assert_eq!(show(event), want, "{}", event.info().name);
}

/// Runs `act` in a child while a probe sends the events of the named calls. `None`: not permitted here.
///
/// The child is a fork of a process with threads, so `act` must not allocate nor take locks.
pub(crate) fn run(names: &[&str], act: impl FnOnce(&Notes)) -> Option<Run> {
    let mut probe = probe(&Config { interest: interest(names), ..Config::default() })?;
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
    match Probe::load(config) {
        Ok(mut probe) => {
            probe.attach().unwrap_or_else(|error| panic!("{error}"));
            Some(probe)
        }
        Err(error @ LoadError::NotPermitted) if std::env::var_os("REQUIRE_BPF").is_none() => {
            eprintln!("SKIPPED: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Runs `act` in a child that then ends.
pub(crate) fn fork(act: impl FnOnce()) -> i32 {
    // SAFETY: the child only makes system calls and ends without unwinding or running destructors.
    let pid = unsafe { libc::fork() };
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

/// One system call with up to six arguments; what it returns, negative errors included.
macro_rules! sys {
    ($number:expr $(, $argument:expr)*) => {{
        // SAFETY: the arguments are numbers or addresses of memory that outlives the call.
        let result = unsafe { libc::syscall($number $(, $argument)*) };
        // SAFETY: the address of errno of this thread is always valid.
        if result < 0 { -i64::from(unsafe { *libc::__errno_location() }) } else { result }
    }};
}
pub(crate) use sys;

/// Every parameter of an event as text: numbers in decimal, bytes escaped.
pub(crate) fn show(event: Event<'_>) -> Params {
    use ParamType::*;
    let params = event.info().params.iter().enumerate();
    let text = params.map(|(i, param)| {
        let value = match param.ty {
            CHARBUF | FSPATH | FSRELPATH | BYTEBUF | SOCKADDR | SOCKTUPLE | DYN | FDLIST => {
                event.bytes(i).escape_ascii().to_string()
            }
            INT8 | INT16 | INT32 | INT64 | ERRNO | FD | PID => event.i64(i).unwrap().to_string(),
            _ => event.u64(i).unwrap().to_string(),
        };
        (param.name, value)
    });
    text.collect()
}
