//! Records back to back in one piece of memory.

use gyr_event::Event;

use crate::{Record, RecordFlags};

/// A piece of memory that holds records as they came. It never grows.
#[derive(Debug)]
pub(super) struct Chunk {
    /// For each record its length (u32), its flags (u32), its CPU (u16), then the record.
    bytes: Vec<u8>,
    n_records: u64,
    first_ts: u64,
    last_ts: u64,
}

const HEAD_LEN: usize = 10;

impl Chunk {
    pub(super) fn new(capacity: usize) -> Self {
        Self { bytes: Vec::with_capacity(capacity), n_records: 0, first_ts: 0, last_ts: 0 }
    }

    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.n_records == 0
    }

    pub(super) const fn n_records(&self) -> u64 {
        self.n_records
    }

    /// The time of the record that came last.
    pub(super) const fn last_ts(&self) -> u64 {
        self.last_ts
    }

    /// Nanoseconds from the first record to `ts`; 0 if there is none.
    #[inline]
    pub(super) const fn spans(&self, ts: u64) -> u64 {
        if self.is_empty() { 0 } else { ts.saturating_sub(self.first_ts) }
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.n_records = 0;
    }

    /// Whether a record of this length can still be taken.
    #[inline]
    pub(super) fn has_room(&self, record: &Record<'_>) -> bool {
        self.bytes.capacity() - self.bytes.len() >= Self::len_of(record)
    }

    /// The memory that a record takes.
    pub(super) const fn len_of(record: &Record<'_>) -> usize {
        HEAD_LEN + record.event.record().len()
    }

    /// Takes a copy. The caller has asked whether there is room.
    #[inline]
    pub(super) fn push(&mut self, record: &Record<'_>) {
        let bytes = record.event.record();
        let Ok(len) = u32::try_from(bytes.len()) else { return };
        let mut head = [0; HEAD_LEN];
        let [l0, l1, l2, l3, f0, f1, f2, f3, c0, c1] = &mut head;
        [*l0, *l1, *l2, *l3] = len.to_le_bytes();
        [*f0, *f1, *f2, *f3] = record.flags.0.to_le_bytes();
        [*c0, *c1] = record.event.cpu().to_le_bytes();
        self.bytes.extend_from_slice(&head);
        self.bytes.extend_from_slice(bytes);
        if self.is_empty() {
            self.first_ts = record.event.ts();
        }
        self.n_records += 1;
        self.last_ts = record.event.ts();
    }

    /// The records in the order they came.
    pub(super) fn records(&self) -> impl Iterator<Item = Record<'_>> {
        let mut rest = self.bytes.as_slice();
        std::iter::from_fn(move || {
            let (head, after) = rest.split_first_chunk::<HEAD_LEN>()?;
            let [l0, l1, l2, l3, f0, f1, f2, f3, c0, c1] = *head;
            let len = usize::try_from(u32::from_le_bytes([l0, l1, l2, l3])).ok()?;
            let (bytes, after) = after.split_at_checked(len)?;
            rest = after;
            let event = Event::decode(bytes).ok()?.at(u16::from_le_bytes([c0, c1]), 0);
            Some(Record { event, flags: RecordFlags(u32::from_le_bytes([f0, f1, f2, f3])) })
        })
    }
}
