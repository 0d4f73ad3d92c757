//! Which system calls the probe shall send: what the rules are about, what the picture of the system needs, and what the
//! `base_syscalls` of the configuration say.

use gyr_event::{EVENTS, Interest, Kind, SYSCALLS, Syscall, SyscallFlags};

use crate::index::{Events, event_name};

/// The keys of `base_syscalls`.
#[derive(Clone, Debug, Default)]
pub struct BaseSyscalls {
    /// Names of events; with `!` before them, to be left out.
    pub custom_set: Vec<String>,
    /// Keep only what these rules need for a right picture, not what any rule might need.
    pub repair: bool,
    /// Do not leave out reads and writes.
    pub all: bool,
}

/// What to send, and how that came about.
#[derive(Clone, Debug)]
pub struct Selection {
    pub syscalls: Interest,
    /// What the rules are about.
    pub rules: Interest,
    /// Needed for the picture of the system, but by no rule.
    pub state: Interest,
    /// Left out because reads and writes are too many.
    pub ignored: Interest,
    /// What `repair` added to the custom set.
    pub repaired: Interest,
    /// Names of `custom_set` that no event has.
    pub unknown_positive: Vec<String>,
    pub unknown_negative: Vec<String>,
}

/// Reads and writes, which are sent only on demand since they are too many.
pub fn ignored_syscalls() -> Interest {
    let io = SYSCALLS.iter().filter(|syscall| is_kind(syscall, &[Kind::IO_READ, Kind::IO_WRITE]));
    io.filter(|syscall| !syscall.flags.contains(SyscallFlags::STATE)).collect()
}

/// The names that events of a set go by, each once, in alphabetical order.
pub fn event_names(syscalls: &Interest) -> Vec<&'static str> {
    let mut names: Vec<_> = syscalls.iter().filter_map(event_name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

impl Selection {
    /// `rules` are the system calls of the enabled rules, `plugins` those of the events that plugins parse.
    pub fn new(rules: &Interest, plugins: &Interest, base: &BaseSyscalls) -> Self {
        let names = |negative: bool| {
            let custom = base.custom_set.iter().map(|name| (name.as_str(), name.strip_prefix('!')));
            custom.filter_map(move |(name, without)| match without {
                None => (!negative).then_some(name),
                Some(without) => negative.then_some(without),
            })
        };
        let (positive, unknown_positive) = named(names(false));
        let (negative, unknown_negative) = named(names(true));
        let rules = rules.clone().union(plugins);
        let mut syscalls = match (base.repair, positive.is_empty()) {
            (true, true) => repair(&rules),
            (false, true) => rules.clone().union(&flagged(SyscallFlags::STATE)),
            (_, false) => rules.clone().union(&positive),
        };
        syscalls = syscalls.difference(&negative);
        let state = syscalls.clone().difference(&rules);
        let mut ignored = Interest::none();
        if !base.all {
            ignored = ignored_syscalls().intersection(&syscalls);
            syscalls = syscalls.difference(&ignored);
        }
        let mut repaired = Interest::none();
        if base.repair && !base.custom_set.is_empty() {
            let whole = repair(&syscalls);
            repaired = whole.clone().difference(&syscalls);
            syscalls = whole;
        }
        // Without the ends of processes the picture grows for ever.
        syscalls = syscalls.union(&Events::named("procexit").syscalls);
        let unknown = (unknown_positive, unknown_negative);
        let (unknown_positive, unknown_negative) = unknown;
        Self { syscalls, rules, state, ignored, repaired, unknown_positive, unknown_negative }
    }
}

/// The least set around `syscalls` that keeps their fields right.
fn repair(syscalls: &Interest) -> Interest {
    const NET: &[Kind] = &[Kind::NET];
    const OF_FDS: &[Kind] = &[Kind::NET, Kind::FILE, Kind::IO_READ, Kind::IO_WRITE];
    let any = |kinds: &[Kind]| syscalls.iter().any(|syscall| is_kind(syscall, kinds));
    let servers = ["accept", "accept4", "listen"];
    let serves = syscalls.iter().any(|syscall| servers.contains(&syscall.name));
    let mut all = syscalls.clone().union(&flagged(SyscallFlags::REPAIR));
    for (needed, names) in [
        (any(NET), ["socket", "getsockopt"].as_slice()),
        (serves, &["bind"]),
        (any(OF_FDS), &["close"]),
    ] {
        for name in names.iter().filter(|_| needed) {
            all = all.union(&Events::named(name).syscalls);
        }
    }
    all
}

fn flagged(flag: SyscallFlags) -> Interest {
    SYSCALLS.iter().filter(|syscall| syscall.flags.contains(flag)).collect()
}

fn is_kind(syscall: &Syscall, kinds: &[Kind]) -> bool {
    let name = event_name(syscall);
    let of_kind = |kind| kinds.contains(&kind);
    EVENTS.iter().any(|info| Some(info.name) == name && of_kind(info.category.kind))
}

/// The system calls of these events, and the names that no event has.
fn named<'a>(names: impl Iterator<Item = &'a str>) -> (Interest, Vec<String>) {
    let (mut known, mut unknown) = (Interest::none(), Vec::new());
    for name in names {
        let syscalls = Events::named(name).syscalls;
        if syscalls.is_empty() {
            unknown.push(name.to_owned());
        }
        known = known.union(&syscalls);
    }
    (known, unknown)
}

#[cfg(test)]
#[allow(clippy::print_stdout, reason = "tests say what they skip")]
mod tests {
    use super::*;

    fn select(rules: &[&str], base: &BaseSyscalls) -> Vec<&'static str> {
        let (rules, _) = named(rules.iter().copied());
        event_names(&Selection::new(&rules, &Interest::none(), base).syscalls)
    }

    fn custom(names: &[&str], repair: bool) -> BaseSyscalls {
        let custom_set = names.iter().map(|name| (*name).to_owned()).collect();
        BaseSyscalls { custom_set, repair, all: false }
    }

    #[test]
    fn reads_and_writes_are_ignored() {
        let want = [
            "pread", "preadv", "pwrite", "pwritev", "read", "readv", "recv", "send", "sendfile",
            "write", "writev",
        ];
        assert_eq!(event_names(&ignored_syscalls()), want);
    }

    #[test]
    fn a_custom_set_stands_in_for_the_state_set() {
        assert_eq!(select(&["open"], &custom(&["close"], false)), ["close", "open", "procexit"]);
    }

    #[test]
    fn names_with_a_bang_are_left_out() {
        let names = select(&["open"], &custom(&["!socket", "!open"], false));
        assert!(names.contains(&"connect") && !names.contains(&"socket"));
        assert!(!names.contains(&"open"));
    }

    #[test]
    fn reads_need_all() {
        assert!(!select(&["read"], &BaseSyscalls::default()).contains(&"read"));
        let base = BaseSyscalls { all: true, ..BaseSyscalls::default() };
        assert!(select(&["read"], &base).contains(&"read"));
    }

    #[test]
    fn repair_keeps_what_the_fields_of_the_rules_need() {
        let names = select(&["accept"], &custom(&[], true));
        for name in ["accept", "bind", "socket", "getsockopt", "close", "clone", "procexit"] {
            assert!(names.contains(&name), "{name}");
        }
        assert!(!names.contains(&"open") && !names.contains(&"dup"));
    }

    #[test]
    fn unknown_names_are_told() {
        let rules = Interest::none();
        let selection = Selection::new(&rules, &rules, &custom(&["opne", "!clsoe", "open"], false));
        assert_eq!(selection.unknown_positive, ["opne"]);
        assert_eq!(selection.unknown_negative, ["clsoe"]);
    }

    #[test]
    fn falco_selects_the_same() {
        let shared = std::env::var("GYR_SHARED").unwrap_or_else(|_| "../../../shared".to_owned());
        for name in ["sc-sets-default.txt", "sc-sets-all3.txt"] {
            let path = std::path::Path::new(&shared).join("reference").join(name);
            let Ok(text) = std::fs::read_to_string(&path) else {
                return println!("skipped: no {}", path.display());
            };
            let names = |what: &str| -> Vec<&str> {
                let line = text.lines().find(|line| line.contains(what)).unwrap();
                line.split_once("): ")
                    .or_else(|| line.split_once("rules: "))
                    .unwrap()
                    .1
                    .split(", ")
                    .collect()
            };
            let rules = names("syscalls in rules");
            assert_eq!(select(&rules, &BaseSyscalls::default()), names("final set"), "{name}");
        }
    }
}
