//! Steps that print something that was asked for, and end the run.

use std::io::{self, Write as _};

use anyhow::Result;

use super::{App, Flow};
use crate::{events, versions};

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
    let names: String = events::ignored().iter().map(|name| format!("- {name}\n")).collect();
    print(&format!("Ignored syscall(s):\n{names}\n"))
}

pub(super) fn list_events(app: &mut App) -> Result<Flow> {
    if !app.options.list_events {
        return Ok(Flow::Next);
    }
    if app.options.markdown {
        app.log.warning("--markdown is deprecated, use --format markdown instead.");
    }
    print(&events::list(app.options.list_format()?))
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

/// Prints and ends the run; a reader that has gone away is no error.
pub(crate) fn print(text: &str) -> Result<Flow> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(Flow::Done),
    }
}
