//! Lines on standard output.

use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;

use crate::lines::Lines;
use crate::{Batch, Batching, Failed, Output};

/// How standard output is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StdoutSettings {
    /// Lines may wait for others.
    pub buffered: bool,
}

pub(crate) struct Stdout {
    file: File,
    lines: Lines,
    batching: Batching,
}

impl Stdout {
    pub(crate) fn open(settings: &StdoutSettings) -> io::Result<Self> {
        // std's own handle would flush at every line.
        let file = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        Ok(Self { file, lines: Lines::default(), batching: Batching::lines(settings.buffered) })
    }
}

impl Output for Stdout {
    fn batching(&self) -> Batching {
        self.batching
    }

    fn send(&mut self, batch: &Batch) -> Result<(), Failed> {
        self.lines.write(&mut self.file, batch, 0)
    }
}
