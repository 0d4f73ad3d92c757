//! The steps that let others ask us: alerts over gRPC, health and versions over HTTP.

use std::net::IpAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use gyr_alert::Priority;
use gyr_config::EngineKind;
use gyr_serve::{Grpc, GrpcSettings, Hub, HubLimits, Notice, Pages, Web, WebSettings};

use super::outputs::QUEUE_BYTES;
use super::{App, Flow};
use crate::log::Log;
use crate::versions;

/// Where alerts wait for subscribers, and where they are counted for Prometheus.
pub(super) fn hub(app: &mut App) -> Result<Flow> {
    let config = app.config()?;
    if config.grpc.enabled && config.grpc_output && !app.options.dry_run {
        let n_alerts = usize::try_from(config.outputs_queue_capacity).unwrap_or(usize::MAX);
        app.hub = Some(Hub::new(HubLimits { n_alerts, bytes: QUEUE_BYTES }));
    }
    let config = app.config()?;
    if config.metrics.enabled && config.webserver.prometheus_metrics_enabled {
        app.event_counts = Some(Arc::default());
    }
    Ok(Flow::Next)
}

/// A server that does not start is told to the log: alerts have other ways out.
pub(super) fn grpc(app: &mut App) -> Result<Flow> {
    let config = &app.config()?.grpc;
    if !config.enabled || app.options.dry_run {
        return Ok(Flow::Next);
    }
    let settings = GrpcSettings {
        bind_address: config.bind_address.clone(),
        n_threads: usize::try_from(config.threadiness).unwrap_or_default(),
        private_key: (&config.private_key).into(),
        cert_chain: (&config.cert_chain).into(),
        root_certs: (&config.root_certs).into(),
    };
    // Without alerts there still are versions.
    let hub = app.hub.clone().unwrap_or_else(|| Hub::new(HubLimits { n_alerts: 1, bytes: 0 }));
    app.log.info(&format!("Starting gRPC server at {}", settings.bind_address));
    match Grpc::start(&settings, hub, &versions::grpc(), tell(&app.log)) {
        Ok(grpc) => {
            app.log.info(&format!("gRPC server threadiness equals to {}", grpc.n_threads()));
            app.grpc = Some(grpc);
        }
        Err(error) => {
            app.log.write(Priority::Emergency, &format!("Error starting gRPC server: {error}"));
        }
    }
    Ok(Flow::Next)
}

pub(super) fn web(app: &mut App) -> Result<Flow> {
    let config = app.config()?;
    let web = &config.webserver;
    let address: IpAddr = web.listen_address.parse().map_err(|_| {
        anyhow!("webserver listen address \"{}\" is not a valid IP address", web.listen_address)
    })?;
    let is_replay = config.engine.kind == EngineKind::Replay;
    if !web.enabled || is_replay || app.options.dry_run {
        return Ok(Flow::Next);
    }
    let settings = WebSettings {
        n_threads: usize::try_from(web.threadiness).unwrap_or_default(),
        address,
        port: u16::try_from(web.listen_port).context("invalid webserver configuration")?,
        certificate: web.ssl_enabled.then(|| (&web.ssl_certificate).into()),
    };
    let pages = Pages {
        healthz: web.k8s_healthz_endpoint.clone(),
        versions: versions::json().to_string(),
        metrics: web.prometheus_metrics_enabled.then_some(()).and_then(|()| {
            let metrics = app.metrics.clone()?;
            Some(Arc::new(move || metrics.text()) as Arc<dyn Fn() -> String + Send + Sync>)
        }),
    };
    let ssl = if web.ssl_enabled { " (SSL)" } else { "" };
    let web = Web::start(&settings, pages, tell(&app.log))
        .context("an error occurred while starting webserver")?;
    app.log.info(&format!(
        "Starting health webserver with threadiness {}, listening on {}{ssl}",
        web.n_threads(),
        web.address()
    ));
    app.web = Some(web);
    Ok(Flow::Next)
}

fn tell(log: &Log) -> impl Fn(Notice) + Send + Sync + 'static {
    let log = log.clone();
    move |notice| log.write(notice.priority(), &notice.to_string())
}
