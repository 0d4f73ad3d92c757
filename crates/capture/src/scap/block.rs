//! The kinds of blocks and the numbers that stand for them.

/// The section header that starts a capture.
pub(crate) const SECTION: u32 = 0x0a0d_0d0a;
/// What a section header holds first, in the byte order of the writer.
pub(crate) const MAGIC: u32 = 0x1a2b_3c4d;
/// An event without flags in the current layout: nearly every block of a file.
pub(crate) const EVENT_V2: u32 = 0x216;
/// When threads were started, which the lists of threads do not say. A block of our own: other readers pass it over.
pub(crate) const THREAD_TIMES: u32 = u32::from_le_bytes(*b"gyrt");
/// Type and length before a block's body, both u32.
pub(crate) const HEAD_LEN: usize = 8;
/// The length again, after a block's body.
pub(crate) const TAIL_LEN: usize = 4;
/// The largest body with its tail of a block that holds one event without a large payload.
pub(crate) const EVENT_BLOCK_MAX: usize = 65_536;
/// The largest block with a large payload. The format has no limit; this one keeps a forged length harmless.
pub(crate) const LARGE_BLOCK_MAX: usize = 256 << 20;

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Machine,
    /// Threads; the version of the list, from 1.
    Threads(u8),
    /// The fds of one process. Entries that are sized start with their length.
    Fds {
        sized: bool,
    },
    Interfaces {
        sized: bool,
    },
    Users {
        sized: bool,
    },
    ThreadTimes,
    Event(EventBlock),
    Section,
    Unknown,
}

/// How an event lies in its block, after the CPU (u16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventBlock {
    /// Flags (u32) come before the record.
    pub flags: bool,
    /// The record's header says how many parameters there are; in the oldest files it does not.
    pub n_params: bool,
    pub large: bool,
}

const EV: EventBlock = EventBlock { flags: false, n_params: false, large: false };
const EV_V2: EventBlock = EventBlock { flags: false, n_params: true, large: false };
const EV_V2_LARGE: EventBlock = EventBlock { flags: false, n_params: true, large: true };
const EVF: EventBlock = EventBlock { flags: true, n_params: false, large: false };
const EVF_V2: EventBlock = EventBlock { flags: true, n_params: true, large: false };
const EVF_V2_LARGE: EventBlock = EventBlock { flags: true, n_params: true, large: true };

/// Every number of a block; those beyond 0x8000_0000 are from before the format was published.
const KINDS: &[(u32, Kind)] = &[
    (SECTION, Kind::Section),
    (0x201, Kind::Machine),
    (0x202, Kind::Threads(1)),
    (0x203, Kind::Fds { sized: false }),
    (0x204, Kind::Event(EV)),
    (0x205, Kind::Interfaces { sized: false }),
    (0x206, Kind::Users { sized: false }),
    (0x207, Kind::Threads(2)),
    (0x208, Kind::Event(EVF)),
    (0x209, Kind::Threads(3)),
    (0x210, Kind::Threads(4)),
    (0x211, Kind::Threads(5)),
    (0x212, Kind::Threads(6)),
    (0x213, Kind::Threads(7)),
    (0x214, Kind::Threads(8)),
    (0x215, Kind::Threads(9)),
    (EVENT_V2, Kind::Event(EV_V2)),
    (0x217, Kind::Event(EVF_V2)),
    (0x218, Kind::Fds { sized: true }),
    (0x219, Kind::Interfaces { sized: true }),
    (0x220, Kind::Users { sized: true }),
    (0x221, Kind::Event(EV_V2_LARGE)),
    (0x222, Kind::Event(EVF_V2_LARGE)),
    (THREAD_TIMES, Kind::ThreadTimes),
    (0x8000_abcd, Kind::Threads(1)),
    (0x8001_abcd, Kind::Fds { sized: false }),
    (0x8002_abcd, Kind::Machine),
    (0x8010_abcd, Kind::Event(EV)),
    (0x8011_abcd, Kind::Interfaces { sized: false }),
    (0x8012_abcd, Kind::Users { sized: false }),
    (0x8013_abcd, Kind::Threads(2)),
    (0x8014_abcd, Kind::Threads(3)),
];

impl Kind {
    pub(crate) fn of(number: u32) -> Self {
        KINDS.iter().find(|row| row.0 == number).map_or(Self::Unknown, |row| row.1)
    }
}
