//! Regular expressions as RE2 reads them in POSIX mode, translated for the regex crate.
//!
//! No Perl: neither `\d`, `\b`, `(?i)`, `(?:x)` nor `\pL`; `a+?` is `(a+)?`, not a lazy `a+`. `.` is not a newline, `^` and
//! `$` are ends of lines. The whole text must match, so that longest or first makes no difference.

use std::fmt::Write as _;
use std::hash::{Hash, Hasher};

/// What RE2 allows for one repetition.
const MAX_REPEAT: u32 = 1000;
/// Bytes of a compiled pattern.
const MAX_SIZE: usize = 8 << 20;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Regex {
    text: Box<str>,
    regex: regex::Regex,
}

/// What is wrong with a pattern, in RE2's terms.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegexError {
    #[error("missing ): {0}")]
    MissingParenthesis(String),
    #[error("unexpected ): {0}")]
    UnexpectedParenthesis(String),
    #[error("missing ]: {0}")]
    MissingBracket(String),
    #[error("invalid character class range: {0}")]
    Range(String),
    #[error("no argument for repetition operator: {0}")]
    NothingToRepeat(char),
    #[error("invalid repetition size: {0}")]
    RepeatSize(String),
    #[error("invalid escape sequence: {0}")]
    Escape(String),
    #[error("trailing \\ at end of regular expression")]
    TrailingBackslash,
    #[error("invalid UTF-8")]
    Utf8,
    #[error("pattern too large - compile failed")]
    TooLarge,
}

impl Regex {
    pub fn new(text: &[u8]) -> Result<Self, RegexError> {
        let text = std::str::from_utf8(text).map_err(|_| RegexError::Utf8)?;
        let translated = Translator::new(text).translate()?;
        let regex = regex::RegexBuilder::new(&translated)
            .multi_line(true)
            .size_limit(MAX_SIZE)
            .build()
            .map_err(|_| RegexError::TooLarge)?;
        Ok(Self { text: text.into(), regex })
    }

    pub fn text(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Whether the whole value matches; bytes that are not UTF-8 count as U+FFFD. Allocates only for those.
    pub fn matches(&self, value: &[u8]) -> bool {
        self.regex.is_match(&String::from_utf8_lossy(value))
    }
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Regex {}

impl Hash for Regex {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

/// Reads from the left and writes what the regex crate understands.
struct Translator<'a> {
    text: &'a str,
    rest: &'a str,
    out: String,
    /// Where each open parenthesis was written.
    groups: Vec<usize>,
    last: Last,
}

/// What a repetition operator would apply to.
#[derive(Clone, Copy)]
enum Last {
    Nothing,
    /// Something that begins here in the output.
    Atom(usize),
    /// The same with an operator already.
    Repeated(usize),
}

impl<'a> Translator<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            rest: text,
            out: String::from("\\A(?:"),
            groups: Vec::new(),
            last: Last::Nothing,
        }
    }

    fn translate(mut self) -> Result<String, RegexError> {
        while let Some(c) = self.next() {
            let start = self.out.len();
            match c {
                '(' => {
                    self.groups.push(start);
                    self.out.push_str("(?:");
                    self.last = Last::Nothing;
                    continue;
                }
                ')' => {
                    let Some(group) = self.groups.pop() else {
                        return Err(RegexError::UnexpectedParenthesis(self.text.to_owned()));
                    };
                    self.out.push(')');
                    self.last = Last::Atom(group);
                    continue;
                }
                '|' => {
                    self.out.push('|');
                    self.last = Last::Nothing;
                    continue;
                }
                '*' | '+' | '?' => {
                    self.repeat(c, c.encode_utf8(&mut [0; 4]))?;
                    continue;
                }
                '{' => {
                    if let Some((operator, rest)) = self.counted()? {
                        self.rest = rest;
                        self.repeat('{', &operator)?;
                        continue;
                    }
                    self.out.push_str("\\{");
                }
                '[' => self.class()?,
                '\\' => {
                    let c = self.escape()?;
                    self.literal(c);
                }
                '.' | '^' | '$' => self.out.push(c),
                c => self.literal(c),
            }
            self.last = Last::Atom(start);
        }
        if !self.groups.is_empty() {
            return Err(RegexError::MissingParenthesis(self.text.to_owned()));
        }
        self.out.push_str(")\\z");
        Ok(self.out)
    }

    /// Applies an operator to the last atom. One that has an operator is put in a group, else `+?` would be lazy.
    fn repeat(&mut self, shown: char, operator: &str) -> Result<(), RegexError> {
        let start = match self.last {
            Last::Nothing => return Err(RegexError::NothingToRepeat(shown)),
            Last::Atom(start) => start,
            Last::Repeated(start) => {
                self.out.insert_str(start, "(?:");
                self.out.push(')');
                start
            }
        };
        self.out.push_str(operator);
        self.last = Last::Repeated(start);
        Ok(())
    }

    /// `{2}`, `{2,}` or `{2,3}` after the brace; anything else is an ordinary brace.
    fn counted(&self) -> Result<Option<(String, &'a str)>, RegexError> {
        let Some((inner, rest)) = self.rest.split_once('}') else { return Ok(None) };
        let (low, high) = inner.split_once(',').unwrap_or((inner, inner));
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if low.is_empty() || !digits(low) || !digits(high) {
            return Ok(None);
        }
        let number = |s: &str| s.parse::<u32>().unwrap_or(u32::MAX);
        let (least, most) = (number(low), if high.is_empty() { number(low) } else { number(high) });
        if least > MAX_REPEAT || most > MAX_REPEAT || least > most {
            return Err(RegexError::RepeatSize(format!("{{{inner}}}")));
        }
        Ok(Some((format!("{{{inner}}}"), rest)))
    }

    fn class(&mut self) -> Result<(), RegexError> {
        let missing = || RegexError::MissingBracket(self.text.to_owned());
        let mut out = String::from("[");
        if let Some(rest) = self.rest.strip_prefix('^') {
            self.rest = rest;
            out.push('^');
        }
        let mut first = true;
        loop {
            if let Some(rest) = self.rest.strip_prefix(']').filter(|_| !first) {
                self.rest = rest;
                break;
            }
            if let Some(name) =
                self.rest.strip_prefix("[:").and_then(|rest| rest.split(":]").next())
                && self.rest.len() > name.len() + 3
            {
                if !POSIX_CLASSES.contains(&name.trim_start_matches('^')) {
                    return Err(RegexError::Range(format!("[:{name}:]")));
                }
                let _ = write!(out, "[:{name}:]");
                self.rest = &self.rest[name.len() + 4..];
                first = false;
                continue;
            }
            // A dash stands for itself only as the first or the last.
            if self.rest.starts_with('-') && !first && !self.rest.starts_with("-]") {
                return Err(RegexError::Range(self.rest.chars().take(2).collect()));
            }
            first = false;
            let low = self.class_char().unwrap_or_else(|| Err(missing()))?;
            let is_range = self.rest.starts_with('-') && !self.rest.starts_with("-]");
            let high = if is_range {
                self.rest = &self.rest[1..];
                self.class_char().unwrap_or_else(|| Err(missing()))?
            } else {
                low
            };
            if high < low {
                return Err(RegexError::Range(format!("{low}-{high}")));
            }
            let _ = write!(out, "\\x{{{:x}}}-\\x{{{:x}}}", u32::from(low), u32::from(high));
        }
        out.push(']');
        self.out.push_str(&out);
        Ok(())
    }

    fn class_char(&mut self) -> Option<Result<char, RegexError>> {
        match self.next()? {
            '\\' => Some(self.escape()),
            c => Some(Ok(c)),
        }
    }

    /// What follows a backslash. Of letters and digits only the ones of C are known.
    fn escape(&mut self) -> Result<char, RegexError> {
        let before = self.rest;
        let bad =
            |rest: &str| RegexError::Escape(format!("\\{}", &before[..before.len() - rest.len()]));
        let c = self.next().ok_or(RegexError::TrailingBackslash)?;
        let code = match c {
            'n' => return Ok('\n'),
            'r' => return Ok('\r'),
            't' => return Ok('\t'),
            'a' => return Ok('\u{7}'),
            'f' => return Ok('\u{c}'),
            'v' => return Ok('\u{b}'),
            // One digit alone would be a reference to a group.
            '1'..='7' if !self.rest.starts_with(|c: char| c.is_digit(8)) => {
                return Err(bad(self.rest));
            }
            '0'..='7' => {
                let more =
                    self.rest.bytes().take(2).take_while(|b| (b'0'..=b'7').contains(b)).count();
                self.rest = &self.rest[more..];
                u32::from_str_radix(&before[..=more], 8)
            }
            'x' => {
                let (digits, rest) = match self.rest.strip_prefix('{') {
                    Some(braced) => braced.split_once('}').ok_or_else(|| bad(self.rest))?,
                    None => self.rest.split_at_checked(2).ok_or_else(|| bad(self.rest))?,
                };
                if digits.len() > 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return Err(bad(self.rest));
                }
                self.rest = rest;
                u32::from_str_radix(digits, 16)
            }
            c if c.is_ascii_punctuation() && c != '_' => return Ok(c),
            _ => return Err(bad(self.rest)),
        };
        code.ok().and_then(char::from_u32).ok_or_else(|| bad(self.rest))
    }

    fn literal(&mut self, c: char) {
        self.out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }
}

const POSIX_CLASSES: &[&str] = &[
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_text_must_match() {
        for (pattern, value, expected) in [
            ("/etc/.*", "/etc/passwd", true),
            ("etc", "/etc/passwd", false),
            ("a|ab", "ab", true),
            ("a+?", "", true),
            ("a**", "aaa", true),
            ("a{2}{2}", "aaaa", true),
            ("a{,2}", "a{,2}", true),
            ("a{2,}", "aaa", true),
            ("x{", "x{", true),
            (".", "\n", false),
            ("[^a]", "\n", true),
            ("a$\n^b", "a\nb", true),
            ("^a$", "a", true),
            ("[[:alpha:]_-]+", "ab_-", true),
            ("[]a]+", "]a", true),
            ("[\\]\\\\]", "\\", true),
            ("\\x41\\x{e9}\\101", "AéA", true),
            ("\\.\\*", ".*", true),
            (".", "é", true),
            ("()|(a|)", "", true),
            ("(a|b)*c", "abbac", true),
        ] {
            let regex = Regex::new(pattern.as_bytes()).unwrap_or_else(|e| panic!("{pattern}: {e}"));
            assert_eq!(regex.matches(value.as_bytes()), expected, "{pattern} {value:?}");
        }
        assert!(Regex::new(b"a.b").unwrap().matches(b"a\xffb"));
    }

    #[test]
    fn perl_and_nonsense_are_refused() {
        for (pattern, message) in [
            ("/etc/(.*", "missing ): /etc/(.*"),
            ("a)", "unexpected ): a)"),
            ("[a", "missing ]: [a"),
            ("[z-a]", "invalid character class range: z-a"),
            ("[a-b-c]", "invalid character class range: -c"),
            ("[[:nope:]]", "invalid character class range: [:nope:]"),
            ("*a", "no argument for repetition operator: *"),
            ("(?i)a", "no argument for repetition operator: ?"),
            ("a|+", "no argument for repetition operator: +"),
            ("a{1001}", "invalid repetition size: {1001}"),
            ("a{3,2}", "invalid repetition size: {3,2}"),
            ("\\d", "invalid escape sequence: \\d"),
            ("\\b", "invalid escape sequence: \\b"),
            ("\\pL", "invalid escape sequence: \\p"),
            ("\\1", "invalid escape sequence: \\1"),
            ("\\", "trailing \\ at end of regular expression"),
        ] {
            let error = Regex::new(pattern.as_bytes()).expect_err(pattern);
            assert_eq!(error.to_string(), message, "{pattern}");
        }
        assert_eq!(Regex::new(b"\xff").unwrap_err(), RegexError::Utf8);
    }

    #[test]
    fn bombs_are_refused_at_once() {
        assert_eq!(Regex::new(b"((a{1000}){1000}){1000}").unwrap_err(), RegexError::TooLarge);
        let deep = [b"(".repeat(2000), b")".repeat(2000)].concat();
        assert_eq!(Regex::new(&deep).unwrap_err(), RegexError::TooLarge);
        assert!(Regex::new(&b"a".repeat(255)).is_ok());
    }
}
