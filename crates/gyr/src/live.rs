//! Live capture: the probe, what existed before it, and what can be asked about the machine meanwhile.

use std::path::PathBuf;

use anyhow::Result;
use gyr_config::Config;
use gyr_event::Interest;
use gyr_event::snapshot::Snapshot;
use gyr_probe::{EntryTracepoints, Probe};

use crate::network;

/// What live capture consists of.
pub(crate) struct Live {
    pub(crate) probe: Probe,
    /// As it was just after the probe began: what happens meanwhile waits in the ring.
    pub(crate) snapshot: Snapshot,
    pub(crate) host: gyr_host::Live,
}

/// Starts the probe with what the configuration says about it. A run that has given up privileges brings the tracepoints that it
/// opened before.
pub(crate) fn start(
    config: &Config,
    interest: Interest,
    entries: Option<EntryTracepoints>,
) -> Result<Live> {
    let default = gyr_probe::Config::default();
    let entries = entries.unwrap_or_else(|| EntryTracepoints::open(&interest));
    let mut probe = Probe::load(&gyr_probe::Config {
        interest,
        ring_bytes: ring_bytes(config),
        snaplen: match config.libs.snaplen {
            0 => default.snaplen,
            snaplen => u32::try_from(snaplen).unwrap_or(u32::MAX),
        },
        drop_failed: config.engine.modern_ebpf.drop_failed_exit,
    })?;
    probe.attach(entries)?;
    network::resolve();
    let root = host_root();
    let snapshot = gyr_host::snapshot(&root);
    Ok(Live { probe, snapshot, host: gyr_host::Live::new(&root) })
}

/// Where the host's file system is seen; containers name it.
pub(crate) fn host_root() -> PathBuf {
    std::env::var_os("HOST_ROOT").map_or_else(|| "/".into(), PathBuf::from)
}

/// How many buffers of which size, together: we have one ring.
fn ring_bytes(config: &Config) -> u32 {
    let settings = config.engine.modern_ebpf;
    let n_cpus = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let n_buffers = match settings.cpus_for_each_buffer {
        0 => 1,
        n => n_cpus.div_ceil(n),
    };
    let mib = n_buffers << (settings.buf_size_preset.clamp(1, 10) - 1);
    u32::try_from(mib << 20).unwrap_or(u32::MAX)
}
