//! Loading, attaching and steering the programs.

use std::collections::HashMap;
use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use gyr_event::{EventCode, Interest, SYSCALLS, Syscall, SyscallKind};
use libbpf_rs::{
    MapCore, MapFlags, MapHandle, MapType, Object, ObjectBuilder, OpenMapMut, OpenObject,
    PrintLevel, ProgramInput,
};

use crate::entries::EntryTracepoints;
use crate::layout::{self, Counters, LEVELS, SYSCALL_SLOTS, Settings};
use crate::programs::Programs;
use crate::ring::Ring;
use crate::source::Reader;
use crate::stats::{CpuStats, Stats};

/// The programs, as `build.rs` made them.
static OBJECT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/probe.bpf.o"));

/// Programs that are attached to a tracepoint of their own, and the names in an [`Interest`] that need them.
const TRACEPOINTS: &[(&str, &[&str])] = &[
    ("sched_exec", &["execve", "execveat"]),
    ("sched_exit", &["sched_process_exit"]),
    ("signal_deliver", &["signal_deliver"]),
    ("sched_switch", &["sched_switch"]),
    ("page_fault_user", &["page_fault_user"]),
    ("page_fault_kernel", &["page_fault_kernel"]),
];

/// The programs that look at how calls of [`layout::ENTERED`] begin: one of them is attached, the native one to the
/// tracepoints of these calls only, the other to that of all.
const NATIVE_ENTRY: &str = "enter_native";
const ANY_ENTRY: &str = "enter";

/// How often the clock is looked at.
const TIME_KEEPING: Duration = Duration::from_secs(1);
/// How far it may be off, in nanoseconds: a little less than what people notice.
const TIME_TOLERANCE: u64 = 1_000_000;

/// What the probe shall do.
#[derive(Clone, Debug)]
pub struct Config {
    pub interest: Interest,
    /// The size of the ring; brought to the next power of two of at least a page.
    pub ring_bytes: u32,
    /// How many bytes of a data buffer are kept.
    pub snaplen: u32,
    /// Leave out calls that failed.
    pub drop_failed: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { interest: Interest::all(), ring_bytes: 32 << 20, snaplen: 80, drop_failed: false }
    }
}

/// Why there is no probe, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(
        "loading eBPF programs is not permitted: run as root, or with the capabilities CAP_BPF, CAP_PERFMON and \
         CAP_DAC_READ_SEARCH (in a container: privileged)"
    )]
    NotPermitted,
    #[error(
        "the kernel is locked down for confidentiality and lets no program read its memory: boot with \
         lockdown=integrity or none"
    )]
    LockedDown,
    #[error(
        "the kernel has no type information (/sys/kernel/btf/vmlinux): it must be built with CONFIG_DEBUG_INFO_BTF"
    )]
    NoBtf,
    #[error("Linux {release} is too old for live capture: 5.8 is the first that will do")]
    OldKernel { release: String },
    #[error("{doing}: {error}{log}")]
    Failed {
        doing: &'static str,
        error: Box<dyn std::error::Error + Send + Sync>,
        /// What libbpf and the kernel said, each line on one of its own.
        log: String,
    },
}

/// The programs in the kernel, and the reading end of their ring.
#[derive(Debug)]
pub struct Probe {
    pub(crate) ring: Ring,
    pub(crate) reader: Reader,
    maps: HashMap<String, MapHandle>,
    /// Some can be added: each time from another object that shares the maps of the first.
    programs: Programs,
    interest: Interest,
    /// What [`NATIVE_ENTRY`] may still be attached to.
    entries: EntryTracepoints,
    /// Whether a call came through another entry than the native one.
    has_foreign: bool,
    attached: bool,
    settings: Settings,
    /// When the clock was last looked at.
    kept_time: Instant,
}

impl Probe {
    /// Loads the programs that the interest needs. Nothing is sent before [`Probe::attach`].
    pub fn load(config: &Config) -> Result<Self, LoadError> {
        check_kernel()?;
        libbpf_rs::set_print(Some((PrintLevel::Warn, keep_log)));
        let n_cpus = libbpf_rs::num_possible_cpus().map_err(failed("counting CPUs"))?;
        let page_len = u32::try_from(rustix::param::page_size()).unwrap_or(4096);
        let ring_bytes = config.ring_bytes.clamp(page_len, 1 << 30).next_power_of_two();
        let mut open = open_object()?;
        for mut map in open.maps_mut() {
            let entries = match map.name().to_str() {
                Some("ring") => ring_bytes,
                Some("scratches") => LEVELS * n_cpus as u32,
                Some("lost") => EventCode::COUNT as u32,
                _ => continue,
            };
            map.set_max_entries(entries).map_err(failed("sizing maps"))?;
        }
        choose_programs(&mut open, &|name| needs(&config.interest, name) || name == "own_pid");
        let object = open.load().map_err(failed("loading the eBPF programs"))?;
        let mut maps = HashMap::new();
        for map in object.maps() {
            let handle = MapHandle::try_from(&map).map_err(failed("keeping maps"))?;
            maps.insert(map.name().to_string_lossy().into_owned(), handle);
        }
        let ring = maps.get("ring").map(|map| Ring::new(map.as_fd(), ring_bytes));
        let Some(Ok(ring)) = ring else {
            return Err(failed("mapping the ring")(std::io::Error::last_os_error()));
        };
        let mut probe = Self {
            ring,
            reader: Reader::new(n_cpus),
            maps,
            programs: Programs::default(),
            interest: Interest::none(),
            entries: EntryTracepoints::default(),
            has_foreign: false,
            attached: false,
            settings: Settings::default(),
            kept_time: Instant::now(),
        };
        let own_pid = own_pid(&object);
        probe.programs.keep(object).map_err(failed("keeping the eBPF programs"))?;
        probe.configure(config, own_pid)?;
        probe.send(&config.interest)?;
        Ok(probe)
    }

    /// Starts the programs. Without `entries` every call on the machine is looked at when it begins, as soon as opens or connects
    /// are of interest.
    pub fn attach(&mut self, entries: EntryTracepoints) -> Result<(), LoadError> {
        self.entries = entries;
        self.attached = true;
        self.attach_tracepoints()?;
        self.attach_program("dispatch")
    }

    /// Sends other events from now on; programs that are missing are loaded. Nothing in between is lost.
    pub fn set_interest(&mut self, interest: &Interest) -> Result<(), LoadError> {
        if interest.iter().any(|syscall| !self.interest.contains(syscall.code)) {
            self.load_missing(interest)?;
        }
        self.send(interest)
    }

    /// Has the programs that are loaded send this.
    fn send(&mut self, interest: &Interest) -> Result<(), LoadError> {
        for syscall in interest.iter() {
            self.set_program(syscall)?;
        }
        self.update(".bss.wanted", 0, &layout::interest_bytes(interest))?;
        self.interest = interest.clone();
        self.programs.keep_attached(|name, call| {
            needs(interest, name) && (call.is_empty() || layout::entered(interest).contains(&call))
        });
        if self.attached { self.attach_tracepoints() } else { Ok(()) }
    }

    /// What is sent now.
    pub const fn interest(&self) -> &Interest {
        &self.interest
    }

    /// What the programs and the reading end have counted.
    pub fn kernel_stats(&self) -> Result<Stats, LoadError> {
        let zero = 0u32.to_ne_bytes();
        let counters = self.lookup_percpu("counters", &zero)?;
        let cpus = counters.iter().enumerate().map(|(cpu, bytes)| {
            let kernel = Counters::from_bytes(bytes);
            let sequence = self.reader.sequence(cpu);
            CpuStats {
                attempted: kernel.attempted,
                delivered: kernel.delivered,
                ring_full: kernel.ring_full,
                too_large: kernel.too_large,
                nested: kernel.nested,
                faults: kernel.faults,
                enter_faults: kernel.enter_faults,
                received: sequence.received,
                gaps: sequence.gaps,
            }
        });
        let cpus: Vec<CpuStats> = cpus.collect();
        let mut lost_events = Vec::new();
        if cpus.iter().any(|cpu| cpu.ring_full > 0) {
            for code in EventCode::all() {
                let key = u32::from(code.number()).to_ne_bytes();
                let lost = self.lookup_percpu("lost", &key)?;
                let lost = lost.iter().map(|bytes| layout::u64_at(bytes, 0)).sum();
                if lost > 0 {
                    lost_events.push((code, lost));
                }
            }
        }
        let (ring_bytes, ring_used, ring_peak) = self.ring.fill();
        let programs = self.programs.stats();
        Ok(Stats { cpus, lost_events, programs, ring_bytes, ring_used, ring_peak })
    }

    /// The programs know the time since boot; what is to be added moves when the clock is set or slewed.
    pub(crate) fn keep_time(&mut self) {
        if self.kept_time.elapsed() < TIME_KEEPING {
            return;
        }
        self.kept_time = Instant::now();
        let boot_ts = boot_ts();
        if boot_ts.abs_diff(self.settings.boot_ts) > TIME_TOLERANCE {
            self.settings.boot_ts = boot_ts;
            // The next look will try again.
            let _ = self.update("settings", 0, &self.settings.to_bytes());
        }
    }

    fn configure(&mut self, config: &Config, own_pid: u32) -> Result<(), LoadError> {
        self.settings = Settings {
            boot_ts: boot_ts(),
            own_pid,
            snaplen: config.snaplen.min(65_000),
            drop_failed: config.drop_failed,
        };
        self.update("settings", 0, &self.settings.to_bytes())?;
        for syscall in SYSCALLS {
            if let Some(nr) = syscall.nr.filter(|nr| usize::from(*nr) < SYSCALL_SLOTS) {
                self.update("syscall_codes", u32::from(nr), &syscall.code.to_ne_bytes())?;
            }
        }
        for (number, native) in layout::ia32_numbers() {
            self.update("ia32_calls", u32::from(number), &native.to_ne_bytes())?;
        }
        for (i, native) in layout::ia32_socket_numbers().enumerate() {
            self.update("ia32_socket_calls", i as u32 + 1, &native.to_ne_bytes())?;
        }
        Ok(())
    }

    /// Loads the programs that the interest needs and that are not loaded, sharing the maps.
    fn load_missing(&mut self, interest: &Interest) -> Result<(), LoadError> {
        let mut open = open_object()?;
        let missing = |name: &str| needs(interest, name) && !self.programs.is_loaded(name);
        if !choose_programs(&mut open, &missing) {
            return Ok(());
        }
        for mut map in open.maps_mut() {
            if let Some(have) = map.name().to_str().and_then(|name| self.maps.get(name)) {
                map.reuse_fd(have.as_fd()).map_err(failed("sharing maps"))?;
            }
        }
        let object = open.load().map_err(failed("loading more eBPF programs"))?;
        self.programs.keep(object).map_err(failed("keeping the eBPF programs"))
    }

    /// Puts a call's program where the dispatcher finds it.
    fn set_program(&self, syscall: &Syscall) -> Result<(), LoadError> {
        let (Some(nr), name) = (syscall.nr, program_name(syscall)) else { return Ok(()) };
        let Some(program) = self.programs.fd(&name) else { return Ok(()) };
        self.update("programs", u32::from(nr), &program.as_raw_fd().to_ne_bytes())
    }

    fn attach_tracepoints(&mut self) -> Result<(), LoadError> {
        for (name, _) in TRACEPOINTS {
            if needs(&self.interest, name) {
                self.attach_program(name)?;
            }
        }
        self.attach_entry()
    }

    /// The tracepoints of single calls do not tell of calls through other entries; nor does every kernel have them, or let us.
    fn attach_entry(&mut self) -> Result<(), LoadError> {
        if !needs(&self.interest, ANY_ENTRY) || (!self.has_foreign && self.attach_native().is_ok())
        {
            return Ok(());
        }
        self.attach_program(ANY_ENTRY)?;
        self.programs.keep_attached(|name, _| name != NATIVE_ENTRY);
        self.entries = EntryTracepoints::default();
        Ok(())
    }

    fn attach_native(&mut self) -> std::io::Result<()> {
        for call in layout::entered(&self.interest) {
            if self.programs.is_attached_to(NATIVE_ENTRY, call) {
                continue;
            }
            let place = self.entries.0.iter().position(|(name, _)| *name == call);
            let (_, event) = self.entries.0.remove(place.ok_or(std::io::ErrorKind::NotFound)?);
            self.programs.attach_to(NATIVE_ENTRY, call, event)?;
        }
        Ok(())
    }

    /// From now on all entries are watched. Should that fail, what a call that is not native has opened is still known by its
    /// path in the kernel.
    pub(crate) fn see_foreign(&mut self) {
        if !self.has_foreign {
            self.has_foreign = true;
            let _ = self.attach_entry();
        }
    }

    fn attach_program(&mut self, name: &'static str) -> Result<(), LoadError> {
        self.programs.attach(name).map_err(failed("attaching the eBPF programs"))
    }

    fn update(&self, map: &'static str, key: u32, value: &[u8]) -> Result<(), LoadError> {
        let Some(map) = self.maps.get(map) else {
            return Err(failed("finding a map")(std::io::Error::other(map)));
        };
        map.update(&key.to_ne_bytes(), value, MapFlags::ANY).map_err(failed("writing to a map"))
    }

    fn lookup_percpu(&self, map: &'static str, key: &[u8]) -> Result<Vec<Vec<u8>>, LoadError> {
        let Some(map) = self.maps.get(map) else {
            return Err(failed("finding a map")(std::io::Error::other(map)));
        };
        let values = map.lookup_percpu(key, MapFlags::ANY).map_err(failed("reading a map"))?;
        Ok(values.unwrap_or_default())
    }
}

/// This process as the kernel's first pid namespace knows it, which in a container is not what getpid says.
fn own_pid(object: &Object) -> u32 {
    object
        .progs_mut()
        .find(|program| program.name() == "own_pid")
        .and_then(|program| program.test_run(ProgramInput::default()).ok())
        .map_or_else(std::process::id, |output| output.return_value)
}

/// Whether a program is needed for an interest: by the calls whose exit it tells of, or by its tracepoint's names.
fn needs(interest: &Interest, program: &str) -> bool {
    if program == "dispatch" {
        return true;
    }
    if program == ANY_ENTRY {
        return has_task_storage() && !layout::entered(interest).is_empty();
    }
    if program == NATIVE_ENTRY {
        return has_task_registers() && needs(interest, ANY_ENTRY);
    }
    match TRACEPOINTS.iter().find(|(name, _)| *name == program) {
        Some((_, names)) => interest.iter().any(|syscall| names.contains(&syscall.name)),
        None => interest.iter().any(|syscall| program_name(syscall) == program),
    }
}

/// The program that tells of a call's exit.
fn program_name(syscall: &Syscall) -> String {
    match syscall.kind {
        SyscallKind::Generic => "sys_generic".to_owned(),
        _ if syscall.name.ends_with("mmsg") && kernel_version() < (5, 17) => {
            format!("first_{}", syscall.name)
        }
        _ => format!("sys_{}", syscall.name),
    }
}

/// Marks the programs that shall be loaded; whether there are any.
fn choose_programs(open: &mut OpenObject, wanted: &dyn Fn(&str) -> bool) -> bool {
    let mut any = false;
    for mut program in open.progs_mut() {
        let load = program.name().to_str().is_some_and(wanted);
        program.set_autoload(load);
        any |= load;
    }
    any
}

fn open_object() -> Result<OpenObject, LoadError> {
    let mut open =
        ObjectBuilder::default().open_memory(OBJECT).map_err(failed("reading the eBPF object"))?;
    if !has_task_storage() {
        let is_of_tasks = |map: &OpenMapMut<'_>| map.map_type() == MapType::TaskStorage;
        for mut map in open.maps_mut().filter(is_of_tasks) {
            map.set_autocreate(false).map_err(failed("leaving out maps"))?;
        }
    }
    Ok(open)
}

/// Whether the kernel gives these programs memory by thread. Without it the start of calls is not looked at.
fn has_task_storage() -> bool {
    kernel_version() >= (5, 13)
}

/// Whether the kernel tells programs of single calls' tracepoints the registers that the call began with.
fn has_task_registers() -> bool {
    kernel_version() >= (5, 15)
}

/// Says what is missing before libbpf says it worse.
fn check_kernel() -> Result<(), LoadError> {
    if kernel_version() < (5, 8) {
        return Err(LoadError::OldKernel { release: kernel_release() });
    }
    if !Path::new("/sys/kernel/btf/vmlinux").exists() {
        return Err(LoadError::NoBtf);
    }
    Ok(())
}

fn kernel_release() -> String {
    rustix::system::uname().release().to_string_lossy().into_owned()
}

fn kernel_version() -> (u32, u32) {
    let release = kernel_release();
    let mut numbers = release.split(['.', '-']).map(|part| part.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// Nanoseconds since the epoch at boot.
fn boot_ts() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let boot = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let since_boot = Duration::new(boot.tv_sec.unsigned_abs(), 0)
        + Duration::from_nanos(boot.tv_nsec.unsigned_abs());
    u64::try_from(now.saturating_sub(since_boot).as_nanos()).unwrap_or(0)
}

/// What libbpf said last; it has one place for all to say it.
static LOG: Mutex<String> = Mutex::new(String::new());
/// How much of it is kept, in bytes.
const LOG_LEN: usize = 4096;

fn keep_log(_: PrintLevel, line: String) {
    if let Ok(mut log) = LOG.lock() {
        log.push_str(&line);
        let excess = log.len().saturating_sub(LOG_LEN);
        let cut = log.ceil_char_boundary(excess);
        log.drain(..cut);
    }
}

/// Turns an error of libbpf's into one that says what was being done.
fn failed<E>(doing: &'static str) -> impl Fn(E) -> LoadError
where
    E: std::error::Error + Send + Sync + 'static,
{
    move |error| {
        let log = LOG.lock().map(|mut log| std::mem::take(&mut *log)).unwrap_or_default();
        // The verifier refuses with the same error as the kernel's lock, but it has more to say.
        if is_permission(&error) && !log.contains("PROG LOAD LOG") {
            return if is_locked_down() { LoadError::LockedDown } else { LoadError::NotPermitted };
        }
        let log = log.lines().map(|line| format!("\n  {line}")).collect();
        LoadError::Failed { doing, error: Box::new(error), log }
    }
}

fn is_locked_down() -> bool {
    std::fs::read_to_string("/sys/kernel/security/lockdown")
        .is_ok_and(|modes| modes.contains("[confidentiality]"))
}

fn is_permission(error: &(dyn std::error::Error + 'static)) -> bool {
    let kind = error.downcast_ref::<libbpf_rs::Error>().map(libbpf_rs::Error::kind);
    kind == Some(libbpf_rs::ErrorKind::PermissionDenied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_has_a_program() {
        let mut open = open_object().unwrap();
        let names: Vec<String> =
            open.progs_mut().map(|program| program.name().to_string_lossy().into_owned()).collect();
        let missing: Vec<String> = SYSCALLS
            .iter()
            .filter(|syscall| syscall.nr.is_some())
            .map(program_name)
            .filter(|name| !names.contains(name))
            .collect();
        assert_eq!(missing, Vec::<String>::new());
        for (name, needed_by) in TRACEPOINTS {
            assert!(names.iter().any(|have| have == name), "{name}");
            assert!(needed_by.iter().all(|by| gyr_event::syscall_by_name(by).is_some()), "{name}");
        }
    }

    #[test]
    fn programs_for_older_kernels_are_accepted_by_this_one() {
        let mut open = open_object().unwrap();
        choose_programs(&mut open, &|name| name.starts_with("first_"));
        match open.load().map_err(failed("loading")) {
            Err(LoadError::NotPermitted) if std::env::var_os("REQUIRE_BPF").is_none() => {}
            Err(error) => panic!("{error}"),
            Ok(_) => {}
        }
    }

    /// What the verifier has looked at is nearly all of the start. Prints a row for each program.
    #[test]
    #[allow(
        clippy::print_stdout,
        reason = "the rows are what somebody who changes a program looks for"
    )]
    fn no_program_keeps_the_verifier_long() {
        const MOST: u32 = 10_000;
        let names: Vec<String> = open_object()
            .unwrap()
            .progs()
            .map(|program| program.name().to_string_lossy().into_owned())
            .collect();
        let mut rows = Vec::new();
        for name in &names {
            let mut open = open_object().unwrap();
            choose_programs(&mut open, &|other| other == name);
            let began = Instant::now();
            let object = match open.load().map_err(failed("loading")) {
                Err(LoadError::NotPermitted) if std::env::var_os("REQUIRE_BPF").is_none() => return,
                Err(error) => panic!("{name}: {error}"),
                Ok(object) => object,
            };
            let took = began.elapsed();
            let fd = object.progs().find(|program| program.autoload()).unwrap();
            let id = libbpf_rs::Program::id_from_fd(fd.as_fd()).unwrap();
            let info =
                libbpf_rs::query::ProgInfoIter::default().find(|info| info.id == id).unwrap();
            rows.push((info.verified_insns, fd.insn_cnt(), took, name));
        }
        rows.sort_by(|a, b| b.cmp(a));
        for (verified, insns, took, name) in &rows {
            println!("{verified:8} of {insns:5} in {:6.1} ms {name}", took.as_secs_f64() * 1e3);
        }
        let sum: u32 = rows.iter().map(|(verified, ..)| verified).sum();
        println!("{sum:8} in all");
        assert!(rows[0].0 <= MOST, "{} takes {}", rows[0].3, rows[0].0);
    }

    #[test]
    fn only_what_is_needed_is_loaded() {
        let mut interest = Interest::none();
        interest.insert(gyr_event::syscall_by_name("execveat").unwrap().code);
        let needed = ["dispatch", "sys_execveat", "sched_exec"];
        assert!(needed.iter().all(|name| needs(&interest, name)));
        let not_needed = ["sys_execve", "sys_generic", "sched_exit", "enter"];
        assert!(!not_needed.iter().any(|name| needs(&interest, name)));
        interest.insert(gyr_event::syscall_by_name("connect").unwrap().code);
        assert_eq!(needs(&interest, "enter"), has_task_storage());
    }
}
