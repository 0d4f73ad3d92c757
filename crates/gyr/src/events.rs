//! Lists of events, from the event table: `--list-events` and `-i`.

use std::fmt::Write as _;

use gyr_event::{
    EVENTS, EventCode, EventInfo, Kind, Origin, ParamExtra, ParamInfo, ParamType, SYSCALLS,
    Syscall, SyscallFlags, SyscallKind,
};
use serde_json::{Value, json};

use crate::cli::Format;
use crate::versions;

/// One event of the list.
struct Entry {
    name: &'static str,
    is_enter: bool,
    /// Whether it is there without `base_syscalls.all`.
    available: bool,
    params: &'static [ParamInfo],
}

/// The system calls that are left out unless `base_syscalls.all` is set: those that move data and change no state.
pub(crate) fn ignored() -> Vec<&'static str> {
    let ignored = EVENTS.iter().filter(|info| is_listed(info) && is_ignored(info));
    let mut names: Vec<_> = ignored.map(|info| info.name).collect();
    names.sort_unstable();
    names
}

/// The list of all events that rules can name, ends in a newline.
pub(crate) fn list(format: Format) -> String {
    let sections = [
        ("Syscall events", syscalls()),
        ("Tracepoint events", of(Origin::TRACEPOINT)),
        ("Plugin events", of(Origin::PLUGIN)),
        ("Metaevents", of(Origin::METAEVENT)),
    ];
    if format == Format::Json {
        let mut out = json!({"schema_version": versions::SCHEMA});
        for (title, entries) in &sections {
            out[*title] = entries.iter().map(to_json).collect();
        }
        return format!("{out:#}\n");
    }
    let schema = versions::SCHEMA;
    let mut out = format!("The events below are valid for Falco *Schema Version*: {schema}\n");
    for (title, entries) in &sections {
        let _ = writeln!(out, "## {title}\n"); // a String takes everything
        if format == Format::Markdown {
            out.push_str("Default | Dir | Name | Params \n:-------|:----|:-----|:-----\n");
        }
        for entry in entries {
            match format {
                Format::Markdown => markdown_row(entry, &mut out),
                Format::Text | Format::Json => text_row(entry, &mut out),
            }
        }
        out.push('\n');
    }
    out
}

fn syscalls() -> Vec<Entry> {
    let mut entries = of(Origin::SYSCALL);
    for syscall in SYSCALLS.iter().filter(|s| s.kind == SyscallKind::Generic) {
        for is_enter in [true, false] {
            entries.push(Entry {
                name: syscall.name,
                is_enter,
                available: true,
                params: EventCode::GENERIC.info().params,
            });
        }
    }
    entries
}

fn of(origin: Origin) -> Vec<Entry> {
    EVENTS
        .iter()
        .filter(|info| info.category.origin == origin && is_listed(info))
        .map(|info| Entry {
            name: info.name,
            is_enter: info.code.is_enter(),
            available: !is_ignored(info),
            params: info.params,
        })
        .collect()
}

fn is_listed(info: &EventInfo) -> bool {
    info.code.is_current() && info.code != EventCode::GENERIC
}

fn is_ignored(info: &EventInfo) -> bool {
    let moves_data = info.category.origin == Origin::SYSCALL
        && matches!(info.category.kind, Kind::IO_READ | Kind::IO_WRITE);
    let needed = |syscall: &Syscall| {
        syscall.exit == Some(info.code) && syscall.flags.contains(SyscallFlags::STATE)
    };
    moves_data && !SYSCALLS.iter().any(needed)
}

fn text_row(entry: &Entry, out: &mut String) {
    let params: Vec<_> = entry.params.iter().map(|param| text_of(param, "")).collect();
    let dir = direction(entry);
    let _ = writeln!(out, "{dir} {}({})", entry.name, params.join(", ")); // a String takes everything
}

fn markdown_row(entry: &Entry, out: &mut String) {
    let params: Vec<_> = entry.params.iter().map(|param| text_of(param, "*")).collect();
    let available = if entry.available { "Yes" } else { "No" };
    let (dir, name, params) = (direction(entry), entry.name, params.join(", "));
    let _ = writeln!(out, "{available} | `{dir}` | `{name}` | {params}"); // a String takes everything
}

fn text_of(param: &ParamInfo, around_flags: &str) -> String {
    let mut text = format!("{} **{}**", type_name(param), param.name);
    let flags: Vec<_> =
        flags(param).iter().map(|flag| format!("{around_flags}{flag}{around_flags}")).collect();
    if !flags.is_empty() {
        text.push_str(": ");
        text.push_str(&flags.join(", "));
    }
    text
}

fn to_json(entry: &Entry) -> Value {
    let params: Vec<_> = entry
        .params
        .iter()
        .map(|param| json!({"type": type_name(param), "name": param.name, "flags": flags(param)}))
        .collect();
    json!({
        "name": entry.name,
        "dir": direction(entry),
        "available": entry.available,
        "params": params,
    })
}

/// Falco's list spells one type differently from its fields.
const fn type_name(param: &ParamInfo) -> &'static str {
    match param.ty {
        ParamType::DYN => "DYNAMIC",
        ty => ty.name(),
    }
}

fn flags(param: &ParamInfo) -> Vec<&'static str> {
    match param.extra {
        // A mode's bits are left out of the list.
        _ if param.ty == ParamType::MODE => Vec::new(),
        ParamExtra::Flags(table) => table.values.iter().map(|(name, _)| *name).collect(),
        ParamExtra::None | ParamExtra::Dirfd(_) | ParamExtra::Choices(_) => Vec::new(),
    }
}

const fn direction(entry: &Entry) -> &'static str {
    if entry.is_enter { ">" } else { "<" }
}
