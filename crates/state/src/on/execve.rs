//! Execve and execveat: a process becomes another program.

use gyr_event::tables::{execve_flags, execveat_flags};
use gyr_event::{Event, EventCode, Params};

use crate::ThreadIdx;
use crate::load::without_deleted;
use crate::names::Text;
use crate::path::Base;
use crate::state::{Now, State};
use crate::thread::{Memory, flags};

// Both events have one layout.
const EXE: usize = EventCode::EXECVE.param("exe");
const ARGS: usize = EventCode::EXECVE.param("args");
const PID: usize = EventCode::EXECVE.param("pid");
const PTID: usize = EventCode::EXECVE.param("ptid");
const FDLIMIT: usize = EventCode::EXECVE.param("fdlimit");
const PGFT_MAJ: usize = EventCode::EXECVE.param("pgft_maj");
const PGFT_MIN: usize = EventCode::EXECVE.param("pgft_min");
const VM_SIZE: usize = EventCode::EXECVE.param("vm_size");
const VM_RSS: usize = EventCode::EXECVE.param("vm_rss");
const VM_SWAP: usize = EventCode::EXECVE.param("vm_swap");
const COMM: usize = EventCode::EXECVE.param("comm");
const CGROUPS: usize = EventCode::EXECVE.param("cgroups");
const ENV: usize = EventCode::EXECVE.param("env");
const TTY: usize = EventCode::EXECVE.param("tty");
const VPGID: usize = EventCode::EXECVE.param("vpgid");
const LOGINUID: usize = EventCode::EXECVE.param("loginuid");
const FLAGS: usize = EventCode::EXECVE.param("flags");
const CAP_INHERITABLE: usize = EventCode::EXECVE.param("cap_inheritable");
const CAP_PERMITTED: usize = EventCode::EXECVE.param("cap_permitted");
const CAP_EFFECTIVE: usize = EventCode::EXECVE.param("cap_effective");
const EXE_INO: usize = EventCode::EXECVE.param("exe_ino");
const EXE_INO_CTIME: usize = EventCode::EXECVE.param("exe_ino_ctime");
const EXE_INO_MTIME: usize = EventCode::EXECVE.param("exe_ino_mtime");
const UID: usize = EventCode::EXECVE.param("uid");
const TRUSTED_EXEPATH: usize = EventCode::EXECVE.param("trusted_exepath");
const PGID: usize = EventCode::EXECVE.param("pgid");
const GID: usize = EventCode::EXECVE.param("gid");

const AT_EMPTY_PATH: u32 = execveat_flags.value("AT_EMPTY_PATH");

pub(super) fn on_execve(state: &mut State, now: &mut Now<'_>) {
    let event = now.event;
    let Some(idx) = now.current.thread else { return };
    if event.first().is_some_and(|res| res < 0) {
        return;
    }
    state.threads.resurrect(idx);
    set_image(state, idx, event);
    let exepath = match event.text(TRUSTED_EXEPATH) {
        Some(path) => Some(state.names.share(without_deleted(path))),
        None => exepath_of_enter(state, now, idx),
    };
    let image = state.threads.edit(idx);
    if let Some(exepath) = exepath {
        image.exepath = exepath;
    }
    let kept = flags::PIPE_SRC | flags::PIPE_DST | flags::IS_MAIN_THREAD | flags::CLONE_INVERTED;
    image.flags = (image.flags & kept) | flags::ACTIVE | flags::NAME_CHANGED;
    let (uid, gid, container) = (image.uid, image.gid, image.container.id.clone());
    state.ask_for_names(now.host, uid, gid, container.as_bytes());

    if let Some(owner) = state.threads.fds_owner(idx) {
        let n = state.threads.at_mut(owner).fds.remove_if(|_, fd| fd.is_close_on_exec());
        state.stats.n_removed_fds += n as u64;
    }

    // The other threads of the group end here, without exiting.
    if state.threads.n_alive(idx) > 1 {
        let tids: Vec<i64> = state
            .threads
            .members(idx)
            .iter()
            .filter(|&&member| member != idx && !state.threads.at(member).is_main())
            .map(|&member| state.threads.at(member).tid())
            .collect();
        for tid in tids {
            state.remove_thread(tid, now.host);
        }
    }
}

fn set_image(state: &mut State, idx: ThreadIdx, event: &Event<'_>) {
    let ts = event.ts();
    let event: Params<'_, { EventCode::EXECVE.info().params.len() }> = event.params();
    let exe = state.names.share(event.text(EXE).unwrap_or_default());
    let comm = event.text(COMM).map_or_else(|| exe.clone(), |comm| state.names.share(comm));
    let args = state.names.share(event.bytes(ARGS));
    // An entry of another process: its end was missed.
    let pid = event.i64(PID).filter(|&pid| pid >= 0);
    if let Some(pid) = pid.filter(|&pid| pid != state.threads.at(idx).pid()) {
        state.threads.leave(idx);
        state.threads.edit(idx).pid = pid;
    }
    let image = state.threads.edit(idx);
    (image.exe, image.comm, image.args) = (exe, comm, args);
    image.lastexec_ts = ts;
    let thread = state.threads.at(idx);
    if thread.is_invalid() {
        let (tid, pid) = (thread.tid(), thread.pid());
        let image = state.threads.edit(idx);
        image.ptid = event.i64(PTID).unwrap_or_default();
        if image.flags & flags::CHILD_IN_PIDNS == 0 {
            (image.vtid, image.vpid) = (tid, pid);
        }
    }
    state.threads.relate(idx);
    if event.has(VM_SWAP) {
        state.threads.at_mut(idx).memory = Memory {
            vmsize_kb: event.u32(VM_SIZE).unwrap_or_default(),
            vmrss_kb: event.u32(VM_RSS).unwrap_or_default(),
            vmswap_kb: event.u32(VM_SWAP).unwrap_or_default(),
            pfmajor: event.u64(PGFT_MAJ).unwrap_or_default(),
            pfminor: event.u64(PGFT_MIN).unwrap_or_default(),
        };
    }
    let cgroups = event.has(CGROUPS).then(|| state.cgroups.read(event.bytes(CGROUPS)));
    let image = state.threads.edit(idx);
    if let Some(cgroups) = cgroups {
        (image.cgroups, image.container) = cgroups;
    }
    if event.has(ENV) {
        image.env = Text::new(event.bytes(ENV));
    }
    image.fdlimit = event.i64(FDLIMIT).unwrap_or_default();
    image.tty = event.u32(TTY).unwrap_or(image.tty);
    image.vpgid = event.i64(VPGID).unwrap_or(image.vpgid);
    image.loginuid = event.u32(LOGINUID).unwrap_or(image.loginuid);
    image.uid = event.u32(UID).unwrap_or(image.uid);
    image.gid = event.u32(GID).unwrap_or(image.gid);
    image.pgid = event.i64(PGID).unwrap_or(-1);
    if let Some(bits) = event.u32(FLAGS) {
        image.exe_writable = bits & execve_flags.value("EXE_WRITABLE") != 0;
        image.exe_upper_layer = bits & execve_flags.value("EXE_UPPER_LAYER") != 0;
        image.exe_from_memfd = bits & execve_flags.value("EXE_FROM_MEMFD") != 0;
        image.exe_lower_layer = bits & execve_flags.value("EXE_LOWER_LAYER") != 0;
    }
    if event.has(CAP_EFFECTIVE) {
        image.cap_inheritable = event.u64(CAP_INHERITABLE).unwrap_or_default();
        image.cap_permitted = event.u64(CAP_PERMITTED).unwrap_or_default();
        image.cap_effective = event.u64(CAP_EFFECTIVE).unwrap_or_default();
    }
    if event.has(EXE_INO_MTIME) {
        image.exe_ino = event.u64(EXE_INO).unwrap_or_default();
        image.exe_ino_ctime = event.u64(EXE_INO_CTIME).unwrap_or_default();
        image.exe_ino_mtime = event.u64(EXE_INO_MTIME).unwrap_or_default();
        if image.clone_ts != 0 {
            image.exe_ino_ctime_duration_clone_ts =
                image.clone_ts.wrapping_sub(image.exe_ino_ctime);
        }
        let since = image.pidns_init_start_ts;
        if since != 0 && image.exe_ino_ctime > since {
            image.exe_ino_ctime_duration_pidns_start = image.exe_ino_ctime - since;
        }
    }
}

/// The executable's path as far as the enter event tells: only old captures need it.
fn exepath_of_enter(state: &mut State, now: &mut Now<'_>, idx: ThreadIdx) -> Option<Text> {
    let record = state.take_enter(idx);
    let enter = state.enter_of(&record, now);
    let exepath = enter.map(|enter| {
        if enter.code() == EventCode::EXECVE_ENTER_V19 {
            path_of_execve(state, idx, &enter)
        } else {
            path_of_execveat(state, now, idx, &enter)
        }
    });
    state.give_back(idx, record);
    exepath
}

fn path_of_execve(state: &mut State, idx: ThreadIdx, enter: &Event<'_>) -> Text {
    let filename = enter.text(0).unwrap_or_default();
    if filename == b"<NA>" {
        return state.names.share(filename);
    }
    let cwd = state.cwd_of(idx);
    state.join(Base::directory(cwd.as_bytes()), filename)
}

fn path_of_execveat(
    state: &mut State,
    now: &mut Now<'_>,
    idx: ThreadIdx,
    enter: &Event<'_>,
) -> Text {
    const DIRFD: usize = EventCode::EXECVEAT_ENTER_V0.param("dirfd");
    const PATHNAME: usize = EventCode::EXECVEAT_ENTER_V0.param("pathname");
    const FLAGS: usize = EventCode::EXECVEAT_ENTER_V0.param("flags");
    let dirfd = enter.i64(DIRFD).unwrap_or_default();
    let name = enter.text(PATHNAME).unwrap_or_default();
    let is_fd_itself = enter.u32(FLAGS).unwrap_or_default() & AT_EMPTY_PATH != 0;
    let dir =
        if name.starts_with(b"/") { Some(&[][..]) } else { state.threads.directory(idx, dirfd) };
    let Some(dir) = dir else { return state.names.share(b"<NA>") };
    let dir = dir.to_vec();
    if !name.starts_with(b"/") {
        now.current.entry = state.find_fd(idx, dirfd);
    }
    if is_fd_itself {
        state.join(Base::NONE, &dir)
    } else if name == b"<NA>" {
        state.names.share(name)
    } else {
        state.join(Base::directory(&dir), name)
    }
}
