//! What the probe counts.

use gyr_event::EventCode;

/// Counts since the probe was loaded. Summed over CPUs, `attempted = delivered + ring_full + too_large`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// By number of the CPU.
    pub cpus: Vec<CpuStats>,
    /// Records lost because the ring was full, by event; only those above 0.
    pub lost_events: Vec<(EventCode, u64)>,
    /// The programs that are attached; those that they pass events on to count as theirs.
    pub programs: Vec<ProgramStats>,
    /// Of the ring: its size, how much waits in it, and the most that was ever found waiting.
    pub ring_bytes: u64,
    pub ring_used: u64,
    pub ring_peak: u64,
}

/// What the kernel counts of one program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProgramStats {
    pub name: &'static str,
    /// How often it ran, and for how long; 0 unless the sysctl kernel.bpf_stats_enabled is set.
    pub runs: u64,
    pub nanoseconds: u64,
    /// Runs skipped because it was under way on the CPU already.
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
    /// Calls whose name or address could not be read when they began: a change of it before they ended would go unseen.
    pub enter_faults: u64,
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
    /// Everything that was meant to be sent and was not.
    pub fn dropped(&self) -> u64 {
        let missed: u64 = self.programs.iter().map(|program| program.missed_recursion).sum();
        missed + self.sum(CpuStats::dropped)
    }

    /// The sum over all CPUs of one count.
    pub fn sum(&self, count: impl Fn(&CpuStats) -> u64) -> u64 {
        self.cpus.iter().map(count).sum()
    }
}
