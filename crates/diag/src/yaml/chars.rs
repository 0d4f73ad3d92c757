//! The text as scanning walks over it, and what its characters mean where.

use super::Error;
use crate::Position;

/// A text and a place in it. Reading past the end gives NULs.
#[derive(Debug)]
pub(super) struct Text<'t> {
    bytes: &'t [u8],
    at: Position,
}

impl<'t> Text<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self { bytes: text.as_bytes(), at: Position { offset: 0, line: 0, column: 0 } }
    }

    pub(super) const fn position(&self) -> Position {
        self.at
    }

    pub(super) const fn column(&self) -> usize {
        self.at.column
    }

    pub(super) const fn reset_column(&mut self) {
        self.at.column = 0;
    }

    pub(super) const fn at_end(&self) -> bool {
        self.is_end(0)
    }

    /// Whether there is nothing so many bytes ahead.
    pub(super) const fn is_end(&self, ahead: usize) -> bool {
        self.at.offset + ahead >= self.bytes.len()
    }

    pub(super) fn byte(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at.offset + ahead).copied().unwrap_or(0)
    }

    pub(super) fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.byte(ahead), b' ' | b'\t')
    }

    /// How long the line end here is: 0 if there is none.
    pub(super) fn break_len(&self, ahead: usize) -> usize {
        match (self.byte(ahead), self.byte(ahead + 1)) {
            (b'\r', b'\n') => 2,
            (b'\r' | b'\n', _) => 1,
            _ => 0,
        }
    }

    pub(super) fn is_blank_or_break(&self, ahead: usize) -> bool {
        matches!(self.byte(ahead), b' ' | b'\t' | b'\r' | b'\n')
    }

    pub(super) fn skip(&mut self, bytes: usize) {
        for _ in 0..bytes {
            self.next();
        }
    }

    /// The byte here; goes behind it.
    pub(super) fn next(&mut self) -> u8 {
        let byte = self.byte(0);
        if !self.at_end() {
            self.at.offset += 1;
            self.at.column += 1;
            if byte == b'\n' {
                self.at.line += 1;
                self.at.column = 0;
            }
        }
        byte
    }

    /// Goes to the end of the line.
    pub(super) fn skip_line(&mut self) {
        while !self.at_end() && self.break_len(0) == 0 {
            self.next();
        }
    }

    pub(super) fn take_while(&mut self, fits: impl Fn(u8) -> bool) -> String {
        let mut taken = Vec::new();
        while !self.at_end() && fits(self.byte(0)) {
            taken.push(self.next());
        }
        String::from_utf8_lossy(&taken).into_owned()
    }
}

pub(super) fn is_document_start(text: &Text<'_>) -> bool {
    is_document_mark(text, b'-')
}

pub(super) fn is_document_end(text: &Text<'_>) -> bool {
    is_document_mark(text, b'.')
}

fn is_document_mark(text: &Text<'_>, byte: u8) -> bool {
    (0..3).all(|i| text.byte(i) == byte) && (text.is_blank_or_break(3) || text.is_end(3))
}

pub(super) fn is_block_entry(text: &Text<'_>) -> bool {
    text.byte(0) == b'-' && (text.is_blank_or_break(1) || text.is_end(1))
}

/// Whether a plain scalar can begin here.
pub(super) fn starts_plain(text: &Text<'_>, flow: bool) -> bool {
    let byte = text.byte(0);
    if text.is_blank_or_break(0) || b",[]{}#&*!|>'\"%@`".contains(&byte) {
        return false;
    }
    match flow {
        true if byte == b'?' => false,
        true if b"-:".contains(&byte) => !text.is_blank(1) && !text.is_end(1),
        false if b"-?:".contains(&byte) => !text.is_blank_or_break(1) && !text.is_end(1),
        _ => true,
    }
}

/// Whether a plain scalar ends here.
pub(super) fn ends_plain(text: &Text<'_>, flow: bool) -> bool {
    let byte = text.byte(0);
    let comment = text.break_len(0).max(1);
    if text.is_blank_or_break(0) && text.byte(comment) == b'#' {
        return true;
    }
    let colon = byte == b':' && (text.is_blank_or_break(1) || text.is_end(1));
    match flow {
        false => colon,
        true => {
            colon || (byte == b':' && b",]}".contains(&text.byte(1))) || b",?[]{}".contains(&byte)
        }
    }
}

pub(super) fn is_anchor(byte: u8) -> bool {
    !b"[]{}, \t\r\n".contains(&byte)
}

/// Goes behind a tag whose `!` was taken.
pub(super) fn skip_tag(text: &mut Text<'_>) -> Result<(), Error> {
    let error = |at: Position, message: &str| Err(Error { at, message: message.to_owned() });
    if text.byte(0) == b'<' {
        text.skip(1);
        while let len @ 1.. = uri_len(text, b"#;/?:@&=+$,_.!~*'()[]") {
            text.skip(len);
        }
        if text.next() != b'>' {
            return error(text.position(), "end of verbatim tag not found");
        }
        return Ok(());
    }
    // Either a handle, all of letters, digits and dashes, that ends in another `!`, or the tag itself.
    let mut first_other = None;
    while let len @ 1.. = uri_len(text, b"#;/?:@&=+$_.~*'()") {
        let word = text.byte(0).is_ascii_alphanumeric() || text.byte(0) == b'-';
        if !word && first_other.is_none() {
            first_other = Some(text.position());
        }
        text.skip(len);
    }
    if text.byte(0) != b'!' {
        return Ok(());
    }
    if let Some(at) = first_other {
        return error(at, "illegal character found while scanning tag handle");
    }
    text.skip(1);
    let start = text.position();
    while let len @ 1.. = uri_len(text, b"#;/?:@&=+$_.~*'()") {
        text.skip(len);
    }
    match text.position() == start {
        true => error(start, "tag handle with no suffix"),
        false => Ok(()),
    }
}

/// How long the character of an address here is: 0 if it is none.
fn uri_len(text: &Text<'_>, special: &[u8]) -> usize {
    let byte = text.byte(0);
    if byte.is_ascii_alphanumeric() || byte == b'-' || special.contains(&byte) {
        return 1;
    }
    let hex = text.byte(1).is_ascii_hexdigit() && text.byte(2).is_ascii_hexdigit();
    if byte == b'%' && hex { 3 } else { 0 }
}
