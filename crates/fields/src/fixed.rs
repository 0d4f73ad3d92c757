//! `static.*`: names and values that the configuration gives.

use gyr_filter::{Lifetime, Type};

use crate::Arg;
use crate::row::{Answer, Row};

pub(crate) const PREFIX: &str = "static.";

/// All of them: the argument is the value.
pub(crate) static ROW: Row = Row::new(
    "static",
    Type::Charbuf,
    Lifetime::Event,
    Answer::Build(|_, arg, out| {
        let Arg::Key(value) = arg else { return false };
        out.extend_from_slice(value.as_bytes());
        true
    }),
    "a value of the configuration.",
);
