//! How far a long run is: one line on a terminal that is written over and over.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A line on the terminal of standard error.
#[derive(Debug)]
pub(crate) struct Progress {
    started: Instant,
    drawn: Instant,
    n_events: u64,
}

const PAUSE: Duration = Duration::from_millis(200);

/// The clock is looked at once in so many events.
const STRIDE: u64 = 1_024;

impl Progress {
    /// None if standard error is no terminal.
    pub(crate) fn new() -> Option<Self> {
        let now = Instant::now();
        io::stderr().is_terminal().then_some(Self { started: now, drawn: now, n_events: 0 })
    }

    /// One more event.
    pub(crate) fn event(&mut self, more: impl FnOnce() -> String) {
        self.n_events += 1;
        if self.n_events.is_multiple_of(STRIDE) {
            self.draw(more);
        }
    }

    /// Draws the line again if it is time; `more` is said behind the number of events.
    pub(crate) fn draw(&mut self, more: impl FnOnce() -> String) {
        if self.drawn.elapsed() >= PAUSE {
            self.drawn = Instant::now();
            // The cursor goes back, so that whatever else is printed here begins on a line of its own.
            write(&format!("\r\x1b[K{}{}\r", self.events(), more()));
        }
    }

    /// Replaces the line by its last form.
    pub(crate) fn end(&self) {
        let seconds = self.started.elapsed().as_secs_f64();
        write(&format!("\r\x1b[K{} in {seconds:.1} s\n", self.events()));
    }

    fn events(&self) -> String {
        let rate = self.n_events as f64 / self.started.elapsed().as_secs_f64().max(1e-9);
        format!("{} events, {rate:.0}/s", self.n_events)
    }
}

/// A terminal that is gone needs no progress.
fn write(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// A file that tells how much of it was read.
#[derive(Debug)]
pub(crate) struct Metered {
    file: File,
    read: Arc<AtomicU64>,
}

/// How much of a [`Metered`] file was read.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    read: Arc<AtomicU64>,
    /// 0 for what has no size, such as a pipe.
    len: u64,
}

impl Metered {
    pub(crate) fn new(file: File) -> (Self, Meter) {
        let read = Arc::new(AtomicU64::new(0));
        let len = file.metadata().map_or(0, |metadata| metadata.len());
        (Self { file, read: Arc::clone(&read) }, Meter { read, len })
    }
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

impl Meter {
    /// As text behind a number of events; empty if it is not known.
    pub(crate) fn percent(&self) -> String {
        let read = self.read.load(Ordering::Relaxed);
        match read.saturating_mul(100).checked_div(self.len) {
            Some(percent) => format!(", {} %", percent.min(100)),
            None => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meter_tells_how_much_was_read() {
        let file = File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
        let (mut file, meter) = Metered::new(file);
        assert_eq!(meter.percent(), ", 0 %");
        file.read_to_end(&mut Vec::new()).unwrap();
        assert_eq!(meter.percent(), ", 100 %");
        assert_eq!(Metered::new(File::open("/dev/null").unwrap()).1.percent(), "");
    }
}
