//! Which events rules see. The others only update the state, and take a number all the same.

use gyr_capture::{Record, RecordFlags};
use gyr_event::{EventCode, Origin};

/// Events that are there for the state: enters whose arguments could be changed before the call read them, and those of
/// exec in captures.
const STATE_ONLY: &[EventCode] = &[
    EventCode::OPEN_ENTER,
    EventCode::CONNECT_ENTER,
    EventCode::CREAT_ENTER,
    EventCode::OPENAT_ENTER,
    EventCode::OPENAT2_ENTER,
    EventCode::EXECVE_ENTER_V19,
    EventCode::EXECVEAT_ENTER_V0,
];

/// Whether rules see this event.
pub(crate) fn is_for_rules(record: &Record<'_>) -> bool {
    is_code_for_rules(record.event.code()) && !record.flags.contains(RecordFlags::STATE_ONLY)
}

/// Whether rules see events of this code, unless they are flagged.
pub(crate) fn is_code_for_rules(code: EventCode) -> bool {
    // Iterators tell of what is there already.
    !STATE_ONLY.contains(&code) && code.info().category.origin != Origin::ITER
}

#[cfg(test)]
mod tests {
    use gyr_event::{Event, RecordBuilder};

    use super::*;

    #[test]
    fn some_events_and_what_is_flagged_are_for_the_state_only() {
        let plain = RecordFlags::default();
        let cases = [
            (EventCode::OPENAT, plain, true),
            (EventCode::OPENAT, RecordFlags::STATE_ONLY, false),
            (EventCode::OPENAT_ENTER, plain, false),
            (EventCode::EXECVE_ENTER_V19, plain, false),
            (EventCode::CONTAINER_JSON, plain, true),
            (EventCode::CONTAINER_JSON, RecordFlags::STATE_ONLY, false),
            (EventCode::PROCEXIT, plain, true),
        ];
        for (code, flags, want) in cases {
            let bytes = RecordBuilder::new(code, 1, 1).finish();
            let record = Record { event: Event::decode(&bytes).unwrap(), flags };
            assert_eq!(is_for_rules(&record), want, "{code:?}");
        }
    }
}
