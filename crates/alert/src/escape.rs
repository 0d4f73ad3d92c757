//! Bytes of any kind inside JSON strings.

/// Appends `text` as it stands between the quotes of a JSON string. Each run of bytes that is no UTF-8 becomes U+FFFD.
pub fn escape(text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (plain, special) = rest.split_at(plain_len(rest));
        out.extend_from_slice(plain);
        let Some(&first) = special.first() else { return };
        let n = if first < 0x80 {
            escape_ascii(first, out);
            1
        } else {
            let n = special.iter().take_while(|&&byte| byte >= 0x80).count();
            replace_invalid(&special[..n], out);
            n
        };
        rest = &special[n..];
    }
}

/// Appends `text` as a JSON string, quotes and all.
pub(crate) fn quote(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    escape(text, out);
    out.push(b'"');
}

/// How many bytes at the start are ASCII that stands for itself; looks at eight at a time.
fn plain_len(text: &[u8]) -> usize {
    let mut len = 0;
    let mut words = text.chunks_exact(8);
    for word in &mut words {
        let Some(&word) = word.first_chunk::<8>() else { break };
        let special = specials(u64::from_le_bytes(word));
        if special != 0 {
            return len + special.trailing_zeros() as usize / 8;
        }
        len += 8;
    }
    len + words.remainder().iter().take_while(|&&byte| is_plain(byte)).count()
}

const fn is_plain(byte: u8) -> bool {
    byte >= 0x20 && byte < 0x80 && byte != b'"' && byte != b'\\'
}

/// The top bit of each byte that is not plain. Above the first such byte there may be false ones: a borrow from it.
const fn specials(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    let below_blank = word.wrapping_sub(ONES * 0x20) & !word;
    let quote = word ^ (ONES * b'"' as u64);
    let is_quote = quote.wrapping_sub(ONES) & !quote;
    let backslash = word ^ (ONES * b'\\' as u64);
    let is_backslash = backslash.wrapping_sub(ONES) & !backslash;
    (word | below_blank | is_quote | is_backslash) & TOPS
}

fn escape_ascii(byte: u8, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\t' => b't',
        b'\r' => b'r',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            out.extend_from_slice(b"\\u00");
            out.push(HEX[usize::from(byte >> 4)]);
            out.push(HEX[usize::from(byte & 15)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

fn replace_invalid(text: &[u8], out: &mut Vec<u8>) {
    for chunk in text.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_found_at_every_place() {
        for byte in 0..=u8::MAX {
            for place in 0..20 {
                let mut text = [b'a'; 20];
                text[place] = byte;
                assert_eq!(plain_len(&text), if is_plain(byte) { 20 } else { place });
            }
        }
    }

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
