//! What a rule says when it matches, and how it reads as text and as JSON.
//!
//! An [`Alert`] is made on the engine's thread and so takes no more than typed values; a [`Renderer`] behind the queue
//! turns it into a line. What all alerts of one rule share is in its [`Form`].
#![forbid(unsafe_code)]

mod alert;
mod escape;
mod priority;
mod render;
mod time;
mod value;

pub use alert::{Alert, Form, FormKind, Key, Piece};
pub use escape::escape;
pub use priority::{Priority, UnknownPriority};
pub use render::{Properties, Renderer};
pub use time::{Clock, TimeFormat};
pub use value::{Cell, Value};
