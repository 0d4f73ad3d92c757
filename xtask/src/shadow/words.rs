//! What made-up events are about: the literals of rules, so that many comparisons come true.

use std::collections::BTreeSet;
use std::sync::Arc;

use gyr_fields::Field;
use gyr_filter::ast::{Expr, ExprKind, Right, Text};
use gyr_rules::CheckedRule;

use crate::random::Random;

/// Texts by what they can be.
#[derive(Debug, Default)]
pub(super) struct Words {
    paths: Vec<Vec<u8>>,
    names: Vec<Vec<u8>>,
    numbers: Vec<i64>,
}

/// Texts longer than this only cost time.
const LONGEST: usize = 200;

impl Words {
    pub(super) fn of(rules: &[Arc<CheckedRule<Field>>]) -> Self {
        let mut texts = BTreeSet::new();
        for known in rules {
            collect(&known.condition, &mut texts);
        }
        let mut words = Self {
            paths: vec![b"/tmp".to_vec(), b"/usr/bin/true".to_vec()],
            names: vec![b"true".to_vec(), b"root".to_vec()],
            numbers: vec![0, 1, 53, 80],
        };
        for text in texts {
            match std::str::from_utf8(&text).ok().and_then(|text| text.parse().ok()) {
                Some(number) => words.numbers.push(number),
                None if text.starts_with(b"/") => words.paths.push(text),
                None => words.names.push(text),
            }
        }
        words
    }

    /// A path as a process may give it, mostly absolute.
    pub(super) fn path(&self, random: &mut Random) -> Vec<u8> {
        let path = one(&self.paths, random);
        match random.below(8) {
            0 => [path, b"/", one(&self.names, random)].concat(),
            1 => [path, one(&self.paths, random)].concat(),
            2 => one(&self.names, random).to_vec(),
            3 => [b"../", one(&self.names, random)].concat(),
            _ => path.to_vec(),
        }
    }

    pub(super) fn name(&self, random: &mut Random) -> Vec<u8> {
        let name = one(&self.names, random);
        match random.below(8) {
            0 => [name, one(&self.names, random)].concat(),
            1 => [one(&self.paths, random), b" ", name].concat(),
            _ => name.to_vec(),
        }
    }

    /// Texts that end in NUL each, such as arguments.
    pub(super) fn list(&self, random: &mut Random) -> Vec<u8> {
        let mut list = Vec::new();
        for _ in 0..random.below(4) {
            let word = if random.below(3) == 0 { self.path(random) } else { self.name(random) };
            list.extend(word);
            list.push(0);
        }
        list
    }

    pub(super) fn number(&self, random: &mut Random) -> i64 {
        self.numbers.get(random.below(self.numbers.len())).copied().unwrap_or_default()
    }
}

fn one<'a>(texts: &'a [Vec<u8>], random: &mut Random) -> &'a [u8] {
    texts.get(random.below(texts.len())).map_or(b"", Vec::as_slice)
}

fn collect(expr: &Expr, texts: &mut BTreeSet<Vec<u8>>) {
    let mut take = |text: &Text| {
        if text.as_bytes().len() <= LONGEST && !text.as_bytes().contains(&0) {
            texts.insert(text.as_bytes().to_vec());
        }
    };
    match &expr.kind {
        ExprKind::And(children) | ExprKind::Or(children) => {
            children.iter().for_each(|child| collect(child, texts));
        }
        ExprKind::Not(child) => collect(child, texts),
        ExprKind::Identifier(_) => {}
        ExprKind::Check(check) => match &check.right {
            Right::Value(_, text) | Right::Name(_, text) => take(text),
            Right::List(_, list) => list.iter().for_each(take),
            Right::Nothing | Right::Operand(_) => {}
        },
    }
}
