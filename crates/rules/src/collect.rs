//! What a set of rules files defines: lists, macros and rules by name, each with everything later files did to it.

use std::collections::{BTreeSet, HashMap, HashSet};

use gyr_alert::Priority;

use crate::ENGINE_VERSION;
use crate::codes::{ErrorCode, WarningCode};
use crate::context::Context;
use crate::exceptions::{self, Exception};
use crate::read::Failure;
use crate::session::Session;
use crate::version::Version;

/// Everything that the files so far define.
#[derive(Clone, Debug, Default)]
pub(crate) struct Collection {
    pub(crate) lists: Named<List>,
    pub(crate) macros: Named<Macro>,
    pub(crate) rules: Named<Rule>,
    pub(crate) plugins: Vec<Vec<PluginRequirement>>,
    /// The newest engine that some file asks for.
    pub(crate) engine: Version,
    /// Definitions and additions so far.
    count: u32,
    /// Something that was there is another now.
    changed: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct List {
    pub(crate) name: String,
    pub(crate) items: Vec<String>,
    pub(crate) context: Context,
    pub(crate) order: Order,
}

#[derive(Clone, Debug)]
pub(crate) struct Macro {
    pub(crate) name: String,
    pub(crate) condition: String,
    pub(crate) context: Context,
    pub(crate) condition_context: Context,
    pub(crate) order: Order,
}

/// When something was first defined and when last changed; only what was there before the last change can be used in it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Order {
    pub(crate) index: u32,
    pub(crate) visibility: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) source: String,
    /// No plugin offers the source.
    pub(crate) unknown_source: bool,
    pub(crate) condition: String,
    pub(crate) output: String,
    pub(crate) description: String,
    pub(crate) priority: Priority,
    pub(crate) enabled: bool,
    pub(crate) capture: bool,
    /// Milliseconds.
    pub(crate) capture_duration: u32,
    pub(crate) warn_evttypes: bool,
    pub(crate) skip_if_unknown_filter: bool,
    pub(crate) tags: BTreeSet<String>,
    pub(crate) exceptions: Vec<Exception>,
    pub(crate) context: Context,
    pub(crate) condition_context: Context,
    pub(crate) output_context: Context,
}

/// A change to a rule: additions, or replacements.
#[derive(Clone, Debug)]
pub(crate) struct RuleUpdate {
    pub(crate) name: String,
    pub(crate) source: Option<String>,
    pub(crate) condition: Option<String>,
    pub(crate) output: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) priority: Option<Priority>,
    pub(crate) enabled: Option<bool>,
    pub(crate) capture: Option<bool>,
    pub(crate) capture_duration: Option<u32>,
    pub(crate) warn_evttypes: Option<bool>,
    pub(crate) skip_if_unknown_filter: Option<bool>,
    pub(crate) tags: Option<BTreeSet<String>>,
    pub(crate) exceptions: Option<Vec<Exception>>,
    pub(crate) context: Context,
}

/// A plugin that a file needs, or one that serves instead.
#[derive(Clone, Debug)]
pub(crate) struct PluginRequirement {
    pub(crate) name: String,
    pub(crate) version: String,
}

impl Collection {
    pub(crate) fn require_engine(
        &mut self,
        version: Version,
        context: &Context,
    ) -> Result<(), Failure> {
        if !ENGINE_VERSION.serves(version) {
            let what = format!(
                "Rules require engine version {version}, but engine version is {ENGINE_VERSION}"
            );
            return Err(Failure::new(ErrorCode::Validate, what, context));
        }
        self.engine = self.engine.max(version);
        Ok(())
    }

    pub(crate) fn require_plugin(
        &mut self,
        alternatives: Vec<PluginRequirement>,
        context: &Context,
    ) -> Result<(), Failure> {
        let mut names = HashSet::new();
        for PluginRequirement { name, version } in &alternatives {
            if Version::parse(version).is_none() {
                let what = format!("Invalid required version '{version}' for plugin '{name}'");
                return Err(Failure::new(ErrorCode::Validate, what, context));
            }
            if !names.insert(name) {
                let what = format!(
                    "Defined multiple alternative version requirements for plugin '{name}'"
                );
                return Err(Failure::new(ErrorCode::Validate, what, context));
            }
        }
        self.plugins.push(alternatives);
        Ok(())
    }

    /// Whether the plugins serve that the files ask for: names and versions of those that are loaded.
    pub(crate) fn check_plugins(&self, loaded: &[(String, Version)]) -> Result<(), String> {
        let built_in = (BUILT_IN_PLUGIN.0.to_owned(), BUILT_IN_PLUGIN.1);
        let loaded: Vec<_> = loaded.iter().chain([&built_in]).collect();
        for alternatives in &self.plugins {
            let mut satisfied = false;
            for required in alternatives {
                let found = loaded.iter().find(|(name, _)| *name == required.name);
                let version = Version::parse(&required.version).unwrap_or_default();
                match found {
                    None => {}
                    Some((_, offered)) if offered.serves(version) => satisfied = true,
                    Some((name, offered)) => {
                        return Err(format!(
                            "Plugin '{name}' version '{offered}' is not compatible with required \
                             plugin version '{}'",
                            required.version
                        ));
                    }
                }
            }
            if !satisfied {
                let names: Vec<String> = alternatives
                    .iter()
                    .map(|required| format!("{} (>= {})", required.name, required.version))
                    .collect();
                return Err(format!(
                    "Plugin requirement not satisfied, must load one of: {}",
                    names.join(", ")
                ));
            }
        }
        Ok(())
    }

    pub(crate) fn define_list(&mut self, mut list: List) {
        // The same items once more mean the same, unless they are lists that were not known the first time.
        if let Some(earlier) = self.lists.get(&list.name) {
            let was_unknown = |item: &String| {
                let inner = self.lists.get(item);
                inner.is_some_and(|inner| inner.order.index >= earlier.order.visibility)
            };
            self.changed |= earlier.items != list.items || list.items.iter().any(was_unknown);
        }
        list.order = self.defined(self.lists.get(&list.name).map(|earlier| earlier.order));
        self.lists.put(list.name.clone(), list);
    }

    pub(crate) fn append_list(&mut self, list: List) -> Result<(), Failure> {
        let visibility = self.next();
        self.changed = true;
        let Some(earlier) = self.lists.get_mut(&list.name) else {
            return Err(no_earlier(
                "List uses 'append' or 'override.items: append' but no list by that name already \
                 exists",
                &list.context,
            ));
        };
        earlier.items.extend(list.items);
        earlier.order.visibility = visibility;
        Ok(())
    }

    pub(crate) fn define_macro(&mut self, mut item: Macro) {
        let earlier = self.macros.get(&item.name);
        self.changed |= earlier.is_some_and(|earlier| earlier.condition != item.condition);
        item.order = self.defined(self.macros.get(&item.name).map(|earlier| earlier.order));
        self.macros.put(item.name.clone(), item);
    }

    pub(crate) fn append_macro(&mut self, item: &Macro) -> Result<(), Failure> {
        let visibility = self.next();
        self.changed = true;
        let Some(earlier) = self.macros.get_mut(&item.name) else {
            return Err(no_earlier(
                "Macro uses 'append' or 'override.condition: append' but no macro by that name \
                 already exists",
                &item.context,
            ));
        };
        join(&mut earlier.condition, &item.condition);
        earlier.order.visibility = visibility;
        Ok(())
    }

    pub(crate) fn define_rule(
        &mut self,
        session: &mut Session<'_>,
        mut rule: Rule,
    ) -> Result<(), Failure> {
        if let Some(earlier) = self.rules.get(&rule.name) {
            self.changed = true;
            check_source(&earlier.source, Some(&rule.source), &rule.context)?;
        }
        if !session.sources.has_source(&rule.source) {
            rule.unknown_source = true;
            let what = format!("Unknown source {}, skipping", rule.source);
            session.warn(WarningCode::UnknownSource, what, &rule.context);
        }
        let source = (!rule.unknown_source).then_some(rule.source.as_str());
        for exception in &mut rule.exceptions {
            exceptions::check_complete(exception)?;
            exceptions::check(exception, session.sources, source)?;
        }
        self.rules.put(rule.name.clone(), rule);
        Ok(())
    }

    pub(crate) fn append_rule(
        &mut self,
        session: &Session<'_>,
        update: RuleUpdate,
    ) -> Result<(), Failure> {
        self.changed = true;
        let Some(rule) = self.rules.get_mut(&update.name) else {
            return Err(no_earlier(
                "Rule uses 'append' or 'override.<key>: append' but no rule by that name already \
                 exists",
                &update.context,
            ));
        };
        check_source(&rule.source, update.source.as_deref(), &update.context)?;
        if update.is_empty() {
            let what = "Appended rule must have exceptions or condition property";
            return Err(Failure::new(ErrorCode::Validate, what, &update.context));
        }
        for (text, more) in [
            (&mut rule.condition, update.condition),
            (&mut rule.output, update.output),
            (&mut rule.description, update.description),
        ] {
            if let Some(more) = more {
                join(text, &more);
            }
        }
        rule.tags.extend(update.tags.unwrap_or_default());
        let source = (!rule.unknown_source).then_some(rule.source.as_str());
        let more = update.exceptions.unwrap_or_default();
        exceptions::append(&mut rule.exceptions, more, session.sources, source)
    }

    pub(crate) fn replace_in_rule(&mut self, update: RuleUpdate) -> Result<(), Failure> {
        self.changed = true;
        let Some(rule) = self.rules.get_mut(&update.name) else {
            return Err(no_earlier(
                "An 'override.<key>: replace' to a rule was requested but no rule by that name \
                 already exists",
                &update.context,
            ));
        };
        check_source(&rule.source, update.source.as_deref(), &update.context)?;
        put(&mut rule.condition, update.condition);
        put(&mut rule.output, update.output);
        put(&mut rule.description, update.description);
        put(&mut rule.priority, update.priority);
        put(&mut rule.enabled, update.enabled);
        put(&mut rule.capture, update.capture);
        put(&mut rule.capture_duration, update.capture_duration);
        put(&mut rule.warn_evttypes, update.warn_evttypes);
        put(&mut rule.skip_if_unknown_filter, update.skip_if_unknown_filter);
        put(&mut rule.tags, update.tags);
        put(&mut rule.exceptions, update.exceptions);
        Ok(())
    }

    pub(crate) fn enable_rule(
        &mut self,
        name: &str,
        enabled: bool,
        context: &Context,
    ) -> Result<(), Failure> {
        self.changed = true;
        let Some(rule) = self.rules.get_mut(name) else {
            let what = "Rule has 'enabled' key but no rule by that name already exists";
            return Err(no_earlier(what, context));
        };
        rule.enabled = enabled;
        Ok(())
    }

    /// Whether something that was there was changed since the last time that this was asked.
    pub(crate) const fn take_changed(&mut self) -> bool {
        std::mem::replace(&mut self.changed, false)
    }

    const fn next(&mut self) -> u32 {
        let count = self.count;
        self.count = self.count.saturating_add(1);
        count
    }

    /// The order of a new definition, which keeps the place of an earlier one.
    fn defined(&mut self, earlier: Option<Order>) -> Order {
        let visibility = self.next();
        Order { index: earlier.map_or(visibility, |order| order.index), visibility }
    }
}

impl RuleUpdate {
    pub(crate) fn new(name: &str, source: Option<String>, context: &Context) -> Self {
        Self {
            name: name.to_owned(),
            source,
            condition: None,
            output: None,
            description: None,
            priority: None,
            enabled: None,
            capture: None,
            capture_duration: None,
            warn_evttypes: None,
            skip_if_unknown_filter: None,
            tags: None,
            exceptions: None,
            context: context.clone(),
        }
    }

    const fn is_empty(&self) -> bool {
        self.condition.is_none()
            && self.output.is_none()
            && self.description.is_none()
            && self.tags.is_none()
            && self.exceptions.is_none()
    }
}

/// The plugin whose fields and events are built in, as the version that has the same.
const BUILT_IN_PLUGIN: (&str, Version) = ("container", Version::new(0, 7, 0));

fn check_source(earlier: &str, source: Option<&str>, context: &Context) -> Result<(), Failure> {
    if source.is_none_or(|source| source == earlier) {
        return Ok(());
    }
    let what = "Rule has been re-defined with a different source";
    Err(Failure::new(ErrorCode::Validate, what, context))
}

fn no_earlier(what: &str, context: &Context) -> Failure {
    Failure::new(ErrorCode::Validate, what, context)
}

fn join(text: &mut String, more: &str) {
    text.push(' ');
    text.push_str(more);
}

fn put<T>(value: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *value = new;
    }
}

/// Things by name, in the order of their first definition.
#[derive(Clone, Debug)]
pub(crate) struct Named<T> {
    items: Vec<T>,
    places: HashMap<String, usize>,
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self { items: Vec::new(), places: HashMap::new() }
    }
}

impl<T> Named<T> {
    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.items.get(*self.places.get(name)?)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.items.get_mut(*self.places.get(name)?)
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }

    pub(crate) const fn len(&self) -> usize {
        self.items.len()
    }

    fn put(&mut self, name: String, item: T) {
        match self.get_mut(&name) {
            Some(earlier) => *earlier = item,
            None => {
                self.places.insert(name, self.items.len());
                self.items.push(item);
            }
        }
    }
}
