//! How drift is to be resolved, and what a unit's text would need for it.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::environment::Selector;
use crate::redact::Text;

/// What becomes of a difference.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// The cluster goes back to what ConfigHub says.
    #[default]
    Revert,
    /// ConfigHub takes what the cluster runs.
    Accept,
}

impl Direction {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Revert => "revert",
            Self::Accept => "accept",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Chooses the direction of the differences that it matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectionRule {
    /// Which objects.
    pub selector: Selector,
    /// Which field, as in an ignore rule; None: every field, and the object itself.
    pub path: Option<String>,
    /// Only fields whose live value this field manager owns: a glob over its name; None: whoever owns them.
    pub manager: Option<String>,
    /// What becomes of them.
    pub direction: Direction,
}

/// Whether units stay locked while a proposal waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lock {
    /// They are locked while they are written.
    #[default]
    Release,
    /// Until somebody approved, at most a day.
    Hold,
}

/// When accepted data becomes a unit's head on services that release whole Spaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Proposals {
    /// Only where it is proven that nothing is released without an approval.
    #[default]
    Gated,
    /// Always.
    Always,
}

/// One step into a manifest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// A field of a mapping.
    Key(String),
    /// An entry of a list, from 0.
    Item(usize),
}

/// What a unit's text needs in order to say what the cluster runs. Raw: it is written to ConfigHub, and never shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Id of the finding.
    pub finding: String,
    /// Slug of the unit.
    pub unit: String,
    /// Position of the object among those of the unit, from 0.
    pub document: usize,
    /// Where; None: the field cannot be found in desired, so a person has to write it.
    pub path: Option<Vec<Step>>,
    /// What the cluster has there; None: nothing.
    pub live: Option<Value>,
    /// What the rules chose.
    pub direction: Direction,
    /// Why it cannot be accepted, if it cannot: one sentence without a full stop.
    pub unacceptable: Option<Text>,
}

/// What is proposed for one environment, and how far people are with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Proposal {
    /// The ChangeSet that holds the proposals; None: there is none.
    pub changeset: Option<OpenChangeSet>,
    /// What becomes of each unit that drifted or was proposed before, by target, then slug.
    pub units: Vec<UnitProposal>,
    /// ChangeSets of others that units of the environment are locked by, as `SPACE/SLUG` or an id, sorted.
    pub others: Vec<Text>,
    /// What the reader should know: one sentence each, without a full stop.
    pub notes: Vec<Text>,
    /// The writes that a dry run would have sent, in their order.
    pub writes: Vec<Text>,
}

/// A ChangeSet of ours, or one that we use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct OpenChangeSet {
    /// The Space that it lives in.
    pub space: String,
    /// Its slug.
    pub slug: String,
    /// Where its units' changes are shown together.
    pub url: Option<String>,
    /// How far it is.
    pub state: ChangeSetState,
    /// Since when it is there.
    #[schemars(with = "Option<String>")]
    pub since: Option<jiff::Timestamp>,
    /// How what waits is approved outside of the UI: commands for a terminal, or requests to ConfigHub's API.
    pub approve: Vec<Text>,
}

/// How far a ChangeSet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeSetState {
    /// Nobody approved anything yet.
    Waiting,
    /// Some of its units are approved.
    PartlyApproved,
    /// All that it proposes is approved.
    Approved,
    /// It proposes something else than the present drift needs.
    Superseded,
    /// What was approved holds no longer.
    Expired,
    /// The drift is gone.
    Fixed,
    /// It is not there any more.
    Gone,
}

impl ChangeSetState {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::PartlyApproved => "partly-approved",
            Self::Approved => "approved",
            Self::Superseded => "superseded",
            Self::Expired => "expired",
            Self::Fixed => "fixed",
            Self::Gone => "gone",
        }
    }

    /// Whether something is still proposed.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Fixed | Self::Gone)
    }
}

/// What becomes of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct UnitProposal {
    /// The target that it belongs to.
    pub target: String,
    /// Its slug.
    pub unit: String,
    /// Its UUID.
    #[schemars(with = "String")]
    pub id: uuid::Uuid,
    /// How far it is.
    pub state: UnitState,
    /// Digest of its findings, hexadecimal: a decision holds for it.
    pub fingerprint: String,
    /// What approving does, one entry per finding.
    pub effects: Vec<Effect>,
    /// Who approved, as ConfigHub names them.
    pub approved_by: Vec<Text>,
    /// What the reader should know: one sentence each, without a full stop.
    pub notes: Vec<Text>,
    /// Its revisions in ConfigHub's UI.
    pub url: Option<String>,
}

/// How far a unit's proposal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnitState {
    /// This run proposed it.
    Proposed,
    /// This run proposed it anew, because its drift changed.
    Reproposed,
    /// It was proposed before and waits for an approval.
    Waiting,
    /// Somebody approved it.
    Approved,
    /// Somebody approved it, and the approval expired or was taken back.
    Expired,
    /// Its drift changed since, or somebody changed the unit.
    Superseded,
    /// The drift is gone.
    Fixed,
    /// Its head waits with a change of somebody else.
    PendingAtHead,
    /// Another ChangeSet holds it.
    Locked,
    /// The same was proposed before, and people let it expire or took it back.
    Declined,
    /// It would be proposed: this run writes nothing.
    Planned,
    /// It cannot be proposed; the notes say why.
    NotProposed,
}

impl UnitState {
    /// Whether a proposal of it stands.
    pub fn is_proposed(self) -> bool {
        matches!(self, Self::Proposed | Self::Reproposed | Self::Waiting | Self::Approved | Self::Expired)
    }
}

/// What approving does to one finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Effect {
    /// Id of the finding.
    pub finding: String,
    /// Which way.
    pub direction: Direction,
    /// Whether it undoes what a person's tool changed within the last day in production: somebody may be at work there.
    pub caution: bool,
}
