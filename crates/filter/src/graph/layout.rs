//! Where the answers of atoms live: one bit each, those of a field side by side, those of a lifetime in one piece.

use std::ops::Range;

use crate::{Family, KeptPlace, Lifetime};

/// The bit of an atom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) group: u32,
    pub(crate) word: u32,
    pub(crate) bit: u8,
}

/// A group, and the bit that says that its answers are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GroupRef {
    pub(crate) known_mask: u64,
    pub(crate) known_word: u32,
    pub(crate) group: u32,
}

/// The bits of a group: its atoms' from `first` on, and the one that says that they are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) words: Range<usize>,
    /// Within the first word.
    pub(crate) first: usize,
    pub(crate) known_word: usize,
    pub(crate) known_mask: u64,
}

impl Span {
    /// Word and bit of the nth atom, counted from the first word of the span.
    pub(crate) fn position(&self, nth: usize) -> (usize, u32) {
        let bit = self.first + nth;
        (bit / 64, u32::try_from(bit % 64).unwrap_or_default())
    }
}

/// Where the answers of each lifetime are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    /// Words of bits of atoms, by lifetime.
    pub(crate) bits: [Range<usize>; Lifetime::ALL.len()],
    /// Words of bits of groups that are known, by lifetime.
    pub(crate) known: [Range<usize>; Lifetime::ALL.len()],
    /// Where a lifetime begins in what is kept beside a thread or an fd: two words of stamp, then known, then bits.
    pub(crate) kept: [usize; Lifetime::ALL.len()],
    /// Words kept beside a thread and beside an fd.
    pub(crate) kept_lengths: [usize; KeptPlace::ALL.len()],
    /// Where the rules that a thread or an fd leaves begin in what is kept beside it, which has room for them only once they
    /// are found out: two words of stamp, and for each block with steps about it a word.
    pub(crate) kept_rules: [usize; KeptPlace::ALL.len()],
    /// Families, which share no words with others.
    pub(crate) families: Vec<FamilyPlace>,
}

/// Where the answers of a family are.
#[derive(Clone, Debug)]
pub(crate) struct FamilyPlace {
    pub(crate) family: Family,
    pub(crate) lifetime: Lifetime,
    pub(crate) bits: Range<usize>,
    pub(crate) known: Range<usize>,
    pub(crate) groups: Vec<usize>,
}

/// What a group is laid out by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) lifetime: Lifetime,
    pub(crate) family: Option<Family>,
    pub(crate) atoms: usize,
}

impl Layout {
    /// A group of up to 64 atoms stays within one word.
    pub(crate) fn new(groups: &[Shape]) -> (Self, Vec<Span>) {
        let mut layout = Self::default();
        let mut spans = vec![None; groups.len()];
        let (mut bits, mut known) = (0, 0);
        for (index, lifetime) in Lifetime::ALL.into_iter().enumerate() {
            let (start, known_start) = (bits, known);
            let of_lifetime = |group: &usize| groups[*group].lifetime == lifetime;
            let members: Vec<usize> = (0..groups.len()).filter(of_lifetime).collect();
            let mut families: Vec<_> = members.iter().map(|group| groups[*group].family).collect();
            families.sort_unstable();
            families.dedup();
            for family in families {
                let of_family = |group: &&usize| groups[**group].family == family;
                let members: Vec<usize> = members.iter().filter(of_family).copied().collect();
                let (n_bits, n_known) = place(groups, &members, bits, known, &mut spans);
                if let Some(family) = family {
                    let (bits, known) = (bits..bits + n_bits, known..known + n_known);
                    layout.families.push(FamilyPlace {
                        family,
                        lifetime,
                        bits,
                        known,
                        groups: members,
                    });
                }
                bits += n_bits;
                known += n_known;
            }
            layout.bits[index] = start..bits;
            layout.known[index] = known_start..known;
            if let Some(place) = lifetime.place().filter(|_| !members.is_empty()) {
                let length = &mut layout.kept_lengths[place as usize];
                layout.kept[index] = *length;
                *length += 2 + (known - known_start) + (bits - start);
            }
        }
        layout.kept_rules = layout.kept_lengths;
        (layout, spans.into_iter().flatten().collect())
    }

    /// The family of this name among the families.
    pub(crate) fn family(&self, family: Family) -> Option<usize> {
        self.families.iter().position(|place| place.family == family)
    }

    pub(crate) fn n_bits(&self) -> usize {
        self.bits.iter().map(|range| range.end).max().unwrap_or(0)
    }

    pub(crate) fn n_known(&self) -> usize {
        self.known.iter().map(|range| range.end).max().unwrap_or(0)
    }
}

/// Lays out some of the groups from these words on; says how many words of bits they take, and of bits that say what is
/// known.
fn place(
    groups: &[Shape],
    members: &[usize],
    start: usize,
    known_start: usize,
    spans: &mut [Option<Span>],
) -> (usize, usize) {
    let mut members = members.to_vec();
    members.sort_by_key(|group| std::cmp::Reverse(groups[*group].atoms));
    // How much of each word is taken.
    let mut taken: Vec<usize> = Vec::new();
    for (nth, group) in members.iter().enumerate() {
        let atoms = groups[*group].atoms;
        let n_words = atoms.div_ceil(64).max(1);
        let word = match taken.iter().position(|used| used + atoms <= 64) {
            Some(word) => word,
            None => {
                taken.resize(taken.len() + n_words, 64);
                let word = taken.len() - n_words;
                if atoms <= 64 {
                    taken[word] = 0;
                }
                word
            }
        };
        let first = if atoms <= 64 { taken[word] } else { 0 };
        if atoms <= 64 {
            taken[word] += atoms;
        }
        spans[*group] = Some(Span {
            words: start + word..start + word + n_words,
            first,
            known_word: known_start + nth / 64,
            known_mask: 1 << (nth % 64),
        });
    }
    (taken.len(), members.len().div_ceil(64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_atoms_share_a_bit_and_small_groups_do_not_straddle() {
        let sizes = [1, 64, 65, 3, 40, 30, 200, 1, 128, 20];
        let shape = |(i, atoms): (usize, &usize)| {
            let family = (i % 2 == 0).then_some(Family(7));
            Shape { lifetime: Lifetime::ALL[i % 3], family, atoms: *atoms }
        };
        let groups: Vec<_> = sizes.iter().enumerate().map(shape).collect();
        let (layout, spans) = Layout::new(&groups);
        let mut used = std::collections::HashSet::new();
        for (Shape { lifetime, family, atoms }, span) in groups.iter().zip(&spans) {
            let in_family = |place: &FamilyPlace| place.bits.contains(&span.words.start);
            assert_eq!(layout.families.iter().any(in_family), family.is_some());
            let segment = &layout.bits[*lifetime as usize];
            for nth in 0..*atoms {
                let (word, bit) = span.position(nth);
                assert!(word < span.words.len() && segment.contains(&(span.words.start + word)));
                assert!(used.insert((span.words.start + word, bit)));
            }
            assert!(*atoms > 64 || span.words.len() == 1);
            assert!(layout.known[*lifetime as usize].contains(&span.known_word));
        }
        assert_eq!(layout.n_bits(), 14);
    }
}
