//! gRPC with mutual TLS: whoever has no good certificate is refused, and the log says why.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use gyr_serve::{Grpc, GrpcSettings, ServeError};
use gyr_testkit::{Authority, Folder, Pair, Validity, eventually, missing};

use crate::parts::{hub, version};

fn settings(server: &Pair, clients: &Path) -> GrpcSettings {
    GrpcSettings {
        bind_address: "127.0.0.1:0".to_owned(),
        n_threads: 1,
        private_key: server.key.clone(),
        cert_chain: server.certificate.clone(),
        root_certs: clients.to_owned(),
    }
}

/// A client of openssl's knocks: the first bytes that it hears from within, none if it is not let in.
fn knock(port: &str, authority: &Path, client: Option<&Pair>) -> Vec<u8> {
    let mut command = Command::new("openssl");
    command.args(["s_client", "-alpn", "h2", "-verify_return_error", "-quiet", "-connect"]);
    command.arg(format!("localhost:{port}")).arg("-CAfile").arg(authority);
    if let Some(Pair { certificate, key }) = client {
        command.arg("-cert").arg(certificate).arg("-key").arg(key);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut heard = Vec::new();
    child.stdout.take().unwrap().take(4).read_to_end(&mut heard).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    heard
}

#[test]
fn only_clients_with_a_good_certificate_come_in() {
    if missing("openssl") {
        return;
    }
    let folder = Folder::new();
    let (ours, theirs) = (Authority::new(&folder, "ours"), Authority::new(&folder, "theirs"));
    let server = ours.sign("server", Validity::Valid);
    let notices = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&notices);
    let report = move |notice: gyr_serve::Notice| log.lock().unwrap().push(notice.to_string());
    let settings = settings(&server, &ours.certificate);
    let grpc = Grpc::start(&settings, hub(0), &version(), report).unwrap();
    let port = grpc.address().rsplit(':').next().unwrap().to_owned();
    let take = || std::mem::take(&mut *notices.lock().unwrap());

    let good = ours.sign("good", Validity::Valid);
    // The first thing an HTTP/2 server says is a frame of type 4: its settings.
    assert_eq!(knock(&port, &ours.certificate, Some(&good)).get(3), Some(&4));
    assert!(take().is_empty());

    let expired = ours.sign("expired", Validity::Expired);
    let foreign = theirs.sign("foreign", Validity::Valid);
    for (client, why) in [
        (None, "peer sent no certificates"),
        (Some(&expired), "invalid peer certificate: Expired"),
        (Some(&foreign), "invalid peer certificate: UnknownIssuer"),
    ] {
        assert!(knock(&port, &ours.certificate, client).is_empty());
        eventually("the refusal is logged", || !notices.lock().unwrap().is_empty());
        let said = take().concat();
        assert!(said.starts_with("grpc: client 127.0.0.1:") && said.contains(why), "{said}");
    }
    // Who does not trust us goes away, which is no reason to let him in.
    assert!(knock(&port, &theirs.certificate, Some(&good)).is_empty());
    eventually("the refusal is logged", || !notices.lock().unwrap().is_empty());
    let said = take().concat();
    assert!(said.contains("received fatal alert"), "{said}");
}

#[test]
fn certificates_that_will_not_do_are_named() {
    if missing("openssl") {
        return;
    }
    let folder = Folder::new();
    let ours = Authority::new(&folder, "ours");
    let (one, other) = (ours.sign("one", Validity::Valid), ours.sign("other", Validity::Valid));
    let mismatch = Pair { key: other.key, ..one.clone() };
    let absent = Pair { key: "/none/such".into(), ..one.clone() };
    let empty = folder.write("empty.pem", "");
    let problem = |settings: &GrpcSettings| match Grpc::start(settings, hub(0), &version(), |_| {})
    {
        Err(error @ ServeError::Certificate { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    };
    let said = problem(&settings(&absent, &ours.certificate));
    assert_eq!(said, "/none/such: No such file or directory (os error 2)");
    let said = problem(&settings(&one, &empty));
    assert_eq!(said, format!("{}: holds no certificate", empty.display()));
    let said = problem(&settings(&mismatch, &ours.certificate));
    assert!(said.contains("keys may not be consistent"), "{said}");
}
