//! What the outputs have to say about themselves.

use std::fmt;
use std::io;

use gyr_alert::Priority;

/// Something went wrong on the way out; for the log.
#[derive(Debug)]
pub enum Problem {
    /// The output could not be opened and is left out.
    NotOpened { output: &'static str, error: io::Error },
    /// The output refused an alert; said once until it works again.
    Failed { output: &'static str, error: io::Error },
    /// The output has been busy with one alert for longer than it may.
    Stuck { output: &'static str },
    /// The queue is full and alerts are being dropped; said once.
    QueueFull,
    /// The outputs did not finish in time; so many alerts were thrown away.
    Discarded { n_alerts: usize },
    /// No thread could be started.
    NoThread(io::Error),
}

impl Problem {
    pub const fn priority(&self) -> Priority {
        match self {
            Self::NotOpened { .. } | Self::Failed { .. } | Self::QueueFull | Self::NoThread(_) => {
                Priority::Error
            }
            Self::Stuck { .. } => Priority::Critical,
            Self::Discarded { .. } => Priority::Notice,
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
            Self::Stuck { output } => {
                write!(f, "\"{output}\" output timeout, all output channels are blocked")
            }
            Self::QueueFull => f.write_str("Outputs queue is full: alerts are being dropped"),
            Self::Discarded { n_alerts } => {
                write!(
                    f,
                    "Output channels still blocked: {n_alerts} remaining notifications discarded"
                )
            }
            Self::NoThread(error) => write!(f, "Cannot start the outputs' thread: {error}"),
        }
    }
}

impl std::error::Error for Problem {}
