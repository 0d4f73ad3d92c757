//! The clients under `examples/`, each in a process of its own, over a unix socket and with mutual TLS.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use gyr_serve::{Grpc, GrpcSettings, Hub};
use gyr_testkit::{Authority, Folder, Pair, Process, Validity, eventually, missing};

use crate::parts::{hub, publish, serve, version};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// How a client is started, given where the server is and with what to be let in.
type Start = fn(&Path, &str, Option<&Credentials>) -> Command;

struct Credentials {
    ca: PathBuf,
    client: Pair,
}

/// The client is there for alerts that come, and has those that came before.
fn check_subscriber(folder: &Folder, program: &Path, start: Start) {
    let of_unix = hub(0);
    let unix = serve(folder, &of_unix);
    check(folder, start(program, unix.address(), None), &of_unix);
    if missing("openssl") {
        return;
    }
    let authority = Authority::new(folder, "ca");
    let server = authority.sign("server", Validity::Valid);
    let settings = GrpcSettings {
        bind_address: "127.0.0.1:0".to_owned(),
        n_threads: 1,
        private_key: server.key,
        cert_chain: server.certificate,
        root_certs: authority.certificate.clone(),
    };
    let of_tcp = hub(0);
    let tcp = Grpc::start(&settings, Arc::clone(&of_tcp), &version(), |notice| panic!("{notice}"));
    let tcp = tcp.unwrap();
    let client = authority.sign("client", Validity::Valid);
    let credentials = Credentials { ca: authority.certificate, client };
    let address = tcp.address().replace("127.0.0.1", "localhost");
    check(folder, start(program, &address, Some(&credentials)), &of_tcp);
}

fn check(folder: &Folder, mut client: Command, hub: &Arc<Hub>) {
    let log = folder.join("log");
    let printed = || std::fs::read_to_string(&log).unwrap();
    publish(hub, 0..1);
    let _client = Process::start(client.stdout(std::fs::File::create(&log).unwrap()));
    eventually("it has what came before", || printed().lines().count() == 1);
    for n in 1..4 {
        publish(hub, n..n + 1);
        eventually("it has the alert", || printed().lines().count() == n + 1);
    }
    for (n, line) in printed().lines().enumerate() {
        assert!(line.contains("a rule") && line.contains(&format!("Warning {n}")), "{line}");
    }
}

#[test]
fn rust() {
    // Beside the folder of this program.
    let program = std::env::current_exe().unwrap();
    let program = program.parent().unwrap().join("../examples/alerts");
    if !program.exists() {
        return assert!(missing("../examples/alerts"));
    }
    check_subscriber(&Folder::new(), &program, |program, address, credentials| {
        let mut command = Command::new(program);
        match credentials {
            None => command.arg(address),
            Some(Credentials { ca, client }) => command
                .arg(format!("https://{address}"))
                .arg(ca)
                .arg(&client.certificate)
                .arg(&client.key),
        };
        command
    });
}

#[test]
fn go() {
    if missing("go")
        || missing("protoc")
        || !Path::new("/usr/share/gocode/src/google.golang.org").exists()
    {
        return;
    }
    let folder = Folder::new();
    let example = Path::new(ROOT).join("examples/go");
    let status = Command::new(example.join("generate.sh")).arg(folder.path()).status();
    assert!(status.unwrap().success());
    let program = folder.join("alerts");
    let status = Command::new("go")
        .arg("build")
        .arg("-o")
        .arg(&program)
        .arg(".")
        .current_dir(example)
        .env("GO111MODULE", "off")
        .env("GOFLAGS", "")
        .env("GOPATH", format!("{}:/usr/share/gocode", folder.path().display()))
        .status();
    assert!(status.unwrap().success());
    check_subscriber(&folder, &program, |program, address, credentials| {
        let mut command = Command::new(program);
        command.args(["-address", address]);
        if let Some(Credentials { ca, client }) = credentials {
            command.arg("-ca").arg(ca);
            command.arg("-cert").arg(&client.certificate).arg("-key").arg(&client.key);
        }
        command
    });
}

/// Without its packages there is nothing to test.
#[allow(clippy::print_stderr, reason = "for whoever runs the test")]
fn is_python_missing() -> bool {
    let mut imports = Command::new("/usr/bin/python3");
    let imported = imports.args(["-c", "import grpc, grpc_tools"]).stderr(Stdio::null()).status();
    let is_missing = !imported.is_ok_and(|status| status.success());
    if is_missing {
        eprintln!("skipped: python3-grpcio and python3-grpc-tools are not installed");
    }
    is_missing
}

fn python(script: &Path, address: &str, credentials: Option<&Credentials>) -> Command {
    let mut command = Command::new("/usr/bin/python3");
    command.arg(script).args(["--address", address]);
    if let Some(Credentials { ca, client }) = credentials {
        command.arg("--ca").arg(ca);
        command.arg("--cert").arg(&client.certificate).arg("--key").arg(&client.key);
    }
    command
}

#[test]
fn python_subscribes() {
    if !is_python_missing() {
        let script = Path::new(ROOT).join("examples/python/alerts.py");
        check_subscriber(&Folder::new(), &script, python);
    }
}

#[test]
fn python_understands_every_part_of_every_answer() {
    if is_python_missing() {
        return;
    }
    let (folder, hub) = (Folder::new(), hub(0));
    let server = serve(&folder, &hub);
    let script = Path::new(ROOT).join("examples/python/alerts.py");
    let text = |argument: &str| {
        let output = python(&script, server.address(), None).arg(argument).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let want = "{\"version\": \"1.2.3\", \"major\": 1, \"minor\": 2, \"patch\": 3, \
                \"engine_minor\": 63, \"engine_version\": \"0.63.0\"}\n";
    assert_eq!(text("--version"), want);
    publish(&hub, 7..8);
    let want = "{\"time\": \"2016-08-04T16:17:57.881781397Z\", \"priority\": \"WARNING\", \
                \"rule\": \"a rule\", \"output\": \"2016-08-04T16:17:57.881781397+0000: Warning 7\", \
                \"output_fields\": {\"missing\": \"<NA>\", \"n\": \"7\"}, \"hostname\": \"host\", \
                \"tags\": [\"tag\"], \"source\": \"syscall\"}\n";
    // The order of a map's entries is nobody's promise.
    let (one, other) =
        ("{\"n\": \"7\", \"missing\": \"<NA>\"}", "{\"missing\": \"<NA>\", \"n\": \"7\"}");
    assert_eq!(text("--get").replace(one, other), want);
}
