//! The container that a thread is in, told from its cgroups.

use crate::names::{Text, hash};

/// A container's id, cut to 12 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Id {
    bytes: [u8; 12],
    len: u8,
}

impl Id {
    /// In no container.
    pub(crate) const HOST: Self = Self { bytes: [0; 12], len: 0 };

    pub(crate) fn new(id: &[u8]) -> Self {
        let mut bytes = [0; 12];
        let len = id.len().min(bytes.len());
        for (to, from) in bytes.iter_mut().zip(id) {
            *to = *from;
        }
        Self { bytes, len: u8::try_from(len).unwrap_or_default() }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
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
    container: Id,
}

const N_SLOTS: usize = 256;

impl Cgroups {
    pub(crate) fn new() -> Self {
        let nothing = Seen { raw: Text::EMPTY, known: Text::EMPTY, container: Id::HOST };
        Self { slots: vec![nothing; N_SLOTS].into_boxed_slice() }
    }

    /// The cgroups with the names of subsystems as they are known, and the container that they tell.
    pub(crate) fn read(&mut self, raw: &[u8]) -> (Text, Id) {
        let index = usize::try_from(hash(raw) % N_SLOTS as u64).unwrap_or_default();
        let Some(slot) = self.slots.get_mut(index) else { return (Text::EMPTY, Id::HOST) };
        if slot.raw.as_bytes() != raw {
            let mut known = Vec::new();
            normalise_cgroups(raw, &mut known);
            *slot = Seen {
                raw: Text::new(raw),
                container: id_of_cgroups(&known),
                known: Text::new(&known),
            };
        }
        (slot.known.clone(), slot.container)
    }
}

/// Takes a cgroup path and gives the container's id.
type Engine = fn(&[u8]) -> Option<&[u8]>;

/// The engines' ways of naming a container's cgroup, asked in this order.
const ENGINES: &[Engine] = &[podman, docker, cri, containerd, lxc, libvirt_lxc, bpm];

/// The container that a thread of these cgroups (subsystem=path, each ended by a NUL) is in.
fn id_of_cgroups(cgroups: &[u8]) -> Id {
    let paths = || {
        cgroups
            .split(|&byte| byte == 0)
            .filter_map(|cgroup| {
                cgroup.iter().position(|&b| b == b'=').map(|at| cgroup.split_at(at))
            })
            .filter_map(|(_, path)| path.strip_prefix(b"="))
            .filter(|path| path.len() > 1)
    };
    ENGINES.iter().find_map(|engine| paths().find_map(engine)).map_or(Id::HOST, Id::new)
}

/// The id between a slash with `prefix` and `suffix` at the end of the path.
fn id_between<'a>(path: &'a [u8], prefix: &[u8], suffix: &[u8]) -> Option<&'a [u8]> {
    let rest = path.strip_suffix(suffix)?;
    let (before, id) = rest.split_at_checked(rest.len().checked_sub(FULL_ID)?)?;
    (before.ends_with(prefix) && id.iter().all(u8::is_ascii_hexdigit)).then_some(id)
}

/// How long a full id is, in hexadecimal digits.
const FULL_ID: usize = 64;

fn podman(path: &[u8]) -> Option<&[u8]> {
    id_between(path, b"/libpod-", b".scope")
        .or_else(|| id_between(path, b"/libpod-", b".scope/container"))
        .or_else(|| id_between(path, b"/libpod-payload-", b""))
        .or_else(|| id_between(path, b"/libpod-", b""))
}

fn docker(path: &[u8]) -> Option<&[u8]> {
    id_between(path, b"/docker-", b".scope").or_else(|| id_between(path, b"/docker/", b""))
}

fn cri(path: &[u8]) -> Option<&[u8]> {
    const LAYOUTS: &[(&[u8], &[u8])] = &[
        (b"/", b""),
        (b"/crio-", b""),
        (b"/cri-containerd-", b".scope"),
        (b"/crio-", b".scope"),
        (b":cri-containerd:", b""),
        (b"/docker-", b".scope"),
        (b"/nerdctl-", b".scope"),
    ];
    LAYOUTS.iter().find_map(|(prefix, suffix)| id_between(path, prefix, suffix))
}

/// A namespace and any name that is not systemd's.
fn containerd(path: &[u8]) -> Option<&[u8]> {
    let mut parts = path.strip_prefix(b"/")?.split(|&byte| byte == b'/');
    let (namespace, id, end) = (parts.next()?, parts.next()?, parts.next());
    let is_systemd = [&b".service"[..], b".slice", b".scope"].iter().any(|end| id.ends_with(end));
    let is_id = !namespace.is_empty()
        && !namespace.ends_with(b".slice")
        && !id.is_empty()
        && id.len() <= FULL_ID
        && !is_systemd;
    (is_id && end.is_none()).then_some(id)
}

fn lxc(path: &[u8]) -> Option<&[u8]> {
    const LAYOUTS: &[&[u8]] = &[b"/lxc.payload/", b"/lxc.payload.", b"/lxc/"];
    LAYOUTS.iter().find_map(|layout| {
        let at = path.windows(layout.len()).position(|window| window == *layout)?;
        let name = path.get(at + layout.len()..)?.split(|&byte| byte == b'/').next()?;
        (!name.is_empty()).then_some(name)
    })
}

fn libvirt_lxc(path: &[u8]) -> Option<&[u8]> {
    if let Some(rest) = path.strip_suffix(b".libvirt-lxc") {
        return rest.rsplit(|&byte| byte == b'/').next().filter(|name| !name.is_empty());
    }
    let prefix = b"/machine.slice/machine-lxc";
    if let Some(rest) = path.strip_prefix(prefix) {
        // machine-lxc\x2dNUMBER\x2dNAME.scope
        let rest = rest.strip_suffix(b".scope").unwrap_or(rest);
        let name = rest.rsplit(|&byte| byte == b'd').next()?;
        return (!name.is_empty()).then_some(name);
    }
    let name = path.strip_prefix(b"/libvirt/lxc/")?;
    (!name.is_empty()).then_some(name)
}

fn bpm(path: &[u8]) -> Option<&[u8]> {
    let at = path.windows(5).position(|window| window == b"/bpm-")?;
    let id = path.get(at + 5..)?;
    let id = id.strip_suffix(b".scope").unwrap_or(id);
    (!id.is_empty() && !id.contains(&b'/')).then_some(id)
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
