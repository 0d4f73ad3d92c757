//! Random streams of events: nothing may panic, the tables stay within their bounds and agree with each other.

use gyr_event::snapshot::Snapshot;
use gyr_event::{EVENTS, Event, EventCode, EventInfo, ParamInfo, ParamType, RecordBuilder};
use proptest::prelude::*;

use crate::{Current, Limits, NoHost, State};

const LIMITS: Limits = Limits { threads: 12, fds_per_process: 8, stored_event: 256, users: 8 };

/// A parameter as it stands in a record.
type Param = Vec<u8>;

/// Few numbers, so that events meet each other's threads and fds.
fn number() -> impl Strategy<Value = i64> {
    prop_oneof![8 => -2..16i64, 1 => Just(-100), 1 => Just(100_000), 1 => any::<i64>()]
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(b"".to_vec()),
        Just(b"<NA>\0".to_vec()),
        "(/|\\.\\.|a|b|\\.){0,6}".prop_map(|text| [text.as_bytes(), b"\0"].concat()),
        prop::collection::vec(any::<u8>(), 0..40),
    ]
}

/// Families that are known, with a right or wrong number of bytes behind.
fn address() -> impl Strategy<Value = Vec<u8>> {
    let family = prop_oneof![Just(1u8), Just(2), Just(10), any::<u8>()];
    let rest = prop_oneof![
        prop::collection::vec(0..3u8, 6..7),
        prop::collection::vec(0..3u8, 12..13),
        prop::collection::vec(0..3u8, 36..37),
        prop::collection::vec(any::<u8>(), 0..40),
    ];
    (family, rest).prop_map(|(family, rest)| [vec![family], rest].concat())
}

fn param(info: &'static ParamInfo) -> BoxedStrategy<Param> {
    use ParamType as T;
    let usual = match info.ty {
        T::CHARBUF | T::FSPATH | T::FSRELPATH | T::BYTEBUF | T::CHARBUFARRAY => text().boxed(),
        T::SOCKADDR | T::SOCKTUPLE => address().boxed(),
        T::INT8 | T::UINT8 | T::FLAGS8 | T::ENUMFLAGS8 => {
            number().prop_map(|n| n.to_le_bytes()[..1].to_vec()).boxed()
        }
        T::INT16 | T::UINT16 | T::FLAGS16 | T::ENUMFLAGS16 => {
            number().prop_map(|n| n.to_le_bytes()[..2].to_vec()).boxed()
        }
        T::UINT32 | T::INT32 | T::FLAGS32 | T::ENUMFLAGS32 | T::UID | T::GID | T::MODE => {
            let bits = prop_oneof![number(), (0..32u32).prop_map(|bit| 1 << bit)];
            bits.prop_map(|n| n.to_le_bytes()[..4].to_vec()).boxed()
        }
        _ => number().prop_map(|n| n.to_le_bytes().to_vec()).boxed(),
    };
    let odd = prop::collection::vec(any::<u8>(), 0..24);
    prop_oneof![12 => usual, 1 => Just(Vec::new()), 1 => odd].boxed()
}

fn params(info: &'static EventInfo) -> impl Strategy<Value = Vec<Param>> {
    let all: Vec<_> = info.params.iter().map(param).collect();
    (all, 0..40usize).prop_map(|(mut params, n)| {
        params.truncate(n);
        params
    })
}

/// Those that change a table come more often.
fn code() -> impl Strategy<Value = EventCode> {
    let of_state: Vec<EventCode> =
        EventCode::all().filter(|&code| crate::on::Rule::of(code).handler.is_some()).collect();
    let family = [EventCode::CLONE, EventCode::EXECVE, EventCode::PROCEXIT, EventCode::PRCTL];
    prop_oneof![
        6 => prop::sample::select(of_state),
        4 => prop::sample::select(family.to_vec()),
        1 => (0..EVENTS.len()).prop_map(|i| EVENTS[i].code),
    ]
}

fn record() -> impl Strategy<Value = Vec<u8>> {
    (code(), 0..16i64, 0..6_000_000_000u64)
        .prop_flat_map(|(code, tid, ts)| (Just(code), Just(tid), Just(ts), params(code.info())))
        .prop_map(|(code, tid, ts, params)| {
            let record = RecordBuilder::new(code, ts, tid);
            params.iter().fold(record, |record, param| record.bytes(param)).finish()
        })
}

fn check(state: &State, current: &Current) {
    state.threads.check();
    assert!(state.threads.len() <= LIMITS.threads);
    for thread in state.threads() {
        assert!(thread.fds.len() <= LIMITS.fds_per_process);
        assert_eq!(thread.fds.iter().count(), thread.fds.len());
        assert!(state.ancestors(thread).count() <= LIMITS.threads);
        assert!(state.parents(thread).count() <= LIMITS.threads);
        assert!(state.n_children(thread) <= state.n_threads(thread));
    }
    if current.is_fd_known() {
        assert!(state.current_fd(current).is_some());
    }
    if let Some(idx) = current.thread {
        assert!(state.thread(state.thread_at(idx).tid()).is_some());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_stream_leaves_the_tables_sound(records in prop::collection::vec(record(), 1..120)) {
        let mut state = State::new(LIMITS);
        state.load(Snapshot::default());
        for (num, record) in (1..).zip(&records) {
            let Ok(event) = Event::decode(record) else { continue };
            let current = state.apply(&event.at(0, num), &mut NoHost);
            check(&state, &current);
        }
    }
}
