//! Bytes of any kind inside JSON strings.

/// Appends `text` as it stands between the quotes of a JSON string. Each run of bytes that is no UTF-8 becomes U+FFFD.
pub fn escape(text: &[u8], out: &mut Vec<u8>) {
    for chunk in text.utf8_chunks() {
        escape_valid(chunk.valid().as_bytes(), out);
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
}

/// Appends `text` as a JSON string, quotes and all.
pub(crate) fn quote(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    escape(text, out);
    out.push(b'"');
}

fn escape_valid(text: &[u8], out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut plain = text;
    while let Some(at) = plain.iter().position(|&b| b < 0x20 || b == b'"' || b == b'\\') {
        let (before, rest) = plain.split_at(at);
        out.extend_from_slice(before);
        let Some((&special, after)) = rest.split_first() else { break };
        match special {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\r' => out.extend_from_slice(b"\\r"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            _ => {
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(special >> 4)]);
                out.push(HEX[usize::from(special & 15)]);
            }
        }
        plain = after;
    }
    out.extend_from_slice(plain);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bytes_are_escaped_as_json_wants() {
        let cases: &[(&[u8], &str)] = &[
            (b"plain", "plain"),
            (b"", ""),
            (b"a\"b\\c", "a\\\"b\\\\c"),
            (b"\n\t\r\x08\x0c", "\\n\\t\\r\\b\\f"),
            (b"\x00\x1b\x1f\x7f", "\\u0000\\u001b\\u001f\x7f"),
            ("spaß".as_bytes(), "spaß"),
            (b"\xff", "\u{fffd}"),
            (b"\xe2\x82A", "\u{fffd}A"),
            (b"\xe0\x80", "\u{fffd}\u{fffd}"),
            (b"x\xe2\x82", "x\u{fffd}"),
        ];
        for (text, want) in cases {
            let mut out = Vec::new();
            escape(text, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), *want);
        }
    }
}
