//! Query parameters: declared, well typed, and naming only attributes that the generation lists.

use axum::extract::Query;
use drift_detector::demo::world::Profile;
use serde_json::Value;

use super::description::{Description, Operation, entity_of};
use super::types::{Completeness, Types};

pub(crate) fn parameters(query: &str) -> Vec<(String, String)> {
    let uri = format!("http://host/?{query}").parse();
    let pairs = uri.ok().and_then(|uri: http::Uri| Query::try_from_uri(&uri).ok().map(|Query(pairs)| pairs));
    pairs.unwrap_or_default()
}

pub(crate) fn check(description: &Description, operation: &Operation<'_>, query: &str) -> Vec<String> {
    let declared = operation.json["query"].as_object().cloned().unwrap_or_default();
    let given = parameters(query);
    let mut problems = Vec::new();
    if given.is_empty() && !query.is_empty() {
        problems.push("the query cannot be decoded".to_owned());
    }
    for (name, parameter) in &declared {
        if parameter["required"] == Value::Bool(true) && !given.iter().any(|(key, _)| key == name) {
            problems.push(format!("query parameter `{name}` is missing"));
        }
    }
    for (name, value) in &given {
        let Some(parameter) = declared.get(name) else {
            problems.push(format!("query parameter `{name}` is not declared"));
            continue;
        };
        problems.extend(typed(description, name, parameter, value));
        problems.extend(listed(description, operation, name, parameter, value));
    }
    problems
}

fn typed(description: &Description, name: &str, parameter: &Value, text: &str) -> Vec<String> {
    let value = match parameter["type"].as_str() {
        Some("integer" | "number") => text.parse::<i64>().map_or_else(|_not_one| text.into(), Value::from),
        Some("boolean") => text.parse::<bool>().map_or_else(|_not_one| text.into(), Value::from),
        _ => text.into(),
    };
    Types::new(description, Completeness::Whole).problems(parameter, &value, &format!("query parameter `{name}`"))
}

fn listed(
    description: &Description,
    operation: &Operation<'_>,
    name: &str,
    parameter: &Value,
    text: &str,
) -> Vec<String> {
    let entity = entity_of(operation.json);
    let own = match (description.profile, parameter.get("attributes")) {
        (Profile::Bridge, Some(list)) => list.as_array().map(|list| list.iter().filter_map(Value::as_str).collect()),
        (Profile::Bridge, None) => None,
        (Profile::Release, _) => entity.and_then(|entity| description.attributes(name, entity)),
    };
    let unknown =
        |attribute: &str| format!("{name}: `{attribute}` is not an attribute of {}", entity.unwrap_or("this"));
    match (name, own) {
        ("where", own) => expression(description, entity, own.as_deref(), text),
        ("include", Some(own)) => text.split(',').filter(|attribute| !own.contains(attribute)).map(unknown).collect(),
        ("order_by", Some(own)) => {
            let field = |part: &'_ str| part.split_once(':').map_or(part, |(_, field)| field).to_owned();
            text.split(',')
                .map(field)
                .filter(|field| !own.contains(&field.as_str()))
                .map(|field| unknown(&field))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Reads names out of an expression. Apart from the stand-in's parser on purpose: two readings that must agree.
fn expression(description: &Description, entity: Option<&str>, own: Option<&[&str]>, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if text.chars().count() > 4096 {
        problems.push("where: longer than 4096 characters".to_owned());
    }
    let mut names = String::new();
    for (index, part) in text.split('\'').enumerate() {
        if index % 2 == 0 {
            names.push_str(part);
            names.push(' ');
        } else if part.chars().count() > 255 || part.contains(['"', '\\']) {
            problems.push("where: a literal that cannot be written".to_owned());
        }
    }
    if text.matches('\'').count() % 2 == 1 {
        problems.push("where: a literal is not closed".to_owned());
    }
    let outside = names.replace("LEN(", " ");
    let words = outside.split(|c: char| !(c.is_ascii_alphanumeric() || "._-/".contains(c)));
    for word in words.filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic())) {
        let keyword =
            ["AND", "NOT", "LIKE", "ILIKE", "IN", "IS", "NULL", "TRUE", "FALSE", "true", "false"].contains(&word);
        if !keyword && !known(description, entity, own, word) {
            problems.push(format!("where: `{word}` is not an attribute of {}", entity.unwrap_or("this")));
        }
    }
    problems
}

fn known(description: &Description, entity: Option<&str>, own: Option<&[&str]>, word: &str) -> bool {
    let Some(own) = own else { return true };
    let (first, rest) = word.split_once('.').map_or((word, None), |(first, rest)| (first, Some(rest)));
    if own.contains(&first) {
        return true;
    }
    let Some(rest) = rest else { return false };
    let joined = match first {
        _ if Some(first) == entity => first,
        "Space" | "UpstreamSpace" | "FromSpace" => "Space",
        "Unit" | "UpstreamUnit" => "Unit",
        "HeadRevision" | "LiveRevision" | "LastAppliedRevision" | "LastReleasedRevision" | "PreviousLiveRevision" => {
            "Revision"
        }
        "Target" | "ReleaseTarget" => "Target",
        "ChangeSet" | "Tag" | "Filter" | "Release" => first,
        _ => return false,
    };
    let attribute = rest.split('.').next().unwrap_or_default();
    description.attributes("where", joined).is_none_or(|list| list.contains(&attribute))
}
