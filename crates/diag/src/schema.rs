//! Compares a YAML document with a JSON schema (the part of draft 6 that our schemas use).
//!
//! Scalars of YAML are text, so types are weak: a text that reads like a number or a truth value is one. Differences
//! are worded and ordered like those of valijson, which users of Falco see in its log and match on.

use serde_json::Value as Json;

use crate::yaml::{Node, Value};

/// Every way in which the document differs from the schema; an inner difference comes before what it makes of the outer
/// ones. Unknown keywords are ignored.
pub fn differences(document: &Node, schema: &Json) -> Vec<String> {
    let mut check = Check { root: schema, path: "<root>".to_owned(), found: Vec::new() };
    check.node(document, schema, 0);
    check.found
}

/// References that lead to references …
const MAX_DEPTH: usize = 300;

struct Check<'a> {
    root: &'a Json,
    /// Where the node is: `<root>[0][key]`.
    path: String,
    found: Vec<String>,
}

impl Check<'_> {
    /// The keywords in the order in which they are checked. Returns whether all hold.
    fn node(&mut self, node: &Node, schema: &Json, depth: usize) -> bool {
        if depth > MAX_DEPTH {
            return true;
        }
        if let Some(reference) = schema.get("$ref").and_then(Json::as_str) {
            let target = self.root.pointer(reference.trim_start_matches('#'));
            return target.is_none_or(|target| self.node(node, target, depth + 1));
        }
        let checks = [
            schema.get("anyOf").map(|v| self.some_of(node, v, false, depth)),
            schema.get("enum").map(|v| self.one_of_values(node, v)),
            schema.get("items").map(|v| self.items(node, v, depth)),
            schema.get("maximum").map(|v| self.bound(node, v, "less", |n, b| n <= b)),
            schema.get("minimum").map(|v| self.bound(node, v, "greater", |n, b| n >= b)),
            schema.get("minProperties").map(|v| self.min_properties(node, v)),
            schema.get("oneOf").map(|v| self.some_of(node, v, true, depth)),
            Some(self.properties(node, schema, depth)),
            schema.get("required").map(|v| self.required(node, v)),
            schema.get("type").map(|v| self.of_type(node, v)),
        ];
        checks.into_iter().flatten().all(|holds| holds)
    }

    fn differs(&mut self, what: &str) -> bool {
        self.found.push(format!("failed for {}: {what}", self.path));
        false
    }

    fn within(&mut self, step: &str, node: &Node, schema: &Json, depth: usize) -> bool {
        let len = self.path.len();
        self.path.push_str(step);
        let holds = self.node(node, schema, depth + 1);
        self.path.truncate(len);
        holds
    }

    fn some_of(&mut self, node: &Node, schemas: &Json, only_one: bool, depth: usize) -> bool {
        let before = self.found.len();
        let mut holding = 0;
        for (i, schema) in schemas.as_array().into_iter().flatten().enumerate() {
            match self.node(node, schema, depth + 1) {
                true => holding += 1,
                false => {
                    self.differs(&format!("Failed to validate against child schema #{i}."));
                }
            }
        }
        if holding == 1 || holding > 1 && !only_one {
            self.found.truncate(before);
            return true;
        }
        let what = match (holding, only_one) {
            (0, false) => {
                "Failed to validate against any child schemas allowed by anyOf constraint."
            }
            (0, true) => {
                "Failed to validate against any child schemas allowed by oneOf constraint."
            }
            _ => "Failed to validate against exactly one child schema.",
        };
        self.differs(what)
    }

    fn one_of_values(&mut self, node: &Node, values: &Json) -> bool {
        let text = node.as_str();
        let same = |value: &Json| match value {
            Json::String(value) => text == Some(value),
            Json::Null => node.is_null(),
            other => text == Some(&other.to_string()),
        };
        values.as_array().is_some_and(|values| values.iter().any(same))
            || self.differs("Failed to match against any enum values.")
    }

    fn items(&mut self, node: &Node, schema: &Json, depth: usize) -> bool {
        let mut hold = true;
        for (i, item) in node.items().iter().enumerate() {
            if !self.within(&format!("[{i}]"), item, schema, depth) {
                hold = self.differs(&format!("Failed to validate item #{i} in array."));
            }
        }
        hold
    }

    fn bound(
        &mut self,
        node: &Node,
        bound: &Json,
        word: &str,
        holds: impl Fn(f64, f64) -> bool,
    ) -> bool {
        let (Some(number), Some(limit)) = (node.as_f64(), bound.as_f64()) else { return true };
        holds(number, limit)
            || self.differs(&format!("Expected number {word} than or equal to {bound}"))
    }

    fn min_properties(&mut self, node: &Node, least: &Json) -> bool {
        let enough = least.as_u64().is_none_or(|least| node.pairs().len() as u64 >= least);
        !node.is_mapping()
            || enough
            || self.differs(&format!("Object should have no fewer than {least} properties."))
    }

    fn properties(&mut self, node: &Node, schema: &Json, depth: usize) -> bool {
        let mut hold = true;
        let (mut matched, none) = (0, serde_json::Map::new());
        let properties = schema.get("properties").and_then(Json::as_object).unwrap_or(&none);
        for (name, property) in properties {
            let Some(value) = node.get(name) else { continue };
            matched += 1;
            if !self.within(&format!("[{name}]"), value, property, depth) {
                hold = self.differs(&format!(
                    "Failed to validate against schema associated with property name '{name}'."
                ));
            }
        }
        let closed = schema.get("additionalProperties") == Some(&Json::Bool(false));
        // A repeated key is one too many, without a name.
        if closed && matched < node.pairs().len() {
            let names = node.pairs().iter().map(|(key, _)| key.as_str().unwrap_or_default());
            let unknown = names.into_iter().find(|name| !properties.contains_key(*name));
            hold = self.differs(&format!(
                "Object contains a property that could not be validated using 'properties' or \
                 'additionalProperties' constraints: '{}'.",
                unknown.unwrap_or_default()
            ));
        }
        hold
    }

    fn required(&mut self, node: &Node, names: &Json) -> bool {
        if !node.is_mapping() {
            return true;
        }
        let mut hold = true;
        for name in names.as_array().into_iter().flatten().filter_map(Json::as_str) {
            if node.get(name).is_none() {
                hold = self.differs(&format!("Missing required property '{name}'."));
            }
        }
        hold
    }

    fn of_type(&mut self, node: &Node, ty: &Json) -> bool {
        let empty = match &node.value {
            Value::Sequence(items) => items.is_empty(),
            Value::Mapping(pairs) => pairs.is_empty(),
            Value::Null | Value::Scalar { .. } => false,
        };
        let text = node.as_str();
        let holds = match ty.as_str().unwrap_or_default() {
            "array" => node.is_sequence() || empty,
            "object" => node.is_mapping() || empty,
            "boolean" => matches!(text, Some("true" | "false")),
            "integer" => text.is_some_and(|text| text.parse::<i64>().is_ok()),
            "number" => text.is_some_and(|text| text.parse::<f64>().is_ok()),
            "null" => node.is_null() || text == Some(""),
            "string" => text.is_some() || node.is_null(),
            _ => true,
        };
        holds || self.differs("Value type not permitted by 'type' constraint.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(text: &str, schema: &Json) -> Vec<String> {
        differences(&crate::yaml::parse(text).unwrap()[0], schema)
    }

    #[test]
    fn inner_differences_come_first() {
        let schema = json!({"type": "array", "items": {"$ref": "#/definitions/item"},
            "definitions": {"item": {"additionalProperties": false, "required": ["name"],
                "properties": {"name": {"type": "string"}, "level": {"enum": ["LOW", "HIGH"]}}}}});
        let want = [
            "failed for <root>[1][level]: Failed to match against any enum values.",
            "failed for <root>[1]: Failed to validate against schema associated with property name \
             'level'.",
            "failed for <root>[1]: Object contains a property that could not be validated using \
             'properties' or 'additionalProperties' constraints: 'x'.",
            "failed for <root>[1]: Missing required property 'name'.",
            "failed for <root>: Failed to validate item #1 in array.",
        ];
        assert_eq!(check("[{name: 5}, {level: low, x: 1}]", &schema), want);
    }

    #[test]
    fn types_are_weak() {
        for (ty, good, bad) in [
            ("integer", "'12'", "x"),
            ("boolean", "true", "yes"),
            ("number", "1.5", "[]"),
            ("string", "12", "{a: 1}"),
            ("object", "[]", "[1]"),
        ] {
            assert_eq!(check(good, &json!({"type": ty})).len(), 0, "{ty} {good}");
            assert_eq!(check(bad, &json!({"type": ty})).len(), 1, "{ty} {bad}");
        }
    }

    #[test]
    fn alternatives_hold_if_one_does() {
        let schema = json!({"anyOf": [{"type": "integer"}, {"type": "array"}]});
        assert_eq!(check("[]", &schema).len(), 0);
        assert_eq!(check("x", &schema).len(), 5);
        let schema = json!({"oneOf": [{"type": "integer"}, {"type": "string"}]});
        assert_eq!(check("12", &schema).len(), 1);
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        assert_eq!(check("1", &json!({"$ref": "#"})).len(), 0);
    }

    #[test]
    fn a_repeated_key_is_one_too_many() {
        let schema = json!({"properties": {"a": {}}, "additionalProperties": false});
        assert!(check("{a: 1, a: 2}", &schema)[0].ends_with("constraints: ''."));
    }

    #[test]
    fn numbers_have_bounds() {
        let schema = json!({"minimum": 1, "maximum": 5});
        assert_eq!(
            check("6", &schema),
            ["failed for <root>: Expected number less than or equal to 5"]
        );
        assert_eq!(check("3", &schema).len(), 0);
    }
}
