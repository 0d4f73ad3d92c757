//! The open family: a name becomes an fd.

use gyr_event::tables::{creat_flags, file_flags};
use gyr_event::{Event, EventCode, param};

use crate::ThreadIdx;
use crate::fd::{FdType, Layer, RawName};
use crate::path::{self, Base};
use crate::state::{Now, State};

const O_DIRECTORY: u32 = file_flags.value("O_DIRECTORY");
const UPPER_LAYER: u32 = file_flags.value("FD_UPPER_LAYER");
const LOWER_LAYER: u32 = file_flags.value("FD_LOWER_LAYER");

/// Flags that the kernel's answer adds to those asked for.
const ADDED_FLAGS: u32 = !(file_flags.value("O_F_CREATED") - 1);

/// As user space writes "relative to the working directory".
const AT_FDCWD: i64 = -100;

/// What was asked for, and what the kernel said of it.
struct Opened<'a> {
    name: &'a [u8],
    flags: u32,
    dev: u32,
    ino: u64,
}

pub(super) fn on_open(state: &mut State, now: &mut Now<'_>) {
    const NAME: usize = EventCode::OPEN.param("name");
    const FLAGS: usize = EventCode::OPEN.param("flags");
    const DEV: usize = EventCode::OPEN.param("dev");
    const INO: usize = EventCode::OPEN.param("ino");
    const ENTER_NAME: usize = EventCode::OPEN_ENTER.param("name");
    const ENTER_FLAGS: usize = EventCode::OPEN_ENTER.param("flags");
    let Some((idx, fd)) = result(now) else { return };
    let mut opened = read(now.event, NAME, FLAGS, DEV, INO);
    let record = state.take_enter(idx);
    if let Some(enter) = state.enter_of(&record, now)
        && let Some(name) = usable_name(&enter, ENTER_NAME)
    {
        opened.name = name;
        opened.flags = enter.u32(ENTER_FLAGS).unwrap_or_default() | (opened.flags & ADDED_FLAGS);
    }
    add(state, now, fd, &opened, Some(AT_FDCWD));
    state.give_back(idx, record);
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

pub(super) fn on_openat(state: &mut State, now: &mut Now<'_>) {
    // fd, dirfd, name, flags, mode, dev, ino
    open_at::<7, 20>(state, now);
}

pub(super) fn on_openat2(state: &mut State, now: &mut Now<'_>) {
    // fd, dirfd, name, flags, mode, resolve, dev, ino
    open_at::<8, 24>(state, now);
}

/// The events begin alike, as do their enters; device and inode are the last of `N` parameters.
#[inline]
fn open_at<const N: usize, const TAIL: usize>(state: &mut State, now: &mut Now<'_>) {
    let Some((fd, dirfd, opened)) =
        read_usual::<N, TAIL>(now.event).or_else(|| read_any::<N>(now.event))
    else {
        return;
    };
    if fd < 0 {
        return;
    }
    if now.has_entered {
        return open_entered(state, now, fd, opened, dirfd);
    }
    state.stats.n_retrieved_event_drops += 1;
    add(state, now, fd, &opened, dirfd);
}

/// As [`open_at`], after the enter event perhaps.
#[cold]
fn open_entered(
    state: &mut State,
    now: &mut Now<'_>,
    fd: i64,
    told: Opened<'_>,
    mut dirfd: Option<i64>,
) {
    const ENTER_DIRFD: usize = EventCode::OPENAT_ENTER.param("dirfd");
    const ENTER_NAME: usize = EventCode::OPENAT_ENTER.param("name");
    const ENTER_FLAGS: usize = EventCode::OPENAT_ENTER.param("flags");
    let Some(idx) = now.thread else { return };
    let record = state.take_enter(idx);
    let mut opened = told;
    if let Some(enter) = state.enter_of(&record, now)
        && let Some(name) = usable_name(&enter, ENTER_NAME)
    {
        opened.name = name;
        opened.flags = enter.u32(ENTER_FLAGS).unwrap_or_default() | (opened.flags & ADDED_FLAGS);
        dirfd = enter.i64(ENTER_DIRFD);
    }
    add(state, now, fd, &opened, dirfd);
    state.give_back(idx, record);
}

/// The new fd, the directory's, and the rest.
type OpenedAt<'a> = (i64, Option<i64>, Opened<'a>);

/// From a record whose parameters have the widths that nearly all have: eight bytes the fds and the inode, four the others
/// behind the name, which are `TAIL` bytes with the inode.
#[inline(always)]
fn read_usual<'a, const N: usize, const TAIL: usize>(event: &Event<'a>) -> Option<OpenedAt<'a>> {
    const FOUR: [u8; 2] = 4_u16.to_le_bytes();
    const EIGHT: [u8; 2] = 8_u16.to_le_bytes();
    let (lens, params) = event.lens_and_params::<N>()?;
    let [EIGHT, EIGHT, name, numbers @ .., EIGHT] = lens.as_slice() else { return None };
    if numbers.iter().any(|&len| len != FOUR) {
        return None;
    }
    let (fd, params) = params.split_first_chunk()?;
    let (dirfd, params) = params.split_first_chunk()?;
    let (name, params) = params.split_at_checked(usize::from(u16::from_le_bytes(*name)))?;
    let tail: &[u8; TAIL] = params.first_chunk()?;
    let opened = Opened {
        name: param::text(name).unwrap_or(b"<NA>"),
        flags: u32::from_le_bytes(*tail.first_chunk()?),
        dev: u32::from_le_bytes(*tail.get(..TAIL - 8)?.last_chunk()?),
        ino: u64::from_le_bytes(*tail.last_chunk()?),
    };
    Some((i64::from_le_bytes(*fd), Some(i64::from_le_bytes(*dirfd)), opened))
}

#[cold]
fn read_any<'a, const N: usize>(event: &Event<'a>) -> Option<OpenedAt<'a>> {
    let params: [&[u8]; N] = event.leading();
    let [fd, dirfd, name, flags, .., dev, ino] = params.as_slice() else { return None };
    let u32 = |bytes: &[u8]| param::unsigned(bytes).and_then(|value| u32::try_from(value).ok());
    let opened = Opened {
        name: param::text(name).unwrap_or(b"<NA>"),
        flags: u32(flags).unwrap_or_default(),
        dev: u32(dev).unwrap_or_default(),
        ino: param::unsigned(ino).unwrap_or_default(),
    };
    Some((param::signed(fd)?, param::signed(dirfd), opened))
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
    Some((now.thread?, now.event.first().filter(|&fd| fd >= 0)?))
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

/// Makes the entry; a relative name is one in the directory that `dirfd` stands for.
fn add(state: &mut State, now: &mut Now<'_>, fd: i64, opened: &Opened<'_>, dirfd: Option<i64>) {
    let Some(idx) = now.thread else { return };
    let &Opened { name, flags, dev, ino } = opened;
    let base = match dirfd {
        Some(dirfd) if !name.starts_with(b"/") => {
            state.threads.directory(idx, dirfd).map_or(Base::UNKNOWN, Base::directory)
        }
        _ => Base::NONE,
    };
    let start = path::join_to(base, name, &mut state.scratch);
    let kind = if flags & O_DIRECTORY != 0 { FdType::Directory } else { FdType::File };
    let mut scratch = std::mem::take(&mut state.scratch);
    if let Some(data) = state.open_fd(now, fd, kind, flags) {
        data.dev = dev;
        data.ino = ino;
        data.layer = match flags & (UPPER_LAYER | LOWER_LAYER) {
            0 => None,
            LOWER_LAYER => Some(Layer::Lower),
            _ => Some(Layer::Upper),
        };
        if let Some(start) = start {
            data.name_raw = RawName::Tail(start);
        } else {
            data.name_raw = RawName::Other(name.into());
        }
        now.name_changed = !scratch.is_empty();
        // The memory of the name before takes the next one.
        std::mem::swap(&mut data.name, &mut scratch);
    }
    state.scratch = scratch;
}
