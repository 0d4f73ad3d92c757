//! What is wrong with a configuration tree, by the table of keys.

use gyr_diag::Position;
use gyr_diag::yaml::{Node, Value};

use crate::duration;
use crate::table::{KEYS, Key, Type};

/// What was found, and where.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) errors: Vec<(Position, String)>,
    /// The program runs, but perhaps not as meant.
    pub(crate) warnings: Vec<(Position, String)>,
}

/// Checks all keys of a tree.
pub(crate) fn check(root: &Node) -> Findings {
    let mut findings = Findings::default();
    if root.is_mapping() || root.is_null() {
        findings.mapping(root, "");
    } else {
        findings.error(root, "a configuration is a map of keys to values".to_owned());
    }
    findings
}

/// The row of a key.
pub(crate) fn row(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

impl Findings {
    fn mapping(&mut self, node: &Node, path: &str) {
        for (key, value) in node.pairs() {
            let name = key.as_str().unwrap_or_default();
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            if let Some(row) = row(&path) {
                self.value(value, row);
            } else if has_parts(&path, ".") {
                match value.value {
                    Value::Mapping(_) => self.mapping(value, &path),
                    Value::Null => {}
                    _ => self.error(value, format!("{path} must be a map")),
                }
            } else {
                let meant = nearest(&path)
                    .map(|near| format!(", did you mean {near}?"))
                    .unwrap_or_default();
                self.warn(key, format!("unknown key {path}{meant}"));
            }
        }
    }

    fn value(&mut self, node: &Node, row: &Key) {
        if node.is_null() {
            return;
        }
        let path = row.path;
        match row.ty {
            Type::Any => {}
            Type::Bool => {
                if node.as_bool().is_none() {
                    self.mistyped(node, row, "true or false");
                }
            }
            Type::Integer { min, max } => match node.as_i64() {
                Some(value) if (min..=max).contains(&value) => {}
                Some(value) => {
                    self.error(node, format!("{path} must be {}, not {value}", range(min, max)));
                }
                None => self.mistyped(node, row, "a whole number"),
            },
            Type::Number { min, max } => match node.as_f64() {
                Some(value) if (min..=max).contains(&value) => {}
                Some(value) => self.error(node, format!("{path} must not be {value}")),
                None => self.mistyped(node, row, "a number"),
            },
            Type::Text => {
                if node.as_str().is_none() {
                    self.mistyped(node, row, "text");
                }
            }
            Type::Duration => {
                if node.as_str().and_then(duration::parse).is_none() {
                    let text = node.as_str().unwrap_or_default();
                    self.error(node, format!("{path} \"{text}\" is no duration such as 1m30s"));
                }
            }
            Type::Choice { of, any_case } => match node.as_str() {
                Some(text) if is_choice(text, of, any_case) => {}
                _ => {
                    let text = node.as_str().unwrap_or_default();
                    self.error(node, format!("{path} \"{text}\" is not one of {}", of.join(", ")));
                }
            },
            Type::Texts => self.texts(node, path),
            Type::Choices(of) => {
                self.texts(node, path);
                let single = std::slice::from_ref(node);
                for item in if node.is_sequence() { node.items() } else { single } {
                    let Some(text) = item.as_str().filter(|text| !of.contains(text)) else {
                        continue;
                    };
                    self.error(item, format!("{path} \"{text}\" is not one of {}", of.join(", ")));
                }
            }
            Type::Entries => self.entries(node, path),
            Type::Map => {
                if !node.is_mapping() {
                    self.error(node, format!("{path} must be a map"));
                }
            }
        }
    }

    fn texts(&mut self, node: &Node, path: &str) {
        if node.is_mapping() {
            self.error(node, format!("{path} must be a list"));
        }
        for item in node.items() {
            if item.as_str().is_none() {
                self.error(item, format!("{path} must be a list of texts"));
            }
        }
    }

    fn entries(&mut self, node: &Node, path: &str) {
        let single = std::slice::from_ref(node);
        let items = if node.is_sequence() { node.items() } else { single };
        let inner = format!("{path}[]");
        for item in items {
            self.mapping(item, &inner);
        }
    }

    /// Falco takes the value of an absent key here, and so do we.
    fn mistyped(&mut self, node: &Node, row: &Key, wanted: &str) {
        if matches!(node.value, Value::Sequence(_) | Value::Mapping(_)) {
            self.error(node, format!("{} must be {wanted}", row.path));
        } else {
            let found = node.as_str().unwrap_or_default();
            let instead = if row.absent.is_empty() { "nothing" } else { row.absent };
            let path = row.path;
            self.warn(
                node,
                format!("{path} must be {wanted}, not \"{found}\"; {instead} is used instead"),
            );
        }
    }

    fn error(&mut self, node: &Node, message: String) {
        self.errors.push((node.span.start, message));
    }

    fn warn(&mut self, node: &Node, message: String) {
        self.warnings.push((node.span.start, message));
    }
}

fn is_choice(text: &str, of: &[&str], any_case: bool) -> bool {
    of.iter().any(|choice| *choice == text || any_case && choice.eq_ignore_ascii_case(text))
}

fn range(min: i64, max: i64) -> String {
    match max {
        i64::MAX => format!("at least {min}"),
        _ => format!("between {min} and {max}"),
    }
}

fn has_parts(path: &str, separator: &str) -> bool {
    KEYS.iter()
        .any(|key| key.path.strip_prefix(path).is_some_and(|rest| rest.starts_with(separator)))
}

/// The known key that a misspelt one is most like, if any is like it.
fn nearest(path: &str) -> Option<&'static str> {
    KEYS.iter()
        .map(|key| (distance(path.as_bytes(), key.path.as_bytes()), key.path))
        .min()
        .filter(|(distance, _)| *distance <= path.len() / 4 && *distance <= 4)
        .map(|(_, near)| near)
}

/// How many bytes must change, come or go to make one of the other.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use gyr_diag::yaml;

    use super::*;

    #[track_caller]
    fn findings(text: &str) -> (Vec<String>, Vec<String>) {
        let findings = check(&yaml::parse(text).unwrap().remove(0));
        let texts = |found: Vec<(Position, String)>| found.into_iter().map(|f| f.1).collect();
        (texts(findings.errors), texts(findings.warnings))
    }

    #[test]
    fn what_the_program_can_run_with_is_a_warning() {
        let cases = [
            ("engine: {knd: replay}", "unknown key engine.knd, did you mean engine.kind?"),
            ("zzz: 1", "unknown key zzz"),
            ("plugins: [{nme: x}]", "unknown key plugins[].nme, did you mean plugins[].name?"),
            (
                "json_output: maybe",
                "json_output must be true or false, not \"maybe\"; false is used instead",
            ),
            (
                "output_timeout: soon",
                "output_timeout must be a whole number, not \"soon\"; 2000 is used instead",
            ),
        ];
        for (text, want) in cases {
            assert_eq!(findings(text), (Vec::new(), vec![want.to_owned()]), "{text}");
        }
    }

    #[test]
    fn what_it_cannot_run_with_is_an_error() {
        let cases = [
            ("engine: 1", "engine must be a map"),
            (
                "engine: {kind: x}",
                "engine.kind \"x\" is not one of kmod, modern_ebpf, replay, nodriver, ebpf, gvisor",
            ),
            (
                "engine: {kmod: {buf_size_preset: 11}}",
                "engine.kmod.buf_size_preset must be between 1 and 10, not 11",
            ),
            (
                "syscall_event_timeouts: {max_consecutives: 0}",
                "syscall_event_timeouts.max_consecutives must be at least 1, not 0",
            ),
            ("syscall_event_drops: {threshold: 2}", "syscall_event_drops.threshold must not be 2"),
            ("rules_files: {a: b}", "rules_files must be a list"),
            (
                "syscall_event_drops: {actions: [log, cry]}",
                "syscall_event_drops.actions \"cry\" is not one of ignore, log, alert, exit",
            ),
            ("json_output: [true]", "json_output must be true or false"),
            ("static_fields: 1", "static_fields must be a map"),
            ("[1]", "a configuration is a map of keys to values"),
        ];
        for (text, want) in cases {
            assert_eq!(findings(text), (vec![want.to_owned()], Vec::new()), "{text}");
        }
    }

    #[test]
    fn all_forms_that_people_write_are_fine() {
        for text in [
            "json_output: Yes",
            "priority: WARNING",
            "rules_files: one.yaml",
            "append_output: {suggested_output: off}",
            "append_output: [{match: {tags: [a]}, extra_fields: [x, {y: '%z'}]}]",
            "config_files: [a, {path: b, strategy: add-only}]",
            "rules: [{disable: {rule: '*'}}, {enable: {tag: t}}]",
            "plugins: [{name: x, library_path: y, init_config: {a: {b: 1}}}]",
            "engine: ",
            "webserver: {listen_port: '8765'}",
        ] {
            assert_eq!(findings(text), (Vec::new(), Vec::new()), "{text}");
        }
    }

    #[test]
    fn every_key_has_one_row_and_a_default_of_its_type() {
        for (i, key) in KEYS.iter().enumerate() {
            assert!(KEYS[..i].iter().all(|other| other.path != key.path), "{}", key.path);
            assert!(key.doc.ends_with('.'), "{}", key.path);
            for text in [Some(key.absent), key.shipped].into_iter().flatten() {
                let Some(node) = yaml::parse(text).unwrap().pop() else { continue };
                let mut findings = Findings::default();
                findings.value(&node, key);
                assert!(findings.errors.is_empty(), "{}: {:?}", key.path, findings.errors);
                assert!(findings.warnings.is_empty(), "{}: {:?}", key.path, findings.warnings);
            }
        }
    }
}
