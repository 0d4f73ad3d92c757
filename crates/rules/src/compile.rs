//! Turns what is collected into rules that can be evaluated, and says what is wrong with them.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use gyr_filter::ast::{ExprKind, Operand, Right};
use gyr_filter::{Expr, Operator, Scheme, Template, TemplateError};

use crate::codes::{ErrorCode, WarningCode};
use crate::collect::{self, Collection, Macro};
use crate::context::Context;
use crate::exceptions;
use crate::index::Events;
use crate::language::Language;
use crate::load::{ExtraField, ExtraOutput, Match};
use crate::read::Failure;
use crate::resolve::{MacroError, Macros, ResolvedLists, is_bound, words};
use crate::result::Problem;
use crate::ruleset::{CheckedRule, ExtraFields, ExtraTemplate, Rule};
use crate::session::Session;

/// Everything that the files so far define, compiled.
pub(crate) struct Compiled<F> {
    pub(crate) lists: ResolvedLists,
    pub(crate) macros: Macros,
    pub(crate) rules: Vec<Arc<CheckedRule<F>>>,
    /// What there is to say of the rules.
    warnings: Vec<Problem<WarningCode>>,
    /// How many rules were compiled, with those that were left out.
    count: usize,
    /// Every word in which the name of a list would be replaced.
    words: HashSet<String>,
    /// There was no error, so that what comes can be added to it.
    is_whole: bool,
}

impl<F> Default for Compiled<F> {
    fn default() -> Self {
        Self {
            lists: ResolvedLists::default(),
            macros: Macros::default(),
            rules: Vec::new(),
            warnings: Vec::new(),
            count: 0,
            words: HashSet::new(),
            is_whole: false,
        }
    }
}

/// What is added to outputs.
#[derive(Clone, Copy)]
pub(crate) struct Extras<'a> {
    pub(crate) outputs: &'a [ExtraOutput],
    pub(crate) fields: &'a [ExtraField],
}

/// Compiles what is new; everything, if what was there is changed or may mean something else now. Warnings go to the
/// session. After the first error all is as it was.
pub(crate) fn compile<S: Scheme>(
    session: &mut Session<'_>,
    collection: &mut Collection,
    language: &Language<S>,
    extras: Extras<'_>,
    compiled: &mut Compiled<S::Field>,
) -> Result<(), Failure> {
    let changed = collection.take_changed();
    let mut new_lists = collection.lists.iter().skip(compiled.lists.lists.len());
    let is_word = |name: &str| compiled.words.contains(name) || name.contains(is_bound);
    let adds = compiled.is_whole && !changed && !new_lists.any(|list| is_word(&list.name));
    let mut before = if adds { std::mem::take(compiled) } else { Compiled::default() };
    let counts = (before.lists.lists.len(), before.macros.macros.len(), before.rules.len());
    let mut compiler = Compiler { session, language, extras, compiled: &mut before };
    match compiler.add(collection) {
        Ok(()) => {
            before.is_whole = true;
            *compiled = before;
            warn_unused(session, collection, compiled);
            Ok(())
        }
        Err(failure) => {
            if adds {
                before.lists.truncate(counts.0);
                before.macros.truncate(counts.1);
                before.rules.truncate(counts.2);
                *compiled = before;
            }
            compiled.is_whole = false;
            Err(failure)
        }
    }
}

fn warn_unused<F>(session: &mut Session<'_>, collection: &Collection, compiled: &Compiled<F>) {
    for unused in compiled.macros.macros.iter().filter(|item| !item.used) {
        if let Some(item) = collection.macros.get(&unused.name) {
            let what = "Macro not referred to by any other rule/macro".to_owned();
            session.warn(WarningCode::UnusedMacro, what, &item.context);
        }
    }
    for unused in compiled.lists.lists.iter().filter(|list| !list.used) {
        if let Some(list) = collection.lists.get(&unused.name) {
            let what = "List not referred to by any other rule/macro".to_owned();
            session.warn(WarningCode::UnusedList, what, &list.context);
        }
    }
}

struct Compiler<'c, 's, S: Scheme> {
    session: &'c mut Session<'s>,
    language: &'c Language<S>,
    extras: Extras<'c>,
    compiled: &'c mut Compiled<S::Field>,
}

impl<S: Scheme> Compiler<'_, '_, S> {
    /// Adds what is not compiled yet, up to the first error.
    fn add(&mut self, collection: &Collection) -> Result<(), Failure> {
        let n_lists = self.compiled.lists.lists.len();
        self.compiled.lists.extend(collection);
        for list in self.compiled.lists.lists.iter().skip(n_lists) {
            let items = list.items.iter().flat_map(|item| words(item));
            self.compiled.words.extend(items.map(str::to_owned));
        }
        self.macros(collection)?;
        let told = self.session.result.warnings.len();
        self.session.result.warnings.extend(self.compiled.warnings.iter().cloned());
        for rule in collection.rules.iter().skip(self.compiled.count) {
            if !rule.unknown_source {
                let compiled = self.rule(rule)?.map(Arc::new);
                self.compiled.rules.extend(compiled);
            }
        }
        self.compiled.count = collection.rules.len();
        let warnings = self.session.result.warnings.get(told..).unwrap_or_default();
        self.compiled.warnings = warnings.to_vec();
        Ok(())
    }

    fn macros(&mut self, collection: &Collection) -> Result<(), Failure> {
        let n_macros = self.compiled.macros.macros.len();
        for item in collection.macros.iter().skip(n_macros) {
            let condition = self.parse(&item.condition, &item.condition_context)?;
            self.compiled.macros.add(&item.name, condition, item.order);
        }
        let new = collection.macros.iter().enumerate().skip(n_macros);
        for (place, Macro { condition, context, .. }) in new {
            self.compiled
                .macros
                .resolve_macro(place)
                .map_err(|error| macro_failure(&error, condition, context))?;
        }
        Ok(())
    }

    fn parse(&mut self, condition: &str, context: &Context) -> Result<Expr, Failure> {
        self.compiled.words.extend(words(condition).map(str::to_owned));
        let text = self.compiled.lists.substitute(condition);
        gyr_filter::parse(&text).map_err(|error| {
            let place = context.condition(&text, Some(error.position));
            Failure::new(ErrorCode::CompileCondition, error.message, &place)
        })
    }

    /// A rule, unless it uses what does not exist and allows for that.
    fn rule(&mut self, rule: &collect::Rule) -> Result<Option<CheckedRule<S::Field>>, Failure> {
        let text = exceptions::condition(&rule.condition, &rule.exceptions)?;
        let output = self.output(rule);
        let Some(scheme) = self.language.scheme(&rule.source) else { return Ok(None) };
        let template = match template(&output, scheme) {
            Ok(template) => template,
            Err(error) => {
                let what = error.to_string();
                let failure = Failure::new(ErrorCode::CompileOutput, what, &rule.output_context);
                return self.unknown(rule.skip_if_unknown_filter, failure);
            }
        };
        self.warn_deprecated_in_output(&output, &rule.output_context);
        let extra_fields = self.extra_fields(rule, scheme)?;
        let condition = self.parse(&text, &rule.condition_context)?;
        let condition = self
            .compiled
            .macros
            .resolve_condition(condition)
            .map_err(|error| macro_failure(&error, &text, &rule.context))?;
        self.warn_condition(&condition, &rule.condition_context.condition(&text, None));
        let checked = match gyr_filter::check(&condition, scheme) {
            Ok(checked) => checked,
            Err(error) => {
                let place = rule.condition_context.condition(&text, Some(error.comparison));
                let failure = Failure::new(ErrorCode::CompileCondition, error.message, &place);
                return self.unknown(rule.skip_if_unknown_filter, failure);
            }
        };
        for warning in &checked.warnings {
            let place = rule.condition_context.condition(&text, Some(warning.position));
            self.session.warn(WarningCode::CompileCondition, warning.message.clone(), &place);
        }
        let events = match Events::of(&condition) {
            Ok(events) => events,
            Err(_) if rule.source != SYSCALL => Events::all(),
            Err(error) => {
                let place = rule.condition_context.condition(&text, Some(error.position));
                return Err(Failure::new(ErrorCode::CompileCondition, error.message, &place));
            }
        };
        if rule.source == SYSCALL && rule.warn_evttypes && events.len() > MANY_EVENTS {
            let what = "Rule matches too many evt.type values. This has a significant performance \
                        penalty.";
            self.session.warn(WarningCode::NoEvttype, what.to_owned(), &rule.context);
        }
        let rule = Arc::new(Rule {
            name: rule.name.clone(),
            source: rule.source.clone(),
            priority: rule.priority,
            tags: rule.tags.iter().cloned().collect(),
            output,
            template,
            extra_fields,
            capture: rule.capture,
            capture_duration: rule.capture_duration,
            events,
            enabled: rule.enabled,
        });
        Ok(Some(CheckedRule { rule, condition, checked }))
    }

    /// Leaves a rule out that uses what does not exist, if it allows for that.
    fn unknown<T>(&mut self, skip: bool, failure: Failure) -> Result<Option<T>, Failure> {
        const UNKNOWN: [&str; 4] = [
            "nonexistent field",
            "invalid formatting token",
            "unknown event type",
            "unknown filter:",
        ];
        if !skip || !UNKNOWN.iter().any(|words| failure.message.contains(words)) {
            return Err(failure);
        }
        self.session.warn(WarningCode::UnknownFilter, failure.message, &failure.context);
        Ok(None)
    }

    fn output(&mut self, rule: &collect::Rule) -> String {
        let mut output = rule.output.clone();
        for extra in self.extras.outputs.iter().filter(|extra| extra.of.matches(rule)) {
            output.push(' ');
            output += &extra.format;
        }
        if output.contains(CONTAINER_INFO) {
            let what = "%container.info is deprecated and has no effect: what is known of a \
                        container is added to every output";
            self.session.warn(WarningCode::DeprecatedItem, what.to_owned(), &rule.context);
            output = output.replace(CONTAINER_INFO, "");
        }
        output
    }

    fn extra_fields(
        &mut self,
        rule: &collect::Rule,
        scheme: &S,
    ) -> Result<ExtraFields<S::Field>, Failure> {
        let mut fields = BTreeMap::new();
        for extra in self.extras.fields.iter().filter(|extra| extra.of.matches(rule)) {
            let template = template(&extra.format, scheme).map_err(|error| {
                let what = error.to_string();
                Failure::new(ErrorCode::CompileOutput, what, &rule.output_context)
            })?;
            self.warn_deprecated_in_output(&extra.format, &rule.output_context);
            let field = ExtraTemplate { format: extra.format.clone(), template, raw: extra.raw };
            fields.insert(extra.key.clone(), field);
        }
        Ok(fields.into_iter().collect())
    }

    fn warn_deprecated_in_output(&mut self, output: &str, context: &Context) {
        for field in DEPRECATED_FIELDS.iter().filter(|field| output.contains(**field)) {
            let what =
                format!("usage of deprecated field '{field}' has been detected in the rule output");
            self.session.warn_deprecated_field(field, what, context);
        }
    }

    /// Warns of what can be seen in the tree alone.
    fn warn_condition(&mut self, condition: &Expr, context: &Context) {
        if compares_with_na(condition) {
            self.session.warn(WarningCode::UnsafeNaCheck, String::new(), context);
        }
        let mut names = BTreeSet::new();
        condition.fields(&mut |field| {
            names.insert(field.name.as_str());
        });
        for field in DEPRECATED_FIELDS.iter().filter(|field| names.contains(**field)) {
            let what = match *field {
                "evt.dir" => {
                    "due to the drop of enter events, 'evt.dir = <' always evaluates to true, and \
                     'evt.dir = >' always evaluates to false. The rule expression can be \
                     simplified by removing the condition on 'evt.dir'"
                }
                _ => "field is not available due to the drop of enter events.",
            };
            self.session.warn_deprecated_field(field, what.to_owned(), context);
        }
    }
}

/// Outputs tolerate missing values, whether they say so or not.
fn template<S: Scheme>(text: &str, scheme: &S) -> Result<Template<S::Field>, TemplateError> {
    match text.starts_with('*') || text.is_empty() {
        true => Template::parse(text, scheme),
        false => Template::parse(&format!("*{text}"), scheme),
    }
}

impl Match {
    fn matches(&self, rule: &collect::Rule) -> bool {
        self.source.as_ref().is_none_or(|source| *source == rule.source)
            && self.tags.iter().all(|tag| rule.tags.contains(tag))
            && self.rule.as_ref().is_none_or(|name| *name == rule.name)
    }
}

/// The source of events of the kernel.
pub(crate) const SYSCALL: &str = "syscall";
/// More codes of events than this are worth a warning.
pub(crate) const MANY_EVENTS: usize = 100;
const CONTAINER_INFO: &str = "%container.info";
/// Fields that hold nothing any more.
pub(crate) const DEPRECATED_FIELDS: &[&str] = &[
    "evt.dir",
    "evt.latency",
    "evt.latency.s",
    "evt.latency.ns",
    "evt.latency.human",
    "evt.wait_latency",
];

fn macro_failure(error: &MacroError, condition: &str, context: &Context) -> Failure {
    let (what, at) = match error {
        MacroError::Unknown { name, at } => {
            (format!("Undefined macro '{name}' used in filter."), Some(*at))
        }
        MacroError::Loop { name, at } => (format!("reference loop in macro '{name}'"), Some(*at)),
        MacroError::TooLarge => (gyr_filter::TooLarge.to_string(), None),
    };
    Failure::new(ErrorCode::Validate, what, &context.condition(condition, at))
}

/// Whether a field of audit or JSON events, which has a text for what is missing, is compared with that text.
fn compares_with_na(condition: &Expr) -> bool {
    const EQUALITY: [Operator; 6] = [
        Operator::EqEq,
        Operator::Eq,
        Operator::Ne,
        Operator::In,
        Operator::Intersects,
        Operator::Pmatch,
    ];
    let mut found = false;
    condition.walk(&mut |expr| {
        let ExprKind::Check(check) = &expr.kind else { return };
        let Operand::Field(field) = &check.left else { return };
        let unsafe_field = field.name.starts_with("ka.") || field.name.starts_with("jevt.");
        let na = match &check.right {
            Right::Value(_, text) | Right::Name(_, text) => text.as_bytes() == b"<NA>",
            Right::List(_, texts) => texts.iter().any(|text| text.as_bytes() == b"<NA>"),
            Right::Nothing | Right::Operand(_) => false,
        };
        found |= unsafe_field && na && EQUALITY.contains(&check.operator);
    });
    found
}
