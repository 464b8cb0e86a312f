//! What became of each target: findings, and everything that was not compared, with the reason.

use serde::{Deserialize, Serialize};

use crate::model::finding::{Finding, Shown};
use crate::model::object::ObjectKey;
use crate::model::proposal::{Change, Proposal};
use crate::redact::Text;

/// Why something in scope was not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The credentials were refused altogether (401).
    Unauthorized,
    /// The credentials do not reach this (403).
    Forbidden,
    /// No answer, a cut connection, an overloaded or broken server, or an answer that is not what was asked for.
    Unreachable,
    /// The API server does not serve this kind.
    NotServed,
    /// The unit's text is not Kubernetes YAML.
    Unparsable,
    /// An apply, a rollout or a deletion is under way.
    RollingOut,
    /// The unit still holds placeholders.
    Unresolved,
    /// The configuration, a kubeconfig or a Space's name is wrong.
    Misconfigured,
    /// The run's time was over.
    TimedOut,
}

/// What stood in the way, and what the reader can do about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Obstacle {
    /// The class.
    pub reason: Reason,
    /// What failed, on what: one sentence without a full stop.
    pub detail: Text,
    /// What the reader can do: one sentence without a full stop.
    pub remedy: Text,
}

/// Something in scope that was not compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct NotCompared {
    /// The unit, where one is concerned.
    pub unit: Option<String>,
    /// The object, where it is known.
    pub object: Option<ObjectKey>,
    /// Why.
    #[serde(flatten)]
    pub obstacle: Obstacle,
}

/// A difference or an object that was left out on purpose.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Suppressed {
    /// The unit that states it.
    pub unit: String,
    /// The object.
    pub object: ObjectKey,
    /// The field for people; empty: the whole object.
    pub field: Text,
    /// The stable name of the known injection that it is; absent for every other reason.
    pub rule: Option<String>,
    /// Which rule, and why.
    pub reason: Text,
    /// Stable across runs, and the id of the finding that this would be otherwise.
    pub id: String,
    /// Line of the unit on which the field stands, or the object starts, from 1.
    pub line: Option<usize>,
    /// JSON pointer into the desired object; empty: the whole object.
    pub path: Text,
    /// Both sides, where they were compared.
    pub values: Option<Values>,
}

/// Both sides of a difference that does not count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Values {
    /// What ConfigHub says.
    pub desired: Shown,
    /// What the cluster runs.
    pub live: Shown,
}

/// What one target's comparison gave.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// The kubeconfig's context that the cluster was read through; None inside the cluster.
    pub context: Option<Text>,
    /// Drift, sorted by object, then path.
    pub findings: Vec<Finding>,
    /// What only the cluster has and nobody counts as drift: fields that people added, objects that no unit states.
    pub additions: Vec<Finding>,
    /// Left out on purpose.
    pub suppressed: Vec<Suppressed>,
    /// What the units need that the findings are about; an orphan has none.
    pub changes: Vec<Change>,
    /// In scope but not compared.
    pub not_compared: Vec<NotCompared>,
    /// Objects that were compared, missing ones included.
    pub compared: usize,
    /// Objects in scope.
    pub in_scope: usize,
    /// Units whose head differs from what was shipped.
    pub pending: Vec<String>,
    /// Units that were never shipped and whose objects do not exist.
    pub not_deployed: Vec<String>,
    /// Units that were never shipped though objects of theirs exist: compared with head.
    pub never_shipped: Vec<String>,
    /// Units of other toolchains, as `slug (toolchain)`.
    pub other_toolchains: Vec<String>,
    /// What the reader should know and is neither drift nor a gap.
    pub notes: Vec<Text>,
}

/// One target of an environment after the run.
#[derive(Clone, Debug)]
pub struct TargetOutcome {
    /// The target's name.
    pub target: String,
    /// Its ConfigHub Space.
    pub space: String,
    /// The comparison, or why nothing at all could be read.
    pub result: Result<Comparison, Obstacle>,
}

/// One environment after the run, in promotion order.
#[derive(Clone, Debug)]
pub struct EnvironmentOutcome {
    /// The environment's name.
    pub name: String,
    /// Its targets, in the configuration's order; empty: deliberately not read.
    pub targets: Vec<TargetOutcome>,
    /// What is proposed for it, or why ConfigHub's ChangeSets could not be read; None: they were not looked at.
    pub proposal: Option<Result<Proposal, Obstacle>>,
}
