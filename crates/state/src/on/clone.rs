//! Clone and its kin. Both sides report: the caller with the child's tid, the child with 0. Whichever comes first
//! makes the child's entry.

use gyr_event::{Event, EventCode};

use crate::ThreadIdx;
use crate::container::Container;
use crate::names::Text;
use crate::state::{Now, State};
use crate::thread::{Image, Memory, Thread, flags};

// The four events have one layout.
const EXE: usize = EventCode::CLONE.param("exe");
const ARGS: usize = EventCode::CLONE.param("args");
const PID: usize = EventCode::CLONE.param("pid");
const PTID: usize = EventCode::CLONE.param("ptid");
const FDLIMIT: usize = EventCode::CLONE.param("fdlimit");
const PGFT_MAJ: usize = EventCode::CLONE.param("pgft_maj");
const PGFT_MIN: usize = EventCode::CLONE.param("pgft_min");
const VM_SIZE: usize = EventCode::CLONE.param("vm_size");
const VM_RSS: usize = EventCode::CLONE.param("vm_rss");
const VM_SWAP: usize = EventCode::CLONE.param("vm_swap");
const COMM: usize = EventCode::CLONE.param("comm");
const CGROUPS: usize = EventCode::CLONE.param("cgroups");
const FLAGS: usize = EventCode::CLONE.param("flags");
const UID: usize = EventCode::CLONE.param("uid");
const GID: usize = EventCode::CLONE.param("gid");
const VTID: usize = EventCode::CLONE.param("vtid");
const VPID: usize = EventCode::CLONE.param("vpid");
const PIDNS_INIT_START_TS: usize = EventCode::CLONE.param("pidns_init_start_ts");

/// An entry older than this is of a thread whose exit was missed, in nanoseconds.
const STALE: u64 = 2_000_000_000;

pub(super) fn on_clone(state: &mut State, now: &mut Now<'_>) {
    match now.event.first() {
        Some(0) => on_child(state, now),
        Some(child_tid) if child_tid > 0 && child_tid != now.event.tid() => {
            on_caller(state, now, child_tid)
        }
        _ => {}
    }
}

fn on_caller(state: &mut State, now: &mut Now<'_>, child_tid: i64) {
    let event = now.event;
    now.current.thread = state.find_or_look_up(event.tid(), now.host);
    let Some(caller) = now.current.thread else { return };
    let is_known = !state.threads.at(caller).is_invalid();
    if !is_known {
        complete(state, caller, event, event.tid());
    }
    let clone_flags = event.u32(FLAGS).unwrap_or_default();
    // The result is the child's tid as the caller's pid namespace counts: only of use in the first one.
    let elsewhere = flags::CHILD_IN_PIDNS | flags::CLONE_NEWPID | flags::CLONE_PARENT;
    if clone_flags & elsewhere != 0 || state.threads.at(caller).vtid() != event.tid() {
        return;
    }
    // The caller of vfork resumes when the child has run exec or exited: the child has reported by then.
    if clone_flags & flags::CLONE_VFORK != 0 || event.code() == EventCode::VFORK {
        return;
    }
    if state.exited.lately(child_tid, event.tid(), event.ts()) {
        return;
    }
    if let Some(old) = state.threads.find(child_tid) {
        if state.threads.at(old).flags() & flags::CLONE_INVERTED != 0 {
            return;
        }
        state.remove_thread(child_tid, now.host);
    }
    let Some(caller) = state.threads.find(event.tid()) else {
        now.current.thread = None;
        return;
    };
    now.current.thread = Some(caller);

    let parent = state.threads.at(caller);
    let (caller_pid, caller_ptid) = (parent.pid(), parent.ptid());
    let mut image = inherited(is_known.then(|| parent.image()));
    read_image(state, event, &mut image);
    image.flags = clone_flags;
    if clone_flags & flags::CLONE_THREAD == 0 {
        image.pid = child_tid;
        image.ptid = event.tid();
        image.lastexec_ts = 0;
    } else {
        image.pid = caller_pid;
        image.ptid = caller_ptid;
        // Threads use their main thread's fds, whatever clone was told.
        image.flags |= flags::CLONE_FILES;
        image.lastexec_ts = state.threads.at(caller).lastexec_ts();
        image.env = Text::EMPTY;
    }
    image.vtid = child_tid;
    image.vpid = image.pid;
    image.pidns_init_start_ts = state.boot_ts(now.host);
    if !is_known {
        adopt_image(state, caller, &image);
    }
    let is_process = clone_flags & flags::CLONE_THREAD == 0;
    let child =
        new_child(state, child_tid, image, event, (is_known && is_process).then_some(caller));
    state.ask_for_names(now.host, child.image().uid, child.image().gid, b"");
    state.add_thread(child);
}

fn on_child(state: &mut State, now: &mut Now<'_>) {
    let event = now.event;
    let child_tid = event.tid();
    if let Some(idx) = now.current.thread {
        let clone_ts = state.threads.at(idx).clone_ts();
        if clone_ts != 0 {
            if event.ts().wrapping_sub(clone_ts) < STALE {
                return;
            }
            state.remove_thread(child_tid, now.host);
            now.current.thread = None;
        }
    }
    let clone_flags = event.u32(FLAGS).unwrap_or_default() | flags::CLONE_INVERTED;
    let is_process = clone_flags & flags::CLONE_THREAD == 0;
    let (pid, ptid) = (event.i64(PID).unwrap_or_default(), event.i64(PTID).unwrap_or_default());
    let model_tid = if is_process { ptid } else { pid };
    let Some(model) = state.find_or_look_up(model_tid, now.host) else {
        now.current.thread = None;
        return;
    };
    let is_known = !state.threads.at(model).is_invalid();
    let (vtid, vpid) = virtual_ids(event, child_tid);
    if !is_known && !is_process {
        let main = state.threads.edit(model);
        (main.pid, main.ptid, main.vpid, main.vtid) = (pid, ptid, vpid, vpid);
        state.threads.relate(model);
    }

    let mut image = inherited(is_known.then(|| state.threads.at(model).image()));
    read_image(state, event, &mut image);
    (image.pid, image.ptid, image.vtid, image.vpid) = (pid, ptid, vtid, vpid);
    image.flags = clone_flags;
    if is_process {
        image.lastexec_ts = 0;
    } else {
        // Threads use their main thread's fds, whatever clone was told.
        image.flags |= flags::CLONE_FILES;
        image.env = Text::EMPTY;
        if !is_known {
            adopt_image(state, model, &image);
        }
    }
    let in_namespace = clone_flags & (flags::CHILD_IN_PIDNS | flags::CLONE_NEWPID) != 0;
    let boot_ts = state.boot_ts(now.host);
    image.pidns_init_start_ts = if in_namespace || child_tid != vtid {
        event.u64(PIDNS_INIT_START_TS).map_or(0, |since_boot| since_boot.wrapping_add(boot_ts))
    } else {
        boot_ts
    };
    let child =
        new_child(state, child_tid, image, event, (is_known && is_process).then_some(model));
    state.ask_for_names(now.host, child.image().uid, child.image().gid, b"");
    now.current.thread = state.add_thread(child);
}

/// Fills in an entry of which only the tid was known.
fn complete(state: &mut State, idx: ThreadIdx, event: &Event<'_>, tid: i64) {
    let (vtid, vpid) = virtual_ids(event, tid);
    let image = state.threads.edit(idx);
    image.pid = event.i64(PID).unwrap_or_default();
    image.ptid = event.i64(PTID).unwrap_or_default();
    (image.vtid, image.vpid) = (vtid, vpid);
    state.threads.relate(idx);
}

fn virtual_ids(event: &Event<'_>, tid: i64) -> (i64, i64) {
    match event.i64(VPID) {
        Some(vpid) => (event.i64(VTID).unwrap_or_default(), vpid),
        None => (tid, -1),
    }
}

/// What a child takes over; nothing if the entry it would be taken from is not known.
fn inherited(model: Option<&Image>) -> Image {
    let Some(model) = model else {
        return Image { lastexec_ts: 0, ..Image::default() };
    };
    Image {
        // These are not inherited.
        cgroups: Text::EMPTY,
        container: Container::default(),
        exe_ino_ctime_duration_pidns_start: 0,
        reaper_tid: -1,
        ..model.clone()
    }
}

/// Reads what both sides say of the child.
fn read_image(state: &mut State, event: &Event<'_>, image: &mut Image) {
    let exe = event.text(EXE).unwrap_or_default();
    image.exe = state.names.share(exe);
    image.comm = state.names.share(event.text(COMM).unwrap_or(exe));
    image.args = state.names.share(event.bytes(ARGS));
    image.fdlimit = event.i64(FDLIMIT).unwrap_or_default();
    image.uid = event.u32(UID).unwrap_or_default();
    image.gid = event.u32(GID).unwrap_or_default();
    if event.has(CGROUPS) {
        state.set_cgroups(image, event.bytes(CGROUPS));
    }
    image.clone_ts = event.ts();
}

/// An entry that was not known takes over what its child turned out to run.
fn adopt_image(state: &mut State, idx: ThreadIdx, child: &Image) {
    let image = state.threads.edit(idx);
    image.exe = child.exe.clone();
    image.comm = child.comm.clone();
    image.args = child.args.clone();
}

/// The child's entry, with what a process copies from `parent`: fds and working directory.
fn new_child(
    state: &mut State,
    tid: i64,
    image: Image,
    event: &Event<'_>,
    parent: Option<ThreadIdx>,
) -> Thread {
    let stamp = state.threads.tick();
    let mut child = Thread::new(tid, image, stamp);
    if let Some(parent) = parent {
        if let Some(owner) = state.threads.fds_owner(parent) {
            child.fds = state.threads.at(owner).fds.fork();
            state.stats.n_added_fds += child.fds.len() as u64;
        }
        child.set_own_cwd(state.cwd_of(parent), stamp);
    }
    if event.has(VM_SWAP) {
        child.memory = Memory {
            vmsize_kb: event.u32(VM_SIZE).unwrap_or_default(),
            vmrss_kb: event.u32(VM_RSS).unwrap_or_default(),
            vmswap_kb: event.u32(VM_SWAP).unwrap_or_default(),
            pfmajor: event.u64(PGFT_MAJ).unwrap_or_default(),
            pfminor: event.u64(PGFT_MIN).unwrap_or_default(),
        };
    }
    child
}
