//! What is legal but hardly meant. Runs once, over everything that is right.

mod cost;
mod evasion;
mod rules;
mod values;

use gyr_filter::Scheme;

use super::atoms::pairs;
use super::conditions::{Ready, Round};
use super::items::Checker;
use super::spans::Parts;
use super::written::Written;
use crate::collect::Collection;
use crate::resolve::{Macros, ResolvedLists};

impl<S: Scheme> Checker<'_, S> {
    pub(super) fn lints(
        &mut self,
        collection: &Collection,
        round: &Round,
        ready: &[Ready<S::Field>],
        lists: &mut ResolvedLists,
        macros: &mut Macros,
    ) {
        self.texts(collection, round);
        self.rules(collection, ready);
        self.idle_exceptions(collection, lists, macros);
        if self.settings.cost {
            self.costs(ready);
        }
    }

    /// The texts of macros and rules, each by itself.
    fn texts(&mut self, collection: &Collection, round: &Round) {
        for item in collection.macros.iter() {
            let Some(parsed) = round.macros.get(&item.name) else { continue };
            let Some(known) = self.macros.get(&item.name) else { continue };
            let written = known.condition.clone();
            // What no rule uses belongs to no source.
            let source = round.used.get(&item.name).and_then(|sources| sources.iter().next());
            if let Some(source) = source {
                self.text(&source.clone(), &written, parsed);
            }
        }
        for rule in collection.rules.iter().filter(|rule| !rule.unknown_source) {
            let Some(known) = self.rules.get(&rule.name) else { continue };
            let (written, output) = (known.condition.clone(), known.output.clone());
            self.gone_in_output(&output);
            if let Some(parsed) = round.rules.get(&rule.name) {
                self.text(&rule.source, &written, parsed);
            }
        }
    }

    fn text(&mut self, source: &str, written: &Written, parsed: &super::conditions::Parsed) {
        let Some(raw) = &parsed.raw else { return };
        self.gone_in_condition(written, raw);
        self.trusted_names(written, raw);
        let Some(pairs) = pairs(raw, &parsed.full) else { return };
        let (mut raw_paths, mut resolved_paths) = (Vec::new(), Vec::new());
        for pair in pairs {
            let parts = Parts::of(&written.text, pair.raw);
            self.values(source, written, pair, &parts);
            raw_paths.extend(evasion::raw_path(pair.full).map(|path| (parts.left, path)));
            if evasion::is_resolved_path(pair.full) {
                resolved_paths.push(parts.whole);
            }
        }
        self.raw_paths(written, &raw_paths);
        self.resolved_paths(written, &resolved_paths);
    }
}
