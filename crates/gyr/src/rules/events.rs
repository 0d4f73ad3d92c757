//! Where the tools for rules get events from: captures, and events as text.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use gyr_alert::Alert;
use gyr_capture::Source;
use gyr_capture::scap::Replay;
use gyr_capture::text::TextEvents;
use gyr_engine::{Control, Engine, Settings, Turn};
use gyr_event::snapshot::Snapshot;
use gyr_state::{Limits, NoHost};

/// Events that are over.
pub(super) struct Events {
    source: Box<dyn Source>,
    /// What was there before the first of them.
    snapshot: Snapshot,
}

impl Events {
    /// A capture, or events as text if the file does not begin as captures do.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let cannot = || format!("cannot read {}", path.display());
        let mut start = [0; 4];
        let n = File::open(path).with_context(cannot)?.read(&mut start).with_context(cannot)?;
        let is_capture = start
            .get(..n)
            .is_some_and(|start| start.starts_with(&GZIP) || start == SECTION.as_slice());
        if is_capture {
            let mut source = Replay::open(path)?;
            return Ok(Self { snapshot: source.take_snapshot(), source: Box::new(source) });
        }
        let text = std::fs::read_to_string(path).with_context(cannot)?;
        Ok(TextEvents::parse(&path.display().to_string(), &text)?.into())
    }

    /// All of them, through the engine.
    pub(super) fn run(mut self, engine: &mut Engine, control: &mut impl Control) -> Result<()> {
        engine.load(self.snapshot);
        engine.run(&mut *self.source, &mut NoHost, control)?;
        Ok(())
    }
}

impl From<TextEvents> for Events {
    fn from(mut source: TextEvents) -> Self {
        Self { snapshot: source.take_snapshot(), source: Box::new(source) }
    }
}

/// How captures begin: packed, or with the type of their first block.
const GZIP: [u8; 2] = [0x1f, 0x8b];
const SECTION: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// What an engine needs to know to read events that are over.
pub(super) fn settings() -> Settings {
    Settings {
        hostname: crate::steps::hostname().into(),
        limits: Limits::default(),
        own_pid: None,
        duration: None,
        captures: None,
        forget: None,
    }
}

/// Keeps all alerts.
#[derive(Default)]
pub(super) struct Alerts(pub(super) Vec<Alert>);

impl Control for Alerts {
    fn alert(&mut self, alert: Alert) {
        self.0.push(alert);
    }

    fn goes_on(&mut self, _: Turn) -> bool {
        true
    }
}
