//! Every configuration key: type, value when it is absent, value in the shipped file, what it is for.
//!
//! The schema, the shipped `etc/gyr.yaml`, the check of a configuration and the values of absent keys all come from
//! here. What an absent key is worth and what the shipped file says often differ in Falco; both are kept.

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// `engine.kind`; keys of the maps in a list have `[]` behind the list's name.
    pub path: &'static str,
    pub ty: Type,
    /// As YAML; empty where there is no value.
    pub absent: &'static str,
    /// As YAML; `None` where the shipped file leaves the key out.
    pub shipped: Option<&'static str>,
    pub doc: &'static str,
}

/// What a key may hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Type {
    Bool,
    /// A whole number within bounds; outside is an error.
    Integer {
        min: i64,
        max: i64,
    },
    /// A number within bounds; outside is an error.
    Number {
        min: f64,
        max: f64,
    },
    Text,
    /// As `1h30m`.
    Duration,
    /// One of these; anything else is an error. `any_case` if capitals do not matter.
    Choice {
        of: &'static [&'static str],
        any_case: bool,
    },
    /// A list of texts; a single text counts as a list of one.
    Texts,
    /// A list of some of these; anything else is an error.
    Choices(&'static [&'static str]),
    /// A list of texts or maps, whose keys have rows of their own.
    Entries,
    /// A map with keys of the user's choice.
    Map,
    /// Anything.
    Any,
}

/// A key that Falco had once: known, without effect here.
const fn past(path: &'static str, ty: Type, doc: &'static str) -> Key {
    Key { path, ty, absent: "", shipped: None, doc }
}

const fn key(
    path: &'static str,
    ty: Type,
    absent: &'static str,
    shipped: &'static str,
    doc: &'static str,
) -> Key {
    Key { path, ty, absent, shipped: Some(shipped), doc }
}

/// A key of the maps in a list, or one that the shipped file leaves out.
const fn part(path: &'static str, ty: Type, absent: &'static str, doc: &'static str) -> Key {
    Key { path, ty, absent, shipped: None, doc }
}

const fn at_least(min: i64) -> Type {
    Type::Integer { min, max: i64::MAX }
}

const fn one_of(of: &'static [&'static str]) -> Type {
    Type::Choice { of, any_case: false }
}

const BUFFER: Type = Type::Integer { min: 1, max: 10 };
const LEVELS: &[&str] =
    &["emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"];
const PRIORITIES: &[&str] = &[
    "emergency",
    "alert",
    "critical",
    "error",
    "warning",
    "notice",
    "informational",
    "info",
    "debug",
];
const SEVERITIES: &[&str] =
    &["trace", "debug", "info", "notice", "warning", "error", "critical", "fatal"];

use Type::{Any, Bool, Duration, Entries, Map, Number, Text, Texts};

/// Every key; those of one map stand together, in the order of the shipped file.
#[rustfmt::skip] // A table reads by columns.
pub static KEYS: &[Key] = &[
    key("config_files", Entries, "[]", "[/etc/gyr/config.d]",
        "More configuration files or folders of them, merged into this one in order. An entry may be a map with a path and a strategy."),
    part("config_files[].path", Text, "", "File or folder."),
    part("config_files[].strategy", one_of(&["append", "override", "add-only"]), "append",
         "append adds to lists and replaces everything else, override replaces, add-only keeps what is there."),
    key("watch_config_files", Bool, "true", "true",
        "Load configuration and rules again when one of their files changes."),
    key("rules_files", Texts, "[]", "[built-in, /etc/gyr/rules.d]",
        "Rules files and folders of them, in the order of loading; built-in = the rules that come with Gyr. Those that do not exist are skipped."),
    part("rules_file", Texts, "[]", "The old name of rules_files."),
    part("rule_files", Texts, "[]", "A misspelling that Falco's schema allows; without effect."),
    part("rules", Entries, "[]", "Rules to enable or disable after loading, in order."),
    part("rules[].enable.rule", Text, "", "Name; * stands for any text."),
    part("rules[].enable.tag", Text, "", "Tag."),
    part("rules[].disable.rule", Text, "", "Name; * stands for any text."),
    part("rules[].disable.tag", Text, "", "Tag."),

    key("control_socket", Text, "/run/gyr/control.sock", "/run/gyr/control.sock",
        "Where root and our own user can ask a live run, as gyr rules explain --live does; empty = nowhere."),

    key("engine.kind", one_of(&["kmod", "modern_ebpf", "replay", "nodriver", "ebpf", "gvisor"]), "kmod", "modern_ebpf",
        "Where events come from: modern_ebpf (the kernel), replay (a capture file), nodriver (nothing, until there are plugins). kmod is taken as modern_ebpf."),
    key("engine.kmod.buf_size_preset", BUFFER, "4", "4", "As for modern_ebpf, if that is the kind."),
    key("engine.kmod.drop_failed_exit", Bool, "false", "false", "As for modern_ebpf, if that is the kind."),
    key("engine.modern_ebpf.cpus_for_each_buffer", at_least(0), "2", "2",
        "How many CPUs share a ring buffer; 0 = all."),
    key("engine.modern_ebpf.buf_size_preset", BUFFER, "4", "4",
        "Size of a ring buffer: 1 = 1 MiB, each step doubles, up to 10 = 512 MiB."),
    key("engine.modern_ebpf.drop_failed_exit", Bool, "false", "false",
        "Leave system calls that failed in the kernel."),
    key("engine.modern_ebpf.disable_iterators", Bool, "false", "false",
        "Processes that run already are read from /proc anyway: without effect."),
    key("engine.replay.capture_file", Text, "\"\"", "\"\"", "The .scap file to read."),
    past("engine.ebpf.probe", Text, "Was the path of the legacy eBPF probe."),
    past("engine.ebpf.buf_size_preset", Any, "Belonged to the legacy eBPF probe."),
    past("engine.ebpf.drop_failed_exit", Any, "Belonged to the legacy eBPF probe."),
    past("engine.gvisor.config", Text, "Belonged to gVisor."),
    past("engine.gvisor.root", Text, "Belonged to gVisor."),

    key("capture.enabled", Bool, "false", "false", "Write the events around a match into a .scap file."),
    key("capture.path_prefix", Text, "/tmp/falco", "/tmp/gyr", "How the names of these files begin."),
    key("capture.mode", one_of(&["rules", "all_rules"]), "rules", "rules",
        "Which matches start a capture: those of rules with capture: true, or all."),
    key("capture.default_duration", at_least(0), "5000", "5000", "Milliseconds that a capture lasts after its last match."),
    part("capture.max_file_size_mb", Type::Integer { min: 0, max: 1 << 20 }, "0",
         "Megabytes after which a capture ends; 0 = no limit."),
    key("capture.before", Duration, "0s", "0s",
        "How much of what happened before the match a capture also holds, as 10s; it is kept in memory."),
    key("capture.before_memory_mb", Type::Integer { min: 2, max: 1 << 16 }, "64", "64",
        "Megabytes for what is kept. If it does not fit, the oldest goes earlier."),

    key("load_plugins", Texts, "", "[]", "Names of the plugins to load; all that are listed below if the key is absent."),
    key("plugins", Entries, "[]", "[]", "Plugins and their settings."),
    part("plugins[].name", Text, "", "Name."),
    part("plugins[].library_path", Text, "", "The shared object."),
    part("plugins[].init_config", Any, "", "Handed to the plugin when it starts: text, or a map that becomes JSON."),
    part("plugins[].open_params", Text, "\"\"", "Handed to the plugin when its source opens."),
    key("plugins_hostinfo", Bool, "true", "true", "Let sources of plugins know the host's interfaces and users."),

    key("time_format_iso_8601", Bool, "false", "false", "Times as 2026-11-22T13:56:57.310558921+0000 instead of local time of day."),
    key("buffer_format_base64", Bool, "false", "false", "Data buffers in outputs as base64."),
    key("priority", Type::Choice { of: PRIORITIES, any_case: true }, "debug", "debug",
        "Rules less grave than this are not run."),
    key("json_output", Bool, "false", "false", "Alerts as JSON, one object a line."),
    key("json_include_output_property", Bool, "true", "true", "The alert's text line in JSON."),
    key("json_include_message_property", Bool, "false", "false", "The text without time and priority in JSON."),
    key("json_include_output_fields_property", Bool, "true", "true", "The values of the fields in JSON."),
    key("json_include_tags_property", Bool, "true", "true", "The rule's tags in JSON."),
    key("buffered_outputs", Bool, "false", "false", "Let lines wait until a block is full."),
    key("rule_matching", one_of(&["first", "all"]), "first", "first",
        "Whether an event raises the first rule that matches, or all."),
    key("outputs_queue.capacity", at_least(0), "0", "0",
        "Alerts that may wait for slow outputs; more are dropped and counted. 0 = bounded by memory only."),
    key("append_output", Entries, "[]", "[{suggested_output: true}]",
        "Text and fields to add to the output of rules."),
    part("append_output[].match.source", Text, "", "Only for rules of this source."),
    part("append_output[].match.tags", Texts, "[]", "Only for rules with all these tags."),
    part("append_output[].match.rule", Text, "", "Only for this rule."),
    part("append_output[].extra_output", Text, "", "Text to append; fields as in outputs of rules."),
    part("append_output[].extra_fields", Any, "[]",
         "Fields for JSON: names of fields, or maps from a name of your own to a text with fields."),
    part("append_output[].suggested_output", Bool, "false", "Append the fields that sources suggest."),
    part("static_fields", Map, "{}", "Fixed values that rules can use as static.NAME."),

    key("stdout_output.enabled", Bool, "false", "true", "Alerts to standard output."),
    key("syslog_output.enabled", Bool, "false", "false", "Alerts to syslog."),
    key("file_output.enabled", Bool, "false", "false", "Alerts to a file."),
    key("file_output.keep_alive", Bool, "false", "false", "Keep the file open between alerts."),
    key("file_output.filename", Text, "\"\"", "./events.txt", "The file to append to."),
    key("http_output.enabled", Bool, "false", "false", "Alerts to an HTTP server, one request each."),
    key("http_output.url", Text, "\"\"", "\"\"", "Where to."),
    key("http_output.user_agent", Text, "falcosecurity/falco", "gyr", "The User-Agent header."),
    key("http_output.insecure", Bool, "false", "false", "Do not verify the server."),
    key("http_output.ca_cert", Text, "\"\"", "\"\"", "The certificate authority to trust, as a file."),
    key("http_output.ca_bundle", Text, "\"\"", "\"\"", "Several of them in one file."),
    key("http_output.ca_path", Text, "/etc/ssl/certs", "/etc/ssl/certs", "Several of them in a folder."),
    key("http_output.mtls", Bool, "false", "false", "Show a certificate of our own."),
    key("http_output.client_cert", Text, "/etc/ssl/certs/client.crt", "/etc/ssl/certs/client.crt", "That certificate."),
    key("http_output.client_key", Text, "/etc/ssl/certs/client.key", "/etc/ssl/certs/client.key", "Its key."),
    key("http_output.echo", Bool, "false", "false", "Print the answers on standard output."),
    key("http_output.compress_uploads", Bool, "false", "false", "Compress what is sent."),
    key("http_output.keep_alive", Bool, "false", "false", "Probe idle connections."),
    key("http_output.max_consecutive_timeouts", Type::Integer { min: 0, max: 255 }, "5", "5",
        "Attempts for one alert before it is given up."),
    key("program_output.enabled", Bool, "false", "false", "Alerts to a program's standard input."),
    key("program_output.keep_alive", Bool, "false", "false", "One run of the program for all alerts."),
    key("program_output.program", Text, "\"\"", "\"logger -t gyr\"", "The program, as a shell's command line."),
    part("grpc.enabled", Bool, "false", "The gRPC API that Falco had until 0.43."),
    part("grpc.bind_address", Text, "unix:///run/falco/falco.sock", "unix://PATH, or ADDRESS:PORT with mutual TLS."),
    part("grpc.threadiness", at_least(0), "0", "Threads; 0 = as many as CPUs."),
    part("grpc.private_key", Text, "/etc/falco/certs/server.key", "The server's key."),
    part("grpc.cert_chain", Text, "/etc/falco/certs/server.crt", "The server's certificates."),
    part("grpc.root_certs", Text, "/etc/falco/certs/ca.crt", "The authority that clients' certificates must have."),
    part("grpc_output.enabled", Bool, "false", "Alerts to subscribers of the gRPC API."),

    key("webserver.enabled", Bool, "false", "true", "Health, versions and metrics over HTTP."),
    key("webserver.threadiness", at_least(0), "0", "0", "Threads; 0 = as many as CPUs."),
    key("webserver.listen_port", Type::Integer { min: 0, max: 65535 }, "8765", "8765", "Port."),
    key("webserver.listen_address", Text, "0.0.0.0", "127.0.0.1", "IPv4 or IPv6 address."),
    key("webserver.k8s_healthz_endpoint", Text, "/healthz", "/healthz", "Path of the health check."),
    key("webserver.prometheus_metrics_enabled", Bool, "false", "false", "Metrics at /metrics."),
    key("webserver.ssl_enabled", Bool, "false", "false", "TLS."),
    key("webserver.ssl_certificate", Text, "/etc/falco/falco.pem", "/etc/gyr/gyr.pem", "Certificate and key in one file."),

    key("log_stderr", Bool, "false", "true", "Messages about ourselves to standard error."),
    key("log_syslog", Bool, "true", "false", "Messages about ourselves to syslog."),
    key("log_level", one_of(LEVELS), "info", "info", "The least grave of them."),
    key("libs_logger.enabled", Bool, "true", "true", "Messages of the engine too; without effect, they are among ours."),
    key("libs_logger.severity", one_of(SEVERITIES), "info", "info", "The least grave of those; without effect."),
    key("output_timeout", at_least(0), "2000", "2000", "Milliseconds that an output may take."),
    key("syscall_event_timeouts.max_consecutives", at_least(1), "1000", "1000",
        "So many times 30 milliseconds without any event are worth an alert."),
    key("syscall_event_drops.threshold", Number { min: 0.0, max: 1.0 }, ".1", ".1",
        "Share of a second's events that may be lost before the actions are taken."),
    key("syscall_event_drops.actions", Type::Choices(&["ignore", "log", "alert", "exit"]), "[]", "[log, alert]", "What to do then; ignore only alone."),
    key("syscall_event_drops.rate", Number { min: 0.0, max: f64::MAX }, ".03333", ".03333", "Actions a second."),
    key("syscall_event_drops.max_burst", Number { min: 0.0, max: f64::MAX }, "1", "1", "Actions at once."),
    key("syscall_event_drops.simulate_drops", Bool, "false", "false", "Pretend to lose events, for tests."),

    key("metrics.enabled", Bool, "false", "false", "Numbers about ourselves, every interval."),
    key("metrics.interval", Text, "5000", "1h", "As 1h30m; units y w d h m s ms."),
    key("metrics.output_rule", Bool, "false", "true", "As an alert."),
    key("metrics.output_file", Text, "\"\"", "\"\"", "Into a file, one JSON object a line."),
    key("metrics.rules_counters_enabled", Bool, "true", "true", "Matches by rule."),
    key("metrics.resource_utilization_enabled", Bool, "true", "true", "CPU and memory, ours and the host's."),
    key("metrics.state_counters_enabled", Bool, "true", "true", "Sizes of our tables."),
    key("metrics.kernel_event_counters_enabled", Bool, "true", "true", "Events and drops in the kernel."),
    key("metrics.kernel_event_counters_per_cpu_enabled", Bool, "true", "false", "The same for each CPU."),
    key("metrics.libbpf_stats_enabled", Bool, "true", "true", "Run times of the eBPF programs."),
    key("metrics.plugins_metrics_enabled", Bool, "true", "true", "What plugins count; without effect until there are any."),
    key("metrics.kernel_iter_event_counters_enabled", Bool, "true", "true", "Counters of the kernel's iterators, which are not used: without effect."),
    key("metrics.jemalloc_stats_enabled", Bool, "true", "false", "Belongs to Falco's allocator; without effect."),
    key("metrics.convert_memory_to_mb", Bool, "true", "true", "Megabytes instead of kilobytes or bytes."),
    key("metrics.include_empty_values", Bool, "false", "false", "Numbers that are zero too."),

    key("base_syscalls.custom_set", Texts, "[]", "[]",
        "System calls to watch instead of those that our picture of the system needs; !NAME leaves one out."),
    key("base_syscalls.repair", Bool, "false", "false", "Add what that set lacks for the rules to work."),
    key("base_syscalls.all", Bool, "false", "false", "Watch the frequent ones (read, write, …) too, where a rule names them."),
    key("falco_libs.thread_table_size", at_least(0), "262144", "262144", "Threads that are remembered at most."),
    key("falco_libs.thread_table_auto_purging_interval_s", at_least(0), "300", "300",
        "Seconds between looks for threads that went unnoticed; 0 = never."),
    key("falco_libs.thread_table_auto_purging_thread_timeout_s", at_least(0), "300", "300",
        "Seconds after which a thread without events is looked for."),
    key("falco_libs.snaplen", Type::Integer { min: 0, max: 65535 }, "80", "80", "Bytes of data buffers that events hold."),

    past("container_engines.docker.enabled", Bool, "Moved to plugins."),
    past("container_engines.podman.enabled", Bool, "Moved to plugins."),
    past("container_engines.lxc.enabled", Bool, "Moved to plugins."),
    past("container_engines.libvirt_lxc.enabled", Bool, "Moved to plugins."),
    past("container_engines.bpm.enabled", Bool, "Moved to plugins."),
    past("container_engines.cri.enabled", Bool, "Moved to plugins."),
    past("container_engines.cri.sockets", Texts, "Moved to plugins."),
    past("container_engines.cri.disable_async", Bool, "Moved to plugins."),
    past("outputs.rate", Any, "Was a limit on alerts."),
    past("outputs.max_burst", Any, "Was a limit on alerts."),
];
