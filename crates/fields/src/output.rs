//! What outputs show: a field as text, and as a typed value for JSON.

use gyr_event::ParamFormat;
use gyr_filter::{Printer, Type, Value};

use crate::row::Answer;
use crate::scheme::type_of;
use crate::text::{push, push_base64, push_dots};
use crate::{Arg, BufferFormat, Context, Field};

/// What a text that is made for an output may take, in bytes.
const LONGEST: usize = 1_023;

/// The value of a field as JSON holds it.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// The field is missing.
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    /// Text; not necessarily UTF-8.
    Text(Vec<u8>),
    List(Vec<Self>),
}

impl Context<'_> {
    /// Appends the field as text; false if it is missing.
    pub fn print(&self, field: &Field, out: &mut Vec<u8>) -> bool {
        self.for_output().print_field(field, out)
    }

    /// The field as a typed value.
    pub fn output(&self, field: &Field) -> Output {
        self.for_output().output_field(field)
    }

    fn print_field(&self, field: &Field, out: &mut Vec<u8>) -> bool {
        let row = field.row();
        let (ty, format) = self.type_and_format(field);
        let start = out.len();
        let answer = row.shown.as_ref().unwrap_or(&row.answer);
        if !row.is_list() {
            let mut printed = false;
            self.first(answer, field.arg(), |value| {
                printed = write(value, ty, format, self.session.buffer_format, out)
            });
            return printed;
        }
        out.push(b'(');
        let present = self.answer(answer, field.arg(), &mut |value| {
            if out.len() > start + 1 {
                out.push(b',');
            }
            write(value, ty, format, self.session.buffer_format, out)
        });
        out.push(b')');
        out.truncate(if present { start + LONGEST } else { start });
        present
    }

    fn output_field(&self, field: &Field) -> Output {
        let row = field.row();
        let (ty, format) = self.type_and_format(field);
        let answer = row.json.as_ref().or(row.shown.as_ref()).unwrap_or(&row.answer);
        // A time is a number in JSON, whatever its text is.
        let (ty, format) =
            if row.json.is_some() { (Type::Uint64, ParamFormat::DEC) } else { (ty, format) };
        if row.is_list() {
            let mut items = Vec::new();
            self.answer(answer, field.arg(), &mut |value| {
                items.push(typed(value, ty, format, self.session.buffer_format));
                true
            });
            return if items.is_empty() { Output::Null } else { Output::List(items) };
        }
        let mut output = Output::Null;
        self.first(answer, field.arg(), |value| {
            output = typed(value, ty, format, self.session.buffer_format)
        });
        output
    }

    fn first(&self, answer: &Answer, arg: &Arg, mut take: impl FnMut(Value<'_>)) {
        self.answer(answer, arg, &mut |value| {
            take(value);
            false
        });
    }

    /// A raw parameter is what the event at hand says it is.
    fn type_and_format(&self, field: &Field) -> (Type, ParamFormat) {
        let row = field.row();
        match field.arg() {
            Arg::Key(name) if row.ty == Type::Dyn => self
                .param_of_name(name)
                .map_or((row.ty, row.format), |param| (type_of(param.ty), param.info.format)),
            _ => (row.ty, row.format),
        }
    }
}

impl Printer<Field> for Context<'_> {
    fn print(&self, field: &Field, out: &mut Vec<u8>) -> bool {
        self.print(field, out)
    }
}

impl Field {
    /// Whether the order in which an output shows its fields makes a difference to this one or to others: then it is to
    /// show all of them as text first and take their typed values then, each in the [`Context::after`] of the one before.
    pub fn depends_on_order(&self) -> bool {
        self.is_abspath() || self.row().name == "evt.buffer"
    }

    /// Makes the directory of a relative path the fd of the event.
    pub(crate) fn is_abspath(&self) -> bool {
        self.row().name == "evt.abspath"
    }

    /// Whether text shows the field otherwise than its typed value would read.
    pub fn prints_apart(&self) -> bool {
        let row = self.row();
        row.json.is_some()
            || row.ty == Type::Dyn
            || row.is_list()
            || matches!(row.format, ParamFormat::PaddedDec)
    }
}

fn typed(value: Value<'_>, ty: Type, format: ParamFormat, bytes: BufferFormat) -> Output {
    match (value, format) {
        (Value::Bool(value), _) => Output::Bool(value),
        (Value::Double(value), _) => Output::Double(value),
        (Value::Int(value), ParamFormat::DEC | ParamFormat::ID | ParamFormat::PaddedDec) => {
            Output::Int(value)
        }
        (Value::Uint(value), ParamFormat::DEC | ParamFormat::ID | ParamFormat::PaddedDec) => {
            Output::Uint(value)
        }
        _ => {
            let mut text = Vec::new();
            let is_text = write(value, ty, format, bytes, &mut text);
            if is_text { Output::Text(text) } else { Output::Null }
        }
    }
}

/// Appends a value as text; false if values of this type and format have none.
fn write(
    value: Value<'_>,
    ty: Type,
    format: ParamFormat,
    bytes_format: BufferFormat,
    out: &mut Vec<u8>,
) -> bool {
    match value {
        Value::Bool(value) => push(value, out),
        Value::Double(value) => push(format_args!("{value:.1}"), out),
        Value::Ip(_) if ty == Type::Ipnet => out.extend_from_slice(b"<IPNET>"),
        Value::Ip(ip) => push(ip, out),
        Value::Net(_) => out.extend_from_slice(b"<IPNET>"),
        Value::Bytes(bytes) => match ty {
            Type::Bytebuf => match bytes_format {
                BufferFormat::Dots if bytes.len() >= LONGEST => {
                    push_dots(bytes.get(..LONGEST - 2).unwrap_or_default(), out);
                }
                BufferFormat::Dots => push_dots(bytes, out),
                BufferFormat::Base64 => push_base64(bytes, out),
            },
            Type::Sockaddr | Type::Socktuple | Type::Fdlist | Type::Dyn => return false,
            _ => out.extend_from_slice(bytes),
        },
        Value::Int(value) => return write_number(value.cast_unsigned(), true, ty, format, out),
        Value::Uint(value) => return write_number(value, false, ty, format, out),
    }
    true
}

fn write_number(
    bits: u64,
    is_signed: bool,
    ty: Type,
    format: ParamFormat,
    out: &mut Vec<u8>,
) -> bool {
    let is_plain =
        matches!(ty, Type::Int64 | Type::Pid | Type::Errno | Type::Fd) && format == ParamFormat::NA;
    match format {
        ParamFormat::HEX => push(format_args!("{:X}", bits & mask(ty)), out),
        ParamFormat::OCT => push(format_args!("{:o}", bits & mask(ty)), out),
        ParamFormat::PaddedDec => push(format_args!("{bits:09}"), out),
        _ if !is_plain && !matches!(format, ParamFormat::DEC | ParamFormat::ID) => return false,
        _ if is_signed => push(bits.cast_signed(), out),
        _ => push(bits, out),
    }
    true
}

/// The bits that a type has.
const fn mask(ty: Type) -> u64 {
    match ty {
        Type::Int8 | Type::Uint8 | Type::Flags8 | Type::Enumflags8 => u8::MAX as u64,
        Type::Int16 | Type::Uint16 | Type::Flags16 | Type::Enumflags16 | Type::Port => {
            u16::MAX as u64
        }
        Type::Int32 | Type::Uint32 | Type::Flags32 | Type::Enumflags32 | Type::Mode => {
            u32::MAX as u64
        }
        _ => u64::MAX,
    }
}
