//! A reload: configuration and rules are read and compiled here, beside the engine, which then swaps them in between two
//! events. Probe, ring and state stay, so that no event is lost. What is broken changes nothing.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use gyr_alert::{Alert, Form, Priority};
use gyr_config::{Config, Loaded};
use gyr_engine::Rules;
use gyr_event::{Interest, SYSCALLS, SyscallFlags};
use gyr_fields::Field;
use gyr_outputs::Outputs;
use gyr_rules::Ruleset;
use gyr_state::Mark;

use super::parts::{Around, Parts};
use crate::cli::Options;
use crate::desk::Desk;
use crate::live;
use crate::log::Log;
use crate::metrics::sample::now;
use crate::steps;
use crate::steps::control::Known;
use crate::steps::rules::RulesFiles;

/// What a reload starts from, and what it changes.
pub(crate) struct Reloader<'a> {
    pub(crate) options: &'a Options,
    pub(crate) log: &'a Log,
    pub(crate) desk: &'a Arc<Desk>,
    pub(crate) outputs: &'a Outputs,
    pub(crate) parts: &'a mut Parts,
    pub(crate) hostname: Arc<str>,
    /// As it was at the start: what needs a restart still is as it says.
    pub(crate) first: &'a Config,
    /// As it is now.
    pub(crate) config: Config,
    /// What the probe sends.
    pub(crate) interest: Interest,
    pub(crate) ruleset: Arc<Ruleset<Field>>,
}

/// How reloads went.
#[derive(Debug, Default)]
pub(crate) struct ReloadCounts {
    n_good: AtomicU64,
    n_failed: AtomicU64,
}

/// All that was read, and found to be good.
struct Fresh {
    config: Config,
    rules: Rules,
    interest: Interest,
    config_files: Vec<PathBuf>,
    rules_files: RulesFiles,
    /// What to watch from now on.
    paths: Vec<PathBuf>,
}

/// What only a restart can change: a name, and whether both configurations are the same in it.
type Fixed = (&'static str, fn(&Config, &Config) -> bool);

#[rustfmt::skip] // A table.
const FIXED: &[Fixed] = &[
    ("engine.kind", |a, b| a.engine.kind == b.engine.kind),
    ("engine.modern_ebpf", |a, b| a.engine.modern_ebpf == b.engine.modern_ebpf),
    ("falco_libs", |a, b| a.libs == b.libs),
    ("control_socket", |a, b| a.control_socket == b.control_socket),
    // Whoever runs no program at the start gives up the right to.
    ("program_output.enabled", |a, b| a.program_output.enabled || !b.program_output.enabled),
    ("capture", |a, b| a.capture == b.capture),
    ("plugins", |a, b| (&a.plugins, &a.load_plugins, a.plugins_hostinfo) == (&b.plugins, &b.load_plugins, b.plugins_hostinfo)),
];

/// An engine that does not come to swap its rules in this time hangs.
const PATIENCE: Duration = Duration::from_secs(10);

const FAILURE: &str = "Falco internal: hot restart failure";

impl Reloader<'_> {
    /// Reads everything again. Returns the paths to watch from now on, if they are others.
    pub(crate) fn reload(&mut self) -> Option<Vec<PathBuf>> {
        let (options, log, before) = (self.options, self.log, &*self.ruleset);
        let fresh = steps::rules::apart(|| read(options, log, before));
        match fresh.and_then(|fresh| self.install(fresh)) {
            Ok(paths) => {
                self.parts.reloads.n_good.fetch_add(1, Ordering::Relaxed);
                Some(paths)
            }
            Err(error) => {
                let error = format!("{error:#}");
                self.log.error(&format!("reload failed, all stays as it was: {error}"));
                self.outputs.sender().send(self.failure(&error));
                self.parts.reloads.n_failed.fetch_add(1, Ordering::Relaxed);
                None
            }
        }
    }

    fn install(&mut self, fresh: Fresh) -> Result<Vec<PathBuf>> {
        let Fresh { config, rules, interest, config_files, rules_files, paths } = fresh;
        let ruleset = Arc::clone(rules.ruleset());
        self.swap(&config, rules, &interest)?;
        let n_rules = ruleset.rules().len();
        self.ruleset = ruleset;
        self.log.info("SIGHUP received, restarting...");
        let old = std::mem::replace(&mut self.config, config);
        self.log.set_up(&self.config.logs, self.config.time_format_iso_8601);
        let facts = steps::metrics::facts(&self.config, &rules_files, &config_files);
        if let Some(known) = &self.parts.known {
            let (options, config) = (self.options.clone(), self.config.clone());
            let now = Arc::new(Known { options, config, files: rules_files });
            *known.lock().unwrap_or_else(PoisonError::into_inner) = now;
        }
        let around = Around { config: &self.config, log: self.log, desk: self.desk };
        let outputs = (self.outputs, self.options.unbuffered);
        if let Err(error) = self.parts.adapt(&old, around, outputs, facts) {
            // The rules are in force; what listens for others is not.
            self.log.error(&format!("{error:#}"));
        }
        let fixed: Vec<_> =
            FIXED.iter().filter(|(_, same)| !same(self.first, &self.config)).collect();
        if !fixed.is_empty() {
            let names: Vec<_> = fixed.iter().map(|(name, _)| *name).collect();
            self.log.warning(&format!(
                "these settings change with a restart only: {}",
                names.join(", ")
            ));
        }
        self.log.info(&format!("reloaded: {n_rules} rules are on"));
        Ok(paths)
    }

    /// Has the engine swap. Before, the probe sends what either rules need, and the tables are corrected if so far it sent
    /// less than they live on; after it, the probe sends what the new ones need.
    fn swap(&mut self, config: &Config, rules: Rules, interest: &Interest) -> Result<()> {
        let both = self.interest.clone().union(interest);
        let mut second_look = None;
        if both != self.interest {
            let was_complete = keeps_tables(&self.interest);
            let mark = self.set_interest(both)?;
            if !was_complete {
                second_look = mark.map(|mark| (gyr_host::snapshot(&live::host_root()), mark));
            }
        }
        let (buffer_format, drops) = (steps::buffer_format(config), config.drops.clone());
        let timeouts = config.max_consecutive_timeouts;
        let before = self.desk.ask(PATIENCE, move |station| {
            if let Some((snapshot, mark)) = second_look {
                station.engine.rescan(snapshot, mark);
            }
            station.engine.set_buffer_format(buffer_format);
            if let Some(kernel) = &mut station.kernel {
                kernel.set_up(&drops, timeouts);
            }
            station.engine.replace(rules)
        });
        drop(before.context("the engine does not answer")?);
        if *interest != self.interest {
            self.set_interest(interest.clone())?;
        }
        Ok(())
    }

    /// Returns a mark in the life of the tables; none without a kernel.
    fn set_interest(&mut self, interest: Interest) -> Result<Option<Mark>> {
        let wanted = interest.clone();
        let set = self.desk.ask(PATIENCE, move |station| match &mut station.kernel {
            Some(kernel) => kernel.set_interest(&wanted).map(|()| Some(station.engine.mark())),
            None => Ok(None),
        });
        let mark = set.context("the engine does not answer")??;
        self.interest = interest;
        Ok(mark)
    }

    fn failure(&self, error: &str) -> Alert {
        let message = format!("{FAILURE}: {error}");
        Alert {
            time: now(),
            hostname: Arc::clone(&self.hostname),
            form: Arc::new(Form::internal(FAILURE, Priority::Critical, message, Vec::new())),
            cells: [].into(),
        }
    }
}

/// Reads all, and finds out whether it is good.
fn read(options: &Options, log: &Log, before: &Ruleset<Field>) -> Result<Fresh> {
    let file = steps::config::find(options.config.as_deref())?;
    let loaded = steps::config::read(file.as_deref(), &options.set)?;
    if options.strict && !loaded.warnings.is_empty() {
        bail!("{}", loaded.warnings.join("\n"));
    }
    for warning in &loaded.warnings {
        log.warning(warning);
    }
    let paths = paths(options, &loaded);
    let Loaded { config, files: config_files, .. } = loaded;
    // Nothing is changed before all is known to be good.
    steps::outputs::settings(&config, options.unbuffered, Vec::new())?;
    steps::metrics::snapshots(&config)?;
    let (loader, rules_files) = steps::rules::load_all(options, &config, log)?;
    let rules = steps::rules::apart(|| {
        let ruleset = Arc::new(steps::rules::ruleset(&config, &loader)?);
        ruleset.prepare_as(before);
        Rules::new(ruleset, steps::rules::SYSCALL)
            .ok_or_else(|| anyhow!("no rules are for the source {}", steps::rules::SYSCALL))
    })?;
    let interest = steps::interest(&config, rules.ruleset(), log);
    Ok(Fresh { config, rules, interest, config_files, rules_files, paths })
}

/// Whether all events are sent that the tables of processes and files live on.
fn keeps_tables(interest: &Interest) -> bool {
    let needed = SYSCALLS.iter().filter(|syscall| syscall.flags.contains(SyscallFlags::STATE));
    needed.into_iter().all(|syscall| interest.contains(syscall.code))
}

impl ReloadCounts {
    /// How many were good, and how many were not.
    pub(crate) fn get(&self) -> (u64, u64) {
        (self.n_good.load(Ordering::Relaxed), self.n_failed.load(Ordering::Relaxed))
    }
}

/// Files and folders that a reload would read.
pub(crate) fn paths(options: &Options, loaded: &Loaded) -> Vec<PathBuf> {
    let mut paths = match &options.config {
        Some(file) => vec![file.clone()],
        None => steps::config::PLACES.iter().map(PathBuf::from).collect(),
    };
    paths.extend(loaded.named.iter().cloned());
    paths.extend(steps::rules::paths(options, &loaded.config));
    paths
}
