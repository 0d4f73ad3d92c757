//! The queues between the engine and the world, and each way out.
//!
//! [`Outputs::start`] gives every [`Output`] a thread and a bounded queue of its own, so that one that is slow or dead
//! delays neither the engine nor another. An alert is rendered once and shared. For each output at any time
//! *produced = delivered + dropped + waiting* ([`Stats`]). A new way out is a file like `stdout.rs`, a field of
//! [`Settings`] and a line in [`KINDS`]; one that lives elsewhere is a [`Tap`].
#![forbid(unsafe_code)]

mod batch;
mod file;
mod http;
mod kinds;
mod lines;
mod outputs;
mod problem;
mod program;
mod queue;
mod stats;
mod stdout;
mod syslog;
mod tcp;
mod tls;
mod trace;
mod watch;
mod worker;

pub use batch::{Batch, Line};
pub use file::FileSettings;
pub use http::{ClientCertificate, HttpSettings};
pub use kinds::{KINDS, Kind, Opened, Settings, Tap};
pub use outputs::{Options, Outputs, Sender};
pub use problem::Problem;
pub use program::ProgramSettings;
pub use queue::{Limits, Overflow};
pub use stats::{LATENCY_BOUNDS, Latency, Stats};
pub use stdout::StdoutSettings;
pub use syslog::{Syslog, SyslogSettings};
pub use trace::{Fate, Trace};

use std::io;
use std::time::Duration;

/// A way out. Its thread calls all of these, so they may block; a good one still knows how long it is ready to wait.
pub trait Output: Send {
    /// How many alerts it wants at once.
    fn batching(&self) -> Batching {
        Batching::ONE
    }

    /// Takes alerts, in order. What was taken is out: nothing is held back.
    fn send(&mut self, batch: &Batch) -> Result<(), Failed>;

    /// Closes and opens again what can be rotated.
    fn reopen(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// What another thread can do to free this one from what it hangs in, if there is anything.
    fn breaker(&self) -> Option<Breaker> {
        None
    }

    /// The end; what is open may be closed with care.
    fn close(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Frees an output from what it hangs in; called when nobody waits for it any more.
pub type Breaker = Box<dyn Fn() + Send>;

/// How many alerts an output wants at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batching {
    /// The most it takes, at least 1.
    pub n_alerts: usize,
    /// How long the first may wait for others.
    pub linger: Duration,
}

impl Batching {
    /// One by one: each can fail on its own.
    pub const ONE: Self = Self { n_alerts: 1, linger: Duration::ZERO };
    /// Those that wait already.
    pub const BLOCK: Self = Self { n_alerts: 256, linger: Duration::ZERO };
    /// A whole block, or what came within a second.
    pub const BUFFERED: Self = Self { n_alerts: 256, linger: Duration::from_secs(1) };

    /// For outputs that write lines.
    pub const fn lines(buffered: bool) -> Self {
        if buffered { Self::BUFFERED } else { Self::BLOCK }
    }
}

/// An output could not take all alerts of a batch.
#[derive(Debug)]
pub struct Failed {
    /// So many of the first ones are out.
    pub n_sent: usize,
    pub error: io::Error,
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self { n_sent: 0, error }
    }
}
