//! The control socket: what root, or our own user, may ask of a running Gyr. One line of JSON asks, one answers.

mod peer;

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::{Deserialize, Serialize};

use crate::log::Log;
use crate::rules::explain::Report;
use crate::selftest::Trial;

/// What can be asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Why a rule does, or does not, match what happens from now on.
    Explain { rule: String, seconds: u64, nearest: usize },
    /// What becomes of an alert about this file, which whoever asks opens from now on.
    Selftest { file: PathBuf },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reply {
    Explained(Box<Report>),
    Tested(Trial),
    /// It could not be done, and why.
    Error(String),
}

/// Answers a request; calls `wait` for the time that it shall watch, which ends early if nobody waits for the answer.
pub(crate) type Answer = Box<dyn Fn(Request, &dyn Fn(Duration)) -> Result<Reply> + Send>;

/// The longest watch.
pub(crate) const MAX_SECONDS: u64 = 600;
/// Of one event, many lines.
pub(crate) const MAX_NEAREST: usize = 100;

/// The open socket, with the thread that serves it; it goes when this is dropped.
#[derive(Debug)]
pub(crate) struct ControlSocket {
    path: PathBuf,
    /// Closed to end the thread.
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl ControlSocket {
    /// Listens at this path, where only its owner (and root) may connect; one request at a time is served.
    pub(crate) fn open(path: &Path, log: &Log, answer: Answer) -> Result<Self> {
        let listener = listen(path)?;
        let (stop, stopped) = UnixStream::pair()?;
        let log = log.clone();
        let serve = move || serve(&listener, &stopped, &log, &answer);
        let thread = std::thread::Builder::new().name("control".to_owned()).stack_size(STACK);
        let thread = Some(thread.spawn(serve)?);
        Ok(Self { path: path.to_owned(), stop: Some(stop), thread })
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a thread that panicked has nothing left to do
        }
        let _ = fs::remove_file(&self.path); // somebody may have been faster
    }
}

/// Whether a Gyr listens at this path.
pub(crate) fn is_there(path: &Path) -> bool {
    UnixStream::connect(path).is_ok()
}

/// Asks the Gyr that listens at this path.
pub(crate) fn ask(path: &Path, request: &Request) -> Result<Reply> {
    let mut stream = UnixStream::connect(path)
        .with_context(|| format!("no running gyr can be asked at {}", path.display()))?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).context("the running gyr went away")?;
    if reply.is_empty() {
        bail!("the running gyr gave no answer: only root and its own user may ask it");
    }
    Ok(serde_json::from_slice(&reply)?)
}

/// Conditions within conditions are walked by recursion.
const STACK: usize = 16 << 20;
/// Bytes of a request.
const MAX_REQUEST: u64 = 64 << 10;
/// For a peer to send its request, and to take the answer.
const PATIENCE: Duration = Duration::from_secs(5);

fn listen(path: &Path) -> Result<UnixListener> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let is_socket = fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    if is_socket {
        match UnixStream::connect(path) {
            Ok(_) => bail!("another gyr listens there"),
            // It was left behind.
            Err(_) => fs::remove_file(path)?,
        }
    }
    let listener = UnixListener::bind(path)?;
    // Until then, who connects is still asked who they are.
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

fn serve(listener: &UnixListener, stopped: &UnixStream, log: &Log, answer: &Answer) {
    while wait_for(listener, stopped, None) == Woken::Ready {
        match listener.accept() {
            Ok((stream, _)) => {
                if let Err(error) = serve_one(&stream, stopped, answer) {
                    log.debug(&format!("control socket: {error:#}"));
                }
            }
            Err(error) => {
                log.warning(&format!("control socket: {error}"));
                // No file descriptors are left, perhaps: that will not change at once.
                std::thread::sleep(Duration::from_secs(1));
            }
        }
    }
}

fn serve_one(stream: &UnixStream, stopped: &UnixStream, answer: &Answer) -> Result<()> {
    peer::check(stream)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = Vec::new();
    BufReader::new(stream.take(MAX_REQUEST)).read_until(b'\n', &mut line)?;
    let request = serde_json::from_slice(&line);
    let watch = |time| {
        wait_for(stream, stopped, Some(Instant::now() + time));
    };
    let reply = match request {
        Ok(request) => answer(request, &watch).unwrap_or_else(|e| Reply::Error(format!("{e:#}"))),
        Err(error) => Reply::Error(format!("this is no request: {error}")),
    };
    let mut stream = stream;
    stream.write_all(&serde_json::to_vec(&reply)?)?;
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Woken {
    /// Something came, or its peer went away.
    Ready,
    Stopped,
    TimedOut,
}

/// Waits for either, until then.
fn wait_for(first: &impl AsFd, stopped: &UnixStream, until: Option<Instant>) -> Woken {
    loop {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let timeout = left.map(|left| Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        });
        let mut fds = [
            PollFd::from_borrowed_fd(first.as_fd(), PollFlags::IN | PollFlags::RDHUP),
            PollFd::from_borrowed_fd(stopped.as_fd(), PollFlags::IN),
        ];
        match poll(&mut fds, timeout.as_ref()) {
            Ok(0) => return Woken::TimedOut,
            Ok(_) if !fds[1].revents().is_empty() => return Woken::Stopped,
            Ok(_) => return Woken::Ready,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return Woken::Stopped,
        }
    }
}
