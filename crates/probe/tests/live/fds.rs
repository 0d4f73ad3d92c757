//! Descriptors: copied, changed, and made for what is no file.

use crate::support::{AT_FDCWD, run, sys};

#[test]
fn copies_of_a_descriptor_tell_both() {
    // Far above what tests that run beside this one have open: the child has it, too.
    let calls = &["dup", "dup2", "dup3", "fcntl", "close_range"];
    let Some(run) = run(calls, |notes| {
        notes.set(0, sys!(libc::SYS_dup, 1));
        sys!(libc::SYS_dup2, 1, 970);
        sys!(libc::SYS_dup3, 1, 971, libc::O_CLOEXEC);
        sys!(libc::SYS_dup2, 972, 973);
        notes.set(1, sys!(libc::SYS_fcntl, 1, libc::F_DUPFD_CLOEXEC, 980));
        sys!(libc::SYS_fcntl, 1, libc::F_SETFD, libc::FD_CLOEXEC);
        notes.set(2, sys!(libc::SYS_fcntl, 1, libc::F_GETFL, 5));
        sys!(libc::SYS_fcntl, 1, 4242, 0);
        sys!(libc::SYS_close_range, 970, 971, 4);
    }) else {
        return;
    };
    run.check(&[
        format!("dup res={} oldfd=1", run.notes.get(0)),
        "dup2 res=970 oldfd=1 newfd=970".to_owned(),
        "dup3 res=971 oldfd=1 newfd=971 flags=0x1000".to_owned(),
        "dup2 res=-9 oldfd=972 newfd=973".to_owned(),
        format!("fcntl res={} fd=1 cmd=26 arg=980", run.notes.get(1)),
        "fcntl res=0 fd=1 cmd=3 arg=1".to_owned(),
        format!("fcntl res={} fd=1 cmd=4 arg=5", run.notes.get(2)),
        "fcntl res=-22 fd=1 cmd=0 arg=0".to_owned(),
        "close_range res=0 first=970 last=971 flags=0x4".to_owned(),
    ]);
}

#[test]
fn a_pipe_tells_both_ends_and_its_inode() {
    let Some(run) = run(&["pipe", "pipe2"], |notes| {
        for i in 0..2 {
            let mut fds = [0i32; 2];
            if i == 0 {
                sys!(libc::SYS_pipe, fds.as_mut_ptr());
            } else {
                sys!(libc::SYS_pipe2, fds.as_mut_ptr(), libc::O_NONBLOCK | libc::O_CLOEXEC);
            }
            let mut stat = [0u64; 32];
            sys!(libc::SYS_fstat, fds[0], stat.as_mut_ptr());
            notes.set(3 * i, i64::from(fds[0]));
            notes.set(3 * i + 1, i64::from(fds[1]));
            notes.set(3 * i + 2, stat[1].cast_signed());
        }
        sys!(libc::SYS_pipe2, 0, 0);
    }) else {
        return;
    };
    let [a, b, ino, c, d, ino2] = [0, 1, 2, 3, 4, 5].map(|i| run.notes.get(i));
    run.check(&[
        format!("pipe res=0 fd1={a} fd2={b} ino={ino}"),
        format!("pipe2 res=0 fd1={c} fd2={d} ino={ino2} flags=0x1040"),
        "pipe2 res=-14 fd1=-1 fd2=-1 ino=0 flags=0x0".to_owned(),
    ]);
}

#[test]
fn descriptors_of_no_file_tell_how_they_were_made() {
    let calls = &[
        "eventfd",
        "eventfd2",
        "timerfd_create",
        "signalfd",
        "signalfd4",
        "inotify_init",
        "inotify_init1",
        "epoll_create",
        "epoll_create1",
        "epoll_wait",
        "memfd_create",
        "userfaultfd",
        "pidfd_open",
        "pidfd_getfd",
    ];
    let Some(run) = run(calls, |notes| {
        let mask = [0u64; 1];
        let mut events = [0u64; 16];
        notes.set(0, sys!(libc::SYS_eventfd, 3));
        notes.set(1, sys!(libc::SYS_eventfd2, 4, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK));
        notes.set(2, sys!(libc::SYS_timerfd_create, libc::CLOCK_MONOTONIC, libc::TFD_CLOEXEC));
        notes.set(3, sys!(libc::SYS_signalfd, -1, mask.as_ptr(), 8));
        notes.set(4, sys!(libc::SYS_signalfd4, -1, mask.as_ptr(), 8, libc::SFD_NONBLOCK));
        notes.set(5, sys!(libc::SYS_inotify_init));
        notes.set(6, sys!(libc::SYS_inotify_init1, libc::IN_CLOEXEC));
        notes.set(7, sys!(libc::SYS_epoll_create, 9));
        notes.set(8, sys!(libc::SYS_epoll_create1, libc::EPOLL_CLOEXEC));
        sys!(libc::SYS_epoll_wait, notes.get(8), events.as_mut_ptr(), 5, 0);
        notes.set(9, sys!(libc::SYS_memfd_create, c"mem".as_ptr(), libc::MFD_CLOEXEC));
        notes.set(10, sys!(libc::SYS_userfaultfd, libc::O_CLOEXEC | 1));
        let pid = sys!(libc::SYS_getpid);
        notes.set(11, sys!(libc::SYS_pidfd_open, pid, libc::O_NONBLOCK));
        notes.set(12, sys!(libc::SYS_pidfd_getfd, notes.get(11), 1, 0));
    }) else {
        return;
    };
    let res = |i| run.notes.get(i);
    run.check(&[
        format!("eventfd res={} initval=3 flags=0", res(0)),
        format!("eventfd2 res={} flags=0x1040 initval=4", res(1)),
        format!("timerfd_create res={} clockid=0 flags=0", res(2)),
        format!("signalfd res={} fd=-1 mask=0 flags=0", res(3)),
        format!("signalfd4 res={} flags=0x40 fd=-1 mask=0", res(4)),
        format!("inotify_init res={} flags=0", res(5)),
        format!("inotify_init1 res={} flags=0x1000", res(6)),
        format!("epoll_create res={} size=9", res(7)),
        format!("epoll_create1 res={} flags=0x1", res(8)),
        "epoll_wait res=0 maxevents=5".to_owned(),
        format!("memfd_create fd={} name=\"mem\" flags=0x1", res(9)),
        format!("userfaultfd res={} flags=0x1000", res(10)),
        format!("pidfd_open fd={} pid={} flags=0x1", res(11), run.pid),
        format!("pidfd_getfd fd={} pid_fd={} target_fd=1 flags=0", res(12), res(11)),
    ]);
}

#[test]
fn an_io_uring_tells_its_parameters() {
    let calls = &["io_uring_setup", "io_uring_enter", "io_uring_register"];
    let Some(run) = run(calls, |notes| {
        let mut params = [0u32; 30];
        params[2] = 1 << 3 | 1 << 4; // CQSIZE, CLAMP
        params[1] = 8;
        let ring = sys!(libc::SYS_io_uring_setup, 4, params.as_mut_ptr());
        notes.set(0, ring);
        notes.set(1, i64::from(params[5] & 0x7ff));
        notes.set(2, sys!(libc::SYS_io_uring_enter, ring, 0, 0, 1, 0, 0));
        notes.set(3, sys!(libc::SYS_io_uring_register, ring, 5, 0, 7));
        sys!(libc::SYS_io_uring_setup, 4, 0);
    }) else {
        return;
    };
    let [ring, features, entered, registered] = [0, 1, 2, 3].map(|i| run.notes.get(i));
    if ring < 0 {
        eprintln!("SKIPPED: this kernel has no io_uring");
        return;
    }
    run.check(&[
        format!(
            "io_uring_setup res={ring} entries=4 sq_entries=4 cq_entries=8 flags=0x30 sq_thread_cpu=0 \
             sq_thread_idle=0 features={features:#x}"
        ),
        format!("io_uring_enter res={entered} fd={ring} to_submit=0 min_complete=0 flags=0x1 sig=0"),
        format!("io_uring_register res={registered} fd={ring} opcode=5 arg=0 nr_args=7"),
        "io_uring_setup res=-14 entries=4 sq_entries=0 cq_entries=0 flags=0x0 sq_thread_cpu=0 \
         sq_thread_idle=0 features=0x0"
            .to_owned(),
    ]);
}

#[test]
fn polls_tell_what_happened_to_each_descriptor() {
    let Some(run) = run(&["poll", "ppoll", "select"], |notes| {
        let fd = sys!(libc::SYS_openat, AT_FDCWD, c"/dev/null".as_ptr(), libc::O_RDONLY, 0);
        notes.set(0, fd);
        let one = |fd: i64| libc::pollfd { fd: fd as i32, events: libc::POLLIN, revents: 0 };
        let mut fds = [one(fd), one(1000)];
        sys!(libc::SYS_poll, fds.as_mut_ptr(), 2, 3);
        let time = [0i64, 0];
        let mask = [6u64];
        sys!(libc::SYS_ppoll, fds.as_mut_ptr(), 1, time.as_ptr(), mask.as_ptr(), 8);
        sys!(libc::SYS_select, 0, 0, 0, 0, [0i64, 1].as_ptr());
    }) else {
        return;
    };
    let fd = run.notes.get(0);
    let file = fd.to_le_bytes().escape_ascii().to_string() + "\\x01\\x00";
    let closed = 1000i64.to_le_bytes().escape_ascii().to_string() + "@\\x00";
    run.check(&[
        format!("poll res=2 fds=\\x02\\x00{file}{closed} timeout=3"),
        format!("ppoll res=1 fds=\\x01\\x00{file} timeout=0 sigmask=6"),
        "select res=0".to_owned(),
    ]);
}
