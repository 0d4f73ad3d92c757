//! Users and groups that a recorder or a plugin tells of.

use gyr_event::snapshot::{GroupEntry, UserEntry};
use gyr_event::{Event, EventCode};

use crate::state::{Now, State};

// The events of a kind have one layout.
const UID: usize = EventCode::USER_ADDED.param("uid");
const USER_GID: usize = EventCode::USER_ADDED.param("gid");
const USER_NAME: usize = EventCode::USER_ADDED.param("name");
const HOME: usize = EventCode::USER_ADDED.param("home");
const SHELL: usize = EventCode::USER_ADDED.param("shell");
const USER_CONTAINER: usize = EventCode::USER_ADDED.param("container_id");
const GID: usize = EventCode::GROUP_ADDED.param("gid");
const GROUP_NAME: usize = EventCode::GROUP_ADDED.param("name");
const GROUP_CONTAINER: usize = EventCode::GROUP_ADDED.param("container_id");

pub(super) fn on_user_added(state: &mut State, now: &mut Now<'_>) {
    let event = now.event;
    let user = UserEntry {
        uid: event.u32(UID).unwrap_or_default(),
        gid: event.u32(USER_GID).unwrap_or_default(),
        name: text(event, USER_NAME).to_vec(),
        home: text(event, HOME).to_vec(),
        shell: text(event, SHELL).to_vec(),
    };
    state.users.add_user(text(event, USER_CONTAINER), &user, state.limits.users);
}

pub(super) fn on_user_deleted(state: &mut State, now: &mut Now<'_>) {
    let event = now.event;
    state.users.remove_user(text(event, USER_CONTAINER), event.u32(UID).unwrap_or_default());
}

pub(super) fn on_group_added(state: &mut State, now: &mut Now<'_>) {
    let event = now.event;
    let group = GroupEntry {
        gid: event.u32(GID).unwrap_or_default(),
        name: text(event, GROUP_NAME).to_vec(),
    };
    state.users.add_group(text(event, GROUP_CONTAINER), &group, state.limits.users);
}

pub(super) fn on_group_deleted(state: &mut State, now: &mut Now<'_>) {
    let event = now.event;
    state.users.remove_group(text(event, GROUP_CONTAINER), event.u32(GID).unwrap_or_default());
}

fn text<'a>(event: &Event<'a>, param: usize) -> &'a [u8] {
    event.text(param).unwrap_or_default()
}
