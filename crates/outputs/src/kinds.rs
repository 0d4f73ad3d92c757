//! The list of outputs, in the order in which they get an alert.

use std::io;

use crate::Output;
use crate::file::{FileOutput, FileSettings};
use crate::program::{Program, ProgramSettings};
use crate::stdout::{Stdout, StdoutSettings};
use crate::syslog::Syslog;

/// Which outputs to open; those absent stay closed.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub file: Option<FileSettings>,
    pub stdout: Option<StdoutSettings>,
    pub syslog: bool,
    pub program: Option<ProgramSettings>,
}

/// One kind of output.
#[derive(Debug)]
pub struct Kind {
    pub name: &'static str,
    /// Opens it if the settings ask for it.
    pub open: fn(&Settings) -> Option<Opened>,
}

/// An output, or why there is none.
pub type Opened = io::Result<Box<dyn Output>>;

/// Every kind, in the order in which they get an alert.
pub static KINDS: &[Kind] = &[
    Kind { name: "file", open: |s| Some(boxed(FileOutput::open(s.file.as_ref()?))) },
    Kind { name: "stdout", open: |s| Some(boxed(Stdout::open(s.stdout.as_ref()?))) },
    Kind { name: "syslog", open: |s| s.syslog.then(|| boxed(Syslog::open())) },
    Kind { name: "program", open: |s| Some(boxed(Program::open(s.program.as_ref()?))) },
];

fn boxed(output: io::Result<impl Output + 'static>) -> Opened {
    output.map(|output| Box::new(output) as Box<dyn Output>)
}
