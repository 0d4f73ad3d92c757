//! Many conditions as one graph: every comparison is made at most once an event, every field asked at most once.
//!
//! A [`GraphBuilder`] takes checked conditions and gives a [`Graph`]; that makes a [`Program`] for each kind of event, in
//! which what is known of that kind is folded away. An [`Evaluator`] runs a program on one event after another and says
//! which of its rules hold. It never fails and has no effects, so the order in which it looks is its own choice.

mod address;
mod answers;
mod audit;
mod bits;
mod cache;
mod evaluator;
mod group;
mod layout;
mod left;
mod number;
mod plan;
mod pool;
mod program;
mod text;
mod trie;

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use crate::check::{Atom, Checked, Node, Test};
pub use evaluator::{Evaluator, Frozen, Verdict};
use group::Group;
use layout::{GroupRef, Layout, Place};
use pool::{Edge, Pool};
use program::Counts;
pub use program::Program;

/// A condition in a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Root(Edge);

/// Collects conditions.
#[derive(Debug)]
pub struct GraphBuilder<F> {
    pool: Pool,
    atoms: Vec<Atom<F>>,
    numbers: HashMap<Atom<F>, u32, FxBuildHasher>,
}

/// Conditions that share everything they have in common.
#[derive(Debug)]
pub struct Graph<F> {
    pool: Pool,
    atoms: Vec<Atom<F>>,
    places: Vec<Place>,
    groups: Vec<Group<F>>,
    layout: Layout,
    generation: u32,
    counts: Counts,
}

impl<F: Clone + Eq + std::hash::Hash> GraphBuilder<F> {
    pub fn new() -> Self {
        Self { pool: Pool::new(), atoms: Vec::new(), numbers: HashMap::default() }
    }

    pub fn add(&mut self, condition: &Checked<F>) -> Root {
        Root(self.node(&condition.root))
    }

    /// `generation` is a number that no earlier graph had: it marks the answers kept for this one.
    pub fn build(self, generation: u32) -> Graph<F> {
        let (groups, layout, places) = group::compile(&self.atoms);
        let counts = Counts::default();
        Graph { pool: self.pool, atoms: self.atoms, places, groups, layout, generation, counts }
    }

    fn node(&mut self, node: &Node<F>) -> Edge {
        match node {
            Node::And(children) => {
                let mut edges = Vec::with_capacity(children.len());
                for child in children {
                    edges.push(self.node(child));
                }
                self.pool.and(edges)
            }
            Node::Or(children) => {
                let mut edges = Vec::with_capacity(children.len());
                for child in children {
                    edges.push(self.node(child));
                }
                self.pool.or(edges)
            }
            Node::Not(child) => self.node(child).not(),
            Node::Atom(atom) if is_never(atom) => Edge::FALSE,
            Node::Atom(atom) => {
                let number = match self.numbers.get(&**atom) {
                    Some(number) => *number,
                    None => {
                        let next = u32::try_from(self.atoms.len()).unwrap_or(u32::MAX);
                        self.atoms.push((**atom).clone());
                        self.numbers.insert((**atom).clone(), next);
                        next
                    }
                };
                self.pool.atom(number)
            }
        }
    }
}

impl<F: Clone + Eq + std::hash::Hash> Default for GraphBuilder<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F> Graph<F> {
    /// The program of some conditions for one kind of event. `known` gives the value of atoms that this kind decides.
    /// Conditions have numbers of the caller's choice, in the order in which they are reported.
    pub fn program(
        &self,
        conditions: &[(u32, Root)],
        known: impl FnMut(&Atom<F>) -> Option<bool>,
    ) -> Program {
        program::compile(self, conditions, known)
    }

    fn group_ref(&self, group: u32) -> GroupRef {
        let span = &self.groups[group as usize].span;
        let known_word = u32::try_from(span.known_word).unwrap_or(u32::MAX);
        GroupRef { known_mask: span.known_mask, known_word, group }
    }

    /// Different comparisons, and fields (with their transformers) that they are about.
    pub fn size(&self) -> (usize, usize) {
        (self.atoms.len(), self.groups.len())
    }
}

/// Whether it is the comparison with an empty list that no value passes.
fn is_never<F>(atom: &Atom<F>) -> bool {
    match &atom.test {
        Test::Literals { literals, across, .. } => {
            literals.is_empty() && *across == crate::Across::Any
        }
        Test::Exists | Test::Subject { .. } => false,
    }
}
