//! What the binary prints and how it ends, for command lines and configurations.

mod shared;

use shared::{Folder, gyr};

/// A command line, with `DIR` for a folder that holds the case's files.
struct Case {
    args: &'static [&'static str],
    files: &'static [(&'static str, &'static str)],
    status: i32,
    /// Parts of standard output, in order.
    stdout: &'static [&'static str],
    /// Parts of standard error, in order.
    stderr: &'static [&'static str],
}

const CONF: (&str, &str) = ("conf.yaml", "config_files: []\nlog_syslog: false\nlog_stderr: true\n");

#[rustfmt::skip] // A table.
const CASES: &[Case] = &[
    Case { args: &["--help"], files: &[], status: 0, stdout: &["Usage: gyr", "--list-events"], stderr: &[] },
    Case { args: &["completions", "zsh"], files: &[], status: 0, stdout: &["#compdef gyr", "explain"], stderr: &[] },
    Case { args: &["completions", "fish"], files: &[], status: 0, stdout: &["complete -c gyr", "explain"], stderr: &[] },
    Case { args: &["--nonsense"], files: &[], status: 1, stdout: &[], stderr: &["--nonsense"] },
    Case { args: &["-i"], files: &[], status: 0, stdout: &["Ignored syscall(s):\n- pread\n", "- writev\n\n"], stderr: &[] },
    Case { args: &["--config-schema"], files: &[], status: 0, stdout: &["\"rule_matching\""], stderr: &[] },
    Case { args: &["--list-events"], files: &[], status: 0,
        stdout: &["The events below are valid for Falco *Schema Version*: 4.3.0\n## Syscall events\n\n> open(",
                  "< mq_open(SYSCALLID **ID**, UINT16 **nativeID**)\n", "## Metaevents\n"], stderr: &[] },
    Case { args: &["--list-events", "--format", "MARKDOWN"], files: &[], status: 0,
        stdout: &["Default | Dir | Name | Params \n:-------|:----|:-----|:-----\nYes | `>` | `open` | FSPATH **name**, FLAGS32 **flags**: *O_LARGEFILE*"],
        stderr: &[] },
    Case { args: &["--list-events", "--format=json"], files: &[], status: 0,
        stdout: &["\"Metaevents\": [", "\"schema_version\": \"4.3.0\""], stderr: &[] },
    Case { args: &["--list-events", "--markdown", "--format=json"], files: &[], status: 1, stdout: &[],
        stderr: &["Error: Cannot specify both --markdown and --format options together\n"] },
    Case { args: &["--list", "--format=pdf"], files: &[], status: 1, stdout: &[],
        stderr: &["Error: Invalid format 'pdf'. Valid values are: text, markdown, json\n"] },
    Case { args: &["--list=nosuch", "-c", "DIR/conf.yaml"], files: &[CONF], status: 1, stdout: &[],
        stderr: &["Error: Value for --list must be a valid source type\n"] },
    Case { args: &["--list", "--markdown", "-c", "DIR/conf.yaml"], files: &[CONF], status: 0,
        stdout: &["## Field Class: evt\n\n", "\n\nEvent Sources: syscall \n\nName | Type | Description\n:----|:-----|:-----------\n`evt.num` | UINT64 | "],
        stderr: &["WARNING: --markdown is deprecated, use --format markdown instead.\n"] },
    Case { args: &["--list", "-v", "-c", "DIR/conf.yaml"], files: &[CONF], status: 0,
        stdout: &["-------------------------------\nField Class:                  evt (All event types)\nDescription:                  ",
                  "\nEvent Sources:                syscall\n\nevt.num                       (Type: UINT64) ",
                  "\nfd.types                      (Type: CHARBUF) (ARG_ALLOWED,ARG_INDEX,EPF_IS_LIST,EPF_NO_RHS) "],
        stderr: &[] },
    Case { args: &["--list-plugins", "-c", "DIR/conf.yaml"], files: &[CONF], status: 0,
        stdout: &["0 Plugins Loaded:\n\n"], stderr: &[] },
    Case { args: &["--plugin-info", "json", "-c", "DIR/conf.yaml"], files: &[CONF], status: 1, stdout: &[],
        stderr: &["Error: can't find plugin and print its info: json\n"] },
    Case { args: &["--version", "-c", "DIR/conf.yaml"], files: &[CONF], status: 0,
        stdout: &["Falco version: ", "\nLibs version:  ", "\nPlugin API:    3.12.0\nEngine:        0.63.0\nDriver:\n  API version:    10.0.0\n  Schema version: 4.3.0\n  Default driver: "],
        stderr: &["Initialized with configuration files:", "conf.yaml"] },
    Case { args: &["--version", "-c", "DIR/conf.yaml", "-o", "json_output=true"], files: &[CONF], status: 0,
        stdout: &["{\"default_driver_version\":", "\"engine_version\":\"63\",\"engine_version_semver\":\"0.63.0\",\"falco_version\":"],
        stderr: &[] },
    Case { args: &["--page-size", "-c", "DIR/conf.yaml"], files: &[CONF], status: 0, stdout: &[],
        stderr: &["Your system page size is: "] },
    Case { args: &["--version", "-c", "/none/such.yaml"], files: &[], status: 1, stdout: &[],
        stderr: &["Error: Could not find configuration file at /none/such.yaml\n"] },
    Case { args: &["--version", "-c", "DIR/conf.yaml", "-o", "x"], files: &[CONF], status: 1, stdout: &[],
        stderr: &["Error: Error parsing config option \"x\". Must be of the form key=val or key.subkey=val\n"] },
    Case { args: &["--version", "-c", "DIR/conf.yaml"], files: &[("conf.yaml", "\nengine:\n  kind: x\n")], status: 1,
        stdout: &[], stderr: &["Error: ", "conf.yaml:3: engine.kind \"x\" is not one of "] },
    Case { args: &["--version", "-c", "DIR/conf.yaml"], files: &[("conf.yaml", "log_syslog: false\nlog_stderr: true\nwat: 1\n")],
        status: 0, stdout: &["Engine:"], stderr: &["conf.yaml:3: unknown key wat\n"] },
    Case { args: &["doctor", "-c", "DIR/conf.yaml"], files: &[("conf.yaml", "a: b: c\n")], status: 1,
        stdout: &["FAIL  ", "conf.yaml:1:"], stderr: &[] },
];

#[test]
fn command_lines_do_as_they_are_told() {
    for (i, case) in CASES.iter().enumerate() {
        let folder = Folder::new(&format!("cli-{i}"), case.files);
        let args: Vec<_> = case.args.iter().map(|arg| folder.fill_in(arg)).collect();
        let run = gyr(&args);
        let all = format!("{args:?}\nstdout: {}\nstderr: {}", run.stdout, run.stderr);
        assert_eq!(run.status, Some(case.status), "{all}");
        assert!(has_in_order(&run.stdout, case.stdout), "{all}");
        assert!(has_in_order(&run.stderr, case.stderr), "{all}");
    }
}

#[test]
fn bash_completes_commands_and_options() {
    for (line, want) in [("gyr rules ex", "explain\n"), ("gyr rules explain --li", "--live\n")] {
        let script = format!(
            "eval \"$('{}' completions bash)\"; COMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _gyr gyr \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            env!("CARGO_BIN_EXE_gyr")
        );
        let output = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), want, "{output:?}");
    }
}

fn has_in_order(text: &str, parts: &[&str]) -> bool {
    let mut rest = text;
    parts.iter().all(|part| match rest.split_once(part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}
