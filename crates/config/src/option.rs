//! `-o key.path[n]=value`.

use gyr_diag::Position;
use gyr_diag::yaml::{self, Node, Value};

/// A step from a node to one within it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    /// `[n]`
    Index(usize),
    /// `[]`: a new item at the end.
    Append,
}

/// Why an option is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    #[error("Error parsing config option \"{0}\". Must be of the form key=val or key.subkey=val")]
    NoValue(String),
    #[error("Config error at key \"{key}\": Parsing error: {what}")]
    Key { key: String, what: String },
    #[error("Config error at key \"{key}\": {what}")]
    Value { key: String, what: String },
}

/// No configuration has longer lists; an index beyond would only fill memory.
const MAX_INDEX: usize = 9_999;

/// Reads one option into its path and its value. What stands in braces is YAML, all else is text as it is.
pub(crate) fn parse(option: &str) -> Result<(Vec<Step>, Node), OptionError> {
    let (key, value) =
        option.split_once('=').ok_or_else(|| OptionError::NoValue(option.to_owned()))?;
    let path = parse_path(key).map_err(|what| OptionError::Key { key: key.to_owned(), what })?;
    let node = match value.starts_with('{') && value.ends_with('}') {
        true => yaml::parse(value)
            .map_err(|error| OptionError::Value { key: key.to_owned(), what: error.message })?
            .into_iter()
            .next()
            .unwrap_or_else(|| text(value)),
        false => text(value),
    };
    Ok((path, node))
}

/// Sets what the path leads to; what is missing on the way, or of another kind, is made.
pub(crate) fn set(node: &mut Node, path: &[Step], value: Node) {
    let Some((step, rest)) = path.split_first() else {
        *node = value;
        return;
    };
    let span = node.span;
    match step {
        Step::Key(key) => {
            let mut pairs = match std::mem::replace(&mut node.value, Value::Null) {
                Value::Mapping(pairs) => pairs,
                _ => Vec::new(),
            };
            let known = pairs.iter().position(|(name, _)| name.as_str() == Some(key));
            let at = known.unwrap_or_else(|| {
                pairs.push((Node::scalar(value.span, key), Node::null(span)));
                pairs.len() - 1
            });
            set(&mut pairs[at].1, rest, value);
            node.value = Value::Mapping(pairs);
        }
        Step::Index(_) | Step::Append => {
            let mut items = match std::mem::replace(&mut node.value, Value::Null) {
                Value::Sequence(items) => items,
                _ => Vec::new(),
            };
            let at = if let Step::Index(index) = step { *index } else { items.len() };
            while items.len() <= at {
                items.push(Node::null(span));
            }
            set(&mut items[at], rest, value);
            node.value = Value::Sequence(items);
        }
    }
}

fn text(text: &str) -> Node {
    let value = Value::Scalar { text: text.to_owned(), plain: true };
    Node { span: gyr_diag::Span::at(Position::default()), value }
}

/// `Key := Part ('.' Part)*`, `Part := (character | '\' special)+ ('[' digits? ']')*`; special are `. [ ] \`.
fn parse_path(key: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut part = String::new();
    let mut chars = key.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some((_, c @ ('.' | '[' | ']' | '\\'))) => part.push(c),
                Some((_, c)) => {
                    return Err(format!("invalid escape sequence '\\{c}' at pos {at}"));
                }
                None => return Err(format!("trailing backslash at pos {at}")),
            },
            '.' | '[' if part.is_empty() => {
                return Err(format!("unexpected character at pos {at}"));
            }
            ']' => return Err(format!("unexpected character at pos {at}")),
            '.' => {
                steps.push(Step::Key(std::mem::take(&mut part)));
                if chars.peek().is_none() {
                    return Err(format!("unexpected character at pos {at}"));
                }
            }
            '[' => {
                steps.push(Step::Key(std::mem::take(&mut part)));
                parse_indices(&mut chars, &mut steps)?;
                match chars.next() {
                    None => return Ok(steps),
                    Some((_, '.')) if chars.peek().is_some() => {}
                    Some((at, _)) => return Err(format!("expected '.' character at pos {at}")),
                }
            }
            c => part.push(c),
        }
    }
    if part.is_empty() {
        return Err("unexpected character at pos 0".to_owned());
    }
    steps.push(Step::Key(part));
    Ok(steps)
}

/// Reads what follows a `[`, and further brackets.
fn parse_indices(
    chars: &mut std::iter::Peekable<std::str::CharIndices<'_>>,
    steps: &mut Vec<Step>,
) -> Result<(), String> {
    loop {
        let mut digits = String::new();
        loop {
            match chars.next() {
                Some((_, ']')) => break,
                Some((_, c)) if c.is_ascii_digit() => digits.push(c),
                Some((_, c)) => return Err(format!("expected a numeric index, found '{c}'")),
                None => return Err("expected a numeric index, found the end".to_owned()),
            }
        }
        steps.push(match digits.as_str() {
            "" => Step::Append,
            _ => match digits.parse() {
                Ok(index) if index <= MAX_INDEX => Step::Index(index),
                _ => return Err(format!("index {digits} is larger than {MAX_INDEX}")),
            },
        });
        if chars.next_if(|(_, c)| *c == '[').is_none() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Step {
        Step::Key(name.to_owned())
    }

    #[test]
    fn paths_have_keys_indices_and_escapes() {
        let cases = [
            ("a", vec![key("a")]),
            ("a.b", vec![key("a"), key("b")]),
            ("a[2].b", vec![key("a"), Step::Index(2), key("b")]),
            ("a[].b", vec![key("a"), Step::Append, key("b")]),
            ("a[0][]", vec![key("a"), Step::Index(0), Step::Append]),
            (r"a\.b\[0\]\\", vec![key(r"a.b[0]\")]),
        ];
        for (path, want) in cases {
            assert_eq!(parse_path(path).as_ref(), Ok(&want), "{path}");
        }
    }

    #[test]
    fn wrong_paths_are_refused() {
        let cases = [
            ("", "unexpected character at pos 0"),
            (".a", "unexpected character at pos 0"),
            ("a.", "unexpected character at pos 1"),
            ("a..b", "unexpected character at pos 2"),
            ("a]", "unexpected character at pos 1"),
            ("a[x]", "expected a numeric index, found 'x'"),
            ("a[1", "expected a numeric index, found the end"),
            ("a[1]b", "expected '.' character at pos 4"),
            ("a[99999999999999999999]", "index 99999999999999999999 is larger than 9999"),
            ("a\\", "trailing backslash at pos 1"),
            ("a\\x", "invalid escape sequence '\\x' at pos 1"),
        ];
        for (path, want) in cases {
            assert_eq!(parse_path(path), Err(want.to_owned()), "{path}");
        }
    }

    #[test]
    fn options_change_a_tree() {
        let cases = [
            ("{a: 1}", "a=2", "{a: 2}"),
            ("{}", "a.b=x=y", "{a: {b: x=y}}"),
            ("{a: 1}", "a.b=2", "{a: {b: 2}}"),
            ("{l: [a]}", "l[]=b", "{l: [a, b]}"),
            ("{}", "l[1]=b", "{l: [~, b]}"),
            ("{}", "rules[].disable.rule=*", "{rules: [{disable: {rule: '*'}}]}"),
            ("{}", "a={b: [1, {c: 2}]}", "{a: {b: [1, {c: 2}]}}"),
        ];
        for (before, option, after) in cases {
            let mut root = yaml::parse(before).unwrap().remove(0);
            let (path, value) = parse(option).unwrap();
            set(&mut root, &path, value);
            let want = yaml::parse(after).unwrap().remove(0);
            assert_eq!(shape(&root), shape(&want), "{option}");
        }
    }

    fn shape(node: &Node) -> String {
        match &node.value {
            Value::Null => "~".to_owned(),
            Value::Scalar { text, .. } => format!("{text:?}"),
            Value::Sequence(items) => {
                format!("[{}]", items.iter().map(shape).collect::<Vec<_>>().join(","))
            }
            Value::Mapping(pairs) => {
                let pairs: Vec<_> =
                    pairs.iter().map(|(k, v)| format!("{}:{}", shape(k), shape(v))).collect();
                format!("{{{}}}", pairs.join(","))
            }
        }
    }
}
