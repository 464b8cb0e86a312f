//! ConfigHub units as the comparison needs them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One Kubernetes unit of a Space, with the text that counts as desired.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Unit {
    /// Its UUID.
    pub id: uuid::Uuid,
    /// Its slug, unique in the Space.
    pub slug: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Number of the revision that `text` is of.
    pub revision: i64,
    /// Why this revision is the desired one.
    pub basis: Basis,
    /// Whether head's data differs (by hash) from what was shipped. Pending is counted, never drift.
    pub pending: bool,
    /// Why differences in its objects are not drift now: an apply or a release of it is under way.
    pub rolling_out: Option<String>,
    /// Namespace of its ConfigHub Target, for manifests that state none.
    pub target_namespace: Option<String>,
    /// The desired YAML; empty where it was read before and its objects are given.
    #[serde(skip)]
    pub text: String,
    /// Its page in ConfigHub's UI, if the service's address is known to have one.
    pub url: Option<String>,
    /// The ChangeSet that locked it when it was read.
    #[serde(skip)]
    pub held_by: Option<Holder>,
}

/// A ChangeSet that locks a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its UUID.
    pub id: uuid::Uuid,
    /// Its slug, where this identity may see it.
    pub slug: Option<String>,
}

/// Which revision of a unit is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The shipped revision.
    Shipped,
    /// Head, because the configuration says so.
    Head,
    /// Head, because the unit was never shipped. Objects that do not exist are then *not deployed*, not missing.
    NeverShipped,
}

/// A unit that is in scope but whose text could not be read.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct UnreadUnit {
    /// Its slug.
    pub slug: String,
    /// Why.
    pub obstacle: super::outcome::Obstacle,
}

impl Unit {
    /// A unit that was shipped with this text, of which nothing else is known.
    pub fn shipped(slug: &str, text: &str) -> Self {
        Self {
            id: uuid::Uuid::nil(),
            slug: slug.to_owned(),
            labels: BTreeMap::new(),
            revision: 1,
            basis: Basis::Shipped,
            pending: false,
            rolling_out: None,
            target_namespace: None,
            text: text.to_owned(),
            url: None,
            held_by: None,
        }
    }
}
