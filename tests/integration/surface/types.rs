//! JSON against the description's types.

use base64::Engine as _;
use serde_json::Value;

use super::description::Description;

/// Whether members that are marked required must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Completeness {
    /// Bodies of POST and PUT, and answers to requests without `select`.
    Whole,
    /// Answers to requests with `select`.
    Partial,
    /// Bodies of PATCH: null takes a key out of a map.
    Patch,
}

pub(crate) struct Types<'a> {
    description: &'a Description,
    completeness: Completeness,
    problems: Vec<String>,
}

impl<'a> Types<'a> {
    pub(crate) fn new(description: &'a Description, completeness: Completeness) -> Self {
        Self { description, completeness, problems: Vec::new() }
    }

    /// `of` is a type, or a member's `{type, format}`.
    pub(crate) fn problems(mut self, of: &Value, value: &Value, at: &str) -> Vec<String> {
        self.walk(of, None, value, at);
        self.problems
    }

    fn fail(&mut self, at: &str, what: impl Into<String>) {
        self.problems.push(format!("{at}: {}", what.into()));
    }

    fn walk(&mut self, of: &Value, format: Option<&str>, value: &Value, at: &str) {
        if let Some(word) = of.as_str() {
            return self.word(word, format, value, at);
        }
        let Some((form, inner)) = of.as_object().and_then(|form| form.iter().next()) else {
            return self.fail(at, format!("the description has no type here: {of}"));
        };
        if let Some(inner) = of.get("type") {
            return self.walk(inner, of["format"].as_str().or(format), value, at);
        }
        match form.as_str() {
            "ref" => self.reference(inner.as_str().unwrap_or_default(), value, at),
            "array" => match value.as_array() {
                Some(items) => {
                    for (index, item) in items.iter().enumerate() {
                        self.walk(inner, None, item, &format!("{at}/{index}"));
                    }
                }
                None => self.fail(at, "not an array"),
            },
            "map" => match value.as_object() {
                Some(members) => {
                    let taken = |member: &Value| self.completeness == Completeness::Patch && member.is_null();
                    let kept: Vec<_> = members.iter().filter(|(_, member)| !taken(member)).collect();
                    for (key, member) in kept {
                        self.walk(inner, None, member, &format!("{at}/{key}"));
                    }
                }
                None => self.fail(at, "not a map"),
            },
            "enum" if inner.as_array().is_some_and(|known| known.contains(value)) => {}
            "enum" => self.fail(at, format!("{value} is not one of {inner}")),
            "const" if inner == value => {}
            "const" => self.fail(at, format!("{value} is not {inner}")),
            "oneOf" => {
                let fits = |of: &Value| {
                    let mut trial = Types::new(self.description, self.completeness);
                    trial.walk(of, format, value, at);
                    trial.problems.is_empty()
                };
                if !inner.as_array().into_iter().flatten().any(fits) {
                    self.fail(at, format!("fits none of {inner}"));
                }
            }
            "allOf" => {
                for of in inner.as_array().into_iter().flatten() {
                    self.walk(of, format, value, at);
                }
            }
            "object" => self.members(inner, value, at),
            "merge_patch" => {
                let name = inner.as_str().unwrap_or_default();
                let fields = self.description.schema(name).map_or(&Value::Null, |schema| &schema["fields"]);
                self.members(fields, value, at);
            }
            _ => self.fail(at, format!("the description has an unknown form here: {of}")),
        }
    }

    fn reference(&mut self, name: &str, value: &Value, at: &str) {
        match self.description.schema(name) {
            // Referred to by both generations, described by neither.
            None if name == "Attribute" => {}
            None => self.fail(at, format!("the description lacks {name}")),
            Some(schema) if schema["fields"].is_object() => self.members(&schema["fields"], value, at),
            Some(schema) => self.walk(&schema["type"], schema["format"].as_str(), value, at),
        }
    }

    fn members(&mut self, fields: &Value, value: &Value, at: &str) {
        let (Some(fields), Some(members)) = (fields.as_object(), value.as_object()) else {
            return self.fail(at, "not an object");
        };
        for (name, member) in members {
            match fields.get(name) {
                None => self.fail(at, format!("unknown member `{name}`")),
                // Absent and null are the same.
                Some(_) if member.is_null() => {}
                Some(field) => self.walk(&field["type"], field["format"].as_str(), member, &format!("{at}/{name}")),
            }
        }
        if self.completeness != Completeness::Whole {
            return;
        }
        for (name, _) in fields.iter().filter(|(_, field)| field["required"] == Value::Bool(true)) {
            if members.get(name).is_none_or(Value::is_null) {
                self.fail(at, format!("required member `{name}` is missing"));
            }
        }
    }

    fn word(&mut self, word: &str, format: Option<&str>, value: &Value, at: &str) {
        let fits = match word {
            "any" | "never" => true,
            "string" | "bytes" => value.is_string(),
            "base64" => value.as_str().is_some_and(is_base64),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            _ => return self.fail(at, format!("the description has an unknown type `{word}`")),
        };
        if !fits {
            return self.fail(at, format!("not of type {word}: {value}"));
        }
        let Some(text) = value.as_str() else { return };
        let fits = match format {
            Some("uuid") => text.parse::<uuid::Uuid>().is_ok(),
            Some("date-time") => text.parse::<jiff::Timestamp>().is_ok(),
            Some("base64") => is_base64(text),
            _ => true,
        };
        if !fits {
            self.fail(at, format!("not of format {}: {value}", format.unwrap_or_default()));
        }
    }
}

fn is_base64(text: &str) -> bool {
    base64::engine::general_purpose::STANDARD.decode(text).is_ok()
}
