//! The fds of a process by number: a dense table for the low numbers that nearly all fds have, a map for the others.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use crate::Fd;

/// Numbers up to this are indexed directly in any case.
const N_SMALL: usize = 64;

/// The fds of one process.
///
/// A high number is indexed directly, too, once half of the numbers below it are in use: few processes have many fds, but
/// shells put one high up.
#[derive(Debug, Default)]
pub(crate) struct FdTable {
    dense: Vec<Option<Fd>>,
    /// The numbers beyond the end of `dense`.
    sparse: Option<Box<HashMap<i64, Fd, FxBuildHasher>>>,
    n: usize,
    order: Order,
}

/// The order in which Falco's hash table holds the fds, which `fd.types` shows: a new one comes first, growing turns all
/// round, and numbers that share a bucket stay together.
#[derive(Clone, Copy, Debug, Default)]
struct Order {
    n_buckets: usize,
    /// When the last new fd came.
    last: u32,
}

/// Where an fd stands in the order: the highest comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OrderKey {
    /// When the first of those in its bucket came.
    bucket: u32,
    /// When it came itself.
    own: u32,
}

/// How many buckets a growing table has, one after the other; it grows when it holds more fds than buckets.
const N_BUCKETS: &[usize] =
    &[13, 29, 59, 127, 257, 541, 1_109, 2_357, 5_087, 10_273, 20_753, 42_043, 84_673, 172_933];

impl FdTable {
    pub(crate) const fn len(&self) -> usize {
        self.n
    }

    #[inline]
    pub(crate) fn find(&self, fd: i64) -> Option<&Fd> {
        match self.dense.get(index(fd)) {
            Some(slot) => slot.as_ref(),
            None => self.sparse.as_ref()?.get(&fd),
        }
    }

    #[inline]
    pub(crate) fn find_mut(&mut self, fd: i64) -> Option<&mut Fd> {
        match self.dense.get_mut(index(fd)) {
            Some(slot) => slot.as_mut(),
            None => self.sparse.as_mut()?.get_mut(&fd),
        }
    }

    /// Puts an entry in place; gives back the one that it replaces.
    #[inline]
    pub(crate) fn insert(&mut self, fd: i64, entry: Fd) -> Option<Fd> {
        let index = index(fd);
        if index >= self.dense.len() && (index < N_SMALL || index <= 2 * self.n) {
            self.grow(index + 1);
        }
        let mut entry = entry;
        if let Some(old) = self.find_mut(fd) {
            entry.key = old.key;
            return Some(std::mem::replace(old, entry));
        }
        entry.key = self.new_key(fd);
        match self.dense.get_mut(index) {
            Some(slot) => *slot = Some(entry),
            None => {
                self.sparse.get_or_insert_default().insert(fd, entry);
            }
        }
        self.n += 1;
        None
    }

    /// The key of a number that the table does not hold yet.
    #[inline]
    fn new_key(&mut self, fd: i64) -> OrderKey {
        if self.n >= self.order.n_buckets || self.order.last == u32::MAX {
            self.reorder();
        }
        self.order.last += 1;
        let own = self.order.last;
        let may_share =
            self.dense.len().max(index(fd)) > self.order.n_buckets || self.sparse.is_some();
        let shared = if may_share { self.bucket_key(fd) } else { None };
        OrderKey { bucket: shared.unwrap_or(own), own }
    }

    /// The key of the bucket that a number belongs to, if the bucket holds any.
    fn bucket_key(&self, fd: i64) -> Option<u32> {
        let n_buckets = self.order.n_buckets;
        let of_fd = bucket(fd, n_buckets);
        let mut rest = self.dense.get(of_fd..).unwrap_or_default();
        while let Some(slot) = rest.first() {
            if let Some(entry) = slot {
                return Some(entry.key.bucket);
            }
            rest = rest.get(n_buckets..).unwrap_or_default();
        }
        let mut sparse = self.sparse.iter().flat_map(|map| map.iter());
        let (_, entry) = sparse.find(|(number, _)| bucket(**number, n_buckets) == of_fd)?;
        Some(entry.key.bucket)
    }

    /// Grows the buckets, if they are full, and gives all fds new keys.
    #[cold]
    fn reorder(&mut self) {
        let is_full = self.n >= self.order.n_buckets;
        let n_buckets = if is_full { buckets_for(self.n) } else { self.order.n_buckets };
        let mut chain = Chain::new(n_buckets);
        let mut numbers: Vec<i64> = self.in_order().into_iter().map(|(fd, _)| fd).collect();
        if !is_full {
            numbers.reverse();
        }
        for fd in numbers {
            chain.put(fd);
        }
        self.take_keys(&chain);
    }

    fn take_keys(&mut self, chain: &Chain) {
        let n_buckets = chain.seen.len();
        self.order = Order { n_buckets, last: 0 };
        let mut before = None;
        for &fd in &chain.numbers {
            self.order.last += 1;
            let own = self.order.last;
            let of_fd = bucket(fd, n_buckets);
            let key = match before {
                Some((same, key)) if same == of_fd => OrderKey { own, ..key },
                _ => OrderKey { bucket: own, own },
            };
            before = Some((of_fd, key));
            if let Some(entry) = self.find_mut(fd) {
                entry.key = key;
            }
        }
    }

    /// All entries in the order of [`Order`].
    pub(crate) fn in_order(&self) -> Vec<(i64, &Fd)> {
        let mut entries: Vec<_> = self.iter().collect();
        entries.sort_unstable_by_key(|(_, entry)| std::cmp::Reverse(entry.key));
        entries
    }

    fn grow(&mut self, len: usize) {
        let start = self.dense.len();
        self.dense.resize_with(len, || None);
        let Some(sparse) = &mut self.sparse else { return };
        for (fd, slot) in (0..).zip(&mut self.dense).skip(start) {
            *slot = sparse.remove(&fd);
        }
    }

    #[inline]
    pub(crate) fn remove(&mut self, fd: i64) -> Option<Fd> {
        let old = match self.dense.get_mut(index(fd)) {
            Some(slot) => slot.take(),
            None => self.sparse.as_mut()?.remove(&fd),
        };
        if old.is_some() {
            self.n -= 1;
        }
        old
    }

    /// All entries; the low numbers in ascending order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, &Fd)> {
        let dense = (0..).zip(&self.dense).filter_map(|(fd, slot)| Some((fd, slot.as_ref()?)));
        let sparse = self.sparse.iter().flat_map(|map| map.iter().map(|(&fd, entry)| (fd, entry)));
        dense.chain(sparse)
    }

    /// Removes the entries that `goes` picks; says how many.
    pub(crate) fn remove_if(&mut self, mut goes: impl FnMut(i64, &Fd) -> bool) -> usize {
        let before = self.n;
        for (fd, slot) in (0..).zip(&mut self.dense) {
            if slot.as_ref().is_some_and(|entry| goes(fd, entry)) {
                *slot = None;
                self.n -= 1;
            }
        }
        if let Some(map) = &mut self.sparse {
            map.retain(|&fd, entry| {
                let stays = !goes(fd, entry);
                self.n -= usize::from(!stays);
                stays
            });
        }
        before - self.n
    }

    /// The table as a forked process holds it: the fds were put into it one by one.
    pub(crate) fn fork(&self) -> Self {
        let mut forked = Self {
            dense: self.dense.iter().map(|slot| slot.as_ref().map(Fd::fork)).collect(),
            sparse: self
                .sparse
                .as_ref()
                .map(|map| Box::new(map.iter().map(|(&fd, entry)| (fd, entry.fork())).collect())),
            n: self.n,
            order: Order::default(),
        };
        let mut chain = Chain::new(0);
        for (i, (fd, _)) in self.in_order().into_iter().enumerate() {
            if i >= chain.seen.len() {
                chain = chain.grown(buckets_for(i));
            }
            chain.put(fd);
        }
        forked.take_keys(&chain);
        forked
    }
}

/// The numbers of a table in its order, the last of them first, and which buckets have any.
struct Chain {
    numbers: Vec<i64>,
    seen: Vec<bool>,
}

impl Chain {
    fn new(n_buckets: usize) -> Self {
        Self { numbers: Vec::new(), seen: vec![false; n_buckets] }
    }

    /// Puts a number before all others or, if its bucket has some already, before those.
    fn put(&mut self, fd: i64) {
        let n_buckets = self.seen.len();
        let of_fd = bucket(fd, n_buckets);
        let is_shared = self.seen.get_mut(of_fd).is_some_and(|seen| std::mem::replace(seen, true));
        let same = |&number: &i64| bucket(number, n_buckets) == of_fd;
        let at = if is_shared { self.numbers.iter().rposition(same) } else { None };
        self.numbers.insert(at.map_or(self.numbers.len(), |at| at + 1), fd);
    }

    /// The numbers in the order that they have after growing.
    fn grown(self, n_buckets: usize) -> Self {
        let mut grown = Self::new(n_buckets);
        for &fd in self.numbers.iter().rev() {
            grown.put(fd);
        }
        grown
    }
}

/// How many buckets a table gets that is to hold one more than `n`.
fn buckets_for(n: usize) -> usize {
    let most = N_BUCKETS.last().copied().unwrap_or_default();
    N_BUCKETS.iter().copied().find(|&n_buckets| n_buckets > n).unwrap_or(most.max(n + 1))
}

fn bucket(fd: i64, n_buckets: usize) -> usize {
    usize::try_from(fd.cast_unsigned() % n_buckets.max(1) as u64).unwrap_or_default()
}

/// Where a number would be; far away for a negative one.
fn index(fd: i64) -> usize {
    usize::try_from(fd).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FdType;
    use crate::fd::FdData;

    fn entry() -> Fd {
        Fd::new(FdData::new(FdType::File).into(), 0, 1)
    }

    #[test]
    fn low_high_and_negative_numbers_are_kept_apart() {
        let mut table = FdTable::default();
        for fd in [0, 3, 63, 1_024, i64::MAX, -1] {
            assert!(table.insert(fd, entry()).is_none());
        }
        assert_eq!((table.len(), table.dense.len()), (6, 64));
        assert!(table.find(1_024).is_some());
        assert!(table.find(4).is_none());
        assert!(table.remove(-1).is_some());
        assert_eq!(table.remove_if(|fd, _| fd > 3), 3);
        assert_eq!(table.iter().map(|(fd, _)| fd).collect::<Vec<_>>(), [0, 3]);
    }

    #[test]
    fn the_newest_comes_first_and_growing_turns_all_round() {
        let order = |table: &FdTable| -> Vec<i64> {
            table.in_order().into_iter().map(|(fd, _)| fd).collect()
        };
        let mut table = FdTable::default();
        for fd in [0, 1, 2] {
            table.insert(fd, entry());
        }
        assert_eq!(order(&table), [2, 1, 0]);
        assert_eq!(order(&table.fork()), [0, 1, 2]);
        // 15 shares the bucket of 2.
        table.insert(15, entry());
        table.insert(5, entry());
        assert_eq!(order(&table), [5, 15, 2, 1, 0]);
        let mut table = FdTable::default();
        for fd in 0..14 {
            table.insert(fd, entry());
        }
        assert_eq!(order(&table)[..4], [13, 0, 1, 2]);
    }

    #[test]
    fn a_number_is_found_after_the_table_has_grown_past_it() {
        let mut table = FdTable::default();
        table.insert(70, entry());
        for fd in 0..70 {
            table.insert(fd, entry());
        }
        assert_eq!((table.len(), table.fork().len()), (71, 71));
        assert!((0..=70).all(|fd| table.find(fd).is_some()));
        table.insert(71, entry());
        assert!(table.sparse.unwrap().is_empty());
    }
}
