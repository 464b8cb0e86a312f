//! `metadata.managedFields` → who owns a field of the live object.
//!
//! `FieldsV1` (`sigs.k8s.io/structured-merge-diff`): `f:name` is a field, `k:{…}` the entry of a list with these keys,
//! `v:…` a value of a set, `i:0` a position, `.` the node itself, and `{}` everything below. What is malformed owns nothing.

mod listing;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use self::listing::Listing;

use super::managers;
use super::path::{FieldPath, Segment};
use crate::model::finding::{ManagerClass, Operation, Owner};
use crate::redact::{Redactor, Text};

/// The field managers of one live object.
#[derive(Debug)]
pub struct Owners<'a> {
    live: &'a Value,
    entries: Vec<Entry<'a>>,
    /// The lists of live that were asked about, by where they stand in memory: each is read once.
    lists: RefCell<HashMap<*const Value, Rc<Listing<'a>>>>,
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

/// What of a node is whose: each entry that reaches it, by its index, with what it owns below.
#[derive(Clone, Debug)]
pub(super) struct Nodes<'o, 'a> {
    owners: &'o Owners<'a>,
    owned: Vec<(usize, Owned<'a>)>,
}

/// How an entry owns a node.
#[derive(Clone, Copy, Debug)]
pub(super) enum Owned<'a> {
    /// Everything there.
    Whole,
    /// What this tree names.
    Parts(&'a Map<String, Value>),
}

impl<'a> Owners<'a> {
    /// From the object as the server sent it.
    pub fn read(live: &'a Value) -> Self {
        let entries = live.pointer("/metadata/managedFields").and_then(Value::as_array);
        let entries = entries.into_iter().flatten().filter_map(Entry::read).collect();
        Self { live, entries, lists: RefCell::default() }
    }

    /// The managers of the live value at `path`, whose indices are those of `desired`. Of a value with parts: all that own
    /// any of them.
    pub fn of(&self, desired: &Value, path: &FieldPath, redactor: &Redactor) -> Vec<Owner> {
        let Some((nodes, _)) = self.locate(desired, path) else { return Vec::new() };
        let mut owners: Vec<_> = nodes.entries().map(|entry| entry.owner(redactor)).collect();
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
        let named: Vec<bool> = self.entries.iter().map(|entry| is_named(entry.manager)).collect();
        nodes.own_all(live, &named)
    }

    /// The object itself.
    pub(super) fn live(&self) -> &'a Value {
        self.live
    }

    /// Whether any entry is a person's tool's: otherwise there is nothing that a person added.
    pub(super) fn know_a_person(&self) -> bool {
        self.entries.iter().any(Entry::is_persons)
    }

    /// Who owns what of the root.
    pub(super) fn root(&self) -> Nodes<'_, 'a> {
        let owned = self.entries.iter().enumerate().filter_map(|(at, entry)| {
            let fields = entry.fields.as_object().filter(|it| !it.is_empty())?;
            Some((at, Owned::Parts(fields)))
        });
        Nodes { owners: self, owned: owned.collect() }
    }

    /// The live value that stands at desired's `path`, and whose it is. None: there is none.
    fn locate(&self, desired: &Value, path: &FieldPath) -> Option<(Nodes<'_, 'a>, &'a Value)> {
        let (mut nodes, mut live, mut stated) = (self.root(), self.live, Some(desired));
        for segment in path.segments() {
            match segment {
                Segment::Key(key) => {
                    stated = stated.and_then(|it| it.get(key));
                    live = live.get(key)?;
                    nodes = nodes.field(key);
                }
                Segment::Item { index, label: _ } => {
                    let items = live.as_array()?;
                    stated = stated.and_then(|it| it.get(index));
                    let listing = nodes.listing(items);
                    let at = stated.map_or(Some(*index), |item| listing.partner(item, *index))?;
                    live = items.get(at)?;
                    nodes = nodes.item(&listing, at);
                }
            }
        }
        Some((nodes, live)).filter(|(_, live)| !live.is_null())
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

impl<'o, 'a> Nodes<'o, 'a> {
    /// Who owns what of a field.
    pub(super) fn field(&self, key: &str) -> Self {
        let name = format!("f:{key}");
        let owned = self.owned.iter().filter_map(|(at, owned)| match owned {
            Owned::Whole => Some((*at, Owned::Whole)),
            Owned::Parts(parts) => Some((*at, Owned::of(parts.get(&name)?.as_object()?))),
        });
        Self { owners: self.owners, owned: owned.collect() }
    }

    /// The live list at this node.
    pub(super) fn listing(&self, items: &'a [Value]) -> Rc<Listing<'a>> {
        let mut lists = self.owners.lists.borrow_mut();
        // An empty list stands nowhere in memory, and has no entries to ask about.
        Rc::clone(lists.entry(items.as_ptr()).or_insert_with(|| Rc::new(Listing::read(items, &self.owned))))
    }

    /// Who owns what of an entry of the list at this node.
    pub(super) fn item(&self, listing: &Listing<'a>, at: usize) -> Self {
        Self { owners: self.owners, owned: listing.owned(at) }
    }

    /// Everybody who owns the node or something below it.
    pub(super) fn entries(&self) -> impl Iterator<Item = &'o Entry<'a>> {
        self.owned.iter().filter_map(|(at, _)| self.owners.entries.get(*at))
    }

    /// Whether somebody owns all there is: nothing below it can be told apart.
    pub(super) fn has_whole(&self) -> bool {
        self.owned.iter().any(|(_, owned)| matches!(owned, Owned::Whole))
    }

    /// Those that own the node itself, beside its parts.
    pub(super) fn of_node(&self) -> impl Iterator<Item = &'o Entry<'a>> {
        let owns_it = |owned: &Owned<'_>| match owned {
            Owned::Whole => true,
            Owned::Parts(parts) => parts.contains_key("."),
        };
        let owners = self.owned.iter().filter(move |(_, owned)| owns_it(owned));
        owners.filter_map(|(at, _)| self.owners.entries.get(*at))
    }

    /// Whether those of the entries that are `named` own the value with all its parts.
    fn own_all(&self, value: &'a Value, named: &[bool]) -> bool {
        let mut those = self.owned.iter().filter(|(at, _)| named.get(*at) == Some(&true)).peekable();
        if those.peek().is_none() {
            return false;
        }
        if those.any(|(_, owned)| matches!(owned, Owned::Whole)) {
            return true;
        }
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                fields.iter().all(|(key, value)| value.is_null() || self.field(key).own_all(value, named))
            }
            Value::Array(items) if !items.is_empty() => {
                let listing = self.listing(items);
                items.iter().enumerate().all(|(at, item)| self.item(&listing, at).own_all(item, named))
            }
            _ => true,
        }
    }
}

impl<'a> Owned<'a> {
    fn of(below: &'a Map<String, Value>) -> Self {
        if below.is_empty() { Self::Whole } else { Self::Parts(below) }
    }
}

#[cfg(test)]
mod tests;
