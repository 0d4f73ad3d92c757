//! Limits, sizes of memory and counts of page faults.

use gyr_event::EventCode;
use gyr_event::tables::rlimit_resources;

use crate::ThreadIdx;
use crate::state::{Now, State};

const NOFILE: u32 = rlimit_resources.value("RLIMIT_NOFILE");

pub(super) fn on_rlimit(state: &mut State, now: &mut Now<'_>) {
    // Both events have one layout.
    const CUR: usize = EventCode::SETRLIMIT.param("cur");
    const RESOURCE: usize = EventCode::SETRLIMIT.param("resource");
    let event = now.event;
    let Some(idx) = now.current.thread else { return };
    let failed = event.first().is_some_and(|res| res < 0);
    if !failed && event.u32(RESOURCE) == Some(NOFILE) {
        set_fdlimit(state, idx, event.i64(CUR));
    }
}

pub(super) fn on_prlimit(state: &mut State, now: &mut Now<'_>) {
    const NEWCUR: usize = EventCode::PRLIMIT.param("newcur");
    const PID: usize = EventCode::PRLIMIT.param("pid");
    const RESOURCE: usize = EventCode::PRLIMIT.param("resource");
    let event = now.event;
    if event.first() != Some(0) || event.u32(RESOURCE) != Some(NOFILE) {
        return;
    }
    let newcur = event.i64(NEWCUR).filter(|&limit| limit != -1);
    let (Some(newcur), Some(pid)) = (newcur, event.i64(PID)) else { return };
    let tid = if pid == 0 { event.tid() } else { pid };
    if let Some(idx) = state.find_or_look_up(tid, now.host)
        && !state.threads.at(idx).is_invalid()
    {
        set_fdlimit(state, idx, Some(newcur));
    }
}

/// The limit is the process's. -1 says that the record does not have it.
fn set_fdlimit(state: &mut State, idx: ThreadIdx, limit: Option<i64>) {
    let Some(limit) = limit.filter(|&limit| limit != -1) else { return };
    if let Some(main) = state.threads.main(idx)
        && state.threads.at(main).fdlimit() != limit
    {
        state.threads.edit(main).fdlimit = limit;
    }
}

pub(super) fn on_memory(state: &mut State, now: &mut Now<'_>) {
    // All four events begin alike.
    const VM_SIZE: usize = EventCode::MMAP.param("vm_size");
    const VM_RSS: usize = EventCode::MMAP.param("vm_rss");
    const VM_SWAP: usize = EventCode::MMAP.param("vm_swap");
    let event = now.event;
    let Some(idx) = now.current.thread else { return };
    let memory = &mut state.threads.at_mut(idx).memory;
    if let Some(size) = event.u32(VM_SIZE) {
        memory.vmsize_kb = size;
    }
    if let Some(swap) = event.u32(VM_SWAP) {
        memory.vmrss_kb = event.u32(VM_RSS).unwrap_or_default();
        memory.vmswap_kb = swap;
    }
}

/// Faults are the thread's, sizes the process's.
pub(super) fn on_switch(state: &mut State, now: &mut Now<'_>) {
    const PGFT_MAJ: usize = EventCode::SCHEDSWITCH.param("pgft_maj");
    const PGFT_MIN: usize = EventCode::SCHEDSWITCH.param("pgft_min");
    const VM_SIZE: usize = EventCode::SCHEDSWITCH.param("vm_size");
    const VM_RSS: usize = EventCode::SCHEDSWITCH.param("vm_rss");
    const VM_SWAP: usize = EventCode::SCHEDSWITCH.param("vm_swap");
    let event = now.event;
    let (Some(idx), Some(swap)) = (now.current.thread, event.u32(VM_SWAP)) else { return };
    let memory = &mut state.threads.at_mut(idx).memory;
    memory.pfmajor = event.u64(PGFT_MAJ).unwrap_or_default();
    memory.pfminor = event.u64(PGFT_MIN).unwrap_or_default();
    if let Some(main) = state.threads.main(idx) {
        let memory = &mut state.threads.at_mut(main).memory;
        memory.vmsize_kb = event.u32(VM_SIZE).unwrap_or_default();
        memory.vmrss_kb = event.u32(VM_RSS).unwrap_or_default();
        memory.vmswap_kb = swap;
    }
}
