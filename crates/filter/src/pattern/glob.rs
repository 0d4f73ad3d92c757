//! Shell patterns as `fnmatch` without flags has them: nothing is special about `/` and a leading dot.

use std::hash::{Hash, Hasher};

/// A compiled shell pattern over bytes.
#[derive(Clone, Debug)]
pub struct Glob {
    text: Box<[u8]>,
    ignore_case: bool,
    /// `None`: ends in a lone backslash and so matches nothing.
    tokens: Option<Box<[Token]>>,
}

#[derive(Clone, Debug)]
enum Token {
    /// Any number of bytes.
    Star,
    /// Any one byte.
    Any,
    Byte(u8),
    /// One bit a byte.
    Set(Box<[u64; 4]>),
}

impl Glob {
    /// Every text is a pattern. `ignore_case` is about ASCII letters.
    pub fn new(text: &[u8], ignore_case: bool) -> Self {
        Self { text: text.into(), ignore_case, tokens: tokens(text, ignore_case) }
    }

    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether the whole value matches. Takes at most the product of both lengths.
    pub fn matches(&self, value: &[u8]) -> bool {
        let Some(tokens) = &self.tokens else { return false };
        let (mut token, mut at) = (0, 0);
        // Where to go on when the text after the last star does not fit: one byte further.
        let mut retry: Option<(usize, usize)> = None;
        loop {
            match (tokens.get(token), value.get(at)) {
                (Some(Token::Star), _) => {
                    retry = Some((token + 1, at));
                    token += 1;
                    continue;
                }
                (Some(expected), Some(byte)) if expected.accepts(self.fold(*byte)) => {
                    token += 1;
                    at += 1;
                    continue;
                }
                (None, None) => return true,
                _ => {}
            }
            match &mut retry {
                Some((after_star, from)) if *from < value.len() => {
                    *from += 1;
                    (token, at) = (*after_star, *from);
                }
                _ => return false,
            }
        }
    }

    fn fold(&self, byte: u8) -> u8 {
        if self.ignore_case { byte.to_ascii_lowercase() } else { byte }
    }
}

impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, self.ignore_case) == (&other.text, other.ignore_case)
    }
}

impl Eq for Glob {}

impl Hash for Glob {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl Token {
    fn accepts(&self, byte: u8) -> bool {
        match self {
            Self::Star => false,
            Self::Any => true,
            Self::Byte(expected) => *expected == byte,
            Self::Set(bits) => bits[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1,
        }
    }
}

fn tokens(mut text: &[u8], ignore_case: bool) -> Option<Box<[Token]>> {
    let fold = |byte: u8| if ignore_case { byte.to_ascii_lowercase() } else { byte };
    let mut tokens = Vec::new();
    while let [first, rest @ ..] = text {
        text = rest;
        tokens.push(match first {
            b'*' => {
                if matches!(tokens.last(), Some(Token::Star)) {
                    continue;
                }
                Token::Star
            }
            b'?' => Token::Any,
            b'\\' => {
                let [escaped, rest @ ..] = text else { return None };
                text = rest;
                Token::Byte(fold(*escaped))
            }
            b'[' => match set(text, fold) {
                Some((bits, rest)) => {
                    text = rest;
                    Token::Set(Box::new(bits))
                }
                // Never closed: an ordinary character.
                None => Token::Byte(b'['),
            },
            byte => Token::Byte(fold(*byte)),
        });
    }
    Some(tokens.into())
}

/// The set after an opening bracket, and what follows its end.
fn set(text: &[u8], fold: impl Fn(u8) -> u8) -> Option<([u64; 4], &[u8])> {
    let (negated, mut text) = match text {
        [b'!' | b'^', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let mut bits = [0_u64; 4];
    let mut first = true;
    loop {
        let (item, rest) = match text {
            [b']', rest @ ..] if !first => {
                let bits = if negated { bits.map(|word| !word) } else { bits };
                return Some((bits, rest));
            }
            _ => item(text)?,
        };
        text = rest;
        first = false;
        let (low, high) = match item {
            Item::Class(class) => {
                (0..=u8::MAX).filter(|b| in_class(class, *b)).for_each(|b| add(&mut bits, fold(b)));
                continue;
            }
            Item::Byte(low) => match text {
                [b'-', end, ..] if *end != b']' => match self::item(&text[1..])? {
                    (Item::Byte(high), rest) => {
                        text = rest;
                        (low, high)
                    }
                    (Item::Class(_), _) => return None,
                },
                _ => (low, low),
            },
        };
        (fold(low)..=fold(high)).for_each(|b| add(&mut bits, b));
    }
}

enum Item<'a> {
    Byte(u8),
    /// The name in `[:name:]`.
    Class(&'a [u8]),
}

fn item(text: &[u8]) -> Option<(Item<'_>, &[u8])> {
    match text {
        [b'[', kind @ (b':' | b'.' | b'='), rest @ ..] => {
            let end = rest.windows(2).position(|pair| pair == [*kind, b']']);
            match (end, kind) {
                (Some(end), b':') => Some((Item::Class(&rest[..end]), &rest[end + 2..])),
                (Some(1), _) => Some((Item::Byte(rest[0]), &rest[3..])),
                (Some(_), _) => None,
                (None, _) => Some((Item::Byte(b'['), &text[1..])),
            }
        }
        [b'\\', escaped, rest @ ..] => Some((Item::Byte(*escaped), rest)),
        [byte, rest @ ..] => Some((Item::Byte(*byte), rest)),
        [] => None,
    }
}

/// The classes of the C locale.
fn in_class(name: &[u8], byte: u8) -> bool {
    match name {
        b"alpha" => byte.is_ascii_alphabetic(),
        b"digit" => byte.is_ascii_digit(),
        b"alnum" => byte.is_ascii_alphanumeric(),
        b"upper" => byte.is_ascii_uppercase(),
        b"lower" => byte.is_ascii_lowercase(),
        b"space" => byte.is_ascii_whitespace() || byte == 0x0b,
        b"blank" => byte == b' ' || byte == b'\t',
        b"punct" => byte.is_ascii_punctuation(),
        b"print" => byte.is_ascii_graphic() || byte == b' ',
        b"graph" => byte.is_ascii_graphic(),
        b"cntrl" => byte.is_ascii_control(),
        b"xdigit" => byte.is_ascii_hexdigit(),
        _ => false,
    }
}

fn add(bits: &mut [u64; 4], byte: u8) {
    bits[usize::from(byte >> 6)] |= 1 << (byte & 63);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_fnmatch_does() {
        for (pattern, value, expected) in [
            ("/home/*/.ssh/*", "/home/a/b/.ssh/id", true),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("?", "", false),
            ("?x", ".x", true),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[^a-c]x", "dx", true),
            ("[]a]", "]", true),
            ("[a", "[a", true),
            ("[[:digit:]]*", "7z", true),
            ("[[:nope:]]", "n", false),
            ("[a-]", "-", true),
            ("[\\]]", "]", true),
            ("\\*", "*", true),
            ("\\*", "x", false),
            ("a\\", "a\\", false),
            ("[[.-.]]", "-", true),
            ("*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            let glob = Glob::new(pattern.as_bytes(), false);
            assert_eq!(glob.matches(value.as_bytes()), expected, "{pattern} {value}");
        }
    }

    #[test]
    fn case_is_ignored_on_both_sides() {
        for pattern in ["aB*", "[A-C]b?", "[[:upper:]][b]c"] {
            let glob = Glob::new(pattern.as_bytes(), true);
            assert!(glob.matches(b"AbC"), "{pattern}");
            assert!(!glob.matches(b"AxC"), "{pattern}");
        }
    }
}
