//! What the code of an event says of a condition before any such event is there.

use gyr_event::{EventCode, Origin};
use gyr_filter::{Atom, FieldSubject, Scheme, Scratch, Test, Value, World, plain};

/// The fields that an event's code decides, as a scheme has them.
pub(crate) struct TypeFields<F> {
    evt_type: Option<F>,
    syscall_type: Option<F>,
}

/// A world in which nothing is known but the code of the event.
struct OnlyCode<'a, F> {
    types: &'a TypeFields<F>,
    code: EventCode,
}

impl<F> TypeFields<F> {
    pub(crate) fn of<S: Scheme<Field = F>>(scheme: &S) -> Self {
        let field = |name| scheme.field(name, None).ok().map(|info| info.field);
        Self { evt_type: field("evt.type"), syscall_type: field("syscall.type") }
    }

    /// The value of a comparison for every event of this code, if there is one.
    pub(crate) fn decide(&self, atom: &Atom<F>, code: EventCode) -> Option<bool>
    where
        F: PartialEq,
    {
        // The names of these come with the event.
        if matches!(code, EventCode::GENERIC | EventCode::GENERIC_ENTER_V0 | EventCode::ASYNCEVENT)
        {
            return None;
        }
        let mut is_about_code = true;
        let mut look = |subject: &FieldSubject<F>| is_about_code &= self.has(&subject.field);
        atom.subject.fields(&mut look);
        if let Test::Subject { other: subject, .. } = &atom.test {
            subject.fields(&mut look);
        }
        is_about_code
            .then(|| plain::atom_holds(atom, &OnlyCode { types: self, code }, &Scratch::default()))
    }

    fn has(&self, field: &F) -> bool
    where
        F: PartialEq,
    {
        self.evt_type.as_ref() == Some(field) || self.syscall_type.as_ref() == Some(field)
    }
}

impl<F: PartialEq> World<F> for OnlyCode<'_, F> {
    fn visit(&self, field: &F, each: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let info = self.code.info();
        let is_named =
            self.types.evt_type.as_ref() == Some(field) || info.category.origin == Origin::SYSCALL;
        if is_named {
            each(Value::Bytes(info.name.as_bytes()));
        }
        is_named
    }
}
