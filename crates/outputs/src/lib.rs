//! The queue between the engine and the world, and each way out.
//!
//! [`Outputs::start`] runs one worker that takes alerts from a bounded queue, renders each once and hands it to every
//! [`Output`] in turn, so that a slow output delays others but never the engine. A new way out is a file like
//! `stdout.rs`, a field of [`Settings`] and a line in [`KINDS`].
#![forbid(unsafe_code)]

mod file;
mod kinds;
mod outputs;
mod problem;
mod program;
mod queue;
mod stdout;
mod syslog;
#[cfg(test)]
mod testing;
mod watchdog;

pub use file::FileSettings;
pub use kinds::{KINDS, Kind, Opened, Settings};
pub use outputs::{Outputs, Sender};
pub use problem::Problem;
pub use program::ProgramSettings;
pub use queue::{Limits, Overflow, Stats};
pub use stdout::StdoutSettings;
pub use syslog::Syslog;

use gyr_alert::Alert;

/// A way out.
pub trait Output: Send {
    /// The name in messages: "stdout", "file", …
    fn name(&self) -> &'static str;

    /// Takes one alert: `line` is the alert rendered, without a line's end.
    fn send(&mut self, alert: &Alert, line: &[u8]) -> std::io::Result<()>;

    /// Nothing more is waiting: what was held back for company must go.
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }

    /// Closes and opens again what can be rotated.
    fn reopen(&mut self) -> std::io::Result<()> {
        Ok(())
    }

    /// The end: everything must be out.
    fn close(&mut self) -> std::io::Result<()> {
        self.flush()
    }
}
