//! The open family: a name becomes an fd.

use gyr_event::tables::{creat_flags, file_flags};
use gyr_event::{Event, EventCode};

use crate::ThreadIdx;
use crate::fd::{FdData, FdType, Layer};
use crate::names::Text;
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
    let Some(idx) = now.thread else { return };
    let record = state.take_enter(now);
    let enter = state.enter_of(&record, now);
    let mut opened = read(now.event, NAME, FLAGS, DEV, INO);
    if let Some(enter) = &enter
        && let Some(name) = usable_name(enter, ENTER_NAME)
    {
        opened.name = name;
        opened.flags = enter.u32(ENTER_FLAGS).unwrap_or_default() | (opened.flags & ADDED_FLAGS);
    }
    let dir = state.cwd_of(idx);
    add(state, now, &opened, dir.as_bytes());
    state.give_back(idx, record);
}

pub(super) fn on_creat(state: &mut State, now: &mut Now<'_>) {
    const NAME: usize = EventCode::CREAT.param("name");
    const DEV: usize = EventCode::CREAT.param("dev");
    const INO: usize = EventCode::CREAT.param("ino");
    const CREAT_FLAGS: usize = EventCode::CREAT.param("creat_flags");
    const ENTER_NAME: usize = EventCode::CREAT_ENTER.param("name");
    let Some(idx) = now.thread else { return };
    let record = state.take_enter(now);
    let enter = state.enter_of(&record, now);
    let mut opened = read(now.event, NAME, usize::MAX, DEV, INO);
    // Creat has no flags of its own to put the layer in.
    let layer = now.event.u32(CREAT_FLAGS).unwrap_or_default();
    if layer & creat_flags.value("FD_UPPER_LAYER_CREAT") != 0 {
        opened.flags = UPPER_LAYER;
    } else if layer & creat_flags.value("FD_LOWER_LAYER_CREAT") != 0 {
        opened.flags = LOWER_LAYER;
    }
    if let Some(enter) = &enter
        && let Some(name) = usable_name(enter, ENTER_NAME)
    {
        opened.name = name;
    }
    let dir = state.cwd_of(idx);
    add(state, now, &opened, dir.as_bytes());
    state.give_back(idx, record);
}

pub(super) fn on_openat(state: &mut State, now: &mut Now<'_>) {
    const DEV: usize = EventCode::OPENAT.param("dev");
    const INO: usize = EventCode::OPENAT.param("ino");
    open_at(state, now, DEV, INO);
}

pub(super) fn on_openat2(state: &mut State, now: &mut Now<'_>) {
    const DEV: usize = EventCode::OPENAT2.param("dev");
    const INO: usize = EventCode::OPENAT2.param("ino");
    open_at(state, now, DEV, INO);
}

fn open_at(state: &mut State, now: &mut Now<'_>, dev: usize, ino: usize) {
    // Both events begin alike, as do their enters.
    const DIRFD: usize = EventCode::OPENAT.param("dirfd");
    const NAME: usize = EventCode::OPENAT.param("name");
    const FLAGS: usize = EventCode::OPENAT.param("flags");
    const ENTER_DIRFD: usize = EventCode::OPENAT_ENTER.param("dirfd");
    const ENTER_NAME: usize = EventCode::OPENAT_ENTER.param("name");
    const ENTER_FLAGS: usize = EventCode::OPENAT_ENTER.param("flags");
    let Some(idx) = now.thread else { return };
    let record = state.take_enter(now);
    let enter = state.enter_of(&record, now);
    let mut opened = read(now.event, NAME, FLAGS, dev, ino);
    if !now.event.has(NAME) {
        opened.name = b"<NA>";
    }
    let mut dirfd = now.event.i64(DIRFD);
    if let Some(enter) = &enter
        && let Some(name) = usable_name(enter, ENTER_NAME)
    {
        opened.name = name;
        opened.flags = enter.u32(ENTER_FLAGS).unwrap_or_default() | (opened.flags & ADDED_FLAGS);
        dirfd = enter.i64(ENTER_DIRFD);
    }
    let dir = match dirfd {
        Some(dirfd) => {
            state.dir_of(idx, dirfd, opened.name).unwrap_or_else(|| state.names.share(b"<UNKNOWN>"))
        }
        None => Text::EMPTY,
    };
    add(state, now, &opened, dir.as_bytes());
    state.give_back(idx, record);
}

pub(super) fn on_open_by_handle_at(state: &mut State, now: &mut Now<'_>) {
    const FLAGS: usize = EventCode::OPEN_BY_HANDLE_AT.param("flags");
    const PATH: usize = EventCode::OPEN_BY_HANDLE_AT.param("path");
    const DEV: usize = EventCode::OPEN_BY_HANDLE_AT.param("dev");
    const INO: usize = EventCode::OPEN_BY_HANDLE_AT.param("ino");
    let opened = read(now.event, PATH, FLAGS, DEV, INO);
    // The kernel side gives the whole path.
    add(state, now, &opened, b"");
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

fn add(state: &mut State, now: &mut Now<'_>, opened: &Opened<'_>, dir: &[u8]) {
    let Some(fd) = now.event.i64(0).filter(|&fd| fd >= 0) else { return };
    let is_directory = opened.flags & O_DIRECTORY != 0;
    let mut data = FdData::new(if is_directory { FdType::Directory } else { FdType::File });
    data.open_flags = opened.flags;
    data.dev = opened.dev;
    data.ino = opened.ino;
    data.name = state.join(dir, opened.name);
    data.name_raw = if opened.name == data.name.as_bytes() {
        data.name.clone()
    } else {
        state.names.share(opened.name)
    };
    data.layer = match opened.flags {
        flags if flags & UPPER_LAYER != 0 => Some(Layer::Upper),
        flags if flags & LOWER_LAYER != 0 => Some(Layer::Lower),
        _ => None,
    };
    state.add_fd(now, fd, data);
}

impl State {
    /// The directory that `name` is relative to, ended by a slash: empty for an absolute name, none if the fd is not known.
    pub(super) fn dir_of(&mut self, idx: ThreadIdx, dirfd: i64, name: &[u8]) -> Option<Text> {
        if name.starts_with(b"/") {
            return Some(Text::EMPTY);
        }
        if dirfd == AT_FDCWD {
            return Some(self.cwd_of(idx));
        }
        let entry = self.find_fd(idx, dirfd);
        let dir = self.entry(entry)?.data().name.clone();
        Some(if dir.as_bytes().is_empty() { dir } else { self.directory(dir.as_bytes()) })
    }
}
