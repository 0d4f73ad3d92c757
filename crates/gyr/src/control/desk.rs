//! Where the control socket's thread and the engine's thread meet: one question at a time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Result, bail};
use gyr_engine::{Engine, Explanation, Question};

/// Lies between the two threads. The engine looks at one flag for each event.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    /// Whether there is something for the engine to do.
    is_asked: AtomicBool,
    slip: Mutex<Slip>,
    answered: Condvar,
}

#[derive(Debug, Default)]
enum Slip {
    #[default]
    Nothing,
    Begin(Box<Question>),
    Watching,
    End,
    Explained(Box<Explanation>),
}

/// For the engine to look at the desk, which it does many times a second once it has begun.
const PATIENCE: Duration = Duration::from_secs(30);

impl Desk {
    /// For the engine.
    #[inline]
    pub(crate) fn is_asked(&self) -> bool {
        self.is_asked.load(Ordering::Relaxed)
    }

    /// For the engine, when it is asked.
    pub(crate) fn serve(&self, engine: &mut Engine) {
        let mut slip = self.lock();
        *slip = match std::mem::take(&mut *slip) {
            Slip::Begin(question) => {
                engine.explain(*question);
                Slip::Watching
            }
            Slip::End => Slip::Explained(Box::new(engine.explained().unwrap_or_default())),
            other => other,
        };
        self.is_asked.store(false, Ordering::Relaxed);
        self.answered.notify_all();
    }

    /// For the control socket: has the engine watch while `wait` runs.
    pub(crate) fn explain(&self, question: Question, wait: impl FnOnce()) -> Result<Explanation> {
        self.put(Slip::Begin(Box::new(question)));
        self.wait_while(|slip| matches!(slip, Slip::Begin(_)))?;
        wait();
        self.put(Slip::End);
        match self.wait_while(|slip| matches!(slip, Slip::End))? {
            Slip::Explained(explanation) => Ok(*explanation),
            _ => bail!("the engine began anew"),
        }
    }

    fn put(&self, slip: Slip) {
        *self.lock() = slip;
        self.is_asked.store(true, Ordering::Relaxed);
    }

    fn wait_while(&self, condition: impl Fn(&Slip) -> bool) -> Result<Slip> {
        let waited =
            self.answered.wait_timeout_while(self.lock(), PATIENCE, |slip| condition(slip));
        let (mut slip, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        let slip = std::mem::take(&mut *slip);
        if waited.timed_out() {
            bail!("the engine is too busy to look");
        }
        Ok(slip)
    }

    fn lock(&self) -> MutexGuard<'_, Slip> {
        self.slip.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
