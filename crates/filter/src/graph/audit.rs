//! Compares what is kept with what comparing anew gives: for tests, for it is slow.

use super::Graph;
use super::evaluator::Evaluator;
use super::program::Program;
use crate::World;
use crate::check::Atom;
use crate::plain::atom_holds;

impl Evaluator {
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
