//! Where the comparison stands inside an object, so that rules can ask what a field is called and what holds it.

use serde_json::Value;

use super::path::{FieldPath, Segment};
use crate::model::object::GroupVersionKind;

/// Groups that Kubernetes itself serves. Other groups may also end in `.k8s.io`; their objects are custom resources.
const BUILT_IN: &[&str] = &[
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "extensions",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
];

/// The way from the object's root to the value at hand.
pub(super) struct Place<'a> {
    kind: &'a str,
    built_in: bool,
    steps: Vec<Step<'a>>,
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

impl<'a> Place<'a> {
    pub(super) fn root(gvk: &'a GroupVersionKind) -> Self {
        Self { kind: &gvk.kind, built_in: BUILT_IN.contains(&gvk.group.as_str()), steps: Vec::new() }
    }

    pub(super) fn push(&mut self, step: Step<'a>) {
        self.steps.push(step);
    }

    pub(super) fn pop(&mut self) {
        self.steps.pop();
    }

    /// The object's kind, if it is one that Kubernetes itself serves.
    pub(super) fn kind(&self) -> &'a str {
        if self.built_in { self.kind } else { "" }
    }

    /// Whether the API server decodes this part into a type that it knows, as it does with every object's metadata.
    pub(super) fn is_typed(&self) -> bool {
        self.built_in || self.first() == "metadata"
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

    /// Whether the value is an entry of a list.
    pub(super) fn in_list(&self) -> bool {
        matches!(self.steps.last(), Some(Step::Item { .. }))
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
