//! Random conditions and worlds over the toy scheme. Literals and values come from the same few, so that they meet.

use super::{FIELDS, Owned, Row, Table};
use gyr_filter::{Fold, Type};

/// A small generator; the same seed gives the same sequence everywhere.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % n
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

const TEXTS: &[&str] = &[
    "",
    "a",
    "ab",
    "abc",
    "b",
    "bash",
    "BASH",
    "/etc",
    "/etc/",
    "/etc/passwd",
    "/etc/ssh/sshd_config",
    "/home/a/.ssh/id",
    "YWJj",
    "<NA>",
    "a b",
    "-a",
    "é\u{fffd}x",
];
const GLOBS: &[&str] = &["*", "a*", "/etc/*", "*/.ssh/*", "?", "[ab]*", "BA*", "*c", "a", ""];
const REGEXES: &[&str] = &["a.*", "(a|b)+", "/etc/.*", "[[:upper:]]+", ".*", "a b", ""];
const PATHS: &[&str] = &["/", "/etc", "/etc/ssh/", "/home/*/.ssh", "a"];
const NUMBERS: &[&str] = &["0", "1", "2", "7", "80", "1000", "18446744073709551615"];
const SIGNED: &[&str] = &["-1", "-9", "0", "1", "2", "7", "80", "9223372036854775807"];
const IPS: &[&str] = &["10.0.0.1", "10.0.0.2", "192.168.1.1", "::1", "fe80::1"];
const NETS: &[&str] = &["10.0.0.0/8", "10.0.0.2/32", "192.168.0.0/16", "fe80::/10", "0.0.0.0/0"];
const EVENTS: &[&str] = super::EVENTS;

/// A condition that passes the check.
pub(crate) fn condition(random: &mut Random, depth: usize) -> String {
    if depth == 0 || random.one_in(4) {
        return comparison(random);
    }
    let part = |random: &mut Random| {
        let inner = condition(random, depth - 1);
        match random.below(4) {
            0 => format!("not ({inner})"),
            _ => format!("({inner})"),
        }
    };
    let n = 2 + random.below(3);
    let word = if random.one_in(2) { " and " } else { " or " };
    let parts: Vec<String> = (0..n).map(|_| part(random)).collect();
    parts.join(word)
}

fn comparison(random: &mut Random) -> String {
    let row = *random.pick(FIELDS);
    if row.0 == "user.id" {
        return "user.id exists".to_owned();
    }
    let (subject, ty, fold) = subject(random, row);
    if random.one_in(12) {
        return format!("{subject} exists");
    }
    if fold == Fold::List {
        if row.0 == "list.paths" {
            return format!("{subject} exists");
        }
        let operator = random.pick(&["in", "intersects"]);
        return format!("{subject} {operator} {}", list(random, ty, "="));
    }
    if random.one_in(10) && row.4 == super::PLAIN && ty == Type::Charbuf && row.0 != "evt.type" {
        let operator = random.pick(&["=", "!=", "startswith", "contains", "<", ">=", "in", "glob"]);
        let other = random.pick(&["proc.name", "proc.pname", "container.id", "proc.env[X]"]);
        return format!("{subject} {operator} val({other})");
    }
    let operators: &[&str] = match ty {
        _ if row.0 == "evt.type" && subject == "evt.type" => &["=", "!=", "in"],
        Type::Charbuf | Type::Fspath => &[
            "=",
            "=",
            "==",
            "!=",
            "in",
            "in",
            "contains",
            "icontains",
            "startswith",
            "endswith",
            "glob",
            "iglob",
            "regex",
            "pmatch",
            "intersects",
        ],
        Type::Bytebuf => {
            &["=", "!=", "contains", "startswith", "endswith", "in", "bcontains", "bstartswith"]
        }
        Type::Bool | Type::Ipaddr | Type::Ipnet => &["=", "!=", "in"],
        _ => &["=", "!=", "<", "<=", ">", ">=", "in"],
    };
    let operator = *random.pick(operators);
    match operator {
        "in" | "intersects" | "pmatch" => {
            format!("{subject} {operator} {}", list(random, ty, operator))
        }
        "<" | "<=" | ">" | ">=" => {
            format!("{subject} {operator} {}", literal(random, ty, operator))
        }
        _ if random.one_in(5) && subject != "evt.type" => {
            let modifier = random.pick(&["oneof", "anyof", "allof"]);
            format!("{subject} {operator} {modifier} {}", list(random, ty, operator))
        }
        _ => format!("{subject} {operator} '{}'", literal(random, ty, operator)),
    }
}

/// A field or something made of it.
fn subject(random: &mut Random, (name, ty, fold, _, flags): Row) -> (String, Type, Fold) {
    let (name, fold) = match name {
        "proc.env" => ("proc.env[X]".to_owned(), fold),
        "proc.aname" if random.one_in(2) => ("proc.aname[1]".to_owned(), Fold::One),
        _ => (name.to_owned(), fold),
    };
    if flags != super::PLAIN || !random.one_in(6) {
        return (name, ty, fold);
    }
    match (ty, random.below(6)) {
        (Type::Charbuf | Type::Fspath, 0) => (format!("toupper({name})"), ty, fold),
        (Type::Charbuf | Type::Fspath, 1) => (format!("basename({name})"), Type::Charbuf, fold),
        (Type::Charbuf, 2) => (format!("b64({name})"), ty, fold),
        (Type::Charbuf | Type::Bytebuf, 3) if fold == Fold::One => {
            (format!("len({name})"), Type::Uint64, Fold::One)
        }
        (_, 3) if fold == Fold::List => (format!("len({name})"), Type::Uint64, Fold::One),
        (Type::Charbuf, 4) if fold == Fold::One => {
            (format!("concat({name}, proc.name)"), Type::Charbuf, Fold::One)
        }
        (Type::Charbuf, 5) if fold == Fold::List => {
            (format!("join('-', {name})"), Type::Charbuf, Fold::One)
        }
        _ => (name, ty, fold),
    }
}

fn list(random: &mut Random, ty: Type, operator: &str) -> String {
    let n = random.below(4);
    let literals: Vec<String> =
        (0..n).map(|_| format!("'{}'", literal(random, ty, operator))).collect();
    format!("({})", literals.join(", "))
}

fn literal(random: &mut Random, ty: Type, operator: &str) -> String {
    let choices = match ty {
        Type::Bytebuf if operator.starts_with('b') => &["61", "6162", "2f", "ff"],
        Type::Charbuf | Type::Fspath | Type::Bytebuf => match operator {
            "glob" | "iglob" => GLOBS,
            "regex" => REGEXES,
            "pmatch" => PATHS,
            _ => TEXTS,
        },
        Type::Bool => &["true", "false"],
        Type::Ipaddr => IPS,
        Type::Ipnet => NETS,
        Type::Int64 => SIGNED,
        Type::Port if operator.starts_with(['<', '>']) => &["80", "5000"],
        Type::Port => &["80", "http", "5000"],
        Type::Double => &["0", "1", "2"],
        _ => NUMBERS,
    };
    let text = *random.pick(choices);
    text.to_owned()
}

/// Conditions over event types need real names, which the pools of texts are not.
pub(crate) fn valid(text: &str) -> Option<gyr_filter::Checked<String>> {
    let expr = gyr_filter::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    match gyr_filter::check(&expr, &super::Toy) {
        Ok(checked) => Some(checked),
        Err(e) if e.kind == gyr_filter::CheckErrorKind::UnknownLiteral => None,
        Err(e) => panic!("{text}: {e}"),
    }
}

/// Sets, or takes away, the values of some fields.
pub(crate) fn change(random: &mut Random, table: &mut Table, which: impl Fn(&Row) -> bool) {
    for row in FIELDS.iter().filter(|row| which(row)) {
        let names: &[&str] = match row.0 {
            "proc.env" => &["proc.env[X]"],
            "proc.aname" => &["proc.aname", "proc.aname[1]"],
            _ => &[row.0],
        };
        for name in names {
            if random.one_in(5) {
                table.0.remove(*name);
                continue;
            }
            let n = match row.2 {
                Fold::List => random.below(4),
                Fold::Any | Fold::AnyEnd if !name.contains('[') => 1 + random.below(3),
                _ => 1,
            };
            let values = (0..n).map(|_| value(random, row)).collect();
            table.0.insert((*name).to_owned(), values);
        }
    }
}

fn value(random: &mut Random, row: &Row) -> Owned {
    let text = match row.1 {
        _ if row.0 == "evt.type" => random.pick(EVENTS),
        Type::Int64 => random.pick(SIGNED),
        Type::Bool => random.pick(&["true", "false"]),
        Type::Ipaddr | Type::Ipnet => random.pick(IPS),
        Type::Port => random.pick(&["80", "5000"]),
        Type::Double => random.pick(&["0", "1", "1.5", "NaN"]),
        Type::Uint64 | Type::Uint32 | Type::Uid => random.pick(NUMBERS),
        _ if random.one_in(20) => return Owned::Bytes(b"a\xff\xfe".to_vec()),
        _ => random.pick(TEXTS),
    };
    super::owned(row.1, text)
}
