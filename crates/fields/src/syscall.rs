//! `evt.*` and `syscall.type` of events from the kernel: type, parameters, result.

use gyr_event::{EventCode, EventFlags, Kind, Origin, ParamType, syscall, syscall_by_nr, tables};
use gyr_filter::{Lifetime, Type, Value};
use gyr_state::{Fd, FdType, join_path};

use crate::param::{AT_FDCWD, Param};
use crate::row::{Answer, Class, Dotted, Each, Row};
use crate::time::NS_PER_S;
use crate::{Arg, BufferFormat, Context, evt};

pub(crate) static CLASS: Class = Class {
    name: "evt",
    short: "Syscall events only",
    description: "Fields of events from the kernel. evt.arg gives each parameter of a system call by \
                  its name, such as evt.arg.filename.",
    rows: &[
        constant("evt.latency", Type::Reltime, "always 0: events have no enter any more.").dec(),
        constant("evt.latency.s", Type::Reltime, "always 0: events have no enter any more.").dec(),
        constant("evt.latency.ns", Type::Reltime, "always 0: events have no enter any more.")
            .padded(),
        constant("evt.latency.quantized", Type::Uint64, "always 0: events have no enter any more.")
            .dec()
            .table_only(),
        row(
            "evt.latency.human",
            Type::Charbuf,
            Answer::Text(|_| Some(b"0ns")),
            "always 0ns: events have no enter any more.",
        )
        .deprecated(),
        delta(
            "evt.deltatime",
            Answer::Uint(|c| Some(c.deltatime())),
            "nanoseconds since the event before.",
        )
        .dec(),
        delta(
            "evt.deltatime.s",
            Answer::Uint(|c| Some(c.deltatime() / NS_PER_S)),
            "whole seconds since the event before.",
        )
        .dec(),
        delta(
            "evt.deltatime.ns",
            Answer::Uint(|c| Some(c.deltatime() % NS_PER_S)),
            "nanoseconds of evt.deltatime beyond its whole seconds.",
        )
        .padded(),
        row(
            "evt.outputtime",
            Type::Charbuf,
            Answer::Build(|c, _, out| {
                crate::time::write_time(c.event.ts(), &c.session.zone, true, out);
                true
            }),
            "the time as outputs show it.",
        )
        .json(Answer::Uint(|c| Some(c.event.ts())))
        .print_only(),
        row(
            "evt.dir",
            Type::Charbuf,
            Answer::Text(|c| Some(if c.event.code().is_enter() { b">" } else { b"<" })),
            "> for the start of a system call and < for its end; only ends are told any more.",
        )
        .format(gyr_event::ParamFormat::DIR)
        .deprecated(),
        row(
            "evt.type",
            Type::Charbuf,
            Answer::Text(|c| Some(type_name(c))),
            "name of the event, such as open.",
        ),
        row(
            "evt.type.is",
            Type::Uint32,
            Answer::Visit(|c, arg, each| {
                let code = u32::from(c.event.code().number());
                let is = matches!(arg, Arg::Codes(a, b) if *a == code || *b == Some(code));
                each(Value::Uint(is.into()));
                true
            }),
            "1 if the event is of the type whose name or code follows (evt.type.is.open), else 0.",
        )
        .dotted(Dotted::EventType)
        .required(),
        row(
            "syscall.type",
            Type::Charbuf,
            Answer::Text(|c| {
                let is_syscall = c.event.info().category.origin == Origin::SYSCALL;
                is_syscall.then(|| type_name(c))
            }),
            "name of the system call; other events have none, unlike evt.type.",
        ),
        row(
            "evt.category",
            Type::Charbuf,
            Answer::Text(|c| Some(category(c).as_bytes())),
            "what the event is about: file, net, memory, process and so on.",
        ),
        row(
            "evt.cpu",
            Type::Int16,
            Answer::Int(|c| Some(c.event.cpu().cast_signed().into())),
            "number of the CPU that the event happened on.",
        )
        .id(),
        row(
            "evt.args",
            Type::Charbuf,
            Answer::Build(write_args),
            "all parameters of the event in one text.",
        ),
        row(
            "evt.arg",
            Type::Charbuf,
            Answer::Build(write_arg),
            "one parameter of the event, by name (evt.arg.fd) or by number (evt.arg[0]); numbers \
             that stand for something, such as errors and fds, read as what they stand for.",
        )
        .dotted(Dotted::Parameter)
        .index()
        .required(),
        row(
            "evt.rawarg",
            Type::Dyn,
            Answer::Visit(visit_raw_arg),
            "one parameter of the event by name (evt.rawarg.fd), as the value it is.",
        )
        .shown(Answer::Visit(show_raw_arg))
        .dotted(Dotted::Parameter)
        .required()
        .no_rhs()
        .no_transformer(),
        row("evt.info", Type::Charbuf, Answer::Build(write_args), "the same as evt.args."),
        row(
            "evt.buffer",
            Type::Bytebuf,
            Answer::Visit(|c, _, each| {
                let data = data(c).filter(|data| !data.is_empty());
                if let Some(data) = data {
                    each(Value::Bytes(data.raw()));
                }
                data.is_some()
            }),
            "the bytes that were read or written, or their beginning.",
        )
        .shown(Answer::Build(write_buffer)),
        row(
            "evt.buflen",
            Type::Uint64,
            Answer::Uint(|c| buflen(c, is_io, is_any)),
            "how many bytes were read or written.",
        )
        .dec(),
        row(
            "evt.res",
            Type::Charbuf,
            Answer::Build(write_res),
            "the result as text: SUCCESS, or the name of the error, such as ENOENT.",
        )
        .dec(),
        row(
            "evt.rawres",
            Type::Int64,
            Answer::Int(|c| c.result()),
            "the result as a number, such as -2.",
        )
        .dec(),
        row(
            "evt.failed",
            Type::Bool,
            Answer::Bool(|c| c.result().map(|res| res < 0)),
            "whether the result is an error.",
        ),
        row(
            "evt.is_io",
            Type::Bool,
            Answer::Bool(|c| Some(has(c, READS) || has(c, WRITES))),
            "whether the event reads from an fd or writes to one.",
        ),
        row(
            "evt.is_io_read",
            Type::Bool,
            Answer::Bool(|c| Some(has(c, READS))),
            "whether the event reads from an fd.",
        ),
        row(
            "evt.is_io_write",
            Type::Bool,
            Answer::Bool(|c| Some(has(c, WRITES))),
            "whether the event writes to an fd.",
        ),
        row(
            "evt.io_dir",
            Type::Charbuf,
            Answer::Text(|c| match (has(c, WRITES), has(c, READS)) {
                (true, _) => Some(b"write"),
                (_, true) => Some(b"read"),
                _ => None,
            }),
            "read or write, for events that do one of them with an fd.",
        ),
        row(
            "evt.is_wait",
            Type::Bool,
            Answer::Bool(|c| Some(has(c, EventFlags::WAITS))),
            "whether the event may make its thread wait, as poll does.",
        ),
        constant("evt.wait_latency", Type::Reltime, "always 0: events have no enter any more.")
            .dec(),
        row(
            "evt.is_syslog",
            Type::Bool,
            Answer::Bool(|c| {
                let names_log = |fd: &Fd| fd.name().windows(8).any(|window| window == b"/dev/log");
                Some(has(c, WRITES) && c.fd().is_some_and(names_log))
            }),
            "whether the event writes to /dev/log.",
        ),
        count("evt.count", Answer::Uint(|_| Some(1)), "always 1."),
        count("evt.count.error", Answer::Uint(failed), "1 if the result is an error, else 0."),
        count(
            "evt.count.error.file",
            Answer::Uint(|c| (subject(c) == Subject::File).then(|| failed(c))?),
            "as evt.count.error, for events about files.",
        ),
        count(
            "evt.count.error.net",
            Answer::Uint(|c| (subject(c) == Subject::Net).then(|| failed(c))?),
            "as evt.count.error, for events about sockets.",
        ),
        count(
            "evt.count.error.memory",
            Answer::Uint(|c| (kind(c) == Kind::MEMORY).then(|| failed(c))?),
            "as evt.count.error, for events about memory.",
        ),
        count(
            "evt.count.error.other",
            Answer::Uint(|c| (subject(c) == Subject::Other).then(|| failed(c))?),
            "as evt.count.error, for events about nothing of the above.",
        ),
        count(
            "evt.count.exit",
            Answer::Uint(|c| (!c.event.code().is_enter()).then_some(1)),
            "1 for the end of a system call.",
        ),
        count(
            "evt.count.procinfo",
            Answer::Uint(|c| {
                let is_main = c.thread().is_some_and(|thread| thread.is_main());
                Some((c.event.code() == EventCode::PROCINFO && is_main).into())
            }),
            "1 for procinfo events of main threads.",
        )
        .table_only(),
        count(
            "evt.count.threadinfo",
            Answer::Uint(|c| Some((c.event.code() == EventCode::PROCINFO).into())),
            "1 for procinfo events.",
        )
        .table_only(),
        row(
            "evt.around",
            Type::Uint64,
            Answer::Visit(|c, arg, each| {
                let Arg::Time(time) = *arg else { return false };
                each(Value::Uint(c.event.ts().abs_diff(time).div_ceil(1_000_000)));
                true
            }),
            "evt.around[T]=D holds for events at most D milliseconds before or after T, which is a \
             time as evt.rawtime gives it.",
        )
        .dec()
        .index()
        .required()
        .filter_only(),
        row(
            "evt.abspath",
            Type::Charbuf,
            Answer::Build(write_abspath),
            "the whole path that a system call with a dirfd names; of two paths, evt.abspath.src \
             gives the first and evt.abspath.dst the second.",
        )
        .dotted(Dotted::Side),
        buffer("evt.buflen.in", Answer::Uint(|c| buflen(c, is_read, is_any))),
        buffer("evt.buflen.out", Answer::Uint(|c| buflen(c, is_write, is_any))),
        buffer("evt.buflen.file", Answer::Uint(|c| buflen(c, is_io, is_file))),
        buffer("evt.buflen.file.in", Answer::Uint(|c| buflen(c, is_read, is_file))),
        buffer("evt.buflen.file.out", Answer::Uint(|c| buflen(c, is_write, is_file))),
        buffer("evt.buflen.net", Answer::Uint(|c| buflen(c, is_io, is_net))),
        buffer("evt.buflen.net.in", Answer::Uint(|c| buflen(c, is_read, is_net))),
        buffer("evt.buflen.net.out", Answer::Uint(|c| buflen(c, is_write, is_net))),
        row(
            "evt.is_open_read",
            Type::Bool,
            Answer::Bool(|c| Some(open_flags(c).is_some_and(|flags| flags & O_RDONLY != 0))),
            "whether the event opens a file to read from it.",
        ),
        row(
            "evt.is_open_write",
            Type::Bool,
            Answer::Bool(|c| Some(open_flags(c).is_some_and(|flags| flags & O_WRONLY != 0))),
            "whether the event opens a file to write to it.",
        ),
        docker("evt.infra.docker.name", Answer::Build(|c, _, out| write_infra(c, "Event", out))),
        docker(
            "evt.infra.docker.container.id",
            Answer::Build(|c, _, out| {
                let found = write_infra(c, "ID", out);
                out.truncate(12);
                found
            }),
        ),
        docker(
            "evt.infra.docker.container.name",
            Answer::Build(|c, _, out| write_infra(c, "name", out)),
        ),
        docker("evt.infra.docker.container.image", Answer::Build(write_infra_image)),
        row(
            "evt.is_open_exec",
            Type::Bool,
            Answer::Bool(|c| Some(creates_executable(c))),
            "whether the event creates a file that somebody may execute.",
        ),
        row(
            "evt.is_open_create",
            Type::Bool,
            Answer::Bool(|c| Some(open_flags(c).is_some_and(|flags| creates(c, flags)))),
            "whether the event creates a file.",
        ),
    ],
};

const READS: EventFlags = EventFlags::READS_FROM_FD;
const WRITES: EventFlags = EventFlags::WRITES_TO_FD;

const fn row(name: &'static str, ty: Type, answer: Answer, description: &'static str) -> Row {
    Row::new(name, ty, Lifetime::Event, answer, description)
}

const fn constant(name: &'static str, ty: Type, description: &'static str) -> Row {
    row(name, ty, Answer::Uint(|_| Some(0)), description).deprecated()
}

/// Falco measures from one evaluation to the next, and evaluates for JSON right after it did for text.
const fn delta(name: &'static str, answer: Answer, description: &'static str) -> Row {
    Row::new(name, Type::Reltime, Lifetime::Clock, answer, description)
        .json(Answer::Uint(|_| Some(0)))
}

const fn count(name: &'static str, answer: Answer, description: &'static str) -> Row {
    row(name, Type::Uint32, answer, description).dec()
}

const fn buffer(name: &'static str, answer: Answer) -> Row {
    row(name, Type::Uint64, answer, "evt.buflen, of some directions and kinds of fds only.")
        .dec()
        .table_only()
}

const fn docker(name: &'static str, answer: Answer) -> Row {
    row(name, Type::Charbuf, answer, "what an infrastructure event of old says of a container.")
        .table_only()
}

/// The event's name; a system call without an event of its own has its call's.
pub(crate) fn type_name<'a>(c: &'a Context<'_>) -> &'a [u8] {
    if c.event.code() != EventCode::GENERIC {
        return evt::async_name(c);
    }
    let number = |index| c.event.u64(index).and_then(|value| u16::try_from(value).ok());
    let code = number(0).unwrap_or_default();
    // A call that the writer had no code for may have one by now.
    let call = if code == 0 { number(1).and_then(syscall_by_nr) } else { None };
    call.or_else(|| syscall(code)).map_or(&b"unknown"[..], |call| call.name.as_bytes())
}

fn kind(c: &Context<'_>) -> Kind {
    c.event.info().category.kind
}

fn category(c: &Context<'_>) -> &'static str {
    match kind(c) {
        Kind::UNKNOWN => "unknown",
        Kind::OTHER => "other",
        Kind::FILE => "file",
        Kind::NET => "net",
        Kind::IPC => "IPC",
        Kind::MEMORY => "memory",
        Kind::PROCESS => "process",
        Kind::SLEEP => "sleep",
        Kind::SYSTEM => "system",
        Kind::SIGNAL => "signal",
        Kind::USER => "user",
        Kind::TIME => "time",
        Kind::WAIT => "wait",
        Kind::SCHEDULER => "scheduler",
        Kind::INTERNAL => "internal",
        Kind::IO_READ | Kind::IO_WRITE | Kind::IO_OTHER => {
            c.fd().map_or("unknown", |fd| category_of_fd(fd.kind()))
        }
    }
}

const fn category_of_fd(kind: FdType) -> &'static str {
    match kind {
        FdType::File | FdType::Directory => "file",
        FdType::Ipv4 | FdType::Ipv6 | FdType::Ipv4Server | FdType::Ipv6Server => "net",
        FdType::Pipe
        | FdType::Unix
        | FdType::Event
        | FdType::Signal
        | FdType::Inotify
        | FdType::Userfault => "ipc",
        _ => "unknown",
    }
}

fn has(c: &Context<'_>, flag: EventFlags) -> bool {
    c.event.info().flags.contains(flag)
}

fn write_args(c: &Context<'_>, _: &Arg, out: &mut Vec<u8>) -> bool {
    if c.event.code() == EventCode::GENERIC {
        return true;
    }
    for index in 0..c.event.n_params() {
        let Some(param) = c.param(index) else { break };
        if index > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(param.info.name.as_bytes());
        out.push(b'=');
        c.write_value(&param, out);
        let before = out.len();
        out.push(b'(');
        c.write_resolved(&param, out);
        if out.len() == before + 1 {
            out.truncate(before);
        } else {
            out.push(b')');
        }
    }
    true
}

fn write_arg(c: &Context<'_>, arg: &Arg, out: &mut Vec<u8>) -> bool {
    let param = match arg {
        Arg::Index(index) => usize::try_from(*index).ok().and_then(|index| c.param(index)),
        Arg::Key(name) => c.param_of_name(name),
        _ => None,
    };
    let Some(param) = param else { return false };
    // Conditions compare text that is never base64.
    if c.buffer_format == BufferFormat::Dots || c.is_output {
        c.write_param(&param, out);
    } else {
        c.with_dots().write_param(&param, out);
    }
    true
}

fn visit_raw_arg(c: &Context<'_>, arg: &Arg, each: &mut Each<'_>) -> bool {
    use ParamType as P;
    let Arg::Key(name) = arg else { return false };
    let Some(param) = c.param_of_name(name).filter(|param| !param.is_empty()) else {
        return false;
    };
    each(match param.ty {
        P::INT8 | P::INT16 | P::INT32 | P::INT64 | P::ERRNO | P::FD | P::PID => {
            Value::Int(param.i64())
        }
        P::BOOL => Value::Bool(param.u64() != 0),
        P::CHARBUF | P::FSPATH | P::FSRELPATH => Value::Bytes(param.text()),
        P::BYTEBUF
        | P::SOCKADDR
        | P::SOCKTUPLE
        | P::FDLIST
        | P::DYN
        | P::CHARBUFARRAY
        | P::CHARBUF_PAIR_ARRAY => Value::Bytes(param.raw()),
        _ => Value::Uint(param.u64()),
    });
    true
}

/// An output shows a number that the record leaves out as 0.
fn show_raw_arg(c: &Context<'_>, arg: &Arg, each: &mut Each<'_>) -> bool {
    let Arg::Key(name) = arg else { return false };
    let is_number = |param: &Param<'_>| param.is_empty() && param.is_number();
    if c.param_of_name(name).is_some_and(|param| is_number(&param)) {
        each(Value::Uint(0));
        return true;
    }
    visit_raw_arg(c, arg, each)
}

/// The bytes as text, which an output makes printable once more: base64 is encoded twice. Where there are none, it is what
/// parameters before left.
fn write_buffer(c: &Context<'_>, _: &Arg, out: &mut Vec<u8>) -> bool {
    let Some(data) = c.param_of_name("data") else { return false };
    c.write_value(&data, out);
    if data.is_empty() || data.ty != ParamType::BYTEBUF {
        out.clear();
        c.session.leftover.write(out);
    }
    true
}

/// The bytes that an event moves. A number of this name is none.
fn data<'a>(c: &Context<'a>) -> Option<Param<'a>> {
    c.param_of_name("data").filter(|data| data.info.ty == ParamType::BYTEBUF)
}

fn write_res(c: &Context<'_>, _: &Arg, out: &mut Vec<u8>) -> bool {
    match (c.result(), c.param(0)) {
        (Some(0..), _) => out.extend_from_slice(b"SUCCESS"),
        (Some(_), Some(param)) => c.write_param(&param, out),
        _ => return false,
    }
    true
}

/// The result of an event that moves bytes, if it is about such an fd.
fn buflen(c: &Context<'_>, kinds: fn(Kind) -> bool, fds: fn(FdType) -> bool) -> Option<u64> {
    if !kinds(kind(c)) || !c.fd().is_some_and(|fd| fds(fd.kind())) {
        return None;
    }
    u64::try_from(c.result()?).ok()
}

const fn is_io(kind: Kind) -> bool {
    matches!(kind, Kind::IO_READ | Kind::IO_WRITE | Kind::IO_OTHER)
}

fn is_read(kind: Kind) -> bool {
    kind == Kind::IO_READ
}

fn is_write(kind: Kind) -> bool {
    kind == Kind::IO_WRITE
}

const fn is_any(_: FdType) -> bool {
    true
}

fn is_file(kind: FdType) -> bool {
    kind == FdType::File
}

const fn is_net(kind: FdType) -> bool {
    kind.is_ip()
}

fn failed(c: &Context<'_>) -> Option<u64> {
    c.result().map(|res| (res < 0).into())
}

/// What an error is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    File,
    Net,
    Memory,
    Other,
}

fn subject(c: &Context<'_>) -> Subject {
    match c.fd().map(Fd::kind) {
        Some(FdType::File | FdType::Directory) => Subject::File,
        Some(kind) if kind.is_socket() => Subject::Net,
        Some(_) => Subject::Other,
        None => match c.event.code() {
            EventCode::OPEN
            | EventCode::CREAT
            | EventCode::OPENAT
            | EventCode::OPENAT2
            | EventCode::OPEN_BY_HANDLE_AT => Subject::File,
            EventCode::ACCEPT | EventCode::ACCEPT4 | EventCode::CONNECT => Subject::Net,
            _ if kind(c) == Kind::MEMORY => Subject::Memory,
            _ => Subject::Other,
        },
    }
}

const O_RDONLY: u32 = tables::file_flags.value("O_RDONLY");
const O_WRONLY: u32 = tables::file_flags.value("O_WRONLY");
const O_CREAT: u32 = tables::file_flags.value("O_CREAT");
const O_TMPFILE: u32 = tables::file_flags.value("O_TMPFILE");
const O_F_CREATED: u32 = tables::file_flags.value("O_F_CREATED");
const EXECUTABLE: u32 = tables::chmod_mode.value("S_IXUSR")
    | tables::chmod_mode.value("S_IXGRP")
    | tables::chmod_mode.value("S_IXOTH");

/// The flags that an event opens a file with.
fn open_flags(c: &Context<'_>) -> Option<u32> {
    let index = match c.event.code() {
        EventCode::OPEN => const { EventCode::OPEN.param("flags") },
        EventCode::OPENAT => const { EventCode::OPENAT.param("flags") },
        EventCode::OPENAT2 => const { EventCode::OPENAT2.param("flags") },
        EventCode::OPEN_BY_HANDLE_AT => const { EventCode::OPEN_BY_HANDLE_AT.param("flags") },
        _ => return None,
    };
    Some(c.event.u32(index).unwrap_or_default())
}

fn creates(c: &Context<'_>, flags: u32) -> bool {
    let succeeded = c.result().is_some_and(|res| res >= 0);
    flags & O_F_CREATED != 0 || (flags & O_TMPFILE != 0 && succeeded)
}

fn creates_executable(c: &Context<'_>) -> bool {
    let mode = match c.event.code() {
        EventCode::OPEN => const { EventCode::OPEN.param("mode") },
        EventCode::OPENAT => const { EventCode::OPENAT.param("mode") },
        EventCode::OPENAT2 => const { EventCode::OPENAT2.param("mode") },
        EventCode::CREAT => const { EventCode::CREAT.param("mode") },
        _ => return false,
    };
    let may_create = c.event.code() == EventCode::CREAT
        || open_flags(c).is_some_and(|flags| flags & (O_TMPFILE | O_CREAT) != 0);
    may_create && c.event.u32(mode).is_some_and(|mode| mode & EXECUTABLE != 0)
}

/// The dirfd and the path that make up the first of an event's paths, or the second.
fn abspath_params(code: EventCode, is_target: bool) -> Option<(&'static str, &'static str)> {
    Some(match code {
        EventCode::RENAMEAT | EventCode::RENAMEAT2 if is_target => ("newdirfd", "newpath"),
        EventCode::RENAMEAT | EventCode::RENAMEAT2 => ("olddirfd", "oldpath"),
        EventCode::LINKAT if is_target => ("newdir", "newpath"),
        EventCode::LINKAT => ("olddir", "oldpath"),
        EventCode::SYMLINKAT => ("linkdirfd", "linkpath"),
        EventCode::OPENAT | EventCode::OPENAT2 | EventCode::UNLINKAT => ("dirfd", "name"),
        EventCode::MKDIRAT => ("dirfd", "path"),
        EventCode::FCHMODAT => ("dirfd", "filename"),
        EventCode::FCHOWNAT => ("dirfd", "pathname"),
        _ => return None,
    })
}

fn write_abspath(c: &Context<'_>, arg: &Arg, out: &mut Vec<u8>) -> bool {
    let Some(thread) = c.thread() else { return false };
    if c.event.code() == EventCode::OPEN_BY_HANDLE_AT {
        const PATH: usize = EventCode::OPEN_BY_HANDLE_AT.param("path");
        let path = c.param(PATH).filter(|_| c.result().is_some_and(|fd| fd > 0));
        let Some(path) = path else { return false };
        c.join(b"", path.text(), out);
        return true;
    }
    match abspath_parts(c, arg) {
        None => return false,
        Some((_, path)) if path.starts_with(b"/") => join_path(b"", path, out),
        Some((AT_FDCWD, path)) => join_path(c.state.cwd(thread), path, out),
        Some((dirfd, path)) => c.with_buffer(|dir| {
            // A slash is put behind a name that has one, too.
            let fd = c.state.fd(thread, dirfd);
            dir.extend_from_slice(fd.map_or(b"<UNKNOWN>", Fd::name));
            dir.push(b'/');
            join_path(dir, path, out);
        }),
    }
    true
}

fn abspath_parts<'a>(c: &Context<'a>, arg: &Arg) -> Option<(i64, &'a [u8])> {
    let (dirfd, path) = abspath_params(c.event.code(), *arg == Arg::Target)?;
    let (dirfd, path) = (c.param_of_name(dirfd)?, c.param_of_name(path)?);
    let has_both = !dirfd.is_empty() && !path.is_empty();
    has_both.then(|| (dirfd.i64(), path.text()))
}

/// The directory that `evt.abspath` puts before a relative path, if it is a known fd.
pub(crate) fn abspath_dir<'a>(c: &Context<'a>, arg: &Arg) -> Option<&'a Fd> {
    let (dirfd, path) = abspath_parts(c, arg)?;
    if path.starts_with(b"/") || dirfd == AT_FDCWD {
        return None;
    }
    c.state.fd(c.thread()?, dirfd)
}

/// One part of an infrastructure event's description, which reads `part:value;…`.
fn write_infra(c: &Context<'_>, part: &str, out: &mut Vec<u8>) -> bool {
    let Some(element) = infra_element(c, part) else { return false };
    let Some(value) = element.split(|&byte| byte == b':').nth(1) else { return false };
    out.extend_from_slice(value.trim_ascii());
    true
}

/// A name without its digest; a digest alone as a whole.
fn write_infra_image(c: &Context<'_>, _: &Arg, out: &mut Vec<u8>) -> bool {
    let Some(element) = infra_element(c, "Image") else { return false };
    let mut parts = element.splitn(2, |&byte| byte == b':');
    let Some(whole) = parts.nth(1) else { return false };
    let first = whole.split(|&byte| byte == b':').next().unwrap_or_default();
    let is_digest = first.windows(6).any(|window| window == b"sha256");
    let image = match first.iter().position(|&byte| byte == b'@') {
        Some(at) => first.get(..at).unwrap_or_default(),
        None if is_digest => whole,
        None => first,
    };
    out.extend_from_slice(image.trim_ascii());
    true
}

fn infra_element<'a>(c: &Context<'a>, part: &str) -> Option<&'a [u8]> {
    const DESCRIPTION: usize = EventCode::INFRASTRUCTURE_EVENT.param("description");
    if c.event.code() != EventCode::INFRASTRUCTURE_EVENT {
        return None;
    }
    c.event
        .text(DESCRIPTION)?
        .split(|&byte| byte == b';')
        .map(<[u8]>::trim_ascii)
        .find(|element| element.starts_with(part.as_bytes()))
}
