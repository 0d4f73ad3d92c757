//! Real parts for tests: processes that end with their test, certificates, folders, ports.
//!
//! What goes wrong here is the test's failure, so everything panics.
#![forbid(unsafe_code)]

mod certificates;
mod parts;

pub use certificates::{Authority, Pair, Validity};
pub use parts::{Folder, Process, eventually, free_port, is_root, missing};
