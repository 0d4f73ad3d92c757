//! Numbers about ourselves, as files, alerts and a real Prometheus get them.

mod shared;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use gyr_testkit::{Folder, Process, eventually, free_port, is_root, missing};
use serde_json::Value;

/// Raises an alert for every run of `true`.
const RULES: &str = "\
- rule: True was run
  desc: For a test.
  condition: evt.type = execve and proc.name = true
  output: ran %proc.cmdline
  priority: NOTICE
  tags: [a_tag]
- rule: Nothing was opened
  desc: Met by many events and raised by none.
  condition: evt.type in (open, openat) and fd.name contains no-such-name
  output: opened %fd.name
  priority: NOTICE
";

/// Watches this machine.
fn watch(folder: &Folder, port: u16, more: &str) -> Process {
    let configuration = folder.write(
        "gyr.yaml",
        &format!(
            "engine: {{kind: modern_ebpf}}\n\
             stdout_output: {{enabled: true}}\n\
             log_stderr: true\n\
             log_syslog: false\n\
             webserver:\n  enabled: true\n  listen_address: 127.0.0.1\n  listen_port: {port}\n  \
             prometheus_metrics_enabled: true\n{more}"
        ),
    );
    let rules = folder.write("rules.yaml", RULES);
    let stdout = std::fs::File::create(folder.join("stdout")).unwrap();
    let stderr = std::fs::File::create(folder.join("stderr")).unwrap();
    let mut gyr = Command::new(env!("CARGO_BIN_EXE_gyr"));
    gyr.arg("-c").arg(configuration).arg("-r").arg(rules).stdout(stdout).stderr(stderr);
    Process::start(&mut gyr).at_port(port)
}

/// Whether an alert has come out since we ran `true` once more.
fn alert(folder: &Folder) -> bool {
    Command::new("true").status().unwrap();
    std::fs::read_to_string(folder.join("stdout")).unwrap().contains("ran true")
}

fn get(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn snapshots_go_to_a_file_and_out_as_alerts() {
    if !is_root() {
        return;
    }
    let folder = Folder::new();
    let file = folder.join("metrics.jsonl");
    let more = format!(
        "json_output: true\n\
         metrics:\n  enabled: true\n  interval: 100ms\n  output_rule: true\n  \
         kernel_event_counters_per_cpu_enabled: true\n  output_file: {}\n",
        file.display()
    );
    let gyr = watch(&folder, free_port(), &more);
    eventually("an alert", || alert(&folder));
    let n_before = lines(&file).len();
    eventually("three more snapshots", || lines(&file).len() >= n_before + 3);
    gyr.kill();
    let all = lines(&file);
    let samples: Vec<_> = all.iter().map(|line| line["sample"].as_u64().unwrap()).collect();
    assert_eq!(samples, (1..=all.len() as u64).collect::<Vec<_>>());

    let last = all.last().unwrap()["output_fields"].as_object().unwrap();
    for name in [
        "evt.time",
        "falco.version",
        "falco.num_evts",
        "falco.evts_rate_sec",
        "falco.rules.matches_total",
        "falco.rules.True_was_run",
        "falco.memory_rss_mb",
        "falco.n_threads",
        "falco.sha256_rules_file.rules_yaml",
        "falco.sha256_config_file.gyr_yaml",
        "scap.engine_name",
        "scap.n_evts",
        "scap.n_drops_perc",
    ] {
        assert!(last.contains_key(name), "{name} is missing: {last:?}");
    }
    assert!(last.keys().any(|name| name.starts_with("scap.n_evts_cpu_")));
    assert!(!last.contains_key("scap.n_drops_buffer_total"), "zeros are left out");
    let first = all.first().unwrap()["output_fields"].as_object().unwrap();
    assert!(!first.contains_key("falco.evts_rate_sec"), "there was no time before");
    assert!(last["scap.n_evts"].as_u64() >= last["scap.n_evts_prev"].as_u64());

    let alerts = lines(&folder.join("stdout"));
    let snapshot = alerts.iter().find(|line| line["source"] == "internal").unwrap();
    assert_eq!(snapshot["rule"], "Falco internal: metrics snapshot");
    assert_eq!(snapshot["output"], "Falco metrics snapshot");
    assert_eq!(snapshot["priority"], "Informational");
}

#[test]
fn settings_choose_what_snapshots_hold() {
    if !is_root() {
        return;
    }
    let folder = Folder::new();
    let file = folder.join("metrics.jsonl");
    let more = format!(
        "metrics:\n  enabled: true\n  interval: 100ms\n  output_rule: false\n  output_file: {}\n  \
         convert_memory_to_mb: false\n  include_empty_values: true\n  rules_counters_enabled: false\n  \
         state_counters_enabled: false\n  libbpf_stats_enabled: false\n  \
         kernel_event_counters_per_cpu_enabled: false\n",
        file.display()
    );
    let _gyr = watch(&folder, free_port(), &more);
    eventually("a snapshot", || !lines(&file).is_empty());
    let all = lines(&file);
    let fields = all[0]["output_fields"].as_object().unwrap();
    for name in ["falco.memory_rss_kb", "scap.n_drops_buffer_total", "falco.cpu_usage_perc"] {
        assert!(fields.contains_key(name), "{name} is missing: {fields:?}");
    }
    for part in ["falco.rules.", "falco.n_threads", "n_evts_cpu", "run_cnt"] {
        assert!(!fields.keys().any(|name| name.contains(part)), "{part}: {fields:?}");
    }
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    for (more, why) in [
        ("interval: 1h, output_rule: false", "Metrics are enabled with no output configured."),
        ("interval: 5000, output_rule: true", "numeric value without Prometheus time unit"),
        ("interval: 99ms, output_rule: true", "must have a minimum value of 100ms"),
        ("interval: 1h1d, output_rule: true", "must have a minimum value of 100ms"),
    ] {
        let folder = Folder::new();
        let text =
            format!("stdout_output: {{enabled: true}}\nmetrics: {{enabled: true, {more}}}\n");
        let configuration = folder.write("gyr.yaml", &text);
        let rules = folder.write("rules.yaml", RULES);
        let path = |path: &Path| path.display().to_string();
        let run = shared::gyr(&["--dry-run", "-c", &path(&configuration), "-r", &path(&rules)]);
        assert_eq!(run.status, Some(1));
        assert!(run.stderr.contains(why), "{}", run.stderr);
    }
}

#[test]
fn prometheus_answers_every_query_of_the_dashboard() {
    if !is_root() || missing("prometheus") {
        return;
    }
    let folder = Folder::new();
    let (port, prometheus_port) = (free_port(), free_port());
    let more = format!(
        "metrics: {{enabled: true, interval: 1h, output_rule: true}}\n\
         grpc: {{enabled: true, bind_address: 'unix://{}'}}\ngrpc_output: {{enabled: true}}\n",
        folder.join("grpc.sock").display()
    );
    let _gyr = watch(&folder, port, &more);
    let configuration = folder.write(
        "prometheus.yml",
        &format!(
            "global: {{scrape_interval: 500ms}}\n\
             scrape_configs:\n- job_name: gyr\n  static_configs: [{{targets: ['127.0.0.1:{port}']}}]\n"
        ),
    );
    let _prometheus = Process::start(
        Command::new("prometheus")
            .arg(format!("--config.file={}", configuration.display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("tsdb").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{prometheus_port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null()),
    )
    .at_port(prometheus_port);
    eventually("an alert", || alert(&folder));

    let dashboard = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/grafana-dashboard.json");
    let dashboard: Value =
        serde_json::from_str(&std::fs::read_to_string(dashboard).unwrap()).unwrap();
    let mut n_queries = 0;
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let query = target["expr"].as_str().unwrap();
            let query = query.replace("$__rate_interval", "10s").replace("$instance", ".*");
            let path = format!("/api/v1/query?query={}", encoded(&query));
            // Rates need two scrapes.
            eventually(&format!("an answer to {query}"), || {
                // The time of rules is measured for one event in many.
                alert(&folder);
                let answer: Value =
                    serde_json::from_str(&get(prometheus_port, &path)).unwrap_or_default();
                assert_ne!(answer["status"], "error", "{query}: {answer}");
                answer["data"]["result"].as_array().is_some_and(|result| !result.is_empty())
            });
            n_queries += 1;
        }
    }
    assert!(n_queries > 10);
}

fn encoded(query: &str) -> String {
    query.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
