//! Which events exist, their parameters, and the record they travel in.
//!
//! One event format goes from the kernel to the disk to the plugins: the `.scap` event. [`Event`] borrows such a
//! record and reads it in place; [`RecordBuilder`] writes one. [`EventCode`] and [`EVENTS`] come from the one
//! declarative table in `table.rs`. No I/O and no unsafe here.
#![forbid(unsafe_code)]

mod event;
mod flags;
mod info;
mod interest;
mod names;
mod record;
mod shape;
pub mod snapshot;
mod syscalls;
mod table;

pub use event::{Event, Header, Malformed, Params};

/// What the bytes of a parameter mean.
pub mod param {
    pub use crate::event::{signed, text, unsigned};
}

pub use flags::{FlagTable, flag_table, tables};
pub use info::{
    Category, EventFlags, EventInfo, Kind, Origin, ParamExtra, ParamFormat, ParamInfo, ParamType,
};
pub use interest::Interest;
pub use names::{errno_by_name, errno_name, signal_by_name, signal_name};
pub use record::{HEADER_LEN, RecordBuilder};
pub use shape::{AnyPlace, Place};
pub use syscalls::{
    SYSCALLS, Syscall, SyscallFlags, SyscallKind, syscall, syscall_by_name, syscall_by_nr,
};
pub use table::{EVENTS, EventCode};
