//! The rules that are on, as the engine uses them: immutable, shared, and quick to ask which of them match an event.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use gyr_alert::Priority;
use gyr_event::{EventCode, Interest};
use gyr_filter::{
    Checked, Evaluator, Expr, Graph, GraphBuilder, Program, Root, Scheme, Template, Verdict, World,
};

use crate::compile::SYSCALL;
use crate::index::Events;
use crate::known::TypeFields;
use crate::load::Loader;

/// A rule with its condition, as it was compiled. What runs rules has conditions in its graph, and not the rules that are
/// asked about.
#[derive(Clone, Debug)]
pub struct CheckedRule<F> {
    pub rule: Arc<Rule<F>>,
    /// The condition with lists, macros and exceptions.
    pub condition: Expr,
    pub checked: Checked<F>,
}

/// A rule but for its condition.
#[derive(Clone, Debug)]
pub struct Rule<F> {
    pub name: String,
    pub source: String,
    pub priority: Priority,
    /// In alphabetical order.
    pub tags: Vec<String>,
    /// The output with what is added to every output, as it is written.
    pub output: String,
    /// The same, compiled; it tolerates missing values.
    pub template: Template<F>,
    /// What is added to the fields of alerts.
    pub extra_fields: ExtraFields<F>,
    /// Record a capture when the rule matches.
    pub capture: bool,
    /// Of that capture, in milliseconds; 0 if the rule leaves it open.
    pub capture_duration: u32,
    /// The events that the condition can be true for.
    pub events: Events,
    /// As the files say; a selection may say otherwise.
    pub enabled: bool,
}

/// By key, in alphabetical order.
pub type ExtraFields<F> = Vec<(String, ExtraTemplate<F>)>;

/// A field that is added to the fields of an alert.
#[derive(Clone, Debug)]
pub struct ExtraTemplate<F> {
    pub format: String,
    pub template: Template<F>,
    /// The value of the one field in it as it is; otherwise a text.
    pub raw: bool,
}

/// Which of the rules that match an event are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Matching {
    /// The first in the order in which rules were enabled.
    #[default]
    First,
    All,
}

/// Turns rules on or off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub enable: bool,
    pub rules: Which,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// By name, where `*` stands for anything ([`matches_wildcard`]).
    Named(String),
    Tagged(String),
}

impl Which {
    pub(crate) fn includes<F>(&self, rule: &Rule<F>) -> bool {
        match self {
            Self::Named(pattern) => matches_wildcard(pattern, &rule.name),
            Self::Tagged(tag) => rule.tags.contains(tag),
        }
    }
}

/// Whether a text fits a pattern with `*` in it. What follows a star is looked for once, and the first place counts:
/// `*a` does not fit `aba`. That is how Falco does it, and rules files were written for it.
pub fn matches_wildcard(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let mut parts = tail.split('*').filter(|part| !part.is_empty()).peekable();
    let open_end = pattern.ends_with('*');
    while let Some(part) = parts.next() {
        let Some((_, after)) = text.split_once(part) else { return false };
        if parts.peek().is_none() && !open_end {
            return after.is_empty();
        }
        text = after;
    }
    true
}

/// The rules that are on.
pub struct Ruleset<F> {
    /// In the order in which they were enabled.
    rules: Vec<Arc<Rule<F>>>,
    sources: Vec<SourceRules<F>>,
    matching: Matching,
    /// Of the rules about system calls.
    events: Events,
    graph: Graph<F>,
}

/// The rules of one source.
struct SourceRules<F> {
    name: String,
    /// For each code of an event, the rules that can match it.
    by_code: Vec<Tried>,
    types: TypeFields<F>,
}

/// The rules that can match an event of one code.
struct Tried {
    /// As places in the list of all.
    conditions: Box<[(u32, Root)]>,
    /// Made when the first such event comes: most codes never do.
    program: OnceLock<Program>,
}

/// An event source of a ruleset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceId(usize);

impl<S: Scheme> Loader<S> {
    /// The rules that are on after these choices, each of which overrules those before it, in the order in which they were
    /// enabled. Rules less grave than `least` are left out.
    pub fn enabled(&self, choices: &[Choice], least: Priority) -> Vec<Arc<CheckedRule<S::Field>>> {
        let known: Vec<_> =
            self.compiled.rules.iter().filter(|known| known.rule.priority <= least).collect();
        let mut on: Vec<usize> = (0..known.len()).filter(|i| known[*i].rule.enabled).collect();
        for choice in choices {
            for (i, known) in known.iter().enumerate() {
                if !choice.rules.includes(&known.rule) {
                    continue;
                }
                match choice.enable {
                    true if on.contains(&i) => {}
                    true => on.push(i),
                    false => on.retain(|other| *other != i),
                }
            }
        }
        on.into_iter().map(|i| Arc::clone(known[i])).collect()
    }

    /// Those rules, to be asked. They share nothing with what was loaded.
    pub fn ruleset(
        &self,
        choices: &[Choice],
        least: Priority,
        matching: Matching,
    ) -> Ruleset<S::Field> {
        let enabled = self.enabled(choices, least);
        let mut builder = GraphBuilder::new();
        let roots: Vec<_> = enabled.iter().map(|known| builder.add(&known.checked)).collect();
        let rules: Vec<_> = enabled.iter().map(|known| Arc::new((*known.rule).clone())).collect();
        let sources = self.language.sources().map(|(name, scheme)| SourceRules {
            name: name.to_owned(),
            by_code: EventCode::all().map(|code| Tried::new(name, &rules, &roots, code)).collect(),
            types: TypeFields::of(scheme),
        });
        let sources = sources.collect();
        let events = rules.iter().filter(|rule| rule.source == SYSCALL);
        let events = events.fold(Events::none(), |all, rule| all.union(&rule.events));
        let graph = builder.build(NEXT_GENERATION.fetch_add(1, Ordering::Relaxed));
        Ruleset { rules, sources, matching, events, graph }
    }
}

/// No two graphs of a process share one, since threads keep answers from one graph to the next.
static NEXT_GENERATION: AtomicU32 = AtomicU32::new(1);

impl Tried {
    fn new<F>(source: &str, rules: &[Arc<Rule<F>>], roots: &[Root], code: EventCode) -> Self {
        let conditions = rules.iter().zip(roots).zip(0..);
        let conditions = conditions
            .filter(|((rule, _), _)| rule.source == source && is_tried(rule, code))
            .map(|((_, root), place)| (place, *root));
        Self { conditions: conditions.collect(), program: OnceLock::new() }
    }
}

/// Whether a rule is tried for an event: every rule is for asynchronous ones.
pub fn is_tried<F>(rule: &Rule<F>, code: EventCode) -> bool {
    match code {
        EventCode::ASYNCEVENT => true,
        _ if rule.source == SYSCALL => rule.events.contains(code),
        _ => code == EventCode::PLUGINEVENT,
    }
}

impl<F> Ruleset<F> {
    /// In the order in which they were enabled.
    pub fn rules(&self) -> &[Arc<Rule<F>>] {
        &self.rules
    }

    pub fn source(&self, name: &str) -> Option<SourceId> {
        self.sources.iter().position(|source| source.name == name).map(SourceId)
    }

    /// Whether some rule may match events of this code; if not, there is no need to ask.
    #[inline]
    pub fn wants(&self, source: SourceId, code: EventCode) -> bool {
        self.tried(source, code).is_some_and(|(_, tried)| !tried.conditions.is_empty())
    }

    /// Calls `on_match` with the place in [`Ruleset::rules`] of the rules that match: of the first, or of all.
    #[inline]
    pub fn matches<W: World<F> + ?Sized>(
        &self,
        source: SourceId,
        code: EventCode,
        world: &W,
        evaluator: &mut Evaluator,
        on_match: &mut dyn FnMut(usize),
    ) where
        F: PartialEq,
    {
        let Some(program) = self.program(source, code) else { return };
        evaluator.evaluate(&self.graph, program, world, self.report(on_match));
    }

    /// The same, and calls `done` with the place of each rule whose condition was looked at, and with none after what was
    /// done for several at once or for a match.
    #[inline(never)]
    pub fn matches_watched<W: World<F> + ?Sized>(
        &self,
        source: SourceId,
        code: EventCode,
        world: &W,
        evaluator: &mut Evaluator,
        on_match: &mut dyn FnMut(usize),
        mut done: impl FnMut(Option<usize>),
    ) where
        F: PartialEq,
    {
        let Some(program) = self.program(source, code) else { return };
        let done = |place: Option<u32>| done(place.map(|place| place as usize));
        evaluator.evaluate_watched(&self.graph, program, world, self.report(on_match), done);
    }

    /// What is done with a verdict.
    fn report(
        &self,
        on_match: &mut dyn FnMut(usize),
    ) -> impl FnMut(u32, Verdict) -> ControlFlow<()> {
        |place, verdict| {
            if verdict == Verdict::Holds {
                on_match(place as usize);
                if self.matching == Matching::First {
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        }
    }

    /// The events of the kernel that the rules are about.
    pub const fn events(&self) -> &Events {
        &self.events
    }

    /// The system calls that the rules are about.
    pub const fn interest(&self) -> &Interest {
        &self.events.syscalls
    }

    /// Makes what `before` has made for the events that it was asked about: they will come here, too, and somebody else than
    /// this thread would have to make it then.
    pub fn prepare_as(&self, before: &Self)
    where
        F: PartialEq,
    {
        for source in &before.sources {
            let Some(id) = self.source(&source.name) else { continue };
            for (code, tried) in EventCode::all().zip(&source.by_code) {
                if tried.program.get().is_some() {
                    self.program(id, code);
                }
            }
        }
    }

    /// What the graph is for events of one code.
    #[inline]
    pub(crate) fn program(&self, source: SourceId, code: EventCode) -> Option<&Program>
    where
        F: PartialEq,
    {
        let (source, tried) = self.tried(source, code)?;
        Some(tried.program.get_or_init(|| {
            self.graph.program(&tried.conditions, |atom| source.types.decide(atom, code))
        }))
    }

    pub(crate) const fn graph(&self) -> &Graph<F> {
        &self.graph
    }

    /// The places of the rules that can match events of one code.
    pub(crate) fn candidates(
        &self,
        source: SourceId,
        code: EventCode,
    ) -> impl Iterator<Item = u32> {
        let tried = self.tried(source, code);
        tried.into_iter().flat_map(|(_, tried)| &tried.conditions).map(|(place, _)| *place)
    }

    #[inline]
    fn tried(&self, source: SourceId, code: EventCode) -> Option<(&SourceRules<F>, &Tried)> {
        let source = self.sources.get(source.0)?;
        Some((source, source.by_code.get(code.index())?))
    }
}

impl<F> fmt::Debug for Ruleset<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.rules.iter().map(|rule| &rule.name);
        f.debug_list().entries(names).finish()
    }
}

#[cfg(test)]
mod tests {
    use gyr_fields::Fields;

    use super::*;

    #[test]
    fn what_was_made_for_the_rules_of_before_is_made_for_those_of_now() {
        let ruleset = |text: &str| {
            let mut loader = Loader::new([(SYSCALL.to_owned(), Fields::default())]);
            assert!(loader.load("rules", text).is_ok());
            loader.ruleset(&[], Priority::Debug, Matching::First)
        };
        let rule = "{rule: r, desc: d, condition: 'evt.type in (openat, close)', output: o, priority: INFO}";
        let (before, now) = (ruleset(&format!("- {rule}")), ruleset(&format!("- {rule}")));
        let source = before.source(SYSCALL).unwrap();
        before.program(source, EventCode::OPENAT);
        now.prepare_as(&before);
        let is_made = |code| now.tried(source, code).unwrap().1.program.get().is_some();
        assert!(is_made(EventCode::OPENAT) && !is_made(EventCode::CLOSE));
    }

    #[test]
    fn a_star_stands_for_anything_up_to_the_first_place() {
        for (pattern, text, fits) in [
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("*", "", true),
            ("**", "x", true),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("*b*", "abc", true),
            ("a*c", "abc", true),
            ("a*c*e", "abcde", true),
            ("a*d", "abc", false),
            ("*a", "aba", false),
            ("*.yaml", "/etc/x.yaml.d/foo.yaml", false),
            ("", "", true),
        ] {
            assert_eq!(matches_wildcard(pattern, text), fits, "{pattern} {text}");
        }
    }
}
