//! The tables, and how an event changes them.

use std::net::IpAddr;
use std::sync::Arc;

use gyr_event::Event;
use gyr_event::snapshot::{Interface, Machine};

use crate::container::Cgroups;
use crate::fd::{FdData, FdType};
use crate::names::{Names, Text};
use crate::on::Rule;
use crate::path::Base;
use crate::thread::Image;
use crate::threads::Threads;
use crate::users::Users;
use crate::{Fd, Group, Host, Limits, Stats, Thread, ThreadIdx, User, interfaces, on, path};

/// What the system looks like after the last event that was applied.
#[derive(Debug)]
pub struct State {
    pub(crate) limits: Limits,
    pub(crate) threads: Threads,
    pub(crate) users: Users,
    pub(crate) machine: Machine,
    pub(crate) interfaces: Vec<Interface>,
    pub(crate) names: Names,
    pub(crate) cgroups: Cgroups,
    pub(crate) stats: Stats,
    /// Ports that the snapshot showed a server on.
    pub(crate) server_ports: Vec<u16>,
    pub(crate) exited: on::Exited,
    /// What the last event ended goes with the next, so that rules still see it.
    pub(crate) ended: Option<Ended>,
    /// The thread of the last event.
    last_thread: Option<ThreadIdx>,
    /// Where paths and names are put together.
    pub(crate) scratch: Vec<u8>,
}

/// What an event has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ended {
    /// Its tid, and when it exited.
    Thread(i64, u64),
    /// Whose table the fd was closed in, and its number.
    Fd(ThreadIdx, i64),
}

/// What the last event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Current {
    /// The event's thread. One that was not known has an entry now, if the table had room; clone's child and
    /// exiting threads excepted.
    pub thread: Option<ThreadIdx>,
    /// Whether the event gave its fd another name.
    pub fd_name_changed: bool,
    /// -1 if the event is about none.
    pub(crate) fd: i64,
    /// Whose table the entry is in, and under which number (a socketpair has two).
    pub(crate) entry: Option<(ThreadIdx, i64)>,
}

impl Current {
    /// About nothing.
    const NONE: Self = Self { thread: None, fd_name_changed: false, fd: -1, entry: None };

    /// The fd that the event is about: what it was given, or what it got.
    pub fn fd(&self) -> Option<i64> {
        Some(self.fd).filter(|&fd| fd != -1)
    }

    /// Whether the table knows that fd; after a close it still does.
    pub const fn is_fd_known(&self) -> bool {
        self.entry.is_some()
    }
}

/// An event as it is being applied.
pub struct Now<'a> {
    pub(crate) event: &'a Event<'a>,
    pub(crate) host: &'a mut dyn Host,
    /// What is known of it so far.
    pub(crate) current: Current,
    /// Whether the thread had an enter event before: only then a record of it may be kept.
    pub(crate) has_entered: bool,
}

impl<'a> Now<'a> {
    #[inline(always)]
    pub fn new(event: &'a Event<'a>, host: &'a mut dyn Host) -> Self {
        Self { event, host, current: Current::NONE, has_entered: false }
    }

    /// What the event is about, once it was applied.
    pub const fn current(&self) -> Current {
        self.current
    }
}

impl std::fmt::Debug for Now<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Now").field("event", &self.event).finish_non_exhaustive()
    }
}

impl State {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            threads: Threads::new(),
            users: Users::default(),
            machine: Machine::default(),
            interfaces: Vec::new(),
            names: Names::new(),
            cgroups: Cgroups::new(),
            stats: Stats::default(),
            server_ports: Vec::new(),
            exited: on::Exited::default(),
            ended: None,
            last_thread: None,
            scratch: Vec::new(),
        }
    }

    /// Brings the picture up to date with `event`. What [`Current`] names stays until the next call.
    pub fn apply(&mut self, event: &Event<'_>, host: &mut dyn Host) -> Current {
        let mut now = Now::new(event, host);
        self.advance(&mut now);
        now.current
    }

    /// As [`State::apply`], for whoever looks at few events: what they are about is left in `now`.
    #[inline(always)]
    pub fn advance(&mut self, now: &mut Now<'_>) {
        let rule = Rule::of(now.event.code());
        self.settle(now.host);
        if rule.has_thread {
            self.find_thread_and_fd(rule, now);
        }
        if let Some(handler) = rule.handler {
            handler(self, now);
        }
        self.finish(rule, now);
    }

    /// Does what the last event left to be done once nobody looks at it any more: what it closed goes. The next event
    /// would do the same.
    #[inline(always)]
    pub fn settle(&mut self, host: &mut dyn Host) {
        match self.ended {
            None => {}
            Some(Ended::Fd(owner, fd)) => {
                self.ended = None;
                let was_open = self.threads.at_mut(owner).fds.close(fd);
                self.stats.n_removed_fds += u64::from(was_open);
            }
            Some(Ended::Thread(tid, ts)) => self.remove_exited(tid, ts, host),
        }
    }

    #[cold]
    fn remove_exited(&mut self, tid: i64, ts: u64, host: &mut dyn Host) {
        self.ended = None;
        if let Some(idx) = self.threads.find(tid) {
            self.exited.add(tid, self.threads.at(idx).ptid(), ts);
        }
        self.remove_thread(tid, host);
    }

    /// Events come in runs: the thread of this one is mostly the last one's.
    #[inline(always)]
    fn find_thread_and_fd(&mut self, rule: &Rule, now: &mut Now<'_>) {
        if let Some(idx) = self.last_thread {
            let thread = self.threads.at_mut(idx);
            if thread.tid() == now.event.tid() {
                self.stats.n_cached_thread_lookups += 1;
                if meet(thread, idx, rule, now, &mut self.stats) == FdTableOf::MainThread {
                    now.current.entry = self.find_fd(idx, now.current.fd);
                }
                return;
            }
        }
        self.find_another_thread(rule, now);
    }

    #[inline(never)]
    fn find_another_thread(&mut self, rule: &Rule, now: &mut Now<'_>) {
        let tid = now.event.tid();
        self.last_thread = self.threads.find(tid);
        match self.last_thread {
            Some(_) => self.stats.n_noncached_thread_lookups += 1,
            None => self.stats.n_failed_thread_lookups += 1,
        }
        if self.last_thread.is_none() && rule.may_ask {
            self.last_thread = self.look_up(tid, now.host);
        }
        let Some(idx) = self.last_thread else { return };
        let thread = self.threads.at_mut(idx);
        if meet(thread, idx, rule, now, &mut self.stats) == FdTableOf::MainThread {
            now.current.entry = self.find_fd(idx, now.current.fd);
        }
    }

    #[inline(always)]
    fn finish(&mut self, rule: &Rule, now: &mut Now<'_>) {
        let Some(idx) = now.current.thread else {
            now.current = Current::NONE;
            return;
        };
        if now.has_entered && !rule.is_enter {
            self.threads.at_mut(idx).last.forget_record();
        }
        if now.current.entry.is_none() && now.current.fd != -1 && rule.is_about_fd {
            now.current.entry = self.find_fd(idx, now.current.fd);
        }
    }

    /// The thread of this tid, asked of the host or made up if no event told of it; none if the table is full.
    pub(crate) fn find_or_look_up(&mut self, tid: i64, host: &mut dyn Host) -> Option<ThreadIdx> {
        self.threads.find(tid).or_else(|| self.look_up(tid, host))
    }

    #[cold]
    fn look_up(&mut self, tid: i64, host: &mut dyn Host) -> Option<ThreadIdx> {
        if self.threads.len() >= self.limits.threads {
            self.stats.n_drops_full_threadtable += 1;
            return None;
        }
        if let Some((entry, fds)) = host.thread(tid) {
            let idx = self.add_entry(&entry);
            for fd in &fds {
                self.add_fd_entry(idx, fd);
            }
            self.threads.relate(idx);
            return Some(idx);
        }
        let name = self.names.share(b"<NA>");
        let image = Image { comm: name.clone(), exe: name, ..Image::default() };
        let stamp = self.threads.tick();
        Some(self.threads.insert(Thread::new(tid, image, stamp)))
    }

    pub(crate) fn remove_thread(&mut self, tid: i64, host: &mut dyn Host) {
        let Some(idx) = self.threads.find(tid) else { return };
        let reaper_tid = self.threads.at(idx).reaper_tid();
        let reaper = if self.threads.has_children(idx) && reaper_tid > 0 {
            self.find_or_look_up(reaper_tid, host)
        } else {
            None
        };
        self.threads.remove(idx, reaper);
    }

    /// Removes threads whose exit was missed: those without an event for `idle_ns` nanoseconds before `now`, if the host does
    /// not have them. Says how many. What [`Current`] names may be gone after it.
    pub fn forget_gone(&mut self, now: u64, idle_ns: u64, host: &mut dyn Host) -> usize {
        let is_idle = |thread: &&Thread| now.saturating_sub(thread.last.ts) >= idle_ns;
        let idle: Vec<i64> = self.threads.iter().filter(is_idle).map(Thread::tid).collect();
        let gone: Vec<i64> = idle.into_iter().filter(|&tid| !host.has_thread(tid)).collect();
        for &tid in &gone {
            self.remove_thread(tid, host);
        }
        gone.len()
    }

    /// Takes a thread into the table and its family; none if the table is full.
    pub(crate) fn add_thread(&mut self, thread: Thread) -> Option<ThreadIdx> {
        if self.threads.len() >= self.limits.threads {
            self.stats.n_drops_full_threadtable += 1;
            return None;
        }
        let idx = self.threads.insert(thread);
        self.threads.relate(idx);
        Some(idx)
    }

    /// The owner of the table and the number, if the fd is known.
    #[inline]
    pub(crate) fn find_fd(&mut self, idx: ThreadIdx, fd: i64) -> Option<(ThreadIdx, i64)> {
        if fd < 0 {
            return None;
        }
        let thread = self.threads.at(idx);
        let (owner, thread) = if thread.flags() & crate::flags::CLONE_FILES == 0 {
            (idx, thread)
        } else {
            let main = self.threads.main(idx)?;
            (main, self.threads.at(main))
        };
        if thread.fds.find(fd).is_none() {
            self.stats.n_failed_fd_lookups += 1;
            return None;
        }
        self.stats.n_noncached_fd_lookups += 1;
        Some((owner, fd))
    }

    /// Makes `data` the thread's fd of this number, and the fd that the event is about.
    #[inline]
    pub(crate) fn add_fd(
        &mut self,
        now: &mut Now<'_>,
        fd: i64,
        data: impl Into<Arc<FdData>>,
        open_flags: u32,
    ) {
        let data = data.into();
        let is_named = !data.name.is_empty();
        now.current.entry = self.add_other_fd(now, fd, data, open_flags);
        now.current.fd_name_changed = is_named && now.current.entry.is_some();
    }

    /// As [`State::add_fd`], of an event whose entry is another: only the number is this one's.
    #[inline(never)]
    pub(crate) fn add_other_fd(
        &mut self,
        now: &mut Now<'_>,
        fd: i64,
        data: impl Into<Arc<FdData>>,
        open_flags: u32,
    ) -> Option<(ThreadIdx, i64)> {
        self.put_fd(now, fd, data, open_flags)
    }

    #[inline(always)]
    pub(crate) fn put_fd(
        &mut self,
        now: &mut Now<'_>,
        fd: i64,
        data: impl Into<Arc<FdData>>,
        open_flags: u32,
    ) -> Option<(ThreadIdx, i64)> {
        let owner = self.owner_of_new(now, fd)?;
        let stamp = self.threads.tick();
        let table = &mut self.threads.at_mut(owner).fds;
        let is_new = table.insert(fd, Fd::new(data.into(), open_flags, stamp));
        self.stats.n_added_fds += u64::from(is_new);
        Some((owner, fd))
    }

    /// The event is about this fd.
    #[inline]
    pub(crate) fn set_fd(&mut self, now: &mut Now<'_>, fd: i64) {
        now.current.fd = fd;
        if let Some(idx) = now.current.thread {
            self.threads.at_mut(idx).last.fd = fd;
        }
    }

    /// As [`State::add_fd`], of an opened file by the name in [`State::scratch`]: it gives its memory for that of the name
    /// before.
    #[inline(always)]
    pub(crate) fn open_fd(
        &mut self,
        now: &mut Now<'_>,
        fd: i64,
        kind: FdType,
        open_flags: u32,
    ) -> Option<&mut FdData> {
        let owner = self.owner_of_new(now, fd)?;
        let stamp = self.threads.tick();
        let table = &mut self.threads.at_mut(owner).fds;
        let (data, is_new) = table.open(fd, kind, open_flags, stamp)?;
        self.stats.n_added_fds += u64::from(is_new);
        now.current.entry = Some((owner, fd));
        now.current.fd_name_changed = !self.scratch.is_empty();
        std::mem::swap(&mut data.name, &mut self.scratch);
        Some(data)
    }

    /// Whose table takes the event's new fd; none if there is none, or if it is full.
    #[inline]
    fn owner_of_new(&mut self, now: &mut Now<'_>, fd: i64) -> Option<ThreadIdx> {
        let idx = now.current.thread?;
        let thread = self.threads.at_mut(idx);
        now.current.fd = fd;
        thread.last.fd = fd;
        let has_own_room = thread.flags() & crate::flags::CLONE_FILES == 0
            && thread.fds.len() < self.limits.fds_per_process;
        if has_own_room { Some(idx) } else { self.owner_with_room(idx, fd) }
    }

    #[inline(never)]
    fn owner_with_room(&mut self, idx: ThreadIdx, fd: i64) -> Option<ThreadIdx> {
        let owner = self.threads.fds_owner(idx)?;
        let table = &self.threads.at(owner).fds;
        if table.len() >= self.limits.fds_per_process && table.find(fd).is_none() {
            self.stats.n_refused_fds += 1;
            return None;
        }
        Some(owner)
    }

    #[inline]
    pub(crate) fn entry(&self, entry: Option<(ThreadIdx, i64)>) -> Option<&Fd> {
        let (owner, fd) = entry?;
        self.threads.at(owner).fds.find(fd)
    }

    /// The event's fd, to be changed.
    pub(crate) fn edit_fd(&mut self, now: &Now<'_>) -> Option<&mut FdData> {
        let (owner, fd) = now.current.entry?;
        let stamp = self.threads.tick();
        Some(self.threads.at_mut(owner).fds.find_mut(fd)?.edit(stamp))
    }

    /// Has exec close a thread's fd, or not.
    pub(crate) fn set_close_on_exec(&mut self, owner: ThreadIdx, fd: i64, closes: bool) {
        let stamp = self.threads.tick();
        if let Some(fd) = self.threads.at_mut(owner).fds.find_mut(fd)
            && fd.is_close_on_exec() != closes
        {
            fd.set_close_on_exec(closes, stamp);
        }
    }

    /// Renames the event's fd: `write` appends its new name to nothing.
    pub(crate) fn rename_fd(
        &mut self,
        now: &mut Now<'_>,
        write: impl FnOnce(&FdData, &mut Vec<u8>),
    ) {
        let mut name = std::mem::take(&mut self.scratch);
        name.clear();
        if let Some(fd) = self.entry(now.current.entry) {
            write(fd.data(), &mut name);
            if fd.name() != name
                && let Some(data) = self.edit_fd(now)
            {
                std::mem::swap(&mut data.name, &mut name);
                now.current.fd_name_changed = true;
            }
        }
        self.scratch = name;
    }

    /// Joins a path to what it is relative to.
    pub(crate) fn join(&mut self, base: Base<'_>, name: &[u8]) -> Text {
        let mut scratch = std::mem::take(&mut self.scratch);
        path::join_to(base, name, &mut scratch);
        let joined = self.names.share(&scratch);
        self.scratch = scratch;
        joined
    }

    /// As [`State::cwd`].
    pub(crate) fn cwd_of(&self, idx: ThreadIdx) -> Text {
        match self.threads.main(idx) {
            Some(owner) => self.threads.at(owner).own_cwd().clone(),
            None => Text::new(b"./"),
        }
    }

    /// Goes to `path`, which may be relative.
    pub(crate) fn change_cwd(&mut self, idx: ThreadIdx, path: &[u8]) {
        let Some(owner) = self.threads.main(idx) else { return };
        let old = self.threads.at(owner).own_cwd().clone();
        let mut scratch = std::mem::take(&mut self.scratch);
        path::join_to(Base::directory(old.as_bytes()), path, &mut scratch);
        if !scratch.ends_with(b"/") {
            scratch.push(b'/');
        }
        if scratch != old.as_bytes() {
            let cwd = self.names.share(&scratch);
            let stamp = self.threads.tick();
            self.threads.at_mut(owner).set_own_cwd(cwd, stamp);
        }
        self.scratch = scratch;
    }
}

/// Lookups.
impl State {
    pub const fn machine(&self) -> &Machine {
        &self.machine
    }

    /// An answer that rests on it, or on there being none, holds until [`State::lineage_stamp`] changes.
    pub fn thread(&self, tid: i64) -> Option<&Thread> {
        self.threads.ask(tid)
    }

    /// The thread at a place that the last event's [`Current`] named. A stale place reads as an unknown thread.
    #[inline]
    pub fn thread_at(&self, idx: ThreadIdx) -> &Thread {
        self.threads.at(idx)
    }

    /// The leader of the thread's group; none if it is not known.
    pub fn main_thread<'a>(&'a self, thread: &'a Thread) -> Option<&'a Thread> {
        self.threads.ask_main(thread)
    }

    pub fn parent(&self, thread: &Thread) -> Option<&Thread> {
        self.threads.parent(thread)
    }

    /// The main threads of parent, grandparent and so on; stops at an unknown one and at loops.
    pub fn ancestors<'a>(&'a self, thread: &'a Thread) -> impl Iterator<Item = &'a Thread> {
        let above = |thread: &'a Thread| self.main_thread(self.parent(thread)?);
        let main = self.main_thread(thread);
        // No chain without a loop is longer than the table.
        let longest = self.threads.len();
        std::iter::successors(main.and_then(above), move |&ancestor| above(ancestor)).take(longest)
    }

    /// Parent, parent's parent and so on, each the very thread that is the parent; stops as [`State::ancestors`] does.
    pub fn parents<'a>(&'a self, thread: &'a Thread) -> impl Iterator<Item = &'a Thread> {
        let longest = self.threads.len();
        std::iter::successors(self.parent(thread), move |&parent| self.parent(parent)).take(longest)
    }

    /// A fd of the process that the thread belongs to.
    pub fn fd<'a>(&'a self, thread: &'a Thread, fd: i64) -> Option<&'a Fd> {
        self.fds_of(thread)?.fds.find(fd)
    }

    pub fn fds<'a>(&'a self, thread: &'a Thread) -> impl Iterator<Item = (i64, &'a Fd)> {
        self.fds_of(thread).into_iter().flat_map(|owner| owner.fds.iter())
    }

    /// When the machine booted; 0 in captures that do not count from it.
    pub(crate) fn boot_ts(&self, host: &dyn Host) -> u64 {
        match host.boot_ts() {
            0 if self.machine.counts_boot => self.machine.boot_ts,
            boot_ts => boot_ts,
        }
    }

    /// As [`State::fds`], in the order in which Falco's table holds them.
    pub fn fds_in_order<'a>(&'a self, thread: &'a Thread) -> Vec<(i64, &'a Fd)> {
        self.fds_of(thread).map_or_else(Vec::new, |owner| owner.fds.in_order())
    }

    /// Open fds of the process; 0 if its main thread is not known.
    pub fn n_fds(&self, thread: &Thread) -> usize {
        self.main_thread(thread)
            .and_then(|main| self.fds_of(main))
            .map_or(0, |owner| owner.fds.len())
    }

    /// How many fds the process may open; 0 if its main thread is not known.
    pub fn fdlimit(&self, thread: &Thread) -> i64 {
        self.main_thread(thread).map_or(0, Thread::fdlimit)
    }

    fn fds_of<'a>(&'a self, thread: &'a Thread) -> Option<&'a Thread> {
        if thread.flags() & crate::flags::CLONE_FILES == 0 {
            Some(thread)
        } else {
            self.main_thread(thread)
        }
    }

    /// The fd that the last event is about, as it is now; one that was closed is still there.
    #[inline]
    pub fn current_fd(&self, current: &Current) -> Option<&Fd> {
        self.entry(current.entry)
    }

    /// The working directory of the process; ends with a slash. "./" if its main thread is not known.
    pub fn cwd<'a>(&'a self, thread: &'a Thread) -> &'a [u8] {
        self.main_thread(thread).map_or(b"./", |main| main.own_cwd().as_bytes())
    }

    /// No two working directories of any process share a stamp.
    pub fn cwd_stamp(&self, thread: &Thread) -> u64 {
        self.main_thread(thread).map_or(0, Thread::own_cwd_stamp)
    }

    /// The environment of the process: NAME=value, each ended by a NUL.
    pub fn env<'a>(&'a self, thread: &'a Thread) -> &'a [u8] {
        self.main_thread(thread).unwrap_or(thread).image().env.as_bytes()
    }

    /// Threads of the process that have not exited.
    pub fn n_threads(&self, thread: &Thread) -> u64 {
        self.threads.find(thread.tid()).map_or(0, |idx| self.threads.n_alive(idx))
    }

    /// As [`State::n_threads`], the main thread not counted.
    pub fn n_children(&self, thread: &Thread) -> u64 {
        let n = self.n_threads(thread);
        match self.main_thread(thread) {
            Some(main) if !main.is_dead() => n.saturating_sub(1),
            _ => n,
        }
    }

    /// A user as the container (empty: the host) names it.
    pub fn user(&self, container: &[u8], uid: u32) -> Option<&User> {
        self.users.user(container, uid)
    }

    /// A group as the container (empty: the host) names it.
    pub fn group(&self, container: &[u8], gid: u32) -> Option<&Group> {
        self.users.group(container, gid)
    }

    /// Changes when a thread that answers about others may rest on changes its image or its place, comes or goes: one that
    /// has children or other threads of its process, or that was looked for by its tid.
    pub const fn lineage_stamp(&self) -> u64 {
        self.threads.lineage_stamp()
    }

    /// Changes when any user or group does.
    pub const fn users_stamp(&self) -> u64 {
        self.users.generation()
    }

    /// Whether the address is one of this machine's; for IPv6, in the /64 of one.
    pub fn is_local(&self, address: IpAddr) -> bool {
        interfaces::is_local(&self.interfaces, address)
    }

    pub fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// All threads, in no order.
    pub fn threads(&self) -> impl Iterator<Item = &Thread> {
        self.threads.iter()
    }

    /// Counters, and sizes counted now (which walks the table of threads).
    pub fn stats(&self) -> Stats {
        Stats {
            n_threads: self.threads.len() as u64,
            n_fds: self.threads.iter().map(|thread| thread.fds.len() as u64).sum(),
            n_added_threads: self.threads.n_added(),
            n_removed_threads: self.threads.n_removed(),
            n_refused_users: self.users.n_refused(),
            ..self.stats
        }
    }
}

/// Where the fd of an event is, if it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FdTableOf {
    /// With the thread, and looked for.
    Itself,
    MainThread,
}

/// Takes leave of the event that the thread had before, and finds the fd of this one if the thread has its own.
#[inline(always)]
fn meet(
    thread: &mut Thread,
    idx: ThreadIdx,
    rule: &Rule,
    now: &mut Now<'_>,
    stats: &mut Stats,
) -> FdTableOf {
    let event = now.event;
    now.current.thread = Some(idx);
    thread.set_flag(rule.flag);
    let has_own_fds = thread.flags() & crate::flags::CLONE_FILES == 0;
    let last = &mut thread.last;
    last.ts = event.ts();
    if rule.is_special || last.enter.is_some() {
        now.has_entered = true;
        now.current.fd = last.leave_to(event.code());
        if rule.fd_param().is_none() {
            last.fd = now.current.fd;
            return FdTableOf::Itself;
        }
    }
    if now.current.fd == -1 {
        now.current.fd = rule.fd(event);
    }
    last.fd = now.current.fd;
    if now.current.fd < 0 {
        return FdTableOf::Itself;
    }
    if !has_own_fds {
        return FdTableOf::MainThread;
    }
    if thread.fds.find(now.current.fd).is_some() {
        stats.n_noncached_fd_lookups += 1;
        now.current.entry = Some((idx, now.current.fd));
    } else {
        stats.n_failed_fd_lookups += 1;
    }
    FdTableOf::Itself
}
