//! The files that a reload reads: noticing that one of them has changed, however an editor or an orchestrator does that.
//!
//! Editors write into a file, or put another in its place; Kubernetes swaps a link three levels up. So folders are watched,
//! not files, and any news in them is only a reason to look: what counts is whether a file is another than before.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init, remove_watch};
use rustix::io::{Errno, read};

/// Files and folders, and the folders around them.
#[derive(Debug)]
pub(crate) struct Files {
    inotify: OwnedFd,
    /// By folder.
    watches: BTreeMap<PathBuf, i32>,
    /// By the path that was named.
    seen: BTreeMap<PathBuf, Look>,
}

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Look {
    Nothing,
    File(Version),
    /// The YAML files in it.
    Folder(BTreeMap<OsString, Version>),
}

/// Another file, or another content, has another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

/// All that can put another file in the place of one.
const NEWS: WatchFlags = WatchFlags::CLOSE_WRITE
    .union(WatchFlags::CREATE)
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MOVE)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::ONLYDIR);

impl Files {
    pub(crate) fn watch(paths: impl IntoIterator<Item = PathBuf>) -> io::Result<Self> {
        let inotify = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let mut files = Self { inotify, watches: BTreeMap::new(), seen: BTreeMap::new() };
        files.follow(paths);
        Ok(files)
    }

    /// From now on these; those that were watched before are not looked at anew.
    pub(crate) fn follow(&mut self, paths: impl IntoIterator<Item = PathBuf>) {
        let mut before = std::mem::take(&mut self.seen);
        for path in paths {
            let look = before.remove(&path).unwrap_or_else(|| look(&path));
            self.seen.insert(path, look);
        }
        self.watch_folders();
    }

    /// Whether one of them is another than when they were last looked at.
    pub(crate) fn have_changed(&mut self) -> bool {
        self.watch_folders();
        let mut changed = false;
        for (path, seen) in &mut self.seen {
            let now = look(path);
            changed |= now != *seen;
            *seen = now;
        }
        changed
    }

    /// What becomes readable when there is news. Emptied by [`Self::take_news`].
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }

    /// Whether there was news.
    pub(crate) fn take_news(&self) -> bool {
        let mut any = false;
        let mut buffer = [0_u8; 4096];
        loop {
            match read(&self.inotify, &mut buffer) {
                Ok(n) if n > 0 => any = true,
                Err(Errno::INTR) => {}
                Ok(_) | Err(_) => return any,
            }
        }
    }

    /// Folders come and go, and links lead elsewhere.
    fn watch_folders(&mut self) {
        let wanted: BTreeSet<PathBuf> = self.seen.keys().flat_map(|path| folders(path)).collect();
        let unwanted: Vec<_> =
            self.watches.keys().filter(|path| !wanted.contains(*path)).cloned().collect();
        let mut old: Vec<_> =
            unwanted.iter().filter_map(|path| self.watches.remove(path)).collect();
        for path in wanted {
            // Again each time: another folder may be there under the old name.
            if let Ok(watch) = add_watch(&self.inotify, &path, NEWS) {
                old.extend(self.watches.insert(path, watch));
            }
        }
        // Several paths can lead to one folder, which has one watch.
        for watch in old {
            if !self.watches.values().any(|other| *other == watch) {
                let _ = remove_watch(&self.inotify, watch); // it goes with its folder, too
            }
        }
    }
}

/// The folders whose news can be about this path: itself, the one around it, and the same of where links lead.
fn folders(path: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    let target = path.canonicalize().ok();
    for path in [Some(path), target.as_deref()].into_iter().flatten() {
        if path.is_dir() {
            folders.push(path.to_owned());
        }
        // What is not there yet begins with the first folder on the way that is missing.
        let around = path.ancestors().skip(1).map(|around| match around.as_os_str().is_empty() {
            true => Path::new("."),
            false => around,
        });
        folders.extend(around.into_iter().find(|around| around.is_dir()).map(Path::to_owned));
    }
    folders
}

fn look(path: &Path) -> Look {
    match fs::metadata(path) {
        Err(_) => Look::Nothing,
        Ok(metadata) if metadata.is_dir() => {
            let entries = fs::read_dir(path).into_iter().flatten().flatten();
            let files = entries.filter_map(|entry| {
                let path = entry.path();
                let is_yaml = matches!(path.extension()?.to_str(), Some("yaml" | "yml"));
                let metadata = fs::metadata(&path).ok()?;
                (is_yaml && metadata.is_file()).then(|| (entry.file_name(), version(&metadata)))
            });
            Look::Folder(files.collect())
        }
        Ok(metadata) => Look::File(version(&metadata)),
    }
}

fn version(metadata: &Metadata) -> Version {
    Version {
        device: metadata.dev(),
        inode: metadata.ino(),
        size: metadata.size(),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use gyr_testkit::{Folder, eventually};

    use super::*;

    fn rename(folder: &Folder, from: &str, to: &str) {
        fs::rename(folder.join(from), folder.join(to)).unwrap();
    }

    /// What somebody does in a folder with `a.yaml` and the folder `d` with `b.yaml`, and whether it is a change.
    type Case = (&'static str, fn(&Folder), bool);

    const CASES: &[Case] = &[
        ("writes into a file", |folder| drop(folder.write("a.yaml", "other")), true),
        (
            "puts another in its place",
            |folder| {
                folder.write("a.yaml.new", "1");
                rename(folder, "a.yaml.new", "a.yaml");
            },
            true,
        ),
        (
            "moves it away and writes it anew",
            |folder| {
                rename(folder, "a.yaml", "a.yaml~");
                folder.write("a.yaml", "1");
            },
            true,
        ),
        ("takes it away", |folder| fs::remove_file(folder.join("a.yaml")).unwrap(), true),
        ("adds a file to a folder", |folder| drop(folder.write("d/c.yml", "2")), true),
        ("changes a file of a folder", |folder| drop(folder.write("d/b.yaml", "other")), true),
        ("leaves a backup", |folder| drop(folder.write("d/b.yaml~", "2")), false),
        ("writes another file", |folder| drop(folder.write("z.yaml", "2")), false),
        ("makes what was missing", |folder| drop(folder.write("later.yaml", "2")), true),
        (
            "makes a folder that was missing",
            |folder| {
                fs::create_dir(folder.join("none")).unwrap();
                folder.write("none/n.yaml", "2");
            },
            true,
        ),
    ];

    #[test]
    fn every_way_to_change_a_file_is_noticed() {
        for (what, act, is_change) in CASES {
            let folder = Folder::new();
            fs::create_dir(folder.join("d")).unwrap();
            folder.write("a.yaml", "1");
            folder.write("d/b.yaml", "1");
            let paths = ["a.yaml", "d", "later.yaml", "none"].map(|name| folder.join(name));
            let mut files = Files::watch(paths).unwrap();
            assert!(!files.take_news() && !files.have_changed());
            act(&folder);
            eventually(what, || files.take_news());
            assert_eq!(files.have_changed(), *is_change, "{what}");
            assert!(!files.have_changed(), "{what}");
        }
    }

    #[test]
    fn what_comes_after_the_first_change_is_noticed_too() {
        let folder = Folder::new();
        let mut files = Files::watch([folder.join("d/e")]).unwrap();
        for (i, name) in ["d", "d/e", "d/e/a.yaml"].into_iter().enumerate() {
            match name.ends_with("yaml") {
                true => drop(folder.write(name, "1")),
                false => fs::create_dir(folder.join(name)).unwrap(),
            }
            eventually(name, || files.take_news());
            assert_eq!(files.have_changed(), i > 0, "{name}");
        }
    }

    #[test]
    fn a_link_that_is_swapped_as_kubernetes_does_is_a_change() {
        let folder = Folder::new();
        for version in ["one", "two"] {
            fs::create_dir(folder.join(version)).unwrap();
            folder.write(&format!("{version}/rules.yaml"), version);
        }
        symlink("one", folder.join("..data")).unwrap();
        symlink("..data/rules.yaml", folder.join("rules.yaml")).unwrap();
        let mut files = Files::watch([folder.join("rules.yaml")]).unwrap();
        symlink("two", folder.join("..data_tmp")).unwrap();
        rename(&folder, "..data_tmp", "..data");
        eventually("news", || files.take_news());
        assert!(files.have_changed());
    }
}
