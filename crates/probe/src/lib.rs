//! The probe: eBPF programs that turn system calls into records, their load, and the ring the records come through.
//!
//! [`Probe::load`] loads the programs that an [`Interest`](gyr_event::Interest) needs, [`Probe::attach`] starts them, and
//! the probe is then a [`Source`](gyr_capture::Source) of events. The programs are C, in `bpf/`; what they and this side
//! share is in `layout`. The only crate with clang and libbpf.

mod entries;
mod ia32_table;
mod layout;
mod load;
mod programs;
mod ring;
mod source;
mod stats;

pub use entries::EntryTracepoints;
pub use load::{Config, LoadError, Probe};
pub use stats::{CpuStats, ProgramStats, Stats};
