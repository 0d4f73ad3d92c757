//! The answers of comparisons during one event ([`Answers`]), and those that are kept from event to event.

use super::Graph;
use super::bits::{clear, store};
use super::cache::{Budget, TextCache, hash_of};
use super::group::Group;
use super::layout::{FamilyPlace, Place};
use crate::subject::Scratch;
use crate::{KeptPlace, Lifetime, World};

/// Answers about one event after another. Nothing is done for an event that nothing is asked about.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// Of atoms, as the layout has them.
    pub(super) bits: Vec<u64>,
    /// Which groups' answers are in `bits`.
    pub(super) known: Vec<u64>,
    /// Counts events.
    event: u64,
    /// The event that `known` and what follows are about.
    begun: u64,
    /// The lifetimes whose kept answers were asked for in this event, as bits.
    loaded: u32,
    /// The lifetimes whose answers can be kept in this event, of those that were asked for.
    keepable: u32,
    /// The lifetimes that have new answers to keep.
    fresh: u32,
    stamps: [Option<[u64; 2]>; Lifetime::ALL.len()],
    pub(super) scratch: Scratch,
    /// For the answers of a group, all and about one value.
    all: Vec<u64>,
    one: Vec<u64>,
    /// By group; made when the first text is seen.
    caches: Vec<Option<TextCache>>,
    budget: Budget,
    families: Vec<FamilyAnswers>,
}

/// Answers about the texts of a family.
#[derive(Debug)]
struct FamilyAnswers {
    cache: TextCache,
    /// What was found in which event.
    root: (u64, FamilyRoot),
}

/// The text that the fields of a family are answered from in an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FamilyRoot {
    /// There is none: each field has to be asked.
    Absent,
    /// What is known of it is in this place of the family's cache.
    Cached(usize),
    /// The cache did not take it; its answers are known.
    Uncached,
}

impl Answers {
    pub(super) fn of<F>(graph: &Graph<F>) -> Self {
        let n_words = |group: &Group<F>| group.span.words.len();
        let widest = graph.groups.iter().map(n_words).max().unwrap_or(0);
        let budget = Budget::default();
        let families = graph.layout.families.iter().map(|place| FamilyAnswers {
            cache: TextCache::new(place.bits.len(), &budget),
            root: (0, FamilyRoot::Absent),
        });
        Self {
            bits: vec![0; graph.layout.n_bits()],
            known: vec![0; graph.layout.n_known()],
            all: vec![0; widest],
            one: vec![0; widest],
            caches: graph.groups.iter().map(|_| None).collect(),
            families: families.collect(),
            budget,
            ..Self::default()
        }
    }

    /// The next event: nothing is known of it.
    #[inline]
    pub(super) fn forget(&mut self) {
        self.event += 1;
        self.fresh = 0;
    }

    /// To be called before answers are looked at, any number of times an event.
    #[inline]
    pub(super) fn begin(&mut self) {
        if self.begun != self.event {
            self.begun = self.event;
            clear(&mut self.known);
            // Of these nothing is ever kept.
            self.loaded = 1 << Lifetime::Event as u32 | 1 << Lifetime::Clock as u32;
            self.keepable = 0;
        }
    }

    /// Begins with answers of an event that is past: nothing is recalled or kept.
    pub(super) fn resume(&mut self, bits: &[u64], known: &[u64]) {
        self.forget();
        self.begin();
        self.bits.copy_from_slice(bits);
        self.known.copy_from_slice(known);
        self.loaded = u32::MAX;
    }

    pub(super) fn atom<F, W: World<F> + ?Sized>(
        &mut self,
        graph: &Graph<F>,
        place: Place,
        world: &W,
    ) -> bool {
        self.ask(graph, place.group, world);
        self.bits[place.word as usize] >> place.bit & 1 == 1
    }

    /// Makes the answers of a group known.
    pub(super) fn ask<F, W: World<F> + ?Sized>(&mut self, graph: &Graph<F>, group: u32, world: &W) {
        if !self.is_known(graph, group) {
            self.find_out(graph, group as usize, world);
        }
    }

    pub(super) fn is_known<F>(&self, graph: &Graph<F>, group: u32) -> bool {
        let span = &graph.groups[group as usize].span;
        self.known[span.known_word] & span.known_mask != 0
    }

    /// Makes the answers of a group known that are not. Returns whether the world had to be asked for them.
    #[inline(never)]
    pub(super) fn find_out<F, W: World<F> + ?Sized>(
        &mut self,
        graph: &Graph<F>,
        index: usize,
        world: &W,
    ) -> bool {
        let group = &graph.groups[index];
        let lifetime = group.lifetime as usize;
        if self.loaded >> lifetime & 1 == 0 {
            self.recall(graph, group.lifetime, world);
            if self.known[group.span.known_word] & group.span.known_mask != 0 {
                return false;
            }
        }
        let is_found = group.family.is_some_and(|family| self.find_family(graph, family, world));
        if !is_found {
            self.evaluate_group(graph, index, world);
        }
        self.fresh |= self.keepable & 1 << lifetime;
        true
    }

    /// Makes the answers of a family known, if there is a text that they follow from in this event.
    pub(super) fn find_family<F, W: World<F> + ?Sized>(
        &mut self,
        graph: &Graph<F>,
        index: usize,
        world: &W,
    ) -> bool {
        match self.root(graph, index, world) {
            FamilyRoot::Absent => false,
            FamilyRoot::Uncached => true,
            FamilyRoot::Cached(slot) => {
                let place = &graph.layout.families[index];
                let answers = self.families[index].cache.answers(slot);
                store(&mut self.bits[place.bits.clone()], answers);
                self.know_family(place);
                true
            }
        }
    }

    /// Looks up the text of a family, and takes it into the cache if it is new.
    #[inline]
    pub(super) fn root<F, W: World<F> + ?Sized>(
        &mut self,
        graph: &Graph<F>,
        index: usize,
        world: &W,
    ) -> FamilyRoot {
        if let (event, root) = self.families[index].root
            && event == self.event
        {
            return root;
        }
        let place = &graph.layout.families[index];
        let mut root = FamilyRoot::Absent;
        world.visit_root(place.family, &mut |number, text| {
            let (key, hash) = ((number, text), hash_of((number, text)));
            let slot = self.families[index].cache.find(hash, key).or_else(|| {
                self.evaluate_family(graph, place, world);
                self.families[index].cache.put(hash, key, &self.bits[place.bits.clone()])
            });
            root = slot.map_or(FamilyRoot::Uncached, FamilyRoot::Cached);
        });
        self.families[index].root = (self.event, root);
        root
    }

    /// What is kept beside texts of a family.
    pub(super) fn cache(&mut self, family: usize) -> &mut TextCache {
        &mut self.families[family].cache
    }

    #[inline(never)]
    fn evaluate_family<F, W: World<F> + ?Sized>(
        &mut self,
        graph: &Graph<F>,
        place: &FamilyPlace,
        world: &W,
    ) {
        self.begin();
        let lifetime = place.lifetime as usize;
        if self.loaded >> lifetime & 1 == 0 {
            self.recall(graph, place.lifetime, world);
        }
        for group in &place.groups {
            self.evaluate_group(graph, *group, world);
        }
        self.know_family(place);
        self.fresh |= self.keepable & 1 << lifetime;
    }

    fn know_family(&mut self, place: &FamilyPlace) {
        for known in &mut self.known[place.known.clone()] {
            *known = u64::MAX;
        }
    }

    /// Asks the world for the answers of a group.
    fn evaluate_group<F, W: World<F> + ?Sized>(
        &mut self,
        graph: &Graph<F>,
        index: usize,
        world: &W,
    ) {
        let group = &graph.groups[index];
        let n = group.span.words.len();
        let new = || TextCache::new(n, &self.budget);
        let cache = group.is_cached.then(|| self.caches[index].get_or_insert_with(new));
        if group.is_simple {
            let answers = group.evaluate_word(world, &self.scratch, cache);
            let word = &mut self.bits[group.span.words.start];
            *word = (*word & !group.mask[0]) | answers;
        } else {
            let answers = &mut self.all[..n];
            group.evaluate(world, &self.scratch, cache, answers, &mut self.one[..n]);
            let bits = &mut self.bits[group.span.words.clone()];
            for ((bits, answers), mask) in bits.iter_mut().zip(answers).zip(&group.mask) {
                *bits = (*bits & !mask) | *answers;
            }
        }
        self.known[group.span.known_word] |= group.span.known_mask;
    }

    /// Copies all that is kept.
    pub(super) fn recall_all<F, W: World<F> + ?Sized>(&mut self, graph: &Graph<F>, world: &W) {
        for lifetime in Lifetime::ALL {
            if self.loaded >> lifetime as usize & 1 == 0 {
                self.recall(graph, lifetime, world);
            }
        }
    }

    /// Copies what is kept of a lifetime, once an event.
    fn recall<F, W: World<F> + ?Sized>(&mut self, graph: &Graph<F>, lifetime: Lifetime, world: &W) {
        let index = lifetime as usize;
        self.loaded |= 1 << index;
        self.stamps[index] = lifetime.place().and_then(|_| world.stamp(lifetime));
        let (Some(stamp), Some(place)) = (self.stamps[index], lifetime.place()) else { return };
        self.keepable |= 1 << index;
        let layout = &graph.layout;
        let (bits, known) = (layout.bits[index].clone(), layout.known[index].clone());
        world.kept(place, &mut |generation, words| {
            let is_ours = *generation == graph.generation
                && words.len() >= layout.kept_lengths[place as usize];
            let Some(words) = words.get(layout.kept[index]..).filter(|_| is_ours) else { return };
            let [first, second, words @ ..] = words else { return };
            if [*first, *second] != stamp {
                return;
            }
            let (kept_known, words) = words.split_at(known.len());
            self.known[known.clone()].copy_from_slice(kept_known);
            self.bits[bits.clone()].copy_from_slice(&words[..bits.len()]);
        });
    }

    /// Writes back the lifetimes of which something new was found out.
    #[inline]
    pub(super) fn keep<F, W: World<F> + ?Sized>(&mut self, graph: &Graph<F>, world: &W) {
        if self.fresh != 0 {
            self.keep_fresh(graph, world);
        }
    }

    fn keep_fresh<F, W: World<F> + ?Sized>(&self, graph: &Graph<F>, world: &W) {
        let layout = &graph.layout;
        for lifetime in Lifetime::ALL {
            let index = lifetime as usize;
            if self.fresh >> index & 1 == 0 {
                continue;
            }
            let (Some(place), Some(stamp)) = (lifetime.place(), self.stamps[index]) else {
                continue;
            };
            world.kept(place, &mut |generation, words| {
                own(graph, place, generation, words);
                let known = &self.known[layout.known[index].clone()];
                let bits = &self.bits[layout.bits[index].clone()];
                let words = &mut words[layout.kept[index]..];
                words[..2].copy_from_slice(&stamp);
                words[2..2 + known.len()].copy_from_slice(known);
                words[2 + known.len()..][..bits.len()].copy_from_slice(bits);
            });
        }
    }
}

/// Makes what is kept somewhere empty, if it is not of this graph.
pub(super) fn own<F>(
    graph: &Graph<F>,
    place: KeptPlace,
    generation: &mut u32,
    words: &mut Vec<u64>,
) {
    let length = graph.layout.kept_lengths[place as usize];
    if *generation != graph.generation || words.len() < length {
        words.clear();
        words.resize(length, 0);
        *generation = graph.generation;
    }
}
