//! Which fields exist: names and arguments as rules write them become a [`Field`].

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock};

use gyr_event::{EVENTS, EventCode, ParamInfo, ParamType, SYSCALLS};
use gyr_filter::{FieldError, FieldFlags, FieldInfo, Fold, Lifetime, Operator, Scheme, Type};
use rustc_hash::FxHashMap;

use crate::classes::CLASSES;
use crate::row::Dotted;
use crate::{Hosts, Row, Services, fixed};

/// The fields of this crate, as the condition language asks for them.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    /// Names of asynchronous events that sources announce, beside those of [`EVENTS`].
    async_names: Vec<String>,
    /// Names and values of the `static.*` fields.
    fixed: Vec<(String, Arc<str>)>,
    /// Takes the names of hosts that conditions ask about.
    hosts: Arc<Hosts>,
    services: Arc<Services>,
}

/// A field with its argument.
#[derive(Clone)]
pub struct Field {
    row: &'static Row,
    arg: Arg,
}

/// The argument of a field.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub enum Arg {
    #[default]
    None,
    Index(i32),
    Key(Arc<str>),
    /// A time in nanoseconds since the epoch.
    Time(u64),
    /// Up to two codes of events.
    Codes(u32, Option<u32>),
    /// The first of two paths, or the second.
    Source,
    Target,
}

impl Field {
    pub const fn row(&self) -> &'static Row {
        self.row
    }

    pub const fn arg(&self) -> &Arg {
        &self.arg
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.arg {
            Arg::None => f.write_str(self.row.name),
            arg => write!(f, "{}[{arg:?}]", self.row.name),
        }
    }
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.row, other.row) && self.arg == other.arg
    }
}

impl Eq for Field {}

impl Hash for Field {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.row.name.hash(state);
        self.arg.hash(state);
    }
}

impl Fields {
    /// Fields for sources that announce asynchronous events of these names.
    pub fn with_async_names(names: impl IntoIterator<Item = String>) -> Self {
        Self { async_names: names.into_iter().collect(), ..Self::default() }
    }

    /// The same with fields `static.NAME` of these values.
    #[must_use]
    pub fn with_static(mut self, fields: &[(String, String)]) -> Self {
        let fixed = fields.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
        self.fixed.extend(fixed);
        self
    }

    /// Fields that know these services, and tell these hosts what conditions ask about.
    #[must_use]
    pub fn with_network(mut self, hosts: Arc<Hosts>, services: Arc<Services>) -> Self {
        (self.hosts, self.services) = (hosts, services);
        self
    }

    /// The fields of an alert that `append_output: suggested_output` adds, in order.
    pub const SUGGESTED: &'static [&'static str] = &[
        "container.id",
        "container.name",
        "container.image.repository",
        "container.image.tag",
        "k8s.pod.name",
        "k8s.ns.name",
    ];

    fn fixed_field(&self, name: &str, arg: Option<&str>) -> Result<FieldInfo<Field>, FieldError> {
        let mut all = self.fixed.iter();
        let value = all.find(|(known, _)| known == name && arg.is_none());
        let (_, value) = value.ok_or(FieldError::Unknown)?;
        let row = &fixed::ROW;
        Ok(FieldInfo {
            ty: row.ty,
            fold: row.fold,
            flags: FieldFlags::default(),
            lifetime: row.lifetime,
            family: None,
            field: Field { row, arg: Arg::Key(Arc::clone(value)) },
        })
    }

    fn is_event_name(&self, name: &str) -> bool {
        EVENTS.iter().any(|info| info.name == name)
            || SYSCALLS.iter().any(|syscall| syscall.name == name)
            || self.async_names.iter().any(|known| known == name)
            || name == "container"
    }
}

impl Scheme for Fields {
    type Field = Field;

    fn field(&self, name: &str, arg: Option<&str>) -> Result<FieldInfo<Field>, FieldError> {
        if let Some(fixed) = name.strip_prefix(fixed::PREFIX) {
            return self.fixed_field(fixed, arg);
        }
        let (row, dotted) = find(name).ok_or(FieldError::Unknown)?;
        let mut ty = row.ty;
        let arg = match (dotted, arg) {
            (Some(_), Some(_)) => return Err(FieldError::Unknown),
            (Some(text), None) => {
                let (arg, arg_ty) = dotted_arg(row, text)?;
                ty = arg_ty.unwrap_or(ty);
                arg
            }
            (None, Some(text)) => bracketed_arg(row, text)?,
            (None, None) if row.argument.required => {
                return Err(FieldError::Argument(format!("filter syntax error: {name}")));
            }
            (None, None) => Arg::None,
        };
        Ok(FieldInfo {
            ty,
            fold: fold(row, &arg),
            flags: FieldFlags {
                // Falco shows them all the same, without a value.
                filter_only: false,
                no_rhs: row.properties.no_rhs,
                no_transformer: row.properties.no_transformer,
            },
            lifetime: lifetime(row, &arg),
            family: row.family,
            field: Field { row, arg },
        })
    }

    fn names(&self) -> Vec<&str> {
        let rows = CLASSES.iter().flat_map(|class| class.rows);
        rows.filter(|row| !row.properties.table_only).map(|row| row.name).collect()
    }

    fn known_literals(&self, field: &Field) -> Vec<&str> {
        match field.row.name {
            "evt.type" | "syscall.type" | "evt.asynctype" => {
                let events = EVENTS.iter().map(|info| info.name);
                let syscalls = SYSCALLS.iter().map(|syscall| syscall.name);
                let others = self.async_names.iter().map(String::as_str);
                events.chain(syscalls).chain(others).collect()
            }
            _ => Vec::new(),
        }
    }

    fn check_literal(&self, field: &Field, literal: &str) -> Result<(), String> {
        match field.row.name {
            "evt.type" if !self.is_event_name(literal) => {
                Err(format!("unknown event type {literal}"))
            }
            "fd.cip.name" | "fd.sip.name" | "fd.lip.name" | "fd.rip.name" => {
                self.hosts.ask(literal);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn service(&self, name: &str) -> Option<u16> {
        self.services.port(name)
    }

    fn operator(&self, field: &Field, operator: Operator) -> Result<Operator, String> {
        match (field.row.name, operator) {
            ("evt.around", Operator::Eq) => Ok(Operator::Le),
            ("evt.around", Operator::Exists) => Ok(operator),
            ("evt.around", _) => Err("evt.around supports only '=' comparison operator".to_owned()),
            _ => Ok(operator),
        }
    }
}

/// The row of a name, and what follows it after a dot.
fn find(name: &str) -> Option<(&'static Row, Option<&str>)> {
    static ROWS: LazyLock<FxHashMap<&'static str, &'static Row>> = LazyLock::new(|| {
        CLASSES.iter().flat_map(|class| class.rows).map(|row| (row.name, row)).collect()
    });
    if let Some(&row) = ROWS.get(name) {
        return Some((row, None));
    }
    name.match_indices('.')
        .rev()
        .find_map(|(dot, _)| {
            let (head, tail) = (name.get(..dot)?, name.get(dot + 1..)?);
            Some((*ROWS.get(head)?, tail))
        })
        .filter(|(row, _)| row.argument.dotted != Dotted::Nothing)
        .map(|(row, tail)| (row, Some(tail)))
}

/// The argument after a dot, and the type that it gives the field.
fn dotted_arg(row: &Row, text: &str) -> Result<(Arg, Option<Type>), FieldError> {
    match row.argument.dotted {
        Dotted::Nothing => Err(FieldError::Unknown),
        Dotted::Parameter => {
            let Some(param) = param_of_name(text) else {
                // The longest known name at its start is taken, and what is left over is no field.
                return Err(if starts_with_param(text) {
                    FieldError::Unknown
                } else {
                    FieldError::Argument(format!("unknown event argument {text}"))
                });
            };
            let ty = (row.ty == Type::Dyn).then(|| type_of(param.ty));
            Ok((Arg::Key(param.name.into()), ty))
        }
        Dotted::EventType => event_codes(text).map(|arg| (arg, None)).ok_or(FieldError::Unknown),
        Dotted::Side => match text {
            "src" => Ok((Arg::Source, None)),
            "dst" => Ok((Arg::Target, None)),
            _ => Err(FieldError::Unknown),
        },
        Dotted::Subsystem => {
            if text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_') {
                Ok((Arg::Key(text.into()), None))
            } else {
                Err(FieldError::Unknown)
            }
        }
    }
}

/// The argument in brackets.
fn bracketed_arg(row: &Row, text: &str) -> Result<Arg, FieldError> {
    let argument = row.argument;
    if argument.dotted == Dotted::Parameter && !argument.index {
        return Err(FieldError::Argument("evt.arg fields must be expressed explicitly".into()));
    }
    if row.ty == Type::Uint64 && argument.index && argument.required {
        return text.parse().map(Arg::Time).map_err(|_| FieldError::Unknown);
    }
    if argument.key {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number || !argument.index {
            return Ok(Arg::Key(text.into()));
        }
    }
    if argument.index {
        return match text.parse() {
            // An index of -1 is how Falco keeps "no index", so it means that.
            Ok(-1) => Ok(Arg::None),
            Ok(index) => Ok(Arg::Index(index)),
            Err(_) => Err(FieldError::Unknown),
        };
    }
    Err(FieldError::Unknown)
}

/// An ancestor picked by index is one value; without an index it is any ancestor.
fn fold(row: &Row, arg: &Arg) -> Fold {
    match (row.fold, arg) {
        (Fold::Any, Arg::None) => Fold::Any,
        (Fold::Any, _) => Fold::One,
        (fold, _) => fold,
    }
}

fn lifetime(row: &Row, arg: &Arg) -> Lifetime {
    match (row.lifetime, arg) {
        // The thread itself, but as its main thread knows it.
        (Lifetime::Lineage, Arg::Index(0)) => Lifetime::Lineage,
        (lifetime, _) => lifetime,
    }
}

/// The first parameter of this name in any event.
fn param_of_name(name: &str) -> Option<&'static ParamInfo> {
    EVENTS.iter().flat_map(|info| info.params).find(|param| param.name == name)
}

fn starts_with_param(text: &str) -> bool {
    EVENTS.iter().flat_map(|info| info.params).any(|param| text.starts_with(param.name))
}

/// An event by code, or the first enter and exit of this name.
fn event_codes(text: &str) -> Option<Arg> {
    if let Ok(code) = text.parse() {
        return Some(Arg::Codes(code, None));
    }
    let first = EventCode::all().find(|code| code.info().name == text)?;
    let first = u32::from(first.number());
    Some(Arg::Codes(first, Some(first + 1)))
}

/// The type that a parameter has in conditions.
pub(crate) const fn type_of(ty: ParamType) -> Type {
    match ty {
        ParamType::INT8 => Type::Int8,
        ParamType::INT16 => Type::Int16,
        ParamType::INT32 => Type::Int32,
        ParamType::INT64 => Type::Int64,
        ParamType::UINT8 => Type::Uint8,
        ParamType::UINT16 => Type::Uint16,
        ParamType::UINT32 => Type::Uint32,
        ParamType::UINT64 => Type::Uint64,
        ParamType::CHARBUF => Type::Charbuf,
        ParamType::BYTEBUF => Type::Bytebuf,
        ParamType::ERRNO => Type::Errno,
        ParamType::SOCKADDR => Type::Sockaddr,
        ParamType::SOCKTUPLE => Type::Socktuple,
        ParamType::FD | ParamType::FD32 => Type::Fd,
        ParamType::PID | ParamType::PID32 => Type::Pid,
        ParamType::FDLIST => Type::Fdlist,
        ParamType::FSPATH => Type::Fspath,
        ParamType::SYSCALLID => Type::Syscallid,
        ParamType::SIGTYPE => Type::Sigtype,
        ParamType::RELTIME => Type::Reltime,
        ParamType::ABSTIME => Type::Abstime,
        ParamType::PORT => Type::Port,
        ParamType::L4PROTO => Type::L4proto,
        ParamType::SOCKFAMILY => Type::Sockfamily,
        ParamType::BOOL => Type::Bool,
        ParamType::IPV4ADDR | ParamType::IPV6ADDR | ParamType::IPADDR => Type::Ipaddr,
        ParamType::DYN => Type::Dyn,
        ParamType::FLAGS8 => Type::Flags8,
        ParamType::FLAGS16 => Type::Flags16,
        ParamType::FLAGS32 => Type::Flags32,
        ParamType::UID => Type::Uid,
        ParamType::GID => Type::Gid,
        ParamType::DOUBLE => Type::Double,
        ParamType::SIGSET => Type::Sigset,
        ParamType::CHARBUFARRAY => Type::Charbufarray,
        ParamType::CHARBUF_PAIR_ARRAY => Type::CharbufPairArray,
        ParamType::IPV4NET | ParamType::IPV6NET | ParamType::IPNET => Type::Ipnet,
        ParamType::MODE => Type::Mode,
        ParamType::FSRELPATH => Type::Fsrelpath,
        ParamType::ENUMFLAGS8 => Type::Enumflags8,
        ParamType::ENUMFLAGS16 => Type::Enumflags16,
        ParamType::ENUMFLAGS32 => Type::Enumflags32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(name: &str, arg: Option<&str>) -> Result<(&'static str, Arg, Type), FieldError> {
        let info = Fields::default().field(name, arg)?;
        Ok((info.field.row().name, info.field.arg().clone(), info.ty))
    }

    #[test]
    fn arguments_stand_in_brackets_or_after_a_dot() {
        let cases = [
            ("proc.name", None, Ok(("proc.name", Arg::None, Type::Charbuf))),
            ("proc.aname", Some("2"), Ok(("proc.aname", Arg::Index(2), Type::Charbuf))),
            ("proc.aname", Some("-1"), Ok(("proc.aname", Arg::None, Type::Charbuf))),
            ("proc.env", Some("PATH"), Ok(("proc.env", Arg::Key("PATH".into()), Type::Charbuf))),
            ("proc.aenv", Some("2"), Ok(("proc.aenv", Arg::Index(2), Type::Charbuf))),
            ("evt.arg.flags", None, Ok(("evt.arg", Arg::Key("flags".into()), Type::Charbuf))),
            ("evt.arg", Some("0"), Ok(("evt.arg", Arg::Index(0), Type::Charbuf))),
            ("evt.rawarg.res", None, Ok(("evt.rawarg", Arg::Key("res".into()), Type::Errno))),
            ("evt.abspath.dst", None, Ok(("evt.abspath", Arg::Target, Type::Charbuf))),
            (
                "thread.cgroup.cpu",
                None,
                Ok(("thread.cgroup", Arg::Key("cpu".into()), Type::Charbuf)),
            ),
            ("evt.around", Some("5"), Ok(("evt.around", Arg::Time(5), Type::Uint64))),
        ];
        for (name, arg, want) in cases {
            assert_eq!(resolve(name, arg), want, "{name} {arg:?}");
        }
    }

    #[test]
    fn what_is_no_field_is_refused() {
        let cases = [
            ("foo.bar", None),
            ("EVT.TYPE", None),
            ("proc.name", Some("1")),
            ("proc.name.x", None),
            ("proc.aname", Some("x")),
            ("evt.type.is.nosuch", None),
            ("evt.arg.flagsx", None),
        ];
        for (name, arg) in cases {
            assert_eq!(resolve(name, arg), Err(FieldError::Unknown), "{name} {arg:?}");
        }
        let unknown = FieldError::Argument("unknown event argument nosuch".into());
        assert_eq!(resolve("evt.arg.nosuch", None), Err(unknown));
        assert!(matches!(resolve("evt.arg", None), Err(FieldError::Argument(_))));
    }

    #[test]
    fn an_ancestor_by_its_index_is_one_value() {
        let of = |arg| Fields::default().field("proc.aname", arg).unwrap().fold;
        assert_eq!((of(None), of(Some("1"))), (Fold::Any, Fold::One));
    }

    #[test]
    fn unknown_event_types_are_refused() {
        let fields = Fields::with_async_names(["mine".to_owned()]);
        let field = |name| fields.field(name, None).unwrap().field;
        let evt_type = field("evt.type");
        for known in ["open", "io_cancel", "container", "mine"] {
            assert_eq!(fields.check_literal(&evt_type, known), Ok(()), "{known}");
        }
        let refused = fields.check_literal(&evt_type, "opeen");
        assert_eq!(refused, Err("unknown event type opeen".to_owned()));
        for other in ["syscall.type", "evt.asynctype"] {
            assert_eq!(fields.check_literal(&field(other), "opeen"), Ok(()), "{other}");
        }
    }
}
