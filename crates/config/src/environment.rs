//! `${NAME}` in the scalars of configuration files.

use gyr_diag::yaml::{Node, Value};

/// A value may name further variables; no honest one nests deeper.
const MAX_EXPANSIONS: usize = 64;

/// Expands the scalars of a tree; keys stay as they are.
pub(crate) fn expand(node: &mut Node, variable: &dyn Fn(&str) -> Option<String>) {
    match &mut node.value {
        Value::Scalar { text, .. } if text.contains("${") => *text = expanded(text, variable),
        Value::Scalar { .. } | Value::Null => {}
        Value::Sequence(items) => items.iter_mut().for_each(|item| expand(item, variable)),
        Value::Mapping(pairs) => pairs.iter_mut().for_each(|(_, value)| expand(value, variable)),
    }
}

/// `${NAME}` becomes the variable or nothing, `$${NAME}` a literal `${NAME}`; what is not closed stays.
fn expanded(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> String {
    let mut done = String::new();
    let mut rest = text.to_owned();
    let mut n_expansions = 0;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, behind)) = after.split_once('}') else { break };
        if let Some(escaped) = before.strip_suffix('$') {
            done.push_str(&format!("{escaped}${{{name}}}"));
            rest = behind.to_owned();
            continue;
        }
        n_expansions += 1;
        if n_expansions > MAX_EXPANSIONS {
            break;
        }
        done.push_str(before);
        rest = format!("{}{behind}", variable(name).unwrap_or_default());
    }
    done + &rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str) -> Option<String> {
        let value = match name {
            "A" => "1",
            "NESTED" => "<${A}>",
            "LOOP" => "${LOOP}",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn variables_expand_as_documented() {
        let cases = [
            ("${A}", "1"),
            ("x${A}y${A}", "x1y1"),
            ("${UNSET}", ""),
            ("$${A}", "${A}"),
            ("$A $$A", "$A $$A"),
            ("${A", "${A"),
            ("${NESTED}", "<1>"),
            ("${A}$${A}${A}", "1${A}1"),
        ];
        for (text, want) in cases {
            assert_eq!(expanded(text, &variable), want, "{text}");
        }
    }

    #[test]
    fn a_variable_that_names_itself_ends() {
        assert_eq!(expanded("${LOOP}", &variable), "${LOOP}");
    }
}
