//! What we use, and what the machine uses, from /proc.

use std::fs;
use std::path::Path;

/// Sizes in KiB unless they say otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Resources {
    /// Percent of one CPU since we started.
    pub(crate) cpu_percent: f64,
    pub(crate) rss: u64,
    pub(crate) vsz: u64,
    pub(crate) pss: u64,
    /// Bytes of our control group.
    pub(crate) container_bytes: u64,
    /// Percent of all CPUs since boot.
    pub(crate) host_cpu_percent: f64,
    pub(crate) host_memory: u64,
    pub(crate) host_procs_running: u64,
    pub(crate) host_open_fds: u64,
}

impl Resources {
    /// What cannot be read counts as 0.
    pub(crate) fn read() -> Self {
        let status = read("/proc/self/status");
        let stat = read("/proc/stat");
        Self {
            cpu_percent: cpu_percent(&read("/proc/self/stat"), &read("/proc/uptime")),
            rss: number_after(&status, "VmRSS:"),
            vsz: number_after(&status, "VmSize:"),
            pss: number_after(&read("/proc/self/smaps_rollup"), "Pss:"),
            container_bytes: container_bytes(),
            host_cpu_percent: host_cpu_percent(&stat),
            host_memory: host_memory(&read("/proc/meminfo")),
            host_procs_running: number_after(&stat, "procs_running"),
            host_open_fds: numbers(&read("/proc/sys/fs/file-nr")).next().unwrap_or_default(),
        }
    }
}

/// When the machine started: seconds since the epoch.
pub(crate) fn boot_time() -> u64 {
    number_after(&read("/proc/stat"), "btime")
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn numbers(text: &str) -> impl Iterator<Item = u64> {
    text.split_whitespace().map_while(|word| word.parse().ok())
}

fn number_after(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| numbers(rest).next()).unwrap_or_default()
}

/// `stat` is proc(5)'s /proc/self/stat: times are in ticks, of which there are 100 a second.
fn cpu_percent(stat: &str, uptime: &str) -> f64 {
    // The name in parentheses may hold anything.
    let Some((_, rest)) = stat.rsplit_once(") ") else { return 0.0 };
    let field = |n: usize| rest.split(' ').nth(n - 3).and_then(|field| field.parse::<f64>().ok());
    let (Some(user), Some(system), Some(start)) = (field(14), field(15), field(22)) else {
        return 0.0;
    };
    let uptime = uptime.split(' ').next().and_then(|seconds| seconds.parse::<f64>().ok());
    let elapsed = uptime.unwrap_or_default() * 100.0 - start;
    if elapsed > 0.0 { (user + system) / elapsed * 100.0 } else { 0.0 }
}

fn host_cpu_percent(stat: &str) -> f64 {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu ")).unwrap_or_default();
    // user nice system idle iowait irq softirq steal …
    let times: Vec<u64> = numbers(line).take(8).collect();
    let total: u64 = times.iter().sum();
    let idle: u64 = times.iter().skip(3).take(2).sum();
    if total > 0 { (total - idle) as f64 / total as f64 * 100.0 } else { 0.0 }
}

fn host_memory(meminfo: &str) -> u64 {
    let of = |name| number_after(meminfo, name);
    let cached = (of("Cached:") + of("SReclaimable:")).saturating_sub(of("Shmem:"));
    of("MemTotal:").saturating_sub(of("MemFree:") + of("Buffers:") + cached)
}

/// Of the file that the environment names, else of the first version's or the second version's own.
fn container_bytes() -> u64 {
    let named = std::env::var_os("FALCO_CGROUP_MEM_PATH");
    let path = named.unwrap_or_else(|| "/sys/fs/cgroup/memory/memory.usage_in_bytes".into());
    let text = read(&path);
    let text = if text.is_empty() { read("/sys/fs/cgroup/memory.current") } else { text };
    numbers(&text).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_proc_are_read() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 1 0 1000 1 1";
        assert_eq!(cpu_percent(stat, "30.00 12.00\n"), 10.0);
        assert_eq!(cpu_percent("", ""), 0.0);
        let stat = "cpu  10 0 10 70 10 0 0 0 5 0\ncpu0 1\nbtime 17\nprocs_running 3\n";
        assert_eq!(host_cpu_percent(stat), 20.0);
        assert_eq!(number_after(stat, "btime"), 17);
        let meminfo =
            "MemTotal: 100 kB\nMemFree: 20 kB\nBuffers: 5 kB\nCached: 10 kB\nShmem: 4 kB\n";
        assert_eq!(host_memory(meminfo), 69);
    }

    #[test]
    fn we_use_something() {
        let Resources { rss, vsz, host_memory, .. } = Resources::read();
        assert!(rss > 0 && vsz > rss && host_memory > 0);
        assert!(boot_time() > 0);
    }
}
