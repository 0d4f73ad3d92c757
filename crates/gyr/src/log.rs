//! Messages about ourselves: to standard error, to syslog.

use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use gyr_alert::Priority;
use gyr_config::Logs;
use gyr_outputs::{Syslog, SyslogSettings};
use jiff::{Timestamp, Zoned, tz::TimeZone};

/// Where messages go; cheap to clone. A change of settings is one for all clones.
#[derive(Clone, Debug)]
pub(crate) struct Log(Arc<RwLock<Settings>>);

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
        Self::of(Settings {
            stderr: true,
            syslog: None,
            level: Priority::Informational,
            iso8601: false,
        })
    }

    /// Nowhere.
    pub(crate) fn silent() -> Self {
        let level = Priority::Emergency;
        Self::of(Settings { stderr: false, syslog: None, level, iso8601: false })
    }

    /// From now on as the configuration says.
    pub(crate) fn set_up(&self, logs: &Logs, iso8601: bool) {
        let level = logs.level.parse().unwrap_or(Priority::Informational);
        let syslog = logs
            .syslog
            .then(|| Syslog::open(&SyslogSettings::default()))
            .and_then(Result::ok)
            .map(Mutex::new);
        let settings = Settings { stderr: logs.stderr, syslog, level, iso8601 };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    fn of(settings: Settings) -> Self {
        Self(Arc::new(RwLock::new(settings)))
    }

    pub(crate) fn write(&self, priority: Priority, text: &str) {
        let settings = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if priority > settings.level {
            return;
        }
        if settings.stderr {
            // Not as eprintln does: that panics when nobody reads any more.
            let line = format!("{}: {text}\n", time(settings.iso8601));
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
        if let Some(syslog) = &settings.syslog {
            let mut syslog = syslog.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = syslog.write(priority, text.as_bytes()); // a log that is gone cannot be told
        }
    }

    pub(crate) fn error(&self, text: &str) {
        self.write(Priority::Error, text);
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
}

fn time(iso8601: bool) -> String {
    if iso8601 {
        let utc = Timestamp::now().to_zoned(TimeZone::UTC);
        return utc.strftime("%FT%T%z").to_string();
    }
    Zoned::now().strftime("%a %b %d %H:%M:%S %Y").to_string()
}
