//! What the stand-ins serve, as plain data: Spaces with units and their revisions, and the objects that clusters run.
//!
//! [`chubby_paws`] is the example project's story. Tests build others:
//!
//! ```
//! use drift_detector::demo::story::{Space, Story, Unit};
//!
//! let story = Story::new().space(
//!     Space::new("shop-dev")
//!         .namespace("shop")
//!         .unit(Unit::new("checkout", "kind: ConfigMap\n").then("kind: ConfigMap\ndata: {}\n").shipped(1))
//!         .unit(("search", "kind: ConfigMap\n")),
//! );
//! assert_eq!(story.spaces[0].units.len(), 2);
//! ```

mod chubby_paws;
mod live;
mod managers;
mod unit;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

pub use chubby_paws::chubby_paws;
pub use unit::{Placement, Revision, Shipped, Unit};

/// The moment at which every story happens, unless it says otherwise: a Wednesday morning.
pub const NOW: Timestamp = Timestamp::constant(1_791_367_200, 0); // 2026-10-07T10:00:00Z

/// Toolchain of units that hold Kubernetes manifests.
pub const KUBERNETES: &str = "Kubernetes/YAML";

/// Everything that a world starts with.
#[derive(Clone, Debug)]
pub struct Story {
    /// Where the clock stands.
    pub now: Timestamp,
    /// ConfigHub's side.
    pub spaces: Vec<Space>,
    /// The clusters' side.
    pub clusters: Vec<ClusterStory>,
}

impl Default for Story {
    fn default() -> Self {
        Self { now: NOW, spaces: Vec::new(), clusters: Vec::new() }
    }
}

impl Story {
    /// Nothing anywhere.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a Space.
    pub fn space(mut self, space: Space) -> Self {
        self.spaces.push(space);
        self
    }

    /// Adds a cluster.
    pub fn cluster(mut self, cluster: ClusterStory) -> Self {
        self.clusters.push(cluster);
        self
    }
}

/// One cluster and what it runs.
#[derive(Clone, Debug)]
pub struct ClusterStory {
    /// Name of its context in the kubeconfig, and of its service in faults and the journal.
    pub name: String,
    /// Live objects as its API server returns them, `managedFields` included.
    pub objects: Vec<Value>,
}

impl ClusterStory {
    /// A cluster with these objects.
    pub fn new(name: &str, objects: Vec<Value>) -> Self {
        Self { name: name.to_owned(), objects }
    }
}

/// A ConfigHub Space.
#[derive(Clone, Debug)]
pub struct Space {
    /// Unique in the organization.
    pub slug: String,
    /// Labels of the Space.
    pub labels: BTreeMap<String, String>,
    /// Where its units go: the Space's only Target, in whose namespace manifests without one live.
    pub target: Option<Target>,
    /// Its units.
    pub units: Vec<Unit>,
    /// Its Filters.
    pub filters: Vec<Filter>,
    /// What a reporter says of its latest Release (release profile); None while nobody reports.
    pub live_status: Option<LiveStatus>,
    /// Slug of the Space that its units were cloned from, unit by unit with the same slug.
    pub upstream: Option<String>,
    /// Whether anything of it ships without a person's approval.
    pub gate: Gate,
}

/// What stands between a Space's head and its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Nothing.
    Open,
    /// One approval. Bridge: a Trigger of the Space. Release: a Component that requires a `ChangeWorkflow`, which asks
    /// for an attestation before a Release.
    Approval,
}

impl Space {
    /// A Space without anything in it but a Target of its name, which names no namespace.
    pub fn new(slug: &str) -> Self {
        Self {
            slug: slug.to_owned(),
            labels: BTreeMap::new(),
            target: Some(Target { slug: slug.to_owned(), namespace: None }),
            units: Vec::new(),
            filters: Vec::new(),
            live_status: None,
            upstream: None,
            gate: Gate::Open,
        }
    }

    /// Labels the Space.
    pub fn label(mut self, key: &str, value: &str) -> Self {
        self.labels.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Its Target applies into `namespace`.
    pub fn namespace(self, namespace: &str) -> Self {
        let target = Target { slug: self.slug.clone(), namespace: Some(namespace.to_owned()) };
        self.target(target)
    }

    /// Takes its Target away: nothing of it is ever shipped.
    pub fn without_target(mut self) -> Self {
        self.target = None;
        self
    }

    /// Gives it another Target.
    pub fn target(mut self, target: Target) -> Self {
        self.target = Some(target);
        self
    }

    /// Adds a unit: a [`Unit`], or a slug and its YAML.
    pub fn unit(mut self, unit: impl Into<Unit>) -> Self {
        self.units.push(unit.into());
        self
    }

    /// Adds a Filter over units.
    pub fn filter(mut self, slug: &str, expression: &str) -> Self {
        self.filters.push(Filter { slug: slug.to_owned(), from: "Unit".into(), expression: expression.to_owned() });
        self
    }

    /// What a reporter says of its latest Release.
    pub fn live_status(mut self, status: LiveStatus) -> Self {
        self.live_status = Some(status);
        self
    }

    /// Nothing of it ships without one person's approval.
    pub fn approval_gate(mut self) -> Self {
        self.gate = Gate::Approval;
        self
    }

    /// Its units were cloned from those of this Space.
    pub fn upstream(mut self, slug: &str) -> Self {
        self.upstream = Some(slug.to_owned());
        self
    }
}

/// A ConfigHub Target.
#[derive(Clone, Debug)]
pub struct Target {
    /// Unique in its Space.
    pub slug: String,
    /// Bridge: `KubeNamespace` in the JSON text `Parameters`. Release: the Fact `KubeNamespace`. Both keys are what the
    /// service's own bridge used; for Facts nothing is documented.
    pub namespace: Option<String>,
}

/// A ConfigHub Filter.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Unique in its Space.
    pub slug: String,
    /// Which entity it selects.
    pub from: String,
    /// Its where-expression.
    pub expression: String,
}

/// What a reporter says of a Release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveStatus {
    /// `Synced`, `OutOfSync` or `Unknown`.
    pub sync: String,
    /// `Healthy`, `Progressing`, …
    pub health: String,
    /// `Running`, `Succeeded` or `Failed`.
    pub operation: String,
}

impl LiveStatus {
    /// The Release is in the cluster and well.
    pub fn synced() -> Self {
        Self { sync: "Synced".into(), health: "Healthy".into(), operation: "Succeeded".into() }
    }

    /// The Release is on its way.
    pub fn running() -> Self {
        Self { sync: "OutOfSync".into(), health: "Progressing".into(), operation: "Running".into() }
    }
}
