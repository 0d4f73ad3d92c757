//! `gyr selftest`, of a running Gyr and by itself.

use std::path::Path;
use std::process::Command;

use gyr_testkit::{Folder, is_root};

use crate::daemon::{Daemon, RULES};

/// Standard output, and whether it was good.
fn selftest(configuration: &Path) -> (String, bool) {
    let mut gyr = Command::new(env!("CARGO_BIN_EXE_gyr"));
    let output = gyr.arg("selftest").arg("-c").arg(configuration).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout) + &text(&output.stderr), output.status.success())
}

#[track_caller]
fn check(printed: &str, parts: &[&str]) {
    for part in parts {
        assert!(printed.contains(part), "{part:?} is missing: {printed}");
    }
}

#[test]
fn a_running_gyr_tells_of_each_output() {
    // Nobody else needs opens.
    let good =
        "stdout_output: {enabled: true}\nfile_output: {enabled: true, filename: DIR/alerts}\n";
    let Some(daemon) = Daemon::start(good, RULES) else { return };
    let configuration = daemon.folder.join("gyr.yaml");
    let (printed, is_good) = selftest(&configuration);
    let parts = [
        "selftest of the running gyr\nkernel to engine: ",
        "file: delivered after ",
        "stdout: delivered after ",
    ];
    check(&printed, &parts);
    assert!(is_good && !printed.contains("metrics"), "{printed}");
    for output in ["stdout", "alerts"] {
        let alerts = daemon.read(output);
        let n = alerts.matches(": Informational gyr selftest has opened a file (file=").count();
        assert_eq!(n, 1, "{alerts}");
    }

    let bad = "http_output: {enabled: true, url: 'http://127.0.0.1:1/'}\n";
    daemon.write_configuration(&format!("{good}{bad}"));
    daemon.reload();
    let (printed, is_good) = selftest(&configuration);
    check(&printed, &["file: delivered after ", "http: NOT delivered: "]);
    assert!(!is_good, "{printed}");
    let (stdout, _) = daemon.stop();
    assert!(stdout.contains("Triggered rules by rule name:\n   Bait: "), "it is no rule: {stdout}");
}

#[test]
fn without_one_it_is_done_alone() {
    if !is_root() {
        return;
    }
    let folder = Folder::new();
    let text = format!(
        "control_socket: ''\nstdout_output: {{enabled: true}}\njson_output: true\n\
         file_output: {{enabled: true, filename: {}}}\n\
         http_output: {{enabled: true, url: 'http://127.0.0.1:1/'}}\n",
        folder.join("none/alerts").display()
    );
    let (printed, is_good) = selftest(&folder.write("gyr.yaml", &text));
    check(
        &printed,
        &[
            "selftest of gyr by itself",
            "kernel to engine: ",
            "stdout: delivered after ",
            "file: NOT delivered: ",
            "http: NOT delivered: ",
            "\"rule\":\"Gyr self-test\"",
            "\"proc.name\":\"gyr\"",
        ],
    );
    assert!(!is_good);
}
