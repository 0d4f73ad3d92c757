//! Answers about texts that were seen before, found by the text.

use std::hash::Hasher;

use rustc_hash::FxHasher;

use super::bits::store;

/// Longer texts are not kept.
const MAX_TEXT: usize = 512;
/// Places for texts; a power of two.
const SLOTS: usize = 2048;
/// Places for fingerprints of texts seen once; a power of two.
const DOORS: usize = 4096;

/// A bounded table. A text enters when it is seen the second time, for whoever picks names could fill it otherwise.
#[derive(Debug)]
pub(crate) struct TextCache {
    slots: Vec<Slot>,
    /// Of all slots, side by side.
    answers: Vec<u64>,
    n_words: usize,
    doors: Vec<u16>,
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
            slots: vec![Slot::default(); SLOTS],
            answers: vec![0; SLOTS * n_words],
            n_words,
            doors: vec![0; DOORS],
        }
    }

    /// Copies the answers about a text, if they are here.
    pub(crate) fn find(&self, hash: u64, text: &[u8], out: &mut [u64]) -> bool {
        let index = slot(hash);
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
        if *door != fingerprint || text.len() > MAX_TEXT {
            *door = fingerprint;
            return;
        }
        let index = slot(hash);
        let slot = &mut self.slots[index];
        slot.hash = hash;
        slot.is_used = true;
        slot.text.clear();
        slot.text.extend(text);
        store(&mut self.answers[index * self.n_words..][..self.n_words], answers);
    }
}

fn slot(hash: u64) -> usize {
    (hash >> 32) as usize % SLOTS
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
