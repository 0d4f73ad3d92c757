//! Why a rule cannot match whatever happens: what the files and the selections say of it.

use gyr_alert::Priority;
use gyr_filter::Scheme;

use crate::compile::SYSCALL;
use crate::load::Loader;
use crate::ruleset::{CheckedRule, Choice};

/// What keeps a rule from matching anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nothing offers its source.
    UnknownSource(String),
    /// It uses what does not exist, and is left out because of `skip-if-unknown-filter`; the text says what.
    LeftOut(String),
    /// Its file says so.
    DisabledByFile,
    /// The choice at this place turned it off, and none turned it on again.
    DisabledByChoice(usize),
    /// It is less grave than the threshold.
    BelowPriority { rule: Priority, least: Priority },
    /// What its condition says of `evt.type` holds for no event.
    NoEvents,
}

impl<S: Scheme> Loader<S> {
    /// The names of all rules, also of those that cannot match.
    pub fn rule_names(&self) -> impl Iterator<Item = &str> {
        self.collection.rules.iter().map(|rule| rule.name.as_str())
    }

    /// A rule, be it on or off; `None` if there is none or it could not be used.
    pub fn compiled_rule(&self, name: &str) -> Option<&CheckedRule<S::Field>> {
        self.compiled.rules.iter().map(|known| &**known).find(|known| known.rule.name == name)
    }

    /// Everything that keeps the rule of this name from matching, given what a [ruleset](Loader::ruleset) is made with;
    /// `None` if there is no such rule.
    pub fn reasons(&self, name: &str, choices: &[Choice], least: Priority) -> Option<Vec<Reason>> {
        let written = self.collection.rules.get(name)?;
        let Some(CheckedRule { rule, .. }) = self.compiled_rule(name) else {
            return Some(vec![match written.unknown_source {
                true => Reason::UnknownSource(written.source.clone()),
                false => Reason::LeftOut(self.outline(name).err().unwrap_or_default()),
            }]);
        };
        let mut reasons = Vec::new();
        let mut off = (!rule.enabled).then_some(Reason::DisabledByFile);
        for (place, choice) in
            choices.iter().enumerate().filter(|(_, choice)| choice.rules.includes(rule))
        {
            off = (!choice.enable).then_some(Reason::DisabledByChoice(place));
        }
        reasons.extend(off);
        if rule.priority > least {
            reasons.push(Reason::BelowPriority { rule: rule.priority, least });
        }
        if rule.source == SYSCALL && rule.events.is_empty() {
            reasons.push(Reason::NoEvents);
        }
        Some(reasons)
    }
}
