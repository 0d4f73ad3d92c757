//! A run from its options to its end, as a flat list of steps.

pub(crate) mod config;
pub(crate) mod print;

use std::process::ExitCode;

use anyhow::Result;
use gyr_config::Config;

use crate::cli::Options;
use crate::log::Log;

/// What the steps have found and made so far.
pub(crate) struct App {
    pub(crate) options: Options,
    pub(crate) log: Log,
    /// From the step `config` on.
    pub(crate) config: Option<Config>,
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
    print::ignored,
    print::list_events,
    config::load,
    print::version,
    print::page_size,
];

/// Takes the steps until one ends the run.
pub(crate) fn run(options: Options) -> Result<ExitCode> {
    let mut app = App { options, log: Log::early(), config: None };
    for step in STEPS {
        match step(&mut app)? {
            Flow::Next => {}
            Flow::Done => break,
        }
    }
    Ok(ExitCode::SUCCESS)
}
