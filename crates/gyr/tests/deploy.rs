//! What is in deploy/ fits the program.

mod shared;

use std::fs;
use std::path::Path;

use shared::{Folder, gyr};

fn deploy(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(file);
    fs::read_to_string(path).unwrap()
}

#[test]
fn all_grant_the_same_capabilities() {
    let needed = ["BPF", "PERFMON", "DAC_READ_SEARCH", "SYS_PTRACE"];
    let unit = deploy("systemd/gyr.service");
    for key in ["AmbientCapabilities=", "CapabilityBoundingSet="] {
        let line = unit.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        let granted: Vec<_> =
            line.split(' ').map(|name| name.strip_prefix("CAP_").unwrap()).collect();
        assert_eq!(granted, needed, "{key}");
    }
    let added = format!("add: [{}]", needed.join(", "));
    assert!(deploy("kubernetes/daemonset.yaml").contains(&added));
    let image = deploy("image/Dockerfile");
    for name in needed {
        assert!(image.contains(&format!("--cap-add={name}")), "{name}");
    }
}

#[test]
fn the_manifests_configuration_loads() {
    let manifest = deploy("kubernetes/daemonset.yaml");
    let (_, rest) = manifest.split_once("  gyr.yaml: |\n").unwrap();
    let config: String = rest
        .lines()
        .map_while(|line| line.strip_prefix("    "))
        .map(|line| format!("{line}\n"))
        .collect();
    let folder = Folder::new("manifest", &[("gyr.yaml", &config), ("my_rules.yaml", "[]")]);
    let config = config.replace("/etc/gyr/", &format!("{}/", folder.path("").display()));
    fs::write(folder.path("gyr.yaml"), &config).unwrap();
    let run = gyr(&["--dry-run", "-c", &folder.path("gyr.yaml").display().to_string()]);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    assert!(run.stderr.contains("schema validation: ok"), "{}", run.stderr);
    assert!(!run.stderr.contains("failed"), "{}", run.stderr);
}
