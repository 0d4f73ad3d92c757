//! Following one alert through the outputs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What became of an alert at an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is out, so long after it was sent.
    Delivered(Duration),
    /// It is lost to this output, and why.
    Dropped(String),
}

/// Called with the name of each output once it is done with the alert, from the thread of that output or of the sender.
#[derive(Clone)]
pub struct Trace(pub Arc<dyn Fn(&'static str, Fate) + Send + Sync>);

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace").finish_non_exhaustive()
    }
}
