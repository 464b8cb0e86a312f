//! What a server-side-apply dry run would change, as places with the indices of desired: the measure for our findings.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::schema::{ListType, Node, Scalar};

/// One place at which the dry run differs from live.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Change {
    /// JSON pointer.
    pub(super) path: String,
    pub(super) origin: Origin,
}

/// Who is behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// Desired states the field.
    Stated,
    /// It follows from what desired states elsewhere: a default that depends on it, a field that excludes it.
    Follows,
}

/// Every place at which `result` differs from `live`.
pub(super) fn changes(root: Node<'_>, desired: &Value, live: &Value, result: &Value) -> Vec<Change> {
    let mut walk = Walk { path: Vec::new(), found: Vec::new() };
    let keys: BTreeSet<&str> = [live, result]
        .iter()
        .flat_map(|it| it.as_object().into_iter().flatten())
        .map(|(key, _)| key.as_str())
        .filter(|key| !matches!(*key, "status" | "apiVersion" | "kind"))
        .collect();
    for key in keys {
        walk.path.push(key.to_owned());
        walk.value(root.field(key), desired.get(key), live.get(key), result.get(key));
        walk.path.pop();
    }
    walk.found
}

/// Fields of the metadata that every write changes.
const KEPT_BY_THE_SERVER: [&str; 5] = [
    "/metadata/managedFields",
    "/metadata/resourceVersion",
    "/metadata/generation",
    "/metadata/creationTimestamp",
    "/metadata/uid",
];

struct Walk {
    path: Vec<String>,
    found: Vec<Change>,
}

impl Walk {
    fn value(&mut self, node: Option<Node<'_>>, desired: Option<&Value>, live: Option<&Value>, result: Option<&Value>) {
        let present = |it: Option<&Value>| it.filter(|value| !value.is_null()).is_some();
        let is_same = !present(live) && !present(result) || same(node, live, result);
        if is_same || KEPT_BY_THE_SERVER.contains(&self.pointer().as_str()) {
            return;
        }
        match (live, result) {
            (Some(Value::Object(live)), Some(Value::Object(result))) if !node.is_some_and(Node::is_atomic_map) => {
                self.object(node, desired, live, result);
            }
            (Some(Value::Array(live)), Some(Value::Array(result))) => self.list(node, desired, live, result),
            // What the result lacks cannot be what desired states.
            _ => self.found(present(desired) && present(result)),
        }
    }

    fn object(
        &mut self,
        node: Option<Node<'_>>,
        desired: Option<&Value>,
        live: &Map<String, Value>,
        result: &Map<String, Value>,
    ) {
        let keys: BTreeSet<&String> = live.keys().chain(result.keys()).collect();
        for key in keys {
            self.path.push(key.clone());
            let field = node.and_then(|it| it.field(key));
            self.value(field, desired.and_then(|it| it.get(key)), live.get(key), result.get(key));
            self.path.pop();
        }
    }

    fn list(&mut self, node: Option<Node<'_>>, desired: Option<&Value>, live: &[Value], result: &[Value]) {
        let is_stated = desired.is_some_and(Value::is_array);
        let wanted: &[Value] = desired.and_then(Value::as_array).map_or(&[], Vec::as_slice);
        match node.map_or(ListType::Atomic, Node::list_type) {
            ListType::Keyed(keys) => {
                let item = node.and_then(Node::item);
                let key_of =
                    |value: &Value| keys.iter().map(|key| key_field(item, value, key).map(plain)).collect::<Vec<_>>();
                // A custom resource keeps an empty key, which Go types give their default.
                let filled = |value: &Value| {
                    let mut value = value.clone();
                    value.as_object_mut().into_iter().for_each(|it| it.retain(|_, field| field != ""));
                    key_of(&value)
                };
                for entry in result {
                    let key = key_of(entry);
                    let stated = wanted.iter().position(|it| key_of(it) == key);
                    let stated = stated.or_else(|| wanted.iter().position(|it| filled(it) == key));
                    let partner = live.iter().find(|it| key_of(it) == key);
                    self.path.push(stated.map_or_else(|| format!("[{key:?}]"), |index| index.to_string()));
                    self.value(item, stated.and_then(|index| wanted.get(index)), partner, Some(entry));
                    self.path.pop();
                }
                // A merge leaves an entry out, or adds one that only its defaults make the same as another.
                let count = |list: &[Value], entry| list.iter().filter(|it| key_of(it) == key_of(entry)).count();
                if live.iter().any(|entry| count(live, entry) != count(result, entry)) {
                    self.found(false);
                }
            }
            ListType::Set => {
                for entry in result.iter().filter(|entry| !live.contains(entry)) {
                    let stated = wanted.iter().position(|it| it == entry);
                    self.path.push(stated.map_or_else(|| format!("[{entry}]"), |index| index.to_string()));
                    self.found(stated.is_some());
                    self.path.pop();
                }
                if live.iter().any(|entry| !result.contains(entry)) {
                    self.found(false);
                }
            }
            ListType::Atomic => self.found(is_stated),
        }
    }

    fn found(&mut self, is_stated: bool) {
        let origin = if is_stated { Origin::Stated } else { Origin::Follows };
        self.found.push(Change { path: self.pointer(), origin });
    }

    fn pointer(&self) -> String {
        self.path.iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect()
    }
}

/// Whether the two mean the same. The server stores a quantity as it is spelled; another spelling is no other quantity.
fn same(node: Option<Node<'_>>, live: Option<&Value>, result: Option<&Value>) -> bool {
    match (live, result) {
        (Some(Value::Object(live)), Some(Value::Object(result))) => {
            let field = |key: &String| node.and_then(|it| it.field(key));
            live.len() == result.len() && live.iter().all(|(key, it)| same(field(key), Some(it), result.get(key)))
        }
        (Some(Value::Array(live)), Some(Value::Array(result))) => {
            let item = node.and_then(Node::item);
            live.len() == result.len() && live.iter().zip(result).all(|(one, other)| same(item, Some(one), Some(other)))
        }
        (Some(live), Some(result)) if node.is_some_and(|it| it.scalar() == Scalar::Quantity) => {
            let amount = |value: &Value| value.as_f64().or_else(|| amount(value.as_str()?));
            live == result || amount(live).is_some() && amount(live) == amount(result)
        }
        _ => live == result,
    }
}

/// Exact for what the test writes. On purpose not the engine's parser, which is judged here.
fn amount(text: &str) -> Option<f64> {
    let end = text.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(text.len());
    let number: f64 = text[..end].parse().ok()?;
    let (scale, is_small): (f64, bool) = match &text[end..] {
        "" => (1.0, false),
        "n" => (1e9, true),
        "u" => (1e6, true),
        "m" => (1e3, true),
        "k" => (1e3, false),
        "M" => (1e6, false),
        "G" => (1e9, false),
        "Ki" => (1024.0, false),
        "Mi" => (1_048_576.0, false),
        "Gi" => (1_073_741_824.0, false),
        exponent => (10f64.powi(exponent.strip_prefix('e')?.parse().ok()?), false),
    };
    Some(if is_small { number / scale } else { number * scale })
}

/// A port is the same as `80` and as `80.0`.
fn plain(value: &Value) -> Value {
    value.as_f64().map_or_else(|| value.clone(), Value::from)
}

/// A part of an entry's key, which the server may fill in.
fn key_field<'a>(item: Option<Node<'a>>, value: &'a Value, key: &str) -> Option<&'a Value> {
    let default = || item.and_then(|it| it.field(key)).and_then(Node::default);
    value.get(key).filter(|it| !it.is_null()).or_else(default)
}
