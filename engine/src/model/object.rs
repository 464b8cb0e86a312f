//! Kubernetes objects as keys and bodies.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::packed::Packed;

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

/// One object that a unit states, as it is kept while the cluster is read: a tree would take ten times the room.
#[derive(Clone, Debug)]
pub struct StatedObject {
    /// Which object, its namespace already resolved.
    pub key: ObjectKey,
    /// The manifest; regions and environments that state the same share it.
    pub manifest: Packed,
    /// Slug of the unit that holds it.
    pub unit: String,
    /// Line of the unit's text on which the document starts, from 1.
    pub line: usize,
    /// Its position among the objects of the unit, from 0.
    pub document: usize,
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
    /// It is there and says what desired says; so it was found while it was read, and was not kept.
    AsDesired,
    /// The server said that there is no such object.
    Absent,
    /// Nothing is known about it.
    NotRead(crate::model::outcome::Obstacle),
}

/// An object that came with a list and that nobody asked for by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stray {
    /// Which object.
    pub key: ObjectKey,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its annotations, as far as they say where it comes from.
    pub annotations: BTreeMap<String, String>,
    /// The objects that it belongs to.
    pub owners: Vec<Owner>,
    /// Whether it is being deleted.
    pub deleting: bool,
}

/// One of an object's `ownerReferences`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// For example `ReplicaSet`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Whether that object's controller made this one.
    pub controller: bool,
}

/// The kind and, unless it is cluster-scoped, the namespace of a list.
pub type ListPlace = (GroupVersionKind, Option<String>);

/// What was read of a cluster.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Every object that was wanted.
    pub objects: BTreeMap<ObjectKey, Observed>,
    /// The others of the lists, as far as they were asked for, sorted by key.
    pub strays: Vec<Stray>,
    /// Which lists were sent for, and whether they were read to their end.
    pub lists: BTreeMap<ListPlace, Result<(), crate::model::outcome::Obstacle>>,
}

/// Schemas of some custom kinds, as far as they could be read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Schemas {
    /// OpenAPI v3 documents, reduced to the kinds that were asked for and what those refer to.
    pub openapi: Vec<serde_json::Value>,
    /// `CustomResourceDefinition`s.
    pub definitions: Vec<serde_json::Value>,
    /// What the identity may not read. That a server has no schema is no obstacle.
    pub refused: Vec<crate::model::outcome::Obstacle>,
}

/// Which objects of a list are kept beside those that are wanted by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Beside {
    /// None.
    #[default]
    None,
    /// Those that carry ConfigHub's mark of origin.
    Marked,
    /// All.
    All,
}

/// The label or annotation that names the unit an object comes from; ConfigHub's delivery writes it.
pub const ORIGIN_UNIT: &str = "confighub.com/UnitSlug";
