//! An event, borrowed from its record.

use crate::shape::{LENS_LEN, SHAPES};
use crate::{EventCode, EventFlags, EventInfo, HEADER_LEN, Syscall, syscall, syscall_by_nr};

/// One event, read in place from its record.
///
/// Parameters are asked for by index; one that the record does not hold (an older writer) or that is empty is missing.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    record: &'a [u8],
    ts: u64,
    tid: i64,
    code: EventCode,
    n_params: u8,
    len_width: u8,
    /// Whether the lengths are the usual ones of its code.
    pub(crate) is_usual: bool,
    /// If so, the lengths of the first parameters of any length.
    pub(crate) any: [u16; 2],
    cpu: u16,
    num: u64,
}

/// What a record's header says, once its lengths were checked.
///
/// It borrows nothing, so that a source can check a record, and let go of its buffer to skip it.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    ts: u64,
    tid: i64,
    len: u32,
    code: EventCode,
    n_params: u8,
    len_width: u8,
    is_usual: bool,
    any: [u16; 2],
}

/// No record has more parameters: the format's own limit.
const MOST_PARAMS: u32 = 32;

/// Why bytes are not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Shorter than a header, or than its own length field says.
    Short,
    /// The length field says less than the header and the lengths of the parameters need.
    Length,
    /// No such event: a newer writer; to be skipped.
    UnknownCode(u16),
    /// The lengths of the parameters add up to more than the record holds.
    Params,
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Short => f.write_str("record is cut short"),
            Self::Length => f.write_str("record length is too small"),
            Self::UnknownCode(code) => write!(f, "unknown event code {code}"),
            Self::Params => f.write_str("parameters do not fit the record"),
        }
    }
}

impl std::error::Error for Malformed {}

impl Header {
    /// So many bytes [`Header::read_usual`] looks at; a short record may have fewer.
    pub const USUAL_LEN: usize = HEADER_LEN + LENS_LEN;

    /// Checks the record at the start of `bytes`, which may hold more: all lengths, once.
    #[inline]
    pub fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        match bytes.first_chunk().and_then(Self::read_usual) {
            Some(header) if header.len() <= bytes.len() => Ok(header),
            _ => Self::read_any(bytes),
        }
    }

    /// As [`Header::read`], of records of the usual look only; none if it is another. It is for the caller to compare its length
    /// with the bytes that are there, and what `start` has behind the end of a short record does not matter. This runs for
    /// every record.
    #[inline(always)]
    pub fn read_usual(start: &[u8; Self::USUAL_LEN]) -> Option<Self> {
        let (head, rest) = start.split_first_chunk::<HEADER_LEN>()?;
        // In one load, which holds a length's half, too.
        let numbers = le_u64(&head[18..26]);
        let number = (numbers >> 16) as u16;
        let n_params = (numbers >> 32) as u32;
        let found = SHAPES.get(usize::from(number))?.find(n_params, rest.first_chunk()?)?;
        let header = Self {
            ts: le_u64(&head[0..8]),
            tid: le_u64(&head[8..16]).cast_signed(),
            len: le_u32(&head[16..20]),
            code: EventCode::new(number)?,
            n_params: n_params as u8,
            len_width: 2,
            is_usual: true,
            any: found.any,
        };
        (found.end <= header.len()).then_some(header)
    }

    #[inline(never)]
    fn read_any(bytes: &[u8]) -> Result<Self, Malformed> {
        let head = bytes.first_chunk().ok_or(Malformed::Short)?;
        let code = code_of(head).ok_or(Malformed::UnknownCode(number_of(head)))?;
        let large = code.info().flags.contains(EventFlags::LARGE_PAYLOAD);
        let header = Self {
            ts: le_u64(&head[0..8]),
            tid: le_u64(&head[8..16]).cast_signed(),
            len: le_u32(&head[16..20]),
            code,
            n_params: match le_u32(&head[22..26]) {
                n_params @ 0..=MOST_PARAMS => n_params as u8,
                _ => return Err(Malformed::Length),
            },
            len_width: if large { 4 } else { 2 },
            is_usual: false,
            any: [0; 2],
        };
        let record = bytes.get(..header.len()).ok_or(Malformed::Short)?;
        let rest = record.get(HEADER_LEN..).ok_or(Malformed::Length)?;
        let room = rest
            .len()
            .checked_sub(header.n_params() * header.len_width())
            .ok_or(Malformed::Length)?;
        if sum_of_lens(rest, header.n_params(), large) > room as u64 {
            return Err(Malformed::Params);
        }
        Ok(header)
    }

    /// The length of the whole record in bytes.
    #[allow(clippy::len_without_is_empty, reason = "a record is never empty")]
    pub const fn len(&self) -> usize {
        self.len as usize
    }

    pub const fn code(&self) -> EventCode {
        self.code
    }

    /// How many parameters the record holds, present or empty.
    pub const fn n_params(&self) -> usize {
        self.n_params as usize
    }

    const fn len_width(&self) -> usize {
        self.len_width as usize
    }

    /// The event whose header this is; `bytes` are those that were checked.
    #[inline]
    pub fn event(self, bytes: &[u8]) -> Event<'_> {
        self.of_record(bytes.get(..self.len()).unwrap_or_default())
    }

    /// As [`Header::event`], of the record alone.
    #[inline(always)]
    pub const fn of_record(self, record: &[u8]) -> Event<'_> {
        let Self { ts, tid, len: _, code, n_params, len_width, is_usual, any } = self;
        Event { record, ts, tid, code, n_params, len_width, is_usual, any, cpu: 0, num: 0 }
    }
}

fn number_of(head: &[u8; HEADER_LEN]) -> u16 {
    u16::from_le_bytes([head[20], head[21]])
}

fn code_of(head: &[u8; HEADER_LEN]) -> Option<EventCode> {
    EventCode::new(number_of(head))
}

impl<'a> Event<'a> {
    /// Reads the record at the start of `bytes`, which may hold more; checks all lengths, once.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Malformed> {
        Ok(Header::read(bytes)?.event(bytes))
    }

    /// The same event with the CPU it happened on and its number in the stream (from 1).
    #[must_use]
    pub const fn at(mut self, cpu: u16, num: u64) -> Self {
        self.cpu = cpu;
        self.num = num;
        self
    }

    /// Gives the event its number in the stream (from 1).
    #[inline]
    pub const fn set_num(&mut self, num: u64) {
        self.num = num;
    }

    /// The record, header and all.
    pub const fn record(&self) -> &'a [u8] {
        self.record
    }

    /// Nanoseconds since the epoch.
    pub const fn ts(&self) -> u64 {
        self.ts
    }

    /// The thread that the event belongs to; -1 if none.
    pub const fn tid(&self) -> i64 {
        self.tid
    }

    pub const fn code(&self) -> EventCode {
        self.code
    }

    pub const fn info(&self) -> &'static EventInfo {
        self.code.info()
    }

    pub const fn cpu(&self) -> u16 {
        self.cpu
    }

    /// The event's number in its stream, from 1; 0 outside one.
    pub const fn num(&self) -> u64 {
        self.num
    }

    /// How many parameters the record holds, present or empty.
    pub const fn n_params(&self) -> usize {
        self.n_params as usize
    }

    /// A parameter's bytes; empty where it is missing.
    #[inline]
    pub fn bytes(&self, index: usize) -> &'a [u8] {
        if self.len_width() != 2 {
            return self.bytes_of_large(index);
        }
        let lens_end = HEADER_LEN + self.n_params() * 2;
        let lens = self.record.get(HEADER_LEN..lens_end).unwrap_or_default().as_chunks().0;
        let Some((&len, before)) = lens.get(..=index).and_then(<[_]>::split_last) else {
            return &[];
        };
        let mut start = lens_end;
        for &len in before {
            // They were summed up when the record was read: this cannot overflow.
            start += usize::from(u16::from_le_bytes(len));
        }
        let end = start + usize::from(u16::from_le_bytes(len));
        self.record.get(start..end).unwrap_or_default()
    }

    /// The first `N` parameters: the cheapest way to many of them.
    #[inline]
    pub fn params<const N: usize>(&self) -> Params<'a, N> {
        Params(self.leading())
    }

    /// The bytes of the first `N` parameters, as [`Event::bytes`].
    #[inline]
    pub fn leading<const N: usize>(&self) -> [&'a [u8]; N] {
        let mut leading: [&'a [u8]; N] = [&[]; N];
        let lens =
            self.record.get(HEADER_LEN..).and_then(|rest| rest.as_chunks().0.first_chunk::<N>());
        let Some(lens) = lens.filter(|_| self.len_width() == 2 && N <= self.n_params()) else {
            let mut params = self.walk();
            leading.fill_with(|| params.next());
            return leading;
        };
        let mut start = HEADER_LEN + self.n_params() * 2;
        for (param, &len) in leading.iter_mut().zip(lens) {
            let end = start + usize::from(u16::from_le_bytes(len));
            *param = self.record.get(start..end).unwrap_or_default();
            start = end;
        }
        leading
    }

    #[cold]
    fn bytes_of_large(&self, index: usize) -> &'a [u8] {
        let mut params = self.walk();
        (0..index).for_each(|_| {
            params.next();
        });
        params.next()
    }

    fn walk(&self) -> Walk<'a> {
        let width = self.len_width();
        let lens_end = HEADER_LEN + self.n_params() * width;
        Walk {
            lens: self.record.get(HEADER_LEN..lens_end).unwrap_or_default(),
            params: self.record.get(lens_end..).unwrap_or_default(),
            len_width: width,
        }
    }

    /// Whether the record holds this parameter with at least one byte.
    #[inline]
    pub fn has(&self, index: usize) -> bool {
        index < self.n_params() && self.len_of(index) > 0
    }

    /// Text without the NUL that ends it; `None` if missing, which older writers also spelled "(NULL)".
    #[inline]
    pub fn text(&self, index: usize) -> Option<&'a [u8]> {
        text(self.bytes(index))
    }

    /// A signed number of any width.
    #[inline]
    pub fn i64(&self, index: usize) -> Option<i64> {
        signed(self.bytes(index))
    }

    /// As [`Event::i64`] of the first parameter, where most exits have their result.
    #[inline]
    pub fn first(&self) -> Option<i64> {
        let start = HEADER_LEN + 2 * self.n_params();
        if let (Some([8, 0]), Some(first)) =
            (self.record.get(HEADER_LEN..HEADER_LEN + 2), self.record.get(start..start + 8))
            && let Some(first) = first.first_chunk()
            && self.n_params > 0
            && self.len_width == 2
        {
            return Some(i64::from_le_bytes(*first));
        }
        self.i64_elsewhere(0)
    }

    /// An unsigned number of any width.
    #[inline]
    pub fn u64(&self, index: usize) -> Option<u64> {
        unsigned(self.bytes(index))
    }

    /// An unsigned number of at most four bytes.
    #[inline]
    pub fn u32(&self, index: usize) -> Option<u32> {
        self.u64(index).and_then(|value| u32::try_from(value).ok())
    }

    /// The value that the call returned: the first parameter, where the event has a result there.
    pub fn result(&self) -> Option<i64> {
        use crate::ParamType::{ERRNO, FD, PID};
        if self.code.is_enter() {
            return None;
        }
        let first = self.info().params.first()?;
        let result = matches!(first.ty, ERRNO | FD | PID) || first.name == "res";
        if result { self.i64(0) } else { None }
    }

    /// The system call that a generic event tells of. Old captures know some only by their number on x86_64.
    pub fn generic_syscall(&self) -> Option<&'static Syscall> {
        const ID: usize = EventCode::GENERIC.param("ID");
        const NATIVE_ID: usize = EventCode::GENERIC.param("nativeID");
        if self.code != EventCode::GENERIC {
            return None;
        }
        let number = |index| self.u64(index).and_then(|number| u16::try_from(number).ok());
        match number(ID) {
            None | Some(0) => number(NATIVE_ID).and_then(syscall_by_nr),
            Some(code) => syscall(code),
        }
    }

    const fn len_width(&self) -> usize {
        self.len_width as usize
    }

    fn len_of(&self, index: usize) -> usize {
        let width = self.len_width();
        let at = HEADER_LEN + index * width;
        match self.record.get(at..at + width) {
            Some(&[a, b]) => usize::from(u16::from_le_bytes([a, b])),
            Some(&[a, b, c, d]) => u32::from_le_bytes([a, b, c, d]) as usize,
            _ => 0,
        }
    }
}

/// The parameters of an event, one after the other; those beyond the record are missing.
struct Walk<'a> {
    lens: &'a [u8],
    params: &'a [u8],
    len_width: usize,
}

impl<'a> Walk<'a> {
    /// The next parameter's bytes, as [`Event::bytes`].
    fn next(&mut self) -> &'a [u8] {
        let (len, lens) = match (self.len_width, self.lens) {
            (2, &[a, b, ref lens @ ..]) => (usize::from(u16::from_le_bytes([a, b])), lens),
            (4, &[a, b, c, d, ref lens @ ..]) => (u32::from_le_bytes([a, b, c, d]) as usize, lens),
            _ => return &[],
        };
        self.lens = lens;
        let Some((param, params)) = self.params.split_at_checked(len) else { return &[] };
        self.params = params;
        param
    }
}

/// The first parameters of an event, those that the record does not hold empty. Asked for as of the [`Event`].
#[derive(Clone, Copy, Debug)]
pub struct Params<'a, const N: usize>([&'a [u8]; N]);

impl<'a, const N: usize> Params<'a, N> {
    #[inline]
    pub fn bytes(&self, index: usize) -> &'a [u8] {
        self.0.get(index).copied().unwrap_or_default()
    }

    #[inline]
    pub fn has(&self, index: usize) -> bool {
        !self.bytes(index).is_empty()
    }

    #[inline]
    pub fn text(&self, index: usize) -> Option<&'a [u8]> {
        text(self.bytes(index))
    }

    #[inline]
    pub fn i64(&self, index: usize) -> Option<i64> {
        signed(self.bytes(index))
    }

    #[inline]
    pub fn u64(&self, index: usize) -> Option<u64> {
        unsigned(self.bytes(index))
    }

    #[inline]
    pub fn u32(&self, index: usize) -> Option<u32> {
        self.u64(index).and_then(|value| u32::try_from(value).ok())
    }
}

/// As [`Event::text`], of a parameter's bytes.
#[inline]
pub fn text(bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        b"" | b"(NULL)\0" => None,
        [text @ .., 0] => Some(text),
        unterminated => Some(unterminated),
    }
}

/// As [`Event::i64`], of a parameter's bytes.
#[inline]
pub fn signed(bytes: &[u8]) -> Option<i64> {
    // The most frequent widths first: a switch over all of them costs more.
    if let [a, b, c, d, e, f, g, h] = *bytes {
        return Some(i64::from_le_bytes([a, b, c, d, e, f, g, h]));
    }
    if let [a, b, c, d] = *bytes {
        return Some(i64::from(i32::from_le_bytes([a, b, c, d])));
    }
    match *bytes {
        [a] => Some(i64::from(a.cast_signed())),
        [a, b] => Some(i64::from(i16::from_le_bytes([a, b]))),
        _ => None,
    }
}

/// As [`Event::u64`], of a parameter's bytes.
#[inline]
pub fn unsigned(bytes: &[u8]) -> Option<u64> {
    if let [a, b, c, d] = *bytes {
        return Some(u64::from(u32::from_le_bytes([a, b, c, d])));
    }
    if let [a, b, c, d, e, f, g, h] = *bytes {
        return Some(u64::from_le_bytes([a, b, c, d, e, f, g, h]));
    }
    match *bytes {
        [a] => Some(u64::from(a)),
        [a, b] => Some(u64::from(u16::from_le_bytes([a, b]))),
        _ => None,
    }
}

/// The sum of the first `n` lengths, which `lens` starts with.
fn sum_of_lens(lens: &[u8], n: usize, large: bool) -> u64 {
    if large {
        let lens = lens.as_chunks().0.iter().take(n);
        lens.map(|&len| u64::from(u32::from_le_bytes(len))).sum()
    } else {
        let lens = lens.as_chunks().0.iter().take(n);
        lens.map(|&len| u64::from(u16::from_le_bytes(len))).sum()
    }
}

fn le_u32(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |chunk| u32::from_le_bytes(*chunk))
}

fn le_u64(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RecordBuilder;

    fn openat() -> Vec<u8> {
        RecordBuilder::new(EventCode::OPENAT, 7, 42)
            .i64(3)
            .i64(-100)
            .text(b"/etc/passwd")
            .u32(1)
            .u32(0)
            .u32(8)
            .u64(99)
            .finish()
    }

    #[test]
    fn parameters_are_read_in_place() {
        let record = openat();
        let event = Event::decode(&record).unwrap();
        assert_eq!((event.ts(), event.tid(), event.code()), (7, 42, EventCode::OPENAT));
        assert_eq!(event.first(), Some(3));
        assert_eq!(event.i64(1), Some(-100));
        assert_eq!(event.text(2), Some(&b"/etc/passwd"[..]));
        assert_eq!(event.u64(6), Some(99));
    }

    #[test]
    fn the_leading_parameters_are_those_by_index() {
        let record = openat();
        let event = Event::decode(&record).unwrap();
        let seven: [_; 7] = event.leading();
        let nine: [_; 9] = event.leading();
        for (index, param) in nine.into_iter().enumerate() {
            assert_eq!(param, event.bytes(index), "parameter {index}");
        }
        assert_eq!(seven, nine[..7]);
    }

    #[test]
    fn a_parameter_beyond_the_record_is_missing() {
        let record = openat();
        let event = Event::decode(&record).unwrap();
        assert!(!event.has(7));
        assert_eq!(event.u64(7), None);
    }

    #[test]
    fn a_generic_event_tells_its_call_by_code_or_by_number() {
        let name = |id, native| {
            let record = RecordBuilder::new(EventCode::GENERIC, 1, 2).u16(id).u16(native).finish();
            Event::decode(&record).unwrap().generic_syscall().map(|call| call.name)
        };
        assert_eq!(name(16, 0), Some("getpid"));
        assert_eq!(name(0, 221), Some("fadvise64"));
        assert_eq!(name(9999, 221), None);
        assert!(Event::decode(&openat()).unwrap().generic_syscall().is_none());
    }

    #[test]
    fn every_cut_is_malformed() {
        let record = openat();
        for len in 0..record.len() {
            assert!(Event::decode(&record[..len]).is_err(), "cut to {len} bytes");
        }
    }

    #[test]
    fn lengths_are_summed_up_whatever_their_number() {
        for n in 0..40_usize {
            let mut lens: Vec<u8> =
                (1..=n as u16).flat_map(|len| (60_000 + len).to_le_bytes()).collect();
            let sum: u64 = (1..=n as u64).map(|len| 60_000 + len).sum();
            assert_eq!(sum_of_lens(&lens, n, false), sum, "{n} and nothing more");
            lens.extend([0xff; 16]);
            assert_eq!(sum_of_lens(&lens, n, false), sum, "{n} and more");
        }
    }

    #[test]
    fn lengths_beyond_the_record_are_malformed() {
        let mut record = openat();
        record[HEADER_LEN] = 0xff;
        assert_eq!(Event::decode(&record).unwrap_err(), Malformed::Params);
    }
}
