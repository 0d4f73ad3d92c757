//! Values taken from an event when a rule matched.

use std::io::Write as _;

use crate::escape::quote;

/// What a field was worth, with its type.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Value {
    /// The field had no value.
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    /// Text; not necessarily UTF-8.
    Text(Box<[u8]>),
    List(Box<[Self]>),
}

/// A value, and how it reads in a sentence where its type does not say so (a time, a hexadecimal number).
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Cell {
    pub value: Value,
    pub text: Option<Box<[u8]>>,
}

impl Value {
    pub fn text(text: impl AsRef<[u8]>) -> Self {
        Self::Text(text.as_ref().into())
    }

    /// Appends the value as it reads in a sentence.
    pub fn write_text(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"<NA>"),
            Self::Bool(true) => out.extend_from_slice(b"true"),
            Self::Bool(false) => out.extend_from_slice(b"false"),
            Self::Int(value) => write_display(out, value),
            Self::Uint(value) => write_display(out, value),
            Self::Double(value) => {
                let _ = write!(out, "{value:.1}"); // a Vec takes everything
            }
            Self::Text(text) => out.extend_from_slice(text),
            Self::List(items) => {
                out.push(b'(');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    item.write_text(out);
                }
                out.push(b')');
            }
        }
    }

    /// Appends the value as JSON; bytes that are no UTF-8 become U+FFFD.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(_) | Self::Int(_) | Self::Uint(_) => self.write_text(out),
            Self::Double(value) if value.is_finite() => {
                let _ = write!(out, "{value:?}"); // a Vec takes everything
            }
            Self::Double(_) => out.extend_from_slice(b"null"),
            Self::Text(text) => quote(text, out),
            Self::List(items) => {
                out.push(b'[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    item.write_json(out);
                }
                out.push(b']');
            }
        }
    }

    /// Bytes on the heap.
    pub(crate) fn heap_size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::List(items) => {
                items.iter().map(|item| size_of::<Self>() + item.heap_size()).sum()
            }
            _ => 0,
        }
    }
}

impl Cell {
    /// Appends the value as it reads in a sentence.
    pub fn write_text(&self, out: &mut Vec<u8>) {
        match &self.text {
            Some(text) => out.extend_from_slice(text),
            None => self.value.write_text(out),
        }
    }

    pub(crate) fn heap_size(&self) -> usize {
        self.value.heap_size() + self.text.as_ref().map_or(0, |text| text.len())
    }
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        Self { value, text: None }
    }
}

fn write_display(out: &mut Vec<u8>, value: &impl std::fmt::Display) {
    let _ = write!(out, "{value}"); // a Vec takes everything
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_text_and_as_json() {
        let cases = [
            (Value::Null, "<NA>", "null"),
            (Value::Bool(true), "true", "true"),
            (Value::Int(-1), "-1", "-1"),
            (Value::Uint(u64::MAX), "18446744073709551615", "18446744073709551615"),
            (Value::Double(0.03), "0.0", "0.03"),
            (Value::Double(f64::NAN), "NaN", "null"),
            (Value::text("a \"b\""), "a \"b\"", r#""a \"b\"""#),
            (Value::List([Value::text("a"), Value::Int(2)].into()), "(a,2)", r#"["a",2]"#),
        ];
        for (value, text, json) in cases {
            let (mut as_text, mut as_json) = (Vec::new(), Vec::new());
            value.write_text(&mut as_text);
            value.write_json(&mut as_json);
            assert_eq!(String::from_utf8(as_text).unwrap(), text);
            assert_eq!(String::from_utf8(as_json).unwrap(), json);
        }
    }
}
