//! A server: its threads, its connections, and whom it refuses.

use std::fmt;
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gyr_alert::Priority;
use rustls::ServerConfig;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::listen::{Accepting, Listener, Stream};

/// A server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("cannot listen at {0}: {1}")]
    Listen(String, io::Error),
    #[error("{}: {problem}", path.display())]
    Certificate { path: PathBuf, problem: String },
    #[error("cannot start threads: {0}")]
    Threads(io::Error),
}

/// Something that a running server has to say; for the log.
#[derive(Debug)]
pub enum Notice {
    /// A client was refused: it did not speak TLS, or had no good certificate.
    Refused { server: &'static str, peer: String, error: String },
    /// So many more were refused, too many to name each.
    RefusedMore { server: &'static str, n_clients: u64 },
    /// Connections cannot be taken (no more descriptors, say); it goes on trying.
    NotAccepted { server: &'static str, error: io::Error },
}

/// What makes one server differ from another.
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    pub(crate) listener: Listener,
    pub(crate) tls: Option<Arc<ServerConfig>>,
    /// 0 = as many as the machine has CPUs.
    pub(crate) n_threads: usize,
    pub(crate) speak: Speak,
    pub(crate) report: Report,
}

/// Serves one connection to its end, which comes soon once it is told to stop.
pub(crate) type Speak = Arc<dyn Fn(Box<dyn Stream>, Stopping) -> Spoken + Send + Sync>;
pub(crate) type Stopping = watch::Receiver<()>;
pub(crate) type Spoken = Pin<Box<dyn Future<Output = ()> + Send>>;
pub(crate) type Report = Arc<dyn Fn(Notice) + Send + Sync>;

/// A running server; dropped, it stops.
#[derive(Debug)]
pub(crate) struct Server {
    runtime: Option<Runtime>,
    stop: watch::Sender<()>,
    /// A place for each connection.
    room: Arc<Semaphore>,
    pub(crate) address: String,
    pub(crate) n_threads: usize,
}

const MAX_CONNECTIONS: u32 = 1024;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long connections that are still busy are waited for at the end.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);

impl Server {
    pub(crate) fn start(plan: Plan) -> Result<Self, ServeError> {
        let n_threads = match plan.n_threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            n_threads => n_threads,
        };
        let runtime = Builder::new_multi_thread()
            .worker_threads(n_threads)
            .thread_name(plan.name)
            .enable_io()
            .enable_time()
            .build()
            .map_err(ServeError::Threads)?;
        let address = plan.listener.address();
        let within = runtime.enter();
        let accepting = plan
            .listener
            .accepting()
            .map_err(|error| ServeError::Listen(address.clone(), error))?;
        drop(within);
        let (stop, stopping) = watch::channel(());
        let room = Arc::new(Semaphore::new(MAX_CONNECTIONS as usize));
        let door = Door {
            name: plan.name,
            tls: plan.tls.map(TlsAcceptor::from),
            speak: plan.speak,
            report: plan.report,
            stopping,
            refusals: Mutex::default(),
        };
        runtime.spawn(accept(accepting, Arc::new(door), Arc::clone(&room)));
        Ok(Self { runtime: Some(runtime), stop, room, address, n_threads })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        self.stop.send_replace(());
        let all_gone = self.room.acquire_many(MAX_CONNECTIONS);
        let _ = runtime.block_on(async { timeout(STOP_TIMEOUT, all_gone).await }); // who lingers is cut off
        runtime.shutdown_background();
    }
}

/// Who comes in, and how.
struct Door {
    name: &'static str,
    tls: Option<TlsAcceptor>,
    speak: Speak,
    report: Report,
    stopping: Stopping,
    refusals: Mutex<Refusals>,
}

async fn accept(accepting: Accepting, door: Arc<Door>, room: Arc<Semaphore>) {
    let mut stopping = door.stopping.clone();
    loop {
        let accepted = tokio::select! {
            accepted = accepting.accept() => accepted,
            _ = stopping.changed() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
                let door = Arc::clone(&door);
                tokio::spawn(async move {
                    door.enter(stream, peer).await;
                    drop(place);
                });
            }
            Err(error) => {
                (door.report)(Notice::NotAccepted { server: door.name, error });
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

impl Door {
    async fn enter(&self, stream: Box<dyn Stream>, peer: String) {
        let stopping = self.stopping.clone();
        let Some(tls) = &self.tls else { return (self.speak)(stream, stopping).await };
        match timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
            Ok(Ok(stream)) => (self.speak)(Box::new(stream), stopping).await,
            Ok(Err(error)) => self.refuse(peer, error.to_string()),
            Err(_) => self.refuse(peer, "no TLS handshake in time".to_owned()),
        }
    }

    fn refuse(&self, peer: String, error: String) {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        let (named, n_clients) = refusals.count(Instant::now());
        drop(refusals);
        let server = self.name;
        if n_clients > 0 {
            (self.report)(Notice::RefusedMore { server, n_clients });
        }
        if named {
            (self.report)(Notice::Refused { server, peer, error });
        }
    }
}

/// Keeps those who knock without end from filling the log.
#[derive(Debug, Default)]
struct Refusals {
    minute: Option<Instant>,
    n_named: u64,
    n_more: u64,
}

impl Refusals {
    const MAX_NAMED: u64 = 10;

    /// Counts one; says whether to name it, and how many were passed over before.
    fn count(&mut self, now: Instant) -> (bool, u64) {
        let is_new = self
            .minute
            .is_none_or(|start| now.saturating_duration_since(start) >= Duration::from_secs(60));
        let n_more = if is_new { self.n_more } else { 0 };
        if is_new {
            *self = Self { minute: Some(now), ..Self::default() };
        }
        let named = self.n_named < Self::MAX_NAMED;
        if named {
            self.n_named += 1;
        } else {
            self.n_more += 1;
        }
        (named, n_more)
    }
}

impl Notice {
    pub const fn priority(&self) -> Priority {
        match self {
            Self::Refused { .. } | Self::RefusedMore { .. } => Priority::Warning,
            Self::NotAccepted { .. } => Priority::Error,
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { server, peer, error } => {
                write!(f, "{server}: client {peer} refused: {error}")
            }
            Self::RefusedMore { server, n_clients } => {
                write!(f, "{server}: {n_clients} more clients refused")
            }
            Self::NotAccepted { server, error } => {
                write!(f, "{server}: cannot take connections: {error}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_refusals_a_minute_are_named_and_the_others_counted() {
        let start = Instant::now();
        let mut refusals = Refusals::default();
        let named = (0..25).filter(|_| refusals.count(start) == (true, 0)).count();
        assert_eq!(named, 10);
        assert_eq!(refusals.count(start + Duration::from_secs(61)), (true, 15));
        assert_eq!(refusals.count(start + Duration::from_secs(62)), (true, 0));
    }
}
