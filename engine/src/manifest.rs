//! PURE: the text of a unit → its Kubernetes objects, read as Kubernetes itself reads YAML.
//!
//! Errors name a line and a problem and never quote the text: it could be a Secret.

pub mod edit;
mod lines;
mod placeholders;
mod yaml;

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value};

use crate::model::object::GroupVersionKind;
use crate::model::packed::Packed;

pub use lines::Lines;

/// One object of a unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// From `apiVersion` and `kind`.
    pub gvk: GroupVersionKind,
    /// `metadata.namespace`, if it is stated and not empty.
    pub namespace: Option<String>,
    /// How the object is called.
    pub name: DocumentName,
    /// The manifest, items of a `List` on their own: a tree would take ten times the room.
    pub body: Packed,
    /// The line on which it starts, from 1.
    pub line: usize,
    /// Its position among the objects of the unit, from 0.
    pub index: usize,
    /// Where its fields stand; None until somebody asks for them with [`located`].
    pub lines: Option<Lines>,
    /// JSON pointers of values that still are placeholders of ConfigHub.
    pub unresolved: Vec<String>,
}

/// How a manifest names its object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentName {
    /// `metadata.name`
    Given(String),
    /// `metadata.generateName`: the server makes a new name each time, so no live object is *the* object.
    Generated(String),
}

/// Why a text is not a list of Kubernetes objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there; never a part of the text.
    pub problem: Cow<'static, str>,
}

/// The objects of a text. Documents that are empty are skipped, `List`s are opened.
pub fn documents(text: &str) -> Result<Vec<Document>, ManifestError> {
    let mut documents = Vec::new();
    for part in yaml::parse(text)? {
        collect(part.value, part.line, &part.item_lines, None, &mut documents)?;
    }
    Ok(documents)
}

/// The same with the lines of every field, in twice the time.
pub fn located(text: &str) -> Result<Vec<Document>, ManifestError> {
    let parts = yaml::parse(text)?;
    let lines = lines::documents(text).filter(|lines| lines.len() == parts.len());
    let mut lines = lines.into_iter().flatten();
    let mut documents = Vec::new();
    for part in parts {
        collect(part.value, part.line, &part.item_lines, lines.next(), &mut documents)?;
    }
    Ok(documents)
}

/// An object that was read before, from its manifest: at this position among the objects of its unit.
///
/// # Errors
/// It is no object, or a list of some.
pub fn document(body: Value, line: usize, index: usize, lines: Option<Lines>) -> Result<Document, ManifestError> {
    let mut documents = Vec::new();
    collect(body, line, &[], lines, &mut documents)?;
    match (documents.pop(), documents.is_empty()) {
        (Some(document), true) => Ok(Document { index, ..document }),
        _ => Err(ManifestError { line, problem: "it is not one object".into() }),
    }
}

/// The objects of a text that may hold none, without the rule that each has a name: for files that people pass by hand.
pub fn values(text: &str) -> Result<Vec<Value>, ManifestError> {
    Ok(yaml::parse(text)?.into_iter().map(|part| part.value).collect())
}

fn collect(
    value: Value,
    line: usize,
    item_lines: &[usize],
    lines: Option<Lines>,
    documents: &mut Vec<Document>,
) -> Result<(), ManifestError> {
    let fail = |problem: &'static str| Err(ManifestError { line, problem: problem.into() });
    let Value::Object(mut fields) = value else {
        return fail("a document is not a mapping");
    };
    let Some(kind) = text_of(&fields, "kind").map(str::to_owned) else {
        return fail("a document has no `kind`");
    };
    let Some(api_version) = text_of(&fields, "apiVersion").map(str::to_owned) else {
        return fail("a document has no `apiVersion`");
    };
    if is_list(&kind, &fields) {
        let items = match fields.remove("items") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => return fail("the `items` of a List are no list"),
        };
        let lines = lines.as_ref().and_then(|it| it.field("items"));
        for (index, item) in items.into_iter().enumerate() {
            let lines = lines.and_then(|it| it.item(index)).cloned();
            collect(item, item_lines.get(index).copied().unwrap_or(line), &[], lines, documents)?;
        }
        return Ok(());
    }
    let metadata = fields.get("metadata").and_then(Value::as_object);
    if metadata.and_then(|it| it.get("namespace")).is_some_and(|it| !it.is_null() && !it.is_string()) {
        return fail("`metadata.namespace` is no text");
    }
    let stated = |key| metadata.and_then(|metadata| text_of(metadata, key)).map(str::to_owned);
    let name = match (stated("name"), stated("generateName")) {
        (Some(name), _) => DocumentName::Given(name),
        (None, Some(prefix)) => DocumentName::Generated(prefix),
        (None, None) => return fail("a document has no `metadata.name`"),
    };
    let gvk = GroupVersionKind::new(&api_version, &kind);
    let namespace = stated("namespace");
    let body = Value::Object(fields);
    let packed = Packed::of(&body);
    let unresolved = placeholders::find(&body, &packed);
    let index = documents.len();
    documents.push(Document { gvk, namespace, name, body: packed, line, index, lines, unresolved });
    Ok(())
}

/// `List`, and the `DeploymentList` that some tools write. A custom resource may be called `…List` too, and may even have
/// `items`; what those are not is objects with kinds.
fn is_list(kind: &str, fields: &Map<String, Value>) -> bool {
    let are_objects = |items: &Vec<Value>| !items.is_empty() && items.iter().all(|item| item.get("kind").is_some());
    kind == "List" || kind.ends_with("List") && fields.get("items").and_then(Value::as_array).is_some_and(are_objects)
}

fn text_of<'a>(fields: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    fields.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for ManifestError {}

#[cfg(test)]
mod tests;
