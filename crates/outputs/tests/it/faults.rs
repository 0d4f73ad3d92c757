//! Outputs that are full, closed, stuck or silent: whatever happens, each alert is delivered or counted as dropped, and the
//! other outputs get theirs.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::parts::{Running, file, messages};
use gyr_outputs::{HttpSettings, ProgramSettings, Settings};
use gyr_testkit::{Folder, eventually, is_root};

const LONG: Duration = Duration::from_secs(60);

fn program(command: String, keep_alive: bool, timeout: Duration) -> ProgramSettings {
    ProgramSettings { program: command, keep_alive, buffered: false, timeout }
}

fn http(url: String, timeout: Duration) -> HttpSettings {
    HttpSettings {
        url,
        user_agent: "test".to_owned(),
        json: false,
        insecure: false,
        ca_cert: None,
        ca_bundle: None,
        ca_path: None,
        client: None,
        echo: false,
        compress: false,
        keep_alive: false,
        max_consecutive_timeouts: 1,
        timeout,
    }
}

#[test]
fn a_full_disk_takes_whole_lines_until_it_is_full_and_again_when_there_is_room() {
    if !is_root() {
        return;
    }
    let folder = Folder::new();
    let mount = ["-t", "tmpfs", "-o", "size=64k", "none"];
    assert!(Command::new("mount").args(mount).arg(folder.path()).status().unwrap().success());
    let (path, ballast) = (folder.join("events.txt"), folder.join("ballast"));
    fs::write(&ballast, [0; 20_000]).unwrap();
    let settings = Settings { file: Some(file(&path)), ..Settings::default() };
    let running = Running::start(&settings, 0, LONG);
    for i in 0..2_000 {
        running.send(&i.to_string());
    }
    eventually("all were tried", || running.stats("file").n_waiting == 0);
    fs::remove_file(&ballast).unwrap();
    running.send("again");
    let ended = running.stop();
    let got = messages(&path);
    assert!(Command::new("umount").arg(folder.path()).status().unwrap().success());
    assert!(ended.stats("file").n_failed > 0);
    assert_eq!(got.len() as u64, ended.delivered("file"));
    assert_eq!(got.last().map(String::as_str), Some("again"));
    ended.check_said("file: No space left on device");
    ended.check_said("file: works again; ");
}

#[test]
fn a_program_that_closes_its_input_is_started_again_and_gets_whole_lines() {
    let folder = Folder::new();
    let path = folder.join("got");
    let command = format!("head -n 1 >>{}", path.display());
    let settings = Settings { program: Some(program(command, true, LONG)), ..Settings::default() };
    let running = Running::start(&settings, 0, LONG);
    for i in 0..20 {
        running.send(&i.to_string());
        eventually("it is written", || running.stats("program").n_waiting == 0);
    }
    let ended = running.stop();
    // What the pipe took and nobody read cannot be known.
    let got = messages(&path);
    assert!(!got.is_empty() && got.len() as u64 <= ended.delivered("program"), "{got:?}");
    assert_eq!(ended.stats("program").n_dropped(), 0, "{:?}", ended.problems);
}

#[test]
fn programs_that_hang_delay_no_other_output() {
    for keep_alive in [true, false] {
        let folder = Folder::new();
        let (path, pid) = (folder.join("events.txt"), folder.join("pid"));
        let settings = Settings {
            file: Some(file(&path)),
            program: Some(program(
                format!("echo $$ >{}; exec sleep 1000", pid.display()),
                keep_alive,
                LONG,
            )),
            ..Settings::default()
        };
        let running = Running::start(&settings, 200, Duration::from_millis(100));
        let long = "x".repeat(5000);
        for i in 1..=200 {
            running.send(&long);
            eventually("the file has it", || running.stats("file").n_delivered == i);
        }
        eventually("the watch has seen it", || running.stats("program").n_waiting > 0);
        thread::sleep(Duration::from_millis(200));
        let ended = running.stop();
        assert_eq!(messages(&path).len(), 200);
        assert!(ended.stats("program").n_dropped() > 0);
        ended.check_said("\"program\" output timeout");
        ended.check_said("\"program\" output channel still blocked, discarding");
        let pid = fs::read_to_string(&pid).unwrap();
        let process = format!("/proc/{}", pid.trim());
        eventually("nothing is left behind", || !Path::new(&process).exists());
    }
}

#[test]
fn a_server_that_stops_in_the_middle_of_its_answers_is_sent_all_alerts() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut line = String::new();
            while line != "\r\n" {
                line.clear();
                stream.read_line(&mut line).unwrap();
            }
            stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").unwrap();
            open.push(stream);
        }
    });
    let folder = Folder::new();
    let path = folder.join("events.txt");
    let settings = Settings {
        file: Some(file(&path)),
        http: Some(http(url, Duration::from_millis(50))),
        ..Settings::default()
    };
    let running = Running::start(&settings, 0, LONG);
    for i in 0..20 {
        running.send(&i.to_string());
    }
    eventually("the file is not delayed", || running.stats("file").n_delivered == 20);
    let ended = running.stop();
    assert_eq!(ended.delivered("http"), 20);
}

/// The name of the test below in the process that it starts.
const WITHIN: &str = "GYR_TEST_NAME_SERVER_HANGS";

#[test]
fn a_name_server_that_hangs_delays_http_alone() {
    if std::env::var_os(WITHIN).is_some() {
        return send_to_an_unknown_name();
    }
    if !is_root() {
        return;
    }
    // Port 53 of an address that nobody else uses; what comes is never read.
    let Ok(_silent) = UdpSocket::bind("127.77.0.53:53") else { return };
    let folder = Folder::new();
    let resolv =
        folder.write("resolv.conf", "nameserver 127.77.0.53\noptions timeout:1 attempts:1\n");
    let script =
        format!("mount --bind {} /etc/resolv.conf && exec \"$0\" \"$@\"", resolv.display());
    let status = Command::new("unshare")
        .args(["--mount", "sh", "-c", &script])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "faults::a_name_server_that_hangs_delays_http_alone", "--nocapture"])
        .env(WITHIN, "1")
        .status();
    assert!(status.unwrap().success());
}

fn send_to_an_unknown_name() {
    let folder = Folder::new();
    let path = folder.join("events.txt");
    let url = "http://alerts.example.com/".to_owned();
    let settings = Settings {
        file: Some(file(&path)),
        http: Some(http(url, Duration::from_millis(100))),
        ..Settings::default()
    };
    let running = Running::start(&settings, 0, LONG);
    for i in 0..10 {
        running.send(&i.to_string());
    }
    eventually("the file is not delayed", || running.stats("file").n_delivered == 10);
    let ended = running.stop();
    assert_eq!(ended.stats("http").n_failed, 10);
    ended.check_said("http: no answer within 100ms");
}

#[test]
fn a_flood_to_a_file_and_a_pipe_loses_nothing() {
    const N: u64 = 20_000;
    let folder = Folder::new();
    let (path, piped) = (folder.join("events.txt"), folder.join("piped"));
    let command = format!("cat >{}", piped.display());
    let settings = Settings {
        file: Some(file(&path)),
        program: Some(program(command, true, LONG)),
        ..Settings::default()
    };
    let running = Running::start(&settings, 0, LONG);
    let sender = running.outputs.sender();
    for i in 0..N {
        sender.send(crate::parts::alert(&i.to_string()));
    }
    let ended = running.stop();
    let want: Vec<_> = (0..N).map(|i| i.to_string()).collect();
    for (output, path) in [("file", path), ("program", piped)] {
        assert_eq!(ended.delivered(output), N);
        assert_eq!(messages(&path), want);
    }
}
