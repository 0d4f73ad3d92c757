//! Patterns that a text is compared with: [`Glob`], [`PathPattern`] and [`Regex`]. Each is known by its own text.

mod glob;
mod path;
mod regex;

pub use glob::Glob;
pub use path::PathPattern;
pub(crate) use path::canonical;
pub use regex::{Regex, RegexError};
