//! The steps that let others ask us: alerts over gRPC, health and versions over HTTP.

use std::net::IpAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use gyr_alert::Priority;
use gyr_config::{Config, EngineKind};
use gyr_serve::{Grpc, GrpcSettings, Hub, HubLimits, Notice, Pages, Web, WebSettings};

use super::{App, Flow};
use crate::log::Log;
use crate::metrics::Metrics;
use crate::service::Around;
use crate::versions;

/// Where alerts wait for subscribers, and where they are counted for Prometheus.
pub(super) fn taps(app: &mut App) -> Result<Flow> {
    let mut parts = std::mem::take(&mut app.parts);
    if !app.options.dry_run {
        parts.open_taps(app.config()?);
    }
    app.parts = parts;
    Ok(Flow::Next)
}

pub(super) fn grpc(app: &mut App) -> Result<Flow> {
    let mut parts = std::mem::take(&mut app.parts);
    if !app.options.dry_run {
        parts.start_grpc(app.around()?);
    }
    app.parts = parts;
    Ok(Flow::Next)
}

pub(super) fn web(app: &mut App) -> Result<Flow> {
    let mut parts = std::mem::take(&mut app.parts);
    let config = app.config()?;
    address(config)?;
    if !app.options.dry_run {
        parts.start_web(app.around()?)?;
    }
    app.parts = parts;
    Ok(Flow::Next)
}

/// The running server, if it is wanted. One that does not start is told to the log: alerts have other ways out.
pub(crate) fn grpc_server(config: &Config, hub: Option<Arc<Hub>>, log: &Log) -> Option<Grpc> {
    let config = &config.grpc;
    if !config.enabled {
        return None;
    }
    let settings = GrpcSettings {
        bind_address: config.bind_address.clone(),
        n_threads: usize::try_from(config.threadiness).unwrap_or_default(),
        private_key: (&config.private_key).into(),
        cert_chain: (&config.cert_chain).into(),
        root_certs: (&config.root_certs).into(),
    };
    // Without alerts there still are versions.
    let hub = hub.unwrap_or_else(|| Hub::new(HubLimits { n_alerts: 1, bytes: 0 }));
    log.info(&format!("Starting gRPC server at {}", settings.bind_address));
    match Grpc::start(&settings, hub, &versions::grpc(), tell(log)) {
        Ok(grpc) => {
            log.info(&format!("gRPC server threadiness equals to {}", grpc.n_threads()));
            Some(grpc)
        }
        Err(error) => {
            log.write(Priority::Emergency, &format!("Error starting gRPC server: {error}"));
            None
        }
    }
}

/// The running server, if it is wanted. A replay has none.
pub(crate) fn web_server(
    Around { config, log, desk }: Around<'_>,
    metrics: Option<&Arc<Metrics>>,
) -> Result<Option<Web>> {
    let web = &config.webserver;
    if !web.enabled || config.engine.kind == EngineKind::Replay {
        return Ok(None);
    }
    let settings = WebSettings {
        n_threads: usize::try_from(web.threadiness).unwrap_or_default(),
        address: address(config)?,
        port: u16::try_from(web.listen_port).context("invalid webserver configuration")?,
        certificate: web.ssl_enabled.then(|| (&web.ssl_certificate).into()),
    };
    let desk = Arc::clone(desk);
    let pages = Pages {
        healthz: web.k8s_healthz_endpoint.clone(),
        stuck: Arc::new(move || desk.stuck_for()),
        versions: versions::json().to_string(),
        metrics: metrics.filter(|_| web.prometheus_metrics_enabled).cloned().map(|metrics| {
            Arc::new(move || metrics.text()) as Arc<dyn Fn() -> String + Send + Sync>
        }),
    };
    let ssl = if web.ssl_enabled { " (SSL)" } else { "" };
    let web = Web::start(&settings, pages, tell(log))
        .context("an error occurred while starting webserver")?;
    log.info(&format!(
        "Starting health webserver with threadiness {}, listening on {}{ssl}",
        web.n_threads(),
        web.address()
    ));
    Ok(Some(web))
}

fn address(config: &Config) -> Result<IpAddr> {
    let address = &config.webserver.listen_address;
    let wrong = || anyhow!("webserver listen address \"{address}\" is not a valid IP address");
    address.parse().map_err(|_| wrong())
}

fn tell(log: &Log) -> impl Fn(Notice) + Send + Sync + 'static {
    let log = log.clone();
    move |notice| log.write(notice.priority(), &notice.to_string())
}
