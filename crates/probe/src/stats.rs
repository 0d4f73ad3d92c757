//! What the probe counts.

use gyr_event::EventCode;

/// Counts since the probe was loaded. Summed over CPUs, `attempted = delivered + ring_full + too_large`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// By number of the CPU.
    pub cpus: Vec<CpuStats>,
    /// Records lost because the ring was full, by event; only those above 0.
    pub lost_events: Vec<(EventCode, u64)>,
    /// Runs of a program that the kernel skipped because it was under way on the CPU already.
    pub missed_recursion: u64,
}

/// The counts of one CPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuStats {
    /// Records begun; each took the next sequence number.
    pub attempted: u64,
    /// Records put on the ring.
    pub delivered: u64,
    /// Records lost because the ring was full.
    pub ring_full: u64,
    /// Records lost because the format cannot hold so much.
    pub too_large: u64,
    /// Runs without scratch memory: programs under way had it all. Not attempted.
    pub nested: u64,
    /// Parameters sent empty because user memory could not be read.
    pub faults: u64,
    /// Records read from the ring.
    pub received: u64,
    /// Sequence numbers missing between records read.
    pub gaps: u64,
}

impl CpuStats {
    /// Events that were meant to be sent and were not.
    pub const fn dropped(&self) -> u64 {
        self.ring_full + self.too_large + self.nested
    }
}

impl Stats {
    /// The sum over all CPUs of one count.
    pub fn sum(&self, count: impl Fn(&CpuStats) -> u64) -> u64 {
        self.cpus.iter().map(count).sum()
    }
}
