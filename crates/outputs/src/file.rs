//! Lines at the end of a file.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;

use gyr_alert::Alert;

use crate::Output;

/// Which file, and how.
#[derive(Clone, Debug)]
pub struct FileSettings {
    pub path: PathBuf,
    /// The file stays open between alerts; else it is opened for each.
    pub keep_alive: bool,
}

pub(crate) struct FileOutput {
    settings: FileSettings,
    open: Option<File>,
    /// The line with its end, so that it is written in one go.
    line: Vec<u8>,
}

impl FileOutput {
    pub(crate) fn open(settings: &FileSettings) -> io::Result<Self> {
        let mut output = Self { settings: settings.clone(), open: None, line: Vec::new() };
        if settings.keep_alive {
            output.open = Some(output.append()?);
        }
        Ok(output)
    }

    fn append(&self) -> io::Result<File> {
        let path = &self.settings.path;
        OpenOptions::new().append(true).create(true).open(path).map_err(|error| {
            let what = format!("failed to open output file {}: {error}", path.display());
            io::Error::new(error.kind(), what)
        })
    }
}

impl Output for FileOutput {
    fn name(&self) -> &'static str {
        "file"
    }

    fn send(&mut self, _: &Alert, line: &[u8]) -> io::Result<()> {
        let mut file = match self.open.take() {
            Some(file) => file,
            None => self.append()?,
        };
        self.line.clear();
        self.line.extend_from_slice(line);
        self.line.push(b'\n');
        file.write_all(&self.line)?;
        if self.settings.keep_alive {
            self.open = Some(file);
        }
        Ok(())
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.open = None;
        if self.settings.keep_alive {
            self.open = Some(self.append()?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::alert;

    #[test]
    fn lines_follow_a_rotation_only_after_reopening_when_kept_open() {
        let dir = std::env::temp_dir().join(format!("gyr-outputs-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        for (keep_alive, old, new) in [(true, "1\n2\n", "3\n"), (false, "1\n", "2\n3\n")] {
            let path = dir.join("events.txt");
            let rotated = dir.join("events.txt.1");
            let mut output =
                FileOutput::open(&FileSettings { path: path.clone(), keep_alive }).unwrap();
            output.send(&alert(), b"1").unwrap();
            std::fs::rename(&path, &rotated).unwrap();
            output.send(&alert(), b"2").unwrap();
            output.reopen().unwrap();
            output.send(&alert(), b"3").unwrap();
            assert_eq!(std::fs::read_to_string(&rotated).unwrap(), old);
            assert_eq!(std::fs::read_to_string(&path).unwrap(), new);
            std::fs::remove_file(&path).unwrap();
        }
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_named() {
        let path = PathBuf::from("/none/such");
        for keep_alive in [true, false] {
            let settings = FileSettings { path: path.clone(), keep_alive };
            let sent = FileOutput::open(&settings).and_then(|mut o| o.send(&alert(), b"x"));
            let error = sent.unwrap_err().to_string();
            assert!(error.starts_with("failed to open output file /none/such: "), "{error}");
        }
    }
}
