//! The fds of a process by number: a dense table for the low numbers that nearly all fds have, a map for the others.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use crate::fd::FdData;
use crate::{Fd, FdType};

/// Numbers below this are indexed directly in any case.
const N_SMALL: usize = 64;

/// The fds of one process.
///
/// A high number is indexed directly, too, once half of the numbers below it are in use: few processes have many fds, but
/// shells put one high up.
#[derive(Debug, Default)]
pub(crate) struct FdTable {
    dense: Vec<Option<Fd>>,
    /// Which of the small numbers are open, a bit each. What `dense` holds for the others is memory for the next of the
    /// number: open and close are the most frequent calls there are.
    small: u64,
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
    /// Which of the small numbers are in the first bucket, a bit each.
    first_bucket: u64,
    /// Which buckets the other numbers are or were in, by [`bucket_bit`].
    others: u64,
    /// When the last new fd came.
    last: u32,
}

impl Order {
    fn new(n_buckets: usize) -> Self {
        let first_bucket = (0..N_SMALL).step_by(n_buckets.max(1)).map(|number| 1 << number).sum();
        Self { n_buckets, first_bucket, others: 0, last: 0 }
    }

    #[inline]
    fn bucket(&self, fd: i64) -> usize {
        let index = index(fd);
        if index < self.n_buckets { index } else { bucket(fd, self.n_buckets) }
    }

    /// Takes note of a number that is put into the table.
    #[inline]
    fn note(&mut self, fd: i64) {
        if index(fd) >= N_SMALL {
            self.others |= bucket_bit(self.bucket(fd));
        }
    }

    /// Whether another number may be in the bucket of this one, `small` being those of the small ones that are there.
    #[inline]
    fn may_share(&self, fd: i64, small: u64) -> bool {
        let bucket = self.bucket(fd);
        // Of a bucket beyond the small numbers this may say yes for nothing.
        let same = self.first_bucket << (bucket % N_SMALL);
        small & same | self.others & bucket_bit(bucket) != 0
    }
}

/// One of 64 bits: buckets may share one.
const fn bucket_bit(bucket: usize) -> u64 {
    1 << (bucket % 64)
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
        let index = index(fd);
        if self.is_memory(index) {
            return None;
        }
        match self.dense.get(index) {
            Some(slot) => slot.as_ref(),
            None => self.sparse.as_ref()?.get(&fd),
        }
    }

    #[inline]
    pub(crate) fn find_mut(&mut self, fd: i64) -> Option<&mut Fd> {
        let index = index(fd);
        if self.is_memory(index) {
            return None;
        }
        match self.dense.get_mut(index) {
            Some(slot) => slot.as_mut(),
            None => self.sparse.as_mut()?.get_mut(&fd),
        }
    }

    /// Whether what the table holds for a number is not open.
    #[inline]
    const fn is_memory(&self, index: usize) -> bool {
        index < N_SMALL && self.small >> index & 1 == 0
    }

    /// Puts an entry in place. Says whether the table did not hold its number.
    #[inline(always)]
    pub(crate) fn insert(&mut self, fd: i64, mut entry: Fd) -> bool {
        let index = index(fd);
        if !self.is_memory(index) || index >= self.dense.len() {
            return self.insert_any(fd, entry);
        }
        entry.key = self.new_key(fd);
        self.small |= small_bit(index);
        self.n += 1;
        if let Some(slot) = self.dense.get_mut(index) {
            if slot.is_some() {
                drop_entry(slot);
            }
            *slot = Some(entry);
        }
        true
    }

    #[inline(never)]
    fn insert_any(&mut self, fd: i64, mut entry: Fd) -> bool {
        let index = index(fd);
        if index >= self.dense.len() && (index < N_SMALL || index <= 2 * self.n) {
            self.grow(index + 1);
        }
        if let Some(old) = self.find_mut(fd) {
            entry.key = old.key;
            *old = entry;
            return false;
        }
        entry.key = self.new_key(fd);
        match self.dense.get_mut(index) {
            Some(slot) => *slot = Some(entry),
            None => {
                self.sparse.get_or_insert_default().insert(fd, entry);
            }
        }
        self.n += 1;
        self.small |= small_bit(index);
        true
    }

    /// As [`FdTable::insert`], of an entry of which nothing else is known yet: in the memory of a closed one, mostly.
    #[inline(always)]
    pub(crate) fn open(
        &mut self,
        fd: i64,
        kind: FdType,
        open_flags: u32,
        stamp: u64,
    ) -> Option<(&mut FdData, bool)> {
        let index = index(fd);
        if self.is_memory(index)
            && let Some(Some(_)) = self.dense.get(index)
        {
            let key = self.new_key(fd);
            self.small |= small_bit(index);
            self.n += 1;
            let entry = self.dense.get_mut(index)?.as_mut()?;
            entry.key = key;
            return Some((entry.renew(kind, open_flags, stamp)?, true));
        }
        self.open_anew(fd, kind, open_flags, stamp)
    }

    #[inline(never)]
    fn open_anew(
        &mut self,
        fd: i64,
        kind: FdType,
        open_flags: u32,
        stamp: u64,
    ) -> Option<(&mut FdData, bool)> {
        let is_new = self.insert(fd, Fd::new(FdData::new(kind).into(), open_flags, stamp));
        Some((self.find_mut(fd)?.edit(stamp), is_new))
    }

    /// The key of a number that the table does not hold yet.
    #[inline(always)]
    fn new_key(&mut self, fd: i64) -> OrderKey {
        if self.n >= self.order.n_buckets || self.order.last == u32::MAX {
            self.reorder();
        }
        self.order.last += 1;
        let own = self.order.last;
        let shared = if self.order.may_share(fd, self.small) { self.bucket_key(fd) } else { None };
        self.order.note(fd);
        OrderKey { bucket: shared.unwrap_or(own), own }
    }

    /// The key of the bucket that a number belongs to, if the bucket holds any: all in it have the same.
    #[inline(never)]
    fn bucket_key(&self, fd: i64) -> Option<u32> {
        let of_fd = self.order.bucket(fd);
        let small = self.small & self.order.first_bucket << (of_fd % N_SMALL);
        if of_fd < N_SMALL && small != 0 {
            let first = self.dense.get(small.trailing_zeros() as usize);
            return first.and_then(Option::as_ref).map(|entry| entry.key.bucket);
        }
        // Where only small numbers are indexed, those in the bucket were all seen above.
        let mut index = if self.dense.len() > N_SMALL { of_fd } else { N_SMALL };
        while let Some(slot) = self.dense.get(index) {
            if let Some(entry) = slot.as_ref().filter(|_| !self.is_memory(index)) {
                return Some(entry.key.bucket);
            }
            index += self.order.n_buckets.max(1);
        }
        let mut sparse = self.sparse.iter().flat_map(|map| map.iter());
        let (_, entry) = sparse.find(|(number, _)| self.order.bucket(**number) == of_fd)?;
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
        self.order = Order::new(n_buckets);
        let mut before = None;
        for &fd in &chain.numbers {
            self.order.last += 1;
            let own = self.order.last;
            self.order.note(fd);
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
        for (index, slot) in self.dense.iter_mut().enumerate().skip(start) {
            *slot = i64::try_from(index).ok().and_then(|fd| sparse.remove(&fd));
            if slot.is_some() {
                self.small |= small_bit(index);
            }
        }
        self.forget_large();
    }

    /// Says whether the table held the number.
    #[inline(always)]
    pub(crate) fn close(&mut self, fd: i64) -> bool {
        let index = index(fd);
        if self.is_memory(index) {
            return false;
        }
        let Some(slot) = self.dense.get_mut(index) else { return self.close_sparse(fd) };
        let Some(entry) = slot else { return false };
        if index >= N_SMALL || !entry.is_sole_owner() {
            drop_entry(slot);
        }
        self.small &= !small_bit(index);
        self.n -= 1;
        if index >= N_SMALL {
            self.forget_large();
        }
        true
    }

    #[cold]
    fn close_sparse(&mut self, fd: i64) -> bool {
        let closed = self.sparse.as_mut().and_then(|sparse| sparse.remove(&fd));
        self.n -= usize::from(closed.is_some());
        self.forget_large();
        closed.is_some()
    }

    /// That there are numbers beyond the small ones costs each new number a look.
    fn forget_large(&mut self) {
        self.sparse.take_if(|sparse| sparse.is_empty());
        if self.n == self.small.count_ones() as usize {
            self.order.others = 0;
        }
    }

    /// All entries; the low numbers in ascending order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, &Fd)> {
        let dense = (0..).zip(&self.dense).filter_map(|(fd, slot)| Some((fd, slot.as_ref()?)));
        let dense = dense.filter(|&(fd, _)| !self.is_memory(index(fd)));
        let sparse = self.sparse.iter().flat_map(|map| map.iter().map(|(&fd, entry)| (fd, entry)));
        dense.chain(sparse)
    }

    /// Removes the entries that `goes` picks; says how many.
    pub(crate) fn remove_if(&mut self, mut goes: impl FnMut(i64, &Fd) -> bool) -> usize {
        let before = self.n;
        for index in 0..self.dense.len() {
            let Ok(fd) = i64::try_from(index) else { continue };
            if self.find(fd).is_some_and(|entry| goes(fd, entry)) {
                self.close(fd);
            }
        }
        if let Some(map) = &mut self.sparse {
            map.retain(|&fd, entry| {
                let stays = !goes(fd, entry);
                self.n -= usize::from(!stays);
                stays
            });
        }
        self.forget_large();
        before - self.n
    }

    /// The table as a forked process holds it: the fds were put into it one by one.
    pub(crate) fn fork(&self) -> Self {
        let mut forked = Self {
            dense: (0..).map(|fd| self.find(fd).map(Fd::fork)).take(self.dense.len()).collect(),
            small: self.small,
            sparse: self
                .sparse
                .as_ref()
                .map(|map| Box::new(map.iter().map(|(&fd, entry)| (fd, entry.fork())).collect())),
            n: self.n,
            order: Order::default(),
        };
        let numbers: Vec<i64> = self.in_order().into_iter().map(|(fd, _)| fd).collect();
        if !forked.take_order(&numbers) {
            forked.take_keys(&Chain::of(&numbers));
        }
        forked
    }

    /// The keys of numbers that are put in one by one, if they are so few that the buckets never grow, and none share one:
    /// so it is for nearly all processes.
    fn take_order(&mut self, numbers: &[i64]) -> bool {
        let n_buckets = buckets_for(0);
        let mut order = Order::new(n_buckets);
        let mut seen = 0;
        for &fd in numbers {
            let bit = bucket_bit(order.bucket(fd));
            if numbers.len() > n_buckets || seen & bit != 0 {
                return false;
            }
            seen |= bit;
            order.note(fd);
        }
        for (own, &fd) in (1..).zip(numbers) {
            if let Some(entry) = self.find_mut(fd) {
                entry.key = OrderKey { bucket: own, own };
            }
            order.last = own;
        }
        self.order = order;
        true
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

    /// Of a table that grows as the numbers are put into it one by one.
    fn of(numbers: &[i64]) -> Self {
        let mut chain = Self::new(0);
        for (i, &fd) in numbers.iter().enumerate() {
            if i >= chain.seen.len() {
                chain = chain.grown(buckets_for(i));
            }
            chain.put(fd);
        }
        chain
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

/// The bit of [`FdTable::small`] for a number; none for the others.
#[inline]
const fn small_bit(index: usize) -> u64 {
    if index < N_SMALL { 1 << index } else { 0 }
}

#[inline(never)]
fn drop_entry(slot: &mut Option<Fd>) {
    *slot = None;
}

/// Where a number would be; far away for a negative one.
fn index(fd: i64) -> usize {
    usize::try_from(fd.cast_unsigned()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Fd {
        Fd::new(FdData::new(FdType::File).into(), 0, 1)
    }

    #[test]
    fn low_high_and_negative_numbers_are_kept_apart() {
        let mut table = FdTable::default();
        for fd in [0, 3, 63, 1_024, i64::MAX, -1] {
            assert!(table.insert(fd, entry()));
        }
        assert_eq!((table.len(), table.dense.len()), (6, 64));
        assert!(table.find(1_024).is_some());
        assert!(table.find(4).is_none());
        assert!(table.close(-1));
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
    fn a_fork_of_few_fds_is_ordered_as_one_of_many() {
        let keys = |table: &FdTable| -> Vec<_> {
            table.in_order().into_iter().map(|(fd, entry)| (fd, entry.key)).collect()
        };
        for numbers in [&[][..], &[0], &[2, 0, 1], &[0, 1, 2, 255, 3], &[12, 13, 5, 72, 11]] {
            let mut table = FdTable::default();
            for &fd in numbers {
                table.insert(fd, entry());
            }
            let order: Vec<i64> = table.in_order().into_iter().map(|(fd, _)| fd).collect();
            let (mut few, mut many) = (table.fork(), table.fork());
            assert!(few.take_order(&order), "{numbers:?}");
            many.take_keys(&Chain::of(&order));
            assert_eq!(keys(&few), keys(&many), "{numbers:?}");
        }
        let shared = [0, 13];
        assert!(!FdTable::default().take_order(&shared));
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
        assert!(table.sparse.is_none());
    }
}
