//! What nearly all records of an event look like: parameters whose type has a width have it, and one or two are of any
//! length. One look at the lengths tells, and from then on each parameter of a width is found without another.

use crate::{Event, EventCode, EventFlags, HEADER_LEN, ParamType};

/// The usual look of an event's records.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// Of the record.
    n_params: u32,
    /// Where the record ends if the parameters of any length are empty.
    end: u32,
    /// The lengths of two bytes, four in each number, and which bits of them are those of widths.
    lens: [u64; 2],
    widths: [u64; 2],
    /// Which of the lengths are those of any length; as often as not there is no second, or none.
    any: [u8; 2],
    /// Whether they are there: all bits or none.
    is_any: [u16; 2],
}

/// So many lengths are looked at.
const MOST: usize = 8;

/// What they take, in bytes.
pub(crate) const LENS_LEN: usize = 2 * MOST;

/// What [`Shape::find`] tells of a record.
#[derive(Clone, Copy)]
pub(crate) struct Found {
    /// Where its last parameter ends.
    pub(crate) end: usize,
    /// The lengths of the first parameters of any length; 0 where there is none.
    pub(crate) any: [u16; 2],
}

pub(crate) static SHAPES: [Shape; EventCode::COUNT] = {
    let mut shapes = [Shape::NONE; EventCode::COUNT];
    let mut i = 0;
    while i < EventCode::COUNT {
        if let Some(code) = EventCode::new(i as u16)
            && let Some(shape) = Shape::of(code)
        {
            shapes[i] = shape;
        }
        i += 1;
    }
    shapes
};

impl Shape {
    /// That of no record: a length of which no bit counts is not 1.
    const NONE: Self =
        Self { n_params: 0, end: 0, lens: [1, 0], widths: [0; 2], any: [0; 2], is_any: [0; 2] };

    /// None for events that are not of today, and for those with too many parameters.
    const fn of(code: EventCode) -> Option<Self> {
        let info = code.info();
        let n_params = info.params.len();
        let is_old = code.is_enter() && info.flags.contains(EventFlags::CONVERTER_MANAGED);
        let is_large = info.flags.contains(EventFlags::LARGE_PAYLOAD);
        if !code.is_current() || is_old || is_large || n_params > MOST {
            return None;
        }
        let mut shape = Self {
            n_params: n_params as u32,
            end: (HEADER_LEN + 2 * n_params) as u32,
            lens: [0; 2],
            ..Self::NONE
        };
        let mut n_any = 0;
        let mut i = 0;
        while i < n_params {
            match width(info.params[i].ty) {
                Some(width) => {
                    shape.end += width as u32;
                    shape.lens[i / 4] |= (width as u64) << (16 * (i % 4));
                    shape.widths[i / 4] |= 0xffff << (16 * (i % 4));
                }
                None if n_any == shape.any.len() => return None,
                None => {
                    shape.any[n_any] = i as u8;
                    shape.is_any[n_any] = u16::MAX;
                    n_any += 1;
                }
            }
            i += 1;
        }
        Some(shape)
    }

    /// Looks at a record's lengths, with which `lens` starts; none if they are not the usual ones.
    #[inline(always)]
    pub(crate) fn find(&self, n_params: u32, lens: &[u8; LENS_LEN]) -> Option<Found> {
        let (numbers, _) = lens.as_chunks::<8>();
        let differ = |half: usize| {
            let lens = numbers.get(half).map_or(0, |lens| u64::from_le_bytes(*lens));
            lens & self.widths[half] ^ self.lens[half]
        };
        if n_params != self.n_params || differ(0) | differ(1) != 0 {
            return None;
        }
        let (lens, _) = lens.as_chunks::<2>();
        let any = |which: usize| {
            let len = lens.get(usize::from(self.any[which]) % MOST);
            len.map_or(0, |len| u16::from_le_bytes(*len)) & self.is_any[which]
        };
        let any = [any(0), any(1)];
        let end = self.end as usize + usize::from(any[0]) + usize::from(any[1]);
        Some(Found { end, any })
    }
}

/// What a parameter of this type takes in a record, in bytes; none if that varies.
const fn width(ty: ParamType) -> Option<u16> {
    match ty {
        ParamType::INT8
        | ParamType::UINT8
        | ParamType::FLAGS8
        | ParamType::ENUMFLAGS8
        | ParamType::SIGTYPE
        | ParamType::L4PROTO
        | ParamType::SOCKFAMILY => Some(1),
        ParamType::INT16
        | ParamType::UINT16
        | ParamType::FLAGS16
        | ParamType::ENUMFLAGS16
        | ParamType::SYSCALLID => Some(2),
        ParamType::INT32
        | ParamType::UINT32
        | ParamType::FLAGS32
        | ParamType::ENUMFLAGS32
        | ParamType::BOOL
        | ParamType::UID
        | ParamType::GID
        | ParamType::MODE => Some(4),
        ParamType::INT64
        | ParamType::UINT64
        | ParamType::ERRNO
        | ParamType::FD
        | ParamType::PID
        | ParamType::RELTIME
        | ParamType::ABSTIME => Some(8),
        _ => None,
    }
}

/// The place of a parameter of `N` bytes in records of the usual look.
#[derive(Clone, Copy, Debug)]
pub struct Place<const N: usize> {
    index: u8,
    /// Counted from the record's start, as if the parameters of any length were empty.
    start: u16,
    /// Whether it stands behind the first and the second of those: all bits or none.
    is_behind: [u16; 2],
}

impl<const N: usize> Place<N> {
    /// None if the parameter has another width, or its event no usual look.
    pub const fn of(code: EventCode, index: usize) -> Option<Self> {
        match (start(code, index), Shape::of(code)) {
            (Some((start, n_any)), Some(_)) => match width(code.info().params[index].ty) {
                Some(width) if width as usize == N => Some(Self {
                    index: index as u8,
                    start,
                    is_behind: match n_any {
                        0 => [0, 0],
                        1 => [u16::MAX, 0],
                        _ => [u16::MAX; 2],
                    },
                }),
                _ => None,
            },
            _ => None,
        }
    }
}

/// The place of the first parameter of any length in records of the usual look.
#[derive(Clone, Copy, Debug)]
pub struct AnyPlace {
    index: u8,
    start: u16,
}

impl AnyPlace {
    /// None if the parameter is not the first of any length.
    pub const fn of(code: EventCode, index: usize) -> Option<Self> {
        match (start(code, index), Shape::of(code)) {
            (Some((start, 0)), Some(_)) if width(code.info().params[index].ty).is_none() => {
                Some(Self { index: index as u8, start })
            }
            _ => None,
        }
    }
}

/// Where a parameter starts if those of any length before it are empty, and how many of those there are.
const fn start(code: EventCode, index: usize) -> Option<(u16, usize)> {
    let params = code.info().params;
    if index >= params.len() {
        return None;
    }
    let mut start = (HEADER_LEN + 2 * params.len()) as u16;
    let mut n_any = 0;
    let mut i = 0;
    while i < index {
        match width(params[i].ty) {
            Some(width) => start += width,
            None => n_any += 1,
        }
        i += 1;
    }
    Some((start, n_any))
}

/// Parameters by their place, for where it matters: as the methods without it otherwise.
impl<'a> Event<'a> {
    #[inline(always)]
    fn find<const N: usize>(&self, place: &Place<N>) -> Option<&'a [u8; N]> {
        if !self.is_usual {
            return None;
        }
        let [first, second] = [0, 1].map(|which| self.any[which] & place.is_behind[which]);
        let start = usize::from(place.start) + usize::from(first) + usize::from(second);
        self.record().get(start..start + N)?.first_chunk()
    }

    /// As [`Event::i64`].
    #[inline(always)]
    pub fn i64_at(&self, place: &Place<8>) -> Option<i64> {
        match self.find(place) {
            Some(bytes) => Some(i64::from_le_bytes(*bytes)),
            None => self.i64_elsewhere(place.index),
        }
    }

    /// As [`Event::i64`], -1 if it is missing.
    #[inline(always)]
    pub fn fd_at(&self, place: &Place<8>) -> i64 {
        match self.find(place) {
            Some(bytes) => i64::from_le_bytes(*bytes),
            None => self.i64_elsewhere(place.index).unwrap_or(-1),
        }
    }

    /// As [`Event::u32`].
    #[inline(always)]
    pub fn u32_at(&self, place: &Place<4>) -> Option<u32> {
        match self.find(place) {
            Some(bytes) => Some(u32::from_le_bytes(*bytes)),
            None => self.u32_elsewhere(place.index),
        }
    }

    /// As [`Event::u32`].
    #[inline(always)]
    pub fn u8_at(&self, place: &Place<1>) -> Option<u32> {
        match self.find(place) {
            Some([byte]) => Some(u32::from(*byte)),
            None => self.u32_elsewhere(place.index),
        }
    }

    /// As [`Event::bytes`].
    #[inline(always)]
    pub fn bytes_at(&self, place: &AnyPlace) -> &'a [u8] {
        let start = usize::from(place.start);
        let bytes = self.record().get(start..start + usize::from(self.any[0]));
        match bytes.filter(|_| self.is_usual) {
            Some(bytes) => bytes,
            None => self.bytes_elsewhere(place.index),
        }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn i64_elsewhere(&self, index: u8) -> Option<i64> {
        self.i64(usize::from(index))
    }

    #[cold]
    #[inline(never)]
    fn u32_elsewhere(&self, index: u8) -> Option<u32> {
        self.u32(usize::from(index))
    }

    #[cold]
    #[inline(never)]
    fn bytes_elsewhere(&self, index: u8) -> &'a [u8] {
        self.bytes(usize::from(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RecordBuilder;

    #[test]
    fn a_parameter_is_found_wherever_the_record_has_it() {
        let cmd = Place::of(EventCode::FCNTL, EventCode::FCNTL.param("cmd")).unwrap();
        let fd = Place::of(EventCode::FCNTL, EventCode::FCNTL.param("fd")).unwrap();
        let record = || RecordBuilder::new(EventCode::FCNTL, 1, 1);
        let cases = [
            (record().i64(5).i64(3).bytes(&[1]).i64(0), Some(3), Some(1)),
            (record().i64(5).i64(-3).bytes(&[200]).i64(0), Some(-3), Some(200)),
            (record().u32(5).i64(3).u32(1).i64(0), Some(3), Some(1)),
            (record().i64(5).u32(3), Some(3), None),
            (record().i64(5).bytes(&[]).bytes(&[1]).i64(0), None, Some(1)),
            (record(), None, None),
        ];
        for (record, want_fd, want_cmd) in cases {
            let record = record.finish();
            let event = Event::decode(&record).unwrap();
            assert_eq!((event.i64_at(&fd), event.u8_at(&cmd)), (want_fd, want_cmd));
        }
    }

    #[test]
    fn what_stands_behind_a_text_moves_with_it() {
        const CODE: EventCode = EventCode::OPENAT;
        let name = AnyPlace::of(CODE, CODE.param("name")).unwrap();
        let flags = Place::of(CODE, CODE.param("flags")).unwrap();
        let ino = Place::of(CODE, CODE.param("ino")).unwrap();
        for text in [&b""[..], b"/etc/passwd"] {
            let record = RecordBuilder::new(CODE, 7, 42).i64(3).i64(-100).text(text);
            let record = record.u32(1).u32(2).u32(8).u64(99).finish();
            let event = Event::decode(&record).unwrap();
            assert!(event.is_usual);
            assert_eq!(event.bytes_at(&name), event.bytes(2));
            assert_eq!((event.u32_at(&flags), event.i64_at(&ino)), (Some(1), Some(99)));
        }
        assert!(Place::<8>::of(CODE, CODE.param("flags")).is_none());
        assert!(AnyPlace::of(CODE, CODE.param("flags")).is_none());
    }

    #[test]
    fn no_record_of_an_event_without_a_usual_look_has_it() {
        for code in EventCode::all().filter(|&code| Shape::of(code).is_none()) {
            for n_params in [0, u32::MAX] {
                let mut record = RecordBuilder::new(code, 0, 0).finish();
                record[22..26].copy_from_slice(&n_params.to_le_bytes());
                record.extend_from_slice(&[0; LENS_LEN]);
                let is_usual = Event::decode(&record).is_ok_and(|event| event.is_usual);
                assert!(!is_usual, "{code:?} with {n_params} parameters");
            }
        }
    }

    #[test]
    fn lengths_that_reach_beyond_the_record_are_not_usual() {
        let mut record =
            RecordBuilder::new(EventCode::READ, 1, 1).i64(3).bytes(b"abc").i64(4).u32(3).finish();
        assert!(Event::decode(&record).unwrap().is_usual);
        let data_len = HEADER_LEN + 2;
        record[data_len] += 1;
        assert!(Event::decode(&record).is_err());
    }
}
