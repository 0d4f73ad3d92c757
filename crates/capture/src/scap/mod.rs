//! Capture files (`.scap`): blocks as in pcapng, whole or packed with gzip.
//!
//! A file is a section header, the lists of what existed before the first event, then the events. Several files may
//! follow one another in one; each starts anew.

mod batch;
mod block;
mod conversions_table;
mod convert;
mod fields;
mod input;
mod lists;
mod reader;
mod writer;

pub use batch::{Batch, Taken};
pub use reader::{Problem, Replay};
pub use writer::{Output, Packing, Writer};
