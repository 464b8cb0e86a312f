//! `metadata.managedFields` → who owns a field of the live object.
//!
//! `FieldsV1` (`sigs.k8s.io/structured-merge-diff`): `f:name` is a field, `k:{…}` the entry of a list with these keys,
//! `v:…` a value of a set, `i:0` a position, `.` the node itself, and `{}` everything below. What is malformed owns nothing.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::managers;
use super::path::{FieldPath, Segment};
use crate::model::finding::{ManagerClass, Operation, Owner};
use crate::redact::{Redactor, Text};

/// The field managers of one live object.
#[derive(Debug)]
pub struct Owners<'a> {
    live: &'a Value,
    entries: Vec<Entry<'a>>,
}

/// One entry of `managedFields`.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    manager: &'a str,
    class: ManagerClass,
    operation: Operation,
    subresource: Option<&'a str>,
    time: Option<Timestamp>,
    fields: &'a Value,
}

/// A step through the live object.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'a> {
    Key(&'a str),
    Item(usize, &'a Value),
}

/// What of a node is whose: each entry that reaches it, with what it owns below.
#[derive(Clone, Debug)]
pub(super) struct Nodes<'a>(Vec<(&'a Entry<'a>, Owned<'a>)>);

/// How an entry owns a node.
#[derive(Clone, Copy, Debug)]
pub(super) enum Owned<'a> {
    /// Everything there.
    Whole,
    /// What this tree names.
    Parts(&'a Map<String, Value>),
}

/// How the entries of a list are told apart, by what the managers say they own.
pub(super) enum Told {
    /// By these fields.
    Keys(Vec<String>),
    /// By their values.
    Values,
    /// Not at all: the list is one value.
    Not,
}

impl<'a> Owners<'a> {
    /// From the object as the server sent it.
    pub fn read(live: &'a Value) -> Self {
        let entries = live.pointer("/metadata/managedFields").and_then(Value::as_array);
        Self { live, entries: entries.into_iter().flatten().filter_map(Entry::read).collect() }
    }

    /// The managers of the live value at `path`, whose indices are those of `desired`. Of a value with parts: all that own
    /// any of them.
    pub fn of(&self, desired: &Value, path: &FieldPath, redactor: &Redactor) -> Vec<Owner> {
        let mut owners: Vec<_> = self.at(desired, path).0.iter().map(|(entry, _)| entry.owner(redactor)).collect();
        owners.sort();
        owners.dedup();
        owners
    }

    /// Whether a manager of that name owns the whole live value at `path`.
    ///
    /// One owner is enough: a manager that shares a field wants the very value that is there, because whoever writes
    /// another one takes the field from all others (KEP-555).
    pub fn has(&self, desired: &Value, path: &FieldPath, is_named: impl Fn(&str) -> bool) -> bool {
        let Some((nodes, live)) = self.locate(desired, path) else { return false };
        let named = nodes.0.into_iter().filter(|(entry, _)| is_named(entry.manager));
        owns_all(&Nodes(named.collect()), live)
    }

    /// Whether any entry is a person's tool's: otherwise there is nothing that a person added.
    pub(super) fn know_a_person(&self) -> bool {
        self.entries.iter().any(Entry::is_persons)
    }

    /// Who owns what of the root.
    pub(super) fn root(&'a self) -> Nodes<'a> {
        let owned = self.entries.iter().filter_map(|entry| {
            let fields = entry.fields.as_object().filter(|it| !it.is_empty())?;
            Some((entry, Owned::Parts(fields)))
        });
        Nodes(owned.collect())
    }

    fn at(&'a self, desired: &Value, path: &FieldPath) -> Nodes<'a> {
        self.locate(desired, path).map_or_else(|| Nodes(Vec::new()), |(nodes, _)| nodes)
    }

    /// The live value that stands at desired's `path`, and whose it is. None: there is none.
    fn locate(&'a self, desired: &Value, path: &FieldPath) -> Option<(Nodes<'a>, &'a Value)> {
        let (mut nodes, mut live, mut stated) = (self.root(), self.live, Some(desired));
        for segment in path.segments() {
            let step = match segment {
                Segment::Key(key) => {
                    stated = stated.and_then(|it| it.get(key));
                    let (key, value) = live.as_object()?.get_key_value(key)?;
                    live = value;
                    Step::Key(key)
                }
                Segment::Item { index, label: _ } => {
                    let items = live.as_array()?;
                    stated = stated.and_then(|it| it.get(index));
                    let at = stated.map_or(Some(*index), |item| partner(item, *index, items, &nodes.told()))?;
                    live = items.get(at)?;
                    Step::Item(at, live)
                }
            };
            nodes = nodes.step(step);
        }
        Some((nodes, live)).filter(|(_, live)| !live.is_null())
    }
}

/// The live entry that is meant by one of desired. A list without keys is one value, and positions are all there is.
pub(super) fn partner(item: &Value, index: usize, live: &[Value], told: &Told) -> Option<usize> {
    let same_name = |other: &Value| item.get("name").is_some_and(|name| other.get("name") == Some(name));
    match told {
        Told::Keys(keys) => {
            // A key that desired leaves out is filled in by the server (`protocol`).
            let same =
                |other: &Value| keys.iter().all(|key| item.get(key).is_none() || item.get(key) == other.get(key));
            live.get(index)
                .filter(|it| same(it))
                .map(|_| index)
                .or_else(|| live.iter().position(same))
                .or_else(|| live.iter().position(same_name))
        }
        Told::Values => live.iter().position(|it| it == item),
        Told::Not => live.get(index).map(|_| index),
    }
}

/// Whether these own the value with all its parts.
fn owns_all(nodes: &Nodes<'_>, value: &Value) -> bool {
    if nodes.has_whole() {
        return true;
    }
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            fields.iter().all(|(key, value)| value.is_null() || owns_all(&nodes.step(Step::Key(key)), value))
        }
        Value::Array(items) if !items.is_empty() => {
            items.iter().enumerate().all(|(at, item)| owns_all(&nodes.step(Step::Item(at, item)), item))
        }
        _ => !nodes.0.is_empty(),
    }
}

impl<'a> Entry<'a> {
    fn read(entry: &'a Value) -> Option<Self> {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).filter(|it| !it.is_empty());
        let manager = text("manager")?;
        let operation = match text("operation")? {
            "Apply" => Operation::Apply,
            "Update" => Operation::Update,
            _ => return None,
        };
        let subresource = text("subresource");
        Some(Self {
            manager,
            class: managers::class(manager, operation, subresource),
            operation,
            subresource,
            time: text("time").and_then(|it| it.parse().ok()),
            fields: entry.get("fieldsV1").filter(|it| it.is_object())?,
        })
    }

    /// Whether it is a tool that people work with by hand.
    pub(super) fn is_persons(&self) -> bool {
        self.class == ManagerClass::PersonsTool
    }

    fn owner(&self, redactor: &Redactor) -> Owner {
        Owner {
            manager: redactor.text(self.manager),
            class: self.class,
            tool: managers::tool(self.manager, self.operation).map(Text::from),
            operation: self.operation,
            subresource: self.subresource.map(|it| redactor.text(it)),
            time: self.time,
        }
    }
}

impl<'a> Nodes<'a> {
    /// Who owns what one step below.
    pub(super) fn step(&self, step: Step<'_>) -> Self {
        Self(self.0.iter().filter_map(|(entry, owned)| Some((*entry, owned.step(step)?))).collect())
    }

    /// Everybody who owns the node or something below it.
    pub(super) fn entries(&self) -> impl Iterator<Item = &'a Entry<'a>> {
        self.0.iter().map(|(entry, _)| *entry)
    }

    /// Whether somebody owns all there is: nothing below it can be told apart.
    pub(super) fn has_whole(&self) -> bool {
        self.0.iter().any(|(_, owned)| matches!(owned, Owned::Whole))
    }

    /// Those that own the node itself, beside its parts.
    pub(super) fn of_node(&self) -> impl Iterator<Item = &'a Entry<'a>> {
        self.0.iter().filter_map(|(entry, owned)| match owned {
            Owned::Whole => Some(*entry),
            Owned::Parts(parts) => parts.contains_key(".").then_some(*entry),
        })
    }

    /// How the entries of the list at this node are told apart.
    pub(super) fn told(&self) -> Told {
        let names = self.0.iter().filter_map(|(_, owned)| match owned {
            Owned::Parts(parts) => Some(parts.keys()),
            Owned::Whole => None,
        });
        for name in names.flatten() {
            if let Some(key) =
                name.strip_prefix("k:").and_then(|it| serde_json::from_str::<Map<String, Value>>(it).ok())
            {
                return Told::Keys(key.into_iter().map(|(key, _)| key).collect());
            }
            if name.starts_with("v:") {
                return Told::Values;
            }
        }
        Told::Not
    }
}

impl Owned<'_> {
    fn step(self, step: Step<'_>) -> Option<Self> {
        let Self::Parts(parts) = self else { return Some(self) };
        let below = match step {
            Step::Key(key) => parts.iter().find(|(name, _)| name.strip_prefix("f:") == Some(key)),
            Step::Item(index, item) => parts.iter().find(|(name, _)| names(name, index, item)),
        };
        let below = below?.1.as_object()?;
        Some(if below.is_empty() { Self::Whole } else { Self::Parts(below) })
    }
}

/// Whether a part's name means this entry of a list.
fn names(name: &str, index: usize, item: &Value) -> bool {
    match name.split_once(':') {
        Some(("k", keys)) => serde_json::from_str::<Map<String, Value>>(keys)
            .is_ok_and(|keys| !keys.is_empty() && keys.iter().all(|(key, value)| item.get(key) == Some(value))),
        Some(("v", value)) => serde_json::from_str::<Value>(value).is_ok_and(|it| it == *item),
        Some(("i", position)) => position.parse() == Ok(index),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
