//! Standard output is Falco's, byte for byte.

mod shared;

use shared::{Folder, gyr, reference};

const CONF: &str =
    "config_files: []\nload_plugins: []\nlog_syslog: false\nstdout_output: {enabled: true}\n";

/// What is set beside the capture, and the file that Falco's output is in.
const CASES: &[(&[&str], &str)] = &[
    (&[], "procs.text.txt"),
    (&["json_output=true"], "procs.json.txt"),
    (
        &[
            "json_output=true",
            "json_include_message_property=true",
            "json_include_tags_property=false",
            "time_format_iso_8601=true",
        ],
        "procs.json-message-iso.txt",
    ),
    (&["append_output[].suggested_output=true"], "procs.suggested.txt"),
];

#[test]
fn a_replay_prints_what_falco_prints() {
    let Some(reference) = reference() else { return };
    let folder = Folder::new("stdout", &[("conf.yaml", CONF)]);
    let path = |name: &str| reference.join(name).display().to_string();
    for (options, want) in CASES {
        let mut args = vec!["-c".to_owned(), folder.path("conf.yaml").display().to_string()];
        args.extend(["-r".to_owned(), path("upstream-rules/falco_rules.yaml")]);
        let capture = path("conformance/captures/procs.scap");
        let replay =
            ["engine.kind=replay".to_owned(), format!("engine.replay.capture_file={capture}")];
        for option in options.iter().map(|o| (*o).to_owned()).chain(replay) {
            args.extend(["-o".to_owned(), option]);
        }
        let run = gyr(&args);
        assert_eq!(run.status, Some(0), "{}", run.stderr);
        let want = std::fs::read_to_string(reference.join("reference/stdout").join(want)).unwrap();
        similar(&run.stdout, &want);
    }
}

/// Lines are compared one by one, so that a difference can be read.
#[track_caller]
fn similar(got: &str, want: &str) {
    for (got, want) in got.split('\n').zip(want.split('\n')) {
        assert_eq!(got, want);
    }
    assert_eq!(got.len(), want.len());
}
