//! The configuration that Falco ships is ours too.
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use std::path::{Path, PathBuf};

use gyr_config::{EngineKind, KEYS, Settings, load};

fn shared() -> Option<PathBuf> {
    let dir = std::env::var_os("GYR_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    if dir.is_dir() {
        return Some(dir);
    }
    println!("skipped: no folder {}", dir.display());
    None
}

#[test]
fn falcos_own_file_loads_without_a_warning() {
    let Some(shared) = shared() else { return };
    let loaded = load(&Settings {
        file: &shared.join("reference/falco.yaml"),
        text: None,
        options: &["config_files[0]=none".to_owned()],
        variable: &|_| None,
    })
    .unwrap();
    assert_eq!(loaded.warnings, [""; 0]);
    assert_eq!(loaded.config.engine.kind, EngineKind::Kernel { by_old_name: false });
    assert_eq!(loaded.config.rules_files.len(), 3);
    assert!(loaded.config.append_output[0].suggested_output);
    assert_eq!(loaded.config.plugins[0].init_config, r#"{"label_max_len":100,"with_size":false}"#);
}

#[test]
fn every_key_of_falcos_schema_is_known() {
    let Some(shared) = shared() else { return };
    let text = std::fs::read_to_string(shared.join("reference/config-schema.json")).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut paths = Vec::new();
    collect(&schema, &schema["definitions"]["FalcoConfig"], "", &mut paths);
    assert!(paths.len() > 100);
    for path in paths {
        assert!(KEYS.iter().any(|key| key.path == path), "{path}");
    }
}

fn collect(
    schema: &serde_json::Value,
    node: &serde_json::Value,
    path: &str,
    out: &mut Vec<String>,
) {
    if let Some(name) = node["$ref"].as_str().and_then(|r| r.strip_prefix("#/definitions/")) {
        return collect(schema, &schema["definitions"][name], path, out);
    }
    if let Some(properties) = node["properties"].as_object() {
        for (name, inner) in properties {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            collect(schema, inner, &path, out);
        }
        return;
    }
    if node["type"] == "array" {
        for inner in [&node["items"], &node["items"]["oneOf"][1]] {
            if inner["$ref"].is_string() || inner["properties"].is_object() {
                collect(schema, inner, &format!("{path}[]"), out);
            }
        }
    }
    out.push(path.to_owned());
}
