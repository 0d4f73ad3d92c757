//! What the language must be told from outside: which fields exist, and what they are worth for one event.

use std::fmt::Debug;
use std::hash::Hash;

use crate::{Operator, Type, Value};

/// Which fields exist.
pub trait Scheme {
    /// A field with its argument, resolved.
    type Field: Clone + Eq + Hash + Debug;

    /// Resolves `name`, `name[arg]`, and names that carry their argument after a dot (`evt.arg.flags`).
    fn field(&self, name: &str, arg: Option<&str>) -> Result<FieldInfo<Self::Field>, FieldError>;

    /// The names of all fields, to find the one that was probably meant.
    fn names(&self) -> Vec<&str> {
        Vec::new()
    }

    /// The texts that [`check_literal`](Self::check_literal) does not refuse, if it refuses any.
    fn known_literals(&self, _field: &Self::Field) -> Vec<&str> {
        Vec::new()
    }

    /// Refuses a literal that the field can never be worth (an unknown event type); the text is the whole message.
    fn check_literal(&self, _field: &Self::Field, _literal: &str) -> Result<(), String> {
        Ok(())
    }

    /// What an operator that the field's type allows means for the field; or refuses it, and the text is the whole message.
    fn operator(&self, _field: &Self::Field, operator: Operator) -> Result<Operator, String> {
        Ok(operator)
    }

    /// The port of a service, by its name in the services database.
    fn service(&self, _name: &str) -> Option<u16> {
        None
    }
}

/// The answers for one event.
pub trait World<F> {
    /// Calls `each` with every value of the field, in order, until it returns false. Returns whether the field is
    /// present: a missing field calls nothing and returns false; a present but empty list calls nothing and returns true.
    fn visit(&self, field: &F, each: &mut dyn FnMut(Value<'_>) -> bool) -> bool;

    /// Calls `each` with the text and the number that all fields of the family are answered from in this event, if there
    /// are any: fields of two events with the same text and number are worth the same. Need not call `each`.
    fn visit_root(&self, _family: Family, _each: &mut dyn FnMut(u32, &[u8])) {}

    /// What marks the present answers of a lifetime: as long as it is the same, they are. `None` if they cannot be kept,
    /// or need not be, like those of an fd that this event opened. That of [`Lifetime::Container`] changes whenever that of
    /// [`Lifetime::Thread`] does.
    fn stamp(&self, _lifetime: Lifetime) -> Option<[u64; 2]> {
        None
    }

    /// Lends the memory beside the thread or the fd of the event, where answers are kept: the generation of the graph that
    /// wrote it and its words, both empty at first. Need not call `lend`.
    fn kept(&self, _place: KeptPlace, _lend: &mut dyn FnMut(&mut u32, &mut Vec<u64>)) {}

    /// Whether the answers of any field are not known yet, so that [`is_field_unknown`](Self::is_field_unknown) must be asked.
    fn is_unknown(&self) -> bool {
        false
    }

    fn is_field_unknown(&self, _field: &F, _lifetime: Lifetime) -> bool {
        false
    }
}

/// Beside what answers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeptPlace {
    /// The event's thread: answers that live as long as `Thread`, `Cwd`, `Users`, `Lineage` and `Container`.
    Thread,
    /// The event's fd.
    Fd,
}

impl KeptPlace {
    /// In the order of their discriminants.
    pub const ALL: [Self; 2] = [Self::Thread, Self::Fd];
}

/// A resolved field.
#[derive(Clone, Debug)]
pub struct FieldInfo<F> {
    pub field: F,
    pub ty: Type,
    pub fold: Fold,
    pub flags: FieldFlags,
    pub lifetime: Lifetime,
    pub family: Option<Family>,
}

/// Fields that are different views of one text, like a path, its directory and its last component: what is asked about
/// any of them is answered for all at once, and remembered by that text ([`World::visit_root`]). They have one lifetime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Family(pub u8);

/// What a comparison means for a field of several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fold {
    /// At most one value.
    One,
    /// True if any value satisfies the operator (ancestors).
    Any,
    /// True if any value satisfies it, but for `!=`, which all must satisfy (either end of a connection).
    AnyEnd,
    /// A list: `in` holds for all values (and so for an empty list), `intersects` for any.
    List,
}

/// What a field may not be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct FieldFlags {
    /// Only in conditions, not in outputs.
    pub filter_only: bool,
    /// Not compared with another field.
    pub no_rhs: bool,
    pub no_transformer: bool,
}

/// How long an answer lives; what ends it is the state's to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lifetime {
    Event,
    Thread,
    Cwd,
    Fd,
    Users,
    Lineage,
    Container,
    /// Changes with time itself: never kept.
    Clock,
}

impl Lifetime {
    /// In the order of their discriminants.
    pub const ALL: [Self; 8] = [
        Self::Event,
        Self::Thread,
        Self::Cwd,
        Self::Fd,
        Self::Users,
        Self::Lineage,
        Self::Container,
        Self::Clock,
    ];

    /// Where answers of this lifetime may be kept.
    pub const fn place(self) -> Option<KeptPlace> {
        match self {
            Self::Event | Self::Clock => None,
            Self::Fd => Some(KeptPlace::Fd),
            Self::Thread | Self::Cwd | Self::Users | Self::Lineage | Self::Container => {
                Some(KeptPlace::Thread)
            }
        }
    }
}

/// Why a field does not resolve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldError {
    /// No field of this name.
    Unknown,
    /// The field exists, its argument is wrong; the text says how.
    Argument(String),
}
