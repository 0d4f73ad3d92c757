//! Comparisons of addresses: one lookup for all that are equalities, and the networks one by one.

use std::net::IpAddr;

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::bits::{Asked, BitSets, ByKey, Single};
use crate::Value;
use crate::literal::Literal;

#[derive(Clone, Debug)]
pub(crate) struct AddressTable {
    exact: HashMap<IpAddr, u32, FxBuildHasher>,
    sets: BitSets,
    rest: Vec<Single>,
}

impl AddressTable {
    pub(crate) fn new(asked: &[Asked<'_>]) -> Self {
        let mut exact = ByKey::new();
        let mut rest = Vec::new();
        for asked in asked {
            let is_address = |literal: &Literal| matches!(literal, Literal::Ip(_));
            if !asked.is_membership() || !asked.literals.iter().all(is_address) {
                rest.push(asked.to_owned());
                continue;
            }
            for literal in asked.literals {
                if let Literal::Ip(ip) = literal {
                    exact.add(*ip, asked.bit);
                }
            }
        }
        let mut sets = BitSets::default();
        let exact = exact.into_sets(&mut sets).into_iter().collect();
        Self { exact, sets, rest }
    }

    pub(crate) fn answer(&self, value: Value<'_>, out: &mut [u64]) {
        if let Value::Ip(ip) = value
            && let Some(set) = self.exact.get(&ip)
        {
            self.sets.set(*set, out);
        }
        for single in &self.rest {
            single.answer(value, out);
        }
    }
}
