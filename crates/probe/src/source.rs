//! The probe as a source of events: drained on a timer, since records are submitted without waking the reader.

use std::time::Duration;

use gyr_capture::{Next, Record, RecordFlags, Source, SourceError};
use gyr_event::Event;

use crate::layout::{FOREIGN, PREFIX_LEN, Prefix};
use crate::load::Probe;

/// How long to wait when the ring has run dry, at first and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// What the reading end keeps.
#[derive(Debug)]
pub(crate) struct Reader {
    pause: Duration,
    records: u64,
    bad: u64,
    bytes: u64,
    cpus: Vec<Sequence>,
}

/// The records of one CPU that came through.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sequence {
    next: u32,
    pub(crate) received: u64,
    pub(crate) gaps: u64,
}

impl Reader {
    pub(crate) fn new(n_cpus: usize) -> Self {
        Self {
            pause: FIRST_PAUSE,
            records: 0,
            bad: 0,
            bytes: 0,
            cpus: vec![Sequence::default(); n_cpus],
        }
    }

    pub(crate) fn sequence(&self, cpu: usize) -> Sequence {
        self.cpus.get(cpu).copied().unwrap_or_default()
    }

    fn count(&mut self, prefix: Prefix, len: usize) {
        self.records += 1;
        self.bytes += len as u64;
        self.pause = FIRST_PAUSE;
        if let Some(cpu) = self.cpus.get_mut(usize::from(prefix.cpu)) {
            cpu.received += 1;
            cpu.gaps += u64::from(prefix.seq.wrapping_sub(cpu.next));
            cpu.next = prefix.seq.wrapping_add(1);
        }
    }

    fn wait(&mut self) {
        std::thread::sleep(self.pause);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }
}

impl Source for Probe {
    /// Waits up to 10 ms, the longer the quieter it has been, before it says [`Next::Idle`].
    fn next(&mut self) -> Result<Next<'_>, SourceError> {
        let Some(place) = self.ring.advance() else {
            self.keep_time();
            self.reader.wait();
            return Ok(Next::Idle);
        };
        let Some((prefix, _)) = Prefix::split(self.ring.bytes(place)) else {
            self.reader.bad += 1;
            return Ok(Next::Idle);
        };
        if prefix.flags & FOREIGN != 0 {
            self.see_foreign();
        }
        let record = self.ring.bytes(place).get(PREFIX_LEN..).unwrap_or_default();
        self.reader.count(prefix, record.len());
        match Event::decode(record) {
            Ok(event) => {
                let event = event.at(prefix.cpu, 0);
                Ok(Next::Record(Record { event, flags: RecordFlags::default() }))
            }
            Err(_) => {
                self.reader.bad += 1;
                Ok(Next::Idle)
            }
        }
    }

    fn stats(&self) -> gyr_capture::Stats {
        gyr_capture::Stats {
            records: self.reader.records - self.reader.bad,
            bad: self.reader.bad,
            bytes: self.reader.bytes,
            lost: self.kernel_stats().map_or(0, |stats| stats.dropped()),
            ..gyr_capture::Stats::default()
        }
    }
}
