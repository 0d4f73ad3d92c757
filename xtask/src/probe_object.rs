//! `cargo xtask probe-object`: the checked-in object of the probe, for builds without clang.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// Where the object is kept, from the root of the repository.
const PREBUILT: &str = "crates/probe/prebuilt/x86_64.bpf.o";

/// The compiler whose bytes are checked in: Debian 12's. Others give other bytes.
const CLANG: &str = "clang version 14.0.6";

/// Builds the object and keeps it; with `--check` only compares.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let check = crate::check_flag(args)?;
    let clang = Command::new("clang").arg("--version").output().context("cannot run clang")?;
    if !String::from_utf8_lossy(&clang.stdout).contains(CLANG) {
        ensure!(check, "the object is made by {CLANG}, which this machine does not have");
        println!("not compared: the object is made by {CLANG}, which this machine does not have");
        return Ok(());
    }
    let path = crate::root().join(PREBUILT);
    let built = std::fs::read(built_object()?).context("cannot read the built object")?;
    if check {
        let have = std::fs::read(&path).context(PREBUILT)?;
        ensure!(have == built, "{PREBUILT} is stale: run `cargo xtask probe-object`");
        return Ok(());
    }
    std::fs::write(&path, built).context(PREBUILT)
}

/// Lets cargo build the probe and says where its build script put the object.
fn built_object() -> Result<PathBuf> {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--package=gyr-probe", "--message-format=json"])
        .env("GYR_PROBE_CLANG", "required")
        .current_dir(crate::root())
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot run cargo build")?;
    ensure!(output.status.success(), "cargo build failed");
    output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Value>(line).ok())
        .filter(|message| message["reason"] == "build-script-executed")
        .filter(|message| {
            message["package_id"].as_str().is_some_and(|id| id.contains("crates/probe"))
        })
        .find_map(|message| Some(PathBuf::from(message["out_dir"].as_str()?).join("probe.bpf.o")))
        .context("cargo named no object")
}
