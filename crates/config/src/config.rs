//! The configuration, typed.

use std::time::Duration;

use gyr_diag::yaml::{Node, Value};

use crate::reader::Reader;

/// All that a run needs to know. Keys that nothing reads yet are known to the table only.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub watch_config_files: bool,
    pub rules_files: Vec<String>,
    pub rules: Vec<Selection>,
    /// Empty for none.
    pub control_socket: String,
    pub engine: Engine,
    pub capture: Capture,
    /// `None` = all that are listed.
    pub load_plugins: Option<Vec<String>>,
    pub plugins: Vec<Plugin>,
    pub plugins_hostinfo: bool,
    pub time_format_iso_8601: bool,
    pub buffer_format_base64: bool,
    /// The name of a priority, in any case.
    pub priority: String,
    pub json: Json,
    pub buffered_outputs: bool,
    /// Whether an event raises all rules that match it, or only the first.
    pub match_all: bool,
    /// Alerts; 0 = bounded by memory only.
    pub outputs_queue_capacity: u64,
    pub append_output: Vec<AppendOutput>,
    /// Names and values of `static.*` fields.
    pub static_fields: Vec<(String, String)>,
    pub stdout_output: bool,
    pub syslog_output: bool,
    pub file_output: FileOutput,
    pub program_output: ProgramOutput,
    pub http_output: HttpOutput,
    pub grpc: Grpc,
    pub grpc_output: bool,
    pub webserver: Webserver,
    pub metrics: Metrics,
    pub logs: Logs,
    pub output_timeout_ms: u64,
    /// So many timeouts without an event are worth an alert.
    pub max_consecutive_timeouts: u64,
    pub drops: Drops,
    pub base_syscalls_custom_set: Vec<String>,
    pub base_syscalls_repair: bool,
    pub base_syscalls_all: bool,
    pub libs: Libs,
}

/// Rules to enable or disable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    Enable(Able),
    Disable(Able),
}

/// Which rules: those of a name, where `*` stands for any text, and those of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Able {
    pub rule: Option<String>,
    pub tag: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    pub kind: EngineKind,
    pub modern_ebpf: ModernEbpf,
    pub capture_file: String,
}

/// Where events come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// The kernel. `by_old_name` if the configuration names a driver that we do not have (kmod, ebpf, gvisor).
    Kernel {
        by_old_name: bool,
    },
    Replay,
    /// Plugins only.
    NoDriver,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModernEbpf {
    /// 0 = one buffer for all.
    pub cpus_for_each_buffer: u64,
    /// 1 = 1 MiB, doubling up to 10 = 512 MiB.
    pub buf_size_preset: u64,
    pub drop_failed_exit: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    pub enabled: bool,
    pub path_prefix: String,
    /// Every match starts a capture, not only those of rules that ask for one.
    pub all_rules: bool,
    pub default_duration_ms: u64,
    /// 0 = no limit.
    pub max_file_size_mb: u64,
    /// How much of the past each capture begins with.
    pub before: Duration,
    pub before_memory_mb: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugin {
    pub name: String,
    pub library_path: String,
    /// Text as it is, maps as JSON.
    pub init_config: String,
    pub open_params: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Json {
    pub output: bool,
    pub include_output: bool,
    pub include_message: bool,
    pub include_output_fields: bool,
    pub include_tags: bool,
}

/// What to add to the output of some rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendOutput {
    pub source: Option<String>,
    pub tags: Vec<String>,
    pub rule: Option<String>,
    pub extra_output: Option<String>,
    pub extra_fields: Vec<ExtraField>,
    pub suggested_output: bool,
}

/// A field to add to JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtraField {
    /// By its own name, with its own type.
    Field(String),
    /// A text with fields, under a name of the user's.
    Text { name: String, format: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileOutput {
    pub enabled: bool,
    pub keep_alive: bool,
    pub filename: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramOutput {
    pub enabled: bool,
    pub keep_alive: bool,
    pub program: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpOutput {
    pub enabled: bool,
    pub url: String,
    pub user_agent: String,
    pub insecure: bool,
    /// Paths; empty = not set.
    pub ca_cert: String,
    pub ca_bundle: String,
    pub ca_path: String,
    pub mtls: bool,
    pub client_cert: String,
    pub client_key: String,
    pub echo: bool,
    pub compress_uploads: bool,
    pub keep_alive: bool,
    pub max_consecutive_timeouts: u64,
}

/// The gRPC server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grpc {
    pub enabled: bool,
    /// `unix://PATH` or `ADDRESS:PORT`.
    pub bind_address: String,
    pub threadiness: u64,
    /// Paths.
    pub private_key: String,
    pub cert_chain: String,
    pub root_certs: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webserver {
    pub enabled: bool,
    pub threadiness: u64,
    pub listen_port: u64,
    pub listen_address: String,
    pub k8s_healthz_endpoint: String,
    pub prometheus_metrics_enabled: bool,
    pub ssl_enabled: bool,
    pub ssl_certificate: String,
}

/// Numbers about ourselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metrics {
    pub enabled: bool,
    /// As `1h30m`.
    pub interval: String,
    pub output_rule: bool,
    /// A path; empty = none.
    pub output_file: String,
    /// The groups.
    pub rules: bool,
    pub resources: bool,
    pub state: bool,
    pub kernel: bool,
    pub kernel_per_cpu: bool,
    pub libbpf: bool,
    pub convert_memory_to_mb: bool,
    pub include_empty_values: bool,
}

/// Messages about ourselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logs {
    pub stderr: bool,
    pub syslog: bool,
    /// The least grave that are written: a priority's name, `info` for informational.
    pub level: String,
}

/// What to do when events are lost.
#[derive(Clone, Debug, PartialEq)]
pub struct Drops {
    /// Share of a second's events.
    pub threshold: f64,
    /// None = nothing.
    pub actions: Vec<DropAction>,
    /// How often a second actions are taken, on average.
    pub rate: f64,
    /// How often at once.
    pub max_burst: f64,
    pub simulate: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropAction {
    Log,
    Alert,
    Exit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Libs {
    pub thread_table_size: u64,
    pub purging_interval_s: u64,
    pub thread_timeout_s: u64,
    pub snaplen: u64,
}

impl Config {
    pub(crate) fn read(root: &Node) -> Self {
        let r = Reader::new(root);
        let old_rules_files = r.texts("rules_file");
        Self {
            watch_config_files: r.bool("watch_config_files"),
            rules_files: match old_rules_files.is_empty() {
                true => r.texts("rules_files"),
                false => old_rules_files,
            },
            rules: r.entries("rules", "rules[].").iter().filter_map(selection).collect(),
            control_socket: r.text("control_socket"),
            engine: engine(&r),
            capture: capture(&r),
            load_plugins: r.optional_texts("load_plugins"),
            plugins: r.entries("plugins", "plugins[].").iter().map(plugin).collect(),
            plugins_hostinfo: r.bool("plugins_hostinfo"),
            time_format_iso_8601: r.bool("time_format_iso_8601"),
            buffer_format_base64: r.bool("buffer_format_base64"),
            priority: r.text("priority"),
            json: json(&r),
            buffered_outputs: r.bool("buffered_outputs"),
            match_all: r.text("rule_matching") == "all",
            outputs_queue_capacity: r.integer("outputs_queue.capacity"),
            append_output: r
                .entries("append_output", "append_output[].")
                .iter()
                .map(append_output)
                .collect(),
            static_fields: static_fields(&r),
            stdout_output: r.bool("stdout_output.enabled"),
            syslog_output: r.bool("syslog_output.enabled"),
            file_output: FileOutput {
                enabled: r.bool("file_output.enabled"),
                keep_alive: r.bool("file_output.keep_alive"),
                filename: r.text("file_output.filename"),
            },
            program_output: ProgramOutput {
                enabled: r.bool("program_output.enabled"),
                keep_alive: r.bool("program_output.keep_alive"),
                program: r.text("program_output.program"),
            },
            http_output: http_output(&r),
            grpc: grpc(&r),
            grpc_output: r.bool("grpc_output.enabled"),
            webserver: webserver(&r),
            metrics: metrics(&r),
            logs: Logs {
                stderr: r.bool("log_stderr"),
                syslog: r.bool("log_syslog"),
                level: r.text("log_level"),
            },
            output_timeout_ms: r.integer("output_timeout"),
            max_consecutive_timeouts: r.integer("syscall_event_timeouts.max_consecutives"),
            drops: drops(&r),
            base_syscalls_custom_set: r.texts("base_syscalls.custom_set"),
            base_syscalls_repair: r.bool("base_syscalls.repair"),
            base_syscalls_all: r.bool("base_syscalls.all"),
            libs: Libs {
                thread_table_size: r.integer("falco_libs.thread_table_size"),
                purging_interval_s: r.integer("falco_libs.thread_table_auto_purging_interval_s"),
                thread_timeout_s: r
                    .integer("falco_libs.thread_table_auto_purging_thread_timeout_s"),
                snaplen: r.integer("falco_libs.snaplen"),
            },
        }
    }

    /// Whether alerts go anywhere.
    pub const fn has_output(&self) -> bool {
        self.stdout_output
            || self.syslog_output
            || self.file_output.enabled
            || self.program_output.enabled
            || self.http_output.enabled
            || (self.grpc.enabled && self.grpc_output)
    }
}

fn engine(r: &Reader<'_>) -> Engine {
    let kind = match r.text("engine.kind").as_str() {
        "replay" => EngineKind::Replay,
        "nodriver" => EngineKind::NoDriver,
        kind => EngineKind::Kernel { by_old_name: kind != "modern_ebpf" },
    };
    // Whoever still names the old driver has its settings there.
    let settings = if r.text("engine.kind") == "kmod" { "kmod" } else { "modern_ebpf" };
    Engine {
        kind,
        modern_ebpf: ModernEbpf {
            cpus_for_each_buffer: r.integer("engine.modern_ebpf.cpus_for_each_buffer"),
            buf_size_preset: r.integer(&format!("engine.{settings}.buf_size_preset")),
            drop_failed_exit: r.bool(&format!("engine.{settings}.drop_failed_exit")),
        },
        capture_file: r.text("engine.replay.capture_file"),
    }
}

fn drops(r: &Reader<'_>) -> Drops {
    let action = |text: &String| match text.as_str() {
        "log" => Some(DropAction::Log),
        "alert" => Some(DropAction::Alert),
        "exit" => Some(DropAction::Exit),
        _ => None,
    };
    Drops {
        threshold: r.number("syscall_event_drops.threshold"),
        actions: r.texts("syscall_event_drops.actions").iter().filter_map(action).collect(),
        rate: r.number("syscall_event_drops.rate"),
        max_burst: r.number("syscall_event_drops.max_burst"),
        simulate: r.bool("syscall_event_drops.simulate_drops"),
    }
}

fn capture(r: &Reader<'_>) -> Capture {
    Capture {
        enabled: r.bool("capture.enabled"),
        path_prefix: r.text("capture.path_prefix"),
        all_rules: r.text("capture.mode") == "all_rules",
        default_duration_ms: r.integer("capture.default_duration"),
        max_file_size_mb: r.integer("capture.max_file_size_mb"),
        before: r.duration("capture.before"),
        before_memory_mb: r.integer("capture.before_memory_mb"),
    }
}

fn json(r: &Reader<'_>) -> Json {
    Json {
        output: r.bool("json_output"),
        include_output: r.bool("json_include_output_property"),
        include_message: r.bool("json_include_message_property"),
        include_output_fields: r.bool("json_include_output_fields_property"),
        include_tags: r.bool("json_include_tags_property"),
    }
}

fn http_output(r: &Reader<'_>) -> HttpOutput {
    HttpOutput {
        enabled: r.bool("http_output.enabled"),
        url: r.text("http_output.url"),
        user_agent: r.text("http_output.user_agent"),
        insecure: r.bool("http_output.insecure"),
        ca_cert: r.text("http_output.ca_cert"),
        ca_bundle: r.text("http_output.ca_bundle"),
        ca_path: r.text("http_output.ca_path"),
        mtls: r.bool("http_output.mtls"),
        client_cert: r.text("http_output.client_cert"),
        client_key: r.text("http_output.client_key"),
        echo: r.bool("http_output.echo"),
        compress_uploads: r.bool("http_output.compress_uploads"),
        keep_alive: r.bool("http_output.keep_alive"),
        max_consecutive_timeouts: r.integer("http_output.max_consecutive_timeouts"),
    }
}

fn grpc(r: &Reader<'_>) -> Grpc {
    Grpc {
        enabled: r.bool("grpc.enabled"),
        bind_address: r.text("grpc.bind_address"),
        threadiness: r.integer("grpc.threadiness"),
        private_key: r.text("grpc.private_key"),
        cert_chain: r.text("grpc.cert_chain"),
        root_certs: r.text("grpc.root_certs"),
    }
}

fn webserver(r: &Reader<'_>) -> Webserver {
    Webserver {
        enabled: r.bool("webserver.enabled"),
        threadiness: r.integer("webserver.threadiness"),
        listen_port: r.integer("webserver.listen_port"),
        listen_address: r.text("webserver.listen_address"),
        k8s_healthz_endpoint: r.text("webserver.k8s_healthz_endpoint"),
        prometheus_metrics_enabled: r.bool("webserver.prometheus_metrics_enabled"),
        ssl_enabled: r.bool("webserver.ssl_enabled"),
        ssl_certificate: r.text("webserver.ssl_certificate"),
    }
}

fn metrics(r: &Reader<'_>) -> Metrics {
    Metrics {
        enabled: r.bool("metrics.enabled"),
        interval: r.text("metrics.interval"),
        output_rule: r.bool("metrics.output_rule"),
        output_file: r.text("metrics.output_file"),
        rules: r.bool("metrics.rules_counters_enabled"),
        resources: r.bool("metrics.resource_utilization_enabled"),
        state: r.bool("metrics.state_counters_enabled"),
        kernel: r.bool("metrics.kernel_event_counters_enabled"),
        kernel_per_cpu: r.bool("metrics.kernel_event_counters_per_cpu_enabled"),
        libbpf: r.bool("metrics.libbpf_stats_enabled"),
        convert_memory_to_mb: r.bool("metrics.convert_memory_to_mb"),
        include_empty_values: r.bool("metrics.include_empty_values"),
    }
}

fn selection(r: &Reader<'_>) -> Option<Selection> {
    let able = |path: &str| {
        let able = Able {
            rule: r.optional_text(&format!("{path}.rule")),
            tag: r.optional_text(&format!("{path}.tag")),
        };
        (able.rule.is_some() || able.tag.is_some()).then_some(able)
    };
    able("enable").map(Selection::Enable).or_else(|| able("disable").map(Selection::Disable))
}

fn plugin(r: &Reader<'_>) -> Plugin {
    let init_config = match r.node("init_config") {
        None => String::new(),
        Some(node) => match node.as_str() {
            Some(text) => text.to_owned(),
            None => to_json(node).to_string(),
        },
    };
    Plugin {
        name: r.text("name"),
        library_path: r.text("library_path"),
        init_config,
        open_params: r.text("open_params").trim().to_owned(),
    }
}

fn append_output(r: &Reader<'_>) -> AppendOutput {
    let mut extra_fields = Vec::new();
    for entry in r.entries("extra_fields", "append_output[].extra_fields[].") {
        if let Some(name) = entry.root.as_str() {
            extra_fields.push(ExtraField::Field(name.to_owned()));
        }
        extra_fields
            .extend(texts_of(entry.root).map(|(name, format)| ExtraField::Text { name, format }));
    }
    AppendOutput {
        source: r.optional_text("match.source"),
        tags: r.texts("match.tags"),
        rule: r.optional_text("match.rule"),
        extra_output: r.optional_text("extra_output"),
        extra_fields,
        suggested_output: r.bool("suggested_output"),
    }
}

fn static_fields(r: &Reader<'_>) -> Vec<(String, String)> {
    r.node("static_fields").map(|node| texts_of(node).collect()).unwrap_or_default()
}

/// The pairs of a map that are text on both sides.
fn texts_of(node: &Node) -> impl Iterator<Item = (String, String)> {
    node.pairs()
        .iter()
        .filter_map(|(key, value)| Some((key.as_str()?.to_owned(), value.as_str()?.to_owned())))
}

/// YAML as JSON: plain scalars that look like numbers and truth values become such.
fn to_json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Sequence(items) => items.iter().map(to_json).collect(),
        Value::Mapping(pairs) => pairs
            .iter()
            .map(|(key, value)| (key.as_str().unwrap_or_default().to_owned(), to_json(value)))
            .collect(),
        Value::Scalar { text, plain: false } => text.as_str().into(),
        Value::Scalar { text, plain: true } => match (node.as_i64(), node.as_f64(), node.as_bool())
        {
            (Some(value), _, _) => value.into(),
            (None, Some(value), _) => value.into(),
            (None, None, Some(value)) => value.into(),
            (None, None, None) => text.as_str().into(),
        },
    }
}
