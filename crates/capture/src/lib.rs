//! Where events come from and go to: the [`Source`] trait and capture files.
//!
//! A source hands out one record after the other. [`scap::Replay`] is the source that reads a `.scap` file.
#![forbid(unsafe_code)]

pub mod scap;
mod source;

pub use source::{Next, Record, RecordFlags, Source, SourceError, Stats};
