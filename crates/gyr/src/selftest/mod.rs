//! `gyr selftest`: an alert about a harmless event, followed from the kernel to every output: those of the running Gyr if one
//! can be asked, else those of the configuration.

mod trial;

pub(crate) use trial::{Trial, trial};

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use gyr_alert::Alert;
use gyr_config::Config;
use gyr_engine::{Control, Engine, Settings, Turn};
use gyr_outputs::Outputs;
use gyr_state::Limits;

use crate::cli::SelftestOptions;
use crate::control::{self, Reply, Request};
use crate::desk::{Desk, Station};
use crate::live;
use crate::metrics::sample::now;
use crate::steps::config::{find, read};
use crate::steps::print::print;
use crate::steps::{hostname, outputs, selection, session};

/// How often the file is opened until its alert is seen.
const PAUSE: Duration = Duration::from_millis(50);

pub(crate) fn run(options: &SelftestOptions) -> Result<ExitCode> {
    if let Some(path) = &options.open {
        return Ok(File::open(path).map_or(ExitCode::FAILURE, |_| ExitCode::SUCCESS));
    }
    let config = read(find(options.config.as_deref())?.as_deref(), &options.set)?.config;
    let mark = Mark::new()?;
    let socket = Path::new(&config.control_socket);
    let is_running = !config.control_socket.is_empty() && control::is_there(socket);
    let trial = if is_running { of_running(socket, &mark)? } else { alone(&config, &mark)? };
    let who = if is_running { "the running gyr" } else { "gyr by itself, since none can be asked" };
    print(&format!("selftest of {who}\n{trial}"))?;
    Ok(if trial.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A file that nobody else opens; gone at the end.
struct Mark(PathBuf);

impl Mark {
    fn new() -> Result<Self> {
        let name = format!("gyr-selftest-{}-{}", std::process::id(), now());
        let path = std::env::temp_dir().join(name);
        let file = OpenOptions::new().write(true).create_new(true).open(&path);
        file.with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0); // it is empty, and lies where such files may lie
    }
}

fn of_running(socket: &Path, mark: &Mark) -> Result<Trial> {
    let request = Request::Selftest { file: mark.0.clone() };
    let reply = thread::scope(|scope| {
        let asked = scope.spawn(|| control::ask(socket, &request));
        while !asked.is_finished() {
            drop(File::open(&mark.0));
            thread::sleep(PAUSE);
        }
        asked.join().unwrap_or_else(|_| bail!("nobody asked"))
    })?;
    match reply {
        Reply::Tested(trial) => Ok(trial),
        Reply::Error(message) => bail!("{message}"),
        Reply::Explained(_) => bail!("the running gyr answers another question"),
    }
}

/// With a probe, an engine and outputs of our own.
fn alone(config: &Config, mark: &Mark) -> Result<Trial> {
    let outputs = Outputs::start(
        &outputs::settings(config, true, Vec::new())?,
        outputs::options(config),
        |problem| say(&problem.to_string()),
    )?;
    let rules = trial::rules(&mark.0)?;
    let live = live::start(config, selection(config, rules.ruleset()).syscalls, None)?;
    let (mut probe, mut host) = (live.probe, live.host);
    let settings = Settings {
        hostname: hostname().into(),
        limits: Limits::default(),
        own_pid: Some(i64::from(std::process::id())),
        duration: None,
        captures: None,
        forget: None,
    };
    let mut engine = Engine::new(settings, session(config), trial::no_rules())
        .ok_or_else(|| anyhow!("no fields are known"))?;
    engine.load(live.snapshot);
    let (desk, ended, sender) = (Desk::default(), AtomicBool::new(false), outputs.sender());
    let trial = thread::scope(|scope| {
        let tried = scope.spawn(|| {
            let _end = End(&ended);
            trial(&desk, &sender, &mark.0, &thread::sleep)
        });
        scope.spawn(|| {
            // Our own events are kept from rules: another process must do it.
            while !ended.load(Ordering::Relaxed) {
                open_elsewhere(&mark.0);
                thread::sleep(PAUSE);
            }
        });
        let mut control = Until { ended: &ended, desk: &desk };
        while !ended.load(Ordering::Relaxed) {
            let ran = engine.run(&mut probe, &mut host, &mut control);
            if let Err(error) = ran {
                desk.close();
                return Err(error.into());
            }
            desk.work(&mut Station { engine: &mut engine, kernel: None });
        }
        tried.join().unwrap_or_else(|_| bail!("nobody listened"))
    });
    outputs.stop();
    trial
}

fn open_elsewhere(path: &Path) {
    let Ok(program) = std::env::current_exe() else { return };
    let mut child = Command::new(program);
    child.args(["selftest", "--open"]).arg(path).stdin(Stdio::null());
    // If it cannot be started, no event comes, and that is told.
    let _ = child.status();
}

/// Says so when it is dropped.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Pauses for the jobs of the trial, and for its end.
struct Until<'a> {
    ended: &'a AtomicBool,
    desk: &'a Desk,
}

impl Control for Until<'_> {
    fn alert(&mut self, _: Alert) {}

    fn goes_on(&mut self, _: Turn) -> bool {
        !self.ended.load(Ordering::Relaxed) && !self.desk.has_jobs()
    }
}

#[allow(clippy::print_stderr, reason = "what outputs have to say about themselves")]
fn say(text: &str) {
    eprintln!("{text}");
}
