//! Lines to the machine's syslog, and the socket that messages about ourselves use too.

use std::io::{self, ErrorKind, Write as _};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::PathBuf;
use std::time::Duration;

use gyr_alert::Priority;
use rustix::io::Errno;

use crate::{Batch, Failed, Output};

/// Where the daemon listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyslogSettings {
    pub socket: PathBuf,
}

impl Default for SyslogSettings {
    fn default() -> Self {
        Self { socket: "/dev/log".into() }
    }
}

/// A connection to a syslog daemon.
#[derive(Debug)]
pub struct Syslog {
    settings: SyslogSettings,
    socket: Option<Socket>,
    packet: Vec<u8>,
}

#[derive(Debug)]
enum Socket {
    Datagram(UnixDatagram),
    /// Messages end with a zero byte.
    Stream(UnixStream),
}

/// Facility "user" (RFC 3164).
const USER: u8 = 1;
/// A daemon that takes nothing for so long loses the message.
const TIMEOUT: Duration = Duration::from_secs(1);

impl Syslog {
    /// Connects to the daemon.
    pub fn open(settings: &SyslogSettings) -> io::Result<Self> {
        let socket = Socket::connect(settings)?;
        Ok(Self { settings: settings.clone(), socket: Some(socket), packet: Vec::new() })
    }

    /// Sends one message; a daemon that was restarted is found again.
    pub fn write(&mut self, priority: Priority, text: &[u8]) -> io::Result<()> {
        self.packet.clear();
        self.packet
            .extend_from_slice(format!("<{}>gyr: ", USER * 8 + priority.number()).as_bytes());
        self.packet.extend_from_slice(text);
        if let Some(socket) = &mut self.socket {
            match socket.send(&self.packet) {
                Ok(()) => return Ok(()),
                // It is there, and busy or choosy: a new connection would not help.
                Err(error) if is_refusal(&error) => return Err(error),
                Err(_) => self.socket = None,
            }
        }
        let mut socket = Socket::connect(&self.settings)?;
        socket.send(&self.packet)?;
        self.socket = Some(socket);
        Ok(())
    }
}

impl Output for Syslog {
    fn send(&mut self, batch: &Batch) -> Result<(), Failed> {
        for (n_sent, line) in batch.lines().enumerate() {
            let written = self.write(line.alert.form.priority, line.text);
            written.map_err(|error| Failed { n_sent, error })?;
        }
        Ok(())
    }
}

impl Socket {
    fn connect(settings: &SyslogSettings) -> io::Result<Self> {
        let connect = || {
            let socket = UnixDatagram::unbound()?;
            match socket.connect(&settings.socket) {
                Err(error) if Errno::from_io_error(&error) == Some(Errno::PROTOTYPE) => {
                    let socket = UnixStream::connect(&settings.socket)?;
                    socket.set_write_timeout(Some(TIMEOUT))?;
                    Ok(Self::Stream(socket))
                }
                connected => {
                    connected?;
                    socket.set_write_timeout(Some(TIMEOUT))?;
                    Ok(Self::Datagram(socket))
                }
            }
        };
        connect().map_err(|error: io::Error| {
            io::Error::new(error.kind(), format!("{}: {error}", settings.socket.display()))
        })
    }

    fn send(&mut self, packet: &[u8]) -> io::Result<()> {
        match self {
            Self::Datagram(socket) => socket.send(packet).map(drop),
            Self::Stream(socket) => {
                let sent = socket.write_all(packet).and_then(|()| socket.write_all(b"\0"));
                // A message that is out in part spoils the connection.
                sent.map_err(|error| io::Error::new(ErrorKind::BrokenPipe, error))
            }
        }
    }
}

fn is_refusal(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
        || Errno::from_io_error(error) == Some(Errno::MSGSIZE)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::net::UnixListener;

    use super::*;
    use crate::batch::tests::{batch, line};

    fn settings(name: &str) -> SyslogSettings {
        let name = format!("gyr-syslog-{}-{name}", std::process::id());
        SyslogSettings { socket: std::env::temp_dir().join(name) }
    }

    #[test]
    fn a_line_has_its_priority_and_finds_a_restarted_daemon() {
        let settings = settings("datagram");
        let mut packet = [0; 100];
        let first = UnixDatagram::bind(&settings.socket).unwrap();
        let mut syslog = Syslog::open(&settings).unwrap();
        syslog.send(&batch(&["one"])).unwrap();
        let n = first.recv(&mut packet).unwrap();
        assert_eq!(&packet[..n], format!("<13>gyr: {}", line("one")).as_bytes());
        drop(first);
        std::fs::remove_file(&settings.socket).unwrap();
        assert!(syslog.send(&batch(&["lost"])).is_err());
        let second = UnixDatagram::bind(&settings.socket).unwrap();
        syslog.send(&batch(&["two"])).unwrap();
        let n = second.recv(&mut packet).unwrap();
        assert_eq!(&packet[..n], format!("<13>gyr: {}", line("two")).as_bytes());
        std::fs::remove_file(&settings.socket).unwrap();
    }

    #[test]
    fn a_daemon_may_listen_for_streams() {
        let settings = settings("stream");
        let listener = UnixListener::bind(&settings.socket).unwrap();
        let mut syslog = Syslog::open(&settings).unwrap();
        syslog.write(Priority::Warning, b"one").unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        drop(stream);
        syslog.write(Priority::Error, b"two").unwrap();
        (stream, _) = listener.accept().unwrap();
        drop(syslog);
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert_eq!(text, "<11>gyr: two\0");
        std::fs::remove_file(&settings.socket).unwrap();
    }
}
