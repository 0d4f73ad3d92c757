//! The open family: a name becomes an fd.

use gyr_event::tables::{creat_flags, file_flags};
use gyr_event::{AnyPlace, Event, EventCode, Place, param};

use crate::ThreadIdx;
use crate::fd::{FdType, Layer, RawName};
use crate::path::{self, Base};
use crate::state::{Now, State};
use crate::threads::AT_FDCWD;

const O_DIRECTORY: u32 = file_flags.value("O_DIRECTORY");
const UPPER_LAYER: u32 = file_flags.value("FD_UPPER_LAYER");
const LOWER_LAYER: u32 = file_flags.value("FD_LOWER_LAYER");

/// Flags that the kernel's answer adds to those asked for.
const ADDED_FLAGS: u32 = !(file_flags.value("O_F_CREATED") - 1);

/// What was asked for, and what the kernel said of it.
#[derive(Clone, Copy)]
struct Opened<'a> {
    name: &'a [u8],
    flags: u32,
    dev: u32,
    ino: u64,
}

/// Where an event of the family has what is needed; all have usual records.
struct Layout {
    fd: Place<8>,
    /// None where names are relative to the working directory.
    dirfd: Option<Place<8>>,
    name: AnyPlace,
    /// What a missing name reads as.
    no_name: &'static [u8],
    flags: Place<4>,
    dev: Place<4>,
    ino: Place<8>,
}

impl Layout {
    const fn of(code: EventCode, has_dirfd: bool) -> Self {
        Self {
            fd: Place::of(code, 0).unwrap(),
            dirfd: if has_dirfd { Place::of(code, code.param("dirfd")) } else { None },
            name: AnyPlace::of(code, code.param("name")).unwrap(),
            no_name: if has_dirfd { b"<NA>" } else { b"" },
            flags: Place::of(code, code.param("flags")).unwrap(),
            dev: Place::of(code, code.param("dev")).unwrap(),
            ino: Place::of(code, code.param("ino")).unwrap(),
        }
    }
}

pub(super) fn on_open(state: &mut State, now: &mut Now<'_>) {
    static LAYOUT: Layout = Layout::of(EventCode::OPEN, false);
    open_rare(state, now, &LAYOUT);
}

pub(super) fn on_openat(state: &mut State, now: &mut Now<'_>) {
    const LAYOUT: Layout = Layout::of(EventCode::OPENAT, true);
    open(state, now, &LAYOUT);
}

pub(super) fn on_openat2(state: &mut State, now: &mut Now<'_>) {
    static LAYOUT: Layout = Layout::of(EventCode::OPENAT2, true);
    open_rare(state, now, &LAYOUT);
}

/// The C library opens by openat: that one is worth instructions of its own.
#[inline(never)]
fn open_rare(state: &mut State, now: &mut Now<'_>, layout: &Layout) {
    open(state, now, layout);
}

#[inline(always)]
fn open(state: &mut State, now: &mut Now<'_>, layout: &Layout) {
    let event = *now.event;
    let Some(fd) = event.i64_at(&layout.fd).filter(|&fd| fd >= 0) else { return };
    let dirfd = match &layout.dirfd {
        Some(dirfd) => event.i64_at(dirfd),
        None => Some(AT_FDCWD),
    };
    let opened = Opened {
        name: param::text(event.bytes_at(&layout.name)).unwrap_or(layout.no_name),
        flags: event.u32_at(&layout.flags).unwrap_or_default(),
        dev: event.u32_at(&layout.dev).unwrap_or_default(),
        ino: event.i64_at(&layout.ino).unwrap_or_default().cast_unsigned(),
    };
    if now.has_entered {
        return open_entered(state, now, fd, opened, dirfd);
    }
    state.stats.n_retrieved_event_drops += 1;
    add_here(state, now, fd, &opened, dirfd);
}

/// As [`open`], after the enter event perhaps. All enters of the family have their parameters by these names.
#[cold]
fn open_entered(
    state: &mut State,
    now: &mut Now<'_>,
    fd: i64,
    told: Opened<'_>,
    mut dirfd: Option<i64>,
) {
    let Some(idx) = now.current.thread else { return };
    let record = state.take_enter(idx);
    let mut opened = told;
    if let Some(enter) = state.enter_of(&record, now)
        && let Some(asked) = Asked::of(&enter)
    {
        opened.name = asked.name;
        opened.flags = asked.flags | (opened.flags & ADDED_FLAGS);
        dirfd = asked.dirfd;
    }
    add(state, now, fd, &opened, dirfd);
    state.give_back(idx, record);
}

/// What an enter event read before the kernel did.
struct Asked<'a> {
    name: &'a [u8],
    flags: u32,
    dirfd: Option<i64>,
}

impl<'a> Asked<'a> {
    /// None if the page of the name was not there.
    fn of(enter: &Event<'a>) -> Option<Self> {
        const NAME: usize = EventCode::OPEN_ENTER.param("name");
        const FLAGS: usize = EventCode::OPEN_ENTER.param("flags");
        // Both events begin alike.
        const DIRFD_AT: usize = EventCode::OPENAT_ENTER.param("dirfd");
        const NAME_AT: usize = EventCode::OPENAT_ENTER.param("name");
        const FLAGS_AT: usize = EventCode::OPENAT_ENTER.param("flags");
        let (dirfd, name, flags) = if enter.code() == EventCode::OPEN_ENTER {
            (Some(AT_FDCWD), NAME, FLAGS)
        } else {
            (enter.i64(DIRFD_AT), NAME_AT, FLAGS_AT)
        };
        let flags = enter.u32(flags).unwrap_or_default();
        Some(Self { name: usable_name(enter, name)?, flags, dirfd })
    }
}

pub(super) fn on_creat(state: &mut State, now: &mut Now<'_>) {
    const NAME: usize = EventCode::CREAT.param("name");
    const DEV: usize = EventCode::CREAT.param("dev");
    const INO: usize = EventCode::CREAT.param("ino");
    const CREAT_FLAGS: usize = EventCode::CREAT.param("creat_flags");
    const ENTER_NAME: usize = EventCode::CREAT_ENTER.param("name");
    let Some((idx, fd)) = result(now) else { return };
    let mut opened = read(now.event, NAME, usize::MAX, DEV, INO);
    // Creat has no flags of its own to put the layer in.
    let layer = now.event.u32(CREAT_FLAGS).unwrap_or_default();
    if layer & creat_flags.value("FD_UPPER_LAYER_CREAT") != 0 {
        opened.flags = UPPER_LAYER;
    } else if layer & creat_flags.value("FD_LOWER_LAYER_CREAT") != 0 {
        opened.flags = LOWER_LAYER;
    }
    let record = state.take_enter(idx);
    if let Some(enter) = state.enter_of(&record, now)
        && let Some(name) = usable_name(&enter, ENTER_NAME)
    {
        opened.name = name;
    }
    add(state, now, fd, &opened, Some(AT_FDCWD));
    state.give_back(idx, record);
}

pub(super) fn on_open_by_handle_at(state: &mut State, now: &mut Now<'_>) {
    const FLAGS: usize = EventCode::OPEN_BY_HANDLE_AT.param("flags");
    const PATH: usize = EventCode::OPEN_BY_HANDLE_AT.param("path");
    const DEV: usize = EventCode::OPEN_BY_HANDLE_AT.param("dev");
    const INO: usize = EventCode::OPEN_BY_HANDLE_AT.param("ino");
    let Some((_, fd)) = result(now) else { return };
    let opened = read(now.event, PATH, FLAGS, DEV, INO);
    // The kernel side gives the whole path.
    add(state, now, fd, &opened, None);
}

/// The thread and its new fd, if there is one.
fn result(now: &Now<'_>) -> Option<(ThreadIdx, i64)> {
    Some((now.current.thread?, now.event.first().filter(|&fd| fd >= 0)?))
}

fn read<'a>(event: &Event<'a>, name: usize, flags: usize, dev: usize, ino: usize) -> Opened<'a> {
    Opened {
        name: event.text(name).unwrap_or_default(),
        flags: event.u32(flags).unwrap_or_default(),
        dev: event.u32(dev).unwrap_or_default(),
        ino: event.u64(ino).unwrap_or_default(),
    }
}

/// A name that was read before the kernel read it; "<NA>" if the page was not there.
fn usable_name<'a>(enter: &Event<'a>, param: usize) -> Option<&'a [u8]> {
    enter.text(param).filter(|&name| name != b"<NA>")
}

#[inline(never)]
fn add(state: &mut State, now: &mut Now<'_>, fd: i64, opened: &Opened<'_>, dirfd: Option<i64>) {
    add_here(state, now, fd, opened, dirfd);
}

/// Makes the entry; a relative name is one in the directory that `dirfd` stands for.
#[inline(always)]
fn add_here(
    state: &mut State,
    now: &mut Now<'_>,
    fd: i64,
    opened: &Opened<'_>,
    dirfd: Option<i64>,
) {
    let Some(idx) = now.current.thread else { return };
    let &Opened { name, flags, dev, ino } = opened;
    let base = match dirfd {
        Some(dirfd) if !name.starts_with(b"/") => {
            state.threads.directory(idx, dirfd).map_or(Base::UNKNOWN, Base::directory)
        }
        _ => Base::NONE,
    };
    let start = path::join_to(base, name, &mut state.scratch);
    let kind = if flags & O_DIRECTORY != 0 { FdType::Directory } else { FdType::File };
    let Some(data) = state.open_fd(now, fd, kind, flags) else { return };
    data.dev = dev;
    data.ino = ino;
    if flags & (UPPER_LAYER | LOWER_LAYER) != 0 {
        let is_upper = flags & UPPER_LAYER != 0;
        data.layer = Some(if is_upper { Layer::Upper } else { Layer::Lower });
    }
    data.name_raw = match start {
        Some(start) => RawName::Tail(start),
        None => RawName::Other(name.into()),
    };
}
