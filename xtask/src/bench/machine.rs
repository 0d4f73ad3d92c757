//! The facts of the machine that a table of results is worth nothing without.

use std::fs;

/// Prints them, one a line.
pub(super) fn print() {
    println!("kernel   {}", first_line("/proc/sys/kernel/osrelease"));
    println!("cpu      {}", cpu());
    println!("cpus     {}", std::thread::available_parallelism().map_or(0, usize::from));
    println!("memory   {}", first_line("/proc/meminfo").trim_start_matches("MemTotal:").trim());
    println!("load     {}", first_line("/proc/loadavg"));
    println!(
        "probes   {} eBPF programs of others are attached, which every call pays for",
        n_probes()
    );
}

/// Programs on tracepoints that some process of this machine holds; only root sees those of others.
fn n_probes() -> usize {
    let folders = fs::read_dir("/proc").into_iter().flatten().flatten();
    let descriptors = folders.filter_map(|folder| fs::read_dir(folder.path().join("fdinfo")).ok());
    let texts = descriptors.flatten().flatten().filter_map(|fd| fs::read_to_string(fd.path()).ok());
    texts.filter(|text| text.lines().any(|line| line.starts_with("link_type:"))).count()
}

fn first_line(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().lines().next().unwrap_or_default().to_owned()
}

fn cpu() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name"));
    model.unwrap_or_default().trim_start_matches([' ', '\t', ':']).to_owned()
}
