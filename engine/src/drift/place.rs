//! Where the comparison stands inside an object, so that rules can ask what a field is called and what holds it.

use serde_json::Value;

use super::path::{FieldPath, Segment};
use super::types::{self, CustomSchemas, Spot};
use crate::model::object::GroupVersionKind;

/// The way from the object's root to the value at hand.
pub(super) struct Place<'a> {
    kind: &'a str,
    root: Known<'a>,
    steps: Vec<Step<'a>>,
    /// What is known at each step.
    known: Vec<Known<'a>>,
}

/// What is known about the type of a value.
#[derive(Clone, Copy)]
enum Known<'a> {
    Typed(Spot<'a>),
    /// The type above has no such field: the server drops it.
    Dropped,
    Nothing,
}

/// One step of the way.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    Key(&'a str),
    Item {
        index: usize,
        /// The entry as desired states it.
        item: &'a Value,
        /// The entry before it, if that is a command-line flag.
        flag: Option<&'a str>,
    },
}

impl<'a> Step<'a> {
    fn key(self) -> Option<&'a str> {
        match self {
            Self::Key(key) => Some(key),
            Self::Item { .. } => None,
        }
    }
}

impl<'a> Place<'a> {
    pub(super) fn root(gvk: &'a GroupVersionKind, schemas: &'a CustomSchemas) -> Self {
        let root = schemas.root(gvk).map_or(Known::Nothing, Known::Typed);
        Self { kind: &gvk.kind, root, steps: Vec::new(), known: Vec::new() }
    }

    pub(super) fn push(&mut self, step: Step<'a>) {
        let known = match (self.known(), step) {
            // Every object has the same, and a CustomResourceDefinition does not describe it.
            (_, Step::Key("metadata")) if self.steps.is_empty() => {
                types::metadata().map_or(Known::Nothing, Known::Typed)
            }
            (Known::Typed(above), _) if !above.is_described() => Known::Nothing,
            (Known::Typed(above), step) => match (above.part(step.key()), above.is_go()) {
                (Some(part), _) => Known::Typed(part),
                (None, true) => Known::Dropped,
                // It may be kept (`x-kubernetes-preserve-unknown-fields`).
                (None, false) => Known::Nothing,
            },
            (unknown, _) => unknown,
        };
        self.known.push(known);
        self.steps.push(step);
    }

    pub(super) fn pop(&mut self) {
        self.steps.pop();
        self.known.pop();
    }

    fn known(&self) -> Known<'a> {
        self.known.last().copied().unwrap_or(self.root)
    }

    /// What is known about the value at hand.
    pub(super) fn spot(&self) -> Option<Spot<'a>> {
        match self.known() {
            Known::Typed(spot) => Some(spot),
            Known::Dropped | Known::Nothing => None,
        }
    }

    /// What is known about what holds the value.
    pub(super) fn holder(&self) -> Option<Spot<'a>> {
        let above = self.known.len().checked_sub(2).and_then(|at| self.known.get(at));
        match above.copied().unwrap_or(self.root) {
            Known::Typed(spot) => Some(spot),
            Known::Dropped | Known::Nothing => None,
        }
    }

    /// The object's kind, if it is one that Kubernetes itself serves.
    pub(super) fn kind(&self) -> &'a str {
        match self.root {
            Known::Typed(root) if root.is_go() => self.kind,
            _ => "",
        }
    }

    /// Whether the API server decodes this part into a Go type, as it does with every object's metadata.
    pub(super) fn is_typed(&self) -> bool {
        match self.known() {
            Known::Typed(spot) => spot.is_go(),
            Known::Dropped => !self.kind().is_empty() || self.first() == "metadata",
            Known::Nothing => false,
        }
    }

    /// Whether a field that the server drops stands here.
    pub(super) fn is_dropped(&self) -> bool {
        matches!(self.known(), Known::Dropped)
    }

    /// Whether the value is an entry of a list.
    pub(super) fn in_list(&self) -> bool {
        matches!(self.steps.last(), Some(Step::Item { .. }))
    }

    pub(super) fn depth(&self) -> usize {
        self.steps.len()
    }

    /// The key at the root.
    pub(super) fn first(&self) -> &'a str {
        match self.steps.first() {
            Some(Step::Key(key)) => key,
            _ => "",
        }
    }

    /// The field's key; of a list's entry the list's.
    pub(super) fn leaf(&self) -> &'a str {
        self.key(0)
    }

    /// The key of what holds the field, past lists.
    pub(super) fn parent(&self) -> &'a str {
        self.key(1)
    }

    /// The n-th key from the end, past lists; empty above the root.
    pub(super) fn key(&self, n: usize) -> &'a str {
        let mut keys = self.steps.iter().rev().filter_map(|step| match step {
            Step::Key(key) => Some(*key),
            Step::Item { .. } => None,
        });
        keys.nth(n).unwrap_or_default()
    }

    pub(super) fn path(&self) -> FieldPath {
        FieldPath::new(
            self.steps
                .iter()
                .map(|step| match step {
                    Step::Key(key) => Segment::Key((*key).to_owned()),
                    Step::Item { index, item, flag: _ } => Segment::Item { index: *index, label: label(item) },
                })
                .collect(),
        )
    }

    /// What the value is called, for redaction: every key that leads to it, its environment variable, the flag before it.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .steps
            .iter()
            .filter_map(|step| match step {
                Step::Key(key) => Some((*key).to_owned()),
                Step::Item { flag, .. } => flag.map(str::to_owned),
            })
            .collect();
        if let [.., Step::Item { item, .. }, Step::Key("value" | "values")] = self.steps.as_slice()
            && let Some(name) = item.get("name").or_else(|| item.get("key")).and_then(Value::as_str)
        {
            names.push(name.to_owned());
        }
        names
    }
}

/// What people call an entry: its name, else the key by which the API knows it.
fn label(item: &Value) -> Option<(String, String)> {
    ["name", "mountPath", "devicePath", "containerPort", "port", "ip", "topologyKey", "uid", "host", "key", "type"]
        .into_iter()
        .find_map(|key| match item.get(key)? {
            Value::String(text) if !text.is_empty() => Some((key.to_owned(), text.clone())),
            Value::Number(number) => Some((key.to_owned(), number.to_string())),
            _ => None,
        })
}
