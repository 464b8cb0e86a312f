//! Kubernetes objects as keys and bodies.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Group, version and kind, as a manifest's `apiVersion` and `kind` give them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
pub struct GroupVersionKind {
    /// Empty for the core group.
    pub group: String,
    /// For example `v1`.
    pub version: String,
    /// For example `Deployment`.
    pub kind: String,
}

impl GroupVersionKind {
    /// From `apps/v1` or `v1`, and `Deployment`.
    pub fn new(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() }
    }

    /// `apps/v1`, or `v1` in the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Whether this is the core group's Secret, however it is spelled: what is meant to be one must not be shown.
    pub fn is_secret(&self) -> bool {
        self.group.is_empty() && self.kind.eq_ignore_ascii_case("Secret")
    }
}

impl fmt::Display for GroupVersionKind {
    /// `apps/v1 Deployment`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.api_version(), self.kind)
    }
}

/// Names one object in a cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ObjectKey {
    /// Its kind, at the API version that the manifest names.
    #[serde(flatten)]
    pub gvk: GroupVersionKind,
    /// None for cluster-scoped kinds.
    pub namespace: Option<String>,
    /// `metadata.name`.
    pub name: String,
}

impl fmt::Display for ObjectKey {
    /// `Deployment shop/backend-api`, or `Namespace shop`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.gvk.kind, self.name),
            None => write!(f, "{} {}", self.gvk.kind, self.name),
        }
    }
}

/// One object that a unit wants.
#[derive(Clone, Debug)]
pub struct DesiredObject {
    /// Which object, its namespace already resolved.
    pub key: ObjectKey,
    /// The manifest as JSON.
    pub body: serde_json::Value,
    /// Slug of the unit that holds it.
    pub unit: String,
    /// Line of the unit's text on which the document starts, from 1.
    pub line: usize,
    /// Its position among the objects of the unit, from 0.
    pub document: usize,
}

/// What a cluster answered when it was asked for one object.
#[derive(Clone, Debug)]
pub enum Observed {
    /// The object as the server sent it, `managedFields` included; `apiVersion` and `kind` may be absent (list items).
    Found(Box<serde_json::value::RawValue>),
    /// The server said that there is no such object.
    Absent,
    /// Nothing is known about it.
    NotRead(crate::model::outcome::Obstacle),
}
