//! All tables of fields, in the order in which they are listed.

use crate::row::Class;
use crate::{container, evt, fd, fdlist, fs_path, process, syscall, user, util};

pub(crate) static CLASSES: &[&Class] = &[
    &evt::CLASS,
    &syscall::CLASS,
    &process::CLASS,
    &user::USER,
    &user::GROUP,
    &fd::CLASS,
    &fs_path::CLASS,
    &util::CLASS,
    &fdlist::CLASS,
    &container::CLASS,
];
