//! Enter events that are kept until their exit: what they read of user memory was read before the kernel used it.

use gyr_event::{Event, EventCode};

use crate::ThreadIdx;
use crate::state::{Now, State};

/// Keeps the record with the thread.
pub(super) fn on_enter(state: &mut State, now: &mut Now<'_>) {
    let Some(idx) = now.current.thread else {
        state.stats.n_stored_event_drops += 1;
        return;
    };
    let event = now.event;
    // An empty first parameter means that nothing could be read.
    let may_be_empty =
        matches!(event.code(), EventCode::CONNECT_ENTER | EventCode::EXECVEAT_ENTER_V0);
    let record = event.record();
    if (!may_be_empty && !event.has(0)) || record.len() > state.limits.stored_event {
        return;
    }
    let kept = &mut state.threads.at_mut(idx).last.record;
    kept.clear();
    kept.extend_from_slice(record);
    state.stats.n_stored_events += 1;
}

impl State {
    /// Takes the record that the thread's enter event left; to be given back, so that its memory is used again.
    #[inline]
    pub(super) fn take_enter(&mut self, idx: ThreadIdx) -> Vec<u8> {
        let record = &mut self.threads.at_mut(idx).last.record;
        if record.is_empty() { Vec::new() } else { std::mem::take(record) }
    }

    #[inline]
    pub(super) fn give_back(&mut self, idx: ThreadIdx, record: Vec<u8>) {
        if !record.is_empty() {
            self.threads.at_mut(idx).last.record = record;
        }
    }

    /// The enter event of the exit event being applied, if `record` holds it.
    #[inline]
    pub(super) fn enter_of<'r>(&mut self, record: &'r [u8], now: &Now<'_>) -> Option<Event<'r>> {
        if record.is_empty() {
            self.stats.n_retrieved_event_drops += 1;
            return None;
        }
        self.decode_enter(record, now.event.code())
    }

    #[inline(never)]
    fn decode_enter<'r>(&mut self, record: &'r [u8], exit: EventCode) -> Option<Event<'r>> {
        let enter = Event::decode(record).ok().filter(|enter| {
            exit.number() == enter.code().number() + 1
                || (exit == EventCode::EXECVE && enter.code() == EventCode::EXECVEAT_ENTER_V0)
        });
        if enter.is_some() {
            self.stats.n_retrieved_events += 1;
        } else {
            self.stats.n_retrieved_event_drops += 1;
        }
        enter
    }
}
