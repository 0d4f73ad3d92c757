//! Each key does something: set to another value than its own it changes the configuration, and nothing is said about it.

use std::path::Path;

use gyr_config::{Config, KEYS, Key, Settings, Type, load};

/// Known, so that no configuration is refused for them.
const WITHOUT_EFFECT: &[&str] = &[
    "rule_files",
    "engine.modern_ebpf.disable_iterators",
    "engine.ebpf.probe",
    "engine.ebpf.buf_size_preset",
    "engine.ebpf.drop_failed_exit",
    "engine.gvisor.config",
    "engine.gvisor.root",
    "libs_logger.enabled",
    "libs_logger.severity",
    "metrics.plugins_metrics_enabled",
    "metrics.kernel_iter_event_counters_enabled",
    "metrics.jemalloc_stats_enabled",
    "container_engines.docker.enabled",
    "container_engines.podman.enabled",
    "container_engines.lxc.enabled",
    "container_engines.libvirt_lxc.enabled",
    "container_engines.bpm.enabled",
    "container_engines.cri.enabled",
    "container_engines.cri.sockets",
    "container_engines.cri.disable_async",
    "outputs.rate",
    "outputs.max_burst",
];

/// Values of keys whose type does not say what they may be.
const VALUES: &[(&str, &str)] = &[
    ("rules", "[{disable: {rule: a}}]"),
    ("plugins", "[{name: a, library_path: b}]"),
    ("append_output", "[{extra_output: a}]"),
    ("static_fields", "{a: b}"),
    ("metrics.interval", "7m"),
    ("plugins[].init_config", "{a: 1}"),
    ("append_output[].extra_fields", "[evt.num]"),
    ("syscall_event_drops.actions", "[log, exit]"),
    ("rule_matching", "all"),
    ("engine.kind", "replay"),
];

/// What must stand beside a key in the map of a list for the map to count.
const BESIDE: &[(&str, &str)] = &[
    ("plugins[].name", "library_path: c"),
    ("plugins[].", "name: n"),
    ("append_output[].match.", "extra_output: e"),
];

#[test]
fn each_key_alone_changes_the_configuration() {
    let mut idle = Vec::new();
    for key in KEYS.iter().filter(|key| !key.path.starts_with("config_files")) {
        // Settings of a driver count if it is the one in use.
        let is_newer = key.path.starts_with("engine.modern_ebpf.");
        let options: &[_] = if is_newer { &["engine.kind=modern_ebpf".to_owned()] } else { &[] };
        let before = config(&base(key), options);
        let text = with(key);
        assert_ne!(text, base(key), "{}", key.path);
        if config(&text, options) == before {
            idle.push(key.path);
        }
    }
    assert_eq!(idle, WITHOUT_EFFECT);
}

#[test]
fn all_keys_can_be_changed_at_once() {
    let keys = KEYS.iter().filter(|key| !key.path.contains("[]"));
    let keys = keys.filter(|key| !["config_files", "rules_file"].contains(&key.path));
    let options: Vec<_> = keys.map(option).collect();
    assert!(options.len() > 100, "{}", options.len());
    assert_ne!(config("", &options), config("", &[]));
}

#[test]
fn keys_without_effect_say_so() {
    for path in WITHOUT_EFFECT {
        let key = KEYS.iter().find(|key| key.path == *path).unwrap();
        let says = ["without effect", "Was ", "Belonged ", "Moved "];
        assert!(says.iter().any(|words| key.doc.contains(words)), "{path}: {}", key.doc);
    }
}

/// Loads, and wants no warning.
fn config(text: &str, options: &[String]) -> Config {
    let settings =
        Settings { file: Path::new("test"), text: Some(text), options, variable: &|_| None };
    let loaded = load(&settings).unwrap_or_else(|error| panic!("{text}: {error}"));
    let mut warnings =
        loaded.warnings.iter().filter(|warning| !warning.contains(" is the old name of "));
    assert_eq!(warnings.next(), None, "{text}");
    loaded.config
}

/// The key with its other value, as on a command line; of a list the first entry.
fn option(key: &Key) -> String {
    let value = other_value(key);
    match value.strip_prefix('[').and_then(|value| value.strip_suffix(']')) {
        Some(map) if map.starts_with('{') => format!("{}[]={map}", key.path),
        Some(texts) => format!("{}[]={}", key.path, texts.split(',').next().unwrap_or_default()),
        None => format!("{}={value}", key.path),
    }
}

/// A configuration with the key.
fn with(key: &Key) -> String {
    let value = other_value(key);
    let text = nested(key.path, &value);
    match beside(key) {
        Some(beside) => text.replacen("[{", &format!("[{{{beside}, "), 1),
        None => text,
    }
}

/// The same without it.
fn base(key: &Key) -> String {
    let Some((list, _)) = key.path.split_once("[]") else { return String::new() };
    beside(key).map_or_else(String::new, |beside| format!("{list}: [{{{beside}}}]\n"))
}

fn beside(key: &Key) -> Option<&'static str> {
    BESIDE.iter().find(|(path, _)| key.path.starts_with(path)).map(|(_, beside)| *beside)
}

/// `a.b[].c` and 1 as `a: {b: [{c: 1}]}`.
fn nested(path: &str, value: &str) -> String {
    let mut text = value.to_owned();
    let mut parts: Vec<_> = path.split('.').rev().collect();
    let first = parts.pop().unwrap();
    for part in parts {
        text = match part.strip_suffix("[]") {
            Some(list) => format!("{{{list}: [{text}]}}"),
            None => format!("{{{part}: {text}}}"),
        };
    }
    match first.strip_suffix("[]") {
        Some(list) => format!("{list}: [{text}]\n"),
        None => format!("{first}: {text}\n"),
    }
}

fn other_value(key: &Key) -> String {
    if let Some((_, value)) = VALUES.iter().find(|(path, _)| *path == key.path) {
        return (*value).to_owned();
    }
    match key.ty {
        Type::Bool => (key.absent != "true").to_string(),
        Type::Integer { min, max } => {
            let value = key.absent.parse::<i64>().unwrap_or(min);
            (if value < max { value + 1 } else { value - 1 }).to_string()
        }
        Type::Number { .. } => "0.5".to_owned(),
        Type::Text | Type::Any => "other".to_owned(),
        Type::Duration => "7s".to_owned(),
        Type::Choice { of, .. } | Type::Choices(of) => {
            (*of.iter().rev().find(|value| **value != key.absent).unwrap()).to_owned()
        }
        Type::Texts => "[one, two]".to_owned(),
        Type::Entries | Type::Map => panic!("{}: no other value is known", key.path),
    }
}
