//! The text of a scalar: where it ends, how its lines are joined, what its escapes mean.

use super::Error;
use super::chars::{self, Text};

/// How lines are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fold {
    /// They are not: `|`.
    None,
    /// Neighbours by a blank, unless indented: `>`.
    Block,
    /// By a blank; indentation says nothing: plain and quoted.
    Flow,
}

/// What becomes of line ends at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Chomp {
    Strip,
    /// One stays.
    #[default]
    Clip,
    Keep,
}

/// What ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    Plain {
        flow: bool,
    },
    Quote(u8),
    /// Only indentation does.
    Never,
}

/// How to read one scalar.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scalar {
    ends: Ends,
    fold: Fold,
    chomp: Chomp,
    /// Lines that are less indented do not belong to it.
    indent: usize,
    /// The first line that is not empty sets the indentation.
    detect_indent: bool,
}

/// What follows `|` or `>` on its line.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Header {
    chomp: Chomp,
    indent: Option<usize>,
}

impl Scalar {
    pub(super) const fn plain(flow: bool, indent: usize) -> Self {
        let (ends, fold, chomp) = (Ends::Plain { flow }, Fold::Flow, Chomp::Strip);
        Self { ends, fold, chomp, indent, detect_indent: false }
    }

    pub(super) const fn quoted(quote: u8) -> Self {
        let (ends, fold, chomp) = (Ends::Quote(quote), Fold::Flow, Chomp::Clip);
        Self { ends, fold, chomp, indent: 0, detect_indent: false }
    }

    /// `outer` is the column of the block that it is in.
    pub(super) fn block(fold: Fold, header: Header, outer: Option<usize>) -> Self {
        let indent = header.indent.unwrap_or(1) + outer.unwrap_or(0);
        let detect_indent = header.indent.is_none();
        Self { ends: Ends::Never, fold, chomp: header.chomp, indent, detect_indent }
    }

    /// Reads it. Says also whether it ended because of the indentation of a line.
    pub(super) fn read(mut self, text: &mut Text<'_>) -> Result<(String, bool), Error> {
        let mut out = Out::default();
        let mut lines = Lines { past_first_break: self.fold == Fold::Flow, ..Lines::default() };
        let mut ended_line = false;
        while !text.at_end() {
            let line = self.line(text, &mut out, &mut lines)?;
            if text.at_end() {
                if matches!(self.ends, Ends::Quote(_)) && !line.closed {
                    return Err(error(text, "illegal EOF in scalar"));
                }
                break;
            }
            if line.closed {
                break;
            }
            if self.fold == Fold::Flow {
                out.bytes.truncate(line.trimmed);
            }
            text.skip(text.break_len(0));
            self.skip_indent(text, &mut lines)?;
            self.join(text, &mut out, &mut lines, line.escaped_break);
            if !lines.empty && text.column() < self.indent {
                ended_line = true;
                break;
            }
        }
        if matches!(self.ends, Ends::Plain { .. }) {
            out.trim_end(b" \t", 0);
        }
        match self.chomp {
            Chomp::Keep => {}
            Chomp::Clip => out.trim_end(b"\n", 1),
            Chomp::Strip => out.trim_end(b"\n", 0),
        }
        Ok((String::from_utf8_lossy(&out.bytes).into_owned(), ended_line))
    }

    /// Reads to the end of the line or of the scalar.
    fn line(&self, text: &mut Text<'_>, out: &mut Out, lines: &mut Lines) -> Result<Line, Error> {
        let mut line = Line { trimmed: out.bytes.len(), escaped_break: false, closed: false };
        while !text.at_end() {
            if self.ends_here(text) {
                if matches!(self.ends, Ends::Quote(_)) {
                    text.skip(1);
                }
                line.closed = true;
                break;
            }
            if text.break_len(0) > 0 {
                break;
            }
            let marks_document = text.column() == 0
                && (chars::is_document_start(text) || chars::is_document_end(text));
            match self.ends {
                Ends::Plain { .. } if marks_document => {
                    line.closed = true;
                    break;
                }
                Ends::Quote(_) if marks_document => {
                    return Err(error(text, "illegal document indicator in scalar"));
                }
                _ => {}
            }
            (lines.any, lines.past_first_break) = (true, true);
            let escape = matches!(
                (self.ends, text.byte(0)),
                (Ends::Quote(b'"'), b'\\') | (Ends::Quote(b'\''), b'\'')
            );
            if escape && text.byte(0) == b'\\' && text.break_len(1) > 0 {
                // Keeps the blanks before it.
                text.skip(1);
                line.trimmed = out.bytes.len();
                out.escaped = out.bytes.len();
                line.escaped_break = true;
                break;
            }
            if escape {
                unescape(text, &mut out.bytes)?;
                line.trimmed = out.bytes.len();
                out.escaped = out.bytes.len();
                continue;
            }
            let byte = text.next();
            out.bytes.push(byte);
            if !matches!(byte, b' ' | b'\t') {
                line.trimmed = out.bytes.len();
            }
        }
        Ok(line)
    }

    fn ends_here(&self, text: &Text<'_>) -> bool {
        match self.ends {
            Ends::Plain { flow } => chars::ends_plain(text, flow),
            Ends::Quote(b'\'') => text.byte(0) == b'\'' && text.byte(1) != b'\'',
            Ends::Quote(quote) => text.byte(0) == quote,
            Ends::Never => false,
        }
    }

    /// Goes to where the text of a line begins.
    fn skip_indent(&mut self, text: &mut Text<'_>, lines: &mut Lines) -> Result<(), Error> {
        let detecting = self.detect_indent && !lines.any;
        while text.byte(0) == b' '
            && (text.column() < self.indent || detecting)
            && !self.ends_here(text)
        {
            text.skip(1);
        }
        if detecting {
            self.indent = self.indent.max(text.column());
        }
        while text.is_blank(0) {
            let tab = text.byte(0) == b'\t' && text.column() < self.indent;
            if tab && !matches!(self.ends, Ends::Quote(_)) {
                return Err(error(text, "illegal tab when looking for indentation"));
            }
            if self.fold != Fold::Flow || self.ends_here(text) {
                break;
            }
            text.skip(1);
        }
        Ok(())
    }

    /// Adds what stands for the line end between two lines.
    fn join(&self, text: &Text<'_>, out: &mut Out, lines: &mut Lines, escaped_break: bool) {
        let next_empty = text.break_len(0) > 0;
        let next_indented = text.is_blank(0);
        if self.fold == Fold::Block && lines.held == 0 && next_empty {
            lines.held_after_indented = lines.indented;
        }
        if lines.past_first_break {
            match self.fold {
                Fold::None => out.bytes.push(b'\n'),
                Fold::Block => {
                    let neighbours =
                        !lines.empty && !next_empty && !lines.indented && !next_indented;
                    if neighbours && text.column() >= self.indent {
                        out.bytes.push(b' ');
                    } else if next_empty {
                        lines.held += 1;
                    } else {
                        out.bytes.push(b'\n');
                    }
                    if !next_empty && lines.held > 0 {
                        out.bytes.extend(std::iter::repeat_n(b'\n', lines.held - 1));
                        if lines.held_after_indented || next_indented || !lines.any {
                            out.bytes.push(b'\n');
                        }
                        lines.held = 0;
                    }
                }
                Fold::Flow if next_empty => out.bytes.push(b'\n'),
                Fold::Flow if !lines.empty && !escaped_break => out.bytes.push(b' '),
                Fold::Flow => {}
            }
        }
        lines.empty = next_empty;
        lines.indented = next_indented;
        lines.past_first_break = true;
    }
}

/// The text so far.
#[derive(Default)]
struct Out {
    bytes: Vec<u8>,
    /// The length when the last escape was read; what is before it is never trimmed.
    escaped: usize,
}

impl Out {
    /// Removes such bytes from the end, but for a few.
    fn trim_end(&mut self, bytes: &[u8], but: usize) {
        let kept = self.bytes.iter().rposition(|byte| !bytes.contains(byte)).map_or(0, |i| i + 1);
        let floor = if self.escaped > 0 { kept.max(self.escaped + 1) } else { kept };
        // A scalar of nothing but line ends has none to keep.
        let but = if floor == 0 { 0 } else { but };
        self.bytes.truncate(floor + but);
    }
}

/// What was seen of one line.
struct Line {
    /// The length of the text without the blanks at the end of the line.
    trimmed: usize,
    escaped_break: bool,
    /// The scalar ended on it.
    closed: bool,
}

/// What was seen of the lines before.
#[derive(Default)]
struct Lines {
    /// One of them has text.
    any: bool,
    past_first_break: bool,
    /// The last one is empty, or begins with blanks beyond the indentation.
    empty: bool,
    indented: bool,
    /// Line ends of empty lines that were not written yet.
    held: usize,
    held_after_indented: bool,
}

fn error(text: &Text<'_>, message: &str) -> Error {
    Error { at: text.position(), message: message.to_owned() }
}

/// Reads what follows `|` or `>` on its line.
pub(super) fn block_header(text: &mut Text<'_>) -> Result<Header, Error> {
    let mut header = Header::default();
    let (mut chomped, mut indented) = (false, false);
    loop {
        match text.byte(0) {
            sign @ (b'+' | b'-') if !chomped => {
                header.chomp = if sign == b'+' { Chomp::Keep } else { Chomp::Strip };
                chomped = true;
            }
            digit @ b'0'..=b'9' if !indented => {
                header.indent = Some(usize::from(digit - b'0'));
                indented = true;
            }
            _ => break,
        }
        text.skip(1);
        if header.indent == Some(0) {
            return Err(error(text, "cannot set zero indentation for a block scalar"));
        }
    }
    while text.is_blank(0) {
        text.skip(1);
    }
    if text.byte(0) == b'#' {
        text.skip_line();
    }
    if !text.at_end() && text.break_len(0) == 0 {
        return Err(error(text, "unexpected character in block scalar"));
    }
    Ok(header)
}

/// Reads an escape and adds what it stands for.
fn unescape(text: &mut Text<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    text.skip(1);
    let byte = text.next();
    let plain: &[u8] = match byte {
        b'0' => b"\0",
        b'a' => b"\x07",
        b'b' => b"\x08",
        b't' | b'\t' => b"\t",
        b'n' => b"\n",
        b'v' => b"\x0b",
        b'f' => b"\x0c",
        b'r' => b"\r",
        b'e' => b"\x1b",
        b' ' => b" ",
        b'"' => b"\"",
        b'\'' => b"'",
        b'\\' => b"\\",
        b'/' => b"/",
        b'N' => "\u{85}".as_bytes(),
        b'_' => "\u{a0}".as_bytes(),
        b'L' => "\u{2028}".as_bytes(),
        b'P' => "\u{2029}".as_bytes(),
        b'x' => return hex(text, 2, out),
        b'u' => return hex(text, 4, out),
        b'U' => return hex(text, 8, out),
        _ => {
            let message = format!("unknown escape character: {}", char::from(byte));
            return Err(error(text, &message));
        }
    };
    out.extend(plain);
    Ok(())
}

fn hex(text: &mut Text<'_>, digits: usize, out: &mut Vec<u8>) -> Result<(), Error> {
    let mut value = 0_u32;
    let mut good = true;
    for _ in 0..digits {
        match char::from(text.next()).to_digit(16) {
            Some(digit) => value = value.wrapping_mul(16).wrapping_add(digit),
            None => good = false,
        }
    }
    if !good {
        return Err(error(text, "bad character found while scanning hex number"));
    }
    match char::from_u32(value) {
        Some(c) => {
            out.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
            Ok(())
        }
        None => Err(error(text, &format!("invalid unicode: {value}"))),
    }
}
