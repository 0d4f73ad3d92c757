//! Users and groups, limits, signals, memory, mounts, modules and the rest.

use gyr_event::EventCode;

use crate::support::{Notes, line, run, sys};

#[test]
fn ids_are_told_as_they_were_asked_for() {
    let calls = &[
        "setuid",
        "setgid",
        "setreuid",
        "setregid",
        "setresuid",
        "setresgid",
        "getuid",
        "geteuid",
        "getgid",
        "getegid",
        "getresuid",
        "getresgid",
        "setsid",
        "setpgid",
    ];
    let Some(run) = run(calls, |notes| {
        let mut ids = [9u32; 3];
        sys!(libc::SYS_setsid);
        sys!(libc::SYS_setpgid, 0, 0);
        sys!(libc::SYS_setregid, -1, -1);
        sys!(libc::SYS_setresgid, -1, -1, -1);
        notes.set(0, sys!(libc::SYS_setgid, 5));
        sys!(libc::SYS_getgid);
        sys!(libc::SYS_getegid);
        sys!(libc::SYS_setreuid, -1, -1);
        sys!(libc::SYS_setresuid, -1, -1, -1);
        let [real, effective, saved] = [0, 1, 2].map(|i| &raw mut ids[i]);
        sys!(libc::SYS_getresgid, real, effective, saved);
        sys!(libc::SYS_setuid, 7);
        sys!(libc::SYS_getuid);
        sys!(libc::SYS_geteuid);
        sys!(libc::SYS_getresuid, real, effective, saved);
        sys!(libc::SYS_setuid, 0);
    }) else {
        return;
    };
    if run.notes.get(0) != 0 {
        eprintln!("SKIPPED: only root may change its ids");
        return;
    }
    let none = u32::MAX;
    run.check(&[
        format!("setsid res={}", run.pid),
        "setpgid res=-1 pid=0 pgid=0".to_owned(),
        format!("setregid res=0 rgid={none} egid={none}"),
        format!("setresgid res=0 rgid={none} egid={none} sgid={none}"),
        "setgid res=0 gid=5".to_owned(),
        "getgid gid=5".to_owned(),
        "getegid egid=5".to_owned(),
        format!("setreuid res=0 ruid={none} euid={none}"),
        format!("setresuid res=0 ruid={none} euid={none} suid={none}"),
        "getresgid res=0 rgid=5 egid=5 sgid=5".to_owned(),
        "setuid res=0 uid=7".to_owned(),
        "getuid uid=7".to_owned(),
        "geteuid euid=7".to_owned(),
        "getresuid res=0 ruid=7 euid=7 suid=7".to_owned(),
        "setuid res=-1 uid=0".to_owned(),
    ]);
}

#[test]
fn limits_are_told_old_and_new() {
    let Some(run) = run(&["getrlimit", "setrlimit", "prlimit64"], |_| {
        let (wanted, mut had) = ([100i64, 200], [0i64; 2]);
        sys!(libc::SYS_setrlimit, libc::RLIMIT_CORE, wanted.as_ptr());
        sys!(libc::SYS_getrlimit, libc::RLIMIT_CORE, had.as_mut_ptr());
        let new = [50i64, 60];
        sys!(libc::SYS_prlimit64, 0, libc::RLIMIT_CORE, new.as_ptr(), had.as_mut_ptr());
        sys!(libc::SYS_prlimit64, 0, 77, 0, 0);
    }) else {
        return;
    };
    run.check(&[
        "setrlimit res=0 cur=100 max=200 resource=4".to_owned(),
        "getrlimit res=0 cur=100 max=200 resource=4".to_owned(),
        "prlimit res=0 newcur=50 newmax=60 oldcur=100 oldmax=200 pid=0 resource=4".to_owned(),
        "prlimit res=-22 newcur=0 newmax=0 oldcur=0 oldmax=0 pid=0 resource=255".to_owned(),
    ]);
}

#[test]
fn what_a_process_does_to_itself_is_told() {
    let calls = &["prctl", "unshare", "setns", "seccomp", "capset"];
    let Some(run) = run(calls, |notes| {
        let name = *b"newname\0";
        let mut reaper = 5i32;
        sys!(libc::SYS_prctl, libc::PR_SET_NAME, name.as_ptr(), 0, 0, 0);
        sys!(libc::SYS_prctl, libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        sys!(libc::SYS_prctl, libc::PR_GET_CHILD_SUBREAPER, &raw mut reaper, 0, 0, 0);
        sys!(libc::SYS_prctl, libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        sys!(libc::SYS_prctl, 4242, 1, 0, 0, 0);
        sys!(libc::SYS_unshare, libc::CLONE_FS | libc::CLONE_FILES);
        sys!(libc::SYS_setns, -1, libc::CLONE_NEWNET);
        notes.set(0, sys!(libc::SYS_seccomp, 2, 0, 0));
        let header = [0x2008_0522u32, 0];
        let drop_all = [0u32; 6];
        notes.set(1, sys!(libc::SYS_capset, header.as_ptr(), drop_all.as_ptr()));
    }) else {
        return;
    };
    run.check(&[
        "prctl res=0 option=15 arg2_str=\"newname\" arg2_int=0".to_owned(),
        "prctl res=0 option=36 arg2_int=1".to_owned(),
        "prctl res=0 option=37 arg2_int=1".to_owned(),
        "prctl res=0 option=38 arg2_int=1".to_owned(),
        "prctl res=-22 option=0 arg2_int=1".to_owned(),
        "unshare res=0 flags=0x3".to_owned(),
        "setns res=-9 fd=-1 nstype=0x10".to_owned(),
        format!("seccomp res={} op=2 flags=0", run.notes.get(0)),
        format!(
            "capset res={} cap_inheritable=0 cap_permitted=0 cap_effective=0",
            run.notes.get(1)
        ),
    ]);
}

#[test]
fn a_traced_process_is_told_of_with_its_data() {
    let Some(run) = run(&["ptrace"], |notes| {
        let child = crate::support::fork(|| {
            sys!(libc::SYS_pause);
        });
        notes.set(0, child.into());
        sys!(libc::SYS_ptrace, libc::PTRACE_ATTACH, child, 0, 0);
        sys!(libc::SYS_wait4, child, 0, 0, 0);
        let mut word = 0i64;
        let register = 15 * 8; // orig_rax, the number of pause
        sys!(libc::SYS_ptrace, libc::PTRACE_PEEKUSER, child, register, &raw mut word);
        notes.set(1, word);
        sys!(libc::SYS_ptrace, libc::PTRACE_SETOPTIONS, child, 0, 1);
        sys!(libc::SYS_ptrace, libc::PTRACE_DETACH, child, 0, libc::SIGKILL);
        sys!(libc::SYS_wait4, child, 0, 0, 0);
        sys!(libc::SYS_ptrace, 999, child, 5, 6);
    }) else {
        return;
    };
    let child = run.notes.get(0);
    let number = |value: i64| format!("\\x00{}", value.to_le_bytes().escape_ascii());
    let zero = number(0);
    run.check(&[
        format!("ptrace res=0 addr={zero} data={zero} request=11 pid={child}"),
        format!(
            "ptrace res=0 addr={} data={} request=4 pid={child}",
            number(120),
            number(run.notes.get(1))
        ),
        format!("ptrace res=0 addr={zero} data={} request=14 pid={child}", number(1)),
        format!("ptrace res=0 addr={zero} data=\\x01\\t request=12 pid={child}"),
        format!("ptrace res=-3 addr={zero} data={zero} request=0 pid={child}"),
    ]);
}

#[test]
fn signals_are_told_when_sent_and_when_delivered() {
    let Some(run) = run(&["kill", "tkill", "tgkill", "signal_deliver"], |_| {
        let pid = sys!(libc::SYS_getpid);
        sys!(libc::SYS_kill, pid, 0);
        sys!(libc::SYS_tkill, pid, 0);
        sys!(libc::SYS_tgkill, pid, pid, 0);
        // SAFETY: the handler does nothing.
        unsafe { libc::signal(libc::SIGTERM, ignore as *const () as usize) };
        sys!(libc::SYS_kill, pid, libc::SIGTERM);
    }) else {
        return;
    };
    let pid = run.pid;
    run.check(&[
        format!("kill res=0 pid={pid} sig=0"),
        format!("tkill res=0 tid={pid} sig=0"),
        format!("tgkill res=0 pid={pid} tid={pid} sig=0"),
        format!("kill res=0 pid={pid} sig=15"),
        format!("signaldeliver spid={pid} dpid={pid} sig=15"),
    ]);
}

extern "C" fn ignore(_: i32) {}

#[test]
fn memory_calls_tell_where_and_how() {
    let calls = &[
        "mmap",
        "munmap",
        "mprotect",
        "mlock",
        "munlock",
        "mlock2",
        "mlockall",
        "munlockall",
        "brk",
    ];
    let Some(run) = run(calls, |notes| {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_POPULATE;
        let prot = libc::PROT_READ | libc::PROT_WRITE;
        let at = sys!(libc::SYS_mmap, 0, 8192, prot, flags, -1, 0);
        notes.set(0, at);
        sys!(libc::SYS_mprotect, at, 4096, libc::PROT_EXEC);
        sys!(libc::SYS_mlock, at, 0);
        sys!(libc::SYS_mlock2, at, 0, 1);
        sys!(libc::SYS_munlock, at, 4096);
        sys!(libc::SYS_mlockall, 8);
        sys!(libc::SYS_munlockall);
        notes.set(1, sys!(libc::SYS_brk, 0));
        sys!(libc::SYS_munmap, at, 8192);
    }) else {
        return;
    };
    let (at, brk) = (run.notes.get(0), run.notes.get(1));
    let lines: Vec<String> = run
        .all()
        .filter(|event| event.tid() == run.pid)
        .map(|event| without_sizes(&line(event)))
        .collect();
    assert_eq!(
        lines,
        [
            format!("mmap res={at} addr=0 length=8192 prot=0x3 flags=0x8a fd=-1 offset=0"),
            format!("mprotect res=0 addr={at} length=4096 prot=0x4"),
            format!("mlock res=0 addr={at} len=0"),
            format!("mlock2 res=0 addr={at} len=0 flags=0x1"),
            format!("munlock res=0 addr={at} len=4096"),
            "mlockall res=-22 flags=0x0".to_owned(),
            "munlockall res=0".to_owned(),
            format!("brk res={brk} addr=0"),
            format!("munmap res=0 addr={at} length=8192"),
        ]
    );
    let sizes = run.one(EventCode::MMAP);
    assert!(sizes.u64(1) >= sizes.u64(2) && sizes.u64(1) > Some(1000));
}

/// Sizes of the process vary.
fn without_sizes(line: &str) -> String {
    line.split(' ').filter(|word| !word.starts_with("vm_")).collect::<Vec<_>>().join(" ")
}

#[test]
fn mounts_and_modules_tell_what_they_were_given() {
    let calls = &[
        "mount",
        "umount2",
        "init_module",
        "finit_module",
        "delete_module",
        "bpf",
        "fsconfig",
        "keyctl",
    ];
    let act = |notes: &Notes| {
        let (a, b, c, d) = (*b"dev\0", *b"/nowhere\0", *b"tmpfs\0", *b"x=1\0");
        let flags = 0xc0ed_0000u64 | libc::MS_RDONLY | libc::MS_NOSUID;
        sys!(libc::SYS_mount, a.as_ptr(), b.as_ptr(), c.as_ptr(), flags, 0);
        sys!(libc::SYS_umount2, b.as_ptr(), libc::MNT_DETACH);
        notes.set(0, sys!(libc::SYS_init_module, a.as_ptr(), 3, d.as_ptr()));
        notes.set(1, sys!(libc::SYS_finit_module, -1, d.as_ptr(), 3));
        notes.set(2, sys!(libc::SYS_delete_module, a.as_ptr(), libc::O_NONBLOCK));
        sys!(libc::SYS_bpf, 99, 0, 0);
        sys!(libc::SYS_fsconfig, -1, 1, a.as_ptr(), d.as_ptr(), 4);
        notes.set(3, sys!(libc::SYS_keyctl, 1, 0, 2, 3, 4));
        notes.set(4, sys!(libc::SYS_keyctl, 10, -3, a.as_ptr(), d.as_ptr(), 0));
    };
    let Some(run) = run(calls, act) else { return };
    let note = |i| run.notes.get(i);
    let number = |value: i64| format!("\\x00{}", value.to_le_bytes().escape_ascii());
    run.check(&[
        "mount res=-2 dev=\"dev\" dir=\"/nowhere\" type=\"tmpfs\" flags=0x3".to_owned(),
        "umount2 res=-2 name=\"/nowhere\" flags=0x2".to_owned(),
        format!("init_module res={} img=dev length=3 uargs=\"x=1\"", note(0)),
        format!("finit_module res={} fd=-1 uargs=\"x=1\" flags=0x3", note(1)),
        format!("delete_module res={} name=\"dev\" flags=0x2", note(2)),
        "bpf fd=-22 cmd=99".to_owned(),
        "fsconfig res=-22 fd=-1 cmd=1 key=\"dev\" aux=4".to_owned(),
        format!(
            "keyctl res={} operation=1 arg2={} arg3={} arg4={} arg5={}",
            note(3),
            number(0),
            number(2),
            number(3),
            number(4)
        ),
        format!(
            "keyctl res={} operation=10 arg2={} arg3=\\x01dev\\x00 arg4=\\x01x=1\\x00 arg5={}",
            note(4),
            number(-3),
            number(0)
        ),
    ]);
}

#[test]
fn semaphores_sleeps_and_the_rest() {
    let calls = &["semget", "semop", "semctl", "nanosleep", "futex", "quotactl"];
    let Some(run) = run(calls, |notes| {
        let id = sys!(libc::SYS_semget, 0, 2, libc::IPC_CREAT | 0o600);
        notes.set(0, id);
        let ops = [[0u16, 1, 0o4000], [1, 0u16.wrapping_sub(0), 0x1000]];
        sys!(libc::SYS_semop, id, ops.as_ptr(), 2);
        sys!(libc::SYS_semctl, id, 1, libc::SETVAL, 6);
        sys!(libc::SYS_semctl, id, 0, libc::IPC_RMID, 9);
        let time = [0i64, 1000];
        sys!(libc::SYS_nanosleep, time.as_ptr(), 0);
        let word = [3u32];
        sys!(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
            1,
            0,
            0,
            0
        );
        notes.set(1, word.as_ptr() as i64);
        let special = *b"/none\0";
        let command = 0x80_0007u32 << 8 | 1;
        notes.set(2, sys!(libc::SYS_quotactl, command, special.as_ptr(), 42, 0));
    }) else {
        return;
    };
    let [id, word, quota] = [0, 1, 2].map(|i| run.notes.get(i));
    run.check(&[
        format!("semget res={id} key=0 nsems=2 semflg=0x2000"),
        format!(
            "semop res=0 nsops=2 sem_num_0=0 sem_op_0=1 sem_flg_0=0x1 sem_num_1=1 sem_op_1=0 \
             sem_flg_1=0x2 semid={id}"
        ),
        format!("semctl res=0 semid={id} semnum=1 cmd=0x1000 val=6"),
        format!("semctl res=0 semid={id} semnum=0 cmd=0x4 val=0"),
        "nanosleep res=0 interval=1000".to_owned(),
        format!("futex res=0 addr={word} op=0x81 val=1"),
        format!(
            "quotactl res={quota} special=\"/none\" dqb_bhardlimit=0 dqb_bsoftlimit=0 dqb_curspace=0 \
             dqb_ihardlimit=0 dqb_isoftlimit=0 dqb_btime=0 dqb_itime=0 dqi_bgrace=0 dqi_igrace=0 \
             dqi_flags=0x0 quota_fmt_out=0x1 cmd=0x20 type=0x2 id=42 quota_fmt=0x1"
        ),
    ]);
}

#[test]
fn a_call_without_an_event_of_its_own_is_told_by_its_code() {
    let Some(run) = run(&["getpid", "sched_yield"], |_| {
        sys!(libc::SYS_getpid);
        sys!(libc::SYS_sched_yield);
    }) else {
        return;
    };
    let code = |name: &str| gyr_event::syscall_by_name(name).unwrap().code;
    run.check(&[
        format!("syscall ID={} nativeID={}", code("getpid"), libc::SYS_getpid),
        format!("syscall ID={} nativeID={}", code("sched_yield"), libc::SYS_sched_yield),
    ]);
}
