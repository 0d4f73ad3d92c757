//! Versions of the form `major.minor.patch`, and which one serves for which.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Version {
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
}

impl Version {
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// Three numbers with dots between them, as C's `scanf` reads them: blanks and a sign may stand before each, and what
    /// follows the third is ignored.
    pub fn parse(text: &str) -> Option<Self> {
        let (major, rest) = number(text)?;
        let (minor, rest) = number(rest.strip_prefix('.')?)?;
        let (patch, _) = number(rest.strip_prefix('.')?)?;
        Some(Self { major, minor, patch })
    }

    /// Whether this version serves where `required` is asked for: the same major version, and no older.
    pub fn serves(self, required: Self) -> bool {
        self.major == required.major && self >= required
    }
}

/// A number, and what follows it; one that does not fit wraps around.
fn number(text: &str) -> Option<(u32, &str)> {
    let text = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let (negative, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, rest) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
    if digits.is_empty() {
        return None;
    }
    let [a, b, c, d, ..] = digits.parse().unwrap_or(u64::MAX).to_le_bytes();
    let number = u32::from_le_bytes([a, b, c, d]);
    Some((if negative { number.wrapping_neg() } else { number }, rest))
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_numbers_make_a_version() {
        assert_eq!(Version::parse("0.30.1-rc1"), Some(Version::new(0, 30, 1)));
        assert_eq!(Version::parse(" 1. +2.03.4"), Some(Version::new(1, 2, 3)));
        assert_eq!(Version::parse("-1.4294967296.0"), Some(Version::new(u32::MAX, 0, 0)));
        for text in ["", "1", "1.2", "1.2.", "a.b.c", "v1.2.3", "1.2.x", "1 .2.3", "1.--2.3"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_newer_version_of_the_same_major_serves() {
        let ours = Version::new(0, 63, 0);
        assert!(ours.serves(Version::new(0, 31, 9)));
        assert!(ours.serves(ours));
        assert!(!ours.serves(Version::new(0, 64, 0)));
        assert!(!ours.serves(Version::new(1, 0, 0)));
    }
}
