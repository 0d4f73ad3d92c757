//! Messages about ourselves: to standard error, to syslog.

use std::sync::{Arc, Mutex, PoisonError};

use gyr_alert::Priority;
use gyr_config::Logs;
use gyr_outputs::{Syslog, SyslogSettings};
use jiff::{Timestamp, Zoned, tz::TimeZone};

/// Where messages go; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Log(Arc<Settings>);

#[derive(Debug)]
struct Settings {
    stderr: bool,
    syslog: Option<Mutex<Syslog>>,
    /// The least grave that is written.
    level: Priority,
    iso8601: bool,
}

impl Log {
    /// Until the configuration is known.
    pub(crate) fn early() -> Self {
        Self(Arc::new(Settings {
            stderr: true,
            syslog: None,
            level: Priority::Informational,
            iso8601: false,
        }))
    }

    /// Nowhere.
    pub(crate) fn silent() -> Self {
        let level = Priority::Emergency;
        Self(Arc::new(Settings { stderr: false, syslog: None, level, iso8601: false }))
    }

    pub(crate) fn new(logs: &Logs, iso8601: bool) -> Self {
        let level = logs.level.parse().unwrap_or(Priority::Informational);
        let syslog = logs
            .syslog
            .then(|| Syslog::open(&SyslogSettings::default()))
            .and_then(Result::ok)
            .map(Mutex::new);
        Self(Arc::new(Settings { stderr: logs.stderr, syslog, level, iso8601 }))
    }

    #[allow(clippy::print_stderr, reason = "this is where messages go")]
    pub(crate) fn write(&self, priority: Priority, text: &str) {
        if priority > self.0.level {
            return;
        }
        if self.0.stderr {
            eprintln!("{}: {text}", self.time());
        }
        if let Some(syslog) = &self.0.syslog {
            let mut syslog = syslog.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = syslog.write(priority, text.as_bytes()); // a log that is gone cannot be told
        }
    }

    pub(crate) fn warning(&self, text: &str) {
        self.write(Priority::Warning, text);
    }

    pub(crate) fn info(&self, text: &str) {
        self.write(Priority::Informational, text);
    }

    pub(crate) fn debug(&self, text: &str) {
        self.write(Priority::Debug, text);
    }

    fn time(&self) -> String {
        let time = Zoned::now();
        if self.0.iso8601 {
            let utc = Timestamp::now().to_zoned(TimeZone::UTC);
            return utc.strftime("%FT%T%z").to_string();
        }
        time.strftime("%a %b %d %H:%M:%S %Y").to_string()
    }
}
