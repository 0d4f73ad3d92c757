//! Comparisons of numbers: one search in a sorted table answers all of a field.

use std::ops::Range;

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::bits::{Asked, Bit, set, store};
use crate::Value;
use crate::ast::Modifier;
use crate::literal::{Comparison, Literal};

/// All numbers that a field is compared with, and the answers at and between them.
#[derive(Clone, Debug)]
pub(crate) struct NumberTable {
    is_signed: bool,
    /// Sorted.
    points: Vec<u64>,
    n_words: usize,
    /// Rows of answers: below the first point, at it, above it and below the second, at that, ...; and one for values that are
    /// no such number at all.
    rows: Vec<u64>,
}

impl NumberTable {
    /// `None` if there is a literal that is not a whole number or a truth value.
    pub(crate) fn new(is_signed: bool, asked: &[Asked<'_>], n_words: usize) -> Option<Self> {
        let key = |literal: &Literal| key(is_signed, literal.value());
        let literals = asked.iter().flat_map(|asked| asked.literals);
        let mut points = literals.map(key).collect::<Option<Vec<u64>>>()?;
        points.sort_unstable();
        points.dedup();
        let mut table =
            Self { is_signed, n_words, rows: vec![0; (2 * points.len() + 2) * n_words], points };
        for asked in asked {
            table.fill(asked);
        }
        Some(table)
    }

    pub(crate) fn answer(&self, value: Value<'_>, out: &mut [u64]) {
        let row = match key(self.is_signed, value) {
            None => 2 * self.points.len() + 1,
            Some(key) => match self.points.binary_search(&key) {
                Ok(at) => 2 * at + 1,
                Err(above) => 2 * above,
            },
        };
        store(out, &self.rows[row * self.n_words..][..self.n_words]);
    }

    fn fill(&mut self, asked: &Asked<'_>) {
        let n = asked.literals.len();
        // How often each point is among the literals; nowhere else can a value equal one.
        let mut counts: HashMap<usize, usize, FxBuildHasher> = HashMap::default();
        for literal in asked.literals {
            let point = key(self.is_signed, literal.value()).unwrap_or_default();
            let at = self.points.partition_point(|other| *other < point);
            *counts.entry(at).or_default() += 1;
        }
        let end = 2 * self.points.len() + 1;
        let fits = |count: usize| match asked.comparison {
            Comparison::Ne => n - count,
            _ => count,
        };
        let passes = |fits: usize| match asked.quantifier {
            Modifier::Anyof => fits > 0,
            Modifier::Allof => n > 0 && fits == n,
            Modifier::Oneof => fits == 1,
        };
        match (asked.comparison, asked.literals) {
            (Comparison::Eq | Comparison::Ne, _) => {
                if passes(fits(0)) {
                    self.set(0..end + 1, asked.bit);
                }
                for (at, count) in counts {
                    let row = 2 * at + 1;
                    self.put(row, asked.bit, passes(fits(count)));
                }
            }
            // The grammar has modifiers only for texts and equality.
            (comparison, [_]) => {
                let at = counts.keys().next().map_or(0, |at| 2 * at + 1);
                let rows = match comparison {
                    Comparison::Lt => 0..at,
                    Comparison::Le => 0..at + 1,
                    Comparison::Gt => at + 1..end,
                    Comparison::Ge => at..end,
                    _ => 0..0,
                };
                self.set(rows, asked.bit);
            }
            _ => {}
        }
    }

    fn set(&mut self, rows: Range<usize>, bit: Bit) {
        rows.for_each(|row| self.put(row, bit, true));
    }

    fn put(&mut self, row: usize, bit: Bit, value: bool) {
        let row = &mut self.rows[row * self.n_words..][..self.n_words];
        if value {
            set(row, bit);
        } else {
            row[bit.word] &= !(1 << bit.bit);
        }
    }
}

/// Keeps the order of numbers; what is beyond the ends of the field's type sticks to them.
fn key(is_signed: bool, value: Value<'_>) -> Option<u64> {
    const SIGN: u64 = 1 << 63;
    let signed = |i: i64| i.cast_unsigned() ^ SIGN;
    match (value, is_signed) {
        (Value::Bool(b), _) => Some(b.into()),
        (Value::Int(i), true) => Some(signed(i)),
        (Value::Int(i), false) => Some(u64::try_from(i).unwrap_or(0)),
        (Value::Uint(u), true) => Some(signed(i64::try_from(u).unwrap_or(i64::MAX))),
        (Value::Uint(u), false) => Some(u),
        _ => None,
    }
}
