//! What the tests share: alerts, outputs that feed a hub, and a small gRPC client.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use gyr_alert::{Alert, Cell, Clock, Form, Key, Piece, Priority, Renderer, TimeFormat, Value};
use gyr_outputs::{Limits, Options, Outputs, Overflow, Settings};
use gyr_serve::{Grpc, GrpcSettings, Hub, HubLimits, Version};
use gyr_testkit::Folder;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::UnixStream;

pub(crate) fn alert(n: usize) -> Alert {
    let message = vec![Piece::Cell { index: 0, width: None }];
    let keys = vec![
        Key::Cell { name: "n".to_owned(), index: 0 },
        Key::Cell { name: "missing".to_owned(), index: 1 },
    ];
    let form = Form::new("a rule".to_owned(), Priority::Warning, "syscall".to_owned(), message)
        .with_tags(["tag".to_owned()])
        .with_keys(keys);
    Alert {
        time: 1_470_327_477_881_781_397,
        hostname: "host".into(),
        form: Arc::new(form),
        cells: [Value::Uint(n as u64), Value::Null].map(Cell::from).into(),
    }
}

pub(crate) fn version() -> Version {
    Version {
        version: "1.2.3".to_owned(),
        major: 1,
        minor: 2,
        patch: 3,
        engine_version: "0.63.0".to_owned(),
        engine_minor: 63,
        ..Version::default()
    }
}

/// Outputs that feed the hub alone.
pub(crate) fn outputs(hub: &Arc<Hub>) -> Outputs {
    let renderer = Renderer::new(Clock::utc(), TimeFormat::Iso8601, None);
    let limits = Limits { n_alerts: 0, bytes: 1 << 30, overflow: Overflow::Drop };
    let options = Options { renderer, limits, timeout: Duration::from_secs(60) };
    let settings = Settings { taps: vec![hub.tap()], ..Settings::default() };
    Outputs::start(&settings, options, |problem| panic!("{problem}")).unwrap()
}

/// Sends alerts through outputs into the hub.
pub(crate) fn publish(hub: &Arc<Hub>, numbers: std::ops::Range<usize>) {
    let n = numbers.len() as u64;
    let outputs = outputs(hub);
    numbers.for_each(|n| outputs.sender().send(alert(n)));
    assert_eq!(outputs.stop()[0].1.n_delivered, n);
}

pub(crate) fn hub(n_alerts: usize) -> Arc<Hub> {
    Hub::new(HubLimits { n_alerts, bytes: 1 << 30 })
}

/// A server at a unix socket in the folder.
pub(crate) fn serve(folder: &Folder, hub: &Arc<Hub>) -> Grpc {
    let settings = GrpcSettings {
        bind_address: format!("unix://{}", folder.join("grpc.sock").display()),
        n_threads: 2,
        private_key: "/none".into(),
        cert_chain: "/none".into(),
        root_certs: "/none".into(),
    };
    Grpc::start(&settings, Arc::clone(hub), &version(), |notice| panic!("{notice}")).unwrap()
}

/// One connection to a server.
pub(crate) struct Client(SendRequest<Full<Bytes>>);

/// The answers to one call.
pub(crate) struct Call {
    body: Incoming,
    buffer: BytesMut,
    /// The status, once the answers have ended.
    pub(crate) status: Option<String>,
}

impl Client {
    pub(crate) async fn connect(path: &Path) -> Self {
        let stream = TokioIo::new(UnixStream::connect(path).await.unwrap());
        // As small as the standard's default: who does not read is sent no more than this.
        let mut builder = Builder::new(TokioExecutor::new());
        builder.initial_stream_window_size(65_535).initial_connection_window_size(65_535);
        let (client, connection) = builder.handshake(stream).await.unwrap();
        tokio::spawn(connection);
        Self(client)
    }

    /// Calls with one request message, encoded, and no more.
    pub(crate) async fn call(&mut self, path: &str, message: &[u8]) -> Call {
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        let body = Bytes::from([&[0], &length[..], message].concat());
        let request = hyper::Request::post(format!("http://localhost{path}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(Full::new(body))
            .unwrap();
        let response = self.0.send_request(request).await.unwrap();
        // A call that fails at once says so in its head.
        let status = response.headers().get("grpc-status");
        let status = status.map(|status| status.to_str().unwrap().to_owned());
        Call { body: response.into_body(), buffer: BytesMut::new(), status }
    }
}

impl Call {
    /// The next answer, encoded.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(length) = self.buffer.get(1..5) {
                let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
                if self.buffer.len() >= 5 + length {
                    self.buffer.advance(5);
                    return Some(self.buffer.split_to(length).freeze());
                }
            }
            match self.body.frame().await?.unwrap().into_data() {
                Ok(data) => self.buffer.extend_from_slice(&data),
                Err(frame) => {
                    let trailers = frame.into_trailers().unwrap();
                    let status = trailers.get("grpc-status").unwrap().to_str().unwrap();
                    self.status = Some(status.to_owned());
                }
            }
        }
    }

    pub(crate) async fn all(&mut self) -> Vec<Bytes> {
        let mut all = Vec::new();
        while let Some(answer) = self.next().await {
            all.push(answer);
        }
        all
    }
}
