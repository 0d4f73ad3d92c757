//! Lines on standard output.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::fd::AsFd as _;

use gyr_alert::Alert;

use crate::Output;

/// How standard output is written.
#[derive(Clone, Debug)]
pub struct StdoutSettings {
    /// Lines may wait until a block is full; else only for those that wait already.
    pub buffered: bool,
}

pub(crate) struct Stdout<W: Write> {
    writer: BufWriter<W>,
    buffered: bool,
}

impl Stdout<File> {
    pub(crate) fn open(settings: &StdoutSettings) -> io::Result<Self> {
        // std's own handle would flush at every line.
        let file = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        Ok(Self { writer: BufWriter::with_capacity(1 << 16, file), buffered: settings.buffered })
    }
}

impl<W: Write + Send> Output for Stdout<W> {
    fn name(&self) -> &'static str {
        "stdout"
    }

    fn send(&mut self, _: &Alert, line: &[u8]) -> io::Result<()> {
        self.writer.write_all(line)?;
        self.writer.write_all(b"\n")
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffered { Ok(()) } else { self.writer.flush() }
    }

    fn close(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::alert;

    #[test]
    fn a_buffered_line_waits_for_the_end() {
        for (buffered, after_flush) in [(true, ""), (false, "line\n")] {
            let mut stdout = Stdout { writer: BufWriter::new(Vec::new()), buffered };
            stdout.send(&alert(), b"line").unwrap();
            stdout.flush().unwrap();
            assert_eq!(stdout.writer.get_ref(), after_flush.as_bytes());
            stdout.close().unwrap();
            assert_eq!(stdout.writer.get_ref(), b"line\n");
        }
    }
}
