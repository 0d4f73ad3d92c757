//! The load `untar`: many small files out of one archive.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::Setup;
use super::loads::{Cost, need, program};

pub(super) const FILES: f64 = 10_000.0;
const FOLDERS: usize = 100;
const FILES_EACH: usize = 100;
const FILE_SIZE: usize = 1_024;

/// Unpacks the archive, which is made before the first time.
pub(super) fn run(setup: &Setup) -> Result<Cost> {
    let archive = archive(setup)?;
    let out = in_memory(setup);
    fs::create_dir(&out)?;
    let cost = program(Command::new("tar").arg("-xf").arg(archive).arg("-C").arg(&out))?;
    fs::remove_dir_all(&out)?;
    Ok(cost)
}

/// Where no disk is waited for, if there is such a place: what a disk takes varies more than anything that is measured here.
fn in_memory(setup: &Setup) -> PathBuf {
    let shm = Path::new("/dev/shm");
    let parent = if shm.is_dir() { shm } else { &setup.scratch };
    parent.join(format!("gyr-bench-untar-{}", std::process::id()))
}

fn archive(setup: &Setup) -> Result<PathBuf> {
    need("tar", "tar")?;
    let path = setup.scratch.join("untar.tar");
    if path.exists() {
        return Ok(path);
    }
    let tree = setup.scratch.join("tree");
    for folder in 0..FOLDERS {
        let folder = tree.join(folder.to_string());
        fs::create_dir_all(&folder)?;
        for file in 0..FILES_EACH {
            fs::write(folder.join(file.to_string()), [b'x'; FILE_SIZE])?;
        }
    }
    program(Command::new("tar").arg("-cf").arg(&path).arg("-C").arg(&tree).arg("."))?;
    fs::remove_dir_all(tree)?;
    Ok(path)
}
