//! The step that starts to count, if the configuration wants it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use gyr_config::{Config, EngineKind};

use super::rules::SYSCALL;
use super::{App, Flow, hostname};
use crate::metrics::sample::{Facts, RuleFacts, now};
use crate::metrics::{Choice, Metrics, Snapshots, Ticker, boot_time, interval};
use crate::versions;

/// Shorter intervals would count the counting.
const SHORTEST: Duration = Duration::from_millis(100);

pub(super) fn start(app: &mut App) -> Result<Flow> {
    let config = app.config()?;
    if !config.metrics.enabled {
        return Ok(Flow::Next);
    }
    let snapshots = snapshots(config)?;
    if app.options.dry_run {
        return Ok(Flow::Next);
    }
    let outputs = app.outputs.as_ref().ok_or_else(|| anyhow!("no outputs are open"))?;
    let metrics = Arc::new(Metrics {
        facts: Arc::new(facts(app, config)),
        choice: choice(config),
        exchange: Arc::default(),
        sender: outputs.sender(),
        hub: app.hub.clone(),
        events: app.event_counts.clone().unwrap_or_default(),
    });
    if let Some(snapshots) = snapshots {
        let ticker = Ticker::start(Arc::clone(&metrics), snapshots, app.log.clone());
        app.ticker = Some(ticker.context("cannot start the thread of the metrics")?);
    }
    app.metrics = Some(metrics);
    Ok(Flow::Next)
}

/// Where snapshots go, if anywhere.
fn snapshots(config: &Config) -> Result<Option<Snapshots>> {
    let metrics = &config.metrics;
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

fn choice(config: &Config) -> Choice {
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

fn facts(app: &App, config: &Config) -> Facts {
    let start = now();
    let rules = app.ruleset.iter().flat_map(|ruleset| ruleset.rules()).map(|rule| RuleFacts {
        name: rule.name.clone(),
        priority: rule.priority,
        source: rule.source.clone(),
        tags: rule.tags.clone(),
    });
    Facts {
        version: versions::FALCO.to_owned(),
        hostname: hostname(),
        kernel_release: rustix::system::uname().release().to_string_lossy().into_owned(),
        n_cpus: std::thread::available_parallelism().map_or(1, |n| n.get() as u64),
        boot: boot_time().saturating_mul(1_000_000_000),
        start,
        reload: start,
        engine_name: match config.engine.kind {
            EngineKind::Kernel { .. } => "modern_bpf",
            EngineKind::Replay => "savefile",
            EngineKind::NoDriver => "nodriver",
        },
        source: SYSCALL,
        rules: rules.collect(),
        rules_files: checksums(&app.rules_files),
        config_files: checksums(&app.config_files),
    }
}

/// Names of files without their folders, and the SHA-256 of what they hold; what cannot be read is left out.
fn checksums(files: &[PathBuf]) -> Vec<(String, String)> {
    let checksum = |path: &PathBuf| {
        let name = path.file_name().map_or(Path::new(path), Path::new).display().to_string();
        Some((name, versions::sha256(&fs::read(path).ok()?)))
    };
    files.iter().filter_map(checksum).collect()
}
