//! Types as a graph of numbered nodes: found by number or by binary search, never by building a name.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::object::GroupVersionKind;

/// Types that refer to each other, and the kinds whose objects they describe.
#[derive(Clone, Debug, Default)]
pub(in crate::drift) struct Graph {
    nodes: Vec<Node>,
    names: BTreeMap<Box<str>, Id>,
    /// Sorted by group, kind and version.
    kinds: Vec<Kind>,
}

/// The number of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id(u32);

/// A kind whose objects have the type.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    pub(super) group: Box<str>,
    pub(super) kind: Box<str>,
    pub(super) version: Box<str>,
    pub(super) node: Id,
}

/// One type.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// Nothing is said about what it holds.
    Any,
    Scalar(Scalar),
    /// `ObjectMeta`, which is described with the built-in kinds.
    Metadata,
    Struct(Struct),
    /// Keys are people's.
    Map(Use),
    List(Use, Lists),
}

/// What a single value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::drift) enum Scalar {
    Text,
    Integer,
    Number,
    Boolean,
    Quantity,
    /// A quantity of a resource list, which the server rounds up to thousandths.
    Milli,
    /// Base64.
    Bytes,
    IntOrString,
    Time,
    /// Go's `1h30m`.
    Duration,
}

/// A mapping whose fields have names.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Struct {
    /// The last part of its name, such as `Container`; empty where it has none.
    pub(super) name: Box<str>,
    /// In the order of [`Struct::order`].
    pub(super) fields: Vec<Field>,
    pub(super) merge: Merge,
}

/// One field.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::drift) struct Field {
    pub(super) name: Box<str>,
    pub(super) of: Use,
    pub(super) zero: Zero,
    /// What the server fills in where the field is absent.
    pub(super) default: Option<Default>,
}

/// Whether a field can tell its zero value (`0`, `false`, an empty text, list or mapping) from absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::drift) enum Zero {
    /// Zero is a value like any other.
    Kept,
    /// And so is null.
    Nullable,
    /// A Go field that is not a pointer.
    Absent,
}

/// What is filled in, and where.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Default {
    pub(super) value: Value,
    /// The only kinds in which it is; none: all that have the field.
    pub(super) kinds: Vec<Box<str>>,
}

/// A type where it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) node: Id,
    pub(super) merge: Merge,
}

/// Whether the API replaces a mapping as a whole (`x-kubernetes-map-type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Merge {
    /// As the type itself says, else by its fields.
    Unsaid,
    Granular,
    Atomic,
}

/// How the API merges a list (`x-kubernetes-list-type`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::drift) enum Lists {
    /// As a whole; the default.
    Atomic,
    Set,
    /// By these fields of its entries.
    Keyed(Box<[Box<str>]>),
}

impl Graph {
    pub(super) fn kind(&self, gvk: &GroupVersionKind) -> Option<Id> {
        let wanted = (gvk.group.as_str(), gvk.kind.as_str(), gvk.version.as_str());
        let at = self.kinds.binary_search_by(|it| it.key().cmp(&wanted)).ok()?;
        Some(self.kinds[at].node)
    }

    /// The same kind in another version: the last that is known, whose fields are the likeliest to be the same.
    pub(super) fn other_version(&self, gvk: &GroupVersionKind) -> Option<Id> {
        let is_same = |it: &&Kind| *it.group == *gvk.group && *it.kind == *gvk.kind;
        self.kinds.iter().rev().find(is_same).map(|it| it.node)
    }

    pub(super) fn named(&self, name: &str) -> Option<Id> {
        self.names.get(name).copied()
    }

    /// Every name and what it stands for.
    #[cfg(test)]
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, Id)> {
        self.names.iter().map(|(name, id)| (&**name, *id))
    }

    #[cfg(test)]
    pub(super) fn kinds(&self) -> impl Iterator<Item = GroupVersionKind> {
        self.kinds.iter().map(|it| {
            let (group, version, kind) = (it.group.to_string(), it.version.to_string(), it.kind.to_string());
            GroupVersionKind { group, version, kind }
        })
    }

    pub(super) fn node(&self, id: Id) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// A kind that is known already stays as it is.
    pub(super) fn add_kind(&mut self, group: &str, version: &str, kind: &str, node: Id) {
        let (group, kind, version) = (group.into(), kind.into(), version.into());
        let added = Kind { group, kind, version, node };
        if let Err(at) = self.kinds.binary_search_by(|it| it.key().cmp(&added.key())) {
            self.kinds.insert(at, added);
        }
    }

    pub(super) fn add(&mut self, node: Node) -> Id {
        let id = Id(u32::try_from(self.nodes.len()).expect("a description of types fits in memory"));
        self.nodes.push(node);
        id
    }

    /// The node of that name; what it is may be said later.
    pub(super) fn reserve(&mut self, name: &str) -> Id {
        if let Some(id) = self.named(name) {
            return id;
        }
        let id = self.add(Node::Any);
        self.names.insert(name.into(), id);
        id
    }

    /// Says what a reserved node is.
    pub(super) fn define(&mut self, id: Id, node: Node) {
        self.nodes[id.0 as usize] = node;
    }
}

impl Kind {
    fn key(&self) -> (&str, &str, &str) {
        (&self.group, &self.kind, &self.version)
    }
}

impl Struct {
    /// By length first: most names differ in it, which takes no look at the text.
    pub(super) fn order(one: &str, other: &str) -> Ordering {
        one.len().cmp(&other.len()).then_with(|| one.cmp(other))
    }

    pub(super) fn in_order(mut self) -> Self {
        self.fields.sort_by(|one, other| Self::order(&one.name, &other.name));
        self
    }

    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        let at = self.fields.binary_search_by(|it| Self::order(&it.name, name)).ok()?;
        Some(&self.fields[at])
    }
}

impl Use {
    pub(super) fn of(node: Id) -> Self {
        Self { node, merge: Merge::Unsaid }
    }
}
