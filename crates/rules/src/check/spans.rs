//! Where in a condition the parts of a comparison begin and end: the tree knows only where they begin.

use gyr_filter::ast::{Check, Right};

/// From a byte up to, but not including, another.
pub(crate) type Range = (usize, usize);

/// The parts of one comparison.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) left: Range,
    pub(crate) operator: Range,
    /// The values, as they are written.
    pub(crate) values: Vec<Range>,
    pub(crate) whole: Range,
}

impl Parts {
    pub(crate) fn of(text: &str, check: &Check) -> Self {
        let start = check.left.position().offset;
        let rest = text.get(start..).unwrap_or_default();
        let length = gyr_filter::parse_operand(rest).map_or(0, |(_, length)| length);
        let left = (start, start + length);
        let at = left.1 + blanks(text.get(left.1..).unwrap_or_default());
        let operator = (at, (at + check.operator.text().len()).min(text.len()));
        let values = match &check.right {
            Right::Nothing => Vec::new(),
            Right::Value(position, _) | Right::Name(position, _) => {
                vec![(position.offset, token_end(text, position.offset))]
            }
            Right::List(position, _) => list(text, position.offset),
            Right::Operand(operand) => {
                let at = operand.position().offset;
                vec![(at, operand_end(text, at))]
            }
        };
        let end = match &check.right {
            Right::List(..) => list_end(text, values.last().map_or(operator.1, |(_, to)| *to)),
            _ => values.last().map_or(operator.1, |(_, to)| *to),
        };
        Self { left, operator, values, whole: (start, end.max(operator.1)) }
    }
}

/// How many blanks a text begins with.
pub(super) fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t', '\n', '\r', '\u{8}']).len()
}

/// Where the word, the sign or the text in quotes that begins here ends.
pub(super) fn token_end(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let Some(first) = rest.chars().next() else { return from };
    if "\"'".contains(first) {
        return from + quoted_length(rest, first).unwrap_or_else(|| word_length(rest));
    }
    if "(),".contains(first) {
        return from + 1;
    }
    if "=<>!&|".contains(first) {
        let signs = rest.find(|c: char| !"=<>!&|~".contains(c)).unwrap_or(rest.len());
        return from + signs;
    }
    from + word_length(rest)
}

fn word_length(rest: &str) -> usize {
    let first = rest.chars().next().map_or(0, char::len_utf8);
    let bound = |c: char| c.is_whitespace() || "()\"'=,".contains(c);
    rest.get(first..).and_then(|rest| rest.find(bound)).map_or(rest.len(), |at| at + first)
}

/// Whether a word is a text between two quotes.
pub(super) fn is_quoted(word: &str) -> bool {
    let quote = word.chars().next().filter(|c| "\"'".contains(*c));
    quote.and_then(|quote| quoted_length(word, quote)) == Some(word.len())
}

fn quoted_length(rest: &str, quote: char) -> Option<usize> {
    let mut before = quote;
    for (at, c) in rest.char_indices().skip(1) {
        if c == quote && before != '\\' {
            return Some(at + 1);
        }
        before = c;
    }
    None
}

/// The values between parentheses.
fn list(text: &str, open: usize) -> Vec<Range> {
    let mut values = Vec::new();
    let mut at = open + 1;
    loop {
        at += blanks(text.get(at..).unwrap_or_default());
        match text.as_bytes().get(at) {
            None | Some(b')') => return values,
            Some(b',') => at += 1,
            Some(_) => {
                let end = token_end(text, at);
                values.push((at, end));
                at = end.max(at + 1);
            }
        }
    }
}

fn list_end(text: &str, from: usize) -> usize {
    text.get(from..).and_then(|rest| rest.find(')')).map_or(from, |at| from + at + 1)
}

fn operand_end(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    if rest.starts_with("val(") {
        return list_end(text, from);
    }
    from + gyr_filter::parse_operand(rest).map_or(0, |(_, length)| length)
}

/// The innermost parenthesis that is open at a place.
pub(super) fn open_group(text: &str, upto: usize) -> Option<usize> {
    let mut open = Vec::new();
    let mut at = 0;
    while at < upto.min(text.len()) {
        match text.as_bytes().get(at) {
            Some(b'(') => {
                open.push(at);
                at += 1;
            }
            Some(b')') => {
                open.pop();
                at += 1;
            }
            Some(b'"' | b'\'') => at = token_end(text, at).max(at + 1),
            _ => at += 1,
        }
        while !text.is_char_boundary(at) {
            at += 1;
        }
    }
    open.pop()
}

#[cfg(test)]
mod tests {
    use gyr_filter::ast::ExprKind;

    use super::*;

    #[test]
    fn the_parts_of_a_comparison_are_found() {
        for (text, left, operator, values) in [
            ("proc.name = cat", "proc.name", "=", "cat"),
            (" proc.aname[2]  in ( a,\"b c\" , d )", "proc.aname[2]", "in", "a|\"b c\"|d"),
            (
                "tolower(proc.name) startswith 'it\\'s'",
                "tolower(proc.name)",
                "startswith",
                "'it\\'s'",
            ),
            ("fd.name = val( proc.cwd )", "fd.name", "=", "val( proc.cwd )"),
            ("proc.name in list", "proc.name", "in", "list"),
            ("proc.name exists", "proc.name", "exists", ""),
            ("fd.name endswith anyof (a)", "fd.name", "endswith", "a"),
        ] {
            let expr = gyr_filter::parse(text).unwrap();
            let ExprKind::Check(check) = &expr.kind else { unreachable!() };
            let parts = Parts::of(text, check);
            let shown = |(from, to): Range| &text[from..to];
            assert_eq!(shown(parts.left), left);
            assert_eq!(shown(parts.operator), operator);
            let found: Vec<&str> = parts.values.iter().map(|range| shown(*range)).collect();
            assert_eq!(found.join("|"), values);
        }
    }

    #[test]
    fn the_open_parenthesis_is_the_innermost() {
        assert_eq!(open_group("a (b) (c (d) \")\" ", 17), Some(6));
        assert_eq!(open_group("a (b)", 5), None);
    }
}
