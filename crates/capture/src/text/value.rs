//! One parameter of an event, between its bytes in the record and its text.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use gyr_event::{
    FlagTable, ParamExtra, ParamFormat, ParamInfo, ParamType, errno_by_name, errno_name,
    signal_by_name, signal_name, syscall, syscall_by_name,
};

use super::{
    Problem,
    words::{Value, from_hex, hex},
};

const UNIX: u8 = 1;
const IPV4: u8 = 2;
const IPV6: u8 = 10;
const AT_FDCWD: i128 = -100;
/// Parameters that hold texts, each ended by a NUL, though their type says mere bytes.
const TEXTS: &[&str] = &["args", "env", "cgroups"];

/// The bytes of a parameter from its text.
pub(super) fn encode(value: &Value, ty: ParamType, extra: ParamExtra) -> Result<Vec<u8>, Problem> {
    use ParamType::{
        BYTEBUF, CHARBUF, CHARBUF_PAIR_ARRAY, CHARBUFARRAY, DYN, FDLIST, FSPATH, FSRELPATH,
        IPV4ADDR, IPV6ADDR, SOCKADDR, SOCKTUPLE,
    };
    let wrong = || Problem::NotA(ty.name());
    let bytes = match value {
        Value::Bare(bytes) => {
            if let Some(digits) = bytes.strip_prefix(b"hex:") {
                return from_hex(digits).ok_or(Problem::NotA("hexadecimal number"));
            }
            bytes
        }
        Value::Quoted(bytes) => bytes,
        Value::List(items) => {
            return match ty {
                BYTEBUF | CHARBUFARRAY | CHARBUF_PAIR_ARRAY => Ok(joined(items)),
                FDLIST => fd_list(items).ok_or_else(wrong),
                _ => Err(wrong()),
            };
        }
    };
    let text = || std::str::from_utf8(bytes).ok();
    match ty {
        CHARBUF | FSPATH | FSRELPATH => Ok([bytes, &b"\0"[..]].concat()),
        BYTEBUF | CHARBUFARRAY | CHARBUF_PAIR_ARRAY => Ok(bytes.clone()),
        SOCKADDR => sockaddr(bytes).ok_or_else(wrong),
        SOCKTUPLE => socktuple(bytes).ok_or_else(wrong),
        DYN => dynamic(bytes, extra, matches!(value, Value::Quoted(_))),
        IPV4ADDR => {
            let address: Option<Ipv4Addr> = text().and_then(|text| text.parse().ok());
            address.map(|it| it.octets().to_vec()).ok_or_else(wrong)
        }
        IPV6ADDR => {
            let address: Option<Ipv6Addr> = text().and_then(|text| text.parse().ok());
            address.map(|it| it.octets().to_vec()).ok_or_else(wrong)
        }
        _ => {
            let width = width(ty).ok_or_else(wrong)?;
            let number = text().and_then(|text| number(text, ty, extra)).ok_or_else(wrong)?;
            to_bytes(number, width).ok_or(Problem::OutOfRange(ty.name()))
        }
    }
}

/// The text of a parameter; [`encode`] makes the same bytes of it.
pub(super) fn print(bytes: &[u8], info: &ParamInfo) -> Value {
    let value = if info.ty == ParamType::BYTEBUF && TEXTS.contains(&info.name) {
        split(bytes).map(Value::List)
    } else {
        printed(bytes, info.ty, info.format, info.extra)
    };
    match value {
        Some(value) if encode(&value, info.ty, info.extra).is_ok_and(|again| again == bytes) => {
            value
        }
        // What a broken or newer writer put there is kept, byte by byte.
        _ => Value::Bare([b"hex:", hex(bytes).as_bytes()].concat()),
    }
}

/// How many bytes a number has.
const fn width(ty: ParamType) -> Option<usize> {
    use ParamType::*;
    Some(match ty {
        INT8 | UINT8 | FLAGS8 | ENUMFLAGS8 | SIGTYPE | L4PROTO | SOCKFAMILY => 1,
        INT16 | UINT16 | FLAGS16 | ENUMFLAGS16 | SYSCALLID | PORT => 2,
        INT32 | UINT32 | FLAGS32 | ENUMFLAGS32 | UID | GID | MODE | BOOL | SIGSET | FD32
        | PID32 => 4,
        INT64 | UINT64 | RELTIME | ABSTIME | ERRNO | FD | PID => 8,
        _ => return None,
    })
}

const fn is_signed(ty: ParamType) -> bool {
    use ParamType::{ERRNO, FD, FD32, GID, INT8, INT16, INT32, INT64, PID, PID32, UID};
    matches!(ty, INT8 | INT16 | INT32 | INT64 | ERRNO | FD | PID | UID | GID | FD32 | PID32)
}

/// A number, the name of one, or names joined by `|`.
fn number(text: &str, ty: ParamType, extra: ParamExtra) -> Option<i128> {
    let one = |text: &str| {
        plain_number(text).or_else(|| match (ty, extra) {
            (ParamType::FD, _) if text == "AT_FDCWD" => Some(AT_FDCWD),
            (ParamType::SYSCALLID, _) => syscall_by_name(text).map(|it| i128::from(it.code)),
            (ParamType::SIGTYPE, _) => signal_by_name(text).map(i128::from),
            (_, ParamExtra::Flags(table)) => {
                table.values.iter().find(|row| row.0 == text).map(|row| i128::from(row.1))
            }
            _ => text.strip_prefix('-').and_then(errno_by_name).map(|it| -i128::from(it)),
        })
    };
    if text.contains('|') {
        return text.split('|').try_fold(0, |sum, name| one(name).map(|flag| sum | flag));
    }
    one(text)
}

pub(super) fn plain_number(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let radixes = [("0x", 16), ("0o", 8)];
    let radix = radixes.iter().find_map(|(prefix, r)| digits.strip_prefix(prefix).map(|d| (d, *r)));
    let (digits, radix) = radix.unwrap_or((digits, 10));
    let number = i128::from(u64::from_str_radix(digits, radix).ok()?);
    Some(if negative { -number } else { number })
}

/// The number in this many bytes, as signed or unsigned as it needs to be.
fn to_bytes(number: i128, width: usize) -> Option<Vec<u8>> {
    let bits = u32::try_from(width).ok()? * 8;
    if number >= 1 << bits || number < -(1 << (bits - 1)) {
        return None;
    }
    number.to_le_bytes().get(..width).map(<[u8]>::to_vec)
}

fn printed(bytes: &[u8], ty: ParamType, format: ParamFormat, extra: ParamExtra) -> Option<Value> {
    use ParamType::{
        BYTEBUF, CHARBUF, CHARBUF_PAIR_ARRAY, CHARBUFARRAY, DYN, FDLIST, FSPATH, FSRELPATH,
        IPV4ADDR, IPV6ADDR, SOCKADDR, SOCKTUPLE,
    };
    let text = |text: String| Value::Quoted(text.into_bytes());
    Some(match ty {
        CHARBUF | FSPATH | FSRELPATH => Value::Quoted(bytes.strip_suffix(b"\0")?.to_vec()),
        BYTEBUF => Value::Quoted(bytes.to_vec()),
        CHARBUFARRAY | CHARBUF_PAIR_ARRAY => Value::List(split(bytes)?),
        FDLIST => Value::List(print_fd_list(bytes)?),
        SOCKADDR => Value::Quoted(print_sockaddr(bytes)?),
        SOCKTUPLE => Value::Quoted(print_socktuple(bytes)?),
        DYN => Value::Quoted(print_dynamic(bytes, extra)?),
        IPV4ADDR => text(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?).to_string()),
        IPV6ADDR => text(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).to_string()),
        _ => text(print_number(bytes, ty, format, extra)?),
    })
}

fn print_number(
    bytes: &[u8],
    ty: ParamType,
    format: ParamFormat,
    extra: ParamExtra,
) -> Option<String> {
    if bytes.len() != width(ty)? {
        return None;
    }
    let negative = is_signed(ty) && bytes.last()? & 0x80 != 0;
    let mut whole = [if negative { 0xff } else { 0 }; 16];
    whole.get_mut(..bytes.len())?.copy_from_slice(bytes);
    let number = i128::from_le_bytes(whole);
    let name = match (ty, extra) {
        (ParamType::FD, _) if number == AT_FDCWD => Some("AT_FDCWD".to_owned()),
        (ParamType::ERRNO | ParamType::FD | ParamType::PID, _) if number < 0 => {
            i64::try_from(-number).ok().and_then(errno_name).map(|name| format!("-{name}"))
        }
        (ParamType::SYSCALLID, _) => {
            u16::try_from(number).ok().and_then(syscall).map(|it| it.name.to_owned())
        }
        (ParamType::SIGTYPE, _) => {
            i64::try_from(number).ok().and_then(signal_name).map(str::to_owned)
        }
        (_, ParamExtra::Flags(table)) => u32::try_from(number).ok().map(|it| names(table, it, ty)),
        _ => None,
    };
    Some(name.unwrap_or_else(|| match format {
        ParamFormat::HEX if number > 9 => format!("{number:#x}"),
        ParamFormat::OCT if number > 7 => format!("{number:#o}"),
        _ => number.to_string(),
    }))
}

/// The names of a value; bits without a name as a number.
fn names(table: &FlagTable, value: u32, ty: ParamType) -> String {
    use ParamType::{ENUMFLAGS8, ENUMFLAGS16, ENUMFLAGS32};
    if value == 0 || matches!(ty, ENUMFLAGS8 | ENUMFLAGS16 | ENUMFLAGS32) {
        let row = table.values.iter().find(|row| row.1 == value);
        return row.map_or_else(|| value.to_string(), |row| row.0.to_owned());
    }
    let mut left = value;
    let mut names = Vec::new();
    for &(name, flag) in table.values {
        if flag != 0 && left & flag == flag {
            names.push(name.to_owned());
            left &= !flag;
        }
    }
    if left != 0 {
        names.push(format!("{left:#x}"));
    }
    names.join("|")
}

/// `a.b.c.d:port`, `[address]:port`, `unix:path`
fn sockaddr(text: &[u8]) -> Option<Vec<u8>> {
    if let Some(path) = text.strip_prefix(b"unix:") {
        return Some([&[UNIX], path, b"\0"].concat());
    }
    let (family, end) = end(text)?;
    Some([&[family], &end[..]].concat())
}

fn print_sockaddr(bytes: &[u8]) -> Option<Vec<u8>> {
    match bytes {
        [UNIX, path @ .., 0] => Some([b"unix:", path].concat()),
        [family, end @ ..] => print_end(*family, end).map(String::into_bytes),
        [] => None,
    }
}

/// `source->destination`, for unix `unix:pointer->pointer:path`
fn socktuple(text: &[u8]) -> Option<Vec<u8>> {
    let arrow = text.windows(2).position(|pair| pair == b"->")?;
    let (source, dest) = (text.get(..arrow)?, text.get(arrow + 2..)?);
    if let Some(source) = source.strip_prefix(b"unix:") {
        let colon = dest.iter().position(|&byte| byte == b':')?;
        let (dest, path) = (dest.get(..colon)?, dest.get(colon + 1..)?);
        let (source, dest) = (pointer(source)?, pointer(dest)?);
        return Some([&[UNIX], &source[..], &dest[..], path, b"\0"].concat());
    }
    let ((family, source), (other, dest)) = (end(source)?, end(dest)?);
    (family == other).then(|| [&[family], &source[..], &dest[..]].concat())
}

fn print_socktuple(bytes: &[u8]) -> Option<Vec<u8>> {
    match bytes {
        [UNIX, rest @ ..] => {
            let (source, rest) = rest.split_first_chunk::<8>()?;
            let (dest, path) = rest.split_first_chunk::<8>()?;
            let (source, dest) = (u64::from_le_bytes(*source), u64::from_le_bytes(*dest));
            let ends = format!("unix:{source:#x}->{dest:#x}:");
            Some([ends.as_bytes(), path.strip_suffix(b"\0")?].concat())
        }
        [family, ends @ ..] => {
            let (source, dest) = ends.split_at(ends.len() / 2);
            let (source, dest) = (print_end(*family, source)?, print_end(*family, dest)?);
            Some(format!("{source}->{dest}").into_bytes())
        }
        [] => None,
    }
}

fn pointer(text: &[u8]) -> Option<[u8; 8]> {
    let number = plain_number(std::str::from_utf8(text).ok()?)?;
    u64::try_from(number).ok().map(u64::to_le_bytes)
}

/// The family, and address and port as records hold them.
fn end(text: &[u8]) -> Option<(u8, Vec<u8>)> {
    let text = std::str::from_utf8(text).ok()?;
    if let Ok(end) = text.parse::<SocketAddrV4>() {
        return Some((IPV4, [&end.ip().octets()[..], &end.port().to_le_bytes()].concat()));
    }
    let end: SocketAddrV6 = text.parse().ok()?;
    Some((IPV6, [&end.ip().octets()[..], &end.port().to_le_bytes()].concat()))
}

fn print_end(family: u8, bytes: &[u8]) -> Option<String> {
    let (address, port) = bytes.split_last_chunk::<2>()?;
    let port = u16::from_le_bytes(*port);
    match family {
        IPV4 => {
            let address = <[u8; 4]>::try_from(address).ok()?;
            Some(SocketAddrV4::new(address.into(), port).to_string())
        }
        IPV6 => {
            let address = <[u8; 16]>::try_from(address).ok()?;
            Some(SocketAddrV6::new(address.into(), port, 0, 0).to_string())
        }
        _ => None,
    }
}

/// `TYPE:value`, where the type is one of the parameter's choices.
fn dynamic(text: &[u8], extra: ParamExtra, quoted: bool) -> Result<Vec<u8>, Problem> {
    let ParamExtra::Choices(choices) = extra else { return Err(Problem::NotA("DYN")) };
    let mut halves = text.splitn(2, |&byte| byte == b':');
    let (Some(name), Some(value)) = (halves.next(), halves.next()) else {
        return Err(Problem::Expected("TYPE:value"));
    };
    let index = choices.iter().position(|choice| choice.0.name().as_bytes() == name);
    let choice = index.and_then(|index| Some((u8::try_from(index).ok()?, choices.get(index)?.0)));
    let (index, ty) = choice.ok_or(Problem::Expected("one of the types of this parameter"))?;
    let value = value.to_vec();
    let value = if quoted { Value::Quoted(value) } else { Value::Bare(value) };
    Ok([&[index], &encode(&value, ty, ParamExtra::None)?[..]].concat())
}

fn print_dynamic(bytes: &[u8], extra: ParamExtra) -> Option<Vec<u8>> {
    let ParamExtra::Choices(choices) = extra else { return None };
    let (index, value) = bytes.split_first()?;
    let (ty, format) = *choices.get(usize::from(*index))?;
    let (Value::Bare(value) | Value::Quoted(value)) = printed(value, ty, format, ParamExtra::None)?
    else {
        return None;
    };
    Some([ty.name().as_bytes(), b":", &value].concat())
}

/// Texts, each ended by a NUL.
pub(super) fn joined(items: &[Vec<u8>]) -> Vec<u8> {
    items.iter().flat_map(|item| item.iter().copied().chain([0])).collect()
}

/// The reverse of [`joined`]; none if the last is not ended.
pub(super) fn split(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    let items = bytes.strip_suffix(b"\0")?;
    Some(items.split(|&byte| byte == 0).map(<[u8]>::to_vec).collect())
}

/// `fd:flags` each
fn fd_list(items: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut bytes = u16::try_from(items.len()).ok()?.to_le_bytes().to_vec();
    for item in items {
        let (fd, flags) = std::str::from_utf8(item).ok()?.split_once(':')?;
        bytes.extend(to_bytes(plain_number(fd)?, 8)?);
        bytes.extend(to_bytes(plain_number(flags)?, 2)?);
    }
    Some(bytes)
}

fn print_fd_list(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (_, items) = bytes.split_first_chunk::<2>()?;
    let (items, rest) = items.as_chunks::<10>();
    rest.is_empty()
        .then(|| {
            items.iter().map(|&[a, b, c, d, e, f, g, h, i, j]| {
                let fd = i64::from_le_bytes([a, b, c, d, e, f, g, h]);
                format!("{fd}:{:#x}", u16::from_le_bytes([i, j])).into_bytes()
            })
        })
        .map(Iterator::collect)
}
