//! Runs programs: [`Evaluator`].

use std::ops::ControlFlow;

use super::Graph;
use super::bits::{clear, store};
use super::cache::{TextCache, hash_of};
use super::group::Group;
use super::layout::{GroupRef, Place};
use super::plan::Plan;
use super::pool::Edge;
use super::program::{Block, Program, ProgramNode, Step};
use crate::check::Atom;
use crate::plain::atom_holds;
use crate::subject::Scratch;
use crate::{KeptPlace, Lifetime, World};

/// Beside a thread, so many blocks' rules are kept at most. Few kinds of events have rules.
const MOST_KEPT_BLOCKS: usize = 256;
/// Stands for rules that were not found out, or of which none is ruled out.
const UNKNOWN_RULES: u64 = u64::MAX;

/// What is known of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Holds,
    /// It depends on answers that are not known yet.
    Unknown,
}

/// Evaluates programs of one graph, one event after another. Holds what is remembered during an event and between events;
/// allocates only at first, and when a text is remembered.
#[derive(Debug, Default)]
pub struct Evaluator {
    /// Of the graph that all this is for.
    generation: Option<u32>,
    /// Answers of atoms, as the layout has them.
    bits: Vec<u64>,
    /// Which groups' answers are in `bits`.
    known: Vec<u64>,
    /// The lifetimes whose kept answers were asked for in this event, as bits.
    loaded: u32,
    /// The lifetimes whose answers can be kept in this event, of those that were asked for.
    keepable: u32,
    /// The lifetimes that have new answers to keep.
    fresh: u32,
    stamps: [Option<[u64; 2]>; Lifetime::ALL.len()],
    memo_known: Vec<u64>,
    memo_values: Vec<u64>,
    scratch: Scratch,
    /// For the answers of a group, all and about one value.
    answers: Vec<u64>,
    one: Vec<u64>,
    /// By group; made when the first text is seen.
    caches: Vec<Option<TextCache>>,
    /// By family, as the caches of groups.
    families: Vec<Option<TextCache>>,
    /// By block.
    plans: Vec<Plan>,
}

/// The answers that a condition waits with; see [`Evaluator::freeze`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    root: Edge,
    generation: u32,
    bits: Box<[u64]>,
    known: Box<[u64]>,
}

impl Evaluator {
    pub fn new() -> Self {
        Self::default()
    }

    /// Calls `report` for every condition of a program that holds, or may, in ascending order, until it breaks.
    pub fn evaluate<F, W: World<F> + ?Sized>(
        &mut self,
        graph: &Graph<F>,
        program: &Program,
        world: &W,
        report: impl FnMut(u32, Verdict) -> ControlFlow<()>,
    ) {
        self.evaluate_watched(graph, program, world, report, |_| ());
    }

    /// The same, and calls `done` with the number of each condition that was looked at, and with none after what was done
    /// for several at once.
    pub fn evaluate_watched<F, W: World<F> + ?Sized>(
        &mut self,
        graph: &Graph<F>,
        program: &Program,
        world: &W,
        mut report: impl FnMut(u32, Verdict) -> ControlFlow<()>,
        mut done: impl FnMut(Option<u32>),
    ) {
        if program.is_empty() {
            return;
        }
        self.begin(graph, program);
        let run = Run { graph, program, world };
        let has_unknown = world.is_unknown();
        for (nth, block) in program.blocks.iter().enumerate() {
            let left = if has_unknown { block.all() } else { self.run_steps(run, nth, block) };
            done(None);
            if left != 0
                && self.run_rules(run, block, left, has_unknown, &mut report, &mut done).is_break()
            {
                break;
            }
        }
        if self.fresh != 0 {
            self.keep(graph, world);
        }
    }

    /// Takes all that a condition needs from the event that was just evaluated, apart from what is unknown.
    pub fn freeze<F, W: World<F> + ?Sized>(
        &mut self,
        graph: &Graph<F>,
        program: &Program,
        condition: u32,
        world: &W,
    ) -> Option<Frozen> {
        let root = program.root(condition)?;
        let mut groups = Vec::new();
        program.groups_under(root, &mut groups);
        for group in groups {
            if !depends_on_unknown(graph, group, world) {
                self.ask(graph, group, world);
            }
        }
        let (bits, known) = (self.bits.clone().into(), self.known.clone().into());
        Some(Frozen { root, generation: graph.generation, bits, known })
    }

    /// Whether a frozen condition holds, now that what was unknown is known. Asks the world for that only, and for what
    /// shares a comparison with it.
    pub fn complete<F, W: World<F> + ?Sized>(
        &mut self,
        graph: &Graph<F>,
        program: &Program,
        frozen: &Frozen,
        world: &W,
    ) -> bool {
        self.begin(graph, program);
        assert_eq!(frozen.generation, graph.generation, "frozen with another graph");
        self.bits.copy_from_slice(&frozen.bits);
        self.known.copy_from_slice(&frozen.known);
        // Nothing is recalled or kept: the event is past.
        self.loaded = u32::MAX;
        self.stamps = Default::default();
        self.holds(Run { graph, program, world }, frozen.root)
    }

    /// Recalls all that is kept, and compares it and what was found out in this event with what comparing anew gives.
    /// Returns how many answers that were, and the first that differs: the comparison, and what was kept.
    ///
    /// To be called after [`evaluate`](Self::evaluate), with the same world. For tests: it is slow.
    pub fn audit<'g, F, W: World<F> + ?Sized>(
        &mut self,
        graph: &'g Graph<F>,
        program: &Program,
        world: &W,
    ) -> (usize, Option<(&'g Atom<F>, bool)>) {
        if program.is_empty() {
            // Then evaluating did not even begin.
            self.begin(graph, program);
        }
        for lifetime in Lifetime::ALL {
            if self.loaded >> lifetime as usize & 1 == 0 {
                self.recall(graph, lifetime, world);
            }
        }
        let mut n = 0;
        for (atom, place) in graph.atoms.iter().zip(&graph.places) {
            if !self.is_known(graph, place.group) {
                continue;
            }
            n += 1;
            let answer = self.bits[place.word as usize] >> place.bit & 1 == 1;
            if answer != atom_holds(atom, world, &self.scratch) {
                return (n, Some((atom, answer)));
            }
        }
        (n, None)
    }

    fn begin<F>(&mut self, graph: &Graph<F>, program: &Program) {
        assert_eq!(program.generation, graph.generation, "the program of another graph");
        if self.generation != Some(graph.generation) {
            *self = Self::of(graph);
        }
        clear(&mut self.known);
        // Of these nothing is ever kept.
        self.loaded = 1 << Lifetime::Event as u32 | 1 << Lifetime::Clock as u32;
        self.keepable = 0;
        self.fresh = 0;
        let words = program.n_memos.div_ceil(64);
        if self.memo_known.len() < words {
            self.memo_known.resize(words, 0);
            self.memo_values.resize(words, 0);
        }
        clear(&mut self.memo_known[..words]);
    }

    fn of<F>(graph: &Graph<F>) -> Self {
        let n_words = |group: &Group<F>| group.span.words.len();
        let widest = graph.groups.iter().map(n_words).max().unwrap_or(0);
        Self {
            generation: Some(graph.generation),
            bits: vec![0; graph.layout.n_bits()],
            known: vec![0; graph.layout.n_known()],
            answers: vec![0; widest],
            one: vec![0; widest],
            caches: graph.groups.iter().map(|_| None).collect(),
            families: graph.layout.families.iter().map(|_| None).collect(),
            ..Self::default()
        }
    }

    /// Rules out what cheap looks can rule out, and says which rules are left.
    fn run_steps<F, W: World<F> + ?Sized>(
        &mut self,
        run: Run<'_, F, W>,
        nth: usize,
        block: &Block,
    ) -> u64 {
        let id = run.program.first_block + nth;
        let mut left = self.left_by_thread(run, id, block);
        if left == 0 {
            return 0;
        }
        if self.plans.get(id).is_none_or(Plan::is_new) {
            self.plans.resize_with(self.plans.len().max(id + 1), Plan::default);
            self.plans[id] = Plan::new(run.graph, block);
        }
        let order = std::mem::take(&mut self.plans[id].order);
        let is_watching = self.plans[id].is_watching();
        let mut ruled_out_by_thread = 0;
        for (rules, index) in &order {
            if left & rules == 0 {
                continue;
            }
            let step = &block.steps[*index as usize];
            self.look(run, step.group, id, is_watching);
            for group in &step.more_groups {
                self.look(run, *group, id, is_watching);
            }
            let fails = rules & !self.passes(step);
            let ruled_out = left & fails;
            if step.is_of_thread {
                ruled_out_by_thread |= fails;
            }
            if is_watching {
                let looked_at = (left & rules).count_ones();
                self.plans[id].count(*index, looked_at, ruled_out.count_ones());
            }
            left ^= ruled_out;
            if left == 0 {
                break;
            }
        }
        let plan = &mut self.plans[id];
        plan.order = order;
        plan.event(run.graph, block);
        if ruled_out_by_thread != 0 {
            self.keep_ruled_out(run, id, ruled_out_by_thread);
        }
        left
    }

    /// The rules that the thread of the event does not rule out, as far as that is known.
    fn left_by_thread<F, W: World<F> + ?Sized>(
        &mut self,
        run: Run<'_, F, W>,
        id: usize,
        block: &Block,
    ) -> u64 {
        let Some(stamp) = thread_stamp(run.world, id) else {
            return self.find_left_by_thread(run, block);
        };
        let (generation, start) = (run.graph.generation, run.graph.layout.kept_rules);
        let mut left = UNKNOWN_RULES;
        run.world.kept(KeptPlace::Thread, &mut |kept_generation, words| {
            if *kept_generation == generation
                && let Some([first, second, kept @ ..]) = words.get(start..)
                && [*first, *second] == stamp
                && let Some(kept) = kept.get(id)
            {
                left = *kept;
            }
        });
        if left == UNKNOWN_RULES {
            left = self.find_left_by_thread(run, block);
            self.keep_ruled_out(run, id, !left);
        }
        left
    }

    /// Keeps with the thread of the event which rules it rules out, beside those that it is known to.
    #[cold]
    fn keep_ruled_out<F, W: World<F> + ?Sized>(
        &mut self,
        run: Run<'_, F, W>,
        id: usize,
        ruled_out: u64,
    ) {
        let Some(stamp) = thread_stamp(run.world, id) else { return };
        let start = run.graph.layout.kept_rules;
        run.world.kept(KeptPlace::Thread, &mut |generation, words| {
            own(run.graph, KeptPlace::Thread, generation, words);
            let least = start + 2 + id + 1;
            if words.len() < least {
                words.resize(least, UNKNOWN_RULES);
            }
            let Some([first, second, kept @ ..]) = words.get_mut(start..) else { return };
            if [*first, *second] != stamp {
                [*first, *second] = stamp;
                kept.fill(UNKNOWN_RULES);
            }
            kept[id] &= !ruled_out;
        });
    }

    fn find_left_by_thread<F, W: World<F> + ?Sized>(
        &mut self,
        run: Run<'_, F, W>,
        block: &Block,
    ) -> u64 {
        let mut left = block.all();
        for step in &block.thread_steps {
            if left & step.rules == 0 {
                continue;
            }
            for group in step.groups() {
                self.ask(run.graph, group, run.world);
            }
            left &= !step.rules | self.passes(step);
            if left == 0 {
                break;
            }
        }
        left
    }

    /// Makes the answers of a group known, for the plan of a block.
    #[inline]
    fn look<F, W: World<F> + ?Sized>(
        &mut self,
        run: Run<'_, F, W>,
        group: GroupRef,
        plan: usize,
        is_watching: bool,
    ) {
        if self.known[group.known_word as usize] & group.known_mask == 0 {
            let is_miss = self.find_out(run.graph, group.group as usize, run.world);
            if is_watching {
                self.plans[plan].count_group(group.group, is_miss);
            }
        }
    }

    /// The rules of a step that one of its atoms lets through.
    #[inline]
    fn passes(&self, step: &Step) -> u64 {
        let hits = self.bits[step.gate.word as usize] & step.gate.mask;
        if hits == 0 && step.more_gates.is_empty() {
            return 0;
        }
        self.passes_of_hits(step, hits)
    }

    #[inline(never)]
    fn passes_of_hits(&self, step: &Step, hits: u64) -> u64 {
        let mut passes = step.gate.passes(hits);
        for gate in &step.more_gates {
            passes |= gate.passes(self.bits[gate.word as usize] & gate.mask);
        }
        passes
    }

    fn run_rules<F, W: World<F> + ?Sized>(
        &mut self,
        run: Run<'_, F, W>,
        block: &Block,
        mut left: u64,
        has_unknown: bool,
        report: &mut impl FnMut(u32, Verdict) -> ControlFlow<()>,
        done: &mut impl FnMut(Option<u32>),
    ) -> ControlFlow<()> {
        while left != 0 {
            let (number, root) = block.rules[left.trailing_zeros() as usize];
            left &= left - 1;
            let value =
                if has_unknown { self.maybe(run, root) } else { Some(self.holds(run, root)) };
            done(Some(number));
            match value {
                Some(false) => continue,
                Some(true) => report(number, Verdict::Holds)?,
                None => report(number, Verdict::Unknown)?,
            }
            done(None);
        }
        ControlFlow::Continue(())
    }

    fn holds<F, W: World<F> + ?Sized>(&mut self, run: Run<'_, F, W>, edge: Edge) -> bool {
        let value = match run.program.nodes[edge.node()] {
            ProgramNode::True => true,
            ProgramNode::Atom(place) => self.atom(run, place),
            ProgramNode::And { start, end, memo } => {
                let remembered = memo.and_then(|memo| self.remembered(memo));
                remembered.unwrap_or_else(|| {
                    let edges = &run.program.edges[start as usize..end as usize];
                    let value = edges.iter().all(|edge| self.holds(run, *edge));
                    if let Some(memo) = memo {
                        self.remember(memo, value);
                    }
                    value
                })
            }
        };
        value != edge.is_negated()
    }

    /// As `holds`, with `None` for what depends on unknown answers.
    fn maybe<F, W: World<F> + ?Sized>(&mut self, run: Run<'_, F, W>, edge: Edge) -> Option<bool> {
        let value = match run.program.nodes[edge.node()] {
            ProgramNode::True => Some(true),
            ProgramNode::Atom(place) => {
                let unknown = depends_on_unknown(run.graph, place.group, run.world);
                (!unknown).then(|| self.atom(run, place))
            }
            ProgramNode::And { start, end, .. } => {
                let mut value = Some(true);
                for edge in &run.program.edges[start as usize..end as usize] {
                    match self.maybe(run, *edge) {
                        Some(true) => {}
                        Some(false) => {
                            value = Some(false);
                            break;
                        }
                        None => value = None,
                    }
                }
                value
            }
        };
        value.map(|value| value != edge.is_negated())
    }

    fn atom<F, W: World<F> + ?Sized>(&mut self, run: Run<'_, F, W>, place: Place) -> bool {
        self.ask(run.graph, place.group, run.world);
        self.bits[place.word as usize] >> place.bit & 1 == 1
    }

    /// Makes the answers of a group known.
    fn ask<F, W: World<F> + ?Sized>(&mut self, graph: &Graph<F>, group: u32, world: &W) {
        if !self.is_known(graph, group) {
            self.find_out(graph, group as usize, world);
        }
    }

    fn is_known<F>(&self, graph: &Graph<F>, group: u32) -> bool {
        let span = &graph.groups[group as usize].span;
        self.known[span.known_word] & span.known_mask != 0
    }

    /// Makes the answers of a group known that are not. Returns whether the world had to be asked for them.
    #[inline(never)]
    fn find_out<F, W: World<F> + ?Sized>(
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
    fn find_family<F, W: World<F> + ?Sized>(
        &mut self,
        graph: &Graph<F>,
        index: usize,
        world: &W,
    ) -> bool {
        let place = &graph.layout.families[index];
        let mut is_found = false;
        world.visit_root(place.family, &mut |number, text| {
            is_found = true;
            let (key, hash) = ((number, text), hash_of((number, text)));
            let bits = place.bits.clone();
            let cache = self.families[index].get_or_insert_with(|| TextCache::new(bits.len()));
            if let Some(answers) = cache.find(hash, key) {
                store(&mut self.bits[bits], answers);
                return;
            }
            for group in &place.groups {
                self.evaluate_group(graph, *group, world);
            }
            if let Some(cache) = &mut self.families[index] {
                cache.put(hash, key, &self.bits[bits]);
            }
        });
        if is_found {
            for known in &mut self.known[place.known.clone()] {
                *known = u64::MAX;
            }
        }
        is_found
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
        let cache =
            group.is_cached.then(|| self.caches[index].get_or_insert_with(|| TextCache::new(n)));
        if group.is_simple {
            let answers = group.evaluate_word(world, &self.scratch, cache);
            let word = &mut self.bits[group.span.words.start];
            *word = (*word & !group.mask[0]) | answers;
        } else {
            let answers = &mut self.answers[..n];
            group.evaluate(world, &self.scratch, cache, answers, &mut self.one[..n]);
            let bits = &mut self.bits[group.span.words.clone()];
            for ((bits, answers), mask) in bits.iter_mut().zip(answers).zip(&group.mask) {
                *bits = (*bits & !mask) | *answers;
            }
        }
        self.known[group.span.known_word] |= group.span.known_mask;
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
    fn keep<F, W: World<F> + ?Sized>(&mut self, graph: &Graph<F>, world: &W) {
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

    fn remembered(&self, memo: u32) -> Option<bool> {
        let (word, bit) = (memo as usize / 64, memo % 64);
        (self.memo_known[word] >> bit & 1 == 1).then(|| self.memo_values[word] >> bit & 1 == 1)
    }

    fn remember(&mut self, memo: u32, value: bool) {
        let (word, bit) = (memo as usize / 64, memo % 64);
        self.memo_known[word] |= 1 << bit;
        self.memo_values[word] &= !(1 << bit);
        self.memo_values[word] |= u64::from(value) << bit;
    }
}

/// What marks the rules that are kept beside a thread for a block.
fn thread_stamp<F, W: World<F> + ?Sized>(world: &W, id: usize) -> Option<[u64; 2]> {
    // Both lifetimes of such steps end when this one changes.
    world.stamp(Lifetime::Container).filter(|_| id < MOST_KEPT_BLOCKS)
}

/// Makes what is kept somewhere empty, if it is not of this graph.
fn own<F>(graph: &Graph<F>, place: KeptPlace, generation: &mut u32, words: &mut Vec<u64>) {
    let length = graph.layout.kept_lengths[place as usize];
    if *generation != graph.generation || words.len() < length {
        words.clear();
        words.resize(length, 0);
        *generation = graph.generation;
    }
}

/// What stays the same during one evaluation.
struct Run<'a, F, W: ?Sized> {
    graph: &'a Graph<F>,
    program: &'a Program,
    world: &'a W,
}

impl<F, W: ?Sized> Clone for Run<'_, F, W> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F, W: ?Sized> Copy for Run<'_, F, W> {}

fn depends_on_unknown<F, W: World<F> + ?Sized>(graph: &Graph<F>, group: u32, world: &W) -> bool {
    let mut unknown = false;
    graph.groups[group as usize].fields(&mut |field| {
        unknown |= world.is_field_unknown(&field.field, field.lifetime);
    });
    unknown
}
