//! Answers about texts that were seen before, found by the text.

use std::hash::Hasher;

use rustc_hash::FxHasher;

use super::bits::store;

/// Longer texts are not kept.
const MAX_TEXT: usize = 512;
/// Places for texts at first, and at most; powers of two. A machine's daily round is some thousands of names.
const FIRST_SLOTS: usize = 512;
const MOST_SLOTS: usize = 16384;
/// Pairs of places for fingerprints of texts seen once; a power of two.
const DOORS: usize = 8192;

/// A bounded table. A text enters when it is seen the second time, for whoever picks names could fill it otherwise. It has
/// one of two places, side by side; the table grows when texts that were kept are pushed out by others.
#[derive(Debug)]
pub(crate) struct TextCache {
    slots: Vec<Slot>,
    /// Of all slots, side by side.
    answers: Vec<u64>,
    n_words: usize,
    doors: Vec<[u16; 2]>,
    n_pushed_out: usize,
}

#[derive(Clone, Debug, Default)]
struct Slot {
    hash: u64,
    is_used: bool,
    text: Vec<u8>,
}

impl TextCache {
    pub(crate) fn new(n_words: usize) -> Self {
        Self {
            slots: vec![Slot::default(); FIRST_SLOTS],
            answers: vec![0; FIRST_SLOTS * n_words],
            n_words,
            doors: vec![[0; 2]; DOORS],
            n_pushed_out: 0,
        }
    }

    /// Copies the answers about a text, if they are here.
    #[inline]
    pub(crate) fn find(&self, hash: u64, text: &[u8], out: &mut [u64]) -> bool {
        let first = self.place(hash);
        let index = if self.slots[first].hash == hash { first } else { first ^ 1 };
        let slot = &self.slots[index];
        let found = slot.hash == hash && slot.is_used && slot.text == text;
        if found {
            store(out, &self.answers[index * self.n_words..][..self.n_words]);
        }
        found
    }

    /// Takes answers about a text that was not found.
    pub(crate) fn offer(&mut self, hash: u64, text: &[u8], answers: &[u64]) {
        let fingerprint = (hash >> 48) as u16 | 1;
        let door = &mut self.doors[(hash >> 20) as usize % DOORS];
        if !door.contains(&fingerprint) || text.len() > MAX_TEXT {
            *door = [fingerprint, door[0]];
            return;
        }
        let first = self.place(hash);
        let mut index = if self.slots[first].is_used { first ^ 1 } else { first };
        if self.slots[index].is_used {
            // One of the two goes: neither always the same, nor one that who picks names could tell.
            index = first ^ (self.n_pushed_out & 1);
            self.n_pushed_out += 1;
        }
        let slot = &mut self.slots[index];
        slot.hash = hash;
        slot.is_used = true;
        slot.text.clear();
        slot.text.extend(text);
        store(&mut self.answers[index * self.n_words..][..self.n_words], answers);
        if self.n_pushed_out > self.slots.len() / 4 && self.slots.len() < MOST_SLOTS {
            self.grow();
        }
    }

    /// Doubles the places; what is here stays.
    #[cold]
    fn grow(&mut self) {
        let n_slots = self.slots.len() * 2;
        let slots = std::mem::replace(&mut self.slots, vec![Slot::default(); n_slots]);
        let answers = std::mem::replace(&mut self.answers, vec![0; n_slots * self.n_words]);
        self.n_pushed_out = 0;
        for (nth, slot) in slots.into_iter().enumerate().filter(|(_, slot)| slot.is_used) {
            let first = self.place(slot.hash);
            // Two that were neighbours are the only ones that can come to the same places.
            let index = if self.slots[first].is_used { first ^ 1 } else { first };
            let old = &answers[nth * self.n_words..][..self.n_words];
            store(&mut self.answers[index * self.n_words..][..self.n_words], old);
            self.slots[index] = slot;
        }
    }

    /// The first of the two places for a text.
    #[inline]
    fn place(&self, hash: u64) -> usize {
        (hash >> 32) as usize & (self.slots.len() - 1)
    }
}

pub(crate) fn hash(text: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_from_the_second_time_on() {
        let mut cache = TextCache::new(1);
        let mut out = [0];
        let key = hash(b"/etc/passwd");
        cache.offer(key, b"/etc/passwd", &[7]);
        assert!(!cache.find(key, b"/etc/passwd", &mut out));
        cache.offer(key, b"/etc/passwd", &[7]);
        assert!(cache.find(key, b"/etc/passwd", &mut out));
        assert_eq!(out, [7]);
        assert!(!cache.find(key, b"/etc/shadow", &mut out), "the text counts, not only its hash");
    }

    #[test]
    fn it_grows_with_the_names_that_come_again_up_to_a_bound() {
        let name = |i: u64| format!("/usr/lib/locale/{i}");
        let mut cache = TextCache::new(1);
        for (count, slots) in [(20, FIRST_SLOTS), (3_000, MOST_SLOTS), (100_000, MOST_SLOTS)] {
            for i in (0..count).cycle().take(12 * count as usize) {
                let (name, mut out) = (name(i), [0]);
                let key = hash(name.as_bytes());
                if cache.find(key, name.as_bytes(), &mut out) {
                    assert_eq!(out, [i]);
                } else {
                    cache.offer(key, name.as_bytes(), &[i]);
                }
            }
            let found =
                |i: &u64| cache.find(hash(name(*i).as_bytes()), name(*i).as_bytes(), &mut [0]);
            assert!(cache.slots.len() <= slots);
            assert!(count > 3_000 || (0..count).filter(found).count() as u64 > count * 9 / 10);
        }
    }

    #[test]
    fn names_seen_once_push_nothing_out() {
        let mut cache = TextCache::new(1);
        let key = hash(b"kept");
        cache.offer(key, b"kept", &[1]);
        cache.offer(key, b"kept", &[1]);
        for i in 0..50_000 {
            let name = format!("/tmp/{i}");
            cache.offer(hash(name.as_bytes()), name.as_bytes(), &[0]);
        }
        assert!(cache.find(key, b"kept", &mut [0]));
        assert!(cache.slots.iter().filter(|slot| slot.is_used).count() < 20);
    }
}
