//! The web server: health, versions, metrics.

use std::convert::Infallible;
use std::fmt;
use std::future::Ready;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};

use crate::listen::Listener;
use crate::server::{Plan, Report, Server, Speak};
use crate::tls::Identity;
use crate::{Notice, ServeError};

/// Where the server listens, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSettings {
    /// 0 = as many as the machine has CPUs.
    pub n_threads: usize,
    pub address: IpAddr,
    pub port: u16,
    /// A PEM file with a certificate, those that vouch for it, and its key; without it the server speaks no TLS.
    pub certificate: Option<PathBuf>,
}

/// What the server shows.
#[derive(Clone)]
pub struct Pages {
    /// The path that says whether all is well.
    pub healthz: String,
    /// For how long nothing has been done, if that is too long.
    pub stuck: Arc<dyn Fn() -> Option<Duration> + Send + Sync>,
    /// A JSON document.
    pub versions: String,
    /// In Prometheus' text format, made anew for each request.
    pub metrics: Option<Arc<dyn Fn() -> String + Send + Sync>>,
}

/// The running server; dropped, it stops.
#[derive(Debug)]
pub struct Web {
    server: Server,
}

/// A client that says nothing for so long is cut off.
const IDLE: Duration = Duration::from_secs(60);

impl Web {
    pub fn start(
        settings: &WebSettings,
        pages: Pages,
        report: impl Fn(Notice) + Send + Sync + 'static,
    ) -> Result<Self, ServeError> {
        let certificate = settings.certificate.as_ref();
        let tls = certificate
            .map(|file| Identity { chain: file, key: file, clients: None }.load(b"http/1.1"))
            .transpose()?;
        let address = SocketAddr::new(settings.address, settings.port).to_string();
        let listener =
            Listener::open(&address).map_err(|error| ServeError::Listen(address, error))?;
        let plan = Plan {
            name: "webserver",
            listener,
            tls,
            n_threads: settings.n_threads,
            speak: speak(pages),
            report: Arc::new(report) as Report,
        };
        Ok(Self { server: Server::start(plan)? })
    }

    /// Where it listens, with the port that the kernel chose if it was asked for any.
    pub fn address(&self) -> &str {
        &self.server.address
    }

    pub const fn n_threads(&self) -> usize {
        self.server.n_threads
    }
}

fn speak(pages: Pages) -> Speak {
    let pages = Arc::new(pages);
    Arc::new(move |stream, mut stopping| {
        let pages = Arc::clone(&pages);
        Box::pin(async move {
            let answer =
                service_fn(move |request: Request<Incoming>| -> Ready<Result<_, Infallible>> {
                    std::future::ready(Ok(pages.answer(request.method(), request.uri().path())))
                });
            let connection = Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(IDLE)
                .serve_connection(TokioIo::new(stream), answer);
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

impl Pages {
    fn answer(&self, method: &Method, path: &str) -> Response<Full<Bytes>> {
        let known = matches!(*method, Method::GET | Method::HEAD);
        let mut status = StatusCode::OK;
        let (kind, body) = match path {
            _ if !known => return not_found(),
            path if path == self.healthz => {
                let mut body = "{\"status\": \"ok\"}".to_owned();
                if let Some(time) = (self.stuck)() {
                    status = StatusCode::SERVICE_UNAVAILABLE;
                    body = format!("{{\"status\": \"stuck\", \"seconds\": {}}}", time.as_secs());
                }
                ("application/json", body)
            }
            "/versions" => ("application/json", self.versions.clone()),
            "/metrics" => match &self.metrics {
                Some(metrics) => ("text/plain; version=0.0.4", metrics()),
                None => return not_found(),
            },
            _ => return not_found(),
        };
        let mut response = Response::new(Full::from(body));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        response
    }
}

fn not_found() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("healthz", &self.healthz)
            .field("versions", &self.versions)
            .finish_non_exhaustive()
    }
}
