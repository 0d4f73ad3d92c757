//! The calls, by their paths. On the wire a single message is a stream of one, so that all calls have one shape here.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::{BufMut as _, Bytes};
use hyper::body::Incoming;
use hyper::service::Service;
use prost::Message as _;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::server::{Grpc, StreamingService};
use tonic::{Status, Streaming};

use super::hub::{Hub, Subscription, Taken};
use super::messages::{Request, Version};

/// What can be called.
#[derive(Clone, Debug)]
pub(crate) struct Methods {
    hub: Arc<Hub>,
    version: Bytes,
}

type Answers = Pin<Box<dyn Stream<Item = Result<Bytes, Status>> + Send>>;
type Sender = mpsc::Sender<Result<Bytes, Status>>;

/// Alerts that wait for the connection to take them.
const AHEAD: usize = 16;

impl Methods {
    pub(crate) fn new(hub: Arc<Hub>, version: &Version) -> Self {
        Self { hub, version: version.encode_to_vec().into() }
    }

    /// Answers a call.
    async fn call(self, path: String, mut requests: Streaming<Request>) -> Result<Answers, Status> {
        let (sender, answers) = mpsc::channel(AHEAD);
        match &*path {
            "/falco.outputs.service/sub" => {
                let subscription = self.hub.subscribe();
                tokio::spawn(subscribe(subscription, requests, sender));
            }
            "/falco.outputs.service/get" => {
                tokio::spawn(get(self.hub, sender));
            }
            // As it was called until 2020, and as the Rust client still calls it.
            "/falco.output.service/subscribe" => {
                let stays = requests.message().await?.is_some_and(|request| request.keepalive);
                if stays {
                    let subscription = self.hub.subscribe();
                    tokio::spawn(follow(subscription, sender));
                } else {
                    tokio::spawn(get(self.hub, sender));
                }
            }
            "/falco.version.service/version" => {
                let _ = sender.try_send(Ok(self.version)); // the channel is empty
            }
            _ => return Err(Status::unimplemented(format!("no such call: {path}"))),
        }
        Ok(Box::pin(ReceiverStream::new(answers)))
    }
}

/// Hands over what comes, from the first request until the requests end and all is handed over.
async fn subscribe(mut subscription: Subscription, mut requests: Streaming<Request>, to: Sender) {
    let mut asked = false;
    let mut asks = true;
    loop {
        if asked {
            match hand_over(&subscription, &to).await {
                Next::Wait if !asks => return,
                Next::Wait => {}
                Next::Stop => return,
            }
        }
        tokio::select! {
            request = requests.message(), if asks => match request {
                Ok(Some(_)) => asked = true,
                Ok(None) if asked => asks = false,
                _ => return,
            },
            _ = subscription.news.changed() => {}
            () = to.closed() => return,
        }
    }
}

/// Hands over what comes, for as long as the client is there.
async fn follow(mut subscription: Subscription, to: Sender) {
    while let Next::Wait = hand_over(&subscription, &to).await {
        tokio::select! {
            _ = subscription.news.changed() => {}
            () = to.closed() => return,
        }
    }
}

enum Next {
    Wait,
    Stop,
}

/// Hands over all that is there.
async fn hand_over(subscription: &Subscription, to: &Sender) -> Next {
    loop {
        match subscription.take() {
            Taken::Alerts(alerts) => {
                for alert in alerts {
                    if to.send(Ok(alert)).await.is_err() {
                        return Next::Stop;
                    }
                }
            }
            Taken::Nothing => return Next::Wait,
            Taken::CutOff => {
                let status = Status::resource_exhausted("too slow: alerts were missed");
                let _ = to.send(Err(status)).await; // it may be gone
                return Next::Stop;
            }
            Taken::End => {
                let _ = to.send(Err(Status::unavailable("shutting down"))).await;
                return Next::Stop;
            }
        }
    }
}

/// Hands over what is there now and was not asked for before.
async fn get(hub: Arc<Hub>, to: Sender) {
    let until = hub.next();
    loop {
        let alerts = hub.get(until);
        if alerts.is_empty() {
            return;
        }
        for alert in alerts {
            if to.send(Ok(alert)).await.is_err() {
                return;
            }
        }
    }
}

impl Service<hyper::Request<Incoming>> for Methods {
    type Response = hyper::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: hyper::Request<Incoming>) -> Self::Future {
        let call = Call { methods: self.clone(), path: request.uri().path().to_owned() };
        Box::pin(async move { Ok(Grpc::new(Wire).streaming(call, request).await) })
    }
}

/// One call, as tonic wants it.
struct Call {
    methods: Methods,
    path: String,
}

impl StreamingService<Request> for Call {
    type Response = Bytes;
    type ResponseStream = Answers;
    type Future = Pin<Box<dyn Future<Output = Result<tonic::Response<Answers>, Status>> + Send>>;

    fn call(&mut self, request: tonic::Request<Streaming<Request>>) -> Self::Future {
        let answers = self.methods.clone().call(self.path.clone(), request.into_inner());
        Box::pin(async move { answers.await.map(tonic::Response::new) })
    }
}

/// Answers are encoded once for all who get them.
#[derive(Clone, Copy, Debug)]
struct Wire;

impl Codec for Wire {
    type Encode = Bytes;
    type Decode = Request;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Wire {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put(message);
        Ok(())
    }
}

impl Decoder for Wire {
    type Item = Request;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Request>, Status> {
        let request = Request::decode(from);
        request.map(Some).map_err(|error| Status::invalid_argument(error.to_string()))
    }
}
