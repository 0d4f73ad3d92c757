//! Alerts over gRPC.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gyr_serve::{Grpc, Hub, HubStats};
use gyr_testkit::{Folder, eventually};

use crate::parts::{Client, alert, hub, outputs, publish, serve};

const GET: &str = "/falco.outputs.service/get";
const SUB: &str = "/falco.outputs.service/sub";
const SUBSCRIBE: &str = "/falco.output.service/subscribe";

/// Runs a client's part.
fn run<T>(part: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(part)
}

fn server() -> (Folder, Arc<Hub>, Grpc) {
    let (folder, hub) = (Folder::new(), hub(0));
    let server = serve(&folder, &hub);
    (folder, hub, server)
}

#[test]
fn get_answers_what_is_there_and_ends() {
    let (folder, hub, _server) = server();
    publish(&hub, 0..200);
    run(async {
        let mut client = Client::connect(&folder.join("grpc.sock")).await;
        for (path, n) in [(GET, 200), (GET, 0), (SUBSCRIBE, 0)] {
            let mut call = client.call(path, b"").await;
            assert_eq!(call.all().await.len(), n);
            assert_eq!(call.status.as_deref(), Some("0"));
        }
    });
}

#[test]
fn sub_with_closed_requests_answers_what_is_there_and_ends() {
    let (folder, hub, _server) = server();
    publish(&hub, 0..200);
    run(async {
        let mut client = Client::connect(&folder.join("grpc.sock")).await;
        let mut call = client.call(SUB, b"").await;
        assert_eq!(call.all().await.len(), 200);
        assert_eq!(call.status.as_deref(), Some("0"));
    });
    eventually("nobody is left", || hub.stats().n_subscribers == 0);
}

#[test]
fn an_unknown_call_is_unimplemented() {
    let (folder, _hub, _server) = server();
    run(async {
        let mut client = Client::connect(&folder.join("grpc.sock")).await;
        let call = client.call("/falco.outputs.service/put", b"").await;
        assert_eq!(call.status.as_deref(), Some("12"));
    });
}

#[test]
fn a_request_that_is_no_message_is_refused() {
    let (folder, _hub, _server) = server();
    run(async {
        let mut client = Client::connect(&folder.join("grpc.sock")).await;
        let mut call = client.call(SUBSCRIBE, b"\xff\xff\xff").await;
        call.all().await;
        assert_eq!(call.status.as_deref(), Some("3"));
    });
}

#[test]
fn a_stop_lets_subscribers_have_what_is_there() {
    let (folder, hub, server) = server();
    run(async {
        let mut client = Client::connect(&folder.join("grpc.sock")).await;
        let mut call = client.call(SUBSCRIBE, &[8, 1]).await;
        publish(&hub, 0..5_000);
        let stopped = tokio::task::spawn_blocking(|| server.stop());
        assert_eq!(call.all().await.len(), 5_000);
        assert_eq!(call.status.as_deref(), Some("14"));
        stopped.await.unwrap();
    });
    assert!(!folder.join("grpc.sock").exists());
}

#[test]
fn of_100_subscribers_90_get_every_alert_and_10_that_never_read_are_cut_off() {
    const N: usize = 20_000;
    let (folder, hub) = (Folder::new(), hub(2_000));
    let _server = serve(&folder, &hub);
    let path = folder.join("grpc.sock");
    let n_read = Arc::new(AtomicUsize::new(0));
    let so_far = Arc::clone(&n_read);
    let (quick, slow): (Vec<_>, Vec<_>) = run(async {
        let mut slow = Vec::new();
        for _ in 0..10 {
            let mut client = Client::connect(&path).await;
            slow.push((client.call(SUBSCRIBE, &[8, 1]).await, client));
        }
        let mut quick = Vec::new();
        for _ in 0..90 {
            let mut client = Client::connect(&path).await;
            let mut call = client.call(SUBSCRIBE, &[8, 1]).await;
            let n_read = Arc::clone(&n_read);
            quick.push(tokio::spawn(async move {
                let mut n = 0;
                while n < N && call.next().await.is_some() {
                    n += 1;
                    n_read.fetch_add(1, Ordering::Relaxed);
                }
                n
            }));
        }
        eventually("all are there", || hub.stats().n_subscribers == 100);
        let feeder = Arc::clone(&hub);
        // In parts, so that who reads can keep up on a machine as busy as may be.
        tokio::task::spawn_blocking(move || {
            let outputs = outputs(&feeder);
            for part in 0..N / 500 {
                (0..500).for_each(|n| outputs.sender().send(alert(part * 500 + n)));
                let due = 90 * (part + 1) * 500;
                eventually("those who read have it", || so_far.load(Ordering::Relaxed) == due);
            }
            let stats = outputs.stop();
            assert_eq!(stats[0].1.n_delivered, N as u64);
        })
        .await
        .unwrap();
        let mut counts = Vec::new();
        for reader in quick {
            counts.push(reader.await.unwrap());
        }
        (counts, slow)
    });
    assert_eq!(quick, vec![N; 90]);
    assert_eq!(slow.len(), 10);
    let HubStats { n_cut_off, n_due, n_delivered, n_missed, n_waiting, .. } = hub.stats();
    assert_eq!(n_cut_off, 10);
    assert!(n_due > 90 * N as u64 && n_missed > 0);
    assert_eq!(n_due, n_delivered + n_missed + n_waiting);
}
