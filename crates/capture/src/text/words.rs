//! A line as words: bare ones, quoted ones and lists, and `key=value` pairs of them.

use super::Problem;

/// A value as it stands in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Bare(Vec<u8>),
    Quoted(Vec<u8>),
    /// `(a b "c d")`
    List(Vec<Vec<u8>>),
}

/// What is left of a line.
#[derive(Debug)]
pub(super) struct Words<'a> {
    line: &'a str,
    /// A byte that starts a character.
    at: usize,
}

impl<'a> Words<'a> {
    pub(super) const fn new(line: &'a str) -> Self {
        Self { line, at: 0 }
    }

    /// Where the next word starts, in characters from 1; none at the end of the line.
    pub(super) fn next_column(&mut self) -> Option<usize> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        if self.rest().is_empty() { None } else { Some(self.column()) }
    }

    /// Where the parser stands, in characters from 1.
    pub(super) fn column(&self) -> usize {
        self.line.get(..self.at).map_or(0, |before| before.chars().count()) + 1
    }

    /// Everything up to the next blank.
    pub(super) fn bare(&mut self, what: &'static str) -> Result<&'a str, Problem> {
        self.next_column().ok_or(Problem::Expected(what))?;
        let rest = self.rest();
        let word = rest.split(char::is_whitespace).next().unwrap_or_default();
        self.at += word.len();
        Ok(word)
    }

    /// The `key` of `key=value`; the value is next.
    pub(super) fn key(&mut self) -> Result<&'a str, Problem> {
        let rest = self.rest();
        let len = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (key, after) = rest.split_at(len);
        if key.is_empty() || !after.starts_with('=') {
            return Err(Problem::Expected("name=value"));
        }
        self.at += len + 1;
        Ok(key)
    }

    pub(super) fn value(&mut self) -> Result<Value, Problem> {
        if self.eat('(') {
            let mut items = Vec::new();
            loop {
                if self.next_column().is_none() {
                    return Err(Problem::Unclosed("("));
                }
                if self.eat(')') {
                    return Ok(Value::List(items));
                }
                items.push(match self.item(true)? {
                    Value::Bare(item) | Value::Quoted(item) => item,
                    Value::List(_) => return Err(Problem::Expected("a word")),
                });
            }
        }
        self.item(false)
    }

    fn item(&mut self, in_list: bool) -> Result<Value, Problem> {
        if self.eat('"') {
            return self.quoted().map(Value::Quoted);
        }
        let ends = |c: char| c.is_whitespace() || (in_list && c == ')');
        let word = self.rest().split(ends).next().unwrap_or_default();
        self.at += word.len();
        Ok(Value::Bare(word.as_bytes().to_vec()))
    }

    /// What follows a quotation mark, up to the next.
    fn quoted(&mut self) -> Result<Vec<u8>, Problem> {
        let mut bytes = Vec::new();
        let mut chars = self.rest().char_indices();
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += i + 1;
                    return Ok(bytes);
                }
                '\\' => {
                    let (_, escape) = chars.next().ok_or(Problem::Unclosed("\""))?;
                    bytes.push(match escape {
                        'n' => b'\n',
                        't' => b'\t',
                        'r' => b'\r',
                        '0' => 0,
                        '"' => b'"',
                        '\\' => b'\\',
                        'x' => {
                            let digits = chars.as_str().get(..2).ok_or(Problem::Escape)?;
                            let byte =
                                u8::from_str_radix(digits, 16).map_err(|_| Problem::Escape)?;
                            chars.nth(1);
                            byte
                        }
                        _ => return Err(Problem::Escape),
                    });
                }
                c => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        Err(Problem::Unclosed("\""))
    }

    fn eat(&mut self, c: char) -> bool {
        let eaten = self.rest().starts_with(c);
        if eaten {
            self.at += c.len_utf8();
        }
        eaten
    }

    fn rest(&self) -> &'a str {
        self.line.get(self.at..).unwrap_or_default()
    }
}

/// The text of a value.
pub(super) fn write(value: &Value, out: &mut String) {
    match value {
        Value::Bare(bytes) => out.push_str(&String::from_utf8_lossy(bytes)),
        Value::Quoted(bytes) => write_text(bytes, out),
        Value::List(items) => {
            out.push('(');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(' ');
                }
                write_text(item, out);
            }
            out.push(')');
        }
    }
}

/// Text, quoted if it must be.
pub(super) fn write_text(bytes: &[u8], out: &mut String) {
    let plain =
        |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '"' | '\\' | '(' | ')');
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_empty() && !text.starts_with("hex:") && text.chars().all(plain) => {
            out.push_str(text);
            return;
        }
        _ => {}
    }
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\r' => out.push_str("\\r"),
                '\0' => out.push_str("\\0"),
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                c if c.is_ascii_control() => push_hex(c as u8, out),
                c => out.push(c),
            }
        }
        for &byte in chunk.invalid() {
            push_hex(byte, out);
        }
    }
    out.push('"');
}

fn push_hex(byte: u8, out: &mut String) {
    out.push_str("\\x");
    out.push_str(&hex(&[byte]));
}

/// Two digits a byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|&byte| [digit(byte >> 4), digit(byte)]).collect()
}

/// The reverse of [`hex`].
pub(super) fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    pairs.iter().map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect()
}
