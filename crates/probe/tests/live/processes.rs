//! Processes and threads: how they come, change their image, and go.

use gyr_event::{Event, EventCode, tables};

use crate::support::{Run, line, run, sys};

const CLONES: &[&str] = &["clone", "clone3", "fork", "vfork"];

/// What /proc says of this process; its children by fork share it.
struct Proc {
    exe: Vec<u8>,
    args: Vec<u8>,
    cgroups: Vec<u8>,
}

impl Proc {
    fn read() -> Self {
        let cmdline = std::fs::read("/proc/self/cmdline").unwrap();
        let split = cmdline.iter().position(|byte| *byte == 0).unwrap() + 1;
        let mut args = cmdline[split..].to_vec();
        args.truncate(4096);
        Self { exe: cmdline[..split].to_vec(), args, cgroups: cgroups() }
    }
}

/// This process's control groups as events have them.
fn cgroups() -> Vec<u8> {
    let text = std::fs::read_to_string("/proc/self/cgroup").unwrap();
    let path_of = |subsystem: &str| {
        let lines = text.lines().map(|line| line.splitn(3, ':').collect::<Vec<_>>());
        let mut fitting =
            lines.filter(|line| line[1].is_empty() || line[1].split(',').any(|s| s == subsystem));
        // Version 1 hierarchies come before the one of version 2.
        fitting.next().map_or("/", |line| line[2]).to_owned()
    };
    let names = [
        ("cpuset", "cpuset"),
        ("cpu", "cpu"),
        ("cpuacct", "cpuacct"),
        ("io", "blkio"),
        ("memory", "memory"),
    ];
    names.iter().flat_map(|(name, v1)| format!("{name}={}\0", path_of(v1)).into_bytes()).collect()
}

fn events_of(run: &Run, tid: i64, code: EventCode) -> Vec<Event<'_>> {
    run.all().filter(|event| event.tid() == tid && event.code() == code).collect()
}

fn rlimit_nofile() -> u64 {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: writes to the local of the right type.
    unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) };
    limit.rlim_cur
}

#[test]
fn fork_is_told_by_the_parent_and_by_the_child() {
    let Some(run) = run(CLONES, |notes| {
        let child = sys!(libc::SYS_fork);
        if child == 0 {
            // SAFETY: ends the grandchild.
            unsafe { libc::_exit(0) };
        }
        notes.set(0, child);
        sys!(libc::SYS_wait4, child, 0, 0, 0);
    }) else {
        return;
    };
    let proc = Proc::read();
    let child = run.notes.get(0);
    let parent_pid = i64::from(std::process::id());
    for (tid, ptid, res) in [(run.pid, None, child), (child, Some(run.pid), 0)] {
        let [event] = events_of(&run, tid, EventCode::FORK)[..] else { panic!("{tid}") };
        assert_eq!(event.i64(EventCode::FORK.param("res")), Some(res));
        assert_eq!(event.bytes(EventCode::FORK.param("exe")), proc.exe);
        assert_eq!(event.bytes(EventCode::FORK.param("args")), proc.args);
        for name in ["tid", "pid", "vtid", "vpid"] {
            assert_eq!(event.i64(index(event, name)), Some(tid), "{name}");
        }
        assert_eq!(
            event.i64(index(event, "ptid")),
            Some(ptid.unwrap_or_else(|| parent_tid(parent_pid, event)))
        );
        assert!(!event.has(index(event, "cwd")));
        assert_eq!(event.u64(index(event, "fdlimit")), Some(rlimit_nofile()));
        assert!(event.u64(index(event, "vm_size")).unwrap() > 1000);
        assert!(
            event.u64(index(event, "vm_rss")).unwrap()
                < event.u64(index(event, "vm_size")).unwrap()
        );
        assert_eq!(event.u64(index(event, "vm_swap")), Some(0));
        assert!(event.u64(index(event, "pgft_min")).is_some());
        assert_eq!(event.u64(index(event, "pgft_maj")), Some(0));
        assert_eq!(event.text(index(event, "comm")), Some(&b"processes::fork"[..]));
        assert_eq!(
            event.bytes(index(event, "cgroups")).escape_ascii().to_string(),
            proc.cgroups.escape_ascii().to_string()
        );
        assert_eq!(event.u64(index(event, "flags")), Some(0));
        // SAFETY: no preconditions.
        let (uid, gid) = unsafe { (libc::geteuid(), libc::getegid()) };
        assert_eq!(event.u32(index(event, "uid")), Some(uid));
        assert_eq!(event.u32(index(event, "gid")), Some(gid));
        let init_start = event.u64(index(event, "pidns_init_start_ts")).unwrap();
        assert_eq!(init_start > 0, res == 0, "only the child tells of its namespace");
    }
}

/// The parent is the thread of this process that forked, which only the event knows.
fn parent_tid(pid: i64, event: Event<'_>) -> i64 {
    let tid = event.i64(index(event, "ptid")).unwrap();
    assert!(std::path::Path::new(&format!("/proc/{pid}/task/{tid}")).exists(), "{tid}");
    tid
}

fn index(event: Event<'_>, name: &str) -> usize {
    event.info().params.iter().position(|param| param.name == name).unwrap()
}

#[test]
fn an_exec_that_succeeds_tells_the_new_image() {
    let Some(run) = run(&["execve"], |_| {
        let args = [c"tru".as_ptr(), c"a b".as_ptr(), c"".as_ptr(), std::ptr::null()];
        let env = [c"X=1".as_ptr(), c"Y=".as_ptr(), std::ptr::null()];
        sys!(libc::SYS_execve, c"/bin/true".as_ptr(), args.as_ptr(), env.as_ptr());
    }) else {
        return;
    };
    let event = run.one(EventCode::EXECVE);
    let exe = std::fs::canonicalize("/bin/true").unwrap();
    use std::os::unix::fs::MetadataExt;
    let meta = std::fs::metadata(&exe).unwrap();
    let ctime = meta.ctime() as u64 * 1_000_000_000 + meta.ctime_nsec() as u64;
    let mtime = meta.mtime() as u64 * 1_000_000_000 + meta.mtime_nsec() as u64;
    let status = |field: &str| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with(field)).unwrap();
        u64::from_str_radix(line.split_whitespace().nth(1).unwrap(), 16).unwrap()
    };
    let loginuid: u32 =
        std::fs::read_to_string("/proc/self/loginuid").unwrap().trim().parse().unwrap();
    // SAFETY: no preconditions.
    let (uid, gid, pgid) = unsafe { (libc::geteuid(), libc::getegid(), libc::getpgid(0)) };
    let varying = |names: &[&str]| {
        let value = |name: &&str| format!(" {name}={}", event.i64(index(event, name)).unwrap());
        names.iter().map(value).collect::<String>()
    };
    let (inheritable, permitted, effective) =
        (status("CapInh:"), status("CapPrm:"), status("CapEff:"));
    run.check(&[format!(
        "execve res=0 exe=\"tru\" args=a b\\x00\\x00 tid={pid} pid={pid} ptid={} fdlimit={}{} vm_swap=0 \
         comm=\"true\" cgroups={} env=X=1\\x00Y=\\x00{} vpgid={pgid} loginuid={loginuid} flags=0x1 \
         cap_inheritable={inheritable} cap_permitted={permitted} cap_effective={effective} exe_ino={} \
         exe_ino_ctime={ctime} exe_ino_mtime={mtime} uid={uid} trusted_exepath=\"{}\" pgid={pgid} gid={gid} \
         filename=\"/bin/true\"",
        parent_tid(i64::from(std::process::id()), event),
        rlimit_nofile(),
        varying(&["pgft_maj", "pgft_min", "vm_size", "vm_rss"]),
        cgroups().escape_ascii(),
        varying(&["tty"]),
        meta.ino(),
        exe.display(),
        pid = run.pid,
    )]);
}

#[test]
fn an_exec_that_fails_tells_what_was_asked_for() {
    let Some(run) = run(&["execve", "execveat"], |_| {
        // Copies on the stack: constants of the file might not be in the child's memory, and the probe may not wait.
        let (argv0, a, b, x) = (*b"none\0", *b"a\0", *b"b\0", *b"X=1\0");
        let args = [argv0.as_ptr(), a.as_ptr(), a[1..].as_ptr(), b.as_ptr(), std::ptr::null()];
        let env = [x.as_ptr(), std::ptr::null()];
        sys!(libc::SYS_execve, c"/none".as_ptr(), args.as_ptr(), env.as_ptr());
        sys!(libc::SYS_execveat, -100, c"/none".as_ptr(), args.as_ptr(), env.as_ptr(), 0);
    }) else {
        return;
    };
    for code in [EventCode::EXECVE, EventCode::EXECVEAT] {
        let event = run.one(code);
        let text = |name: &str| event.bytes(index(event, name)).escape_ascii().to_string();
        assert_eq!(event.result(), Some(-i64::from(libc::ENOENT)));
        assert_eq!(text("exe"), "none\\x00");
        assert_eq!(text("args"), "a\\x00\\x00b\\x00");
        assert_eq!(text("env"), "X=1\\x00");
        let exe = std::env::current_exe().unwrap();
        assert_eq!(text("trusted_exepath"), format!("{}\\x00", exe.display()));
    }
    let event = run.one(EventCode::EXECVE);
    assert_eq!(event.text(index(event, "filename")), Some(&b"/none"[..]));
}

#[test]
fn the_end_of_a_process_tells_its_status() {
    let Some(run) = run(&["sched_process_exit"], |notes| {
        for (i, signal) in [0, libc::SIGTERM].into_iter().enumerate() {
            let child = sys!(libc::SYS_fork);
            if child == 0 {
                if signal == 0 {
                    // SAFETY: ends the grandchild.
                    unsafe { libc::_exit(7) };
                }
                // SAFETY: the grandchild dies of it.
                unsafe { libc::raise(signal) };
            }
            notes.set(i, child);
            sys!(libc::SYS_wait4, child, 0, 0, 0);
        }
    }) else {
        return;
    };
    let ended = |status: i64, ret: i64, sig: i32, i: usize| {
        let events = events_of(&run, run.notes.get(i), EventCode::PROCEXIT);
        assert_eq!(events.len(), 1);
        assert_eq!(
            line(events[0]),
            format!("procexit status={status} ret={ret} sig={sig} core=0 reaper_tid=0")
        );
    };
    ended(7 << 8, 7, 0, 0);
    ended(i64::from(libc::SIGTERM), 0, libc::SIGTERM, 1);
    assert_eq!(run.events(EventCode::PROCEXIT).len(), 1, "the child itself");
}

/// The flags of the only event of a kind that a thread made.
fn flags_of(run: &Run, tid: i64, code: EventCode) -> u64 {
    let [event] = events_of(run, tid, code)[..] else { panic!("{}", code.info().name) };
    event.u64(index(event, "flags")).unwrap()
}

#[repr(C)]
#[derive(Default)]
struct CloneArgs {
    flags: u64,
    rest: [u64; 7],
}

fn flag(names: &[&str]) -> u64 {
    names.iter().map(|name| u64::from(tables::clone_flags.value(name))).sum()
}

#[test]
fn the_flags_of_a_clone_are_told_on_both_sides() {
    let Some(run) = run(CLONES, |notes| {
        let exit_signal = libc::SIGCHLD;
        let child = sys!(libc::SYS_clone, libc::CLONE_FS | exit_signal, 0, 0, 0, 0);
        end_if_child(child);
        notes.set(0, child);
        let mut args = CloneArgs { flags: libc::CLONE_FILES as u64, ..CloneArgs::default() };
        args.rest[3] = exit_signal as u64;
        let child = sys!(libc::SYS_clone3, &raw const args, size_of::<CloneArgs>());
        end_if_child(child);
        notes.set(1, child);
        let child = sys!(libc::SYS_clone, libc::CLONE_NEWPID | exit_signal, 0, 0, 0, 0);
        end_if_child(child);
        notes.set(2, child);
        sys!(libc::SYS_clone3, 0, 0);
        for i in 0..3 {
            sys!(libc::SYS_wait4, notes.get(i), 0, 0, 0);
        }
    }) else {
        return;
    };
    let [by_clone, by_clone3, in_namespace] = [0, 1, 2].map(|i| run.notes.get(i));
    assert_eq!(flags_of(&run, by_clone, EventCode::CLONE), flag(&["CLONE_FS"]));
    assert_eq!(flags_of(&run, by_clone3, EventCode::CLONE3), flag(&["CLONE_FILES"]));
    let failed = run.events(EventCode::CLONE3).into_iter().find(|e| e.result() < Some(0)).unwrap();
    assert!(!failed.has(index(failed, "exe")) && !failed.has(index(failed, "args")));
    if in_namespace < 0 {
        eprintln!("SKIPPED: only root may make a pid namespace");
        return;
    }
    let want = flag(&["CLONE_NEWPID", "CLONE_CHILD_IN_PIDNS"]);
    assert_eq!(flags_of(&run, in_namespace, EventCode::CLONE), want);
    let child = events_of(&run, in_namespace, EventCode::CLONE)[0];
    let number = |name: &str| child.i64(index(child, name)).unwrap();
    assert_eq!((number("tid"), number("vtid"), number("vpid")), (in_namespace, 1, 1));
    let parents = run.events(EventCode::CLONE);
    let parent = parents.iter().find(|event| event.result() == Some(in_namespace)).unwrap();
    assert_eq!(parent.u64(index(*parent, "flags")), Some(flag(&["CLONE_NEWPID"])));
}

fn end_if_child(pid: i64) {
    if pid == 0 {
        // SAFETY: ends the grandchild.
        unsafe { libc::_exit(0) };
    }
}

#[test]
fn a_program_in_memory_is_told_by_its_name_and_flag() {
    let Some(run) = run(&["execve", "execveat"], |notes| {
        let fd = sys!(libc::SYS_memfd_create, c"payload".as_ptr(), 0);
        let from = sys!(libc::SYS_openat, -100, c"/bin/true".as_ptr(), libc::O_RDONLY, 0);
        sys!(libc::SYS_sendfile, fd, from, 0, 1 << 30);
        let args = [c"true".as_ptr(), std::ptr::null()];
        let env: [*const u8; 1] = [std::ptr::null()];
        notes.set(0, fd);
        sys!(
            libc::SYS_execveat,
            fd,
            c"".as_ptr(),
            args.as_ptr(),
            env.as_ptr(),
            libc::AT_EMPTY_PATH
        );
    }) else {
        return;
    };
    // execveat that succeeds is told as execve.
    let event = run.one(EventCode::EXECVE);
    let text =
        |name: &str| event.text(index(event, name)).map(|text| text.escape_ascii().to_string());
    assert_eq!(text("trusted_exepath").as_deref(), Some("memfd:payload"));
    assert_eq!(text("filename"), Some(format!("/dev/fd/{}", run.notes.get(0))));
    let flags = ["EXE_WRITABLE", "EXE_FROM_MEMFD"].map(|name| tables::execve_flags.value(name));
    assert_eq!(event.u32(index(event, "flags")), Some(flags.iter().sum()));
}

#[test]
fn a_program_that_may_not_be_written_to_says_so() {
    let Some(run) = run(&["execve"], |notes| {
        notes.set(0, sys!(libc::SYS_setuid, 65534));
        let args = [c"true".as_ptr(), std::ptr::null()];
        sys!(libc::SYS_execve, c"/bin/true".as_ptr(), args.as_ptr(), 0);
    }) else {
        return;
    };
    if run.notes.get(0) == 0 {
        let event = run.one(EventCode::EXECVE);
        assert_eq!(event.u64(index(event, "flags")), Some(0));
        assert_eq!(event.u64(index(event, "uid")), Some(65534));
        assert_eq!(event.u64(index(event, "cap_effective")), Some(0));
    }
}

#[test]
fn long_arguments_are_cut_with_a_nul_at_their_end() {
    let Some(run) = run(&["execve"], |_| {
        let mut long = [b'a'; 6000];
        long[5999] = 0;
        let args = [c"true".as_ptr().cast(), long.as_ptr(), std::ptr::null()];
        sys!(libc::SYS_execve, c"/bin/true".as_ptr(), args.as_ptr(), args.as_ptr());
    }) else {
        return;
    };
    let event = run.one(EventCode::EXECVE);
    let args = event.bytes(index(event, "args"));
    assert_eq!((args.len(), args.last()), (4096, Some(&0)));
    let env = event.bytes(index(event, "env"));
    assert_eq!((env.len(), env.last(), env[0]), (4096, Some(&0), b't'));
}

#[test]
fn children_that_are_left_go_to_the_nearest_subreaper() {
    let Some(run) = run(&["sched_process_exit"], |notes| {
        sys!(libc::SYS_prctl, libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        let child = sys!(libc::SYS_fork);
        if child == 0 {
            let grandchild = sys!(libc::SYS_fork);
            if grandchild == 0 {
                sys!(libc::SYS_pause);
            }
            notes.set(1, grandchild);
            end_if_child(0);
        }
        notes.set(0, child);
        sys!(libc::SYS_wait4, child, 0, 0, 0);
        sys!(libc::SYS_kill, notes.get(1), libc::SIGKILL);
        sys!(libc::SYS_wait4, notes.get(1), 0, 0, 0);
    }) else {
        return;
    };
    let [event] = events_of(&run, run.notes.get(0), EventCode::PROCEXIT)[..] else { panic!() };
    assert_eq!(event.i64(index(event, "reaper_tid")), Some(run.pid));
    let [event] = events_of(&run, run.notes.get(1), EventCode::PROCEXIT)[..] else { panic!() };
    assert_eq!(event.i64(index(event, "reaper_tid")), Some(0), "it leaves no children");
}
