//! The step that opens the outputs.

use std::time::Duration;

use anyhow::{Result, bail};
use gyr_alert::{Clock, Properties, Renderer, TimeFormat};
use gyr_config::{Config, EngineKind, HttpOutput};
use gyr_outputs::{
    ClientCertificate, FileSettings, HttpSettings, Limits, Options, Outputs, Overflow, Problem,
    ProgramSettings, Settings, StdoutSettings, SyslogSettings, Tap,
};

use super::{App, Flow};

/// What may wait for each slow output, beside the limit by number that the configuration may set.
pub(crate) const QUEUE_BYTES: usize = 64 << 20;

/// For each try of a request.
const HTTP_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) fn start(app: &mut App) -> Result<Flow> {
    let config = app.config()?;
    let settings = settings(config, app.options.unbuffered, app.parts.taps())?;
    if app.options.dry_run {
        return Ok(Flow::Next);
    }
    let log = app.log.clone();
    let report = move |problem: Problem| log.write(problem.priority(), &problem.to_string());
    app.outputs = Some(Outputs::start(&settings, options(config), report)?);
    Ok(Flow::Next)
}

/// What holds for all outputs.
pub(crate) fn options(config: &Config) -> Options {
    Options {
        renderer: renderer(config),
        limits: limits(config),
        timeout: Duration::from_millis(config.output_timeout_ms),
    }
}

/// Which outputs there are, and with `taps` those that are made elsewhere.
pub(crate) fn settings(config: &Config, unbuffered: bool, taps: Vec<Tap>) -> Result<Settings> {
    if !config.has_output() {
        bail!(
            "No output configured, please make sure at least one output is configured and enabled."
        );
    }
    if config.file_output.enabled && config.file_output.filename.is_empty() {
        bail!("file output enabled but no filename in configuration block");
    }
    if config.program_output.enabled && config.program_output.program.is_empty() {
        bail!("program output enabled but no program in configuration block");
    }
    if config.http_output.enabled && config.http_output.url.is_empty() {
        bail!("http output enabled but no url in configuration block");
    }
    let buffered = config.buffered_outputs && !unbuffered;
    Ok(Settings {
        file: config.file_output.enabled.then(|| FileSettings {
            path: (&config.file_output.filename).into(),
            keep_alive: config.file_output.keep_alive,
            buffered,
        }),
        stdout: config.stdout_output.then_some(StdoutSettings { buffered }),
        syslog: config.syslog_output.then(SyslogSettings::default),
        program: config.program_output.enabled.then(|| ProgramSettings {
            program: config.program_output.program.clone(),
            keep_alive: config.program_output.keep_alive,
            buffered,
            timeout: ProgramSettings::TIMEOUT,
        }),
        http: config.http_output.enabled.then(|| http(&config.http_output, config.json.output)),
        taps,
    })
}

fn http(http: &HttpOutput, json: bool) -> HttpSettings {
    let path = |path: &str| (!path.is_empty()).then(|| path.into());
    HttpSettings {
        url: http.url.clone(),
        user_agent: http.user_agent.clone(),
        json,
        insecure: http.insecure,
        ca_cert: path(&http.ca_cert),
        ca_bundle: path(&http.ca_bundle),
        ca_path: path(&http.ca_path),
        client: http.mtls.then(|| ClientCertificate {
            certificate: (&http.client_cert).into(),
            key: (&http.client_key).into(),
        }),
        echo: http.echo,
        compress: http.compress_uploads,
        keep_alive: http.keep_alive,
        max_consecutive_timeouts: u8::try_from(http.max_consecutive_timeouts).unwrap_or(u8::MAX),
        timeout: HTTP_TIMEOUT,
    }
}

fn renderer(config: &Config) -> Renderer {
    let json = config.json.output.then_some(Properties {
        output: config.json.include_output,
        message: config.json.include_message,
        output_fields: config.json.include_output_fields,
        tags: config.json.include_tags,
    });
    let time_format = match config.time_format_iso_8601 {
        true => TimeFormat::Iso8601,
        false => TimeFormat::Local,
    };
    Renderer::new(Clock::system(), time_format, json)
}

fn limits(config: &Config) -> Limits {
    Limits {
        n_alerts: usize::try_from(config.outputs_queue_capacity).unwrap_or(usize::MAX),
        bytes: QUEUE_BYTES,
        // The events of a file can wait, those of the kernel cannot.
        overflow: match config.engine.kind {
            EngineKind::Replay => Overflow::Wait,
            EngineKind::Kernel { .. } | EngineKind::NoDriver => Overflow::Drop,
        },
    }
}
