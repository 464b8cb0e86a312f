//! The ways in which people and tools write a change: the whole object, or one of four patches.

use serde_json::{Map, Value, json};

use super::place::{self, Step};
use super::random::Random;
use super::schema::{ListType, Node};
use super::server::{Patch, Request};

/// How one change is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// `kubectl edit`: read, change, write everything.
    Update,
    Merge,
    Json,
    Strategic,
    /// Server-side apply by another manager, forced.
    Apply,
}

/// What was changed, and where.
pub(super) struct Edit<'a> {
    pub(super) before: &'a Value,
    pub(super) after: &'a Value,
    pub(super) place: &'a [Step],
}

impl Verb {
    /// One that can write any change.
    pub(super) fn any(random: &mut Random) -> Self {
        random.pick(&[Self::Update, Self::Merge, Self::Json]).copied().unwrap_or(Self::Update)
    }

    /// The request; None: this verb cannot say it.
    pub(super) fn request(self, root: Node<'_>, path: &str, edit: &Edit<'_>) -> Option<Request> {
        let Edit { before, after, place } = edit;
        Some(match self {
            Self::Update => Request::put(path, "kubectl-edit", (*after).clone()),
            Self::Merge => Request::patch(path, "kubectl-patch", Patch::Merge, merge(before, after)?),
            Self::Json => {
                let (had, has) = (place::get(before, place), place::get(after, place));
                let pointer = place::pointer(place);
                let is_item = matches!(place.last(), Some(Step::Index(_)));
                let operation = match (had, has) {
                    (Some(had), Some(has)) if had == has => return None,
                    // The list has another length: positions say nothing.
                    (Some(_), Some(_) | None) if is_item && length(before, place) != length(after, place) => {
                        let (_, list) = place.split_last()?;
                        json!({"op": "replace", "path": place::pointer(list), "value": place::get(after, list)})
                    }
                    (Some(_), Some(has)) => json!({"op": "replace", "path": pointer, "value": has}),
                    (None, Some(has)) => json!({"op": "add", "path": pointer, "value": has}),
                    (Some(_), None) => json!({"op": "remove", "path": pointer}),
                    (None, None) => return None,
                };
                Request::patch(path, "dashboard", Patch::Json, json!([operation]))
            }
            Self::Strategic => {
                let body = minimal(root, after, place, Self::Strategic)?;
                Request::patch(path, "kubectl-client-side-apply", Patch::Strategic, body)
            }
            Self::Apply => {
                let mut body = minimal(root, after, place, Self::Apply)?;
                body["apiVersion"] = after["apiVersion"].clone();
                body["kind"] = after["kind"].clone();
                body["metadata"]["name"] = after["metadata"]["name"].clone();
                Request::apply(path, "helm", body)
            }
        })
    }
}

fn length(object: &Value, place: &[Step]) -> Option<usize> {
    let (_, list) = place.split_last()?;
    Some(place::get(object, list)?.as_array()?.len())
}

/// The RFC 7386 patch from one to the other; None: they are the same.
fn merge(before: &Value, after: &Value) -> Option<Value> {
    let (Value::Object(before), Value::Object(after)) = (before, after) else {
        return (before != after).then(|| after.clone());
    };
    let mut patch = Map::new();
    for (key, value) in after {
        match before.get(key) {
            Some(old) => patch.extend(merge(old, value).map(|it| (key.clone(), it))),
            None => drop(patch.insert(key.clone(), value.clone())),
        }
    }
    patch.extend(before.keys().filter(|key| !after.contains_key(*key)).map(|key| (key.clone(), Value::Null)));
    (!patch.is_empty()).then_some(Value::Object(patch))
}

/// Only what leads to the place, as far as the list types allow.
fn minimal(node: Node<'_>, after: &Value, place: &[Step], verb: Verb) -> Option<Value> {
    let Some((step, rest)) = place.split_first() else { return Some(after.clone()) };
    match step {
        Step::Key(_) if verb == Verb::Apply && node.is_atomic_map() => Some(after.clone()),
        Step::Key(key) => {
            let inner = match after.get(key) {
                Some(value) => match node.field(key) {
                    Some(field) => minimal(field, value, rest, verb)?,
                    None => value.clone(),
                },
                // Apply has no word for it.
                None if verb == Verb::Apply => return None,
                None => Value::Null,
            };
            Some(json!({ key.as_str(): inner }))
        }
        Step::Index(index) => {
            let entry = after.get(index)?;
            let keys = match (verb, node.list_type()) {
                (Verb::Strategic, _) => vec![node.merge_key().map(str::to_owned)],
                (_, ListType::Keyed(keys)) => keys.into_iter().map(Some).collect(),
                (_, ListType::Set) => return Some(json!([entry])),
                (_, ListType::Atomic) => vec![None],
            };
            let Some(keys) = keys.into_iter().collect::<Option<Vec<String>>>() else { return Some(after.clone()) };
            let mut inner = minimal(node.item()?, entry, rest, verb)?;
            for key in keys {
                if let (Some(value), Some(inner)) = (entry.get(&key), inner.as_object_mut()) {
                    inner.insert(key, value.clone());
                }
            }
            Some(json!([inner]))
        }
    }
}
