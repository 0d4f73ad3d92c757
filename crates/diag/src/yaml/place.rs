//! Where each byte of a scalar's text stands in the file that it was read from.

use crate::Source;
use crate::{Position, Span};

/// The places of a scalar's bytes.
#[derive(Clone, Debug)]
pub struct Places {
    /// For each byte of the text, and for its end, the offset in the file.
    offsets: Vec<usize>,
}

impl Places {
    /// Of the scalar that begins (with its tag, anchor, quote or indicator) at `start` and reads as `text`. Where the two
    /// do not fit, as for an alias, all of it is at `start`.
    pub fn new(source: &Source, start: Position, text: &str) -> Self {
        let offsets = Walk::new(source.text(), start.offset)
            .and_then(|walk| walk.offsets(text))
            .unwrap_or_else(|| vec![start.offset; text.len() + 1]);
        Self { offsets }
    }

    /// The offset in the file of a byte of the text.
    pub fn offset(&self, at: usize) -> usize {
        self.offsets.get(at).or(self.offsets.last()).copied().unwrap_or_default()
    }

    /// The span in the file of a part of the text.
    pub fn span(&self, source: &Source, from: usize, to: usize) -> Span {
        let start = source.position(self.offset(from));
        let last = self.offset(to.max(from + 1) - 1);
        let end = source.position(if to > from { last + 1 } else { last });
        Span { start, end: if end < start { start } else { end } }
    }
}

/// How the scalar is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Bare,
    Single,
    Double,
}

struct Walk<'a> {
    file: &'a str,
    at: usize,
    style: Style,
}

impl<'a> Walk<'a> {
    fn new(file: &'a str, start: usize) -> Option<Self> {
        let mut at = start;
        loop {
            let rest = file.get(at..)?;
            match rest.bytes().next() {
                // A tag or an anchor comes before the scalar itself.
                Some(b'!' | b'&') => {
                    let length = rest.find([' ', '\t', '\n', '\r'])?;
                    at += length + blanks(&rest[length..]);
                }
                Some(b'*') => return None,
                Some(b'|' | b'>') => {
                    let line = rest.find('\n')?;
                    return Some(Self { file, at: at + line + 1, style: Style::Bare });
                }
                Some(b'\'') => return Some(Self { file, at: at + 1, style: Style::Single }),
                Some(b'"') => return Some(Self { file, at: at + 1, style: Style::Double }),
                _ => return Some(Self { file, at, style: Style::Bare }),
            }
        }
    }

    /// Blanks and line ends may be more or fewer in the file than in the text; all else is the same, but for escapes.
    fn offsets(mut self, text: &str) -> Option<Vec<usize>> {
        let mut offsets = Vec::with_capacity(text.len() + 1);
        for c in text.chars() {
            let taken = if c.is_ascii_whitespace() { self.blank(c) } else { self.letter(c)? };
            offsets.extend(std::iter::repeat_n(taken, c.len_utf8()));
        }
        offsets.push(self.at);
        Some(offsets)
    }

    fn rest(&self) -> &'a str {
        self.file.get(self.at..).unwrap_or_default()
    }

    fn blank(&mut self, c: char) -> usize {
        let at = self.at;
        match self.rest().chars().next() {
            Some(found) if found == c => self.at += 1,
            Some('\\') if self.style == Style::Double => self.skip_escape(),
            _ => {}
        }
        at
    }

    fn letter(&mut self, c: char) -> Option<usize> {
        self.at += blanks(self.rest());
        let mut found = self.rest().chars().next()?;
        while self.style == Style::Double && found == '\\' {
            let at = self.at;
            let is_break = self.rest()[1..].starts_with(['\n', '\r']);
            self.skip_escape();
            if !is_break {
                return Some(at);
            }
            self.at += blanks(self.rest());
            found = self.rest().chars().next()?;
        }
        if found != c {
            return None;
        }
        let at = self.at;
        let doubled = self.style == Style::Single && c == '\'';
        self.at += if doubled { 2 } else { c.len_utf8() };
        Some(at)
    }

    fn skip_escape(&mut self) {
        let length = match self.rest().as_bytes().get(1) {
            None => 1,
            Some(b'x') => 4,
            Some(b'u') => 6,
            Some(b'U') => 10,
            Some(_) => 1 + self.rest()[1..].chars().next().map_or(0, char::len_utf8),
        };
        self.at += length.min(self.rest().len());
        while !self.file.is_char_boundary(self.at) {
            self.at += 1;
        }
    }
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t', '\n', '\r']).len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    /// The part of the file for a part of the scalar of key `a`.
    fn found(file: &str, part: &str) -> String {
        let source = Source::new("f", file);
        let document = yaml::parse(file).unwrap().remove(0);
        let node = document.get("a").unwrap();
        let text = node.as_str().unwrap();
        let from = text.find(part).unwrap();
        let places = Places::new(&source, node.span.start, text);
        let span = places.span(&source, from, from + part.len());
        file[span.start.offset..span.end.offset].to_owned()
    }

    #[test]
    fn every_style_of_scalar_knows_its_places() {
        for (file, part) in [
            ("a: one two\n", "two"),
            ("a: one\n  two three\n", "two"),
            ("a: >\n  one\n  two é x\n", "x"),
            ("a: >-  # why\n  one\n\n  two é x\n", "two"),
            ("a: |\n  one\n    two\n", "two"),
            ("a: 'it''s two'\n", "two"),
            ("a: \"one\\ttwo\"\n", "two"),
            ("a: \"one\\\n  two\"\n", "two"),
            ("a: &anchor !!str one two\n", "two"),
        ] {
            assert_eq!(found(file, part), part, "{file}");
        }
    }

    #[test]
    fn a_part_over_two_lines_goes_from_its_start_to_its_end() {
        assert_eq!(found("a: >\n  one\n  two\n", "one two"), "one\n  two");
    }

    #[test]
    fn an_alias_is_where_it_is_used() {
        let file = "b: &x one\na: *x\n";
        let source = Source::new("f", file);
        let document = yaml::parse(file).unwrap().remove(0);
        let node = document.get("a").unwrap();
        let places = Places::new(&source, Position { offset: 13, line: 1, column: 3 }, "one");
        assert_eq!(places.offset(2), 13);
        assert_eq!(node.as_str(), Some("one"));
    }
}
