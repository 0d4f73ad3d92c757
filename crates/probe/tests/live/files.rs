//! Files: opened, closed, and what is done to them by name.

use std::os::unix::fs::MetadataExt;

use gyr_event::{EventCode, tables};

use crate::support::{AT_FDCWD, Notes, in_new_folder, run, sys};

/// The device and inode of a file as events have them.
fn dev_ino(path: &str) -> String {
    let meta = std::fs::metadata(path).unwrap();
    format!("dev={} ino={}", meta.dev(), meta.ino())
}

#[repr(C)]
struct OpenHow {
    flags: u64,
    mode: u64,
    resolve: u64,
}

#[test]
fn opens_tell_the_file_that_they_opened() {
    let calls = &["open", "openat", "openat2", "creat", "close"];
    let Some(run) = run(calls, |notes| {
        let path = c"/etc/passwd".as_ptr();
        notes.set(0, sys!(libc::SYS_open, path, libc::O_RDONLY | libc::O_CLOEXEC, 0o777));
        notes.set(1, sys!(libc::SYS_openat, AT_FDCWD, c"/etc".as_ptr(), libc::O_DIRECTORY, 0));
        let rdwr = libc::O_RDWR | libc::O_APPEND | libc::O_NONBLOCK;
        notes.set(2, sys!(libc::SYS_openat, notes.get(1), c"passwd".as_ptr(), rdwr, 0));
        let how = OpenHow { flags: libc::O_NOFOLLOW as u64, mode: 0, resolve: 0x01 | 0x08 };
        let size = size_of::<OpenHow>();
        notes.set(
            3,
            sys!(libc::SYS_openat2, notes.get(1), c"passwd".as_ptr(), &raw const how, size),
        );
        for i in 0..4 {
            sys!(libc::SYS_close, notes.get(i));
        }
        sys!(libc::SYS_close, -1);
    }) else {
        return;
    };
    let [a, b, c, d] = [0, 1, 2, 3].map(|i| run.notes.get(i));
    let (etc, passwd) = (dev_ino("/etc"), dev_ino("/etc/passwd"));
    run.check(&[
        format!("open fd={a} name=\"/etc/passwd\" flags=0x1001 mode=0 {passwd}"),
        format!("openat fd={b} dirfd=-100 name=\"/etc\" flags=0x2401 mode=0 {etc}"),
        format!("openat fd={c} dirfd={b} name=\"passwd\" flags=0x4b mode=0 {passwd}"),
        format!("openat2 fd={d} dirfd={b} name=\"passwd\" flags=0x1 mode=0 resolve=0x11 {passwd}"),
        format!("close res=0 fd={a}"),
        format!("close res=0 fd={b}"),
        format!("close res=0 fd={c}"),
        format!("close res=0 fd={d}"),
        "close res=-9 fd=-1".to_owned(),
    ]);
}

#[test]
fn an_open_that_makes_the_file_says_so() {
    let folder = in_new_folder("opens");
    let Some(run) = run(&["openat", "creat"], |notes| {
        folder.enter();
        let create = libc::O_CREAT | libc::O_EXCL | libc::O_WRONLY;
        notes.set(0, sys!(libc::SYS_openat, AT_FDCWD, c"a".as_ptr(), create, 0o640));
        notes.set(1, sys!(libc::SYS_openat, AT_FDCWD, c"a".as_ptr(), create, 0o640));
        notes.set(2, sys!(libc::SYS_creat, c"b".as_ptr(), 0o4755));
    }) else {
        return;
    };
    let (a, b) = (folder.path("a"), folder.path("b"));
    run.check(&[
        format!(
            "openat fd={} dirfd=-100 name=\"a\" flags=0x4026 mode=416 {}",
            run.notes.get(0),
            dev_ino(&a)
        ),
        "openat fd=-17 dirfd=-100 name=\"a\" flags=0x26 mode=416 dev=0 ino=0".to_owned(),
        format!(
            "creat fd={} name=\"b\" mode=2541 {} creat_flags=0x0",
            run.notes.get(2),
            dev_ino(&b)
        ),
    ]);
}

#[test]
fn calls_on_names_tell_the_names() {
    let folder = in_new_folder("names");
    let calls = &[
        "mkdir",
        "mkdirat",
        "rmdir",
        "link",
        "linkat",
        "symlink",
        "symlinkat",
        "unlink",
        "unlinkat",
        "rename",
        "renameat",
        "renameat2",
        "chmod",
        "fchmodat",
        "chown",
        "lchown",
        "fchownat",
        "mknod",
        "mknodat",
        "access",
        "stat",
        "lstat",
        "newfstatat",
        "chdir",
        "chroot",
        "getcwd",
    ];
    let at = AT_FDCWD;
    let Some(run) = run(calls, |_| {
        folder.enter();
        let (a, b, c) = (c"a".as_ptr(), c"b".as_ptr(), c"c".as_ptr());
        let mut buffer = [0u64; 64];
        sys!(libc::SYS_mkdir, a, 0o750);
        sys!(libc::SYS_rmdir, a);
        sys!(libc::SYS_mkdirat, at, a, 0o700);
        sys!(libc::SYS_unlinkat, at, a, libc::AT_REMOVEDIR);
        sys!(libc::SYS_mknod, a, libc::S_IFREG | 0o600, 0);
        sys!(libc::SYS_link, a, b);
        sys!(libc::SYS_linkat, at, a, at, c, libc::AT_SYMLINK_FOLLOW);
        sys!(libc::SYS_unlink, c);
        sys!(libc::SYS_unlinkat, at, b, 0);
        sys!(libc::SYS_symlink, a, b);
        sys!(libc::SYS_symlinkat, a, at, c);
        sys!(libc::SYS_rename, b, c);
        sys!(libc::SYS_renameat, at, c, at, b);
        sys!(libc::SYS_renameat2, at, b, at, c, libc::RENAME_NOREPLACE);
        sys!(libc::SYS_mknodat, at, b, libc::S_IFIFO | 0o644, 0);
        sys!(libc::SYS_chmod, a, 0o4711);
        sys!(libc::SYS_fchmodat, at, a, 0o100640);
        sys!(libc::SYS_chown, a, 0, -1);
        sys!(libc::SYS_lchown, c, -1, 0);
        sys!(libc::SYS_fchownat, at, c, 0, 0, libc::AT_SYMLINK_NOFOLLOW);
        sys!(libc::SYS_access, a, libc::R_OK | libc::W_OK);
        sys!(libc::SYS_stat, a, buffer.as_mut_ptr());
        sys!(libc::SYS_lstat, c"none".as_ptr(), buffer.as_mut_ptr());
        sys!(libc::SYS_newfstatat, at, a, buffer.as_mut_ptr(), libc::AT_SYMLINK_NOFOLLOW);
        sys!(libc::SYS_chdir, c"/".as_ptr());
        sys!(libc::SYS_getcwd, buffer.as_mut_ptr(), 2);
        sys!(libc::SYS_getcwd, buffer.as_mut_ptr(), 1);
        sys!(libc::SYS_chroot, c"none".as_ptr());
    }) else {
        return;
    };
    let none = u32::MAX;
    let lines = [
        "chdir res=0 path=\"FOLDER\"",
        "mkdir res=0 path=\"a\" mode=488",
        "rmdir res=0 path=\"a\"",
        "mkdirat res=0 dirfd=-100 path=\"a\" mode=448",
        "unlinkat res=0 dirfd=-100 name=\"a\" flags=0x200",
        "mknod res=0 path=\"a\" mode=0o100600 dev=0",
        "link res=0 oldpath=\"a\" newpath=\"b\"",
        "linkat res=0 olddir=-100 oldpath=\"a\" newdir=-100 newpath=\"c\" flags=0x400",
        "unlink res=0 path=\"c\"",
        "unlinkat res=0 dirfd=-100 name=\"b\" flags=0x0",
        "symlink res=0 target=\"a\" linkpath=\"b\"",
        "symlinkat res=0 target=\"a\" linkdirfd=-100 linkpath=\"c\"",
        "rename res=0 oldpath=\"b\" newpath=\"c\"",
        "renameat res=0 olddirfd=-100 oldpath=\"c\" newdirfd=-100 newpath=\"b\"",
        "renameat2 res=0 olddirfd=-100 oldpath=\"b\" newdirfd=-100 newpath=\"c\" flags=0x1",
        "mknodat res=0 dirfd=-100 path=\"b\" mode=0o10644 dev=0",
        "chmod res=0 filename=\"a\" mode=0o4711",
        "fchmodat res=0 dirfd=-100 filename=\"a\" mode=0o640",
        "chown res=0 path=\"a\" uid=0 gid=NONE",
        "lchown res=0 path=\"c\" uid=NONE gid=0",
        "fchownat res=0 dirfd=-100 pathname=\"c\" uid=0 gid=0 flags=0x400",
        "access res=0 name=\"a\" mode=0x6",
        "stat res=0 path=\"a\"",
        "lstat res=-2 path=\"none\"",
        "newfstatat res=0 dirfd=-100 path=\"a\" flags=0x100",
        "chdir res=0 path=\"/\"",
        "getcwd res=2 path=\"/\"",
        "getcwd res=-34",
        "chroot res=-2 path=\"none\"",
    ];
    let lines: Vec<String> = lines
        .iter()
        .map(|line| line.replace("FOLDER", &folder.path("")).replace("NONE", &none.to_string()))
        .collect();
    if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        run.check(&lines);
    }
}

#[test]
fn calls_on_open_files_tell_the_fd() {
    let calls = &[
        "fstat",
        "fchmod",
        "fchown",
        "fchdir",
        "getdents",
        "getdents64",
        "flock",
        "lseek",
        "ioctl",
    ];
    let act = |notes: &Notes| {
        let mut buffer = [0u64; 128];
        let fd = sys!(libc::SYS_openat, AT_FDCWD, c"/tmp".as_ptr(), libc::O_RDONLY, 0);
        notes.set(0, fd);
        sys!(libc::SYS_fstat, fd, buffer.as_mut_ptr());
        sys!(libc::SYS_fchmod, -1, 0o777);
        sys!(libc::SYS_fchown, -1, 1, 2);
        sys!(libc::SYS_fchdir, fd);
        notes.set(1, sys!(libc::SYS_getdents, fd, buffer.as_mut_ptr(), 1024));
        sys!(libc::SYS_lseek, fd, 0, libc::SEEK_SET);
        notes.set(2, sys!(libc::SYS_getdents64, fd, buffer.as_mut_ptr(), 1024));
        sys!(libc::SYS_flock, fd, libc::LOCK_SH | libc::LOCK_NB);
        sys!(libc::SYS_ioctl, fd, 0x5401, 7);
    };
    let Some(run) = run(calls, act) else { return };
    let fd = run.notes.get(0);
    run.check(&[
        format!("fstat res=0 fd={fd}"),
        "fchmod res=-9 fd=-1 mode=0o777".to_owned(),
        "fchown res=-9 fd=-1 uid=1 gid=2".to_owned(),
        format!("fchdir res=0 fd={fd}"),
        format!("getdents res={} fd={fd}", run.notes.get(1)),
        format!("lseek res=0 fd={fd} offset=0 whence=0"),
        format!("getdents64 res={} fd={fd}", run.notes.get(2)),
        format!("flock res=0 fd={fd} operation=0x5"),
        format!("ioctl res=-25 fd={fd} request=21505 argument=7"),
    ]);
}

#[repr(C)]
struct FileHandle {
    len: u32,
    kind: i32,
    bytes: [u8; 128],
}

#[test]
fn a_file_opened_by_its_handle_has_its_path() {
    let Some(run) = run(&["open_by_handle_at"], |notes| {
        let mut handle = FileHandle { len: 128, kind: 0, bytes: [0; 128] };
        let (handle, mut mount) = (&raw mut handle, 0);
        let path = c"/etc/passwd".as_ptr();
        sys!(libc::SYS_name_to_handle_at, AT_FDCWD, path, handle, &raw mut mount, 0);
        let root = sys!(libc::SYS_openat, AT_FDCWD, c"/".as_ptr(), libc::O_RDONLY, 0);
        notes.set(0, root);
        notes.set(1, sys!(libc::SYS_open_by_handle_at, root, handle, libc::O_RDONLY));
        sys!(libc::SYS_open_by_handle_at, -1, handle, libc::O_WRONLY);
    }) else {
        return;
    };
    let (root, fd) = (run.notes.get(0), run.notes.get(1));
    run.check(&[
        format!(
            "open_by_handle_at fd={fd} mountfd={root} flags=0x1 path=\"/etc/passwd\" {}",
            dev_ino("/etc/passwd")
        ),
        "open_by_handle_at fd=-9 mountfd=-1 flags=0x2 dev=0 ino=0".to_owned(),
    ]);
}

#[test]
fn a_file_on_an_overlay_tells_its_layer() {
    let folder = in_new_folder("overlay");
    for part in ["lower", "upper", "work", "merged"] {
        std::fs::create_dir(folder.path(part)).unwrap();
    }
    std::fs::copy("/bin/true", folder.path("lower/program")).unwrap();
    let Some(run) = run(&["openat", "creat", "execve"], |notes| {
        sys!(libc::SYS_unshare, libc::CLONE_NEWNS);
        sys!(libc::SYS_mount, 0, c"/".as_ptr(), 0, libc::MS_REC | libc::MS_PRIVATE, 0);
        folder.enter();
        let (name, options) =
            (c"overlay".as_ptr(), c"lowerdir=lower,upperdir=upper,workdir=work".as_ptr());
        let target = c"merged".as_ptr();
        notes.set(0, sys!(libc::SYS_mount, name, target, name, 0, options));
        sys!(libc::SYS_openat, AT_FDCWD, c"merged/program".as_ptr(), libc::O_RDONLY, 0);
        sys!(libc::SYS_creat, c"merged/new".as_ptr(), 0o600);
        let args = [c"program".as_ptr(), std::ptr::null()];
        sys!(libc::SYS_execve, c"merged/program".as_ptr(), args.as_ptr(), 0);
    }) else {
        return;
    };
    if run.notes.get(0) != 0 {
        eprintln!("SKIPPED: no overlay can be mounted here");
        return;
    }
    let flags = |code: EventCode, name: &str| {
        let events = run.events(code);
        let index = code.info().params.iter().position(|param| param.name == name).unwrap();
        events[0].u32(index).unwrap()
    };
    assert_eq!(
        flags(EventCode::OPENAT, "flags") & 0x18000,
        tables::file_flags.value("FD_LOWER_LAYER")
    );
    let upper = tables::creat_flags.value("FD_UPPER_LAYER_CREAT");
    assert_eq!(flags(EventCode::CREAT, "creat_flags"), upper);
    let lower = tables::execve_flags.value("EXE_LOWER_LAYER");
    assert_eq!(
        flags(EventCode::EXECVE, "flags"),
        lower | tables::execve_flags.value("EXE_WRITABLE")
    );
}
