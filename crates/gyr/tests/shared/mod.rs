//! What the tests of the binary share: running it, folders with files, the reference data.
#![allow(dead_code, reason = "each test program uses a part")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How a run of the binary went.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the binary, in UTC, on a host called vm.
pub(crate) fn gyr(args: &[impl AsRef<std::ffi::OsStr>]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_gyr"))
        .args(args)
        .env("TZ", "UTC")
        .env("FALCO_HOSTNAME", "vm")
        .output();
    let output = output.expect("the binary was built for this test");
    Run {
        status: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A folder with files, gone at the end; in their texts `DIR` stands for it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let folder = Self(std::env::temp_dir().join(format!("gyr-{name}-{}", std::process::id())));
        fs::create_dir_all(&folder.0).expect("the temporary folder can be written");
        for (file, text) in files {
            let path = folder.0.join(file);
            fs::write(path, folder.fill_in(text)).expect("the temporary folder can be written");
        }
        folder
    }

    pub(crate) fn fill_in(&self, text: &str) -> String {
        text.replace("DIR", &self.0.display().to_string())
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.0.join(file)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // a leftover in the temporary folder fails no test
    }
}

/// The folder with what real Falco answered, if it is here.
pub(crate) fn reference() -> Option<PathBuf> {
    let dir = std::env::var_os("GYR_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    if dir.is_dir() {
        return Some(dir);
    }
    #[allow(clippy::print_stderr, reason = "a skipped test must say so")]
    {
        eprintln!("skipped: {} is not here", dir.display());
    }
    None
}

/// Whether live tests can run; says so if they cannot, and fails under REQUIRE_BPF=1.
pub(crate) fn may_load_ebpf() -> bool {
    // CAP_SYS_ADMIN, or CAP_BPF with CAP_PERFMON.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let bits = effective.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0);
    let may = bits >> 21 & 1 == 1 || bits >> 38 & 3 == 3;
    assert!(may || std::env::var_os("REQUIRE_BPF").is_none(), "eBPF may not be loaded here");
    #[allow(clippy::print_stderr, reason = "a skipped test must say so")]
    if !may {
        eprintln!("skipped: eBPF may not be loaded here");
    }
    may
}
