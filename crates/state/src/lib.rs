//! What the system looks like now: threads, fds, users, groups and container ids, kept up to date by events.
//!
//! [`State::load`] takes the tables as they were before the first event, [`State::apply`] takes each event after that.
//! No I/O: what a live system can be asked goes through [`Host`], which replay does without ([`NoHost`]).
//!
//! Nothing here can be changed but by an event. Each thing that changes carries a stamp, and no two states of any
//! thing share one: whoever keeps an answer computed from a thread or an fd keeps the stamp beside it.
#![forbid(unsafe_code)]

mod asked;
mod checkpoint;
mod container;
mod fd;
mod fds;
mod host;
mod interfaces;
mod limits;
mod load;
mod names;
mod naming;
mod on;
mod packed;
mod path;
#[cfg(test)]
mod random;
mod rescan;
mod slot;
mod sockinfo;
mod state;
mod thread;
mod threads;
mod users;

pub use checkpoint::Checkpoint;
pub use container::Engine;
pub use fd::{Fd, FdType, Layer, Role, Socket};
pub use host::{Host, NoHost};
pub use limits::{Limits, Stats};
pub use path::join as join_path;
pub use rescan::Mark;
pub use slot::Slot;
pub use state::{Current, Now, State};
pub use thread::{Thread, flags};
pub use threads::ThreadIdx;
pub use users::{Group, User};
