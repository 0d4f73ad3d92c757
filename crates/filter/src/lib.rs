//! The condition language: parse, check, compile and evaluate; output templates.
//!
//! Generic over a [`Scheme`] that says which fields exist and a [`World`] that answers them: nothing here knows an
//! event or a process.
#![forbid(unsafe_code)]

mod scheme;
mod value;

pub use scheme::{FieldError, FieldFlags, FieldInfo, Fold, Lifetime, Scheme, World};
pub use value::{Type, Value};
