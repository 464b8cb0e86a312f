//! The values that ConfigHub writes where a value is still to be given.

use serde_json::Value;

use crate::model::packed::Packed;

/// Stands for a string, alone or inside a longer one.
const TEXT: &str = "confighubplaceholder";
/// Stands for a number.
const NUMBER: i64 = 999_999_999;
const NUMBER_TEXT: &str = "999999999";

/// JSON pointers of every placeholder, keys included. `packed` is the same value.
pub(super) fn find(body: &Value, packed: &Packed) -> Vec<String> {
    let mut found = Vec::new();
    // Most manifests have none, and a look at the text tells.
    if packed.may_hold(TEXT) || packed.may_hold(NUMBER_TEXT) {
        visit(body, &mut String::new(), &mut found);
    }
    found
}

fn visit(value: &Value, pointer: &mut String, found: &mut Vec<String>) {
    let length = pointer.len();
    match value {
        Value::String(text) if text.contains(TEXT) => found.push(pointer.clone()),
        Value::Number(number) if number.as_i64() == Some(NUMBER) => found.push(pointer.clone()),
        Value::Object(fields) => {
            for (key, value) in fields {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                if key.contains(TEXT) {
                    found.push(pointer.clone());
                } else {
                    visit(value, pointer, found);
                }
                pointer.truncate(length);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                pointer.push_str(&format!("/{index}"));
                visit(value, pointer, found);
                pointer.truncate(length);
            }
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}
