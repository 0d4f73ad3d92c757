//! Abstract interpretation: what a condition says of all events at once, such as which event types it can match.

use crate::ast::{Check, Expr, ExprKind, Position};
use crate::check::{Atom, Node};

/// How to read a condition as something other than true or false. `not` is pushed down to the leaves, so that under
/// a negation `and` becomes `or` and the other way round.
pub trait Interpretation<L: ?Sized> {
    type Output;
    type Error;

    fn leaf(&mut self, leaf: &L, negated: bool) -> Result<Self::Output, Self::Error>;
    /// Of at least one.
    fn and(&mut self, parts: Vec<Self::Output>) -> Self::Output;
    /// Of at least one.
    fn or(&mut self, parts: Vec<Self::Output>) -> Self::Output;
}

/// What a leaf of an [`Expr`] is.
#[derive(Clone, Copy, Debug)]
pub enum Leaf<'a> {
    Check(Position, &'a Check),
    /// The name of a macro.
    Identifier(Position, &'a str),
}

impl Expr {
    pub fn interpret<'a, I>(&'a self, interpretation: &mut I) -> Result<I::Output, I::Error>
    where
        I: Interpretation<Leaf<'a>>,
    {
        interpret_expr(self, interpretation, false)
    }
}

impl<F> Node<F> {
    pub fn interpret<I: Interpretation<Atom<F>>>(
        &self,
        interpretation: &mut I,
    ) -> Result<I::Output, I::Error> {
        interpret_node(self, interpretation, false)
    }
}

fn interpret_expr<'a, I: Interpretation<Leaf<'a>>>(
    expr: &'a Expr,
    interpretation: &mut I,
    negated: bool,
) -> Result<I::Output, I::Error> {
    let (is_and, children) = match &expr.kind {
        ExprKind::And(children) => (true, children),
        ExprKind::Or(children) => (false, children),
        ExprKind::Not(child) => return interpret_expr(child, interpretation, !negated),
        ExprKind::Identifier(name) => {
            return interpretation.leaf(&Leaf::Identifier(expr.position, name), negated);
        }
        ExprKind::Check(check) => {
            return interpretation.leaf(&Leaf::Check(expr.position, check), negated);
        }
    };
    let mut parts = Vec::with_capacity(children.len());
    for child in children {
        parts.push(interpret_expr(child, interpretation, negated)?);
    }
    Ok(if is_and == negated { interpretation.or(parts) } else { interpretation.and(parts) })
}

fn interpret_node<F, I: Interpretation<Atom<F>>>(
    node: &Node<F>,
    interpretation: &mut I,
    negated: bool,
) -> Result<I::Output, I::Error> {
    let (is_and, children) = match node {
        Node::And(children) => (true, children),
        Node::Or(children) => (false, children),
        Node::Not(child) => return interpret_node(child, interpretation, !negated),
        Node::Atom(atom) => return interpretation.leaf(atom, negated),
    };
    let mut parts = Vec::with_capacity(children.len());
    for child in children {
        parts.push(interpret_node(child, interpretation, negated)?);
    }
    Ok(if is_and == negated { interpretation.or(parts) } else { interpretation.and(parts) })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::convert::Infallible;

    use super::*;
    use crate::ast::{Operator, Right};
    use crate::parse;

    /// Which of three letters a condition over `a.b` allows.
    struct Letters;

    impl Interpretation<Leaf<'_>> for Letters {
        type Output = BTreeSet<String>;
        type Error = Infallible;

        fn leaf(&mut self, leaf: &Leaf<'_>, negated: bool) -> Result<Self::Output, Infallible> {
            let all = || ["x", "y", "z"].map(String::from).into_iter();
            let Leaf::Check(_, check) = leaf else { return Ok(all().collect()) };
            let Right::Value(_, value) = &check.right else { return Ok(all().collect()) };
            let equal = negated == (check.operator == Operator::Ne);
            Ok(all().filter(|letter| (value.to_str_lossy() == *letter) == equal).collect())
        }

        fn and(&mut self, parts: Vec<Self::Output>) -> Self::Output {
            parts.into_iter().reduce(|a, b| &a & &b).unwrap_or_default()
        }

        fn or(&mut self, parts: Vec<Self::Output>) -> Self::Output {
            parts.into_iter().reduce(|a, b| &a | &b).unwrap_or_default()
        }
    }

    #[test]
    fn negation_is_decided_at_the_leaves() {
        for (text, letters) in [
            ("a.b = x and m", "x"),
            ("not a.b = x", "yz"),
            ("not (a.b = x or a.b = y)", "z"),
            ("not (m and a.b = y)", "xyz"),
            ("not (a.b = x and not a.b != z)", "xyz"),
            ("a.b = x or a.b = y and m", "xy"),
            ("a.b = x and a.b = y", ""),
        ] {
            let Ok(found) = parse(text).unwrap().interpret(&mut Letters);
            assert_eq!(Vec::from_iter(found).concat(), letters, "{text}");
        }
    }
}
