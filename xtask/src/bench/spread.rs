//! Many measurements of one thing: the one in the middle, and how far they lie apart.

/// What the rounds of one measurement gave, in ascending order.
#[derive(Debug)]
pub(super) struct Spread(Vec<f64>);

impl Spread {
    pub(super) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    /// The one in the middle, or the upper of two; 0 of none.
    pub(super) fn median(&self) -> f64 {
        self.0.get(self.0.len() / 2).copied().unwrap_or_default()
    }

    /// The median and both ends, with a unit: `0.52 s (0.50–0.61)`.
    pub(super) fn text(&self, decimals: usize, unit: &str) -> String {
        let median = self.median();
        let [least, most] =
            [self.0.first(), self.0.last()].map(|end| end.copied().unwrap_or_default());
        format!("{median:.decimals$} {unit} ({least:.decimals$}–{most:.decimals$})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_told_with_both_ends() {
        assert_eq!(Spread::of([0.3, 0.1, 0.2]).text(1, "s"), "0.2 s (0.1–0.3)");
        assert_eq!(Spread::of([]).text(0, "s"), "0 s (0–0)");
    }
}
