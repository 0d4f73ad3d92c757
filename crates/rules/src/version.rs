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

    /// Three numbers with dots between them; what follows the third is ignored.
    pub fn parse(text: &str) -> Option<Self> {
        let (major, rest) = text.split_once('.')?;
        let (minor, rest) = rest.split_once('.')?;
        let patch = &rest[..rest.bytes().take_while(u8::is_ascii_digit).count()];
        let number = |digits: &str| {
            let plain = digits.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| digits.parse().ok()).flatten()
        };
        Some(Self { major: number(major)?, minor: number(minor)?, patch: number(patch)? })
    }

    /// Whether this version serves where `required` is asked for: the same major version, and no older.
    pub fn serves(self, required: Self) -> bool {
        self.major == required.major && self >= required
    }
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
        for text in ["", "1", "1.2", "1.2.", "a.b.c", "-1.2.3", "1.2.x", "1.+2.3"] {
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
