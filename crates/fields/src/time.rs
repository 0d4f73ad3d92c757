//! Times as outputs show them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use crate::text::push;

pub(crate) const NS_PER_S: u64 = 1_000_000_000;

/// Appends `13:56:57.310558921`; without `ns` no fraction.
pub(crate) fn write_time(ts: u64, zone: &TimeZone, ns: bool, out: &mut Vec<u8>) {
    write_time_of_day(local(ts, zone), ns, out);
}

/// Appends `2026-11-22 13:56:57.310558921`; without `ns` no fraction.
pub(crate) fn write_datetime(ts: u64, zone: &TimeZone, ns: bool, out: &mut Vec<u8>) {
    let time = local(ts, zone);
    write_date(time, out);
    out.push(b' ');
    write_time_of_day(time, ns, out);
}

/// Appends `2026-11-22T13:56:57.310558921+0000`, in UTC.
pub(crate) fn write_iso8601(ts: u64, out: &mut Vec<u8>) {
    let time = Offset::UTC.to_datetime(timestamp(ts));
    write_date(time, out);
    out.push(b'T');
    write_time_of_day(time, true, out);
    out.extend_from_slice(b"+0000");
}

fn local(ts: u64, zone: &TimeZone) -> DateTime {
    let time = timestamp(ts);
    zone.to_offset(time).to_datetime(time)
}

fn timestamp(ns: u64) -> Timestamp {
    // All of u64 lies before the year 2555, which jiff knows.
    Timestamp::from_nanosecond(ns.into()).unwrap_or(Timestamp::MAX)
}

fn write_date(time: DateTime, out: &mut Vec<u8>) {
    write_padded(time.year().unsigned_abs().into(), 4, out);
    out.push(b'-');
    write_padded(time.month().unsigned_abs().into(), 2, out);
    out.push(b'-');
    write_padded(time.day().unsigned_abs().into(), 2, out);
}

fn write_time_of_day(time: DateTime, ns: bool, out: &mut Vec<u8>) {
    write_padded(time.hour().unsigned_abs().into(), 2, out);
    out.push(b':');
    write_padded(time.minute().unsigned_abs().into(), 2, out);
    out.push(b':');
    write_padded(time.second().unsigned_abs().into(), 2, out);
    if ns {
        out.push(b'.');
        write_padded(time.subsec_nanosecond().unsigned_abs(), 9, out);
    }
}

fn write_padded(value: u32, width: usize, out: &mut Vec<u8>) {
    let start = out.len();
    push(value, out);
    for _ in out.len() - start..width {
        out.insert(start, b'0');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn times_are_written_in_their_zone() {
        let ts = 1_795_355_817_000_000_042;
        let zone = TimeZone::fixed(Offset::constant(-1));
        assert_eq!(written(|out| write_time(ts, &TimeZone::UTC, true, out)), "13:56:57.000000042");
        assert_eq!(written(|out| write_time(ts, &zone, false, out)), "12:56:57");
        assert_eq!(written(|out| write_datetime(ts, &zone, false, out)), "2026-11-22 12:56:57");
        assert_eq!(written(|out| write_iso8601(ts, out)), "2026-11-22T13:56:57.000000042+0000");
    }
}
