//! Whether configuration, rules and outputs will do.

use std::path::Path;

use anyhow::Result;
use gyr_config::{EngineKind, Loaded};

use super::Finding;
use crate::cli::{DoctorOptions, Options};
use crate::log::Log;
use crate::steps;
use crate::steps::config::{PLACES, find, read};

/// The share of the memory that ring buffers may take before we say so.
const LARGE_SHARE: u64 = 10;

pub(super) fn files(options: &DoctorOptions) -> Vec<Finding> {
    match load(options) {
        Err(error) => vec![Finding::fail(format!("{error:#}"), "correct the configuration")],
        Ok(loaded) => {
            let files: Vec<_> = loaded.files.iter().map(|f| f.display().to_string()).collect();
            let mut findings = vec![Finding::ok(format!("configuration: {}", files.join(", ")))];
            let places = PLACES.join(" or ");
            findings.extend(loaded.warnings.into_iter().map(|warning| {
                Finding::warn(warning, format!("correct the configuration ({places} by default)"))
            }));
            findings
        }
    }
}

pub(super) fn ring_buffers(options: &DoctorOptions) -> Vec<Finding> {
    let Ok(Loaded { config, .. }) = load(options) else { return Vec::new() };
    if !matches!(config.engine.kind, EngineKind::Kernel { .. }) {
        return Vec::new();
    }
    let n_cpus = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let settings = config.engine.modern_ebpf;
    let n_buffers = match settings.cpus_for_each_buffer {
        0 => 1,
        n => n_cpus.div_ceil(n),
    };
    let mib = n_buffers << (settings.buf_size_preset.clamp(1, 10) - 1);
    let what = format!("{n_buffers} ring buffers, {mib} MiB in all");
    vec![match memory_mib() {
        Some(memory) if mib * 100 > memory * LARGE_SHARE => Finding::warn(
            format!("{what}, of {memory} MiB of memory"),
            "lower engine.modern_ebpf.buf_size_preset or raise cpus_for_each_buffer",
        ),
        _ => Finding::ok(what),
    }]
}

pub(super) fn rules(options: &DoctorOptions) -> Vec<Finding> {
    let Ok(Loaded { config, .. }) = load(options) else { return Vec::new() };
    let log = Log::silent();
    let options = Options { set: options.set.clone(), ..Options::default() };
    match steps::rules::load_all(&options, &config, &log) {
        Err(error) => vec![Finding::fail(
            format!("{error:#}"),
            "correct the rules, or name others with -r or under rules_files",
        )],
        Ok((loader, files)) => {
            let ruleset = steps::rules::ruleset(&config, &loader);
            let n_rules = ruleset.map_or(0, |ruleset| ruleset.rules().len());
            let files: Vec<_> = files.iter().map(|(file, _)| file.display().to_string()).collect();
            vec![Finding::ok(format!("{n_rules} rules are on, from {}", files.join(", ")))]
        }
    }
}

pub(super) fn outputs(options: &DoctorOptions) -> Vec<Finding> {
    let Ok(Loaded { config, .. }) = load(options) else { return Vec::new() };
    let mut findings = Vec::new();
    if !config.has_output() {
        findings.push(Finding::fail(
            "no output is enabled",
            "enable one, for example stdout_output.enabled: true",
        ));
    }
    if (config.logs.syslog || config.syslog_output) && !Path::new("/dev/log").exists() {
        findings.push(Finding::warn(
            "syslog is wanted, but there is no /dev/log",
            "start a syslog daemon, or disable log_syslog and syslog_output",
        ));
    }
    findings
}

fn load(options: &DoctorOptions) -> Result<Loaded> {
    read(find(options.config.as_deref())?.as_deref(), &options.set)
}

fn memory_mib() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024)
}
