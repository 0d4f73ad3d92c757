//! A scheme with a field of every kind, and worlds that are tables.
#![allow(dead_code, reason = "each test uses its part")]

use std::collections::HashMap;
use std::net::IpAddr;

use gyr_filter::{
    Checked, Family, FieldError, FieldFlags, FieldInfo, Fold, Lifetime, Scheme, Type, Value, World,
    check, parse,
};

pub(crate) const PLAIN: FieldFlags =
    FieldFlags { filter_only: false, no_rhs: false, no_transformer: false };
pub(crate) const ALONE: FieldFlags =
    FieldFlags { filter_only: false, no_rhs: true, no_transformer: true };

/// A path and its directory.
pub(crate) const PATH: Family = Family(3);

pub(crate) mod random;

pub(crate) type Row = (&'static str, Type, Fold, Lifetime, FieldFlags);

pub(crate) const FIELDS: &[Row] = &[
    ("evt.type", Type::Charbuf, Fold::One, Lifetime::Event, PLAIN),
    ("evt.num", Type::Uint64, Fold::One, Lifetime::Event, PLAIN),
    ("evt.buffer", Type::Bytebuf, Fold::One, Lifetime::Event, PLAIN),
    ("evt.rawres", Type::Int64, Fold::One, Lifetime::Event, PLAIN),
    ("evt.flag", Type::Bool, Fold::One, Lifetime::Event, PLAIN),
    ("evt.ratio", Type::Double, Fold::One, Lifetime::Clock, PLAIN),
    ("proc.name", Type::Charbuf, Fold::One, Lifetime::Thread, PLAIN),
    ("proc.cmdline", Type::Charbuf, Fold::One, Lifetime::Thread, PLAIN),
    ("proc.pid", Type::Int64, Fold::One, Lifetime::Thread, PLAIN),
    ("proc.pname", Type::Charbuf, Fold::One, Lifetime::Lineage, PLAIN),
    ("proc.aname", Type::Charbuf, Fold::Any, Lifetime::Lineage, ALONE),
    ("proc.env", Type::Charbuf, Fold::One, Lifetime::Thread, PLAIN),
    ("fd.name", Type::Fspath, Fold::One, Lifetime::Fd, PLAIN),
    ("fd.directory", Type::Charbuf, Fold::One, Lifetime::Fd, PLAIN),
    ("fd.num", Type::Int64, Fold::One, Lifetime::Event, PLAIN),
    ("fd.ip", Type::Ipaddr, Fold::AnyEnd, Lifetime::Fd, ALONE),
    ("fd.sip", Type::Ipaddr, Fold::One, Lifetime::Fd, PLAIN),
    ("fd.net", Type::Ipnet, Fold::AnyEnd, Lifetime::Fd, ALONE),
    ("fd.port", Type::Port, Fold::AnyEnd, Lifetime::Fd, ALONE),
    ("fd.types", Type::Charbuf, Fold::List, Lifetime::Event, PLAIN),
    ("user.uid", Type::Uint32, Fold::One, Lifetime::Thread, PLAIN),
    ("user.id", Type::Uid, Fold::One, Lifetime::Users, PLAIN),
    ("container.id", Type::Charbuf, Fold::One, Lifetime::Container, PLAIN),
    ("list.texts", Type::Charbuf, Fold::List, Lifetime::Event, PLAIN),
    ("list.numbers", Type::Uint64, Fold::List, Lifetime::Event, PLAIN),
    ("list.paths", Type::Fspath, Fold::List, Lifetime::Event, PLAIN),
];

pub(crate) const EVENTS: &[&str] = &["open", "openat", "close", "connect"];

/// The text of a field is the field.
#[derive(Debug, Default)]
pub(crate) struct Toy;

impl Scheme for Toy {
    type Field = String;

    fn field(&self, name: &str, arg: Option<&str>) -> Result<FieldInfo<String>, FieldError> {
        let row = FIELDS.iter().find(|row| row.0 == name).ok_or(FieldError::Unknown)?;
        let (_, ty, mut fold, lifetime, flags) = *row;
        let field = match (name, arg) {
            ("proc.env", None) => {
                return Err(FieldError::Argument(
                    "proc.env needs the name of a variable".to_owned(),
                ));
            }
            ("proc.aname" | "proc.env", Some(arg)) => {
                fold = Fold::One;
                format!("{name}[{arg}]")
            }
            (_, None) => name.to_owned(),
            (_, Some(_)) => return Err(FieldError::Unknown),
        };
        let family = ["fd.name", "fd.directory"].contains(&name).then_some(PATH);
        Ok(FieldInfo { field, ty, fold, flags, lifetime, family })
    }

    fn check_literal(&self, field: &String, literal: &str) -> Result<(), String> {
        if field == "evt.type" && !EVENTS.contains(&literal) {
            return Err(format!("unknown event type {literal}"));
        }
        Ok(())
    }

    fn service(&self, name: &str) -> Option<u16> {
        (name == "http").then_some(80)
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Owned {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Bytes(Vec<u8>),
    Ip(IpAddr),
}

impl Owned {
    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Self::Bool(b) => Value::Bool(*b),
            Self::Int(i) => Value::Int(*i),
            Self::Uint(u) => Value::Uint(*u),
            Self::Double(d) => Value::Double(*d),
            Self::Bytes(bytes) => Value::Bytes(bytes),
            Self::Ip(ip) => Value::Ip(*ip),
        }
    }
}

/// What is not in it is missing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table(pub(crate) HashMap<String, Vec<Owned>>);

impl World<String> for Table {
    fn visit(&self, field: &String, each: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        if field == "fd.directory" {
            return self.visit(&"fd.name".to_owned(), &mut |name| {
                let Value::Bytes(name) = name else { return true };
                let end = name.iter().rposition(|byte| *byte == b'/').unwrap_or_default();
                each(Value::Bytes(&name[..end]))
            });
        }
        let Some(values) = self.0.get(field) else { return false };
        for value in values {
            if !each(value.value()) {
                break;
            }
        }
        true
    }
}

impl Table {
    /// From `field=value` pairs; values are read by the type of the field, several are separated by commas.
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        let mut table = Self::default();
        for (field, text) in pairs {
            let name = field.split('[').next().unwrap_or_default();
            let row = FIELDS.iter().find(|row| row.0 == name).unwrap();
            let values = text.split(',').filter(|part| !(part.is_empty() && row.2 == Fold::List));
            let values = values.map(|part| owned(row.1, part)).collect();
            table.0.insert((*field).to_owned(), values);
        }
        table
    }
}

fn owned(ty: Type, text: &str) -> Owned {
    match ty {
        Type::Int64 => Owned::Int(text.parse().unwrap()),
        Type::Uint64 | Type::Uint32 | Type::Port | Type::Uid => Owned::Uint(text.parse().unwrap()),
        Type::Bool => Owned::Bool(text.parse().unwrap()),
        Type::Double => Owned::Double(text.parse().unwrap()),
        Type::Ipaddr | Type::Ipnet => Owned::Ip(text.parse().unwrap()),
        _ => Owned::Bytes(text.as_bytes().to_vec()),
    }
}

#[track_caller]
pub(crate) fn checked(text: &str) -> Checked<String> {
    let expr = parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    check(&expr, &Toy).unwrap_or_else(|e| panic!("{text}: {e}"))
}
