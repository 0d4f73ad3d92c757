//! What the parameters that outputs showed have left behind, for `evt.buffer` of a call that moved no bytes.
//!
//! Falco renders each parameter into one buffer that is never cleared, and gives `evt.buffer` the length of the last
//! bytes that it rendered. Where the event at hand has none, the text is `NULL`, its end and what earlier parameters
//! left, perhaps of another event. What conditions render is not in it: their order is ours.

use std::cell::{Cell, RefCell};

use gyr_event::ParamType;

/// A buffer that each text overwrites from its start.
#[derive(Debug, Default)]
pub(crate) struct Leftover {
    bytes: RefCell<Vec<u8>>,
    /// How long the last raw bytes were, as text.
    n_raw: Cell<usize>,
}

impl Leftover {
    pub(crate) fn rendered(&self, ty: ParamType, is_empty: bool, text: &[u8]) {
        match ty {
            ParamType::BYTEBUF if !is_empty => self.n_raw.set(text.len()),
            _ => {}
        }
        let end: &[u8] = match ty {
            ParamType::FDLIST if !text.is_empty() && !is_empty => b"\0\0",
            // The zone is cut off behind the nanoseconds, but was there.
            ParamType::ABSTIME if !is_empty => b"\0+0000\0",
            _ => b"\0",
        };
        let mut bytes = self.bytes.borrow_mut();
        let len = text.len() + end.len();
        if bytes.len() < len {
            bytes.resize(len, 0);
        }
        for (to, from) in bytes.iter_mut().zip(text.iter().chain(end)) {
            *to = *from;
        }
    }

    /// Appends what the buffer holds, as long as the last raw bytes were.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let bytes = self.bytes.borrow();
        let len = self.n_raw.get();
        out.extend(bytes.iter().copied().chain(std::iter::repeat(0)).take(len));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_overwrites_the_beginning_of_the_one_before() {
        let leftover = Leftover::default();
        leftover.rendered(ParamType::BYTEBUF, false, b"0123456789");
        leftover.rendered(ParamType::BYTEBUF, true, b"NULL");
        let mut out = Vec::new();
        leftover.write(&mut out);
        assert_eq!(out, b"NULL\x0056789");
    }
}
