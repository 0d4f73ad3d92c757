//! What comes out of the table: the JSON schema and the shipped file.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::table::{KEYS, Key, Type};

/// The JSON schema (draft 6) of a configuration.
pub fn schema() -> Value {
    let mut root = object();
    for key in KEYS {
        let mut parts = key.path.split('.').peekable();
        let mut at = &mut root;
        while let Some(part) = parts.next() {
            let leaf = parts.peek().is_none().then_some(key);
            at = property(at, part, leaf);
        }
    }
    if let Some(root) = root.as_object_mut() {
        root.insert("$schema".to_owned(), json!("http://json-schema.org/draft-06/schema#"));
    }
    root
}

/// The text of the shipped configuration file: every key with its doc.
pub fn shipped_file() -> String {
    let mut out = String::from(
        "# Gyr's configuration: every key with the value that it has here if you change nothing.\n\
         # Written from the table of keys in crates/config; a Falco configuration works as well.\n",
    );
    let mut open: Vec<&str> = Vec::new();
    for key in KEYS {
        let Some(shipped) = key.shipped else { continue };
        let parts: Vec<&str> = key.path.split('.').collect();
        let (name, maps) = parts.split_last().unwrap_or((&"", &[]));
        let shared = open.iter().zip(maps).take_while(|(a, b)| a == b).count();
        if maps.is_empty() || shared == 0 {
            out.push('\n');
        }
        for (depth, map) in maps.iter().enumerate().skip(shared) {
            let _ = writeln!(out, "{}{map}:", "  ".repeat(depth)); // a String takes everything
        }
        open = maps.to_vec();
        let indent = "  ".repeat(maps.len());
        let _ = writeln!(out, "{indent}# {}", key.doc); // a String takes everything
        let _ = writeln!(out, "{indent}{name}: {shipped}"); // a String takes everything
    }
    out
}

fn object() -> Value {
    json!({"type": "object", "additionalProperties": false, "properties": {}})
}

/// The schema of a part of a path within that of its map; `leaf` is the row if the path ends here.
fn property<'a>(map: &'a mut Value, part: &str, leaf: Option<&Key>) -> &'a mut Value {
    let (name, in_list) = match part.strip_suffix("[]") {
        Some(name) => (name, true),
        None => (part, false),
    };
    let properties = &mut map["properties"];
    if properties.is_null() {
        *properties = Value::Object(Map::new());
    }
    let slot = &mut properties[name];
    if slot.is_null() {
        *slot = leaf.map_or_else(object, leaf_schema);
    }
    if !in_list {
        return slot;
    }
    let items = &mut slot["items"]["anyOf"][1];
    if !items.is_object() {
        *items = object();
    }
    items
}

fn leaf_schema(key: &Key) -> Value {
    let mut schema = match key.ty {
        Type::Bool => json!({"type": "boolean"}),
        Type::Integer { min, max: i64::MAX } => json!({"type": "integer", "minimum": min}),
        Type::Integer { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        Type::Number { min, max: f64::MAX } => json!({"type": "number", "minimum": min}),
        Type::Number { min, max } => json!({"type": "number", "minimum": min, "maximum": max}),
        Type::Text | Type::Duration | Type::Choice { any_case: true, .. } => {
            json!({"type": "string"})
        }
        Type::Choice { of, any_case: false } => json!({"type": "string", "enum": of}),
        Type::Choices(of) => {
            json!({"type": "array", "items": {"type": "string", "enum": of}})
        }
        Type::Texts => json!({"type": "array", "items": {"type": "string"}}),
        Type::Entries => {
            json!({"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "object"}]}})
        }
        Type::Map => json!({"type": "object"}),
        Type::Any => json!({}),
    };
    schema["description"] = key.doc.into();
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_is_written_from_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../etc/gyr.yaml");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, shipped_file()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), shipped_file());
    }

    #[test]
    fn the_schema_nests_as_the_keys_do() {
        let schema = schema();
        let engine = &schema["properties"]["engine"];
        assert_eq!(engine["additionalProperties"], false);
        assert_eq!(
            engine["properties"]["modern_ebpf"]["properties"]["buf_size_preset"]["maximum"],
            10
        );
        let plugin = &schema["properties"]["plugins"]["items"]["anyOf"][1];
        assert_eq!(plugin["properties"]["library_path"]["type"], "string");
        assert_eq!(schema["properties"]["rules"]["type"], "array");
    }
}
