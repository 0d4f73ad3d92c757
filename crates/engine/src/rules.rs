//! Rules as the loop asserts them: made on any thread, then handed to the loop between two events.

use std::sync::Arc;

use gyr_event::EventCode;
use gyr_fields::Field;
use gyr_rules::{Ruleset, SourceId};

use crate::output::Says;
use crate::visible::is_code_for_rules;

/// A ruleset and what is derived from it for the events of one source.
#[derive(Debug)]
pub struct Rules {
    pub(crate) ruleset: Arc<Ruleset<Field>>,
    pub(crate) source: SourceId,
    /// As the rules of the ruleset.
    pub(crate) says: Vec<Says>,
    /// By code, whether any rule sees the event and may match it.
    pub(crate) asked: Box<[bool]>,
}

impl Rules {
    /// `None` if the ruleset does not know the source.
    pub fn new(ruleset: Arc<Ruleset<Field>>, source: &str) -> Option<Self> {
        let source = ruleset.source(source)?;
        let is_asked = |code| is_code_for_rules(code) && ruleset.wants(source, code);
        Some(Self {
            says: ruleset.rules().iter().map(|rule| Says::of(rule)).collect(),
            asked: EventCode::all().map(is_asked).collect(),
            source,
            ruleset,
        })
    }

    pub const fn ruleset(&self) -> &Arc<Ruleset<Field>> {
        &self.ruleset
    }
}
