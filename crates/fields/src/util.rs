//! `util.*`: what is no property of events.

use gyr_filter::{Lifetime, Type};

use crate::row::{Answer, Class, Row};

pub(crate) static CLASS: Class = Class {
    name: "util",
    short: "",
    description: "Helpers.",
    rows: &[Row::new(
        "util.cnt",
        Type::Uint64,
        Lifetime::Clock,
        Answer::Uint(|c| Some(c.session.taken.get().max(3) - 2)),
        "how often this field was asked for.",
    )
    .id()
    // Falco asks for each field of an alert three times: first for its text, then for its JSON. The engine takes the
    // latter first.
    .json(Answer::Uint(|c| {
        let taken = c.session.taken.get() + 3;
        c.session.taken.set(taken);
        Some(taken - 1)
    }))
    .table_only()],
};
