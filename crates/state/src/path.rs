//! Joining and normalising paths, as text: nothing on disk is asked.

/// What a joined path may take, in bytes; a longer one becomes [`TOO_LONG`].
const LONGEST: usize = 1_024;

/// What stands for a path that cannot be held.
pub(crate) const TOO_LONG: &[u8] = b"/DIR_TOO_LONG/FILENAME_TOO_LONG";

/// Writes `path` to `out`, relative to `dir` unless it is absolute, without `.`, `..` and double slashes.
pub(crate) fn join(dir: &[u8], path: &[u8], out: &mut Vec<u8>) {
    out.clear();
    if path.starts_with(b"/") {
        if path.len() >= LONGEST {
            out.extend_from_slice(TOO_LONG);
            return;
        }
        push_normalised(path, out);
        return;
    }
    if dir.len() + path.len() >= LONGEST {
        out.extend_from_slice(TOO_LONG);
        return;
    }
    push_normalised(dir, out);
    if !dir.is_empty() && !out.ends_with(b"/") {
        out.push(b'/');
    }
    push_normalised(path, out);
}

/// Appends the components of `path` to what `out` holds, resolving `.` and `..` against it.
fn push_normalised(path: &[u8], out: &mut Vec<u8>) {
    if path.starts_with(b"/") && out.is_empty() {
        out.push(b'/');
    }
    for component in path.split(|&byte| byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." => pop(out),
            name => {
                if !out.is_empty() && !out.ends_with(b"/") {
                    out.push(b'/');
                }
                out.extend_from_slice(name);
            }
        }
    }
}

/// Drops the last component; the root stays.
fn pop(out: &mut Vec<u8>) {
    if out.ends_with(b"/") && out.len() > 1 {
        out.pop();
    }
    match out.iter().rposition(|&byte| byte == b'/') {
        Some(0) => out.truncate(1),
        Some(slash) => out.truncate(slash),
        None => out.clear(),
    }
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
            ("/root", "file", "/root/file"),
            ("/root/", "/etc/passwd", "/etc/passwd"),
            ("/root/", "../etc//passwd", "/etc/passwd"),
            ("/root/a/", "./b/../c/.", "/root/a/c"),
            ("/", "../../x", "/x"),
            ("/root/", "", "/root/"),
            ("", "file", "file"),
        ];
        for (dir, path, want) in cases {
            assert_eq!(joined(dir, path), want, "{dir} + {path}");
        }
    }

    #[test]
    fn a_path_beyond_the_limit_is_replaced() {
        assert_eq!(joined("/", &"x".repeat(LONGEST)).as_bytes(), TOO_LONG);
    }
}
