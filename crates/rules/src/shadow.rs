//! Asks the rules in every way there is, and compares: with kept answers, with fresh ones, and one comparison after another.
//!
//! Nothing that runs rules for real uses this; `cargo xtask shadow` and tests do.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use gyr_event::EventCode;
use gyr_filter::{Atom, Evaluator, Lifetime, Value, Verdict, World, plain};

use crate::{CheckedRule, Ruleset, SourceId};

/// Follows one ruleset through a stream of events. It keeps answers in the worlds as the engine does, so no other
/// evaluator may use the same ones.
#[derive(Debug)]
pub struct Shadow<F> {
    rules: Vec<Arc<CheckedRule<F>>>,
    kept: Evaluator,
    fresh: Evaluator,
    /// Of the rules by their places, for one event.
    by_kept: Vec<bool>,
    by_fresh: Vec<bool>,
    compared: Compared,
}

/// What was compared so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    pub events: u64,
    /// Of rules, each given by the graph twice and by the plain evaluator.
    pub verdicts: u64,
    /// How many of them were true.
    pub matches: u64,
    /// Answers of comparisons that were kept, or found out anew.
    pub answers: u64,
}

/// The ways do not agree on an event.
#[derive(Clone, Debug)]
pub struct Difference<F> {
    /// The first rule on which they differ; none if only an answer does that no rule needed yet.
    pub rule: Option<Verdicts>,
    /// The first comparison whose answer is wrong, and that answer; none if the graph itself is.
    pub answer: Option<(Atom<F>, bool)>,
    /// A rule that is kept as ruled out, and should not be.
    pub ruled_out: Option<String>,
}

/// What is said of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdicts {
    pub rule: String,
    pub kept: bool,
    pub fresh: bool,
    pub plain: bool,
}

impl<F: fmt::Debug> fmt::Display for Difference<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.rule {
            Some(Verdicts { rule, kept, fresh, plain }) => {
                write!(f, "{rule}: {kept} as kept, {fresh} as fresh, {plain} in truth; ")?;
            }
            None => f.write_str("no rule differs; ")?,
        }
        if let Some(rule) = &self.ruled_out {
            write!(f, "{rule} is kept as ruled out and is not; ")?;
        }
        match &self.answer {
            Some((atom, answer)) => write!(f, "answered {answer}: {atom:?}"),
            None => f.write_str("all answers are right"),
        }
    }
}

impl<F: Clone + PartialEq> Shadow<F> {
    /// For a ruleset of these [enabled](crate::Loader::enabled) rules.
    pub fn new(rules: Vec<Arc<CheckedRule<F>>>) -> Self {
        Self {
            rules,
            kept: Evaluator::default(),
            fresh: Evaluator::default(),
            by_kept: Vec::new(),
            by_fresh: Vec::new(),
            compared: Compared::default(),
        }
    }

    pub const fn compared(&self) -> Compared {
        self.compared
    }

    /// Asks about the next event of the stream. With `audits`, not only what rules say is compared but every answer that is
    /// kept, which is slow.
    pub fn compare<W: World<F> + ?Sized>(
        &mut self,
        ruleset: &Ruleset<F>,
        source: SourceId,
        code: EventCode,
        world: &W,
        audits: bool,
    ) -> Result<(), Box<Difference<F>>> {
        self.compared.events += 1;
        let Some(program) = ruleset.program(source, code) else { return Ok(()) };
        let graph = ruleset.graph();
        let n_rules = ruleset.rules().len();
        let note = |verdicts: &mut Vec<bool>| {
            verdicts.clear();
            verdicts.resize(n_rules, false);
        };
        note(&mut self.by_kept);
        note(&mut self.by_fresh);
        self.kept.evaluate(graph, program, world, mark(&mut self.by_kept));
        self.fresh.evaluate(graph, program, &Fresh(world), mark(&mut self.by_fresh));
        let rule = self.first_of_rules(ruleset, source, code, world);
        let (mut answer, mut ruled_out) = (None, None);
        if audits || rule.is_some() {
            ruled_out = self.kept.audit_ruled_out(graph, program, world);
            let (n, differing) = self.kept.audit(graph, program, world);
            self.compared.answers += n as u64;
            answer = differing;
        }
        if rule.is_some() && answer.is_none() {
            answer = self.fresh.audit(graph, program, &Fresh(world)).1;
        }
        if rule.is_none() && answer.is_none() && ruled_out.is_none() {
            return Ok(());
        }
        let answer = answer.map(|(atom, answer)| (atom.clone(), answer));
        let rule_at = |place: u32| ruleset.rules().get(place as usize);
        let ruled_out = ruled_out.and_then(rule_at).map(|rule| rule.name.clone());
        Err(Box::new(Difference { rule, answer, ruled_out }))
    }

    fn first_of_rules<W: World<F> + ?Sized>(
        &mut self,
        ruleset: &Ruleset<F>,
        source: SourceId,
        code: EventCode,
        world: &W,
    ) -> Option<Verdicts> {
        for place in ruleset.candidates(source, code) {
            let place = place as usize;
            let CheckedRule { rule, checked, .. } = &**self.rules.get(place)?;
            let plain = plain::matches(checked, world);
            let kept = self.by_kept.get(place).copied().unwrap_or_default();
            let fresh = self.by_fresh.get(place).copied().unwrap_or_default();
            self.compared.verdicts += 1;
            self.compared.matches += u64::from(plain);
            if kept != plain || fresh != plain {
                return Some(Verdicts { rule: rule.name.clone(), kept, fresh, plain });
            }
        }
        None
    }
}

/// Takes down the rules that hold.
fn mark(verdicts: &mut [bool]) -> impl FnMut(u32, Verdict) -> ControlFlow<()> {
    |place, verdict| {
        if let Some(holds) = verdicts.get_mut(place as usize) {
            *holds = verdict == Verdict::Holds;
        }
        ControlFlow::Continue(())
    }
}

/// A world that keeps nothing.
struct Fresh<'a, W: ?Sized>(&'a W);

impl<F, W: World<F> + ?Sized> World<F> for Fresh<'_, W> {
    fn visit(&self, field: &F, each: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        self.0.visit(field, each)
    }

    fn is_unknown(&self) -> bool {
        self.0.is_unknown()
    }

    fn is_field_unknown(&self, field: &F, lifetime: Lifetime) -> bool {
        self.0.is_field_unknown(field, lifetime)
    }
}
