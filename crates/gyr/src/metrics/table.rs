//! Every metric: its names, what kind it is, and where the number is from. Names and units are Falco's; what starts with
//! `gyr_` is ours.

use std::time::Duration;

use gyr_outputs::LATENCY_BOUNDS;

use super::answer::RuleCount;
use super::sample::Sample;
use crate::drops::{GROUPS, group_of};

/// One metric, or several that differ by label.
pub(crate) struct Metric {
    /// In snapshots; empty if it is not there, or if each point has a name of its own.
    pub(crate) snapshot: &'static str,
    /// For Prometheus; empty if it is not there.
    pub(crate) prometheus: &'static str,
    pub(crate) help: &'static str,
    pub(crate) kind: Kind,
    pub(crate) unit: Unit,
    pub(crate) group: Group,
    pub(crate) points: Points,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// How snapshots and Prometheus want the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// As it is.
    One,
    /// Kept in KiB: in snapshots `_kb` or `_mb`, for Prometheus in bytes.
    Kib,
    /// Kept in bytes: in snapshots `_bytes` or `_mb`.
    Bytes,
    /// Kept in percent: for Prometheus a ratio.
    Percent,
}

/// Which setting turns it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    Always,
    Rules,
    Resources,
    State,
    Kernel,
    /// The totals of the kernel's group, which snapshots have even at zero.
    KernelTotals,
    PerCpu,
    Libbpf,
}

pub(crate) enum Points {
    One(fn(&View<'_>) -> Number),
    Many(fn(&View<'_>) -> Vec<Point>),
}

/// A moment, and the one before it.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) now: &'a Sample,
    pub(crate) before: Option<&'a Sample>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Number {
    Uint(u64),
    Double(f64),
    Text(String),
}

/// A number under labels.
pub(crate) struct Point {
    /// In snapshots, if it is there.
    pub(crate) snapshot: Option<String>,
    /// For Prometheus, if it is not that of the metric.
    pub(crate) prometheus: Option<String>,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) number: Number,
}

use Group::{Always, Kernel, KernelTotals, Libbpf, PerCpu, Resources, Rules, State};
use Kind::{Counter, Gauge, Histogram};
use Number::{Double, Text, Uint};
use Points::{Many, One};

#[rustfmt::skip] // A table.
pub(crate) static METRICS: &[Metric] = &[
    one("evt.time", "", Gauge, Always, |v| Uint(v.now.now)),
    one("evt.hostname", "", Gauge, Always, |v| Text(v.now.facts.hostname.clone())),
    one("evt.source", "", Gauge, Always, |v| Text(v.now.facts.source.to_owned())),
    one("falco.version", "", Gauge, Always, |v| Text(v.now.facts.version.clone())),
    one("falco.start_ts", "falcosecurity_falco_start_timestamp_nanoseconds", Gauge, Always, |v| Uint(v.now.facts.start)),
    one("falco.reload_ts", "falcosecurity_falco_reload_timestamp_nanoseconds", Gauge, Always, |v| Uint(v.now.facts.reload)),
    one("falco.duration_sec", "falcosecurity_falco_duration_seconds_total", Counter, Always, |v| Uint(v.now.now.saturating_sub(v.now.facts.start) / SECOND)),
    one("falco.kernel_release", "", Gauge, Always, |v| Text(v.now.facts.kernel_release.clone())),
    one("falco.host_boot_ts", "falcosecurity_falco_host_boot_timestamp_nanoseconds", Gauge, Always, |v| Uint(v.now.facts.boot)),
    one("falco.host_num_cpus", "falcosecurity_falco_host_num_cpus_total", Gauge, Always, |v| Uint(v.now.facts.n_cpus)),
    one("falco.outputs_queue_num_drops", "falcosecurity_falco_outputs_queue_num_drops_total", Counter, Always, |v| Uint(v.now.output_drops())),
    one("scap.engine_name", "", Gauge, Always, |v| Text(v.now.facts.engine_name.to_owned())),
    one("falco.num_evts", "", Counter, Always, |v| Uint(v.now.engine.n_events)),
    one("falco.num_evts_prev", "", Counter, Always, |v| Uint(v.before.map_or(0, |before| before.engine.n_events))),
    many("falcosecurity_falco_version_info", Gauge, Always, |v| info(&[("version", &v.now.facts.version)])),
    many("falcosecurity_falco_kernel_release_info", Gauge, Always, |v| info(&[("kernel_release", &v.now.facts.kernel_release)])),
    many("falcosecurity_evt_hostname_info", Gauge, Always, |v| info(&[("hostname", &v.now.facts.hostname)])),
    many("falcosecurity_scap_engine_name_info", Gauge, Always, |v| info(&[("engine_name", v.now.facts.engine_name), ("evt_source", v.now.facts.source)])),
    many("falcosecurity_falco_sha256_rules_files_info", Gauge, Always, |v| files("falco.sha256_rules_file", &v.now.facts.rules_files)),
    many("falcosecurity_falco_sha256_config_files_info", Gauge, Always, |v| files("falco.sha256_config_file", &v.now.facts.config_files)),
    many("", Gauge, Always, |v| rate("falco.evts_rate_sec", v, |sample| sample.engine.n_events)),

    one("falco.rules.matches_total", "", Counter, Rules, |v| Uint(v.now.engine.n_matches)),
    many("falcosecurity_falco_rules_matches_total", Counter, Rules, matches),

    Metric { group: Rules, ..ours("gyr_rule_seconds_total", "How long the condition of each rule took, estimated from one event in about a thousand", Counter, rule_times) },

    percent("falco.cpu_usage_perc", "falcosecurity_falco_cpu_usage_ratio", |v| Double(v.now.resources.cpu_percent)),
    kib("falco.memory_rss", "falcosecurity_falco_memory_rss_bytes", |v| Uint(v.now.resources.rss)),
    kib("falco.memory_vsz", "falcosecurity_falco_memory_vsz_bytes", |v| Uint(v.now.resources.vsz)),
    kib("falco.memory_pss", "falcosecurity_falco_memory_pss_bytes", |v| Uint(v.now.resources.pss)),
    Metric { unit: Unit::Bytes, ..one("falco.container_memory_used", "falcosecurity_falco_container_memory_used_bytes", Gauge, Resources, |v| Uint(v.now.resources.container_bytes)) },
    percent("falco.host_cpu_usage_perc", "falcosecurity_falco_host_cpu_usage_ratio", |v| Double(v.now.resources.host_cpu_percent)),
    kib("falco.host_memory_used", "falcosecurity_falco_host_memory_used_bytes", |v| Uint(v.now.resources.host_memory)),
    one("falco.host_procs_running", "falcosecurity_falco_host_procs_running_total", Gauge, Resources, |v| Uint(v.now.resources.host_procs_running)),
    one("falco.host_open_fds", "falcosecurity_falco_host_open_fds_total", Gauge, Resources, |v| Uint(v.now.resources.host_open_fds)),

    one("falco.n_threads", "falcosecurity_scap_n_threads_total", Gauge, State, |v| Uint(v.now.engine.state.n_threads)),
    one("falco.n_fds", "falcosecurity_scap_n_fds_total", Gauge, State, |v| Uint(v.now.engine.state.n_fds)),
    one("falco.n_noncached_fd_lookups", "falcosecurity_scap_n_noncached_fd_lookups_total", Counter, State, |v| Uint(v.now.engine.state.n_noncached_fd_lookups)),
    one("falco.n_cached_fd_lookups", "falcosecurity_scap_n_cached_fd_lookups_total", Counter, State, |v| Uint(v.now.engine.state.n_cached_fd_lookups)),
    one("falco.n_failed_fd_lookups", "falcosecurity_scap_n_failed_fd_lookups_total", Counter, State, |v| Uint(v.now.engine.state.n_failed_fd_lookups)),
    one("falco.n_added_fds", "falcosecurity_scap_n_added_fds_total", Counter, State, |v| Uint(v.now.engine.state.n_added_fds)),
    one("falco.n_removed_fds", "falcosecurity_scap_n_removed_fds_total", Counter, State, |v| Uint(v.now.engine.state.n_removed_fds)),
    one("falco.n_stored_evts", "falcosecurity_scap_n_stored_evts_total", Counter, State, |v| Uint(v.now.engine.state.n_stored_events)),
    one("falco.n_store_evts_drops", "falcosecurity_scap_n_store_evts_drops_total", Counter, State, |v| Uint(v.now.engine.state.n_stored_event_drops)),
    one("falco.n_retrieved_evts", "falcosecurity_scap_n_retrieved_evts_total", Counter, State, |v| Uint(v.now.engine.state.n_retrieved_events)),
    one("falco.n_retrieve_evts_drops", "falcosecurity_scap_n_retrieve_evts_drops_total", Counter, State, |v| Uint(v.now.engine.state.n_retrieved_event_drops)),
    one("falco.n_noncached_thread_lookups", "falcosecurity_scap_n_noncached_thread_lookups_total", Counter, State, |v| Uint(v.now.engine.state.n_noncached_thread_lookups)),
    one("falco.n_cached_thread_lookups", "falcosecurity_scap_n_cached_thread_lookups_total", Counter, State, |v| Uint(v.now.engine.state.n_cached_thread_lookups)),
    one("falco.n_failed_thread_lookups", "falcosecurity_scap_n_failed_thread_lookups_total", Counter, State, |v| Uint(v.now.engine.state.n_failed_thread_lookups)),
    one("falco.n_added_threads", "falcosecurity_scap_n_added_threads_total", Counter, State, |v| Uint(v.now.engine.state.n_added_threads)),
    one("falco.n_removed_threads", "falcosecurity_scap_n_removed_threads_total", Counter, State, |v| Uint(v.now.engine.state.n_removed_threads)),
    one("falco.n_drops_full_threadtable", "falcosecurity_scap_n_drops_full_threadtable_total", Counter, State, |v| Uint(v.now.engine.state.n_drops_full_threadtable)),

    one("scap.n_evts", "falcosecurity_scap_n_evts_total", Counter, KernelTotals, |v| Uint(v.now.kernel(|cpu| cpu.attempted))),
    one("scap.n_evts_prev", "", Counter, KernelTotals, |v| Uint(v.before.map_or(0, |before| before.kernel(|cpu| cpu.attempted)))),
    one("scap.n_drops", "falcosecurity_scap_n_drops_total", Counter, KernelTotals, |v| Uint(v.now.kernel_drops())),
    one("scap.n_drops_prev", "", Counter, KernelTotals, |v| Uint(v.before.map_or(0, Sample::kernel_drops))),
    many("", Gauge, KernelTotals, |v| rate("scap.evts_rate_sec", v, |sample| sample.kernel(|cpu| cpu.attempted))),
    many("", Gauge, KernelTotals, |v| rate("scap.evts_drop_rate_sec", v, Sample::kernel_drops)),
    many("", Gauge, KernelTotals, drops_percent),
    one("scap.n_drops_buffer_total", "", Counter, Kernel, |v| Uint(v.now.kernel(|cpu| cpu.ring_full))),
    many("falcosecurity_scap_n_drops_buffer_total", Counter, Kernel, buffer_drops),
    one("scap.n_drops_scratch_map", "falcosecurity_scap_n_drops_scratch_map_total", Counter, Kernel, |v| Uint(v.now.kernel(|cpu| cpu.nested))),

    many("falcosecurity_scap_n_evts_cpu_total", Counter, PerCpu, |v| cpus("scap.n_evts_cpu_", v, |cpu| cpu.attempted)),
    many("falcosecurity_scap_n_drops_cpu_total", Counter, PerCpu, |v| cpus("scap.n_drops_cpu_", v, |cpu| cpu.dropped())),

    many("falcosecurity_scap_run_cnt_total", Counter, Libbpf, |v| programs("run_cnt", "run_cnt_total", v, |program| program.runs)),
    many("falcosecurity_scap_run_time_nanoseconds_total", Counter, Libbpf, |v| programs("run_time_ns", "run_time_nanoseconds_total", v, |program| program.nanoseconds)),
    many("falcosecurity_scap_avg_time_nanoseconds", Gauge, Libbpf, |v| programs("avg_time_ns", "avg_time_nanoseconds", v, |program| program.nanoseconds.checked_div(program.runs).unwrap_or_default())),

    ours("falco_events", "Alerts, as falco-exporter counts them", Counter, events),
    ours("gyr_output_alerts_total", "What became of the alerts of each output", Counter, output_results),
    ours("gyr_output_produced_total", "Alerts that each output should have taken", Counter, |v| outputs(v, |stats| Uint(stats.n_produced))),
    ours("gyr_output_queue_alerts", "Alerts that wait for each output", Gauge, |v| outputs(v, |stats| Uint(stats.n_waiting as u64))),
    ours("gyr_output_queue_bytes", "Memory of what waits for each output", Gauge, |v| outputs(v, |stats| Uint(stats.bytes_waiting as u64))),
    ours("gyr_output_latency_seconds", "From the engine to delivery by each output", Histogram, latencies),
    ours("gyr_grpc_subscribers", "Subscribers that get alerts over gRPC now", Gauge, |v| hub(v, |hub| hub.n_subscribers as u64)),
    ours("gyr_grpc_subscribers_cut_off_total", "Subscribers that were too slow", Counter, |v| hub(v, |hub| hub.n_cut_off)),
    ours("gyr_grpc_alerts_delivered_total", "Alerts handed to subscribers, each counted for each", Counter, |v| hub(v, |hub| hub.n_delivered)),
    ours("gyr_grpc_alerts_missed_total", "Alerts that subscribers were cut off from, or left behind", Counter, |v| hub(v, |hub| hub.n_missed)),
    ours("gyr_reloads_total", "How often configuration and rules were read again, and how that went; a failed one changes nothing", Counter, reloads),
    ours("gyr_engine_events_total", "Events that the engine has taken", Counter, |v| vec![plain(Uint(v.now.engine.n_events))]),
    ours("gyr_engine_last_turn_timestamp_seconds", "When the engine last looked up from its events, as it is asked to every second; it is stuck if this stays behind", Gauge, last_turn),
    ours("gyr_state_refused_fds_total", "File descriptors that the table of a process had no room for", Counter, |v| vec![plain(Uint(v.now.engine.state.n_refused_fds))]),
    ours("gyr_state_refused_users_total", "Users and groups that their table had no room for", Counter, |v| vec![plain(Uint(v.now.engine.state.n_refused_users))]),
    ours("gyr_kernel_read_faults_total", "Parameters sent empty because user memory could not be read", Counter, |v| vec![plain(Uint(v.now.kernel(|cpu| cpu.faults)))]),
    ours("gyr_kernel_enter_faults_total", "Opens and connects whose name or address could not be read when they began: a change of it before they ended would go unseen", Counter, |v| vec![plain(Uint(v.now.kernel(|cpu| cpu.enter_faults)))]),
    ours("gyr_kernel_too_large_total", "Events that were too large for a record", Counter, |v| vec![plain(Uint(v.now.kernel(|cpu| cpu.too_large)))]),
    ours("gyr_kernel_ring_bytes", "The size of the ring between kernel and engine", Gauge, |v| ring(v, |stats| stats.ring_bytes)),
    ours("gyr_kernel_ring_used_bytes", "How much of the ring waits for the engine", Gauge, |v| ring(v, |stats| stats.ring_used)),
    ours("gyr_kernel_ring_peak_bytes", "The most of the ring that the engine has found waiting since the start", Gauge, |v| ring(v, |stats| stats.ring_peak)),
    ours("gyr_kernel_sequence_gaps_total", "Events missing between those read, by their numbers", Counter, |v| vec![plain(Uint(v.now.kernel(|cpu| cpu.gaps)))]),
];

const SECOND: u64 = 1_000_000_000;

/// What Falco's own say, since it says no more.
const FALCO_HELP: &str = "https://falco.org/docs/metrics/";

const fn one(
    snapshot: &'static str,
    prometheus: &'static str,
    kind: Kind,
    group: Group,
    number: fn(&View<'_>) -> Number,
) -> Metric {
    let points = One(number);
    Metric { snapshot, prometheus, help: FALCO_HELP, kind, unit: Unit::One, group, points }
}

const fn many(
    prometheus: &'static str,
    kind: Kind,
    group: Group,
    points: fn(&View<'_>) -> Vec<Point>,
) -> Metric {
    let unit = Unit::One;
    Metric { snapshot: "", prometheus, help: FALCO_HELP, kind, unit, group, points: Many(points) }
}

const fn ours(
    prometheus: &'static str,
    help: &'static str,
    kind: Kind,
    points: fn(&View<'_>) -> Vec<Point>,
) -> Metric {
    Metric { help, ..many(prometheus, kind, Always, points) }
}

const fn percent(
    snapshot: &'static str,
    prometheus: &'static str,
    number: fn(&View<'_>) -> Number,
) -> Metric {
    Metric { unit: Unit::Percent, ..one(snapshot, prometheus, Gauge, Resources, number) }
}

const fn kib(
    snapshot: &'static str,
    prometheus: &'static str,
    number: fn(&View<'_>) -> Number,
) -> Metric {
    Metric { unit: Unit::Kib, ..one(snapshot, prometheus, Gauge, Resources, number) }
}

fn labels(labels: &[(&str, &str)]) -> Vec<(String, String)> {
    labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

const fn plain(number: Number) -> Point {
    Point { snapshot: None, prometheus: None, labels: Vec::new(), number }
}

fn labelled(of: &[(&str, &str)], number: Number) -> Point {
    Point { labels: labels(of), ..plain(number) }
}

/// A number that says nothing, with labels that do.
fn info(of: &[(&str, &str)]) -> Vec<Point> {
    vec![labelled(of, Uint(1))]
}

fn files(prefix: &str, files: &[(String, String)]) -> Vec<Point> {
    let point = |(name, sha256): &(String, String)| Point {
        snapshot: None,
        ..labelled(&[("file_name", name), ("sha256", sha256)], Uint(1))
    };
    let mut points: Vec<_> = files.iter().map(point).collect();
    // In snapshots the text itself is the value.
    points.extend(files.iter().map(|(name, sha256)| Point {
        snapshot: Some(format!("{prefix}.{}", sanitized(name))),
        prometheus: Some(String::new()),
        ..plain(Text(sha256.clone()))
    }));
    points
}

/// Per second since the moment before; none if there was none.
fn rate(name: &str, view: &View<'_>, count: impl Fn(&Sample) -> u64) -> Vec<Point> {
    let Some(before) = view.before else { return Vec::new() };
    let seconds = view.now.now.saturating_sub(before.now) as f64 / SECOND as f64;
    let n = count(view.now).saturating_sub(count(before)) as f64;
    let rate = if seconds > 0.0 { n / seconds } else { 0.0 };
    vec![Point { snapshot: Some(name.to_owned()), ..plain(Double(rounded(rate))) }]
}

fn drops_percent(view: &View<'_>) -> Vec<Point> {
    let Some(before) = view.before else { return Vec::new() };
    let attempted = |sample: &Sample| sample.kernel(|cpu| cpu.attempted);
    let n_events = attempted(view.now).saturating_sub(attempted(before)) as f64;
    let n_drops = view.now.kernel_drops().saturating_sub(before.kernel_drops()) as f64;
    let percent = if n_events > 0.0 { n_drops / n_events * 100.0 } else { 0.0 };
    vec![Point {
        snapshot: Some("scap.n_drops_perc".to_owned()),
        ..plain(Double(rounded(percent)))
    }]
}

/// Rules that never matched are left out.
fn matches(view: &View<'_>) -> Vec<Point> {
    let rules = view.now.engine.rules.iter();
    let points =
        rules.filter(|count| count.n_matches > 0).map(|RuleCount { rule, n_matches, .. }| {
            let priority = rule.priority.number().to_string();
            let mut labels = labels(&[
                ("priority", &priority),
                ("rule_name", &rule.name),
                ("source", &rule.source),
            ]);
            let tags =
                rule.tags.iter().map(|tag| (format!("tag_{}", sanitized(tag)), "true".to_owned()));
            labels.extend(tags);
            let snapshot = Some(format!("falco.rules.{}", sanitized(&rule.name)));
            Point { snapshot, labels, ..plain(Uint(*n_matches)) }
        });
    points.collect()
}

/// Rules that were never met by a measured event are left out.
fn rule_times(view: &View<'_>) -> Vec<Point> {
    let rules = view.now.engine.rules.iter().filter(|count| count.nanoseconds > 0);
    let point = |RuleCount { rule, nanoseconds, .. }: &RuleCount| {
        let of = [("rule_name", &*rule.name), ("source", &*rule.source)];
        labelled(&of, Double(*nanoseconds as f64 / SECOND as f64))
    };
    rules.map(point).collect()
}

fn ring(view: &View<'_>, bytes: fn(&gyr_probe::Stats) -> u64) -> Vec<Point> {
    view.now.engine.kernel.iter().map(|stats| plain(Uint(bytes(stats)))).collect()
}

/// The kernel drops at the exit of calls only; that of enters stays zero, as with Falco.
fn buffer_drops(view: &View<'_>) -> Vec<Point> {
    let lost = view.now.engine.kernel.as_ref().map_or(&[][..], |stats| &stats.lost_events);
    let mut points = Vec::new();
    for group in GROUPS {
        let n = lost.iter().filter(|(code, _)| group_of(*code) == *group).map(|(_, n)| n).sum();
        points.push(Point {
            snapshot: Some(format!("scap.n_drops_buffer_{group}_exit")),
            ..labelled(&[("dir", "exit"), ("drop", group)], Uint(n))
        });
    }
    for group in ["clone_fork", "execve", "connect", "open", "dir_file", "other_interest"] {
        points.push(labelled(&[("dir", "enter"), ("drop", group)], Uint(0)));
    }
    points
}

fn cpus(prefix: &str, view: &View<'_>, count: fn(&gyr_probe::CpuStats) -> u64) -> Vec<Point> {
    let cpus = view.now.engine.kernel.as_ref().map_or(&[][..], |stats| &stats.cpus);
    let point = |(cpu, stats): (usize, &gyr_probe::CpuStats)| Point {
        snapshot: Some(format!("{prefix}{cpu}")),
        ..labelled(&[("cpu", &cpu.to_string())], Uint(count(stats)))
    };
    cpus.iter().enumerate().map(point).collect()
}

fn programs(
    snapshot: &str,
    prometheus: &str,
    view: &View<'_>,
    count: fn(&gyr_probe::ProgramStats) -> u64,
) -> Vec<Point> {
    let programs = view.now.engine.kernel.as_ref().map_or(&[][..], |stats| &stats.programs);
    let point = |program: &gyr_probe::ProgramStats| Point {
        snapshot: Some(format!("scap.{}.{snapshot}", program.name)),
        prometheus: Some(format!("falcosecurity_scap_{}_{prometheus}", sanitized(program.name))),
        ..plain(Uint(count(program)))
    };
    programs.iter().map(point).collect()
}

fn events(view: &View<'_>) -> Vec<Point> {
    let point = |(series, n): &(super::events::Series, u64)| {
        let labels = [
            ("rule", &*series.rule),
            ("priority", &series.priority.to_string()),
            ("hostname", &series.hostname),
            ("source", &series.source),
            ("k8s_ns_name", &series.namespace),
            ("k8s_pod_name", &series.pod),
            ("tags", &series.tags),
        ];
        labelled(&labels, Uint(*n))
    };
    view.now.events.iter().map(point).collect()
}

fn reloads(view: &View<'_>) -> Vec<Point> {
    let (n_good, n_failed) = view.now.reloads;
    [("good", n_good), ("failed", n_failed)]
        .map(|(result, n)| labelled(&[("result", result)], Uint(n)))
        .into()
}

fn last_turn(view: &View<'_>) -> Vec<Point> {
    let seconds = |age: Duration| view.now.now as f64 / SECOND as f64 - age.as_secs_f64();
    view.now.turn_age.map(|age| plain(Double(seconds(age)))).into_iter().collect()
}

fn outputs(view: &View<'_>, number: fn(&gyr_outputs::Stats) -> Number) -> Vec<Point> {
    let outputs = view.now.outputs.iter();
    outputs.map(|(name, stats)| labelled(&[("output", name)], number(stats))).collect()
}

fn output_results(view: &View<'_>) -> Vec<Point> {
    let results = |(name, stats): &(&'static str, gyr_outputs::Stats)| {
        [
            ("delivered", stats.n_delivered),
            ("queue_full", stats.n_full),
            ("failed", stats.n_failed),
            ("discarded", stats.n_discarded),
        ]
        .map(|(result, n)| labelled(&[("output", name), ("result", result)], Uint(n)))
    };
    view.now.outputs.iter().flat_map(results).collect()
}

fn latencies(view: &View<'_>) -> Vec<Point> {
    let mut points = Vec::new();
    for (output, stats) in &view.now.outputs {
        let named = |part: &str, point: Point| Point {
            prometheus: Some(format!("gyr_output_latency_seconds{part}")),
            ..point
        };
        let mut sum = 0;
        for (bound, count) in LATENCY_BOUNDS.iter().zip(stats.latency.counts) {
            sum += count;
            let bound = bound.as_secs_f64().to_string();
            let labels = [("output", *output), ("le", &*bound)];
            points.push(named("_bucket", labelled(&labels, Uint(sum))));
        }
        let all = [("output", *output), ("le", "+Inf")];
        points.push(named("_bucket", labelled(&all, Uint(stats.n_delivered))));
        let seconds = Double(stats.latency.sum.as_secs_f64());
        points.push(named("_sum", labelled(&all[..1], seconds)));
        points.push(named("_count", labelled(&all[..1], Uint(stats.n_delivered))));
    }
    points
}

fn hub(view: &View<'_>, number: fn(&gyr_serve::HubStats) -> u64) -> Vec<Point> {
    view.now.hub.iter().map(|stats| plain(Uint(number(stats)))).collect()
}

/// To one decimal.
pub(crate) fn rounded(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

/// Runs of what a metric's name cannot hold become one underscore, but not at the end.
pub(crate) fn sanitized(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        let c = if c.is_ascii_alphanumeric() || c == ':' { c } else { '_' };
        if c != '_' || !out.ends_with('_') {
            out.push(c);
        }
    }
    out.truncate(out.trim_end_matches('_').len());
    out
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_name_stands_once() {
        for name in [|metric: &Metric| metric.snapshot, |metric: &Metric| metric.prometheus] {
            let mut seen = HashSet::new();
            for name in METRICS.iter().map(name).filter(|name| !name.is_empty()) {
                assert!(seen.insert(name), "{name}");
            }
        }
    }

    #[test]
    fn names_hold_only_what_they_may() {
        let cases = [
            ("Read sensitive file untrusted", "Read_sensitive_file_untrusted"),
            ("T1555.003 (a)  b)", "T1555_003_a_b"),
            ("a:b", "a:b"),
            ("__", ""),
        ];
        for (name, want) in cases {
            assert_eq!(sanitized(name), want);
        }
    }
}
