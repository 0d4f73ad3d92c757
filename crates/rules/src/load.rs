//! Loads rules files one after the other; what they define is shared.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gyr_filter::Scheme;

use crate::collect::Collection;
use crate::compile::{self, Compiled, Extras};
use crate::language::Language;
use crate::read;
use crate::result::LoadResult;
use crate::session::Session;
use crate::version::Version;

/// Rules while they are loaded, file by file.
pub struct Loader<S: Scheme> {
    pub(crate) language: Language<S>,
    outputs: Vec<ExtraOutput>,
    fields: Vec<ExtraField>,
    /// The content of every file, by name.
    texts: BTreeMap<String, Arc<str>>,
    pub(crate) collection: Collection,
    pub(crate) compiled: Compiled<S::Field>,
}

/// Which rules something is for; what is left out matches all.
#[derive(Clone, Debug, Default)]
pub struct Match {
    pub source: Option<String>,
    /// The rule must have all of these.
    pub tags: BTreeSet<String>,
    pub rule: Option<String>,
}

/// A text that is added to outputs, after a blank.
#[derive(Clone, Debug, Default)]
pub struct ExtraOutput {
    pub of: Match,
    pub format: String,
}

/// A field that is added to the fields of alerts.
#[derive(Clone, Debug, Default)]
pub struct ExtraField {
    pub of: Match,
    pub key: String,
    pub format: String,
    /// `format` is one field, whose value is given as it is.
    pub raw: bool,
}

impl<S: Scheme> Loader<S> {
    /// For these event sources. The source of system calls is called `syscall`.
    pub fn new(sources: impl IntoIterator<Item = (String, S)>) -> Self {
        Self {
            language: Language::new(sources),
            outputs: Vec::new(),
            fields: Vec::new(),
            texts: BTreeMap::new(),
            collection: Collection::default(),
            compiled: Compiled::default(),
        }
    }

    /// Adds to the outputs and fields of rules that are loaded after.
    #[must_use]
    pub fn with_extras(mut self, outputs: Vec<ExtraOutput>, fields: Vec<ExtraField>) -> Self {
        self.outputs.extend(outputs);
        self.fields.extend(fields);
        self
    }

    /// Reads a file and compiles everything that is defined so far. After an error the rules are those of before, but
    /// what the file defined up to the error stays defined.
    pub fn load(&mut self, name: &str, text: &str) -> LoadResult {
        self.texts.insert(name.to_owned(), text.into());
        let mut session =
            Session { sources: &self.language, texts: &self.texts, result: LoadResult::new(name) };
        let extras = Extras { outputs: &self.outputs, fields: &self.fields };
        let read = read::read(&mut session, &mut self.collection, text);
        let compiled = read.and_then(|()| {
            let (collection, compiled) = (&mut self.collection, &mut self.compiled);
            compile::compile(&mut session, collection, &self.language, extras, compiled)
        });
        if let Err(failure) = compiled {
            session.fail(failure);
        }
        session.result
    }

    /// Whether the plugins serve that the files ask for: names and versions of those that are loaded. What the container
    /// plugin gives is built in, so it is always among them.
    pub fn check_plugins(&self, loaded: &[(String, Version)]) -> Result<(), String> {
        self.collection.check_plugins(loaded)
    }
}

impl<S: Scheme> std::fmt::Debug for Loader<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loader").field("rules", &self.compiled.rules.len()).finish_non_exhaustive()
    }
}
