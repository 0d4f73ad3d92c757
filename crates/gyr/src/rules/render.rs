//! Why a rule matches an event or not, as text for people.

use std::fmt::Write as _;

use gyr_alert::{Clock, TimeFormat};
use gyr_engine::{Seen, Silenced};
use gyr_rules::Line;

/// How much of a condition's tree is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    All,
    /// Parts that hold without what they consist of.
    WhatFailed,
}

/// One event: what happened, the part that said no, the tree.
pub(super) fn seen(out: &mut String, seen: &Seen, clock: &Clock, shown: Shown) {
    let mut time = Vec::new();
    clock.write(seen.time, TimeFormat::Local, &mut time);
    let time = String::from_utf8_lossy(&time);
    let _ = writeln!(out, "event {} at {time}, {}: {}", seen.number, seen.process, seen.event);
    if let Some(part) = &seen.said_no {
        let (had, asked) = seen.share;
        let _ = write!(out, "stopped by: {part} ({had} of {asked} comparisons are as needed");
        let _ = match seen.more {
            0 => writeln!(out, ")"),
            1 => writeln!(out, "; 1 more event of this program ended there)"),
            more => writeln!(out, "; {more} more events of this program ended there)"),
        };
    }
    if let Some(silenced) = &seen.silenced {
        let _ = writeln!(out, "{}", why_silent(silenced));
    }
    tree(out, &seen.condition, shown);
}

pub(super) fn why_silent(silenced: &Silenced) -> String {
    match silenced {
        Silenced::Shadowed { by } => format!(
            "shadowed: rule \"{by}\" comes before and matches this event too, and rule_matching is first"
        ),
        Silenced::Unseen => {
            "rules are not shown this event: it only updates what is known of the system".to_owned()
        }
        Silenced::OtherType => {
            "the rule is not asked about events of this type (see its evt.type)".to_owned()
        }
        Silenced::Own => "events of our own process are not shown to rules".to_owned(),
    }
}

/// A line each, with what it says in front and values behind; an arrow points at the part that said no.
fn tree(out: &mut String, lines: &[Line], shown: Shown) {
    let mut hidden_below = None;
    for line in lines {
        if hidden_below.is_some_and(|depth| line.depth > depth) {
            continue;
        }
        hidden_below = (shown == Shown::WhatFailed && line.holds).then_some(line.depth);
        let arrow = if line.said_no { "->" } else { "  " };
        let verdict = if line.holds { "yes" } else { "no " };
        let indent = 2 * line.depth;
        let _ = write!(out, "{arrow} {verdict}  {:indent$}{}", "", line.text);
        for (i, value) in line.values.iter().enumerate() {
            out.push_str(if i == 0 { "  -- " } else { ", " });
            out.push_str(&value.field);
            match &value.value {
                Some(value) => out.extend([" is ", value]),
                None => out.push_str(" is missing"),
            }
        }
        out.push('\n');
    }
}
