//! Answers about texts that were seen before, found by the text.

use std::hash::Hasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustc_hash::FxHasher;

use super::bits::store;
use super::left::UNKNOWN_RULES;

/// Longer texts are not kept.
const MAX_TEXT: usize = 512;
/// Places for texts at first, and at most; powers of two. A machine's daily round is some thousands of names.
const FIRST_SLOTS: usize = 512;
const MOST_SLOTS: usize = 16384;
/// For so many blocks at most it is kept which of their rules a text leaves.
const MOST_COLUMNS: usize = 256;
/// Pairs of places for fingerprints of texts seen once; a power of two.
const DOORS: usize = 8192;

/// How many bytes all tables of a graph may take together beyond what they start with: room for some 10,000 paths.
const BUDGET: usize = 2 << 20;

/// The bytes that are left for tables to grow. All tables of a graph are one thread's.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<AtomicUsize>);

impl Default for Budget {
    fn default() -> Self {
        Self(Arc::new(AtomicUsize::new(BUDGET)))
    }
}

impl Budget {
    /// Takes so many bytes, if there are as many left.
    fn take(&self, bytes: usize) -> bool {
        let left = self.0.load(Ordering::Relaxed).checked_sub(bytes);
        if let Some(left) = left {
            self.0.store(left, Ordering::Relaxed);
        }
        left.is_some()
    }

    fn give_back(&self, bytes: usize) {
        self.0.store(self.0.load(Ordering::Relaxed) + bytes, Ordering::Relaxed);
    }
}

/// A bounded table. A text takes a free place when it is seen, and the place of another only when it is seen the second
/// time, for whoever picks names could push out all others otherwise. It has one of two places, side by side; a table that
/// is half full grows, up to a bound, when both are taken.
#[derive(Debug)]
pub(crate) struct TextCache {
    slots: Vec<Slot>,
    /// Of all slots, side by side.
    answers: Vec<u64>,
    n_words: usize,
    /// By slot, for each block that was asked about a text: the rules that the text does not rule out, if they are known.
    columns: Vec<Vec<u64>>,
    doors: Vec<[u16; 2]>,
    n_used: usize,
    n_pushed_out: usize,
    budget: Budget,
}

#[derive(Clone, Debug, Default)]
struct Slot {
    hash: u64,
    number: u32,
    is_used: bool,
    text: Vec<u8>,
}

impl TextCache {
    pub(crate) fn new(n_words: usize, budget: &Budget) -> Self {
        Self {
            slots: vec![Slot::default(); FIRST_SLOTS],
            answers: vec![0; FIRST_SLOTS * n_words],
            n_words,
            columns: Vec::new(),
            doors: vec![[0; 2]; DOORS],
            n_used: 0,
            n_pushed_out: 0,
            budget: budget.clone(),
        }
    }

    /// The place of a text with a number, if it is here.
    #[inline]
    pub(crate) fn find(&self, hash: u64, (number, text): Key<'_>) -> Option<usize> {
        let first = self.place(hash);
        let index = if self.slots[first].hash == hash { first } else { first ^ 1 };
        let slot = &self.slots[index];
        let found = slot.hash == hash && slot.is_used && slot.number == number && slot.text == text;
        found.then_some(index)
    }

    pub(crate) fn answers(&self, index: usize) -> &[u64] {
        &self.answers[index * self.n_words..][..self.n_words]
    }

    /// Takes answers about a text, in place of those that are here; says where they are, if it took them.
    pub(crate) fn put(&mut self, hash: u64, key: Key<'_>, answers: &[u64]) -> Option<usize> {
        let index = self.find(hash, key).or_else(|| self.make_room(hash, key))?;
        store(&mut self.answers[index * self.n_words..][..self.n_words], answers);
        for left in self.columns.iter_mut().filter_map(|column| column.get_mut(index)) {
            *left = UNKNOWN_RULES;
        }
        Some(index)
    }

    /// The rules of a block that the text in a place does not rule out, if they are known.
    #[inline]
    pub(crate) fn left(&self, index: usize, column: u32) -> u64 {
        let column = self.columns.get(column as usize);
        column.and_then(|column| column.get(index)).copied().unwrap_or(UNKNOWN_RULES)
    }

    pub(crate) fn put_left(&mut self, index: usize, column: u32, left: u64) {
        let column = column as usize;
        if column >= MOST_COLUMNS {
            return;
        }
        if column >= self.columns.len() {
            self.columns.resize_with(column + 1, Vec::new);
        }
        let column = &mut self.columns[column];
        if column.is_empty() {
            if !self.budget.take(self.slots.len() * size_of::<u64>()) {
                return;
            }
            column.resize(self.slots.len(), UNKNOWN_RULES);
        }
        column[index] = left;
    }

    /// A place that is now this text's, if it gets one.
    fn make_room(&mut self, hash: u64, (number, text): Key<'_>) -> Option<usize> {
        if text.len() > MAX_TEXT {
            return None;
        }
        let mut index = self.free_place(hash);
        let is_half_full = 2 * self.n_used >= self.slots.len();
        if index.is_none() && self.slots.len() < MOST_SLOTS && is_half_full && self.grow() {
            index = self.free_place(hash);
        }
        let index = match index {
            Some(index) => index,
            None => {
                let fingerprint = (hash >> 48) as u16 | 1;
                let door = &mut self.doors[(hash >> 20) as usize % DOORS];
                if !door.contains(&fingerprint) {
                    *door = [fingerprint, door[0]];
                    return None;
                }
                // One of the two goes: neither always the same, nor one that who picks names could tell.
                self.n_pushed_out += 1;
                self.place(hash) ^ (self.n_pushed_out & 1)
            }
        };
        let slot = &mut self.slots[index];
        let missing = text.len().saturating_sub(slot.text.capacity());
        if missing > 0 && !self.budget.take(missing) {
            // Else many short texts could keep longer ones out for good.
            self.n_used -= usize::from(slot.is_used);
            slot.is_used = false;
            self.budget.give_back(std::mem::take(&mut slot.text).capacity());
            return None;
        }
        self.n_used += usize::from(!slot.is_used);
        slot.hash = hash;
        slot.number = number;
        slot.is_used = true;
        if slot.text.capacity() < text.len() {
            slot.text = Vec::with_capacity(text.len());
        }
        slot.text.clear();
        slot.text.extend_from_slice(text);
        Some(index)
    }

    /// Doubles the places, if there is memory left for that; what is here stays.
    #[cold]
    fn grow(&mut self) -> bool {
        let n_columns = self.columns.iter().filter(|column| !column.is_empty()).count();
        let slot_len = size_of::<Slot>() + (self.n_words + n_columns) * size_of::<u64>();
        if !self.budget.take(self.slots.len() * slot_len) {
            return false;
        }
        let n_slots = self.slots.len() * 2;
        let slots = std::mem::replace(&mut self.slots, vec![Slot::default(); n_slots]);
        let answers = std::mem::replace(&mut self.answers, vec![0; n_slots * self.n_words]);
        let unknown =
            |column: &Vec<u64>| vec![UNKNOWN_RULES; if column.is_empty() { 0 } else { n_slots }];
        let unknown = self.columns.iter().map(unknown).collect();
        let columns = std::mem::replace(&mut self.columns, unknown);
        for (nth, slot) in slots.into_iter().enumerate().filter(|(_, slot)| slot.is_used) {
            let first = self.place(slot.hash);
            // Two that were neighbours are the only ones that can come to the same places.
            let index = first ^ usize::from(self.slots[first].is_used);
            let old = &answers[nth * self.n_words..][..self.n_words];
            store(&mut self.answers[index * self.n_words..][..self.n_words], old);
            for (new, old) in
                self.columns.iter_mut().zip(&columns).filter(|(_, old)| !old.is_empty())
            {
                new[index] = old[nth];
            }
            self.slots[index] = slot;
        }
        true
    }

    /// One of the two places for a text, if it is free.
    fn free_place(&self, hash: u64) -> Option<usize> {
        let first = self.place(hash);
        [first, first ^ 1].into_iter().find(|index| !self.slots[*index].is_used)
    }

    /// The first of the two places for a text.
    #[inline]
    fn place(&self, hash: u64) -> usize {
        (hash >> 32) as usize & (self.slots.len() - 1)
    }
}

/// What is looked up: a text, and a number that tells apart what reads alike.
pub(crate) type Key<'a> = (u32, &'a [u8]);

pub(crate) fn hash(text: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text);
    hasher.finish()
}

/// Of a text with a number.
pub(crate) fn hash_of((number, text): Key<'_>) -> u64 {
    hash(text) ^ u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(n_words: usize) -> TextCache {
        TextCache::new(n_words, &Budget::default())
    }

    const fn text(text: &[u8]) -> Key<'_> {
        (0, text)
    }

    fn found<'a>(cache: &'a TextCache, hash: u64, key: Key<'_>) -> Option<&'a [u64]> {
        Some(cache.answers(cache.find(hash, key)?))
    }

    #[test]
    fn what_is_left_of_blocks_moves_with_its_text_and_goes_with_it() {
        let mut cache = cache(2);
        let mut put = |i: u64, answers| {
            let name = i.to_string();
            cache.put(hash(name.as_bytes()), text(name.as_bytes()), &[answers, i])
        };
        let (first, second) = (put(1, 0).unwrap(), put(2, 0).unwrap());
        assert_eq!(cache.left(first, 1), UNKNOWN_RULES);
        cache.put_left(first, 1, 0b101);
        cache.put_left(second, 0, 0b11);
        let left = |cache: &TextCache, place| (cache.left(place, 0), cache.left(place, 1));
        assert_eq!(left(&cache, first), (UNKNOWN_RULES, 0b101));
        assert_eq!(left(&cache, second), (0b11, UNKNOWN_RULES));
        cache.grow();
        let (key, one) = (hash(b"1"), text(b"1"));
        let first = cache.find(key, one).unwrap();
        assert_eq!(
            (cache.answers(first), left(&cache, first)),
            (&[0, 1][..], (UNKNOWN_RULES, 0b101))
        );
        cache.put(key, one, &[9, 9]);
        assert_eq!(left(&cache, first), (UNKNOWN_RULES, UNKNOWN_RULES), "another's answers");
        cache.put_left(first, u32::MAX, 1);
        assert_eq!(cache.left(first, u32::MAX), UNKNOWN_RULES, "bounded");
    }

    #[test]
    fn a_text_with_its_number_is_found_again() {
        let mut cache = cache(1);
        let passwd = text(b"/etc/passwd");
        let key = hash_of(passwd);
        assert_eq!(cache.find(key, passwd), None);
        cache.put(key, passwd, &[7]);
        assert_eq!(found(&cache, key, passwd), Some(&[7][..]));
        assert_eq!(cache.find(key, text(b"/etc/shadow")), None, "not only the hash counts");
        assert_eq!(cache.find(key, (1, b"/etc/passwd")), None, "not only the text counts");
        cache.put(key, passwd, &[8]);
        assert_eq!(found(&cache, key, passwd), Some(&[8][..]));
    }

    #[test]
    fn it_grows_with_the_names_that_come_up_to_a_bound() {
        let name = |i: u64| format!("/usr/lib/locale/{i}");
        let mut cache = cache(1);
        for (count, slots) in [(20, FIRST_SLOTS), (3_000, MOST_SLOTS), (100_000, MOST_SLOTS)] {
            for i in (0..count).cycle().take(12 * count as usize) {
                let name = name(i);
                let (key, name) = (hash(name.as_bytes()), text(name.as_bytes()));
                match found(&cache, key, name) {
                    Some(answers) => assert_eq!(answers, [i]),
                    None => _ = cache.put(key, name, &[i]),
                }
            }
            let found = |i: &u64| {
                let name = name(*i);
                cache.find(hash(name.as_bytes()), text(name.as_bytes())).is_some()
            };
            assert!(cache.slots.len() <= slots);
            assert!(count > 3_000 || (0..count).filter(found).count() as u64 > count * 9 / 10);
        }
    }

    #[test]
    fn tables_share_what_they_may_grow_by() {
        let budget = Budget::default();
        let mut tables = [TextCache::new(4, &budget), TextCache::new(1, &budget)];
        let bytes = |table: &TextCache| {
            let slot_len = size_of::<Slot>() + table.n_words * size_of::<u64>();
            let texts: usize = table.slots.iter().map(|slot| slot.text.capacity()).sum();
            let columns: usize =
                table.columns.iter().map(|column| column.len() * size_of::<u64>()).sum();
            (table.slots.len() - FIRST_SLOTS) * slot_len + texts + columns
        };
        for i in 0..100_000_u64 {
            let name = format!("{i:0200}");
            let (key, name) = (hash(name.as_bytes()), text(name.as_bytes()));
            for table in &mut tables {
                // Seen twice, it may push out another.
                table.put(key, name, &vec![i; table.n_words]);
                if let Some(place) = table.put(key, name, &vec![i; table.n_words]) {
                    table.put_left(place, (i % 8) as u32, 1);
                }
            }
        }
        let taken: usize = tables.iter().map(bytes).sum();
        assert!(taken > BUDGET * 9 / 10 && taken <= BUDGET, "{taken}");
        assert_eq!(taken, BUDGET - budget.0.load(Ordering::Relaxed));
    }

    #[test]
    fn short_texts_keep_no_longer_one_out_for_good() {
        let mut cache = cache(1);
        let mut put_twice = |name: &str| {
            let (hash, name) = (hash(name.as_bytes()), text(name.as_bytes()));
            (0..2).filter_map(|_| cache.put(hash, name, &[1])).next_back().is_some()
        };
        for i in 0..100_000 {
            put_twice(&format!("{i:0120}"));
        }
        let longer = |i| format!("{i:0300}");
        assert!((0..1_000).any(|i| put_twice(&longer(i))));
    }

    #[test]
    fn names_seen_once_push_nothing_out() {
        let mut cache = cache(1);
        let key = hash(b"kept");
        cache.put(key, text(b"kept"), &[1]);
        for i in 0..50_000 {
            let name = format!("/tmp/{i}");
            cache.put(hash(name.as_bytes()), text(name.as_bytes()), &[0]);
        }
        assert_eq!(found(&cache, key, text(b"kept")), Some(&[1][..]));
    }
}
