//! How often rules matched, and the statistics at the end of a run.

use std::collections::HashMap;
use std::fmt;

use gyr_alert::Priority;

use crate::laps::Laps;

/// Matches by rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// In the order of the ruleset.
    rules: Vec<Counted>,
    /// That were there before a reload.
    gone: Vec<Counted>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Counted {
    name: String,
    priority: Priority,
    n_matches: u64,
    /// Of its condition, estimated.
    nanoseconds: u64,
}

impl Counted {
    fn new((name, priority): (String, Priority)) -> Self {
        Self { name, priority, n_matches: 0, nanoseconds: 0 }
    }
}

impl Tally {
    pub fn new(rules: impl IntoIterator<Item = (String, Priority)>) -> Self {
        Self { rules: rules.into_iter().map(Counted::new).collect(), gone: Vec::new() }
    }

    /// From now on other rules are counted. One that was here before goes on with its count.
    pub(crate) fn follow(&mut self, rules: impl IntoIterator<Item = (String, Priority)>) {
        let before = std::mem::take(&mut self.rules).into_iter().chain(self.gone.drain(..));
        let mut before: HashMap<String, Counted> =
            before.map(|rule| (rule.name.clone(), rule)).collect();
        let counted = |(name, priority): (String, Priority)| {
            let before = before.remove(&name);
            let (n_matches, nanoseconds) =
                before.map_or((0, 0), |rule| (rule.n_matches, rule.nanoseconds));
            Counted { n_matches, nanoseconds, ..Counted::new((name, priority)) }
        };
        self.rules = rules.into_iter().map(counted).collect();
        self.gone = before.into_values().filter(|rule| rule.n_matches > 0).collect();
        self.gone.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    }

    /// Those of now, then those that are gone.
    fn all(&self) -> impl Iterator<Item = &Counted> {
        self.rules.iter().chain(&self.gone)
    }

    pub(crate) fn count(&mut self, rule: usize) {
        if let Some(counted) = self.rules.get_mut(rule) {
            counted.n_matches += 1;
        }
    }

    pub(crate) fn add_times(&mut self, laps: &mut Laps) {
        for (rule, nanoseconds) in laps.drain() {
            if let Some(counted) = self.rules.get_mut(rule) {
                counted.nanoseconds = counted.nanoseconds.saturating_add(nanoseconds);
            }
        }
    }

    /// How long the condition of each rule of now took, in nanoseconds: an estimate from one event in about a thousand. What
    /// several rules share counts for the first that asked, or for none.
    pub fn nanoseconds(&self) -> impl Iterator<Item = u64> {
        self.rules.iter().map(|rule| rule.nanoseconds)
    }

    pub fn n_matches(&self) -> u64 {
        self.all().map(|rule| rule.n_matches).sum()
    }

    /// Names of the rules of now and how often each matched.
    pub fn by_rule(&self) -> impl Iterator<Item = (&str, u64)> {
        self.rules.iter().map(|rule| (rule.name.as_str(), rule.n_matches))
    }
}

/// The statistics as Falco prints them; ends in a newline.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Events detected: {}", self.n_matches())?;
        writeln!(f, "Rule counts by severity:")?;
        for priority in Priority::ALL {
            let of_priority = self.all().filter(|rule| rule.priority == priority);
            let n_matches: u64 = of_priority.map(|rule| rule.n_matches).sum();
            if n_matches > 0 {
                writeln!(f, "   {}: {n_matches}", priority.short_upper())?;
            }
        }
        writeln!(f, "Triggered rules by rule name:")?;
        for rule in self.all().filter(|rule| rule.n_matches > 0) {
            writeln!(f, "   {}: {}", rule.name, rule.n_matches)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_leave_out_what_never_matched() {
        let rules =
            [("b", Priority::Warning), ("a", Priority::Informational), ("c", Priority::Alert)];
        let mut tally = Tally::new(rules.map(|(name, priority)| (name.to_owned(), priority)));
        for rule in [1, 0, 1, 7] {
            tally.count(rule);
        }
        let want = "Events detected: 3\n\
                    Rule counts by severity:\n   WARNING: 1\n   INFO: 2\n\
                    Triggered rules by rule name:\n   b: 1\n   a: 2\n";
        assert_eq!(tally.to_string(), want);
    }

    #[test]
    fn a_rule_that_stays_or_comes_back_goes_on_with_its_count() {
        let rules = |names: &[&str]| -> Vec<_> {
            names.iter().map(|name| ((*name).to_owned(), Priority::Notice)).collect()
        };
        let mut tally = Tally::new(rules(&["a", "b", "c"]));
        tally.count(0);
        tally.count(1);
        tally.follow(rules(&["b", "d"]));
        tally.count(0);
        assert_eq!(tally.by_rule().collect::<Vec<_>>(), [("b", 2), ("d", 0)]);
        assert_eq!(tally.n_matches(), 3);
        assert!(tally.to_string().ends_with("   b: 2\n   a: 1\n"), "{tally}");
        tally.follow(rules(&["a"]));
        assert_eq!(tally.by_rule().collect::<Vec<_>>(), [("a", 1)]);
        assert_eq!(tally.n_matches(), 3);
    }
}
