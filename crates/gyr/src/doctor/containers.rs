//! Which container engines can be asked about their containers.

use std::os::unix::net::UnixStream;
use std::path::Path;

use super::Finding;
use crate::cli::DoctorOptions;

/// Engines, and where their sockets usually are.
const SOCKETS: &[(&str, &str)] = &[
    ("Docker", "/run/docker.sock"),
    ("containerd", "/run/containerd/containerd.sock"),
    ("containerd of k3s", "/run/k3s/containerd/containerd.sock"),
    ("CRI-O", "/run/crio/crio.sock"),
    ("Podman", "/run/podman/podman.sock"),
];

pub(super) fn engines(_: &DoctorOptions) -> Vec<Finding> {
    let findings: Vec<_> = SOCKETS
        .iter()
        .filter(|(_, socket)| Path::new(socket).exists())
        .map(|(name, socket)| match UnixStream::connect(socket) {
            Ok(_) => Finding::ok(format!("{name} answers at {socket}")),
            Err(error) => Finding::warn(
                format!("{name} does not answer at {socket}: {error}"),
                "check that it runs and that we may use the socket",
            ),
        })
        .collect();
    if findings.is_empty() {
        return vec![Finding::ok("no container engine found: containers have an id and no name")];
    }
    findings
}
