//! The step that starts to count, if the configuration wants it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use gyr_config::{Config, EngineKind};

use super::rules::{RulesFiles, SYSCALL};
use super::{App, Flow, hostname};
use crate::metrics::sample::{Facts, now};
use crate::metrics::{Choice, Snapshots, boot_time, interval};
use crate::versions;

/// Shorter intervals would count the counting.
const SHORTEST: Duration = Duration::from_millis(100);

pub(super) fn start(app: &mut App) -> Result<Flow> {
    let config = app.config()?;
    let snapshots = snapshots(config)?;
    if app.options.dry_run || !config.metrics.enabled {
        return Ok(Flow::Next);
    }
    let facts = facts(config, &app.rules_files, &app.config_files);
    let mut parts = std::mem::take(&mut app.parts);
    let sender = app.outputs.as_ref().ok_or_else(|| anyhow!("no outputs are open"))?.sender();
    parts.set_up_metrics(app.around()?, sender, facts, snapshots)?;
    app.parts = parts;
    Ok(Flow::Next)
}

/// Where snapshots go, if anywhere.
pub(crate) fn snapshots(config: &Config) -> Result<Option<Snapshots>> {
    let metrics = &config.metrics;
    if !metrics.enabled {
        return Ok(None);
    }
    let file = (!metrics.output_file.is_empty()).then(|| PathBuf::from(&metrics.output_file));
    let prometheus = config.webserver.enabled && config.webserver.prometheus_metrics_enabled;
    if !metrics.output_rule && file.is_none() && !prometheus {
        bail!(
            "Metrics are enabled with no output configured. Please enable at least one output channel"
        );
    }
    let text = &metrics.interval;
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        bail!(
            "Metrics interval was passed as numeric value without Prometheus time unit. Please specify a time unit"
        );
    }
    let interval = interval(text).unwrap_or_default();
    if interval < SHORTEST {
        bail!("Metrics interval must have a minimum value of 100ms: {text:?} has not");
    }
    let wanted = metrics.output_rule || file.is_some();
    Ok(wanted.then_some(Snapshots { interval, as_alert: metrics.output_rule, file }))
}

pub(crate) fn choice(config: &Config) -> Choice {
    let metrics = &config.metrics;
    Choice {
        rules: metrics.rules,
        resources: metrics.resources,
        state: metrics.state,
        kernel: metrics.kernel,
        kernel_per_cpu: metrics.kernel_per_cpu,
        libbpf: metrics.libbpf,
        convert_memory_to_mb: metrics.convert_memory_to_mb,
        include_empty_values: metrics.include_empty_values,
    }
}

/// What is known now, at the start or after a reload.
pub(crate) fn facts(config: &Config, rules_files: &RulesFiles, config_files: &[PathBuf]) -> Facts {
    /// That of the first call.
    static START: OnceLock<u64> = OnceLock::new();
    let reload = now();
    Facts {
        version: versions::FALCO.to_owned(),
        hostname: hostname(),
        kernel_release: rustix::system::uname().release().to_string_lossy().into_owned(),
        n_cpus: std::thread::available_parallelism().map_or(1, |n| n.get() as u64),
        boot: boot_time().saturating_mul(1_000_000_000),
        start: *START.get_or_init(|| reload),
        reload,
        engine_name: match config.engine.kind {
            EngineKind::Kernel { .. } => "modern_bpf",
            EngineKind::Replay => "savefile",
            EngineKind::NoDriver => "nodriver",
        },
        source: SYSCALL,
        rules_files: checksums(rules_files.iter().map(|(file, _)| file)),
        config_files: checksums(config_files.iter()),
    }
}

/// Names of files without their folders, and the SHA-256 of what they hold; what cannot be read is left out.
fn checksums<'a>(files: impl Iterator<Item = &'a PathBuf>) -> Vec<(String, String)> {
    let checksum = |path: &PathBuf| {
        let name = path.file_name().map_or(Path::new(path), Path::new).display().to_string();
        Some((name, versions::sha256(&fs::read(path).ok()?)))
    };
    files.filter_map(checksum).collect()
}
