//! What is loaded, told in full: each rule, macro and list with what it uses.

use std::collections::BTreeSet;

use gyr_filter::Expr;
use gyr_filter::Scheme;
use gyr_filter::ast::{Operand, Right};
use serde_json::{Map, Value, json};

use crate::collect::{List, Macro, PluginRequirement, Rule};
use crate::compile::SYSCALL;
use crate::index::Events;
use crate::load::Loader;
use crate::ruleset::CheckedRule;

/// Which plugin something comes from.
pub trait Plugins {
    fn of_source(&self, source: &str) -> Option<String>;

    /// By the name without argument.
    fn of_field(&self, field: &str) -> Option<String>;

    /// By the name of an asynchronous event.
    fn of_event(&self, event: &str) -> Option<String>;
}

impl<S: Scheme> Loader<S> {
    /// Everything that is loaded.
    pub fn describe(&self, plugins: &dyn Plugins) -> Value {
        let required: Vec<Value> = self.collection.plugins.iter().map(|p| plugin(p)).collect();
        let rules: Vec<Value> = self.rules().map(|(r, c)| self.rule(r, c, plugins)).collect();
        let macros: Vec<Value> = self.collection.macros.iter().map(|m| self.macro_(m)).collect();
        let lists: Vec<Value> = self.collection.lists.iter().map(|l| self.list(l)).collect();
        json!({
            "required_engine_version": self.collection.engine.to_string(),
            "required_plugin_versions": required,
            "rules": rules,
            "macros": macros,
            "lists": lists,
        })
    }

    /// One rule, if it is loaded.
    pub fn describe_rule(&self, name: &str, plugins: &dyn Plugins) -> Option<Value> {
        let (rule, compiled) = self.rules().find(|(rule, _)| rule.name == name)?;
        Some(json!({ "rules": [self.rule(rule, compiled, plugins)] }))
    }

    /// Names and descriptions in two columns: of one rule if it is named (`None` if it is not loaded), else of all.
    pub fn describe_text(&self, name: Option<&str>) -> Option<String> {
        let rules: Vec<&Rule> = self.rules().map(|(rule, _)| rule).collect();
        let of_name = |rule: &&&Rule| name.is_none_or(|name| rule.name == name);
        let shown: Vec<_> = rules.iter().filter(of_name).collect();
        if shown.is_empty() && name.is_some() {
            return None;
        }
        let mut out = format!("{:<50} Description\n{:<50} -----------\n", "Rule", "----");
        for rule in shown {
            out += &format!("{:<50} {}\n\n", rule.name, wrap(&rule.description));
        }
        Some(out)
    }

    /// The rules that are compiled, with what they were compiled from.
    pub(crate) fn rules(&self) -> impl Iterator<Item = (&Rule, &CheckedRule<S::Field>)> {
        let compiled = self.compiled.rules.iter();
        compiled.filter_map(|known| Some((self.collection.rules.get(&known.rule.name)?, &**known)))
    }

    fn rule(
        &self,
        rule: &Rule,
        CheckedRule { rule: compiled, condition, .. }: &CheckedRule<S::Field>,
        plugins: &dyn Plugins,
    ) -> Value {
        let details = Details::of(condition);
        let output_fields: Vec<&str> = compiled.template.fields().map(|(text, _)| text).collect();
        let exceptions = &rule.exceptions;
        let names: Vec<&str> = exceptions.iter().map(|e| e.name.as_str()).collect();
        let fields: BTreeSet<&str> = exceptions.iter().flat_map(|e| e.fields.texts()).collect();
        let comps: BTreeSet<&str> = exceptions.iter().flat_map(|e| e.comps.texts()).collect();
        let of_source = plugins.of_source(&rule.source);
        let used = details.fields.iter().map(String::as_str).chain(output_fields.iter().copied());
        let of_fields = used.filter_map(|field| plugins.of_field(bare(field)));
        let of_events = details.events.iter().filter_map(|event| plugins.of_event(event));
        let plugins: BTreeSet<String> =
            of_source.into_iter().chain(of_fields).chain(of_events).collect();
        let mut details = json!({
            "macros": self.macros_in(&rule.condition),
            "lists": self.lists_in(&rule.condition),
            "condition_operators": details.operators,
            "condition_fields": details.fields,
            "output_fields": output_fields,
            "exception_names": names,
            "exception_fields": fields,
            "exception_operators": comps,
            "events": events(condition, &rule.source),
            "condition_compiled": condition.to_string(),
            "output_compiled": compiled.output,
            "plugins": plugins,
        });
        let extra = compiled.extra_fields.iter();
        let extra: Map<String, Value> =
            extra.map(|(key, field)| (key.clone(), field.format.clone().into())).collect();
        if !extra.is_empty() {
            details["extra_output_formatted_fields"] = extra.into();
        }
        json!({
            "info": {
                "name": rule.name,
                "condition": rule.condition,
                "priority": rule.priority.name(),
                "output": rule.output,
                "description": rule.description,
                "enabled": rule.enabled,
                "source": rule.source,
                "capture": rule.capture,
                "capture_duration": rule.capture_duration,
                "tags": rule.tags,
            },
            "details": details,
        })
    }

    fn macro_(&self, item: &Macro) -> Value {
        let compiled =
            self.compiled.macros.macros.iter().find(|compiled| compiled.name == item.name);
        let details = compiled.map(|compiled| {
            let details = Details::of(&compiled.condition);
            json!({
                "used": compiled.used,
                "macros": self.macros_in(&item.condition),
                "lists": self.lists_in(&item.condition),
                "condition_operators": details.operators,
                "condition_fields": details.fields,
                "events": events(&compiled.condition, SYSCALL),
                "condition_compiled": compiled.condition.to_string(),
                "plugins": [],
            })
        });
        let info = json!({ "name": item.name, "condition": item.condition });
        json!({ "info": info, "details": details })
    }

    fn list(&self, list: &List) -> Value {
        let compiled = self.compiled.lists.lists.iter().find(|compiled| compiled.name == list.name);
        let compiled_items: BTreeSet<&str> =
            compiled.iter().flat_map(|list| &list.items).map(String::as_str).collect();
        let (items, lists): (Vec<&str>, Vec<&str>) =
            list.items.iter().map(String::as_str).partition(|item| compiled_items.contains(*item));
        json!({
            "info": { "name": list.name, "items": items },
            "details": {
                "used": compiled.is_some_and(|list| list.used),
                "lists": lists,
                "items_compiled": compiled.map(|list| &list.items),
                "plugins": [],
            },
        })
    }

    /// The macros that a condition names.
    fn macros_in(&self, condition: &str) -> BTreeSet<String> {
        let Ok(condition) = gyr_filter::parse(condition) else { return BTreeSet::new() };
        let known = |name: &&str| self.collection.macros.get(name).is_some();
        condition.identifiers().into_iter().filter(known).map(str::to_owned).collect()
    }

    /// The lists that a condition names.
    fn lists_in(&self, condition: &str) -> BTreeSet<String> {
        let Ok(condition) = gyr_filter::parse(condition) else { return BTreeSet::new() };
        let mut lists = BTreeSet::new();
        condition.checks(&mut |_, check| {
            let Right::List(_, items) = &check.right else { return };
            let names = items.iter().map(|item| item.to_str_lossy());
            let known = names.filter(|name| self.collection.lists.get(name).is_some());
            lists.extend(known.map(|name| name.into_owned()));
        });
        lists
    }
}

/// What a compiled condition uses.
struct Details {
    operators: BTreeSet<&'static str>,
    fields: BTreeSet<String>,
    /// Values that the type of the event is compared with.
    events: BTreeSet<String>,
}

impl Details {
    fn of(condition: &Expr) -> Self {
        let operators = condition.operators().into_iter().map(|operator| operator.text()).collect();
        let (mut fields, mut events) = (BTreeSet::new(), BTreeSet::new());
        condition.fields(&mut |field| {
            fields.insert(field.to_string());
        });
        condition.checks(&mut |_, check| {
            let Operand::Field(field) = &check.left else { return };
            if !matches!(field.name.as_str(), "evt.type" | "evt.asynctype") {
                return;
            }
            match &check.right {
                Right::Value(_, value) | Right::Name(_, value) => {
                    events.insert(value.to_str_lossy().into_owned());
                }
                Right::List(_, values) => {
                    events.extend(values.iter().map(|value| value.to_str_lossy().into_owned()));
                }
                Right::Nothing | Right::Operand(_) => {}
            }
        });
        Self { operators, fields, events }
    }
}

/// The names of the events that a condition is tried for.
fn events(condition: &Expr, source: &str) -> Vec<&'static str> {
    const ASYNC: &str = "asyncevent";
    if source != SYSCALL {
        return vec![ASYNC, "pluginevent"];
    }
    let mut names = Events::of(condition).unwrap_or_else(|_| Events::all()).names();
    if let Err(place) = names.binary_search(&ASYNC) {
        names.insert(place, ASYNC);
    }
    names
}

fn plugin(alternatives: &[PluginRequirement]) -> Value {
    let one = |required: &PluginRequirement| json!({ "name": required.name, "version": required.version });
    let Some((first, others)) = alternatives.split_first() else { return Value::Null };
    let mut out = one(first);
    out["alternatives"] = others.iter().map(one).collect();
    out
}

/// A field without its argument.
fn bare(field: &str) -> &str {
    field.split_once('[').map_or(field, |(name, _)| name)
}

/// The column where descriptions begin, and the width of the whole.
const INDENT: usize = 51;
const WIDTH: usize = 110;

fn wrap(text: &str) -> String {
    let (mut out, mut len) = (String::new(), 0);
    for word in text.split_whitespace() {
        let word_len = word.chars().count() + 1;
        if len > 0 && len + word_len > WIDTH - INDENT {
            out.push('\n');
            out += &" ".repeat(INDENT);
            len = 0;
        }
        len += word_len;
        out += word;
        out.push(' ');
    }
    out
}
