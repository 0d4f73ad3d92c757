//! The file that a process runs: its inode, who may write to it, and which layer of an overlay it is from.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use gyr_event::snapshot::ThreadEntry;
use rustix::fs::StatVfsMountFlags;

use crate::files::{lines, number, read, words};
use crate::process::Status;

const CAP_DAC_OVERRIDE: u64 = 1 << 1;
const CAP_FOWNER: u64 = 1 << 3;
const OVERLAYFS_MAGIC: u64 = 0x794c_7630;

/// Fills in what concerns the program's file, which may be another one by now: nothing then.
pub(crate) fn apply(root: &Path, dir: &Path, status: &Status, entry: &mut ThreadEntry) {
    entry.exe_from_memfd = entry.exepath.starts_with(b"memfd:");
    let link = dir.join("exe");
    let Ok(meta) = std::fs::metadata(&link) else { return };
    entry.exe_ino = meta.ino();
    entry.exe_ino_ctime = nanoseconds(meta.ctime(), meta.ctime_nsec());
    entry.exe_ino_mtime = nanoseconds(meta.mtime(), meta.mtime_nsec());
    let read_only = rustix::fs::statvfs(&link)
        .is_ok_and(|file_system| file_system.f_flag.contains(StatVfsMountFlags::RDONLY));
    entry.exe_writable = !read_only && may_write(&meta, entry, status);
    let overlay = rustix::fs::statfs(&link)
        .is_ok_and(|file_system| file_system.f_type.cast_unsigned() == OVERLAYFS_MAGIC);
    if overlay {
        entry.exe_upper_layer = is_upper(root, dir, &entry.exepath);
        entry.exe_lower_layer = !entry.exe_upper_layer;
    }
}

/// By owner, mode and capabilities, as the probe has it for events; access control lists are not looked at.
fn may_write(meta: &std::fs::Metadata, entry: &ThreadEntry, status: &Status) -> bool {
    if meta.uid() == entry.uid {
        return true;
    }
    let in_group = meta.gid() == entry.gid
        || words(status.line("Groups")).any(|group| number(group) == Some(meta.gid()));
    let mode = if in_group { meta.mode() >> 3 } else { meta.mode() };
    mode & 2 != 0 || status.effective_caps() & (CAP_DAC_OVERRIDE | CAP_FOWNER) != 0
}

/// Whether the upper folder of the process's root has the file.
fn is_upper(root: &Path, dir: &Path, exepath: &[u8]) -> bool {
    let mounts = read(&dir.join("mountinfo"));
    let Some(upper) = upper_dir(&mounts) else { return false };
    let inside = exepath.strip_prefix(b"/").unwrap_or(exepath);
    let upper = upper.strip_prefix("/").map_or_else(|_| upper.clone(), |path| root.join(path));
    upper.join(std::ffi::OsStr::from_bytes(inside)).symlink_metadata().is_ok()
}

/// The upper folder of the overlay that is mounted at "/".
fn upper_dir(mountinfo: &[u8]) -> Option<PathBuf> {
    let line = lines(mountinfo).find(|line| words(line).nth(4) == Some(b"/"))?;
    let options = words(line).last()?;
    let upper =
        options.split(|byte| *byte == b',').find_map(|option| option.strip_prefix(b"upperdir="))?;
    Some(PathBuf::from(std::ffi::OsStr::from_bytes(upper)))
}

fn nanoseconds(sec: i64, nsec: i64) -> u64 {
    let sec = u64::try_from(sec).unwrap_or(0);
    sec.saturating_mul(1_000_000_000).saturating_add(nsec.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upper_folder_is_that_of_the_root() {
        let mounts =
            b"1 0 0:1 / / rw - overlay overlay rw,lowerdir=/l,upperdir=/var/u,workdir=/w\n\
                       2 1 0:2 / /x rw - overlay overlay rw,upperdir=/other\n";
        assert_eq!(upper_dir(mounts), Some(PathBuf::from("/var/u")));
        assert_eq!(upper_dir(b"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"), None);
    }
}
