//! Exceptions of rules: read from YAML, checked, and turned into text that is added to the condition.

use gyr_diag::yaml::{Node, Value};
use gyr_filter::{Modifier, Operator};

use crate::codes::{ErrorCode, WarningCode};
use crate::context::{Context, Part};
use crate::read::{Failure, required_text};
use crate::session::{Session, Sources};

/// One exception: tuples of values that switch the rule off.
#[derive(Clone, Debug)]
pub(crate) struct Exception {
    pub(crate) name: String,
    pub(crate) context: Context,
    pub(crate) fields: Entry,
    pub(crate) comps: Entry,
    pub(crate) values: Vec<Entry>,
}

/// A text, or a list of such.
#[derive(Clone, Debug, Default)]
pub(crate) enum Entry {
    #[default]
    Missing,
    Text(String),
    List(Vec<Self>),
}

impl Entry {
    const fn is_list(&self) -> bool {
        matches!(self, Self::List(_))
    }

    fn is_given(&self) -> bool {
        match self {
            Self::Missing => false,
            Self::Text(text) => !text.is_empty(),
            Self::List(items) => !items.is_empty(),
        }
    }

    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Missing | Self::List(_) => "",
        }
    }

    /// The texts in it.
    pub(crate) fn texts(&self) -> Vec<&str> {
        match self {
            Self::Missing => Vec::new(),
            Self::Text(text) => vec![text],
            Self::List(items) => items.iter().map(Self::text).collect(),
        }
    }

    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            Self::Missing | Self::Text(_) => &[],
        }
    }
}

/// Reads the exceptions of a rule. `partial` ones change a rule that is there: they need no fields.
pub(crate) fn read(
    session: &mut Session<'_>,
    rule: &Node,
    context: &Context,
    partial: bool,
) -> Result<Vec<Exception>, Failure> {
    let Some(node) = rule.get("exceptions").filter(|node| !node.is_null()) else {
        return Ok(Vec::new());
    };
    let all = context.inner(Part::Exceptions, "", node.span.start);
    if !node.is_sequence() {
        return Err(Failure::shape("Rule exceptions must be a sequence", &all));
    }
    let mut exceptions: Vec<Exception> = Vec::new();
    for item in node.items() {
        let exception = read_one(session, item, context, &all, partial, &exceptions)?;
        exceptions.push(exception);
    }
    Ok(exceptions)
}

fn read_one(
    session: &mut Session<'_>,
    item: &Node,
    rule: &Context,
    all: &Context,
    partial: bool,
    earlier: &[Exception],
) -> Result<Exception, Failure> {
    let unnamed = all.inner(Part::Exception, "", item.span.start);
    if !item.is_mapping() {
        return Err(Failure::shape("Rule exception must be a mapping", &unnamed));
    }
    let name = required_text(item, "name", &unnamed)?.to_owned();
    let context = rule.inner(Part::Exception, &name, item.span.start);
    for _ in earlier.iter().filter(|other| other.name == name) {
        session.warn(
            WarningCode::ExceptionNameNotUnique,
            format!("Multiple definitions of exception '{name}' in the same rule"),
            &context,
        );
    }
    let fields = match item.get("fields") {
        Some(node) => entry(node, "fields", &context)?,
        None if partial => Entry::Missing,
        None => return Err(Failure::shape("Item has no mapping for key 'fields'", &context)),
    };
    let comps = match item.get("comps") {
        Some(node) => entry(node, "comps", &context)?,
        None => Entry::Missing,
    };
    let mut values = Vec::new();
    match item.get("values") {
        Some(node) => {
            let inner = context.inner(Part::ExceptionValues, "", node.span.start);
            if !node.is_sequence() {
                let what = "Rule exception values must be a sequence";
                return Err(Failure::shape(what, &inner));
            }
            for value in node.items() {
                let inner = inner.inner(Part::ExceptionValue, "", value.span.start);
                values.push(entry(value, "", &inner)?);
            }
        }
        None if partial => session.warn(
            WarningCode::AppendNoValues,
            "Overriding/appending exception with no values".to_owned(),
            &context,
        ),
        None => {}
    }
    Ok(Exception { name, context, fields, comps, values })
}

fn entry(node: &Node, key: &str, context: &Context) -> Result<Entry, Failure> {
    let context = context.inner(Part::ValueFor, key, node.span.start);
    match &node.value {
        Value::Scalar { text, .. } if text.is_empty() => {
            Err(Failure::shape("Value must be non-empty", &context))
        }
        Value::Scalar { text, .. } => Ok(Entry::Text(text.clone())),
        Value::Sequence(items) => {
            let items = items
                .iter()
                .map(|item| entry(item, "", &context.inner(Part::Exception, "", item.span.start)));
            Ok(Entry::List(items.collect::<Result<_, _>>()?))
        }
        Value::Null | Value::Mapping(_) => Ok(Entry::Missing),
    }
}

/// Checks an exception as a whole and fills in what it leaves out. Fields are checked if the source is known.
pub(crate) fn check(
    exception: &mut Exception,
    sources: &dyn Sources,
    source: Option<&str>,
) -> Result<(), Failure> {
    normalise(&mut exception.comps);
    let context = &exception.context;
    let fail = |message: String| Err(Failure::new(ErrorCode::Validate, message, context));
    let known = |field: &str| source.is_none_or(|source| sources.has_field(source, field));
    match &exception.fields {
        Entry::List(fields) => {
            if !exception.comps.is_given() {
                exception.comps = Entry::List(vec![Entry::Text("=".to_owned()); fields.len()]);
            }
            let comps = exception.comps.items();
            if fields.len() != comps.len() {
                return fail("Fields and comps lists must have equal length".to_owned());
            }
            if let Some(comp) = comps.iter().find(|comp| !is_operator(comp.text())) {
                let comp = comp.text();
                return fail(format!("'{comp}' is not a supported comparison operator"));
            }
            if let Some(field) = fields.iter().find(|field| !known(field.text())) {
                return fail(format!("'{}' is not a supported filter field", field.text()));
            }
        }
        field => {
            if !exception.comps.is_given() {
                exception.comps = Entry::Text("in".to_owned());
            }
            if exception.comps.is_list() {
                return fail("Fields and comps must both be strings".to_owned());
            }
            if !takes_list(exception.comps.text()) {
                return fail(
                    "When fields is a single value, comps must be one of (in, pmatch, intersects) \
                     or a modifier operator (e.g. startswith oneof)"
                        .to_owned(),
                );
            }
            if !known(field.text()) {
                return fail(format!("'{}' is not a supported filter field", field.text()));
            }
        }
    }
    Ok(())
}

/// Adds exceptions to those a rule has.
pub(crate) fn append(
    all: &mut Vec<Exception>,
    more: Vec<Exception>,
    sources: &dyn Sources,
    source: Option<&str>,
) -> Result<(), Failure> {
    for mut exception in more {
        let context = exception.context.clone();
        let fail = |message: &str| Err(Failure::new(ErrorCode::Validate, message, &context));
        if let Some(earlier) = all.iter_mut().find(|earlier| earlier.name == exception.name) {
            for (what, given) in [("fields", &exception.fields), ("comps", &exception.comps)] {
                if given.is_given() {
                    return fail(&format!(
                        "Can not append exception {what} to existing exception, only values"
                    ));
                }
            }
            earlier.values.append(&mut exception.values);
            continue;
        }
        for (what, given) in [
            ("fields property with a list of fields", exception.fields.is_given()),
            ("values property with a list of values", !exception.values.is_empty()),
        ] {
            if !given {
                return fail(&format!("Rule exception must have {what}"));
            }
        }
        check(&mut exception, sources, source)?;
        all.push(exception);
    }
    Ok(())
}

/// Whether an exception that defines a rule says what it is about.
pub(crate) fn check_complete(exception: &Exception) -> Result<(), Failure> {
    if exception.fields.is_given() {
        return Ok(());
    }
    let what = "Rule exception item must have fields property with a list of fields";
    Err(Failure::new(ErrorCode::Validate, what, &exception.context))
}

/// Operators without blanks around them and with one blank before a modifier.
fn normalise(comps: &mut Entry) {
    match comps {
        Entry::Missing => {}
        Entry::Text(text) => *text = text.split_whitespace().collect::<Vec<_>>().join(" "),
        Entry::List(items) => items.iter_mut().for_each(normalise),
    }
}

fn is_operator(comp: &str) -> bool {
    Operator::from_text(comp).is_some() || takes_list(comp)
}

/// An operator that a list must follow: by itself, or because of a modifier.
fn takes_list(comp: &str) -> bool {
    match comp.split_once(' ') {
        None => Operator::from_text(comp).is_some_and(Operator::takes_list),
        Some((operator, modifier)) => {
            Operator::from_text(operator).is_some_and(Operator::takes_modifier)
                && Modifier::ALL.iter().any(|known| known.text() == modifier)
        }
    }
}

/// The condition of a rule with its exceptions.
pub(crate) fn condition(condition: &str, exceptions: &[Exception]) -> Result<String, Failure> {
    if exceptions.is_empty() {
        return Ok(condition.to_owned());
    }
    let mut out = format!("({condition})");
    for exception in exceptions {
        let unless = unless(exception)?;
        if !unless.is_empty() {
            out += " and not ";
            out += &unless;
        }
    }
    Ok(out)
}

/// What one exception excepts, as a condition; empty if it has no values.
pub(crate) fn unless(exception: &Exception) -> Result<String, Failure> {
    match &exception.fields {
        Entry::List(fields) => tuples(exception, fields),
        field => singles(exception, field.text()),
    }
}

fn singles(exception: &Exception, field: &str) -> Result<String, Failure> {
    if exception.values.iter().any(Entry::is_list) {
        let what = "Expected values array to contain a list of strings";
        return Err(Failure::new(ErrorCode::Validate, what, &exception.context));
    }
    if exception.values.is_empty() {
        return Ok(String::new());
    }
    let values: Vec<String> = exception.values.iter().map(|value| quoted(value.text())).collect();
    Ok(format!("({field} {} ({}))", exception.comps.text(), values.join(", ")))
}

fn tuples(exception: &Exception, fields: &[Entry]) -> Result<String, Failure> {
    let mut alternatives = Vec::new();
    for tuple in &exception.values {
        let values = tuple.items();
        if values.len() != fields.len() {
            let what = "Fields and values lists must have equal length";
            return Err(Failure::new(ErrorCode::Validate, what, &exception.context));
        }
        let comps = exception.comps.items().iter().map(Entry::text);
        let checks = fields.iter().zip(comps).zip(values).map(|((field, comp), value)| {
            format!(" {} {comp} {}", field.text(), operand(value, comp))
        });
        alternatives.push(format!("({})", checks.collect::<Vec<_>>().join(" and ")));
    }
    if alternatives.is_empty() {
        return Ok(String::new());
    }
    Ok(format!("({})", alternatives.join(" or ")))
}

/// A value of an exception as a condition has it behind an operator.
pub(crate) fn operand(value: &Entry, comp: &str) -> String {
    match value {
        Entry::List(items) => {
            let items: Vec<String> = items.iter().map(|item| quoted(item.text())).collect();
            format!("({})", items.join(", "))
        }
        value if takes_list(comp) => match value.text() {
            text if text.starts_with('(') => text.to_owned(),
            text => format!("({text})"),
        },
        value => quoted(value.text()),
    }
}

/// A word for a condition: in quotes if it has blanks and no quotes yet.
pub(crate) fn quoted(word: &str) -> String {
    match word.contains(' ') && !word.starts_with(['"', '\'']) {
        true => format!("\"{word}\""),
        false => word.to_owned(),
    }
}
