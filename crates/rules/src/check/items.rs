//! Reads files item by item into one collection, and keeps where everything in it was written.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use gyr_diag::yaml::Node;
use gyr_diag::{Source, Span};
use gyr_filter::Scheme;

use super::Settings;
use super::codes::Code;
use super::exceptions::{Brings, Exception, Exceptions};
use super::report::{Draft, Place, Report, meant};
use super::shape::{self, Item, Kind, key_of};
use super::text;
use super::written::Written;
use crate::collect::Collection;
use crate::context::Context;
use crate::language::Language;
use crate::read;
use crate::result::LoadResult;
use crate::session::{Session, Sources as _};

/// All files while they are looked at.
pub(super) struct Checker<'a, S: Scheme> {
    pub(super) report: Report<'a>,
    pub(super) language: &'a Language<S>,
    pub(super) settings: &'a Settings,
    pub(super) collection: Collection,
    pub(super) texts: BTreeMap<String, Arc<str>>,
    pub(super) lists: HashMap<String, ListText>,
    pub(super) macros: HashMap<String, MacroText>,
    pub(super) rules: HashMap<String, RuleText>,
    /// Names of items that were refused, so that their use is no second error.
    pub(super) refused: BTreeSet<String>,
    /// Of the last plugin requirement.
    pub(super) plugins: Option<Place>,
}

/// Where a list was written.
#[derive(Clone, Debug)]
pub(super) struct ListText {
    pub(super) name: Place,
    pub(super) items: Vec<(String, Place)>,
    broken: bool,
}

#[derive(Clone, Debug)]
pub(super) struct MacroText {
    pub(super) name: Place,
    pub(super) condition: Written,
    /// It could not be read, which was told.
    pub(super) broken: bool,
}

#[derive(Clone, Debug)]
pub(super) struct RuleText {
    pub(super) name: Place,
    pub(super) condition: Written,
    pub(super) output: Written,
    pub(super) exceptions: Vec<Exception>,
    pub(super) broken: bool,
}

/// What an item does to what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Define,
    Change,
}

impl<'a, S: Scheme> Checker<'a, S> {
    pub(super) fn new(
        files: &'a [Source],
        language: &'a Language<S>,
        settings: &'a Settings,
    ) -> Self {
        Self {
            report: Report::new(files),
            language,
            settings,
            collection: Collection::default(),
            texts: BTreeMap::new(),
            lists: HashMap::new(),
            macros: HashMap::new(),
            rules: HashMap::new(),
            refused: BTreeSet::new(),
            plugins: None,
        }
    }

    pub(super) fn session(&self) -> Session<'_> {
        Session { sources: self.language, texts: &self.texts, result: LoadResult::new("") }
    }

    /// Takes in one file.
    pub(super) fn read(&mut self, file: usize) {
        for document in text::documents(&mut self.report, file) {
            if document.is_null() {
                continue;
            }
            if !document.is_sequence() {
                let what = "a rules file is a list of items, each of which begins with `- `";
                let help = "put `- ` before the first key of each item, and indent the others by two blanks";
                let span = Span { start: document.span.start, end: document.span.start };
                self.report.put(Draft::new(Code::NotItems, Place { file, span }, what).help(help));
                continue;
            }
            for node in document.items().iter().filter(|node| !node.is_null()) {
                if let Some(item) = shape::item(&mut self.report, file, node) {
                    self.item(file, item);
                }
            }
        }
    }

    fn item(&mut self, file: usize, mut item: Item) {
        let key = match item.kind {
            Kind::EngineVersion | Kind::PluginVersions => return self.requirement(file, &item),
            Kind::List => "list",
            Kind::Macro => "macro",
            Kind::Rule => "rule",
        };
        let name =
            Place { file, span: item.node.get(key).map_or(item.node.span, |node| node.span) };
        let deed = deed(&item);
        let earlier = self.earlier(item.kind, &item.name);
        match (deed, earlier) {
            (Deed::Change, None) => return self.nothing_to_change(key, &item, name),
            (Deed::Change, Some(_)) if item.broken => return,
            (Deed::Define, Some(place)) if place.file == file => {
                let what =
                    format!("{key} `{}` is defined again, and replaces the one before", item.name);
                let draft = Draft::new(Code::DefinedTwice, name, what);
                self.report.put(draft.note(Some(place), "the earlier one is here"));
            }
            _ => {}
        }
        if deed == Deed::Define {
            self.usable_name(item.kind, &item.name, name);
        }
        if item.kind == Kind::Rule && !self.source_is_fine(file, &item, name) {
            return;
        }
        if item.kind == Kind::Rule {
            self.exceptions(file, &mut item);
        }
        if self.load(&item.node, Code::Refused, name) {
            match item.kind {
                Kind::List => self.wrote_list(file, &item, name, deed),
                Kind::Macro => self.wrote_macro(file, &item, name, deed),
                _ => self.wrote_rule(file, &item, name, deed),
            }
        } else {
            self.refused.insert(item.name);
        }
    }

    fn earlier(&self, kind: Kind, name: &str) -> Option<Place> {
        match kind {
            Kind::List => self.lists.get(name).map(|list| list.name),
            Kind::Macro => self.macros.get(name).map(|item| item.name),
            _ => self.rules.get(name).map(|rule| rule.name),
        }
    }

    fn nothing_to_change(&mut self, key: &str, item: &Item, name: Place) {
        let what = format!(
            "no {key} `{}` is defined before this, so there is nothing to change",
            item.name
        );
        let names: Vec<&str> = match item.kind {
            Kind::List => self.lists.keys().map(String::as_str).collect(),
            Kind::Macro => self.macros.keys().map(String::as_str).collect(),
            _ => self.rules.keys().map(String::as_str).collect(),
        };
        let names: BTreeSet<&str> = names.into_iter().collect();
        let help = meant(&item.name, names)
            .unwrap_or_else(|| "give the file that defines it before this one".to_owned());
        self.report.put(Draft::new(Code::NothingToChange, name, what).help(help));
    }

    fn usable_name(&mut self, kind: Kind, name: &str, place: Place) {
        if is_usable(kind, name) {
            return;
        }
        let (word, help) = match kind {
            Kind::List => ("list", "leave blanks, quotes, commas, parentheses and `=` out of it"),
            _ => ("macro", "use letters, digits and `_`, and begin with a letter"),
        };
        let what = format!("no condition can refer to a {word} called `{name}`");
        self.report.put(Draft::new(Code::UnusableName, place, what).help(help));
    }

    fn source_is_fine(&mut self, file: usize, item: &Item, name: Place) -> bool {
        let node = item.node.get("source");
        let text = node.and_then(Node::as_str).filter(|text| !text.is_empty());
        let place = node.map_or(name, |node| Place { file, span: node.span });
        if let (Some(rule), Some(text)) = (self.collection.rules.get(&item.name), text)
            && rule.source != text
        {
            let what = format!(
                "rule `{}` is of source `{}`, which cannot become `{text}`",
                item.name, rule.source
            );
            let earlier = self.rules.get(&item.name).map(|rule| rule.name);
            let draft = Draft::new(Code::OtherSource, place, what);
            self.report.put(draft.note(earlier, "it is defined here"));
            return false;
        }
        if let Some(text) = text.filter(|text| !self.language.has_source(text)) {
            let what = format!("no event source `{text}`: the rule is left out");
            let names = self.language.sources().map(|(name, _)| name);
            let help = meant(text, names)
                .unwrap_or_else(|| "a plugin must be loaded that offers it".to_owned());
            self.report.put(Draft::new(Code::UnknownSource, place, what).help(help));
        }
        true
    }

    fn exceptions(&mut self, file: usize, item: &mut Item) {
        let appends =
            flag(&item.node, "append") || overridden(&item.node, "exceptions") == Some("append");
        let brings = if appends { Brings::More } else { Brings::All };
        let source = match self.collection.rules.get(&item.name) {
            Some(rule) => rule.source.clone(),
            None => item.node.get("source").and_then(Node::as_str).unwrap_or("syscall").to_owned(),
        };
        let mut known = match self.rules.get(&item.name) {
            Some(rule) if appends => rule.exceptions.clone(),
            _ => Vec::new(),
        };
        if item.node.get("exceptions").is_none() {
            return;
        }
        let source = Some(source.as_str()).filter(|source| self.language.has_source(source));
        let (report, language) = (&mut self.report, self.language);
        let look = Exceptions { report, file, language, source, brings, known: &mut known };
        look.look(&mut item.node);
        if let Some(rule) = self.rules.get_mut(&item.name) {
            rule.exceptions = known;
        } else {
            let written = Written::default();
            let name = Place { file, span: item.node.span };
            let (condition, output) = (written.clone(), written);
            let rule = RuleText { name, condition, output, exceptions: known, broken: true };
            self.rules.insert(item.name.clone(), rule);
        }
    }

    /// Has the reader take an item in; what it refuses is told.
    fn load(&mut self, node: &Node, code: Code, place: Place) -> bool {
        let file = Context::file(self.report.files.get(place.file).map_or("", Source::name));
        let mut session =
            Session { sources: self.language, texts: &self.texts, result: LoadResult::new("") };
        match read::read_item(&mut session, &mut self.collection, node, &file) {
            Ok(()) => true,
            Err(failure) => {
                self.report.add(code, place, failure.message);
                false
            }
        }
    }

    fn requirement(&mut self, file: usize, item: &Item) {
        let (key, code) = match item.kind {
            Kind::EngineVersion => ("required_engine_version", Code::EngineVersion),
            _ => ("required_plugin_versions", Code::PluginVersion),
        };
        let place =
            Place { file, span: item.node.get(key).map_or(item.node.span, |node| node.span) };
        if self.load(&item.node, code, place) && item.kind == Kind::PluginVersions {
            self.plugins = Some(place);
        }
    }

    fn wrote_list(&mut self, file: usize, item: &Item, name: Place, deed: Deed) {
        let nodes = item.node.get("items").map(Node::items).unwrap_or_default();
        let place = |node: &Node| Place { file, span: node.span };
        let items = nodes.iter().filter_map(|node| Some((node.as_str()?.to_owned(), place(node))));
        match self.lists.get_mut(&item.name) {
            Some(list) if deed == Deed::Change => list.items.extend(items),
            _ => {
                let list = ListText { name, items: items.collect(), broken: item.broken };
                self.lists.insert(item.name.clone(), list);
            }
        }
    }

    fn wrote_macro(&mut self, file: usize, item: &Item, name: Place, deed: Deed) {
        let Some(node) = item.node.get("condition") else { return };
        match self.macros.get_mut(&item.name) {
            Some(known) if deed == Deed::Change => {
                known.condition.append(self.report.files, file, node);
            }
            _ => {
                let condition = Written::new(self.report.files, file, node);
                let known = MacroText { name, condition, broken: item.broken };
                self.macros.insert(item.name.clone(), known);
            }
        }
    }

    fn wrote_rule(&mut self, file: usize, item: &Item, name: Place, deed: Deed) {
        let files = self.report.files;
        let text = |key: &str| item.node.get(key).map(|node| Written::new(files, file, node));
        if deed == Deed::Define {
            let exceptions =
                self.rules.get_mut(&item.name).map(|rule| match item.node.get("exceptions") {
                    Some(_) => std::mem::take(&mut rule.exceptions),
                    None => Vec::new(),
                });
            let rule = RuleText {
                name,
                condition: text("condition").unwrap_or_default(),
                output: text("output").unwrap_or_default(),
                exceptions: exceptions.unwrap_or_default(),
                broken: item.broken,
            };
            self.rules.insert(item.name.clone(), rule);
            return;
        }
        let Some(rule) = self.rules.get_mut(&item.name) else { return };
        let appends = flag(&item.node, "append");
        for (key, written) in [("condition", &mut rule.condition), ("output", &mut rule.output)] {
            let Some(node) = item.node.get(key) else { continue };
            match overridden(&item.node, key) {
                Some("append") => written.append(files, file, node),
                Some(_) => *written = Written::new(files, file, node),
                None if appends && key == "condition" => written.append(files, file, node),
                None => {}
            }
        }
    }
}

impl ListText {
    pub(super) fn place_of(&self, item: &str) -> Option<Place> {
        self.items.iter().find(|(text, _)| text == item).map(|(_, place)| *place)
    }

    pub(super) const fn is_broken(&self) -> bool {
        self.broken
    }
}

/// Whether a condition can refer to a list or macro of this name.
pub(super) fn is_usable(kind: Kind, name: &str) -> bool {
    match kind {
        Kind::List => !name.chars().any(|c| "()\"'=,".contains(c) || c.is_whitespace()),
        Kind::Macro => {
            name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        }
        _ => true,
    }
}

fn flag(node: &Node, key: &str) -> bool {
    node.get(key).and_then(Node::as_bool).unwrap_or(false)
}

/// How a key is overridden.
fn overridden<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    node.get("override")?.get(key)?.as_str()
}

/// For lists and macros `replace` is a definition.
fn deed(item: &Item) -> Deed {
    let node = &item.node;
    let ways = node.get("override").map(Node::pairs).unwrap_or_default();
    let appends =
        flag(node, "append") || ways.iter().any(|(_, way)| way.as_str() == Some("append"));
    let only_enables =
        ["condition", "output", "desc", "priority"].iter().all(|key| node.get(key).is_none())
            && key_of(node, "enabled").is_some();
    let changes = match item.kind {
        Kind::Rule => appends || node.get("override").is_some_and(Node::is_mapping) || only_enables,
        _ => appends,
    };
    if changes { Deed::Change } else { Deed::Define }
}
