//! Runs programs: [`Evaluator`].

use std::ops::ControlFlow;

use super::Graph;
use super::answers::Answers;
use super::plan::Plan;
use super::pool::Edge;
use super::program::{Block, Program, ProgramNode};
use crate::World;

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
    pub(super) answers: Answers,
    memos: Memos,
    /// By block.
    pub(super) plans: Vec<Plan>,
}

/// The values of nodes that are used more than once, in one event.
#[derive(Debug, Default)]
struct Memos {
    known: Vec<u64>,
    values: Vec<u64>,
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
    #[inline]
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
    #[inline]
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
        self.turn_to(graph, program);
        let run = Run { graph, program, world };
        let has_unknown = world.is_unknown();
        let mut has_memos = false;
        for (nth, block) in program.blocks.iter().enumerate() {
            let left = if has_unknown { block.all } else { self.left(run, nth, block) };
            done(None);
            if left == 0 {
                continue;
            }
            if !has_memos {
                has_memos = true;
                self.begin_rules(program);
            }
            if self.run_rules(run, block, left, has_unknown, &mut report, &mut done).is_break() {
                break;
            }
        }
        self.answers.keep(graph, world);
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
        self.answers.begin();
        for group in groups {
            if !depends_on_unknown(graph, group, world) {
                self.answers.ask(graph, group, world);
            }
        }
        let (bits, known) = (self.answers.bits.clone().into(), self.answers.known.clone().into());
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
        self.turn_to(graph, program);
        assert_eq!(frozen.generation, graph.generation, "frozen with another graph");
        self.answers.resume(&frozen.bits, &frozen.known);
        self.memos.clear(program.n_memos);
        self.holds(Run { graph, program, world }, frozen.root)
    }

    /// The next event is for this program; nothing is known of it.
    #[inline]
    pub(super) fn turn_to<F>(&mut self, graph: &Graph<F>, program: &Program) {
        assert!(program.generation == graph.generation, "the program of another graph");
        if self.generation != Some(graph.generation) {
            self.start(graph);
        }
        self.answers.forget();
    }

    #[cold]
    fn start<F>(&mut self, graph: &Graph<F>) {
        let generation = Some(graph.generation);
        *self = Self { generation, answers: Answers::of(graph), ..Self::default() };
    }

    #[inline(never)]
    fn begin_rules(&mut self, program: &Program) {
        self.answers.begin();
        self.memos.clear(program.n_memos);
    }

    #[inline(never)]
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
            ProgramNode::Atom(place) => self.answers.atom(run.graph, place, run.world),
            ProgramNode::And { start, end, memo } => {
                let remembered = memo.and_then(|memo| self.memos.value(memo));
                remembered.unwrap_or_else(|| {
                    let edges = &run.program.edges[start as usize..end as usize];
                    let value = edges.iter().all(|edge| self.holds(run, *edge));
                    if let Some(memo) = memo {
                        self.memos.put(memo, value);
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
                (!unknown).then(|| self.answers.atom(run.graph, place, run.world))
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
}

impl Memos {
    fn clear(&mut self, n: usize) {
        self.known.clear();
        self.known.resize(n.div_ceil(64), 0);
        if self.values.len() < self.known.len() {
            self.values.resize(self.known.len(), 0);
        }
    }

    fn value(&self, memo: u32) -> Option<bool> {
        let (word, bit) = (memo as usize / 64, memo % 64);
        (self.known[word] >> bit & 1 == 1).then(|| self.values[word] >> bit & 1 == 1)
    }

    fn put(&mut self, memo: u32, value: bool) {
        let (word, bit) = (memo as usize / 64, memo % 64);
        self.known[word] |= 1 << bit;
        self.values[word] &= !(1 << bit);
        self.values[word] |= u64::from(value) << bit;
    }
}

/// What stays the same during one evaluation.
pub(super) struct Run<'a, F, W: ?Sized> {
    pub(super) graph: &'a Graph<F>,
    pub(super) program: &'a Program,
    pub(super) world: &'a W,
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
