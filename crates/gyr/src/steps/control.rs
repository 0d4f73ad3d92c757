//! The step that opens the control socket of a live run.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use gyr_config::{Config, EngineKind};
use gyr_engine::{Budget, Question};
use gyr_fields::Fields;
use gyr_rules::Loader;

use super::{App, Flow};
use crate::control::{Answer, ControlSocket, Desk, MAX_NEAREST, MAX_SECONDS, Reply, Request};
use crate::rules::explain;

/// The engine may spend one part of so many of its time on a question.
const BUDGET: Budget = Budget { one_of: 20 };

/// A socket that does not open is told to the log: alerts do not need it.
pub(super) fn open(app: &mut App) -> Result<Flow> {
    // What the rules are made of is kept only if somebody can ask about it.
    let Some(loader) = app.loader.take() else { return Ok(Flow::Next) };
    let config = app.config()?;
    let path = Path::new(&config.control_socket).to_owned();
    let is_live = matches!(config.engine.kind, EngineKind::Kernel { .. });
    if !is_live || app.options.dry_run || path.as_os_str().is_empty() {
        return Ok(Flow::Next);
    }
    let desk = Arc::new(Desk::default());
    let answer = answer(config.clone(), loader, Arc::clone(&desk));
    match ControlSocket::open(&path, &app.log, answer) {
        Ok(socket) => app.control = Some((socket, desk)),
        Err(error) => {
            let what = format!("cannot open the control socket {}: {error:#}", path.display());
            app.log.info(&what);
        }
    }
    Ok(Flow::Next)
}

fn answer(config: Config, loader: Loader<Fields>, desk: Arc<Desk>) -> Answer {
    Box::new(move |request, wait| {
        let Request::Explain { rule, seconds, nearest } = request;
        let mut report = explain::report(&loader, &config, &rule)?;
        if loader.compiled_rule(&rule).is_some() {
            let question = explain::question(&loader, &rule, nearest.min(MAX_NEAREST))?;
            let question = Question { budget: Some(BUDGET), ..question };
            let time = Duration::from_secs(seconds.min(MAX_SECONDS));
            report.explanation = Some(desk.explain(question, || wait(time))?);
        }
        Ok(Reply::Explained(Box::new(report)))
    })
}
