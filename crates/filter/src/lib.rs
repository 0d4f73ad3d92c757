//! The condition language: parse, check, compile and evaluate; output templates.
//!
//! Generic over a [`Scheme`] that says which fields exist and a [`World`] that answers them: nothing here knows an
//! event or a process.
#![forbid(unsafe_code)]

pub mod ast;
mod parse;
mod print;
mod scheme;
mod value;

pub use ast::{Expr, Modifier, Operator, Position, Text, TooLarge, Transformer};
pub use parse::{MAX_LENGTH, ParseError, parse, parse_operand};
pub use print::exact;
pub use scheme::{FieldError, FieldFlags, FieldInfo, Fold, Lifetime, Scheme, World};
pub use value::{Type, Value};
