//! The loop: each event updates the state, then is asserted against the rules; a match becomes an alert.

use std::sync::Arc;
use std::time::Instant;

use gyr_alert::{Alert, Priority};
use gyr_capture::scap::Batch;
use gyr_capture::{Next, Record, RecordFlags, Source, SourceError};
use gyr_event::snapshot::Snapshot;
use gyr_fields::{BufferFormat, Context, Field, Session};
use gyr_filter::{Evaluator, Scratch};
use gyr_rules::Ruleset;
use gyr_state::{Current, Host, Limits, Mark, NoHost, Now, State};

use crate::beside::Beside;
use crate::captures::{CaptureNotice, CaptureSettings, CaptureStats, Captures};
use crate::explain::{Around, Explainer, Explanation, Question};
use crate::laps::Laps;
use crate::rules::Rules;
use crate::tally::Tally;
use crate::visible::is_for_rules;

/// Where events become alerts.
#[derive(Debug)]
pub struct Engine {
    settings: Settings,
    rules: Rules,
    state: State,
    session: Session,
    scratch: Scratch,
    evaluator: Evaluator,
    /// The places of the rules that match an event.
    matched: Vec<usize>,
    tally: Tally,
    laps: Laps,
    /// None if captures are off.
    captures: Option<Captures>,
    /// While somebody asks why a rule does what it does.
    explainer: Option<Box<Explainer>>,
    beside: Option<Box<Beside>>,
    /// Whether any of these three is there, or the run's time is bounded: mostly none is, and one look tells.
    is_watched: bool,
    n_events: u64,
    first_ts: Option<u64>,
    /// When [`Settings::forget`] is due next, by the time of events.
    forget_at: u64,
}

/// What a run is told at its start.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The machine that alerts come from.
    pub hostname: Arc<str>,
    pub limits: Limits,
    /// Events of this process are kept from the rules: our own, when live.
    pub own_pid: Option<i64>,
    /// Nanoseconds between events after which the run ends; when nothing happens, those of the clock.
    pub duration: Option<u64>,
    /// What matches record; none if captures are off.
    pub captures: Option<CaptureSettings>,
    /// When live: threads whose exit was lost must not stay for ever.
    pub forget: Option<Forget>,
}

/// When to look for threads that are gone without an event that told of it. Nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forget {
    pub interval: u64,
    /// For how long a thread must have had no event.
    pub idle: u64,
}

/// Whom the loop talks to.
pub trait Control {
    fn alert(&mut self, alert: Alert);

    /// A capture that a match started has begun or ended.
    fn capture(&mut self, notice: CaptureNotice) {
        let _ = notice; // without captures there is none
    }

    /// Called after each event, and when there is none for now; false ends the run, which can be taken up again.
    fn goes_on(&mut self, turn: Turn) -> bool;
}

/// What the loop has just seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Event,
    Idle,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The source has no more.
    Source,
    /// The time is over.
    Duration,
    /// The control said so.
    Stopped,
}

impl Engine {
    /// For the events of one source; `None` if the ruleset does not know the session's source.
    pub fn new(settings: Settings, session: Session, ruleset: Arc<Ruleset<Field>>) -> Option<Self> {
        let rules = Rules::new(ruleset, &session.source)?;
        let mut engine = Self {
            tally: Tally::new(counted(&rules)),
            laps: Laps::default(),
            rules,
            state: State::new(settings.limits),
            captures: settings.captures.clone().map(Captures::new),
            is_watched: false,
            settings,
            session,
            scratch: Scratch::default(),
            evaluator: Evaluator::new(),
            matched: Vec::new(),
            explainer: None,
            beside: None,
            n_events: 0,
            first_ts: None,
            forget_at: 0,
        };
        engine.look_for_watchers();
        Some(engine)
    }

    /// Takes over what existed before the first event.
    pub fn load(&mut self, snapshot: Snapshot) {
        if let Some(captures) = &mut self.captures {
            captures.restart();
        }
        self.session.restart();
        self.state = State::new(self.settings.limits);
        self.state.load(snapshot);
    }

    /// Takes events until the source, the time or the control ends it. A second call goes on where the first stopped.
    pub fn run<S: Source + ?Sized>(
        &mut self,
        source: &mut S,
        host: &mut dyn Host,
        control: &mut impl Control,
    ) -> Result<End, SourceError> {
        let began = Instant::now();
        loop {
            let mut batch = source.batch();
            let end = self.attend_batch(&mut batch, host, control);
            let taken = batch.taken();
            source.took(taken);
            if let Some(end) = end {
                return Ok(end);
            }
            // By reference: a record is large for a value that is moved with each event.
            let turn = match source.next() {
                Ok(Next::Record(ref mut record)) => {
                    if !self.attend(record, host, control) {
                        return Ok(End::Duration);
                    }
                    // Behind a batch is soon enough: each ends at the next clone or exec, at the latest.
                    if record.event.ts() >= self.forget_at {
                        self.forget_gone(record.event.ts(), host);
                    }
                    Turn::Event
                }
                Ok(Next::Restart(snapshot)) => {
                    self.load(*snapshot);
                    Turn::Event
                }
                Ok(Next::Idle) => {
                    if let Some(captures) = &mut self.captures {
                        captures.idle();
                    }
                    if self
                        .settings
                        .duration
                        .is_some_and(|most| began.elapsed().as_nanos() > most.into())
                    {
                        return Ok(End::Duration);
                    }
                    Turn::Idle
                }
                Ok(Next::End) => return Ok(End::Source),
                Err(error) => return Err(error),
            };
            self.tell_captures(control);
            if !control.goes_on(turn) {
                return Ok(End::Stopped);
            }
        }
    }

    /// Asserts other rules from the next event on; state and counts stay. Returns the rules of before, for another thread
    /// to drop.
    pub fn replace(&mut self, rules: Rules) -> Rules {
        self.tally.follow(counted(&rules));
        std::mem::replace(&mut self.rules, rules)
    }

    /// Now: for [`Self::rescan`] with a snapshot that is begun after it.
    pub const fn mark(&mut self) -> Mark {
        self.state.mark()
    }

    /// Corrects the tables after other events than before have begun to come, by a snapshot that was begun after `since`.
    pub fn rescan(&mut self, snapshot: Snapshot, since: Mark) {
        if let Some(captures) = &mut self.captures {
            captures.restart();
        }
        self.state.rescan(snapshot, since, &mut NoHost);
    }

    /// How raw bytes read in outputs from the next event on.
    pub const fn set_buffer_format(&mut self, format: BufferFormat) {
        self.session.buffer_format = format;
    }

    /// Ends the capture that is under way, if one is, and waits until it is written.
    pub fn finish(&mut self, control: &mut impl Control) {
        if let Some(captures) = &mut self.captures {
            captures.finish();
        }
        self.tell_captures(control);
    }

    /// From the next event on, asserts these rules too, until [`Self::assert_no_more`]. Their matches go to `tell` only.
    pub fn assert_beside(&mut self, rules: Rules, tell: Box<dyn FnMut(Alert) + Send>) {
        self.beside = Some(Box::new(Beside::new(rules, tell)));
        self.is_watched = true;
    }

    pub fn assert_no_more(&mut self) {
        self.beside = None;
        self.look_for_watchers();
    }

    /// From the next event on, watches why one rule matches or does not.
    pub fn explain(&mut self, question: Question) {
        self.explainer = Some(Box::new(Explainer::new(question)));
        self.is_watched = true;
    }

    /// What was seen since; ends the watch.
    pub fn explained(&mut self) -> Option<Explanation> {
        let explainer = self.explainer.take();
        self.look_for_watchers();
        explainer.map(|explainer| explainer.finish())
    }

    fn look_for_watchers(&mut self) {
        self.is_watched = self.settings.duration.is_some()
            || self.captures.is_some()
            || self.explainer.is_some()
            || self.beside.is_some();
    }

    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    pub const fn state(&self) -> &State {
        &self.state
    }

    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Events taken, those included that rules did not see.
    pub const fn n_events(&self) -> u64 {
        self.n_events
    }

    pub fn capture_stats(&self) -> CaptureStats {
        self.captures.as_ref().map(Captures::stats).unwrap_or_default()
    }

    fn tell_captures(&mut self, control: &mut impl Control) {
        let Some(captures) = &mut self.captures else { return };
        while let Some(notice) = captures.next_notice() {
            control.capture(notice);
        }
    }

    #[cold]
    fn forget_gone(&mut self, ts: u64, host: &mut dyn Host) {
        let Some(forget) = self.settings.forget else {
            self.forget_at = u64::MAX;
            return;
        };
        // The first look is an interval after the start.
        if self.forget_at > 0 {
            self.state.forget_gone(ts, forget.idle, host);
        }
        self.forget_at = ts.saturating_add(forget.interval.max(1));
    }

    /// Takes a batch to its end, unless the run ends before.
    #[inline(always)]
    fn attend_batch(
        &mut self,
        batch: &mut Batch<'_>,
        host: &mut dyn Host,
        control: &mut impl Control,
    ) -> Option<End> {
        while let Some(record) = &mut batch.next() {
            if !self.attend(record, host, control) {
                return Some(End::Duration);
            }
            if !control.goes_on(Turn::Event) {
                return Some(End::Stopped);
            }
        }
        None
    }

    /// The next event of the stream, unless it is later than the run is long: then false.
    #[inline(always)]
    fn attend(
        &mut self,
        record: &mut Record<'_>,
        host: &mut dyn Host,
        control: &mut impl Control,
    ) -> bool {
        record.event.set_num(self.n_events + 1);
        if self.is_watched {
            return self.attend_watched(record, host, control);
        }
        self.n_events += 1;
        self.session.begin(&record.event);
        let mut now = Now::new(&record.event, host);
        self.state.advance(&mut now);
        if self.is_asked(record) {
            self.assert_rules(record, now.current(), control);
        }
        true
    }

    fn is_over(&mut self, record: &Record<'_>) -> bool {
        let Some(most) = self.settings.duration else { return false };
        let ts = record.event.ts();
        let first = *self.first_ts.get_or_insert(ts);
        ts.saturating_sub(first) > most
    }

    #[inline(never)]
    fn attend_watched(
        &mut self,
        record: &mut Record<'_>,
        host: &mut dyn Host,
        control: &mut impl Control,
    ) -> bool {
        if self.is_over(record) {
            return false;
        }
        self.n_events += 1;
        self.session.begin(&record.event);
        if let Some(captures) = &mut self.captures {
            captures.before(record, &mut self.state, host);
        }
        let current = self.state.apply(&record.event, host);
        if let Some(explainer) = &self.explainer
            && explainer.wants(record, self.n_events)
        {
            self.explain_event(record, current);
        }
        if self.beside.is_some() && is_for_rules(record) {
            self.assert_rules_beside(record, current);
        }
        if self.is_asked(record) {
            self.assert_rules(record, current, control);
        }
        if let Some(captures) = &mut self.captures {
            captures.after(record.event.ts());
        }
        self.tell_captures(control);
        true
    }

    /// Whether any rule may match.
    #[inline(always)]
    fn is_asked(&self, record: &Record<'_>) -> bool {
        self.rules.asked.get(record.event.code().index()).is_some_and(|asked| *asked)
            && !record.flags.contains(RecordFlags::STATE_ONLY)
    }

    /// Tells which rules match.
    #[inline(never)]
    fn assert_rules(&mut self, record: &Record<'_>, current: Current, control: &mut impl Control) {
        let event = &record.event;
        let context = Context::new(event, &self.state, current, &self.session);
        if is_own(&self.settings, &context) {
            return;
        }
        let Rules { ruleset, source, .. } = &self.rules;
        let (code, evaluator, matched) = (event.code(), &mut self.evaluator, &mut self.matched);
        let on_match = &mut |place| matched.push(place);
        match self.laps.begin() {
            false => ruleset.matches(*source, code, &context, evaluator, on_match),
            true => {
                let done = |place| self.laps.lap(place);
                ruleset.matches_watched(*source, code, &context, evaluator, on_match, done);
                self.tally.add_times(&mut self.laps);
            }
        }
        if !self.matched.is_empty() {
            self.tell_matched(record, current, control);
        }
    }

    #[cold]
    fn tell_matched(&mut self, record: &Record<'_>, current: Current, control: &mut impl Control) {
        let mut context = Context::new(&record.event, &self.state, current, &self.session);
        for place in self.matched.drain(..) {
            self.tally.count(place);
            if let Some(says) = self.rules.says.get(place) {
                control.alert(says.alert(&mut context, &self.scratch, &self.settings.hostname));
            }
            if let Some(captures) = &mut self.captures
                && let Some(rule) = self.rules.ruleset.rules().get(place)
            {
                let wish = (rule.capture, rule.capture_duration);
                captures.matched(wish, record, self.n_events, &self.state);
            }
        }
    }

    #[cold]
    fn assert_rules_beside(&mut self, record: &Record<'_>, current: Current) {
        let context = Context::new(&record.event, &self.state, current, &self.session);
        if is_own(&self.settings, &context) {
            return;
        }
        if let Some(beside) = &mut self.beside {
            beside.see(record, context, &self.scratch, &self.settings);
        }
    }

    #[cold]
    fn explain_event(&mut self, record: &Record<'_>, current: Current) {
        let context = Context::new(&record.event, &self.state, current, &self.session);
        let is_own = is_own(&self.settings, &context);
        let around = Around { number: self.n_events, is_own };
        if let Some(explainer) = &mut self.explainer {
            explainer.see(record, &context, around);
        }
    }
}

fn is_own(settings: &Settings, context: &Context<'_>) -> bool {
    settings.own_pid.is_some() && context.thread().map(|thread| thread.pid()) == settings.own_pid
}

/// What is counted of each rule.
fn counted(rules: &Rules) -> impl Iterator<Item = (String, Priority)> {
    rules.ruleset.rules().iter().map(|rule| (rule.name.clone(), rule.priority))
}

#[cfg(test)]
mod tests {
    use gyr_alert::{Clock, Renderer, TimeFormat};
    use gyr_capture::text::TextEvents;
    use gyr_fields::Fields;
    use gyr_rules::{Loader, Matching};
    use jiff::tz::TimeZone;

    use super::*;

    /// Writes alerts down, and stops after so many turns.
    struct Recorder {
        lines: Vec<String>,
        turns: usize,
    }

    impl Control for Recorder {
        fn alert(&mut self, alert: Alert) {
            let mut line = Vec::new();
            Renderer::new(Clock::utc(), TimeFormat::Local, None).render(&alert, &mut line);
            self.lines.push(String::from_utf8(line).unwrap());
        }

        fn goes_on(&mut self, _: Turn) -> bool {
            self.turns -= 1;
            self.turns > 0
        }
    }

    const EVENTS: &str = "\
thread 100 pid=100 comm=cat exe=cat exepath=/bin/cat
thread 200 pid=200 comm=own exe=own exepath=/bin/own
0.0 100 openat fd=3 dirfd=AT_FDCWD name=/etc/one flags=O_RDONLY mode=0
0.0 100 ~openat fd=4 dirfd=AT_FDCWD name=/etc/unseen flags=O_RDONLY mode=0
0.5 200 openat fd=3 dirfd=AT_FDCWD name=/etc/own flags=O_RDONLY mode=0
2.0 100 openat fd=5 dirfd=AT_FDCWD name=/etc/two flags=O_RDONLY mode=0
";

    const RULES: &str = "
- rule: a
  desc: d
  condition: evt.type=openat
  output: a %evt.num %proc.name %fd.name %toupper(proc.name)
  priority: NOTICE
- rule: b
  desc: d
  condition: evt.type=openat and fd.name=/etc/two
  output: b
  priority: ERROR
";

    fn settings() -> Settings {
        Settings {
            hostname: "host".into(),
            limits: Limits::default(),
            own_pid: None,
            duration: None,
            captures: None,
            forget: None,
        }
    }

    fn ruleset(text: &str, matching: Matching) -> Arc<Ruleset<Field>> {
        let mut loader = Loader::new([("syscall".to_owned(), Fields::default())]);
        let result = loader.load("rules", text);
        assert!(result.is_ok(), "{}", result.to_text());
        Arc::new(loader.ruleset(&[], Priority::Debug, matching))
    }

    #[track_caller]
    fn check(settings: Settings, matching: Matching, turns: usize, end: End, want: &[&str]) {
        let session = Session::new("syscall", TimeZone::UTC);
        let mut engine = Engine::new(settings, session, ruleset(RULES, matching)).unwrap();
        let mut source = TextEvents::parse("events", EVENTS).unwrap();
        engine.load(source.take_snapshot());
        let mut recorder = Recorder { lines: Vec::new(), turns };
        assert_eq!(engine.run(&mut source, &mut NoHost, &mut recorder).unwrap(), end);
        let texts: Vec<_> =
            recorder.lines.iter().map(|line| line.split_once(": ").unwrap().1).collect();
        assert_eq!(texts, want);
        assert_eq!(engine.tally().n_matches(), want.len() as u64);
    }

    const ONE: &str = "Notice a 1 cat /etc/one CAT";
    const OWN: &str = "Notice a 3 own /etc/own OWN";
    const TWO: &str = "Notice a 4 cat /etc/two CAT";

    #[test]
    fn the_first_rule_that_matches_or_all_are_told() {
        check(settings(), Matching::First, 99, End::Source, &[ONE, OWN, TWO]);
        check(settings(), Matching::All, 99, End::Source, &[ONE, OWN, TWO, "Error b"]);
    }

    #[test]
    fn own_events_take_a_number_and_are_not_told() {
        let settings = Settings { own_pid: Some(200), ..settings() };
        check(settings, Matching::First, 99, End::Source, &[ONE, TWO]);
    }

    #[test]
    fn a_run_ends_when_its_time_is_over() {
        let settings = Settings { duration: Some(1_000_000_000), ..settings() };
        check(settings, Matching::First, 99, End::Duration, &[ONE, OWN]);
    }

    #[test]
    fn other_rules_are_asserted_from_the_next_event_on_and_nothing_else_changes() {
        let session = Session::new("syscall", TimeZone::UTC);
        let before = ruleset(RULES, Matching::All);
        let mut engine = Engine::new(settings(), session, before).unwrap();
        let mut source = TextEvents::parse("events", EVENTS).unwrap();
        engine.load(source.take_snapshot());
        // After the event of /etc/own.
        let mut recorder = Recorder { lines: Vec::new(), turns: 3 };
        assert_eq!(engine.run(&mut source, &mut NoHost, &mut recorder).unwrap(), End::Stopped);
        let other = RULES.replace("rule: a", "rule: c").replace("output: b", "output: b %fd.name");
        let rules = Rules::new(ruleset(&other, Matching::All), "syscall").unwrap();
        let old = engine.replace(rules);
        assert_eq!(old.ruleset().rules()[0].name, "a");
        recorder.turns = 99;
        assert_eq!(engine.run(&mut source, &mut NoHost, &mut recorder).unwrap(), End::Source);
        let texts: Vec<_> =
            recorder.lines.iter().map(|line| line.split_once(": ").unwrap().1).collect();
        assert_eq!(texts, [ONE, OWN, TWO, "Error b /etc/two"]);
        let counts: Vec<_> = engine.tally().by_rule().collect();
        assert_eq!(counts, [("c", 1), ("b", 1)]);
        assert_eq!(engine.tally().n_matches(), 4);
    }

    #[test]
    fn rules_beside_the_others_change_nothing_for_them() {
        let session = Session::new("syscall", TimeZone::UTC);
        let mut engine = Engine::new(settings(), session, ruleset(RULES, Matching::First)).unwrap();
        let mut source = TextEvents::parse("events", EVENTS).unwrap();
        engine.load(source.take_snapshot());
        let beside = RULES.replace("rule: a", "rule: beside");
        let rules = Rules::new(ruleset(&beside, Matching::First), "syscall").unwrap();
        let (sender, seen) = std::sync::mpsc::channel();
        let tell = move |alert: Alert| sender.send(alert.form.name.clone()).unwrap();
        engine.assert_beside(rules, Box::new(tell));
        // After the event of /etc/own.
        let mut recorder = Recorder { lines: Vec::new(), turns: 3 };
        engine.run(&mut source, &mut NoHost, &mut recorder).unwrap();
        engine.assert_no_more();
        recorder.turns = 99;
        engine.run(&mut source, &mut NoHost, &mut recorder).unwrap();
        assert_eq!(seen.iter().collect::<Vec<_>>(), ["beside", "beside"]);
        assert_eq!(recorder.lines.len(), 3);
        assert_eq!(engine.tally().by_rule().collect::<Vec<_>>(), [("a", 3), ("b", 0)]);
    }

    #[test]
    fn a_run_ends_when_the_control_says_so() {
        check(settings(), Matching::First, 1, End::Stopped, &[ONE]);
    }
}
