//! The thread of one output.

use std::io;
use std::sync::Arc;
use std::thread;

use gyr_alert::Renderer;

use crate::kinds::Opener;
use crate::outputs::Report;
use crate::queue::{Queue, Work};
use crate::trace::Fate;
use crate::{Batch, Output, Problem};

/// Starts the thread, which opens the output first: opening can take as long as anything.
pub(crate) fn start(
    name: &'static str,
    open: Opener,
    queue: Arc<Queue>,
    renderer: Renderer,
    report: Report,
) -> io::Result<()> {
    let worker = Worker { name, queue, renderer, report, n_failed: 0 };
    thread::Builder::new().name(name.to_owned()).spawn(move || worker.run(open)).map(drop)
}

struct Worker {
    name: &'static str,
    queue: Arc<Queue>,
    renderer: Renderer,
    report: Report,
    /// Alerts lost since the output last worked.
    n_failed: usize,
}

impl Worker {
    fn run(mut self, open: Opener) {
        // Whatever ends this thread, nobody must wait for it.
        let _finish = Finish(Arc::clone(&self.queue));
        let mut output = match open() {
            Ok(output) => output,
            Err(error) => return (self.report)(Problem::NotOpened { output: self.name, error }),
        };
        self.queue.break_with(output.breaker());
        let mut batch = Batch::default();
        loop {
            match self.queue.take(batch.messages(), output.batching()) {
                Work::Send => self.send(&mut *output, &mut batch),
                Work::Reopen => self.report(output.reopen()),
                Work::Finish => break,
            }
        }
        self.report(output.close());
    }

    fn send(&mut self, output: &mut dyn Output, batch: &mut Batch) {
        batch.render(&mut self.renderer);
        let n = batch.len();
        let (n_sent, error) = match output.send(batch) {
            Ok(()) => (n, None),
            Err(failed) => (failed.n_sent.min(n), Some(failed.error)),
        };
        for (i, message) in batch.messages().iter().enumerate() {
            message.tell(self.name, || match &error {
                Some(error) if i >= n_sent => Fate::Dropped(error.to_string()),
                _ => Fate::Delivered(message.made.elapsed()),
            });
        }
        self.queue.sent(batch.messages(), n_sent);
        let lost_before = self.n_failed;
        if n_sent > 0 && lost_before > 0 {
            (self.report)(Problem::Recovered { output: self.name, n_alerts: lost_before });
            self.n_failed = 0;
        }
        if let Some(error) = error {
            if self.n_failed == 0 {
                (self.report)(Problem::Failed { output: self.name, error });
            }
            self.n_failed += n - n_sent;
        }
    }

    fn report(&self, result: io::Result<()>) {
        if let Err(error) = result {
            (self.report)(Problem::Failed { output: self.name, error });
        }
    }
}

struct Finish(Arc<Queue>);

impl Drop for Finish {
    fn drop(&mut self) {
        self.0.finish();
    }
}
