//! The table of threads, their groups and their families.
//!
//! Parents follow the kernel: a thread's children go to another thread of its group, else to the nearest ancestor that
//! reaps, else to nobody (ptid 0).

use std::num::NonZeroU32;

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use crate::Fd;
use crate::asked::Asked;
use crate::thread::{Image, Thread, flags};

/// As user space writes "relative to the working directory".
pub(crate) const AT_FDCWD: i64 = -100;

/// The place of a thread in the table, valid until the next event is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ThreadIdx(NonZeroU32);

impl ThreadIdx {
    const fn new(index: u32) -> Self {
        // One more, so that an optional place takes no more room than a place.
        Self(NonZeroU32::MIN.saturating_add(index))
    }

    const fn index(self) -> u32 {
        self.0.get() - 1
    }
}

/// Where a thread stands among the others.
#[derive(Debug, Default)]
pub(crate) struct Links {
    group: Option<GroupIdx>,
    parent: Option<ThreadIdx>,
    first_child: Option<ThreadIdx>,
    next_sibling: Option<ThreadIdx>,
    prev_sibling: Option<ThreadIdx>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct GroupIdx(u32);

/// The threads of a process.
#[derive(Debug, Default)]
struct Group {
    pid: i64,
    /// Members that have not exited.
    n_alive: u64,
    /// Whether orphans below it become its children.
    is_reaper: bool,
    /// The main thread, if it is known, comes first.
    members: Vec<ThreadIdx>,
}

/// All threads.
#[derive(Debug)]
pub(crate) struct Threads {
    slots: Vec<Option<Box<Thread>>>,
    free: Vec<u32>,
    by_tid: HashMap<i64, u32, FxBuildHasher>,
    groups: Vec<Group>,
    free_groups: Vec<u32>,
    group_by_pid: HashMap<i64, u32, FxBuildHasher>,
    /// What a place that holds no thread reads as.
    vacant: Box<Thread>,
    /// The last stamp given out.
    clock: u64,
    lineage_stamp: u64,
    /// The threads that answers under this stamp looked for by their tids, there or not.
    asked: Asked,
    n_added: u64,
    n_removed: u64,
}

impl Threads {
    pub(crate) fn new() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            by_tid: HashMap::default(),
            groups: Vec::new(),
            free_groups: Vec::new(),
            group_by_pid: HashMap::default(),
            vacant: Box::new(Thread::new(-1, Image::default(), 0)),
            clock: 0,
            lineage_stamp: 0,
            asked: Asked::default(),
            n_added: 0,
            n_removed: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.by_tid.len()
    }

    pub(crate) const fn n_added(&self) -> u64 {
        self.n_added
    }

    pub(crate) const fn n_removed(&self) -> u64 {
        self.n_removed
    }

    pub(crate) const fn lineage_stamp(&self) -> u64 {
        self.lineage_stamp
    }

    /// A stamp that nothing has yet.
    #[inline]
    pub(crate) const fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    #[inline]
    pub(crate) fn find(&self, tid: i64) -> Option<ThreadIdx> {
        self.by_tid.get(&tid).map(|&index| ThreadIdx::new(index))
    }

    #[inline]
    pub(crate) fn at(&self, idx: ThreadIdx) -> &Thread {
        self.slots.get(idx.index() as usize).and_then(Option::as_deref).unwrap_or(&self.vacant)
    }

    #[inline]
    pub(crate) fn at_mut(&mut self, idx: ThreadIdx) -> &mut Thread {
        match self.slots.get_mut(idx.index() as usize) {
            Some(Some(thread)) => thread,
            _ => &mut self.vacant,
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Thread> {
        self.slots.iter().filter_map(Option::as_deref)
    }

    pub(crate) fn indices(&self) -> impl Iterator<Item = ThreadIdx> + use<> {
        (0..u32::try_from(self.slots.len()).unwrap_or(u32::MAX)).map(ThreadIdx::new)
    }

    /// The thread's image, to be changed. Bumps the stamps of all that answers about it may depend on.
    pub(crate) fn edit(&mut self, idx: ThreadIdx) -> &mut Image {
        if self.is_read_by_others(idx) {
            self.bump_lineage();
        }
        if self.at(idx).is_main() {
            self.bump_others(idx);
        }
        let stamp = self.tick();
        self.at_mut(idx).edit(stamp)
    }

    fn bump_lineage(&mut self) {
        self.lineage_stamp = self.tick();
        self.asked.clear();
    }

    /// The other threads of a process read the environment of their main thread.
    fn bump_others(&mut self, main: ThreadIdx) {
        if self.members(main).len() < 2 {
            return;
        }
        for member in self.members(main).to_vec() {
            let stamp = self.tick();
            self.at_mut(member).edit(stamp);
        }
    }

    /// Whether answers about other threads may come from this one: as a parent, or the parent's main thread, or as one that
    /// was looked for by its tid.
    fn is_read_by_others(&self, idx: ThreadIdx) -> bool {
        let thread = self.at(idx);
        thread.links.first_child.is_some()
            || self.members(idx).len() > 1
            || self.asked.may_hold(thread.tid())
    }

    /// The thread of this tid, for an answer.
    pub(crate) fn ask(&self, tid: i64) -> Option<&Thread> {
        self.asked.add(tid);
        self.find(tid).map(|idx| self.at(idx))
    }

    /// As [`Threads::main`], for an answer.
    pub(crate) fn ask_main<'a>(&'a self, thread: &'a Thread) -> Option<&'a Thread> {
        if thread.is_main() {
            return Some(thread);
        }
        let main = self.find(thread.tid()).and_then(|idx| self.main(idx));
        if main.is_none() {
            // It may come.
            self.asked.add(thread.pid());
        }
        main.map(|idx| self.at(idx))
    }

    /// The main thread of the group; none if it is not known.
    #[inline]
    pub(crate) fn main(&self, idx: ThreadIdx) -> Option<ThreadIdx> {
        if self.at(idx).is_main() {
            return Some(idx);
        }
        let first = *self.group(idx)?.members.first()?;
        self.at(first).is_main().then_some(first)
    }

    pub(crate) fn parent(&self, thread: &Thread) -> Option<&Thread> {
        match thread.links.parent {
            Some(parent) => Some(self.at(parent)),
            None => self.ask(thread.ptid()),
        }
    }

    /// The thread whose fd table this one uses.
    #[inline]
    pub(crate) fn fds_owner(&self, idx: ThreadIdx) -> Option<ThreadIdx> {
        if self.at(idx).flags() & flags::CLONE_FILES == 0 { Some(idx) } else { self.main(idx) }
    }

    /// The directory that names are relative to which come with `dirfd`; none if the fd is not known.
    #[inline]
    pub(crate) fn directory(&self, idx: ThreadIdx, dirfd: i64) -> Option<&[u8]> {
        if dirfd == AT_FDCWD {
            return Some(self.main(idx).map_or(b"./", |main| self.at(main).own_cwd().as_bytes()));
        }
        self.at(self.fds_owner(idx)?).fds.find(dirfd).map(Fd::name)
    }

    pub(crate) fn n_alive(&self, idx: ThreadIdx) -> u64 {
        self.group(idx).map_or(0, |group| group.n_alive)
    }

    pub(crate) fn has_children(&self, idx: ThreadIdx) -> bool {
        self.at(idx).links.first_child.is_some()
    }

    pub(crate) fn is_reaper(&self, idx: ThreadIdx) -> bool {
        self.group(idx).is_some_and(|group| group.is_reaper)
    }

    pub(crate) fn set_reaper(&mut self, idx: ThreadIdx, is_reaper: bool) {
        if let Some(group) = self.group_mut(idx) {
            group.is_reaper = is_reaper;
        }
    }

    pub(crate) fn members(&self, idx: ThreadIdx) -> &[ThreadIdx] {
        self.group(idx).map_or(&[], |group| &group.members)
    }

    /// Puts a thread into the table, in place of any of the same tid. Families are for [`Self::relate`].
    pub(crate) fn insert(&mut self, thread: Thread) -> ThreadIdx {
        let tid = thread.tid();
        self.n_added += 1;
        if self.asked.may_hold(tid) {
            self.bump_lineage();
        }
        let index = match self.free.pop() {
            Some(index) => index,
            None => {
                self.slots.push(None);
                u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
            }
        };
        let idx = ThreadIdx::new(index);
        if let Some(slot) = self.slots.get_mut(index as usize) {
            *slot = Some(Box::new(thread));
        }
        if let Some(old) = self.by_tid.insert(tid, index) {
            let old = ThreadIdx::new(old);
            self.leave(old);
            self.vacate(old);
        }
        idx
    }

    /// Gives a thread that is known well enough its group and its parent.
    pub(crate) fn relate(&mut self, idx: ThreadIdx) {
        let thread = self.at(idx);
        if thread.is_invalid() || thread.links.group.is_some() {
            return;
        }
        let (pid, ptid) = (thread.pid(), thread.ptid());
        self.join_group(idx);
        if pid == 1 {
            return;
        }
        match self.find(ptid).filter(|&parent| parent != idx && !self.at(parent).is_invalid()) {
            Some(parent) => self.adopt(parent, idx),
            None => self.edit(idx).ptid = 0,
        }
    }

    fn join_group(&mut self, idx: ThreadIdx) {
        let thread = self.at(idx);
        let (pid, is_main) = (thread.pid(), thread.is_main());
        let is_init = pid == 1 || thread.vpid() == 1;
        let is_dead = thread.is_dead();
        let group_idx = match self.group_by_pid.get(&pid) {
            Some(&group) => GroupIdx(group),
            None => self.add_group(Group { pid, is_reaper: is_init, ..Group::default() }),
        };
        if let Some(group) = self.groups.get_mut(group_idx.0 as usize) {
            group.n_alive += u64::from(!is_dead);
            if is_main {
                group.members.insert(0, idx);
            } else {
                group.members.push(idx);
            }
        }
        self.at_mut(idx).links.group = Some(group_idx);
        if is_main && self.members(idx).len() > 1 {
            // They had none.
            self.bump_lineage();
            self.bump_others(idx);
        }
    }

    fn add_group(&mut self, group: Group) -> GroupIdx {
        let pid = group.pid;
        let index = match self.free_groups.pop() {
            Some(index) => {
                if let Some(slot) = self.groups.get_mut(index as usize) {
                    *slot = group;
                }
                index
            }
            None => {
                self.groups.push(group);
                u32::try_from(self.groups.len() - 1).unwrap_or(u32::MAX)
            }
        };
        self.group_by_pid.insert(pid, index);
        GroupIdx(index)
    }

    /// The thread has exited: it counts no more, but stays until it is removed.
    pub(crate) fn mark_dead(&mut self, idx: ThreadIdx) {
        if self.at(idx).is_dead() {
            return;
        }
        if let Some(group) = self.group_mut(idx) {
            group.n_alive = group.n_alive.saturating_sub(1);
        }
        self.at_mut(idx).set_flag(flags::CLOSED);
    }

    /// A main thread that exited before another of its group ran exec lives on as the one that did.
    pub(crate) fn resurrect(&mut self, idx: ThreadIdx) {
        if !self.at(idx).is_dead() {
            return;
        }
        if let Some(group) = self.group_mut(idx) {
            group.n_alive += 1;
        }
        self.edit(idx).flags &= !flags::CLOSED;
    }

    /// Removes a thread; its children go to `reaper` if that is known, else to whom the kernel would give them. A main
    /// thread stays, dead, as long as its group has threads that use its tables.
    pub(crate) fn remove(&mut self, idx: ThreadIdx, reaper: Option<ThreadIdx>) {
        if self.is_read_by_others(idx) {
            self.bump_lineage();
        }
        let thread = self.at(idx);
        if thread.is_invalid() || thread.links.group.is_none() {
            self.leave(idx);
            self.forget(idx);
            return;
        }
        self.mark_dead(idx);
        if self.at(idx).links.first_child.is_some() {
            self.hand_over_children(idx, reaper);
        }
        self.n_removed += 1;
        let is_main = self.at(idx).is_main();
        if self.n_alive(idx) == 0 {
            let main = self.main(idx);
            self.leave(idx);
            self.forget(idx);
            if let Some(main) = main.filter(|&main| main != idx) {
                // The last thread took its process with it.
                self.hand_over_children(main, None);
                self.leave(main);
                self.forget(main);
            }
        } else if !is_main {
            self.leave(idx);
            self.forget(idx);
        }
    }

    fn hand_over_children(&mut self, idx: ThreadIdx, reaper: Option<ThreadIdx>) {
        let known = reaper.filter(|&reaper| reaper != idx && !self.at(reaper).is_invalid());
        let reaper = known.or_else(|| self.find_reaper(idx));
        if let Some(reaper) = reaper {
            let tid = self.at(reaper).tid();
            self.at_mut(idx).edit_reaper(tid);
            if self.at(reaper).pid() != self.at(idx).pid() {
                self.set_reaper(reaper, true);
            }
        }
        self.bump_lineage();
        while let Some(child) = self.at(idx).links.first_child {
            self.disown(child);
            match reaper {
                Some(reaper) if reaper != child => self.adopt(reaper, child),
                _ => self.edit(child).ptid = 0,
            }
        }
    }

    /// Who gets the children of a dying thread: another of its group, else the nearest ancestor that reaps.
    fn find_reaper(&self, idx: ThreadIdx) -> Option<ThreadIdx> {
        let alive = |&member: &ThreadIdx| member != idx && !self.at(member).is_dead();
        if let Some(member) = self.members(idx).iter().copied().find(|member| alive(member)) {
            return Some(member);
        }
        let thread = self.at(idx);
        let in_namespace = thread.is_in_pid_namespace();
        let mut ancestor = self.find(thread.ptid())?;
        // No chain of parents is longer than the table.
        for _ in 0..self.len() {
            if ancestor == idx || self.at(ancestor).is_in_pid_namespace() != in_namespace {
                return None;
            }
            if self.is_reaper(ancestor) {
                let member =
                    self.members(ancestor).iter().copied().find(|&m| !self.at(m).is_dead());
                if member.is_some() {
                    return member;
                }
            }
            ancestor = self.find(self.at(ancestor).ptid())?;
        }
        None
    }

    fn adopt(&mut self, parent: ThreadIdx, child: ThreadIdx) {
        self.disown(child);
        let ptid = self.at(parent).tid();
        if self.at(child).ptid() != ptid {
            self.edit(child).ptid = ptid;
        }
        let sibling = self.at_mut(parent).links.first_child.replace(child);
        let links = &mut self.at_mut(child).links;
        links.parent = Some(parent);
        links.next_sibling = sibling;
        links.prev_sibling = None;
        if let Some(sibling) = sibling {
            self.at_mut(sibling).links.prev_sibling = Some(child);
        }
    }

    /// Takes a child from its parent's list.
    fn disown(&mut self, child: ThreadIdx) {
        let links = &mut self.at_mut(child).links;
        let Some(parent) = links.parent.take() else { return };
        let (prev, next) = (links.prev_sibling.take(), links.next_sibling.take());
        match prev {
            Some(prev) => self.at_mut(prev).links.next_sibling = next,
            None => self.at_mut(parent).links.first_child = next,
        }
        if let Some(next) = next {
            self.at_mut(next).links.prev_sibling = prev;
        }
    }

    /// Unties a thread from its group, its parent and its children.
    pub(crate) fn leave(&mut self, idx: ThreadIdx) {
        if self.is_read_by_others(idx) {
            self.bump_lineage();
        }
        if self.at(idx).is_main() {
            self.bump_others(idx);
        }
        self.disown(idx);
        while let Some(child) = self.at(idx).links.first_child {
            self.disown(child);
            self.edit(child).ptid = 0;
        }
        let Some(GroupIdx(index)) = self.at_mut(idx).links.group.take() else { return };
        let is_dead = self.at(idx).is_dead();
        let Some(group) = self.groups.get_mut(index as usize) else { return };
        group.members.retain(|&member| member != idx);
        if !is_dead {
            group.n_alive = group.n_alive.saturating_sub(1);
        }
        if group.members.is_empty() {
            if self.group_by_pid.get(&group.pid) == Some(&index) {
                self.group_by_pid.remove(&group.pid);
            }
            *group = Group::default();
            self.free_groups.push(index);
        }
    }

    fn forget(&mut self, idx: ThreadIdx) {
        let tid = self.at(idx).tid();
        if self.by_tid.get(&tid) == Some(&idx.index()) {
            self.by_tid.remove(&tid);
        }
        self.vacate(idx);
    }

    fn vacate(&mut self, idx: ThreadIdx) {
        let index = idx.index();
        if let Some(slot) = self.slots.get_mut(index as usize)
            && slot.take().is_some()
        {
            self.free.push(index);
        }
    }

    fn group(&self, idx: ThreadIdx) -> Option<&Group> {
        let GroupIdx(index) = self.at(idx).links.group?;
        self.groups.get(index as usize)
    }

    fn group_mut(&mut self, idx: ThreadIdx) -> Option<&mut Group> {
        let GroupIdx(index) = self.at(idx).links.group?;
        self.groups.get_mut(index as usize)
    }
}

#[cfg(test)]
impl Threads {
    /// Panics unless ids, groups and families agree with each other.
    pub(crate) fn check(&self) {
        for (&tid, &index) in &self.by_tid {
            assert_eq!(self.at(ThreadIdx::new(index)).tid(), tid, "the thread of an id");
        }
        assert_eq!(self.iter().count(), self.by_tid.len(), "every thread is found by its id");
        for idx in self.indices().filter(|idx| self.slots[idx.index() as usize].is_some()) {
            let links = &self.at(idx).links;
            if links.group.is_some() {
                assert!(self.members(idx).contains(&idx), "a thread is in its group");
            }
            let mut child = links.first_child;
            let mut n = 0;
            while let Some(at) = child {
                assert_eq!(self.at(at).links.parent, Some(idx), "a child knows its parent");
                assert_eq!(self.at(at).ptid(), self.at(idx).tid(), "and its parent's id");
                child = self.at(at).links.next_sibling;
                n += 1;
                assert!(n <= self.len(), "a list of children ends");
            }
        }
        for (&pid, &index) in &self.group_by_pid {
            let group = &self.groups[index as usize];
            assert_eq!(group.pid, pid, "the group of an id");
            let alive = group.members.iter().filter(|&&member| !self.at(member).is_dead());
            assert_eq!(alive.count() as u64, group.n_alive, "threads alive of {pid}");
        }
    }
}
