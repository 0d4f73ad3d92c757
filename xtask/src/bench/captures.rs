//! The captures that are measured with: as they come, unpacked, and one many times over.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use anyhow::{Result, bail};
use flate2::read::MultiGzDecoder;
use gyr_capture::scap::{Packing, Replay, Writer};
use gyr_capture::{Next, Record, Source};
use gyr_event::Event;

use super::Setup;

/// A capture of everyday work: its name, and how many events it has.
pub(super) const LARGE: (&str, f64) = ("mixed", 293_213.0);
/// What the start costs is taken off with this one.
pub(super) const SMALL: (&str, f64) = ("files", 1_056.0);

/// The capture without its compression, in the scratch folder.
pub(super) fn unpacked(setup: &Setup, name: &str) -> Result<PathBuf> {
    let path = setup.scratch.join(format!("{name}.scap"));
    if !path.exists() {
        let mut packed = MultiGzDecoder::new(File::open(setup.capture(name))?);
        io::copy(&mut packed, &mut File::create(&path)?)?;
    }
    Ok(path)
}

/// The events of the large capture so many times over, each time later than before, in one file.
pub(super) fn repeated(setup: &Setup, times: usize, packing: Packing) -> Result<PathBuf> {
    let path = setup.scratch.join(format!("long-{times}-{packing:?}.scap"));
    if path.exists() {
        return Ok(path);
    }
    let source = unpacked(setup, LARGE.0)?;
    let mut writer = Writer::create(&path, packing, &Replay::open(&source)?.take_snapshot())?;
    let (mut last, mut bytes) = (0, Vec::new());
    for _ in 0..times {
        let mut replay = Replay::open(&source)?;
        let mut shift = None;
        loop {
            match replay.next()? {
                Next::Record(record) => {
                    let ts = record.event.ts();
                    // Events of one pass may go back in time a little, as they do in the file.
                    let ts = ts + *shift.get_or_insert_with(|| last.max(ts) - ts);
                    last = last.max(ts);
                    bytes.clear();
                    bytes.extend_from_slice(&ts.to_le_bytes());
                    bytes.extend_from_slice(&record.event.record()[size_of::<u64>()..]);
                    let event = Event::decode(&bytes)?.at(record.event.cpu(), 0);
                    writer.write(&Record { event, ..record })?;
                }
                Next::End => break,
                Next::Restart(_) | Next::Idle => bail!("{} is more than one capture", LARGE.0),
            }
        }
    }
    writer.close()?;
    Ok(path)
}
