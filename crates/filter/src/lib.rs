//! The condition language: parse, check, compile and evaluate; output templates.
//!
//! Generic over a [`Scheme`] that says which fields exist and a [`World`] that answers them: nothing here knows an
//! event or a process.
#![forbid(unsafe_code)]

pub mod ast;
mod check;
mod graph;
mod interpret;
mod literal;
mod parse;
mod pattern;
pub mod plain;
mod print;
mod scheme;
mod subject;
mod template;
mod value;
mod warn;

pub use ast::{Expr, Modifier, Operator, Position, Text, TooLarge, Transformer};
pub use check::{
    Across, Atom, CheckError, CheckErrorKind, Checked, Node, Test, Warning, check, check_operand,
};
pub use graph::{Evaluator, Frozen, Graph, GraphBuilder, Program, Root, Verdict};
pub use interpret::{Interpretation, Leaf};
pub use literal::{Comparison, Literal, operators};
pub use parse::{Expected, MAX_LENGTH, ParseError, parse, parse_operand};
pub use pattern::{Glob, PathPattern, Regex, RegexError};
pub use print::exact;
pub use scheme::{
    Family, FieldError, FieldFlags, FieldInfo, Fold, KeptPlace, Lifetime, Scheme, World,
};
pub use subject::{FieldSubject, Part, Scratch, Subject, Transformed};
pub use template::{
    MISSING, Printer, Template, TemplateError, Token, print_transformed, print_value,
};
pub use value::{Type, Value};
pub use warn::{is_field, is_plain_regex};
