//! Rules as a whole: those that never match, always match, or never get to it; exceptions that hide nothing.

use std::collections::HashMap;

use gyr_filter::{Node, Scheme, Subject};

use super::super::codes::Code;
use super::super::conditions::Ready;
use super::super::items::Checker;
use super::super::prove::{Part, Proof};
use super::super::report::{Draft, Place};
use crate::collect::{Collection, Rule};
use crate::compile::{MANY_EVENTS, SYSCALL};
use crate::exceptions as texts;
use crate::resolve::{Macros, ResolvedLists};

/// Pairs of rules that are looked at for one that shadows the other.
const MAX_PAIRS: usize = 300_000;

impl<S: Scheme> Checker<'_, S> {
    pub(super) fn rules(&mut self, collection: &Collection, ready: &[Ready<S::Field>]) {
        let mut live = Vec::new();
        for rule in ready {
            let Some(known) = collection.rules.get(&rule.name) else { continue };
            let Some(name) = self.rules.get(&rule.name).map(|rule| rule.name) else { continue };
            if self.never(rule, name) {
                continue;
            }
            if Proof::new().never(&[(part(rule), false)]) {
                let what = format!("the condition of rule `{}` is always true", rule.name);
                self.report.add(Code::AlwaysMatches, name, what);
                continue;
            }
            let is_syscall = known.source == SYSCALL;
            if is_syscall && known.warn_evttypes && rule.events.len() > MANY_EVENTS {
                let what =
                    format!("rule `{}` looks at nearly every event, which costs a lot", rule.name);
                let help = "name the events that it is about, such as `evt.type in (open, openat, openat2)`";
                self.report.put(Draft::new(Code::ManyEvents, name, what).help(help));
            }
            if known.enabled {
                live.push((rule, known, name));
            }
        }
        self.shadowed(&live);
    }

    fn never(&mut self, rule: &Ready<S::Field>, name: Place) -> bool {
        let what = format!("rule `{}` can never match", rule.name);
        let mut proof = Proof::new();
        if proof.never(&[(part(rule), true)]) {
            let why = proof.why;
            let mut draft = Draft::new(Code::NeverMatches, name, what);
            if let Some(why) = why {
                draft = draft.note(None, why);
            }
            self.report.put(draft);
            return true;
        }
        if rule.events.is_empty() {
            let why = "no event type satisfies all of its tests of `evt.type` and `evt.num`";
            self.report.put(Draft::new(Code::NeverMatches, name, what).note(None, why));
            return true;
        }
        false
    }

    /// With `rule_matching: first` a rule is not asked where an earlier one holds.
    fn shadowed(&mut self, live: &[(&Ready<S::Field>, &Rule, Place)]) {
        // A rule that implies another asks for whatever the other asks for, but for the event type.
        let mut asking: HashMap<&Subject<S::Field>, Vec<usize>> = HashMap::new();
        let mut asking_nothing = Vec::new();
        let mut pairs = 0;
        for (place, (rule, known, name)) in live.iter().enumerate() {
            let subjects = subjects(&rule.checked.root);
            let mut earlier: Vec<usize> = subjects
                .iter()
                .flat_map(|subject| asking.get(subject).into_iter().flatten().copied())
                .chain(asking_nothing.iter().copied())
                .collect();
            earlier.sort_unstable();
            earlier.dedup();
            for other in earlier {
                let Some((first, first_known, first_name)) = live.get(other) else { continue };
                pairs += 1;
                if first_known.source != known.source
                    || pairs > MAX_PAIRS
                    || !rule.events.is_within(&first.events)
                {
                    continue;
                }
                if Proof::new().never(&[(part(rule), true), (part(first), false)]) {
                    let what = format!(
                        "rule `{}` matches only where rule `{}` does, which comes first",
                        rule.name, first.name
                    );
                    let draft = Draft::new(Code::Shadowed, *name, what)
                        .note(Some(*first_name), "the first one is here")
                        .help("with `rule_matching: first` it never fires: put it before the other, or narrow that one");
                    self.report.put(draft);
                    break;
                }
            }
            match signature(&rule.checked.root) {
                Some(subject) => asking.entry(subject).or_default().push(place),
                None => asking_nothing.push(place),
            }
        }
    }

    pub(super) fn idle_exceptions(
        &mut self,
        collection: &Collection,
        lists: &mut ResolvedLists,
        macros: &mut Macros,
    ) {
        for rule in collection.rules.iter().filter(|rule| !rule.unknown_source) {
            for exception in &rule.exceptions {
                let known = self.rules.get(&rule.name).map(|known| known.exceptions.iter());
                let known =
                    known.and_then(|mut all| all.find(|e| e.name == exception.name).cloned());
                let Some(known) = known else { continue };
                if exception.values.is_empty() {
                    let what = format!(
                        "exception `{}` has no values, so it hides nothing",
                        exception.name
                    );
                    self.report.add(Code::ExceptionEmpty, known.place, what);
                    continue;
                }
                for (value, (file, node)) in exception.values.iter().zip(&known.values) {
                    let only =
                        texts::Exception { values: vec![value.clone()], ..exception.clone() };
                    let place = Place { file: *file, span: node.span };
                    self.idle_value(rule, &only, place, lists, macros);
                }
            }
        }
    }

    fn idle_value(
        &mut self,
        rule: &Rule,
        exception: &texts::Exception,
        place: Place,
        lists: &mut ResolvedLists,
        macros: &mut Macros,
    ) -> Option<()> {
        let scheme = self.language.scheme(&rule.source)?;
        let mut ready = |text: &str| {
            let expr = gyr_filter::parse(&lists.substitute(text)).ok()?;
            let expr = macros.resolve_condition(expr).ok()?;
            let checked = gyr_filter::check(&expr, scheme).ok()?;
            Some((expr, checked))
        };
        let (expr, checked) = ready(&rule.condition)?;
        let hidden = texts::condition("x", std::slice::from_ref(exception)).ok()?;
        let (hidden_expr, hidden) = ready(hidden.strip_prefix("(x) and not ")?)?;
        let condition = Part { node: &checked.root, expr: &expr };
        let hidden = Part { node: &hidden.root, expr: &hidden_expr };
        let mut proof = Proof::new();
        // A condition that never holds is told elsewhere.
        let idle = proof.never(&[(condition, true), (hidden, true)])
            && !Proof::new().never(&[(condition, true)]);
        if idle {
            let what = format!(
                "exception `{}` hides nothing: rule `{}` never matches with these values",
                exception.name, rule.name
            );
            let mut draft = Draft::new(Code::ExceptionIdle, place, what);
            if let Some(why) = proof.why {
                draft = draft.note(None, why);
            }
            self.report.put(draft);
        }
        Some(())
    }
}

fn part<F>(rule: &Ready<F>) -> Part<'_, F> {
    Part { node: &rule.checked.root, expr: &rule.condition }
}

/// Everything that a condition asks for.
fn subjects<F: Eq + std::hash::Hash>(node: &Node<F>) -> Vec<&Subject<F>> {
    let mut found = Vec::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        match node {
            Node::And(children) | Node::Or(children) => open.extend(children),
            Node::Not(child) => open.push(child),
            Node::Atom(atom) => found.push(&atom.subject),
        }
    }
    found
}

/// Something that must be asked for to imply the condition: of a comparison that must hold, the most particular.
fn signature<F>(node: &Node<F>) -> Option<&Subject<F>> {
    match node {
        Node::Atom(atom) => Some(&atom.subject),
        // The last comparisons of a condition are the most particular.
        Node::And(children) => children.iter().rev().find_map(|child| match child {
            Node::Atom(atom) => Some(&atom.subject),
            Node::And(_) => signature(child),
            _ => None,
        }),
        Node::Or(_) | Node::Not(_) => None,
    }
}
