//! The conditions that matter for one kind of event, in the order in which looking at them is cheapest.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use hashbrown::HashSet;

use super::layout::{GroupRef, Place};
use super::pool::{Edge, Pool, PoolNode, Replaced};
use super::{Graph, Root};
use crate::check::{Atom, Test};
use crate::literal::Comparison;
use crate::{KeptPlace, Lifetime};

/// Wider disjunctions of comparisons are not used as gates.
const MAX_GATE: usize = 256;
/// Beside a thread or an fd, so many blocks' rules are kept at most. Few kinds of events have rules.
const MOST_KEPT_BLOCKS: u32 = 256;
/// A gate that is guessed to let more than this share of events through is not worth its look.
const WORTHWHILE: f32 = 0.9;

/// What an [`Evaluator`](super::Evaluator) runs.
#[derive(Debug)]
pub struct Program {
    pub(super) nodes: Vec<ProgramNode>,
    pub(super) edges: Vec<Edge>,
    pub(super) n_memos: usize,
    pub(super) blocks: Vec<Block>,
    pub(super) generation: u32,
    /// Of the first block, among all blocks of the programs of its graph.
    pub(super) first_block: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum ProgramNode {
    True,
    Atom(Place),
    /// A range of `edges`; a node that is used more than once has a place to remember its value.
    And {
        start: u32,
        end: u32,
        memo: Option<u32>,
    },
}

/// Up to 64 rules, so that a word can say which of them are still in question.
#[derive(Debug)]
pub(super) struct Block {
    /// The caller's numbers, and the conditions.
    pub(super) rules: Vec<(u32, Edge)>,
    /// As a mask.
    pub(super) all: u64,
    /// What the text of a family is asked.
    pub(super) family: Option<FamilyLook>,
    /// All other steps.
    pub(super) steps: Vec<Step>,
    /// If a place has something of this block: its number among the blocks that have.
    pub(super) kept: [Option<u32>; KeptPlace::ALL.len()],
}

/// All steps about one family alone: what they rule out follows from one text, and is kept beside it.
#[derive(Debug)]
pub(super) struct FamilyLook {
    /// By place in the layout.
    pub(super) family: usize,
    /// Among all such looks.
    pub(super) column: u32,
    /// Of all its steps.
    pub(super) rules: u64,
    pub(super) steps: Vec<Step>,
    pub(super) keeps: Option<KeptPlace>,
}

/// How many of these all programs of a graph have so far.
#[derive(Debug, Default)]
pub(super) struct Counts {
    blocks: AtomicUsize,
    looks: AtomicU32,
    /// Blocks, by where something of them is kept.
    kept: [AtomicU32; KeptPlace::ALL.len()],
}

/// A look at some groups that rules out rules: one whose gate is here stays only if an atom of the gate holds. Steps may be
/// made in any order.
#[derive(Debug)]
pub(super) struct Step {
    /// The rules with a gate here.
    pub(super) rules: u64,
    /// Most steps have one group and one word, which need no loop.
    pub(super) group: GroupRef,
    pub(super) gate: GateWord,
    pub(super) more_groups: Vec<GroupRef>,
    pub(super) more_gates: Vec<GateWord>,
    /// How many rules it is guessed to rule out.
    pub(super) kills: f32,
    /// If it is about the thread or the fd alone: there what it rules out can be kept.
    pub(super) keeps: Option<KeptPlace>,
}

/// The atoms of gates in one word of answers.
#[derive(Debug)]
pub(super) struct GateWord {
    pub(super) word: u32,
    pub(super) mask: u64,
    /// For each bit of the mask, from the lowest: the rules that this atom lets through.
    pub(super) passes: Vec<u64>,
}

impl Program {
    /// No condition can hold for this kind of event.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The conditions that can hold, by the caller's numbers.
    pub fn conditions(&self) -> impl Iterator<Item = u32> {
        self.blocks.iter().flat_map(|block| &block.rules).map(|(number, _)| *number)
    }

    pub(super) fn root(&self, condition: u32) -> Option<Edge> {
        let mut rules = self.blocks.iter().flat_map(|block| &block.rules);
        rules.find(|(number, _)| *number == condition).map(|(_, root)| *root)
    }

    /// Adds the groups that a condition looks at.
    pub(super) fn groups_under(&self, edge: Edge, groups: &mut Vec<u32>) {
        match self.nodes[edge.node()] {
            ProgramNode::True => {}
            ProgramNode::Atom(place) => groups.push(place.group),
            ProgramNode::And { start, end, .. } => {
                for edge in &self.edges[start as usize..end as usize] {
                    self.groups_under(*edge, groups);
                }
            }
        }
    }
}

impl GateWord {
    /// The rules that these bits of the mask let through.
    pub(super) fn passes(&self, mut hits: u64) -> u64 {
        let mut passes = 0;
        while hits != 0 {
            let below = (hits & hits.wrapping_neg()) - 1;
            hits &= hits - 1;
            passes |= self.passes[(self.mask & below).count_ones() as usize];
        }
        passes
    }
}

impl Step {
    pub(super) fn groups(&self) -> impl Iterator<Item = u32> {
        std::iter::once(&self.group).chain(&self.more_groups).map(|group| group.group)
    }
}

pub(super) fn compile<F>(
    graph: &Graph<F>,
    conditions: &[(u32, Root)],
    mut known: impl FnMut(&Atom<F>) -> Option<bool>,
) -> Program {
    let mut pool = Pool::new();
    let mut done = vec![None; graph.pool.len()];
    let mut replace = |atom: u32| match known(&graph.atoms[atom as usize]) {
        Some(value) => Replaced::Constant(value),
        None => Replaced::Atom(atom),
    };
    let mut rules = Vec::new();
    for (number, root) in conditions {
        let edge = pool.import(&graph.pool, root.0, &mut replace, &mut done);
        if edge != Edge::FALSE {
            rules.push((*number, edge));
        }
    }
    let compiler = Compiler { graph, pool: &pool, odds: odds(graph, &pool) };
    compiler.compile(rules)
}

struct Compiler<'a, F> {
    graph: &'a Graph<F>,
    pool: &'a Pool,
    /// By node of the pool.
    odds: Vec<Odds>,
}

/// A guess at how often a node holds, and what it costs to know, in instructions.
#[derive(Clone, Copy, Debug)]
struct Odds {
    holds: f32,
    cost: f32,
}

impl Odds {
    fn of(self, edge: Edge) -> f32 {
        if edge.is_negated() { 1.0 - self.holds } else { self.holds }
    }
}

impl<F> Compiler<'_, F> {
    fn compile(&self, rules: Vec<(u32, Edge)>) -> Program {
        let n_blocks = rules.len().div_ceil(64);
        let mut program = Program {
            nodes: vec![ProgramNode::True],
            edges: Vec::new(),
            n_memos: 0,
            blocks: Vec::with_capacity(n_blocks),
            generation: self.graph.generation,
            first_block: self.graph.counts.blocks.fetch_add(n_blocks, Ordering::Relaxed),
        };
        let mut uses = vec![0_u32; self.pool.len()];
        let mut seen = HashSet::new();
        for (_, root) in &rules {
            self.count_uses(*root, &mut uses, &mut seen);
        }
        let mut added = vec![None; self.pool.len()];
        for rules in rules.chunks(64) {
            let all = u64::MAX >> (64 - rules.len().clamp(1, 64));
            let (family, steps) = self.take_family(self.steps(rules));
            let kept = self.number_kept(family.as_ref(), &steps);
            let rules = rules
                .iter()
                .map(|(number, root)| (*number, self.add(*root, &uses, &mut added, &mut program)))
                .collect();
            program.blocks.push(Block { rules, all, family, steps, kept });
        }
        program
    }

    /// Takes out the steps that are about one family alone: about the one that most of them are about.
    fn take_family(&self, steps: Vec<Step>) -> (Option<FamilyLook>, Vec<Step>) {
        let count =
            |family: &usize| steps.iter().filter(|step| self.family(step) == Some(*family)).count();
        let families = 0..self.graph.layout.families.len();
        let Some(family) = families.max_by_key(count).filter(|family| count(family) > 0) else {
            return (None, steps);
        };
        let (steps, rest): (Vec<_>, _) =
            steps.into_iter().partition(|step| self.family(step) == Some(family));
        let look = FamilyLook {
            family,
            column: self.graph.counts.looks.fetch_add(1, Ordering::Relaxed),
            rules: steps.iter().fold(0, |rules, step| rules | step.rules),
            keeps: steps.first().and_then(|step| step.keeps),
            steps,
        };
        (Some(look), rest)
    }

    /// That of all its groups.
    fn family(&self, step: &Step) -> Option<usize> {
        let mut families = step.groups().map(|group| self.graph.groups[group as usize].family);
        let first = families.next()??;
        families.all(|other| other == Some(first)).then_some(first)
    }

    fn number_kept(
        &self,
        family: Option<&FamilyLook>,
        steps: &[Step],
    ) -> [Option<u32>; KeptPlace::ALL.len()] {
        KeptPlace::ALL.map(|place| {
            let mut keeps =
                steps.iter().map(|step| step.keeps).chain(family.map(|look| look.keeps));
            let is_kept = keeps.any(|keeps| keeps == Some(place));
            let number = || self.graph.counts.kept[place as usize].fetch_add(1, Ordering::Relaxed);
            is_kept.then(number).filter(|number| *number < MOST_KEPT_BLOCKS)
        })
    }

    fn count_uses(&self, edge: Edge, uses: &mut [u32], seen: &mut HashSet<usize>) {
        uses[edge.node()] += 1;
        if !seen.insert(edge.node()) {
            return;
        }
        if let PoolNode::And(children) = self.pool.node(edge) {
            for child in children {
                self.count_uses(*child, uses, seen);
            }
        }
    }

    /// Copies a node and all below it; of a conjunction, what is likely false and cheap comes first.
    fn add(
        &self,
        edge: Edge,
        uses: &[u32],
        added: &mut [Option<Edge>],
        program: &mut Program,
    ) -> Edge {
        let negated = |new: Edge| if edge.is_negated() { new.not() } else { new };
        if let Some(known) = added[edge.node()] {
            return negated(known);
        }
        let node = match self.pool.node(edge) {
            PoolNode::True => return edge,
            PoolNode::Atom(atom) => ProgramNode::Atom(self.graph.places[*atom as usize]),
            PoolNode::And(children) => {
                let mut children = children.to_vec();
                let rank = |edge: &Edge| {
                    let odds = self.odds[edge.node()];
                    odds.cost / (1.0 - odds.of(*edge)).max(0.001)
                };
                children.sort_by(|a, b| rank(a).total_cmp(&rank(b)));
                let mut edges = Vec::with_capacity(children.len());
                for child in children {
                    edges.push(self.add(child, uses, added, program));
                }
                let start = number(program.edges.len());
                program.edges.extend(edges);
                let memo = (uses[edge.node()] > 1).then(|| {
                    program.n_memos += 1;
                    number(program.n_memos - 1)
                });
                ProgramNode::And { start, end: number(program.edges.len()), memo }
            }
        };
        let new = Edge::nth(program.nodes.len());
        program.nodes.push(node);
        added[edge.node()] = Some(new);
        negated(new)
    }

    fn steps(&self, rules: &[(u32, Edge)]) -> Vec<Step> {
        let gates: Vec<Vec<Gate>> = rules.iter().map(|(_, root)| self.gates(*root)).collect();
        let mut members: BTreeMap<&[u32], Vec<(usize, &Gate)>> = BTreeMap::new();
        for (rule, gates) in gates.iter().enumerate() {
            for gate in gates {
                members.entry(&gate.groups).or_default().push((rule, gate));
            }
        }
        members.into_iter().filter_map(|(groups, members)| self.step(groups, &members)).collect()
    }

    fn step(&self, groups: &[u32], members: &[(usize, &Gate)]) -> Option<Step> {
        let mut rules_of: BTreeMap<(u32, u8), u64> = BTreeMap::new();
        for (rule, gate) in members {
            for atom in &gate.atoms {
                let place = self.graph.places[*atom as usize];
                *rules_of.entry((place.word, place.bit)).or_default() |= 1 << rule;
            }
        }
        let atoms: Vec<_> = rules_of.into_iter().collect();
        let mut gates = atoms.chunk_by(|a, b| a.0.0 == b.0.0).map(|atoms| GateWord {
            word: atoms[0].0.0,
            mask: atoms.iter().fold(0, |mask, ((_, bit), _)| mask | 1 << bit),
            passes: atoms.iter().map(|(_, rules)| *rules).collect(),
        });
        let keeps = self.keeps(groups);
        let mut groups = groups.iter().map(|group| self.graph.group_ref(*group));
        Some(Step {
            rules: members.iter().fold(0, |mask, (rule, _)| mask | 1 << rule),
            group: groups.next()?,
            gate: gates.next()?,
            more_groups: groups.collect(),
            more_gates: gates.collect(),
            kills: members.iter().map(|(_, gate)| 1.0 - gate.passes).sum(),
            keeps,
        })
    }

    /// Where what follows from these groups alone can be kept.
    fn keeps(&self, groups: &[u32]) -> Option<KeptPlace> {
        let are_all = |wanted: &[Lifetime]| {
            groups.iter().all(|group| wanted.contains(&self.graph.groups[*group as usize].lifetime))
        };
        if are_all(&[Lifetime::Thread, Lifetime::Container]) {
            Some(KeptPlace::Thread)
        } else {
            are_all(&[Lifetime::Fd]).then_some(KeptPlace::Fd)
        }
    }

    /// The necessary conditions of a rule that are disjunctions of comparisons: the best one for each set of groups.
    fn gates(&self, root: Edge) -> Vec<Gate> {
        let conjuncts = match self.pool.node(root) {
            PoolNode::And(children) if !root.is_negated() => children.to_vec(),
            _ => vec![root],
        };
        let mut best: Vec<Gate> = Vec::new();
        for edge in conjuncts {
            let Some(gate) = self.gate(edge).filter(|gate| gate.passes < WORTHWHILE) else {
                continue;
            };
            match best.iter_mut().find(|other| other.groups == gate.groups) {
                Some(other) if other.passes <= gate.passes => {}
                Some(other) => *other = gate,
                None => best.push(gate),
            }
        }
        best
    }

    /// Atoms of which one must hold if the edge does.
    fn gate(&self, edge: Edge) -> Option<Gate> {
        match self.pool.node(edge) {
            PoolNode::Atom(atom) if !edge.is_negated() => Some(Gate {
                atoms: vec![*atom],
                groups: vec![self.graph.places[*atom as usize].group],
                passes: self.odds[edge.node()].holds,
            }),
            PoolNode::And(children) if !edge.is_negated() => children
                .iter()
                .filter_map(|child| self.gate(*child))
                .min_by(|a, b| a.passes.total_cmp(&b.passes)),
            PoolNode::And(children) => {
                let mut union = Gate { atoms: Vec::new(), groups: Vec::new(), passes: 0.0 };
                for child in children {
                    let gate = self.gate(child.not())?;
                    union.atoms.extend(gate.atoms);
                    union.groups.extend(gate.groups);
                    union.passes = 1.0 - (1.0 - union.passes) * (1.0 - gate.passes);
                    if union.atoms.len() > MAX_GATE {
                        return None;
                    }
                }
                union.atoms.sort_unstable();
                union.atoms.dedup();
                union.groups.sort_unstable();
                union.groups.dedup();
                Some(union)
            }
            PoolNode::Atom(_) | PoolNode::True => None,
        }
    }
}

#[derive(Clone, Debug)]
struct Gate {
    atoms: Vec<u32>,
    /// Sorted.
    groups: Vec<u32>,
    /// How likely it lets an event through.
    passes: f32,
}

/// A guess at what it costs to know a group's answers, in instructions.
fn group_cost<F>(graph: &Graph<F>, group: u32) -> u32 {
    let group = &graph.groups[group as usize];
    // An answer that lives longer than the event is usually there already.
    if group.lifetime.place().is_none() { group.cost } else { 10 + group.cost / 10 }
}

#[allow(clippy::cast_precision_loss, reason = "a guess")]
fn odds<F>(graph: &Graph<F>, pool: &Pool) -> Vec<Odds> {
    let mut odds: Vec<Odds> = Vec::with_capacity(pool.len());
    // Children come before their parents.
    for index in 0..pool.len() {
        odds.push(match pool.node(Edge::nth(index)) {
            PoolNode::True => Odds { holds: 1.0, cost: 0.0 },
            PoolNode::Atom(atom) => Odds {
                holds: likelihood(&graph.atoms[*atom as usize]),
                cost: 5.0 + group_cost(graph, graph.places[*atom as usize].group) as f32,
            },
            PoolNode::And(children) => {
                let all = Odds { holds: 1.0, cost: 2.0 };
                children.iter().fold(all, |sum, child| {
                    let child_odds = odds[child.node()];
                    Odds {
                        holds: sum.holds * child_odds.of(*child),
                        // What comes late is seldom looked at.
                        cost: sum.cost + child_odds.cost * 0.5,
                    }
                })
            }
        });
    }
    odds
}

/// How often such a comparison holds; rough, and only the order matters.
#[allow(clippy::cast_precision_loss, reason = "a guess")]
fn likelihood<F>(atom: &Atom<F>) -> f32 {
    let Test::Literals { comparison, literals, .. } = &atom.test else {
        return match atom.test {
            Test::Exists => 0.8,
            _ => 0.2,
        };
    };
    let is_text = atom.subject.ty().is_text();
    let one: f32 = match comparison {
        Comparison::Ne => return 0.8,
        Comparison::Lt | Comparison::Le | Comparison::Gt | Comparison::Ge => return 0.5,
        Comparison::Eq if is_text => 0.02,
        Comparison::Eq if atom.subject.ty() == crate::Type::Bool => 0.2,
        Comparison::Eq => 0.1,
        _ => 0.04,
    };
    (one * (literals.len() as f32).sqrt()).min(0.6)
}

fn number(n: usize) -> u32 {
    u32::try_from(n).expect("conditions are bounded, so their nodes are")
}
