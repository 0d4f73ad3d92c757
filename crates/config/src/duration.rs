//! Durations as people write them: `10s`, `1h30m`, `500ms`.

use std::time::Duration;

/// Units from the largest, with their milliseconds; a year has 365 days.
const UNITS: &[(&str, u64)] = &[
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Reads a duration. Numbers, each with its unit, from the largest unit to the smallest; a number alone is milliseconds.
pub fn parse(text: &str) -> Option<Duration> {
    if let Ok(ms) = text.parse() {
        return Some(Duration::from_millis(ms));
    }
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut total_ms = 0_u64;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let (_, ms) = units.find(|(name, _)| *name == unit)?;
        total_ms = total_ms.checked_add(number.parse::<u64>().ok()?.checked_mul(*ms)?)?;
        rest = after;
    }
    (!text.is_empty()).then(|| Duration::from_millis(total_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_falling_units() {
        let cases = [
            ("10s", Some(10_000)),
            ("500ms", Some(500)),
            ("1h30m", Some(5_400_000)),
            ("1m1ms", Some(60_001)),
            ("1y", Some(31_536_000_000)),
            ("5000", Some(5_000)),
            ("0", Some(0)),
            ("", None),
            ("s", None),
            ("10", Some(10)),
            ("10x", None),
            ("1s1h", None),
            ("1s1s", None),
            ("1h30", None),
            ("-1s", None),
            ("99999999999999999999s", None),
            ("9999999999999999y", None),
        ];
        for (text, ms) in cases {
            assert_eq!(parse(text), ms.map(Duration::from_millis), "{text}");
        }
    }
}
