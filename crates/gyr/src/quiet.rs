//! Notices that no event has come for long, which on a living machine means that none is sent.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gyr_alert::{Alert, Clock, Form, Key, Priority, Value};

use crate::metrics::sample::now;

const RULE: &str = "Falco internal: timeouts notification";

/// What Falco waits for an event before it counts a timeout.
const TIMEOUT: Duration = Duration::from_millis(30);

/// How long it has been quiet.
#[derive(Debug)]
pub(crate) struct Quiet {
    /// So many timeouts in a row are worth an alert.
    pub(crate) most: u64,
    /// Since when there was no event, or the last alert about that. `None` while events come.
    since: Option<Instant>,
}

impl Quiet {
    pub(crate) const fn new(most: u64) -> Self {
        Self { most, since: None }
    }

    #[inline]
    pub(crate) const fn event(&mut self) {
        self.since = None;
    }

    /// There was no event; whether it has been so for too long.
    pub(crate) fn is_too_long(&mut self, now: Instant) -> bool {
        let since = *self.since.get_or_insert(now);
        let timeouts = now.saturating_duration_since(since).as_nanos() / TIMEOUT.as_nanos();
        let is_too_long = timeouts >= u128::from(self.most);
        if is_too_long {
            self.since = Some(now);
        }
        is_too_long
    }

    /// `last` is the time of the last event; 0 if there was none.
    pub(crate) fn alert(&self, last: u64, hostname: &Arc<str>) -> Alert {
        let mut time = b"none".to_vec();
        if last > 0 {
            time.clear();
            Clock::system().write_local_time(last, &mut time);
        }
        let message = format!("{RULE}. {} consecutive timeouts without event.", self.most);
        let keys = vec![Key::Cell { name: "last_event_time".to_owned(), index: 0 }];
        Alert {
            time: now(),
            hostname: Arc::clone(hostname),
            form: Arc::new(Form::internal(RULE, Priority::Debug, message, keys)),
            cells: [Value::Text(time.into()).into()].into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_too_long_again_and_again_until_an_event_comes() {
        let start = Instant::now();
        let at = |n: u32| start + TIMEOUT * n;
        let mut quiet = Quiet::new(10);
        let asked = [0, 9, 10, 11, 19, 20];
        let answers = asked.map(|n| quiet.is_too_long(at(n)));
        assert_eq!(answers, [false, false, true, false, false, true]);
        quiet.event();
        assert_eq!([30, 39, 40].map(|n| quiet.is_too_long(at(n))), [false, false, true]);
    }
}
