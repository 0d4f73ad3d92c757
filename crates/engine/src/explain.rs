//! Why one rule matches events or not: watches all events beside the rules, and keeps those that come nearest.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gyr_capture::Record;
use gyr_capture::text;
use gyr_event::EventCode;
use gyr_fields::{Context, Field};
use gyr_filter::plain;
use gyr_rules::{CheckedRule, Line, Outline, Place, Rule, Share, Verdicts};
use serde::{Deserialize, Serialize};

use crate::visible::is_for_rules;

/// What is asked of a rule.
#[derive(Clone, Debug)]
pub struct Question {
    pub rule: Arc<Rule<Field>>,
    /// The rules that take what they match from it.
    pub before: Vec<Arc<CheckedRule<Field>>>,
    pub outline: Outline<Field>,
    /// Only the event of this number, whatever it is.
    pub event: Option<u64>,
    /// How many events are kept of those that match, and of those that do not.
    pub keep: usize,
    /// The part of its time that the engine may spend on this; all it needs if there is none.
    pub budget: Option<Budget>,
}

/// A part of the time that passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// One of so many.
    pub one_of: u32,
}

/// What was seen of the events of a rule's types.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// Events that the condition was asked about.
    pub tried: u64,
    /// Events that there was no time for.
    pub passed_over: u64,
    pub matched: u64,
    /// By the part of the condition that said no first, how many events it stopped; most first.
    pub stops: Vec<Stop>,
    /// The first events that matched.
    pub matches: Vec<Seen>,
    /// The events that came nearest to a match, nearest first.
    pub nearest: Vec<Seen>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stop {
    pub part: String,
    pub events: u64,
}

/// One event, and what the rule's condition says of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// As `evt.num` counts.
    pub number: u64,
    /// Nanoseconds since the epoch.
    pub time: u64,
    /// Of the thread, as `proc.name` has it.
    pub process: String,
    /// The event as text, see docs/events-as-text.md.
    pub event: String,
    pub matches: bool,
    /// Of so many comparisons that the condition needs, so many are as it needs them.
    pub share: (u64, u64),
    /// The part that said no first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said_no: Option<String>,
    /// Why the rule tells nothing of the event although its condition holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silenced: Option<Silenced>,
    /// Further events of this process that the same part stopped.
    #[serde(default)]
    pub more: u64,
    pub condition: Vec<Line>,
}

/// What keeps a rule from telling of an event, whatever its condition says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Silenced {
    /// Only the first rule that matches is told, and this one comes before.
    Shadowed { by: String },
    /// Rules do not see this event: it only updates the state.
    Unseen,
    /// The rule is for events of other types.
    OtherType,
    /// It is an event of our own process.
    Own,
}

/// Answers a [`Question`] while events pass.
#[derive(Debug)]
pub(crate) struct Explainer {
    question: Question,
    verdicts: Verdicts,
    stops: BTreeMap<Place, u64>,
    /// In the order of [`Explanation::nearest`].
    nearest: Vec<(Share, Place, Seen)>,
    explanation: Explanation,
    /// By code of events.
    is_tried: Box<[bool]>,
    started: Instant,
    spent: Duration,
}

/// What the explainer is told of an event beside the event itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around {
    pub(crate) number: u64,
    pub(crate) is_own: bool,
}

impl Explainer {
    pub(crate) fn new(question: Question) -> Self {
        let is_tried = EventCode::all().map(|code| gyr_rules::is_tried(&question.rule, code));
        Self {
            is_tried: is_tried.collect(),
            question,
            verdicts: Verdicts::default(),
            stops: BTreeMap::new(),
            nearest: Vec::new(),
            explanation: Explanation::default(),
            started: Instant::now(),
            spent: Duration::ZERO,
        }
    }

    pub(crate) fn finish(mut self) -> Explanation {
        let name = |(place, events): (&Place, &u64)| Stop {
            part: self.question.outline.name(*place),
            events: *events,
        };
        let mut stops: Vec<Stop> = self.stops.iter().map(name).collect();
        stops.sort_by_key(|stop| std::cmp::Reverse(stop.events));
        self.explanation.stops = stops;
        self.explanation.nearest = self.nearest.into_iter().map(|(_, _, seen)| seen).collect();
        self.explanation
    }

    /// Whether the event is worth a look: the rest of them cost nothing.
    #[inline]
    pub(crate) fn wants(&self, record: &Record<'_>, number: u64) -> bool {
        match self.question.event {
            Some(wanted) => wanted == number,
            None => {
                self.is_tried.get(record.event.code().index()).is_some_and(|tried| *tried)
                    && is_for_rules(record)
            }
        }
    }

    pub(crate) fn see(&mut self, record: &Record<'_>, context: &Context<'_>, around: Around) {
        if around.is_own && self.question.event.is_none() {
            return;
        }
        let began = Instant::now();
        if let Some(Budget { one_of }) = self.question.budget
            && self.spent.saturating_mul(one_of) > began.duration_since(self.started) + GRACE
        {
            self.explanation.passed_over += 1;
            return;
        }
        self.explanation.tried += 1;
        let matches = self.question.outline.judge(context, &mut self.verdicts);
        if matches {
            self.explanation.matched += 1;
            if self.explanation.matches.len() < self.question.keep {
                let mut seen = self.seen(record, context, around, None);
                seen.silenced = self.silenced(record, context, around);
                self.explanation.matches.push(seen);
            }
        } else {
            self.miss(record, context, around);
        }
        self.spent += began.elapsed();
    }

    fn miss(&mut self, record: &Record<'_>, context: &Context<'_>, around: Around) {
        let place = self.question.outline.said_no(&self.verdicts);
        *self.stops.entry(place).or_default() += 1;
        let share = self.question.outline.share(&self.verdicts);
        let process = process(context);
        let alike = self
            .nearest
            .iter_mut()
            .find(|(_, other, seen)| *other == place && seen.process == process);
        if let Some((known, _, seen)) = alike {
            seen.more += 1;
            if *known >= share {
                return;
            }
        }
        let is_full = self.nearest.len() >= self.question.keep;
        if is_full && self.nearest.last().is_none_or(|(least, ..)| *least >= share) {
            return;
        }
        let mut seen = self.seen(record, context, around, Some(place));
        seen.silenced = self.silenced(record, context, around);
        // A nearer one takes the place of those like it.
        let alike =
            |(_, other, seen): &(Share, Place, Seen)| *other == place && seen.process == process;
        if let Some(known) = self.nearest.iter().position(alike) {
            seen.more = self.nearest.remove(known).2.more;
        }
        let at = self.nearest.partition_point(|(known, ..)| *known >= share);
        self.nearest.insert(at, (share, place, seen));
        self.nearest.truncate(self.question.keep);
    }

    fn seen(
        &self,
        record: &Record<'_>,
        context: &Context<'_>,
        around: Around,
        said_no: Option<Place>,
    ) -> Seen {
        let outline = &self.question.outline;
        let line = text::Line::new(*record, record.event.ts()).to_string();
        Seen {
            number: around.number,
            time: record.event.ts(),
            process: process(context),
            event: what_happened(line),
            matches: said_no.is_none(),
            share: outline.share(&self.verdicts).parts(),
            said_no: said_no.map(|place| outline.name(place)),
            silenced: None,
            more: 0,
            condition: outline.lines(context, &self.verdicts),
        }
    }

    fn silenced(
        &self,
        record: &Record<'_>,
        context: &Context<'_>,
        around: Around,
    ) -> Option<Silenced> {
        if around.is_own {
            return Some(Silenced::Own);
        }
        if !is_for_rules(record) {
            return Some(Silenced::Unseen);
        }
        let code = record.event.code();
        if !self.is_tried.get(code.index()).is_some_and(|tried| *tried) {
            return Some(Silenced::OtherType);
        }
        let rule = &self.question.rule;
        let shadow = self.question.before.iter().find(|other| {
            other.rule.source == rule.source
                && gyr_rules::is_tried(&other.rule, code)
                && plain::matches(&other.checked, context)
        });
        shadow.map(|other| Silenced::Shadowed { by: other.rule.name.clone() })
    }
}

/// So much is always allowed, or the first event would be over the budget.
const GRACE: Duration = Duration::from_millis(20);
/// An event is cut here, in bytes.
const MAX_EVENT: usize = 1_000;

fn process(context: &Context<'_>) -> String {
    let comm = context.thread().map(|thread| String::from_utf8_lossy(thread.comm()).into_owned());
    comm.unwrap_or_default()
}

/// A line of text without its time, which stands elsewhere.
fn what_happened(mut line: String) -> String {
    if let Some((_, rest)) = line.split_once(' ') {
        line = rest.to_owned();
    }
    if line.len() > MAX_EVENT {
        line.truncate(line.floor_char_boundary(MAX_EVENT));
        line.push('…');
    }
    line
}
