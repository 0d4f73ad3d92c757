//! Numbers as an alert about ourselves, and as a line of a file.

use std::sync::Arc;

use gyr_alert::{Alert, Cell, Form, Key, Priority, Value};
use serde_json::{Map, json};

use super::Choice;
use super::sample::Sample;
use super::table::{Group, METRICS, Number, Points, Unit, View, rounded};

const RULE: &str = "Falco internal: metrics snapshot";
const MESSAGE: &str = "Falco metrics snapshot";

/// The names and values of a snapshot. Rates need the snapshot before.
pub(crate) fn fields(
    sample: &Sample,
    before: Option<&Sample>,
    choice: &Choice,
) -> Vec<(String, Number)> {
    let view = View { now: sample, before };
    let mut fields = Vec::new();
    for metric in METRICS.iter().filter(|metric| choice.has(metric.group)) {
        let keeps_zero = choice.include_empty_values
            || matches!(metric.group, Group::Always | Group::KernelTotals);
        let mut add = |name: &str, number: Number| {
            let (suffix, number) = converted(number, metric.unit, choice);
            if keeps_zero || !is_zero(&number) {
                fields.push((format!("{name}{suffix}"), number));
            }
        };
        match metric.points {
            Points::One(_) if metric.snapshot.is_empty() => {}
            Points::One(number) => add(metric.snapshot, number(&view)),
            Points::Many(points) => {
                for point in points(&view) {
                    if let Some(name) = &point.snapshot {
                        add(name, point.number);
                    }
                }
            }
        }
    }
    fields
}

/// The snapshot as an alert.
pub(crate) fn alert(sample: &Sample, fields: &[(String, Number)]) -> Alert {
    let key =
        |(index, (name, _)): (usize, &(String, Number))| Key::Cell { name: name.clone(), index };
    let keys = fields.iter().enumerate().map(key).collect();
    let form = Form::internal(RULE, Priority::Informational, MESSAGE.to_owned(), keys);
    let cells = fields.iter().map(|(_, number)| {
        Cell::from(match number {
            Number::Uint(value) => Value::Uint(*value),
            Number::Double(value) => Value::Double(*value),
            Number::Text(text) => Value::text(text),
        })
    });
    Alert {
        time: sample.now,
        hostname: sample.facts.hostname.as_str().into(),
        form: Arc::new(form),
        cells: cells.collect(),
    }
}

/// The snapshot as a line of a file.
pub(crate) fn line(fields: &[(String, Number)], n_sample: u64) -> String {
    let value = |number: &Number| match number {
        Number::Uint(value) => json!(value),
        Number::Double(value) => json!(value),
        Number::Text(text) => json!(text),
    };
    let fields: Map<_, _> =
        fields.iter().map(|(name, number)| (name.clone(), value(number))).collect();
    format!("{}\n", json!({ "output_fields": fields, "sample": n_sample }))
}

/// The number in the unit of the settings, and what that adds to the name.
fn converted(number: Number, unit: Unit, choice: &Choice) -> (&'static str, Number) {
    match (number, unit) {
        (Number::Uint(kib), Unit::Kib) if choice.convert_memory_to_mb => {
            ("_mb", Number::Double(rounded(kib as f64 / 1024.0)))
        }
        (number, Unit::Kib) => ("_kb", number),
        (Number::Uint(bytes), Unit::Bytes) if choice.convert_memory_to_mb => {
            ("_mb", Number::Double(rounded(bytes as f64 / 1024.0 / 1024.0)))
        }
        (number, Unit::Bytes) => ("_bytes", number),
        (Number::Double(percent), Unit::Percent) => ("", Number::Double(rounded(percent))),
        (number, _) => ("", number),
    }
}

fn is_zero(number: &Number) -> bool {
    match number {
        Number::Uint(value) => *value == 0,
        Number::Double(value) => *value == 0.0,
        Number::Text(_) => false,
    }
}
