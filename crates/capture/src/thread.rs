//! The fields of a thread, once: for the lists of captures, read and written, and for text.

use gyr_event::snapshot::ThreadEntry;

/// One field of a thread.
pub(crate) struct ThreadField {
    /// Its name in text.
    pub name: &'static str,
    /// The version of the list in captures that brought it.
    pub since: u8,
    pub slot: fn(&mut ThreadEntry) -> Slot<'_>,
}

/// Where a field's value lives. Numbers are as wide in captures as here.
pub(crate) enum Slot<'a> {
    I64(&'a mut i64),
    U32(&'a mut u32),
    U64(&'a mut u64),
    Bool(&'a mut bool),
    Text(&'a mut Vec<u8>),
    /// Texts, each ended by a NUL.
    Texts(&'a mut Vec<u8>),
}

macro_rules! fields {
    ($($since:literal $name:ident $slot:ident,)*) => {
        &[$(ThreadField {
            name: stringify!($name),
            since: $since,
            slot: |thread| Slot::$slot(&mut thread.$name),
        }),*]
    };
}

/// In the order of captures.
pub(crate) static THREAD_FIELDS: &[ThreadField] = fields! {
    1 tid I64,
    1 pid I64,
    1 ptid I64,
    6 sid I64,
    8 vpgid I64,
    1 comm Text,
    1 exe Text,
    7 exepath Text,
    1 args Texts,
    1 cwd Text,
    1 fdlimit I64,
    1 flags U32,
    1 uid U32,
    1 gid U32,
    2 vmsize_kb U32,
    2 vmrss_kb U32,
    2 vmswap_kb U32,
    2 pfmajor U64,
    2 pfminor U64,
    3 env Texts,
    4 vtid I64,
    4 vpid I64,
    4 cgroups Texts,
    5 root Text,
};

/// What a thread ends with from version 9 on, in pieces: an entry may end after any of them.
pub(crate) static THREAD_TAIL: &[ThreadField] = fields! {
    9 pidns_init_start_ts U64,
    9 tty U32,
    9 loginuid U32,
    9 exe_writable Bool,
    9 cap_inheritable U64,
    9 cap_permitted U64,
    9 cap_effective U64,
    9 exe_upper_layer Bool,
    9 exe_ino U64,
    9 exe_ino_ctime U64,
    9 exe_ino_mtime U64,
    9 exe_from_memfd Bool,
    9 exe_lower_layer Bool,
    9 pgid I64,
};
