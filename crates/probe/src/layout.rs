//! What this side and the programs share: the other half of `bpf/maps.h` and `bpf/writer.h`.

use gyr_event::{Interest, SyscallKind};

use crate::ia32_table::{CALLS, SOCKET_CALLS, SOCKETCALL};

/// System call numbers that the dispatcher looks at.
pub(crate) const SYSCALL_SLOTS: usize = 512;
/// Scratch records for each CPU.
pub(crate) const LEVELS: u32 = 2;
/// The calls whose name or address is read when they begin, too; see `bpf/enter.h`.
pub(crate) const ENTERED: &[&str] = &["open", "creat", "openat", "openat2", "connect"];
/// The length of [`Prefix`] on the ring.
pub(crate) const PREFIX_LEN: usize = 8;

/// `struct settings`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Nanoseconds since the epoch at boot.
    pub(crate) boot_ts: u64,
    pub(crate) own_pid: u32,
    pub(crate) snaplen: u32,
    pub(crate) drop_failed: bool,
}

impl Settings {
    pub(crate) fn to_bytes(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        bytes[0..8].copy_from_slice(&self.boot_ts.to_ne_bytes());
        bytes[8..12].copy_from_slice(&self.own_pid.to_ne_bytes());
        bytes[12..16].copy_from_slice(&self.snaplen.to_ne_bytes());
        bytes[16..20].copy_from_slice(&u32::from(self.drop_failed).to_ne_bytes());
        bytes
    }
}

/// Those of [`ENTERED`] that are of interest.
pub(crate) fn entered(interest: &Interest) -> Vec<&'static str> {
    let is_wanted = |name: &&&str| interest.iter().any(|syscall| syscall.name == **name);
    ENTERED.iter().filter(is_wanted).copied().collect()
}

/// `struct interest`: the numbers that are looked at first, the native ones that are wanted, and those that are looked at
/// when a call begins, a bit each.
pub(crate) fn interest_bytes(interest: &Interest) -> Vec<u8> {
    let wanted = || interest.iter().filter(|syscall| syscall.kind != SyscallKind::Tracepoint);
    let native: Vec<u16> = wanted().filter_map(|syscall| syscall.nr).collect();
    let entered = wanted().filter(|syscall| ENTERED.contains(&syscall.name));
    let entered: Vec<u16> = entered.filter_map(|syscall| syscall.nr).collect();
    let sets = [with_ia32_numbers(&native), native, with_ia32_numbers(&entered)];
    sets.iter().flat_map(|numbers| number_set(numbers)).collect()
}

/// Native numbers, and those that 32-bit programs use for the same calls.
fn with_ia32_numbers(native: &[u16]) -> Vec<u16> {
    let mut either = native.to_vec();
    let narrow = ia32_numbers().filter(|(_, call)| native.contains(call));
    either.extend(narrow.map(|(number, _)| number));
    if ia32_socket_numbers().any(|call| native.contains(&call)) {
        either.push(SOCKETCALL);
    }
    either
}

/// `struct numbers`.
fn number_set(numbers: &[u16]) -> Vec<u8> {
    let mut words = [0u64; SYSCALL_SLOTS / 64];
    for &number in numbers {
        if let Some(word) = words.get_mut(usize::from(number) / 64) {
            *word |= 1 << (number % 64);
        }
    }
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

/// The numbers of the calls of 32-bit programs, and the native ones.
pub(crate) fn ia32_numbers() -> impl Iterator<Item = (u16, u16)> {
    CALLS.iter().filter_map(|(number, name)| Some((*number, native_number(name)?)))
}

/// The native numbers of the calls behind `socketcall`, from 1 on.
pub(crate) fn ia32_socket_numbers() -> impl Iterator<Item = u16> {
    SOCKET_CALLS.iter().filter_map(|name| native_number(name))
}

fn native_number(name: &str) -> Option<u16> {
    gyr_event::syscall_by_name(name)?.nr
}

/// `struct counters`, of one CPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    pub(crate) attempted: u64,
    pub(crate) delivered: u64,
    pub(crate) ring_full: u64,
    pub(crate) too_large: u64,
    pub(crate) nested: u64,
    pub(crate) faults: u64,
    pub(crate) enter_faults: u64,
}

impl Counters {
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        Self {
            attempted: u64_at(bytes, 0),
            delivered: u64_at(bytes, 8),
            ring_full: u64_at(bytes, 16),
            too_large: u64_at(bytes, 24),
            nested: u64_at(bytes, 32),
            faults: u64_at(bytes, 40),
            enter_faults: u64_at(bytes, 48),
        }
    }
}

/// `struct prefix`, before each record on the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prefix {
    pub(crate) cpu: u16,
    pub(crate) flags: u16,
    pub(crate) seq: u32,
}

/// Of [`Prefix::flags`]: the call came through another entry than the native one.
pub(crate) const FOREIGN: u16 = 1;

impl Prefix {
    /// The prefix and the record behind it; `None` if the bytes are too few.
    pub(crate) fn split(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (&[a, b, c, d, seq @ ..], record) = bytes.split_first_chunk::<PREFIX_LEN>()?;
        let prefix = Self {
            cpu: u16::from_ne_bytes([a, b]),
            flags: u16::from_ne_bytes([c, d]),
            seq: u32::from_ne_bytes(seq),
        };
        Some((prefix, record))
    }
}

/// The number at an offset; 0 beyond the end.
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |chunk| u64::from_ne_bytes(*chunk))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gyr_event::syscall_by_name;

    fn is_set(bytes: &[u8], number: usize) -> bool {
        bytes[number / 8] >> (number % 8) & 1 != 0
    }

    fn count(bytes: &[u8]) -> u32 {
        bytes.iter().map(|byte| byte.count_ones()).sum()
    }

    #[test]
    fn a_call_sets_the_bits_of_its_numbers() {
        let mut interest = Interest::none();
        interest.insert(syscall_by_name("openat").unwrap().code);
        interest.insert(syscall_by_name("signal_deliver").unwrap().code);
        let bytes = interest_bytes(&interest);
        let [either, native, entered] =
            [0, 1, 2].map(|set| &bytes[set * SYSCALL_SLOTS / 8..][..SYSCALL_SLOTS / 8]);
        assert!(is_set(native, 257) && count(native) == 1);
        assert!(is_set(either, 257) && is_set(either, 295) && count(either) == 2);
        assert_eq!(entered, either);
    }

    #[test]
    fn a_call_without_a_name_in_memory_is_not_looked_at_when_it_begins() {
        let mut interest = Interest::none();
        interest.insert(syscall_by_name("close").unwrap().code);
        assert_eq!(count(&interest_bytes(&interest)[2 * SYSCALL_SLOTS / 8..]), 0);
    }

    #[test]
    fn a_call_on_sockets_has_three_numbers() {
        let mut interest = Interest::none();
        interest.insert(syscall_by_name("connect").unwrap().code);
        let bytes = interest_bytes(&interest);
        let either = &bytes[..SYSCALL_SLOTS / 8];
        assert!(is_set(either, 42) && is_set(either, 362) && is_set(either, 102));
    }

    #[test]
    fn every_row_of_the_narrow_table_names_a_native_call() {
        assert_eq!(ia32_numbers().count(), CALLS.len());
        assert_eq!(ia32_socket_numbers().count(), SOCKET_CALLS.len());
        assert!(CALLS.is_sorted_by(|(a, _), (b, _)| a < b));
    }

    #[test]
    fn a_prefix_splits_from_its_record() {
        let bytes = [1, 0, 2, 0, 3, 0, 0, 0, 42];
        let prefix = Prefix { cpu: 1, flags: 2, seq: 3 };
        assert_eq!(Prefix::split(&bytes), Some((prefix, &[42][..])));
        assert_eq!(Prefix::split(&bytes[..7]), None);
    }
}
