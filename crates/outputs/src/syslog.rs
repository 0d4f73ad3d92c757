//! Lines to the machine's syslog, and the socket that messages about ourselves use too.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gyr_alert::{Alert, Priority};

use crate::Output;

/// A connection to a syslog daemon.
#[derive(Debug)]
pub struct Syslog {
    path: PathBuf,
    socket: Option<UnixDatagram>,
    packet: Vec<u8>,
}

/// Where daemons listen.
const SOCKET: &str = "/dev/log";
/// Facility "user" (RFC 3164).
const USER: u8 = 1;
/// A daemon that takes longer loses the message.
const TIMEOUT: Duration = Duration::from_secs(1);

impl Syslog {
    /// Connects to this machine's daemon.
    pub fn open() -> io::Result<Self> {
        Self::open_at(Path::new(SOCKET))
    }

    fn open_at(path: &Path) -> io::Result<Self> {
        let socket = connect(path)?;
        Ok(Self { path: path.to_owned(), socket: Some(socket), packet: Vec::new() })
    }

    /// Sends one message; a daemon that was restarted is found again.
    pub fn write(&mut self, priority: Priority, text: &[u8]) -> io::Result<()> {
        self.packet.clear();
        self.packet
            .extend_from_slice(format!("<{}>gyr: ", USER * 8 + priority.number()).as_bytes());
        self.packet.extend_from_slice(text);
        if let Some(socket) = &self.socket
            && socket.send(&self.packet).is_ok()
        {
            return Ok(());
        }
        self.socket = None;
        let socket = connect(&self.path)?;
        socket.send(&self.packet)?;
        self.socket = Some(socket);
        Ok(())
    }
}

impl Output for Syslog {
    fn name(&self) -> &'static str {
        "syslog"
    }

    fn send(&mut self, alert: &Alert, line: &[u8]) -> io::Result<()> {
        self.write(alert.form.priority, line)
    }
}

fn connect(path: &Path) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.connect(path)?;
    socket.set_write_timeout(Some(TIMEOUT))?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::alert;

    #[test]
    fn a_line_has_its_priority_and_finds_a_restarted_daemon() {
        let path = std::env::temp_dir().join(format!("gyr-syslog-{}", std::process::id()));
        let mut packet = [0; 100];
        let first = UnixDatagram::bind(&path).unwrap();
        let mut syslog = Syslog::open_at(&path).unwrap();
        syslog.send(&alert(), b"one").unwrap();
        let n = first.recv(&mut packet).unwrap();
        assert_eq!(&packet[..n], b"<13>gyr: one");
        drop(first);
        std::fs::remove_file(&path).unwrap();
        assert!(syslog.send(&alert(), b"lost").is_err());
        let second = UnixDatagram::bind(&path).unwrap();
        syslog.send(&alert(), b"two").unwrap();
        let n = second.recv(&mut packet).unwrap();
        assert_eq!(&packet[..n], b"<13>gyr: two");
        std::fs::remove_file(&path).unwrap();
    }
}
