//! A run from its options to its end, as a flat list of steps.

pub(crate) mod config;
pub(crate) mod control;
mod engine;
pub(crate) mod metrics;
pub(crate) mod outputs;
pub(crate) mod print;
mod privileges;
pub(crate) mod rules;
pub(crate) mod serve;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use gyr_config::Config;
use gyr_fields::Field;
use gyr_outputs::Outputs;
use gyr_probe::EntryTracepoints;
use gyr_rules::Ruleset;

pub(crate) use engine::{buffer_format, hostname, interest, selection, session};

use self::rules::RulesFiles;
use crate::cli::Options;
use crate::control::ControlSocket;
use crate::desk::Desk;
use crate::log::Log;
use crate::service::{Around, Parts};
use crate::signals::{Requests, Signals};

/// What the steps have found and made so far.
pub(crate) struct App {
    pub(crate) options: Options,
    pub(crate) log: Log,
    /// From the step `config` on.
    pub(crate) config: Option<Config>,
    /// The same as it was written, on one line.
    pub(crate) merged_config: String,
    pub(crate) config_files: Vec<PathBuf>,
    /// Files and folders whose change is worth a reload.
    pub(crate) paths: Vec<PathBuf>,
    /// From the step `rules` on.
    pub(crate) ruleset: Option<Arc<Ruleset<Field>>>,
    /// Until the step `control`, which keeps them if somebody can ask about them.
    pub(crate) rules_files: RulesFiles,
    /// Between the steps `tracepoints` and `run`, if the run is live.
    pub(crate) entries: Option<EntryTracepoints>,
    /// Between the steps `outputs` and `run`.
    pub(crate) outputs: Option<Outputs>,
    pub(crate) signals: Signals,
    /// From the step `signals` on.
    pub(crate) requests: Option<Requests>,
    /// Where others leave jobs for the engine.
    pub(crate) desk: Arc<Desk>,
    /// From the step `control` on, if it is open.
    pub(crate) control: Option<ControlSocket>,
    /// What serves others beside the outputs.
    pub(crate) parts: Parts,
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
    print::format,
    print::config_schema,
    rules::rule_schema,
    print::ignored,
    print::list_events,
    config::load,
    print::version,
    print::page_size,
    print::plugins,
    print::list_fields,
    rules::select_sources,
    rules::validate,
    rules::load,
    rules::support,
    engine::tracepoints,
    privileges::reduce,
    serve::taps,
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
        paths: Vec::new(),
        ruleset: None,
        rules_files: Vec::new(),
        entries: None,
        outputs: None,
        signals: Signals::default(),
        requests: None,
        desk: Arc::default(),
        control: None,
        parts: Parts::default(),
    };
    for step in STEPS {
        match step(&mut app)? {
            Flow::Next => {}
            Flow::Done => break,
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl App {
    pub(crate) fn around(&self) -> Result<Around<'_>> {
        Ok(Around { config: self.config()?, log: &self.log, desk: &self.desk })
    }
}
