//! Numbers and strings one after the other out of a list's entry.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The rest of an entry. Every read takes from its front and fails if too little is left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a>(pub &'a [u8]);

/// The entry ends before it should, or a string in it is longer than the format allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bad {
    Short,
    TooLong,
    Type(u8),
}

pub(crate) type Read<T> = Result<T, Bad>;

impl<'a> Fields<'a> {
    pub(crate) const fn left(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn take(&mut self, len: usize) -> Read<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(len).ok_or(Bad::Short)?;
        self.0 = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk().ok_or(Bad::Short)?;
        self.0 = rest;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self) -> Read<u8> {
        self.array().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Read<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Read<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Read<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn i64(&mut self) -> Read<i64> {
        self.array().map(i64::from_le_bytes)
    }

    pub(crate) fn bool(&mut self) -> Read<bool> {
        self.u8().map(|byte| byte != 0)
    }

    /// An IPv4 address in network order.
    pub(crate) fn ipv4(&mut self) -> Read<Ipv4Addr> {
        self.array::<4>().map(Ipv4Addr::from)
    }

    pub(crate) fn ipv6(&mut self) -> Read<Ipv6Addr> {
        self.array::<16>().map(Ipv6Addr::from)
    }

    /// A string after its length (u16); at most `max` bytes.
    pub(crate) fn text(&mut self, max: usize) -> Read<Vec<u8>> {
        let len = usize::from(self.u16()?);
        if len > max {
            return Err(Bad::TooLong);
        }
        self.take(len).map(<[u8]>::to_vec)
    }
}
