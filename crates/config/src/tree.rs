//! One configuration tree from several.

use gyr_diag::yaml::{Node, Value};

/// What an included file does to what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// Adds to lists, replaces everything else.
    Append,
    Override,
    /// Only adds keys that are missing.
    AddOnly,
}

/// Merges the top-level keys of `more` into `root`. Maps below are replaced whole, as Falco does.
pub(crate) fn merge(root: &mut Node, more: Node, strategy: Strategy) {
    let Value::Mapping(more) = more.value else { return };
    if !root.is_mapping() {
        root.value = Value::Mapping(Vec::new());
    }
    let Value::Mapping(pairs) = &mut root.value else { return };
    for (key, value) in more {
        let known = pairs.iter_mut().find(|(name, _)| name.as_str() == key.as_str());
        match (known, strategy) {
            (None, _) => pairs.push((key, value)),
            (Some(_), Strategy::AddOnly) => {}
            (Some((_, old)), Strategy::Append) if old.is_sequence() && value.is_sequence() => {
                if let (Value::Sequence(old), Value::Sequence(new)) = (&mut old.value, value.value)
                {
                    old.extend(new);
                }
            }
            (Some(known), _) => *known = (key, value),
        }
    }
}

/// A tree as YAML on one line, every scalar in quotes.
pub(crate) fn to_line(node: &Node) -> String {
    match &node.value {
        Value::Null => "~".to_owned(),
        Value::Scalar { text, .. } => serde_json::Value::from(text.as_str()).to_string(),
        Value::Sequence(items) => {
            let items: Vec<_> = items.iter().map(to_line).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Mapping(pairs) => {
            let pairs: Vec<_> = pairs
                .iter()
                .map(|(key, value)| format!("{}: {}", to_line(key), to_line(value)))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
    }
}

/// What a path of names leads to; an empty or absent node leads nowhere.
pub(crate) fn find<'a>(root: &'a Node, path: &str) -> Option<&'a Node> {
    path.split('.').try_fold(root, Node::get).filter(|node| !node.is_null())
}

#[cfg(test)]
mod tests {
    use gyr_diag::yaml;

    use super::*;

    #[test]
    fn strategies_differ_in_what_they_keep() {
        let cases = [
            (Strategy::Append, "list a b", "map - y", "scalar 2"),
            (Strategy::Override, "list b", "map - y", "scalar 2"),
            (Strategy::AddOnly, "list a", "map x -", "scalar 1"),
        ];
        for (strategy, list, map, scalar) in cases {
            let mut root = yaml::parse("{list: [a], map: {x: x}, scalar: 1}").unwrap().remove(0);
            let more = yaml::parse("{list: [b], map: {y: y}, scalar: 2, new: 3}").unwrap();
            merge(&mut root, more.into_iter().next().unwrap(), strategy);
            let text = |path| find(&root, path).and_then(Node::as_str).unwrap_or("-");
            let items = root.get("list").unwrap().items();
            let items: Vec<_> = items.iter().filter_map(Node::as_str).collect();
            assert_eq!(format!("list {}", items.join(" ")), list);
            assert_eq!(format!("map {} {}", text("map.x"), text("map.y")), map);
            assert_eq!(format!("scalar {}", text("scalar")), scalar);
            assert_eq!(text("new"), "3");
        }
    }
}
