//! Comparisons of texts: each kind of comparison of a field is one structure, and one pass answers all of the kind.

use aho_corasick::automaton::Automaton;
use aho_corasick::{Anchored, MatchKind, dfa, nfa, packed};
use hashbrown::HashTable;
use memchr::memmem::Finder;

use super::bits::{Asked, Bit, BitSets, ByKey, Single, set, store};
use super::cache::hash;
use super::trie::Trie;
use crate::Value;
use crate::ast::Modifier;
use crate::literal::{Comparison, Literal};
use crate::pattern::{Glob, PathPattern, Regex, canonical};

/// A table automaton takes up to a kilobyte for each byte of its texts.
const MAX_DFA: usize = 4 << 10;

#[derive(Debug)]
pub(crate) struct TextTable {
    /// What holds before anything was compared: `!=`.
    base: Vec<u64>,
    sets: BitSets,
    exact: HashTable<(Box<[u8]>, u32)>,
    /// Bit `n` is set if there is an exact text of `n` bytes; the last one stands for all longer ones.
    lengths: u64,
    prefixes: Trie,
    suffixes: Trie,
    /// Paths without patterns in them.
    under: Trie,
    contained: Contained,
    contained_any_case: Contained,
    globs: Vec<(Glob, Bit)>,
    paths: Vec<(PathPattern, Bit)>,
    regexes: Vec<(Regex, Bit)>,
    rest: Vec<Single>,
}

/// Texts by what is asked of them.
struct Parts {
    exact: ByKey<Vec<u8>>,
    prefixes: ByKey<Vec<u8>>,
    suffixes: ByKey<Vec<u8>>,
    under: ByKey<Vec<u8>>,
    contained: ByKey<Vec<u8>>,
    contained_any_case: ByKey<Vec<u8>>,
}

impl TextTable {
    pub(crate) fn new(asked: &[Asked<'_>], n_words: usize) -> Self {
        let mut parts = Parts {
            exact: ByKey::new(),
            prefixes: ByKey::new(),
            suffixes: ByKey::new(),
            under: ByKey::new(),
            contained: ByKey::new(),
            contained_any_case: ByKey::new(),
        };
        let mut table = Self {
            base: vec![0; n_words],
            sets: BitSets::default(),
            exact: HashTable::new(),
            lengths: 0,
            prefixes: Trie::default(),
            suffixes: Trie::default(),
            under: Trie::default(),
            contained: Contained::Nothing,
            contained_any_case: Contained::Nothing,
            globs: Vec::new(),
            paths: Vec::new(),
            regexes: Vec::new(),
            rest: Vec::new(),
        };
        for asked in asked {
            table.sort(asked, &mut parts);
        }
        table.build(parts);
        table
    }

    /// Puts a comparison where it is answered.
    fn sort(&mut self, asked: &Asked<'_>, parts: &mut Parts) {
        let none_equals = asked.comparison == Comparison::Ne
            && (asked.quantifier == Modifier::Allof || asked.literals.len() == 1);
        if none_equals && !asked.literals.is_empty() {
            set(&mut self.base, asked.bit);
        } else if !asked.is_any() {
            self.rest.push(asked.to_owned());
            return;
        }
        for literal in asked.literals {
            match (literal, asked.comparison) {
                (Literal::Bytes(text), Comparison::Eq) => parts.exact.add(text.to_vec(), asked.bit),
                (Literal::Bytes(text), Comparison::Ne) if none_equals => {
                    parts.exact.add(text.to_vec(), asked.bit);
                }
                (Literal::Bytes(text), Comparison::Startswith) => {
                    parts.prefixes.add(text.to_vec(), asked.bit);
                }
                (Literal::Bytes(text), Comparison::Endswith) => {
                    parts.suffixes.add(text.iter().rev().copied().collect(), asked.bit);
                }
                (Literal::Bytes(text), Comparison::Contains) => {
                    parts.contained.add(text.to_vec(), asked.bit);
                }
                (Literal::Bytes(text), Comparison::Icontains) => {
                    parts.contained_any_case.add(text.to_ascii_lowercase(), asked.bit);
                }
                (Literal::Glob(glob), _) => self.globs.push((glob.clone(), asked.bit)),
                (Literal::Path(path), _) => match path.literal() {
                    Some(path) => parts.under.add(path, asked.bit),
                    None => self.paths.push((path.clone(), asked.bit)),
                },
                (Literal::Regex(regex), _) => self.regexes.push((regex.clone(), asked.bit)),
                _ => {
                    self.rest.push(asked.to_owned());
                    return;
                }
            }
        }
    }

    fn build(&mut self, parts: Parts) {
        for (text, set) in parts.exact.into_sets(&mut self.sets) {
            self.lengths |= length_bit(text.len());
            let rehash = |(text, _): &(Box<[u8]>, u32)| hash(text);
            self.exact.insert_unique(hash(&text), (text.into(), set), rehash);
        }
        self.prefixes = Trie::new(parts.prefixes.into_sets(&mut self.sets));
        self.suffixes = Trie::new(parts.suffixes.into_sets(&mut self.sets));
        self.under = Trie::new(parts.under.into_sets(&mut self.sets));
        self.contained = Contained::new(parts.contained.into_sets(&mut self.sets), false);
        self.contained_any_case =
            Contained::new(parts.contained_any_case.into_sets(&mut self.sets), true);
    }

    /// `hash` is that of the text, if it is known already.
    pub(crate) fn answer(&self, value: Value<'_>, known_hash: Option<u64>, out: &mut [u64]) {
        store(out, &self.base);
        let Value::Bytes(text) = value else {
            self.rest.iter().for_each(|single| single.answer(value, out));
            return;
        };
        if self.lengths & length_bit(text.len()) != 0 {
            let hash = known_hash.unwrap_or_else(|| hash(text));
            if let Some((_, set)) = self.exact.find(hash, |(other, _)| **other == *text) {
                self.sets.flip(*set, out);
            }
        }
        self.prefixes.walk(text.iter().copied(), |set| self.sets.set(set, out));
        self.suffixes.walk(text.iter().rev().copied(), |set| self.sets.set(set, out));
        if !self.under.is_empty() {
            self.under.walk(canonical(text), |set| self.sets.set(set, out));
        }
        self.contained.search(text, |set| self.sets.set(set, out));
        self.contained_any_case.search(text, |set| self.sets.set(set, out));
        for (glob, bit) in &self.globs {
            if !has(out, *bit) && glob.matches(text) {
                set(out, *bit);
            }
        }
        for (path, bit) in &self.paths {
            if !has(out, *bit) && path.matches(text) {
                set(out, *bit);
            }
        }
        for (regex, bit) in &self.regexes {
            if !has(out, *bit) && regex.matches(text) {
                set(out, *bit);
            }
        }
        for single in &self.rest {
            single.answer(value, out);
        }
    }

    /// Whether looking an answer up is cheaper than finding it.
    pub(crate) fn is_costly(&self) -> bool {
        !(self.prefixes.is_empty()
            && self.suffixes.is_empty()
            && self.under.is_empty()
            && matches!(self.contained, Contained::Nothing)
            && matches!(self.contained_any_case, Contained::Nothing)
            && self.globs.is_empty()
            && self.paths.is_empty()
            && self.regexes.is_empty())
    }
}

fn has(out: &[u64], bit: Bit) -> bool {
    out[bit.word] >> bit.bit & 1 == 1
}

fn length_bit(length: usize) -> u64 {
    1 << length.min(63)
}

/// Texts that are looked for anywhere in a value.
#[derive(Debug)]
enum Contained {
    Nothing,
    One(Box<Finder<'static>>, u32),
    Dfa(Box<Dfa>),
    Nfa(Box<nfa::contiguous::NFA>, Vec<u32>),
}

#[derive(Debug)]
struct Dfa {
    /// Says quickly that nothing is found, which is the rule.
    any: Option<packed::Searcher>,
    dfa: dfa::DFA,
    sets: Vec<u32>,
}

impl Contained {
    fn new(texts: Vec<(Vec<u8>, u32)>, ignore_case: bool) -> Self {
        match texts.as_slice() {
            [] => return Self::Nothing,
            [(text, set)] if !ignore_case => {
                return Self::One(Box::new(Finder::new(text).into_owned()), *set);
            }
            _ => {}
        }
        let sets = texts.iter().map(|(_, set)| *set).collect();
        let patterns = || texts.iter().map(|(text, _)| text);
        let length: usize = patterns().map(Vec::len).sum();
        if length <= MAX_DFA {
            let dfa = dfa::Builder::new()
                .match_kind(MatchKind::Standard)
                .prefilter(false)
                .ascii_case_insensitive(ignore_case)
                .build(patterns());
            if let Ok(dfa) = dfa {
                let any = (!ignore_case).then(|| packed::Searcher::new(patterns())).flatten();
                return Self::Dfa(Box::new(Dfa { any, dfa, sets }));
            }
        }
        let nfa = nfa::contiguous::Builder::new()
            .match_kind(MatchKind::Standard)
            .prefilter(false)
            .ascii_case_insensitive(ignore_case)
            .build(patterns())
            .expect("literals are bounded far below the limits of the automaton");
        Self::Nfa(Box::new(nfa), sets)
    }

    fn search(&self, text: &[u8], mut found: impl FnMut(u32)) {
        match self {
            Self::Nothing => {}
            Self::One(finder, set) => {
                if finder.find(text).is_some() {
                    found(*set);
                }
            }
            Self::Dfa(inner) => {
                let Dfa { any, dfa, sets } = &**inner;
                let start = any.as_ref().map_or(Some(0), |any| first_match(any, text));
                if let Some(rest) = start.and_then(|start| text.get(start..)) {
                    walk(dfa, rest, sets, found);
                }
            }
            Self::Nfa(nfa, sets) => walk(&**nfa, text, sets, found),
        }
    }
}

/// Where the first match begins.
fn first_match(any: &packed::Searcher, text: &[u8]) -> Option<usize> {
    if text.len() >= any.minimum_len() {
        return any.find(text).map(|found| found.start());
    }
    // Longer by some NULs, the text can be searched in one step. That may find what has a NUL in it: the walk will not.
    let mut longer = [0; 64];
    let Some(longer) = longer.get_mut(..any.minimum_len()) else { return Some(0) };
    longer[..text.len()].copy_from_slice(text);
    any.find(longer).map(|found| found.start())
}

/// Finds all texts, also those inside others. Steps by hand: values are short, and a search that may skip ahead costs more.
fn walk(automaton: &impl Automaton, text: &[u8], sets: &[u32], mut found: impl FnMut(u32)) {
    let Ok(mut state) = automaton.start_state(Anchored::No) else { return };
    let mut report = |state| {
        if automaton.is_match(state) {
            for nth in 0..automaton.match_len(state) {
                found(sets[automaton.match_pattern(state, nth).as_usize()]);
            }
        }
    };
    report(state);
    for byte in text {
        state = automaton.next_state(Anchored::No, state, *byte);
        if automaton.is_special(state) {
            report(state);
        }
    }
}
