//! Which crate may use which: the arrows of ARCHITECTURE.md as a table, checked against the manifests.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use serde_json::Value;

/// A crate, and the crates of ours that it may use directly. Leaves first: an arrow can only point up this list.
const ARROWS: &[(&str, &[&str])] = &[
    ("event", &[]),
    ("diag", &[]),
    ("alert", &[]),
    ("filter", &["diag"]),
    ("capture", &["event"]),
    ("probe", &["capture", "event"]),
    ("state", &["event"]),
    ("host", &["state", "event"]),
    ("fields", &["filter", "state", "event"]),
    ("rules", &["filter", "fields", "event", "alert", "diag"]),
    ("engine", &["capture", "state", "fields", "rules", "alert", "filter", "event"]),
    ("outputs", &["alert"]),
    ("serve", &["outputs", "alert"]),
    ("testkit", &[]),
    ("config", &["diag"]),
];

/// Outside crates that must stay out of the core, and the only crates of ours that may have them.
const CONFINED: &[(&str, &[&str])] = &[
    ("libbpf-rs", &["gyr-probe", "gyr"]),
    ("libloading", &["gyr-plugins", "gyr"]),
    ("anyhow", &["gyr", "xtask"]),
];

/// Fails with every arrow that is not in the table.
pub(crate) fn run(_: &[String]) -> Result<()> {
    let metadata = crate::metadata(&["--no-deps"])?;
    let mut wrong = BTreeSet::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        check(package, &mut wrong);
    }
    if wrong.is_empty() {
        return Ok(());
    }
    bail!("arrows that ARCHITECTURE.md does not have:\n{}", Vec::from_iter(wrong).join("\n"));
}

fn check(package: &Value, wrong: &mut BTreeSet<String>) {
    let name = package["name"].as_str().unwrap_or_default();
    let allowed = ARROWS.iter().find(|(from, _)| name.strip_prefix("gyr-") == Some(from));
    for dependency in package["dependencies"].as_array().into_iter().flatten() {
        let used = dependency["name"].as_str().unwrap_or_default();
        let for_tests = dependency["kind"] == "dev";
        let ours = used.strip_prefix("gyr-");
        if let (Some((_, to)), Some(ours), false) = (allowed, ours, for_tests)
            && !to.contains(&ours)
        {
            wrong.insert(format!("  {name} -> {used}"));
        }
        if let Some((_, users)) = CONFINED.iter().find(|(confined, _)| *confined == used)
            && !users.contains(&name)
            && !for_tests
        {
            wrong.insert(format!("  {name} -> {used} (only in {})", users.join(", ")));
        }
    }
    if name.starts_with("gyr-") && allowed.is_none() {
        wrong.insert(format!("  {name} has no row in xtask/src/arrows.rs"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_point_up_the_list() {
        for (i, (name, used)) in ARROWS.iter().enumerate() {
            for other in *used {
                let position = ARROWS.iter().position(|(crate_name, _)| crate_name == other);
                assert!(position.is_some_and(|p| p < i), "{name} -> {other}");
            }
        }
    }

    #[test]
    fn the_manifests_keep_to_the_arrows() {
        run(&[]).unwrap();
    }
}
