//! Who we are, and which versions of Falco's interfaces we speak.

use serde_json::{Value, json};

/// The Falco that we stand in for, with our own version as build metadata.
const FALCO: &str = concat!("0.44.0+gyr.", env!("CARGO_PKG_VERSION"));
const LIBS: &str = concat!("0.23.0+gyr.", env!("CARGO_PKG_VERSION"));
const PLUGIN_API: &str = "3.12.0";
const ENGINE: &str = "0.63.0";
const ENGINE_MINOR: &str = "63";
const DRIVER_API: &str = "10.0.0";
/// Of the events.
pub(crate) const SCHEMA: &str = "4.3.0";
const DRIVER: &str = concat!("10.0.0+gyr.", env!("CARGO_PKG_VERSION"));

/// Falco's text, ends in a newline.
pub(crate) fn text() -> String {
    format!(
        "Falco version: {FALCO}\n\
         Libs version:  {LIBS}\n\
         Plugin API:    {PLUGIN_API}\n\
         Engine:        {ENGINE}\n\
         Driver:\n  \
           API version:    {DRIVER_API}\n  \
           Schema version: {SCHEMA}\n  \
           Default driver: {DRIVER}\n"
    )
}

/// Falco's JSON.
pub(crate) fn json() -> Value {
    json!({
        "default_driver_version": DRIVER,
        "driver_api_version": DRIVER_API,
        "driver_schema_version": SCHEMA,
        "engine_version": ENGINE_MINOR,
        "engine_version_semver": ENGINE,
        "falco_version": FALCO,
        "libs_version": LIBS,
        "plugin_api_version": PLUGIN_API,
    })
}

/// For the log: who runs, and on what.
pub(crate) fn banner() -> String {
    let (own, machine) = (env!("CARGO_PKG_VERSION"), std::env::consts::ARCH);
    format!("Gyr {own} (in the place of Falco {FALCO}) on {machine}")
}
