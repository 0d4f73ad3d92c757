//! Files: opened, closed, changed by name.

use gyr_event::{EventCode, tables};

use crate::support::{run, sys};

const AT_FDCWD: i64 = -100;
const CLOEXEC_READ: u32 =
    tables::file_flags.value("O_RDONLY") | tables::file_flags.value("O_CLOEXEC");

#[test]
fn openat_tells_the_file_that_it_opened() {
    let Some(run) = run(&["openat", "close"], |notes| {
        let path = c"/etc/passwd".as_ptr();
        let fd = sys!(libc::SYS_openat, AT_FDCWD, path, libc::O_RDONLY | libc::O_CLOEXEC, 0);
        notes.set(0, fd);
        sys!(libc::SYS_close, fd);
    }) else {
        return;
    };
    let fd = run.notes.get(0);
    let meta = std::fs::metadata("/etc/passwd").unwrap();
    use std::os::unix::fs::MetadataExt;
    run.check(
        EventCode::OPENAT,
        &[
            ("fd", &fd),
            ("dirfd", &AT_FDCWD),
            ("name", &"/etc/passwd\\x00"),
            ("flags", &CLOEXEC_READ),
            ("mode", &0),
            ("dev", &meta.dev()),
            ("ino", &meta.ino()),
        ],
    );
    run.check(EventCode::CLOSE, &[("res", &0), ("fd", &fd)]);
}
