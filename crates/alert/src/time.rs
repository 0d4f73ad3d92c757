//! Nanoseconds since the epoch as people write them.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// How the time before an alert's text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TimeFormat {
    /// `13:56:57.310558921`, in the machine's time zone.
    #[default]
    Local,
    /// `2026-11-22T13:56:57.310558921+0000`, always UTC.
    Iso8601,
}

/// Writes times; knows the machine's time zone.
#[derive(Clone, Debug)]
pub struct Clock {
    zone: TimeZone,
}

impl Clock {
    /// Local times are those of the machine (`TZ`, else /etc/localtime).
    pub fn system() -> Self {
        Self { zone: TimeZone::system() }
    }

    /// Local times are UTC.
    pub const fn utc() -> Self {
        Self { zone: TimeZone::UTC }
    }

    /// Appends the time of `ns` as `format` says.
    pub fn write(&self, ns: u64, format: TimeFormat, out: &mut Vec<u8>) {
        match format {
            TimeFormat::Local => self.write_local_time(ns, out),
            TimeFormat::Iso8601 => {
                Self::write_utc(ns, out);
                out.extend_from_slice(b"+0000");
            }
        }
    }

    /// Appends `13:56:57.310558921`.
    pub fn write_local_time(&self, ns: u64, out: &mut Vec<u8>) {
        let time = timestamp(ns);
        let offset = self.zone.to_offset(time);
        write_time_of_day(offset.to_datetime(time), out);
    }

    /// Appends `2026-11-22T13:56:57.310558921`, in UTC.
    pub fn write_utc(ns: u64, out: &mut Vec<u8>) {
        let date = Offset::UTC.to_datetime(timestamp(ns));
        write_padded(date.year().unsigned_abs().into(), 4, out);
        out.push(b'-');
        write_padded(date.month().unsigned_abs().into(), 2, out);
        out.push(b'-');
        write_padded(date.day().unsigned_abs().into(), 2, out);
        out.push(b'T');
        write_time_of_day(date, out);
    }
}

fn timestamp(ns: u64) -> Timestamp {
    // All of u64 lies before the year 2555, which jiff knows.
    Timestamp::from_nanosecond(ns.into()).unwrap_or(Timestamp::MAX)
}

fn write_time_of_day(time: jiff::civil::DateTime, out: &mut Vec<u8>) {
    write_padded(time.hour().unsigned_abs().into(), 2, out);
    out.push(b':');
    write_padded(time.minute().unsigned_abs().into(), 2, out);
    out.push(b':');
    write_padded(time.second().unsigned_abs().into(), 2, out);
    out.push(b'.');
    write_padded(time.subsec_nanosecond().unsigned_abs(), 9, out);
}

fn write_padded(mut value: u32, width: usize, out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + width, b'0');
    for digit in out.iter_mut().skip(start).rev() {
        *digit = b'0' + u8::try_from(value % 10).unwrap_or_default();
        value /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(ns: u64, format: TimeFormat) -> String {
        let mut out = Vec::new();
        Clock::utc().write(ns, format, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn times_have_nine_digits() {
        let ns = 1_470_327_477_881_781_397;
        assert_eq!(written(ns, TimeFormat::Local), "16:17:57.881781397");
        assert_eq!(written(ns, TimeFormat::Iso8601), "2016-08-04T16:17:57.881781397+0000");
    }

    #[test]
    fn local_times_follow_the_zone() {
        let clock = Clock { zone: TimeZone::fixed(jiff::tz::offset(-5)) };
        let mut out = Vec::new();
        clock.write_local_time(1_470_327_477_000_000_001, &mut out);
        assert_eq!(out, b"11:17:57.000000001");
    }

    #[test]
    fn every_number_is_a_time() {
        assert_eq!(written(0, TimeFormat::Iso8601), "1970-01-01T00:00:00.000000000+0000");
        assert_eq!(written(u64::MAX, TimeFormat::Iso8601), "2554-07-21T23:34:33.709551615+0000");
    }
}
