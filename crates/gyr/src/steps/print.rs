//! Steps that print something that was asked for, and end the run.

use std::io::{self, Write as _};

use anyhow::{Result, bail};
use gyr_fields::list::{self, Style};
use gyr_rules::{event_names, ignored_syscalls};

use super::rules::SYSCALL;
use super::{App, Flow};
use crate::versions;

pub(super) fn config_schema(app: &mut App) -> Result<Flow> {
    if !app.options.config_schema {
        return Ok(Flow::Next);
    }
    print(&format!("{:#}", gyr_config::schema()))
}

pub(super) fn ignored(app: &mut App) -> Result<Flow> {
    if !app.options.ignored {
        return Ok(Flow::Next);
    }
    let names = event_names(&ignored_syscalls());
    let names: String = names.iter().map(|name| format!("- {name}\n")).collect();
    print(&format!("Ignored syscall(s):\n{names}\n"))
}

pub(super) fn list_events(app: &mut App) -> Result<Flow> {
    if !app.options.list_events {
        return Ok(Flow::Next);
    }
    print(&list::events(style(app)?, versions::SCHEMA))
}

pub(super) fn list_fields(app: &mut App) -> Result<Flow> {
    let Some(source) = &app.options.list else { return Ok(Flow::Next) };
    if !source.is_empty() && source != SYSCALL {
        bail!("Value for --list must be a valid source type");
    }
    let style = style(app)?;
    if app.options.names_only {
        return print(&list::field_names(style));
    }
    print(&list::fields(style, app.options.verbose))
}

pub(super) fn version(app: &mut App) -> Result<Flow> {
    if !app.options.version {
        return Ok(Flow::Next);
    }
    if app.config()?.json.output {
        return print(&format!("{}\n", versions::json()));
    }
    print(&versions::text())
}

pub(super) fn page_size(app: &mut App) -> Result<Flow> {
    if !app.options.page_size {
        return Ok(Flow::Next);
    }
    let size = rustix::param::page_size();
    app.log.info(&format!("Your system page size is: {size} bytes"));
    Ok(Flow::Done)
}

/// No plugin is loaded: those that Falco has for containers are built in.
pub(super) fn plugins(app: &mut App) -> Result<Flow> {
    if let Some(name) = &app.options.plugin_info {
        bail!("can't find plugin and print its info: {name}");
    }
    if !app.options.list_plugins {
        return Ok(Flow::Next);
    }
    print("0 Plugins Loaded:\n\n\n")
}

/// Refuses an unknown format before anything is done.
pub(super) fn format(app: &mut App) -> Result<Flow> {
    if app.options.markdown && app.options.format.is_some() {
        bail!("Cannot specify both --markdown and --format options together");
    }
    if app.options.markdown {
        let warning = "WARNING: --markdown is deprecated, use --format markdown instead.\n";
        let _ = io::stderr().write_all(warning.as_bytes()); // nobody is left to tell
    }
    style(app)?;
    Ok(Flow::Next)
}

fn style(app: &App) -> Result<Style> {
    if app.options.markdown {
        return Ok(Style::Markdown);
    }
    let Some(format) = &app.options.format else { return Ok(Style::Text) };
    Ok(match format.to_ascii_lowercase().as_str() {
        "text" => Style::Text,
        "markdown" => Style::Markdown,
        "json" => Style::Json,
        _ => bail!("Invalid format '{format}'. Valid values are: text, markdown, json"),
    })
}

/// Prints and ends the run; a reader that has gone away is no error.
pub(crate) fn print(text: &str) -> Result<Flow> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(Flow::Done),
    }
}
