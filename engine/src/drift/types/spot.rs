//! A place in the graph of types, and what it says about the value there.

use serde_json::Value;

use super::graph::{Field, Graph, Id, Lists, Merge, Node, Scalar, Use, Zero};
use super::{BUILT_IN, metadata};
use crate::drift::quantity::Quantity;

/// The type of a value, and the field that holds it.
#[derive(Clone, Copy, Debug)]
pub(in crate::drift) struct Spot<'a> {
    graph: &'a Graph,
    of: Use,
    /// The field that holds the value; None: an entry of a map or of a list, or the object itself.
    field: Option<&'a Field>,
    /// The name of the type that has the field.
    owner: &'a str,
}

impl<'a> Spot<'a> {
    pub(super) fn root(graph: &'a Graph, node: Id) -> Self {
        Self { graph, of: Use::of(node), field: None, owner: "" }
    }

    fn node(&self) -> &'a Node {
        self.graph.node(self.of.node)
    }

    /// What a field or an entry of the mapping is; None: nobody knows.
    pub(in crate::drift) fn child(&self, key: &str) -> Option<Self> {
        match self.node() {
            Node::Struct(it) => {
                let field = it.field(key)?;
                Some(Self { graph: self.graph, of: field.of, field: Some(field), owner: &it.name })
            }
            Node::Map(entries) => Some(Self { graph: self.graph, of: *entries, field: None, owner: "" }),
            Node::Metadata => metadata()?.child(key),
            Node::Any | Node::Scalar(_) | Node::List(..) => None,
        }
    }

    #[cfg(test)]
    pub(super) fn fields(&self) -> Vec<&'a str> {
        match self.node() {
            Node::Struct(it) => it.fields.iter().map(|field| &*field.name).collect(),
            _ => Vec::new(),
        }
    }

    /// The same, or without a key what an entry of the list is.
    pub(in crate::drift) fn part(&self, key: Option<&str>) -> Option<Self> {
        key.map_or_else(|| self.item(), |key| self.child(key))
    }

    /// What an entry of the list is.
    pub(in crate::drift) fn item(&self) -> Option<Self> {
        match self.node() {
            Node::List(items, _) => Some(Self { graph: self.graph, of: *items, field: None, owner: "" }),
            _ => None,
        }
    }

    /// Whether the server decodes the value into a Go type, and forgets what that cannot hold.
    pub(in crate::drift) fn is_go(&self) -> bool {
        std::ptr::eq(self.graph, &raw const *BUILT_IN) || matches!(self.node(), Node::Metadata)
    }

    /// Whether anything is known about the value.
    pub(in crate::drift) fn is_described(&self) -> bool {
        !matches!(self.node(), Node::Any)
    }

    pub(in crate::drift) fn scalar(&self) -> Option<Scalar> {
        match self.node() {
            Node::Scalar(scalar) => Some(*scalar),
            _ => None,
        }
    }

    pub(in crate::drift) fn lists(&self) -> Option<&'a Lists> {
        match self.node() {
            Node::List(_, lists) => Some(lists),
            _ => None,
        }
    }

    /// Whether keys of the mapping are people's.
    pub(in crate::drift) fn is_map(&self) -> bool {
        matches!(self.node(), Node::Map(_))
    }

    /// Whether this is a map of texts.
    pub(in crate::drift) fn is_text_map(&self) -> bool {
        let is_text = |id| matches!(self.graph.node(id), Node::Scalar(Scalar::Text | Scalar::Bytes));
        matches!(self.node(), Node::Map(entries) if is_text(entries.node))
    }

    /// Whether the API replaces the mapping as a whole.
    pub(in crate::drift) fn is_atomic(&self) -> bool {
        match (self.of.merge, self.node()) {
            (Merge::Unsaid, Node::Struct(it)) => it.merge == Merge::Atomic,
            (merge, _) => merge == Merge::Atomic,
        }
    }

    /// Whether a merge takes the value as a whole.
    pub(in crate::drift) fn is_replaced(&self) -> bool {
        match self.node() {
            Node::Scalar(_) => true,
            Node::List(_, lists) => *lists == Lists::Atomic,
            Node::Map(_) | Node::Struct(_) => self.is_atomic(),
            Node::Any | Node::Metadata => false,
        }
    }

    /// Whether the field can tell zero from absent. Entries of maps and lists always can.
    pub(in crate::drift) fn keeps_zero(&self) -> bool {
        self.field.is_none_or(|field| field.zero != Zero::Absent)
    }

    /// Whether null is a value of the field.
    pub(in crate::drift) fn is_nullable(&self) -> bool {
        self.field.is_some_and(|field| field.zero == Zero::Nullable)
    }

    /// Whether the value is the zero of a field that cannot tell it from absent.
    pub(in crate::drift) fn is_absent(&self, value: &Value) -> bool {
        !self.keeps_zero() && self.is_zero(value)
    }

    /// Whether the value is an entry of a map or of a list, or the object itself.
    pub(in crate::drift) fn is_entry(&self) -> bool {
        self.field.is_none()
    }

    /// Whether the value is what Go makes of a null: of an entry its zero, of a field none.
    pub(in crate::drift) fn is_read_from_null(&self, value: &Value) -> bool {
        if self.is_entry() { self.is_zero(value) } else { self.is_absent(value) }
    }

    fn is_zero(&self, value: &Value) -> bool {
        match (self.node(), value) {
            (Node::Struct(_), Value::Object(fields)) => fields
                .iter()
                .all(|(key, value)| value.is_null() || self.child(key).is_some_and(|it| it.is_absent(value))),
            (Node::Scalar(Scalar::Quantity | Scalar::Milli), Value::String(text)) => {
                Quantity::parse(text) == Some(Quantity::ZERO)
            }
            (Node::Scalar(Scalar::Duration), Value::String(text)) => text.is_empty() || text == "0s",
            (Node::Scalar(_) | Node::Map(_) | Node::List(..), value) => super::is_zero(value),
            (Node::Struct(_) | Node::Any | Node::Metadata, value) => value.is_null(),
        }
    }

    /// What the server fills in where the field of such a kind is absent.
    pub(in crate::drift) fn default(&self, kind: &str) -> Option<&'a Value> {
        let default = self.field?.default.as_ref()?;
        let holds = default.kinds.is_empty() || default.kinds.iter().any(|it| **it == *kind);
        holds.then_some(&default.value)
    }

    /// The type that has the field, without group and version: `Container`. Empty outside of named types.
    pub(in crate::drift) fn owner(&self) -> &'a str {
        self.owner
    }
}
