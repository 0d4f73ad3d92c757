//! One thread: what is known of it. Facts of a process (fds, environment) are with its main thread.

use gyr_event::EventCode;
use gyr_event::tables::clone_flags;

use crate::Slot;
use crate::container::{Container, Engine};
use crate::fds::FdTable;
use crate::names::Text;
use crate::threads::Links;

/// The flags of a thread: those of its clone, and what became of it.
pub mod flags {
    use super::clone_flags;

    pub const CLONE_FILES: u32 = clone_flags.value("CLONE_FILES");
    pub const CLONE_NEWPID: u32 = clone_flags.value("CLONE_NEWPID");
    pub const CLONE_PARENT: u32 = clone_flags.value("CLONE_PARENT");
    pub const CLONE_THREAD: u32 = clone_flags.value("CLONE_THREAD");
    pub const CLONE_NEWUSER: u32 = clone_flags.value("CLONE_NEWUSER");
    pub const CLONE_VFORK: u32 = clone_flags.value("CLONE_VFORK");
    /// The child's half of the clone came before the caller's.
    pub const CLONE_INVERTED: u32 = clone_flags.value("CLONE_INVERTED");
    pub const NAME_CHANGED: u32 = clone_flags.value("NAME_CHANGED");
    /// The thread is dead; its entry goes with the next event.
    pub const CLOSED: u32 = clone_flags.value("CLOSED");
    pub const CHILD_IN_PIDNS: u32 = clone_flags.value("CLONE_CHILD_IN_PIDNS");
    pub const ACTIVE: u32 = 1 << 19;
    /// Standard output is a pipe to another process.
    pub const PIPE_SRC: u32 = 1 << 21;
    /// Standard input is a pipe from another process.
    pub const PIPE_DST: u32 = 1 << 22;
    pub const IS_MAIN_THREAD: u32 = 1 << 30;
}

/// One thread.
///
/// An entry without knowledge ([`Thread::is_invalid`]) stands for a tid that events name and nothing else is known of.
#[derive(Debug)]
pub struct Thread {
    tid: i64,
    stamp: u64,
    image: Image,
    cwd: Text,
    cwd_stamp: u64,
    slot: Slot,
    /// Changes with nearly every event: never part of a kept answer.
    pub(crate) memory: Memory,
    pub(crate) last: LastEvent,
    pub(crate) fds: FdTable,
    pub(crate) links: Links,
}

/// What a thread is and runs: what exec, set\*id and their like change.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub(crate) pid: i64,
    pub(crate) ptid: i64,
    pub(crate) sid: i64,
    pub(crate) pgid: i64,
    pub(crate) vtid: i64,
    pub(crate) vpid: i64,
    pub(crate) vpgid: i64,
    pub(crate) comm: Text,
    pub(crate) exe: Text,
    pub(crate) exepath: Text,
    pub(crate) args: Text,
    pub(crate) env: Text,
    pub(crate) cgroups: Text,
    pub(crate) container: Container,
    pub(crate) root: Text,
    pub(crate) flags: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) loginuid: u32,
    pub(crate) tty: u32,
    pub(crate) fdlimit: i64,
    pub(crate) cap_inheritable: u64,
    pub(crate) cap_permitted: u64,
    pub(crate) cap_effective: u64,
    pub(crate) exe_writable: bool,
    pub(crate) exe_upper_layer: bool,
    pub(crate) exe_lower_layer: bool,
    pub(crate) exe_from_memfd: bool,
    pub(crate) exe_ino: u64,
    pub(crate) exe_ino_ctime: u64,
    pub(crate) exe_ino_mtime: u64,
    pub(crate) exe_ino_ctime_duration_clone_ts: u64,
    pub(crate) exe_ino_ctime_duration_pidns_start: u64,
    pub(crate) pidns_init_start_ts: u64,
    pub(crate) clone_ts: u64,
    pub(crate) lastexec_ts: u64,
    /// Who takes the children when the thread dies, as the kernel said; at most 0 if it did not.
    pub(crate) reaper_tid: i64,
}

/// Sizes in KiB and counts of page faults.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    pub(crate) vmsize_kb: u32,
    pub(crate) vmrss_kb: u32,
    pub(crate) vmswap_kb: u32,
    pub(crate) pfmajor: u64,
    pub(crate) pfminor: u64,
}

/// What the thread's last event left for the next one.
#[derive(Debug)]
pub(crate) struct LastEvent {
    /// The fd that the last event was about; -1 if none.
    pub(crate) fd: i64,
    /// The last enter event's code.
    pub(crate) enter: Option<EventCode>,
    /// The record of the last enter event worth keeping; empty if there is none.
    pub(crate) record: Vec<u8>,
    /// When it was, in nanoseconds since the epoch; 0 if there was none.
    pub(crate) ts: u64,
}

impl Default for LastEvent {
    fn default() -> Self {
        Self { fd: -1, enter: None, record: Vec::new(), ts: 0 }
    }
}

impl LastEvent {
    /// Memory of this size, in bytes, is kept for the next record: more would add up over many threads.
    const KEPT: usize = 512;

    /// The next event of a thread, if it is an enter or there was one before. Says which fd that was about, if this is its
    /// exit; else -1, and what it left goes.
    #[inline(never)]
    pub(crate) fn leave_to(&mut self, code: EventCode) -> i64 {
        if code == EventCode::SCHEDSWITCH {
            return self.fd;
        }
        if code.is_enter() {
            self.enter = Some(code);
            return -1;
        }
        let is_own_exit = self.enter.is_some_and(|enter| {
            code.number() == enter.number() + 1
                || (code == EventCode::EXECVE && enter == EventCode::EXECVEAT_ENTER_V0)
        });
        if is_own_exit {
            return self.fd;
        }
        self.forget_record();
        -1
    }

    #[inline]
    pub(crate) fn forget_record(&mut self) {
        if self.record.is_empty() {
            return;
        }
        if self.record.capacity() > Self::KEPT {
            self.record = Vec::new();
        } else {
            self.record.clear();
        }
    }
}

impl Default for Image {
    fn default() -> Self {
        Self {
            pid: -1,
            ptid: -1,
            sid: -1,
            pgid: -1,
            vtid: -1,
            vpid: -1,
            vpgid: -1,
            comm: Text::EMPTY,
            exe: Text::EMPTY,
            exepath: Text::EMPTY,
            args: Text::EMPTY,
            env: Text::EMPTY,
            cgroups: Text::EMPTY,
            container: Container::default(),
            root: Text::EMPTY,
            flags: flags::NAME_CHANGED,
            uid: u32::MAX,
            gid: u32::MAX,
            loginuid: u32::MAX,
            tty: 0,
            fdlimit: -1,
            cap_inheritable: 0,
            cap_permitted: 0,
            cap_effective: 0,
            exe_writable: false,
            exe_upper_layer: false,
            exe_lower_layer: false,
            exe_from_memfd: false,
            exe_ino: 0,
            exe_ino_ctime: 0,
            exe_ino_mtime: 0,
            exe_ino_ctime_duration_clone_ts: 0,
            exe_ino_ctime_duration_pidns_start: 0,
            pidns_init_start_ts: 0,
            clone_ts: 0,
            lastexec_ts: 0,
            reaper_tid: -1,
        }
    }
}

impl Thread {
    pub(crate) fn new(tid: i64, image: Image, stamp: u64) -> Self {
        Self {
            tid,
            stamp,
            image,
            cwd: Text::EMPTY,
            cwd_stamp: stamp,
            slot: Slot::default(),
            memory: Memory::default(),
            last: LastEvent::default(),
            fds: FdTable::default(),
            links: Links::default(),
        }
    }

    pub(crate) const fn image(&self) -> &Image {
        &self.image
    }

    /// The image, to be changed; `stamp` is new.
    pub(crate) const fn edit(&mut self, stamp: u64) -> &mut Image {
        self.stamp = stamp;
        &mut self.image
    }

    /// The flags that no answer depends on, so that setting one keeps them all.
    pub(crate) const fn set_flag(&mut self, flag: u32) {
        self.image.flags |= flag;
    }

    pub(crate) const fn edit_reaper(&mut self, tid: i64) {
        self.image.reaper_tid = tid;
    }

    pub(crate) const fn own_cwd(&self) -> &Text {
        &self.cwd
    }

    pub(crate) fn set_own_cwd(&mut self, cwd: Text, stamp: u64) {
        self.cwd = cwd;
        self.cwd_stamp = stamp;
    }

    pub(crate) const fn own_cwd_stamp(&self) -> u64 {
        self.cwd_stamp
    }

    /// No two images of any thread share a stamp.
    pub const fn stamp(&self) -> u64 {
        self.stamp
    }

    pub const fn slot(&self) -> &Slot {
        &self.slot
    }

    pub const fn tid(&self) -> i64 {
        self.tid
    }

    pub const fn is_main(&self) -> bool {
        self.tid == self.image.pid || self.image.flags & flags::IS_MAIN_THREAD != 0
    }

    /// Whether nothing is known but the tid.
    pub const fn is_invalid(&self) -> bool {
        self.tid < 0 || self.image.pid < 0 || self.image.ptid < 0
    }

    /// Whether the thread has exited; its entry goes with the next event.
    pub const fn is_dead(&self) -> bool {
        self.image.flags & flags::CLOSED != 0
    }

    pub const fn is_in_pid_namespace(&self) -> bool {
        self.image.flags & flags::CHILD_IN_PIDNS != 0
            || (self.tid != self.image.vtid && self.image.vtid >= 0)
    }

    /// The container's id, where it is a number its first 12 digits; empty on the host.
    pub fn container_id(&self) -> &[u8] {
        self.image.container.id.as_bytes()
    }

    /// The engine that runs the container, if it is one that says no more.
    pub const fn container_engine(&self) -> Option<Engine> {
        self.image.container.engine
    }
}

macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident: $ty:ty,)*) => {
        impl Thread {
            $($(#[$doc])* pub const fn $name(&self) -> $ty { self.image.$name })*
        }
    };
}

getters! {
    pid: i64,
    ptid: i64,
    sid: i64,
    pgid: i64,
    vtid: i64,
    vpid: i64,
    vpgid: i64,
    /// As `clone_flags` names them, and [`flags`].
    flags: u32,
    uid: u32,
    gid: u32,
    loginuid: u32,
    tty: u32,
    fdlimit: i64,
    cap_inheritable: u64,
    cap_permitted: u64,
    cap_effective: u64,
    exe_writable: bool,
    exe_upper_layer: bool,
    exe_lower_layer: bool,
    exe_from_memfd: bool,
    exe_ino: u64,
    /// Nanoseconds since the epoch, as are the times below.
    exe_ino_ctime: u64,
    exe_ino_mtime: u64,
    /// Nanoseconds from the executable's last status change to the clone; 0 if not known.
    exe_ino_ctime_duration_clone_ts: u64,
    /// Nanoseconds from the start of the pid namespace to the executable's last status change; 0 if not known.
    exe_ino_ctime_duration_pidns_start: u64,
    pidns_init_start_ts: u64,
    clone_ts: u64,
    lastexec_ts: u64,
    reaper_tid: i64,
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        impl Thread {
            $($(#[$doc])* pub fn $name(&self) -> &[u8] { self.image.$name.as_bytes() })*
        }
    };
}

texts! {
    comm,
    /// argv\[0\].
    exe,
    exepath,
    /// The arguments after argv\[0\], each ended by a NUL.
    args,
    /// subsystem=path, each ended by a NUL.
    cgroups,
    root,
}

macro_rules! memory {
    ($($name:ident: $ty:ty,)*) => {
        impl Thread {
            $(pub const fn $name(&self) -> $ty { self.memory.$name })*
        }
    };
}

memory! {
    vmsize_kb: u32,
    vmrss_kb: u32,
    vmswap_kb: u32,
    pfmajor: u64,
    pfminor: u64,
}
