//! The events of a capture as they lie in the buffer: [`Batch`].

use gyr_event::{Event, Header};

use super::block::{self, EVENT_BLOCK_MAX, HEAD_LEN, TAIL_LEN};
use super::convert::is_of_today;
use crate::{Record, RecordFlags};

/// Records that lie ready in a source's buffer, one behind the other, until one needs more than a look.
#[derive(Debug, Default)]
pub struct Batch<'a> {
    /// From the first block that was not taken on.
    window: &'a [u8],
    whole_len: usize,
    records: u64,
}

/// How much of a [`Batch`] was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    pub(super) len: usize,
    pub(super) records: u64,
}

impl<'a> Batch<'a> {
    pub(super) const fn new(window: &'a [u8]) -> Self {
        Self { window, whole_len: window.len(), records: 0 }
    }

    /// The next record; none if the next block is not wholly there, or its record not of the usual look.
    #[allow(clippy::should_implement_trait, reason = "whoever takes records asks what was taken")]
    #[inline(always)]
    pub fn next(&mut self) -> Option<Record<'a>> {
        let plain = Plain::of(self.window)?;
        let start = self.window.get(RECORD_START..)?.first_chunk()?;
        let header = Header::read_usual(start)?;
        let event = header.of_record(plain.body.get(..header.len())?);
        self.window = plain.rest;
        self.records += 1;
        Some(plain.record(event))
    }

    pub const fn taken(&self) -> Taken {
        Taken { len: self.whole_len - self.window.len(), records: self.records }
    }
}

/// Where the record starts in a plain block.
pub(super) const RECORD_START: usize = HEAD_LEN + 2;

/// A block of the plainest kind, which nearly all of a capture's are: head, CPU, record, tail.
pub(super) struct Plain<'a> {
    cpu: u16,
    /// The record, and what may follow it.
    body: &'a [u8],
    /// The window behind the block.
    rest: &'a [u8],
}

impl<'a> Plain<'a> {
    /// Of the block at the start of `window`, if it is one and wholly there.
    ///
    /// Everything else is left to the reader's longer way, which comes to the same answer where both have one.
    #[inline(always)]
    fn of(window: &'a [u8]) -> Option<Self> {
        // More than a short block needs: one look at the window's length is enough.
        if window.len() < RECORD_START + Header::USUAL_LEN {
            return None;
        }
        let head = window.first_chunk::<RECORD_START>()?;
        let [number, len] = [&head[..4], &head[4..8]].map(le_u32);
        let block_len = len as usize;
        if number != block::EVENT_V2 || block_len > HEAD_LEN + EVENT_BLOCK_MAX {
            return None;
        }
        let (block, rest) = window.split_at_checked(block_len)?;
        let body = block.get(RECORD_START..block_len.checked_sub(TAIL_LEN)?)?;
        Some(Self { cpu: u16::from_le_bytes([head[8], head[9]]), body, rest })
    }

    /// Of the first record of `window`, if its block is plain and it is of today, whatever its lengths (those of clone and exec
    /// are many): the header, the CPU, and the length of the block.
    #[inline(never)]
    pub(super) fn of_today(window: &'a [u8]) -> Option<(Header, u16, usize)> {
        let plain = Self::of(window)?;
        let header = Header::read(plain.body).ok()?;
        is_of_today(&header).then_some((header, plain.cpu, window.len() - plain.rest.len()))
    }

    #[inline(always)]
    const fn record(&self, event: Event<'a>) -> Record<'a> {
        Record { event: event.at(self.cpu, 0), flags: RecordFlags(0) }
    }
}

fn le_u32(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |chunk| u32::from_le_bytes(*chunk))
}
