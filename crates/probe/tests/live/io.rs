//! Reading and writing.

use crate::support::{AT_FDCWD, in_new_folder, run, sys};

#[repr(C)]
struct Buffer(*const u8, usize);

#[test]
fn reads_and_writes_tell_the_data_up_to_the_snap_length() {
    let folder = in_new_folder("io");
    let calls = &["read", "write", "pread64", "pwrite64", "readv", "writev", "preadv", "pwritev"];
    let Some(run) = run(calls, |notes| {
        folder.enter();
        let flags = libc::O_RDWR | libc::O_CREAT;
        let fd = sys!(libc::SYS_openat, AT_FDCWD, c"f".as_ptr(), flags, 0o600);
        notes.set(0, fd);
        let long = [b'x'; 200];
        let (ab, cd) = (*b"ab", *b"cd");
        let mut buffer = [0u8; 200];
        sys!(libc::SYS_write, fd, long.as_ptr(), 200);
        sys!(libc::SYS_pwrite64, fd, ab.as_ptr(), 2, 10);
        let list = [Buffer(ab.as_ptr(), 2), Buffer(cd.as_ptr(), 2)];
        sys!(libc::SYS_writev, fd, list.as_ptr(), 2);
        sys!(libc::SYS_pwritev, fd, list.as_ptr(), 2, 0);
        sys!(libc::SYS_lseek, fd, 0, 0);
        sys!(libc::SYS_read, fd, buffer.as_mut_ptr(), 4);
        sys!(libc::SYS_pread64, fd, buffer.as_mut_ptr(), 3, 9);
        let (mut e, mut f) = ([0u8; 3], [0u8; 100]);
        let list = [Buffer(e.as_mut_ptr(), 3), Buffer(f.as_mut_ptr(), 100)];
        sys!(libc::SYS_readv, fd, list.as_ptr(), 2);
        sys!(libc::SYS_preadv, fd, list.as_ptr(), 1, 2);
        sys!(libc::SYS_read, -1, buffer.as_mut_ptr(), 4);
        sys!(libc::SYS_write, -1, ab.as_ptr(), 2);
        sys!(libc::SYS_readv, -1, list.as_ptr(), 1);
    }) else {
        return;
    };
    let fd = run.notes.get(0);
    let x = |n: usize| "x".repeat(n);
    run.check(&[
        format!("write res=200 data={} fd={fd} size=200", x(80)),
        format!("pwrite res=2 data=ab fd={fd} size=2 pos=10"),
        format!("writev res=4 data=abcd fd={fd} size=4"),
        format!("pwritev res=4 data=abcd fd={fd} size=4 pos=0"),
        format!("read res=4 data=abcd fd={fd} size=4"),
        format!("pread res=3 data=xab fd={fd} size=3 pos=9"),
        format!("readv res=103 size=103 data={}ab{} fd={fd}", x(6), x(72)),
        format!("preadv res=3 size=3 data=cdx fd={fd} pos=2"),
        "read res=-9 fd=-1 size=4".to_owned(),
        "write res=-9 data=ab fd=-1 size=2".to_owned(),
        "readv res=-9 size=0 fd=-1".to_owned(),
    ]);
}

#[test]
fn copies_between_files_tell_both_ends() {
    let folder = in_new_folder("copy");
    let calls = &["sendfile", "copy_file_range", "splice"];
    let Some(run) = run(calls, |notes| {
        folder.enter();
        let from = sys!(libc::SYS_openat, AT_FDCWD, c"/etc/passwd".as_ptr(), libc::O_RDONLY, 0);
        let flags = libc::O_RDWR | libc::O_CREAT;
        let to = sys!(libc::SYS_openat, AT_FDCWD, c"f".as_ptr(), flags, 0o600);
        let mut pipe = [0i32; 2];
        sys!(libc::SYS_pipe2, pipe.as_mut_ptr(), 0);
        for (i, fd) in [from, to, pipe[1].into()].into_iter().enumerate() {
            notes.set(i, fd);
        }
        let mut offset = 1i64;
        sys!(libc::SYS_sendfile, to, from, &raw mut offset, 4);
        sys!(libc::SYS_sendfile, to, from, 0, 4);
        let (mut source, mut target) = (1i64, 2i64);
        let args = (&raw mut source, &raw mut target);
        sys!(libc::SYS_copy_file_range, to, args.0, to, args.1, 0, 0);
        sys!(libc::SYS_splice, from, 0, pipe[1], 0, 5, libc::SPLICE_F_MORE);
    }) else {
        return;
    };
    let [from, to, pipe] = [0, 1, 2].map(|i| run.notes.get(i));
    run.check(&[
        format!("sendfile res=4 offset=5 out_fd={to} in_fd={from} size=4"),
        format!("sendfile res=4 offset=0 out_fd={to} in_fd={from} size=4"),
        format!("copy_file_range res=0 fdout={to} offout=2 fdin={to} offin=1 len=0"),
        format!("splice res=5 fd_in={from} fd_out={pipe} size=5 flags=0x4"),
    ]);
}

#[test]
fn another_process_memory_is_told_of_with_the_data() {
    let Some(run) = run(&["process_vm_readv", "process_vm_writev"], |_| {
        let pid = sys!(libc::SYS_getpid);
        let from = *b"abc";
        let mut to = [0u8; 3];
        let local = [Buffer(to.as_mut_ptr(), 3)];
        let remote = [Buffer(from.as_ptr(), 3)];
        sys!(libc::SYS_process_vm_readv, pid, local.as_ptr(), 1, remote.as_ptr(), 1, 0);
        sys!(libc::SYS_process_vm_writev, pid, remote.as_ptr(), 1, local.as_ptr(), 1, 0);
        sys!(libc::SYS_process_vm_readv, 0, local.as_ptr(), 1, remote.as_ptr(), 1, 0);
    }) else {
        return;
    };
    let pid = run.pid;
    run.check(&[
        format!("process_vm_readv res=3 pid={pid} data=abc"),
        format!("process_vm_writev res=3 pid={pid} data=abc"),
        "process_vm_readv res=-3 pid=0".to_owned(),
    ]);
}
