//! `gyr rules explain`: why a rule did, or did not, match; see docs/explaining-rules.md.

pub(crate) mod reasons;

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use gyr_alert::Clock;
use gyr_config::Config;
use gyr_engine::{Engine, Explanation, Question};
use gyr_fields::Fields;
use gyr_rules::Loader;
use serde::{Deserialize, Serialize};

use self::reasons::{Standing, Why};
use super::events::{Alerts, Events, settings};
use super::render::{self, Shown};
use crate::cli::{ExplainFormat, Options, RulesExplainOptions};
use crate::control::{self, Reply, Request};
use crate::log::Log;
use crate::steps;
use crate::steps::config::{find, read};
use crate::steps::print::print;
use crate::steps::rules::{choices, load_all};

/// Everything there is to say of a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) rule: String,
    pub(crate) priority: String,
    /// The names of the events that it is asked about.
    pub(crate) events: Vec<String>,
    /// Why it cannot match whatever happens.
    pub(crate) reasons: Vec<Why>,
    /// What the events said that were looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) explanation: Option<Explanation>,
}

pub(crate) fn run(options: &RulesExplainOptions) -> Result<ExitCode> {
    let config = read(find(options.config.as_deref())?.as_deref(), &options.set)?.config;
    let report = match options.live {
        Some(time) => of_running(&config, options, time)?,
        None => of_files(&config, options)?,
    };
    print(&match options.format {
        ExplainFormat::Text => text(&report),
        ExplainFormat::Json => format!("{:#}\n", serde_json::to_value(&report)?),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn of_running(config: &Config, options: &RulesExplainOptions, time: Duration) -> Result<Report> {
    if config.control_socket.is_empty() {
        bail!("the configuration has no control_socket");
    }
    let request = Request::Explain {
        rule: options.rule.clone(),
        seconds: time.as_millis().div_ceil(1_000).try_into()?,
        nearest: usize::try_from(options.nearest)?,
    };
    match control::ask(Path::new(&config.control_socket), &request)? {
        Reply::Explained(report) => Ok(*report),
        Reply::Error(message) => bail!("{message}"),
        Reply::Tested(_) => bail!("the running gyr answers another question"),
    }
}

fn of_files(config: &Config, options: &RulesExplainOptions) -> Result<Report> {
    let files = Options { rules: options.rules.clone(), ..Options::default() };
    let (loader, _) = load_all(&files, config, &Log::silent())?;
    let mut report = report(&loader, config, &options.rule)?;
    // Of a rule that could not be used the reasons are all there is.
    let is_in_use = loader.compiled_rule(&options.rule).is_some();
    if let Some(capture) = options.capture.as_ref().filter(|_| is_in_use) {
        report.explanation = Some(of_capture(&loader, config, options, capture)?);
    }
    Ok(report)
}

/// What can be said before any event.
pub(crate) fn report(loader: &Loader<Fields>, config: &Config, rule: &str) -> Result<Report> {
    let reasons = match reasons::standing(loader, config, rule)? {
        Standing::Rule(reasons) => reasons,
        Standing::Unknown { nearest: None } => bail!("there is no rule \"{rule}\""),
        Standing::Unknown { nearest: Some(nearest) } => {
            bail!("there is no rule \"{rule}\"; did you mean \"{nearest}\"?")
        }
    };
    let compiled = loader.compiled_rule(rule).map(|known| &known.rule);
    let events = compiled.map(|rule| rule.events.names()).unwrap_or_default();
    Ok(Report {
        rule: rule.to_owned(),
        priority: compiled.map_or("", |rule| rule.priority.name()).to_owned(),
        events: events.into_iter().map(str::to_owned).collect(),
        reasons,
        explanation: None,
    })
}

/// What to ask the engine about a rule.
pub(crate) fn question(
    loader: &Loader<Fields>,
    config: &Config,
    rule: &str,
    keep: usize,
) -> Result<Question> {
    let compiled =
        loader.compiled_rule(rule).with_context(|| format!("the rule \"{rule}\" is not in use"))?;
    let outline = loader.outline(rule).map_err(|message| anyhow!(message))?;
    let before = match config.match_all {
        true => Vec::new(),
        false => {
            let mut rules = loader.enabled(&choices(config), config.priority.parse()?);
            rules.truncate(rules.iter().position(|known| known.rule.name == rule).unwrap_or(0));
            rules
        }
    };
    let rule = Arc::clone(&compiled.rule);
    Ok(Question { rule, before, outline, event: None, keep, budget: None })
}

fn of_capture(
    loader: &Loader<Fields>,
    config: &Config,
    options: &RulesExplainOptions,
    capture: &Path,
) -> Result<Explanation> {
    let question = Question {
        event: options.event,
        ..question(loader, config, &options.rule, usize::try_from(options.nearest)?)?
    };
    let ruleset = Arc::new(steps::rules::ruleset(config, loader)?);
    let mut engine = Engine::new(settings(), steps::session(config), ruleset)
        .context("the rules are for no source")?;
    engine.explain(question);
    Events::open(capture)?.run(&mut engine, &mut Alerts::default())?;
    let explanation = engine.explained().unwrap_or_default();
    if let (Some(event), 0) = (options.event, explanation.tried) {
        bail!("{} has {} events, and so no event {event}", capture.display(), engine.n_events());
    }
    Ok(explanation)
}

/// The report for people.
pub(crate) fn text(report: &Report) -> String {
    let mut out = String::new();
    let _ = write!(out, "rule \"{}\"", report.rule);
    if !report.priority.is_empty() {
        let _ = write!(out, ", {}, asked about {}", report.priority, some(&report.events));
    }
    out.push('\n');
    for Why { code, message } in &report.reasons {
        let _ = writeln!(out, "reason[{code}]: {message}");
    }
    match &report.explanation {
        Some(explanation) => what_was_seen(&mut out, explanation),
        None if report.reasons.is_empty() => {
            out += "nothing keeps it from matching; --capture or --live shows what events do\n";
        }
        None => {}
    }
    out
}

/// More names are counted only.
const MANY: usize = 12;

fn some(names: &[String]) -> String {
    let shown = names.iter().take(MANY).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MANY) {
        0 if names.is_empty() => "no events".to_owned(),
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn what_was_seen(out: &mut String, explanation: &Explanation) {
    let Explanation { tried, passed_over, matched, stops, matches, nearest } = explanation;
    let _ = write!(out, "\nevents tried: {tried}, matched: {matched}");
    if *passed_over > 0 {
        let _ = write!(out, ", left out for want of time: {passed_over}");
    }
    out.push('\n');
    if *tried > 1 {
        for stop in stops.iter().take(MANY) {
            let _ = writeln!(out, "{:>8}  stopped by: {}", stop.events, stop.part);
        }
    }
    for (title, events) in [("matched", matches), ("came nearest", nearest)] {
        for (i, seen) in events.iter().enumerate() {
            out.push('\n');
            if *tried > 1 && i == 0 {
                let _ = writeln!(out, "-- {title}");
            }
            render::seen(out, seen, &Clock::system(), Shown::All);
        }
    }
}
