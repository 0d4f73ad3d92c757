//! Writing whole lines to something that may take only a part, or nothing for a long time.

use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::{Batch, Failed};

/// Writes lines, and knows how much of the last one is out if that is torn.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// How long a non-blocking descriptor may take nothing; for ever if absent.
    pub(crate) patience: Option<Duration>,
    /// Bytes of a line that could be written only in part.
    pub(crate) n_torn: usize,
}

impl Lines {
    /// Writes the lines of the batch after the first `n_sent`. A torn line is ended before the next one starts.
    pub(crate) fn write<W: Write + AsFd>(
        &mut self,
        to: &mut W,
        batch: &Batch,
        n_sent: usize,
    ) -> Result<(), Failed> {
        if self.n_torn > 0 {
            self.write_all(to, b"\n").map_err(|(_, error)| Failed { n_sent, error })?;
            self.n_torn = 0;
        }
        let start = batch.n_bytes_of(n_sent);
        let rest = batch.text().get(start..).unwrap_or_default();
        self.write_all(to, rest).map_err(|(n_written, error)| {
            let n_sent = batch.n_lines_within(start + n_written);
            self.n_torn = start + n_written - batch.n_bytes_of(n_sent);
            Failed { n_sent, error }
        })
    }

    /// Writes all of `bytes`, or says how many were written before the error.
    fn write_all<W: Write + AsFd>(
        &self,
        to: &mut W,
        bytes: &[u8],
    ) -> Result<(), (usize, io::Error)> {
        let mut n_written = 0;
        while let Some(rest) = bytes.get(n_written..).filter(|rest| !rest.is_empty()) {
            match to.write(rest) {
                Ok(0) => return Err((n_written, ErrorKind::WriteZero.into())),
                Ok(n) => n_written += n,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    match wait(to.as_fd(), PollFlags::OUT, self.patience) {
                        Ok(true) => {}
                        Ok(false) => return Err((n_written, ErrorKind::TimedOut.into())),
                        Err(error) => return Err((n_written, error)),
                    }
                }
                Err(error) => return Err((n_written, error)),
            }
        }
        Ok(())
    }
}

/// Waits until the descriptor is ready, for ever if no time is given; says whether it is.
pub(crate) fn wait(
    fd: BorrowedFd<'_>,
    ready: PollFlags,
    time: Option<Duration>,
) -> io::Result<bool> {
    let time = time.map(|time| Timespec {
        tv_sec: time.as_secs().try_into().unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().into(),
    });
    loop {
        match poll(&mut [PollFd::from_borrowed_fd(fd, ready)], time.as_ref()) {
            Ok(n) => return Ok(n > 0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read as _;

    use rustix::pipe::{PipeFlags, pipe_with};

    use super::*;
    use crate::batch::tests::{batch, line};

    #[test]
    fn a_torn_line_is_ended_before_the_next() {
        let (reader, writer) = pipe_with(PipeFlags::NONBLOCK).unwrap();
        let (mut reader, mut writer) = (File::from(reader), File::from(writer));
        let mut lines = Lines { patience: Some(Duration::ZERO), ..Lines::default() };
        // More than a pipe holds.
        let failed = lines.write(&mut writer, &batch(&["a", &"b".repeat(1 << 17)]), 0).unwrap_err();
        assert_eq!((failed.n_sent, failed.error.kind()), (1, ErrorKind::TimedOut));
        assert!(lines.n_torn > 0);
        let mut drained = vec![0; 1 << 17];
        let n = reader.read(&mut drained).unwrap();
        assert_eq!(n, line("a").len() + 1 + lines.n_torn);
        lines.write(&mut writer, &batch(&["c", "d"]), 1).unwrap();
        let n = reader.read(&mut drained).unwrap();
        assert_eq!(drained.get(..n).unwrap(), format!("\n{}\n", line("d")).as_bytes());
    }
}
