//! `fs.path.*`: the paths that a successful system call names.

use gyr_event::{EventCode, EventFlags, ParamType};
use gyr_filter::{Lifetime, Type};
use gyr_state::{Fd, FdType};

use crate::Context;
use crate::param::{AT_FDCWD, Param};
use crate::row::{Answer, Class, Row};

pub(crate) static CLASS: Class = Class {
    name: "fs.path",
    short: "",
    description: "Paths that a system call names, also where it opens no file: unlink, \
                  rename, mount and others. Calls that fail have none.",
    rows: &[
        row(
            "fs.path.name",
            Answer::Build(|c, _, out| write(c, Which::Name, false, out)),
            "the path, made absolute.",
        ),
        row(
            "fs.path.nameraw",
            Answer::Build(|c, _, out| write(c, Which::Name, true, out)),
            "the path as the process gave it.",
        ),
        row(
            "fs.path.source",
            Answer::Build(|c, _, out| write(c, Which::Source, false, out)),
            "of two paths the one that is worked on, made absolute.",
        ),
        row(
            "fs.path.sourceraw",
            Answer::Build(|c, _, out| write(c, Which::Source, true, out)),
            "of two paths the one that is worked on, as the process gave it.",
        ),
        row(
            "fs.path.target",
            Answer::Build(|c, _, out| write(c, Which::Target, false, out)),
            "of two paths the other one, made absolute.",
        ),
        row(
            "fs.path.targetraw",
            Answer::Build(|c, _, out| write(c, Which::Target, true, out)),
            "of two paths the other one, as the process gave it.",
        ),
    ],
};

const fn row(name: &'static str, answer: Answer, description: &'static str) -> Row {
    Row::new(name, Type::Charbuf, Lifetime::Event, answer, description)
}

/// Which path of an event.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Name,
    Source,
    Target,
}

/// Where an event keeps a path.
enum Place {
    /// In the parameter of this name.
    Param(&'static str),
    /// With the fd that the event is about.
    Fd,
}

/// Links read the other way round than one would think: their source is the new path.
fn place(code: EventCode, which: Which) -> Option<Place> {
    use EventCode as E;
    let name = match (which, code) {
        (Which::Name, E::FCHMOD | E::FCHOWN) => return Some(Place::Fd),
        (Which::Name, E::MKDIR | E::MKDIRAT | E::RMDIR | E::UNLINK | E::CHOWN | E::LCHOWN) => {
            "path"
        }
        (
            Which::Name,
            E::UNLINKAT | E::OPEN | E::OPENAT | E::OPENAT2 | E::UMOUNT_V0 | E::UMOUNT | E::UMOUNT2,
        ) => "name",
        (Which::Name, E::CHMOD | E::FCHMODAT) => "filename",
        (Which::Name, E::FCHOWNAT) => "pathname",
        (Which::Name, E::QUOTACTL) => "special",
        (Which::Source, E::RENAME | E::RENAMEAT | E::RENAMEAT2)
        | (Which::Target, E::LINK | E::LINKAT) => "oldpath",
        (Which::Target, E::RENAME | E::RENAMEAT | E::RENAMEAT2)
        | (Which::Source, E::LINK | E::LINKAT) => "newpath",
        (Which::Source, E::SYMLINK | E::SYMLINKAT) => "linkpath",
        (Which::Target, E::SYMLINK | E::SYMLINKAT) => "target",
        (Which::Source, E::MOUNT) => "dev",
        (Which::Target, E::MOUNT) => "dir",
        _ => return None,
    };
    Some(Place::Param(name))
}

fn write(c: &Context<'_>, which: Which, raw: bool, out: &mut Vec<u8>) -> bool {
    let Some(place) = place(c.event.code(), which) else { return false };
    if !has_succeeded(c) {
        return false;
    }
    match place {
        Place::Fd => {
            let Some(fd) = c.fd() else { return false };
            out.extend_from_slice(fd.name());
            true
        }
        Place::Param(name) => {
            let Some(param) = c.param_of_name(name).filter(|param| !param.is_empty()) else {
                return false;
            };
            if raw {
                out.extend_from_slice(param.text());
                return true;
            }
            write_absolute(c, &param, out)
        }
    }
}

/// Falco takes an open for a success unless its result is just -1.
fn has_succeeded(c: &Context<'_>) -> bool {
    let opens = matches!(c.event.code(), EventCode::OPEN | EventCode::OPENAT | EventCode::OPENAT2);
    c.result().is_some_and(|res| if opens { res != -1 } else { res == 0 })
}

/// A relative path is taken from the working directory or, where the event is about an fd, from that.
fn write_absolute(c: &Context<'_>, param: &Param<'_>, out: &mut Vec<u8>) -> bool {
    const UNKNOWN: &[u8] = b"<UNKNOWN>";
    let Some(thread) = c.thread() else { return false };
    let path = param.text();
    let flags = c.event.info().flags;
    if path.starts_with(b"/") {
        c.join(b"", path, out);
    } else if flags.contains(EventFlags::CREATES_FD) {
        out.extend_from_slice(c.fd().map_or(UNKNOWN, Fd::name));
    } else if !flags.contains(EventFlags::USES_FD) || c.current.fd() == Some(AT_FDCWD) {
        c.join(c.state.cwd(thread), path, out);
    } else {
        let is_relative_to_fd = param.ty == ParamType::FSRELPATH;
        match c.fd().filter(|fd| is_relative_to_fd && fd.kind() == FdType::Directory) {
            Some(fd) => c.join(fd.name(), path, out),
            None => {
                out.extend_from_slice(UNKNOWN);
                out.extend_from_slice(path);
            }
        }
    }
    true
}
