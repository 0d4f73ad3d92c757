//! Shared text, and a bounded memory of the names seen lately so that a repeated one costs no allocation.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::FxHasher;

/// Text that many entries may share: a copy is a pointer.
#[derive(Clone, Debug)]
pub(crate) struct Text(Option<Arc<[u8]>>);

impl Text {
    /// No allocation.
    pub(crate) const EMPTY: Self = Self(None);

    pub(crate) fn new(bytes: &[u8]) -> Self {
        if bytes.is_empty() { Self::EMPTY } else { Self(Some(bytes.into())) }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Text {}

/// The names seen lately, one a slot: a new name takes the place of the old one, so that a stream of names that an
/// attacker chooses costs no more than an allocation each.
#[derive(Debug)]
pub(crate) struct Names {
    slots: Box<[Text]>,
}

const N_SLOTS: usize = 8_192;

/// Longer names are rare and would let the memory of names grow large.
const LONGEST: usize = 256;

impl Names {
    pub(crate) fn new() -> Self {
        Self { slots: vec![Text::EMPTY; N_SLOTS].into_boxed_slice() }
    }

    pub(crate) fn share(&mut self, name: &[u8]) -> Text {
        if name.is_empty() || name.len() > LONGEST {
            return Text::new(name);
        }
        let index = usize::try_from(hash(name) % N_SLOTS as u64).unwrap_or_default();
        let Some(slot) = self.slots.get_mut(index) else {
            return Text::new(name);
        };
        if slot.as_bytes() != name {
            *slot = Text::new(name);
        }
        slot.clone()
    }
}

pub(crate) fn hash(text: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_name_is_shared() {
        let mut names = Names::new();
        let (first, second) = (names.share(b"/etc/passwd"), names.share(b"/etc/passwd"));
        assert!(Arc::ptr_eq(first.0.as_ref().unwrap(), second.0.as_ref().unwrap()));
    }
}
