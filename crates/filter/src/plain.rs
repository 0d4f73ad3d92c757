//! The obvious evaluator: walks the tree and compares. Slow; what the compiled one is checked against.

use crate::ast::{Modifier, Operator};
use crate::check::{Across, Atom, Checked, Node, Test};
use crate::literal::{Comparison, Literal, values_hold};
use crate::subject::Scratch;
use crate::{Value, World};

/// Whether the condition holds in this world.
pub fn matches<F, W: World<F> + ?Sized>(checked: &Checked<F>, world: &W) -> bool {
    node_holds(&checked.root, world, &Scratch::default())
}

fn node_holds<F, W: World<F> + ?Sized>(node: &Node<F>, world: &W, scratch: &Scratch) -> bool {
    match node {
        Node::And(nodes) => nodes.iter().all(|node| node_holds(node, world, scratch)),
        Node::Or(nodes) => nodes.iter().any(|node| node_holds(node, world, scratch)),
        Node::Not(node) => !node_holds(node, world, scratch),
        Node::Atom(atom) => atom_holds(atom, world, scratch),
    }
}

/// Whether the value is present and the comparison holds.
pub fn atom_holds<F, W: World<F> + ?Sized>(atom: &Atom<F>, world: &W, scratch: &Scratch) -> bool {
    match &atom.test {
        Test::Exists => atom.subject.visit(world, scratch, &mut |_| false),
        Test::Literals { comparison, quantifier, across, literals } => {
            values_pass(atom, *across, world, scratch, &mut |value| {
                literals_hold(*comparison, *quantifier, literals, value)
            })
        }
        Test::Subject { operator, across, other } => {
            // A list is compared as a set, so that a value on the left needs one on the right.
            other.visit(world, scratch, &mut |_| true)
                && values_pass(atom, *across, world, scratch, &mut |left| {
                    let mut holds = false;
                    other.visit(world, scratch, &mut |right| {
                        holds = values_hold(*operator, left, right);
                        let is_set = matches!(operator, Operator::In | Operator::Intersects);
                        is_set && !holds
                    });
                    holds
                })
        }
    }
}

fn values_pass<F, W: World<F> + ?Sized>(
    atom: &Atom<F>,
    across: Across,
    world: &W,
    scratch: &Scratch,
    passes: &mut dyn FnMut(Value<'_>) -> bool,
) -> bool {
    let undecided = across == Across::All;
    let mut result = undecided;
    let present = atom.subject.visit(world, scratch, &mut |value| {
        result = passes(value);
        result == undecided
    });
    present && result
}

/// Whether as many of the literals as asked for fit the value.
pub fn literals_hold(
    comparison: Comparison,
    quantifier: Modifier,
    literals: &[Literal],
    value: Value<'_>,
) -> bool {
    let mut fits = literals.iter().map(|literal| literal.holds(comparison, value));
    match quantifier {
        Modifier::Anyof => fits.any(|fit| fit),
        Modifier::Allof => !literals.is_empty() && fits.all(|fit| fit),
        Modifier::Oneof => fits.filter(|fit| *fit).count() == 1,
    }
}
