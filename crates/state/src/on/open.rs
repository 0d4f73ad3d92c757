//! The open family: a name becomes an fd.

use std::sync::Arc;

use gyr_event::tables::{creat_flags, file_flags};
use gyr_event::{Event, EventCode, param};

use crate::ThreadIdx;
use crate::fd::{Fd, FdType, Layer, RawName};
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
    open_at::<7>(state, now);
}

pub(super) fn on_openat2(state: &mut State, now: &mut Now<'_>) {
    // fd, dirfd, name, flags, mode, resolve, dev, ino
    open_at::<8>(state, now);
}

/// The events begin alike, as do their enters; device and inode are the last of `N` parameters.
fn open_at<const N: usize>(state: &mut State, now: &mut Now<'_>) {
    const ENTER_DIRFD: usize = EventCode::OPENAT_ENTER.param("dirfd");
    const ENTER_NAME: usize = EventCode::OPENAT_ENTER.param("name");
    const ENTER_FLAGS: usize = EventCode::OPENAT_ENTER.param("flags");
    let Some(idx) = now.thread else { return };
    let params: [&[u8]; N] = now.event.leading();
    let [fd, dirfd, name, flags, .., dev, ino] = params.as_slice() else { return };
    let Some(fd) = param::signed(fd).filter(|&fd| fd >= 0) else { return };
    let mut dirfd = param::signed(dirfd);
    let name = param::text(name).unwrap_or(b"<NA>");
    let u32 = |bytes: &[u8]| param::unsigned(bytes).and_then(|value| u32::try_from(value).ok());
    let flags = u32(flags).unwrap_or_default();
    let dev = u32(dev).unwrap_or_default();
    let ino = param::unsigned(ino).unwrap_or_default();
    let mut opened = Opened { name, flags, dev, ino };
    let record = state.take_enter(idx);
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
    Some((now.thread?, now.event.i64(0).filter(|&fd| fd >= 0)?))
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
    let kind = if flags & O_DIRECTORY != 0 { FdType::Directory } else { FdType::File };
    let mut entry = state.spare_fds.take();
    // It is nobody else's: there is no copy.
    let data = Arc::make_mut(&mut entry);
    data.reset(kind);
    data.dev = dev;
    data.ino = ino;
    data.layer = match flags & (UPPER_LAYER | LOWER_LAYER) {
        0 => None,
        LOWER_LAYER => Some(Layer::Lower),
        _ => Some(Layer::Upper),
    };
    let base = match dirfd {
        Some(dirfd) => state.dir_of(idx, dirfd, name).map_or(Base::UNKNOWN, Base::directory),
        None => Base::NONE,
    };
    data.name_raw = match path::join_to(base, name, &mut data.name) {
        Some(start) => RawName::Tail(start),
        None => RawName::Other(name.into()),
    };
    state.add_fd(now, fd, entry, flags);
}

impl State {
    /// The directory that `name` is relative to: empty for an absolute name, none if the fd is not known.
    pub(super) fn dir_of(&self, idx: ThreadIdx, dirfd: i64, name: &[u8]) -> Option<&[u8]> {
        if name.starts_with(b"/") {
            return Some(&[]);
        }
        if dirfd == AT_FDCWD {
            let main = self.threads.main(idx);
            return Some(main.map_or(b"./", |main| self.threads.at(main).own_cwd().as_bytes()));
        }
        let owner = self.threads.fds_owner(idx)?;
        self.threads.at(owner).fds.find(dirfd).map(Fd::name)
    }
}
