//! What the outputs have to say about themselves.

use std::fmt;
use std::io;

use gyr_alert::Priority;

/// Something went wrong on the way out; for the log.
#[derive(Debug)]
pub enum Problem {
    /// The output could not be opened and is left out.
    NotOpened { output: &'static str, error: io::Error },
    /// The output could not take an alert; said once until it works again.
    Failed { output: &'static str, error: io::Error },
    /// The output works again, after so many alerts were lost.
    Recovered { output: &'static str, n_alerts: usize },
    /// The output's queue is full; so many alerts were dropped since this was last said.
    QueueFull { output: &'static str, n_alerts: u64 },
    /// The output is busy with the same alerts for too long.
    TimedOut { output: &'static str },
    /// The output did not finish in time; so many alerts were thrown away.
    Discarded { output: &'static str, n_alerts: usize },
    /// No thread could be started.
    NoThread(io::Error),
}

impl Problem {
    pub const fn priority(&self) -> Priority {
        match self {
            Self::NotOpened { .. }
            | Self::Failed { .. }
            | Self::QueueFull { .. }
            | Self::NoThread(_) => Priority::Error,
            Self::TimedOut { .. } => Priority::Critical,
            Self::Recovered { .. } | Self::Discarded { .. } => Priority::Notice,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOpened { output, error } => {
                write!(f, "Failed to init output: {output}: {error}")
            }
            Self::Failed { output, error } => write!(f, "{output}: {error}"),
            Self::Recovered { output, n_alerts } => {
                write!(f, "{output}: works again; {n_alerts} alerts were dropped")
            }
            Self::QueueFull { output, n_alerts } => {
                write!(f, "{output}: queue is full: {n_alerts} alerts were dropped")
            }
            Self::TimedOut { output } => {
                write!(f, "\"{output}\" output timeout, its alerts wait; other outputs go on")
            }
            Self::Discarded { output, n_alerts } => write!(
                f,
                "\"{output}\" output channel still blocked, discarding all remaining \
                 notifications ({n_alerts})"
            ),
            Self::NoThread(error) => write!(f, "Cannot start the outputs' thread: {error}"),
        }
    }
}

impl std::error::Error for Problem {}
