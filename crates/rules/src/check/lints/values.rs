//! Values that a field cannot have, and fields that have none any more.

use gyr_filter::ast::{Expr, Operand, Operator, Right};
use gyr_filter::{Scheme, Type};

use super::super::atoms::Pair;
use super::super::codes::Code;
use super::super::items::Checker;
use super::super::report::{Draft, Place, meant};
use super::super::shape::listed;
use super::super::spans::Parts;
use super::super::written::Written;
use crate::compile::DEPRECATED_FIELDS;
use crate::version::Version;

/// What the values of a field are.
enum Values {
    /// At most so many bytes, and why.
    Short(usize, &'static str),
    /// None of these signs in it, and why.
    Without(char, &'static str),
    /// No slash at its end.
    NoLastSlash,
    /// Absolute.
    Absolute,
    /// One of these.
    OneOf(&'static [&'static str]),
}

const COMM: Values = Values::Short(15, "the kernel keeps 15 bytes of a thread's name");
const FD_TYPES: Values = Values::OneOf(&[
    "file",
    "directory",
    "ipv4",
    "ipv6",
    "unix",
    "pipe",
    "event",
    "signalfd",
    "eventpoll",
    "inotify",
    "timerfd",
    "netlink",
    "bpf",
    "userfaultfd",
    "io_uring",
    "memfd",
    "pidfd",
]);

const FIELDS: &[(&str, Values)] = &[
    ("proc.name", COMM),
    ("proc.pname", COMM),
    ("proc.aname", COMM),
    ("proc.sname", COMM),
    ("proc.exepath", Values::Absolute),
    ("proc.pexepath", Values::Absolute),
    ("proc.aexepath", Values::Absolute),
    ("fd.directory", Values::NoLastSlash),
    ("fd.filename", Values::Without('/', "it is what follows the last `/`")),
    ("fd.type", FD_TYPES),
    (
        "fd.typechar",
        Values::OneOf(&[
            "f", "d", "4", "6", "p", "u", "e", "s", "l", "i", "t", "n", "b", "r", "m", "P", "o",
            "X",
        ]),
    ),
    ("fd.l4proto", Values::OneOf(&["tcp", "udp", "icmp", "raw", "<NA>"])),
    ("evt.dir", Values::OneOf(&["<", ">"])),
    ("evt.io_dir", Values::OneOf(&["read", "write"])),
    ("container.id", Values::Short(12, "it is the first 12 signs of the whole id, or `host`")),
];

/// Whether a field is missing where others hold the text `<NA>`. Mounts have had texts of their own for what is not there.
fn is_without_na(field: &str) -> bool {
    let starts = ["container.", "k8s.", "ka.", "jevt."];
    starts.iter().any(|start| field.starts_with(start)) && !field.starts_with("container.mount")
}

/// The first version of Falco that does not have the deprecated fields.
const WITHOUT_DEPRECATED: Version = Version::new(0, 45, 0);

impl<S: Scheme> Checker<'_, S> {
    pub(super) fn values(
        &mut self,
        source: &str,
        written: &Written,
        pair: Pair<'_>,
        parts: &Parts,
    ) {
        let values: Vec<String> = match &pair.full.right {
            Right::Value(_, text) | Right::Name(_, text) => vec![text.to_str_lossy().into_owned()],
            Right::List(_, texts) => texts.iter().map(|t| t.to_str_lossy().into_owned()).collect(),
            Right::Nothing | Right::Operand(_) => return,
        };
        let Some(scheme) = self.language.scheme(source) else { return };
        let ty = gyr_filter::check_operand(&pair.full.left, scheme).map(|subject| subject.ty());
        let Ok(ty) = ty else { return };
        let field = match &pair.full.left {
            Operand::Field(field) => field.name.clone(),
            Operand::Transformer(_) => String::new(),
        };
        let shown = written.text.get(parts.left.0..parts.left.1).unwrap_or_default().to_owned();
        let known = FIELDS.iter().find(|(name, _)| *name == field).map(|(_, values)| values);
        for value in &values {
            let (code, what, help) = if let Some(what) = out_of_range(ty, value, &shown) {
                (Code::OutOfRange, what, None)
            } else if let Some((what, help)) =
                known.and_then(|known| impossible(known, pair.full.operator, value, &shown))
            {
                (Code::ImpossibleValue, what, help)
            } else if pair.full.operator == Operator::Regex
                && gyr_filter::is_plain_regex(value.as_bytes())
            {
                let what = format!("`{value}` needs no regular expression");
                let help = "use `=`, `startswith`, `endswith` or `contains`, which are faster";
                (Code::SimplerThanRegex, what, Some(help.to_owned()))
            } else if gyr_filter::is_field(scheme, value) {
                let what = format!("`{value}` is the name of a field, but is compared as a text");
                (
                    Code::FieldAsText,
                    what,
                    Some(format!("write `val({value})` to compare with the field")),
                )
            } else if value == "<NA>" && is_without_na(&field) {
                let what = "a missing value is no text `<NA>`".to_owned();
                (Code::NaComparison, what, Some(format!("write `not {shown} exists`")))
            } else {
                continue;
            };
            let place = self.value_place(written, parts, value);
            self.report.put(Draft::new(code, place, what).maybe_help(help));
        }
    }

    /// Where a value stands: here, or in a list.
    fn value_place(&self, written: &Written, parts: &Parts, value: &str) -> Place {
        let text = |range: &(usize, usize)| written.text.get(range.0..range.1).unwrap_or_default();
        let here = parts.values.iter().find(|range| text(range).trim_matches(['"', '\'']) == value);
        if let Some((from, to)) = here {
            return written.place(self.report.files, *from, *to);
        }
        let listed = parts.values.iter().find_map(|range| self.item_place(text(range), value, 0));
        listed.unwrap_or_else(|| written.place(self.report.files, parts.whole.0, parts.whole.1))
    }

    /// Lists may be in lists.
    fn item_place(&self, list: &str, item: &str, depth: usize) -> Option<Place> {
        let known = self.lists.get(list)?;
        let quoted = |text: &str| text.trim_matches(['"', '\'']) == item;
        let direct = known.items.iter().find(|(text, _)| quoted(text)).map(|(_, place)| *place);
        direct.or_else(|| {
            let inner = known.items.iter().filter(|_| depth < 8);
            inner.into_iter().find_map(|(text, _)| self.item_place(text, item, depth + 1))
        })
    }

    pub(super) fn gone_in_condition(&mut self, written: &Written, raw: &Expr) {
        let mut found = Vec::new();
        raw.fields(&mut |field| {
            if DEPRECATED_FIELDS.contains(&field.name.as_str()) {
                found.push((field.position.offset, field.name.clone()));
            }
        });
        for (at, name) in found {
            let place = written.place(self.report.files, at, at + name.len());
            self.gone(place, &name);
        }
    }

    pub(super) fn gone_in_output(&mut self, written: &Written) {
        for name in DEPRECATED_FIELDS {
            for (at, _) in written.text.match_indices(name) {
                let before = written.text.get(..at).unwrap_or_default();
                let after = written.text.get(at + name.len()..).unwrap_or_default();
                let is_field = before.trim_end_matches(|c: char| c.is_ascii_digit()).ends_with('%');
                let longer = after
                    .strip_prefix('.')
                    .is_some_and(|rest| rest.starts_with(char::is_alphabetic));
                if is_field && !longer {
                    let place = written.place(self.report.files, at, at + name.len());
                    self.gone(place, name);
                }
            }
        }
    }

    fn gone(&mut self, place: Place, name: &str) {
        let target = self.settings.target.filter(|target| *target >= WITHOUT_DEPRECATED);
        let (code, what) = match target {
            Some(target) => (
                Code::TargetVersion,
                format!("version {}.{} has no field `{name}`", target.major, target.minor),
            ),
            None if name == "evt.dir" => (
                Code::DeprecatedField,
                "there are no enter events any more, so `evt.dir` is always `<` for system calls"
                    .to_owned(),
            ),
            None => (
                Code::DeprecatedField,
                format!("there are no enter events any more, so `{name}` is always 0"),
            ),
        };
        let help = match name {
            "evt.dir" => {
                "take the comparison out: `evt.dir = <` is always true, `evt.dir = >` never"
            }
            _ => "take it out",
        };
        self.report.put(Draft::new(code, place, what).help(help));
    }
}

fn out_of_range(ty: Type, value: &str, shown: &str) -> Option<String> {
    let (least, most): (i128, i128) = match ty {
        Type::Int8 => (i8::MIN.into(), i8::MAX.into()),
        Type::Int16 => (i16::MIN.into(), i16::MAX.into()),
        Type::Int32 => (i32::MIN.into(), i32::MAX.into()),
        Type::Int64 | Type::Fd | Type::Pid | Type::Errno => (i64::MIN.into(), i64::MAX.into()),
        Type::Uint8 | Type::Flags8 | Type::Enumflags8 | Type::Sigtype => (0, u8::MAX.into()),
        Type::Uint16 | Type::Flags16 | Type::Enumflags16 | Type::Port | Type::Syscallid => {
            (0, u16::MAX.into())
        }
        Type::Uint32 | Type::Flags32 | Type::Enumflags32 | Type::Mode => (0, u32::MAX.into()),
        Type::Uint64 | Type::Reltime | Type::Abstime => (0, u64::MAX.into()),
        _ => return None,
    };
    let number: i128 = value.trim().parse().ok()?;
    // Everybody writes -1 for the largest number.
    let wraps = least == 0 && number == -1 && most >= u32::MAX.into();
    let outside = (number < least || number > most) && !wraps;
    outside.then(|| format!("`{shown}` is a number from {least} to {most}, never {number}"))
}

type Impossible = Option<(String, Option<String>)>;

fn impossible(values: &Values, operator: Operator, value: &str, shown: &str) -> Impossible {
    let equal = matches!(operator, Operator::Eq | Operator::EqEq | Operator::In | Operator::Ne);
    let begins = operator == Operator::Startswith;
    let part = matches!(operator, Operator::Contains | Operator::Endswith) || begins;
    match values {
        Values::Short(most, why) => {
            let cut = value.get(..*most);
            let help = cut.filter(|_| equal && *most == 15).map(|cut| format!("write `{cut}`"));
            (value.len() > *most && (equal || part))
                .then(|| (format!("`{shown}` is never as long as `{value}`: {why}"), help))
        }
        Values::Without(sign, why) => (value.contains(*sign) && (equal || part))
            .then(|| (format!("`{shown}` never has `{sign}` in it: {why}"), None)),
        Values::NoLastSlash => {
            let slash = value.len() > 1 && value.ends_with('/');
            let help = Some(format!("write `{}`", value.trim_end_matches('/')));
            (slash && (equal || operator == Operator::Endswith))
                .then(|| (format!("`{shown}` never ends with `/`"), help))
        }
        Values::Absolute => {
            // A program that was run from memory goes by its name there.
            let elsewhere = value.starts_with("memfd:") || value == "<NA>";
            let relative = !value.is_empty() && !value.starts_with('/') && !elsewhere;
            (relative && (equal || begins))
                .then(|| (format!("`{shown}` is an absolute path, which `{value}` is not"), None))
        }
        Values::OneOf(known) => {
            let unknown = equal && !known.contains(&value) && !value.is_empty();
            let help = || {
                meant(value, known.iter().copied())
                    .unwrap_or_else(|| format!("it is one of {}", listed(known.iter().copied())))
            };
            unknown.then(|| (format!("`{shown}` is never `{value}`"), Some(help())))
        }
    }
}
