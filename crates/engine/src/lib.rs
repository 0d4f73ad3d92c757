//! The loop from a source of events to alerts, as a library.
//!
//! [`Engine::run`] takes events from any [`gyr_capture::Source`]; the binary, tests and benchmarks drive it.
#![forbid(unsafe_code)]

mod beside;
mod captures;
mod engine;
mod explain;
mod laps;
mod output;
mod rules;
mod sieve;
mod tally;
mod visible;

pub use captures::{CaptureNotice, CaptureSettings, CaptureStats};
pub use engine::{Control, End, Engine, Forget, Settings, Turn};
pub use explain::{Budget, Explanation, Question, Seen, Silenced, Stop};
pub use rules::Rules;
pub use sieve::Sieve;
pub use tally::Tally;
