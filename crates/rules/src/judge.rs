//! What each part of a rule's condition says of one event, and which said no first.

use gyr_filter::{
    Fold, Printer, Scratch, Subject, Test, World, plain, print_transformed, print_value,
};
use serde::{Deserialize, Serialize};

use crate::outline::{Asked, Outline, Part, PartKind};

/// One part of a condition with what it says: a line of a tree, each followed by the parts that it consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// 0 for the condition as a whole, 1 for the parts that it consists of, and so on.
    pub depth: usize,
    /// `all of`, `macro open_read`, `not fd.name = /x` …
    pub text: String,
    pub holds: bool,
    /// Of a comparison, what it compares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Shown>,
    /// Whether this is the first part that kept the rule from matching.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub said_no: bool,
}

/// A field, and its value for an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    pub field: String,
    /// As text; `None` if it is missing, which makes every comparison false.
    pub value: Option<String>,
}

/// What all parts say of an event, without texts: cheap enough for every event.
#[derive(Debug, Default)]
pub struct Verdicts {
    /// A part comes before what it consists of.
    parts: Vec<bool>,
    scratch: Scratch,
}

/// Which part said no first: a place among all parts.
pub type Place = usize;

/// How far a condition got: the share of what it asks for that is there. Ordered, 1 for a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    had: u64,
    asked: u64,
}

/// More lines are left out of the tree of one event.
const MAX_LINES: usize = 2_000;
/// A value is cut here, in bytes.
const MAX_VALUE: usize = 512;

impl<F> Outline<F> {
    /// Asks every part, also where the answer is certain already. Returns whether the condition holds.
    pub fn judge<W: World<F>>(&self, world: &W, verdicts: &mut Verdicts) -> bool {
        verdicts.parts.clear();
        judge(&self.root, world, &verdicts.scratch, &mut verdicts.parts)
    }

    /// Of a condition that does not hold, the first part that kept it from it.
    pub fn said_no(&self, verdicts: &Verdicts) -> Place {
        said_no(&self.root, 0, true, &verdicts.parts)
    }

    pub fn share(&self, verdicts: &Verdicts) -> Share {
        share(&self.root, 0, true, &verdicts.parts)
    }

    /// The tree with values.
    pub fn lines<W: World<F> + Printer<F>>(&self, world: &W, verdicts: &Verdicts) -> Vec<Line> {
        let holds = verdicts.parts.first().is_some_and(|holds| *holds);
        let said_no = (!holds).then(|| self.said_no(verdicts));
        let mut writer = Writer {
            world,
            verdicts: &verdicts.parts,
            scratch: &verdicts.scratch,
            said_no,
            lines: Vec::new(),
        };
        writer.part(&self.root, 0, 0, "");
        writer.lines
    }

    /// What a part is called, with the macros and exceptions around it.
    pub fn name(&self, place: Place) -> String {
        let mut around = Vec::new();
        let mut text = name(&self.root, 0, place, &mut around).unwrap_or_default();
        for outer in around {
            text += &format!(", in {outer}");
        }
        text
    }
}

fn judge<F, W: World<F>>(
    part: &Part<F>,
    world: &W,
    scratch: &Scratch,
    verdicts: &mut Vec<bool>,
) -> bool {
    let place = verdicts.len();
    verdicts.push(false);
    let holds = match &part.kind {
        PartKind::All(parts) => {
            parts.iter().filter(|part| !judge(part, world, scratch, verdicts)).count() == 0
        }
        PartKind::Any(parts) => {
            parts.iter().filter(|part| judge(part, world, scratch, verdicts)).count() > 0
        }
        PartKind::Not(part) => !judge(part, world, scratch, verdicts),
        PartKind::Macro { body, .. } | PartKind::Exception { body, .. } => {
            judge(body, world, scratch, verdicts)
        }
        PartKind::Check(asked) => plain::atom_holds(&asked.atom, world, scratch),
    };
    if let Some(verdict) = verdicts.get_mut(place) {
        *verdict = holds;
    }
    holds
}

/// The parts directly in this one, with their places.
fn inner<F>(part: &Part<F>, place: Place) -> impl Iterator<Item = (Place, &Part<F>)> {
    let parts = match &part.kind {
        PartKind::All(parts) | PartKind::Any(parts) => parts.as_slice(),
        PartKind::Not(part) => std::slice::from_ref(&**part),
        PartKind::Macro { body, .. } | PartKind::Exception { body, .. } => {
            std::slice::from_ref(&**body)
        }
        PartKind::Check(_) => &[],
    };
    let mut next = place + 1;
    parts.iter().map(move |part| {
        let place = next;
        next += part.size;
        (place, part)
    })
}

fn at(verdicts: &[bool], place: Place) -> bool {
    verdicts.get(place).is_some_and(|holds| *holds)
}

/// The first part to blame for `part` not being what was wanted.
fn said_no<F>(part: &Part<F>, place: Place, wanted: bool, verdicts: &[bool]) -> Place {
    let one_is_enough =
        matches!((&part.kind, wanted), (PartKind::All(_), true) | (PartKind::Any(_), false));
    match &part.kind {
        PartKind::All(_) | PartKind::Any(_) if one_is_enough => inner(part, place)
            .find(|(place, _)| at(verdicts, *place) != wanted)
            .map_or(place, |(place, part)| said_no(part, place, wanted, verdicts)),
        // All of them together.
        PartKind::All(_) | PartKind::Any(_) | PartKind::Check(_) => place,
        PartKind::Not(inner) => said_no(inner, place + 1, !wanted, verdicts),
        PartKind::Macro { body, .. } | PartKind::Exception { body, .. } => {
            let inner = said_no(body, place + 1, wanted, verdicts);
            let is_whole = inner == place + 1 && !matches!(body.kind, PartKind::Check(_));
            if is_whole { place } else { inner }
        }
    }
}

fn share<F>(part: &Part<F>, place: Place, wanted: bool, verdicts: &[bool]) -> Share {
    let each =
        |wanted| inner(part, place).map(move |(place, part)| share(part, place, wanted, verdicts));
    match (&part.kind, wanted) {
        (PartKind::Check(_), _) => {
            Share { had: u64::from(at(verdicts, place) == wanted), asked: 1 }
        }
        // What all must meet adds up; of alternatives the best one counts.
        (PartKind::All(_), true) | (PartKind::Any(_), false) => {
            each(wanted).fold(Share { had: 0, asked: 0 }, |sum, share| Share {
                had: sum.had + share.had,
                asked: sum.asked + share.asked,
            })
        }
        (PartKind::All(_), false) | (PartKind::Any(_), true) => each(wanted)
            .reduce(|best, share| if share > best { share } else { best })
            .unwrap_or(Share { had: 0, asked: 1 }),
        (PartKind::Not(_), _) => each(!wanted).next().unwrap_or(Share { had: 0, asked: 1 }),
        (PartKind::Macro { .. } | PartKind::Exception { .. }, _) => {
            each(wanted).next().unwrap_or(Share { had: 0, asked: 1 })
        }
    }
}

impl Share {
    /// Whether nothing is missing.
    pub const fn is_whole(self) -> bool {
        self.had == self.asked
    }

    /// `3/4`: how many comparisons of how many are as the condition needs them.
    pub const fn parts(self) -> (u64, u64) {
        (self.had, self.asked)
    }
}

impl Ord for Share {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let left = u128::from(self.had) * u128::from(other.asked);
        let right = u128::from(other.had) * u128::from(self.asked);
        // Of equal shares, the one of more comparisons says more.
        left.cmp(&right).then(self.asked.cmp(&other.asked))
    }
}

impl PartialOrd for Share {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

struct Writer<'a, W> {
    world: &'a W,
    verdicts: &'a [bool],
    scratch: &'a Scratch,
    said_no: Option<Place>,
    lines: Vec<Line>,
}

impl<W> Writer<'_, W> {
    /// `before` is what stands in front of the part: `not`.
    fn part<F>(&mut self, part: &Part<F>, place: Place, depth: usize, before: &str)
    where
        W: World<F> + Printer<F>,
    {
        if self.lines.len() >= MAX_LINES {
            return;
        }
        let is_not = !before.is_empty();
        let holds = at(self.verdicts, place) != is_not;
        let said_no = self.said_no == Some(place);
        let mut line = Line { depth, text: before.to_owned(), holds, values: Vec::new(), said_no };
        line.text += &title(part);
        match &part.kind {
            PartKind::Not(inner) if !is_not => self.part(inner, place + 1, depth, "not "),
            PartKind::Check(asked) => {
                line.values = self.values(asked);
                self.lines.push(line);
            }
            // A macro of several parts says so in its own line.
            PartKind::Macro { body, .. } | PartKind::Exception { body, .. }
                if matches!(body.kind, PartKind::All(_) | PartKind::Any(_)) =>
            {
                line.text += ": ";
                line.text += &title(body);
                line.said_no |= self.said_no == Some(place + 1);
                self.lines.push(line);
                self.inner(body, place + 1, depth + 1);
            }
            _ => {
                self.lines.push(line);
                self.inner(part, place, depth + 1);
            }
        }
    }

    fn inner<F>(&mut self, part: &Part<F>, place: Place, depth: usize)
    where
        W: World<F> + Printer<F>,
    {
        for (place, part) in inner(part, place) {
            self.part(part, place, depth, "");
        }
    }

    fn values<F>(&self, asked: &Asked<F>) -> Vec<Shown>
    where
        W: World<F> + Printer<F>,
    {
        let other = match &asked.atom.test {
            Test::Subject { other, .. } => Some(other),
            Test::Exists | Test::Literals { .. } => None,
        };
        let subjects = std::iter::once(&asked.atom.subject).chain(other);
        let values = asked.operands.iter().zip(subjects).map(|(field, subject)| Shown {
            field: field.clone(),
            value: value(subject, self.world, self.scratch),
        });
        values.collect()
    }
}

/// As the outputs of rules show it, where there is one value; all of them otherwise.
fn value<F, W: World<F> + Printer<F>>(
    subject: &Subject<F>,
    world: &W,
    scratch: &Scratch,
) -> Option<String> {
    let mut out = Vec::new();
    let mut values = Vec::new();
    let present = subject.visit(world, scratch, &mut |value| {
        if !values.is_empty() {
            values.extend(b", ");
        }
        print_value(value, &mut values);
        values.len() < MAX_VALUE
    });
    if !present {
        return None;
    }
    let is_printed = match subject {
        Subject::Field(field) if matches!(field.fold, Fold::One | Fold::List) => {
            world.print(&field.field, &mut out)
        }
        Subject::Field(_) => false,
        Subject::Transformed(_) => print_transformed(subject, world, scratch, &mut out),
    };
    let bytes = if is_printed { out } else { values };
    let mut text = printable(&bytes);
    if text.len() > MAX_VALUE {
        text.truncate(text.floor_char_boundary(MAX_VALUE));
        text.push('…');
    }
    Some(text)
}

/// Names may hold what would drive a terminal.
fn printable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for c in String::from_utf8_lossy(bytes).chars() {
        match c.is_control() {
            true => text.extend(c.escape_default()),
            false => text.push(c),
        }
    }
    text
}

fn title<F>(part: &Part<F>) -> String {
    match &part.kind {
        PartKind::All(_) => "all of".to_owned(),
        PartKind::Any(_) => "any of".to_owned(),
        PartKind::Not(_) => "not".to_owned(),
        PartKind::Macro { name, .. } => format!("macro {name}"),
        PartKind::Exception { name, .. } => format!("exception {name}"),
        PartKind::Check(asked) => asked.text.clone(),
    }
}

/// The innermost of what is around comes first.
fn name<F>(part: &Part<F>, at: Place, place: Place, around: &mut Vec<String>) -> Option<String> {
    if at == place {
        return Some(title(part));
    }
    let (at, part_in) =
        inner(part, at).find(|(at, part)| (*at..at + part.size).contains(&place))?;
    let found = name(part_in, at, place, around)?;
    match &part.kind {
        PartKind::Macro { .. } | PartKind::Exception { .. } => around.push(title(part)),
        // A comparison that must not hold is the one that did.
        PartKind::Not(_) if at == place => return Some(format!("not {found}")),
        _ => {}
    }
    Some(found)
}
