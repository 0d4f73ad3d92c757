//! The tids that answers about other threads were looked for by.

use std::cell::Cell;

/// A set of tids that may hold some that were not put in, never the other way round. 4,096 bits: enough for the sessions and
/// groups of processes of a machine.
#[derive(Debug)]
pub(crate) struct Asked {
    words: [Cell<u64>; WORDS],
}

const WORDS: usize = 64;

impl Default for Asked {
    fn default() -> Self {
        Self { words: [const { Cell::new(0) }; WORDS] }
    }
}

impl Asked {
    #[inline]
    pub(crate) fn add(&self, tid: i64) {
        let (word, bit) = place(tid);
        if let Some(word) = self.words.get(word) {
            word.set(word.get() | bit);
        }
    }

    #[inline]
    pub(crate) fn may_hold(&self, tid: i64) -> bool {
        let (word, bit) = place(tid);
        self.words.get(word).is_some_and(|word| word.get() & bit != 0)
    }

    pub(crate) fn clear(&self) {
        self.words.iter().for_each(|word| word.set(0));
    }
}

/// The word, and the bit in it: tids that follow each other share none.
const fn place(tid: i64) -> (usize, u64) {
    let low = tid.cast_unsigned() % (WORDS as u64 * 64);
    ((low / 64) as usize, 1 << (low % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_is_there_until_all_is_taken_out() {
        let asked = Asked::default();
        for tid in [1, 63, 64, 4_095, -1, i64::MIN] {
            assert!(!asked.may_hold(tid), "{tid}");
            asked.add(tid);
            assert!(asked.may_hold(tid), "{tid}");
            asked.clear();
        }
    }
}
