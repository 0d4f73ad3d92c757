//! A thousand reloads under load. In a process of its own, since it counts what is left of threads, files and children.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use gyr_alert::{Alert, Clock, Form, Piece, Priority, Renderer, TimeFormat};
use gyr_outputs::{FileSettings, Limits, Options, Outputs, Overflow, ProgramSettings, Settings};
use gyr_testkit::{Folder, eventually};

const N_RELOADS: usize = 1_000;

fn settings(folder: &Folder, name: &str) -> Settings {
    let path = folder.join(&format!("{name}.file"));
    let program = format!("cat >>{}", folder.join(&format!("{name}.program")).display());
    let timeout = ProgramSettings::TIMEOUT;
    Settings {
        file: Some(FileSettings { path, keep_alive: true, buffered: false }),
        program: Some(ProgramSettings { program, keep_alive: true, buffered: false, timeout }),
        ..Settings::default()
    }
}

/// Threads, open files and children of this process.
fn held() -> (usize, usize, usize) {
    let count = |path: &str| fs::read_dir(path).unwrap().count();
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let children = |task: &Path| fs::read_to_string(task.join("children")).unwrap_or_default();
    let children: String = tasks.map(|task| children(&task.unwrap().path())).collect();
    (count("/proc/self/task"), count("/proc/self/fd"), children.split_whitespace().count())
}

#[test]
fn a_thousand_reloads_under_load_lose_nothing_and_leave_nothing_behind() {
    let folder = Folder::new();
    let before = held();
    let renderer = Renderer::new(Clock::utc(), TimeFormat::Local, None);
    let limits = Limits { n_alerts: 0, bytes: 1 << 30, overflow: Overflow::Drop };
    let options = Options { renderer, limits, timeout: Duration::from_secs(60) };
    let report = |problem| panic!("{problem}");
    let outputs = Outputs::start(&settings(&folder, "a"), options.clone(), report).unwrap();

    let (ended, n_sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let sender = outputs.sender();
    let (until, counted) = (Arc::clone(&ended), Arc::clone(&n_sent));
    let feeder = thread::spawn(move || {
        let pieces = vec![Piece::Literal("x".to_owned())];
        let form = Form::new("r".to_owned(), Priority::Notice, "syscall".to_owned(), pieces);
        let form = Arc::new(form);
        while !until.load(Ordering::Relaxed) {
            let form = Arc::clone(&form);
            sender.send(Alert { time: 0, hostname: "h".into(), form, cells: [].into() });
            counted.fetch_add(1, Ordering::Relaxed);
            thread::sleep(Duration::from_micros(20));
        }
    });
    for i in 0..N_RELOADS {
        let name = if i % 2 == 0 { "b" } else { "a" };
        outputs.replace(&settings(&folder, name), options.clone());
    }
    ended.store(true, Ordering::Relaxed);
    feeder.join().unwrap();

    let n_sent = n_sent.load(Ordering::Relaxed);
    for (output, stats) in outputs.stop() {
        assert_eq!(stats.n_produced, n_sent, "{output}");
        assert_eq!(stats.n_delivered, n_sent, "{output}");
        let lines = |name: &str| {
            let path = folder.join(&format!("{name}.{output}"));
            fs::read_to_string(path).unwrap().lines().count() as u64
        };
        assert_eq!(lines("a") + lines("b"), n_sent, "{output}");
    }
    eventually("nothing is left", || held() == before);
}
