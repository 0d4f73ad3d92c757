//! Prints alerts as they come over gRPC: `alerts unix:///PATH`, or `alerts https://HOST:PORT CA CERT KEY` with PEM files.

use std::collections::BTreeMap;
use std::error::Error;

use prost::Message;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic_prost::ProstCodec;

/// `falco.outputs.request`.
#[derive(Clone, PartialEq, Eq, Message)]
struct Request {}

/// `falco.outputs.response`; what is left out here is passed over.
#[derive(Clone, PartialEq, Eq, Message)]
struct Alert {
    /// 0 (emergency) to 7 (debug).
    #[prost(int32, tag = "2")]
    priority: i32,
    #[prost(string, tag = "4")]
    rule: String,
    #[prost(string, tag = "5")]
    output: String,
    #[prost(btree_map = "string, string", tag = "6")]
    output_fields: BTreeMap<String, String>,
}

const SUB: PathAndQuery = PathAndQuery::from_static("/falco.outputs.service/sub");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let mut client = Grpc::new(connect(&arguments).await?);
    client.ready().await?;
    // Nothing comes before the first request, and all ends with the last: this one is followed by none, and by no end.
    let requests = tokio_stream::StreamExt::chain(
        tokio_stream::once(Request {}),
        tokio_stream::pending::<Request>(),
    );
    let codec: ProstCodec<Request, Alert> = ProstCodec::default();
    let mut alerts =
        client.streaming(tonic::Request::new(requests), SUB, codec).await?.into_inner();
    while let Some(alert) = alerts.message().await? {
        print(&alert);
    }
    Ok(())
}

async fn connect(arguments: &[String]) -> Result<Channel, Box<dyn Error>> {
    match arguments {
        [address] => Ok(Endpoint::from_shared(address.clone())?.connect().await?),
        [address, ca, certificate, key] => {
            let read = std::fs::read_to_string;
            let tls = ClientTlsConfig::new()
                .ca_certificate(Certificate::from_pem(read(ca)?))
                .identity(Identity::from_pem(read(certificate)?, read(key)?));
            Ok(Endpoint::from_shared(address.clone())?.tls_config(tls)?.connect().await?)
        }
        _ => Err("usage: alerts unix:///PATH, or alerts https://HOST:PORT CA CERT KEY".into()),
    }
}

#[allow(clippy::print_stdout, reason = "this is what the example is for")]
fn print(alert: &Alert) {
    println!("{} {}: {} {:?}", alert.priority, alert.rule, alert.output, alert.output_fields);
}
