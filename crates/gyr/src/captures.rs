//! Captures that matches start: from the configuration to the engine, and back to the log and the outputs.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use gyr_alert::{Alert, Cell, Form, Key, Priority, Value};
use gyr_capture::recorder::{History, Pace};
use gyr_config::{Config, EngineKind};
use gyr_engine::{CaptureNotice, CaptureSettings};

use crate::log::Log;

const MB: u64 = 1 << 20;

/// None if captures are off.
pub(crate) fn settings(config: &Config) -> Option<CaptureSettings> {
    let capture = &config.capture;
    let nanoseconds = u64::try_from(capture.before.as_nanos()).unwrap_or(u64::MAX);
    let bytes = usize::try_from(capture.before_memory_mb * MB).unwrap_or(usize::MAX);
    let history = History { duration: nanoseconds, bytes: bytes.max(History::MIN_BYTES) };
    capture.enabled.then(|| CaptureSettings {
        prefix: capture.path_prefix.clone(),
        all_rules: capture.all_rules,
        duration: capture.default_duration_ms.saturating_mul(1_000_000),
        max_bytes: capture.max_file_size_mb * MB,
        before: (nanoseconds > 0).then_some(history),
        // The events of a file can wait, those of the kernel cannot.
        pace: match config.engine.kind {
            EngineKind::Replay => Pace::Inline,
            EngineKind::Kernel { .. } | EngineKind::NoDriver => Pace::NeverWait,
        },
    })
}

/// Tells the log; gives an alert about it if there is one.
pub(crate) fn tell(
    notice: &CaptureNotice,
    max_bytes: u64,
    hostname: &Arc<str>,
    log: &Log,
) -> Option<Alert> {
    match notice {
        CaptureNotice::Started(path) => log.info(&format!("capture {}: started", path.display())),
        CaptureNotice::Ended { path, n_records, bytes } => {
            let path = path.display();
            log.info(&format!("capture {path}: complete, {n_records} events, {bytes} bytes"));
        }
        CaptureNotice::Full { path, bytes } => {
            log.info(&format!("capture {}: ended at {bytes} bytes, its limit", path.display()));
            return Some(size_limit_reached(max_bytes / MB, *bytes, hostname));
        }
        CaptureNotice::Failed { path, error } => {
            let path = path.display();
            log.write(Priority::Error, &format!("capture {path}: cannot be written: {error}"));
        }
    }
    None
}

fn size_limit_reached(limit_mb: u64, bytes: u64, hostname: &Arc<str>) -> Alert {
    const RULE: &str = "Falco internal: capture size limit reached";
    let keys = ["max_file_size_mb", "written_bytes"];
    let keys = keys.into_iter().enumerate();
    let keys = keys.map(|(index, name)| Key::Cell { name: name.to_owned(), index }).collect();
    let message = format!("{RULE}. Configured limit: {limit_mb} MB.");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let number = |number: u64| Cell::from(Value::Text(number.to_string().into_bytes().into()));
    Alert {
        time: u64::try_from(now.as_nanos()).unwrap_or(u64::MAX),
        hostname: Arc::clone(hostname),
        form: Arc::new(Form::internal(RULE, Priority::Informational, message, keys)),
        cells: [number(limit_mb), number(bytes)].into(),
    }
}
