//! How often rules matched, and the statistics at the end of a run.

use std::fmt;

use gyr_alert::Priority;

/// Matches by rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// In the order of the ruleset.
    rules: Vec<Counted>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Counted {
    name: String,
    priority: Priority,
    n_matches: u64,
}

impl Tally {
    pub fn new(rules: impl IntoIterator<Item = (String, Priority)>) -> Self {
        let counted = |(name, priority)| Counted { name, priority, n_matches: 0 };
        Self { rules: rules.into_iter().map(counted).collect() }
    }

    pub(crate) fn count(&mut self, rule: usize) {
        if let Some(counted) = self.rules.get_mut(rule) {
            counted.n_matches += 1;
        }
    }

    pub fn n_matches(&self) -> u64 {
        self.rules.iter().map(|rule| rule.n_matches).sum()
    }

    /// Names of rules and how often each matched.
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
            let of_priority = self.rules.iter().filter(|rule| rule.priority == priority);
            let n_matches: u64 = of_priority.map(|rule| rule.n_matches).sum();
            if n_matches > 0 {
                writeln!(f, "   {}: {n_matches}", priority.short_upper())?;
            }
        }
        writeln!(f, "Triggered rules by rule name:")?;
        for rule in self.rules.iter().filter(|rule| rule.n_matches > 0) {
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
}
