//! What Falco prints for the rules that its users run: validation and descriptions.
#![allow(clippy::print_stdout, reason = "tests say what they skip")]

use std::io::Read;
use std::path::PathBuf;

use gyr_alert::Priority;
use gyr_fields::Fields;
use gyr_rules::{
    BaseSyscalls, ExtraOutput, Loader, Match, Matching, Plugins, Selection, event_names,
};
use serde_json::Value;

const STABLE: &[&str] = &["falco_rules.yaml"];
const ALL: &[&str] =
    &["falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml"];

#[test]
fn a_wrong_file_is_refused_with_falcos_text() {
    let (Some(text), Some(want), Some(json)) = (
        reference("validate-bad.input.yaml"),
        reference("validate-bad.txt"),
        reference("validate-bad.json"),
    ) else {
        return;
    };
    let result = loader().load("/etc/falco/bad.yaml", &text);
    assert_eq!(format!("{}\n", result.to_text()), want);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(result.to_json(), json["falco_load_results"][0]);
}

#[test]
fn a_right_file_is_ok() {
    let (Some(text), Some(want)) = (upstream(STABLE[0]), reference("validate-ok.txt")) else {
        return;
    };
    let result = loader().load("/etc/falco/falco_rules.yaml", &text);
    assert_eq!(format!("{}\n", result.to_text()), want);
}

#[test]
fn rules_macros_and_lists_are_described_as_falco_does() {
    for (files, name) in [(STABLE, "describe-stable.json.gz"), (ALL, "describe-all.json.gz")] {
        let Some(mut want) = packed(name) else { return };
        let Some(loader) = loaded(files) else { return };
        let mut got = loader.describe(&ContainerPlugin);
        for rule in got["rules"].as_array_mut().unwrap() {
            rule["info"].as_object_mut().unwrap().remove("description");
        }
        sort_sets(&mut want);
        sort_sets(&mut got);
        for kind in ["rules", "macros", "lists"] {
            let (want, got) = (want[kind].as_array().unwrap(), got[kind].as_array().unwrap());
            assert_eq!(want.len(), got.len(), "{kind}");
            for (want, got) in want.iter().zip(got) {
                assert_eq!(want, got, "{name}");
            }
        }
        assert_eq!(want, got);
    }
}

#[test]
fn falco_selects_the_same_system_calls_for_them() {
    for (files, name) in [(STABLE, "sc-sets-default.txt"), (ALL, "sc-sets-all3.txt")] {
        let (Some(loader), Some(sets)) = (loaded(files), reference(name)) else { return };
        let rules = loader.ruleset(&[], Priority::Debug, Matching::First);
        let none = gyr_event::Interest::none();
        let selection = Selection::new(rules.interest(), &none, &BaseSyscalls::default());
        for (what, set) in [
            ("syscalls in rules", &selection.rules),
            ("state engine set", &selection.state),
            ("final set", &selection.syscalls),
        ] {
            let line = sets.lines().find(|line| line.contains(what)).unwrap();
            let (_, names) = line.rsplit_once(": ").unwrap();
            assert_eq!(event_names(set).join(", "), names, "{name} {what}");
        }
    }
}

fn loader() -> Loader<Fields> {
    Loader::new([("syscall".to_owned(), Fields::default())])
}

/// The files with the output that Falco adds for containers; none may have a problem.
fn loaded(files: &[&str]) -> Option<Loader<Fields>> {
    let of = Match { source: Some("syscall".to_owned()), ..Match::default() };
    let format = "container_id=%container.id container_name=%container.name \
                  container_image_repository=%container.image.repository \
                  container_image_tag=%container.image.tag k8s_pod_name=%k8s.pod.name \
                  k8s_ns_name=%k8s.ns.name";
    let extra = ExtraOutput { of, format: format.to_owned() };
    let mut loader = loader().with_extras(vec![extra], Vec::new());
    for name in files {
        let result = loader.load(name, &upstream(name)?);
        assert_eq!(result.to_text(), format!("{name}: Ok"));
    }
    assert_eq!(loader.check_plugins(&[]), Ok(()));
    Some(loader)
}

fn upstream(name: &str) -> Option<String> {
    file(&format!("upstream-rules/{name}")).map(|bytes| String::from_utf8(bytes).unwrap())
}

fn reference(name: &str) -> Option<String> {
    file(&format!("reference/{name}")).map(|bytes| String::from_utf8(bytes).unwrap())
}

fn packed(name: &str) -> Option<Value> {
    let bytes = file(&format!("reference/{name}"))?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

fn file(name: &str) -> Option<Vec<u8>> {
    let shared =
        std::env::var("GYR_SHARED").map_or_else(|_| "../../../shared".into(), PathBuf::from);
    let path = shared.join(name);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        println!("skipped: no {}", path.display());
    }
    bytes
}

/// Falco gives sets in any order.
fn sort_sets(described: &mut Value) {
    for kind in ["rules", "macros", "lists"] {
        for item in described[kind].as_array_mut().unwrap() {
            for (key, value) in item["details"].as_object_mut().unwrap() {
                if let Some(values) = value.as_array_mut()
                    && !matches!(key.as_str(), "output_fields" | "items_compiled")
                {
                    values.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
                }
            }
        }
    }
}

/// What is built in is told as what the container plugin gives.
struct ContainerPlugin;

impl Plugins for ContainerPlugin {
    fn of_source(&self, _: &str) -> Option<String> {
        None
    }

    fn of_field(&self, field: &str) -> Option<String> {
        let known = field.starts_with("container.") || field.starts_with("k8s.");
        known.then(|| "container".to_owned())
    }

    fn of_event(&self, _: &str) -> Option<String> {
        None
    }
}
