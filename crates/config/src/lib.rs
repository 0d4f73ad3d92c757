//! Every configuration key, and how files, environment and command line become one configuration.
//!
//! [`load`] reads the main file, merges the files it includes and the `-o` options, checks the whole against
//! [`KEYS`] and hands out a typed [`Config`].
#![forbid(unsafe_code)]

mod check;
mod config;
mod duration;
mod environment;
mod load;
mod option;
mod reader;
mod schema;
mod sources;
mod table;
mod tree;

pub use config::{
    Able, AppendOutput, Capture, Config, DropAction, Drops, Engine, EngineKind, ExtraField,
    FileOutput, Grpc, HttpOutput, Json, Libs, Logs, Metrics, ModernEbpf, Plugin, ProgramOutput,
    Selection, Webserver,
};
pub use duration::parse as parse_duration;
pub use load::{Failure, Loaded, Settings, load};
pub use schema::{schema, shipped_file};
pub use table::{KEYS, Key, Type};
