//! Numbers in Prometheus' text format.

use std::fmt::Write as _;

use super::Choice;
use super::sample::Sample;
use super::table::{Kind, METRICS, Metric, Number, Point, Points, Unit, View};

/// All metrics of the groups that are on.
pub(crate) fn render(sample: &Sample, choice: &Choice) -> String {
    let view = View { now: sample, before: None };
    let mut out = String::new();
    for metric in METRICS.iter().filter(|metric| choice.has(metric.group)) {
        if metric.prometheus.is_empty() {
            continue;
        }
        let points = match metric.points {
            Points::One(number) => vec![Point {
                snapshot: None,
                prometheus: None,
                labels: Vec::new(),
                number: number(&view),
            }],
            Points::Many(points) => points(&view),
        };
        let mut head = "";
        for point in &points {
            let name = point.prometheus.as_deref().unwrap_or(metric.prometheus);
            let Some(number) = number(&point.number, metric.unit) else { continue };
            if name.is_empty() {
                continue;
            }
            // A histogram's parts have names of their own under one head.
            let of = if metric.kind == Kind::Histogram { metric.prometheus } else { name };
            if head != of {
                write_head(metric, of, &mut out);
                head = of;
            }
            out.push_str(name);
            write_labels(&point.labels, &mut out);
            let _ = writeln!(out, " {number}"); // a string takes everything
        }
    }
    out
}

fn write_head(metric: &Metric, name: &str, out: &mut String) {
    let kind = match metric.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    };
    let _ = write!(out, "# HELP {name} {}\n# TYPE {name} {kind}\n", metric.help);
}

fn write_labels(labels: &[(String, String)], out: &mut String) {
    for (i, (name, value)) in labels.iter().enumerate() {
        let _ = write!(out, "{}{name}=\"", if i == 0 { '{' } else { ',' });
        for c in value.chars() {
            match c {
                '\\' => out.push_str("\\\\"),
                '"' => out.push_str("\\\""),
                '\n' => out.push_str("\\n"),
                c => out.push(c),
            }
        }
        out.push('"');
    }
    if !labels.is_empty() {
        out.push('}');
    }
}

/// Text is no number.
fn number(number: &Number, unit: Unit) -> Option<String> {
    Some(match (number, unit) {
        (Number::Text(_), _) => return None,
        (Number::Uint(value), Unit::Kib) => value.saturating_mul(1024).to_string(),
        (Number::Uint(value), _) => value.to_string(),
        (Number::Double(value), _) if value.is_infinite() => "+Inf".to_owned(),
        (Number::Double(value), Unit::Percent) => format!("{:.6}", value / 100.0),
        (Number::Double(value), _) => format!("{value:.6}"),
    })
}
