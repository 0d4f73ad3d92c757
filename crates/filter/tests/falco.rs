//! What Falco printed of its own rules must come out of our parser and printer unchanged.
#![allow(clippy::print_stderr, reason = "says why a test is skipped")]

use std::fs::File;
use std::path::PathBuf;

use flate2::read::GzDecoder;
use gyr_filter::parse;
use serde_json::Value;

#[test]
fn compiled_conditions_are_printed_as_falco_prints_them() {
    let Some(shared) = shared() else { return };
    let mut seen = 0;
    for file in ["reference/describe-all.json.gz", "reference/describe-stable.json.gz"] {
        let reader = GzDecoder::new(File::open(shared.join(file)).unwrap());
        let description: Value = serde_json::from_reader(reader).unwrap();
        for kind in ["rules", "macros"] {
            for item in description[kind].as_array().unwrap() {
                let printed = item["details"]["condition_compiled"].as_str().unwrap();
                // Falco's own form is not always readable: the empty text and parentheses lose their quotes, and
                // a last backslash looks as if it escaped the closing one.
                if ["(systemd)", "N/A, )", "= )", "= or", "=  ", "\\\\\""]
                    .iter()
                    .any(|s| printed.contains(s))
                {
                    continue;
                }
                let expr =
                    parse(printed).unwrap_or_else(|e| panic!("{printed}: {e} {:?}", e.position));
                assert_eq!(expr.to_string(), printed);
                seen += 1;
            }
        }
    }
    assert!(seen > 300, "only {seen}");
}

fn shared() -> Option<PathBuf> {
    let beside = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    let path = std::env::var_os("GYR_SHARED").map_or(beside, PathBuf::from);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: no {}", path.display());
    None
}
