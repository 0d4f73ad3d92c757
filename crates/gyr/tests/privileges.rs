//! What a run keeps of its privileges, and what it can do with the few that it needs. Needs root.

mod shared;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use shared::{Folder, may_load_ebpf};

const RULES: &str = "
- rule: canary
  desc: d
  condition: evt.type in (open, openat) and fd.name=DIR/canary
  output: canary
  priority: WARNING
";

const CONF: &str = "
config_files: []
log_syslog: false
syslog_output: {enabled: false}
stdout_output: {enabled: true}
buffered_outputs: false
webserver: {enabled: false}
file_output: {enabled: true, filename: DIR/alerts}
grpc: {enabled: true, bind_address: unix://DIR/socket}
grpc_output: {enabled: true}
";

/// CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE, CAP_PERFMON, CAP_BPF (linux/capability.h).
const NEEDED: u64 = 1 << 2 | 1 << 19 | 1 << 38 | 1 << 39;

#[test]
fn no_thread_keeps_more_than_is_needed() {
    if !may_load_ebpf() {
        return;
    }
    let folder = Folder::new("privileges", &[("rules.yaml", RULES), ("conf.yaml", CONF)]);
    let mut gyr = Command::new(env!("CARGO_BIN_EXE_gyr"));
    let gyr = Running(watch(&mut gyr, &folder));
    let tasks = fs::read_dir(format!("/proc/{}/task", gyr.0.id())).unwrap();
    let threads: Vec<_> = tasks.map(|task| status(&task.unwrap().path())).collect();
    assert!(threads.len() > 2, "{threads:?}");
    for thread in &threads {
        assert_eq!(thread, &[NEEDED, NEEDED, NEEDED, 0, 0, 1, 2], "{threads:?}");
    }
}

#[test]
fn the_start_of_opens_is_watched_by_tracepoints_of_their_own() {
    if !may_load_ebpf() {
        return;
    }
    let folder = Folder::new("entries", &[("rules.yaml", RULES), ("conf.yaml", CONF)]);
    let mut gyr = Command::new(env!("CARGO_BIN_EXE_gyr"));
    let gyr = Running(watch(&mut gyr, &folder));
    let fds = fs::read_dir(format!("/proc/{}/fd", gyr.0.id())).unwrap();
    let links = fds.filter_map(|fd| fs::read_link(fd.unwrap().path()).ok());
    let n_events = links.filter(|link| link.ends_with("anon_inode:[perf_event]")).count();
    assert!(n_events >= 2, "{n_events}");
}

#[test]
fn a_user_of_its_own_with_the_needed_capabilities_will_do() {
    if !may_load_ebpf() {
        return;
    }
    let folder = Folder::new("own-user", &[("rules.yaml", RULES), ("conf.yaml", CONF)]);
    let binary = folder.path("gyr");
    fs::copy(env!("CARGO_BIN_EXE_gyr"), &binary).unwrap();
    const NOBODY: u32 = 65534;
    std::os::unix::fs::chown(folder.path(""), Some(NOBODY), Some(NOBODY)).unwrap();
    let capabilities = "-all,+bpf,+perfmon,+dac_read_search,+sys_ptrace";
    let mut setpriv = Command::new("setpriv");
    setpriv.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    setpriv.arg(format!("--inh-caps={capabilities}")).arg(format!("--ambient-caps={capabilities}"));
    setpriv.arg(binary);
    let gyr = Running(watch(&mut setpriv, &folder));
    let status = fs::read_to_string(format!("/proc/{}/status", gyr.0.id())).unwrap();
    assert!(status.contains("\nUid:\t65534\t65534\t65534\t65534\n"), "{status}");
}

/// Ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill(); // it may have ended itself
        let _ = self.0.wait();
    }
}

/// Starts the command with arguments for the folder's files, and waits for its first alert in the file.
fn watch(command: &mut Command, folder: &Folder) -> Child {
    let log = folder.path("log");
    let child = command
        .arg("-c")
        .arg(folder.path("conf.yaml"))
        .arg("-r")
        .arg(folder.path("rules.yaml"))
        .stdout(Stdio::null())
        .stderr(fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    let is_seen = || {
        let _ = fs::write(folder.path("canary"), "");
        fs::read_to_string(folder.path("alerts")).is_ok_and(|alerts| alerts.contains("canary"))
    };
    while !is_seen() {
        assert!(Instant::now() < deadline, "{}", fs::read_to_string(&log).unwrap_or_default());
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

/// Permitted, effective and bounding capabilities, inheritable and ambient ones, no_new_privs, the mode of seccomp.
fn status(task: &Path) -> [u64; 7] {
    let text = fs::read_to_string(task.join("status")).unwrap();
    let number = |name: &str, base| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        u64::from_str_radix(line.trim(), base).unwrap()
    };
    let capabilities =
        ["CapPrm:", "CapEff:", "CapBnd:", "CapInh:", "CapAmb:"].map(|name| number(name, 16));
    let [permitted, effective, bounding, inheritable, ambient] = capabilities;
    let (no_new_privs, seccomp) = (number("NoNewPrivs:", 10), number("Seccomp:", 10));
    [permitted, effective, bounding, inheritable, ambient, no_new_privs, seccomp]
}
