//! The gRPC server that Falco had until 0.43: alerts as they happen, and who answers.

mod hub;
mod messages;
mod methods;

pub use hub::{Hub, HubLimits, HubStats};
pub use messages::Version;

use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http2::Builder;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};

use crate::listen::{Listener, unix_path};
use crate::server::{Plan, Report, Server, Speak};
use crate::tls::Identity;
use crate::{Notice, ServeError};
use methods::Methods;

/// Where the server listens, and whom it trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrpcSettings {
    /// `unix:///path`, where everybody is trusted who may open the socket, or `host:port`, where a certificate is needed.
    pub bind_address: String,
    /// 0 = as many as the machine has CPUs.
    pub n_threads: usize,
    /// PEM files.
    pub private_key: PathBuf,
    pub cert_chain: PathBuf,
    /// Who must vouch for clients.
    pub root_certs: PathBuf,
}

/// The running server; dropped, it stops.
#[derive(Debug)]
pub struct Grpc {
    server: Server,
    hub: Arc<Hub>,
}

/// A connection on which nothing was heard for so long is asked whether it still lives.
const PING_EVERY: Duration = Duration::from_secs(30);

impl Grpc {
    pub fn start(
        settings: &GrpcSettings,
        hub: Arc<Hub>,
        version: &Version,
        report: impl Fn(Notice) + Send + Sync + 'static,
    ) -> Result<Self, ServeError> {
        let tls = match unix_path(&settings.bind_address) {
            Some(_) => None,
            None => {
                let identity = Identity {
                    chain: &settings.cert_chain,
                    key: &settings.private_key,
                    clients: Some(&settings.root_certs),
                };
                Some(identity.load(b"h2")?)
            }
        };
        let listener = Listener::open(&settings.bind_address)
            .map_err(|error| ServeError::Listen(settings.bind_address.clone(), error))?;
        let plan = Plan {
            name: "grpc",
            listener,
            tls,
            n_threads: settings.n_threads,
            speak: speak(Methods::new(Arc::clone(&hub), version)),
            report: Arc::new(report) as Report,
        };
        Ok(Self { server: Server::start(plan)?, hub })
    }

    /// Where it listens, with the port that the kernel chose if it was asked for any.
    pub fn address(&self) -> &str {
        &self.server.address
    }

    pub const fn n_threads(&self) -> usize {
        self.server.n_threads
    }

    /// Lets subscribers have what is there, and ends.
    pub fn stop(self) {
        self.hub.close();
    }
}

fn speak(methods: Methods) -> Speak {
    Arc::new(move |stream, mut stopping| {
        let methods = methods.clone();
        Box::pin(async move {
            let connection = Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .keep_alive_interval(PING_EVERY)
                .keep_alive_timeout(PING_EVERY)
                .serve_connection(TokioIo::new(stream), methods);
            let mut connection = pin!(connection);
            // A client that breaks off is its own affair.
            tokio::select! {
                _ = connection.as_mut() => return,
                _ = stopping.changed() => connection.as_mut().graceful_shutdown(),
            }
            let _ = connection.await;
        })
    })
}
