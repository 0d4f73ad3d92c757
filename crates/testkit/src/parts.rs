//! Processes, folders and ports of a test.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A process that is killed when its test ends.
#[derive(Debug)]
pub struct Process(Child);

/// A folder that goes when its test ends.
#[derive(Debug)]
pub struct Folder(PathBuf);

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

impl Process {
    /// Starts it, without input.
    pub fn start(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::null()).spawn();
        Self(child.unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Kills it and waits for its end.
    pub fn kill(mut self) {
        self.end();
    }

    /// Waits until it listens at a port of this machine.
    #[must_use]
    pub fn at_port(mut self, port: u16) -> Self {
        eventually(&format!("somebody listens at port {port}"), || {
            let ended = self.0.try_wait().expect("it is our child");
            assert!(ended.is_none(), "ended before it listened: {ended:?}");
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        self
    }

    fn end(&mut self) {
        let _ = self.0.kill(); // it may have ended
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("gyr-test-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file and returns its path.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.join(name);
        std::fs::write(&path, text).expect("a file in a temporary folder");
        path
    }
}

impl Default for Folder {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0); // it is a temporary folder anyway
    }
}

/// Waits until the condition holds.
#[track_caller]
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < end, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A port of this machine that nobody listens at.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("it is bound").port()
}

/// Whether a program that the test needs is missing; then it says that the test is skipped. `./x test` installs them all.
#[allow(clippy::print_stderr, reason = "for whoever runs the test")]
pub fn missing(program: &str) -> bool {
    let places = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
    let found = places.split(':').any(|place| Path::new(place).join(program).exists());
    if !found {
        eprintln!("skipped: {program} is not installed");
    }
    !found
}

/// Whether the test may mount and the like; if not, it says that it is skipped.
#[allow(clippy::print_stderr, reason = "for whoever runs the test")]
pub fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let is_root = status.lines().any(|line| line.starts_with("Uid:\t0\t0\t"));
    if !is_root {
        eprintln!("skipped: needs root");
    }
    is_root
}
