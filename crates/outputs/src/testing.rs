//! What the tests of several outputs need.

use std::sync::Arc;

use gyr_alert::{Alert, Form, Priority};

/// An alert of priority notice; tests of outputs bring the line themselves.
pub(crate) fn alert() -> Alert {
    let form = Form::new("r".to_owned(), Priority::Notice, "syscall".to_owned(), Vec::new());
    Alert { time: 0, hostname: "h".into(), form: Arc::new(form), cells: [].into() }
}
