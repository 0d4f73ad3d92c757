//! Why a rule cannot match whatever happens: its files, the configuration, the selection of system calls.

use anyhow::Result;
use gyr_alert::Priority;
use gyr_config::Config;
use gyr_fields::Fields;
use gyr_rules::{Choice, Loader, Reason, Ruleset, Which, event_names};
use serde::{Deserialize, Serialize};

use crate::steps::rules::{choices, ruleset};
use crate::steps::selection;

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Why {
    /// A name that stays, for programs.
    pub(crate) code: String,
    pub(crate) message: String,
}

/// What there is to say of a rule before any event.
pub(crate) enum Standing {
    /// Reasons why it cannot match; none if it can.
    Rule(Vec<Why>),
    /// There is none of this name, but perhaps one of another.
    Unknown { nearest: Option<String> },
}

/// More names are counted only.
const MANY: usize = 10;

pub(crate) fn standing(loader: &Loader<Fields>, config: &Config, rule: &str) -> Result<Standing> {
    let choices = choices(config);
    let least: Priority = config.priority.parse()?;
    let Some(reasons) = loader.reasons(rule, &choices, least) else {
        let nearest = gyr_diag::nearest(rule, loader.rule_names()).map(str::to_owned);
        return Ok(Standing::Unknown { nearest });
    };
    let mut all: Vec<_> =
        reasons.iter().map(|reason| why(reason, &choices, "rules in the configuration")).collect();
    if reasons.is_empty() {
        all.extend(not_selected(config, loader, &ruleset(config, loader)?, rule));
    }
    Ok(Standing::Rule(all))
}

/// A reason in words; `selection` is where the choices stand.
pub(crate) fn why(reason: &Reason, choices: &[Choice], selection: &str) -> Why {
    let (code, message) = match reason {
        Reason::UnknownSource(source) => (
            "unknown-source",
            format!("nothing loaded gives events of its source {source}, so the rule is left out"),
        ),
        Reason::LeftOut(message) => {
            ("left-out", format!("it is left out, as its skip-if-unknown-filter allows: {message}"))
        }
        Reason::DisabledByFile => {
            ("disabled-by-file", "disabled: its rules file says enabled: false".to_owned())
        }
        Reason::DisabledByChoice(place) => {
            let which = choices.get(*place).map(|choice| match &choice.rules {
                Which::Named(name) => format!("rule: {name}"),
                Which::Tagged(tag) => format!("tag: {tag}"),
            });
            let which = which.unwrap_or_default();
            ("disabled-by-selection", format!("disabled by {selection}: disable {{{which}}}"))
        }
        Reason::BelowPriority { rule, least } => (
            "below-priority",
            format!(
                "its priority {} is below the threshold {} (priority in the configuration)",
                rule.name(),
                least.name()
            ),
        ),
        Reason::NoEvents => (
            "no-events",
            "its condition can hold for no event: no type of event meets all it says of evt.type \
             and evt.num"
                .to_owned(),
        ),
    };
    Why { code: code.to_owned(), message }
}

/// The system calls that the rule is about and that the kernel will not send.
fn not_selected(
    config: &Config,
    loader: &Loader<Fields>,
    ruleset: &Ruleset<gyr_fields::Field>,
    rule: &str,
) -> Option<Why> {
    let wanted = loader.compiled_rule(rule)?.rule.events.syscalls.clone();
    let selection = selection(config, ruleset);
    let missing = wanted.clone().difference(&selection.syscalls);
    if missing.is_empty() {
        return None;
    }
    let ignored = missing.clone().intersection(&selection.ignored);
    let remedy = match ignored.len() == missing.len() {
        true => "set base_syscalls.all to get them",
        false => "see base_syscalls in the configuration",
    };
    let names = event_names(&missing);
    let shown = names.iter().take(MANY).copied().collect::<Vec<_>>().join(", ");
    let more = match names.len().saturating_sub(MANY) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let which = match missing.len() == wanted.len() {
        true => "none of its system calls is selected",
        false => "not all of its system calls are selected",
    };
    Some(Why {
        code: "syscalls-not-selected".to_owned(),
        message: format!("live, {which}: the kernel does not send {shown}{more}; {remedy}"),
    })
}
