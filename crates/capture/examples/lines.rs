//! Prints a capture as text.
#![allow(clippy::print_stdout, reason = "a command-line tool")]

use std::path::Path;

use gyr_capture::{
    Next, Source, SourceError,
    scap::Replay,
    text::{Line, snapshot, time_line},
};

fn main() -> Result<(), SourceError> {
    for path in std::env::args_os().skip(1) {
        let mut replay = Replay::open(Path::new(&path))?;
        print!("{}", snapshot(&replay.take_snapshot()));
        let mut base = None;
        loop {
            match replay.next()? {
                Next::Record(record) => {
                    let base = *base.get_or_insert_with(|| {
                        println!("{}", time_line(record.event.ts()));
                        record.event.ts()
                    });
                    println!("{}", Line::new(record, base));
                }
                Next::Restart(again) => print!("restart\n{}", snapshot(&again)),
                Next::Idle => println!("idle"),
                Next::End => break,
            }
        }
    }
    Ok(())
}
