//! Outputs against the real other side: rsyslog, nginx with TLS and client certificates.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::parts::{Ended, Running};
use gyr_outputs::{ClientCertificate, HttpSettings, Settings, SyslogSettings};
use gyr_testkit::{Authority, Folder, Pair, Process, Validity, eventually, free_port, missing};

const LONG: Duration = Duration::from_secs(60);

fn rsyslog(folder: &Folder, socket: &Path, log: &Path) -> Process {
    let text = format!(
        "module(load=\"imuxsock\" SysSock.Use=\"off\")\n\
         input(type=\"imuxsock\" Socket=\"{}\" RateLimit.Interval=\"0\")\n\
         template(name=\"t\" type=\"string\" string=\"%pri% %programname%%msg%\\n\")\n\
         action(type=\"omfile\" file=\"{}\" template=\"t\")\n",
        socket.display(),
        log.display()
    );
    let configuration = folder.write("rsyslog.conf", &text);
    let _ = fs::remove_file(socket);
    let daemon = Process::start(
        Command::new("/usr/sbin/rsyslogd")
            .arg("-n")
            .arg("-f")
            .arg(configuration)
            .arg("-i")
            .arg(folder.join("rsyslog.pid")),
    );
    eventually("rsyslog listens", || socket.exists());
    daemon
}

#[test]
fn rsyslog_gets_every_line_with_its_priority_also_after_a_restart() {
    if missing("rsyslogd") {
        return;
    }
    let folder = Folder::new();
    let (socket, log) = (folder.join("log"), folder.join("messages"));
    let n_lines = || fs::read_to_string(&log).unwrap_or_default().lines().count();
    let daemon = rsyslog(&folder, &socket, &log);
    let syslog = Some(SyslogSettings { socket: socket.clone() });
    let running = Running::start(&Settings { syslog, ..Settings::default() }, 0, LONG);
    for i in 0..100 {
        running.send(&i.to_string());
    }
    eventually("rsyslog has written all", || n_lines() == 100);
    daemon.kill();
    running.send("lost");
    eventually("it is missed", || running.stats("syslog").n_failed == 1);
    let _daemon = rsyslog(&folder, &socket, &log);
    running.send("found");
    let ended = running.stop();
    assert_eq!(ended.delivered("syslog"), 101);
    eventually("rsyslog has written all", || n_lines() == 101);
    let text = fs::read_to_string(&log).unwrap();
    // 12 = facility user (1), severity warning (4).
    let want = |message: &str| format!("12 gyr 00:00:00.000000000: Warning {message}");
    assert_eq!(text.lines().next().unwrap(), want("0"));
    assert_eq!(text.lines().last().unwrap(), want("found"));
    ended.check_said("syslog: works again; 1 alerts were dropped");
}

/// An nginx that writes down what is posted to it.
struct Nginx {
    _process: Process,
    port: u16,
    log: PathBuf,
}

impl Nginx {
    fn start(folder: &Folder, name: &str, server: &Pair, clients: &Path) -> Self {
        let (port, inner) = (free_port(), free_port());
        let log = folder.join(&format!("{name}.log"));
        let here = folder.path().display();
        // Only a request that is passed on is read, so that its body can be logged.
        let text = format!(
            "daemon off; master_process off; pid {here}/{name}.pid; error_log {here}/{name}.err;\n\
             events {{}}\n\
             http {{\n\
             log_format body escape=none '$http_content_type $request_body';\n\
             client_body_temp_path {here}/{name}.1; proxy_temp_path {here}/{name}.2;\n\
             fastcgi_temp_path {here}/{name}.3; uwsgi_temp_path {here}/{name}.4;\n\
             scgi_temp_path {here}/{name}.5;\n\
             access_log off;\n\
             server {{ listen 127.0.0.1:{inner}; return 200 'taken'; }}\n\
             server {{ listen 127.0.0.1:{port} ssl; listen 127.0.0.2:{port} ssl;\n\
             ssl_certificate {}; ssl_certificate_key {};\n\
             ssl_client_certificate {}; ssl_verify_client on;\n\
             location / {{ access_log {} body; proxy_pass http://127.0.0.1:{inner}; }}\n\
             }}\n}}\n",
            server.certificate.display(),
            server.key.display(),
            clients.display(),
            log.display()
        );
        let configuration = folder.write(&format!("{name}.conf"), &text);
        let process = Process::start(
            Command::new("/usr/sbin/nginx").arg("-c").arg(configuration).stderr(Stdio::null()),
        );
        Self { _process: process.at_port(port), port, log }
    }

    fn bodies(&self) -> Vec<String> {
        fs::read_to_string(&self.log).unwrap_or_default().lines().map(str::to_owned).collect()
    }
}

fn http(port: u16, authority: &Authority, client: Option<&Pair>) -> HttpSettings {
    HttpSettings {
        url: format!("https://localhost:{port}/"),
        user_agent: "test".to_owned(),
        json: true,
        insecure: false,
        ca_cert: Some(authority.certificate.clone()),
        ca_bundle: None,
        ca_path: None,
        client: client.map(|pair| ClientCertificate {
            certificate: pair.certificate.clone(),
            key: pair.key.clone(),
        }),
        echo: false,
        compress: false,
        keep_alive: true,
        max_consecutive_timeouts: 0,
        timeout: LONG,
    }
}

/// Sends two alerts.
fn send(http: HttpSettings) -> Ended {
    let settings = Settings { http: Some(http), ..Settings::default() };
    let running = Running::start(&settings, 0, LONG);
    running.send("1");
    running.send("2");
    running.stop()
}

#[test]
fn nginx_gets_alerts_from_whom_it_trusts_and_is_sent_none_if_it_is_not_trusted() {
    if missing("nginx") || missing("openssl") {
        return;
    }
    let folder = Folder::new();
    let (ours, theirs) = (Authority::new(&folder, "ours"), Authority::new(&folder, "theirs"));
    let client = ours.sign("client", Validity::Valid);
    let server = ours.sign("server", Validity::Valid);
    let nginx = Nginx::start(&folder, "good", &server, &ours.certificate);

    let good = http(nginx.port, &ours, Some(&client));
    let bundle = fs::read_to_string(&theirs.certificate).unwrap()
        + &fs::read_to_string(&ours.certificate).unwrap();
    let bundle = folder.write("bundle.pem", &bundle);
    let trusted = Folder::new();
    fs::copy(&ours.certificate, trusted.join("0a1b2c3d.0")).unwrap();
    fs::copy(&ours.certificate, trusted.join("ours.pem")).unwrap();
    trusted.write("README", "no certificate");
    let path = Some(trusted.path().to_owned());
    let from_bundle = HttpSettings { ca_cert: None, ca_bundle: Some(bundle), ..good.clone() };
    let from_path = HttpSettings { ca_cert: None, ca_path: path, ..good.clone() };
    let unchecked = HttpSettings { insecure: true, ..http(nginx.port, &theirs, Some(&client)) };
    let by_address =
        HttpSettings { url: format!("https://127.0.0.1:{}/", nginx.port), ..good.clone() };
    for (n, settings) in
        [good.clone(), from_bundle, from_path, unchecked, by_address].into_iter().enumerate()
    {
        let ended = send(settings);
        assert_eq!(ended.delivered("http"), 2, "{:?}", ended.problems);
        eventually("nginx has written all", || nginx.bodies().len() == 2 * n + 2);
        let want = ["1", "2"].map(|n| format!("application/json 00:00:00.000000000: Warning {n}"));
        assert_eq!(nginx.bodies()[2 * n..], want);
    }

    let n_before = nginx.bodies().len();
    let expired = ours.sign("expired", Validity::Expired);
    let foreign = theirs.sign("foreign", Validity::Valid);
    let mismatch = Pair { certificate: client.certificate.clone(), key: foreign.key.clone() };
    let expired_nginx = Nginx::start(&folder, "expired", &expired, &ours.certificate);
    let foreign_nginx = Nginx::start(&folder, "foreign", &foreign, &ours.certificate);
    let refused = "http: the server answered 400 Bad Request";
    let wrong_name = HttpSettings { url: format!("https://127.0.0.2:{}/", nginx.port), ..good };
    for (settings, said) in [
        (http(nginx.port, &ours, None), refused),
        (http(nginx.port, &ours, Some(&foreign)), refused),
        (http(nginx.port, &ours, Some(&expired)), refused),
        (http(nginx.port, &ours, Some(&mismatch)), "Failed to init output: http: "),
        (http(nginx.port, &theirs, Some(&client)), "http: invalid peer certificate: UnknownIssuer"),
        (http(foreign_nginx.port, &ours, Some(&client)), "invalid peer certificate: UnknownIssuer"),
        (http(expired_nginx.port, &ours, Some(&client)), "invalid peer certificate: Expired"),
        (wrong_name, "invalid peer certificate: certificate not valid for name"),
    ] {
        let ended = send(settings);
        assert_eq!(ended.stats("http").n_failed, 2, "{said}: {:?}", ended.problems);
        ended.check_said(said);
    }
    for nginx in [&expired_nginx, &foreign_nginx] {
        assert!(nginx.bodies().is_empty());
    }
    assert_eq!(nginx.bodies().len(), n_before);
}
