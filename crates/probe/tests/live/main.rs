//! The probe on the running kernel: each test makes an event happen and looks at every parameter.
#![allow(unsafe_code, reason = "the tests make system calls that std does not offer")]
#![allow(clippy::print_stderr, reason = "a skipped test says so")]

mod enter;
mod fds;
mod files;
mod ia32;
mod io;
mod loading;
mod processes;
mod sockets;
mod stress;
mod support;
mod system;
