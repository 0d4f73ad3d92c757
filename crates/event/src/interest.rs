//! What the probe shall send: a plain set, so that rules need not know a probe nor the probe rules.

use crate::{EventCode, SYSCALLS, Syscall};

/// A set of system calls and tracepoints, by portable code.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Interest {
    words: [u64; 8],
}

impl Interest {
    pub const fn none() -> Self {
        Self { words: [0; 8] }
    }

    pub fn all() -> Self {
        SYSCALLS.iter().collect()
    }

    pub const fn insert(&mut self, code: u16) {
        if (code as usize) < 512 {
            self.words[code as usize / 64] |= 1 << (code % 64);
        }
    }

    pub const fn remove(&mut self, code: u16) {
        if (code as usize) < 512 {
            self.words[code as usize / 64] &= !(1 << (code % 64));
        }
    }

    pub const fn contains(&self, code: u16) -> bool {
        (code as usize) < 512 && self.words[code as usize / 64] & (1 << (code % 64)) != 0
    }

    #[must_use]
    pub fn union(mut self, other: &Self) -> Self {
        for (word, more) in self.words.iter_mut().zip(other.words) {
            *word |= more;
        }
        self
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(mut self, other: &Self) -> Self {
        for (word, also) in self.words.iter_mut().zip(other.words) {
            *word &= also;
        }
        self
    }

    /// What is not in the other.
    #[must_use]
    pub fn difference(mut self, other: &Self) -> Self {
        for (word, less) in self.words.iter_mut().zip(other.words) {
            *word &= !less;
        }
        self
    }

    /// Everything in the set, by ascending code.
    pub fn iter(&self) -> impl Iterator<Item = &'static Syscall> {
        SYSCALLS.iter().filter(|syscall| self.contains(syscall.code))
    }

    /// Whether some member of the set sends this event.
    pub fn sends(&self, event: EventCode) -> bool {
        self.iter().any(|syscall| syscall.exit == Some(event) || syscall.enter == Some(event))
    }

    pub fn is_empty(&self) -> bool {
        self.words == [0; 8]
    }

    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }
}

impl<'a> FromIterator<&'a Syscall> for Interest {
    fn from_iter<I: IntoIterator<Item = &'a Syscall>>(syscalls: I) -> Self {
        let mut interest = Self::none();
        for syscall in syscalls {
            interest.insert(syscall.code);
        }
        interest
    }
}

impl std::fmt::Debug for Interest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter().map(|syscall| syscall.name)).finish()
    }
}
