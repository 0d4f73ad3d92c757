//! Rules files: read, collected, compiled into an immutable ruleset.
#![forbid(unsafe_code)]

pub mod check;
mod codes;
mod collect;
mod compile;
mod context;
mod describe;
mod exceptions;
mod format;
mod index;
mod judge;
mod known;
mod language;
mod load;
mod outline;
mod overrides;
mod read;
mod reason;
mod resolve;
mod result;
mod ruleset;
mod schema;
mod selection;
mod session;
mod shadow;
mod version;

pub use codes::{ErrorCode, WarningCode};
pub use describe::Plugins;
pub use format::{FormatError, format};
pub use index::{Events, UnknownEvents, event_name};
pub use judge::{Line, Place, Share, Shown, Verdicts};
pub use load::{ExtraField, ExtraOutput, Loader, Match};
pub use outline::Outline;
pub use reason::Reason;
pub use result::{LoadResult, Problem};
pub use ruleset::{
    CheckedRule, Choice, ExtraFields, ExtraTemplate, Matching, Rule, Ruleset, SourceId, Which,
    is_tried, matches_wildcard,
};
pub use schema::schema;
pub use selection::{BaseSyscalls, Selection, event_names, ignored_syscalls};
pub use shadow::{Compared, Difference, Shadow};
pub use version::Version;

/// The version of the rules language and of the fields that we offer; it is Falco's.
pub const ENGINE_VERSION: Version = Version::new(0, 63, 0);

/// The rules that come with Gyr.
pub const SHIPPED: &str = include_str!("../../../rules/gyr_rules.yaml");
