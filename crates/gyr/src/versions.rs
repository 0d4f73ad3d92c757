//! Who we are, and which versions of Falco's interfaces we speak.

use std::fmt::Write as _;

use gyr_fields::list::{self, Style};
use gyr_serve::Version;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

/// The Falco that we stand in for, with our own version as build metadata.
pub(crate) const FALCO: &str = concat!("0.44.0+gyr.", env!("CARGO_PKG_VERSION"));
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

/// What clients of the gRPC API are told.
pub(crate) fn grpc() -> Version {
    let (release, build) = FALCO.split_once('+').unwrap_or((FALCO, ""));
    let numbers = |version: &str| {
        let mut parts = version.split('.').map(|part| part.parse().unwrap_or_default());
        [(); 3].map(|()| parts.next().unwrap_or_default())
    };
    let [major, minor, patch] = numbers(release);
    let [engine_major, engine_minor, engine_patch] = numbers(ENGINE);
    Version {
        version: FALCO.to_owned(),
        major,
        minor,
        patch,
        prerelease: String::new(),
        build: build.to_owned(),
        engine_minor,
        engine_fields_checksum: fields_checksum(),
        engine_major,
        engine_patch,
        engine_version: ENGINE.to_owned(),
    }
}

/// Changes whenever the fields or events that rules can use change.
fn fields_checksum() -> String {
    let fields = list::fields(Style::Markdown, false) + &list::events(Style::Markdown, SCHEMA);
    sha256(fields.as_bytes())
}

/// In hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let digest = digest(&SHA256, bytes);
    let bytes = digest.as_ref();
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // a string takes everything
        text
    })
}

/// For the log: who runs, and on what.
pub(crate) fn banner() -> String {
    let (own, machine) = (env!("CARGO_PKG_VERSION"), std::env::consts::ARCH);
    format!("Gyr {own} (in the place of Falco {FALCO}) on {machine}")
}
