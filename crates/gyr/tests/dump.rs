//! Every field of every event of a workload, live and from the capture that it left: the same. Needs the right to load eBPF.

mod shared;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use shared::{Folder, gyr, may_load_ebpf};

const CONF: &str = "
config_files: []
log_syslog: false
log_stderr: true
stdout_output: {enabled: true}
buffered_outputs: false
syslog_output: {enabled: false}
priority: debug
json_output: true
json_include_output_property: false
outputs_queue: {capacity: 0}
capture: {enabled: true, path_prefix: DIR/kept, default_duration: 3600000}
";

/// With arguments, beside all that need none.
const MORE: &str = "%evt.arg[0] %evt.arg[1] %evt.arg.flags %evt.rawarg.flags %evt.abspath %proc.aname[0] %proc.aname[1] \
                    %proc.aname[2] %proc.apid[1] %proc.aexepath[1] %proc.acmdline[2] %proc.env[PATH] \
                    %proc.aenv[1] %thread.cgroup.cpu %fd.types[0]";

/// All that the workload does, but for what other programs do all the time.
const CONDITION: &str = "evt.type in (execve, clone, clone3, vfork, procexit, open, openat, creat, chdir, dup, dup2, dup3, \
                         pipe, pipe2, fcntl, mkdir, rmdir, unlink, unlinkat, rename, renameat, renameat2, link, linkat, \
                         symlink, symlinkat, chmod, fchmodat, fchmod, socket, connect, bind, sendto, setpgid, setsid, \
                         getcwd, prlimit, umask, sysinfo, uname, kill) and proc.env[GYR_DUMP]=yes";

/// What counts from the first event of the run.
const APART: &[&str] = &["evt.num", "evt.reltime", "evt.deltatime"];

/// What the capture does not tell of that which was there before it (crates/state/src/checkpoint.rs).
const LOST: &[&str] = &["fd.nameraw"];

#[test]
fn the_dump_of_a_workload_is_that_of_its_capture() {
    if !may_load_ebpf() {
        return;
    }
    let listed: Value = serde_json::from_str(&gyr(&["--list", "--format", "json"]).stdout).unwrap();
    let classes = listed["fieldclasses"].as_array().unwrap().iter();
    let fields: String = classes
        .flat_map(|class| class["fields"].as_array().unwrap())
        .filter(|field| field["argument"]["required"] != true)
        .map(|field| format!("%{} ", field["name"].as_str().unwrap()))
        .collect();
    let rule = format!(
        "- {{rule: dump, desc: d, condition: '{CONDITION}', output: '{fields}{MORE}', priority: DEBUG, \
         capture: true, warn_evttypes: false}}\n"
    );
    let folder = Folder::new("dump", &[("rules.yaml", rule.as_str()), ("conf.yaml", CONF)]);
    fs::create_dir(folder.path("work")).unwrap();
    let (rules, conf) = (text(&folder.path("rules.yaml")), text(&folder.path("conf.yaml")));
    let common = ["-r", &rules, "-c", &conf];
    let mut watching = Running(start(&common, &folder));
    let seen = |what: &str| read(&folder.path("alerts")).contains(what);
    let begun = wait_for(|| {
        workload(&["-c", ":"]);
        seen("procexit") || watching.0.try_wait().unwrap().is_some()
    });
    assert!(begun && seen("procexit"), "{}", read(&folder.path("log")));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/workloads/mixed.sh");
    workload(&[script, &text(&folder.path("work"))]);
    workload(&["-c", ": the end of the dump"]);
    assert!(wait_for(|| seen("the end of the dump")), "{}", read(&folder.path("log")));
    drop(watching);

    let kept = fs::read_dir(folder.path("")).unwrap().map(|entry| entry.unwrap().path());
    let kept: Vec<PathBuf> = kept.filter(|path| text(path).contains("/kept_")).collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    let replay = [&["replay", &text(&kept[0])], &common[..], &["-o", "capture.enabled=false"]];
    let replay = gyr(&replay.concat());
    assert_eq!(replay.status, Some(0), "{}", replay.stderr);
    let (live, again) = (dump(&read(&folder.path("alerts"))), dump(&replay.stdout));
    assert!(live.len() > 300, "{} events", live.len());
    compare(&live, &again);
}

fn dump(text: &str) -> Vec<Value> {
    let alerts = text.lines().filter(|line| line.starts_with('{'));
    alerts
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["output_fields"].take())
        .collect()
}

/// The first difference of each field.
fn compare(live: &[Value], again: &[Value]) {
    let mut wrong: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for (a, b) in live.iter().zip(again) {
        for (name, want) in a.as_object().unwrap() {
            let is_apart = APART.iter().any(|apart| name.starts_with(apart));
            let is_lost = LOST.contains(&name.as_str()) && (b[name].is_null() || b[name] == "");
            // Fds that a capture starts with are in another order.
            let [want, have] = if name == "fd.types" {
                [want, &b[name]].map(sorted)
            } else {
                [want, &b[name]].map(Value::clone)
            };
            if want != have && !is_apart && !is_lost {
                let example = || {
                    let of = ["evt.num", "evt.type", "evt.args", "proc.cmdline"].map(|of| &a[of]);
                    format!("live {want}, replayed {have} of {of:?}")
                };
                wrong.entry(name.clone()).or_insert_with(|| (0, example())).0 += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{} events live, {} replayed\n{wrong:#?}", live.len(), again.len());
    assert_eq!(live.len(), again.len());
}

fn sorted(list: &Value) -> Value {
    let mut items = list.as_array().cloned().unwrap_or_default();
    items.sort_by_key(Value::to_string);
    items.into()
}

/// Bash with these arguments, so that the dump is of it and what it starts.
fn workload(args: &[&str]) {
    let mut bash = Command::new("/bin/bash");
    let bash = bash.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let bash = bash.env_clear().env("PATH", "/usr/bin:/bin").env("GYR_DUMP", "yes");
    assert!(bash.status().unwrap().code().is_some());
}

fn start(args: &[&str], folder: &Folder) -> Child {
    Command::new(env!("CARGO_BIN_EXE_gyr"))
        .args(args)
        .env("TZ", "UTC")
        .env("FALCO_HOSTNAME", "vm")
        .stdout(fs::File::create(folder.path("alerts")).unwrap())
        .stderr(fs::File::create(folder.path("log")).unwrap())
        .spawn()
        .unwrap()
}

/// Ends as Ctrl-C ends it, when the test does.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.0);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT); // it may have ended itself
        let _ = self.0.wait();
    }
}

fn wait_for(mut is_so: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline {
        if is_so() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}
