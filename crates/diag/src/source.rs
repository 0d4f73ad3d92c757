//! A named text, and places in it.

use serde::Serialize;

/// A place in a text. All three count from 0; `offset` and `column` count bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Position {
    pub offset: usize,
    pub line: usize,
    pub column: usize,
}

/// From `start` up to, but not including, `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Span {
    pub start: Position,
    pub end: Position,
}

impl Span {
    /// A place without an extent.
    pub const fn at(position: Position) -> Self {
        Self { start: position, end: position }
    }
}

/// A text with its name, usually a path.
#[derive(Clone, Debug)]
pub struct Source {
    name: String,
    text: String,
    lines: Vec<usize>,
}

impl Source {
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let lines = line_starts(&text);
        Self { name: name.into(), text, lines }
    }

    /// Bytes that are not UTF-8 become U+FFFD.
    pub fn from_bytes(name: impl Into<String>, bytes: &[u8]) -> Self {
        Self::new(name, String::from_utf8_lossy(bytes))
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// A line by its number from 0, without its end; empty if there is no such line.
    pub fn line(&self, number: usize) -> &str {
        let Some(&start) = self.lines.get(number) else { return "" };
        let end = self.lines.get(number + 1).copied().unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or_default().trim_end_matches(['\n', '\r'])
    }

    /// The place of a byte; past the end is the end.
    pub fn position(&self, offset: usize) -> Position {
        position(&self.lines, offset.min(self.text.len()))
    }
}

/// The offset of the first byte of each line.
pub(crate) fn line_starts(text: &str) -> Vec<usize> {
    let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
    std::iter::once(0).chain(ends.map(|(i, _)| i + 1)).collect()
}

pub(crate) fn position(lines: &[usize], offset: usize) -> Position {
    let line = lines.partition_point(|start| *start <= offset).saturating_sub(1);
    let start = lines.get(line).copied().unwrap_or_default();
    Position { offset, line, column: offset.saturating_sub(start) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_counts_bytes_from_zero() {
        let source = Source::new("s", "aé\r\nxy");
        assert_eq!(source.position(5), Position { offset: 5, line: 1, column: 0 });
        assert_eq!(source.position(99), Position { offset: 7, line: 1, column: 2 });
        assert_eq!((source.line(0), source.line(1), source.line(2)), ("aé", "xy", ""));
    }
}
