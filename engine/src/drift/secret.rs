//! The values of a Secret: compared as bytes, `stringData` over `data`, and never shown.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::compare::{Difference, Sensitivity};
use super::equal;
use super::path::{FieldPath, Segment};
use super::rule::Rule;
use crate::model::finding::Code;

/// What a key holds.
#[derive(PartialEq, Eq)]
enum Content {
    Bytes(Vec<u8>),
    /// Not base64, or no text at all: a Secret that no server accepted, or a placeholder of a templating tool.
    Raw(String),
}

/// Adds a difference for each key of desired whose value live does not have.
pub(super) fn compare(desired: &Map<String, Value>, live: &Map<String, Value>, found: &mut Vec<Difference>) {
    let live = contents(live);
    for (key, desired) in contents(desired) {
        let code = match live.get(key) {
            None => Code::FieldRemoved,
            Some(live) if *live != desired => Code::FieldChanged,
            Some(_) => continue,
        };
        found.push(Difference {
            code,
            // Where the API keeps it, whichever way it was stated: `stringData` can only be written.
            path: FieldPath::new(vec![Segment::Key("data".to_owned()), Segment::Key(key.to_owned())]),
            // The bytes end here: nothing that leaves this module holds them.
            desired: Value::Null,
            live: (code == Code::FieldChanged).then_some(Value::Null),
            names: Vec::new(),
            sensitivity: Sensitivity::Secret,
            rule: Rule::secret(),
        });
    }
}

fn contents(secret: &Map<String, Value>) -> BTreeMap<&str, Content> {
    let entries = |field| secret.get(field).and_then(Value::as_object).into_iter().flatten();
    let mut contents: BTreeMap<_, _> = entries("data").map(|(key, value)| (key.as_str(), decoded(value))).collect();
    // The server writes `stringData` over `data`, once it could read that.
    for (key, value) in entries("stringData") {
        if !matches!(contents.get(key.as_str()), Some(Content::Raw(_))) {
            contents.insert(key, plain(value));
        }
    }
    contents
}

fn decoded(value: &Value) -> Content {
    match value {
        Value::Null => Content::Bytes(Vec::new()),
        Value::String(text) => equal::bytes(text).map_or_else(|| Content::Raw(text.clone()), Content::Bytes),
        other => Content::Raw(other.to_string()),
    }
}

fn plain(value: &Value) -> Content {
    match value {
        Value::Null => Content::Bytes(Vec::new()),
        Value::String(text) => Content::Bytes(text.clone().into_bytes()),
        other => Content::Raw(other.to_string()),
    }
}
