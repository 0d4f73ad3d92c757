//! `gyr record`: what happens, into a capture.

use std::io;
use std::process::{Child, Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail};
use gyr_capture::recorder::{
    CaptureFile, Options, Pace, Progress as FileProgress, Recorder, Start,
};
use gyr_capture::scap::Packing;
use gyr_capture::{Next, Source as _};
use gyr_engine::Sieve;
use gyr_event::snapshot::Snapshot;
use gyr_event::{Interest, SYSCALLS, Syscall, SyscallKind};
use gyr_state::{Limits, State};

use crate::cli::RecordOptions;
use crate::live::{self, Live};
use crate::progress::Progress;
use crate::signals::Signals;
use crate::steps::config::{find, read};
use crate::steps::session;
use crate::watch;

/// Tracepoints that say much and change little: only all system calls have more.
const LOUD: &[&str] = &["sched_switch", "page_fault_user", "page_fault_kernel"];

/// How many events come between two looks at the command.
const STRIDE: u64 = 1_024;

pub(crate) fn run(options: &RecordOptions) -> Result<ExitCode> {
    let sieve =
        options.filter.as_deref().map(|filter| watch::ruleset(Some(filter), None, &options.rules));
    let ruleset = sieve.transpose()?.map(Arc::new);
    let config = read(find(options.config.as_deref())?.as_deref(), &options.set)?.config;
    let signals = Signals::install().context("cannot take over signals")?;
    let begin = now();
    let mut live = live::start(&config, interest(options.all_syscalls), None)?;
    let start = start_of(&live.snapshot, begin);
    let mut recorder = Recorder::new(None);
    let file_options =
        Options { packing: Packing::Gzip, max_bytes: 0, replace: true, pace: Pace::Behind };
    let file = CaptureFile::start(options.file.clone(), file_options, start, 0);
    recorder.open(file);
    let sieve = match ruleset {
        Some(ruleset) => {
            let snapshot = std::mem::take(&mut live.snapshot);
            Sieve::new(Limits::default(), session(&config), ruleset, snapshot)
        }
        None => None,
    };
    let command = options.command.split_first().map(|(program, args)| {
        let name = program.to_string_lossy().into_owned();
        Command::new(program).args(args).spawn().with_context(|| format!("cannot run {name}"))
    });
    let mut recording = Recording {
        recorder,
        sieve,
        // The command may use the terminal.
        progress: if command.is_none() { Progress::new() } else { None },
        child: command.transpose()?,
        status: None,
        until: None,
    };
    let recorded = recording.run(&mut live, &signals, options.duration);
    recording.finish(recorded, &live, options)
}

/// What the probe shall send.
fn interest(all: bool) -> Interest {
    let is_wanted = |syscall: &&Syscall| match syscall.kind {
        SyscallKind::Dedicated => true,
        SyscallKind::Tracepoint => all || !LOUD.contains(&syscall.name),
        SyscallKind::Generic => all,
        SyscallKind::Unmapped => false,
    };
    SYSCALLS.iter().filter(is_wanted).collect()
}

/// The tables that the recording starts with. `ts` is the time before its first event.
fn start_of(snapshot: &Snapshot, ts: u64) -> Start {
    let mut state = State::new(Limits::default());
    state.load(snapshot.clone());
    let amendments = state.checkpoint(ts).amendments(&state);
    Start { snapshot: snapshot.clone(), amendments }
}

/// A recording under way.
struct Recording {
    recorder: Recorder<()>,
    sieve: Option<Sieve>,
    progress: Option<Progress>,
    /// The command, while it runs.
    child: Option<Child>,
    /// How the command ended.
    status: Option<std::process::ExitStatus>,
    /// The time of the last event to record, once that is known.
    until: Option<u64>,
}

impl Recording {
    /// Records until the end of the command, of the time, of the file, or until a signal.
    fn run(&mut self, live: &mut Live, signals: &Signals, seconds: Option<u64>) -> Result<()> {
        let mut n_events = 0_u64;
        if let Some(seconds) = seconds {
            self.until = Some(now().saturating_add(seconds.saturating_mul(1_000_000_000)));
        }
        while !self.recorder.file().is_none_or(CaptureFile::has_ended) {
            if signals.stop.load(Ordering::Relaxed) {
                self.stop();
            }
            let is_idle = match live.probe.next()? {
                Next::Record(record) => {
                    n_events += 1;
                    if self.until.is_some_and(|until| record.event.ts() > until) {
                        return Ok(());
                    }
                    let wanted = match &mut self.sieve {
                        Some(sieve) => sieve.sift(&record, &mut live.host),
                        None => Some(record),
                    };
                    if let Some(record) = wanted {
                        self.recorder.record(&record);
                    }
                    self.tell(false);
                    false
                }
                Next::Idle => {
                    self.tell(true);
                    true
                }
                Next::Restart(_) | Next::End => return Ok(()),
            };
            if is_idle && self.until.is_some_and(|until| now() > until) {
                return Ok(());
            }
            if is_idle || n_events.is_multiple_of(STRIDE) {
                self.look_at_command()?;
            }
        }
        Ok(())
    }

    /// What has happened so far may still be in the ring: it is the last to be recorded.
    fn stop(&mut self) {
        let now = now();
        self.until = Some(self.until.map_or(now, |until| until.min(now)));
    }

    fn look_at_command(&mut self) -> io::Result<()> {
        if let Some(child) = &mut self.child
            && let Some(status) = child.try_wait()?
        {
            self.status = Some(status);
            self.child = None;
            self.stop();
        }
        Ok(())
    }

    fn tell(&mut self, is_idle: bool) {
        let Some(progress) = &mut self.progress else { return };
        let bytes = self.recorder.file().map_or(0, CaptureFile::bytes);
        let more = || format!(", {:.1} MB", bytes as f64 / 1e6);
        if is_idle { progress.draw(more) } else { progress.event(more) }
    }

    /// Completes the file and says what is in it; the status is the command's.
    fn finish(
        mut self,
        recorded: Result<()>,
        live: &Live,
        options: &RecordOptions,
    ) -> Result<ExitCode> {
        let Some(mut file) = self.recorder.close() else { bail!("no file was open") };
        let progress = file.finish();
        let path = options.file.display();
        if let FileProgress::Failed(error) = progress {
            // The command goes on without us; whoever started it wants to see its end.
            if let Some(child) = &mut self.child {
                let _ = child.wait(); // the error of the file is the one to tell
            }
            bail!("{path}: cannot be written: {error}");
        }
        recorded?;
        let lost = match live.probe.stats().lost {
            0 => String::new(),
            lost => format!(", {lost} lost: a larger buf_size_preset or a filter may help"),
        };
        if let Some(progress) = &self.progress {
            progress.end();
        }
        let (n_records, bytes) = (file.n_records(), file.bytes());
        say(&format!("{path}: {n_records} events, {bytes} bytes{lost}"));
        let code = self.status.and_then(|status| status.code()).map(u8::try_from);
        Ok(match (self.status, code) {
            (None, _) => ExitCode::SUCCESS,
            (_, Some(Ok(code))) => ExitCode::from(code),
            _ => ExitCode::FAILURE,
        })
    }
}

/// Nanoseconds since the epoch, as in events.
fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}

#[allow(clippy::print_stderr, reason = "standard output is the command's")]
fn say(text: &str) {
    eprintln!("{text}");
}
