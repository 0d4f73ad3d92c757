//! Whole runs of the binary on a small capture: what is on, what goes where, and how runs end.

mod shared;

use std::process::Command;

use gyr_capture::scap::Writer;
use gyr_capture::text::TextEvents;
use gyr_capture::{Next, Source as _};
use shared::{Folder, gyr};

const CONF: &str = "\
config_files: []
log_syslog: false
log_stderr: true
stdout_output: {enabled: true}
engine: {kind: replay, replay: {capture_file: DIR/small.scap}}
rules_files: [DIR/rules.yaml, DIR/missing.yaml]
";

const RULES: &str = "
- rule: opened
  desc: a file was opened
  condition: evt.type=openat
  output: opened %fd.name
  priority: NOTICE
  tags: [files]
- rule: closed
  desc: a file was closed
  condition: evt.type=close
  output: closed %fd.name
  priority: ERROR
";

const EVENTS: &str = "\
thread 100 comm=cat exe=cat exepath=/bin/cat cwd=/
0.0 100 openat fd=3 dirfd=AT_FDCWD name=/etc/one flags=O_RDONLY mode=0
1.0 100 close res=0 fd=3
3.5 100 openat fd=3 dirfd=AT_FDCWD name=/etc/two flags=O_RDONLY mode=0
";

const ONE: &str = "00:00:00.000000000: Notice opened /etc/one";
const CLOSED: &str = "00:00:01.000000000: Error closed /etc/one";
const TWO: &str = "00:00:03.500000000: Notice opened /etc/two";

/// Arguments, and the alerts that are printed.
#[rustfmt::skip] // A table.
const CASES: &[(&[&str], &[&str])] = &[
    (&[], &[ONE, CLOSED, TWO]),
    (&["-M", "2"], &[ONE, CLOSED]),
    (&["-o", "priority=error"], &[CLOSED]),
    (&["-o", "rules[].disable.rule=open*"], &[CLOSED]),
    (&["-o", "rules[].disable.tag=files", "-o", "rules[].enable.rule=opened"], &[ONE, CLOSED, TWO]),
    (&["-r", "DIR/other.yaml"], &["00:00:01.000000000: Debug other"]),
    (&["-r", "DIR/folder"], &["00:00:01.000000000: Debug other"]),
    (&["-r", "DIR/other.yaml", "-p", "by %proc.name"], &["00:00:01.000000000: Debug other by cat"]),
    (&["-r", "DIR/other.yaml", "-o", "append_output[]={match: {rule: other}, extra_output: in %evt.type}"],
        &["00:00:01.000000000: Debug other in close"]),
    (&["-r", "DIR/other.yaml", "-o", "static_fields.site=north", "-o", "append_output[]={extra_output: at %static.site}"],
        &["00:00:01.000000000: Debug other at north"]),
    (&["-o", "stdout_output.enabled=false", "-o", "file_output.enabled=true", "-o", "file_output.filename=DIR/alerts"], &[]),
    (&["-o", "stdout_output.enabled=false", "-o", "program_output.enabled=true", "-o", "program_output.program=cat >>DIR/program"], &[]),
];

fn folder(name: &str) -> Folder {
    let other =
        "- {rule: other, desc: d, condition: evt.type=close, output: other, priority: debug}\n";
    let files = [
        ("conf.yaml", CONF),
        ("rules.yaml", RULES),
        ("other.yaml", other),
        ("other.txt", "no rules"),
    ];
    let folder = Folder::new(name, &files);
    std::fs::create_dir(folder.path("folder")).unwrap();
    std::fs::copy(folder.path("other.yaml"), folder.path("folder/a.yml")).unwrap();
    std::fs::copy(folder.path("other.txt"), folder.path("folder/b.txt")).unwrap();
    let mut events = TextEvents::parse("events", EVENTS).unwrap();
    let file = std::fs::File::create(folder.path("small.scap")).unwrap();
    let mut writer = Writer::new(file, &events.take_snapshot()).unwrap();
    while let Next::Record(record) = events.next().unwrap() {
        writer.write(&record).unwrap();
    }
    writer.into_inner().sync_all().unwrap();
    folder
}

fn run(folder: &Folder, args: &[&str]) -> shared::Run {
    let config = folder.path("conf.yaml").display().to_string();
    let args = args.iter().map(|arg| folder.fill_in(arg));
    let args: Vec<_> = ["-c".to_owned(), config].into_iter().chain(args).collect();
    gyr(&args)
}

#[test]
fn what_is_on_is_told_where_it_should_be() {
    for (i, (args, want)) in CASES.iter().enumerate() {
        let folder = folder(&format!("run-{i}"));
        let run = run(&folder, args);
        assert_eq!(run.status, Some(0), "{args:?} {}", run.stderr);
        let (alerts, statistics) = run.stdout.split_once("Events detected: ").unwrap();
        let alerts: Vec<_> = alerts.lines().collect();
        assert_eq!(alerts, *want, "{args:?} {}", run.stderr);
        assert!(statistics.ends_with('\n'), "{statistics}");
        for file in ["alerts", "program"] {
            let text = std::fs::read_to_string(folder.path(file)).unwrap_or_default();
            let wanted = args.iter().any(|arg| arg.contains(&format!("DIR/{file}")));
            let want = if wanted { format!("{ONE}\n{CLOSED}\n{TWO}\n") } else { String::new() };
            assert_eq!(text, want, "{args:?}");
        }
    }
}

#[test]
fn what_one_output_cannot_take_the_others_get() {
    let folder = folder("run-faults");
    let file = |path: &str| format!("file_output: {{enabled: true, filename: {path}}}\n");
    std::fs::write(folder.path("full.yaml"), file("/dev/full")).unwrap();
    let full = run(&folder, &["-o", "config_files[0]=DIR/full.yaml"]);
    assert_eq!(full.status, Some(0), "{}", full.stderr);
    assert!(full.stdout.starts_with(&format!("{ONE}\n{CLOSED}\n{TWO}\n")), "{}", full.stdout);
    let said = "file: No space left on device";
    assert_eq!(full.stderr.matches(said).count(), 1, "{}", full.stderr);

    // Whoever read standard output is gone.
    std::fs::write(folder.path("file.yaml"), file(&folder.fill_in("DIR/alerts"))).unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let conf = folder.path("conf.yaml");
    let mut gyr = Command::new(env!("CARGO_BIN_EXE_gyr"));
    gyr.arg("-c").arg(conf).args(["-o", &folder.fill_in("config_files[0]=DIR/file.yaml")]);
    let closed = gyr.env("TZ", "UTC").stdout(writer).output().unwrap();
    let stderr = String::from_utf8_lossy(&closed.stderr);
    assert_eq!(closed.status.code(), Some(0), "{stderr}");
    assert!(stderr.contains("stdout: Broken pipe"), "{stderr}");
    let alerts = std::fs::read_to_string(folder.path("alerts")).unwrap();
    assert_eq!(alerts, format!("{ONE}\n{CLOSED}\n{TWO}\n"));
}

#[test]
fn a_dry_run_reads_everything_and_runs_nothing() {
    let folder = folder("run-dry");
    let good = run(&folder, &["--dry-run", "-P", "DIR/pid"]);
    assert_eq!((good.status, good.stdout.as_str()), (Some(0), ""), "{}", good.stderr);
    assert!(!folder.path("pid").exists());
    let bad = run(&folder, &["--dry-run", "-o", "stdout_output.enabled=false"]);
    assert_eq!(bad.status, Some(1));
    assert!(bad.stderr.contains("Error: No output configured, "), "{}", bad.stderr);
}

#[test]
fn a_pidfile_holds_the_number_and_nothing_else() {
    let folder = folder("run-pid");
    assert_eq!(run(&folder, &["-P", "DIR/pid"]).status, Some(0));
    let text = std::fs::read_to_string(folder.path("pid")).unwrap();
    assert!(text.parse::<u32>().is_ok(), "{text:?}");
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let folder = folder("run-wrong");
    #[rustfmt::skip] // A table.
    let cases: &[(&[&str], &str)] = &[
        (&["-r", "DIR/none.yaml"], "Could not open file DIR/none.yaml for reading\n"),
        (&["-o", "rules_files=DIR/none.yaml"], "You must specify at least one rules file/directory via -r"),
        (&["-o", "engine.replay.capture_file="], "engine.kind replay needs engine.replay.capture_file\n"),
        (&["-o", "engine.replay.capture_file=DIR/none"], "cannot open DIR/none: No such file or directory"),
        (&["-o", "engine.replay.capture_file=DIR/other.txt"], "DIR/other.txt: byte 0: "),
        (&["-o", "file_output.enabled=true"], "file output enabled but no filename in configuration block\n"),
        (&["--enable-source", "x"], "Attempted enabling an unknown event source: x\n"),
        (&["--disable-source", "syscall", "-o", "engine.kind=modern_ebpf"], "Must enable at least one event source\n"),
        (&["--disable-source", "x", "--enable-source", "syscall"], "You can not mix --enable-source and --disable-source\n"),
        (&["-l", "nobody"], "Runtime error: Rule \"nobody\" is not loaded. Exiting."),
        (&["--list=nobody"], "Value for --list must be a valid source type\n"),
        (&["-V", "DIR/none.yaml"], "Could not open file DIR/none.yaml for reading\n"),
        (&["-o", "rules_files=DIR/conf.yaml"], "DIR/conf.yaml: Invalid\n"),
    ];
    for (args, want) in cases {
        let run = run(&folder, args);
        let want = match want.starts_with("Runtime error: ") {
            true => (*want).to_owned(),
            false => folder.fill_in(&format!("Error: {want}")),
        };
        assert_eq!(run.status, Some(1), "{args:?}");
        assert!(run.stderr.contains(&want), "{args:?}\nwant {want}\nhave {}", run.stderr);
    }
}

#[test]
fn rules_are_validated_and_described() {
    let folder = folder("run-validate");
    let cases: &[(&[&str], &[&str])] = &[
        (&["-V", "DIR/rules.yaml"], &["DIR/rules.yaml: Ok\n"]),
        (
            &["-V", "DIR/rules.yaml", "-o", "json_output=true"],
            &["{\"falco_load_results\":[{", "\"successful\":true"],
        ),
        (
            &["-V", "DIR/rules.yaml", "-o", "json_output=true", "-L"],
            &["\"falco_describe_results\":{"],
        ),
        (&["-L"], &["Rule ", "opened", "a file was opened", "closed"]),
        (&["-l", "closed", "-o", "json_output=true"], &["{\"rules\":[{", "\"name\":\"closed\""]),
        (&["--list=syscall", "-N"], &["evt.num\n", "proc.name\n"]),
        (
            &["--support", "-o", "rules_files=DIR/other.yaml"],
            &[
                "{\"cmdline\":",
                "\"rules_files\":[{\"name\":\"DIR/other.yaml\",\"variants\":[{\"content\":\"- {rule: other",
            ],
        ),
        (&["--rule-schema"], &["\"required_engine_version\""]),
    ];
    for (args, parts) in cases {
        let run = run(&folder, args);
        assert_eq!(run.status, Some(0), "{args:?} {}", run.stderr);
        for part in *parts {
            let part = folder.fill_in(part);
            assert!(run.stdout.contains(&part), "{args:?}\nwant {part}\nhave {}", run.stdout);
        }
    }
}

#[test]
fn events_of_a_capture_can_be_watched() {
    let folder = folder("run-watch");
    let capture = folder.path("small.scap").display().to_string();
    #[rustfmt::skip] // A table.
    let cases: &[(&[&str], &str)] = &[
        (&["evt.type=close"], "00:00:01.000000000 0 cat (100) close res=0 fd=3(<f>/etc/one)\n"),
        (&["--format", "%evt.num %evt.type", "-n", "2"], "1 openat\n2 close\n"),
        (&["opened_file", "--format", "%fd.name", "--rules", "DIR/macros.yaml"], "/etc/one\n/etc/two\n"),
        (&["evt.num=3", "--format", "%evt.num", "--json"],
            "{\"hostname\":\"vm\",\"output_fields\":{\"evt.num\":3,\"evt.time\":3500000000},\"priority\":\"Debug\",\
             \"rule\":\"gyr watch\",\"source\":\"syscall\",\"time\":\"1970-01-01T00:00:03.500000000Z\"}\n"),
    ];
    let macros = "- {macro: opened_file, condition: evt.type=openat}\n";
    std::fs::write(folder.path("macros.yaml"), macros).unwrap();
    for (args, want) in cases {
        let args = args.iter().map(|arg| folder.fill_in(arg));
        let first = ["watch", "-r", &capture].map(str::to_owned);
        let run = gyr(&first.into_iter().chain(args).collect::<Vec<_>>());
        assert_eq!(run.status, Some(0), "{}", run.stderr);
        assert_eq!(run.stdout, *want);
    }
    let run = gyr(&["watch", "-r", &capture, "evt.type=nothing"]);
    assert_eq!(run.status, Some(1));
    assert!(
        run.stderr.contains("unknown event type nothing\nevt.type=nothing\n"),
        "{}",
        run.stderr
    );
}

#[test]
fn without_a_driver_time_passes() {
    let folder = folder("run-nodriver");
    let run = run(&folder, &["-o", "engine.kind=nodriver", "-M", "0"]);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    assert_eq!(run.stdout.lines().next(), Some("Events detected: 0"));
}

#[test]
fn strict_takes_warnings_as_errors() {
    let folder = folder("run-strict");
    let unused = "- {list: unused, items: [a]}\n- {rule: r, desc: d, condition: evt.num=1, output: o, priority: debug}\n";
    std::fs::write(folder.path("warned.yaml"), unused).unwrap();
    #[rustfmt::skip] // A table.
    let cases: &[(&[&str], &str)] = &[
        (&["-o", "no_such_key=1"], "no_such_key"),
        (&["-r", "DIR/warned.yaml"], "DIR/warned.yaml"),
        (&["-V", "DIR/warned.yaml"], "DIR/warned.yaml"),
    ];
    for (args, want) in cases {
        let run_with = |more: &[&str]| run(&folder, &[args, more].concat());
        assert_eq!(run_with(&[]).status, Some(0), "{args:?}");
        let strict = run_with(&["--strict"]);
        assert_eq!(strict.status, Some(1), "{args:?}");
        assert!(strict.stderr.contains(&folder.fill_in(want)), "{args:?} {}", strict.stderr);
    }
    assert_eq!(run(&folder, &["--strict"]).status, Some(0));
}
