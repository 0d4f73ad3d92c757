//! `container.*` and `k8s.*`: the container and the pod that the thread of the event is in.
//!
//! Outside of containers there is one entry, the host; of a container no more is known than its id, its start, and that some
//! engines have nothing to tell.

use gyr_filter::{Lifetime, Type};
use gyr_state::Engine;

use crate::Context;
use crate::row::{Answer, Class, Row};

pub(crate) static CLASS: Class = Class {
    name: "container",
    short: "",
    description: "The container that the thread of the event is in, and its pod.",
    rows: &[
        Row::new(
            "container.id",
            Type::Charbuf,
            Lifetime::Thread,
            Answer::Text(id),
            "id of the container, its first 12 characters; host outside of containers.",
        ),
        Row::new(
            "container.full_id",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Text(|c| known(c, b"host", b"")),
            "whole id of the container.",
        ),
        Row::new(
            "container.name",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Text(|c| known(c, b"host", b"")),
            "name of the container.",
        ),
        Row::new(
            "container.image",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Text(|c| known(c, b"", b"")),
            "image of the container as it was asked for, such as nginx:latest.",
        ),
        Row::new(
            "container.image.id",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Text(|c| known(c, b"", b"")),
            "id of the image.",
        ),
        Row::new(
            "container.type",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Text(container_type),
            "what runs the container, such as docker or containerd.",
        ),
        Row::new(
            "container.privileged",
            Type::Bool,
            Lifetime::Container,
            Answer::Bool(|c| known(c, b"", b"").map(|_| false)),
            "whether the container is privileged.",
        ),
        Row::new(
            "container.mounts",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Text(|c| known(c, b"", b"")),
            "all mounts of the container as source:dest:mode:writable:propagation, \
                separated by commas.",
        ),
        Row::new(
            "container.mount",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "one mount of the container, by number or by its source.",
        )
        .index()
        .key()
        .required(),
        Row::new(
            "container.mount.source",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "source of a mount, by number or by where it is mounted.",
        )
        .index()
        .key()
        .required(),
        Row::new(
            "container.mount.dest",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "where something is mounted, by number or by its source.",
        )
        .index()
        .key()
        .required(),
        Row::new(
            "container.mount.mode",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "mode of a mount, by number or by its source.",
        )
        .index()
        .key()
        .required(),
        Row::new(
            "container.mount.rdwr",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "whether a mount may be written to, by number or by its source.",
        )
        .index()
        .key()
        .required(),
        Row::new(
            "container.mount.propagation",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "propagation of a mount, by number or by its source.",
        )
        .index()
        .key()
        .required(),
        Row::new(
            "container.image.repository",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Text(|c| known(c, b"", b"")),
            "repository of the image, such as docker.io/library/nginx.",
        ),
        Row::new(
            "container.image.tag",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Text(|c| known(c, b"", b"")),
            "tag of the image, such as latest.",
        ),
        Row::new(
            "container.image.digest",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Text(|c| known(c, b"", b"")),
            "digest of the image, such as sha256:….",
        ),
        Row::new(
            "container.healthcheck",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        ),
        Row::new(
            "container.liveness_probe",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        ),
        Row::new(
            "container.readiness_probe",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        ),
        Row::new(
            "container.start_ts",
            Type::Abstime,
            Lifetime::Thread,
            Answer::Uint(started),
            "when the container started, in nanoseconds since the epoch.",
        )
        .dec(),
        Row::new(
            "container.duration",
            Type::Reltime,
            Lifetime::Clock,
            Answer::Uint(|c| Some(c.event.ts().wrapping_sub(started(c)?))),
            "nanoseconds since the container started.",
        )
        .dec(),
        Row::new(
            "container.ip",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Text(|c| known(c, b"", b"")),
            "main IPv4 address of the container.",
        ),
        Row::new(
            "container.cni.json",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Text(|c| known(c, b"", b"")),
            "what the network plugin said of the pod, as JSON.",
        ),
        Row::new(
            "container.host_pid",
            Type::Bool,
            Lifetime::Container,
            Answer::Bool(|c| known(c, b"", b"").map(|_| false)),
            "whether the container shares the pid namespace of the host.",
        ),
        Row::new(
            "container.host_network",
            Type::Bool,
            Lifetime::Container,
            Answer::Bool(|c| known(c, b"", b"").map(|_| false)),
            "whether the container shares the network namespace of the host.",
        ),
        Row::new(
            "container.host_ipc",
            Type::Bool,
            Lifetime::Container,
            Answer::Bool(|c| known(c, b"", b"").map(|_| false)),
            "whether the container shares the IPC namespace of the host.",
        ),
        Row::new(
            "container.label",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "value of one label of the container.",
        )
        .key()
        .required(),
        Row::new(
            "container.labels",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Text(|c| known(c, b"", b"")),
            "all labels of the container as name:value, separated by commas.",
        ),
        Row::new(
            "proc.is_container_healthcheck",
            Type::Bool,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        ),
        Row::new(
            "proc.is_container_liveness_probe",
            Type::Bool,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        ),
        Row::new(
            "proc.is_container_readiness_probe",
            Type::Bool,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        ),
        Row::new(
            "k8s.pod.name",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "name of the pod.",
        ),
        Row::new(
            "k8s.ns.name",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "namespace of the pod.",
        ),
        Row::new(
            "k8s.pod.id",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "the same as k8s.pod.uid.",
        ),
        Row::new(
            "k8s.pod.uid",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "uid of the pod.",
        ),
        Row::new(
            "k8s.pod.sandbox_id",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Text(|c| known(c, b"", b"")),
            "id of the sandbox of the pod, its first 12 characters.",
        ),
        Row::new(
            "k8s.pod.full_sandbox_id",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Text(|c| known(c, b"", b"")),
            "whole id of the sandbox of the pod.",
        ),
        Row::new(
            "k8s.pod.label",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "value of one label of the pod.",
        )
        .key()
        .required(),
        Row::new(
            "k8s.pod.labels",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Text(|c| known(c, b"", b"")),
            "all labels of the pod as name:value, separated by commas.",
        ),
        Row::new(
            "k8s.pod.ip",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Text(|c| known(c, b"", b"")),
            "main IPv4 address of the pod.",
        ),
        Row::new(
            "k8s.pod.cni.json",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Text(|c| known(c, b"", b"")),
            "what the network plugin said of the pod, as JSON.",
        ),
        Row::new(
            "k8s.rc.name",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        ),
        Row::new(
            "k8s.rc.id",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        ),
        Row::new(
            "k8s.rc.label",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        )
        .key()
        .required(),
        Row::new(
            "k8s.rc.labels",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        ),
        Row::new(
            "k8s.svc.name",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        ),
        Row::new(
            "k8s.svc.id",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        ),
        Row::new(
            "k8s.svc.label",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        )
        .key()
        .required(),
        Row::new(
            "k8s.svc.labels",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        ),
        Row::new(
            "k8s.ns.id",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        ),
        Row::new(
            "k8s.ns.label",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        )
        .key()
        .required(),
        Row::new(
            "k8s.ns.labels",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        ),
        Row::new(
            "k8s.rs.name",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        ),
        Row::new(
            "k8s.rs.id",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        ),
        Row::new(
            "k8s.rs.label",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        )
        .key()
        .required(),
        Row::new(
            "k8s.rs.labels",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        ),
        Row::new(
            "k8s.deployment.name",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        ),
        Row::new(
            "k8s.deployment.id",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        ),
        Row::new(
            "k8s.deployment.label",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        )
        .key()
        .required(),
        Row::new(
            "k8s.deployment.labels",
            Type::Charbuf,
            Lifetime::Container,
            Answer::Missing,
            "deprecated, never present.",
        ),
    ],
};

fn id<'a>(c: &'a Context<'_>) -> Option<&'a [u8]> {
    match c.thread()?.container_id() {
        b"" => Some(b"host"),
        id => Some(id),
    }
}

/// What is said of the host, or of a container whose engine has nothing to tell, where one would ask about a container.
fn known(
    c: &Context<'_>,
    of_host: &'static [u8],
    of_container: &'static [u8],
) -> Option<&'static [u8]> {
    let thread = c.thread()?;
    if thread.container_id().is_empty() {
        return Some(of_host);
    }
    thread.container_engine().map(|_| of_container)
}

fn container_type<'a>(c: &'a Context<'_>) -> Option<&'a [u8]> {
    let of_container: &[u8] = match c.thread()?.container_engine() {
        Some(Engine::Lxc) => b"lxc",
        Some(Engine::LibvirtLxc) => b"libvirt-lxc",
        Some(Engine::Bpm) => b"bpm",
        None => b"",
    };
    known(c, b"host", of_container)
}

/// The first process of the pid namespace is the container's.
fn started(c: &Context<'_>) -> Option<u64> {
    match c.thread()?.pidns_init_start_ts() {
        0 => None,
        ts => Some(ts),
    }
}
