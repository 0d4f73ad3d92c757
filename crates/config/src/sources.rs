//! The texts that a configuration is made of, and which of them a place belongs to.

use gyr_diag::yaml::{Node, Value};
use gyr_diag::{Position, Source, Span};

/// The texts, laid end to end: the offset of a node tells its text, whatever tree it has moved to.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    texts: Vec<Text>,
    end: usize,
}

#[derive(Debug)]
struct Text {
    base: usize,
    source: Source,
    /// An option of the command line has no lines worth naming.
    is_file: bool,
}

impl Sources {
    /// Adds a text and returns the offset that its first byte has here.
    pub(crate) fn add_file(&mut self, source: Source) -> usize {
        self.add(source, true)
    }

    /// As [`Sources::add_file`], for `-o`.
    pub(crate) fn add_option(&mut self, option: &str) -> usize {
        self.add(Source::new(format!("-o {option}"), option), false)
    }

    fn add(&mut self, source: Source, is_file: bool) -> usize {
        let base = self.end;
        self.end += source.text().len() + 1;
        self.texts.push(Text { base, source, is_file });
        base
    }

    /// "FILE:LINE: " for people; nothing for a place in no text.
    pub(crate) fn place(&self, at: Position) -> String {
        let after = self.texts.partition_point(|text| text.base <= at.offset);
        match after.checked_sub(1).and_then(|i| self.texts.get(i)) {
            Some(text) if text.is_file => format!("{}:{}: ", text.source.name(), at.line + 1),
            Some(text) => format!("{}: ", text.source.name()),
            None => String::new(),
        }
    }
}

/// Moves a node's places by `base`.
pub(crate) fn shift(node: &mut Node, base: usize) {
    node.span = shifted(node.span, base);
    match &mut node.value {
        Value::Sequence(items) => items.iter_mut().for_each(|item| shift(item, base)),
        Value::Mapping(pairs) => {
            for (key, value) in pairs {
                shift(key, base);
                shift(value, base);
            }
        }
        Value::Null | Value::Scalar { .. } => {}
    }
}

fn shifted(span: Span, base: usize) -> Span {
    let shift = |at: Position| Position { offset: at.offset + base, ..at };
    Span { start: shift(span.start), end: shift(span.end) }
}

#[cfg(test)]
mod tests {
    use gyr_diag::yaml;

    use super::*;

    #[test]
    fn a_node_knows_its_text_after_it_moved() {
        let mut sources = Sources::default();
        sources.add_file(Source::new("one", "a: 1\n"));
        let option = sources.add_option("a=2");
        let base = sources.add_file(Source::new("two", "\nb: 2\n"));
        let mut node = yaml::parse("\nb: 2\n").unwrap().remove(0);
        shift(&mut node, base);
        assert_eq!(sources.place(node.get("b").unwrap().span.start), "two:2: ");
        assert_eq!(sources.place(Position { offset: option, line: 0, column: 0 }), "-o a=2: ");
    }
}
