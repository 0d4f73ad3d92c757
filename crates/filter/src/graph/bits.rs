//! Sets of bits of one group's words, as lists of masks.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use crate::Value;
use crate::ast::Modifier;
use crate::literal::{Comparison, Literal};
use crate::plain::literals_hold;

/// One bit among the words of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Bit {
    pub(crate) word: usize,
    pub(crate) bit: u32,
}

/// A comparison with literals, and the bit for its answer.
#[derive(Clone, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) bit: Bit,
    pub(crate) comparison: Comparison,
    pub(crate) quantifier: Modifier,
    pub(crate) literals: &'a [Literal],
}

impl Asked<'_> {
    /// Whether it asks for at least one literal that the value equals.
    pub(crate) fn is_membership(&self) -> bool {
        self.comparison == Comparison::Eq && self.is_any()
    }

    /// Whether it holds as soon as one literal fits.
    pub(crate) fn is_any(&self) -> bool {
        self.quantifier == Modifier::Anyof || self.literals.len() == 1
    }

    pub(crate) fn to_owned(&self) -> Single {
        Single {
            bit: self.bit,
            comparison: self.comparison,
            quantifier: self.quantifier,
            literals: self.literals.into(),
        }
    }
}

/// A comparison that no table has; made on its own.
#[derive(Clone, Debug)]
pub(crate) struct Single {
    bit: Bit,
    comparison: Comparison,
    quantifier: Modifier,
    literals: Box<[Literal]>,
}

impl Single {
    pub(crate) fn answer(&self, value: Value<'_>, out: &mut [u64]) {
        if literals_hold(self.comparison, self.quantifier, &self.literals, value) {
            set(out, self.bit);
        }
    }
}

pub(crate) fn set(out: &mut [u64], bit: Bit) {
    out[bit.word] |= 1 << bit.bit;
}

/// Copies words. Most groups have one, for which a call would cost more than the copy.
pub(crate) fn store(out: &mut [u64], words: &[u64]) {
    if let ([out], [word]) = (&mut *out, words) {
        *out = *word;
    } else {
        out.copy_from_slice(words);
    }
}

/// Clears words, as [`store`] copies them.
pub(crate) fn clear(out: &mut [u64]) {
    if let [out] = out {
        *out = 0;
    } else {
        out.fill(0);
    }
}

/// Sets of bits, each with a number.
#[derive(Clone, Debug, Default)]
pub(crate) struct BitSets {
    masks: Vec<(u32, u64)>,
    /// Where the masks of a set are.
    sets: Vec<(u32, u32)>,
}

impl BitSets {
    fn push(&mut self, mut bits: Vec<Bit>) -> u32 {
        bits.sort_unstable();
        bits.dedup();
        let start = number(self.masks.len());
        for bits in bits.chunk_by(|a, b| a.word == b.word) {
            let mask = bits.iter().fold(0, |mask, bit| mask | 1 << bit.bit);
            self.masks.push((number(bits[0].word), mask));
        }
        self.sets.push((start, number(self.masks.len())));
        number(self.sets.len() - 1)
    }

    pub(crate) fn set(&self, number: u32, out: &mut [u64]) {
        self.each(number, |word, mask| out[word] |= mask);
    }

    pub(crate) fn flip(&self, number: u32, out: &mut [u64]) {
        self.each(number, |word, mask| out[word] ^= mask);
    }

    fn each(&self, number: u32, mut apply: impl FnMut(usize, u64)) {
        let (start, end) = self.sets[number as usize];
        for (word, mask) in &self.masks[start as usize..end as usize] {
            apply(*word as usize, *mask);
        }
    }
}

/// Collects the bits that belong to each key.
#[derive(Debug)]
pub(crate) struct ByKey<K>(HashMap<K, Vec<Bit>, FxBuildHasher>);

impl<K: Eq + std::hash::Hash + Ord> ByKey<K> {
    pub(crate) fn new() -> Self {
        Self(HashMap::default())
    }

    pub(crate) fn add(&mut self, key: K, bit: Bit) {
        self.0.entry(key).or_default().push(bit);
    }

    /// Keys in order, with the numbers that their sets get.
    pub(crate) fn into_sets(self, sets: &mut BitSets) -> Vec<(K, u32)> {
        let mut keys: Vec<_> = self.0.into_iter().collect();
        keys.sort_by(|a, b| a.0.cmp(&b.0));
        keys.into_iter().map(|(key, bits)| (key, sets.push(bits))).collect()
    }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).expect("conditions are bounded, so their literals are")
}
