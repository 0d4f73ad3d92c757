//! What serves others beside the outputs: gRPC, the web server, metrics. Made at the start, adapted by reloads.

use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result};
use gyr_config::Config;
use gyr_outputs::{Outputs, Sender, Tap};
use gyr_serve::{Grpc, Hub, HubLimits, Web};

use super::ReloadCounts;
use crate::desk::Desk;
use crate::log::Log;
use crate::metrics::events::EventCounts;
use crate::metrics::sample::Facts;
use crate::metrics::{Metrics, Setup, Snapshots, Ticker};
use crate::steps::control::Known;
use crate::steps::{metrics, outputs, serve};

/// The parts that are on.
#[derive(Default)]
pub(crate) struct Parts {
    /// Where alerts wait for subscribers, and the output that feeds it.
    pub(crate) hub: Option<(Arc<Hub>, Tap)>,
    /// Alerts counted for Prometheus.
    counts: Option<(Arc<EventCounts>, Tap)>,
    grpc: Option<Grpc>,
    web: Option<Web>,
    metrics: Option<Arc<Metrics>>,
    ticker: Option<(Ticker, Snapshots)>,
    pub(crate) reloads: Arc<ReloadCounts>,
    /// What the control socket tells of, if it is open.
    pub(crate) known: Option<Arc<Mutex<Arc<Known>>>>,
}

/// What the parts are made with.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    pub(crate) config: &'a Config,
    pub(crate) log: &'a Log,
    pub(crate) desk: &'a Arc<Desk>,
}

impl Parts {
    /// Opens what feeds subscribers and counts, and closes what is no longer wanted.
    pub(crate) fn open_taps(&mut self, config: &Config) {
        let wants_hub = config.grpc.enabled && config.grpc_output;
        self.hub = self.hub.take().filter(|_| wants_hub);
        if wants_hub && self.hub.is_none() {
            let n_alerts = usize::try_from(config.outputs_queue_capacity).unwrap_or(usize::MAX);
            let hub = Hub::new(HubLimits { n_alerts, bytes: outputs::QUEUE_BYTES });
            let tap = hub.tap();
            self.hub = Some((hub, tap));
        }
        let wants_counts = config.metrics.enabled && config.webserver.prometheus_metrics_enabled;
        self.counts = self.counts.take().filter(|_| wants_counts);
        if wants_counts && self.counts.is_none() {
            let counts = Arc::<EventCounts>::default();
            let tap = counts.tap();
            self.counts = Some((counts, tap));
        }
    }

    /// The outputs that feed subscribers and counts.
    pub(crate) fn taps(&self) -> Vec<Tap> {
        let hub = self.hub.iter().map(|(_, tap)| tap);
        hub.chain(self.counts.iter().map(|(_, tap)| tap)).cloned().collect()
    }

    /// Starts to count, goes on counting in another way, or ends it.
    pub(crate) fn set_up_metrics(
        &mut self,
        around: Around<'_>,
        sender: Sender,
        facts: Facts,
        snapshots: Option<Snapshots>,
    ) -> Result<()> {
        if !around.config.metrics.enabled {
            self.ticker = None;
            self.metrics = None;
            return Ok(());
        }
        let setup = Setup {
            facts: Arc::new(facts),
            choice: metrics::choice(around.config),
            hub: self.hub.as_ref().map(|(hub, _)| Arc::clone(hub)),
            events: self.counts.as_ref().map(|(counts, _)| Arc::clone(counts)).unwrap_or_default(),
        };
        let metrics = match &self.metrics {
            Some(metrics) => {
                metrics.set_up(setup);
                Arc::clone(metrics)
            }
            None => {
                let reloads = Arc::clone(&self.reloads);
                let metrics = Metrics::new(Arc::clone(around.desk), sender, reloads, setup);
                Arc::clone(self.metrics.insert(Arc::new(metrics)))
            }
        };
        if self.ticker.as_ref().map(|(_, snapshots)| snapshots) != snapshots.as_ref() {
            self.ticker = None;
            if let Some(snapshots) = snapshots {
                let ticker = Ticker::start(metrics, snapshots.clone(), around.log.clone())
                    .context("cannot start the thread of the metrics")?;
                self.ticker = Some((ticker, snapshots));
            }
        }
        Ok(())
    }

    /// A server that does not start is told to the log: alerts have other ways out.
    pub(crate) fn start_grpc(&mut self, around: Around<'_>) {
        let hub = self.hub.as_ref().map(|(hub, _)| Arc::clone(hub));
        self.grpc = serve::grpc_server(around.config, hub, around.log);
    }

    pub(crate) fn start_web(&mut self, around: Around<'_>) -> Result<()> {
        self.web = serve::web_server(around, self.metrics.as_ref())?;
        Ok(())
    }

    /// Adapts all of it to a configuration that was `old` and is another now. What has not changed goes on undisturbed.
    pub(crate) fn adapt(
        &mut self,
        old: &Config,
        around: Around<'_>,
        (outputs, unbuffered): (&Outputs, bool),
        facts: Facts,
    ) -> Result<()> {
        let new = around.config;
        let of_grpc = |c: &Config| (c.grpc.clone(), c.grpc_output, c.outputs_queue_capacity);
        let is_other_grpc = of_grpc(old) != of_grpc(new);
        if is_other_grpc {
            self.stop_grpc();
            self.hub = None;
        }
        self.open_taps(new);
        outputs.replace(&outputs::settings(new, unbuffered, self.taps())?, outputs::options(new));
        let snapshots = metrics::snapshots(new)?;
        self.set_up_metrics(around, outputs.sender(), facts, snapshots)?;
        if is_other_grpc {
            self.start_grpc(around);
        }
        let of_web = |c: &Config| (c.webserver.clone(), c.metrics.enabled);
        if of_web(old) != of_web(new) {
            self.web = None;
            self.start_web(around)?;
        }
        Ok(())
    }

    /// No more snapshots: the outputs are about to end.
    pub(crate) fn stop_ticker(&mut self) {
        self.ticker = None;
    }

    /// Lets subscribers have what is there, and ends.
    pub(crate) fn stop_grpc(&mut self) {
        if let Some(grpc) = self.grpc.take() {
            grpc.stop();
        }
    }
}
