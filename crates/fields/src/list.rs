//! Listings for people and programs: which fields and which events there are.

use std::fmt::Write as _;

use gyr_event::{EVENTS, EventFlags, EventInfo, Origin, ParamExtra, ParamInfo, ParamType};
use gyr_event::{SYSCALLS, SyscallKind};
use serde_json::{Value, json};

use crate::classes::CLASSES;
use crate::{Class, Row};

/// How a listing is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Text,
    Markdown,
    Json,
}

/// The names of all fields, one a line or as JSON.
pub fn field_names(style: Style) -> String {
    let names = CLASSES.iter().flat_map(|class| listed(class)).map(|row| row.name);
    if style == Style::Json {
        return pretty(&json!({ "fieldnames": names.collect::<Vec<_>>() }));
    }
    names.fold(String::new(), |mut out, name| {
        out.push_str(name);
        out.push('\n');
        out
    })
}

/// All fields with their descriptions; `verbose` adds their types to text. All of them are of the source `syscall`.
pub fn fields(style: Style, verbose: bool) -> String {
    let classes = CLASSES.iter().filter(|class| listed(class).next().is_some());
    match style {
        Style::Text => classes.map(|class| class_as_text(class, verbose)).collect(),
        Style::Markdown => classes.map(|class| class_as_markdown(class)).collect(),
        Style::Json => {
            let classes: Vec<_> = classes.map(|class| class_as_json(class)).collect();
            pretty(&json!({ "fieldclasses": classes }))
        }
    }
}

/// All events that rules can meet, with their parameters.
pub fn events(style: Style, schema_version: &str) -> String {
    let sections = SECTIONS.map(|(name, origin)| (name, events_of(origin)));
    if style == Style::Json {
        let mut out = serde_json::Map::new();
        out.insert("schema_version".into(), schema_version.into());
        for (name, events) in &sections {
            out.insert((*name).into(), events.iter().map(event_as_json).collect());
        }
        return pretty(&Value::Object(out));
    }
    let mut out =
        format!("The events below are valid for Falco *Schema Version*: {schema_version}\n");
    for (name, events) in &sections {
        let _ = write!(out, "## {name}\n\n");
        if style == Style::Markdown {
            out.push_str("Default | Dir | Name | Params \n:-------|:----|:-----|:-----\n");
        }
        for event in events {
            write_event(event, style, &mut out);
        }
        out.push('\n');
    }
    out
}

const SECTIONS: [(&str, Origin); 4] = [
    ("Syscall events", Origin::SYSCALL),
    ("Tracepoint events", Origin::TRACEPOINT),
    ("Plugin events", Origin::PLUGIN),
    ("Metaevents", Origin::METAEVENT),
];

/// System calls that are left out unless the configuration asks for them: they come too often.
pub const IGNORED_BY_DEFAULT: &[&str] = &[
    "read", "write", "pread", "pwrite", "readv", "writev", "preadv", "pwritev", "send", "recv",
    "sendfile",
];

fn listed(class: &Class) -> impl Iterator<Item = &'static Row> + use<> {
    class.rows.iter().filter(|row| row.is_listed())
}

/// Where descriptions start in text, and where lines end.
const LEFT: usize = 30;
const WIDTH: usize = 120;

fn class_as_text(class: &Class, verbose: bool) -> String {
    let mut out = "-".repeat(31);
    out.push('\n');
    let _ = write!(out, "{:LEFT$}{}", "Field Class:", class.name);
    if !class.short.is_empty() {
        let _ = write!(out, " ({})", class.short);
    }
    out.push('\n');
    write_block("Description:", class.description, &mut out);
    write_block("Event Sources:", "syscall", &mut out);
    out.push('\n');
    for row in listed(class) {
        let mut text = String::new();
        if verbose {
            let _ = write!(text, "(Type: {}) ", row.ty.name());
        }
        let tags = tags(row);
        if !tags.is_empty() {
            let _ = write!(text, "({}) ", tags.join(","));
        }
        text.push_str(row.description);
        write_block(row.name, &text, &mut out);
    }
    out.push('\n');
    out
}

/// A name, then text in a block to its right.
fn write_block(name: &str, text: &str, out: &mut String) {
    let _ = write!(out, "{name:LEFT$}");
    if name.len() >= LEFT {
        let _ = write!(out, "\n{:LEFT$}", "");
    }
    let mut column = LEFT;
    for (i, word) in text.split(' ').enumerate() {
        if i > 0 && column + 1 + word.len() > WIDTH {
            let _ = write!(out, "\n{:LEFT$}", "");
            column = LEFT;
        } else if i > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word.len();
    }
    out.push('\n');
}

fn tags(row: &Row) -> Vec<&'static str> {
    let (argument, properties) = (row.argument, row.properties);
    let takes_one = argument.index || argument.key || argument.required;
    [
        ("ARG_ALLOWED", takes_one && !argument.required),
        ("ARG_INDEX", argument.index),
        ("ARG_KEY", argument.key),
        ("ARG_REQUIRED", argument.required),
        ("EPF_IS_LIST", row.is_list()),
        ("EPF_NO_RHS", properties.no_rhs),
        ("EPF_NO_TRANSFORMER", properties.no_transformer),
        ("FILTER_ONLY", properties.filter_only),
    ]
    .into_iter()
    .filter_map(|(tag, holds)| holds.then_some(tag))
    .collect()
}

fn class_as_markdown(class: &Class) -> String {
    let mut out = format!("## Field Class: {}\n\n{}\n\n", class.name, class.description);
    out.push_str(
        "Event Sources: syscall \n\nName | Type | Description\n:----|:-----|:-----------\n",
    );
    for row in listed(class) {
        let ty = row.ty.name();
        let ty = if row.is_list() { format!("LIST({ty})") } else { ty.to_owned() };
        let _ = writeln!(out, "`{}` | {ty} | {}", row.name, row.description);
    }
    out.push('\n');
    out
}

fn class_as_json(class: &Class) -> Value {
    let fields: Vec<_> = listed(class).map(field_as_json).collect();
    json!({
        "name": class.name,
        "desc": class.description,
        "event_sources": ["syscall"],
        "fields": fields,
    })
}

fn field_as_json(row: &Row) -> Value {
    let argument = row.argument;
    let kinds: Vec<_> = [("INDEX", argument.index), ("KEY", argument.key)]
        .into_iter()
        .filter_map(|(kind, holds)| holds.then_some(kind))
        .collect();
    let takes_one = argument.required || !kinds.is_empty();
    let argument = takes_one.then(|| json!({ "required": argument.required, "type": kinds }));
    json!({
        "name": row.name,
        "type": row.ty.name(),
        "desc": row.description,
        "is_list": row.is_list(),
        "argument": argument,
    })
}

/// An event as it is listed: one of the table, or a system call that the generic event stands for.
struct Listed {
    name: &'static str,
    is_enter: bool,
    params: &'static [ParamInfo],
}

fn events_of(origin: Origin) -> Vec<Listed> {
    let generic = gyr_event::EventCode::GENERIC.info();
    let hidden = EventFlags::OLD_VERSION.0 | EventFlags::UNUSED.0;
    let is_listed = |info: &&EventInfo| {
        info.category.origin == origin
            && info.flags.0 & hidden == 0
            && info.code != generic.code
            && info.name != "unknown"
    };
    let of_table = EVENTS.iter().filter(is_listed).map(|info| Listed {
        name: info.name,
        is_enter: info.code.is_enter(),
        params: info.params,
    });
    let calls = SYSCALLS
        .iter()
        .filter(|call| origin == Origin::SYSCALL && call.kind == SyscallKind::Generic)
        .flat_map(|call| {
            [true, false].map(|is_enter| Listed {
                name: call.name,
                is_enter,
                params: generic.params,
            })
        });
    of_table.chain(calls).collect()
}

impl Listed {
    fn is_available(&self) -> bool {
        !IGNORED_BY_DEFAULT.contains(&self.name)
    }

    const fn direction(&self) -> &'static str {
        if self.is_enter { ">" } else { "<" }
    }
}

fn write_event(event: &Listed, style: Style, out: &mut String) {
    let (direction, name) = (event.direction(), event.name);
    if style == Style::Markdown {
        let default = if event.is_available() { "Yes" } else { "No" };
        let _ = write!(out, "{default} | `{direction}` | `{name}` | ");
    } else {
        let _ = write!(out, "{direction} {name}(");
    }
    for (i, param) in event.params.iter().enumerate() {
        let separator = if i > 0 { ", " } else { "" };
        let _ = write!(out, "{separator}{} **{}**", type_name(param.ty), param.name);
        for (i, flag) in flag_names(param).enumerate() {
            let separator = if i > 0 { ", " } else { ": " };
            let marks = if style == Style::Markdown { "*" } else { "" };
            let _ = write!(out, "{separator}{marks}{flag}{marks}");
        }
    }
    out.push_str(if style == Style::Markdown { "\n" } else { ")\n" });
}

fn event_as_json(event: &Listed) -> Value {
    let params: Vec<_> = event
        .params
        .iter()
        .map(|param| {
            json!({
                "type": type_name(param.ty),
                "name": param.name,
                "flags": flag_names(param).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "name": event.name,
        "dir": event.direction(),
        "available": event.is_available(),
        "params": params,
    })
}

fn flag_names(param: &ParamInfo) -> impl Iterator<Item = &'static str> + use<> {
    let values = match param.extra {
        ParamExtra::Flags(table) if param.ty != ParamType::MODE => table.values,
        _ => &[],
    };
    values.iter().map(|(name, _)| *name)
}

const fn type_name(ty: ParamType) -> &'static str {
    match ty {
        ParamType::DYN => "DYNAMIC",
        ParamType::CHARBUF_PAIR_ARRAY => "CHARBUFPAIRARRAY",
        ty => ty.name(),
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_fields_share_a_name() {
        let mut seen = HashSet::new();
        for row in CLASSES.iter().flat_map(|class| class.rows) {
            assert!(seen.insert(row.name), "{}", row.name);
        }
    }

    #[test]
    fn every_field_is_described_in_a_sentence() {
        for row in CLASSES.iter().flat_map(|class| class.rows) {
            assert!(row.description.ends_with('.'), "{}", row.name);
        }
    }

    #[test]
    fn json_listings_are_json() {
        for text in
            [field_names(Style::Json), fields(Style::Json, false), events(Style::Json, "1.0.0")]
        {
            assert!(serde_json::from_str::<Value>(&text).unwrap().is_object());
        }
    }

    #[test]
    fn long_text_is_wrapped_beside_its_name() {
        let mut out = String::new();
        write_block("name", &"word ".repeat(40), &mut out);
        assert!(out.lines().all(|line| line.len() <= WIDTH), "{out}");
        assert_eq!(out.lines().count(), 3);
    }
}
