//! An empty program on tracepoints, until standard input ends: `empty sys_exit sys_enter`. What any probe there costs at
//! least.
#![allow(unsafe_code, reason = "system calls that no crate wraps")]

use std::ffi::{CString, c_char};
use std::io::{Error, Read as _, Write as _};
use std::os::fd::{FromRawFd as _, OwnedFd};

use libbpf_rs::libbpf_sys::{
    BPF_ALU64, BPF_EXIT, BPF_JMP, BPF_K, BPF_MOV, BPF_PROG_TYPE_RAW_TRACEPOINT, bpf_insn,
    bpf_prog_load, bpf_raw_tracepoint_open,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let program = load()?;
    let mut links = Vec::new();
    for tracepoint in std::env::args().skip(1) {
        links.push(attach(&program, &tracepoint)?);
    }
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "attached")?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// `return 0`.
fn load() -> Result<OwnedFd, Error> {
    let instruction = |code: u32| bpf_insn { code: code as u8, ..Default::default() };
    let program = [instruction(BPF_ALU64 | BPF_MOV | BPF_K), instruction(BPF_JMP | BPF_EXIT)];
    // SAFETY: the texts end with a NUL and, as the instructions do, outlive the call; there are as many as it is told.
    let fd = unsafe {
        bpf_prog_load(
            BPF_PROG_TYPE_RAW_TRACEPOINT,
            c"empty".as_ptr(),
            c"GPL".as_ptr(),
            program.as_ptr(),
            program.len() as u64,
            std::ptr::null_mut(),
        )
    };
    owned(fd)
}

fn attach(program: &OwnedFd, tracepoint: &str) -> Result<OwnedFd, Error> {
    use std::os::fd::AsRawFd as _;
    let name = CString::new(tracepoint)?;
    // SAFETY: the name ends with a NUL and outlives the call.
    owned(unsafe { bpf_raw_tracepoint_open(name.as_ptr().cast::<c_char>(), program.as_raw_fd()) })
}

fn owned(fd: i32) -> Result<OwnedFd, Error> {
    if fd < 0 {
        return Err(Error::from_raw_os_error(-fd));
    }
    // SAFETY: the kernel has just given us this descriptor, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
