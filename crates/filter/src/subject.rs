//! What a comparison is about: a field, or what transformers make of fields ([`Subject`]).

use std::cell::RefCell;

use crate::ast::{Text, Transformer};
use crate::{Family, Fold, Lifetime, Type, Value, World};

/// A resolved operand.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject<F> {
    Field(FieldSubject<F>),
    Transformed(Box<Transformed<F>>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldSubject<F> {
    pub field: F,
    pub ty: Type,
    pub fold: Fold,
    pub lifetime: Lifetime,
    pub family: Option<Family>,
}

/// A transformer with its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Transformed<F> {
    pub transformer: Transformer,
    pub parts: Vec<Part<F>>,
    /// The letter in `getopt(..)[letter]`.
    pub selector: Option<u8>,
    pub ty: Type,
    pub fold: Fold,
}

/// An argument of a transformer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part<F> {
    Subject(Subject<F>),
    Text(Text),
    List(Vec<Self>),
}

/// Buffers that transformers write to; kept so that evaluating allocates only at first.
#[derive(Debug, Default)]
pub struct Scratch {
    buffers: RefCell<Vec<Vec<u8>>>,
}

impl Scratch {
    fn with<R>(&self, run: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let mut buffer = self.buffers.borrow_mut().pop().unwrap_or_default();
        buffer.clear();
        let result = run(&mut buffer);
        self.buffers.borrow_mut().push(buffer);
        result
    }
}

/// Gets one value; returns whether to go on.
type Each<'e> = dyn FnMut(Value<'_>) -> bool + 'e;

impl<F> Subject<F> {
    pub fn ty(&self) -> Type {
        match self {
            Self::Field(field) => field.ty,
            Self::Transformed(transformed) => transformed.ty,
        }
    }

    pub fn fold(&self) -> Fold {
        match self {
            Self::Field(field) => field.fold,
            Self::Transformed(transformed) => transformed.fold,
        }
    }

    /// How long its answers live: as long as those of all its fields, and only for the event if they differ.
    pub fn lifetime(&self) -> Lifetime {
        let mut common = None;
        self.fields(&mut |field| {
            common = match common {
                None => Some(field.lifetime),
                Some(lifetime) if lifetime == field.lifetime => common,
                Some(_) => Some(Lifetime::Event),
            };
        });
        common.unwrap_or(Lifetime::Event)
    }

    /// The family of all its fields; none if they differ.
    pub fn family(&self) -> Option<Family> {
        let mut common = None;
        self.fields(&mut |field| {
            common = match common {
                None => Some(field.family),
                Some(family) if family == field.family => common,
                Some(_) => Some(None),
            };
        });
        common.flatten()
    }

    /// Calls `visit` for each field it reads.
    pub fn fields<'a>(&'a self, visit: &mut dyn FnMut(&'a FieldSubject<F>)) {
        match self {
            Self::Field(field) => visit(field),
            Self::Transformed(transformed) => {
                transformed.parts.iter().for_each(|part| part.fields(visit));
            }
        }
    }

    /// Calls `each` with every value, as [`World::visit`] does, and returns whether there is an answer.
    #[inline]
    pub fn visit<W: World<F> + ?Sized>(
        &self,
        world: &W,
        scratch: &Scratch,
        each: &mut Each<'_>,
    ) -> bool {
        match self {
            Self::Field(field) => world.visit(&field.field, each),
            Self::Transformed(transformed) => transformed.visit(world, scratch, each),
        }
    }
}

impl<F> Part<F> {
    fn fields<'a>(&'a self, visit: &mut dyn FnMut(&'a FieldSubject<F>)) {
        match self {
            Self::Subject(subject) => subject.fields(visit),
            Self::Text(_) => {}
            Self::List(parts) => parts.iter().for_each(|part| part.fields(visit)),
        }
    }

    /// The values of all it holds, one after another; missing if any of it is.
    fn visit<W: World<F> + ?Sized>(
        &self,
        world: &W,
        scratch: &Scratch,
        each: &mut Each<'_>,
    ) -> bool {
        match self {
            Self::Subject(subject) => subject.visit(world, scratch, each),
            Self::Text(text) => {
                each(Value::Bytes(text.as_bytes()));
                true
            }
            Self::List(parts) => parts.iter().all(|part| part.visit(world, scratch, each)),
        }
    }
}

impl<F> Transformed<F> {
    fn visit<W: World<F> + ?Sized>(
        &self,
        world: &W,
        scratch: &Scratch,
        each: &mut Each<'_>,
    ) -> bool {
        let [first, rest @ ..] = self.parts.as_slice() else { return false };
        match self.transformer {
            Transformer::Val => first.visit(world, scratch, each),
            Transformer::Tolower => self.map(world, scratch, each, |bytes, out| {
                out.extend(bytes.iter().map(u8::to_ascii_lowercase));
            }),
            Transformer::Toupper => self.map(world, scratch, each, |bytes, out| {
                out.extend(bytes.iter().map(u8::to_ascii_uppercase));
            }),
            Transformer::Basename => self.map(world, scratch, each, |bytes, out| {
                out.extend(bytes.rsplit(|b| *b == b'/').next().unwrap_or_default());
            }),
            Transformer::B64 => self.b64(first, world, scratch, each),
            Transformer::Len => self.len(first, world, scratch, each),
            Transformer::Join => scratch.with(|separator| {
                append_text(first, world, scratch, separator)
                    && self.joined(rest, separator, world, scratch, each)
            }),
            Transformer::Concat => self.joined(&self.parts, b"", world, scratch, each),
            Transformer::Getopt => self.getopt(first, rest, world, scratch, each),
        }
    }

    /// Gives what `change` makes of every value.
    fn map<W: World<F> + ?Sized>(
        &self,
        world: &W,
        scratch: &Scratch,
        each: &mut Each<'_>,
        change: impl Fn(&[u8], &mut Vec<u8>),
    ) -> bool {
        let Some(first) = self.parts.first() else { return false };
        first.visit(world, scratch, &mut |value| {
            scratch.with(|out| {
                if let Value::Bytes(bytes) = value {
                    change(bytes, out);
                }
                each(Value::Bytes(out))
            })
        })
    }

    /// One value that cannot be decoded makes the whole missing, so all are tried first.
    fn b64<W: World<F> + ?Sized>(
        &self,
        first: &Part<F>,
        world: &W,
        scratch: &Scratch,
        each: &mut Each<'_>,
    ) -> bool {
        let mut decodable = true;
        let present = first.visit(world, scratch, &mut |value| {
            decodable &= scratch.with(|out| decode_b64(bytes(value), out));
            decodable
        });
        present
            && decodable
            && self.map(world, scratch, each, |bytes, out| {
                decode_b64(bytes, out);
            })
    }

    fn len<W: World<F> + ?Sized>(
        &self,
        first: &Part<F>,
        world: &W,
        scratch: &Scratch,
        each: &mut Each<'_>,
    ) -> bool {
        let counted = match first {
            Part::Subject(subject) => subject.fold() == Fold::List,
            Part::Text(_) => false,
            Part::List(_) => true,
        };
        if !counted {
            return first
                .visit(world, scratch, &mut |value| each(Value::Uint(bytes(value).len() as u64)));
        }
        let mut n = 0;
        let present = first.visit(world, scratch, &mut |_| {
            n += 1;
            true
        });
        if present {
            each(Value::Uint(n));
        }
        present
    }

    fn joined<W: World<F> + ?Sized>(
        &self,
        parts: &[Part<F>],
        separator: &[u8],
        world: &W,
        scratch: &Scratch,
        each: &mut Each<'_>,
    ) -> bool {
        scratch.with(|out| {
            let mut first = true;
            let present = parts.iter().all(|part| {
                part.visit(world, scratch, &mut |value| {
                    if !std::mem::take(&mut first) {
                        out.extend(separator);
                    }
                    out.extend(bytes(value));
                    true
                })
            });
            if present {
                each(Value::Bytes(out));
            }
            present
        })
    }

    /// The letters of all options found, or the values of the selected one (missing if it was not given).
    fn getopt<W: World<F> + ?Sized>(
        &self,
        list: &Part<F>,
        rest: &[Part<F>],
        world: &W,
        scratch: &Scratch,
        each: &mut Each<'_>,
    ) -> bool {
        let Some(known) = rest.first() else { return false };
        scratch.with(|options| {
            let mut args: Vec<Vec<u8>> = Vec::new();
            let present = append_text(known, world, scratch, options)
                && list.visit(world, scratch, &mut |value| {
                    args.push(bytes(value).to_vec());
                    true
                });
            if !present {
                return false;
            }
            let mut found = false;
            let mut going_on = true;
            getopt(&args, options, &mut |letter, value| {
                found = found || self.selector.is_none_or(|selected| selected == letter);
                if going_on {
                    going_on = match self.selector {
                        None => each(Value::Bytes(&[letter])),
                        Some(selected) if selected == letter => each(Value::Bytes(value)),
                        Some(_) => true,
                    };
                }
            });
            found || self.selector.is_none()
        })
    }
}

/// Appends the text of a part; whether it has one.
fn append_text<F, W: World<F> + ?Sized>(
    part: &Part<F>,
    world: &W,
    scratch: &Scratch,
    out: &mut Vec<u8>,
) -> bool {
    part.visit(world, scratch, &mut |value| {
        out.extend(bytes(value));
        true
    })
}

fn bytes(value: Value<'_>) -> &[u8] {
    match value {
        Value::Bytes(bytes) => bytes,
        _ => b"",
    }
}

/// Decodes the standard alphabet, with or without padding; whether it could.
fn decode_b64(text: &[u8], out: &mut Vec<u8>) -> bool {
    let digits = match text {
        [digits @ .., b'=', b'='] | [digits @ .., b'='] if text.len().is_multiple_of(4) => digits,
        _ => text,
    };
    for group in digits.chunks(4) {
        let mut bits = 0_u32;
        for byte in group {
            let Some(digit) = b64_digit(*byte) else { return false };
            bits = bits << 6 | u32::from(digit);
        }
        let [_, high, middle, low] = (bits << (6 * (4 - group.len()))).to_be_bytes();
        match group.len() {
            4 => out.extend([high, middle, low]),
            3 => out.extend([high, middle]),
            2 => out.push(high),
            _ => return false,
        }
    }
    true
}

fn b64_digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// Reads options as POSIX `getopt` does: up to `--` or the first operand; long options are passed over, an unknown
/// letter is `?`. `options` is the usual text, a colon after each letter that takes a value.
fn getopt(args: &[Vec<u8>], options: &[u8], found: &mut dyn FnMut(u8, &[u8])) {
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let letters = match arg.as_slice() {
            b"--" | b"-" | [] => return,
            [b'-', b'-', ..] => continue,
            [b'-', letters @ ..] => letters,
            _ => return,
        };
        let mut letters = letters;
        while let [letter, rest @ ..] = letters {
            letters = rest;
            let known = options.iter().position(|b| b == letter && *letter != b':');
            let Some(known) = known else {
                found(b'?', &[*letter]);
                continue;
            };
            if options.get(known + 1) != Some(&b':') {
                found(*letter, b"");
                continue;
            }
            match (rest, args.as_slice().first()) {
                ([], Some(value)) => {
                    args.next();
                    found(*letter, value);
                }
                ([], None) => found(b'?', &[*letter]),
                (value, _) => found(*letter, value),
            }
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_needs_no_padding() {
        let decode = |text: &str| {
            let mut out = Vec::new();
            decode_b64(text.as_bytes(), &mut out).then(|| String::from_utf8(out).unwrap())
        };
        for (text, decoded) in [
            ("aGVsbG8=", Some("hello")),
            ("aGVsbG8", Some("hello")),
            ("aGVs", Some("hel")),
            ("aGU=", Some("he")),
            ("aA==", Some("h")),
            ("aA", Some("h")),
            ("", Some("")),
            ("a", None),
            ("a===", None),
            ("aGV*", None),
        ] {
            assert_eq!(decode(text).as_deref(), decoded, "{text}");
        }
    }

    #[test]
    fn options_end_at_the_first_operand() {
        let read = |args: &[&str], options: &str| {
            let args: Vec<Vec<u8>> = args.iter().map(|arg| arg.as_bytes().to_vec()).collect();
            let mut all = Vec::new();
            getopt(&args, options.as_bytes(), &mut |letter, value| {
                all.push(format!("{}={}", char::from(letter), String::from_utf8_lossy(value)));
            });
            all.join(" ")
        };
        assert_eq!(read(&["-ab", "x", "-c"], "abc"), "a= b=");
        assert_eq!(read(&["-ofile", "-o", "other", "-v"], "o:v"), "o=file o=other v=");
        assert_eq!(read(&["--long", "-z", "-o"], "o:"), "?=z ?=o");
        assert_eq!(read(&["-a", "--", "-b"], "ab"), "a=");
    }
}
