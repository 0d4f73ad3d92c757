//! The step that opens the control socket of a live run.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use gyr_config::{Config, EngineKind};
use gyr_engine::{Budget, Question};
use gyr_outputs::Sender;

use super::rules::{RulesFiles, load_files};
use super::{App, Flow};
use crate::cli::Options;
use crate::control::{Answer, ControlSocket, MAX_NEAREST, MAX_SECONDS, Reply, Request};
use crate::desk::Desk;
use crate::log::Log;
use crate::rules::explain;
use crate::selftest;

/// The engine may spend one part of so many of its time on a question.
const BUDGET: Budget = Budget { one_of: 20 };

/// For the engine to look up, which it does many times a second once it has begun.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the rules were made of, which a reload replaces. They are made of it again when somebody asks about one: what was
/// made on the way to the ruleset takes more than the ruleset.
pub(crate) struct Known {
    pub(crate) options: Options,
    pub(crate) config: Config,
    pub(crate) files: RulesFiles,
}

/// A socket that does not open is told to the log: alerts do not need it.
pub(super) fn open(app: &mut App) -> Result<Flow> {
    // What the rules are made of is kept only if somebody can ask about it.
    let files = std::mem::take(&mut app.rules_files);
    let config = app.config()?;
    let path = Path::new(&config.control_socket).to_owned();
    let is_live = matches!(config.engine.kind, EngineKind::Kernel { .. });
    if !is_live || app.options.dry_run || path.as_os_str().is_empty() {
        return Ok(Flow::Next);
    }
    let known = Arc::new(Mutex::new(Arc::new(Known {
        options: app.options.clone(),
        config: config.clone(),
        files,
    })));
    let outputs = app.outputs.as_ref().context("no outputs are open")?;
    let answer = answer(Arc::clone(&known), Arc::clone(&app.desk), outputs.sender());
    match ControlSocket::open(&path, &app.log, answer) {
        Ok(socket) => {
            app.control = Some(socket);
            app.parts.known = Some(known);
        }
        Err(error) => {
            let what = format!("cannot open the control socket {}: {error:#}", path.display());
            app.log.info(&what);
        }
    }
    Ok(Flow::Next)
}

fn answer(known: Arc<Mutex<Arc<Known>>>, desk: Arc<Desk>, sender: Sender) -> Answer {
    Box::new(move |request, wait| match request {
        Request::Explain { rule, seconds, nearest } => {
            let known = Arc::clone(&known.lock().unwrap_or_else(PoisonError::into_inner));
            let time = Duration::from_secs(seconds.min(MAX_SECONDS));
            explain(&known, &desk, &rule, nearest, &|| wait(time))
                .map(Box::new)
                .map(Reply::Explained)
        }
        Request::Selftest { file } => {
            selftest::trial(&desk, &sender, &file, wait).map(Reply::Tested)
        }
    })
}

fn explain(
    Known { options, config, files }: &Known,
    desk: &Desk,
    rule: &str,
    nearest: usize,
    wait: &dyn Fn(),
) -> Result<explain::Report> {
    let loader = load_files(files, options, config, &Log::silent())?;
    let mut report = explain::report(&loader, config, rule)?;
    if loader.compiled_rule(rule).is_some() {
        let question = explain::question(&loader, config, rule, nearest.min(MAX_NEAREST))?;
        // The engine has what it needs.
        drop(loader);
        let question = Question { budget: Some(BUDGET), ..question };
        let began = desk.ask(PATIENCE, |station| station.engine.explain(question));
        began.context("the engine is too busy to look")?;
        wait();
        let explained = desk.ask(PATIENCE, |station| station.engine.explained());
        report.explanation = Some(explained.context("the engine has ended")?.unwrap_or_default());
    }
    Ok(report)
}
