//! The end of a thread, and who takes its children.

use gyr_event::EventCode;
use gyr_event::tables::prctl_options;

use crate::state::{Ended, Now, State};

const REAPER_TID: usize = EventCode::PROCEXIT.param("reaper_tid");
const OPTION: usize = EventCode::PRCTL.param("option");
const ARG2: usize = EventCode::PRCTL.param("arg2_int");

const SET_CHILD_SUBREAPER: u32 = prctl_options.value("PR_SET_CHILD_SUBREAPER");
const GET_CHILD_SUBREAPER: u32 = prctl_options.value("PR_GET_CHILD_SUBREAPER");

/// The entry stays for this event's rules and goes with the next event.
pub(super) fn on_procexit(state: &mut State, now: &mut Now<'_>) {
    let Some(idx) = now.current.thread else { return };
    state.threads.mark_dead(idx);
    state.ended = Some(Ended::Thread(now.event.tid(), now.event.ts()));
    if state.threads.has_children(idx) {
        let reaper_tid = now.event.i64(REAPER_TID).unwrap_or(-1);
        state.threads.at_mut(idx).edit_reaper(reaper_tid);
    }
}

/// The one use of prctl that changes a table: orphans go to a process that asks for them.
pub(super) fn on_prctl(state: &mut State, now: &mut Now<'_>) {
    let event = now.event;
    let Some(idx) = now.current.thread else { return };
    if event.result().is_some_and(|res| res < 0) || state.threads.at(idx).is_invalid() {
        return;
    }
    if matches!(event.u32(OPTION), Some(SET_CHILD_SUBREAPER | GET_CHILD_SUBREAPER)) {
        let is_reaper = event.i64(ARG2).is_some_and(|arg| arg != 0);
        state.threads.set_reaper(idx, is_reaper);
    }
}

/// Threads that have gone lately: a caller's half of clone that comes after its child's exit must not bring it back.
///
/// Bounded and approximate: an entry may be overwritten by another, which at worst leaves a stale thread.
#[derive(Debug)]
pub(crate) struct Exited {
    /// (ptid and tid, when), found by hash.
    slots: Box<[(u64, u64)]>,
}

const N_SLOTS: usize = 8_192;

/// How long an exit is remembered, in nanoseconds.
const LATELY: u64 = 2_000_000_000;

impl Default for Exited {
    fn default() -> Self {
        Self { slots: vec![(0, 0); N_SLOTS].into_boxed_slice() }
    }
}

impl Exited {
    pub(crate) fn add(&mut self, tid: i64, ptid: i64, ts: u64) {
        let key = key(tid, ptid);
        if let Some(slot) = self.slots.get_mut(index(key)) {
            *slot = (key, ts);
        }
    }

    pub(super) fn lately(&self, tid: i64, ptid: i64, ts: u64) -> bool {
        let key = key(tid, ptid);
        self.slots.get(index(key)).is_some_and(|&(other, when)| {
            other == key && ts.checked_sub(when).is_some_and(|age| age < LATELY)
        })
    }
}

const fn key(tid: i64, ptid: i64) -> u64 {
    (ptid.cast_unsigned() << 32) | (tid.cast_unsigned() & 0xffff_ffff)
}

const fn index(key: u64) -> usize {
    // The multiplier of Fibonacci hashing; the top bits are the well-mixed ones.
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 51) as usize
}
