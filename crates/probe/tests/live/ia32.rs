//! Calls through the 32-bit entry, which 64-bit programs may use, too.

use gyr_probe::EntryTracepoints;

use crate::support::{in_new_folder, run_with};

/// One call with up to three arguments; what it returns, negative errors included.
pub(crate) fn call(number: u32, args: [u32; 3]) -> i64 {
    let result: i32;
    // SAFETY: the arguments are numbers or addresses below 4 GiB of memory that outlives the call; the entry changes no
    // other registers than those named, and rbx, which may not be named, is put back.
    unsafe {
        std::arch::asm!(
            "xchg {first:r}, rbx",
            "int 0x80",
            "xchg {first:r}, rbx",
            first = inout(reg) u64::from(args[0]) => _,
            inlateout("eax") number => result,
            in("ecx") args[1],
            in("edx") args[2],
            out("r8") _, out("r9") _, out("r10") _, out("r11") _,
        );
    }
    i64::from(result)
}

/// Memory that 32 bits can point to.
struct Low(*mut u8);

impl Low {
    fn new() -> Self {
        let (prot, flags) = (
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_32BIT,
        );
        // SAFETY: a new mapping at an address of the kernel's choice.
        let at = unsafe { libc::mmap(std::ptr::null_mut(), 4096, prot, flags, -1, 0) };
        assert_ne!(at, libc::MAP_FAILED);
        Self(at.cast())
    }

    /// Puts bytes at an offset; where they are then.
    fn put(&self, offset: usize, bytes: &[u8]) -> u32 {
        assert!(offset + bytes.len() <= 4096);
        // SAFETY: in bounds of the page, which nothing borrows.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.0.add(offset), bytes.len()) };
        (self.0 as usize + offset) as u32
    }

    fn put_words(&self, offset: usize, words: &[u32]) -> u32 {
        for (i, word) in words.iter().enumerate() {
            self.put(offset + 4 * i, &word.to_le_bytes());
        }
        (self.0 as usize + offset) as u32
    }
}

#[test]
fn calls_of_32_bits_are_told_as_the_native_ones() {
    let folder = in_new_folder("ia32");
    let low = Low::new();
    let calls = &[
        "open",
        "writev",
        "execve",
        "connect",
        "socket",
        "sendto",
        "getpid",
        "nanosleep",
        "umount2",
    ];
    // With them the first calls would be told by the kernel's path of the file, too.
    let Some(run) = run_with(EntryTracepoints::default(), calls, |notes| {
        folder.enter();
        let name = low.put(0, b"file\0");
        let flags = (libc::O_CREAT | libc::O_WRONLY) as u32;
        let fd = notes.set(0, call(5, [name, flags, 0o600]));
        let (ab, cd) = (low.put(16, b"ab"), low.put(18, b"cd"));
        let list = low.put_words(32, &[ab, 2, cd, 2]);
        call(146, [fd as u32, list, 2]);
        let args = low.put_words(64, &[name, ab, 0]);
        call(11, [low.put(80, b"/none\0"), args, 0]);
        // socketcall: socket, connect, send
        let args = low.put_words(96, &[1, 1, 0]);
        let socket = notes.set(1, call(102, [1, args, 0]));
        let address = low.put(128, b"\x01\0/none");
        let args = low.put_words(144, &[socket as u32, address, 7]);
        call(102, [3, args, 0]);
        let args = low.put_words(160, &[socket as u32, ab, 2, 0x4000]);
        call(102, [9, args, 0]);
        call(20, [0, 0, 0]);
        call(162, [low.put_words(176, &[0, 5]), 0, 0]);
        call(22, [low.put(200, b"/none\0"), 7, 7]);
        notes.set(2, call(39999, [0, 0, 0]));
    }) else {
        return;
    };
    if run.notes.get(2) != -i64::from(libc::ENOSYS) {
        eprintln!("SKIPPED: this kernel has no 32-bit entry");
        return;
    }
    use std::os::unix::fs::MetadataExt;
    let meta = std::fs::metadata(folder.path("file")).unwrap();
    let (fd, socket) = (run.notes.get(0), run.notes.get(1));
    let code = gyr_event::syscall_by_name("getpid").unwrap().code;
    let lines: Vec<String> = run
        .all()
        .filter(|event| event.tid() == run.pid)
        .map(|event| {
            let line = crate::support::line(event);
            if line.starts_with("execve") {
                line.split(" tid=").next().unwrap().to_owned()
            } else {
                line
            }
        })
        .collect();
    assert_eq!(
        lines,
        [
            format!(
                "open fd={fd} name=\"file\" flags=0x4006 mode=384 dev={} ino={}",
                meta.dev(),
                meta.ino()
            ),
            format!("writev res=4 data=abcd fd={fd} size=4"),
            "execve res=-2 exe=\"file\" args=abcd\\x00".to_owned(),
            format!("socket fd={socket} domain=1 type=1 proto=0 flags=0x0"),
            format!("connect res=-2 fd={socket} addr=\\x01/none\\x00"),
            format!(
                "sendto res=-107 data=ab fd={socket} size=2 tuple={}",
                lines[5].split("tuple=").last().unwrap()
            ),
            format!("syscall ID={code} nativeID=20"),
            "nanosleep res=0 interval=5".to_owned(),
            "umount2 res=-2 name=\"/none\" flags=0x0".to_owned(),
        ]
    );
}
