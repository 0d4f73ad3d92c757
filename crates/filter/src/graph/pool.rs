//! Boolean nodes, each stored once: conjunctions of edges, and edges that may negate.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

/// A node and whether it is negated. The negation of a conjunction is how a disjunction is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Edge(u32);

impl Edge {
    pub(crate) const TRUE: Self = Self(0);
    pub(crate) const FALSE: Self = Self(1);

    pub(crate) const fn not(self) -> Self {
        Self(self.0 ^ 1)
    }

    pub(crate) const fn is_negated(self) -> bool {
        self.0 & 1 == 1
    }

    pub(crate) const fn node(self) -> usize {
        (self.0 >> 1) as usize
    }

    /// To the nth node.
    pub(crate) fn nth(node: usize) -> Self {
        let number = u32::try_from(node).unwrap_or(u32::MAX);
        assert!(number < u32::MAX / 2, "conditions are bounded, so their nodes are");
        Self(number << 1)
    }

    pub(crate) const fn constant(value: bool) -> Self {
        if value { Self::TRUE } else { Self::FALSE }
    }

    const fn negated_if(self, negate: bool) -> Self {
        if negate { self.not() } else { self }
    }
}

/// A node without its negation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum PoolNode {
    /// Node 0.
    True,
    /// By the number its owner gave it.
    Atom(u32),
    /// At least two, sorted, none twice, none with its negation, none itself a conjunction.
    And(Box<[Edge]>),
}

/// All nodes of a set of conditions.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    nodes: Vec<PoolNode>,
    known: HashMap<PoolNode, Edge, FxBuildHasher>,
}

impl Pool {
    pub(crate) fn new() -> Self {
        Self { nodes: vec![PoolNode::True], known: HashMap::default() }
    }

    pub(crate) fn node(&self, edge: Edge) -> &PoolNode {
        &self.nodes[edge.node()]
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn atom(&mut self, atom: u32) -> Edge {
        self.intern(PoolNode::Atom(atom))
    }

    pub(crate) fn or(&mut self, edges: Vec<Edge>) -> Edge {
        self.and(edges.into_iter().map(Edge::not).collect()).not()
    }

    pub(crate) fn and(&mut self, edges: Vec<Edge>) -> Edge {
        let mut flat = Vec::with_capacity(edges.len());
        for edge in edges {
            match self.node(edge) {
                PoolNode::True if edge == Edge::FALSE => return Edge::FALSE,
                PoolNode::True => {}
                PoolNode::And(children) if !edge.is_negated() => flat.extend(children),
                _ => flat.push(edge),
            }
        }
        flat.sort_unstable();
        flat.dedup();
        // Sorted, an edge stands beside its negation.
        if flat.windows(2).any(|pair| pair[0] == pair[1].not()) {
            return Edge::FALSE;
        }
        match flat.as_slice() {
            [] => Edge::TRUE,
            [single] => *single,
            _ => self.intern(PoolNode::And(flat.into())),
        }
    }

    /// Rebuilds what is under an edge of another pool, with some atoms replaced. `done` remembers, for that pool and
    /// these replacements, what its nodes became.
    pub(crate) fn import(
        &mut self,
        from: &Self,
        edge: Edge,
        replace: &mut dyn FnMut(u32) -> Replaced,
        done: &mut [Option<Edge>],
    ) -> Edge {
        let node = edge.node();
        if let Some(known) = done[node] {
            return known.negated_if(edge.is_negated());
        }
        let new = match from.node(edge) {
            PoolNode::True => Edge::TRUE,
            PoolNode::Atom(atom) => match replace(*atom) {
                Replaced::Constant(value) => Edge::constant(value),
                Replaced::Atom(atom) => self.atom(atom),
            },
            PoolNode::And(children) => {
                let mut edges = Vec::with_capacity(children.len());
                for child in children {
                    let edge = self.import(from, *child, replace, done);
                    if edge == Edge::FALSE {
                        edges = vec![Edge::FALSE];
                        break;
                    }
                    edges.push(edge);
                }
                self.and(edges)
            }
        };
        done[node] = Some(new);
        new.negated_if(edge.is_negated())
    }

    fn intern(&mut self, node: PoolNode) -> Edge {
        if let Some(edge) = self.known.get(&node) {
            return *edge;
        }
        let edge = Edge::nth(self.nodes.len());
        self.nodes.push(node.clone());
        self.known.insert(node, edge);
        edge
    }
}

/// What becomes of an atom.
pub(crate) enum Replaced {
    Constant(bool),
    /// The number that it has from now on.
    Atom(u32),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_nodes_are_one_node() {
        let mut pool = Pool::new();
        let (a, b, c) = (pool.atom(1), pool.atom(2), pool.atom(3));
        let ab = pool.and(vec![a, b]);
        assert_eq!(pool.and(vec![b, a, b]), ab);
        assert_eq!(pool.and(vec![ab, c]), pool.and(vec![a, b, c]));
        assert_eq!(pool.or(vec![a.not(), b.not()]), ab.not());
        assert_eq!(pool.and(vec![a, a.not()]), Edge::FALSE);
        assert_eq!(pool.or(vec![a, a.not(), b]), Edge::TRUE);
        assert_eq!(pool.and(vec![a, Edge::TRUE]), a);
        assert_eq!(pool.or(vec![]), Edge::FALSE);
    }

    #[test]
    fn constants_fold_upwards() {
        let mut pool = Pool::new();
        let (a, b, c) = (pool.atom(1), pool.atom(2), pool.atom(3));
        let either = pool.or(vec![a, b]);
        let root = pool.and(vec![either, c]);
        let fold = |value: Option<bool>| {
            let mut small = Pool::new();
            let mut replace = |atom| match value {
                Some(value) if atom == 1 => Replaced::Constant(value),
                _ => Replaced::Atom(atom),
            };
            let root = small.import(&pool, root, &mut replace, &mut vec![None; pool.len()]);
            match small.node(root) {
                PoolNode::Atom(atom) => format!("atom {atom}"),
                PoolNode::And(edges) => format!("and of {}", edges.len()),
                PoolNode::True => "constant".to_owned(),
            }
        };
        assert_eq!(fold(Some(true)), "atom 3");
        assert_eq!(fold(Some(false)), "and of 2");
        assert_eq!(fold(None), "and of 2");
    }
}
