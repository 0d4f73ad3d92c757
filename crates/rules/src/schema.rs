//! The JSON schema of rules files, which editors and CI read, and how a file differs from it.

use std::sync::LazyLock;

use gyr_diag::yaml::Node;
use serde_json::{Map, Value, json};

/// The schema of one rules document. It is flat: any key of any kind of item is allowed on every item.
pub fn schema() -> Value {
    json!({
        "$schema": "http://json-schema.org/draft-06/schema#",
        "type": "array",
        "items": reference("FalcoRule"),
        "definitions": {
            "FalcoRule": object("FalcoRule", ITEM, &[]),
            "Exception": object("Exception", EXCEPTION, &["name"]),
            "RequiredPluginVersion": object("RequiredPluginVersion", PLUGIN, &["name", "version"]),
            "Alternative": object("Alternative", ALTERNATIVE, &["name", "version"]),
            "Override": overrides(),
            "Item": {
                "title": "Item",
                "anyOf": [{ "type": "integer" }, { "type": "string" }],
            },
            "OverriddenItem": {
                "title": "OverriddenItem",
                "type": "string",
                "enum": ["append", "replace"],
            },
            "Priority": {
                "title": "Priority",
                "type": "string",
                "enum": PRIORITIES,
            },
        },
    })
}

/// How the documents of a file differ from the schema; `None` if there is nothing to compare.
pub(crate) fn differences(documents: &[Node]) -> Option<Vec<String>> {
    static SCHEMA: LazyLock<Value> = LazyLock::new(schema);
    if documents.is_empty() {
        return None;
    }
    let differences = |document| gyr_diag::schema::differences(document, &SCHEMA);
    Some(documents.iter().flat_map(differences).collect())
}

/// What a key's value is.
#[derive(Clone, Copy)]
enum Shape {
    Anything,
    Of(&'static str),
    Ref(&'static str),
    ListOf(&'static str),
    Texts,
}

const ITEM: &[(&str, Shape)] = &[
    ("required_engine_version", Shape::Of("string")),
    ("required_plugin_versions", Shape::ListOf("RequiredPluginVersion")),
    ("list", Shape::Of("string")),
    ("items", Shape::ListOf("Item")),
    ("macro", Shape::Of("string")),
    ("rule", Shape::Of("string")),
    ("condition", Shape::Of("string")),
    ("output", Shape::Of("string")),
    ("desc", Shape::Of("string")),
    ("priority", Shape::Ref("Priority")),
    ("source", Shape::Of("string")),
    ("enabled", Shape::Of("boolean")),
    ("capture", Shape::Of("boolean")),
    ("capture_duration", Shape::Of("integer")),
    ("warn_evttypes", Shape::Of("boolean")),
    ("skip-if-unknown-filter", Shape::Of("boolean")),
    ("tags", Shape::Texts),
    ("exceptions", Shape::ListOf("Exception")),
    ("override", Shape::Ref("Override")),
    ("append", Shape::Of("boolean")),
];

const EXCEPTION: &[(&str, Shape)] = &[
    ("name", Shape::Of("string")),
    ("fields", Shape::Anything),
    ("comps", Shape::Anything),
    ("values", Shape::Anything),
];

const PLUGIN: &[(&str, Shape)] = &[
    ("name", Shape::Of("string")),
    ("version", Shape::Of("string")),
    ("alternatives", Shape::ListOf("Alternative")),
];

const ALTERNATIVE: &[(&str, Shape)] =
    &[("name", Shape::Of("string")), ("version", Shape::Of("string"))];

/// Only these spellings, although the reader takes any case.
const PRIORITIES: &[&str] = &[
    "EMERGENCY",
    "ALERT",
    "CRITICAL",
    "ERROR",
    "WARNING",
    "NOTICE",
    "INFO",
    "INFORMATIONAL",
    "DEBUG",
];

fn object(title: &str, keys: &[(&str, Shape)], required: &[&str]) -> Value {
    let properties: Map<String, Value> = keys
        .iter()
        .map(|(key, shape)| {
            let value = match shape {
                Shape::Anything => json!({}),
                Shape::Of(ty) => json!({ "type": ty }),
                Shape::Ref(name) => reference(name),
                Shape::ListOf(name) => json!({ "type": "array", "items": reference(name) }),
                Shape::Texts => json!({ "type": "array", "items": { "type": "string" } }),
            };
            ((*key).to_owned(), value)
        })
        .collect();
    json!({
        "title": title,
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "required": required,
    })
}

fn overrides() -> Value {
    let keys = crate::overrides::READING_ORDER.iter().chain(&["items"]);
    let properties: Map<String, Value> =
        keys.map(|key| ((*key).to_owned(), reference("OverriddenItem"))).collect();
    json!({
        "title": "Override",
        "type": "object",
        "additionalProperties": false,
        "minProperties": 1,
        "properties": properties,
    })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{name}") })
}
