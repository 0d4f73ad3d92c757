//! Lines to the standard input of a program.

use std::io::{self, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};

use gyr_alert::Alert;

use crate::Output;

/// Which program, and how.
#[derive(Clone, Debug)]
pub struct ProgramSettings {
    /// A command line for `sh`.
    pub program: String,
    /// One run takes all alerts; else each gets a run of its own, which is waited for.
    pub keep_alive: bool,
}

pub(crate) struct Program {
    settings: ProgramSettings,
    running: Option<Run>,
}

struct Run {
    child: Child,
    input: ChildStdin,
}

impl Program {
    pub(crate) fn open(settings: &ProgramSettings) -> io::Result<Self> {
        let running = if settings.keep_alive { Some(Run::start(&settings.program)?) } else { None };
        Ok(Self { settings: settings.clone(), running })
    }
}

impl Run {
    fn start(program: &str) -> io::Result<Self> {
        let mut child =
            Command::new("/bin/sh").arg("-c").arg(program).stdin(Stdio::piped()).spawn()?;
        match child.stdin.take() {
            Some(input) => Ok(Self { child, input }),
            None => Err(io::Error::other("the program has no standard input")),
        }
    }

    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        self.input.write_all(line)?;
        self.input.write_all(b"\n")
    }

    /// Lets the program read to the end, and waits for it.
    fn finish(self) -> io::Result<()> {
        let Self { mut child, input } = self;
        drop(input);
        child.wait().map(drop)
    }
}

impl Output for Program {
    fn name(&self) -> &'static str {
        "program"
    }

    fn send(&mut self, _: &Alert, line: &[u8]) -> io::Result<()> {
        let mut run = match self.running.take() {
            Some(run) => run,
            None => Run::start(&self.settings.program)?,
        };
        let written = run.write(line);
        if written.is_ok() && self.settings.keep_alive {
            self.running = Some(run);
            return Ok(());
        }
        run.finish()?;
        written
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.close()?;
        if self.settings.keep_alive {
            self.running = Some(Run::start(&self.settings.program)?);
        }
        Ok(())
    }

    fn close(&mut self) -> io::Result<()> {
        self.running.take().map_or(Ok(()), Run::finish)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::alert;

    #[test]
    fn a_program_gets_all_lines_in_one_run_or_each_in_its_own() {
        for (keep_alive, want) in [(true, "run\n1\n2\n"), (false, "run\n1\nrun\n2\n")] {
            let name = format!("gyr-program-{}-{keep_alive}", std::process::id());
            let path = std::env::temp_dir().join(name);
            let program = format!("(echo run; cat) >>{}", path.display());
            let mut output = Program::open(&ProgramSettings { program, keep_alive }).unwrap();
            output.send(&alert(), b"1").unwrap();
            output.send(&alert(), b"2").unwrap();
            output.close().unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), want);
            std::fs::remove_file(&path).unwrap();
        }
    }
}
