//! Rules files and what Falco says of them: the cases of ../shared/conformance/language.
#![allow(clippy::print_stdout, reason = "tests say what they skip")]

use std::path::{Path, PathBuf};

use gyr_fields::Fields;
use gyr_rules::{Loader, Plugins};
use serde_json::{Value, json};

#[test]
fn files_are_judged_and_compiled_like_falco_does() {
    let folder = shared().join("conformance/language");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return println!("skipped: no {}", folder.display());
    };
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|e| e == "yaml"));
    cases.sort();
    let mut wrong = Vec::new();
    for case in &cases {
        let want: Value = serde_json::from_slice(&read(&case.with_extension("json"))).unwrap();
        let (want, mut got) = (wanted(want), judged(case));
        if want.get("rules").is_none() {
            got.as_object_mut().unwrap().remove("rules");
        }
        if want != got {
            let differences = differences("", &want, &got).join("\n  ");
            wrong.push(format!("{}:\n  {differences}", case.file_stem().unwrap().display()));
        }
    }
    let right = cases.len() - wrong.len();
    assert!(wrong.is_empty(), "{right} of {} agree\n{}", cases.len(), wrong.join("\n"));
}

#[test]
fn the_schema_is_falcos() {
    let path = shared().join("reference/rule-schema.json");
    let Ok(text) = std::fs::read(&path) else {
        return println!("skipped: no {}", path.display());
    };
    let want: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(differences("", &want, &gyr_rules::schema()), [""; 0]);
}

fn shared() -> PathBuf {
    std::env::var("GYR_SHARED").map_or_else(|_| "../../../shared".into(), PathBuf::from)
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What we say, in the form of the answers.
fn judged(case: &Path) -> Value {
    let name = format!("cases/{}", case.file_name().unwrap().display());
    let text = String::from_utf8_lossy(&read(case)).into_owned();
    let mut loader = Loader::new([("syscall".to_owned(), Fields::default())]);
    let result = loader.load(&name, &text);
    if let Err(error) = loader.check_plugins(&[]) {
        return json!({ "exit": 1, "fatal": [format!("Error: {error}")] });
    }
    let exit = i32::from(!result.is_ok());
    let mut out = json!({ "exit": exit, "falco_load_results": [result.to_json()] });
    if result.is_ok() {
        let described = loader.describe(&NoPlugins);
        let rules = described["rules"].as_array().unwrap().iter().map(|rule| {
            json!({
                "name": rule["info"]["name"],
                "enabled": rule["info"]["enabled"],
                "priority": rule["info"]["priority"],
                "tags": rule["info"]["tags"],
                "condition": rule["details"]["condition_compiled"],
                "output": rule["details"]["output_compiled"],
                "events": rule["details"]["events"],
            })
        });
        out["rules"] = rules.collect();
    }
    without_wording(&mut out);
    out
}

fn wanted(mut want: Value) -> Value {
    for rule in want.get_mut("rules").and_then(Value::as_array_mut).into_iter().flatten() {
        let events = rule["events"].as_array_mut().unwrap();
        events.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    }
    without_wording(&mut want);
    want
}

/// The long descriptions of warnings are in words of our own, and so is what is wrong with fields in outputs.
fn without_wording(answer: &mut Value) {
    let Some(result) = answer.pointer_mut("/falco_load_results/0") else { return };
    for error in result["errors"].as_array_mut().into_iter().flatten() {
        let message = error["message"].as_str().unwrap();
        if message.starts_with("unknown filter:") {
            error["message"] = Value::Null;
        }
    }
    for warning in result["warnings"].as_array_mut().into_iter().flatten() {
        warning.as_object_mut().unwrap().remove("codedesc");
    }
}

fn differences(path: &str, want: &Value, got: &Value) -> Vec<String> {
    match (want, got) {
        (Value::Object(a), Value::Object(b)) => {
            let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
            let inner = keys.flat_map(|key| {
                let (a, b) = (a.get(key), b.get(key));
                let null = Value::Null;
                differences(&format!("{path}/{key}"), a.unwrap_or(&null), b.unwrap_or(&null))
            });
            inner.collect()
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let pairs = a.iter().zip(b).enumerate();
            pairs.flat_map(|(i, (a, b))| differences(&format!("{path}/{i}"), a, b)).collect()
        }
        _ if want == got => Vec::new(),
        _ => vec![format!("{path}: want {want}\n    got {got}")],
    }
}

struct NoPlugins;

impl Plugins for NoPlugins {
    fn of_source(&self, _: &str) -> Option<String> {
        None
    }

    fn of_field(&self, _: &str) -> Option<String> {
        None
    }

    fn of_event(&self, _: &str) -> Option<String> {
        None
    }
}
