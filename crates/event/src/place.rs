//! Where a parameter stands in records that are written as today's are, so that one look finds it.

use crate::{Event, EventCode, HEADER_LEN, ParamType};

/// The place of a parameter of `N` bytes in nearly all records of an event: in those where all before it have the widths
/// of their types, which every look makes sure of.
#[derive(Clone, Copy, Debug)]
pub struct Place<const N: usize> {
    index: u8,
    /// Of the record.
    n_params: u8,
    /// Counted from the record's start.
    start: u16,
    /// The lengths up to the parameter's own, and which bits of them count.
    lens: u64,
    mask: u64,
}

/// So many lengths are looked at at once.
const MOST: usize = 4;

impl<const N: usize> Place<N> {
    /// None if the parameter has another width, or stands behind one whose width varies.
    pub const fn of(code: EventCode, index: usize) -> Option<Self> {
        let params = code.info().params;
        if index >= MOST || index >= params.len() {
            return None;
        }
        let mut place = Self {
            index: index as u8,
            n_params: params.len() as u8,
            start: (HEADER_LEN + 2 * params.len()) as u16,
            lens: 0,
            mask: 0,
        };
        let mut i = 0;
        while i < index {
            let Some(width) = width(params[i].ty) else { return None };
            place.start += width;
            place.lens |= (width as u64) << (16 * i);
            place.mask |= 0xffff << (16 * i);
            i += 1;
        }
        place.lens |= (N as u64) << (16 * index);
        place.mask |= 0xffff << (16 * index);
        match width(params[index].ty) {
            Some(width) if width as usize == N => Some(place),
            _ => None,
        }
    }
}

/// What a parameter of this type takes in a record, in bytes; none if that varies.
const fn width(ty: ParamType) -> Option<u16> {
    match ty {
        ParamType::INT8 | ParamType::UINT8 | ParamType::FLAGS8 | ParamType::ENUMFLAGS8 => Some(1),
        ParamType::INT32
        | ParamType::UINT32
        | ParamType::FLAGS32
        | ParamType::ENUMFLAGS32
        | ParamType::UID
        | ParamType::GID
        | ParamType::MODE => Some(4),
        ParamType::INT64
        | ParamType::UINT64
        | ParamType::ERRNO
        | ParamType::FD
        | ParamType::PID => Some(8),
        _ => None,
    }
}

impl<'a> Event<'a> {
    #[inline(always)]
    fn find<const N: usize>(&self, place: &Place<N>) -> Option<&'a [u8; N]> {
        let record = self.record();
        let lens = record.get(HEADER_LEN..)?.first_chunk()?;
        if u64::from_le_bytes(*lens) & place.mask != place.lens
            || self.n_params() != usize::from(place.n_params)
        {
            return None;
        }
        record.get(usize::from(place.start)..)?.first_chunk()
    }

    /// As [`Event::i64`].
    #[inline(always)]
    pub fn i64_at(&self, place: &Place<8>) -> Option<i64> {
        match self.find(place) {
            Some(bytes) => Some(i64::from_le_bytes(*bytes)),
            None => self.i64_elsewhere(usize::from(place.index)),
        }
    }

    /// As [`Event::u32`].
    #[inline(always)]
    pub fn u8_at(&self, place: &Place<1>) -> Option<u32> {
        match self.find(place) {
            Some([byte]) => Some(u32::from(*byte)),
            None => self.u32(usize::from(place.index)),
        }
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
    fn what_stands_behind_a_text_or_is_of_another_width_has_no_place() {
        assert!(Place::<4>::of(EventCode::OPENAT, EventCode::OPENAT.param("flags")).is_none());
        assert!(Place::<4>::of(EventCode::OPENAT, EventCode::OPENAT.param("dirfd")).is_none());
    }
}
