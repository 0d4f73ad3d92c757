//! What the engine's thread tells of itself when somebody asks.

use std::sync::Arc;

use gyr_fields::Field;
use gyr_rules::Rule;

use crate::desk::Station;

/// The engine's numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) n_events: u64,
    /// Of all rules, those included that a reload took away.
    pub(crate) n_matches: u64,
    pub(crate) rules: Vec<RuleCount>,
    pub(crate) state: gyr_state::Stats,
    /// Only when live.
    pub(crate) kernel: Option<gyr_probe::Stats>,
}

/// A rule, and what is counted of it.
#[derive(Clone, Debug)]
pub(crate) struct RuleCount {
    pub(crate) rule: Arc<Rule<Field>>,
    pub(crate) n_matches: u64,
    /// Of its condition, estimated.
    pub(crate) nanoseconds: u64,
}

impl Answer {
    /// A job for the engine.
    pub(crate) fn of(station: &mut Station<'_>) -> Self {
        let engine = &*station.engine;
        let counts = engine.tally().by_rule().zip(engine.tally().nanoseconds());
        let rules = engine.rules().ruleset().rules().iter().zip(counts);
        let count = |(rule, ((_, n_matches), nanoseconds))| RuleCount {
            rule: Arc::clone(rule),
            n_matches,
            nanoseconds,
        };
        Self {
            n_events: engine.n_events(),
            n_matches: engine.tally().n_matches(),
            rules: rules.map(count).collect(),
            state: engine.state().stats(),
            kernel: station.kernel.as_ref().and_then(|kernel| kernel.stats()),
        }
    }
}
