//! `evt.*` of every kind of event: its number, its times, where it comes from.

use gyr_event::{EventCode, Origin};
use gyr_filter::{Lifetime, Type};

use crate::Context;
use crate::row::{Answer, Class, Row};
use crate::time::{NS_PER_S, write_datetime, write_iso8601, write_time};

pub(crate) static CLASS: Class = Class {
    name: "evt",
    short: "All event types",
    description: "Fields that every event has, whatever its source.",
    rows: &[
        event(
            "evt.num",
            Type::Uint64,
            Answer::Uint(|c| Some(c.event.num())),
            "number of the event in its stream, counted from 1.",
        )
        .id(),
        time(
            "evt.time",
            Answer::Build(|c, _, out| {
                write_time(c.event.ts(), &c.session.zone, true, out);
                true
            }),
            "local time of day of the event, with nanoseconds.",
        ),
        time(
            "evt.time.s",
            Answer::Build(|c, _, out| {
                write_time(c.event.ts(), &c.session.zone, false, out);
                true
            }),
            "local time of day of the event, in whole seconds.",
        ),
        time(
            "evt.time.iso8601",
            Answer::Build(|c, _, out| {
                write_iso8601(c.event.ts(), out);
                true
            }),
            "date and time of the event in UTC, as ISO 8601 writes them, with nanoseconds.",
        ),
        time(
            "evt.datetime",
            Answer::Build(|c, _, out| {
                write_datetime(c.event.ts(), &c.session.zone, true, out);
                true
            }),
            "local date and time of the event, with nanoseconds.",
        ),
        time(
            "evt.datetime.s",
            Answer::Build(|c, _, out| {
                write_datetime(c.event.ts(), &c.session.zone, false, out);
                true
            }),
            "local date and time of the event, in whole seconds.",
        ),
        event(
            "evt.rawtime",
            Type::Abstime,
            Answer::Uint(|c| Some(c.event.ts())),
            "time of the event in nanoseconds since the epoch.",
        )
        .dec(),
        event(
            "evt.rawtime.s",
            Type::Abstime,
            Answer::Uint(|c| Some(c.event.ts() / NS_PER_S)),
            "time of the event in whole seconds since the epoch.",
        )
        .dec(),
        event(
            "evt.rawtime.ns",
            Type::Abstime,
            Answer::Uint(|c| Some(c.event.ts() % NS_PER_S)),
            "nanoseconds of the event's time beyond its whole seconds.",
        )
        .padded(),
        event(
            "evt.reltime",
            Type::Reltime,
            Answer::Uint(|c| Some(c.reltime())),
            "nanoseconds from the first event of the stream to this one.",
        )
        .padded(),
        event(
            "evt.reltime.s",
            Type::Reltime,
            Answer::Uint(|c| Some(c.reltime() / NS_PER_S)),
            "whole seconds from the first event of the stream to this one.",
        )
        .dec(),
        event(
            "evt.reltime.ns",
            Type::Reltime,
            Answer::Uint(|c| Some(c.reltime() % NS_PER_S)),
            "nanoseconds of evt.reltime beyond its whole seconds.",
        )
        .padded(),
        event(
            "evt.pluginname",
            Type::Charbuf,
            Answer::Missing,
            "name of the plugin that the event comes from, if one does.",
        ),
        event(
            "evt.plugininfo",
            Type::Charbuf,
            Answer::Missing,
            "what the plugin that the event comes from says of it in one line.",
        ),
        event(
            "evt.source",
            Type::Charbuf,
            Answer::Text(|c| {
                let source = c.session.source.as_bytes();
                (!source.is_empty()).then_some(source)
            }),
            "name of the source of the event, such as syscall.",
        ),
        event(
            "evt.is_async",
            Type::Bool,
            Answer::Bool(|c| Some(is_meta(c))),
            "whether the event tells of the capture itself, or comes from a plugin on the side.",
        ),
        event(
            "evt.asynctype",
            Type::Charbuf,
            Answer::Text(|c| is_meta(c).then(|| async_name(c))),
            "what an asynchronous event is called, such as container.",
        ),
        event(
            "evt.hostname",
            Type::Charbuf,
            Answer::Text(|c| {
                let machine = &c.state.machine().hostname;
                Some(c.session.hostname.as_ref().unwrap_or(machine).as_bytes())
            }),
            "name of the machine that the event happened on; FALCO_HOSTNAME in the \
             environment replaces it.",
        ),
    ],
};

/// A field that only the event itself answers.
const fn event(name: &'static str, ty: Type, answer: Answer, description: &'static str) -> Row {
    Row::new(name, ty, Lifetime::Event, answer, description)
}

/// Text, but a number of nanoseconds in JSON.
const fn time(name: &'static str, answer: Answer, description: &'static str) -> Row {
    event(name, Type::Charbuf, answer, description).json(Answer::Uint(|c| Some(c.event.ts())))
}

fn is_meta(c: &Context<'_>) -> bool {
    c.event.info().category.origin == Origin::METAEVENT
}

/// The name that an asynchronous event carries; other events' own.
pub(crate) fn async_name<'a>(c: &'a Context<'_>) -> &'a [u8] {
    if c.event.code() == EventCode::ASYNCEVENT {
        const NAME: usize = EventCode::ASYNCEVENT.param("name");
        return c.event.text(NAME).unwrap_or(b"<NA>");
    }
    c.event.info().name.as_bytes()
}
