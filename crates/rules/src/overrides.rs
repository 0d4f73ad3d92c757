//! The `override` key: which keys of an item are added to what is there, and which replace it.

use std::collections::BTreeSet;

use gyr_diag::yaml::Node;

use crate::codes::ErrorCode;
use crate::context::{Context, Part};
use crate::read::Failure;

/// Which keys can be overridden in which way.
pub(crate) struct Keys<'a> {
    pub(crate) append: &'a [&'static str],
    pub(crate) replace: &'a [&'static str],
}

impl Keys<'_> {
    pub(crate) fn all(&self) -> impl Iterator<Item = &'static str> {
        self.append.iter().chain(self.replace).copied()
    }
}

pub(crate) const RULE: Keys<'static> =
    Keys { append: &["condition", "output", "desc", "tags", "exceptions"], replace: READING_ORDER };

/// The order in which overridden keys of a rule are read, and so their errors found.
pub(crate) const READING_ORDER: &[&str] = &[
    "condition",
    "exceptions",
    "output",
    "desc",
    "tags",
    "priority",
    "enabled",
    "capture",
    "capture_duration",
    "warn_evttypes",
    "skip-if-unknown-filter",
];

/// What an item asks for.
#[derive(Debug, Default)]
pub(crate) struct Overrides {
    pub(crate) append: BTreeSet<String>,
    pub(crate) replace: BTreeSet<String>,
}

impl Overrides {
    pub(crate) fn any(&self) -> bool {
        !self.append.is_empty() || !self.replace.is_empty()
    }
}

pub(crate) fn read(item: &Node, keys: &Keys<'_>, context: &Context) -> Result<Overrides, Failure> {
    let mut overrides = Overrides::default();
    let Some(node) = item.get("override") else { return Ok(overrides) };
    let whole_file = context.file_of();
    let context = context.inner(Part::Overrides, "", item.span.start);
    // Falco meets these where it does not expect them, and tells no place.
    let no_text = |what: &str| Failure::new(ErrorCode::Validate, what, &whole_file);
    if !node.items().is_empty() {
        return Err(no_text("The value of 'override' must be a mapping"));
    }
    for (key_node, value) in node.pairs() {
        let (Some(key), Some(way)) = (text(key_node), text(value)) else {
            return Err(no_text("The keys and values of 'override' must be texts"));
        };
        let (appendable, replaceable) = (keys.append.contains(&key), keys.replace.contains(&key));
        let place = context.inner(Part::Overrides, key, key_node.span.start);
        match way {
            "append" if appendable => overrides.append.insert(key.to_owned()),
            "append" => {
                let what = format!("Key '{key}' cannot be appended to, use 'replace' instead");
                return Err(Failure::shape(what, &place));
            }
            "replace" if replaceable => overrides.replace.insert(key.to_owned()),
            "replace" => {
                return Err(Failure::shape(format!("Key '{key}' cannot be replaced"), &place));
            }
            _ => {
                let mut what = format!(
                    "Invalid override operation for key '{key}': '{way}'. Allowed values are: "
                );
                what += if appendable { "append " } else { "" };
                what += if replaceable { "replace " } else { "" };
                let place = context.inner(Part::ValueFor, key, value.span.start);
                return Err(Failure::shape(what, &place));
            }
        };
    }
    Ok(overrides)
}

/// The text of a scalar; nothing reads as `null`.
fn text(node: &Node) -> Option<&str> {
    if node.is_null() { Some("null") } else { node.as_str() }
}
