//! Joining and normalising paths, as text: nothing on disk is asked.

/// What a joined path may take, in bytes; a longer one becomes [`TOO_LONG`].
const LONGEST: usize = 1_024;

/// What stands for a path that cannot be held.
const TOO_LONG: &[u8] = b"/DIR_TOO_LONG/FILENAME_TOO_LONG";

/// What a path is relative to: taken as it is, with or without a slash after it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Base<'a> {
    text: &'a [u8],
    needs_slash: bool,
}

impl<'a> Base<'a> {
    /// Nothing: for paths that are whole.
    pub(crate) const NONE: Self = Self { text: b"", needs_slash: false };

    /// A directory; the slash after its name is seen to.
    pub(crate) fn directory(text: &'a [u8]) -> Self {
        let is_whole = matches!(text.last(), None | Some(b'/'));
        Self { text, needs_slash: !is_whole }
    }

    /// What stands for a directory that is not known.
    pub(crate) const UNKNOWN: Self = Self { text: b"<UNKNOWN>", needs_slash: false };

    const fn len(&self) -> usize {
        self.text.len() + self.needs_slash as usize
    }
}

/// Writes `path` to `out` as the tables name it, relative to `dir`, which is taken as it is.
pub fn join(dir: &[u8], path: &[u8], out: &mut Vec<u8>) {
    join_to(Base { text: dir, needs_slash: false }, path, out);
}

/// Writes `path` to `out`, without `.`, `..`, double slashes and a slash at the end; relative to `base` unless it is absolute
/// or empty. Says where in `out` the path stands as it was given, if it does.
#[inline(always)]
pub(crate) fn join_to(base: Base<'_>, path: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    out.clear();
    if base.len() + path.len() >= LONGEST {
        out.extend_from_slice(TOO_LONG);
        return None;
    }
    let is_relative = path.first().is_some_and(|&first| first != b'/');
    if is_relative {
        out.reserve(base.len() + path.len());
        out.extend_from_slice(base.text);
        if base.needs_slash {
            out.push(b'/');
        }
    }
    if is_clean(path) {
        let start = out.len();
        out.extend_from_slice(path);
        return Some(start);
    }
    push_components(path, is_relative, out);
    None
}

#[inline(never)]
fn push_components(path: &[u8], is_relative: bool, out: &mut Vec<u8>) {
    let mut components = path.split(|&byte| byte == b'/').peekable();
    while let Some(component) = components.next() {
        let is_whole = matches!(out.last(), None | Some(b'/'));
        match component {
            b"." if is_whole => continue,
            b".." if is_whole => {
                rewind(out);
                continue;
            }
            name => out.extend_from_slice(name),
        }
        // A relative path that went up to nothing does not become an absolute one.
        let is_below_nothing = out.is_empty() && is_relative;
        if components.peek().is_some() && !out.ends_with(b"/") && !is_below_nothing {
            out.push(b'/');
        }
    }
    if out.len() > 1 && out.ends_with(b"/") {
        out.pop();
    }
}

/// Whether nothing in the path needs care: no `/.`, no `//`, no dot first, no slash last.
fn is_clean(path: &[u8]) -> bool {
    let (Some(first), Some(rest), Some(last)) = (path.first(), path.get(1..), path.last()) else {
        return false;
    };
    !is_suspect(path, rest) && *first != b'.' && *last != b'/'
}

/// Whether a slash in `path` is followed by a slash or a dot in `rest`, which is `path` without its first byte.
///
/// Paths are short and this runs for each open: sixteen bytes at a time, the last sixteen once more.
#[inline]
fn is_suspect(path: &[u8], rest: &[u8]) -> bool {
    if rest.len() >= 16 {
        in_blocks::<16>(path, rest)
    } else if rest.len() >= 8 {
        in_blocks::<8>(path, rest)
    } else {
        path.iter().zip(rest).any(|(&byte, &next)| is_pair(byte, next))
    }
}

/// Of bytes that are at least one block.
#[inline(always)]
fn in_blocks<const N: usize>(path: &[u8], rest: &[u8]) -> bool {
    let in_block = |bytes: &[u8; N], nexts: &[u8; N]| {
        bytes.iter().zip(nexts).fold(false, |found, (&byte, &next)| found | is_pair(byte, next))
    };
    let before_last = path.get(..rest.len()).and_then(<[u8]>::last_chunk::<N>);
    before_last.zip(rest.last_chunk()).is_none_or(|(before, last)| in_block(before, last))
        || path.as_chunks().0.iter().zip(rest.as_chunks().0).any(|(a, b)| in_block(a, b))
}

/// The dot and the slash differ in the lowest bit.
#[inline(always)]
fn is_pair(byte: u8, next: u8) -> bool {
    (byte == b'/') & (next | 1 == b'/')
}

/// Goes up to the directory above, whose slash stays; the root stays.
fn rewind(out: &mut Vec<u8>) {
    if out.len() <= 1 {
        return;
    }
    out.pop();
    let len = out.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
    out.truncate(len);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(dir: &str, path: &str) -> String {
        let mut out = Vec::new();
        let base =
            if dir.starts_with('<') { Base::UNKNOWN } else { Base::directory(dir.as_bytes()) };
        if let Some(start) = join_to(base, path.as_bytes(), &mut out) {
            assert_eq!(&out[start..], path.as_bytes());
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn paths_are_joined_and_normalised() {
        let cases = [
            ("/root/", "file", "/root/file"),
            ("/root", "file", "/root/file"),
            ("/root/", "/etc/passwd", "/etc/passwd"),
            ("/root/", "/", "/"),
            ("/root/", "../etc//passwd", "/etc/passwd"),
            ("/root/a/", "./b/../c/.", "/root/a/c"),
            ("/", "../../x", "/x"),
            ("/root/", "..", "/"),
            ("/root/", "..x/.y", "/root/..x/.y"),
            ("/a/", "/b/c/", "/b/c"),
            ("/a/", "", ""),
            ("", "foo/../a", "a"),
            ("", "file", "file"),
            ("<UNKNOWN>", "file", "<UNKNOWN>file"),
            ("/", "spa\u{df}\t", "/spa\u{df}\t"),
        ];
        for (dir, path, want) in cases {
            assert_eq!(joined(dir, path), want, "{dir} + {path}");
        }
    }

    #[test]
    fn a_path_beyond_the_limit_is_replaced() {
        assert_eq!(joined("/", &"x".repeat(LONGEST - 1)).as_bytes(), TOO_LONG);
        assert_eq!(joined("/", &"x".repeat(LONGEST - 2)).len(), LONGEST - 1);
    }
}
