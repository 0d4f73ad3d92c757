//! What the steps of loading one file share: the sources that rules can be about, and the growing result.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::codes::{ErrorCode, WarningCode};
use crate::context::Context;
use crate::read::Failure;
use crate::result::{LoadResult, Problem};

/// Which event sources there are, and which fields each has.
pub(crate) trait Sources {
    fn has_source(&self, source: &str) -> bool;

    /// Whether `text` is a field of the source, perhaps within transformers.
    fn has_field(&self, source: &str, text: &str) -> bool;
}

/// The loading of one file.
pub(crate) struct Session<'a> {
    pub(crate) sources: &'a dyn Sources,
    /// The content of every file so far, by name.
    pub(crate) texts: &'a BTreeMap<String, Arc<str>>,
    pub(crate) result: LoadResult,
}

impl Session<'_> {
    pub(crate) fn warn(&mut self, code: WarningCode, message: String, context: &Context) {
        let problem = self.problem(code, message, context);
        self.result.warnings.push(problem);
    }

    pub(crate) fn warn_deprecated_field(
        &mut self,
        field: &'static str,
        message: String,
        context: &Context,
    ) {
        let mut problem = self.problem(WarningCode::DeprecatedItem, message, context);
        problem.deprecated_field = Some(field);
        self.result.warnings.push(problem);
    }

    pub(crate) fn fail(&mut self, failure: Failure) {
        let problem = self.problem(failure.code, failure.message, &failure.context);
        self.result.errors.push(problem);
    }

    fn problem<C>(&self, code: C, message: String, context: &Context) -> Problem<C> {
        let snippet = context.snippet(|name| self.texts.get(name).map(|text| &**text));
        Problem { code, message, context: context.clone(), snippet, deprecated_field: None }
    }
}

impl Failure {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>, context: &Context) -> Self {
        Self { code, message: message.into(), context: context.clone() }
    }

    /// YAML of the wrong shape.
    pub(crate) fn shape(message: impl Into<String>, context: &Context) -> Self {
        Self::new(ErrorCode::YamlValidate, message, context)
    }
}
