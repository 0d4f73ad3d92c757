//! What an output has seen.

use std::time::Duration;

/// What an output has seen since the start: `n_produced = n_delivered + n_dropped() + n_waiting`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Alerts that it should have taken.
    pub n_produced: u64,
    pub n_delivered: u64,
    /// Dropped because its queue was full.
    pub n_full: u64,
    /// Dropped because it could not take them.
    pub n_failed: u64,
    /// Dropped because it was not ready in time at the end.
    pub n_discarded: u64,
    /// In its queue, or being sent.
    pub n_waiting: usize,
    pub bytes_waiting: usize,
    /// From the engine to delivery.
    pub latency: Latency,
}

/// How long things took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    pub sum: Duration,
    pub max: Duration,
    /// How many took no longer than the bound at the same place of [`LATENCY_BOUNDS`], and longer than the one before.
    pub counts: [u64; LATENCY_BOUNDS.len()],
}

/// Upper bounds of the classes of [`Latency`]; the longest of all are in none.
pub const LATENCY_BOUNDS: [Duration; 6] = [
    Duration::from_micros(100),
    Duration::from_millis(1),
    Duration::from_millis(10),
    Duration::from_millis(100),
    Duration::from_secs(1),
    Duration::from_secs(10),
];

impl Stats {
    /// Alerts that are lost to this output, for whatever cause.
    pub const fn n_dropped(&self) -> u64 {
        self.n_full + self.n_failed + self.n_discarded
    }

    /// Adds what another output of the same name has seen.
    pub(crate) fn add(&mut self, other: &Self) {
        self.n_produced += other.n_produced;
        self.n_delivered += other.n_delivered;
        self.n_full += other.n_full;
        self.n_failed += other.n_failed;
        self.n_discarded += other.n_discarded;
        self.n_waiting += other.n_waiting;
        self.bytes_waiting += other.bytes_waiting;
        self.latency.sum += other.latency.sum;
        self.latency.max = self.latency.max.max(other.latency.max);
        for (count, other) in self.latency.counts.iter_mut().zip(other.latency.counts) {
            *count += other;
        }
    }
}

impl Latency {
    pub(crate) fn count(&mut self, took: Duration) {
        self.sum = self.sum.saturating_add(took);
        self.max = self.max.max(took);
        let class = LATENCY_BOUNDS.partition_point(|bound| *bound < took);
        if let Some(count) = self.counts.get_mut(class) {
            *count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_is_in_the_first_class_that_holds_it() {
        let mut latency = Latency::default();
        for took in [0, 100, 101, 20_000_000].map(Duration::from_micros) {
            latency.count(took);
        }
        assert_eq!(latency.counts, [2, 1, 0, 0, 0, 0]);
        assert_eq!(latency.sum, Duration::from_micros(20_000_201));
        assert_eq!(latency.max, Duration::from_secs(20));
    }
}
