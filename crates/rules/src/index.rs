//! Which events a condition can be true for.

use std::collections::HashMap;
use std::sync::LazyLock;

use gyr_event::{EVENTS, EventCode, Interest, SYSCALLS, Syscall, SyscallKind};
use gyr_filter::ast::{Arg, Check, FieldExpr, Operand, Right};
use gyr_filter::{Expr, Interpretation, Leaf, Operator, Position, Text};

/// A set of events: the codes of records, and the system calls (and tracepoints) behind them.
///
/// Both are kept since neither follows from the other: all system calls without an event of their own share one code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Events {
    codes: [u64; WORDS],
    pub syscalls: Interest,
}

const WORDS: usize = EventCode::COUNT.div_ceil(64);

impl Events {
    pub const fn none() -> Self {
        Self { codes: [0; WORDS], syscalls: Interest::none() }
    }

    pub fn all() -> Self {
        static ALL: LazyLock<Events> = LazyLock::new(|| {
            let mut events = Events { codes: [0; WORDS], syscalls: Interest::all() };
            EventCode::all().for_each(|code| events.insert(code));
            events
        });
        ALL.clone()
    }

    /// Every event that goes by this name; a system call without an event of its own has its name.
    pub fn named(name: &str) -> Self {
        static NAMED: LazyLock<HashMap<&str, Events>> = LazyLock::new(by_name);
        NAMED.get(name).cloned().unwrap_or_else(Self::none)
    }

    /// The events that a condition without macros can be true for.
    pub fn of(condition: &Expr) -> Result<Self, UnknownEvents> {
        Ok(condition.interpret(&mut Index)?.unwrap_or_else(Self::all))
    }

    pub const fn contains(&self, code: EventCode) -> bool {
        let number = code.index();
        self.codes[number / 64] & (1 << (number % 64)) != 0
    }

    pub const fn insert(&mut self, code: EventCode) {
        let number = code.index();
        self.codes[number / 64] |= 1 << (number % 64);
    }

    /// How many codes.
    pub fn len(&self) -> usize {
        self.codes.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether all of them are among the others.
    pub(crate) fn is_within(&self, others: &Self) -> bool {
        self.codes.iter().zip(others.codes).all(|(word, other)| word & !other == 0)
            && self.syscalls.clone().difference(&others.syscalls).is_empty()
    }

    #[must_use]
    pub fn union(mut self, other: &Self) -> Self {
        self.codes.iter_mut().zip(other.codes).for_each(|(word, more)| *word |= more);
        self.syscalls = self.syscalls.union(&other.syscalls);
        self
    }

    fn intersection(mut self, other: &Self) -> Self {
        self.codes.iter_mut().zip(other.codes).for_each(|(word, also)| *word &= also);
        self.syscalls = self.syscalls.intersection(&other.syscalls);
        self
    }

    fn complement(&self) -> Self {
        let mut rest = Self::all();
        rest.codes.iter_mut().zip(self.codes).for_each(|(word, less)| *word &= !less);
        rest.syscalls = rest.syscalls.difference(&self.syscalls);
        rest
    }

    /// The names of the events, each once, in alphabetical order. The generic event goes by the names of its system calls.
    pub fn names(&self) -> Vec<&'static str> {
        let codes = EVENTS.iter().filter(|info| self.contains(info.code));
        let codes = codes.filter(|info| info.name != GENERIC);
        let mut names: Vec<_> = codes.map(|info| info.name).collect();
        names.extend(self.syscalls.iter().filter_map(event_name));
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// A comparison that makes it impossible to say which events a condition is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownEvents {
    pub position: Position,
    pub message: &'static str,
}

fn by_name() -> HashMap<&'static str, Events> {
    let mut named: HashMap<&str, Events> = HashMap::new();
    for info in EVENTS {
        named.entry(info.name).or_insert_with(Events::none).insert(info.code);
    }
    let generic = named.get(GENERIC).cloned().unwrap_or_else(Events::none);
    for syscall in SYSCALLS {
        let Some(name) = event_name(syscall) else { continue };
        let events = named.entry(name).or_insert_with(Events::none);
        events.syscalls.insert(syscall.code);
        if syscall.kind == SyscallKind::Generic {
            *events = events.clone().union(&generic);
            let all = named.entry(GENERIC).or_insert_with(Events::none);
            all.syscalls.insert(syscall.code);
        }
    }
    named
}

/// The name of the event that tells of system calls without an event of their own.
const GENERIC: &str = EventCode::GENERIC.info().name;

/// The name that a system call's events go by.
pub fn event_name(syscall: &Syscall) -> Option<&'static str> {
    match syscall.kind {
        SyscallKind::Unmapped => None,
        SyscallKind::Generic => Some(syscall.name),
        SyscallKind::Dedicated | SyscallKind::Tracepoint => {
            let elsewhere = ELSEWHERE.iter().find(|(name, _)| *name == syscall.name);
            let here = syscall.exit.or(syscall.enter).map(|code| code.info().name);
            here.or(elsewhere.map(|(_, event)| *event)).or(Some(syscall.name))
        }
    }
}

/// System calls of other machines whose events go by another name.
const ELSEWHERE: &[(&str, &str)] = &[
    ("_llseek", "llseek"),
    ("fcntl64", "fcntl"),
    ("getegid32", "getegid"),
    ("geteuid32", "geteuid"),
    ("getgid32", "getgid"),
    ("getresgid32", "getresgid"),
    ("getresuid32", "getresuid"),
    ("getuid32", "getuid"),
    ("sendfile64", "sendfile"),
    ("setgid32", "setgid"),
    ("setresgid32", "setresgid"),
    ("setresuid32", "setresuid"),
    ("setuid32", "setuid"),
    ("ugetrlimit", "getrlimit"),
];

/// A comparison of anything but the event type says nothing about events, be it negated or not: all of them, which is
/// `None`.
struct Index;

impl Interpretation<Leaf<'_>> for Index {
    type Output = Option<Events>;
    type Error = UnknownEvents;

    fn leaf(&mut self, leaf: &Leaf<'_>, negated: bool) -> Result<Option<Events>, UnknownEvents> {
        let Leaf::Check(position, check) = leaf else { return Ok(None) };
        let events =
            of_check(check).map_err(|message| UnknownEvents { position: *position, message })?;
        Ok(if negated { events.map(|events| events.complement()) } else { events })
    }

    fn and(&mut self, parts: Vec<Option<Events>>) -> Option<Events> {
        parts.into_iter().flatten().reduce(|all, part| all.intersection(&part))
    }

    fn or(&mut self, parts: Vec<Option<Events>>) -> Option<Events> {
        let parts: Option<Vec<Events>> = parts.into_iter().collect();
        parts?.into_iter().reduce(|any, part| any.union(&part))
    }
}

/// The events of one comparison, if it is about events.
fn of_check(check: &Check) -> Result<Option<Events>, &'static str> {
    let field = match &check.left {
        Operand::Field(field) => field,
        Operand::Transformer(transformer) => {
            return match asks_for_types(check) && hides_type(&transformer.args) {
                true => Err("a rule cannot be told its events from a transformed 'evt.type'"),
                false => Ok(None),
            };
        }
    };
    match field.name.as_str() {
        _ if is_type(field) => of_type(check),
        "evt.num" if field.arg.is_none() => Ok(of_number(check)),
        _ => Ok(None),
    }
}

/// Whether the comparison would tell of events if its field were the type of the event.
fn asks_for_types(check: &Check) -> bool {
    const OPERATORS: [Operator; 5] =
        [Operator::Exists, Operator::Eq, Operator::EqEq, Operator::Ne, Operator::In];
    check.modifier.is_none() && OPERATORS.contains(&check.operator)
}

/// Whether Falco notices a type of events among the arguments of a transformer: of a list it sees the last item.
fn hides_type(args: &[Arg]) -> bool {
    args.iter().any(|arg| match arg {
        Arg::Operand(Operand::Field(field)) => is_type(field),
        Arg::Operand(Operand::Transformer(inner)) => hides_type(&inner.args),
        Arg::List(items) => items.last().is_some_and(|last| hides_type(std::slice::from_ref(last))),
        Arg::Text(_) | Arg::Number(_) => false,
    })
}

fn is_type(field: &FieldExpr) -> bool {
    matches!(field.name.as_str(), "evt.type" | "syscall.type") && field.arg.is_none()
}

fn of_type(check: &Check) -> Result<Option<Events>, &'static str> {
    let named = match (check.operator, &check.right) {
        (Operator::Exists, _) => return Ok(Some(Events::all())),
        (Operator::Eq | Operator::EqEq | Operator::Ne | Operator::In, Right::Operand(_)) => {
            return Err("a rule cannot be told its events from another field");
        }
        (_, Right::Value(_, name) | Right::Name(_, name)) => Events::named(&name.to_str_lossy()),
        (_, Right::List(_, names)) => {
            let each = names.iter().map(|name| Events::named(&name.to_str_lossy()));
            each.fold(Events::none(), |any, events| any.union(&events))
        }
        _ => return Ok(None),
    };
    Ok(match check.operator {
        _ if check.modifier.is_some() => None,
        Operator::Eq | Operator::EqEq | Operator::In => Some(named),
        Operator::Ne => Some(named.complement()),
        _ => None,
    })
}

/// Events are counted from 1: comparisons of their number with 0 are the way to write always and never.
fn of_number(check: &Check) -> Option<Events> {
    let number = |text: &Text| text.to_str_lossy().parse::<u64>().ok();
    let number = match (&check.right, check.operator) {
        (Right::Value(_, text), _) => number(text)?,
        (Right::List(_, texts), Operator::In) => {
            return texts.iter().all(|text| number(text) == Some(0)).then(Events::none);
        }
        _ => return None,
    };
    let always = match (check.operator, number) {
        (Operator::Eq | Operator::EqEq | Operator::Le, 0) | (Operator::Lt, 0 | 1) => false,
        (Operator::Ne | Operator::Gt, 0) | (Operator::Ge, 0 | 1) => true,
        _ => return None,
    };
    Some(if always { Events::all() } else { Events::none() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(condition: &str) -> String {
        Events::of(&gyr_filter::parse(condition).unwrap()).unwrap().names().join(" ")
    }

    #[test]
    fn conditions_name_their_events() {
        for (condition, want) in [
            ("evt.type = open and proc.name = a", "open"),
            ("evt.type in (open, close) and evt.type != open", "close"),
            ("evt.type = open or evt.type = getcwd", "getcwd open"),
            ("evt.type = open and not proc.name = a", "open"),
            ("evt.type = open and not (proc.name = a or evt.type = open)", ""),
            ("evt.type = open and evt.num = 0", ""),
            ("evt.type = open and not evt.num = 0", "open"),
            ("evt.type = open and evt.num in (0, 00)", ""),
            ("evt.type = open and evt.num in ()", ""),
            ("evt.type = open and evt.num in (0, 1)", "open"),
            ("evt.type = open and not toupper(evt.type) startswith O", "open"),
            ("evt.type = sysinfo", "sysinfo"),
            ("evt.type = procexit", "procexit"),
        ] {
            assert_eq!(names(condition), want, "{condition}");
        }
    }

    #[test]
    fn negation_leaves_what_is_not_named() {
        let all = Events::all().names();
        assert_eq!(all.len(), 465);
        let rest = Events::of(&gyr_filter::parse("not evt.type = open").unwrap()).unwrap().names();
        assert_eq!(rest.len(), 464);
        assert!(!rest.contains(&"open"));
    }

    #[test]
    fn events_that_only_an_event_tells_are_refused() {
        for condition in ["toupper(evt.type) = OPEN", "a.b = 1 and evt.type = val(a.b)"] {
            Events::of(&gyr_filter::parse(condition).unwrap()).unwrap_err();
        }
    }

    #[test]
    fn a_name_covers_every_machine() {
        let calls: Vec<_> = Events::named("setuid").syscalls.iter().map(|call| call.name).collect();
        assert_eq!(calls, ["setuid", "setuid32"]);
    }

    #[test]
    fn a_system_call_without_an_event_comes_with_the_generic_one() {
        let events = Events::named("sysinfo");
        assert!(events.contains(EventCode::GENERIC));
        assert_eq!(events.syscalls.len(), 1);
    }
}
