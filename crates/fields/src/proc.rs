//! What `proc.*` answers: the process of an event, its ancestors, session and groups.

use gyr_filter::Value;
use gyr_state::{State, Thread};

use crate::row::{Answer, Each};
use crate::text::{items, push, push_joined};
use crate::{Arg, Context};

/// A piece of text that each thread has.
pub(crate) type TextOf = for<'a> fn(&'a Thread) -> &'a [u8];

/// How far up `proc.aenv[NAME]` looks.
const MAX_LEVELS_OF_ENV: usize = 20;

/// The parent of the event's thread.
pub(crate) fn parent<'a>(c: &Context<'a>) -> Option<&'a Thread> {
    c.state.parent(c.thread()?)
}

/// The main thread of the event's process.
pub(crate) fn main<'a>(c: &Context<'a>) -> Option<&'a Thread> {
    c.state.main_thread(c.thread()?)
}

/// The nth ancestor of the process: 0 is the process, 1 its parent.
fn ancestor<'a>(c: &Context<'a>, index: i32) -> Option<&'a Thread> {
    let main = main(c)?;
    match usize::try_from(index).unwrap_or_default() {
        0 => Some(main),
        n => c.state.ancestors(main).nth(n - 1),
    }
}

/// All ancestors of the process, nearest first.
fn ancestors<'a>(c: &Context<'a>) -> impl Iterator<Item = &'a Thread> {
    let state = c.state;
    main(c).into_iter().flat_map(move |main| state.ancestors(main))
}

/// The text of one ancestor, or of each.
pub(crate) fn visit_ancestors(
    c: &Context<'_>,
    arg: &Arg,
    text: TextOf,
    each: &mut Each<'_>,
) -> bool {
    match arg {
        Arg::Index(index) => {
            let ancestor = ancestor(c, *index);
            if let Some(ancestor) = ancestor {
                each(Value::Bytes(text(ancestor)));
            }
            ancestor.is_some()
        }
        _ => visit_each(ancestors(c), each, |thread, each| each(Value::Bytes(text(thread)))),
    }
}

/// As [`visit_ancestors`], of text that has to be made.
pub(crate) fn visit_ancestors_made(
    c: &Context<'_>,
    arg: &Arg,
    write: fn(&State, &Thread, &mut Vec<u8>),
    each: &mut Each<'_>,
) -> bool {
    let make = |thread: &Thread, each: &mut Each<'_>| {
        c.with_buffer(|text| {
            write(c.state, thread, text);
            each(Value::Bytes(text))
        })
    };
    match arg {
        Arg::Index(index) => {
            let ancestor = ancestor(c, *index);
            if let Some(ancestor) = ancestor {
                make(ancestor, each);
            }
            ancestor.is_some()
        }
        _ => visit_each(ancestors(c), each, make),
    }
}

pub(crate) fn visit_ancestor_pids(c: &Context<'_>, arg: &Arg, each: &mut Each<'_>) -> bool {
    match arg {
        Arg::Index(index) => {
            let ancestor = ancestor(c, *index);
            if let Some(ancestor) = ancestor {
                each(Value::Int(ancestor.pid()));
            }
            ancestor.is_some()
        }
        _ => visit_each(ancestors(c), each, |thread, each| each(Value::Int(thread.pid()))),
    }
}

/// Present if there is at least one thread.
fn visit_each<'a>(
    threads: impl Iterator<Item = &'a Thread>,
    each: &mut Each<'_>,
    visit: impl Fn(&Thread, &mut Each<'_>) -> bool,
) -> bool {
    let mut found = false;
    for thread in threads {
        found = true;
        if !visit(thread, each) {
            break;
        }
    }
    found
}

/// Shows the text of one ancestor, or of all with blanks between them; nothing if that is empty.
pub(crate) fn show_ancestors(
    c: &Context<'_>,
    arg: &Arg,
    write: impl Fn(&Thread, &mut Vec<u8>),
    out: &mut Vec<u8>,
) -> bool {
    if let Arg::Index(index) = arg {
        let ancestor = ancestor(c, *index);
        if let Some(ancestor) = ancestor {
            write(ancestor, out);
        }
        return ancestor.is_some();
    }
    for thread in ancestors(c) {
        if !out.is_empty() {
            out.push(b' ');
        }
        write(thread, out);
    }
    !out.is_empty()
}

/// Without an index an output shows the process itself.
pub(crate) const SHOWN_APID: Answer = Answer::Visit(|c, arg, each| {
    let index = if let Arg::Index(index) = arg { *index } else { 0 };
    visit_ancestor_pids(c, &Arg::Index(index), each)
});

pub(crate) fn write_args(thread: &Thread, out: &mut Vec<u8>) {
    push_joined(items(thread.args()), b' ', out);
}

pub(crate) fn write_cmdline(thread: &Thread, out: &mut Vec<u8>) {
    out.extend_from_slice(thread.comm());
    for arg in items(thread.args()) {
        out.push(b' ');
        out.extend_from_slice(arg);
    }
}

pub(crate) fn write_exeline(thread: &Thread, out: &mut Vec<u8>) {
    out.extend_from_slice(thread.exe());
    out.push(b' ');
    write_args(thread, out);
}

/// All arguments, or one of them; one that is not there is empty.
pub(crate) fn build_args(c: &Context<'_>, arg: &Arg, out: &mut Vec<u8>) -> bool {
    let Some(thread) = c.thread() else { return false };
    match arg {
        Arg::Index(index) => {
            let item =
                usize::try_from(*index).ok().and_then(|index| items(thread.args()).nth(index));
            out.extend_from_slice(item.unwrap_or_default());
        }
        _ => write_args(thread, out),
    }
    true
}

pub(crate) fn write_env(state: &State, thread: &Thread, out: &mut Vec<u8>) {
    push_joined(items(state.env(thread)), b' ', out);
}

pub(crate) fn build_env(c: &Context<'_>, arg: &Arg, out: &mut Vec<u8>) -> bool {
    let Some(thread) = c.thread() else { return false };
    match arg {
        Arg::Key(name) => out.extend_from_slice(variable(c.state, thread, name)),
        _ => write_env(c.state, thread, out),
    }
    true
}

/// The environment of each ancestor, of one, or one variable of the nearest ancestor that has it.
pub(crate) fn visit_ancestor_env(c: &Context<'_>, arg: &Arg, each: &mut Each<'_>) -> bool {
    match arg {
        Arg::None => visit_ancestors_made(c, arg, write_env, each),
        _ => c.with_buffer(|text| {
            let present = show_ancestor_env(c, arg, text);
            if present {
                each(Value::Bytes(text));
            }
            present
        }),
    }
}

/// As [`visit_ancestor_env`]; without an argument an output shows the process's own.
pub(crate) fn show_ancestor_env(c: &Context<'_>, arg: &Arg, out: &mut Vec<u8>) -> bool {
    let Some(thread) = c.thread() else { return false };
    let Some(main) = main(c) else {
        if matches!(arg, Arg::None | Arg::Index(..1)) {
            write_env(c.state, thread, out);
        }
        return true;
    };
    match arg {
        Arg::Key(name) => {
            let found = c
                .state
                .ancestors(main)
                .take(MAX_LEVELS_OF_ENV)
                .map(|ancestor| variable(c.state, ancestor, name))
                .find(|value| !value.is_empty());
            out.extend_from_slice(found.unwrap_or_default());
        }
        Arg::Index(index @ 1..) => match ancestor(c, *index) {
            Some(ancestor) => write_env(c.state, ancestor, out),
            None => return false,
        },
        _ => write_env(c.state, thread, out),
    }
    true
}

/// The value of an environment variable without the blanks around it; empty if there is none.
fn variable<'a>(state: &'a State, thread: &'a Thread, name: &str) -> &'a [u8] {
    items(state.env(thread))
        .find_map(|item| item.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
        .map_or(&b""[..], trim_blanks)
}

fn trim_blanks(mut text: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] | [rest @ .., b' '] = text {
        text = rest;
    }
    text
}

/// An id that many threads share, and that is the pid of the one that leads them.
#[derive(Clone, Copy)]
pub(crate) struct Group {
    id: fn(&Thread) -> i64,
    /// Whether a thread knows the id as its own pid namespace numbers it.
    is_virtual: bool,
}

pub(crate) const SESSION: Group = Group { id: Thread::sid, is_virtual: true };
pub(crate) const VIRTUAL_GROUP: Group = Group { id: Thread::vpgid, is_virtual: true };
pub(crate) const HOST_GROUP: Group = Group { id: Thread::pgid, is_virtual: false };

/// What the leader of the thread's group has: the thread of that pid; if it is gone or cannot be known by its pid, the
/// oldest ancestor of an unbroken line that shares the id. Empty if there is neither.
pub(crate) fn of_leader<'a>(c: &Context<'a>, group: Group, text: TextOf) -> Option<&'a [u8]> {
    let thread = c.thread()?;
    Some(leader(c.state, thread, group).map_or(&b""[..], text))
}

fn leader<'a>(state: &'a State, thread: &'a Thread, group: Group) -> Option<&'a Thread> {
    let id = (group.id)(thread);
    if id == -1 {
        return None;
    }
    let by_pid = || state.thread(id);
    let is_known_by_pid = !group.is_virtual || !thread.is_in_pid_namespace();
    is_known_by_pid.then(by_pid).flatten().or_else(|| {
        state.ancestors(thread).take_while(|ancestor| (group.id)(ancestor) == id).last()
    })
}

/// The oldest shell among the process and its ancestors.
pub(crate) fn login_shell(c: &Context<'_>) -> Option<i64> {
    let main = main(c)?;
    std::iter::once(main)
        .chain(c.state.ancestors(main))
        .filter(|thread| thread.comm().ends_with(b"sh"))
        .last()
        .map(Thread::pid)
}

/// Nanoseconds since the parent started. Falco gives the number of open fds where it does not know that.
pub(crate) fn parent_duration(c: &Context<'_>) -> Option<i64> {
    let parent = parent(c)?;
    match c.state.main_thread(parent).unwrap_or(parent).clone_ts() {
        0 => i64::try_from(n_fds(c)?).ok(),
        clone_ts => Some(c.event.ts().wrapping_sub(clone_ts).cast_signed()),
    }
}

/// How many fds the process has open.
pub(crate) fn n_fds(c: &Context<'_>) -> Option<u64> {
    c.thread()?;
    Some(main(c).map_or(0, |main| c.state.n_fds(main) as u64))
}

/// How many fds the process may have open.
pub(crate) fn fd_limit(c: &Context<'_>) -> Option<i64> {
    c.thread()?;
    Some(main(c).map_or(0, Thread::fdlimit))
}

/// Percent of [`fd_limit`] that are open.
pub(crate) fn fd_usage(c: &Context<'_>) -> Option<f64> {
    let (open, limit) = (n_fds(c)?, fd_limit(c)?);
    Some(if limit > 0 { open as f64 * 100.0 / limit as f64 } else { 0.0 })
}

/// The type of one of the fds 0 to 2.
pub(crate) fn std_type<'a>(c: &Context<'a>, number: i64) -> Option<&'a [u8]> {
    Some(c.state.fd(c.thread()?, number)?.kind().name().as_bytes())
}

/// The name of one of the fds 0 to 2.
pub(crate) fn std_name<'a>(c: &Context<'a>, number: i64) -> Option<&'a [u8]> {
    Some(c.state.fd(c.thread()?, number)?.name())
}

/// comm and tid in one word.
pub(crate) fn write_name_and_tid(c: &Context<'_>, out: &mut Vec<u8>) -> bool {
    let Some(thread) = c.thread() else { return false };
    out.extend_from_slice(thread.comm());
    push(c.event.tid(), out);
    true
}

/// subsystem=path, separated by blanks; missing if there are none.
pub(crate) fn write_cgroups(c: &Context<'_>, out: &mut Vec<u8>) -> bool {
    let Some(thread) = c.thread() else { return false };
    push_joined(items(thread.cgroups()), b' ', out);
    !thread.cgroups().is_empty()
}

/// The path of one cgroup subsystem.
pub(crate) fn write_cgroup(c: &Context<'_>, arg: &Arg, out: &mut Vec<u8>) -> bool {
    let (Some(thread), Arg::Key(name)) = (c.thread(), arg) else { return false };
    let path = items(thread.cgroups())
        .find_map(|item| item.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
    out.extend_from_slice(path.unwrap_or_default());
    path.is_some()
}
