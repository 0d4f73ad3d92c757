//! An alert, and what all alerts of one rule share.

use std::sync::Arc;

use crate::render::write_pieces;
use crate::{Cell, Priority, Value};

/// One match of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// When the event happened: nanoseconds since the epoch.
    pub time: u64,
    pub hostname: Arc<str>,
    pub form: Arc<Form>,
    /// What the form's pieces and keys refer to, by index.
    pub cells: Box<[Cell]>,
}

/// What all alerts of one rule share.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    pub name: String,
    pub priority: Priority,
    pub source: String,
    pub kind: FormKind,
    /// Sorted, each once.
    tags: Vec<String>,
    pub message: Vec<Piece>,
    /// Sorted by name, each name once.
    keys: Vec<Key>,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormKind {
    /// A rule that matched.
    Rule,
    /// The program itself, about itself.
    Internal,
}

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Literal(String),
    /// A cell; padded or cut to `width` bytes if there is one.
    Cell {
        index: usize,
        width: Option<usize>,
    },
}

/// A named value of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// Worth a cell.
    Cell { name: String, index: usize },
    /// Worth a sentence.
    Sentence { name: String, pieces: Vec<Piece> },
}

impl Alert {
    /// Bytes that the alert holds while it waits; what it shares with others is not counted.
    pub fn size(&self) -> usize {
        let cells: usize = self.cells.iter().map(|cell| size_of::<Cell>() + cell.heap_size()).sum();
        size_of::<Self>() + cells
    }

    /// Appends what the rule says, without the time and the priority before it, as it is: bytes of any kind.
    pub fn write_message(&self, out: &mut Vec<u8>) {
        write_pieces(&self.form.message, &self.cells, out);
    }

    /// Appends what the key is worth, as it reads in a sentence.
    pub fn write_key_text(&self, key: &Key, out: &mut Vec<u8>) {
        match key {
            Key::Cell { index, .. } => match self.cells.get(*index) {
                Some(cell) => cell.write_text(out),
                None => Value::Null.write_text(out),
            },
            Key::Sentence { pieces, .. } => write_pieces(pieces, &self.cells, out),
        }
    }

    /// Appends what the key is worth as JSON, but text without quotation marks.
    pub fn write_key_plain_json(&self, key: &Key, out: &mut Vec<u8>) {
        match key {
            Key::Cell { index, .. } => match self.cells.get(*index).map(|cell| &cell.value) {
                Some(Value::Text(text)) => out.extend_from_slice(text),
                Some(value) => value.write_json(out),
                None => Value::Null.write_json(out),
            },
            Key::Sentence { .. } => self.write_key_text(key, out),
        }
    }
}

impl Form {
    /// A rule without tags and keys.
    pub fn new(name: String, priority: Priority, source: String, message: Vec<Piece>) -> Self {
        Self {
            name,
            priority,
            source,
            kind: FormKind::Rule,
            tags: Vec::new(),
            message,
            keys: Vec::new(),
        }
    }

    /// What the program says about itself: a fixed message with named values.
    pub fn internal(name: &str, priority: Priority, message: String, keys: Vec<Key>) -> Self {
        let message = vec![Piece::Literal(message)];
        let form = Self::new(name.to_owned(), priority, "internal".to_owned(), message);
        Self { kind: FormKind::Internal, ..form }.with_keys(keys)
    }

    #[must_use]
    pub fn with_tags(mut self, tags: impl IntoIterator<Item = String>) -> Self {
        self.tags.extend(tags);
        self.tags.sort();
        self.tags.dedup();
        self
    }

    /// Of keys with the same name the last counts.
    #[must_use]
    pub fn with_keys(mut self, keys: Vec<Key>) -> Self {
        for key in keys {
            match self.keys.binary_search_by(|known| known.name().cmp(key.name())) {
                Ok(at) => self.keys[at] = key,
                Err(at) => self.keys.insert(at, key),
            }
        }
        self
    }

    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    pub fn keys(&self) -> &[Key] {
        &self.keys
    }
}

impl Key {
    pub fn name(&self) -> &str {
        match self {
            Self::Cell { name, .. } | Self::Sentence { name, .. } => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_keys_are_sorted_and_each_once() {
        let key = |name: &str, index| Key::Cell { name: name.to_owned(), index };
        let form = Form::new("r".to_owned(), Priority::Debug, "syscall".to_owned(), Vec::new())
            .with_tags(["b".to_owned(), "a".to_owned(), "b".to_owned()])
            .with_keys(vec![key("z", 0), key("a", 1), key("z", 2)]);
        assert_eq!(form.tags(), ["a", "b"]);
        assert_eq!(form.keys(), [key("a", 1), key("z", 2)]);
    }
}
