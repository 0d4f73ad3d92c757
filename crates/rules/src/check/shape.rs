//! Items of a rules file: their kinds, keys and the shapes of values. What is wrong is told and mended, so that the rest
//! of the item can be looked at.

use gyr_alert::Priority;
use gyr_diag::yaml::{Node, Value};
use gyr_diag::{Span, nearest};

use super::codes::Code;
use super::report::{Draft, Place, Report, meant};
use crate::overrides;

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    EngineVersion,
    PluginVersions,
    List,
    Macro,
    Rule,
}

/// An item whose shape is right, or was put right.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) node: Node,
    /// Its content could not be read, and something stands in its place.
    pub(super) broken: bool,
}

/// What a key's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Text,
    Truth,
    Number,
    Texts,
    Priority,
    Mapping,
    Sequence,
    /// A text, or nothing.
    MaybeText,
}

/// The key that names the kind comes first; kinds in the order in which their keys count.
const KINDS: &[(Kind, &[(&str, Shape)])] = &[
    (Kind::EngineVersion, &[("required_engine_version", Shape::Text)]),
    (Kind::PluginVersions, &[("required_plugin_versions", Shape::Sequence)]),
    (
        Kind::List,
        &[
            ("list", Shape::Text),
            ("items", Shape::Texts),
            ("append", Shape::Truth),
            ("override", Shape::Mapping),
        ],
    ),
    (
        Kind::Macro,
        &[
            ("macro", Shape::Text),
            ("condition", Shape::Text),
            ("append", Shape::Truth),
            ("override", Shape::Mapping),
        ],
    ),
    (
        Kind::Rule,
        &[
            ("rule", Shape::Text),
            ("condition", Shape::Text),
            ("output", Shape::Text),
            ("desc", Shape::Text),
            ("priority", Shape::Priority),
            ("source", Shape::MaybeText),
            ("enabled", Shape::Truth),
            ("capture", Shape::Truth),
            ("capture_duration", Shape::Number),
            ("warn_evttypes", Shape::Truth),
            ("skip-if-unknown-filter", Shape::Truth),
            ("tags", Shape::Texts),
            ("exceptions", Shape::Sequence),
            ("append", Shape::Truth),
            ("override", Shape::Mapping),
        ],
    ),
];

/// The parts that a whole rule has.
const RULE_PARTS: [&str; 4] = ["condition", "output", "desc", "priority"];

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::EngineVersion | Self::PluginVersions => "requirement",
            Self::List => "list",
            Self::Macro => "macro",
            Self::Rule => "rule",
        }
    }
}

/// Looks at one item; `None` if nothing can be made of it.
pub(super) fn item(report: &mut Report<'_>, file: usize, node: &Node) -> Option<Item> {
    let at = |span| Place { file, span };
    if !node.is_mapping() {
        let what = format!(
            "an item is a mapping that begins with `- rule:`, `- macro:` or `- list:`, not {}",
            shape_of(node)
        );
        report.add(Code::NotAnItem, at(node.span), what);
        return None;
    }
    let found = KINDS.iter().find_map(|(kind, keys)| {
        let (name_key, _) = keys.first()?;
        node.get(name_key).map(|name| (*kind, *keys, *name_key, name))
    });
    let Some((kind, keys, name_key, name)) = found else {
        unknown_item(report, file, node);
        return None;
    };
    let mut shape = Shaping { report, file, kind, keys, broken: false };
    shape.keys(node);
    let name_shape = keys.first().map_or(Shape::Text, |(_, shape)| *shape);
    if !shape.fits(key_of(node, name_key).unwrap_or(name), name_shape, name) {
        return None;
    }
    let mut mended = node.clone();
    shape.values(&mut mended);
    if kind == Kind::Rule || kind == Kind::Macro || kind == Kind::List {
        shape.changes(&mut mended, name.as_str().unwrap_or_default());
    }
    let broken = shape.broken;
    Some(Item { kind, name: name.as_str().unwrap_or_default().to_owned(), node: mended, broken })
}

fn unknown_item(report: &mut Report<'_>, file: usize, node: &Node) {
    let names = || KINDS.iter().filter_map(|(_, keys)| keys.first().map(|(name, _)| *name));
    let keys = || node.pairs().iter().filter_map(|(key, _)| Some((key, key.as_str()?)));
    let near = keys().find_map(|(key, text)| Some((key, nearest(text, names())?)));
    let (span, help) = match near {
        Some((key, near)) => (key.span, format!("did you mean `{near}`?")),
        None => (
            keys().next().map_or(node.span, |(key, _)| key.span),
            "an item has one of the keys `rule`, `macro`, `list`, `required_engine_version` or \
             `required_plugin_versions`"
                .to_owned(),
        ),
    };
    let what = "this item is neither rule, macro, list nor requirement; it is left out";
    report.put(Draft::new(Code::UnknownItem, Place { file, span }, what).help(help));
}

/// What a node is, for people.
fn shape_of(node: &Node) -> String {
    match &node.value {
        Value::Null => "nothing".to_owned(),
        Value::Scalar { text, .. } if text.is_empty() => "an empty text".to_owned(),
        Value::Scalar { text, .. } => {
            let short: String = text.chars().take(40).collect();
            let dots = if short.len() < text.len() { "…" } else { "" };
            format!("`{}{dots}`", short.trim_end())
        }
        Value::Sequence(_) => "a list".to_owned(),
        Value::Mapping(_) => "a mapping".to_owned(),
    }
}

struct Shaping<'r, 'f> {
    report: &'r mut Report<'f>,
    file: usize,
    kind: Kind,
    keys: &'static [(&'static str, Shape)],
    broken: bool,
}

impl Shaping<'_, '_> {
    const fn at(&self, span: Span) -> Place {
        Place { file: self.file, span }
    }

    fn shape(&self, key: &str) -> Option<Shape> {
        self.keys.iter().find(|(name, _)| *name == key).map(|(_, shape)| *shape)
    }

    /// Unknown and repeated keys.
    fn keys(&mut self, node: &Node) {
        for (place, (key, _)) in node.pairs().iter().enumerate() {
            let text = key.as_str().unwrap_or_default();
            let earlier = node.pairs().iter().take(place).find(|(k, _)| k.as_str() == Some(text));
            if let Some((earlier, _)) = earlier {
                let what = format!("`{text}` occurs twice: the first counts, this one is left out");
                let draft = Draft::new(Code::RepeatedKey, self.at(key.span), what);
                self.report.put(draft.note(Some(self.at(earlier.span)), "the first is here"));
            } else if self.shape(text).is_none() {
                let word = self.kind.word();
                let what = format!("a {word} has no key `{text}`; it is left out");
                let names = self.keys.iter().map(|(name, _)| *name);
                let help = meant(text, names.clone())
                    .unwrap_or_else(|| format!("a {word} has the keys {}", listed(names)));
                self.report.put(Draft::new(Code::UnknownKey, self.at(key.span), what).help(help));
            }
        }
    }

    /// Puts something of the right shape in the place of what has none.
    fn values(&mut self, node: &mut Node) {
        let Value::Mapping(pairs) = &mut node.value else { return };
        for (key, value) in pairs {
            let text = key.as_str().unwrap_or_default();
            let Some(shape) = self.shape(text) else { continue };
            if Some(text) == self.keys.first().map(|(name, _)| *name)
                || self.fits(key, shape, value)
            {
                continue;
            }
            self.broken |= matches!(text, "condition" | "items");
            let span = value.span;
            *value = match shape {
                Shape::Text | Shape::MaybeText => Node::scalar(span, "x"),
                Shape::Truth => {
                    Node::scalar(span, if text == "enabled" { "true" } else { "false" })
                }
                Shape::Number => Node::scalar(span, "0"),
                Shape::Priority => Node::scalar(span, "NOTICE"),
                Shape::Texts | Shape::Sequence => Node { span, value: Value::Sequence(Vec::new()) },
                Shape::Mapping => Node { span, value: Value::Mapping(Vec::new()) },
            };
        }
    }

    fn fits(&mut self, key: &Node, shape: Shape, value: &Node) -> bool {
        let (place, key) = (key.span, key.as_str().unwrap_or_default());
        let text = value.as_str().unwrap_or_default();
        let expected = match shape {
            Shape::MaybeText if value.is_null() || value.as_str() == Some("") => return true,
            Shape::Text | Shape::MaybeText if !text.is_empty() => return true,
            Shape::Text | Shape::MaybeText => "a text",
            Shape::Truth if value.as_bool().is_some() => return true,
            Shape::Truth => "`true` or `false`",
            Shape::Number if value.as_u64().is_some_and(|n| u32::try_from(n).is_ok()) => {
                return true;
            }
            Shape::Number => "a whole number from 0 to 4294967295",
            Shape::Priority if text.parse::<Priority>().is_ok() => return true,
            Shape::Priority if value.as_str().is_some() && !text.is_empty() => {
                let what = format!("no priority `{text}`");
                let names = || Priority::ALL.iter().map(|priority| priority.short_upper());
                let help = meant(text, names())
                    .unwrap_or_else(|| format!("the priorities are {}", listed(names())));
                let draft = Draft::new(Code::UnknownPriority, self.at(value.span), what).help(help);
                self.report.put(draft);
                return false;
            }
            Shape::Priority => "a priority",
            Shape::Texts if value.is_sequence() => return self.all_texts(key, value),
            Shape::Texts => "a list, such as `[a, b]`",
            Shape::Sequence if value.is_sequence() || key == "exceptions" && value.is_null() => {
                return true;
            }
            Shape::Sequence => "a list",
            Shape::Mapping if value.is_mapping() || value.is_null() => return true,
            Shape::Mapping => "a mapping, such as `condition: append`",
        };
        // What is missing stands where the next thing begins.
        let (span, what) = match value.is_null() {
            true => (place, format!("`{key}` has no value: it must be {expected}")),
            false => (value.span, format!("`{key}` must be {expected}, not {}", shape_of(value))),
        };
        self.report.add(Code::WrongValue, self.at(span), what);
        false
    }

    fn all_texts(&mut self, key: &str, value: &Node) -> bool {
        let mut all = true;
        for item in value.items().iter().filter(|item| item.as_str().is_none()) {
            all = false;
            let what = format!("an item of `{key}` must be a text, not {}", shape_of(item));
            self.report.add(Code::WrongValue, self.at(item.span), what);
        }
        all
    }

    /// `append`, `override`, and the keys that must be there for a definition or a change.
    fn changes(&mut self, node: &mut Node, name: &str) {
        let append = node.get("append").and_then(Node::as_bool).unwrap_or(false);
        let overrides = node.get("override").is_some_and(|ways| !ways.is_null());
        if append
            && !overrides
            && let Some(key) = key_of(node, "append")
        {
            let what = "`append: true` is the old way to say it";
            let help = "write `override:` with `condition: append` (or `items: append`) under it";
            let draft = Draft::new(Code::OldSpelling, self.at(key.span), what).help(help);
            self.report.put(draft);
        }
        let overridden = self.overrides(node);
        if append
            && !overridden.is_empty()
            && let Some(key) = key_of(node, "override")
        {
            let what = "`append: true` and `override` exclude each other";
            let help = "drop `append`, and name what is added to under `override`";
            self.report.put(Draft::new(Code::TwoOverrides, self.at(key.span), what).help(help));
            remove(node, "append");
        }
        match self.kind {
            Kind::List => self.require(node, name, &["items"]),
            Kind::Macro => self.require(node, name, &["condition"]),
            _ if !overridden.is_empty() => self.unmatched(node, &overridden),
            _ if overrides => self.broken = true,
            _ if append && node.get("condition").is_none() && node.get("exceptions").is_none() => {
                let span = key_of(node, "rule").map_or(node.span, |key| key.span);
                let what = "`append` adds a `condition` or `exceptions`, and there is neither";
                self.report.add(Code::MissingKey, self.at(span), what);
                self.broken = true;
            }
            _ if append => {}
            _ if RULE_PARTS.iter().all(|key| node.get(key).is_none())
                && node.get("enabled").is_some() =>
            {
                let span = key_of(node, "enabled").map_or(node.span, |key| key.span);
                let what = "`enabled` alone is the old way to turn a rule on or off";
                let help = "add `override:` with `enabled: replace` under it";
                self.report.put(Draft::new(Code::OldSpelling, self.at(span), what).help(help));
            }
            _ => self.require(node, name, &RULE_PARTS),
        }
    }

    fn require(&mut self, node: &mut Node, name: &str, keys: &[&'static str]) {
        let missing: Vec<_> = keys.iter().copied().filter(|key| node.get(key).is_none()).collect();
        if missing.is_empty() {
            return;
        }
        let word = self.kind.word();
        let what = format!("{word} `{name}` lacks {}", listed(missing.iter().copied()));
        let span = node.get(word).map_or(node.span, |value| value.span);
        let keys = self.keys;
        let unknown = |key: &str| keys.iter().all(|(name, _)| *name != key);
        let written = node.pairs().iter().filter_map(|(key, _)| key.as_str());
        let help = written.filter(|key| unknown(key)).find_map(|key| {
            Some(format!("is `{key}` meant to be `{}`?", nearest(key, missing.iter().copied())?))
        });
        let draft = Draft::new(Code::MissingKey, self.at(span), what);
        self.report.put(draft.maybe_help(help));
        let span = node.span;
        let Value::Mapping(pairs) = &mut node.value else { return };
        for key in missing {
            self.broken |= matches!(key, "condition" | "items");
            let value = match key {
                "items" => Node { span, value: Value::Sequence(Vec::new()) },
                "priority" => Node::scalar(span, "NOTICE"),
                _ => Node::scalar(span, "x"),
            };
            pairs.push((Node::scalar(span, key), value));
        }
    }

    /// The keys that are overridden; wrong entries are told and taken out.
    fn overrides(&mut self, node: &mut Node) -> Vec<String> {
        let keys = match self.kind {
            Kind::List => overrides::Keys { append: &["items"], replace: &["items"] },
            Kind::Macro => overrides::Keys { append: &["condition"], replace: &["condition"] },
            _ => overrides::RULE,
        };
        let Some(before) = node.get("override").cloned() else { return Vec::new() };
        let mut good = Vec::new();
        for (key, way) in before.pairs() {
            if self.is_override(&keys, key, way) {
                good.push((key.clone(), way.clone()));
            }
        }
        let names = good.iter().filter_map(|(key, _)| key.as_str().map(str::to_owned)).collect();
        let value = Value::Mapping(good);
        if let Value::Mapping(pairs) = &mut node.value
            && let Some((_, entry)) =
                pairs.iter_mut().find(|(key, _)| key.as_str() == Some("override"))
        {
            entry.value = value;
        }
        names
    }

    fn is_override(&mut self, keys: &overrides::Keys<'_>, key: &Node, way: &Node) -> bool {
        let (text, how) = (key.as_str().unwrap_or_default(), way.as_str().unwrap_or_default());
        let (appends, replaces) = (keys.append.contains(&text), keys.replace.contains(&text));
        if (how == "append" && appends) || (how == "replace" && replaces) {
            return true;
        }
        let word = self.kind.word();
        let (span, what, help) = if !appends && !replaces {
            let names = || keys.replace.iter().copied();
            let help = meant(text, names())
                .unwrap_or_else(|| format!("{} can be overridden", listed(names())));
            (key.span, format!("`{text}` of a {word} cannot be overridden"), help)
        } else if how == "append" {
            let help = format!("write `{text}: replace`");
            (way.span, format!("`{text}` cannot be added to, only replaced"), help)
        } else {
            let help = match (nearest(how, ["append", "replace"]), appends) {
                (Some(near), true) => format!("did you mean `{near}`?"),
                (_, true) => "write `append` or `replace`".to_owned(),
                (_, false) => "write `replace`".to_owned(),
            };
            (way.span, format!("`{text}` cannot be overridden with {}", shape_of(way)), help)
        };
        self.report.put(Draft::new(Code::WrongOverride, self.at(span), what).help(help));
        false
    }

    /// Every overridden key must be there, and every key that is there overridden.
    fn unmatched(&mut self, node: &mut Node, overridden: &[String]) {
        let Some(entries) = node.get("override").cloned() else { return };
        let mut gone = Vec::new();
        for (key, _) in entries.pairs() {
            let text = key.as_str().unwrap_or_default();
            if node.get(text).is_none() {
                let what = format!("`{text}` is to be overridden, but the item has no `{text}`");
                self.report.add(Code::UnmatchedOverride, self.at(key.span), what);
                gone.push(text.to_owned());
            }
        }
        let alone: Vec<&str> = overrides::RULE
            .all()
            .filter(|key| node.get(key).is_some() && !overridden.iter().any(|name| name == key))
            .collect();
        let mut told: Vec<&str> = Vec::new();
        for text in alone {
            if told.contains(&text) {
                continue;
            }
            told.push(text);
            let span = key_of(node, text).map_or(node.span, |key| key.span);
            let what = format!("`{text}` is here, but `override` does not say what to do with it");
            let help = format!("add `{text}: replace` under `override`, or take `{text}` out");
            self.report.put(Draft::new(Code::UnmatchedOverride, self.at(span), what).help(help));
        }
        told.iter().for_each(|key| remove(node, key));
        if let Value::Mapping(pairs) = &mut node.value
            && let Some((_, entry)) =
                pairs.iter_mut().find(|(key, _)| key.as_str() == Some("override"))
        {
            gone.iter().for_each(|key| remove(entry, key));
            self.broken |= entry.pairs().is_empty();
        }
    }
}

/// The node of a key.
pub(super) fn key_of<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    node.pairs().iter().map(|(name, _)| name).find(|name| name.as_str() == Some(key))
}

fn remove(node: &mut Node, key: &str) {
    if let Value::Mapping(pairs) = &mut node.value {
        pairs.retain(|(name, _)| name.as_str() != Some(key));
    }
}

/// `a`, `b` and `c`.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}
