//! The web server, asked by curl's likes.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use gyr_serve::{Pages, ServeError, Web, WebSettings};
use gyr_testkit::{Authority, Folder, Validity, missing};

fn settings() -> WebSettings {
    WebSettings { n_threads: 1, address: [127, 0, 0, 1].into(), port: 0, certificate: None }
}

fn pages() -> Pages {
    Pages {
        healthz: "/healthz".to_owned(),
        stuck: Arc::new(|| None),
        versions: "{\"a\":1}".to_owned(),
        metrics: Some(Arc::new(|| "m 1\n".to_owned())),
    }
}

fn start(settings: &WebSettings, pages: Pages) -> Web {
    Web::start(settings, pages, |notice| panic!("{notice}")).unwrap()
}

/// Head and body of the answer.
fn ask(address: &str, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[test]
fn each_page_has_its_type_and_text() {
    let web = start(&settings(), pages());
    for (request, status, kind, body) in [
        ("GET /healthz", "200", "application/json", "{\"status\": \"ok\"}"),
        ("GET /versions", "200", "application/json", "{\"a\":1}"),
        ("GET /metrics?x=y", "200", "text/plain; version=0.0.4", "m 1\n"),
        ("HEAD /healthz", "200", "application/json", ""),
        ("GET /", "404", "", ""),
        ("POST /healthz", "404", "", ""),
    ] {
        let (head, got) = ask(web.address(), request);
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {head}");
        assert!(head.contains(&format!("content-type: {kind}")) || kind.is_empty(), "{head}");
        assert_eq!(got, body, "{request}");
    }
}

#[test]
fn who_is_stuck_is_not_well() {
    let stuck = Arc::new(|| Some(Duration::from_millis(12_345)));
    let web = start(&settings(), Pages { stuck, ..pages() });
    let (head, body) = ask(web.address(), "GET /healthz");
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    assert_eq!(body, "{\"status\": \"stuck\", \"seconds\": 12}");
}

#[test]
fn settings_say_which_pages_there_are() {
    let pages = Pages { healthz: "/alive".to_owned(), metrics: None, ..pages() };
    let web = start(&settings(), pages);
    for (request, status) in [("/alive", "200"), ("/healthz", "404"), ("/metrics", "404")] {
        let (head, _) = ask(web.address(), &format!("GET {request}"));
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {head}");
    }
}

#[test]
fn an_address_in_use_is_an_error() {
    let web = start(&settings(), pages());
    let port = web.address().rsplit(':').next().unwrap().parse().unwrap();
    let second = Web::start(&WebSettings { port, ..settings() }, pages(), |_| {});
    let error = second.unwrap_err();
    assert!(matches!(error, ServeError::Listen(..)), "{error}");
}

#[test]
fn one_file_with_certificate_and_key_is_enough_for_tls() {
    if missing("openssl") {
        return;
    }
    let folder = Folder::new();
    let authority = Authority::new(&folder, "ca");
    let pair = authority.sign("web", Validity::Valid);
    let read = |path| std::fs::read_to_string(path).unwrap();
    let both = folder.write("both.pem", &(read(pair.key) + &read(pair.certificate)));
    let web = start(&WebSettings { certificate: Some(both), ..settings() }, pages());
    let mut client = Command::new("openssl")
        .args(["s_client", "-quiet", "-verify_return_error", "-connect", web.address()])
        .arg("-CAfile")
        .arg(&authority.certificate)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let request = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    client.stdin.take().unwrap().write_all(request).unwrap();
    let answer = client.wait_with_output().unwrap().stdout;
    assert!(String::from_utf8(answer).unwrap().ends_with("{\"status\": \"ok\"}"));
}
