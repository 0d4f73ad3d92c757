//! The step that finds and reads the configuration.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use gyr_config::{Config, EngineKind, Loaded, Settings};

use super::{App, Flow};
use crate::{service, versions};

/// Where a configuration is looked for if none is named.
pub(crate) const PLACES: &[&str] = &["/etc/gyr/gyr.yaml", "/etc/falco/falco.yaml"];

pub(super) fn load(app: &mut App) -> Result<Flow> {
    let file = find(app.options.config.as_deref())?;
    let loaded = read(file.as_deref(), &app.options.set)?;
    app.paths = service::paths(&app.options, &loaded);
    let Loaded { config, files, warnings, merged, .. } = loaded;
    if app.options.strict && !warnings.is_empty() {
        bail!("{}", warnings.join("\n"));
    }
    app.log.set_up(&config.logs, config.time_format_iso_8601);
    app.log.info(&versions::banner());
    let args: Vec<_> = std::env::args().collect();
    app.log.debug(&format!("CLI args: {}", args.join(" ")));
    app.log.info("Initialized with configuration files:");
    for file in &files {
        app.log.info(&format!("   {}", file.display()));
    }
    app.config_files = files;
    for warning in &warnings {
        app.log.warning(warning);
    }
    app.merged_config = merged;
    app.config = Some(with_capture(config, app.options.capture.as_deref()));
    Ok(Flow::Next)
}

/// `gyr replay` names the capture itself.
fn with_capture(mut config: Config, capture: Option<&Path>) -> Config {
    if let Some(capture) = capture {
        config.engine.kind = EngineKind::Replay;
        config.engine.capture_file = capture.display().to_string();
    }
    config
}

/// The file to read; `None` if there is none and the built-in one serves.
pub(crate) fn find(named: Option<&Path>) -> Result<Option<PathBuf>> {
    match named {
        Some(path) if std::fs::File::open(path).is_ok() => Ok(Some(path.to_owned())),
        Some(path) => bail!("Could not find configuration file at {}", path.display()),
        None => Ok(PLACES.iter().map(PathBuf::from).find(|path| path.exists())),
    }
}

/// Reads that file, or the built-in one.
pub(crate) fn read(file: Option<&Path>, options: &[String]) -> Result<Loaded> {
    let built_in = gyr_config::shipped_file();
    let loaded = gyr_config::load(&Settings {
        file: file.unwrap_or(Path::new("built-in configuration")),
        text: file.is_none().then_some(&built_in),
        options,
        variable: &|name| std::env::var(name).ok(),
    })?;
    Ok(loaded)
}

impl App {
    pub(crate) fn config(&self) -> Result<&Config> {
        self.config.as_ref().ok_or_else(|| anyhow::anyhow!("the configuration is not read yet"))
    }
}
