//! Rules that are asserted for a while beside those that are in force.

use std::fmt;

use gyr_alert::Alert;
use gyr_capture::Record;
use gyr_fields::Context;
use gyr_filter::{Evaluator, Scratch};

use crate::engine::Settings;
use crate::rules::Rules;

/// The rules, and who hears of their matches, which are counted nowhere.
pub(crate) struct Beside {
    rules: Rules,
    evaluator: Evaluator,
    tell: Box<dyn FnMut(Alert) + Send>,
}

impl Beside {
    pub(crate) fn new(rules: Rules, tell: Box<dyn FnMut(Alert) + Send>) -> Self {
        Self { rules, evaluator: Evaluator::new(), tell }
    }

    pub(crate) fn see(
        &mut self,
        record: &Record<'_>,
        context: Context<'_>,
        scratch: &Scratch,
        settings: &Settings,
    ) {
        let Rules { ruleset, source, says, .. } = &self.rules;
        let mut shown = None;
        let on_match = &mut |place: usize| {
            if let Some(says) = says.get(place) {
                let context = shown.get_or_insert(context);
                (self.tell)(says.alert(context, scratch, &settings.hostname));
            }
        };
        ruleset.matches(*source, record.event.code(), &context, &mut self.evaluator, on_match);
    }
}

impl fmt::Debug for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Beside").field("rules", &self.rules).finish_non_exhaustive()
    }
}
