//! Values of a checked tree by their paths; those of absent keys come from the table.

use std::time::Duration;

use gyr_diag::yaml::{self, Node};

use crate::check::row;
use crate::duration;
use crate::tree::find;

/// A tree, or one map of a list in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) root: &'a Node,
    /// What stands in the table before the paths asked for: `plugins[].`
    prefix: &'static str,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(root: &'a Node) -> Self {
        Self { root, prefix: "" }
    }

    pub(crate) fn bool(&self, path: &str) -> bool {
        self.read(path, Node::as_bool).unwrap_or_default()
    }

    pub(crate) fn integer(&self, path: &str) -> u64 {
        self.read(path, Node::as_u64).unwrap_or_default()
    }

    pub(crate) fn number(&self, path: &str) -> f64 {
        self.read(path, Node::as_f64).unwrap_or_default()
    }

    /// Zero if there is none.
    pub(crate) fn duration(&self, path: &str) -> Duration {
        self.read(path, |node| node.as_str().and_then(duration::parse)).unwrap_or_default()
    }

    /// The text; empty if there is none.
    pub(crate) fn text(&self, path: &str) -> String {
        self.optional_text(path).unwrap_or_default()
    }

    pub(crate) fn optional_text(&self, path: &str) -> Option<String> {
        self.read(path, |node| node.as_str().map(str::to_owned))
    }

    pub(crate) fn texts(&self, path: &str) -> Vec<String> {
        self.optional_texts(path).unwrap_or_default()
    }

    /// The texts of a list, or the one that stands in its place; `None` if the key is absent and has no default.
    pub(crate) fn optional_texts(&self, path: &str) -> Option<Vec<String>> {
        self.read(path, |node| match node.as_str() {
            Some("") => Some(Vec::new()),
            Some(text) => Some(vec![text.to_owned()]),
            None => Some(node.items().iter().filter_map(Node::as_str).map(str::to_owned).collect()),
        })
    }

    /// The entries of a list, or the one that stands in its place.
    pub(crate) fn entries(&self, path: &str, prefix: &'static str) -> Vec<Self> {
        let Some(node) = self.node(path) else { return Vec::new() };
        let single = std::slice::from_ref(node);
        let items = if node.is_sequence() { node.items() } else { single };
        items.iter().filter(|item| !item.is_null()).map(|root| Self { root, prefix }).collect()
    }

    /// What stands in the tree, if anything does.
    pub(crate) fn node(&self, path: &str) -> Option<&'a Node> {
        find(self.root, path)
    }

    fn read<T>(&self, path: &str, read: impl Fn(&Node) -> Option<T>) -> Option<T> {
        if let Some(value) = self.node(path).and_then(&read) {
            return Some(value);
        }
        let row = row(&format!("{}{path}", self.prefix));
        debug_assert!(row.is_some(), "no row for {}{path}", self.prefix);
        let default = yaml::parse(row?.absent).ok()?.pop()?;
        read(&default)
    }
}
