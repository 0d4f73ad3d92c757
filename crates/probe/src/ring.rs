//! The reading end of a BPF ring buffer, mapped once and drained in batches.
//!
//! The layout is that of the kernel's `kernel/bpf/ringbuf.c`: a page with the consumer's position, a page with the
//! producer's, then the data, mapped twice in a row so that no record is ever split.
#![allow(unsafe_code, reason = "the ring is memory shared with the kernel")]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

const HEADER_LEN: u64 = 8;
/// Set in a record's length while it is written.
const BUSY: u32 = 1 << 31;
/// Set in a record's length if it was given up.
const DISCARDED: u32 = 1 << 30;
/// How many bytes may be read before the space is given back.
const BATCH_LEN: u64 = 256 * 1024;

/// The one reader of a ring.
#[derive(Debug)]
pub(crate) struct Ring {
    consumer: Mapping,
    producer: Mapping,
    page_len: usize,
    /// The length of the data, a power of two.
    len: u64,
    /// Read up to here.
    position: u64,
    /// Given back up to here.
    released: u64,
    /// Written up to here when last looked.
    end: u64,
    /// The most that was ever found waiting.
    peak: u64,
}

/// Where a record's bytes are; good until the next [`Ring::advance`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    offset: usize,
    len: usize,
}

impl Ring {
    /// Maps the ring of `len` bytes behind a map's fd.
    pub(crate) fn new(fd: BorrowedFd<'_>, len: u32) -> io::Result<Self> {
        let page_len = rustix::param::page_size();
        let consumer = Mapping::new(fd, page_len, 0, libc::PROT_READ | libc::PROT_WRITE)?;
        let data_len = len as usize * 2;
        let producer = Mapping::new(fd, page_len + data_len, page_len, libc::PROT_READ)?;
        Ok(Self {
            consumer,
            producer,
            page_len,
            len: u64::from(len),
            position: 0,
            released: 0,
            end: 0,
            peak: 0,
        })
    }

    /// Steps to the next record, giving back the space of those before in batches; `None` if there is none now.
    pub(crate) fn advance(&mut self) -> Option<Place> {
        if self.position - self.released > BATCH_LEN {
            self.release();
        }
        loop {
            if self.position == self.end {
                self.release();
                self.end = self.written().load(Ordering::Acquire);
                self.peak = self.peak.max(self.end - self.position);
                if self.position == self.end {
                    return None;
                }
            }
            let offset = self.position & (self.len - 1);
            let head = self.head(offset as usize).load(Ordering::Acquire);
            if head & BUSY != 0 {
                self.release();
                return None;
            }
            let len = u64::from(head & !DISCARDED);
            self.position += (HEADER_LEN + len).next_multiple_of(8);
            if head & DISCARDED == 0 {
                return Some(Place { offset: (offset + HEADER_LEN) as usize, len: len as usize });
            }
        }
    }

    /// The bytes of the record that [`Ring::advance`] has just stepped to.
    pub(crate) fn bytes(&self, place: Place) -> &[u8] {
        let start = self.page_len + place.offset;
        assert!(start + place.len <= self.producer.len, "the kernel wrote beyond its ring");
        // SAFETY: in bounds by the check above; mapped for reading as long as self lives; the kernel writes there again
        // only after the consumer's position is past it, and that moves only in `advance`, which borrows self mutably.
        unsafe { std::slice::from_raw_parts(self.producer.start.as_ptr().add(start), place.len) }
    }

    /// The size, how much waits to be read, and the most that was ever found waiting; in bytes.
    pub(crate) fn fill(&self) -> (u64, u64, u64) {
        let used = self.written().load(Ordering::Relaxed).saturating_sub(self.position);
        (self.len, used, self.peak.max(used))
    }

    fn release(&mut self) {
        if self.released != self.position {
            self.released = self.position;
            self.read().store(self.position, Ordering::Release);
        }
    }

    fn read(&self) -> &AtomicU64 {
        // SAFETY: the page is mapped for writing as long as self lives, starts with this number, and is page aligned.
        unsafe { self.consumer.start.cast().as_ref() }
    }

    fn written(&self) -> &AtomicU64 {
        // SAFETY: the page is mapped as long as self lives, starts with this number, is page aligned, and only read here.
        unsafe { self.producer.start.cast().as_ref() }
    }

    fn head(&self, offset: usize) -> &AtomicU32 {
        assert!(offset + size_of::<u64>() <= self.len as usize, "offsets are masked");
        // SAFETY: in bounds of the data by the check above, 8-byte aligned since all records are, mapped as long as self
        // lives, and only read here.
        unsafe { self.producer.start.add(self.page_len + offset).cast().as_ref() }
    }
}

/// A shared mapping, unmapped when dropped.
#[derive(Debug)]
struct Mapping {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: the memory belongs to no thread, and a mapping is used only through the one Ring that owns it.
unsafe impl Send for Mapping {}

impl Mapping {
    fn new(fd: BorrowedFd<'_>, len: usize, offset: usize, protection: i32) -> io::Result<Self> {
        let offset = i64::try_from(offset).map_err(io::Error::other)?;
        // SAFETY: a new mapping at an address of the kernel's choice touches no memory that Rust knows of.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                len,
                protection,
                libc::MAP_SHARED,
                fd.as_raw_fd(),
                offset,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).ok_or_else(|| io::Error::other("mapped at 0"))?;
        Ok(Self { start, len })
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: mapped by `new` with this length, and nothing borrowed from it outlives self.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.len) };
    }
}
