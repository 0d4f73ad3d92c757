//! Literals: which operators a type has, how a text becomes a [`Literal`] of a type, and how a value compares with one.

use std::cmp::Ordering;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::ast::Operator;
use crate::pattern::{Glob, PathPattern, Regex};
use crate::{Type, Value};

/// Longer texts do not fit Falco's buffer, so they are refused here too.
const MAX_TEXT: usize = 255;

/// What a value is compared with, read once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Literal {
    Bool(bool),
    Int(i64),
    Uint(u64),
    /// Falco reads only whole numbers where it compares fractions.
    Double(i32),
    Bytes(Box<[u8]>),
    Ip(IpAddr),
    Net(IpNet),
    Glob(Glob),
    Path(PathPattern),
    Regex(Regex),
}

/// What a comparison asks, once types and spellings are out of the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Contains,
    Icontains,
    Startswith,
    Endswith,
    /// A [`Glob`], [`PathPattern`] or [`Regex`] that must match.
    Matches,
}

/// Groups of types with the same operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Number,
    Bool,
    Text,
    Buffer,
    Address,
    /// Only `exists`.
    Other,
}

impl Type {
    fn class(self) -> Class {
        match self {
            Self::Int8
            | Self::Int16
            | Self::Int32
            | Self::Int64
            | Self::Uint8
            | Self::Uint16
            | Self::Uint32
            | Self::Uint64
            | Self::Fd
            | Self::Pid
            | Self::Errno
            | Self::Port
            | Self::Flags8
            | Self::Flags16
            | Self::Flags32
            | Self::Enumflags8
            | Self::Enumflags16
            | Self::Enumflags32
            | Self::Mode
            | Self::Syscallid
            | Self::Sigtype
            | Self::Reltime
            | Self::Abstime
            | Self::Double => Class::Number,
            Self::Bool => Class::Bool,
            Self::Charbuf | Self::Fspath | Self::Fsrelpath => Class::Text,
            Self::Bytebuf => Class::Buffer,
            Self::Ipaddr | Self::Ipnet => Class::Address,
            Self::Sockaddr
            | Self::Socktuple
            | Self::Fdlist
            | Self::L4proto
            | Self::Sockfamily
            | Self::Uid
            | Self::Gid
            | Self::Sigset
            | Self::Charbufarray
            | Self::CharbufPairArray
            | Self::Dyn => Class::Other,
        }
    }

    /// Whether it is text: not raw bytes.
    pub fn is_text(self) -> bool {
        self.class() == Class::Text
    }
}

/// Whether fields of a type, or lists of it, can be asked this; the text says why not.
pub(crate) fn check_operator(operator: Operator, ty: Type, is_list: bool) -> Result<(), String> {
    use Operator::{
        Bcontains, Bstartswith, Contains, Endswith, Eq, EqEq, Exists, Ge, Gt, In, Intersects, Le,
        Lt, Ne, Startswith,
    };
    if operator == Exists {
        return Ok(());
    }
    let listable = matches!(
        ty,
        Type::Charbuf
            | Type::Uint64
            | Type::Reltime
            | Type::Abstime
            | Type::Bool
            | Type::Ipaddr
            | Type::Ipnet
    );
    let equality = matches!(operator, Eq | EqEq | Ne | In | Intersects);
    let (allowed, what) = match ty.class() {
        _ if is_list && !listable => {
            return Err(format!("list filters are not supported for type '{}'", ty.name()));
        }
        _ if is_list => (matches!(operator, In | Intersects), "list filters"),
        Class::Number => (equality || matches!(operator, Lt | Le | Gt | Ge), "numeric filters"),
        Class::Bool => (equality, "numeric filters"),
        Class::Text => (!matches!(operator, Bcontains | Bstartswith), "string filters"),
        Class::Buffer => (
            equality
                || matches!(operator, Contains | Bcontains | Startswith | Bstartswith | Endswith),
            "buffer filters",
        ),
        Class::Address => (equality, "ip address and network filters"),
        Class::Other => {
            let (operator, ty) = (operator.text(), ty.name());
            return Err(format!("'{operator}' operator not supported for type '{ty}'"));
        }
    };
    if allowed {
        return Ok(());
    }
    Err(format!("'{}' operator not supported for {what}", operator.text()))
}

/// The operators that fields of a type, or lists of it, have.
pub fn operators(ty: Type, is_list: bool) -> impl Iterator<Item = Operator> {
    let all = Operator::ALL.iter().copied();
    all.filter(move |operator| check_operator(*operator, ty, is_list).is_ok())
}

/// Reads a text as what a field of a type is compared with. `service` knows the ports of services.
pub(crate) fn read(
    operator: Operator,
    ty: Type,
    text: &[u8],
    service: &dyn Fn(&str) -> Option<u16>,
) -> Result<Literal, String> {
    if matches!(operator, Operator::Bcontains | Operator::Bstartswith) {
        let bytes = unhex(text)
            .ok_or("filter error: bcontains and bstartswith operator support hex strings only")?;
        return short(bytes.into());
    }
    let shown = || String::from_utf8_lossy(text);
    match ty.class() {
        Class::Text | Class::Buffer => {
            let text = short_text(text)?;
            Ok(match operator {
                Operator::Glob => Literal::Glob(Glob::new(text, false)),
                Operator::Iglob => Literal::Glob(Glob::new(text, true)),
                Operator::Pmatch => Literal::Path(PathPattern::new(text)),
                Operator::Regex => Literal::Regex(
                    Regex::new(text).map_err(|error| format!("invalid regex pattern: {error}"))?,
                ),
                _ => Literal::Bytes(text.into()),
            })
        }
        Class::Bool => match text {
            b"true" => Ok(Literal::Bool(true)),
            b"false" => Ok(Literal::Bool(false)),
            _ => Err(format!("filter error: unrecognized boolean value {}", shown())),
        },
        Class::Number => number(ty, text, service),
        Class::Address => {
            let text = std::str::from_utf8(text).unwrap_or_default();
            if ty == Type::Ipaddr { address(text).map(Literal::Ip) } else { net(text) }
        }
        Class::Other => Err(format!("no value can be compared with type '{}'", ty.name())),
    }
}

fn short(bytes: Box<[u8]>) -> Result<Literal, String> {
    short_text(&bytes)?;
    Ok(Literal::Bytes(bytes))
}

fn short_text(text: &[u8]) -> Result<&[u8], String> {
    if text.len() > MAX_TEXT {
        return Err(format!("filter parameter too long: more than {MAX_TEXT} bytes"));
    }
    Ok(text)
}

/// An even number of hexadecimal digits, at least two.
fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let pairs = text.chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    pairs.collect::<Option<Vec<u8>>>().filter(|bytes| !bytes.is_empty())
}

/// Reads as `sscanf` does: too large numbers stick to the ends of 64 bits, and narrower types keep the low bits.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "the low bits are what Falco compares with"
)]
fn number(ty: Type, text: &[u8], service: &dyn Fn(&str) -> Option<u16>) -> Result<Literal, String> {
    let shown = String::from_utf8_lossy(text);
    if ty == Type::Port && !text.iter().all(u8::is_ascii_digit) {
        let port =
            service(&shown).ok_or_else(|| format!("{shown} is not a port or a known service"))?;
        return Ok(Literal::Uint(port.into()));
    }
    if ty == Type::Port && text.is_empty() {
        return Ok(Literal::Uint(0));
    }
    let invalid = || format!("{shown} is not a valid number");
    let digits = shown.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '\u{b}');
    let (negative, digits) = match digits.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, digits.strip_prefix('+').unwrap_or(digits)),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(invalid());
    }
    let magnitude = digits.parse::<u64>();
    let signed = match (&magnitude, negative) {
        (Ok(m), false) => i64::try_from(*m).unwrap_or(i64::MAX),
        (Ok(m), true) => 0_i64.checked_sub_unsigned(*m).unwrap_or(i64::MIN),
        (Err(_), false) => i64::MAX,
        (Err(_), true) => i64::MIN,
    };
    let unsigned = match (&magnitude, negative) {
        (Ok(m), false) => *m,
        (Ok(m), true) => m.wrapping_neg(),
        (Err(_), _) => u64::MAX,
    };
    Ok(match ty {
        Type::Int8 => Literal::Int((signed as i8).into()),
        Type::Int16 => Literal::Int((signed as i16).into()),
        Type::Int32 => Literal::Int((signed as i32).into()),
        Type::Int64 | Type::Fd | Type::Pid | Type::Errno => Literal::Int(signed),
        Type::Double => Literal::Double(signed as i32),
        Type::Uint8 | Type::Flags8 | Type::Enumflags8 | Type::Sigtype => {
            Literal::Uint((unsigned as u8).into())
        }
        Type::Uint16 | Type::Flags16 | Type::Enumflags16 | Type::Port | Type::Syscallid => {
            Literal::Uint((unsigned as u16).into())
        }
        Type::Uint32 | Type::Flags32 | Type::Enumflags32 | Type::Mode => {
            Literal::Uint((unsigned as u32).into())
        }
        _ => Literal::Uint(unsigned),
    })
}

fn address(text: &str) -> Result<IpAddr, String> {
    if text.contains('.') {
        let address = text.parse::<Ipv4Addr>().map(IpAddr::V4);
        return address.map_err(|_| format!("unrecognized IPv4 address {text}"));
    }
    text.parse::<Ipv6Addr>()
        .map(IpAddr::V6)
        .map_err(|_| format!("unrecognized IPv6 address {text}"))
}

/// `address/bits`; the bits beyond do not count.
fn net(text: &str) -> Result<Literal, String> {
    let Some((address_text, bits)) = text.split_once('/') else {
        return Err(format!("unrecognized IP network {text}"));
    };
    let invalid = || format!("invalid netmask {bits}");
    let bits = bits.parse::<u8>().map_err(|_| invalid())?;
    let net = match address(address_text)? {
        IpAddr::V4(address) => Ipv4Net::new(address, bits).map(IpNet::V4).map_err(|_| invalid())?,
        IpAddr::V6(_) if bits == 0 => return Err(invalid()),
        IpAddr::V6(address) => Ipv6Net::new(address, bits).map(IpNet::V6).map_err(|_| invalid())?,
    };
    Ok(Literal::Net(net.trunc()))
}

impl Literal {
    /// Whether the value has the asked relation to it. A value of another kind has none but being different.
    pub fn holds(&self, comparison: Comparison, value: Value<'_>) -> bool {
        match (self, value) {
            (Self::Bytes(literal), Value::Bytes(value)) => text_holds(comparison, value, literal),
            (Self::Glob(glob), Value::Bytes(value)) => glob.matches(value),
            (Self::Path(path), Value::Bytes(value)) => path.matches(value),
            (Self::Regex(regex), Value::Bytes(value)) => regex.matches(value),
            (Self::Net(net), Value::Ip(ip)) => net.contains(&ip) == (comparison == Comparison::Eq),
            (Self::Ip(ip), Value::Net(net)) => net.contains(ip) == (comparison == Comparison::Eq),
            _ => order_holds(comparison, order(value, self.value())),
        }
    }

    /// As a value, for what has one.
    pub fn value(&self) -> Value<'_> {
        match self {
            Self::Bool(b) => Value::Bool(*b),
            Self::Int(i) => Value::Int(*i),
            Self::Uint(u) => Value::Uint(*u),
            Self::Double(d) => Value::Double((*d).into()),
            Self::Bytes(bytes) => Value::Bytes(bytes),
            Self::Ip(ip) => Value::Ip(*ip),
            Self::Net(net) => Value::Net(*net),
            Self::Glob(glob) => Value::Bytes(glob.text()),
            Self::Path(path) => Value::Bytes(path.text()),
            Self::Regex(regex) => Value::Bytes(regex.text()),
        }
    }
}

/// Whether a value has the asked relation to another value.
pub(crate) fn values_hold(operator: Operator, left: Value<'_>, right: Value<'_>) -> bool {
    match (left, right) {
        (Value::Bytes(left), Value::Bytes(right)) => match operator {
            Operator::Glob => Glob::new(right, false).matches(left),
            Operator::Iglob => Glob::new(right, true).matches(left),
            _ => text_holds(comparison(operator), left, right),
        },
        _ => order_holds(comparison(operator), order(left, right)),
    }
}

/// What an operator asks about one value.
pub(crate) fn comparison(operator: Operator) -> Comparison {
    match operator {
        Operator::Exists | Operator::Eq | Operator::EqEq | Operator::In | Operator::Intersects => {
            Comparison::Eq
        }
        Operator::Ne => Comparison::Ne,
        Operator::Lt => Comparison::Lt,
        Operator::Le => Comparison::Le,
        Operator::Gt => Comparison::Gt,
        Operator::Ge => Comparison::Ge,
        Operator::Contains | Operator::Bcontains => Comparison::Contains,
        Operator::Icontains => Comparison::Icontains,
        Operator::Startswith | Operator::Bstartswith => Comparison::Startswith,
        Operator::Endswith => Comparison::Endswith,
        Operator::Glob | Operator::Iglob | Operator::Regex | Operator::Pmatch => {
            Comparison::Matches
        }
    }
}

fn text_holds(comparison: Comparison, value: &[u8], literal: &[u8]) -> bool {
    match comparison {
        Comparison::Contains => memchr::memmem::find(value, literal).is_some(),
        Comparison::Icontains => {
            literal.is_empty()
                || value.windows(literal.len()).any(|part| part.eq_ignore_ascii_case(literal))
        }
        Comparison::Startswith => value.starts_with(literal),
        Comparison::Endswith => value.ends_with(literal),
        Comparison::Matches => false,
        _ => order_holds(comparison, Some(value.cmp(literal))),
    }
}

fn order_holds(comparison: Comparison, order: Option<Ordering>) -> bool {
    match comparison {
        Comparison::Eq => order == Some(Ordering::Equal),
        Comparison::Ne => order != Some(Ordering::Equal),
        Comparison::Lt => order == Some(Ordering::Less),
        Comparison::Le => order.is_some_and(Ordering::is_le),
        Comparison::Gt => order == Some(Ordering::Greater),
        Comparison::Ge => order.is_some_and(Ordering::is_ge),
        _ => false,
    }
}

/// `None` if they are of different kinds, or not a number.
#[allow(clippy::cast_precision_loss, reason = "only fractions are compared so")]
fn order(left: Value<'_>, right: Value<'_>) -> Option<Ordering> {
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(&right)),
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(&right)),
        (Value::Uint(left), Value::Uint(right)) => Some(left.cmp(&right)),
        (Value::Int(left), Value::Uint(right)) => Some(i128::from(left).cmp(&right.into())),
        (Value::Uint(left), Value::Int(right)) => Some(i128::from(left).cmp(&right.into())),
        (Value::Double(left), Value::Double(right)) => left.partial_cmp(&right),
        (Value::Int(left), Value::Double(right)) => (left as f64).partial_cmp(&right),
        (Value::Uint(left), Value::Double(right)) => (left as f64).partial_cmp(&right),
        (Value::Ip(left), Value::Ip(right)) => (left == right).then_some(Ordering::Equal),
        (Value::Net(left), Value::Net(right)) => (left == right).then_some(Ordering::Equal),
        (Value::Bytes(left), Value::Bytes(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(name: &str) -> Option<u16> {
        (name == "http").then_some(80)
    }

    #[test]
    fn numbers_are_read_as_sscanf_reads_them() {
        for (ty, text, expected) in [
            (Type::Int64, "99999999999999999999", Ok(Literal::Int(i64::MAX))),
            (Type::Int32, "4294967297", Ok(Literal::Int(1))),
            (Type::Uint64, "-1", Ok(Literal::Uint(u64::MAX))),
            (Type::Uint8, "256", Ok(Literal::Uint(0))),
            (Type::Port, "70000", Ok(Literal::Uint(4464))),
            (Type::Port, "http", Ok(Literal::Uint(80))),
            (Type::Port, "", Ok(Literal::Uint(0))),
            (Type::Double, "+2", Ok(Literal::Double(2))),
            (Type::Int64, " 7", Ok(Literal::Int(7))),
            (Type::Int64, "7 ", Err("7  is not a valid number")),
            (Type::Int64, "0x10", Err("0x10 is not a valid number")),
            (Type::Double, "1.5", Err("1.5 is not a valid number")),
            (Type::Int64, "", Err(" is not a valid number")),
            (Type::Port, "nope", Err("nope is not a port or a known service")),
            (Type::Bool, "True", Err("filter error: unrecognized boolean value True")),
        ] {
            let read = read(Operator::Eq, ty, text.as_bytes(), &service);
            assert_eq!(read, expected.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn addresses_and_networks() {
        for (ty, text, error) in [
            (Type::Ipaddr, "1.2.3", "unrecognized IPv4 address 1.2.3"),
            (Type::Ipaddr, "::ffff:1.2.3.4", "unrecognized IPv4 address ::ffff:1.2.3.4"),
            (Type::Ipaddr, "x", "unrecognized IPv6 address x"),
            (Type::Ipnet, "10.0.0.0/33", "invalid netmask 33"),
            (Type::Ipnet, "::1/0", "invalid netmask 0"),
            (Type::Ipnet, "10.0.0.1", "unrecognized IP network 10.0.0.1"),
        ] {
            assert_eq!(read(Operator::Eq, ty, text.as_bytes(), &service), Err(error.to_owned()));
        }
        let net = read(Operator::Eq, Type::Ipnet, b"10.9.9.9/8", &service).unwrap();
        let ip = |text: &str| Value::Ip(text.parse().unwrap());
        assert!(net.holds(Comparison::Eq, ip("10.1.2.3")));
        assert!(!net.holds(Comparison::Ne, ip("10.1.2.3")));
        assert!(net.holds(Comparison::Ne, ip("::1")));
    }

    #[test]
    fn texts_have_a_longest_length_and_hex_an_even_one() {
        let read = |operator, text: &[u8]| read(operator, Type::Bytebuf, text, &service);
        assert!(read(Operator::Eq, &[b'a'; 255]).is_ok());
        assert!(read(Operator::Eq, &[b'a'; 256]).is_err());
        assert_eq!(read(Operator::Bcontains, b"0aF0"), Ok(Literal::Bytes([0x0a, 0xf0].into())));
        for text in ["", "0", "0g", "0x0a"] {
            assert!(read(Operator::Bcontains, text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn types_have_the_operators_of_the_table() {
        let allowed = |ty, is_list| {
            let names = operators(ty, is_list).map(Operator::text);
            names.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(allowed(Type::Pid, false), "exists <= < >= > == = != intersects in");
        assert_eq!(allowed(Type::Bool, false), "exists == = != intersects in");
        assert_eq!(
            allowed(Type::Fspath, false),
            "exists <= < >= > == = != glob iglob contains icontains startswith endswith regex intersects in pmatch"
        );
        assert_eq!(
            allowed(Type::Bytebuf, false),
            "exists == = != contains bcontains startswith bstartswith endswith intersects in"
        );
        assert_eq!(allowed(Type::Ipnet, false), "exists == = != intersects in");
        assert_eq!(allowed(Type::Uid, false), "exists");
        assert_eq!(allowed(Type::Charbuf, true), "exists intersects in");
        assert_eq!(allowed(Type::Fspath, true), "exists");
    }
}
