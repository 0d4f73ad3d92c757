//! Lines at the end of a file.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::PathBuf;

use crate::lines::Lines;
use crate::{Batch, Batching, Failed, Output};

/// Which file, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSettings {
    pub path: PathBuf,
    /// The file stays open between alerts; else it is opened for those that wait.
    pub keep_alive: bool,
    /// Lines may wait for others.
    pub buffered: bool,
}

pub(crate) struct FileOutput {
    settings: FileSettings,
    open: Option<File>,
    lines: Lines,
}

impl FileOutput {
    pub(crate) fn open(settings: &FileSettings) -> io::Result<Self> {
        let mut output = Self { settings: settings.clone(), open: None, lines: Lines::default() };
        output.reopen()?;
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
    fn batching(&self) -> Batching {
        Batching::lines(self.settings.buffered)
    }

    fn send(&mut self, batch: &Batch) -> Result<(), Failed> {
        let mut file = match self.open.take() {
            Some(file) => file,
            None => self.append()?,
        };
        let length = file.metadata()?.len();
        let sent = self.lines.write(&mut file, batch, 0);
        if let Err(failed) = &sent {
            cut_torn(&file, length, batch.n_bytes_of(failed.n_sent), &mut self.lines);
        }
        if self.settings.keep_alive {
            self.open = Some(file);
        }
        sent
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.open = None;
        if self.settings.keep_alive {
            self.open = Some(self.append()?);
        }
        Ok(())
    }
}

/// Takes back what was written of the last line (the disk is full), unless somebody else writes to the file too.
fn cut_torn(file: &File, length_before: u64, n_whole: usize, lines: &mut Lines) {
    let whole = length_before + n_whole as u64;
    let torn = whole + lines.n_torn as u64;
    if lines.n_torn > 0
        && file.metadata().is_ok_and(|now| now.is_file() && now.len() == torn)
        && file.set_len(whole).is_ok()
    {
        lines.n_torn = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::batch::tests::{batch, line};

    fn settings(path: &Path, keep_alive: bool) -> FileSettings {
        FileSettings { path: path.to_owned(), keep_alive, buffered: false }
    }

    #[test]
    fn lines_follow_a_rotation_only_after_reopening_when_kept_open() {
        let dir = std::env::temp_dir().join(format!("gyr-outputs-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let (old_path, new_path) = (dir.join("events.txt.1"), dir.join("events.txt"));
        for (keep_alive, old, new) in [(true, "12", "3"), (false, "1", "23")] {
            let mut output = FileOutput::open(&settings(&new_path, keep_alive)).unwrap();
            output.send(&batch(&["1"])).unwrap();
            std::fs::rename(&new_path, &old_path).unwrap();
            output.send(&batch(&["2"])).unwrap();
            output.reopen().unwrap();
            output.send(&batch(&["3"])).unwrap();
            for (path, want) in [(&old_path, old), (&new_path, new)] {
                let want: String = want.chars().map(|c| line(&c.to_string()) + "\n").collect();
                assert_eq!(std::fs::read_to_string(path).unwrap(), want);
            }
            std::fs::remove_file(&new_path).unwrap();
        }
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_named() {
        for keep_alive in [true, false] {
            let output = FileOutput::open(&settings(Path::new("/none/such"), keep_alive));
            let sent = output.and_then(|mut o| o.send(&batch(&["x"])).map_err(|f| f.error));
            let error = sent.unwrap_err().to_string();
            assert!(error.starts_with("failed to open output file /none/such: "), "{error}");
        }
    }

    #[test]
    fn a_full_device_delivers_nothing() {
        let mut output = FileOutput::open(&settings(Path::new("/dev/full"), true)).unwrap();
        let failed = output.send(&batch(&["1", "2"])).unwrap_err();
        assert_eq!((failed.n_sent, failed.error.kind()), (0, io::ErrorKind::StorageFull));
    }
}
