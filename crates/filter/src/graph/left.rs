//! Which rules of a block are left: what the thread, the fd and the text of a family are known to rule out comes first, then
//! the steps in the order that was learned.

use super::answers::{FamilyRoot, own};
use super::evaluator::{Evaluator, Run};
use super::layout::GroupRef;
use super::plan::Plan;
use super::program::{Block, FamilyLook, Step};
use crate::{KeptPlace, Lifetime, World};

/// Stands for rules that were not found out, or of which none is ruled out.
pub(super) const UNKNOWN_RULES: u64 = u64::MAX;

/// What is kept beside the thread or the fd of the event about a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    place: KeptPlace,
    /// Among the blocks that have something there.
    number: u32,
    stamp: [u64; 2],
    /// The rules that are not ruled out, as far as that is known.
    pub(super) left: u64,
}

impl Evaluator {
    /// Rules out what cheap looks can rule out, and says which rules are left.
    #[inline(always)]
    pub(super) fn left<F, W: World<F> + ?Sized>(
        &mut self,
        run: Run<'_, F, W>,
        nth: usize,
        block: &Block,
    ) -> u64 {
        let fd = kept(run, KeptPlace::Fd, block);
        let mut left = fd.map_or(block.all, |fd| block.all & fd.left);
        let mut passing = UNKNOWN_RULES;
        if let Some(look) = &block.family
            && left & look.rules != 0
        {
            passing = self.left_by_family(run, look);
            left &= passing;
        }
        let mut thread = None;
        if left != 0 {
            thread = kept(run, KeptPlace::Thread, block);
            left &= thread.map_or(UNKNOWN_RULES, |thread| thread.left);
        }
        // What the path has ruled out is yet to be kept, if it can be beside the fd.
        if left == 0 && (fd.is_none() || passing == UNKNOWN_RULES) {
            return 0;
        }
        self.left_by_rest(run, nth, block, left, passing, [thread, fd])
    }

    /// Makes the steps, and keeps what they and the path rule out.
    #[inline(never)]
    fn left_by_rest<F, W: World<F> + ?Sized>(
        &mut self,
        run: Run<'_, F, W>,
        nth: usize,
        block: &Block,
        mut left: u64,
        passing: u64,
        places: [Option<Kept>; KeptPlace::ALL.len()],
    ) -> u64 {
        let mut ruled_out = [0; KeptPlace::ALL.len()];
        if let Some(place) = block.family.as_ref().and_then(|look| look.keeps) {
            ruled_out[place as usize] = !passing;
        }
        if left != 0 {
            left = self.left_by_steps(run, nth, block, left, &mut ruled_out);
        }
        for (kept, ruled_out) in places.into_iter().zip(ruled_out) {
            if let Some(kept) = kept.filter(|kept| kept.left & ruled_out != 0) {
                keep_left(run, kept, !ruled_out);
            }
        }
        left
    }

    /// The rules that the text of a family leaves.
    #[inline]
    fn left_by_family<F, W: World<F> + ?Sized>(
        &mut self,
        run: Run<'_, F, W>,
        look: &FamilyLook,
    ) -> u64 {
        let root = self.answers.root(run.graph, look.family, run.world);
        if let FamilyRoot::Cached(slot) = root {
            let left = self.answers.cache(look.family).left(slot, look.column);
            if left != UNKNOWN_RULES {
                return left;
            }
        }
        self.find_left_by_family(run, look, root)
    }

    #[cold]
    fn find_left_by_family<F, W: World<F> + ?Sized>(
        &mut self,
        run: Run<'_, F, W>,
        look: &FamilyLook,
        root: FamilyRoot,
    ) -> u64 {
        self.answers.begin();
        let is_found = self.answers.find_family(run.graph, look.family, run.world);
        let mut left = UNKNOWN_RULES;
        for step in &look.steps {
            if !is_found {
                for group in step.groups() {
                    self.answers.ask(run.graph, group, run.world);
                }
            }
            left &= !step.rules | self.passes(step);
        }
        if let FamilyRoot::Cached(slot) = root {
            self.answers.cache(look.family).put_left(slot, look.column, left);
        }
        left
    }

    /// Makes the steps about what is left, and adds to `ruled_out` which rules they rule out, by where that can be kept.
    fn left_by_steps<F, W: World<F> + ?Sized>(
        &mut self,
        run: Run<'_, F, W>,
        nth: usize,
        block: &Block,
        mut left: u64,
        ruled_out: &mut [u64; KeptPlace::ALL.len()],
    ) -> u64 {
        self.answers.begin();
        let id = run.program.first_block + nth;
        if self.plans.get(id).is_none_or(Plan::is_new) {
            self.plans.resize_with(self.plans.len().max(id + 1), Plan::default);
            self.plans[id] = Plan::new(run.graph, block);
        }
        let order = std::mem::take(&mut self.plans[id].order);
        let is_watching = self.plans[id].is_watching();
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
            if let Some(place) = step.keeps {
                ruled_out[place as usize] |= fails;
            }
            if is_watching {
                let looked_at = (left & rules).count_ones();
                self.plans[id].count(*index, looked_at, (left & fails).count_ones());
            }
            left &= !fails;
            if left == 0 {
                break;
            }
        }
        let plan = &mut self.plans[id];
        plan.order = order;
        plan.event(run.graph, block);
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
        if self.answers.known[group.known_word as usize] & group.known_mask == 0 {
            let is_miss = self.answers.find_out(run.graph, group.group as usize, run.world);
            if is_watching {
                self.plans[plan].count_group(group.group, is_miss);
            }
        }
    }

    /// The rules of a step that one of its atoms lets through.
    #[inline]
    pub(super) fn passes(&self, step: &Step) -> u64 {
        let bits = &self.answers.bits;
        let hits = bits[step.gate.word as usize] & step.gate.mask;
        let mut passes = if hits == 0 { 0 } else { step.gate.passes(hits) };
        for gate in &step.more_gates {
            passes |= gate.passes(bits[gate.word as usize] & gate.mask);
        }
        passes
    }
}

/// The lifetime whose stamp marks what is kept in a place.
const fn mark(place: KeptPlace) -> Lifetime {
    match place {
        // It changes whenever that of `Lifetime::Thread` does.
        KeptPlace::Thread => Lifetime::Container,
        KeptPlace::Fd => Lifetime::Fd,
    }
}

/// What is kept in a place about a block, if anything can be.
#[inline(always)]
pub(super) fn kept<F, W: World<F> + ?Sized>(
    run: Run<'_, F, W>,
    place: KeptPlace,
    block: &Block,
) -> Option<Kept> {
    let number = block.kept[place as usize]?;
    let stamp = run.world.stamp(mark(place))?;
    let start = run.graph.layout.kept_rules[place as usize];
    let mut left = UNKNOWN_RULES;
    run.world.kept(place, &mut |generation, words| {
        if *generation == run.graph.generation
            && let Some([first, second, kept @ ..]) = words.get(start..)
            && [*first, *second] == stamp
            && let Some(kept) = kept.get(number as usize)
        {
            left = *kept;
        }
    });
    Some(Kept { place, number, stamp, left })
}

/// Keeps which rules are left, of those that were.
#[cold]
fn keep_left<F, W: World<F> + ?Sized>(run: Run<'_, F, W>, before: Kept, left: u64) {
    let place = before.place;
    let start = run.graph.layout.kept_rules[place as usize];
    let number = before.number as usize;
    run.world.kept(place, &mut |generation, words| {
        own(run.graph, place, generation, words);
        let least = start + 2 + number + 1;
        if words.len() < least {
            words.reserve_exact(least - words.len());
            words.resize(least, UNKNOWN_RULES);
        }
        let Some([first, second, kept @ ..]) = words.get_mut(start..) else { return };
        if [*first, *second] != before.stamp {
            [*first, *second] = before.stamp;
            kept.fill(UNKNOWN_RULES);
        }
        kept[number] &= left;
    });
}
