//! One drift.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::history::Age;
use crate::model::object::ObjectKey;
use crate::redact::Text;

/// What kind of difference a finding is. Stable: part of `report.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// A field that desired states has another value.
    FieldChanged,
    /// A field that desired states is not there.
    FieldRemoved,
    /// The whole object is not there.
    ObjectMissing,
    /// The object carries ConfigHub's marks, and no unit in the Space states it.
    ObjectOrphaned,
    /// A field that desired does not state, and that a person's tool alone owns.
    FieldAdded,
    /// An object in scope that no unit states and that does not come from ConfigHub.
    ObjectUnmanaged,
}

impl Code {
    /// Every code, in the order of the report.
    pub const ALL: [Self; 6] = [
        Self::ObjectMissing,
        Self::ObjectOrphaned,
        Self::FieldRemoved,
        Self::FieldChanged,
        Self::FieldAdded,
        Self::ObjectUnmanaged,
    ];

    /// The stable, kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::FieldChanged => "field-changed",
            Self::FieldRemoved => "field-removed",
            Self::ObjectMissing => "object-missing",
            Self::ObjectOrphaned => "object-orphaned",
            Self::FieldAdded => "field-added",
            Self::ObjectUnmanaged => "object-unmanaged",
        }
    }

    /// One line that says what it means.
    pub fn description(self) -> &'static str {
        match self {
            Self::FieldChanged => "the cluster has another value than ConfigHub",
            Self::FieldRemoved => "ConfigHub states the field, the cluster does not have it",
            Self::ObjectMissing => "ConfigHub states the object, the cluster does not have it",
            Self::ObjectOrphaned => "the object came from ConfigHub, and no unit states it any more",
            Self::FieldAdded => "somebody added the field by hand; ConfigHub does not state it",
            Self::ObjectUnmanaged => "the cluster has the object, and no unit states it",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One difference between desired and live, ready to be shown: every value has passed redaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Finding {
    /// Stable across runs: a digest of environment, target, object key, code and path.
    pub id: String,
    /// What kind of difference.
    pub code: Code,
    /// The object.
    pub object: ObjectKey,
    /// Slug of the unit that states the object; None where none does.
    pub unit: Option<String>,
    /// Line of the unit on which the field stands, from 1; of a missing object, the line on which its document starts.
    pub line: Option<usize>,
    /// JSON pointer (RFC 6901) into the desired object; empty for a missing object.
    pub path: Text,
    /// The path for people: `spec.template.spec.containers[name=web].image`; empty for a missing object.
    pub field: Text,
    /// The path as an `ignore` rule states it: entries of lists by what names them, where something does.
    pub pattern: Text,
    /// What ConfigHub says.
    pub desired: Shown,
    /// What the cluster runs.
    pub live: Shown,
    /// How bad it is, by a fixed table.
    pub severity: Severity,
    /// Why it is that bad: what changed, and what raised it. Without a full stop.
    pub severity_reason: Text,
    /// The field managers that own the live field, sorted; empty where it is gone or nobody knows.
    pub owners: Vec<Owner>,
    /// By which rule the two were compared: one sentence without a full stop.
    pub rule: Text,
    /// What the reader should know about it: one sentence each, without a full stop.
    pub notes: Vec<Text>,
    /// What earlier runs know of it; absent where nothing is known about them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<Age>,
}

/// How bad a finding is. Ordered: `Info` is the least.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Nothing suffers now.
    Low,
    /// Behaves otherwise than stated.
    #[default]
    Medium,
    /// Availability, access or a guard is affected.
    High,
    /// Drop everything.
    Critical,
}

impl Severity {
    /// Every level, worst first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Info => "info",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// An entry of `metadata.managedFields` that covers a field: which tool wrote it, as the tool calls itself. Names are
/// self-declared and the time is that of the manager's last write to any of its fields, so this accuses nobody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Owner {
    /// The field manager's name.
    pub manager: Text,
    /// What kind of tool goes by that name.
    pub class: ManagerClass,
    /// What is known to go by that name.
    pub tool: Option<Text>,
    /// How it wrote.
    pub operation: Operation,
    /// Through which subresource, such as `scale`.
    pub subresource: Option<Text>,
    /// When it last wrote any of its fields; absent where the server did not note it.
    #[schemars(with = "Option<String>")]
    pub time: Option<Timestamp>,
}

/// What kind of tool a field manager is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ManagerClass {
    /// One that people work with by hand. Scripts use it too.
    PersonsTool,
    /// One that delivers manifests.
    Deployer,
    /// One that looks after objects by itself.
    Controller,
    /// One that changes sizes by load.
    Autoscaler,
    /// Any other, and those that people and pipelines use alike.
    Unknown,
}

/// How a field manager wrote: `operation` of a `managedFields` entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Server-side apply.
    Apply,
    /// Any other write.
    Update,
}

/// A value as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// There is none.
    Absent,
    /// The value: a string as it is, anything else as compact JSON.
    Text(Text),
    /// There is one, and it must not be shown; the reason says why (`Secret value`, `looks like a credential`).
    Hidden(Text),
}
