//! The condition language with the fields of each event source.

use gyr_filter::{Scheme, check_operand, parse_operand};

use crate::session::Sources;

/// The fields of each event source.
pub(crate) struct Language<S> {
    sources: Vec<(String, S)>,
}

impl<S: Scheme> Language<S> {
    pub(crate) fn new(sources: impl IntoIterator<Item = (String, S)>) -> Self {
        Self { sources: sources.into_iter().collect() }
    }

    pub(crate) fn sources(&self) -> impl Iterator<Item = (&str, &S)> {
        self.sources.iter().map(|(name, scheme)| (name.as_str(), scheme))
    }

    pub(crate) fn scheme(&self, source: &str) -> Option<&S> {
        self.sources.iter().find(|(name, _)| name == source).map(|(_, scheme)| scheme)
    }
}

impl<S: Scheme> Sources for Language<S> {
    fn has_source(&self, source: &str) -> bool {
        self.scheme(source).is_some()
    }

    fn has_field(&self, source: &str, text: &str) -> bool {
        let text = text.trim();
        let Some(scheme) = self.scheme(source) else { return false };
        match parse_operand(text) {
            Ok((operand, length)) => {
                length == text.len() && check_operand(&operand, scheme).is_ok()
            }
            Err(_) => false,
        }
    }
}
