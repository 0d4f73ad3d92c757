//! Macros, rules and exceptions of everything that is collected so far: what is wrong with their texts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gyr_diag::Span;
use gyr_diag::yaml::Node;
use gyr_filter::ast::{ExprKind, MAX_LEVELS};
use gyr_filter::{Expr, Scheme, Template, TemplateError};

use super::atoms::{Atoms, meant_field, pairs};
use super::codes::Code;
use super::explain::explain;
use super::items::{Checker, is_usable};
use super::report::{Draft, Place, meant};
use super::shape::Kind;
use super::written::Written;
use crate::collect::Collection;
use crate::compile::{self, Compiled, Extras, SYSCALL};
use crate::exceptions::{self as texts, Entry, Exception};
use crate::index::Events;
use crate::resolve::{MacroError, Macros, ResolvedLists};
use crate::version::Version;

/// A text as it is written, and with lists in their places.
pub(super) struct Parsed {
    pub(super) raw: Option<Expr>,
    pub(super) full: Expr,
}

/// A rule in which nothing is wrong.
pub(super) struct Ready<F> {
    pub(super) name: String,
    pub(super) condition: Expr,
    pub(super) checked: gyr_filter::Checked<F>,
    pub(super) events: Events,
}

/// What is known of the texts of this round.
#[derive(Default)]
pub(super) struct Round {
    pub(super) macros: HashMap<String, Parsed>,
    pub(super) rules: HashMap<String, Parsed>,
    /// Macros in which something is wrong, by themselves or by what they use.
    pub(super) broken: BTreeSet<String>,
    /// The sources of the rules that use a macro.
    pub(super) used: BTreeMap<String, BTreeSet<String>>,
}

impl<S: Scheme> Checker<'_, S> {
    /// Looks at everything that is defined so far; at what is no error only with the `last` file.
    pub(super) fn compile(&mut self, last: bool) {
        let collection = std::mem::take(&mut self.collection);
        let mut lists = ResolvedLists::new(&collection);
        let mut round = Round::default();
        let macros = self.macros(&collection, &mut lists, &mut round);
        let mut ready = Vec::new();
        for rule in collection.rules.iter() {
            let parsed = self.rule_text(&rule.name, &mut lists);
            if let Some(parsed) = parsed {
                round.rules.insert(rule.name.clone(), parsed);
            }
        }
        self.macro_atoms(&collection, &mut round);
        let mut macros = macros;
        for rule in collection.rules.iter().filter(|rule| !rule.unknown_source) {
            ready.extend(self.rule(&collection, rule, &mut lists, &mut macros, &round));
        }
        self.ask_the_loader(&collection, last);
        if last {
            self.plugins(&collection);
            self.lints(&collection, &round, &ready, &mut lists, &mut macros);
        }
        self.collection = collection;
    }

    /// Reads a text; says why it does not read.
    fn parse(&mut self, written: &Written, lists: &mut ResolvedLists) -> Option<Parsed> {
        let text = lists.substitute(&written.text);
        let raw = gyr_filter::parse(&written.text);
        let error = match (raw, gyr_filter::parse(&text)) {
            (raw, Ok(full)) => return Some(Parsed { raw: raw.ok(), full }),
            (Ok(raw), Err(error)) => {
                self.list_does_not_fit(written, &raw, lists, &error.message);
                return None;
            }
            (Err(error), Err(_)) => error,
        };
        let said = explain(&written.text, &error);
        let place = written.place(self.report.files, said.from, said.to);
        let mut draft = Draft::new(said.code, place, said.message).maybe_help(said.help);
        if let Some((at, what)) = said.note {
            draft = draft.note(Some(written.place(self.report.files, at, at + 1)), what);
        }
        self.report.put(draft);
        None
    }

    /// The text reads before the items of its lists are put in, but not after.
    fn list_does_not_fit(
        &mut self,
        written: &Written,
        raw: &Expr,
        lists: &ResolvedLists,
        why: &str,
    ) {
        let mut found = None;
        raw.checks(&mut |_, check| {
            let parts = super::spans::Parts::of(&written.text, check);
            for (from, to) in &parts.values {
                let word = written.text.get(*from..*to).unwrap_or_default();
                let known = lists.lists.iter().any(|list| list.name == word);
                if known
                    && !matches!(check.right, gyr_filter::ast::Right::List(..))
                    && found.is_none()
                {
                    found = Some((*from, *to, word.to_owned(), check.operator));
                }
            }
        });
        let draft = match found {
            Some((from, to, name, operator)) => {
                let place = written.place(self.report.files, from, to);
                let what = format!("`{name}` is a list, and `{operator}` takes one value");
                let help = match operator.takes_modifier()
                    && operator.text().starts_with(char::is_alphabetic)
                {
                    true => format!("write `{operator} anyof ({name})`"),
                    false => format!("write `in ({name})`"),
                };
                Draft::new(Code::ListDoesNotFit, place, what).help(help)
            }
            None => {
                let what = format!(
                    "with the items of its lists in place, the condition does not read: {why}"
                );
                Draft::new(Code::ListDoesNotFit, written.whole(), what)
                    .help("a list stands in parentheses: `in (list)`")
            }
        };
        self.report.put(draft);
    }

    /// Reads all macros and puts them into each other.
    fn macros(
        &mut self,
        collection: &Collection,
        lists: &mut ResolvedLists,
        round: &mut Round,
    ) -> Macros {
        let mut macros = Macros::default();
        let mut places = Vec::new();
        for item in collection.macros.iter() {
            let Some(known) = self.macros.get(&item.name) else { continue };
            let (written, broken) = (known.condition.clone(), known.broken);
            let parsed = if broken { None } else { self.parse(&written, lists) };
            let Some(parsed) = parsed else {
                round.broken.insert(item.name.clone());
                continue;
            };
            macros.add(&item.name, parsed.full.clone(), item.order);
            places.push((item.name.as_str(), written, item.order.visibility));
            round.macros.insert(item.name.clone(), parsed);
        }
        for (place, (name, written, visibility)) in places.iter().enumerate() {
            let Some(parsed) = round.macros.get(*name) else { continue };
            let named = names(parsed);
            let mut good = self.names_known(
                collection,
                written,
                &named,
                *visibility,
                Some(name),
                &round.broken,
            );
            // What is wrong there was told there.
            good &= !named.iter().any(|(used, ..)| round.broken.contains(used));
            if good && let Err(error) = macros.resolve_macro(place) {
                good = false;
                self.macro_error(&error, written);
            }
            if !good {
                round.broken.insert((*name).to_owned());
            }
        }
        self.spread(round);
        macros
    }

    /// What uses something broken is broken, though that is not told again.
    fn spread(&self, round: &mut Round) {
        loop {
            let before = round.broken.len();
            for (name, parsed) in &round.macros {
                if names(parsed).iter().any(|(used, ..)| round.broken.contains(used)) {
                    round.broken.insert(name.clone());
                }
            }
            if round.broken.len() == before {
                return;
            }
        }
    }

    fn macro_error(&mut self, error: &MacroError, written: &Written) {
        let (code, at, what) = match error {
            MacroError::Unknown { .. } => return,
            MacroError::Loop { name, at } => (
                Code::MacroLoop,
                Some((at.offset, name.len())),
                format!("macro `{name}` is within itself"),
            ),
            MacroError::TooLarge => (
                Code::TooLarge,
                None,
                format!(
                    "with its macros the condition is too large: there may be {MAX_LEVELS} levels"
                ),
            ),
        };
        // The place may be in another macro.
        let place = at.filter(|(from, length)| written.text.get(*from..from + length).is_some());
        let place = place.map_or_else(
            || written.whole(),
            |(from, length)| written.place(self.report.files, from, from + length),
        );
        self.report.add(code, place, what);
    }

    /// Whether all names in a text are macros that can be used there.
    fn names_known(
        &mut self,
        collection: &Collection,
        written: &Written,
        named: &[(String, usize, bool)],
        visibility: u32,
        own: Option<&str>,
        broken: &BTreeSet<String>,
    ) -> bool {
        let mut good = true;
        for (name, at, exact) in named {
            let place = match exact {
                true => written.place(self.report.files, *at, at + name.len()),
                false => written.whole(),
            };
            match collection.macros.get(name) {
                Some(item) if item.order.index < visibility => continue,
                Some(_) if own == Some(name.as_str()) => {
                    self.report.add(
                        Code::MacroLoop,
                        place,
                        format!("macro `{name}` is within itself"),
                    );
                }
                Some(_) => {
                    let what = format!(
                        "macro `{name}` is defined after this one, so it is not known here"
                    );
                    let defined = self.macros.get(name).map(|item| item.name);
                    let draft = Draft::new(Code::MacroTooLate, place, what);
                    self.report.put(draft.note(defined, "it is defined here").help("move it up"));
                }
                None if broken.contains(name) || self.refused.contains(name) => {}
                None => self.unknown_macro(collection, name, place),
            }
            good = false;
        }
        good
    }

    fn unknown_macro(&mut self, collection: &Collection, name: &str, place: Place) {
        let what = format!("no macro `{name}`");
        let names = collection.macros.iter().map(|item| item.name.as_str());
        let help = if matches!(name, "and" | "or" | "not" | "in") {
            Some(format!("`{name}` cannot stand here: something is missing before or after it"))
        } else if matches!(name, "true" | "false") {
            Some("conditions have no such constants: `evt.num > 0` is always true, `evt.num = 0` never".to_owned())
        } else if self.lists.contains_key(name) {
            Some(format!("`{name}` is a list: write a field and `in ({name})`"))
        } else {
            meant(name, names).or_else(|| {
                let fields = self.language.sources().flat_map(|(_, scheme)| scheme.names());
                let last = fields
                    .filter(|field| field.ends_with(&format!(".{name}")))
                    .min_by_key(|field| field.len());
                last.map(|field| format!("did you mean the field `{field}`?"))
            })
        };
        self.report.put(Draft::new(Code::UnknownMacro, place, what).maybe_help(help));
    }

    fn rule_text(&mut self, name: &str, lists: &mut ResolvedLists) -> Option<Parsed> {
        let rule = self.rules.get(name).filter(|rule| !rule.broken)?;
        let written = rule.condition.clone();
        self.parse(&written, lists)
    }

    /// The comparisons of macros, for each source whose rules use them.
    fn macro_atoms(&mut self, collection: &Collection, round: &mut Round) {
        let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for rule in collection.rules.iter().filter(|rule| !rule.unknown_source) {
            let Some(parsed) = round.rules.get(&rule.name) else { continue };
            let mut open: Vec<String> = names(parsed).into_iter().map(|(name, ..)| name).collect();
            while let Some(name) = open.pop() {
                let Some((name, inner)) = round.macros.get_key_value(&name) else { continue };
                if used.entry(name.clone()).or_default().insert(rule.source.clone()) {
                    open.extend(names(inner).into_iter().map(|(name, ..)| name));
                }
            }
        }
        let mut wrong = Vec::new();
        for (name, sources) in &used {
            let (Some(parsed), Some(known)) = (round.macros.get(name), self.macros.get(name))
            else {
                continue;
            };
            let written = known.condition.clone();
            for source in sources {
                if !self.atoms(source, &written, parsed, false) {
                    wrong.push(name.clone());
                }
            }
        }
        round.used = used;
        round.broken.extend(wrong);
        self.spread(round);
    }

    fn atoms(
        &mut self,
        source: &str,
        written: &Written,
        parsed: &Parsed,
        unknown_is_fine: bool,
    ) -> bool {
        let Some(scheme) = self.language.scheme(source) else { return true };
        let known = &self.lists;
        let item_places =
            |list: &str, item: &str| known.get(list).and_then(|list| list.place_of(item));
        let report = &mut self.report;
        let mut atoms = Atoms {
            report,
            scheme,
            written,
            item_places: &item_places,
            good: true,
            unknown_is_fine,
        };
        let Some(pairs) = parsed.raw.as_ref().and_then(|raw| pairs(raw, &parsed.full)) else {
            atoms.look_at_all(&parsed.full);
            return atoms.good;
        };
        for pair in pairs {
            atoms.look(pair);
        }
        atoms.good
    }

    fn rule(
        &mut self,
        collection: &Collection,
        rule: &crate::collect::Rule,
        lists: &mut ResolvedLists,
        macros: &mut Macros,
        round: &Round,
    ) -> Option<Ready<S::Field>> {
        let known = self.rules.get(&rule.name)?;
        let (written, output) = (known.condition.clone(), known.output.clone());
        let skips = rule.skip_if_unknown_filter;
        let mut good = self.output(&rule.source, &output, skips);
        let parsed = round.rules.get(&rule.name)?;
        let named = names(parsed);
        good &= self.names_known(collection, &written, &named, u32::MAX, None, &round.broken);
        good &= self.atoms(&rule.source, &written, parsed, skips);
        good &= self.exception_values(rule, lists);
        if !good || named.iter().any(|(name, ..)| round.broken.contains(name)) {
            return None;
        }
        let text = texts::condition(&rule.condition, &rule.exceptions).ok()?;
        let full = gyr_filter::parse(&lists.substitute(&text)).ok()?;
        let condition = match macros.resolve_condition(full) {
            Ok(condition) => condition,
            Err(error) => {
                self.macro_error(&error, &written);
                return None;
            }
        };
        let scheme = self.language.scheme(&rule.source)?;
        let checked = gyr_filter::check(&condition, scheme).ok()?;
        let events = match Events::of(&condition) {
            Ok(events) => events,
            Err(_) if rule.source != SYSCALL => Events::all(),
            Err(error) => {
                let text = written.text.clone();
                let at = error.position.offset;
                let to = super::spans::token_end(&text, at);
                let place = written.place(self.report.files, at, to);
                self.report.add(Code::UnknownEvents, place, error.message);
                return None;
            }
        };
        Some(Ready { name: rule.name.clone(), condition, checked, events })
    }

    fn output(&mut self, source: &str, written: &Written, unknown_is_fine: bool) -> bool {
        let Some(scheme) = self.language.scheme(source) else { return true };
        let mut good = true;
        let mut from = 0;
        let text = &written.text;
        while let Some(at) = text.get(from..).and_then(|rest| rest.find('%')).map(|at| from + at) {
            let next = text
                .get(at + 1..)
                .and_then(|rest| rest.find('%'))
                .map_or(text.len(), |n| at + 1 + n);
            let part = text.get(at..next).unwrap_or_default();
            from = next;
            let trimmed = if next == text.len() { part.trim_end() } else { part };
            if trimmed.starts_with("%container.info") {
                continue;
            }
            let Err(error) = Template::parse(&format!("*{trimmed}"), scheme) else { continue };
            good = false;
            let is_end = |c: char| !(c.is_alphanumeric() || "._[]".contains(c));
            let length =
                part.get(1..).and_then(|rest| rest.find(is_end)).map_or(part.len(), |n| n + 1);
            let place = written.place(self.report.files, at, at + length);
            let word = part.get(1..length).unwrap_or_default();
            let name = word.trim_start_matches(|c: char| c.is_ascii_digit()).trim_end_matches('.');
            let name = name.split('[').next().unwrap_or_default();
            let draft = match error {
                TemplateError::Unknown(_) if unknown_is_fine => continue,
                TemplateError::Unknown(message) => {
                    let names = scheme.names();
                    match name.is_empty() {
                        true => Draft::new(Code::OutputSyntax, place, "a field must follow `%`")
                            .help("leave the `%` out: there is no way to write one"),
                        false if names.contains(&name) => {
                            Draft::new(Code::OutputField, place, message)
                        }
                        false => Draft::new(Code::OutputField, place, format!("no field `{name}`"))
                            .maybe_help(meant_field(name, &names)),
                    }
                }
                error => Draft::new(Code::OutputSyntax, place, error.to_string()),
            };
            self.report.put(draft);
        }
        good
    }

    /// Each value of an exception is compared with its field.
    fn exception_values(&mut self, rule: &crate::collect::Rule, lists: &mut ResolvedLists) -> bool {
        let Some(scheme) = self.language.scheme(&rule.source) else { return true };
        let mut good = true;
        for exception in &rule.exceptions {
            let known = self.rules.get(&rule.name);
            let known =
                known.and_then(|known| known.exceptions.iter().find(|e| e.name == exception.name));
            let Some(known) = known.cloned() else { continue };
            for (value, (file, node)) in exception.values.iter().zip(&known.values) {
                for (place, text) in comparisons(exception, value, node) {
                    let text = lists.substitute(&text);
                    let wrong = match gyr_filter::parse(&text) {
                        Ok(expr) => {
                            gyr_filter::check(&expr, scheme).err().map(|error| error.message)
                        }
                        Err(error) => Some(error.message),
                    };
                    if let Some(message) = wrong {
                        good = false;
                        let message = message.trim_start_matches("filter error: ");
                        let what = format!("`{}` is no comparison: {message}", text.trim());
                        self.report.add(
                            Code::ExceptionValues,
                            Place { file: *file, span: place },
                            what,
                        );
                    }
                }
            }
        }
        good
    }

    /// Nothing that the loader refuses goes untold.
    fn ask_the_loader(&mut self, collection: &Collection, last: bool) {
        if self.report.has_errors() {
            return;
        }
        let mut session = self.session();
        let extras = Extras { outputs: &[], fields: &[] };
        let mut compiled = Compiled::default();
        let (mut collection, language) = (collection.clone(), self.language);
        match compile::compile(&mut session, &mut collection, language, extras, &mut compiled) {
            Err(failure) => {
                let (name, at) = failure.context.place();
                let file =
                    self.report.files.iter().position(|file| file.name() == name).unwrap_or(0);
                let place = Place { file, span: Span::at(at) };
                self.report.add(Code::Refused, place, failure.message);
            }
            Ok(()) if last => {
                let is_unused = |kind, name: &str, used: bool| !used && is_usable(kind, name);
                for unused in compiled
                    .macros
                    .macros
                    .iter()
                    .filter(|m| is_unused(Kind::Macro, &m.name, m.used))
                {
                    if let Some(known) = self.macros.get(&unused.name) {
                        let what = format!("no rule and no macro uses macro `{}`", unused.name);
                        self.report.add(Code::UnusedMacro, known.name, what);
                    }
                }
                for unused in
                    compiled.lists.lists.iter().filter(|l| is_unused(Kind::List, &l.name, l.used))
                {
                    if let Some(known) =
                        self.lists.get(&unused.name).filter(|list| !list.is_broken())
                    {
                        let what = format!("nothing uses list `{}`", unused.name);
                        self.report.add(Code::UnusedList, known.name, what);
                    }
                }
            }
            Ok(()) => {}
        }
    }

    fn plugins(&mut self, collection: &Collection) {
        let none: &[(String, Version)] = &[];
        if let (Err(message), Some(place)) = (collection.check_plugins(none), self.plugins) {
            self.report.add(Code::PluginVersion, place, message);
        }
    }
}

/// The comparisons that one value of an exception stands for, each with its place.
fn comparisons(exception: &Exception, value: &Entry, node: &Node) -> Vec<(Span, String)> {
    let Entry::List(fields) = &exception.fields else {
        let (field, comp) = (exception.fields.text(), exception.comps.text());
        return vec![(node.span, format!("{field} {comp} ({})", texts::quoted(value.text())))];
    };
    let spans = node.items().iter().map(|item| item.span);
    let comps = exception.comps.items().iter().map(Entry::text);
    let parts = fields.iter().zip(comps).zip(value.items()).zip(spans);
    parts
        .map(|(((field, comp), value), span)| {
            (span, format!("{} {comp} {}", field.text(), texts::operand(value, comp)))
        })
        .collect()
}

/// The names of macros in a text, where they stand, and whether that is exact.
fn names(parsed: &Parsed) -> Vec<(String, usize, bool)> {
    let mut names = Vec::new();
    let (tree, exact) = match &parsed.raw {
        Some(raw) => (raw, true),
        None => (&parsed.full, false),
    };
    tree.walk(&mut |expr| {
        if let ExprKind::Identifier(name) = &expr.kind {
            names.push((name.clone(), expr.position.offset, exact));
        }
    });
    names
}
