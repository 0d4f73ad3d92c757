//! One row of the field table: everything about a field in one place.

use std::net::IpAddr;

use gyr_event::ParamFormat;
use gyr_filter::{Family, Fold, Lifetime, Type, Value};

use crate::{Arg, Context};

/// Fields that belong together, in the order in which they are listed.
#[derive(Debug)]
pub struct Class {
    pub name: &'static str,
    /// What sets it apart from other classes of the same name; may be empty.
    pub short: &'static str,
    pub description: &'static str,
    pub rows: &'static [Row],
}

/// One field.
#[derive(Debug)]
pub struct Row {
    pub name: &'static str,
    pub ty: Type,
    pub lifetime: Lifetime,
    pub(crate) family: Option<Family>,
    pub description: &'static str,
    pub argument: Argument,
    pub fold: Fold,
    pub format: ParamFormat,
    pub properties: Properties,
    pub(crate) answer: Answer,
    /// What an output shows, where that is not what conditions compare.
    pub(crate) shown: Option<Answer>,
    /// What JSON holds, where that is not what text shows.
    pub(crate) json: Option<Answer>,
}

/// The argument that a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argument {
    pub required: bool,
    /// `field[0]`.
    pub index: bool,
    /// `field[name]`.
    pub key: bool,
    /// How the argument reads after a dot: `field.name`.
    pub(crate) dotted: Dotted,
}

/// What may stand after a field's name and a dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dotted {
    Nothing,
    /// The name of a parameter of some event.
    Parameter,
    /// The name or code of an event.
    EventType,
    /// `src` or `dst`.
    Side,
    /// The name of a cgroup subsystem: letters and underscores.
    Subsystem,
}

/// What a field may not be used for, and whether it is shown in listings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Properties {
    /// Only in conditions.
    pub filter_only: bool,
    /// Only in outputs.
    pub print_only: bool,
    /// Not compared with another field.
    pub no_rhs: bool,
    pub no_transformer: bool,
    pub deprecated: bool,
    /// Left over from old tables: works, is not listed.
    pub table_only: bool,
}

/// How a field is answered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Text(for<'a> fn(&'a Context<'_>) -> Option<&'a [u8]>),
    Int(fn(&Context<'_>) -> Option<i64>),
    Uint(fn(&Context<'_>) -> Option<u64>),
    Bool(fn(&Context<'_>) -> Option<bool>),
    Double(fn(&Context<'_>) -> Option<f64>),
    Ip(fn(&Context<'_>) -> Option<IpAddr>),
    /// Text that is made for the question; false if the field is missing.
    Build(fn(&Context<'_>, &Arg, &mut Vec<u8>) -> bool),
    /// Any number of values of any type; see [`gyr_filter::World::visit`].
    Visit(fn(&Context<'_>, &Arg, &mut Each<'_>) -> bool),
    /// Never present.
    Missing,
}

/// Who takes the values of a field; false from it means enough.
pub(crate) type Each<'a> = dyn FnMut(Value<'_>) -> bool + 'a;

impl Row {
    pub(crate) const fn new(
        name: &'static str,
        ty: Type,
        lifetime: Lifetime,
        answer: Answer,
        description: &'static str,
    ) -> Self {
        Self {
            name,
            ty,
            lifetime,
            family: None,
            description,
            argument: Argument {
                required: false,
                index: false,
                key: false,
                dotted: Dotted::Nothing,
            },
            fold: Fold::One,
            format: ParamFormat::NA,
            properties: Properties {
                filter_only: false,
                print_only: false,
                no_rhs: false,
                no_transformer: false,
                deprecated: false,
                table_only: false,
            },
            answer,
            shown: None,
            json: None,
        }
    }

    pub(crate) const fn format(mut self, format: ParamFormat) -> Self {
        self.format = format;
        self
    }

    /// See [`Family`].
    pub(crate) const fn family(mut self, family: Family) -> Self {
        self.family = Some(family);
        self
    }

    pub(crate) const fn id(self) -> Self {
        self.format(ParamFormat::ID)
    }

    pub(crate) const fn dec(self) -> Self {
        self.format(ParamFormat::DEC)
    }

    pub(crate) const fn padded(self) -> Self {
        self.format(ParamFormat::PaddedDec)
    }

    pub(crate) const fn fold(mut self, fold: Fold) -> Self {
        self.fold = fold;
        self
    }

    /// Any ancestor; one of them by index.
    pub(crate) const fn ancestors(self) -> Self {
        self.index().fold(Fold::Any).no_rhs().no_transformer()
    }

    pub(crate) const fn shown(mut self, answer: Answer) -> Self {
        self.shown = Some(answer);
        self
    }

    pub(crate) const fn json(mut self, answer: Answer) -> Self {
        self.json = Some(answer);
        self
    }

    pub(crate) const fn index(mut self) -> Self {
        self.argument.index = true;
        self
    }

    pub(crate) const fn key(mut self) -> Self {
        self.argument.key = true;
        self
    }

    pub(crate) const fn required(mut self) -> Self {
        self.argument.required = true;
        self
    }

    pub(crate) const fn dotted(mut self, dotted: Dotted) -> Self {
        self.argument.dotted = dotted;
        self
    }

    pub(crate) const fn filter_only(mut self) -> Self {
        self.properties.filter_only = true;
        self.no_rhs().no_transformer()
    }

    pub(crate) const fn print_only(mut self) -> Self {
        self.properties.print_only = true;
        self
    }

    pub(crate) const fn no_rhs(mut self) -> Self {
        self.properties.no_rhs = true;
        self
    }

    pub(crate) const fn no_transformer(mut self) -> Self {
        self.properties.no_transformer = true;
        self
    }

    pub(crate) const fn deprecated(mut self) -> Self {
        self.properties.deprecated = true;
        self
    }

    pub(crate) const fn table_only(mut self) -> Self {
        self.properties.table_only = true;
        self
    }

    /// Whether listings show the field.
    pub const fn is_listed(&self) -> bool {
        !self.properties.deprecated && !self.properties.table_only && !self.properties.print_only
    }

    pub const fn is_list(&self) -> bool {
        matches!(self.fold, Fold::List)
    }
}
