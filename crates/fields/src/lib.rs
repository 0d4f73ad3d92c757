//! What rules may ask: the fields, one table row each, and their answers for an event.
//!
//! [`Fields`] is the [`gyr_filter::Scheme`] that resolves names; a [`Context`] is the [`gyr_filter::World`] that answers
//! for one event. A [`Row`] says everything about a field: its type, its argument, how long an answer lives, how it is
//! printed, and the function that answers it. No I/O.
#![forbid(unsafe_code)]

mod classes;
mod container;
mod context;
mod evt;
mod fd;
mod fdlist;
mod fixed;
mod fs_path;
mod hosts;
mod leftover;
pub mod list;
mod names;
mod output;
mod param;
mod proc;
mod process;
mod row;
mod scheme;
mod services;
mod syscall;
mod text;
mod time;
mod user;
mod util;

pub use context::{BufferFormat, Context, Session};
pub use hosts::Hosts;
pub use output::Output;
pub use row::{Argument, Class, Properties, Row};
pub use scheme::{Arg, Field, Fields};
pub use services::Services;

/// All fields, in the order in which they are listed.
pub fn classes() -> &'static [&'static Class] {
    classes::CLASSES
}
