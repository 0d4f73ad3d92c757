//! Source text, positions, problems and how they are shown; YAML with positions.
//!
//! Rules files and configuration are both YAML written by people, so both need the same two things: a tree that knows
//! where each node stands ([`yaml::parse`]), and a way to say what is wrong there ([`Diagnostic`]).
#![forbid(unsafe_code)]

mod diagnostic;
mod nearest;
pub mod schema;
mod source;
pub mod yaml;

pub use diagnostic::{Colour, Diagnostic, Note, Severity};
pub use nearest::nearest;
pub use source::{Position, Source, Span};
