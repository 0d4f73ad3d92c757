//! Compares what is kept with what comparing anew gives: for tests, for it is slow.

use super::Graph;
use super::answers::FamilyRoot;
use super::evaluator::{Evaluator, Run};
use super::left::kept;
use super::program::{Block, Program, Step};
use crate::check::Atom;
use crate::plain::atom_holds;
use crate::{KeptPlace, World};

impl Evaluator {
    /// Compares the rules that are kept as ruled out with what the steps say now. Returns the first condition that none of
    /// them rules out.
    ///
    /// To be called after [`evaluate`](Self::evaluate) and before [`audit`](Self::audit), which then compares all answers that
    /// this took.
    pub fn audit_ruled_out<F, W: World<F> + ?Sized>(
        &mut self,
        graph: &Graph<F>,
        program: &Program,
        world: &W,
    ) -> Option<u32> {
        let run = Run { graph, program, world };
        self.answers.begin();
        program.blocks.iter().find_map(|block| {
            let wrong = self.wrongly_ruled_out(run, block);
            let (number, _) = block.rules.get(wrong.trailing_zeros() as usize)?;
            Some(*number)
        })
    }

    fn wrongly_ruled_out<F, W: World<F> + ?Sized>(
        &mut self,
        run: Run<'_, F, W>,
        block: &Block,
    ) -> u64 {
        let mut wrong = 0;
        let family = block.family.as_ref();
        for place in KeptPlace::ALL {
            let Some(kept) = kept(run, place, block) else { continue };
            let of_family = family.map(|look| look.steps.as_slice()).unwrap_or_default();
            let steps = block.steps.iter().chain(of_family);
            let steps = steps.filter(|step| step.keeps == Some(place));
            wrong |= !kept.left & self.left_now(run, steps);
        }
        if let Some(look) = family
            && let FamilyRoot::Cached(slot) = self.answers.root(run.graph, look.family, run.world)
        {
            let left = self.answers.cache(look.family).left(slot, look.column);
            wrong |= !left & self.left_now(run, look.steps.iter());
        }
        wrong & block.all
    }

    fn left_now<'a, F, W: World<F> + ?Sized>(
        &mut self,
        run: Run<'_, F, W>,
        steps: impl Iterator<Item = &'a Step>,
    ) -> u64 {
        let mut left = u64::MAX;
        for step in steps {
            for group in step.groups() {
                self.answers.ask(run.graph, group, run.world);
            }
            left &= !step.rules | self.passes(step);
        }
        left
    }

    /// Recalls all that is kept, and compares it and what was found out in this event with what comparing anew gives.
    /// Returns how many answers that were, and the first that differs: the comparison, and what was kept.
    ///
    /// To be called after [`evaluate`](Self::evaluate), with the same world.
    pub fn audit<'g, F, W: World<F> + ?Sized>(
        &mut self,
        graph: &'g Graph<F>,
        program: &Program,
        world: &W,
    ) -> (usize, Option<(&'g Atom<F>, bool)>) {
        if program.is_empty() {
            // Then evaluating did not even begin.
            self.turn_to(graph, program);
        }
        let answers = &mut self.answers;
        answers.begin();
        answers.recall_all(graph, world);
        let mut n = 0;
        for (atom, place) in graph.atoms.iter().zip(&graph.places) {
            if !answers.is_known(graph, place.group) {
                continue;
            }
            n += 1;
            let answer = answers.bits[place.word as usize] >> place.bit & 1 == 1;
            if answer != atom_holds(atom, world, &answers.scratch) {
                return (n, Some((atom, answer)));
            }
        }
        (n, None)
    }
}
