//! Places in an object: where they are, which may be changed, and how to get at them on either side.

use std::collections::BTreeMap;

use serde_json::Value;

use super::random::Random;
use super::schema::{ListType, Node};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

pub(super) type Place = Vec<Step>;

/// Every place below the root that somebody may change, whole subtrees before their parts.
pub(super) fn all(object: &Value) -> Vec<Place> {
    let mut found = Vec::new();
    collect(object, &mut Vec::new(), &mut found);
    found
}

fn collect(value: &Value, at: &mut Place, found: &mut Vec<Place>) {
    let mut visit = |step: Step, value: &Value| {
        at.push(step);
        if !is_protected(at) {
            if at.len() > 1 || at[0] != Step::Key("metadata".to_owned()) {
                found.push(at.clone());
            }
            collect(value, at, found);
        }
        at.pop();
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| visit(Step::Key(key.clone()), value)),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, value)| visit(Step::Index(index), value)),
        _ => {}
    }
}

/// What says which object it is, what only the server writes, and what another class of mutation is for.
fn is_protected(place: &[Step]) -> bool {
    let keys: Vec<&str> =
        place.iter().map_while(|step| if let Step::Key(key) = step { Some(key.as_str()) } else { None }).collect();
    match keys.as_slice() {
        ["apiVersion" | "kind" | "status"] => true,
        ["metadata", rest, ..] => !matches!(*rest, "labels" | "annotations" | "ownerReferences"),
        _ => false,
    }
}

/// One of them, each *kind* of place as likely as any other, however many entries a list has.
pub(super) fn choose(places: &[Place], random: &mut Random) -> Option<Place> {
    let mut kinds: BTreeMap<Vec<&str>, Vec<&Place>> = BTreeMap::new();
    for place in places {
        let kind = place.iter().map(|step| if let Step::Key(key) = step { key.as_str() } else { "*" }).collect();
        kinds.entry(kind).or_default().push(place);
    }
    let kinds: Vec<_> = kinds.into_values().collect();
    let kind = random.pick(&kinds)?;
    random.pick(kind).map(|it| (*it).clone())
}

pub(super) fn get<'a>(value: &'a Value, place: &[Step]) -> Option<&'a Value> {
    place.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get(key),
        Step::Index(index) => value.get(index),
    })
}

pub(super) fn get_mut<'a>(value: &'a mut Value, place: &[Step]) -> Option<&'a mut Value> {
    place.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(index),
    })
}

/// The object with another value at the place, whose parent exists.
pub(super) fn with(object: &Value, place: &[Step], new: Value) -> Option<Value> {
    let mut object = object.clone();
    let (last, parent) = place.split_last()?;
    match (get_mut(&mut object, parent)?, last) {
        (Value::Object(fields), Step::Key(key)) => drop(fields.insert(key.clone(), new)),
        (Value::Array(items), Step::Index(index)) if *index < items.len() => items[*index] = new,
        (Value::Array(items), Step::Index(_)) => items.push(new),
        _ => return None,
    }
    Some(object)
}

/// The object without what is at the place.
pub(super) fn without(object: &Value, place: &[Step]) -> Option<Value> {
    let mut object = object.clone();
    let (last, parent) = place.split_last()?;
    match (get_mut(&mut object, parent)?, last) {
        (Value::Object(fields), Step::Key(key)) => drop(fields.remove(key)?),
        (Value::Array(items), Step::Index(index)) if *index < items.len() => drop(items.remove(*index)),
        _ => return None,
    }
    Some(object)
}

/// The type at the place.
pub(super) fn node<'a>(root: Node<'a>, place: &[Step]) -> Option<Node<'a>> {
    place.iter().try_fold(root, |node, step| match step {
        Step::Key(key) => node.field(key),
        Step::Index(_) => node.item(),
    })
}

/// The key nearest to the place.
pub(super) fn leaf(place: &[Step]) -> &str {
    let key = place.iter().rev().find_map(|step| if let Step::Key(key) = step { Some(key.as_str()) } else { None });
    key.unwrap_or_default()
}

/// Where `to` has what `from` has at the place: entries of keyed lists may stand elsewhere.
pub(super) fn counterpart(root: Node<'_>, from: &Value, to: &Value, place: &[Step]) -> Option<Place> {
    let (mut node, mut from, mut to) = (Some(root), from, to);
    let mut found = Vec::new();
    for step in place {
        match step {
            Step::Key(key) => {
                (from, to) = (from.get(key)?, to.get(key)?);
                node = node.and_then(|it| it.field(key));
                found.push(step.clone());
            }
            Step::Index(index) => {
                let wanted = from.get(index)?;
                let index = match node.map(Node::list_type) {
                    Some(ListType::Keyed(keys)) => to.as_array()?.iter().position(|it| {
                        keys.iter().all(|key| wanted.get(key).is_none() || wanted.get(key) == it.get(key))
                    })?,
                    _ => *index,
                };
                (from, to) = (wanted, to.get(index)?);
                node = node.and_then(Node::item);
                found.push(Step::Index(index));
            }
        }
    }
    Some(found)
}

/// As JSON Patch writes it.
pub(super) fn pointer(place: &[Step]) -> String {
    place
        .iter()
        .map(|step| match step {
            Step::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Step::Index(index) => format!("/{index}"),
        })
        .collect()
}
