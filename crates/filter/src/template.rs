//! Output templates: text with `%field`, `%field[arg]`, `%transformer(..)` and `%20field` in it ([`Template`]).

use std::io::Write as _;

use crate::ast::Operand;
use crate::check::check_output;
use crate::parse::parse_operand;
use crate::subject::{FieldSubject, Scratch, Subject};
use crate::{Fold, Scheme, Value, World};

/// Longer templates are refused, so that the search for the longest field stays short.
const MAX_LENGTH: usize = 64 << 10;
/// A field with its argument, or a transformer, is looked for in so many bytes.
const MAX_OPERAND: usize = 1 << 10;
/// Columns.
const MAX_WIDTH: usize = 1 << 16;
/// Longer lists are cut, in bytes.
const MAX_LIST: usize = 1023;
/// In the place of a missing value.
pub const MISSING: &str = "<NA>";

/// A template whose fields are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template<F> {
    tokens: Vec<Token<F>>,
    tolerant: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token<F> {
    Text(String),
    Value {
        subject: Subject<F>,
        /// Bytes to pad or cut to.
        width: Option<usize>,
        /// The plain fields in it, by the text that names them.
        fields: Vec<(String, FieldSubject<F>)>,
    },
}

/// Why a text is not a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("empty formatting token")]
    Empty,
    #[error("invalid formatting syntax: formatting cannot end with a %")]
    EndsWithPercent,
    #[error("invalid formatting syntax: formatting cannot end with a number")]
    EndsWithNumber,
    #[error("invalid formatting syntax: no value is {0} wide")]
    Width(String),
    #[error("unknown filter: {0}")]
    Unknown(String),
    #[error("the format is longer than {MAX_LENGTH} bytes")]
    TooLong,
}

/// How fields look as text.
pub trait Printer<F> {
    /// Appends the value of a field; returns false and appends nothing if it is missing.
    fn print(&self, field: &F, out: &mut Vec<u8>) -> bool;
}

impl<F: Clone> Template<F> {
    /// Reads a template. One that starts with `*` prints `<NA>` for what is missing, others then print nothing.
    pub fn parse<S: Scheme<Field = F>>(text: &str, scheme: &S) -> Result<Self, TemplateError> {
        if text.is_empty() {
            return Err(TemplateError::Empty);
        }
        if text.len() > MAX_LENGTH {
            return Err(TemplateError::TooLong);
        }
        let (tolerant, mut rest) = match text.strip_prefix('*') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut tokens = Vec::new();
        while let Some((literal, after)) = rest.split_once('%') {
            if !literal.is_empty() {
                tokens.push(Token::Text(literal.to_owned()));
            }
            if after.is_empty() {
                return Err(TemplateError::EndsWithPercent);
            }
            let after_digits = after.trim_start_matches(|c: char| c.is_ascii_digit());
            let digits = &after[..after.len() - after_digits.len()];
            if after_digits.is_empty() {
                return Err(TemplateError::EndsWithNumber);
            }
            let width = match digits.trim_start_matches('0') {
                "" => None,
                digits => Some(
                    digits
                        .parse()
                        .ok()
                        .filter(|width| *width <= MAX_WIDTH)
                        .ok_or_else(|| TemplateError::Width(digits.to_owned()))?,
                ),
            };
            let (subject, fields, length) = longest_operand(after_digits, scheme)?;
            tokens.push(Token::Value { subject, width, fields });
            rest = &after_digits[length..];
        }
        if !rest.is_empty() {
            tokens.push(Token::Text(rest.to_owned()));
        }
        Ok(Self { tokens, tolerant })
    }
}

impl<F> Template<F> {
    pub fn tokens(&self) -> &[Token<F>] {
        &self.tokens
    }

    /// The plain fields, also the ones inside transformers, in order; the same one as often as it is written.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &FieldSubject<F>)> {
        self.tokens
            .iter()
            .flat_map(|token| match token {
                Token::Text(_) => &[],
                Token::Value { fields, .. } => fields.as_slice(),
            })
            .map(|(text, field)| (text.as_str(), field))
    }

    /// Appends the text for a world. Returns false if a value is missing and the template does not tolerate that.
    pub fn render<W: World<F> + Printer<F>>(&self, world: &W, out: &mut Vec<u8>) -> bool {
        let scratch = Scratch::default();
        for token in &self.tokens {
            let (subject, width) = match token {
                Token::Text(text) => {
                    out.extend(text.as_bytes());
                    continue;
                }
                Token::Value { subject, width, .. } => (subject, width),
            };
            let start = out.len();
            let present = match subject {
                Subject::Field(field) => world.print(&field.field, out),
                Subject::Transformed(_) => print_transformed(subject, world, &scratch, out),
            };
            if !present {
                if !self.tolerant {
                    return false;
                }
                out.extend(MISSING.as_bytes());
            }
            if let Some(width) = width {
                out.resize(start + width, b' ');
            }
        }
        true
    }
}

type Found<F> = (Subject<F>, Vec<(String, FieldSubject<F>)>, usize);

/// The longest beginning that is a field or transformer, and its length. So `%evt.type.` ends before the last dot, and
/// a bracket that is no argument of the field is text.
fn longest_operand<S: Scheme>(text: &str, scheme: &S) -> Result<Found<S::Field>, TemplateError> {
    let mut end = text.floor_char_boundary(MAX_OPERAND);
    let mut first_error = None;
    while end > 0 {
        let error = match parse_operand(&text[..end]) {
            Ok((operand, length)) => match check_output(&operand, scheme) {
                Ok(subject) => {
                    let fields = named_fields(&operand, &subject);
                    return Ok((subject, fields, length));
                }
                Err(error) => {
                    // All that is longer reads as the same operand.
                    end = length;
                    error.message
                }
            },
            Err(error) => error.message,
        };
        first_error.get_or_insert(error);
        end = text.floor_char_boundary(end - 1);
    }
    Err(TemplateError::Unknown(first_error.unwrap_or_default()))
}

fn named_fields<F: Clone>(
    operand: &Operand,
    subject: &Subject<F>,
) -> Vec<(String, FieldSubject<F>)> {
    let mut names = Vec::new();
    operand.fields(&mut |field| names.push(field.to_string()));
    let mut fields = Vec::new();
    subject.fields(&mut |field| fields.push(field.clone()));
    names.into_iter().zip(fields).collect()
}

/// Appends what transformers make of a field; returns false and appends nothing if it is missing.
pub fn print_transformed<F, W: World<F> + ?Sized>(
    subject: &Subject<F>,
    world: &W,
    scratch: &Scratch,
    out: &mut Vec<u8>,
) -> bool {
    let start = out.len();
    let is_list = subject.fold() == Fold::List;
    if is_list {
        out.push(b'(');
    }
    let mut n = 0;
    let present = subject.visit(world, scratch, &mut |value| {
        if n > 0 {
            out.push(b',');
        }
        n += 1;
        print_value(value, out);
        is_list
    });
    if !present || (n == 0 && !is_list) {
        out.truncate(start);
        return false;
    }
    if is_list {
        out.push(b')');
        out.truncate(start + MAX_LIST);
    }
    true
}

/// Appends a value as it looks where its field asks for nothing special.
pub fn print_value(value: Value<'_>, out: &mut Vec<u8>) {
    // Writing to a vector cannot fail.
    let _ = match value {
        Value::Bool(b) => write!(out, "{b}"),
        Value::Int(i) => write!(out, "{i}"),
        Value::Uint(u) => write!(out, "{u}"),
        Value::Double(d) => write!(out, "{d:.1}"),
        Value::Bytes(bytes) => out.write_all(bytes),
        Value::Ip(ip) => write!(out, "{ip}"),
        Value::Net(net) => write!(out, "{net}"),
    };
}
