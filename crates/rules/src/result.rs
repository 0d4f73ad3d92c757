//! What loading one rules file gave: errors and warnings, as text and as JSON in the form that Falco's users know.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::codes::{ErrorCode, WarningCode};
use crate::context::Context;

/// What loading one rules file gave.
#[derive(Clone, Debug)]
pub struct LoadResult {
    /// The name of the file.
    pub name: String,
    pub errors: Vec<Problem<ErrorCode>>,
    pub warnings: Vec<Problem<WarningCode>>,
    /// How the file differs from the schema; `None` if it was not compared, since it is empty or no YAML. Differences
    /// do no harm.
    pub schema: Option<Vec<String>>,
}

/// One error or warning.
#[derive(Clone, Debug)]
pub struct Problem<C> {
    pub code: C,
    pub message: String,
    pub context: Context,
    /// The line it is about, with a mark under the place.
    pub snippet: String,
    /// The field that will go away, if that is the problem.
    pub deprecated_field: Option<&'static str>,
}

impl LoadResult {
    pub(crate) fn new(name: &str) -> Self {
        let (errors, warnings) = (Vec::new(), Vec::new());
        Self { name: name.to_owned(), errors, warnings, schema: None }
    }

    pub fn is_ok(&self) -> bool {
        self.errors.is_empty()
    }

    /// Everything, line by line. Does not end in a newline if all is well.
    pub fn to_text(&self) -> String {
        let mut out = format!("{}: {}", self.name, self.verdict());
        if let Some(schema) = self.schema.as_ref().filter(|schema| !schema.is_empty()) {
            let _ = write!(out, "\n{} Schema warnings:\n------\n", schema.len());
            for difference in schema {
                let _ = write!(out, "{difference}\n------\n");
            }
        }
        if !self.errors.is_empty() {
            let _ = write!(out, "\n{} Errors:\n", self.errors.len());
            for error in &self.errors {
                error.text(&mut out, error.code.code(), error.code.short());
            }
        }
        if !self.warnings.is_empty() {
            let _ = write!(out, "\n{} Warnings:\n", self.warnings.len());
            for warning in &self.warnings {
                warning.text(&mut out, warning.code.code(), warning.code.short());
            }
        }
        out
    }

    /// The verdict and the codes.
    pub fn summary(&self) -> String {
        let mut out = format!("{}: {}", self.name, self.verdict());
        let mut part = |kind: &str, items: Vec<String>| {
            if !items.is_empty() {
                let _ = write!(out, "\n {} {kind}: [{}]", items.len(), items.join(" "));
            }
        };
        let name = |code: &str, short: &str| format!("{code} ({short})");
        part("errors", self.errors.iter().map(|e| name(e.code.code(), e.code.short())).collect());
        part("warnings", {
            self.warnings.iter().map(|w| name(w.code.code(), w.code.short())).collect()
        });
        part("schema warnings", self.schema.clone().unwrap_or_default());
        out
    }

    pub fn to_json(&self) -> Value {
        // Falco gives the long description of warnings, but the short one of errors.
        let errors: Value =
            self.errors.iter().map(|e| e.json(e.code.code(), e.code.short())).collect();
        let warnings: Value =
            self.warnings.iter().map(|w| w.json(w.code.code(), w.code.long())).collect();
        let mut out = json!({
            "name": self.name,
            "successful": self.is_ok(),
            "errors": errors,
            "warnings": warnings,
        });
        if let Some(schema) = &self.schema {
            out["schema_valid"] = schema.is_empty().into();
            out["schema_warnings"] = json!(schema);
        }
        out
    }

    const fn verdict(&self) -> &'static str {
        match (self.errors.is_empty(), self.warnings.is_empty()) {
            (true, true) => "Ok",
            (true, false) => "Ok, with warnings",
            (false, _) => "Invalid",
        }
    }
}

impl<C> Problem<C> {
    fn text(&self, out: &mut String, code: &str, short: &str) {
        let (context, snippet, message) = (self.context.to_text(), &self.snippet, &self.message);
        let _ = write!(out, "{context}------\n{snippet}------\n{code} ({short}): {message}\n");
    }

    fn json(&self, code: &str, description: &str) -> Value {
        let mut out = json!({
            "code": code,
            "codedesc": description,
            "message": self.message,
            "context": { "locations": self.context.locations(), "snippet": self.snippet },
        });
        if let Some(field) = self.deprecated_field {
            out["deprecated_field"] = field.into();
        }
        out
    }
}
