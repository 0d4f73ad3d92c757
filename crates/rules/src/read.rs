//! Reads the YAML of a rules file item by item into the collection. Stops at the first error.

use std::collections::BTreeSet;

use gyr_alert::Priority;
use gyr_diag::yaml::{self, Node};

use crate::codes::{ErrorCode, WarningCode};
use crate::collect::{Collection, List, Macro, Order, PluginRequirement, Rule, RuleUpdate};
use crate::context::{Context, Part};
use crate::exceptions;
use crate::overrides::{self, Overrides};
use crate::schema;
use crate::session::Session;
use crate::version::Version;

/// Why reading, collecting or compiling stopped.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
    pub(crate) context: Context,
}

/// Reads a whole file.
pub(crate) fn read(
    session: &mut Session<'_>,
    collection: &mut Collection,
    text: &str,
) -> Result<(), Failure> {
    let context = Context::file(&session.result.name);
    let documents = yaml::parse(text).map_err(|error| {
        let place = context.inner(Part::ValueFor, "", error.at);
        let (line, column) = (error.at.line.saturating_add(1), error.at.column.saturating_add(1));
        let what = format!("yaml-cpp: error at line {line}, column {column}: {}", error.message);
        Failure::new(ErrorCode::YamlParse, what, &place)
    })?;
    session.result.schema = schema::differences(&documents);
    for document in documents.iter().filter(|document| !document.is_null()) {
        if !document.is_sequence() {
            let what = match document.is_mapping() {
                true => "Rules content is not yaml array of objects",
                false => "Rules content is not yaml",
            };
            return Err(Failure::shape(what, &context));
        }
        for item in document.items().iter().filter(|item| !item.is_null()) {
            read_item(session, collection, item, &context)?;
        }
    }
    Ok(())
}

/// The keys that tell what an item is, in the order in which they count.
pub(crate) fn read_item(
    session: &mut Session<'_>,
    collection: &mut Collection,
    item: &Node,
    file: &Context,
) -> Result<(), Failure> {
    let context = file.inner(Part::RulesContentItem, "", item.span.start);
    if !item.is_mapping() {
        let what = "Unexpected element type. Each element should be a yaml associative array.";
        return Err(Failure::shape(what, &context));
    }
    let mut reader = Reader { session, collection, item, file };
    if item.get("required_engine_version").is_some() {
        reader.engine_version()
    } else if let Some(plugins) = item.get("required_plugin_versions") {
        reader.plugin_versions(plugins)
    } else if item.get("list").is_some() {
        reader.list()
    } else if item.get("macro").is_some() {
        reader.macro_()
    } else if item.get("rule").is_some() {
        reader.rule()
    } else {
        let what = "Unknown top level item".to_owned();
        session.warn(WarningCode::UnknownItem, what, &context);
        Ok(())
    }
}

const LIST_KEYS: &[&str] = &["list", "items", "append", "override"];
const MACRO_KEYS: &[&str] = &["macro", "condition", "append", "override"];
const RULE_KEYS: &[&str] = &[
    "rule",
    "condition",
    "output",
    "desc",
    "priority",
    "source",
    "enabled",
    "capture",
    "capture_duration",
    "warn_evttypes",
    "skip-if-unknown-filter",
    "tags",
    "exceptions",
    "override",
    "append",
];

const DEPRECATED_APPEND: &str = "'append' key is deprecated. Add an 'append' entry (e.g. \
                                 'condition: append') under 'override' instead.";
const DEPRECATED_ENABLED: &str = "The standalone 'enabled' key usage is deprecated. The correct approach requires also a \
     'replace' entry under the 'override' key (i.e. 'enabled: replace').";
const APPEND_AND_OVERRIDE: &str = "Keys 'override' and 'append: true' cannot be used together. Add an 'append' entry (e.g. \
     'condition: append') under 'override' instead.";

/// One item while it is read.
struct Reader<'r, 's> {
    session: &'r mut Session<'s>,
    collection: &'r mut Collection,
    item: &'r Node,
    file: &'r Context,
}

impl Reader<'_, '_> {
    fn engine_version(&mut self) -> Result<(), Failure> {
        let context = self.file.inner(Part::RequiredEngineVersion, "", self.item.span.start);
        let node = required_scalar(self.item, "required_engine_version", &context)?;
        let minor = node.as_u64().and_then(|minor| u32::try_from(minor).ok());
        let version = match minor {
            Some(minor) => Version::new(0, minor, 0),
            None => {
                let text = node.as_str().unwrap_or_default();
                Version::parse(text).ok_or_else(|| {
                    let what = format!(
                        "Unable to parse engine version '{text}' as a semver string. Expected \
                         \"x.y.z\" semver format."
                    );
                    Failure::shape(what, &context)
                })?
            }
        };
        self.collection.require_engine(version, &context)
    }

    fn plugin_versions(&mut self, plugins: &Node) -> Result<(), Failure> {
        let context = self.file.inner(Part::RequiredPluginVersions, "", plugins.span.start);
        if !plugins.is_sequence() {
            let what = "Value of required_plugin_versions must be a sequence";
            return Err(Failure::shape(what, &context));
        }
        for plugin in plugins.items() {
            let part = Part::RequiredPluginVersionsEntry;
            let what = "Plugin version must be a mapping";
            let (first, inner) = plugin_requirement(plugin, &context, part, what)?;
            let mut alternatives = vec![first];
            if let Some(others) = plugin.get("alternatives") {
                if !others.is_sequence() {
                    let what = "Value of plugin version alternatives must be a sequence";
                    return Err(Failure::shape(what, &inner));
                }
                for other in others.items() {
                    let part = Part::RequiredPluginVersionsAlternative;
                    let what = "Plugin version alternative must be a mapping";
                    alternatives.push(plugin_requirement(other, &inner, part, what)?.0);
                }
            }
            self.collection.require_plugin(alternatives, &inner)?;
        }
        Ok(())
    }

    fn list(&mut self) -> Result<(), Failure> {
        let (name, context) = self.named("list", Part::List)?;
        if name.is_empty() || name.chars().any(|c| "()\"'=,".contains(c) || is_space(c)) {
            let what = "List has an invalid name. List names should match a regular expression: \
                        ([^()\"'[:space:]=,]+)";
            self.session.warn(WarningCode::InvalidListName, what.to_owned(), &context);
        }
        self.warn_unknown_keys(LIST_KEYS, &context);
        let items = texts(self.item, "items", &context)?
            .ok_or_else(|| Failure::shape("Item has no mapping for key 'items'", &context))?;
        let order = Order::default();
        let list = List { name, items, context: context.clone(), order };
        match self.appends("items", &context)? {
            true => self.collection.append_list(list),
            false => {
                self.collection.define_list(list);
                Ok(())
            }
        }
    }

    fn macro_(&mut self) -> Result<(), Failure> {
        let (name, context) = self.named("macro", Part::Macro)?;
        let word = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !word || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let what = "Macro has an invalid name. Macro names should match a regular expression: \
                        ([a-zA-Z]+[a-zA-Z0-9_]*)";
            self.session.warn(WarningCode::InvalidMacroName, what.to_owned(), &context);
        }
        self.warn_unknown_keys(MACRO_KEYS, &context);
        let condition = required_text(self.item, "condition", &context)?.to_owned();
        let condition_context = self.part("condition", Part::MacroCondition, &context);
        let order = Order::default();
        let item = Macro { name, condition, context: context.clone(), condition_context, order };
        match self.appends("condition", &context)? {
            true => self.collection.append_macro(&item),
            false => {
                self.collection.define_macro(item);
                Ok(())
            }
        }
    }

    fn rule(&mut self) -> Result<(), Failure> {
        let (name, context) = self.named("rule", Part::Rule)?;
        self.warn_unknown_keys(RULE_KEYS, &context);
        let append = self.append_flag(&context)?;
        let overrides = overrides::read(self.item, &overrides::RULE, &context)?;
        if append && overrides.any() {
            return Err(Failure::shape(APPEND_AND_OVERRIDE, &context));
        }
        if overrides.any() {
            return self.override_rule(&name, &overrides, &context);
        }
        if append {
            return self.append_to_rule(&name, &context);
        }
        let defined = ["condition", "output", "desc", "priority"];
        if defined.iter().all(|key| self.item.get(key).is_none()) {
            let enabled = required_bool(self.item, "enabled", &context)?;
            let what = DEPRECATED_ENABLED.to_owned();
            self.session.warn(WarningCode::DeprecatedItem, what, &context);
            return self.collection.enable_rule(&name, enabled, &context);
        }
        self.define_rule(name, context)
    }

    fn define_rule(&mut self, name: String, context: Context) -> Result<(), Failure> {
        let item = self.item;
        let condition = required_text(item, "condition", &context)?.to_owned();
        let output = required_text(item, "output", &context)?;
        // The blanks that C's isspace() knows.
        let output = output.trim_matches(is_space).to_owned();
        let description = required_text(item, "desc", &context)?.to_owned();
        let rule = Rule {
            name,
            priority: self.priority(&context)?,
            source: source(item, &context)?.unwrap_or_else(|| "syscall".to_owned()),
            enabled: optional_bool(item, "enabled", &context)?.unwrap_or(true),
            capture: optional_bool(item, "capture", &context)?.unwrap_or(false),
            capture_duration: optional_u32(item, "capture_duration", &context)?.unwrap_or(0),
            warn_evttypes: optional_bool(item, "warn_evttypes", &context)?.unwrap_or(true),
            skip_if_unknown_filter: optional_bool(item, "skip-if-unknown-filter", &context)?
                .unwrap_or(false),
            tags: tags(item, &context)?.unwrap_or_default(),
            exceptions: exceptions::read(self.session, item, &context, false)?,
            unknown_source: false,
            condition,
            output,
            description,
            condition_context: self.part("condition", Part::RuleCondition, &context),
            output_context: self.part("output", Part::RuleOutput, &context),
            context,
        };
        self.collection.define_rule(self.session, rule)
    }

    fn append_to_rule(&mut self, name: &str, context: &Context) -> Result<(), Failure> {
        let item = self.item;
        let mut update = RuleUpdate::new(name, source(item, context)?, context);
        if item.get("condition").is_some() {
            update.condition = Some(required_text(item, "condition", context)?.to_owned());
        }
        if item.get("exceptions").is_some() {
            update.exceptions = Some(exceptions::read(self.session, item, context, true)?);
        }
        self.collection.append_rule(self.session, update)
    }

    fn override_rule(
        &mut self,
        name: &str,
        overrides: &Overrides,
        context: &Context,
    ) -> Result<(), Failure> {
        let item = self.item;
        let source = source(item, context)?;
        // The keys of the item that some override must account for.
        let mut expected: BTreeSet<&str> =
            overrides::RULE.all().filter(|key| item.get(key).is_some()).collect();
        if !overrides.append.is_empty() {
            let update = RuleUpdate::new(name, source.clone(), context);
            let update = self.update(update, &overrides.append, &mut expected, true)?;
            self.collection.append_rule(self.session, update)?;
        }
        if !overrides.replace.is_empty() {
            let update = RuleUpdate::new(name, source, context);
            let update = self.update(update, &overrides.replace, &mut expected, false)?;
            self.collection.replace_in_rule(update)?;
        }
        let Some(key) = expected.first() else { return Ok(()) };
        let at = item.get(key).map_or(item.span.start, |node| node.span.start);
        let what =
            format!("Unexpected key '{key}': no corresponding entry under 'override' is defined.");
        Err(Failure::shape(what, &context.inner(Part::Overrides, key, at)))
    }

    /// Reads the keys that are overridden in one way.
    fn update(
        &mut self,
        mut update: RuleUpdate,
        keys: &BTreeSet<String>,
        expected: &mut BTreeSet<&str>,
        append: bool,
    ) -> Result<RuleUpdate, Failure> {
        let (item, context) = (self.item, update.context.clone());
        let way = if append { "append" } else { "replace" };
        for key in overrides::READING_ORDER.iter().filter(|key| keys.contains(**key)) {
            if !expected.remove(key) {
                let what = format!(
                    "An {way} override for '{key}' was specified but '{key}' is not defined"
                );
                return Err(Failure::shape(what, &context));
            }
            let text = || required_text(item, key, &context).map(|text| Some(text.to_owned()));
            let truth = || required_bool(item, key, &context).map(Some);
            match *key {
                "condition" => update.condition = text()?,
                "output" => update.output = text()?,
                "desc" => update.description = text()?,
                "tags" => update.tags = tags(item, &context)?,
                "priority" => update.priority = Some(self.priority(&context)?),
                "enabled" => update.enabled = truth()?,
                "capture" => update.capture = truth()?,
                "capture_duration" => {
                    update.capture_duration = optional_u32(item, key, &context)?;
                }
                "warn_evttypes" => update.warn_evttypes = truth()?,
                "skip-if-unknown-filter" => update.skip_if_unknown_filter = truth()?,
                _ => {
                    let read = exceptions::read(self.session, item, &context, append)?;
                    update.exceptions = Some(read);
                }
            }
        }
        Ok(update)
    }

    fn named(&self, key: &str, part: Part) -> Result<(String, Context), Failure> {
        let at = self.item.span.start;
        let unnamed = self.file.inner(part, "", at);
        let name = required_text(self.item, key, &unnamed)?.to_owned();
        let context = self.file.inner(part, &name, at);
        Ok((name, context))
    }

    fn part(&self, key: &str, part: Part, context: &Context) -> Context {
        let at = self.item.get(key).map_or(self.item.span.start, |node| node.span.start);
        context.inner(part, "", at)
    }

    fn priority(&self, context: &Context) -> Result<Priority, Failure> {
        let text = required_text(self.item, "priority", context)?;
        let place = self.part("priority", Part::RulePriority, context);
        text.parse().map_err(|_| Failure::shape("Invalid priority", &place))
    }

    fn warn_unknown_keys(&mut self, known: &[&str], context: &Context) {
        for (key, _) in self.item.pairs() {
            let key = key.as_str().unwrap_or_default();
            if !known.contains(&key) {
                let what = format!("Unknown key '{key}'. The key will be ignored.");
                self.session.warn(WarningCode::UnknownKey, what, context);
            }
        }
    }

    fn append_flag(&mut self, context: &Context) -> Result<bool, Failure> {
        let append = optional_bool(self.item, "append", context)?.unwrap_or(false);
        if append {
            let what = DEPRECATED_APPEND.to_owned();
            self.session.warn(WarningCode::DeprecatedItem, what, context);
        }
        Ok(append)
    }

    /// Whether a list or macro, which has the one content `key`, is added to.
    fn appends(&mut self, key: &'static str, context: &Context) -> Result<bool, Failure> {
        let append = self.append_flag(context)?;
        let keys = overrides::Keys { append: &[key], replace: &[key] };
        let overrides = overrides::read(self.item, &keys, context)?;
        if append && overrides.any() {
            return Err(Failure::shape(APPEND_AND_OVERRIDE, context));
        }
        Ok(append || overrides.append.contains(key))
    }
}

fn plugin_requirement(
    node: &Node,
    outer: &Context,
    part: Part,
    not_mapping: &str,
) -> Result<(PluginRequirement, Context), Failure> {
    let unnamed = outer.inner(part, "", node.span.start);
    if !node.is_mapping() {
        return Err(Failure::shape(not_mapping, &unnamed));
    }
    let name = required_text(node, "name", &unnamed)?.to_owned();
    let context = outer.inner(part, &name, node.span.start);
    let version = required_text(node, "version", &context)?.to_owned();
    Ok((PluginRequirement { name, version }, context))
}

/// The source of a rule; nothing and an empty text are as good as none.
fn source(item: &Node, context: &Context) -> Result<Option<String>, Failure> {
    match item.get("source") {
        None => Ok(None),
        Some(node) if node.is_null() || node.as_str() == Some("") => Ok(None),
        Some(_) => required_text(item, "source", context).map(|text| Some(text.to_owned())),
    }
}

fn tags(item: &Node, context: &Context) -> Result<Option<BTreeSet<String>>, Failure> {
    Ok(texts(item, "tags", context)?.map(|tags| tags.into_iter().collect()))
}

/// The texts of a list, if the key is there.
fn texts(item: &Node, key: &str, context: &Context) -> Result<Option<Vec<String>>, Failure> {
    let Some(node) = item.get(key) else { return Ok(None) };
    let context = context.inner(Part::ValueFor, key, node.span.start);
    if !node.is_sequence() {
        return Err(Failure::shape("Value is not a sequence", &context));
    }
    let texts = node.items().iter().map(|item| {
        item.as_str().map(str::to_owned).ok_or_else(|| {
            let place = context.inner(Part::ListItem, "", item.span.start);
            Failure::shape("sequence value is not scalar", &place)
        })
    });
    texts.collect::<Result<_, _>>().map(Some)
}

fn required_scalar<'n>(item: &'n Node, key: &str, context: &Context) -> Result<&'n Node, Failure> {
    let Some(node) = item.get(key) else {
        return Err(Failure::shape(format!("Item has no mapping for key '{key}'"), context));
    };
    if node.is_null() {
        return Err(Failure::shape(format!("Mapping for key '{key}' is empty"), context));
    }
    let place = context.inner(Part::ValueFor, key, node.span.start);
    match node.as_str() {
        None => Err(Failure::shape("Value is not a scalar value", &place)),
        Some("") => Err(Failure::shape("Value must be non-empty", &place)),
        Some(_) => Ok(node),
    }
}

pub(crate) fn required_text<'n>(
    item: &'n Node,
    key: &str,
    context: &Context,
) -> Result<&'n str, Failure> {
    Ok(required_scalar(item, key, context)?.as_str().unwrap_or_default())
}

fn required_bool(item: &Node, key: &str, context: &Context) -> Result<bool, Failure> {
    let node = required_scalar(item, key, context)?;
    node.as_bool().ok_or_else(|| undecodable(node, key, context))
}

fn optional_bool(item: &Node, key: &str, context: &Context) -> Result<Option<bool>, Failure> {
    item.get(key).map(|_| required_bool(item, key, context)).transpose()
}

fn optional_u32(item: &Node, key: &str, context: &Context) -> Result<Option<u32>, Failure> {
    if item.get(key).is_none() {
        return Ok(None);
    }
    let node = required_scalar(item, key, context)?;
    let number = node.as_u64().and_then(|number| u32::try_from(number).ok());
    number.map(Some).ok_or_else(|| undecodable(node, key, context))
}

fn undecodable(node: &Node, key: &str, context: &Context) -> Failure {
    let place = context.inner(Part::ValueFor, key, node.span.start);
    Failure::shape("Can't decode YAML scalar value", &place)
}

const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\x0b' | '\x0c' | '\r')
}
