//! Parameters of events as text: the value as it is, and what it stands for.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use gyr_event::snapshot::L4Proto;
use gyr_event::{FlagTable, ParamExtra, ParamFormat, ParamInfo, ParamType, tables};
use gyr_state::{Fd, join_path};

use crate::text::{
    items, push, push_base64, push_dots, push_endpoint, push_joined, push_sanitized,
};
use crate::{BufferFormat, Context, names, time};

/// The directory that relative paths start from, where a dirfd does not say another.
pub(crate) const AT_FDCWD: i64 = -100;

/// One parameter of an event, with the type that its value has (a dynamic one's first byte says it).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Param<'a> {
    pub(crate) info: &'static ParamInfo,
    pub(crate) ty: ParamType,
    /// Whether an old writer's "(NULL)" stands for the value.
    is_legacy_null: bool,
    bytes: &'a [u8],
}

impl<'a> Context<'a> {
    /// The parameter at an index, if the event and its record have it.
    pub(crate) fn param(&self, index: usize) -> Option<Param<'a>> {
        if index >= self.event.n_params() {
            return None;
        }
        let info = self.event.info().params.get(index)?;
        let mut param =
            Param { info, ty: info.ty, is_legacy_null: false, bytes: self.event.bytes(index) };
        if let (ParamExtra::Choices(choices), Some((&choice, rest))) =
            (info.extra, param.bytes.split_first())
            && let Some(&(ty, _)) = choices.get(usize::from(choice))
        {
            (param.ty, param.bytes) = (ty, rest);
        }
        param.is_legacy_null = param.is_text() && param.bytes == b"(NULL)\0";
        Some(param)
    }

    /// The first parameter of this name.
    pub(crate) fn param_of_name(&self, name: &str) -> Option<Param<'a>> {
        let index = self.event.info().params.iter().position(|info| info.name == name)?;
        self.param(index)
    }

    /// Appends what the parameter stands for, or if that is nothing its value.
    pub(crate) fn write_param(&self, param: &Param<'_>, out: &mut Vec<u8>) {
        let start = out.len();
        self.write_resolved(param, out);
        if out.len() == start {
            self.write_value(param, out);
        } else if self.is_output {
            self.with_buffer(|value| self.write_value(param, value));
        }
    }

    /// Appends the value as it is.
    pub(crate) fn write_value(&self, param: &Param<'_>, out: &mut Vec<u8>) {
        let start = out.len();
        self.push_value(param, out);
        if self.is_output {
            let text = out.get(start..).unwrap_or_default();
            self.session.leftover.rendered(param.ty, param.is_empty(), text);
        }
    }

    fn push_value(&self, param: &Param<'_>, out: &mut Vec<u8>) {
        if param.is_empty() {
            out.extend_from_slice(param.empty_text());
            return;
        }
        match param.ty {
            ParamType::INT8
            | ParamType::INT16
            | ParamType::INT32
            | ParamType::INT64
            | ParamType::UINT8
            | ParamType::UINT16
            | ParamType::UINT32
            | ParamType::UINT64
            | ParamType::MODE => param.write_number(out),
            ParamType::FD | ParamType::PID | ParamType::ERRNO => push(param.i64(), out),
            ParamType::UID | ParamType::GID => push(i64::from(param.u32().cast_signed()), out),
            ParamType::CHARBUF => out.extend_from_slice(param.text()),
            ParamType::FSPATH | ParamType::FSRELPATH => push_sanitized(param.text(), out),
            ParamType::BYTEBUF => match self.buffer_format {
                BufferFormat::Dots => push_dots(param.bytes, out),
                BufferFormat::Base64 => push_base64(param.bytes, out),
            },
            ParamType::SOCKADDR => write_sockaddr(param.bytes, out),
            ParamType::SOCKTUPLE => write_socktuple(param.bytes, out),
            ParamType::FDLIST => self.write_fdlist(param.bytes, out),
            ParamType::RELTIME if param.u64() == u64::MAX => out.extend_from_slice(b"none"),
            ParamType::SYSCALLID
            | ParamType::SIGTYPE
            | ParamType::RELTIME
            | ParamType::FLAGS8
            | ParamType::FLAGS16
            | ParamType::FLAGS32
            | ParamType::ENUMFLAGS8
            | ParamType::ENUMFLAGS16
            | ParamType::ENUMFLAGS32 => push(param.u64(), out),
            ParamType::ABSTIME => {
                time::write_datetime(param.u64(), &self.session.zone, true, out);
            }
            ParamType::CHARBUFARRAY => push_joined(items(param.bytes), b'.', out),
            ParamType::CHARBUF_PAIR_ARRAY => write_pairs(param.bytes, out),
            ParamType::SIGSET => write_signals(param.u32(), out),
            ParamType::DYN => out.extend_from_slice(b"INVALID DYNAMIC PARAMETER"),
            _ => out.extend_from_slice(b"(n.a.)"),
        }
    }

    /// Appends what the value stands for, if it stands for something.
    pub(crate) fn write_resolved(&self, param: &Param<'_>, out: &mut Vec<u8>) {
        if param.is_empty() {
            return;
        }
        match param.ty {
            ParamType::FD => self.write_fd(param.i64(), out),
            ParamType::PID => {
                if let Some(thread) = self.state.thread(param.i64()) {
                    out.extend_from_slice(thread.comm());
                }
            }
            ParamType::ERRNO if param.i64() < 0 => push_name(names::errno(param.i64()), out),
            ParamType::FSPATH | ParamType::FSRELPATH => self.write_full_path(param, out),
            ParamType::SYSCALLID => {
                let code = u16::try_from(param.u64()).ok();
                push_name(code.and_then(gyr_event::syscall).map(|syscall| syscall.name), out);
            }
            ParamType::SIGTYPE => push_name(names::signal(param.u32()), out),
            ParamType::RELTIME if param.u64() != u64::MAX => write_seconds(param.u64(), out),
            ParamType::FLAGS8 | ParamType::FLAGS16 | ParamType::FLAGS32 | ParamType::MODE => {
                if let ParamExtra::Flags(table) = param.info.extra {
                    write_flags(table, param.u32(), param.ty == ParamType::MODE, out);
                }
            }
            ParamType::ENUMFLAGS8 | ParamType::ENUMFLAGS16 | ParamType::ENUMFLAGS32 => {
                if let ParamExtra::Flags(table) = param.info.extra {
                    write_enum(table, param.u32(), out);
                }
            }
            ParamType::UID => self.write_owner(param.u32(), true, out),
            ParamType::GID => self.write_owner(param.u32(), false, out),
            _ => {}
        }
    }

    fn write_fd(&self, number: i64, out: &mut Vec<u8>) {
        let Some(thread) = self.thread() else { return };
        if number == AT_FDCWD {
            out.extend_from_slice(b"AT_FDCWD");
        } else if number < 0 {
            push_name(names::errno(number), out);
        } else if let Some(fd) = self.state.fd(thread, number) {
            out.push(b'<');
            push(fd.kind().typechar(), out);
            out.extend(l4_char(fd));
            out.push(b'>');
            push_sanitized(fd.name(), out);
        }
    }

    /// A relative path with the directory that it starts from.
    fn write_full_path(&self, param: &Param<'_>, out: &mut Vec<u8>) {
        let path = param.text();
        let Some(thread) = self.thread() else {
            return;
        };
        if path.is_empty() || path.starts_with(b"/") || path == b"<NA>" {
            return;
        }
        self.with_buffer(|joined| {
            let dir = match param.dirfd(self) {
                None | Some(AT_FDCWD) => self.state.cwd(thread),
                Some(dirfd) => self.state.fd(thread, dirfd).map_or(&b""[..], Fd::name),
            };
            self.join(dir, path, joined);
            push_sanitized(joined, out);
        });
    }

    /// Joins a path to a directory, which may lack the slash at its end.
    pub(crate) fn join(&self, dir: &[u8], path: &[u8], out: &mut Vec<u8>) {
        if dir.is_empty() || dir.ends_with(b"/") {
            return join_path(dir, path, out);
        }
        self.with_buffer(|whole_dir| {
            whole_dir.extend_from_slice(dir);
            whole_dir.push(b'/');
            join_path(whole_dir, path, out);
        });
    }

    fn write_fdlist(&self, list: &[u8], out: &mut Vec<u8>) {
        let Some(thread) = self.thread() else { return };
        for (i, (number, flags)) in fdlist(list).enumerate() {
            if i > 0 {
                out.push(b' ');
            }
            let typechar = self.state.fd(thread, number).map_or('?', |fd| fd.kind().typechar());
            let flags = i32::from(flags.cast_signed());
            push(format_args!("{}:{typechar}{flags:x}", number.cast_unsigned()), out);
        }
    }

    /// The name of a user, or of a group.
    fn write_owner(&self, id: u32, is_user: bool, out: &mut Vec<u8>) {
        if id == u32::MAX {
            out.extend_from_slice(b"<NONE>");
            return;
        }
        let name = self.thread().and_then(|thread| {
            let container = thread.container_id();
            if is_user {
                self.state.user(container, id).map(|user| user.name())
            } else {
                self.state.group(container, id).map(|group| group.name())
            }
        });
        push_sanitized(name.filter(|name| !name.is_empty()).unwrap_or(b"<NA>"), out);
    }
}

impl<'a> Param<'a> {
    /// Whether the record holds nothing for it. What an old writer wrote as "(NULL)" is something.
    pub(crate) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The value as the record holds it; the text of one that was never there is `<NA>`.
    pub(crate) const fn raw(&self) -> &'a [u8] {
        if self.is_legacy_null { b"<NA>\0" } else { self.bytes }
    }

    /// Text without the NUL that ends it, and without what follows one.
    pub(crate) fn text(&self) -> &'a [u8] {
        let raw = self.raw();
        memchr::memchr(0, raw).and_then(|end| raw.get(..end)).unwrap_or(raw)
    }

    pub(crate) fn i64(&self) -> i64 {
        let value = self.u64();
        match self.bytes.len() {
            1 => i64::from((value as u8).cast_signed()),
            2 => i64::from((value as u16).cast_signed()),
            4 => i64::from((value as u32).cast_signed()),
            _ => value.cast_signed(),
        }
    }

    /// The bytes as a number; those beyond the eighth do not count.
    pub(crate) fn u64(&self) -> u64 {
        let mut value = [0; 8];
        for (to, from) in value.iter_mut().zip(self.bytes) {
            *to = *from;
        }
        u64::from_le_bytes(value)
    }

    pub(crate) fn u32(&self) -> u32 {
        self.u64() as u32
    }

    /// The fd of the directory that the path is relative to, if the event says one.
    fn dirfd(&self, context: &Context<'_>) -> Option<i64> {
        let ParamExtra::Dirfd(index) = self.info.extra else { return None };
        let dirfd = context.param(index)?;
        (dirfd.ty == ParamType::FD).then(|| dirfd.i64())
    }

    const fn is_text(&self) -> bool {
        matches!(self.ty, ParamType::CHARBUF | ParamType::FSPATH | ParamType::FSRELPATH)
    }

    /// Whether the value is a number, of whatever meaning.
    pub(crate) const fn is_number(&self) -> bool {
        !self.is_text()
            && !matches!(
                self.ty,
                ParamType::BYTEBUF
                    | ParamType::SOCKADDR
                    | ParamType::SOCKTUPLE
                    | ParamType::FDLIST
                    | ParamType::CHARBUFARRAY
                    | ParamType::CHARBUF_PAIR_ARRAY
                    | ParamType::DYN
            )
    }

    const fn empty_text(&self) -> &'static [u8] {
        match self.info.ty {
            ParamType::BYTEBUF
            | ParamType::SOCKTUPLE
            | ParamType::FDLIST
            | ParamType::CHARBUFARRAY
            | ParamType::CHARBUF_PAIR_ARRAY
            | ParamType::DYN => b"NULL",
            _ => b"<NA>",
        }
    }

    /// Numbers are printed with their sign, even those of unsigned types.
    fn write_number(&self, out: &mut Vec<u8>) {
        match self.info.format {
            ParamFormat::HEX => push(format_args!("{:X}", self.u64()), out),
            ParamFormat::OCT if self.u64() == 0 => out.push(b'0'),
            ParamFormat::OCT => push(format_args!("0{:o}", self.u64()), out),
            ParamFormat::PaddedDec => push(format_args!("{:09}", self.i64()), out),
            _ if self.bytes.len() < 4 && self.is_unsigned() => push(self.u64(), out),
            _ => push(self.i64(), out),
        }
    }

    const fn is_unsigned(&self) -> bool {
        matches!(self.ty, ParamType::UINT8 | ParamType::UINT16)
    }
}

/// The (number, flags) of a list of fds.
pub(crate) fn fdlist(list: &[u8]) -> impl Iterator<Item = (i64, u16)> {
    let (count, entries) = match list {
        [a, b, entries @ ..] => (u16::from_le_bytes([*a, *b]), entries),
        _ => (0, &[][..]),
    };
    entries.as_chunks::<10>().0.iter().take(usize::from(count)).map(|entry| {
        let [number @ .., a, b] = entry;
        (i64::from_le_bytes(*number), u16::from_le_bytes([*a, *b]))
    })
}

fn l4_char(fd: &Fd) -> Option<u8> {
    if !fd.kind().is_ip() {
        return None;
    }
    match crate::fd::l4proto(fd) {
        L4Proto::Tcp => Some(b't'),
        L4Proto::Udp => Some(b'u'),
        L4Proto::Icmp => Some(b'i'),
        L4Proto::Raw => Some(b'r'),
        L4Proto::Unknown | L4Proto::None => None,
    }
}

fn push_name(name: Option<&str>, out: &mut Vec<u8>) {
    out.extend_from_slice(name.unwrap_or_default().as_bytes());
}

/// Bits take their names in the order of the table; a bit that has its name is done with. A mode stops at the first
/// value that is the whole, whether or not it was named already.
fn write_flags(table: &FlagTable, value: u32, is_mode: bool, out: &mut Vec<u8>) {
    let start = out.len();
    let mut left = value;
    for &(name, flag) in table.values {
        let is_whole = flag == value;
        let is_in = if flag == 0 { value == 0 } else { left != 0 && left & flag == flag };
        if is_in || (is_mode && is_whole) {
            if out.len() > start {
                out.push(b'|');
            }
            out.extend_from_slice(name.as_bytes());
            left &= !flag;
            if is_whole {
                return;
            }
        }
    }
}

/// Every name of the value: families have several.
fn write_enum(table: &FlagTable, value: u32, out: &mut Vec<u8>) {
    let names = table.values.iter().filter(|&&(_, number)| number == value);
    push_joined(names.map(|(name, _)| name.as_bytes()), b'|', out);
}

/// Seconds with six significant digits, without the zeros at their end.
fn write_seconds(ns: u64, out: &mut Vec<u8>) {
    let seconds = ns as f64 / 1e9;
    let exponent = if seconds == 0.0 { 0 } else { seconds.log10().floor() as i32 };
    if !(-4..6).contains(&exponent) {
        let text = format!("{seconds:.5e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let digits = digits.trim_end_matches('0').trim_end_matches('.');
        let (sign, exponent) =
            exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
        push(format_args!("{digits}e{sign}{exponent:0>2}s"), out);
        return;
    }
    let decimals = usize::try_from(5 - exponent).unwrap_or_default();
    let text = format!("{seconds:.decimals$}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    push(format_args!("{text}s"), out);
}

fn write_signals(set: u32, out: &mut Vec<u8>) {
    let names = (0..32).filter(|bit| set & 1 << bit != 0).filter_map(|bit| names::signal(bit + 1));
    push_joined(names.map(str::as_bytes), b' ', out);
}

fn write_pairs(list: &[u8], out: &mut Vec<u8>) {
    for (i, item) in items(list).enumerate() {
        if i > 0 {
            out.push(if i % 2 == 0 { b',' } else { b':' });
        }
        out.extend_from_slice(item);
    }
}

const AF_UNIX: u8 = tables::socket_families.value("AF_UNIX") as u8;
const AF_INET: u8 = tables::socket_families.value("AF_INET") as u8;
const AF_INET6: u8 = tables::socket_families.value("AF_INET6") as u8;

fn write_sockaddr(bytes: &[u8], out: &mut Vec<u8>) {
    let Some((&family, address)) = bytes.split_first() else { return };
    match (family, address) {
        (AF_UNIX, path) => push_sanitized(until_nul(path), out),
        (AF_INET, _) => match endpoint_v4(address) {
            Some((ip, port, [])) => push_endpoint(ip.into(), port, out),
            _ => out.extend_from_slice(b"INVALID IPv4"),
        },
        (AF_INET6, _) => match endpoint_v6(address) {
            Some((ip, port, [])) => push_endpoint(ip.into(), port, out),
            _ => out.extend_from_slice(b"INVALID IPv6"),
        },
        (other, _) => push(format_args!("family {other}"), out),
    }
}

fn write_socktuple(bytes: &[u8], out: &mut Vec<u8>) {
    let Some((&family, ends)) = bytes.split_first() else { return };
    match family {
        AF_INET => match endpoint_v4(ends)
            .and_then(|(ip, port, rest)| Some(((ip, port), endpoint_v4(rest)?)))
        {
            Some((source, (ip, port, []))) => {
                push_ends((source.0.into(), source.1), (ip.into(), port), out);
            }
            _ => out.extend_from_slice(b"INVALID IPv4"),
        },
        AF_INET6 => match endpoint_v6(ends)
            .and_then(|(ip, port, rest)| Some(((ip, port), endpoint_v6(rest)?)))
        {
            Some((source, (ip, port, []))) => push_ends_v6(source, (ip, port), out),
            _ => out.extend_from_slice(b"INVALID IPv6"),
        },
        AF_UNIX => match ends.split_at_checked(16) {
            Some((pointers, path)) => {
                let (source, dest) = pointers.split_at(8);
                let pointer = |bytes: &[u8]| {
                    bytes.first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk))
                };
                push(format_args!("{:x}->{:x} ", pointer(source), pointer(dest)), out);
                push_sanitized(until_nul(path), out);
            }
            None => out.extend_from_slice(b"NULL"),
        },
        other => push(format_args!("family {other}"), out),
    }
}

fn push_ends(source: (IpAddr, u16), dest: (IpAddr, u16), out: &mut Vec<u8>) {
    push_endpoint(source.0, source.1, out);
    out.extend_from_slice(b"->");
    push_endpoint(dest.0, dest.1, out);
}

/// IPv4 addresses in IPv6 clothing read as what they are if both ends are.
fn push_ends_v6(source: (Ipv6Addr, u16), dest: (Ipv6Addr, u16), out: &mut Vec<u8>) {
    match (source.0.to_ipv4_mapped(), dest.0.to_ipv4_mapped()) {
        (Some(from), Some(to)) => push_ends((from.into(), source.1), (to.into(), dest.1), out),
        _ => push_ends((source.0.into(), source.1), (dest.0.into(), dest.1), out),
    }
}

fn endpoint_v4(bytes: &[u8]) -> Option<(Ipv4Addr, u16, &[u8])> {
    let (ip, rest) = bytes.split_first_chunk::<4>()?;
    let (port, rest) = rest.split_first_chunk()?;
    Some(((*ip).into(), u16::from_le_bytes(*port), rest))
}

fn endpoint_v6(bytes: &[u8]) -> Option<(Ipv6Addr, u16, &[u8])> {
    let (ip, rest) = bytes.split_first_chunk::<16>()?;
    let (port, rest) = rest.split_first_chunk()?;
    Some(((*ip).into(), u16::from_le_bytes(*port), rest))
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|&byte| byte == 0).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn flags_take_their_names_in_the_order_of_the_table() {
        let file = |value| written(|out| write_flags(&tables::file_flags, value, false, out));
        assert_eq!(file(0x1001), "O_RDONLY|O_CLOEXEC");
        assert_eq!(file(3), "O_RDWR");
        assert_eq!(file(0), "O_NONE");
        let mode = |value| written(|out| write_flags(&tables::chmod_mode, value, true, out));
        assert_eq!(mode(0o600), "S_IWUSR|S_IRUSR");
    }

    #[test]
    fn seconds_have_six_digits() {
        let cases = [
            (0, "0s"),
            (100_000_000, "0.1s"),
            (1_500_000_000, "1.5s"),
            (123_456_789_012, "123.457s"),
            (1_000, "1e-06s"),
            (3_000_000_000_000_000, "3e+06s"),
        ];
        for (ns, want) in cases {
            assert_eq!(written(|out| write_seconds(ns, out)), want);
        }
    }

    #[test]
    fn malformed_addresses_say_so() {
        assert_eq!(written(|out| write_sockaddr(&[AF_INET, 1, 2], out)), "INVALID IPv4");
        assert_eq!(written(|out| write_socktuple(&[AF_INET6, 1, 2], out)), "INVALID IPv6");
        assert_eq!(written(|out| write_socktuple(&[AF_UNIX, 1, 2], out)), "NULL");
        assert_eq!(written(|out| write_sockaddr(&[99], out)), "family 99");
        assert_eq!(
            written(|out| write_sockaddr(&[AF_INET, 127, 0, 0, 1, 80, 0], out)),
            "127.0.0.1:80"
        );
    }
}
