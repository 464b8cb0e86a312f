//! Holds a file against the JSON schema of our types: unknown keys, missing keys, wrong types, empty lists.
//!
//! The words of the schema that concern single values (`pattern`, lengths of texts) are for editors: `meaning` checks
//! those with better sentences.

use serde_json::Value as Json;

use crate::inputs::problem::{nearest, quoted, suggestion};

use super::Note;
use super::node::{Node, Value};
use super::not_yet;

/// Notes everything in the file that the schema does not allow.
pub(super) fn check(node: &Node, schema: &Json, notes: &mut Vec<Note>) {
    match (schema["type"].as_str(), &node.value) {
        (Some("object"), Value::Map(_)) => map(node, schema, notes),
        (Some("array"), Value::List(items)) => {
            if items.is_empty() && schema["minItems"].as_u64().is_some_and(|it| it > 0) {
                notes.push(Note::new(node.at, "the list is empty", "it needs at least one entry"));
            }
            items.iter().for_each(|item| check(item, &schema["items"], notes));
        }
        (Some("integer"), Value::Number(number)) => integer(node, number, schema, notes),
        (Some("string"), Value::String(_)) | (Some("boolean"), Value::Bool(_)) => {}
        // Choices: `oneOf` with a description each.
        (None, Value::String(text)) => {
            let known: Vec<&str> = choices(schema);
            if !known.contains(&text.as_str()) {
                let message = format!("{} is not a choice here", quoted(text));
                notes.push(Note::new(node.at, message, suggestion(text, known)));
            }
        }
        (expected, found) => notes.push(wrong_type(node, expected, found, schema)),
    }
}

fn map(node: &Node, schema: &Json, notes: &mut Vec<Note>) {
    let title = schema["title"].as_str().unwrap_or("map");
    let properties = schema["properties"].as_object();
    let known = || properties.into_iter().flat_map(|it| it.keys().map(String::as_str));
    for (index, (key, value)) in node.entries().iter().enumerate() {
        if node.entries()[..index].iter().any(|(earlier, _)| earlier.name == key.name) {
            let message = format!("the key {} stands here twice", quoted(&key.name));
            notes.push(Note::new(key.at, message, "remove one of the two"));
        }
        match properties.and_then(|it| it.get(&key.name)) {
            Some(property) => check(value, property, notes),
            None => notes.push(not_yet::unknown(key, title, known().collect())),
        }
    }
    // A key that is only misspelled is not missing as well.
    let meant = |name: &str| {
        let unknown = node.entries().iter().filter(|(key, _)| !known().any(|it| it == key.name));
        unknown.filter_map(|(key, _)| nearest(&key.name, known())).any(|it| it == name)
    };
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str);
    for name in required.filter(|name| node.get(name).is_none() && !meant(name)) {
        let remedy = format!("add it: {}", about(&schema["properties"][name]));
        notes.push(Note::new(node.at, format!("`{name}` is missing in this {title}"), remedy));
    }
}

fn integer(node: &Node, number: &serde_json::Number, schema: &Json, notes: &mut Vec<Note>) {
    let (least, most) = (schema["minimum"].as_i64(), schema["maximum"].as_i64());
    let fits = |it: i64| least.is_none_or(|least| it >= least) && most.is_none_or(|most| it <= most);
    if number.as_i64().is_some_and(fits) {
        return;
    }
    let remedy = match (least, most) {
        (Some(least), Some(most)) if least == most => format!("this version of Drift Detector reads {least} only"),
        _ => "use another number".to_owned(),
    };
    notes.push(Note::new(node.at, format!("{number} is not possible here"), remedy));
}

fn wrong_type(node: &Node, expected: Option<&str>, found: &Value, schema: &Json) -> Note {
    if matches!(found, Value::Null) {
        return Note::new(node.at, "there is no value here", "give one, or remove the key");
    }
    let (expected, remedy) = match (expected, found) {
        (Some("string") | None, Value::Bool(_) | Value::Number(_)) => ("text", "put the value in quotes".to_owned()),
        (Some("string") | None, _) => ("text", about(schema)),
        (Some("array"), _) => ("a list", "begin each entry with `- `, or write `[entry, entry]`".to_owned()),
        (Some("object"), _) => ("a map", "write `key: value` pairs".to_owned()),
        (Some("boolean"), _) => ("`true` or `false`", "write one of the two, without quotes".to_owned()),
        (Some("integer"), _) => ("a whole number", "write it without quotes".to_owned()),
        (Some(_), _) => ("something else", about(schema)),
    };
    Note::new(node.at, format!("expected {expected}, found {found}"), remedy)
}

/// The first sentence of a property's description.
fn about(property: &Json) -> String {
    let description = property["description"].as_str().unwrap_or("see the documentation");
    let sentence = description.split(". ").next().unwrap_or(description).trim_end_matches('.').replace('\n', " ");
    let mut characters = sentence.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}

fn choices(schema: &Json) -> Vec<&str> {
    let one_of = schema["oneOf"].as_array().into_iter().flatten().filter_map(|it| it["const"].as_str());
    one_of.chain(schema["enum"].as_array().into_iter().flatten().filter_map(Json::as_str)).collect()
}
