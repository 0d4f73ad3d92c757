//! What results are held against: Falco 0.44, measured on a machine of this kind, and the most that Gyr may cost.

/// One row of results, and what belongs beside it.
pub(super) struct Yardstick {
    pub(super) bench: &'static str,
    pub(super) case: &'static str,
    /// Falco 0.44 with its modern eBPF probe on two CPUs under Linux 6.18: instructions as in `instructions`, times as `opens`,
    /// `flood` and `rate` take them, by the same loads.
    pub(super) falco: &'static str,
    pub(super) target: &'static str,
}

const fn row(
    bench: &'static str,
    case: &'static str,
    falco: &'static str,
    target: &'static str,
) -> Yardstick {
    Yardstick { bench, case, falco, target }
}

pub(super) static YARDSTICKS: &[Yardstick] = &[
    row("instructions", "one rule", "3,312", "450"),
    row("instructions", "25 rules", "8,387", "840"),
    row("instructions", "93 rules", "22,755", "1,340"),
    row("scaling", "93 rules × 10", "–", "2 × those of 93 rules"),
    row("inflate", "gzip", "913–1,270", "700, better 400"),
    row("replay", "unpacked, 93 rules", "0.25 M events/s", "2.5 M events/s"),
    row("peak", "one rule", "28 MiB", "–"),
    row("peak", "25 rules", "30 MiB", "–"),
    row("peak", "93 rules", "36 MiB", "–"),
    row("opens", "25 rules", "itself 1.7 s", "–"),
    row("opens", "93 rules", "itself 2.9 s, 26–41 % dropped", "itself 0.4 s, none dropped"),
    row("flood", "25 rules", "15 % dropped", "1 %"),
    row("flood", "93 rules", "79 % dropped", "1 %"),
    row("rate", "25 rules", "0.52 M events/s", "–"),
    row("rate", "93 rules", "0.25 M events/s", "–"),
    row("syscall", "Gyr, 93 rules", "+100 to +170 ns", "an empty program + 10 ns"),
    row("start", "25 rules", "2.0 s", "0.5 s"),
    row("start", "93 rules", "–", "0.5 s"),
    row("memory", "93 rules, at rest", "28 MiB", "12 MiB"),
    row("memory", "after 2000 and 6000 processes", "–", "+2 %"),
];

/// What belongs beside a row of results.
pub(super) fn beside(bench: &str, case: &str) -> Option<&'static Yardstick> {
    YARDSTICKS.iter().find(|row| row.bench == bench && row.case == case)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_yardstick_is_of_a_measurement_that_there_is() {
        for row in YARDSTICKS {
            assert!(
                super::super::BENCHES.iter().any(|bench| bench.name == row.bench),
                "{}",
                row.bench
            );
        }
    }
}
