//! Signals: the end, which the loop looks for, and what the thread beside it is asked for.

use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::{flag, low_level};

/// Signals that end a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signals {
    /// SIGINT or SIGTERM: end in order. A second one ends at once.
    pub(crate) stop: Arc<AtomicBool>,
}

/// What is asked of the thread beside the loop, and what wakes it.
#[derive(Debug)]
pub(crate) struct Requests {
    /// SIGUSR1: outputs shall open their files again.
    reopen: Arc<AtomicBool>,
    /// SIGHUP: configuration and rules shall be read again.
    reload: Arc<AtomicBool>,
    /// The run is over.
    end: AtomicBool,
    waker: UnixStream,
    woken: UnixStream,
}

impl Signals {
    /// Takes over the signals.
    pub(crate) fn install() -> io::Result<Self> {
        let signals = Self::default();
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, 1, Arc::clone(&signals.stop))?;
            flag::register(signal, Arc::clone(&signals.stop))?;
        }
        Ok(signals)
    }
}

impl Requests {
    /// Takes over the signals; SIGHUP only if there is somebody to reload.
    pub(crate) fn install(can_reload: bool) -> io::Result<Self> {
        let (waker, woken) = UnixStream::pair()?;
        waker.set_nonblocking(true)?;
        woken.set_nonblocking(true)?;
        let (reopen, reload) = (Arc::default(), Arc::default());
        let listen = |signal, asked| -> io::Result<()> {
            // In this order: who wakes finds what is asked.
            flag::register(signal, asked)?;
            low_level::pipe::register(signal, waker.try_clone()?)?;
            Ok(())
        };
        listen(SIGUSR1, Arc::clone(&reopen))?;
        if can_reload {
            listen(SIGHUP, Arc::clone(&reload))?;
        }
        Ok(Self { reopen, reload, end: AtomicBool::new(false), waker, woken })
    }

    /// Whether outputs shall be reopened; asked for once.
    pub(crate) fn take_reopen(&self) -> bool {
        self.reopen.swap(false, Ordering::Relaxed)
    }

    /// Whether all shall be read again; asked for once.
    pub(crate) fn take_reload(&self) -> bool {
        self.reload.swap(false, Ordering::Relaxed)
    }

    /// Asks the thread to end.
    pub(crate) fn end(&self) {
        self.end.store(true, Ordering::Release);
        let _ = (&self.waker).write(&[0]); // if it is full, nobody sleeps
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.end.load(Ordering::Acquire)
    }

    /// What becomes readable when there is a request. Emptied by [`Self::wake`].
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.woken.as_fd()
    }

    pub(crate) fn wake(&self) {
        while (&self.woken).read(&mut [0; 64]).is_ok_and(|n| n > 0) {}
    }
}
