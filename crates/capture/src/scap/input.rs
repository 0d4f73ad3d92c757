//! The bytes of a capture, unpacked, through one buffer.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

const BUFFER_LEN: usize = 256 << 10;
const PACKED_BUFFER_LEN: usize = 64 << 10;
/// What a gzip member starts with; no capture does.
const GZIP_START: u8 = 0x1f;

/// A window onto the stream that grows when more is asked for than it holds.
pub(crate) struct Input {
    reader: Box<dyn Read + Send>,
    /// Up to `end` it holds what was read; all before `start` was consumed.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes that `reader` gave.
    read: u64,
}

impl Input {
    /// Packed or not is told by the first bytes.
    pub(crate) fn new(reader: impl Read + Send + 'static) -> io::Result<Self> {
        let reader: Box<dyn Read + Send> = Box::new(reader);
        let mut packed = BufReader::with_capacity(PACKED_BUFFER_LEN, reader);
        let reader: Box<dyn Read + Send> = if packed.fill_buf()?.starts_with(&[GZIP_START]) {
            Box::new(Members(GzDecoder::new(packed)))
        } else {
            Box::new(packed)
        };
        Ok(Self { reader, buffer: vec![0; BUFFER_LEN], start: 0, end: 0, read: 0 })
    }

    /// What can be had without reading.
    #[inline]
    pub(crate) fn window(&self) -> &[u8] {
        match self.buffer.get(self.start..self.end) {
            Some(window) => window,
            None => nothing(),
        }
    }

    /// The window, of at least `len` bytes unless the stream ends.
    #[inline]
    pub(crate) fn at_least(&mut self, len: usize) -> io::Result<&[u8]> {
        if self.window().len() < len {
            self.fill(len)?;
        }
        Ok(self.window())
    }

    /// The buffer doubles as bytes arrive, so that a forged length costs nothing.
    #[cold]
    fn fill(&mut self, len: usize) -> io::Result<()> {
        let left = self.window().len();
        self.buffer.copy_within(self.end - left..self.end, 0);
        self.start = 0;
        self.end = left;
        while self.end < len {
            if self.end == self.buffer.len() {
                self.buffer.resize(self.end * 2, 0);
            }
            match self.reader.read(self.buffer.get_mut(self.end..).unwrap_or_default()) {
                Ok(0) => break,
                Ok(n) => {
                    self.end += n;
                    self.read += n as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Lets go of the first `len` bytes of the window.
    #[inline]
    pub(crate) fn consume(&mut self, len: usize) {
        self.start += len;
    }

    /// How far the stream was consumed, in unpacked bytes.
    pub(crate) fn offset(&self) -> u64 {
        self.read - self.window().len() as u64
    }

    /// Ends the stream here.
    pub(crate) fn close(&mut self) {
        self.reader = Box::new(io::empty());
        self.end = self.start;
    }
}

/// Apart from the window, so that this is no choice between two of them, which costs more than a branch.
#[cold]
const fn nothing<'a>() -> &'a [u8] {
    &[]
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input").field("offset", &self.offset()).finish_non_exhaustive()
    }
}

/// Members of gzip one after the other. What follows the last and is none is ignored, as zlib does.
struct Members(GzDecoder<Packed>);

type Packed = BufReader<Box<dyn Read + Send>>;

impl Read for Members {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let n = self.0.read(buffer)?;
            if n > 0
                || buffer.is_empty()
                || !self.0.get_mut().fill_buf()?.starts_with(&[GZIP_START])
            {
                return Ok(n);
            }
            let nothing =
                BufReader::with_capacity(0, Box::new(io::empty()) as Box<dyn Read + Send>);
            let rest = std::mem::replace(self.0.get_mut(), nothing);
            self.0 = GzDecoder::new(rest);
        }
    }
}
