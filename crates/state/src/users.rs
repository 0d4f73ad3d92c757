//! Users and groups, as the host and each container name them.

use gyr_event::snapshot::{GroupEntry, UserEntry};
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use crate::names::Text;

/// A user of the host or of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    uid: u32,
    gid: u32,
    name: Text,
    home: Text,
    shell: Text,
}

impl User {
    pub const fn uid(&self) -> u32 {
        self.uid
    }

    pub const fn gid(&self) -> u32 {
        self.gid
    }

    pub fn name(&self) -> &[u8] {
        self.name.as_bytes()
    }

    pub fn home(&self) -> &[u8] {
        self.home.as_bytes()
    }

    pub fn shell(&self) -> &[u8] {
        self.shell.as_bytes()
    }
}

/// A group of the host or of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    gid: u32,
    name: Text,
}

impl Group {
    pub const fn gid(&self) -> u32 {
        self.gid
    }

    pub fn name(&self) -> &[u8] {
        self.name.as_bytes()
    }
}

/// Entries by container (empty: the host) and id. Every change is a new generation.
#[derive(Debug, Default)]
pub(crate) struct Users {
    containers: HashMap<Vec<u8>, Names, FxBuildHasher>,
    n: usize,
    n_refused: u64,
    generation: u64,
}

#[derive(Debug, Default)]
struct Names {
    users: HashMap<u32, User, FxBuildHasher>,
    groups: HashMap<u32, Group, FxBuildHasher>,
}

impl Users {
    pub(crate) fn user(&self, container: &[u8], uid: u32) -> Option<&User> {
        self.containers.get(container)?.users.get(&uid)
    }

    pub(crate) fn group(&self, container: &[u8], gid: u32) -> Option<&Group> {
        self.containers.get(container)?.groups.get(&gid)
    }

    /// All users, each with its container (empty: the host).
    pub(crate) fn users(&self) -> impl Iterator<Item = (&[u8], UserEntry)> {
        self.containers.iter().flat_map(|(container, names)| {
            names.users.values().map(|user| {
                let User { uid, gid, name, home, shell } = user;
                let [name, home, shell] = [name, home, shell].map(|text| text.as_bytes().to_vec());
                (container.as_slice(), UserEntry { uid: *uid, gid: *gid, name, home, shell })
            })
        })
    }

    /// All groups, each with its container (empty: the host).
    pub(crate) fn groups(&self) -> impl Iterator<Item = (&[u8], GroupEntry)> {
        self.containers.iter().flat_map(|(container, names)| {
            names.groups.values().map(|group| {
                let name = group.name.as_bytes().to_vec();
                (container.as_slice(), GroupEntry { gid: group.gid, name })
            })
        })
    }

    pub(crate) const fn n_refused(&self) -> u64 {
        self.n_refused
    }

    pub(crate) const fn generation(&self) -> u64 {
        self.generation
    }

    /// A table of `limit` entries refuses more.
    pub(crate) fn add_user(&mut self, container: &[u8], entry: &UserEntry, limit: usize) {
        if self.n >= limit && self.user(container, entry.uid).is_none() {
            self.n_refused += 1;
            return;
        }
        let user = User {
            uid: entry.uid,
            gid: entry.gid,
            name: Text::new(&entry.name),
            home: Text::new(&entry.home),
            shell: Text::new(&entry.shell),
        };
        let of_container = self.containers.entry_ref(container).or_default();
        if of_container.users.insert(user.uid, user).is_none() {
            self.n += 1;
        }
        self.generation += 1;
    }

    /// A table of `limit` entries refuses more.
    pub(crate) fn add_group(&mut self, container: &[u8], entry: &GroupEntry, limit: usize) {
        if self.n >= limit && self.group(container, entry.gid).is_none() {
            self.n_refused += 1;
            return;
        }
        let group = Group { gid: entry.gid, name: Text::new(&entry.name) };
        let of_container = self.containers.entry_ref(container).or_default();
        if of_container.groups.insert(group.gid, group).is_none() {
            self.n += 1;
        }
        self.generation += 1;
    }

    pub(crate) fn remove_user(&mut self, container: &[u8], uid: u32) {
        if let Some(of_container) = self.containers.get_mut(container)
            && of_container.users.remove(&uid).is_some()
        {
            let is_empty = of_container.users.is_empty() && of_container.groups.is_empty();
            self.removed(container, is_empty);
        }
    }

    pub(crate) fn remove_group(&mut self, container: &[u8], gid: u32) {
        if let Some(of_container) = self.containers.get_mut(container)
            && of_container.groups.remove(&gid).is_some()
        {
            let is_empty = of_container.users.is_empty() && of_container.groups.is_empty();
            self.removed(container, is_empty);
        }
    }

    fn removed(&mut self, container: &[u8], is_empty: bool) {
        self.n -= 1;
        self.generation += 1;
        if is_empty {
            self.containers.remove(container);
        }
    }
}
