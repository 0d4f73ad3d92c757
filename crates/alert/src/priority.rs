//! How grave an alert is.

use std::fmt;
use std::str::FromStr;

/// How grave an alert is; the numbers are syslog's. Smaller is graver, so `a <= b` reads "a is at least as grave as b".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    Emergency,
    Alert,
    Critical,
    Error,
    Warning,
    Notice,
    Informational,
    Debug,
}

/// A text that names no priority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPriority(pub String);

impl Priority {
    pub const ALL: [Self; 8] = [
        Self::Emergency,
        Self::Alert,
        Self::Critical,
        Self::Error,
        Self::Warning,
        Self::Notice,
        Self::Informational,
        Self::Debug,
    ];

    /// The name in alerts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Emergency => "Emergency",
            Self::Alert => "Alert",
            Self::Critical => "Critical",
            Self::Error => "Error",
            Self::Warning => "Warning",
            Self::Notice => "Notice",
            Self::Informational => "Informational",
            Self::Debug => "Debug",
        }
    }

    /// The name in statistics.
    pub const fn short_upper(self) -> &'static str {
        match self {
            Self::Emergency => "EMERGENCY",
            Self::Alert => "ALERT",
            Self::Critical => "CRITICAL",
            Self::Error => "ERROR",
            Self::Warning => "WARNING",
            Self::Notice => "NOTICE",
            Self::Informational => "INFO",
            Self::Debug => "DEBUG",
        }
    }

    /// The number that syslog gives it, 0 (emergency) to 7 (debug).
    pub const fn number(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Priority {
    type Err = UnknownPriority;

    /// In any case; "info" is short for informational.
    fn from_str(text: &str) -> Result<Self, UnknownPriority> {
        if text.eq_ignore_ascii_case("info") {
            return Ok(Self::Informational);
        }
        Self::ALL
            .into_iter()
            .find(|priority| priority.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownPriority(text.to_owned()))
    }
}

impl fmt::Display for UnknownPriority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown priority \"{}\": must be one of emergency, alert, critical, error, warning, notice, informational, debug",
            self.0
        )
    }
}

impl std::error::Error for UnknownPriority {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_in_any_case() {
        for priority in Priority::ALL {
            assert_eq!(priority.name().parse(), Ok(priority));
            assert_eq!(priority.name().to_uppercase().parse(), Ok(priority));
        }
        assert_eq!("info".parse(), Ok(Priority::Informational));
        assert_eq!("huh".parse::<Priority>(), Err(UnknownPriority("huh".to_owned())));
    }

    #[test]
    fn graver_is_smaller() {
        assert!(Priority::Critical < Priority::Warning);
        assert_eq!(Priority::Warning.number(), 4);
    }
}
