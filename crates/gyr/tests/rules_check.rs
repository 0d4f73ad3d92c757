//! `gyr rules check` and `gyr rules fmt` as programs and people call them.

mod shared;

use serde_json::Value;
use shared::{Folder, gyr};

const WRONG: (&str, &str) = (
    "wrong.yaml",
    "- rule: A\n  desc: d\n  condition: evt.type = opén and proc.nam = a\n  output: x\n  priority: INFO\n",
);
const DOUBTFUL: (&str, &str) = ("doubtful.yaml", "- required_engine_version: 0.1.0\n  extra: 1\n");
const UGLY: (&str, &str) = ("ugly.yaml", "- macro: m\n  condition: (evt.type=open)\n");

/// Runs in a folder that has the files.
fn run(name: &str, args: &[&str]) -> (i32, String, Folder) {
    let folder = Folder::new(name, &[WRONG, DOUBTFUL, UGLY]);
    let args: Vec<_> = args.iter().map(|arg| folder.fill_in(arg)).collect();
    let run = gyr(&args);
    (run.status.unwrap(), run.stdout, folder)
}

#[test]
fn errors_fail_and_warnings_only_if_they_should() {
    for (args, status) in [
        (&["rules", "check", "DIR/wrong.yaml"][..], 1),
        (&["rules", "check", "DIR/doubtful.yaml"], 0),
        (&["rules", "check", "--strict", "DIR/doubtful.yaml"], 1),
        (&["rules", "check", "--strict", "built-in"], 0),
        (&["rules", "check", "DIR/none.yaml"], 1),
        (&["rules", "check", "--target-version", "soon", "built-in"], 1),
    ] {
        assert_eq!(run("rules-check-status", args).0, status, "{args:?}");
    }
}

#[test]
fn no_terminal_gets_colours() {
    let (_, stdout, _) = run("rules-check-text", &["rules", "check", "DIR/wrong.yaml"]);
    assert!(!stdout.contains('\x1b'));
    assert!(stdout.ends_with("\n1 file: 2 errors, 0 warnings\n"), "{stdout}");
}

#[test]
fn json_has_every_finding_with_its_place() {
    let args = ["rules", "check", "--format", "json", "DIR/wrong.yaml", "DIR/doubtful.yaml"];
    let (_, stdout, _) = run("rules-check-json", &args);
    let json: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(json["summary"], serde_json::json!({"errors": 2, "warnings": 1, "remarks": 0}));
    let second = &json["findings"][1];
    assert_eq!((&second["code"], &second["severity"]), (&"E207".into(), &"error".into()));
    assert_eq!((&second["line"], &second["column"]), (&3.into(), &35.into()), "in bytes");
    assert_eq!(second["help"], "did you mean `proc.name`?");
}

/// What the schema of SARIF 2.1.0 asks of the parts that we write.
#[test]
fn sarif_is_as_its_schema_wants_it() {
    let args = ["rules", "check", "--format", "sarif", "DIR/wrong.yaml", "DIR/doubtful.yaml"];
    let (_, stdout, _) = run("rules-check-sarif", &args);
    let log: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let mut ids: Vec<_> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), rules.len(), "ids are unique");
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let place = &result["locations"][0]["physicalLocation"];
        assert!(place["artifactLocation"]["uri"].as_str().unwrap().ends_with(".yaml"));
        for key in ["startLine", "startColumn", "endLine", "endColumn"] {
            assert!(place["region"][key].as_u64().unwrap() >= 1, "{key}");
        }
    }
    let column = &results[1]["locations"][0]["physicalLocation"]["region"]["startColumn"];
    assert_eq!(*column, 34, "in characters");
}

#[test]
fn a_file_is_formatted_in_place_and_then_fine() {
    let (status, stdout, folder) = run("rules-fmt", &["rules", "fmt", "--check", "DIR/ugly.yaml"]);
    let file = folder.fill_in("DIR/ugly.yaml");
    assert_eq!((status, stdout), (1, format!("{file}\n")));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), UGLY.1);
    assert!(gyr(&["rules", "fmt", &file]).status == Some(0));
    let formatted = "- macro: m\n  condition: (evt.type = open)\n";
    assert_eq!(std::fs::read_to_string(&file).unwrap(), formatted);
    assert!(gyr(&["rules", "fmt", "--check", &file]).status == Some(0));
}
