//! Durations as Prometheus writes them: `1h30m`.

use std::time::Duration;

const UNITS: &[(&str, u64)] = &[
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Reads a duration; each unit at most once, in order of size. `None` if it is none.
pub(crate) fn interval(text: &str) -> Option<Duration> {
    let text: String = text.split_whitespace().collect();
    let mut rest = text.as_str();
    let mut units = UNITS.iter();
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (number, after) = split(rest, |c| c.is_ascii_digit());
        let (unit, after) = split(after, |c| c.is_ascii_alphabetic());
        let (_, size) = units.find(|(name, _)| *name == unit)?;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(*size)?)?;
        rest = after;
    }
    (!text.is_empty()).then_some(Duration::from_millis(total))
}

fn split(text: &str, is_first: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !is_first(c)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_in_order() {
        for (text, ms) in
            [("1h30m", 5_400_000), ("100ms", 100), ("1d 2s", 86_402_000), ("1m1ms", 60_001)]
        {
            assert_eq!(interval(text), Some(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "5000", "1m1h", "1s1s", "h", "1x", "99999999999999999999y", "-1s"] {
            assert_eq!(interval(text), None, "{text}");
        }
    }
}
