//! What each rule costs, estimated from its condition: how often it is looked at, and what is compared then.

use std::collections::HashMap;

use gyr_event::EVENTS;
use gyr_filter::{Atom, Comparison, Literal, Node, Scheme, Test};

use super::super::codes::Code;
use super::super::conditions::Ready;
use super::super::items::Checker;
use super::super::report::Draft;
use crate::index::Events;

/// How often events come on a busy machine, roughly, beside those that are not listed here.
const FREQUENT: &[(&str, u64)] = &[
    ("read", 100),
    ("write", 100),
    ("readv", 30),
    ("writev", 30),
    ("pread", 30),
    ("pwrite", 30),
    ("sendto", 50),
    ("recvfrom", 50),
    ("sendmsg", 50),
    ("recvmsg", 50),
    ("futex", 100),
    ("poll", 50),
    ("ppoll", 50),
    ("epoll_wait", 100),
    ("close", 60),
    ("open", 40),
    ("openat", 60),
    ("stat", 30),
    ("fstat", 50),
    ("newfstatat", 40),
    ("access", 20),
    ("mmap", 40),
    ("munmap", 20),
    ("mprotect", 20),
    ("switch", 100),
    ("connect", 5),
    ("accept", 5),
    ("accept4", 5),
    ("clone", 2),
    ("execve", 2),
];

/// What is compared.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    comparisons: u64,
    literals: u64,
    /// Texts that are searched from end to end, or matched with patterns.
    scans: u64,
    /// Comparisons that other rules make, too: their answers are shared.
    shared: u64,
}

impl Tally {
    /// A comparison of which the answer is there costs next to nothing.
    const fn work(self) -> u64 {
        self.comparisons.saturating_sub(self.shared) + self.scans.saturating_mul(4) + 1
    }
}

impl<S: Scheme> Checker<'_, S> {
    #[allow(
        clippy::mutable_key_type,
        reason = "what changes within a regular expression is not compared"
    )]
    pub(super) fn costs(&mut self, ready: &[Ready<S::Field>]) {
        let mut uses: HashMap<&Atom<S::Field>, u64> = HashMap::new();
        for rule in ready {
            each(&rule.checked.root, &mut |atom| *uses.entry(atom).or_default() += 1);
        }
        for rule in ready {
            let mut tally = Tally::default();
            each(&rule.checked.root, &mut |atom| {
                tally.comparisons += 1;
                tally.shared += u64::from(uses.get(atom).is_some_and(|uses| *uses > 1));
                if let Test::Literals { comparison, literals, .. } = &atom.test {
                    tally.literals += literals.len() as u64;
                    let pattern = |l: &Literal| matches!(l, Literal::Glob(_) | Literal::Regex(_));
                    let searches =
                        matches!(comparison, Comparison::Contains | Comparison::Icontains);
                    let scanned = literals.iter().filter(|l| searches || pattern(l)).count();
                    tally.scans += scanned as u64;
                }
            });
            let (names, often) = frequency(&rule.events);
            let gates = gates(&rule.checked.root);
            // Each comparison that must hold before the rest stops about half of what comes.
            let passed = often.checked_shr(gates.min(6)).unwrap_or(0) + 1;
            let cost = often + passed.saturating_mul(tally.work());
            let Some(place) = self.rules.get(&rule.name).map(|rule| rule.name) else { continue };
            let what = format!("rule `{}` costs about {cost}", rule.name);
            let Tally { comparisons, literals, scans, shared } = tally;
            let why = format!(
                "it is looked at for {names}; {gates} comparisons must hold before the rest counts; of {comparisons} \
                 comparisons with {literals} values {shared} are shared with other rules; {scans} values are searched for \
                 within texts"
            );
            self.report.put(Draft::new(Code::Cost, place, what).note(None, why));
        }
    }
}

fn each<'n, F>(node: &'n Node<F>, visit: &mut dyn FnMut(&'n Atom<F>)) {
    match node {
        Node::And(children) | Node::Or(children) => {
            children.iter().for_each(|child| each(child, visit));
        }
        Node::Not(child) => each(child, visit),
        Node::Atom(atom) => visit(atom),
    }
}

/// Comparisons that must hold, whatever else does.
fn gates<F>(node: &Node<F>) -> u32 {
    match node {
        Node::Atom(_) => 1,
        Node::And(children) => children.iter().map(gates).sum(),
        Node::Or(_) | Node::Not(_) => 0,
    }
}

/// The names of events, cut short, and how often they come.
fn frequency(events: &Events) -> (String, u64) {
    let names = events.names();
    let weight = |name: &str| FREQUENT.iter().find(|(n, _)| *n == name).map_or(1, |(_, w)| *w);
    let often = names.iter().map(|name| weight(name)).sum();
    let shown = match names.len() {
        n if n > EVENTS.len() / 4 => format!("{n} event types"),
        n if n > 6 => format!(
            "{n} event types such as {}",
            names.iter().take(3).copied().collect::<Vec<_>>().join(", ")
        ),
        _ => names.join(", "),
    };
    (shown, often)
}
