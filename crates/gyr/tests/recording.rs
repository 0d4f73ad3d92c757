//! Live equals replay: a workload that is watched, kept by the flight recorder and recorded at the same time gives the
//! same alerts from all three. Needs the right to load eBPF.

mod shared;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use shared::{Folder, gyr, may_load_ebpf};

/// Whatever concerns the folder, and the canary on its own.
const RULES: &str = "
- rule: canary
  desc: d
  condition: evt.type in (open, openat) and fd.name=DIR/canary
  output: canary
  priority: DEBUG
  capture: true
- rule: files
  desc: d
  condition: evt.type in (open, openat, openat2) and fd.name startswith DIR/work
  output: files %proc.name %proc.args %proc.pname %proc.cwd %fd.name %fd.typechar %fd.num %evt.res %proc.aname[2] %user.uid %proc.exepath
  priority: NOTICE
- rule: programs
  desc: d
  condition: evt.type in (execve, execveat) and (proc.cwd startswith DIR/work or proc.args contains DIR/work)
  output: programs %evt.res %proc.name %proc.cmdline %proc.pcmdline %proc.cwd %proc.exepath %proc.fdopencount %proc.env %proc.is_exe_writable
  priority: NOTICE
- rule: names
  desc: d
  condition: evt.type in (unlink, unlinkat, rename, renameat, renameat2, link, linkat, symlink, symlinkat, mkdir, mkdirat, rmdir, chmod, fchmodat) and proc.cwd startswith DIR/work
  output: names %evt.type %evt.args %proc.name %fs.path.name %fs.path.source %fs.path.target
  priority: NOTICE
- rule: data
  desc: d
  condition: evt.type in (read, write, dup2, dup3, fcntl, pipe2) and proc.cwd startswith DIR/work and evt.rawres >= 0
  output: data %evt.type %proc.name %fd.name %fd.type %evt.arg.data %thread.ismain
  priority: NOTICE
- rule: network
  desc: d
  condition: evt.type in (socket, connect, sendto) and proc.cwd startswith DIR/work
  output: network %evt.type %evt.res %proc.name %fd.name %fd.l4proto %fd.sip %fd.sport %fd.connected
  priority: NOTICE
- rule: ends
  desc: d
  condition: evt.type=procexit and proc.cwd startswith DIR/work
  output: ends %proc.name %proc.ppid %proc.nchilds %evt.arg.ret
  priority: NOTICE
";

const CONF: &str = "
config_files: []
log_syslog: false
log_stderr: true
stdout_output: {enabled: true}
buffered_outputs: false
syslog_output: {enabled: false}
priority: debug
rule_matching: all
capture: {enabled: true, path_prefix: DIR/kept, before: 60s, default_duration: 3600000}
";

#[test]
fn live_equals_replay() {
    if !may_load_ebpf() {
        return;
    }
    let folder = Folder::new("live", &[("rules.yaml", RULES), ("conf.yaml", CONF)]);
    fs::create_dir(folder.path("work")).unwrap();
    let (rules, conf) = (text(&folder.path("rules.yaml")), text(&folder.path("conf.yaml")));
    let recorded = text(&folder.path("recorded.scap"));
    let watch = ["-U", "-r", &rules, "-c", &conf, "-o", "base_syscalls.all=true"];
    let mut watching = start(&watch, &folder.path("alerts"), &folder.path("log"));
    let begun = wait_for(|| {
        let _ = fs::write(folder.path("canary"), "");
        read(&folder.path("alerts")).contains("canary")
    });
    assert!(begun, "{}", read(&folder.path("log")));
    // One sees how it is made, the other finds it there: both must know that the workload does not get it.
    let pipe = std::io::pipe().unwrap();
    let record = ["record", &recorded, "-c", &conf];
    let mut recording = start(&record, &folder.path("record.out"), &folder.path("record.log"));
    assert!(wait_for(|| Path::new(&recorded).exists()), "{}", read(&folder.path("record.log")));

    let workload = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/workloads/mixed.sh");
    let mut bash = Command::new("/bin/bash");
    bash.arg(workload).arg(folder.path("work")).stderr(Stdio::null());
    assert!(bash.env_clear().env("PATH", "/usr/bin:/bin").status().unwrap().code().is_some());
    drop(pipe);
    fs::write(folder.path("work-done"), "").unwrap();
    let is_seen = || read(&folder.path("alerts")).contains("/work-done");
    assert!(wait_for(is_seen), "{}", read(&folder.path("alerts")));
    end(&mut watching);
    end(&mut recording);

    let live = read(&folder.path("alerts"));
    let live: Vec<&str> = alerts(&live).collect();
    assert!(live.len() > 100, "{live:#?}");
    for rule in ["files", "programs", "names", "data", "network", "ends"] {
        assert!(live.iter().any(|alert| alert.contains(&format!(" {rule} "))), "{rule} {live:#?}");
    }

    // What the flight recorder kept is the very same events.
    let kept = kept(&folder);
    let replay =
        gyr(&["replay", &text(&kept), "-r", &rules, "-c", &conf, "-o", "capture.enabled=false"]);
    assert_eq!(replay.status, Some(0), "{}", replay.stderr);
    compare(&live, &alerts(&replay.stdout).collect::<Vec<_>>(), "the flight recorder");

    // Another probe saw the same, at slightly different times.
    let replay =
        gyr(&["replay", &recorded, "-r", &rules, "-c", &conf, "-o", "capture.enabled=false"]);
    assert_eq!(replay.status, Some(0), "{}", replay.stderr);
    let [mut live, mut again] =
        [&live, &alerts(&replay.stdout).collect::<Vec<_>>()].map(|alerts| timeless(alerts));
    live.sort_unstable();
    again.sort_unstable();
    compare(&live, &again, "the recording");
}

#[test]
fn a_command_is_recorded_until_it_ends() {
    if !may_load_ebpf() {
        return;
    }
    let folder = Folder::new("record", &[("conf.yaml", CONF)]);
    let (file, conf) = (text(&folder.path("file.scap")), text(&folder.path("conf.yaml")));
    let filter = "evt.type=execve and proc.args contains marker";
    let script = "/bin/true marker; exit 7";
    let run = gyr(&["record", &file, "-c", &conf, "-f", filter, "--", "/bin/sh", "-c", script]);
    assert_eq!(run.status, Some(7), "{}", run.stderr);
    assert!(run.stderr.contains(" events, "), "{}", run.stderr);
    let seen = gyr(&["watch", "-r", &file, "--format", "%evt.type %proc.name %proc.pname"]);
    assert_eq!(seen.stdout, "execve sh gyr\nexecve true sh\n", "{seen:?}");

    let run = gyr(&["record", "/dev/full", "-c", &conf, "--", "/bin/true"]);
    assert_eq!(run.status, Some(1));
    assert!(run.stderr.contains("/dev/full: cannot be written: No space left"), "{}", run.stderr);
}

/// Starts the binary with files for its output.
fn start(args: &[&str], stdout: &Path, stderr: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_gyr"))
        .args(args)
        .env("TZ", "UTC")
        .stdout(fs::File::create(stdout).unwrap())
        .stderr(fs::File::create(stderr).unwrap())
        .spawn()
        .unwrap()
}

/// Ends a child as Ctrl-C does.
fn end(child: &mut Child) {
    let pid = rustix::process::Pid::from_child(child);
    let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT); // it may have ended itself
    child.wait().unwrap();
}

fn wait_for(mut is_so: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + Duration::from_secs(30);
    while Instant::now() < deadline {
        if is_so() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn alerts(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| line.contains(": Notice "))
}

fn timeless<'a>(alerts: &[&'a str]) -> Vec<&'a str> {
    alerts.iter().filter_map(|alert| Some(alert.split_once(": ")?.1)).collect()
}

fn kept(folder: &Folder) -> PathBuf {
    let files = fs::read_dir(folder.path("")).unwrap().map(|entry| entry.unwrap().path());
    let mut kept = files.filter(|path| text(path).contains("/kept_"));
    let file = kept.next().unwrap();
    assert_eq!(kept.next(), None);
    file
}

/// Shows the first difference with what is around it.
#[track_caller]
fn compare(live: &[&str], again: &[&str], what: &str) {
    let n_alike = live.iter().zip(again).take_while(|(a, b)| a == b).count();
    if n_alike == live.len() && n_alike == again.len() {
        return;
    }
    let near = |alerts: &[&str]| {
        let near = alerts.iter().skip(n_alike).take(3);
        near.map(|alert| format!("{alert}\n")).collect::<String>()
    };
    let (n_live, n_again) = (live.len(), again.len());
    panic!(
        "{what}: {n_live} alerts live, {n_again} replayed, the first {n_alike} alike\nlive:\n{}replayed:\n{}",
        near(live),
        near(again)
    );
}
