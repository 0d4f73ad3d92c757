//! Made-up events: plausible processes that fork, run programs, open and connect, with all that goes wrong in real streams.

use std::collections::VecDeque;

use gyr_capture::{Next, Record, RecordFlags, Source, SourceError, Stats};
use gyr_event::tables::clone_flags;
use gyr_event::{
    Event, EventCode, EventFlags, FlagTable, ParamExtra, ParamInfo, ParamType, RecordBuilder,
};

use super::words::Words;
use crate::random::Random;

/// An endless source of events; the same seed gives the same ones.
#[derive(Debug)]
pub(super) struct Stream {
    random: Random,
    words: Words,
    ts: u64,
    tasks: Vec<Task>,
    /// Events that are made already.
    pending: VecDeque<Vec<u8>>,
    /// Codes as often as they shall come.
    codes: Vec<EventCode>,
    record: Vec<u8>,
    stats: Stats,
}

/// A thread that lives, as far as this source knows.
#[derive(Clone, Copy, Debug)]
struct Task {
    tid: i64,
    pid: i64,
    ptid: i64,
    sid: i64,
    pgid: i64,
    /// By how much less the pid namespace of the thread counts.
    shift: i64,
}

/// Tids come from so few that they are used again and again.
const MAX_TID: usize = 120;
const MAX_TASKS: usize = 60;

/// What comes more often than the rest, and how much.
const OFTEN: &[(EventCode, usize)] = &[
    (EventCode::OPENAT, 60),
    (EventCode::OPEN, 20),
    (EventCode::CLOSE, 40),
    (EventCode::READ, 20),
    (EventCode::WRITE, 20),
    (EventCode::DUP, 10),
    (EventCode::DUP2, 10),
    (EventCode::FCNTL, 10),
    (EventCode::SOCKET, 20),
    (EventCode::CONNECT, 20),
    (EventCode::BIND, 10),
    (EventCode::ACCEPT4, 10),
    (EventCode::SENDTO, 15),
    (EventCode::RECVFROM, 15),
    (EventCode::PIPE, 5),
    (EventCode::SOCKETPAIR, 5),
    (EventCode::CHDIR, 15),
    (EventCode::FCHDIR, 5),
    (EventCode::SETUID, 10),
    (EventCode::SETGID, 5),
    (EventCode::SETRESUID, 5),
    (EventCode::SETSID, 8),
    (EventCode::SETPGID, 8),
    (EventCode::CAPSET, 4),
    (EventCode::CHROOT, 2),
    (EventCode::PRCTL, 6),
    (EventCode::UNLINKAT, 5),
    (EventCode::RENAMEAT2, 5),
    (EventCode::CHMOD, 5),
    (EventCode::PTRACE, 5),
    (EventCode::USER_ADDED, 3),
    (EventCode::USER_DELETED, 1),
    (EventCode::GROUP_ADDED, 2),
    (EventCode::GROUP_DELETED, 1),
];

const THREAD: i64 = clone_flags.value("CLONE_THREAD") as i64;
const FILES: i64 = clone_flags.value("CLONE_FILES") as i64;
const FS: i64 = clone_flags.value("CLONE_FS") as i64;
const VFORK: i64 = clone_flags.value("CLONE_VFORK") as i64;
const PARENT: i64 = clone_flags.value("CLONE_PARENT") as i64;
const NEW_PIDS: i64 = clone_flags.value("CLONE_NEWPID") as i64;
const IN_PIDS: i64 = clone_flags.value("CLONE_CHILD_IN_PIDNS") as i64;

/// Values of parameters that must fit each other, by name.
type Given<'a> = &'a [(&'static str, i64)];

/// The enter event of a call whose name or address may change while it is under way.
fn changed_during(exit: EventCode) -> Option<EventCode> {
    match exit {
        EventCode::OPEN => Some(EventCode::OPEN_ENTER),
        EventCode::CREAT => Some(EventCode::CREAT_ENTER),
        EventCode::OPENAT => Some(EventCode::OPENAT_ENTER),
        EventCode::OPENAT2 => Some(EventCode::OPENAT2_ENTER),
        EventCode::CONNECT => Some(EventCode::CONNECT_ENTER),
        _ => None,
    }
}

impl Stream {
    pub(super) fn new(seed: u64, words: Words) -> Self {
        let is_made = |code: &EventCode| {
            let is_task = matches!(
                *code,
                EventCode::CLONE
                    | EventCode::CLONE3
                    | EventCode::FORK
                    | EventCode::VFORK
                    | EventCode::EXECVE
                    | EventCode::EXECVEAT
                    | EventCode::PROCEXIT
            );
            code.is_current() && !is_task
        };
        let mut codes: Vec<EventCode> = EventCode::all().filter(is_made).collect();
        for (code, times) in OFTEN {
            codes.extend(std::iter::repeat_n(*code, *times));
        }
        let init = Task { tid: 1, pid: 1, ptid: 0, sid: 1, pgid: 1, shift: 0 };
        Self {
            random: Random::new(seed),
            words,
            ts: 1_700_000_000_000_000_000,
            tasks: vec![init],
            pending: VecDeque::new(),
            codes,
            record: Vec::new(),
            stats: Stats::default(),
        }
    }

    fn make(&mut self) {
        self.ts += match self.random.below(10_000) {
            // As after a pause, in which the exit of a thread may be missed.
            0 => 3_000_000_000,
            _ => self.random.number() % 100_000,
        };
        let task = self.task();
        match self.random.below(100) {
            0..9 => self.clone(task),
            9..12 => self.exit(task),
            12..20 => self.exec(task),
            _ => {
                let code = self.codes.get(self.random.below(self.codes.len()));
                let code = code.copied().unwrap_or(EventCode::CLOSE);
                let given = [("tid", task.tid), ("pid", task.pid)];
                let given = if self.random.below(4) == 0 { &given[..] } else { &[] };
                if let Some(enter) = changed_during(code).filter(|_| self.one_in(4)) {
                    self.emit(enter, task.tid, given);
                }
                self.emit(code, task.tid, given);
            }
        }
    }

    /// One of the living, or now and then a thread that no event told of.
    fn task(&mut self) -> Task {
        if self.random.below(60) == 0 {
            let tid = self.tid();
            return Task { tid, pid: tid, ptid: 1, sid: tid, pgid: tid, shift: 0 };
        }
        let index = self.random.below(self.tasks.len());
        self.tasks.get(index).copied().unwrap_or(Task {
            tid: 1,
            pid: 1,
            ptid: 0,
            sid: 1,
            pgid: 1,
            shift: 0,
        })
    }

    fn tid(&mut self) -> i64 {
        2 + self.random.below(MAX_TID).cast_signed() as i64
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.random.below(n) == 0
    }

    fn clone(&mut self, caller: Task) {
        let tid = self.tid();
        let is_used = self.tasks.iter().any(|task| task.tid == tid);
        if tid == caller.tid || (is_used && !self.one_in(10)) || self.tasks.len() >= MAX_TASKS {
            return;
        }
        let mut flags = 0;
        for (flag, odds) in [(THREAD, 4), (FILES, 5), (FS, 5), (VFORK, 10), (PARENT, 20)] {
            if self.one_in(odds) {
                flags |= flag;
            }
        }
        let mut child = Task { tid, pid: tid, ptid: caller.tid, ..caller };
        if flags & THREAD != 0 {
            (child.pid, child.ptid) = (caller.pid, caller.ptid);
        } else if flags & PARENT != 0 {
            child.ptid = caller.ptid;
        } else if self.one_in(20) {
            flags |= NEW_PIDS;
            child.shift = tid - 1;
        }
        let of_child = if child.shift == 0 { flags } else { flags | IN_PIDS };
        let code = match self.random.below(8) {
            0 => EventCode::CLONE3,
            1 => EventCode::FORK,
            2 => EventCode::VFORK,
            _ => EventCode::CLONE,
        };
        let caller_first = self.one_in(2);
        for is_caller in [caller_first, !caller_first] {
            // One half is lost now and then.
            if self.one_in(20) {
                continue;
            }
            let (who, res, flags) =
                if is_caller { (caller, tid - child.shift, flags) } else { (child, 0, of_child) };
            self.emit_task(code, who, &[("res", res), ("flags", flags)]);
        }
        self.tasks.retain(|task| task.tid != tid);
        self.tasks.push(child);
    }

    fn exit(&mut self, task: Task) {
        if task.tid == 1 {
            return;
        }
        if !self.one_in(20) {
            let reaper = if self.one_in(3) { 1 } else { self.task().tid };
            self.emit(EventCode::PROCEXIT, task.tid, &[("reaper_tid", reaper)]);
        }
        self.tasks.retain(|other| other.tid != task.tid);
    }

    fn exec(&mut self, task: Task) {
        let is_known = self.tasks.iter().any(|other| other.tid == task.tid);
        // The thread that runs another program becomes the main one.
        let tid = if self.one_in(10) { task.tid } else { task.pid };
        let task = Task { tid, ..task };
        if is_known {
            self.tasks.retain(|other| other.pid != task.pid || other.tid == task.tid);
        }
        let res = if self.one_in(10) { -2 } else { 0 };
        self.emit_task(EventCode::EXECVE, task, &[("res", res)]);
    }

    /// An event that tells of the ids of its thread.
    fn emit_task(&mut self, code: EventCode, task: Task, given: Given<'_>) {
        let ids = [
            ("tid", task.tid),
            ("pid", task.pid),
            ("ptid", task.ptid),
            ("vtid", task.tid - task.shift),
            ("vpid", task.pid - task.shift),
            ("pgid", task.pgid),
            ("vpgid", task.pgid - task.shift),
        ];
        self.emit(code, task.tid, &[given, &ids].concat());
    }

    fn emit(&mut self, code: EventCode, tid: i64, given: Given<'_>) {
        if code == EventCode::SETSID || code == EventCode::SETPGID {
            self.lead(tid);
        }
        let mut record = RecordBuilder::new(code, self.ts, tid);
        for (index, info) in code.info().params.iter().enumerate() {
            let is_missing = self.one_in(60);
            let of_name = given.iter().find(|(name, _)| *name == info.name);
            record = match (is_missing, of_name) {
                (true, _) => record.bytes(&[]),
                (false, Some((_, number))) => record.bytes(&self.number(*number, info.ty)),
                (false, None) => record.bytes(&self.value(code, index, info)),
            };
        }
        self.pending.push_back(record.finish());
    }

    fn lead(&mut self, tid: i64) {
        if let Some(task) = self.tasks.iter_mut().find(|task| task.tid == tid) {
            (task.sid, task.pgid) = (tid, tid);
        }
    }

    fn number(&self, number: i64, ty: ParamType) -> Vec<u8> {
        let bytes = number.to_le_bytes();
        bytes.get(..width(ty)).unwrap_or(&bytes).to_vec()
    }

    fn value(&mut self, code: EventCode, index: usize, info: &ParamInfo) -> Vec<u8> {
        use ParamType as P;
        match info.ty {
            P::CHARBUF => self.text(info.name),
            P::FSPATH | P::FSRELPATH => ended(self.words.path(&mut self.random)),
            P::BYTEBUF | P::CHARBUFARRAY | P::CHARBUF_PAIR_ARRAY => self.bytes(info.name),
            P::SOCKADDR => self.address(),
            P::SOCKTUPLE => self.tuple(),
            P::FDLIST => {
                let mut list = vec![1, 0];
                list.extend(self.fd().to_le_bytes());
                list.extend([1, 0]);
                list
            }
            P::DYN => self.dynamic(info),
            P::IPV4ADDR => self.ipv4().to_vec(),
            P::IPV6ADDR => self.ipv6().to_vec(),
            ty => {
                let number = self.plain(code, index, info);
                self.number(number, ty)
            }
        }
    }

    fn plain(&mut self, code: EventCode, index: usize, info: &ParamInfo) -> i64 {
        use ParamType as P;
        let is_result = index == 0 && !code.is_enter();
        match (info.ty, info.extra) {
            (P::FD, _) if info.name == "dirfd" && self.one_in(2) => -100,
            (P::ERRNO | P::FD, _) if is_result && self.one_in(8) => -2,
            (P::ERRNO, _) if code.info().flags.contains(EventFlags::CREATES_FD) => self.fd(),
            (P::ERRNO, _) => 0,
            (P::FD | P::FD32, _) => self.fd(),
            (P::PID | P::PID32, _) => self.task().tid,
            (P::UID | P::GID, _) => self.id(),
            (P::ENUMFLAGS8 | P::ENUMFLAGS16 | P::ENUMFLAGS32, ParamExtra::Flags(table)) => {
                self.flag(table)
            }
            (_, ParamExtra::Flags(table)) => {
                (0..self.random.below(4)).fold(0, |flags, _| flags | self.flag(table))
            }
            (P::UINT32, _) if matches!(info.name, "uid" | "gid") => self.id(),
            _ => match self.random.below(4) {
                0 => self.words.number(&mut self.random),
                1 => 0,
                _ => self.random.number().cast_signed() % 70_000,
            },
        }
    }

    fn fd(&mut self) -> i64 {
        let bound = if self.one_in(30) { 200 } else { 12 };
        self.random.below(bound).cast_signed() as i64
    }

    fn id(&mut self) -> i64 {
        [0, 0, 1_000, 1_001, 33, 65_534, -1][self.random.below(7)]
    }

    fn flag(&mut self, table: &FlagTable) -> i64 {
        table
            .values
            .get(self.random.below(table.values.len()))
            .map_or(0, |(_, value)| (*value).into())
    }

    fn text(&mut self, name: &str) -> Vec<u8> {
        let is_path = matches!(name, "path" | "cwd" | "home" | "shell" | "filename" | "exe");
        if name == "container_id" {
            return if self.one_in(2) { vec![0] } else { b"0123456789ab\0".to_vec() };
        }
        let text = if is_path && !self.one_in(4) {
            self.words.path(&mut self.random)
        } else {
            self.words.name(&mut self.random)
        };
        ended(text)
    }

    fn bytes(&mut self, name: &str) -> Vec<u8> {
        if name != "cgroups" {
            return self.words.list(&mut self.random);
        }
        let id = "0123456789abcdef".repeat(4);
        match self.random.below(4) {
            0 => format!("cpuset=/docker/{id}\0cpu=/docker/{id}\0").into_bytes(),
            1 => format!("cpuset=/\0memory=/{}\0", self.random.below(3)).into_bytes(),
            2 => b"cpuset=/\0memory=/lxc.payload.web\0".to_vec(),
            _ => Vec::new(),
        }
    }

    fn dynamic(&mut self, info: &ParamInfo) -> Vec<u8> {
        let ParamExtra::Choices(choices) = info.extra else { return Vec::new() };
        let index = self.random.below(choices.len());
        let Some(&(ty, _)) = choices.get(index) else { return Vec::new() };
        let number = self.fd();
        let mut value = vec![index.to_le_bytes()[0]];
        match ty {
            ParamType::CHARBUF => value.extend(self.text("")),
            _ => value.extend(self.number(number, ty)),
        }
        value
    }

    fn ipv4(&mut self) -> [u8; 4] {
        [[127, 0, 0, 1], [10, 0, 0, 1], [8, 8, 8, 8], [192, 168, 1, 7], [0, 0, 0, 0]]
            [self.random.below(5)]
    }

    fn ipv6(&mut self) -> [u8; 16] {
        let mut address = [0; 16];
        if let Some(last) = address.last_mut() {
            *last = self.random.below(3).to_le_bytes()[0];
        }
        address
    }

    fn port(&mut self) -> [u8; 2] {
        let [low, high, ..] = self.words.number(&mut self.random).to_le_bytes();
        [low, high]
    }

    fn address(&mut self) -> Vec<u8> {
        match self.random.below(3) {
            0 => [&[2][..], &self.ipv4(), &self.port()].concat(),
            1 => [&[10][..], &self.ipv6(), &self.port()].concat(),
            _ => [vec![1], ended(self.words.path(&mut self.random))].concat(),
        }
    }

    fn tuple(&mut self) -> Vec<u8> {
        match self.random.below(5) {
            0..3 => {
                let ends = [self.ipv4(), self.ipv4()];
                let ports = [self.port(), self.port()];
                [&[2][..], &ends[0], &ports[0], &ends[1], &ports[1]].concat()
            }
            3 => {
                let ends = [self.ipv6(), self.ipv6()];
                let ports = [self.port(), self.port()];
                [&[10][..], &ends[0], &ports[0], &ends[1], &ports[1]].concat()
            }
            _ => {
                let mut tuple = vec![1];
                tuple.extend(self.random.number().to_le_bytes());
                tuple.extend(self.random.number().to_le_bytes());
                tuple.extend(ended(self.words.path(&mut self.random)));
                tuple
            }
        }
    }
}

impl Source for Stream {
    fn next(&mut self) -> Result<Next<'_>, SourceError> {
        while self.pending.is_empty() {
            self.make();
        }
        self.record = self.pending.pop_front().unwrap_or_default();
        self.stats.records += 1;
        let event = Event::decode(&self.record).map_err(|error| SourceError::Live(error.into()))?;
        Ok(Next::Record(Record { event, flags: RecordFlags::default() }))
    }

    fn stats(&self) -> Stats {
        self.stats
    }
}

fn ended(mut text: Vec<u8>) -> Vec<u8> {
    text.push(0);
    text
}

/// The bytes of a number.
const fn width(ty: ParamType) -> usize {
    use ParamType as P;
    match ty {
        P::INT8
        | P::UINT8
        | P::FLAGS8
        | P::ENUMFLAGS8
        | P::SIGTYPE
        | P::L4PROTO
        | P::SOCKFAMILY => 1,
        P::INT16 | P::UINT16 | P::FLAGS16 | P::ENUMFLAGS16 | P::SYSCALLID | P::PORT => 2,
        P::INT32
        | P::UINT32
        | P::FLAGS32
        | P::ENUMFLAGS32
        | P::UID
        | P::GID
        | P::MODE
        | P::BOOL
        | P::SIGSET
        | P::FD32
        | P::PID32 => 4,
        _ => 8,
    }
}
