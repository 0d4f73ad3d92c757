//! Joining and normalising paths, as text: nothing on disk is asked.

/// What a joined path may take, in bytes; a longer one becomes [`TOO_LONG`].
const LONGEST: usize = 1_024;

/// What stands for a path that cannot be held.
const TOO_LONG: &[u8] = b"/DIR_TOO_LONG/FILENAME_TOO_LONG";

/// Writes `path` to `out`, without `.`, `..`, double slashes and a slash at the end; relative to `dir`, which is taken as it
/// is, unless `path` is absolute or empty.
pub fn join(dir: &[u8], path: &[u8], out: &mut Vec<u8>) {
    out.clear();
    if dir.len() + path.len() >= LONGEST {
        out.extend_from_slice(TOO_LONG);
        return;
    }
    let is_relative = path.first().is_some_and(|&first| first != b'/');
    if is_relative {
        out.extend_from_slice(dir);
    }
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
        join(dir.as_bytes(), path.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn paths_are_joined_and_normalised() {
        let cases = [
            ("/root/", "file", "/root/file"),
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
