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
}

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
        let old = match self.dense.get_mut(index) {
            Some(slot) => slot.replace(entry),
            None => self.sparse.get_or_insert_default().insert(fd, entry),
        };
        if old.is_none() {
            self.n += 1;
        }
        old
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

    /// The table as a forked process holds it.
    pub(crate) fn fork(&self) -> Self {
        Self {
            dense: self.dense.iter().map(|slot| slot.as_ref().map(Fd::fork)).collect(),
            sparse: self
                .sparse
                .as_ref()
                .map(|map| Box::new(map.iter().map(|(&fd, entry)| (fd, entry.fork())).collect())),
            n: self.n,
        }
    }
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
