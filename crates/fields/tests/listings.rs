//! The listings against those of Falco: the same fields in the same order, the same events with the same parameters.
//!
//! Skips where the references are absent (GYR_SHARED, or `../shared` beside the checkout).

use std::collections::BTreeSet;
use std::path::Path;

use gyr_fields::list::{self, Style};

#[test]
fn fields_are_listed_in_the_order_of_the_reference() {
    let Some(want) = reference("list-names.txt") else { return };
    let got = list::field_names(Style::Text);
    let (want, got): (Vec<_>, Vec<_>) = (want.lines().collect(), got.lines().collect());
    assert_eq!(got, want);
}

#[test]
fn events_are_those_of_the_reference() {
    let Some(want) = reference("list-events.txt") else { return };
    let got = list::events(Style::Text, "4.3.0");
    // System calls without an event of their own come in the order of a hash table there.
    let (want, got): (BTreeSet<_>, BTreeSet<_>) = (want.lines().collect(), got.lines().collect());
    let missing: Vec<_> = want.difference(&got).collect();
    let surplus: Vec<_> = got.difference(&want).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "missing {missing:#?}\nsurplus {surplus:#?}");
}

#[allow(clippy::print_stderr, reason = "a skipped test must say so")]
fn reference(name: &str) -> Option<String> {
    let shared = std::env::var_os("GYR_SHARED")
        .unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared").into());
    let path = Path::new(&shared).join("reference").join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!("skipped: {} is absent", path.display());
    }
    text
}
