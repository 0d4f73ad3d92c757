//! Alerts over gRPC.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gyr_serve::{Grpc, Hub, HubStats};
use gyr_testkit::{Folder, Process, eventually};

use crate::parts::{Client, alert, hub, outputs, serve};

const GET: &str = "/falco.outputs.service/get";
const SUB: &str = "/falco.outputs.service/sub";
const SUBSCRIBE: &str = "/falco.output.service/subscribe";

/// Runs a client's part.
fn run<T>(part: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(part)
}

/// Sends alerts through outputs into the hub.
fn publish(hub: &Arc<Hub>, numbers: std::ops::Range<usize>) {
    let n = numbers.len() as u64;
    let outputs = outputs(hub);
    numbers.for_each(|n| outputs.sender().send(alert(n)));
    assert_eq!(outputs.stop()[0].1.n_delivered, n);
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

#[test]
#[allow(clippy::print_stderr, reason = "for whoever runs the test")]
fn a_python_client_made_from_the_proto_files_understands_us() {
    let mut imports = Command::new("/usr/bin/python3");
    let imported = imports.args(["-c", "import grpc, grpc_tools"]).stderr(Stdio::null()).status();
    if !imported.is_ok_and(|status| status.success()) {
        eprintln!("skipped: python3-grpcio and python3-grpc-tools are not installed");
        return;
    }
    let (folder, hub, _server) = server();
    let address = format!("unix://{}", folder.join("grpc.sock").display());
    let client = |arguments: &[&str]| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/python/alerts.py");
        let mut command = Command::new("/usr/bin/python3");
        command.arg(script).args(["--address", &address]).args(arguments);
        command
    };
    let text = |mut command: Command| {
        let output = command.stderr(Stdio::inherit()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };

    let want = "{\"version\": \"1.2.3\", \"major\": 1, \"minor\": 2, \"patch\": 3, \"engine_minor\": 63, \
                \"engine_version\": \"0.63.0\"}\n";
    assert_eq!(text(client(&["--version"])), want);

    publish(&hub, 7..8);
    let want = "{\"time\": \"2016-08-04T16:17:57.881781397Z\", \"priority\": \"WARNING\", \"rule\": \"a rule\", \
                \"output\": \"2016-08-04T16:17:57.881781397+0000: Warning 7\", \
                \"output_fields\": {\"missing\": \"<NA>\", \"n\": \"7\"}, \"hostname\": \"host\", \
                \"tags\": [\"tag\"], \"source\": \"syscall\"}\n";
    let got = text(client(&["--get"]));
    // The order of a map's entries is nobody's promise.
    let other = got
        .replace("{\"n\": \"7\", \"missing\": \"<NA>\"}", "{\"missing\": \"<NA>\", \"n\": \"7\"}");
    assert_eq!(other, want);

    let log = folder.join("log");
    let file = std::fs::File::create(&log).unwrap();
    let n_lines = || std::fs::read_to_string(&log).unwrap().lines().count();
    let _subscriber = Process::start(client(&[]).stdout(file));
    eventually("it has what came before", || n_lines() == 1);
    for n in 0..3 {
        publish(&hub, n..n + 1);
        eventually("it has the alert", || n_lines() == n + 2);
    }
}
