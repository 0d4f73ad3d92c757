//! How long conditions of rules take: measured for one event in many, since a look at the clock costs as much as a comparison.

use std::time::Instant;

/// One event in so many is measured. A prime, so that no habit of a program falls into step with it.
const STRIDE: u32 = 1_021;

/// The times of one event.
#[derive(Debug)]
pub(crate) struct Laps {
    /// So many events until the next that is measured.
    left: u32,
    /// When the last lap ended.
    since: Instant,
    /// Places of rules, and the nanoseconds of each.
    times: Vec<(usize, u64)>,
}

impl Default for Laps {
    fn default() -> Self {
        Self { left: STRIDE, since: Instant::now(), times: Vec::new() }
    }
}

impl Laps {
    /// Whether this event shall be measured; then the first lap begins.
    #[inline]
    pub(crate) fn begin(&mut self) -> bool {
        self.left -= 1;
        if self.left > 0 {
            return false;
        }
        self.left = STRIDE;
        self.since = Instant::now();
        true
    }

    /// A lap ends: that of a rule, or of what was done for several.
    pub(crate) fn lap(&mut self, place: Option<usize>) {
        let now = Instant::now();
        if let Some(place) = place {
            let time = now.saturating_duration_since(self.since).as_nanos();
            self.times.push((place, u64::try_from(time).unwrap_or(u64::MAX)));
        }
        self.since = now;
    }

    /// What all events may have taken, by place of the rule.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = (usize, u64)> {
        self.times.drain(..).map(|(place, time)| (place, time.saturating_mul(STRIDE.into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_event_in_many_stands_for_all() {
        let mut laps = Laps::default();
        let n_measured = (0..STRIDE * 3).filter(|_| laps.begin()).count();
        assert_eq!(n_measured, 3);
        laps.lap(None);
        std::thread::sleep(std::time::Duration::from_micros(10));
        laps.lap(Some(7));
        let times: Vec<_> = laps.drain().collect();
        assert!(
            matches!(times[..], [(7, time)] if time >= 10_000 * u64::from(STRIDE)),
            "{times:?}"
        );
        assert_eq!(laps.drain().count(), 0);
    }
}
