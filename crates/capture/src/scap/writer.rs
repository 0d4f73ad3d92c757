//! Writes a capture file: [`Writer`].

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use flate2::{Compression, write::GzEncoder};
use gyr_event::{
    Event, EventCode, EventFlags, RecordBuilder,
    snapshot::{
        FdEntry, FdKind, GroupEntry, Interface, L4Proto, Machine, Snapshot, ThreadEntry, UserEntry,
    },
};

use super::{
    block::{EVENT_BLOCK_MAX, EVENT_V2, HEAD_LEN, MAGIC, SECTION, TAIL_LEN, THREAD_TIMES},
    lists::{
        ARGUMENTS_MAX, COUNTS_BOOT, HOSTNAME_LEN, L4_PROTOS, NAMED_FDS, STRING_MAX, USER_STRING_MAX,
    },
};
use crate::{
    Record, RecordFlags,
    thread::{Slot, THREAD_FIELDS, THREAD_TAIL},
};

/// The version of the format that is written.
const VERSION: (u16, u16) = (1, 2);
const MACHINE: u32 = 0x201;
const THREADS_V9: u32 = 0x215;
const EVENT_FLAGS_V2: u32 = 0x217;
const FDS_V2: u32 = 0x218;
const INTERFACES_V2: u32 = 0x219;
const USERS_V2: u32 = 0x220;
const EVENT_V2_LARGE: u32 = 0x221;
const EVENT_FLAGS_V2_LARGE: u32 = 0x222;

/// A capture under construction.
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: W,
    bytes: u64,
    skipped: u64,
    has_events: bool,
}

/// Whether a capture is packed with gzip; readers tell by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    Gzip,
    None,
}

/// A file that is written to, packed or not.
#[derive(Debug)]
pub enum Output {
    Gzip(Box<GzEncoder<Counted>>),
    Plain(Counted),
}

/// A buffered file, and how much it was given.
#[derive(Debug)]
pub struct Counted {
    file: BufWriter<File>,
    bytes: u64,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.file.write(bytes)?;
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(out) => out.write(bytes),
            Self::Plain(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Gzip(out) => out.flush(),
            Self::Plain(out) => out.flush(),
        }
    }
}

impl Writer<Output> {
    /// Creates a file, or empties it, and writes what existed before the first event.
    pub fn create(path: &Path, packing: Packing, snapshot: &Snapshot) -> io::Result<Self> {
        Self::to_file(File::create(path)?, packing, snapshot)
    }

    /// Writes what existed before the first event into an empty file.
    pub fn to_file(file: File, packing: Packing, snapshot: &Snapshot) -> io::Result<Self> {
        let file = Counted { file: BufWriter::new(file), bytes: 0 };
        let out = match packing {
            Packing::Gzip => Output::Gzip(Box::new(GzEncoder::new(file, Compression::default()))),
            Packing::None => Output::Plain(file),
        };
        Self::new(out, snapshot)
    }

    /// The size of the file so far. What the packer still holds is not in it.
    pub fn file_bytes(&self) -> u64 {
        match &self.out {
            Output::Gzip(out) => out.get_ref().bytes,
            Output::Plain(out) => out.bytes,
        }
    }

    /// Ends the file; gives its size. A writer that is dropped ends it as well, but says nothing of errors.
    pub fn close(mut self) -> io::Result<u64> {
        if !self.has_events {
            self.say_that_nothing_happened()?;
        }
        let mut file = match self.out {
            Output::Gzip(out) => out.finish()?,
            Output::Plain(out) => out,
        };
        file.flush()?;
        Ok(file.bytes)
    }
}

impl<W: Write> Writer<W> {
    /// Starts a capture with what existed before the first event. Writes are small: `out` should be buffered.
    pub fn new(out: W, snapshot: &Snapshot) -> io::Result<Self> {
        let mut writer = Self { out, bytes: 0, skipped: 0, has_events: false };
        writer.block(SECTION, &section())?;
        writer.block(MACHINE, &machine(&snapshot.machine))?;
        writer.block(INTERFACES_V2, &entries(&snapshot.interfaces, 0, interface))?;
        let mut accounts = entries(&snapshot.users, 4, user);
        accounts.extend(entries(&snapshot.groups, 4, group));
        writer.block(USERS_V2, &accounts)?;
        writer.block(THREADS_V9, &entries(&snapshot.threads, 4, thread))?;
        if snapshot.threads.iter().any(|thread| thread.clone_ts != 0) {
            writer.block(THREAD_TIMES, &entries(&snapshot.threads, 4, thread_times))?;
        }
        for fds in snapshot.fds.chunk_by(|a, b| a.tid == b.tid) {
            let tid = fds.first().map_or(-1, |fd| fd.tid).to_le_bytes();
            writer.block(FDS_V2, &[&tid[..], &entries(fds, 4, fd)].concat())?;
        }
        Ok(writer)
    }

    /// Writes one event. One that no block can hold is counted in [`Self::skipped`].
    pub fn write(&mut self, record: &Record<'_>) -> io::Result<()> {
        let event = &record.event;
        let large = event.info().flags.contains(EventFlags::LARGE_PAYLOAD);
        let with_flags = record.flags != RecordFlags::default();
        let number = match (with_flags, large) {
            (false, false) => EVENT_V2,
            (true, false) => EVENT_FLAGS_V2,
            (false, true) => EVENT_V2_LARGE,
            (true, true) => EVENT_FLAGS_V2_LARGE,
        };
        let (cpu, flags) = (event.cpu().to_le_bytes(), record.flags.0.to_le_bytes());
        let flags = if with_flags { &flags[..] } else { &[] };
        let body_len = cpu.len() + flags.len() + event.record().len();
        let fits = body_len.next_multiple_of(4) + TAIL_LEN <= EVENT_BLOCK_MAX;
        if !fits && !large {
            self.skipped += 1;
            return Ok(());
        }
        self.has_events = true;
        self.block_of(number, &[&cpu, flags, event.record()])
    }

    /// A capture without any event is one that readers refuse. Rules do not see this one.
    fn say_that_nothing_happened(&mut self) -> io::Result<()> {
        let record = RecordBuilder::new(EventCode::NOTIFICATION, 0, -1)
            .text(b"capture")
            .text(b"nothing happened")
            .finish();
        let event = Event::decode(&record).map_err(io::Error::other)?;
        self.write(&Record { event, flags: RecordFlags::STATE_ONLY })
    }

    /// Ends the capture and hands back what it was written to.
    pub fn into_inner(self) -> W {
        self.out
    }

    /// Bytes written so far, before packing.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Events that were too large to be written.
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }

    fn block(&mut self, number: u32, body: &[u8]) -> io::Result<()> {
        self.block_of(number, &[body])
    }

    /// One block, its body in pieces.
    fn block_of(&mut self, number: u32, body: &[&[u8]]) -> io::Result<()> {
        let body_len: usize = body.iter().map(|piece| piece.len()).sum();
        let padding = body_len.next_multiple_of(4) - body_len;
        let len = HEAD_LEN + body_len + padding + TAIL_LEN;
        let total = u32::try_from(len).map_err(|_| io::ErrorKind::InvalidInput)?.to_le_bytes();
        self.out.write_all(&number.to_le_bytes())?;
        self.out.write_all(&total)?;
        for piece in body {
            self.out.write_all(piece)?;
        }
        self.out.write_all([0; 3].get(..padding).unwrap_or_default())?;
        self.out.write_all(&total)?;
        self.bytes += len as u64;
        Ok(())
    }
}

fn section() -> Vec<u8> {
    let unknown_len = u64::MAX;
    let (major, minor) = VERSION;
    let mut body = MAGIC.to_le_bytes().to_vec();
    body.extend(major.to_le_bytes());
    body.extend(minor.to_le_bytes());
    body.extend(unknown_len.to_le_bytes());
    body
}

fn machine(machine: &Machine) -> Vec<u8> {
    let mut body = machine.num_cpus.to_le_bytes().to_vec();
    body.extend(machine.memory_bytes.to_le_bytes());
    body.extend(machine.max_pid.to_le_bytes());
    let mut hostname = machine.hostname.clone().into_bytes();
    // The last byte ends the name.
    hostname.truncate(HOSTNAME_LEN - 1);
    hostname.resize(HOSTNAME_LEN, 0);
    body.extend(hostname);
    body.extend(machine.boot_ts.to_le_bytes());
    let flags = 0_u64;
    let reserved = [if machine.counts_boot { COUNTS_BOOT } else { 0 }, 0];
    body.extend([flags, reserved[0], reserved[1]].iter().flat_map(|number| number.to_le_bytes()));
    body
}

/// The entries of a list, each after its length, which counts `counted` bytes of itself.
fn entries<T>(list: &[T], counted: usize, write: fn(&T, &mut Vec<u8>)) -> Vec<u8> {
    let mut body = Vec::new();
    for entry in list {
        let start = body.len();
        body.extend([0; 4]);
        write(entry, &mut body);
        let len = u32::try_from(body.len() - start - 4 + counted).unwrap_or(u32::MAX);
        if let Some(place) = body.get_mut(start..start + 4) {
            place.copy_from_slice(&len.to_le_bytes());
        }
    }
    body
}

/// A string after its length, cut to what readers accept.
fn text(text: &[u8], max: usize, body: &mut Vec<u8>) {
    let text = text.get(..max).unwrap_or(text);
    body.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes());
    body.extend(text);
}

fn thread(thread: &ThreadEntry, body: &mut Vec<u8>) {
    let mut thread = thread.clone();
    for field in THREAD_FIELDS.iter().chain(THREAD_TAIL) {
        match (field.slot)(&mut thread) {
            Slot::I64(value) => body.extend(value.to_le_bytes()),
            Slot::U32(value) => body.extend(value.to_le_bytes()),
            Slot::U64(value) => body.extend(value.to_le_bytes()),
            Slot::Bool(value) => body.push(u8::from(*value)),
            Slot::Text(value) => text(value, STRING_MAX, body),
            Slot::Texts(value) => text(value, ARGUMENTS_MAX, body),
        }
    }
}

fn thread_times(thread: &ThreadEntry, body: &mut Vec<u8>) {
    body.extend(thread.tid.to_le_bytes());
    body.extend(thread.clone_ts.to_le_bytes());
}

fn fd(fd: &FdEntry, body: &mut Vec<u8>) {
    body.extend(fd.fd.to_le_bytes());
    body.extend(fd.ino.to_le_bytes());
    match &fd.kind {
        FdKind::File { flags, name, dev } => {
            body.push(16);
            body.extend(flags.to_le_bytes());
            text(name, STRING_MAX, body);
            body.extend(dev.to_le_bytes());
        }
        FdKind::Directory { name } => {
            body.push(2);
            text(name, STRING_MAX, body);
        }
        FdKind::Ipv4 { source, dest, l4proto } => {
            body.push(3);
            ends(&source.0.octets(), source.1, &dest.0.octets(), dest.1, *l4proto, body);
        }
        FdKind::Ipv6 { source, dest, l4proto } => {
            body.push(4);
            ends(&source.0.octets(), source.1, &dest.0.octets(), dest.1, *l4proto, body);
        }
        FdKind::Ipv4Server { local, l4proto } => {
            body.push(5);
            body.extend(local.0.octets());
            body.extend(local.1.to_le_bytes());
            body.push(l4_number(*l4proto));
        }
        FdKind::Ipv6Server { local, l4proto } => {
            body.push(6);
            body.extend(local.0.octets());
            body.extend(local.1.to_le_bytes());
            body.push(l4_number(*l4proto));
        }
        FdKind::Unix { source, dest, name } => {
            body.push(8);
            body.extend(source.to_le_bytes());
            body.extend(dest.to_le_bytes());
            text(name, STRING_MAX, body);
        }
        FdKind::Named { kind, name } => {
            let unsupported = 10;
            let row = NAMED_FDS.iter().find(|row| row.1 == *kind);
            body.push(row.map_or(unsupported, |row| row.0));
            text(name, STRING_MAX, body);
        }
    }
}

fn ends(
    source: &[u8],
    source_port: u16,
    dest: &[u8],
    dest_port: u16,
    l4proto: L4Proto,
    body: &mut Vec<u8>,
) {
    body.extend(source);
    body.extend(dest);
    body.extend(source_port.to_le_bytes());
    body.extend(dest_port.to_le_bytes());
    body.push(l4_number(l4proto));
}

fn l4_number(l4proto: L4Proto) -> u8 {
    L4_PROTOS.iter().find(|row| row.1 == l4proto).map_or(0, |row| row.0)
}

fn interface(interface: &Interface, body: &mut Vec<u8>) {
    let (Interface::V4 { name, .. } | Interface::V6 { name, .. }) = interface;
    let name = name.get(..STRING_MAX).unwrap_or(name);
    let kind: u16 = if matches!(interface, Interface::V4 { .. }) { 1 } else { 2 };
    body.extend(kind.to_le_bytes());
    body.extend(u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes());
    match interface {
        Interface::V4 { address, netmask, broadcast, .. } => {
            body.extend(address.octets());
            body.extend(netmask.octets());
            body.extend(broadcast.octets());
        }
        Interface::V6 { address, .. } => {
            body.extend(address.octets());
            let netmask_and_broadcast = [0; 32];
            body.extend(netmask_and_broadcast);
        }
    }
    let link_speed = 0_u64;
    body.extend(link_speed.to_le_bytes());
    body.extend(name);
}

fn user(user: &UserEntry, body: &mut Vec<u8>) {
    body.push(0);
    body.extend(user.uid.to_le_bytes());
    body.extend(user.gid.to_le_bytes());
    text(&user.name, USER_STRING_MAX, body);
    text(&user.home, USER_STRING_MAX, body);
    text(&user.shell, USER_STRING_MAX, body);
}

fn group(group: &GroupEntry, body: &mut Vec<u8>) {
    body.push(1);
    body.extend(group.gid.to_le_bytes());
    text(&group.name, USER_STRING_MAX, body);
}
