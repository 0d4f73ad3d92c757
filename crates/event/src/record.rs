//! The record an event travels in, and how one is written.
//!
//! Packed, little-endian: ts u64 (ns since the epoch), tid u64, len u32 (the whole record), code u16, nparams u32; then
//! the lengths of the parameters (u16 each, u32 for large payloads), then the parameters back to back.

use crate::{EventCode, EventFlags};

/// The length of the header that starts a record, in bytes.
pub const HEADER_LEN: usize = 26;

/// Writes one record, parameter by parameter.
///
/// ```
/// use gyr_event::{Event, EventCode, RecordBuilder};
/// let record = RecordBuilder::new(EventCode::CLOSE, 1_000, 42).i64(0).i64(3).finish();
/// assert_eq!(Event::decode(&record).unwrap().i64(EventCode::CLOSE.param("fd")), Some(3));
/// ```
#[derive(Debug)]
pub struct RecordBuilder {
    code: EventCode,
    ts: u64,
    tid: i64,
    lens: Vec<u32>,
    params: Vec<u8>,
}

impl RecordBuilder {
    pub fn new(code: EventCode, ts: u64, tid: i64) -> Self {
        Self { code, ts, tid, lens: Vec::new(), params: Vec::new() }
    }

    /// Adds a parameter as it stands in the record; an empty one is missing.
    #[must_use]
    pub fn bytes(mut self, value: &[u8]) -> Self {
        self.lens.push(u32::try_from(value.len()).unwrap_or(u32::MAX));
        self.params.extend_from_slice(value);
        self
    }

    /// Adds text with the NUL that ends it on the wire.
    #[must_use]
    pub fn text(mut self, value: &[u8]) -> Self {
        self.lens.push(u32::try_from(value.len() + 1).unwrap_or(u32::MAX));
        self.params.extend_from_slice(value);
        self.params.push(0);
        self
    }

    #[must_use]
    pub fn i64(self, value: i64) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    #[must_use]
    pub fn u64(self, value: u64) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    #[must_use]
    pub fn u32(self, value: u32) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    #[must_use]
    pub fn u16(self, value: u16) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    #[must_use]
    pub fn u8(self, value: u8) -> Self {
        self.bytes(&[value])
    }

    /// The record. Lengths that the format cannot hold are cut to its largest.
    pub fn finish(self) -> Vec<u8> {
        let large = self.code.info().flags.contains(EventFlags::LARGE_PAYLOAD);
        let len_width = if large { 4 } else { 2 };
        let len = HEADER_LEN + self.lens.len() * len_width + self.params.len();
        let mut record = Vec::with_capacity(len);
        record.extend_from_slice(&self.ts.to_le_bytes());
        record.extend_from_slice(&self.tid.to_le_bytes());
        record.extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes());
        record.extend_from_slice(&self.code.number().to_le_bytes());
        record.extend_from_slice(&u32::try_from(self.lens.len()).unwrap_or(u32::MAX).to_le_bytes());
        for &len in &self.lens {
            if large {
                record.extend_from_slice(&len.to_le_bytes());
            } else {
                record.extend_from_slice(&u16::try_from(len).unwrap_or(u16::MAX).to_le_bytes());
            }
        }
        record.extend_from_slice(&self.params);
        record
    }
}
