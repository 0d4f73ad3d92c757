//! Reads a capture to its end and prints what was in it; what instructions per event of the reader are measured with.
#![allow(clippy::print_stdout, reason = "a command-line tool")]

use std::path::Path;

use gyr_capture::{Next, Source, SourceError, scap::Replay};

fn main() -> Result<(), SourceError> {
    for path in std::env::args_os().skip(1) {
        let mut replay = Replay::open(Path::new(&path))?;
        let snapshot = replay.take_snapshot();
        println!("{} threads, {} fds", snapshot.threads.len(), snapshot.fds.len());
        loop {
            match replay.next()? {
                Next::Record(_) | Next::Idle => {}
                Next::Restart(snapshot) => println!("restart: {} threads", snapshot.threads.len()),
                Next::End => break,
            }
        }
        println!("{:?}", replay.stats());
    }
    Ok(())
}
