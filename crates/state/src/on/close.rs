//! Closing fds.

use gyr_event::tables::close_range_flags;
use gyr_event::{EventCode, Place};

use crate::state::{Ended, Now, State};

/// The entry stays for this event's rules and goes with the next event.
pub(super) fn on_close(state: &mut State, now: &mut Now<'_>) {
    const RES: Place<8> = Place::of(EventCode::CLOSE, EventCode::CLOSE.param("res")).unwrap();
    if now.event.i64_at(&RES).is_none_or(|res| res >= 0) {
        state.ended = now.current.entry.map(|(owner, fd)| Ended::Fd(owner, fd));
    }
}

pub(super) fn on_close_range(state: &mut State, now: &mut Now<'_>) {
    const FIRST: usize = EventCode::CLOSE_RANGE.param("first");
    const LAST: usize = EventCode::CLOSE_RANGE.param("last");
    const FLAGS: usize = EventCode::CLOSE_RANGE.param("flags");
    const CLOEXEC: u32 = close_range_flags.value("CLOSE_RANGE_CLOEXEC");
    let event = now.event;
    let (Some(idx), Some(0)) = (now.current.thread, event.first()) else { return };
    let (Some(first), Some(last)) = (event.u32(FIRST), event.u32(LAST)) else { return };
    let range = i64::from(first)..=i64::from(last);
    let Some(owner) = state.threads.fds_owner(idx) else { return };
    if event.u32(FLAGS).unwrap_or_default() & CLOEXEC != 0 {
        let fds: Vec<i64> = state.threads.at(owner).fds.iter().map(|(fd, _)| fd).collect();
        for fd in fds.into_iter().filter(|fd| range.contains(fd)) {
            state.set_close_on_exec(owner, fd, true);
        }
    } else {
        let n = state.threads.at_mut(owner).fds.remove_if(|fd, _| range.contains(&fd));
        state.stats.n_removed_fds += n as u64;
    }
}
