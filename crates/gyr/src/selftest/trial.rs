//! One trial: an alert about a harmless event, followed to every output.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use gyr_alert::{Alert, Priority};
use gyr_engine::Rules;
use gyr_fields::{Field, Fields};
use gyr_outputs::{Fate, Sender, Trace};
use gyr_rules::{Loader, Matching, Ruleset};
use serde::{Deserialize, Serialize};

use crate::desk::Desk;
use crate::metrics::sample::now;
use crate::steps::rules::SYSCALL;

/// How far the alert came.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Trial {
    /// Microseconds from the event to its alert; none if it was not seen.
    seen: Option<u64>,
    outputs: Vec<Outcome>,
}

/// What became of the alert at an output.
#[derive(Debug, Serialize, Deserialize)]
struct Outcome {
    output: String,
    /// Microseconds from the alert to delivery; or why there was none.
    delivered: Result<u64, String>,
}

/// What was heard so far.
#[derive(Debug, Default)]
struct Heard {
    seen: Option<u64>,
    /// Of all outputs that have the alert before them.
    outputs: Vec<&'static str>,
    fates: Vec<(&'static str, Fate)>,
}

/// How long everything may take.
const LIMIT: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// An engine that does not look up in this time hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// Not an output that anybody has configured: it counts alerts for Prometheus.
const OWN: &str = "metrics";

/// Has the engine at `desk` watch for an open of `file` until its alert went to every output of `sender`.
pub(crate) fn trial(
    desk: &Desk,
    sender: &Sender,
    file: &Path,
    wait: &dyn Fn(Duration),
) -> Result<Trial> {
    let rules = rules(file)?;
    let interest = rules.ruleset().interest().clone();
    let heard = Arc::new(Mutex::new(Heard::default()));
    let tell = tell(Arc::clone(&heard), sender.clone());
    let armed = desk.ask(PATIENCE, move |station| {
        station.engine.assert_beside(rules, tell);
        let Some(kernel) = &mut station.kernel else { return Ok(None) };
        let before = kernel.interest().clone();
        let wanted = before.clone().union(&interest);
        if wanted == before {
            return Ok(None);
        }
        kernel.set_interest(&wanted).map(|()| Some((before, wanted)))
    });
    let interests = armed.context("the engine does not look up from its events")?;
    let since = Instant::now();
    while interests.is_ok() && since.elapsed() < LIMIT && !lock(&heard).is_complete() {
        wait(LOOK_EVERY);
    }
    let widened = interests.as_ref().ok().cloned().flatten();
    let disarmed = desk.ask(PATIENCE, move |station| {
        station.engine.assert_no_more();
        // Unless a reload has come between.
        if let (Some(kernel), Some((before, wanted))) = (&mut station.kernel, widened)
            && *kernel.interest() == wanted
        {
            return kernel.set_interest(&before);
        }
        Ok(())
    });
    interests?;
    disarmed.context("the engine does not look up from its events")??;
    let trial = lock(&heard).trial();
    Ok(trial)
}

/// One rule, about this file.
pub(super) fn rules(file: &Path) -> Result<Rules> {
    let name = file.to_str().filter(|name| name.chars().all(is_plain));
    let Some(name) = name else { bail!("{}: not the name of a selftest", file.display()) };
    let text = format!(
        "- rule: Gyr self-test\n  \
           desc: Sent by gyr selftest.\n  \
           condition: evt.type in (open, openat, openat2) and fd.name = {name}\n  \
           output: gyr selftest has opened a file (file=%fd.name process=%proc.name pid=%proc.pid)\n  \
           priority: INFORMATIONAL\n"
    );
    let mut loader = Loader::new([(SYSCALL.to_owned(), Fields::default())]);
    let result = loader.load("selftest", &text);
    if !result.is_ok() {
        bail!("{}", result.to_text());
    }
    let ruleset = loader.ruleset(&[], Priority::Debug, Matching::First);
    Rules::new(Arc::new(ruleset), SYSCALL).ok_or_else(|| anyhow!("no fields are known"))
}

pub(super) fn no_rules() -> Arc<Ruleset<Field>> {
    let loader = Loader::new([(SYSCALL.to_owned(), Fields::default())]);
    Arc::new(loader.ruleset(&[], Priority::Debug, Matching::First))
}

const fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.')
}

/// Sends the first alert to all outputs.
fn tell(heard: Arc<Mutex<Heard>>, sender: Sender) -> Box<dyn FnMut(Alert) + Send> {
    Box::new(move |alert| {
        if lock(&heard).seen.is_some() {
            return;
        }
        let seen = now().saturating_sub(alert.time) / 1_000;
        lock(&heard).seen = Some(seen);
        let told = Arc::clone(&heard);
        let trace = Trace(Arc::new(move |output, fate| lock(&told).fates.push((output, fate))));
        let outputs = sender.send_traced(alert, trace);
        lock(&heard).outputs = outputs;
    })
}

impl Heard {
    fn is_complete(&self) -> bool {
        let is_told = |output: &&str| self.fates.iter().any(|(of, _)| of == output);
        self.seen.is_some() && self.outputs.iter().all(is_told)
    }

    fn trial(&self) -> Trial {
        let delivered = |output: &str| match self.fates.iter().find(|(of, _)| *of == output) {
            Some((_, Fate::Delivered(time))) => Ok(micros(*time)),
            Some((_, Fate::Dropped(why))) => Err(why.clone()),
            None => Err(format!("nothing within {} s", LIMIT.as_secs())),
        };
        let outputs = self.outputs.iter().copied().filter(|output| *output != OWN);
        let outcome =
            |output: &str| Outcome { output: output.to_owned(), delivered: delivered(output) };
        Trial { seen: self.seen, outputs: outputs.map(outcome).collect() }
    }
}

impl Trial {
    /// Whether every output has delivered.
    pub(crate) fn is_good(&self) -> bool {
        self.seen.is_some() && self.outputs.iter().all(|outcome| outcome.delivered.is_ok())
    }
}

/// A line for each part of the way.
impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seen {
            Some(time) => writeln!(f, "kernel to engine: {}", ms(time))?,
            None => writeln!(f, "kernel to engine: no event came within {} s", LIMIT.as_secs())?,
        }
        for Outcome { output, delivered } in &self.outputs {
            match delivered {
                Ok(time) => writeln!(f, "{output}: delivered after {}", ms(*time))?,
                Err(why) => writeln!(f, "{output}: NOT delivered: {why}")?,
            }
        }
        Ok(())
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn ms(micros: u64) -> String {
    format!("{:.1} ms", micros as f64 / 1e3)
}

/// Nothing that can panic runs under this lock.
fn lock(heard: &Mutex<Heard>) -> MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_is_good_if_every_output_has_delivered() {
        let mut heard = Heard::default();
        assert!(!heard.is_complete() && !heard.trial().is_good());
        assert!(heard.trial().to_string().contains("no event came"));
        heard.seen = Some(1_500);
        heard.outputs = vec!["stdout", "http", "file", OWN];
        let (good, bad) = (Fate::Delivered(Duration::from_millis(2)), "refused".to_owned());
        heard.fates = vec![(OWN, good.clone()), ("stdout", good), ("http", Fate::Dropped(bad))];
        assert!(!heard.is_complete());
        let want = "kernel to engine: 1.5 ms\nstdout: delivered after 2.0 ms\n\
                    http: NOT delivered: refused\nfile: NOT delivered: nothing within 15 s\n";
        let trial = heard.trial();
        assert_eq!((trial.to_string().as_str(), trial.is_good()), (want, false));
        heard.outputs.retain(|output| matches!(*output, "stdout" | OWN));
        assert!(heard.is_complete() && heard.trial().is_good());
    }

    #[test]
    fn only_plain_names_become_rules() {
        assert!(rules(Path::new("/tmp/gyr-selftest-1")).is_ok());
        assert!(rules(Path::new("/tmp/a or evt.type=x")).is_err());
    }
}
