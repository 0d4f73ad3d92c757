//! `gyr watch`: events that match a condition, one line each.

use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Context as _, Result, bail};
use gyr_alert::{Alert, Clock, Priority, Properties, Renderer, TimeFormat};
use gyr_capture::scap::Replay;
use gyr_engine::{Control, Engine, Settings, Turn};
use gyr_event::Interest;
use gyr_fields::Field;
use gyr_rules::{BaseSyscalls, Choice, ErrorCode, Loader, Matching, Ruleset, Selection, Which};
use gyr_state::{Limits, NoHost};
use serde_json::json;

use crate::cli::WatchOptions;
use crate::signals::Signals;
use crate::steps::config::{find, read};
use crate::steps::rules::{SYSCALL, read_rules};
use crate::steps::session;
use crate::{live, network};

/// What a line shows if nothing else is asked for.
const FORMAT: &str = "%evt.time %evt.cpu %proc.name (%thread.tid) %evt.type %evt.args";
/// A condition that every event meets.
const EVERYTHING: &str = "evt.num >= 0";
/// The one rule that is on.
const RULE: &str = "gyr watch";

pub(crate) fn run(options: &WatchOptions) -> Result<ExitCode> {
    let ruleset =
        Arc::new(ruleset(options.filter.as_deref(), options.format.as_deref(), &options.rules)?);
    let config = read(find(options.config.as_deref())?.as_deref(), &options.set)?.config;
    let settings = Settings {
        hostname: crate::steps::hostname().into(),
        limits: Limits::default(),
        own_pid: options.capture.is_none().then(|| i64::from(std::process::id())),
        duration: None,
        captures: None,
        forget: None,
    };
    let Some(mut engine) = Engine::new(settings, session(&config), Arc::clone(&ruleset)) else {
        bail!("no fields are known");
    };
    let signals = Signals::install().context("cannot take over signals")?;
    let mut watcher = Watcher::new(options, signals);
    match &options.capture {
        Some(file) => {
            let mut source = Replay::open(file)?;
            engine.load(source.take_snapshot());
            engine.run(&mut source, &mut NoHost, &mut watcher)?;
        }
        None => {
            let mut live = live::start(&config, interest(&ruleset), None)?;
            engine.load(live.snapshot);
            engine.run(&mut live.probe, &mut live.host, &mut watcher)?;
        }
    }
    watcher.finish()
}

/// One rule with the condition and the format as its output; the macros and lists of other files can be used in it.
pub(crate) fn ruleset(
    condition: Option<&str>,
    format: Option<&str>,
    rules: &[PathBuf],
) -> Result<Ruleset<Field>> {
    let mut loader = Loader::new([(SYSCALL.to_owned(), network::fields())]);
    for file in rules {
        let result = loader.load(&file.display().to_string(), &read_rules(file)?);
        if !result.is_ok() {
            bail!("{}", result.to_text());
        }
    }
    let rule = json!([{
        "rule": RULE,
        "desc": "events to show",
        "condition": condition.unwrap_or(EVERYTHING),
        "output": format.unwrap_or(FORMAT),
        "priority": "DEBUG",
        "warn_evttypes": false,
    }]);
    // JSON is YAML too.
    let result = loader.load("condition", &rule.to_string());
    match result.errors.first() {
        Some(error) if error.code == ErrorCode::CompileCondition => {
            bail!("{}\n{}", error.message, error.snippet.trim_end())
        }
        Some(error) => bail!("{}", error.message),
        None => {}
    }
    let named = |enable, name: &str| Choice { enable, rules: Which::Named(name.to_owned()) };
    let only = [named(false, "*"), named(true, RULE)];
    Ok(loader.ruleset(&only, Priority::Debug, Matching::First))
}

/// What the condition is about, the frequent system calls too, and what the picture of the system needs.
fn interest(ruleset: &Ruleset<Field>) -> Interest {
    let base = BaseSyscalls { all: true, ..BaseSyscalls::default() };
    Selection::new(ruleset.interest(), &Interest::none(), &base).syscalls
}

/// Prints what matches.
struct Watcher {
    out: BufWriter<io::Stdout>,
    renderer: Option<Renderer>,
    line: Vec<u8>,
    /// How many more events to print.
    left: Option<u64>,
    signals: Signals,
    failed: Option<io::Error>,
}

impl Watcher {
    fn new(options: &WatchOptions, signals: Signals) -> Self {
        let properties =
            Properties { output: false, message: false, output_fields: true, tags: false };
        let json = || Renderer::new(Clock::system(), TimeFormat::Local, Some(properties));
        Self {
            out: BufWriter::with_capacity(1 << 16, io::stdout()),
            renderer: options.json.then(json),
            line: Vec::new(),
            left: options.count,
            signals,
            failed: None,
        }
    }

    /// A reader that is gone has seen enough.
    fn finish(mut self) -> Result<ExitCode> {
        match self.failed.take().map_or_else(|| self.out.flush(), Err) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(ExitCode::SUCCESS),
        }
    }
}

impl Control for Watcher {
    fn alert(&mut self, alert: Alert) {
        self.line.clear();
        match &mut self.renderer {
            Some(renderer) => renderer.render(&alert, &mut self.line),
            None => {
                alert.write_message(&mut self.line);
                make_printable(&mut self.line);
            }
        }
        self.line.push(b'\n');
        if let Err(error) = self.out.write_all(&self.line) {
            self.failed = Some(error);
        }
        self.left = self.left.map(|left| left.saturating_sub(1));
    }

    fn goes_on(&mut self, turn: Turn) -> bool {
        if turn == Turn::Idle
            && let Err(error) = self.out.flush()
        {
            self.failed = Some(error);
        }
        self.failed.is_none() && self.left != Some(0) && !self.signals.stop.load(Ordering::Relaxed)
    }
}

/// Names may hold what would drive a terminal.
fn make_printable(line: &mut [u8]) {
    for byte in line.iter_mut().filter(|byte| byte.is_ascii_control()) {
        *byte = b'.';
    }
}
