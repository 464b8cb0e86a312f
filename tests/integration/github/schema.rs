//! OpenAPI 3.0 schemas as JSON schemas, and the one rule that they leave out: what they do not name may not be sent.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// `nullable: true` in the words of JSON Schema.
pub(super) fn translated(schema: &Value) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(translated).collect(),
        Value::Object(members) => {
            let is_nullable = members.get("nullable") == Some(&Value::Bool(true));
            let kept = members.iter().filter(|(name, _)| *name != "nullable" && *name != "discriminator");
            let plain: Map<String, Value> = kept.map(|(name, value)| (name.clone(), translated(value))).collect();
            if is_nullable { json!({"anyOf": [plain, {"type": "null"}]}) } else { Value::Object(plain) }
        }
        other => other.clone(),
    }
}

/// Members of `value` that the schema does not name, wherever in it.
pub(super) fn unknown(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let branches = branches(root, schema);
    match value {
        Value::Object(members) => {
            let properties = || branches.iter().filter_map(|it| it["properties"].as_object());
            let names: BTreeSet<&String> = properties().flat_map(Map::keys).collect();
            if names.is_empty() {
                return Vec::new();
            }
            let mut problems = Vec::new();
            for (name, value) in members {
                let at = format!("{at}/{name}");
                match properties().find_map(|it| it.get(name)) {
                    Some(schema) => problems.extend(unknown(root, schema, value, &at)),
                    None => problems.push(format!("request body: {at} is not described")),
                }
            }
            problems
        }
        Value::Array(items) => {
            let of = branches.iter().map(|it| &it["items"]).find(|it| !it.is_null());
            items.iter().flat_map(|item| of.map(|of| unknown(root, of, item, at)).unwrap_or_default()).collect()
        }
        _ => Vec::new(),
    }
}

/// The schema and all that it is put together from.
fn branches<'a>(root: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    let schema = resolved(root, schema);
    let mut found = vec![schema];
    for name in ["allOf", "anyOf", "oneOf"] {
        found.extend(schema[name].as_array().into_iter().flatten().flat_map(|it| branches(root, it)));
    }
    found
}

/// What a `$ref` stands for.
pub(super) fn resolved<'a>(root: &'a Value, node: &'a Value) -> &'a Value {
    let target = node["$ref"].as_str().and_then(|it| root.pointer(it.strip_prefix('#')?));
    target.map_or(node, |target| resolved(root, target))
}
