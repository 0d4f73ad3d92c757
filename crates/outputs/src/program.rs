//! Lines to the standard input of a program.

use std::io::{self, ErrorKind};
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use crate::lines::{Lines, wait};
use crate::{Batch, Batching, Breaker, Failed, Output};

/// Which program, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramSettings {
    /// A command line for `sh`.
    pub program: String,
    /// One run takes all alerts, and is started again if it ends; else each alert gets a run, which is waited for.
    pub keep_alive: bool,
    /// With `keep_alive`, lines may wait for others.
    pub buffered: bool,
    /// A run that takes nothing or does not end for so long is killed.
    pub timeout: Duration,
}

impl ProgramSettings {
    /// Longer than any program should need to send a message somewhere.
    pub const TIMEOUT: Duration = Duration::from_secs(30);
}

pub(crate) struct Program {
    settings: ProgramSettings,
    running: Option<Run>,
    /// How long to wait before the next start; grows while runs end at once.
    pause: Duration,
    current: Current,
}

/// The run that there is, for whoever wants to end it.
#[derive(Clone, Default)]
struct Current(Arc<Mutex<Runs>>);

#[derive(Default)]
struct Runs {
    /// Not waited for yet, so that its number is still its own.
    pid: Option<Pid>,
    /// There shall be no more.
    over: bool,
}

struct Run {
    child: Child,
    input: ChildStdin,
    lines: Lines,
    started: Instant,
    current: Current,
}

/// A run that ends sooner is followed by a longer pause.
const SHORT: Duration = Duration::from_secs(1);

impl Program {
    pub(crate) fn open(settings: &ProgramSettings) -> io::Result<Self> {
        let mut program = Self {
            settings: settings.clone(),
            running: None,
            pause: Duration::ZERO,
            current: Current::default(),
        };
        if settings.keep_alive {
            program.running = Some(program.start()?);
        }
        Ok(program)
    }

    /// Sends to the run that goes on, or to a new one if that has ended.
    fn send_on(&mut self, batch: &Batch) -> Result<(), Failed> {
        let mut n_sent = 0;
        if let Some(mut run) = self.running.take() {
            match run.write(batch, 0) {
                Ok(()) => {
                    self.running = Some(run);
                    return Ok(());
                }
                Err(failed) => {
                    self.lengthen_pause(&run);
                    run.kill();
                    if failed.error.kind() != ErrorKind::BrokenPipe {
                        return Err(failed);
                    }
                    n_sent = failed.n_sent;
                }
            }
        }
        thread::sleep(self.pause);
        let mut run = self.start().map_err(|error| Failed { n_sent, error })?;
        match run.write(batch, n_sent) {
            Ok(()) => {
                self.running = Some(run);
                Ok(())
            }
            Err(failed) => {
                self.lengthen_pause(&run);
                run.kill();
                Err(failed)
            }
        }
    }

    /// Gives the batch to a run of its own.
    fn send_alone(&self, batch: &Batch) -> Result<(), Failed> {
        let mut run = self.start()?;
        let written = run.write(batch, 0);
        let status = run.finish(self.settings.timeout)?;
        match status.code() {
            Some(code @ (126 | 127)) => {
                Err(io::Error::other(format!("the shell cannot run it (status {code})")).into())
            }
            // A program need not read what it is told.
            _ => match written {
                Err(failed) if failed.error.kind() != ErrorKind::BrokenPipe => Err(failed),
                _ => Ok(()),
            },
        }
    }

    fn start(&self) -> io::Result<Run> {
        // A group of its own can be killed with all its children, and gets no Ctrl-C meant for us.
        let mut child = Command::new("/bin/sh")
            .arg("-c")
            .arg(&self.settings.program)
            .stdin(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let input = child.stdin.take().ok_or_else(|| io::Error::other("no standard input"))?;
        rustix::io::ioctl_fionbio(&input, true)?;
        let lines = Lines { patience: Some(self.settings.timeout), ..Lines::default() };
        let current = self.current.clone();
        let mut runs = current.lock();
        runs.pid = pid(&child);
        let over = runs.over;
        drop(runs);
        if over {
            current.kill();
        }
        Ok(Run { child, input, lines, started: Instant::now(), current })
    }

    fn lengthen_pause(&mut self, run: &Run) {
        self.pause = match run.started.elapsed() >= SHORT {
            true => Duration::ZERO,
            false => (self.pause * 2).clamp(SHORT / 32, SHORT),
        };
    }
}

impl Output for Program {
    fn batching(&self) -> Batching {
        if self.settings.keep_alive {
            Batching::lines(self.settings.buffered)
        } else {
            Batching::ONE
        }
    }

    fn send(&mut self, batch: &Batch) -> Result<(), Failed> {
        if self.settings.keep_alive { self.send_on(batch) } else { self.send_alone(batch) }
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.close()?;
        if self.settings.keep_alive {
            self.running = Some(self.start()?);
        }
        Ok(())
    }

    fn breaker(&self) -> Option<Breaker> {
        let current = self.current.clone();
        Some(Box::new(move || {
            current.lock().over = true;
            current.kill();
        }))
    }

    fn close(&mut self) -> io::Result<()> {
        let timeout = self.settings.timeout;
        self.running.take().map_or(Ok(()), |run| run.finish(timeout).map(drop))
    }
}

impl Run {
    fn write(&mut self, batch: &Batch, n_sent: usize) -> Result<(), Failed> {
        self.lines.write(&mut self.input, batch, n_sent).map_err(|failed| {
            let Failed { n_sent, error } = failed;
            let error = match error.kind() {
                ErrorKind::TimedOut => io::Error::new(error.kind(), "it reads nothing: killed"),
                _ => error,
            };
            Failed { n_sent, error }
        })
    }

    /// Lets the program read to the end, and waits for it.
    fn finish(self, timeout: Duration) -> io::Result<ExitStatus> {
        let Self { child, input, current, .. } = self;
        drop(input);
        if let Some(status) = current.wait(child, timeout)? {
            return Ok(status);
        }
        Err(io::Error::new(ErrorKind::TimedOut, "it does not end: killed"))
    }

    fn kill(self) {
        self.current.kill();
        let _ = self.current.wait(self.child, SHORT); // what hangs in the kernel ends when that lets it
    }
}

impl Current {
    /// Kills it with all its children.
    fn kill(&self) {
        if let Some(pid) = self.lock().pid {
            let _ = kill_process_group(pid, Signal::KILL); // it may have ended
        }
    }

    /// Waits for its end; kills it if that does not come in time.
    fn wait(&self, mut child: Child, time: Duration) -> io::Result<Option<ExitStatus>> {
        let ended = ends_within(&child, time)?;
        if !ended {
            self.kill();
            if !ends_within(&child, SHORT)? {
                return Ok(None);
            }
        }
        // Once it is waited for its number may be another's.
        self.lock().pid = None;
        let status = child.wait()?;
        Ok(ended.then_some(status))
    }

    fn lock(&self) -> MutexGuard<'_, Runs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ends_within(child: &Child, time: Duration) -> io::Result<bool> {
    let Some(pid) = pid(child) else { return Ok(true) };
    let process = pidfd_open(pid, PidfdFlags::empty())?;
    wait(process.as_fd(), PollFlags::IN, Some(time))
}

fn pid(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;
    use crate::batch::tests::{batch, line};

    const LONG: Duration = Duration::from_secs(60);

    fn program(program: &str, keep_alive: bool, timeout: Duration) -> Program {
        let program = program.to_owned();
        Program::open(&ProgramSettings { program, keep_alive, buffered: false, timeout }).unwrap()
    }

    /// A file for what the program writes.
    fn scratch(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("gyr-program-{}-{name}", std::process::id()));
        let _ = fs::remove_file(&path);
        path
    }

    #[test]
    fn a_program_gets_all_lines_in_one_run_or_each_in_its_own() {
        let (one, two) = (line("1"), line("2"));
        for (keep_alive, want) in
            [(true, format!("run\n{one}\n{two}\n")), (false, format!("run\n{one}\nrun\n{two}\n"))]
        {
            let path = scratch(&format!("runs-{keep_alive}"));
            let command = format!("(echo run; cat) >>{}", path.display());
            let mut output = program(&command, keep_alive, LONG);
            output.send(&batch(&["1"])).unwrap();
            output.send(&batch(&["2"])).unwrap();
            output.close().unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), want);
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn a_program_that_ended_is_started_again() {
        let path = scratch("again");
        let mut output = program(&format!("cat >>{}", path.display()), true, LONG);
        output.send(&batch(&["1"])).unwrap();
        let run = output.running.take().unwrap();
        // Its end is seen only when it is written to.
        let Run { mut child, input, lines, started, current } = run;
        let (reader, closed) = io::pipe().unwrap();
        drop(reader);
        drop(input);
        child.wait().unwrap();
        let input = ChildStdin::from(std::os::fd::OwnedFd::from(closed));
        output.running = Some(Run { child, input, lines, started, current });
        output.send(&batch(&["2", "3"])).unwrap();
        output.close().unwrap();
        let want = ["1", "2", "3"].map(|message| line(message) + "\n").concat();
        assert_eq!(fs::read_to_string(&path).unwrap(), want);
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_program_that_hangs_is_killed_with_its_children() {
        let long = "x".repeat(1 << 17);
        for (keep_alive, message) in [(true, &*long), (false, "short"), (false, &*long)] {
            let path = scratch("hangs");
            let command = format!("sleep 1000 & echo $! >{}; wait", path.display());
            let mut output = program(&command, keep_alive, Duration::from_millis(200));
            let failed = output.send(&batch(&[message])).unwrap_err();
            assert_eq!(failed.error.kind(), ErrorKind::TimedOut, "{}", failed.error);
            let pid: i32 = fs::read_to_string(&path).unwrap().trim().parse().unwrap();
            gyr_testkit::eventually("it is dead", || {
                let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
                state.is_empty() || state.contains(") Z ")
            });
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn a_command_that_does_not_exist_fails() {
        let mut output = program("exec /none/such 2>/dev/null", false, LONG);
        let error = output.send(&batch(&["1"])).unwrap_err().error.to_string();
        assert_eq!(error, "the shell cannot run it (status 127)");
    }

    #[test]
    fn a_program_need_not_read() {
        program("true", false, LONG).send(&batch(&[&"x".repeat(1 << 17)])).unwrap();
    }
}
