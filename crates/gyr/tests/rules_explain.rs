//! `gyr rules explain`: every reason why a rule cannot match, and what conditions say of events, as golden files;
//! `GYR_BLESS=1` writes them anew. The live test needs the right to load eBPF.

mod shared;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use shared::{Folder, gyr, may_load_ebpf};

const RULES: &str = "
- list: secrets
  items: [/etc/shadow, /etc/gshadow]
- macro: read
  condition: evt.type in (open, openat) and evt.is_open_read=true
- macro: guarded
  condition: fd.name in (secrets) or (fd.name startswith /srv/ and not fd.name endswith .pub)
- rule: secret read
  desc: d
  condition: read and guarded and not user.uid=0
  exceptions:
    - {name: known, fields: [proc.name, proc.pname], values: [[sshd, init], [cron, init]]}
  output: x
  priority: WARNING
- rule: any open
  desc: d
  condition: evt.type=openat
  output: x
  priority: NOTICE
- rule: second open
  desc: d
  condition: evt.type=openat and fd.name contains shadow
  output: x
  priority: NOTICE
- rule: off
  desc: d
  condition: evt.type=openat
  output: x
  priority: NOTICE
  enabled: false
  tags: [quiet]
- rule: never
  desc: d
  condition: evt.type=open and evt.type=close
  output: x
  priority: NOTICE
- rule: reads
  desc: d
  condition: evt.type in (read, openat) and toupper(proc.name)=CAT and proc.name=val(proc.pname)
  output: x
  priority: DEBUG
- rule: only reads
  desc: d
  condition: evt.type=read
  output: x
  priority: DEBUG
- rule: from the cloud
  desc: d
  condition: ct.name=x
  output: x
  priority: DEBUG
  source: aws_cloudtrail
- rule: of the future
  desc: d
  condition: evt.type=openat and fd.colour=red
  output: x
  priority: DEBUG
  skip-if-unknown-filter: true
";

const EVENTS: &str = "\
thread 1 ptid=0 comm=init exepath=/sbin/init
thread 10 ptid=1 comm=cat cwd=/etc uid=1000 gid=1000
thread 20 ptid=1 comm=sshd cwd=/ uid=33 gid=33
user 1000 one
1.0 10 openat fd=3 dirfd=AT_FDCWD name=hosts flags=O_RDONLY mode=0
1.1 10 ~openat fd=9 dirfd=AT_FDCWD name=shadow flags=O_RDONLY mode=0
1.2 10 close res=0 fd=3
1.3 20 openat fd=3 dirfd=AT_FDCWD name=/etc/shadow flags=O_RDONLY mode=0
1.4 10 openat fd=3 dirfd=AT_FDCWD name=/srv/key.pub flags=O_RDONLY mode=0
1.5 10 openat fd=4 dirfd=AT_FDCWD name=shadow flags=O_RDONLY mode=0
1.6 10 openat fd=5 dirfd=AT_FDCWD name=hosts flags=O_RDONLY mode=0
";

const CONF: &str = "\
config_files: []
log_syslog: false
log_stderr: false
stdout_output: {enabled: true}
rules_files: [DIR/rules.yaml]
control_socket: DIR/control.sock
";

/// A golden file, the rule, and more arguments.
#[rustfmt::skip] // A table.
const CASES: &[(&str, &str, &[&str])] = &[
    ("nothing-keeps-it", "any open", &[]),
    ("unknown-rule", "any opn", &[]),
    ("unknown-source", "from the cloud", &[]),
    ("left-out", "of the future", &[]),
    ("left-out-of-a-capture", "of the future", &["--capture", "DIR/events.txt"]),
    ("disabled-by-file", "off", &[]),
    ("disabled-and-would-match", "off", &["--capture", "DIR/events.txt", "--event", "1"]),
    ("disabled-by-tag", "off", &["-o", "rules[].enable.rule=off", "-o", "rules[].disable.tag=quiet"]),
    ("enabled-by-selection", "off", &["-o", "rules[].enable.rule=o*"]),
    ("disabled-by-name", "any open", &["-o", "rules[].disable.rule=any*"]),
    ("below-priority", "reads", &["-o", "priority=notice"]),
    ("no-events", "never", &[]),
    ("some-syscalls-not-selected", "reads", &[]),
    ("no-syscalls-selected", "only reads", &[]),
    ("all-syscalls-selected", "only reads", &["-o", "base_syscalls.all=true"]),
    ("nearest-misses", "secret read", &["--capture", "DIR/events.txt"]),
    ("one-nearest-as-json", "secret read", &["--capture", "DIR/events.txt", "--nearest", "1", "--format", "json"]),
    ("event-not-for-rules", "any open", &["--capture", "DIR/events.txt", "--event", "2"]),
    ("event-of-another-type", "any open", &["--capture", "DIR/events.txt", "--event", "3"]),
    ("exception", "secret read", &["--capture", "DIR/events.txt", "--event", "4"]),
    ("no-such-event", "any open", &["--capture", "DIR/events.txt", "--event", "99"]),
    ("shadowed", "second open", &["--capture", "DIR/events.txt", "--event", "4"]),
    ("not-shadowed", "second open", &["--capture", "DIR/events.txt", "--event", "4", "-o", "rule_matching=all"]),
    ("transformed", "reads", &["--capture", "DIR/events.txt", "--event", "1"]),
    ("no-capture", "any open", &["--capture", "DIR/none.scap"]),
    ("nobody-to-ask", "any open", &["--live", "1s"]),
];

#[test]
fn reasons_and_events_are_explained() {
    let files = [("rules.yaml", RULES), ("events.txt", EVENTS), ("conf.yaml", CONF)];
    let folder = Folder::new("explain", &files);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/explain");
    let mut wrong = String::new();
    for (name, rule, more) in CASES {
        let first = ["rules", "explain", rule, "-c", "DIR/conf.yaml"];
        let args: Vec<_> = first.iter().chain(*more).map(|arg| folder.fill_in(arg)).collect();
        let run = gyr(&args);
        let dir = folder.path("").display().to_string();
        let said = format!("{}{}exit status {}\n", run.stdout, run.stderr, run.status.unwrap());
        let said = said.replace(dir.trim_end_matches('/'), "DIR");
        let path = golden.join(format!("{name}.txt"));
        if std::env::var_os("GYR_BLESS").is_some() {
            fs::write(&path, &said).unwrap();
        }
        let want = fs::read_to_string(&path).unwrap_or_default();
        if said != want {
            wrong += &format!("{name}:\n{said}\nwanted:\n{want}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A run that ends with the test.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill(); // it may have ended by itself
        let _ = self.0.wait();
    }
}

#[test]
fn a_running_gyr_explains_what_happens_to_root_and_nobody_else() {
    if !may_load_ebpf() {
        return;
    }
    let rules = RULES.replace("[/etc/shadow, /etc/gshadow]", "[DIR/bait]");
    let conf = CONF.replace("rules_files", "rules: [{disable: {rule: any*}}]\nrules_files");
    let files = [("rules.yaml", rules.as_str()), ("conf.yaml", conf.as_str()), ("bait", "")];
    let folder = Folder::new("explain-live", &files);
    let (conf, socket, bait) =
        (folder.path("conf.yaml"), folder.path("control.sock"), folder.path("bait"));
    let conf = conf.display().to_string();
    let daemon = Command::new(env!("CARGO_BIN_EXE_gyr"))
        .args(["-c", &conf])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let _daemon = Daemon(daemon.unwrap());
    let began = Instant::now();
    while !socket.exists() {
        assert!(began.elapsed() < Duration::from_secs(60), "no control socket");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);

    let asking = Command::new(env!("CARGO_BIN_EXE_gyr"))
        .args(["rules", "explain", "secret read", "--live", "3s", "--format", "json", "-c", &conf])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Until the answer is there: the watch may begin late.
    let answer = std::thread::spawn(move || asking.wait_with_output().unwrap());
    while !answer.is_finished() {
        drop(fs::File::open(&bait));
        std::thread::sleep(Duration::from_millis(50));
    }
    let answer = answer.join().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&answer.stdout).unwrap();
    let own = report["explanation"]["nearest"].as_array().unwrap().iter();
    let own = own.filter(|seen| seen["event"].as_str().unwrap().contains("/bait "));
    let said_no: Vec<_> = own.map(|seen| seen["said_no"].clone()).collect();
    assert_eq!(said_no, ["not user.uid = 0"], "{report:#}");

    // The permissions of the socket are not all that protects it.
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o666)).unwrap();
    let nobody = Command::new("/bin/sh")
        .args(["-c", "exec python3 -c \"$0\" \"$1\"", ASK])
        .arg(&socket)
        .uid(65_534)
        .gid(65_534)
        .output()
        .unwrap();
    assert!(nobody.status.success(), "{}", String::from_utf8_lossy(&nobody.stderr));
    assert_eq!(nobody.stdout, b"b''\n");
}

/// Sends a request and prints the answer.
const ASK: &str = "
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
try:
    s.sendall(b'{\"explain\": {\"rule\": \"off\", \"seconds\": 0, \"nearest\": 1}}\\n')
    print(s.recv(1000))
except (BrokenPipeError, ConnectionResetError):
    print(b'')
";
