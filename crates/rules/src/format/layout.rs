//! The layout of a condition: the same words, other blanks.

use gyr_filter::ast::{Check, ExprKind, Right};

use crate::check::spans::{Parts, Range};

/// Columns of a line.
const WIDTH: usize = 100;
/// A condition that is no longer than this, with its key, stays on one line.
const SHORT: usize = 80;
const STEP: usize = 2;

/// Lines, each with its indentation from that of the first.
pub(super) type Lines = Vec<(usize, String)>;

/// The condition in lines that are laid out under a key at column `indent`; `None` if it is none. What begins with
/// `and` or `or` is added to another condition.
pub(super) fn lay_out(text: &str, indent: usize) -> Option<Lines> {
    let text = text.trim();
    let (joint, rest) = ["and", "or"]
        .into_iter()
        .find_map(|word| Some((Some(word), after_word(text, word)?)))
        .unwrap_or((None, text));
    let level = read(rest)?;
    let mut lines = Vec::new();
    let flat = level.flat();
    let is_short =
        indent + "condition: ".len() + flat.len() + joint.map_or(0, |j| j.len() + 1) <= SHORT;
    if is_short && !flat.contains('\n') {
        lines.push((0, flat));
    } else {
        level.write(&mut lines, 0, indent + STEP);
    }
    if let (Some(joint), Some((_, first))) = (joint, lines.first_mut()) {
        *first = format!("{joint} {first}");
    }
    let laid_out = lines.iter().map(|(_, line)| line.as_str()).collect::<Vec<_>>().join("\n");
    let laid_out =
        joint.map_or(laid_out.as_str(), |word| laid_out.get(word.len()..).unwrap_or_default());
    same(rest, laid_out).then_some(lines)
}

fn after_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let rest = text.strip_prefix(word)?;
    rest.starts_with(|c: char| c.is_whitespace() || c == '(').then(|| rest.trim_start())
}

/// Whether two texts read as the same tree, with the same parentheses.
fn same(one: &str, other: &str) -> bool {
    let read =
        |text: &str| gyr_filter::parse(text).map(|expr| gyr_filter::exact(&expr).to_string());
    let (Ok(a), Ok(b)) = (read(one), read(other)) else { return false };
    let words = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    a == b && words(one) == words(other)
}

/// What stands between two parentheses, or at the top.
struct Level {
    /// Each with the word before it; the first has none.
    parts: Vec<(Option<&'static str>, Part)>,
}

struct Part {
    nots: usize,
    kind: Kind,
}

enum Kind {
    /// A macro, or a comparison: what is before its list, and the list.
    Leaf(String, Option<Vec<String>>),
    Group(Level),
}

/// Reads a condition that is right.
fn read(text: &str) -> Option<Level> {
    let expr = gyr_filter::parse(text).ok()?;
    let mut leaves: Vec<(Range, Kind)> = Vec::new();
    expr.walk(&mut |expr| match &expr.kind {
        ExprKind::Identifier(name) => {
            let at = expr.position.offset;
            leaves.push(((at, at + name.len()), Kind::Leaf(name.clone(), None)));
        }
        ExprKind::Check(check) => {
            let parts = Parts::of(text, check);
            leaves.push((parts.whole, leaf(text, check, &parts)));
        }
        _ => {}
    });
    let mut reader = Reader { text, at: 0, leaves: leaves.into_iter().peekable() };
    let level = reader.level()?;
    (reader.skip_blanks() == text.len()).then_some(level)
}

fn leaf(text: &str, check: &Check, parts: &Parts) -> Kind {
    let verbatim = |(from, to): Range| text.get(from..to).unwrap_or_default();
    let mut head = format!("{} {}", verbatim(parts.left), check.operator.text());
    if let Some(modifier) = check.modifier {
        head = format!("{head} {}", modifier.text());
    }
    match &check.right {
        Right::Nothing => Kind::Leaf(head, None),
        Right::List(..) => {
            let values = parts.values.iter().map(|range| verbatim(*range).to_owned()).collect();
            Kind::Leaf(head, Some(values))
        }
        Right::Value(..) | Right::Name(..) | Right::Operand(_) => {
            let value = parts.values.first().map_or("", |range| verbatim(*range));
            Kind::Leaf(format!("{head} {value}"), None)
        }
    }
}

struct Reader<'t, I: Iterator<Item = (Range, Kind)>> {
    text: &'t str,
    at: usize,
    leaves: std::iter::Peekable<I>,
}

impl<I: Iterator<Item = (Range, Kind)>> Reader<'_, I> {
    fn skip_blanks(&mut self) -> usize {
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.at += rest.len() - rest.trim_start().len();
        self.at
    }

    fn eat(&mut self, token: &str) -> bool {
        self.skip_blanks();
        let found = self.text.get(self.at..).is_some_and(|rest| rest.starts_with(token));
        if found {
            self.at += token.len();
        }
        found
    }

    /// Groups nest no deeper than the parser lets them.
    fn level(&mut self) -> Option<Level> {
        let mut parts = vec![(None, self.part()?)];
        loop {
            let word = if self.eat("and") {
                "and"
            } else if self.eat("or") {
                "or"
            } else {
                return Some(Level { parts });
            };
            parts.push((Some(word), self.part()?));
        }
    }

    fn part(&mut self) -> Option<Part> {
        let mut nots = 0;
        loop {
            let at = self.skip_blanks();
            if let Some(((_, to), kind)) = self.leaves.next_if(|((from, _), _)| *from == at) {
                self.at = to;
                return Some(Part { nots, kind });
            }
            if self.eat("not") {
                nots += 1;
            } else if self.eat("(") {
                let level = self.level()?;
                return self.eat(")").then_some(Part { nots, kind: Kind::Group(level) });
            } else {
                return None;
            }
        }
    }
}

impl Level {
    fn flat(&self) -> String {
        let mut out = String::new();
        for (word, part) in &self.parts {
            if let Some(word) = word {
                out += &format!(" {word} ");
            }
            out += &part.flat();
        }
        out
    }

    /// Each part begins a line; where both words join parts, those that `and` joins stand deeper.
    fn write(&self, lines: &mut Lines, indent: usize, column: usize) {
        let mixed = self.parts.iter().any(|(word, _)| *word == Some("and"))
            && self.parts.iter().any(|(word, _)| *word == Some("or"));
        for (word, part) in &self.parts {
            let deeper = if mixed && *word == Some("and") { STEP } else { 0 };
            let word = word.map(|word| format!("{word} ")).unwrap_or_default();
            part.write(lines, indent + deeper, column, &word);
        }
    }
}

impl Part {
    fn head(&self) -> String {
        "not ".repeat(self.nots)
    }

    fn flat(&self) -> String {
        let head = self.head();
        match &self.kind {
            Kind::Leaf(text, None) => format!("{head}{text}"),
            Kind::Leaf(text, Some(values)) => format!("{head}{text} ({})", values.join(", ")),
            Kind::Group(level) => format!("{head}({})", level.flat()),
        }
    }

    fn write(&self, lines: &mut Lines, indent: usize, column: usize, word: &str) {
        let flat = self.flat();
        if column + indent + word.len() + flat.len() <= WIDTH {
            return lines.push((indent, format!("{word}{flat}")));
        }
        let head = self.head();
        match &self.kind {
            Kind::Leaf(_, None) => lines.push((indent, format!("{word}{flat}"))),
            Kind::Leaf(text, Some(values)) => {
                lines.push((indent, format!("{word}{head}{text} (")));
                fill(lines, values, indent + STEP, column);
                lines.push((indent, ")".to_owned()));
            }
            Kind::Group(level) => {
                lines.push((indent, format!("{word}{head}(")));
                level.write(lines, indent + STEP, column);
                lines.push((indent, ")".to_owned()));
            }
        }
    }
}

/// As many values on a line as fit.
fn fill(lines: &mut Lines, values: &[String], indent: usize, column: usize) {
    let mut line = String::new();
    for (i, value) in values.iter().enumerate() {
        let comma = if i + 1 < values.len() { "," } else { "" };
        let word = format!("{value}{comma}");
        if !line.is_empty() && column + indent + line.len() + 1 + word.len() > WIDTH {
            lines.push((indent, std::mem::take(&mut line)));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line += &word;
    }
    if !line.is_empty() {
        lines.push((indent, line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(text: &str) -> String {
        let lines = lay_out(text, 2).unwrap();
        let lines = lines.into_iter().map(|(indent, line)| " ".repeat(indent) + &line);
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_short_condition_is_one_line() {
        for (text, want) in [
            ("evt.type=open and\n  fd.num>=0", "evt.type = open and fd.num >= 0"),
            ("( a  or(b) )and not( c)", "(a or (b)) and not (c)"),
            ("not not a.b exists", "not not a.b exists"),
            ("x.y in ( a,\"b c\" )", "x.y in (a, \"b c\")"),
            ("and a.b=c", "and a.b = c"),
            ("x.y startswith  anyof (a)", "x.y startswith anyof (a)"),
        ] {
            assert_eq!(laid_out(text), want, "{text}");
        }
    }

    #[test]
    fn a_long_condition_is_a_line_for_each_part() {
        let text = "evt.type in (open, openat) and (proc.name = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa or proc.name = \
                    bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb or m) and not n";
        let want = "\
evt.type in (open, openat)
and (
  proc.name = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  or proc.name = bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
  or m
)
and not n";
        assert_eq!(laid_out(text), want);
        assert_eq!(laid_out(want), want);
    }

    #[test]
    fn what_is_no_condition_is_left_alone() {
        for text in ["", "a b", "a and", "x.y = (a)"] {
            assert_eq!(lay_out(text, 2), None, "{text}");
        }
    }
}
