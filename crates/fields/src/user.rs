//! `user.*` and `group.*`: on whose behalf the thread acts.

use gyr_filter::{Lifetime, Type};
use gyr_state::{Group, User};

use crate::Context;
use crate::row::{Answer, Class, Row};

/// What a name that cannot be told reads as.
const UNKNOWN: &[u8] = b"<NA>";

pub(crate) static USER: Class = Class {
    name: "user",
    short: "",
    description: "The user that the thread of the event acts as.",
    rows: &[
        Row::new(
            "user.uid",
            Type::Uint32,
            Lifetime::Thread,
            Answer::Uint(|c| Some(c.thread()?.uid().into())),
            "id of the user (the effective one).",
        )
        .id(),
        name("user.name", Answer::Text(|c| of_user(c, User::name, b"root")), "name of the user."),
        name(
            "user.homedir",
            Answer::Text(|c| of_user(c, User::home, b"/root")),
            "home directory of the user.",
        ),
        name(
            "user.shell",
            Answer::Text(|c| of_user(c, User::shell, UNKNOWN)),
            "login shell of the user.",
        ),
        Row::new(
            "user.loginuid",
            Type::Int64,
            Lifetime::Thread,
            Answer::Int(|c| match c.thread()?.loginuid() {
                u32::MAX => Some(-1),
                uid => Some(uid.into()),
            }),
            "id of the user who logged in (the audit uid); -1 if nobody did.",
        )
        .id(),
        name(
            "user.loginname",
            Answer::Text(|c| {
                let thread = c.thread()?;
                match (thread.loginuid(), c.state.user(thread.container_id(), thread.loginuid())) {
                    (u32::MAX, _) => Some(UNKNOWN),
                    (_, Some(user)) => Some(user.name()),
                    (0, None) => Some(b"root"),
                    (_, None) => Some(UNKNOWN),
                }
            }),
            "name of the user who logged in.",
        ),
    ],
};

pub(crate) static GROUP: Class = Class {
    name: "group",
    short: "",
    description: "The group that the thread of the event acts as.",
    rows: &[
        Row::new(
            "group.gid",
            Type::Uint32,
            Lifetime::Thread,
            Answer::Uint(|c| Some(c.thread()?.gid().into())),
            "id of the group (the effective one).",
        )
        .id(),
        name(
            "group.name",
            Answer::Text(|c| {
                let thread = c.thread()?;
                let group = c.state.group(thread.container_id(), thread.gid());
                Some(group.map_or_else(|| or_root(thread.gid(), b"root"), Group::name))
            }),
            "name of the group.",
        ),
    ],
};

const fn name(name: &'static str, answer: Answer, description: &'static str) -> Row {
    Row::new(name, Type::Charbuf, Lifetime::Users, answer, description)
}

/// What the table says of the thread's user; where it has no such user, `root` for the one that always exists.
fn of_user<'a>(
    c: &Context<'a>,
    part: fn(&'a User) -> &'a [u8],
    root: &'static [u8],
) -> Option<&'a [u8]> {
    let thread = c.thread()?;
    let user = c.state.user(thread.container_id(), thread.uid());
    Some(user.map_or_else(|| or_root(thread.uid(), root), part))
}

const fn or_root(id: u32, root: &'static [u8]) -> &'static [u8] {
    if id == 0 { root } else { UNKNOWN }
}
