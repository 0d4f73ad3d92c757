//! Literals that are legal but probably not meant.

use crate::ast::{Operand, Operator, Position, Text, Transformer};
use crate::check::Warning;
use crate::{Scheme, parse_operand};

/// Adds what is suspicious about one literal.
pub(crate) fn about<S: Scheme>(
    scheme: &S,
    operator: Operator,
    position: Position,
    value: &Text,
    warnings: &mut Vec<Warning>,
) {
    let shown = value.to_str_lossy();
    let mut warn = |message| warnings.push(Warning { position, message });
    if operator == Operator::Regex && is_plain_regex(value.as_bytes()) {
        warn(format!(
            "regex check with '{shown}' may be optimized with simpler operators such as \
             '=', 'contains', 'startswith', 'endswith'"
        ));
    }
    let compact: String = shown.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    if is_field(scheme, &compact) {
        warn(format!("'{shown}' may be a valid field misused as a const string value"));
    }
    let is_transformer = |t: &Transformer| {
        let rest = compact.strip_prefix(t.name()).and_then(|rest| rest.strip_prefix('('));
        rest.is_some_and(|rest| rest.ends_with(')'))
    };
    if Transformer::ALL.iter().any(is_transformer) {
        warn(format!("'{shown}' may be a valid field transformer misused as a const string value"));
    }
}

/// Whether a text is the name of a field.
pub fn is_field<S: Scheme>(scheme: &S, text: &str) -> bool {
    // Most literals are not even shaped like a field, and lists of literals can be long.
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) || !text.contains('.') {
        return false;
    }
    match parse_operand(text) {
        Ok((Operand::Field(field), length)) if length == text.len() => {
            scheme.field(&field.name, field.arg.as_deref()).is_ok()
        }
        _ => false,
    }
}

/// Nothing in it is special, apart from anchors and a wildcard at either end, which other operators have built in.
pub fn is_plain_regex(pattern: &[u8]) -> bool {
    let mut i = 0;
    while let Some(byte) = pattern.get(i) {
        let at_end = i + 2 == pattern.len();
        let wildcard = *byte == b'.' && pattern.get(i + 1).is_some_and(|b| b"+*?".contains(b));
        let anchor = (i == 0 && *byte == b'^') || (i + 1 == pattern.len() && *byte == b'$');
        if anchor {
            i += 1;
        } else if wildcard && (i == 0 || at_end) {
            i += 2;
        } else if b".+*?^$()[]{}|\\".contains(byte) {
            return false;
        } else {
            i += 1;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_at_the_ends_are_not_a_reason_for_a_regex() {
        for (pattern, simple) in [
            ("/etc/.*", true),
            (".*etc", true),
            ("^etc$", true),
            ("etc", true),
            ("/etc/.{2}", false),
            ("a.*b", false),
            ("a|b", false),
            ("^.*etc", false),
        ] {
            assert_eq!(is_plain_regex(pattern.as_bytes()), simple, "{pattern}");
        }
    }
}
