//! The tables of this crate against the format's reference tables, row by row.

use std::{fmt::Write as _, path::PathBuf};

use gyr_event::{
    EVENTS, EventCode, EventFlags, Kind, Origin, ParamExtra, ParamFormat, ParamInfo, SYSCALLS,
    SyscallFlags, SyscallKind, flag_table,
};

/// The rows of a reference table, split at tabs, without the head; none where the material is absent.
fn rows(name: &str) -> Vec<Vec<String>> {
    let root = std::env::var_os("GYR_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let path = root.join("spec").join(name);
    let Ok(text) = std::fs::read_to_string(&path) else {
        #[allow(clippy::print_stderr, reason = "a skipped test must say so")]
        {
            eprintln!("skipped: {} is not here", path.display());
        }
        return Vec::new();
    };
    text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

#[test]
fn every_event_is_as_in_the_reference() {
    for row in rows("events.tsv") {
        let code = EventCode::new(row[0].parse().unwrap()).unwrap();
        let info = code.info();
        assert_eq!(info.code, code);
        let direction = if code.is_enter() { "enter(>)" } else { "exit(<)" };
        let params: Vec<String> = info.params.iter().map(param).collect();
        let ours = [
            info.name.to_owned(),
            direction.to_owned(),
            params.len().to_string(),
            params.join(", "),
            category(code),
            flags(info.flags),
        ];
        let theirs = [&row[2], &row[3], &row[4], &row[5], &row[6], &row[7]];
        assert_eq!(ours.each_ref(), theirs, "{}", row[1]);
    }
}

fn param(info: &ParamInfo) -> String {
    let format = match info.format {
        ParamFormat::NA => "NA",
        ParamFormat::DEC => "DEC",
        ParamFormat::HEX => "HEX",
        ParamFormat::PaddedDec => "10_PADDED_DEC",
        ParamFormat::ID => "ID",
        ParamFormat::DIR => "DIR",
        ParamFormat::OCT => "OCT",
    };
    let mut text = format!("{}:{}:{format}", info.name, info.ty.name());
    match info.extra {
        ParamExtra::None => {}
        ParamExtra::Flags(table) => write!(text, ":{}", table.name).unwrap(),
        ParamExtra::Dirfd(index) => write!(text, ":dirfd={index}").unwrap(),
        // The reference names the set of choices by what it is of.
        ParamExtra::Choices(choices) => {
            let names: Vec<&str> = choices.iter().map(|choice| choice.0.name()).collect();
            let name = match names[..] {
                ["BYTEBUF", "ERRNO", "UINT32", "UINT64", "RELTIME"] => "sockopt",
                ["UINT64", "SIGTYPE"] => "ptrace",
                ["FD", "ERRNO"] => "bpf",
                ["INT64", "CHARBUF"] => "keyctl",
                _ => "?",
            };
            write!(text, ":{name}_dynamic_param").unwrap();
        }
    }
    text
}

fn category(code: EventCode) -> String {
    let category = code.info().category;
    // The reference splits the number into bits, and three kinds are bits above the plain ones.
    let kind = match category.kind {
        Kind::WAIT | Kind::SCHEDULER | Kind::INTERNAL => format!("UNKNOWN|{:?}", category.kind),
        kind => format!("{kind:?}"),
    };
    match category.origin {
        Origin::NONE => kind,
        origin => format!("{kind}|{origin:?}"),
    }
}

fn flags(flags: EventFlags) -> String {
    let names = [
        (EventFlags::CREATES_FD, "CREATES_FD"),
        (EventFlags::DESTROYS_FD, "DESTROYS_FD"),
        (EventFlags::USES_FD, "USES_FD"),
        (EventFlags::READS_FROM_FD, "READS_FROM_FD"),
        (EventFlags::WRITES_TO_FD, "WRITES_TO_FD"),
        (EventFlags::MODIFIES_STATE, "MODIFIES_STATE"),
        (EventFlags::UNUSED, "UNUSED"),
        (EventFlags::WAITS, "WAITS"),
        (EventFlags::SKIPPARSERESET, "SKIPPARSERESET"),
        (EventFlags::OLD_VERSION, "OLD_VERSION"),
        (EventFlags::LARGE_PAYLOAD, "LARGE_PAYLOAD"),
        (EventFlags::CONVERTER_MANAGED, "CONVERTER_MANAGED"),
    ];
    let set: Vec<&str> =
        names.iter().filter(|(flag, _)| flags.contains(*flag)).map(|(_, name)| *name).collect();
    if set.is_empty() { "NONE".to_owned() } else { set.join("|") }
}

#[test]
fn every_flag_is_as_in_the_reference_and_in_its_order() {
    let rows = rows("flags.tsv");
    for table in rows.chunk_by(|a, b| a[0] == b[0]) {
        let theirs: Vec<(&str, u32)> =
            table.iter().map(|row| (row[1].as_str(), row[2].parse().unwrap())).collect();
        let ours = flag_table(&table[0][0]).unwrap_or_else(|| panic!("no table {}", table[0][0]));
        assert_eq!(ours.values, theirs, "{}", ours.name);
    }
}

#[test]
fn every_system_call_is_as_in_the_reference() {
    let rows = rows("syscalls.tsv");
    assert!(rows.is_empty() || rows.len() == SYSCALLS.len());
    for (row, ours) in rows.iter().zip(SYSCALLS) {
        let name = &row[1];
        assert_eq!((ours.code.to_string(), ours.name), (row[0].clone(), name.as_str()));
        let kind = match ours.kind {
            SyscallKind::Dedicated => "dedicated",
            SyscallKind::Generic => "generic",
            SyscallKind::Tracepoint => "tracepoint",
            SyscallKind::Unmapped => "unmapped",
        };
        assert_eq!(kind, row[2], "{name}");
        assert_eq!(ours.nr.map_or(-1, i32::from).to_string(), row[3], "{name}");
        let flags = [
            (SyscallFlags::NEVER_DROP, row[4].contains("NEVER_DROP")),
            (SyscallFlags::ALWAYS_DROP, row[4].contains("ALWAYS_DROP")),
            (SyscallFlags::STATE, row[7] == "1"),
            (SyscallFlags::REPAIR, row[8] == "1"),
        ];
        for (flag, theirs) in flags {
            assert_eq!(ours.flags.contains(flag), theirs, "{name}: {flag:?}");
        }
        if ours.kind == SyscallKind::Dedicated {
            assert_eq!(ours.exit.map_or(-1, |code| i32::from(code.number())).to_string(), row[6]);
        }
    }
}

#[test]
fn the_probe_sends_no_event_of_the_past() {
    for syscall in SYSCALLS {
        for code in [syscall.enter, syscall.exit].into_iter().flatten() {
            assert!(code.is_current(), "{}: {}", syscall.name, code.number());
        }
    }
    let enters: Vec<&str> =
        SYSCALLS.iter().filter(|call| call.enter.is_some()).map(|call| call.name).collect();
    assert_eq!(
        enters,
        [
            "open",
            "creat",
            "openat",
            "connect",
            "openat2",
            "sched_process_exit",
            "sched_switch",
            "page_fault_user",
            "page_fault_kernel",
            "signal_deliver"
        ]
    );
}

#[test]
fn codes_are_pairs_and_indices() {
    assert_eq!(EVENTS.len() % 2, 0);
    for (index, info) in EVENTS.iter().enumerate() {
        assert_eq!(info.code.index(), index);
        assert!(info.params.len() <= 32, "{}", info.name);
        assert!(info.name.len() <= 32, "{}", info.name);
        for param in info.params {
            if let ParamExtra::Dirfd(dirfd) = param.extra {
                assert!(dirfd < info.params.len(), "{}.{}", info.name, param.name);
            }
        }
    }
}
