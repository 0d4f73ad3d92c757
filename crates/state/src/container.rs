//! The container that a thread is in, told from its cgroups.

use crate::names::{Text, hash};

/// The container of a thread, as far as its cgroups tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Container {
    /// Empty on the host.
    pub(crate) id: Text,
    pub(crate) engine: Option<Engine>,
}

/// Engines that are not asked about their containers: all that will ever be known is in the cgroup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Lxc,
    LibvirtLxc,
    Bpm,
}

/// The sets of cgroups seen lately: processes share few of them, and each costs a search to tell its container.
#[derive(Debug)]
pub(crate) struct Cgroups {
    slots: Box<[Seen]>,
}

#[derive(Clone, Debug)]
struct Seen {
    /// As a record holds them.
    raw: Text,
    known: Text,
    container: Container,
}

const N_SLOTS: usize = 256;

impl Cgroups {
    pub(crate) fn new() -> Self {
        let nothing =
            Seen { raw: Text::EMPTY, known: Text::EMPTY, container: Container::default() };
        Self { slots: vec![nothing; N_SLOTS].into_boxed_slice() }
    }

    /// The cgroups with the names of subsystems as they are known, and the container that they tell.
    pub(crate) fn read(&mut self, raw: &[u8]) -> (Text, Container) {
        let index = usize::try_from(hash(raw) % N_SLOTS as u64).unwrap_or_default();
        let Some(slot) = self.slots.get_mut(index) else {
            return (Text::EMPTY, Container::default());
        };
        if slot.raw.as_bytes() != raw {
            let mut known = Vec::new();
            normalise_cgroups(raw, &mut known);
            *slot = Seen {
                raw: Text::new(raw),
                container: container_of(&known),
                known: Text::new(&known),
            };
        }
        (slot.known.clone(), slot.container.clone())
    }
}

/// Takes a cgroup path and gives the container's id, which may be empty.
type Find = fn(&[u8]) -> Option<&[u8]>;

/// The engines' ways of naming a container's cgroup, asked in this order.
const ENGINES: &[(Find, Option<Engine>)] = &[
    (podman, None),
    (docker, None),
    (cri, None),
    (containerd, None),
    (lxc, Some(Engine::Lxc)),
    (libvirt_lxc, Some(Engine::LibvirtLxc)),
    (bpm, Some(Engine::Bpm)),
];

/// The container that a thread of these cgroups (subsystem=path, each ended by a NUL) is in: the first path that an engine
/// knows tells.
fn container_of(cgroups: &[u8]) -> Container {
    for cgroup in cgroups.split(|&byte| byte == 0) {
        let Some(at) = cgroup.iter().position(|&byte| byte == b'=') else { continue };
        let path = cgroup.get(at + 1..).unwrap_or_default();
        let found = ENGINES.iter().find_map(|(find, engine)| Some((find(path)?, *engine)));
        if let Some((id, engine)) = found.filter(|(id, _)| !id.is_empty()) {
            return Container { id: Text::new(id), engine };
        }
    }
    Container::default()
}

/// What stands before and behind an id.
type Layout = (&'static [u8], &'static [u8]);

/// How long a full id is, in hexadecimal digits.
const FULL_ID: usize = 64;

/// How much of it is told.
const SHORT_ID: usize = 12;

/// The id of 64 digits between the last `prefix` and the last `suffix`, cut.
///
/// Falco counts the first character that is no digit from the start of the path: behind a long one any character will do.
fn full_id<'a>(path: &'a [u8], layouts: &[Layout]) -> Option<&'a [u8]> {
    layouts.iter().find_map(|(prefix, suffix)| {
        let start = last(path, prefix)? + prefix.len();
        let id = path.get(start..last(path, suffix)?)?;
        let digits = path.get(start..)?.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let is_id = id.len() == FULL_ID && (digits >= FULL_ID || start + digits >= FULL_ID);
        is_id.then_some(id)?.get(..SHORT_ID)
    })
}

fn podman(path: &[u8]) -> Option<&[u8]> {
    full_id(path, &[(b"/libpod-", b".scope"), (b"/libpod-payload-", b""), (b"/libpod-", b"")])
}

fn docker(path: &[u8]) -> Option<&[u8]> {
    full_id(path, &[(b"/", b""), (b"/docker-", b".scope")])
}

fn cri(path: &[u8]) -> Option<&[u8]> {
    const LAYOUTS: &[Layout] = &[
        (b"/crio-", b""),
        (b"/cri-containerd-", b".scope"),
        (b"/crio-", b".scope"),
        (b":cri-containerd:", b""),
        (b"/nerdctl-", b".scope"),
    ];
    full_id(path, LAYOUTS)
}

/// Anything behind the first part of the path that can be a namespace, if systemd did not make it.
fn containerd(path: &[u8]) -> Option<&[u8]> {
    let namespace = namespace(path)?;
    let id = path.get(last(path, namespace)? + namespace.len()..)?;
    let is_systemd = [&b".service"[..], b".slice", b".scope"].iter().any(|end| id.ends_with(end));
    let is_full = id.len() == FULL_ID && id.iter().all(u8::is_ascii_hexdigit);
    let is_id = is_full || ((1..=FULL_ID).contains(&id.len()) && !is_systemd);
    is_id.then(|| id.get(..SHORT_ID).unwrap_or(id))
}

/// The first part of a path between slashes, both included, that is letters and digits with single `.`, `_` or `-` between.
fn namespace(path: &[u8]) -> Option<&[u8]> {
    let is_word = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_alphanumeric);
    let is_name = |name: &[u8]| name.split(|byte| b"._-".contains(byte)).all(is_word);
    let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    let ends = slashes.clone().skip(1);
    slashes
        .zip(ends)
        .find(|(start, end)| path.get(start + 1..*end).is_some_and(is_name))
        .and_then(|(start, end)| path.get(start..=end))
}

/// The name is the id.
fn lxc(path: &[u8]) -> Option<&[u8]> {
    const LAYOUTS: &[&[u8]] = &[b"/lxc/", b"/lxc.payload/", b"/lxc.payload."];
    LAYOUTS.iter().find_map(|layout| {
        let behind = path.get(first(path, layout)? + layout.len()..)?;
        behind.split(|&byte| byte == b'/').next()
    })
}

fn libvirt_lxc(path: &[u8]) -> Option<&[u8]> {
    if let Some(rest) = path.strip_suffix(b".libvirt-lxc")
        && let Some(slash) = last(rest, b"/")
    {
        return rest.get(slash + 1..);
    }
    // machine-lxc\x2dNUMBER\x2dNAME.scope, and one of libvirt's own in it: the id is NUMBER\x2dNAME.
    const PREFIX: &[u8] = b"-lxc\\x2";
    let in_scope = path.strip_suffix(b"/libvirt").unwrap_or(path);
    if let Some(at) = first(path, PREFIX)
        && let Some(rest) = in_scope.strip_suffix(b".scope")
        && first(rest, b".scope").is_none()
    {
        return Some(rest.get(at + PREFIX.len() + 1..).unwrap_or_default());
    }
    const LEGACY: &[u8] = b"/libvirt/lxc/";
    path.get(first(path, LEGACY)? + LEGACY.len()..)
}

fn bpm(path: &[u8]) -> Option<&[u8]> {
    const PREFIX: &[u8] = b"bpm-";
    let behind = path.get(first(path, PREFIX)? + PREFIX.len()..)?;
    let id = first(behind, b".scope").and_then(|end| behind.get(..end)).unwrap_or(behind);
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    (!id.is_empty() && id.iter().all(is_allowed)).then_some(id)
}

/// Where `part` is for the first time.
fn first(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// Where `part` is for the last time; an empty one is at the end.
fn last(text: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return Some(text.len());
    }
    text.windows(part.len()).rposition(|window| window == part)
}

/// The names of cgroup subsystems as records spell them, and as they are known.
const SUBSYSTEMS: &[(&[u8], &[u8])] =
    &[(b"perf", b"perf_event"), (b"mem", b"memory"), (b"io", b"blkio")];

/// Appends the cgroups of a record to `out`, with the names of subsystems as they are known.
fn normalise_cgroups(cgroups: &[u8], out: &mut Vec<u8>) {
    for cgroup in cgroups.split(|&byte| byte == 0) {
        let Some(at) = cgroup.iter().position(|&byte| byte == b'=') else { continue };
        let (subsystem, path) = cgroup.split_at(at);
        let subsystem = subsystem.strip_suffix(b"_cgroup").unwrap_or(subsystem);
        let subsystem = SUBSYSTEMS
            .iter()
            .find(|(spelled, _)| *spelled == subsystem)
            .map_or(subsystem, |(_, known)| known);
        out.extend_from_slice(subsystem);
        out.extend_from_slice(path);
        out.push(0);
    }
}
