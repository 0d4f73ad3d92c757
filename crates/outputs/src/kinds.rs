//! The list of outputs, in the order in which they get an alert.

use std::fmt;
use std::io;
use std::sync::Arc;

use crate::Output;
use crate::file::{FileOutput, FileSettings};
use crate::http::{Http, HttpSettings};
use crate::program::{Program, ProgramSettings};
use crate::stdout::{Stdout, StdoutSettings};
use crate::syslog::{Syslog, SyslogSettings};

/// Which outputs to open; those absent stay closed.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub file: Option<FileSettings>,
    pub stdout: Option<StdoutSettings>,
    pub syslog: Option<SyslogSettings>,
    pub program: Option<ProgramSettings>,
    pub http: Option<HttpSettings>,
    pub taps: Vec<Tap>,
}

/// One kind of output.
#[derive(Debug)]
pub struct Kind {
    pub name: &'static str,
    /// Whether the settings ask for it.
    pub wanted: fn(&Settings) -> bool,
    /// Opens it; only called when it is wanted.
    pub open: fn(&Settings) -> Opened,
    /// Whether both settings ask for the same.
    pub same: fn(&Settings, &Settings) -> bool,
}

/// An output, or why there is none.
pub type Opened = io::Result<Box<dyn Output>>;

/// An output that is made elsewhere.
#[derive(Clone)]
pub struct Tap {
    pub name: &'static str,
    pub open: Arc<dyn Fn() -> Opened + Send + Sync>,
}

/// Opens an output; called once, in its thread.
pub(crate) type Opener = Box<dyn FnOnce() -> Opened + Send>;

/// A row of [`KINDS`] for the output whose settings are in a field of the same name.
macro_rules! kind {
    ($name:ident, $output:ty) => {
        Kind {
            name: stringify!($name),
            wanted: |settings| settings.$name.is_some(),
            open: |settings| {
                let Some(settings) = &settings.$name else { return Err(not_wanted()) };
                Ok(Box::new(<$output>::open(settings)?))
            },
            same: |a, b| a.$name == b.$name,
        }
    };
}

/// Every kind, in the order in which they get an alert; taps come last.
pub static KINDS: &[Kind] = &[
    kind!(file, FileOutput),
    kind!(stdout, Stdout),
    kind!(syslog, Syslog),
    kind!(program, Program),
    kind!(http, Http),
];

fn not_wanted() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "nobody asked for this output")
}

impl PartialEq for Tap {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.open, &other.open)
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tap").field("name", &self.name).finish_non_exhaustive()
    }
}
