//! Alerts counted as falco-exporter counts them, for the dashboards that are made for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use gyr_alert::{Alert, FormKind, Key};
use gyr_outputs::{Batch, Batching, Failed, Output, Tap};

/// How often each kind of alert went out.
#[derive(Debug, Default)]
pub(crate) struct EventCounts(Mutex<HashMap<Series, u64>>);

/// The labels of a count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Series {
    pub(crate) rule: String,
    /// 0 (emergency) to 7 (debug).
    pub(crate) priority: u8,
    pub(crate) hostname: String,
    pub(crate) source: String,
    pub(crate) namespace: String,
    pub(crate) pod: String,
    /// Each between commas.
    pub(crate) tags: String,
}

/// More are counted without their pod: pods come and go, and whoever starts them chooses their names.
const MAX_SERIES: usize = 10_000;

impl EventCounts {
    /// The output that counts.
    pub(crate) fn tap(self: &Arc<Self>) -> Tap {
        let counts = Arc::clone(self);
        let open = move || Ok(Box::new(Counter(Arc::clone(&counts))) as Box<dyn Output>);
        Tap { name: "metrics", open: Arc::new(open) }
    }

    /// In order.
    pub(crate) fn all(&self) -> Vec<(Series, u64)> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = counts.iter().map(|(series, n)| (series.clone(), *n)).collect();
        all.sort_unstable();
        all
    }

    fn count(&self, alert: &Alert) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut series = Series::of(alert);
        if counts.len() >= MAX_SERIES && !counts.contains_key(&series) {
            series.namespace.clear();
            series.pod.clear();
        }
        *counts.entry(series).or_default() += 1;
    }
}

impl Series {
    fn of(alert: &Alert) -> Self {
        let form = &alert.form;
        let tags = form.tags().join(",");
        Self {
            rule: form.name.clone(),
            priority: form.priority.number(),
            hostname: alert.hostname.to_string(),
            source: form.source.clone(),
            namespace: field(alert, "k8s.ns.name"),
            pod: field(alert, "k8s.pod.name"),
            tags: if tags.is_empty() { tags } else { format!(",{tags},") },
        }
    }
}

/// Empty if the alert has no such field.
fn field(alert: &Alert, name: &str) -> String {
    let mut value = Vec::new();
    if let Some(key) = alert.form.keys().iter().find(|key| Key::name(key) == name) {
        alert.write_key_text(key, &mut value);
    }
    if value == b"<NA>" { String::new() } else { String::from_utf8_lossy(&value).into_owned() }
}

struct Counter(Arc<EventCounts>);

impl Output for Counter {
    fn batching(&self) -> Batching {
        Batching::BLOCK
    }

    fn send(&mut self, batch: &Batch) -> Result<(), Failed> {
        let alerts = batch.lines().map(|line| line.alert);
        // What we say about ourselves is no event.
        alerts.filter(|alert| alert.form.kind == FormKind::Rule).for_each(|it| self.0.count(it));
        Ok(())
    }
}
