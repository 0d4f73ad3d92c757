//! Reading small files and folders of /proc, bounded.

use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

/// The most bytes read of a file.
const MAX_FILE_LEN: u64 = 1 << 20;

/// A file's bytes; none if it cannot be read.
pub(crate) fn read(path: &Path) -> Vec<u8> {
    read_up_to(path, MAX_FILE_LEN)
}

/// At most `len` of a file's bytes; none if it cannot be read.
pub(crate) fn read_up_to(path: &Path, len: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Ok(file) = File::open(path) {
        // What was read before an error is still good.
        let _ = file.take(len).read_to_end(&mut bytes);
    }
    bytes
}

/// Where a link points; nothing if it cannot be read.
pub(crate) fn read_link(path: &Path) -> Vec<u8> {
    std::fs::read_link(path).map(|target| target.into_os_string().into_vec()).unwrap_or_default()
}

/// The entries of a folder whose names are numbers, in ascending order.
pub(crate) fn numbers_in(dir: &Path) -> Vec<i64> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut numbers: Vec<i64> =
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers
}

pub(crate) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

pub(crate) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// A number in decimal.
pub(crate) fn number<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}

/// A number in another base.
pub(crate) fn number_in_base(text: &[u8], base: u32) -> Option<u64> {
    u64::from_str_radix(std::str::from_utf8(text).ok()?.trim(), base).ok()
}
