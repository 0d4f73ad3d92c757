//! Small pieces of text: numbers, addresses, raw bytes, lists.

use std::fmt::Display;
use std::io::Write as _;
use std::net::IpAddr;

/// Appends anything that can be displayed.
pub(crate) fn push(value: impl Display, out: &mut Vec<u8>) {
    let _ = write!(out, "{value}"); // a Vec takes everything
}

/// Appends `address:port`, without brackets around IPv6 addresses.
pub(crate) fn push_endpoint(ip: IpAddr, port: u16, out: &mut Vec<u8>) {
    push(format_args!("{ip}:{port}"), out);
}

/// Appends raw bytes: printable ASCII as it is, a dot for each other byte.
pub(crate) fn push_dots(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend(bytes.iter().map(|byte| if matches!(byte, b' '..=b'~') { *byte } else { b'.' }));
}

/// Appends base64 with padding.
pub(crate) fn push_base64(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in bytes.chunks(3) {
        let at = |i: usize| u32::from(chunk.get(i).copied().unwrap_or_default());
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for i in 0..4 {
            if i > chunk.len() {
                out.push(b'=');
            } else {
                out.push(DIGITS[(bits >> (18 - 6 * i) & 63) as usize]);
            }
        }
    }
}

/// Appends text in which bytes that are no UTF-8 become U+FFFD.
pub(crate) fn push_sanitized(text: &[u8], out: &mut Vec<u8>) {
    for chunk in text.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{FFFD}".as_bytes());
        }
    }
}

/// The strings of a list whose items each end in a NUL. One empty string alone is no item, as Falco reads it.
pub(crate) fn items(list: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    let list = list.strip_suffix(b"\0").unwrap_or(list);
    let count = if list.is_empty() { 0 } else { usize::MAX };
    list.split(|&byte| byte == 0).take(count)
}

/// Appends items with something between them.
pub(crate) fn push_joined<'a>(
    items: impl Iterator<Item = &'a [u8]>,
    separator: u8,
    out: &mut Vec<u8>,
) {
    for (i, item) in items.enumerate() {
        if i > 0 {
            out.push(separator);
        }
        out.extend_from_slice(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_end_each_item_with_a_nul() {
        let of = |list: &'static [u8]| items(list).collect::<Vec<_>>();
        assert!(of(b"").is_empty());
        assert!(of(b"\0").is_empty());
        assert_eq!(of(b"\0\0"), [b"", b""]);
        assert_eq!(of(b"a\0\0b\0"), [&b"a"[..], b"", b"b"]);
        assert_eq!(of(b"cut"), [b"cut"]);
    }

    #[test]
    fn raw_bytes_read_as_dots_or_base64() {
        let (mut dots, mut base64) = (Vec::new(), Vec::new());
        push_dots(b"a\n\xffz", &mut dots);
        assert_eq!(dots, b"a..z");
        for bytes in [&b"f"[..], b"fo", b"foo"] {
            push_base64(bytes, &mut base64);
        }
        assert_eq!(base64, b"Zg==Zm8=Zm9v");
    }

    #[test]
    fn damaged_text_is_repaired() {
        let mut out = Vec::new();
        push_sanitized(b"bad\xff\xfeutf8", &mut out);
        assert_eq!(out, "bad\u{FFFD}\u{FFFD}utf8".as_bytes());
    }
}
