//! Which events of a stream a condition picks, for recordings.

use std::sync::Arc;

use gyr_capture::{Record, RecordFlags};
use gyr_event::{EventFlags, snapshot::Snapshot};
use gyr_fields::{Context, Field, Session};
use gyr_filter::Evaluator;
use gyr_rules::{Ruleset, SourceId};
use gyr_state::{Host, Limits, State};

use crate::visible::is_for_rules;

/// Lets through what matches any rule, and for the state only what changes it.
#[derive(Debug)]
pub struct Sieve {
    ruleset: Arc<Ruleset<Field>>,
    source: SourceId,
    state: State,
    session: Session,
    evaluator: Evaluator,
    n_events: u64,
}

impl Sieve {
    /// `None` if the ruleset does not know the session's source.
    pub fn new(
        limits: Limits,
        session: Session,
        ruleset: Arc<Ruleset<Field>>,
        snapshot: Snapshot,
    ) -> Option<Self> {
        let source = ruleset.source(&session.source)?;
        let mut state = State::new(limits);
        state.load(snapshot);
        Some(Self { ruleset, source, state, session, evaluator: Evaluator::default(), n_events: 0 })
    }

    /// What to record of this record.
    pub fn sift<'a>(&mut self, record: &Record<'a>, host: &mut dyn Host) -> Option<Record<'a>> {
        self.n_events += 1;
        let event = record.event.at(record.event.cpu(), self.n_events);
        self.session.begin(&event);
        let current = self.state.apply(&event, host);
        let mut is_wanted = false;
        if is_for_rules(record) && self.ruleset.wants(self.source, event.code()) {
            let context = Context::new(&event, &self.state, current, &self.session);
            let on_match = &mut |_| is_wanted = true;
            self.ruleset.matches(
                self.source,
                event.code(),
                &context,
                &mut self.evaluator,
                on_match,
            );
        }
        if is_wanted {
            return Some(*record);
        }
        let flags = RecordFlags(record.flags.0 | RecordFlags::STATE_ONLY.0);
        let changes_state = event.info().flags.contains(EventFlags::MODIFIES_STATE);
        changes_state.then_some(Record { flags, ..*record })
    }
}

#[cfg(test)]
mod tests {
    use gyr_alert::Priority;
    use gyr_capture::text::TextEvents;
    use gyr_capture::{Next, Source as _};
    use gyr_fields::Fields;
    use gyr_rules::{Loader, Matching};
    use gyr_state::NoHost;
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn what_matches_passes_and_what_changes_the_state_passes_unseen() {
        const RULES: &str = "
- {rule: a, desc: d, condition: fd.name=/etc/one, output: o, priority: DEBUG}
";
        let events = "\
thread 100 ptid=1 comm=cat
1 100 openat fd=3 dirfd=AT_FDCWD name=/etc/one flags=O_RDONLY mode=0
2 100 openat fd=4 dirfd=AT_FDCWD name=/etc/two flags=O_RDONLY mode=0
3 100 read res=1 fd=3
4 100 read res=1 fd=4
";
        let mut loader = Loader::new([("syscall".to_owned(), Fields::default())]);
        assert!(loader.load("rules", RULES).is_ok());
        let ruleset = Arc::new(loader.ruleset(&[], Priority::Debug, Matching::First));
        let session = Session::new("syscall", TimeZone::UTC);
        let mut source = TextEvents::parse("events", events).unwrap();
        let snapshot = source.take_snapshot();
        let mut sieve = Sieve::new(Limits::default(), session, ruleset, snapshot).unwrap();
        let mut passed = Vec::new();
        while let Next::Record(record) = source.next().unwrap() {
            passed.push(sieve.sift(&record, &mut NoHost).map(|record| record.flags));
        }
        let unseen = Some(RecordFlags::STATE_ONLY);
        assert_eq!(
            passed,
            [Some(RecordFlags::default()), unseen, Some(RecordFlags::default()), None]
        );
    }
}
