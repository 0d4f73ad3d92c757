//! Lines as bodies of HTTP requests, with TLS and client certificates.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::time::Duration;

use ureq::tls::TlsConfig;
use ureq::{Agent, Error, http};

use crate::tcp::Tcp;
use crate::{Batch, Failed, Output, tls};

/// Where requests go, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpSettings {
    /// May stand in quotes.
    pub url: String,
    pub user_agent: String,
    /// Of the body: what the renderer makes of an alert.
    pub json: bool,
    /// Takes any server's certificate.
    pub insecure: bool,
    /// Whom to trust: the first of these three that is set counts.
    pub ca_cert: Option<PathBuf>,
    pub ca_bundle: Option<PathBuf>,
    pub ca_path: Option<PathBuf>,
    /// Who we are.
    pub client: Option<ClientCertificate>,
    /// What the server answers goes to standard output.
    pub echo: bool,
    /// Tells the server that it may compress its answer, which is all that Falco's `compress_uploads` does.
    pub compress: bool,
    /// Probes idle connections.
    pub keep_alive: bool,
    /// How often a request that timed out is tried again.
    pub max_consecutive_timeouts: u8,
    /// For each try, from looking up the name to the end of the answer.
    pub timeout: Duration,
}

/// PEM files of a certificate, with those that vouch for it, and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

pub(crate) struct Http {
    settings: HttpSettings,
    url: String,
    agent: Agent,
    /// Where answers go.
    echo: Option<File>,
}

/// The most that is read of an answer.
const LONGEST_ANSWER: u64 = 1 << 20;

impl Http {
    pub(crate) fn open(settings: &HttpSettings) -> io::Result<Self> {
        let url = unquoted(&settings.url).to_owned();
        let agent = agent(settings, url.starts_with("https:"))?;
        let stdout = || io::stdout().as_fd().try_clone_to_owned().map(File::from);
        let echo = settings.echo.then(stdout).transpose()?;
        Ok(Self { settings: settings.clone(), url, agent, echo })
    }

    /// One request, and what came of it. The server has the alert as soon as its status says so.
    fn post(&self, line: &[u8]) -> Result<(), Error> {
        let content_type = if self.settings.json { "application/json" } else { "text/plain" };
        let mut request = self.agent.post(&self.url).header("Content-Type", content_type);
        if self.settings.compress {
            request = request.header("Connection", "TE").header("TE", "gzip");
        }
        let mut response = request.send(line)?;
        let status = response.status();
        let mut body = Vec::new();
        let read = response.body_mut().as_reader().take(LONGEST_ANSWER).read_to_end(&mut body);
        if let Some(mut echo) = self.echo.as_ref() {
            echo.write_all(&body)?;
        }
        if !status.is_success() {
            return Err(io::Error::other(format!("the server answered {status}")).into());
        }
        drop(read); // an answer that breaks off costs its connection, no more
        Ok(())
    }

    fn explain(&self, error: Error) -> io::Error {
        match error {
            Error::Io(error) => error,
            Error::Timeout(_) => {
                let what = format!("no answer within {:?}", self.settings.timeout);
                io::Error::new(ErrorKind::TimedOut, what)
            }
            error => io::Error::other(error),
        }
    }
}

impl Output for Http {
    fn send(&mut self, batch: &Batch) -> Result<(), Failed> {
        for (n_sent, line) in batch.lines().enumerate() {
            let mut tries_left = self.settings.max_consecutive_timeouts;
            loop {
                match self.post(line.text) {
                    Ok(()) => break,
                    Err(Error::Timeout(_)) if tries_left > 0 => tries_left -= 1,
                    Err(error) => return Err(Failed { n_sent, error: self.explain(error) }),
                }
            }
        }
        Ok(())
    }

    /// Connects anew, with certificates that may have been renewed.
    fn reopen(&mut self) -> io::Result<()> {
        self.agent = agent(&self.settings, self.url.starts_with("https:"))?;
        Ok(())
    }
}

fn unquoted(url: &str) -> &str {
    let url = url.trim();
    ['"', '\'']
        .into_iter()
        .find_map(|quote| url.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(url)
}

fn agent(settings: &HttpSettings, is_tls: bool) -> io::Result<Agent> {
    let tls = if is_tls { tls::client(settings)? } else { TlsConfig::default() };
    let config = Agent::config_builder()
        .tls_config(tls)
        .user_agent(&settings.user_agent)
        .timeout_global(Some(settings.timeout))
        .http_status_as_error(false)
        // A POST that is sent elsewhere would become a GET.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .build();
    // A URL is wrong now or never.
    let url = unquoted(&settings.url);
    let parsed: http::Uri = url.parse().map_err(|error| invalid(format!("{url:?}: {error}")))?;
    if !matches!(parsed.scheme_str(), Some("http" | "https")) || parsed.host().is_none() {
        return Err(invalid(format!("{url:?} is no URL of a web server")));
    }
    Ok(Tcp { keep_alive: settings.keep_alive }.agent(config))
}

fn invalid(text: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, text)
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};
    use std::net::{TcpListener, TcpStream};
    use std::sync::mpsc::{Receiver, channel};
    use std::thread;

    use super::*;
    use crate::batch::tests::{batch, line};

    const LONG: Duration = Duration::from_secs(60);
    const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    fn settings(url: String) -> HttpSettings {
        HttpSettings {
            url,
            user_agent: "a test".to_owned(),
            json: false,
            insecure: false,
            ca_cert: None,
            ca_bundle: None,
            ca_path: None,
            client: None,
            echo: false,
            compress: false,
            keep_alive: false,
            max_consecutive_timeouts: 0,
            timeout: LONG,
        }
    }

    /// A request as the server saw it.
    struct Request {
        n_connection: usize,
        head: String,
        body: String,
    }

    /// Answers each request with the next of these texts, and then leaves the connection open; an empty text is silence.
    fn serve(answers: Vec<&'static str>) -> (String, Receiver<Request>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/x", listener.local_addr().unwrap());
        let (log, requests) = channel();
        thread::spawn(move || {
            let mut answers = answers.into_iter();
            let mut kept = Vec::new();
            for (n_connection, stream) in listener.incoming().enumerate() {
                let mut stream = BufReader::new(stream.unwrap());
                while let Some((head, body)) = request(&mut stream) {
                    let _ = log.send(Request { n_connection, head, body });
                    let Some(answer) = answers.next() else { return };
                    stream.get_mut().write_all(answer.as_bytes()).unwrap();
                    if answer != OK {
                        break;
                    }
                }
                kept.push(stream);
            }
        });
        (url, requests)
    }

    fn request(stream: &mut BufReader<TcpStream>) -> Option<(String, String)> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
        let mut body = vec![0; length.parse().ok()?];
        stream.read_exact(&mut body).ok()?;
        Some((head, String::from_utf8(body).ok()?))
    }

    #[test]
    fn a_line_is_posted_over_a_connection_that_is_used_again() {
        let (url, requests) = serve(vec![OK; 2]);
        let settings = HttpSettings {
            compress: true,
            keep_alive: true,
            json: true,
            ..settings(format!("\"{url}\""))
        };
        let mut http = Http::open(&settings).unwrap();
        for message in ["1", "2"] {
            http.send(&batch(&[message])).unwrap();
            let request = requests.recv().unwrap();
            assert_eq!((request.n_connection, request.body), (0, line(message)));
            let head = request.head.to_ascii_lowercase();
            let wanted =
                ["post /x ", "content-type: application/json", "te: gzip", "user-agent: a test"];
            for wanted in wanted {
                assert!(head.contains(wanted), "{head}");
            }
        }
    }

    #[test]
    fn answers_are_echoed_if_the_settings_say_so() {
        for echo in [true, false] {
            let (url, _requests) = serve(vec![OK]);
            let mut http = Http::open(&HttpSettings { echo, ..settings(url) }).unwrap();
            let (mut reader, writer) = io::pipe().unwrap();
            let writer = File::from(std::os::fd::OwnedFd::from(writer));
            http.echo = http.echo.map(|_| writer);
            http.send(&batch(&["1"])).unwrap();
            drop(http);
            let mut echoed = String::new();
            reader.read_to_string(&mut echoed).unwrap();
            assert_eq!(echoed, if echo { "ok" } else { "" });
        }
    }

    #[test]
    fn idle_connections_are_probed_if_the_settings_say_so() {
        for (keep_alive, timer) in [(true, "02"), (false, "00")] {
            let (url, _requests) = serve(vec![OK]);
            let settings = HttpSettings { keep_alive, ..settings(url.clone()) };
            let mut http = Http::open(&settings).unwrap();
            http.send(&batch(&["1"])).unwrap();
            // proc(5): local and remote address, state, queues, and the timer that is active; 02 is keep-alive's.
            let port: u16 = url.split([':', '/']).nth(4).unwrap().parse().unwrap();
            let remote = format!("0100007F:{port:04X}");
            let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
            let of = |line: &&str| line.split_whitespace().nth(2) == Some(&*remote);
            let line = table.lines().find(of).unwrap();
            let active = line.split_whitespace().nth(5).unwrap().split(':').next();
            assert_eq!(active, Some(timer), "{line}");
        }
    }

    #[test]
    fn a_status_other_than_success_is_a_failure() {
        for answer in [
            "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 302 Found\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n",
        ] {
            let (url, _requests) = serve(vec![answer]);
            let failed = Http::open(&settings(url)).unwrap().send(&batch(&["1"])).unwrap_err();
            let want = answer.lines().next().unwrap().replace("HTTP/1.1", "the server answered");
            assert_eq!(failed.error.to_string(), want);
        }
    }

    #[test]
    fn an_answer_that_stops_in_its_middle_costs_a_connection() {
        let stalled = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc";
        let (url, requests) = serve(vec![stalled, OK]);
        let settings = HttpSettings { timeout: Duration::from_millis(200), ..settings(url) };
        let mut http = Http::open(&settings).unwrap();
        http.send(&batch(&["1", "2"])).unwrap();
        let seen: Vec<_> = requests.try_iter().map(|request| request.n_connection).collect();
        assert_eq!(seen, [0, 1]);
    }

    #[test]
    fn silence_is_tried_again_as_often_as_the_settings_say() {
        let (url, requests) = serve(vec![""; 9]);
        let timeout = Duration::from_millis(50);
        let settings = HttpSettings { max_consecutive_timeouts: 2, timeout, ..settings(url) };
        let failed = Http::open(&settings).unwrap().send(&batch(&["1"])).unwrap_err();
        assert_eq!(failed.error.kind(), ErrorKind::TimedOut);
        assert_eq!(requests.try_iter().count(), 3);
    }

    #[test]
    fn nobody_there_is_a_failure_that_is_not_tried_again() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let settings = HttpSettings { max_consecutive_timeouts: 255, ..settings(url) };
        let failed = Http::open(&settings).unwrap().send(&batch(&["1"])).unwrap_err();
        assert_eq!(failed.error.kind(), ErrorKind::ConnectionRefused);
    }

    #[test]
    fn what_is_no_url_does_not_open() {
        for url in ["", "ftp://x/", "/path", "http://", "http://a b/"] {
            assert!(Http::open(&settings(url.to_owned())).is_err(), "{url}");
        }
    }

    #[test]
    fn certificates_that_cannot_be_read_are_named() {
        let none = PathBuf::from("/none/such");
        let client = ClientCertificate { certificate: none.clone(), key: none.clone() };
        let https = settings("https://localhost/".to_owned());
        for settings in [
            HttpSettings { ca_cert: Some(none.clone()), ..https.clone() },
            HttpSettings { ca_bundle: Some(none.clone()), ..https.clone() },
            HttpSettings { ca_path: Some(none), ..https.clone() },
            HttpSettings { insecure: true, client: Some(client), ..https },
        ] {
            let error = Http::open(&settings).err().unwrap().to_string();
            assert_eq!(error, "/none/such: No such file or directory (os error 2)");
        }
    }
}
