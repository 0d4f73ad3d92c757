//! Which conditions can never hold: proofs by cases over comparisons of the same value.
//!
//! An atom holds where its value is present and the operator holds. So an atom and its negation exclude each other,
//! as do two comparisons of one value that nothing satisfies at once. What is not proven may hold.

use gyr_filter::ast::{Expr, ExprKind, Modifier};
use gyr_filter::{Across, Atom, Comparison, Fold, Literal, Node, Subject, Test, Value, plain};

/// A condition: its tree, and the same as text.
#[derive(Debug)]
pub(super) struct Part<'a, F> {
    pub(super) node: &'a Node<F>,
    pub(super) expr: &'a Expr,
}

impl<F> Clone for Part<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Part<'_, F> {}

/// A comparison that is taken to hold, or not to.
struct Fact<'a, F> {
    atom: &'a Atom<F>,
    expr: &'a Expr,
    holds: bool,
}

/// A search for a proof.
pub(super) struct Proof<'a, F> {
    facts: Vec<Fact<'a, F>>,
    /// Steps that are left.
    budget: usize,
    /// What makes it so, if it is as simple as that.
    pub(super) why: Option<String>,
}

/// Steps of one search. A condition that needs more is not judged.
const BUDGET: usize = 200_000;

impl<'a, F: PartialEq> Proof<'a, F> {
    pub(super) const fn new() -> Self {
        Self { facts: Vec::new(), budget: BUDGET, why: None }
    }

    /// Whether the conditions, each as it is or negated, never hold together.
    pub(super) fn never(&mut self, parts: &[(Part<'a, F>, bool)]) -> bool {
        let mut open = Vec::new();
        let before = self.facts.len();
        let never = parts.iter().any(|(part, holds)| self.assume(*part, *holds, &mut open))
            || open.iter().any(|(part, holds)| self.no_case(*part, *holds));
        self.facts.truncate(before);
        never && self.budget > 0
    }

    /// Takes in what must hold; what has cases is left `open`. Returns whether that is a contradiction.
    fn assume(
        &mut self,
        part: Part<'a, F>,
        holds: bool,
        open: &mut Vec<(Part<'a, F>, bool)>,
    ) -> bool {
        match (part.node, &part.expr.kind) {
            (Node::Atom(atom), _) => {
                let empty = holds && is_never(atom);
                if empty {
                    self.why = Some(format!("no value is in the empty list of `{}`", part.expr));
                }
                let clash = empty || self.clashes(atom, part.expr, holds);
                self.facts.push(Fact { atom, expr: part.expr, holds });
                clash
            }
            (Node::Not(node), ExprKind::Not(expr)) => {
                self.assume(Part { node, expr }, !holds, open)
            }
            (Node::And(nodes), ExprKind::And(exprs)) if holds => {
                self.all(nodes, exprs, holds, open)
            }
            (Node::Or(nodes), ExprKind::Or(exprs)) if !holds => self.all(nodes, exprs, holds, open),
            _ => {
                open.push((part, holds));
                false
            }
        }
    }

    fn all(
        &mut self,
        nodes: &'a [Node<F>],
        exprs: &'a [Expr],
        holds: bool,
        open: &mut Vec<(Part<'a, F>, bool)>,
    ) -> bool {
        nodes.iter().zip(exprs).any(|(node, expr)| self.assume(Part { node, expr }, holds, open))
    }

    /// Whether each case of an alternative is a contradiction.
    fn no_case(&mut self, part: Part<'a, F>, holds: bool) -> bool {
        let ((Node::And(nodes), ExprKind::And(exprs)) | (Node::Or(nodes), ExprKind::Or(exprs))) =
            (part.node, &part.expr.kind)
        else {
            return false;
        };
        nodes.iter().zip(exprs).all(|(node, expr)| self.never(&[(Part { node, expr }, holds)]))
    }

    /// Whether a comparison excludes what is known.
    fn clashes(&mut self, atom: &Atom<F>, expr: &Expr, holds: bool) -> bool {
        let mut others = Vec::new();
        for fact in &self.facts {
            self.budget = self.budget.saturating_sub(1);
            if fact.atom.subject != atom.subject {
                continue;
            }
            if fact.atom.test == atom.test {
                if fact.holds != holds {
                    self.why = Some(shown(fact, expr, holds));
                    return true;
                }
                return false;
            }
            others.push(fact);
        }
        if self.budget == 0 || others.is_empty() {
            return false;
        }
        let absent = |atom: &Atom<F>, holds: bool| !holds && matches!(atom.test, Test::Exists);
        for fact in &others {
            let without =
                absent(fact.atom, fact.holds) && holds || absent(atom, holds) && fact.holds;
            let apart = is_single(&atom.subject) && apart((fact.atom, fact.holds), (atom, holds));
            if without || apart {
                self.why = Some(shown(fact, expr, holds));
                return true;
            }
        }
        if !is_single(&atom.subject) {
            return false;
        }
        // No one of them excludes it, but all together may.
        let mut all: Vec<(&Atom<F>, bool)> =
            others.iter().map(|fact| (fact.atom, fact.holds)).collect();
        all.push((atom, holds));
        self.budget = self.budget.saturating_sub(all.len());
        nothing_left(&all)
    }
}

fn shown<F>(fact: &Fact<'_, F>, expr: &Expr, holds: bool) -> String {
    let text = |expr: &Expr, holds: bool| {
        let text = expr.to_string();
        let mut short: String = text.chars().take(80).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        if holds { short } else { format!("not {short}") }
    };
    let (one, other) = (text(fact.expr, fact.holds), text(expr, holds));
    format!("`{one}` and `{other}` exclude each other")
}

/// Whether nothing satisfies the comparison, such as one with an empty list.
fn is_never<F>(atom: &Atom<F>) -> bool {
    match &atom.test {
        Test::Literals { across: Across::Any, literals, .. } => literals.is_empty(),
        _ => false,
    }
}

fn is_single<F>(subject: &Subject<F>) -> bool {
    subject.fold() == Fold::One
}

/// Whether no value satisfies two comparisons.
fn apart<F>(one: (&Atom<F>, bool), other: (&Atom<F>, bool)) -> bool {
    nothing_left(&[one, other]) || prefixes_apart(one, other) || ranges_apart(one, other)
}

/// Whether one of the comparisons names all values that there may be, and the others exclude each.
fn nothing_left<F>(all: &[(&Atom<F>, bool)]) -> bool {
    let named = all.iter().filter_map(|(atom, holds)| if *holds { values(atom) } else { None });
    let Some(values) = named.min_by_key(|values| values.len()) else { return false };
    !values.is_empty()
        && values.iter().all(|value| {
            all.iter()
                .any(|(atom, holds)| test_holds(atom, value.value()).is_some_and(|h| h != *holds))
        })
}

/// The values of an equality.
fn values<F>(atom: &Atom<F>) -> Option<&[Literal]> {
    match &atom.test {
        Test::Literals {
            comparison: Comparison::Eq,
            quantifier: Modifier::Anyof,
            literals,
            ..
        } if literals.iter().all(|literal| !matches!(literal, Literal::Net(_))) => Some(literals),
        _ => None,
    }
}

/// Whether a present value passes; `None` if that depends on more.
fn test_holds<F>(atom: &Atom<F>, value: Value<'_>) -> Option<bool> {
    match &atom.test {
        Test::Exists => Some(true),
        Test::Literals { comparison, quantifier, literals, .. } => {
            Some(plain::literals_hold(*comparison, *quantifier, literals, value))
        }
        Test::Subject { .. } => None,
    }
}

/// Two beginnings of which neither begins with the other.
fn prefixes_apart<F>(one: (&Atom<F>, bool), other: (&Atom<F>, bool)) -> bool {
    let prefixes = |(atom, holds): (&Atom<F>, bool)| match &atom.test {
        Test::Literals {
            comparison: Comparison::Startswith,
            quantifier: Modifier::Anyof,
            literals,
            ..
        } if holds => Some(literals.clone()),
        _ => None,
    };
    let (Some(one), Some(other)) = (prefixes(one), prefixes(other)) else { return false };
    let bytes = |literal: &Literal| match literal {
        Literal::Bytes(bytes) => bytes.to_vec(),
        _ => Vec::new(),
    };
    one.iter().all(|a| {
        other.iter().all(|b| {
            let (a, b) = (bytes(a), bytes(b));
            !a.starts_with(&b) && !b.starts_with(&a)
        })
    })
}

/// Two ranges of numbers without a common one.
fn ranges_apart<F>(one: (&Atom<F>, bool), other: (&Atom<F>, bool)) -> bool {
    let (Some((low, high)), Some((from, to))) = (range(one), range(other)) else { return false };
    low.max(from) > high.min(to)
}

/// The least and the largest number that pass.
fn range<F>((atom, holds): (&Atom<F>, bool)) -> Option<(i128, i128)> {
    let Test::Literals { comparison, literals, .. } = &atom.test else { return None };
    let [literal] = literals.as_slice() else { return None };
    let number = match literal.value() {
        Value::Int(number) => i128::from(number),
        Value::Uint(number) => i128::from(number),
        _ => return None,
    };
    let (least, most) = (i128::from(i64::MIN), i128::from(u64::MAX));
    // The negation of a comparison holds for what is missing, too.
    match (comparison, holds) {
        (Comparison::Lt, true) => Some((least, number - 1)),
        (Comparison::Le, true) => Some((least, number)),
        (Comparison::Gt, true) => Some((number + 1, most)),
        (Comparison::Ge, true) => Some((number, most)),
        (Comparison::Eq, true) => Some((number, number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use gyr_fields::{Field, Fields};
    use gyr_filter::World;

    use super::*;

    fn never(text: &str) -> bool {
        let expr = gyr_filter::parse(text).unwrap();
        let checked = gyr_filter::check(&expr, &Fields::default()).unwrap();
        Proof::new().never(&[(Part { node: &checked.root, expr: &expr }, true)])
    }

    #[test]
    fn contradictions_are_found() {
        for text in [
            "proc.name = a and proc.name = b",
            "proc.name = a and not proc.name exists",
            "proc.name in (a, b) and proc.name startswith c",
            "proc.name startswith a and proc.name startswith b",
            "proc.name = a and (proc.name = b or not proc.name = a)",
            "proc.pid > 5 and proc.pid <= 5",
            "proc.name != a and not proc.name != a and proc.pid = 1",
            "proc.pid = 1 and proc.name in ()",
            "not (proc.name = a or not proc.name = a)",
            "proc.name in (a, b) and proc.name != a and not proc.name = b",
        ] {
            assert!(never(text), "{text}");
        }
    }

    #[test]
    fn what_may_hold_is_not_called_a_contradiction() {
        for text in [
            "proc.aname = a and proc.aname = b",
            "proc.name startswith a and proc.name startswith ab",
            "not proc.pid > 5 and not proc.pid <= 5",
            "proc.name = a or proc.name = b",
            "fd.net = 10.0.0.0/8 and fd.net = 192.168.0.0/16",
        ] {
            assert!(!never(text), "{text}");
        }
    }

    /// Two fields, each missing or with one of a few values.
    struct Small {
        name: Option<&'static str>,
        pid: Option<i64>,
    }

    impl World<Field> for Small {
        fn visit(&self, field: &Field, each: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
            let value = match field.row().name {
                "proc.name" => self.name.map(|name| Value::Bytes(name.as_bytes())),
                _ => self.pid.map(Value::Int),
            };
            value.is_some_and(|value| {
                each(value);
                true
            })
        }
    }

    const ATOMS: &[&str] = &[
        "proc.name = a",
        "proc.name in (a, ab)",
        "proc.name != ab",
        "proc.name startswith a",
        "proc.name endswith b",
        "proc.name exists",
        "proc.name startswith b",
        "proc.pid = 1",
        "proc.pid > 1",
        "proc.pid <= 1",
        "proc.pid in (0, 2)",
        "proc.pid exists",
    ];

    fn random(seed: &mut u64, below: u64) -> u64 {
        *seed =
            seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) % below
    }

    fn condition(seed: &mut u64, depth: u64) -> String {
        let not = if random(seed, 3) == 0 { "not " } else { "" };
        if depth == 0 || random(seed, 4) == 0 {
            let atom = usize::try_from(random(seed, ATOMS.len() as u64)).unwrap();
            return format!("{not}{}", ATOMS[atom]);
        }
        let word = if random(seed, 3) == 0 { " or " } else { " and " };
        let parts: Vec<_> = (0..2 + random(seed, 2)).map(|_| condition(seed, depth - 1)).collect();
        format!("{not}({})", parts.join(word))
    }

    #[test]
    fn nothing_that_holds_for_some_event_is_called_a_contradiction() {
        let mut seed = 1;
        let mut found = 0;
        for _ in 0..3_000 {
            let text = condition(&mut seed, 3);
            if !never(&text) {
                continue;
            }
            found += 1;
            let expr = gyr_filter::parse(&text).unwrap();
            let checked = gyr_filter::check(&expr, &Fields::default()).unwrap();
            for name in [None, Some(""), Some("a"), Some("ab"), Some("b"), Some("bb"), Some("c")] {
                for pid in [None, Some(-1), Some(0), Some(1), Some(2), Some(3)] {
                    assert!(!plain::matches(&checked, &Small { name, pid }), "{text}");
                }
            }
        }
        assert!(found > 300, "only {found} contradictions");
    }
}
