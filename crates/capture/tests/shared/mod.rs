//! What the tests share: the conformance files, which live outside the checkout, and numbers that look random.
#![allow(dead_code, reason = "not every test uses all of it")]

use std::path::PathBuf;

/// A file of the conformance material; says so and gives none where that is absent.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("GYR_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let path = root.join(path);
    if path.exists() {
        return Some(path);
    }
    #[allow(clippy::print_stderr, reason = "a skipped test must say so")]
    {
        eprintln!("skipped: {} is not here", path.display());
    }
    None
}

pub(crate) fn capture(name: &str) -> Option<PathBuf> {
    shared(&format!("conformance/captures/{name}.scap"))
}

/// The unpacked bytes of a capture.
pub(crate) fn unpacked(name: &str) -> Option<Vec<u8>> {
    let packed = std::fs::read(capture(name)?).unwrap();
    let mut bytes = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(&packed[..]);
    std::io::Read::read_to_end(&mut reader, &mut bytes).unwrap();
    Some(bytes)
}

/// xorshift64*: the same numbers on every run.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16;
        usize::try_from(number).unwrap() % bound
    }
}
