//! The condition of a rule as people wrote it, ready to be asked part by part: macros, lists and exceptions keep their names.

use gyr_filter::ast::{Check, ExprKind, Right};
use gyr_filter::{Atom, Expr, Node, Scheme};

use crate::collect::{self, Collection};
use crate::exceptions;
use crate::load::Loader;
use crate::resolve::ResolvedLists;

/// A rule's condition, part by part.
#[derive(Clone, Debug)]
pub struct Outline<F> {
    pub(crate) root: Part<F>,
}

/// One part, with how many parts it consists of, itself included.
#[derive(Clone, Debug)]
pub(crate) struct Part<F> {
    pub(crate) kind: PartKind<F>,
    pub(crate) size: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum PartKind<F> {
    All(Vec<Part<F>>),
    Any(Vec<Part<F>>),
    Not(Box<Part<F>>),
    Macro { name: String, body: Box<Part<F>> },
    Exception { name: String, body: Box<Part<F>> },
    Check(Box<Asked<F>>),
}

/// A comparison.
#[derive(Clone, Debug)]
pub(crate) struct Asked<F> {
    /// As it is written, lists by their names.
    pub(crate) text: String,
    /// What is compared, and with what if that is not a literal.
    pub(crate) operands: Vec<String>,
    pub(crate) atom: Atom<F>,
}

/// A condition of more parts is not explained.
const MAX_PARTS: usize = 50_000;
/// Macros within macros; the compiler allows as many.
const MAX_NESTED: usize = gyr_filter::ast::MAX_LEVELS;
/// A comparison is cut here, in bytes.
const MAX_TEXT: usize = 160;

impl<S: Scheme> Loader<S> {
    /// The condition of a rule; if it cannot be compiled, why.
    pub fn outline(&self, rule: &str) -> Result<Outline<S::Field>, String> {
        let Some(rule) = self.collection.rules.get(rule) else {
            return Err(format!("there is no rule {rule}"));
        };
        let Some(scheme) = self.language.scheme(&rule.source) else {
            return Err(format!("there is no source {}", rule.source));
        };
        let builder = || Builder {
            collection: &self.collection,
            scheme,
            lists: ResolvedLists::new(&self.collection),
            nested: 0,
            left: MAX_PARTS,
        };
        let compiled = self.compiled_rule(&rule.name).map(|known| flat(&known.checked.root));
        let is_right = |root: &Part<_>| compiled.as_ref().is_none_or(|node| *node == root.node());
        match builder().rule(rule) {
            Ok(root) if is_right(&root) => return Ok(Outline { root }),
            _ => {}
        }
        // Parentheses can lead out of the condition or out of an exception, since both are put in as text.
        let text = exceptions::condition(&rule.condition, &rule.exceptions);
        let root = builder().text(&text.map_err(|failure| failure.message)?)?;
        match is_right(&root) {
            true => Ok(Outline { root }),
            false => Err("the condition cannot be taken apart".to_owned()),
        }
    }
}

struct Builder<'a, S> {
    collection: &'a Collection,
    scheme: &'a S,
    lists: ResolvedLists,
    /// How many macros the current part is in.
    nested: usize,
    /// Parts that may still be made.
    left: usize,
}

impl<S: Scheme> Builder<'_, S> {
    /// The condition, and each exception apart.
    fn rule(mut self, rule: &collect::Rule) -> Result<Part<S::Field>, String> {
        let condition = self.text(&rule.condition)?;
        let mut parts = match condition.kind {
            PartKind::All(parts) => parts,
            _ => vec![condition],
        };
        for exception in &rule.exceptions {
            let unless = exceptions::unless(exception).map_err(|failure| failure.message)?;
            if unless.is_empty() {
                continue;
            }
            let body = Box::new(self.text(&unless)?);
            let name = exception.name.clone();
            let part = Part::of(PartKind::Exception { name, body });
            parts.push(Part::of(PartKind::Not(Box::new(part))));
        }
        Ok(match <[Part<S::Field>; 1]>::try_from(parts) {
            Ok([only]) => only,
            Err(parts) => Part::of(PartKind::All(parts)),
        })
    }

    /// The parts of a condition that is text, where lists and macros still are names.
    fn text(&mut self, text: &str) -> Result<Part<S::Field>, String> {
        let parse = |text: &str| gyr_filter::parse(text).map_err(|error| error.message);
        let expr = parse(&self.lists.substitute(text))?;
        let written = parse(text).ok();
        self.part(&expr, written.as_ref())
    }

    /// `written` is the same part before lists were put in, if it can be told.
    fn part(&mut self, expr: &Expr, written: Option<&Expr>) -> Result<Part<S::Field>, String> {
        self.left = self.left.checked_sub(1).ok_or("the condition is too large to be explained")?;
        let written = written.map(|written| &written.kind);
        let kind = match (&expr.kind, written) {
            (ExprKind::And(parts), Some(ExprKind::And(written))) => {
                PartKind::All(self.parts(parts, written)?)
            }
            (ExprKind::And(parts), _) => PartKind::All(self.parts(parts, &[])?),
            (ExprKind::Or(parts), Some(ExprKind::Or(written))) => {
                PartKind::Any(self.parts(parts, written)?)
            }
            (ExprKind::Or(parts), _) => PartKind::Any(self.parts(parts, &[])?),
            (ExprKind::Not(part), written) => {
                let written = match written {
                    Some(ExprKind::Not(written)) => Some(&**written),
                    _ => None,
                };
                PartKind::Not(Box::new(self.part(part, written)?))
            }
            (ExprKind::Identifier(name), _) => {
                let body = Box::new(self.macro_body(name)?);
                PartKind::Macro { name: name.clone(), body }
            }
            (ExprKind::Check(check), written) => {
                let written = match written {
                    Some(ExprKind::Check(written)) => Some(&**written),
                    _ => None,
                };
                PartKind::Check(Box::new(self.check(expr, check, written)?))
            }
        };
        Ok(Part::of(kind))
    }

    fn parts(&mut self, parts: &[Expr], written: &[Expr]) -> Result<Vec<Part<S::Field>>, String> {
        // Of another number they do not correspond.
        let written = if written.len() == parts.len() { written } else { &[] };
        let parts = parts.iter().enumerate().map(|(i, part)| self.part(part, written.get(i)));
        parts.collect()
    }

    fn macro_body(&mut self, name: &str) -> Result<Part<S::Field>, String> {
        let Some(item) = self.collection.macros.get(name) else {
            return Err(format!("there is no macro {name}"));
        };
        if self.nested >= MAX_NESTED {
            return Err("the condition is too deep to be explained".to_owned());
        }
        self.nested += 1;
        let body = self.text(&item.condition);
        self.nested -= 1;
        body
    }

    fn check(
        &self,
        expr: &Expr,
        check: &Check,
        written: Option<&Check>,
    ) -> Result<Asked<S::Field>, String> {
        let checked = gyr_filter::check(expr, self.scheme).map_err(|error| error.message)?;
        let Node::Atom(atom) = checked.root else {
            return Err("this is no comparison".to_owned());
        };
        let mut operands = vec![check.left.to_string()];
        if let Right::Operand(right) = &check.right {
            operands.push(right.to_string());
        }
        let is_same = |written: &&Check| {
            written.left.to_string() == check.left.to_string()
                && (written.operator, written.modifier) == (check.operator, check.modifier)
        };
        let text = match written.filter(is_same) {
            None => expr.to_string(),
            Some(written) => {
                let kind = ExprKind::Check(Box::new(written.clone()));
                Expr { position: expr.position, kind }.to_string()
            }
        };
        Ok(Asked { text: cut(text), operands, atom: *atom })
    }
}

impl<F> Part<F> {
    fn of(kind: PartKind<F>) -> Self {
        let inner: usize = match &kind {
            PartKind::All(parts) | PartKind::Any(parts) => parts.iter().map(|part| part.size).sum(),
            PartKind::Not(part) => part.size,
            PartKind::Macro { body, .. } | PartKind::Exception { body, .. } => body.size,
            PartKind::Check(_) => 0,
        };
        Self { kind, size: inner + 1 }
    }
}

impl<F: Clone> Part<F> {
    /// What it comes to without names, [flat].
    fn node(&self) -> Node<F> {
        let each = |parts: &[Self]| parts.iter().map(Self::node).collect();
        match &self.kind {
            PartKind::All(parts) => all(each(parts)),
            PartKind::Any(parts) => any(each(parts)),
            PartKind::Not(part) => Node::Not(Box::new(part.node())),
            PartKind::Macro { body, .. } | PartKind::Exception { body, .. } => body.node(),
            PartKind::Check(asked) => Node::Atom(Box::new(asked.atom.clone())),
        }
    }
}

/// The same without `and` directly within `and`, and `or` within `or`: however deep macros and parentheses were.
fn flat<F: Clone>(node: &Node<F>) -> Node<F> {
    match node {
        Node::And(nodes) => all(nodes.iter().map(flat).collect()),
        Node::Or(nodes) => any(nodes.iter().map(flat).collect()),
        Node::Not(node) => Node::Not(Box::new(flat(node))),
        Node::Atom(atom) => Node::Atom(atom.clone()),
    }
}

fn all<F>(nodes: Vec<Node<F>>) -> Node<F> {
    let inner = |node| if let Node::And(inner) = node { inner } else { vec![node] };
    Node::And(nodes.into_iter().flat_map(inner).collect())
}

fn any<F>(nodes: Vec<Node<F>>) -> Node<F> {
    let inner = |node| if let Node::Or(inner) = node { inner } else { vec![node] };
    Node::Or(nodes.into_iter().flat_map(inner).collect())
}

fn cut(mut text: String) -> String {
    if text.len() > MAX_TEXT {
        text.truncate(text.floor_char_boundary(MAX_TEXT));
        text.push('…');
    }
    text
}
