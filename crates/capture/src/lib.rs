//! Where events come from and go to: the [`Source`] trait, capture files and text.
//!
//! A source hands out one record after the other: [`scap::Replay`] from a `.scap` file, [`text::TextEvents`] from text.
//! [`recorder::Recorder`] keeps the latest records and writes them to files.
#![forbid(unsafe_code)]

pub mod recorder;
pub mod scap;
mod source;
pub mod text;
mod thread;

pub use source::{Next, Record, RecordFlags, Source, SourceError, Stats};
