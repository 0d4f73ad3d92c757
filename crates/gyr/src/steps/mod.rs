//! A run from its options to its end, as a flat list of steps.

pub(crate) mod config;
mod control;
mod engine;
mod metrics;
mod outputs;
pub(crate) mod print;
mod privileges;
pub(crate) mod rules;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use gyr_config::Config;
use gyr_fields::{Field, Fields};
use gyr_outputs::Outputs;
use gyr_rules::{Loader, Ruleset};
use gyr_serve::{Grpc, Hub, Web};

pub(crate) use engine::{hostname, selection, session};

use crate::cli::Options;
use crate::control::{ControlSocket, Desk};
use crate::log::Log;
use crate::metrics::events::EventCounts;
use crate::metrics::{Metrics, Ticker};
use crate::signals::Signals;

/// What the steps have found and made so far.
pub(crate) struct App {
    pub(crate) options: Options,
    pub(crate) log: Log,
    /// From the step `config` on.
    pub(crate) config: Option<Config>,
    /// The same as it was written, on one line.
    pub(crate) merged_config: String,
    pub(crate) config_files: Vec<PathBuf>,
    /// From the step `rules` on.
    pub(crate) ruleset: Option<Arc<Ruleset<Field>>>,
    pub(crate) rules_files: Vec<PathBuf>,
    /// The rules as they are written, between the steps `rules` and `control`.
    pub(crate) loader: Option<Loader<Fields>>,
    /// Between the steps `outputs` and `run`.
    pub(crate) outputs: Option<Outputs>,
    pub(crate) signals: Signals,
    /// From the step `hub` on, if subscribers can get alerts.
    pub(crate) hub: Option<Arc<Hub>>,
    pub(crate) grpc: Option<Grpc>,
    pub(crate) web: Option<Web>,
    /// From the step `control` on, if the control socket is open, with the end of it that is the engine's.
    pub(crate) control: Option<(ControlSocket, Arc<Desk>)>,
    /// From the step `metrics` on, if they are on.
    pub(crate) metrics: Option<Arc<Metrics>>,
    /// From the step `hub` on, if Prometheus may ask.
    pub(crate) event_counts: Option<Arc<EventCounts>>,
    pub(crate) ticker: Option<Ticker>,
}

/// What comes after a step.
pub(crate) enum Flow {
    Next,
    /// All is done that was asked for.
    Done,
}

type Step = fn(&mut App) -> Result<Flow>;

/// Every step, in order; one that was not asked for passes.
const STEPS: &[Step] = &[
    print::config_schema,
    rules::rule_schema,
    print::ignored,
    print::list_events,
    config::load,
    print::version,
    print::page_size,
    print::list_fields,
    rules::select_sources,
    rules::validate,
    rules::load,
    rules::support,
    privileges::reduce,
    serve::hub,
    outputs::start,
    metrics::start,
    serve::grpc,
    serve::web,
    control::open,
    engine::signals,
    engine::pidfile,
    engine::run,
];

/// Takes the steps until one ends the run.
pub(crate) fn run(options: Options) -> Result<ExitCode> {
    let mut app = App {
        options,
        log: Log::early(),
        config: None,
        merged_config: String::new(),
        config_files: Vec::new(),
        ruleset: None,
        rules_files: Vec::new(),
        loader: None,
        outputs: None,
        signals: Signals::default(),
        hub: None,
        grpc: None,
        web: None,
        control: None,
        metrics: None,
        event_counts: None,
        ticker: None,
    };
    for step in STEPS {
        match step(&mut app)? {
            Flow::Next => {}
            Flow::Done => break,
        }
    }
    Ok(ExitCode::SUCCESS)
}
