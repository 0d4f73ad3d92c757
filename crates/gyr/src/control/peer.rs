//! Who is at the other end of a connection: only root and our own user are served.

use std::os::unix::net::UnixStream;

use anyhow::{Context as _, Result, bail};

/// Fails for everybody else.
pub(super) fn check(stream: &UnixStream) -> Result<()> {
    let peer = rustix::net::sockopt::socket_peercred(stream).context("cannot tell who asks")?;
    if !may_ask(peer.uid.as_raw(), rustix::process::geteuid().as_raw()) {
        bail!("user {} (process {}) is not served", peer.uid.as_raw(), peer.pid.as_raw_nonzero());
    }
    Ok(())
}

const fn may_ask(peer: u32, own: u32) -> bool {
    peer == 0 || peer == own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_and_our_own_user_may_ask() {
        assert!(may_ask(0, 0) && may_ask(0, 998) && may_ask(998, 998));
        assert!(!may_ask(1000, 0) && !may_ask(1000, 998));
    }
}
