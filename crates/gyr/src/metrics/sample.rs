//! All numbers at one moment, and what does not change between them.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gyr_outputs::Stats as OutputStats;
use gyr_serve::HubStats;

use super::answer::Answer;
use super::events::Series;
use super::resources::Resources;

/// All numbers at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) facts: Arc<Facts>,
    /// Nanoseconds since the epoch.
    pub(crate) now: u64,
    pub(crate) engine: Answer,
    /// For how long the engine has not looked up from its events.
    pub(crate) turn_age: Option<Duration>,
    /// Good ones and failed ones.
    pub(crate) reloads: (u64, u64),
    pub(crate) outputs: Vec<(&'static str, OutputStats)>,
    pub(crate) hub: Option<HubStats>,
    pub(crate) resources: Resources,
    pub(crate) events: Vec<(Series, u64)>,
}

/// What does not change while the program runs, or only with a reload. Times are nanoseconds since the epoch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) version: String,
    pub(crate) hostname: String,
    pub(crate) kernel_release: String,
    pub(crate) n_cpus: u64,
    pub(crate) boot: u64,
    pub(crate) start: u64,
    pub(crate) reload: u64,
    /// As Falco names it.
    pub(crate) engine_name: &'static str,
    pub(crate) source: &'static str,
    /// Names of files, and the SHA-256 of what they hold.
    pub(crate) rules_files: Vec<(String, String)>,
    pub(crate) config_files: Vec<(String, String)>,
}

/// Nanoseconds since the epoch.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

impl Sample {
    /// A sum over all that the kernel counts; 0 if no kernel does.
    pub(crate) fn kernel(&self, count: impl Fn(&gyr_probe::CpuStats) -> u64) -> u64 {
        self.engine.kernel.as_ref().map_or(0, |stats| stats.sum(count))
    }

    pub(crate) fn kernel_drops(&self) -> u64 {
        self.engine.kernel.as_ref().map_or(0, gyr_probe::Stats::dropped)
    }

    pub(crate) fn output_drops(&self) -> u64 {
        self.outputs.iter().map(|(_, stats)| stats.n_full).sum()
    }
}
