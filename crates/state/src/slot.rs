//! A place beside a thread or an fd where the rules engine keeps answers about it.

use std::cell::RefCell;

/// Answers kept beside the thing they were computed from. Opaque to this crate; empty, and without memory, until used.
#[derive(Debug, Default)]
pub struct Slot(RefCell<Option<Box<Kept>>>);

/// What a [`Slot`] holds once used.
#[derive(Debug, Default)]
pub struct Kept {
    /// The generation of the rules that asked.
    pub generation: u32,
    /// The answers, and the stamps that they were computed under.
    pub words: Vec<u64>,
}

impl Slot {
    /// Runs `f` on what is kept, which starts out empty. A slot that is in use already (a call from within `f`) gives `None`.
    pub fn with<R>(&self, f: impl FnOnce(&mut Kept) -> R) -> Option<R> {
        let mut kept = self.0.try_borrow_mut().ok()?;
        Some(f(kept.get_or_insert_default()))
    }
}
