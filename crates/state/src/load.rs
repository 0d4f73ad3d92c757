//! The tables as they were before the first event.

use gyr_event::snapshot::{FdEntry, FdKind, Snapshot, ThreadEntry};

use crate::container::Container;
use crate::fd::{FdData, FdType, Role, Sockinfo, with_close_on_exec};
use crate::names::Text;
use crate::state::State;
use crate::thread::{Image, Memory, Thread, flags};
use crate::{Fd, Host, ThreadIdx, interfaces, naming};

impl State {
    /// Takes the tables of `snapshot`. Meant for an empty state; entries of the same tid are replaced.
    pub fn load(&mut self, snapshot: Snapshot) {
        self.machine = snapshot.machine;
        self.interfaces = snapshot.interfaces;
        for user in &snapshot.users {
            self.users.add_user(b"", user, self.limits.users);
        }
        for group in &snapshot.groups {
            self.users.add_group(b"", group, self.limits.users);
        }
        for thread in &snapshot.threads {
            if self.threads.len() >= self.limits.threads {
                self.stats.n_drops_full_threadtable += 1;
                continue;
            }
            self.add_entry(thread);
        }
        for fd in &snapshot.fds {
            if let Some(idx) = self.threads.find(fd.tid) {
                self.add_fd_entry(idx, fd);
            }
        }
        for idx in self.threads.indices() {
            self.threads.relate(idx);
        }
        for idx in self.threads.indices() {
            self.guess_roles(idx, 0);
        }
    }

    /// Puts a thread into the table; its family is not yet told.
    pub(crate) fn add_entry(&mut self, entry: &ThreadEntry) -> ThreadIdx {
        let image = self.image(entry);
        let stamp = self.threads.tick();
        let mut thread = Thread::new(entry.tid, image, stamp);
        thread.memory = Memory {
            vmsize_kb: entry.vmsize_kb,
            vmrss_kb: entry.vmrss_kb,
            vmswap_kb: entry.vmswap_kb,
            pfmajor: entry.pfmajor,
            pfminor: entry.pfminor,
        };
        let cwd = self.directory(&entry.cwd);
        thread.set_own_cwd(cwd, stamp);
        self.threads.insert(thread)
    }

    /// What an entry says of a thread.
    pub(crate) fn image(&mut self, entry: &ThreadEntry) -> Image {
        let is_main = entry.tid == entry.pid;
        // Lists that do not say when threads were started do not tell these either.
        let knows = entry.clone_ts != 0 && entry.exe_ino_ctime != 0;
        let started_after_ctime =
            if knows { entry.clone_ts.wrapping_sub(entry.exe_ino_ctime) } else { 0 };
        let knows = knows && entry.pidns_init_start_ts != 0;
        let changed_after_pidns =
            if knows { entry.exe_ino_ctime.saturating_sub(entry.pidns_init_start_ts) } else { 0 };
        let mut image = Image {
            pid: entry.pid,
            ptid: entry.ptid,
            sid: entry.sid,
            pgid: entry.pgid,
            vtid: entry.vtid,
            vpid: entry.vpid,
            vpgid: entry.vpgid,
            comm: self.names.share(&entry.comm),
            exe: self.names.share(&entry.exe),
            exepath: self.names.share(without_deleted(&entry.exepath)),
            args: self.names.share(&entry.args),
            // Threads use their main thread's.
            env: if is_main { Text::new(&entry.env) } else { Text::EMPTY },
            cgroups: Text::EMPTY,
            container: Container::default(),
            root: self.names.share(&entry.root),
            flags: entry.flags | flags::ACTIVE | flags::NAME_CHANGED,
            uid: entry.uid,
            gid: entry.gid,
            loginuid: entry.loginuid,
            tty: entry.tty,
            fdlimit: entry.fdlimit,
            cap_inheritable: entry.cap_inheritable,
            cap_permitted: entry.cap_permitted,
            cap_effective: entry.cap_effective,
            exe_writable: entry.exe_writable,
            exe_upper_layer: entry.exe_upper_layer,
            exe_lower_layer: entry.exe_lower_layer,
            exe_from_memfd: entry.exe_from_memfd,
            exe_ino: entry.exe_ino,
            exe_ino_ctime: entry.exe_ino_ctime,
            exe_ino_mtime: entry.exe_ino_mtime,
            exe_ino_ctime_duration_clone_ts: started_after_ctime,
            exe_ino_ctime_duration_pidns_start: changed_after_pidns,
            pidns_init_start_ts: entry.pidns_init_start_ts,
            clone_ts: entry.clone_ts,
            lastexec_ts: 0,
            reaper_tid: -1,
        };
        self.set_cgroups(&mut image, &entry.cgroups);
        image
    }

    /// A directory's name, ended by a slash.
    pub(crate) fn directory(&mut self, path: &[u8]) -> Text {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        scratch.extend_from_slice(path);
        if !scratch.ends_with(b"/") {
            scratch.push(b'/');
        }
        let cwd = self.names.share(&scratch);
        self.scratch = scratch;
        cwd
    }

    /// Puts an fd into the thread's own table.
    pub(crate) fn add_fd_entry(&mut self, idx: ThreadIdx, entry: &FdEntry) {
        let (data, open_flags) = self.fd_data(entry);
        if matches!(data.kind, FdType::Ipv4Server | FdType::Ipv6Server) {
            let port = data.sockinfo.server_port(data.kind);
            if !self.server_ports.contains(&port) {
                self.server_ports.push(port);
            }
        }
        let stamp = self.threads.tick();
        let limit = self.limits.fds_per_process;
        let open_flags = match entry.closes_on_exec {
            true => with_close_on_exec(data.kind, open_flags, true),
            false => open_flags,
        };
        let table = &mut self.threads.at_mut(idx).fds;
        if table.len() >= limit && table.find(entry.fd).is_none() {
            self.stats.n_refused_fds += 1;
            return;
        }
        let is_new = table.insert(entry.fd, Fd::new(data.into(), open_flags, stamp));
        self.stats.n_added_fds += u64::from(is_new);
    }

    /// The entry, and its open flags.
    pub(crate) fn fd_data(&self, entry: &FdEntry) -> (FdData, u32) {
        let mut open_flags = 0;
        let mut data = FdData::new(FdData::kind_of(&entry.kind));
        data.ino = entry.ino;
        match &entry.kind {
            FdKind::File { flags, name, dev } => {
                open_flags = *flags;
                data.name.extend_from_slice(name);
                data.dev = *dev;
            }
            FdKind::Directory { name } | FdKind::Named { name, .. } => {
                data.name.extend_from_slice(name);
            }
            &FdKind::Ipv4 { source, dest, l4proto } => {
                data.sockinfo = Sockinfo::v4(source, dest, l4proto);
                data.is_connected = l4proto == gyr_event::snapshot::L4Proto::Tcp;
                interfaces::patch_ends(&self.interfaces, data.kind, &mut data.sockinfo);
            }
            &FdKind::Ipv6 { source, dest, l4proto } => {
                match (source.0.to_ipv4_mapped(), dest.0.to_ipv4_mapped()) {
                    (Some(source_ip), Some(dest_ip)) => {
                        data.kind = FdType::Ipv4;
                        data.sockinfo =
                            Sockinfo::v4((source_ip, source.1), (dest_ip, dest.1), l4proto);
                        interfaces::patch_ends(&self.interfaces, data.kind, &mut data.sockinfo);
                    }
                    _ => data.sockinfo = Sockinfo::v6(source, dest, l4proto),
                }
                data.is_connected = l4proto == gyr_event::snapshot::L4Proto::Tcp;
            }
            &FdKind::Ipv4Server { local, l4proto } => {
                data.sockinfo = Sockinfo::v4_server(local, l4proto);
            }
            &FdKind::Ipv6Server { local, l4proto } => {
                data.sockinfo = Sockinfo::v6_server(local, l4proto);
            }
            FdKind::Unix { source, dest, name } => {
                data.sockinfo = Sockinfo::unix(*source, *dest);
                data.name.extend_from_slice(name);
                data.role = Some(if name.is_empty() { Role::Client } else { Role::Server });
            }
        }
        if data.kind.is_ip() {
            data.name.clear();
            naming::write_known_ends(data.kind, data.sockinfo, &mut data.name);
        }
        (data, open_flags)
    }

    /// An IPv4 connection whose near end is a port that some process listens on came in, the others went out. For those
    /// with a stamp after `after`.
    pub(crate) fn guess_roles(&mut self, idx: ThreadIdx, after: u64) {
        let numbers: Vec<i64> = self
            .threads
            .at(idx)
            .fds
            .iter()
            .filter(|(_, fd)| fd.kind() == FdType::Ipv4 && fd.stamp() > after)
            .map(|(number, _)| number)
            .collect();
        for number in numbers {
            let stamp = self.threads.tick();
            let Some(fd) = self.threads.at_mut(idx).fds.find_mut(number) else { continue };
            let mut data = fd.data().clone();
            let (_, source_port) = data.sockinfo.v4_source();
            if self.server_ports.contains(&source_port) {
                data.sockinfo.swap(FdType::Ipv4);
                data.role = Some(Role::Server);
                data.name.clear();
                naming::write_known_ends(data.kind, data.sockinfo, &mut data.name);
            } else {
                data.role = Some(Role::Client);
            }
            if let Some(fd) = self.threads.at_mut(idx).fds.find_mut(number) {
                *fd.edit(stamp) = data;
            }
        }
    }

    /// Gives a thread its cgroups and the container that they tell.
    pub(crate) fn set_cgroups(&mut self, image: &mut Image, cgroups: &[u8]) {
        let (cgroups, container) = self.cgroups.read(cgroups);
        image.cgroups = cgroups;
        image.container = container;
    }

    /// Asks the host for the names of ids that the tables do not hold.
    pub(crate) fn ask_for_names(
        &mut self,
        host: &mut dyn Host,
        uid: u32,
        gid: u32,
        container: &[u8],
    ) {
        if self.users.user(container, uid).is_none()
            && let Some(user) = host.user(container, uid)
        {
            self.users.add_user(container, &user, self.limits.users);
        }
        if self.users.group(container, gid).is_none()
            && let Some(group) = host.group(container, gid)
        {
            self.users.add_group(container, &group, self.limits.users);
        }
    }
}

/// The kernel marks a path that is gone; the mark is no part of the name.
pub(crate) fn without_deleted(path: &[u8]) -> &[u8] {
    match path.strip_suffix(b" (deleted)") {
        Some(rest) if !rest.is_empty() => rest,
        _ => path,
    }
}
