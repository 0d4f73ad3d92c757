//! Signals as flags that the loop looks at.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};
use signal_hook::flag;

/// What signals ask for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signals {
    /// SIGINT or SIGTERM: end in order. A second one ends at once.
    pub(crate) stop: Arc<AtomicBool>,
    /// SIGUSR1: outputs shall open their files again.
    reopen: Arc<AtomicBool>,
}

impl Signals {
    /// Takes over the signals.
    pub(crate) fn install() -> io::Result<Self> {
        let signals = Self::default();
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, 1, Arc::clone(&signals.stop))?;
            flag::register(signal, Arc::clone(&signals.stop))?;
        }
        flag::register(SIGUSR1, Arc::clone(&signals.reopen))?;
        Ok(signals)
    }

    /// Whether outputs shall be reopened; asked for once.
    #[inline]
    pub(crate) fn take_reopen(&self) -> bool {
        self.reopen.load(Ordering::Relaxed) && self.reopen.swap(false, Ordering::Relaxed)
    }
}
