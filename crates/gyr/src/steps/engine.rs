//! The steps that open the source of events and run the engine on it.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use gyr_alert::Alert;
use gyr_capture::scap::Replay;
use gyr_capture::{Next, Source, SourceError, Stats};
use gyr_config::{Config, EngineKind};
use gyr_engine::{CaptureNotice, Control, End as Ended, Engine, Forget, Settings, Turn};
use gyr_event::Interest;
use gyr_fields::{BufferFormat, Field, Session};
use gyr_outputs::{Outputs, Sender};
use gyr_probe::EntryTracepoints;
use gyr_rules::{BaseSyscalls, Ruleset, Selection, event_names};
use gyr_state::{Limits, NoHost};
use jiff::tz::TimeZone;

use super::rules::SYSCALL;
use super::{App, Flow, privileges};
use crate::desk::{Desk, Station};
use crate::drops::Monitored;
use crate::log::Log;
use crate::progress::{Meter, Metered, Progress};
use crate::service::{Files, Parts, Reloader, Service};
use crate::signals::{Requests, Signals};
use crate::{captures, live, network};

pub(super) fn signals(app: &mut App) -> Result<Flow> {
    if !app.options.dry_run {
        app.signals = Signals::install().context("cannot take over signals")?;
        let requests = Requests::install(can_reload(app.config()?));
        app.requests = Some(requests.context("cannot take over signals")?);
    }
    Ok(Flow::Next)
}

/// Opens what only a run that has given up nothing yet may open.
pub(super) fn tracepoints(app: &mut App) -> Result<Flow> {
    let config = app.config()?;
    let is_wanted = privileges::is_live(config) && !app.options.dry_run;
    if let Some(ruleset) = app.ruleset.as_deref().filter(|_| is_wanted) {
        let interest = selection(config, ruleset).syscalls;
        app.entries = Some(EntryTracepoints::open(&interest));
    }
    Ok(Flow::Next)
}

pub(super) fn pidfile(app: &mut App) -> Result<Flow> {
    if let Some(path) = app.options.pidfile.as_ref().filter(|_| !app.options.dry_run) {
        std::fs::write(path, std::process::id().to_string())
            .with_context(|| format!("Could not write pid to pidfile {}", path.display()))?;
    }
    Ok(Flow::Next)
}

pub(super) fn run(app: &mut App) -> Result<Flow> {
    let ruleset = app.ruleset.clone().ok_or_else(|| anyhow!("no rules are loaded"))?;
    if app.options.dry_run {
        return Ok(Flow::Done);
    }
    let outputs = app.outputs.take().ok_or_else(|| anyhow!("no outputs are open"))?;
    let mut parts = std::mem::take(&mut app.parts);
    let entries = app.entries.take();
    let config = app.config()?;
    let settings = settings(app, config);
    let hostname = Arc::clone(&settings.hostname);
    let max_bytes = settings.captures.as_ref().map_or(0, |captures| captures.max_bytes);
    let mut engine = Engine::new(settings, session(config), ruleset.clone())
        .ok_or_else(|| anyhow!("no rules are for the source {SYSCALL}"))?;
    let mut control = Loop {
        sender: outputs.sender(),
        signals: &app.signals,
        desk: &app.desk,
        seen: None,
        log: &app.log,
        hostname,
        max_bytes,
        progress: None,
        until_look: EVENTS_PER_LOOK,
    };
    let interest = interest(config, &ruleset, &app.log);
    let mut service = service(app, &outputs, &mut parts, (&interest, &ruleset))?;
    let ended = thread::scope(|scope| {
        let _end = End { requests: service.requests, desk: &app.desk };
        thread::Builder::new()
            .name("service".to_owned())
            .spawn_scoped(scope, move || service.run())
            .context("cannot start a thread")?;
        match config.engine.kind {
            EngineKind::Replay => replay(config, &mut engine, &mut control),
            EngineKind::Kernel { by_old_name } => {
                if by_old_name {
                    app.log.info("the configured driver is not there: modern_ebpf takes its place");
                }
                kernel(config, interest, entries, &mut engine, &mut control)
            }
            EngineKind::NoDriver => {
                app.log.info("Opening 'syscall' source with no driver.");
                Ok(attend(&mut Silence, &mut engine, &mut control).map(|_| ())?)
            }
        }
    });
    engine.finish(&mut control);
    if control.is_stopped() {
        app.log.info("SIGINT received, exiting...");
    }
    let seen = control.seen.take().filter(|_| app.options.verbose);
    parts.stop_ticker();
    outputs.stop();
    drop(app.control.take());
    parts.stop_grpc();
    if let Some(seen) = seen {
        print_error(&verbose(&seen, engine.n_events()));
    }
    let mut stdout = std::io::stdout().lock();
    let _ = write!(stdout, "{}", engine.tally()).and_then(|()| stdout.flush()); // a reader that is gone is no error
    ended?;
    Ok(Flow::Done)
}

/// The thread beside the loop.
fn service<'a>(
    app: &'a App,
    outputs: &'a Outputs,
    parts: &'a mut Parts,
    (interest, ruleset): (&Interest, &Arc<Ruleset<Field>>),
) -> Result<Service<'a>> {
    let config = app.config()?;
    let requests = app.requests.as_ref().ok_or_else(|| anyhow!("signals are not taken over"))?;
    let reloader = can_reload(config).then(|| Reloader {
        options: &app.options,
        log: &app.log,
        desk: &app.desk,
        outputs,
        parts,
        hostname: hostname().into(),
        first: config,
        config: config.clone(),
        interest: interest.clone(),
        ruleset: Arc::clone(ruleset),
    });
    let mut files = None;
    if config.watch_config_files && reloader.is_some() {
        match Files::watch(app.paths.iter().cloned()) {
            Ok(watched) => files = Some(watched),
            Err(error) => app.log.error(&format!("files cannot be watched: {error}")),
        }
    }
    Ok(Service { log: &app.log, outputs, desk: &app.desk, requests, reloader, files })
}

/// The rules of a replay stay.
fn can_reload(config: &Config) -> bool {
    config.engine.kind != EngineKind::Replay
}

/// However the loop ends, the thread beside it ends too.
struct End<'a> {
    requests: &'a Requests,
    desk: &'a Desk,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.desk.close();
        self.requests.end();
    }
}

/// What `-v` adds at the end.
fn verbose(seen: &Stats, n_events: u64) -> String {
    let clock = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let seconds = clock.tv_sec as f64 + clock.tv_nsec as f64 / 1e9;
    let rate = n_events as f64 / seconds.max(f64::MIN_POSITIVE);
    format!(
        "Driver Events:{}\nDriver Drops:{}\nElapsed time: {seconds:.3}, Captured Events: {n_events}, {rate:.2} eps\n",
        seen.records, seen.lost
    )
}

#[allow(clippy::print_stderr, reason = "Falco has these numbers there, and not in its log")]
fn print_error(text: &dyn std::fmt::Display) {
    eprint!("{text}");
}

/// What the loop does beside events: alerts go to the outputs, signals are looked at.
pub(super) struct Loop<'a> {
    sender: Sender,
    signals: &'a Signals,
    desk: &'a Desk,
    /// What the source counted, at the end.
    seen: Option<Stats>,
    log: &'a Log,
    hostname: Arc<str>,
    /// Of captures.
    max_bytes: u64,
    progress: Option<(Progress, Meter)>,
    /// So many events until the next look at what others want.
    until_look: u32,
}

/// Signals, jobs and progress can wait for as many events, and no longer than it is quiet.
const EVENTS_PER_LOOK: u32 = 64;

impl Control for Loop<'_> {
    fn alert(&mut self, alert: Alert) {
        self.sender.send(alert);
    }

    fn capture(&mut self, notice: CaptureNotice) {
        if let Some(alert) = captures::tell(&notice, self.max_bytes, &self.hostname, self.log) {
            self.sender.send(alert);
        }
    }

    #[inline]
    fn goes_on(&mut self, turn: Turn) -> bool {
        self.until_look -= 1;
        if self.until_look > 0 && turn == Turn::Event {
            return true;
        }
        self.look_around()
    }
}

/// What few events have to do.
impl Loop<'_> {
    /// Whether a signal has asked for the end, and not only a job for a pause.
    fn is_stopped(&self) -> bool {
        self.signals.stop.load(Ordering::Relaxed)
    }

    #[cold]
    fn look_around(&mut self) -> bool {
        self.until_look = EVENTS_PER_LOOK;
        if let Some((progress, meter)) = &mut self.progress {
            progress.event(|| meter.percent());
        }
        !self.is_stopped() && !self.desk.has_jobs()
    }
}

fn replay(config: &Config, engine: &mut Engine, control: &mut Loop<'_>) -> Result<()> {
    let file = Path::new(&config.engine.capture_file);
    if file.as_os_str().is_empty() {
        bail!("engine.kind replay needs engine.replay.capture_file");
    }
    let (reader, meter) = match File::open(file) {
        Ok(file) => Metered::new(file),
        Err(error) => return Err(SourceError::Open { path: file.to_owned(), error }.into()),
    };
    let mut source = Replay::from_reader(reader, file.display().to_string())?;
    engine.load(source.take_snapshot());
    control.progress = Progress::new().map(|progress| (progress, meter));
    let ended = attend(&mut source, engine, control);
    control.seen = Some(source.stats());
    if let Some((progress, _)) = control.progress.take() {
        progress.end();
    }
    ended?;
    Ok(())
}

/// Runs the engine on a source without a host, and does the jobs of others meanwhile.
fn attend(
    source: &mut impl Source,
    engine: &mut Engine,
    control: &mut Loop<'_>,
) -> Result<Ended, SourceError> {
    loop {
        match engine.run(source, &mut NoHost, control) {
            Ok(Ended::Stopped) if !control.is_stopped() => {
                control.desk.work(&mut Station { engine, kernel: None });
            }
            ended => return ended,
        }
    }
}

/// The source where there is none: time passes.
struct Silence;

impl Source for Silence {
    fn next(&mut self) -> Result<Next<'_>, SourceError> {
        thread::sleep(Duration::from_millis(20));
        Ok(Next::Idle)
    }

    fn stats(&self) -> Stats {
        Stats::default()
    }
}

fn kernel(
    config: &Config,
    interest: Interest,
    entries: Option<EntryTracepoints>,
    engine: &mut Engine,
    control: &mut Loop<'_>,
) -> Result<()> {
    let log = control.log;
    log.info("Opening 'syscall' source with modern BPF probe.");
    let mut live = live::start(config, interest, entries)?;
    engine.load(live.snapshot);
    let sender = control.sender.clone();
    let hostname = Arc::clone(&control.hostname);
    let limits = (&config.drops, config.max_consecutive_timeouts);
    let mut source = Monitored::new(live.probe, limits, sender, log.clone(), hostname);
    let ended = loop {
        match engine.run(&mut source, &mut live.host, control) {
            Ok(Ended::Stopped) if !control.is_stopped() => {
                control.desk.work(&mut Station { engine, kernel: Some(&mut source) });
            }
            ended => break ended,
        }
    };
    control.seen = Some(Source::stats(&source));
    print_error(source.monitor());
    ended?;
    Ok(())
}

/// What the probe shall send.
pub(crate) fn interest(config: &Config, ruleset: &Ruleset<Field>, log: &Log) -> Interest {
    let selection = selection(config, ruleset);
    for (kind, names) in
        [("positive", &selection.unknown_positive), ("negative", &selection.unknown_negative)]
    {
        if !names.is_empty() {
            log.warning(&format!(
                "Invalid {kind} syscall names: warning (base_syscalls override): {}",
                names.join(", ")
            ));
        }
    }
    let list = |what: &str, set: &Interest| {
        let names = event_names(set);
        log.debug(&format!("({}) {what}: {}", names.len(), names.join(", ")));
    };
    list("syscalls in rules", &selection.rules);
    list("syscalls selected in total (final set)", &selection.syscalls);
    selection.syscalls
}

/// The system calls that the rules and the picture of the system need, as the configuration has it.
pub(crate) fn selection(config: &Config, ruleset: &Ruleset<Field>) -> Selection {
    let base = BaseSyscalls {
        custom_set: config.base_syscalls_custom_set.clone(),
        repair: config.base_syscalls_repair,
        all: config.base_syscalls_all,
    };
    Selection::new(ruleset.interest(), &Interest::none(), &base)
}

fn settings(app: &App, config: &Config) -> Settings {
    let live = matches!(config.engine.kind, EngineKind::Kernel { .. });
    Settings {
        hostname: hostname().into(),
        limits: limits(config),
        own_pid: live.then(|| i64::from(std::process::id())),
        duration: app.options.duration.map(|seconds| seconds.saturating_mul(1_000_000_000)),
        captures: captures::settings(config),
        forget: live.then(|| forget(config)).flatten(),
    }
}

/// An interval of 0 is never.
fn forget(config: &Config) -> Option<Forget> {
    const SECOND: u64 = 1_000_000_000;
    let interval = config.libs.purging_interval_s.saturating_mul(SECOND);
    let idle = config.libs.thread_timeout_s.saturating_mul(SECOND);
    (interval > 0).then_some(Forget { interval, idle })
}

/// What fields answer beside the event and the state.
pub(crate) fn session(config: &Config) -> Session {
    let mut session = Session::new(SYSCALL, TimeZone::system());
    session.hostname = std::env::var("FALCO_HOSTNAME").ok();
    session.hosts = network::hosts();
    session.buffer_format = buffer_format(config);
    session
}

pub(crate) const fn buffer_format(config: &Config) -> BufferFormat {
    if config.buffer_format_base64 { BufferFormat::Base64 } else { BufferFormat::Dots }
}

fn limits(config: &Config) -> Limits {
    match usize::try_from(config.libs.thread_table_size) {
        Ok(0) | Err(_) => Limits::default(),
        Ok(threads) => Limits { threads, ..Limits::default() },
    }
}

/// The name that alerts carry.
pub(crate) fn hostname() -> String {
    std::env::var("FALCO_HOSTNAME")
        .unwrap_or_else(|_| rustix::system::uname().nodename().to_string_lossy().into_owned())
}
