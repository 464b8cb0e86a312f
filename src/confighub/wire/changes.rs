//! The JSON of ChangeSets, revisions, attestations, and of what guards them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{Unit, id, instant, nullable};

#[derive(Debug, Deserialize)]
pub(crate) struct ExtendedChangeSet {
    #[serde(rename = "ChangeSet")]
    pub(crate) change_set: ChangeSet,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ChangeSet {
    #[serde(rename = "ChangeSetID")]
    pub(crate) id: Uuid,
    #[serde(rename = "Slug")]
    pub(crate) slug: String,
    #[serde(default, rename = "SpaceID", deserialize_with = "nullable")]
    pub(crate) space: Uuid,
    #[serde(default, rename = "Description", deserialize_with = "nullable")]
    pub(crate) description: String,
    #[serde(default, rename = "Labels", deserialize_with = "nullable")]
    pub(crate) labels: BTreeMap<String, String>,
    #[serde(default, rename = "Annotations", deserialize_with = "nullable")]
    pub(crate) annotations: BTreeMap<String, String>,
    #[serde(default, rename = "CreatedAt", deserialize_with = "instant")]
    pub(crate) created_at: Option<Timestamp>,
}

/// What a write to a unit answers: the unit itself, or on newer servers and in bulk what holds it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum WrittenUnit {
    Bare(Box<Unit>),
    Wrapped(UnitOrError),
}

/// A member of the answer to a write to many.
#[derive(Debug, Deserialize)]
pub(crate) struct UnitOrError {
    #[serde(default, rename = "Unit")]
    pub(crate) unit: Option<Box<Unit>>,
    #[serde(default, rename = "Error")]
    pub(crate) error: Option<ResponseError>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ResponseError {
    #[serde(rename = "Message", deserialize_with = "nullable")]
    pub(crate) message: String,
    #[serde(rename = "Status", deserialize_with = "nullable")]
    pub(crate) status: u16,
    #[serde(rename = "ErrorMetadata", deserialize_with = "nullable")]
    pub(crate) metadata: ErrorMetadata,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ErrorMetadata {
    #[serde(rename = "EntityID", deserialize_with = "id")]
    pub(crate) entity: Option<Uuid>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ExtendedRevision {
    #[serde(rename = "Revision")]
    pub(crate) revision: Revision,
    /// By `include`.
    #[serde(default, rename = "Attestations", deserialize_with = "nullable")]
    pub(crate) attestations: Vec<Attestation>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Revision {
    #[serde(rename = "RevisionID")]
    pub(crate) id: Uuid,
    #[serde(rename = "UnitID")]
    pub(crate) unit: Uuid,
    #[serde(rename = "RevisionNum")]
    pub(crate) number: i64,
    #[serde(default, rename = "DataHash", deserialize_with = "nullable")]
    pub(crate) hash: String,
    #[serde(default, rename = "Description", deserialize_with = "nullable")]
    pub(crate) description: String,
    /// Nil: an automated change.
    #[serde(default, rename = "UserID", deserialize_with = "id")]
    pub(crate) user: Option<Uuid>,
    #[serde(default, rename = "ChangeSetID", deserialize_with = "id")]
    pub(crate) change_set: Option<Uuid>,
    #[serde(default, rename = "ApprovedBy", deserialize_with = "nullable")]
    pub(crate) approved_by: Vec<Uuid>,
    /// By id.
    #[serde(default, rename = "Attestations", deserialize_with = "nullable")]
    pub(crate) attestations: BTreeMap<Uuid, String>,
    #[serde(default, rename = "CreatedAt", deserialize_with = "instant")]
    pub(crate) created_at: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ExtendedAttestation {
    #[serde(rename = "Attestation")]
    pub(crate) attestation: Attestation,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Attestation {
    #[serde(rename = "AttestationID")]
    pub(crate) id: Uuid,
    #[serde(default, rename = "Type", deserialize_with = "nullable")]
    pub(crate) kind: String,
    #[serde(default, rename = "Result", deserialize_with = "nullable")]
    pub(crate) result: String,
    #[serde(default, rename = "Note", deserialize_with = "nullable")]
    pub(crate) note: String,
    #[serde(default, rename = "Claims", deserialize_with = "nullable")]
    pub(crate) claims: BTreeMap<String, String>,
    #[serde(default, rename = "RevokedAttestationID", deserialize_with = "id")]
    pub(crate) revoked: Option<Uuid>,
    #[serde(default, rename = "ExpiresAt", deserialize_with = "instant")]
    pub(crate) expires_at: Option<Timestamp>,
    #[serde(default, rename = "UserID", deserialize_with = "id")]
    pub(crate) user: Option<Uuid>,
    #[serde(default, rename = "CreatedAt", deserialize_with = "instant")]
    pub(crate) created_at: Option<Timestamp>,
}

/// The answer to a new attestation: which revisions it covers, and which units it leaves out.
#[derive(Debug, Deserialize)]
pub(crate) struct Attested {
    /// None where it would cover nothing: then nothing is recorded.
    #[serde(default, rename = "Attestation")]
    pub(crate) attestation: Option<Attestation>,
    #[serde(default, rename = "Subjects", deserialize_with = "nullable")]
    pub(crate) subjects: Vec<AttestedRevision>,
    #[serde(default, rename = "SkippedUnits", deserialize_with = "nullable")]
    pub(crate) skipped: Vec<SkippedUnit>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct AttestedRevision {
    #[serde(rename = "UnitID")]
    pub(crate) unit: Uuid,
    #[serde(rename = "RevisionNum")]
    pub(crate) number: i64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct SkippedUnit {
    #[serde(rename = "UnitID")]
    pub(crate) unit: Uuid,
    #[serde(default, rename = "Reason", deserialize_with = "nullable")]
    pub(crate) reason: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ExtendedReviewComment {
    #[serde(rename = "ReviewComment")]
    pub(crate) comment: ReviewComment,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ReviewComment {
    #[serde(rename = "RevisionNum")]
    pub(crate) number: i64,
    #[serde(default, rename = "Text", deserialize_with = "nullable")]
    pub(crate) text: String,
    #[serde(default, rename = "UserID", deserialize_with = "id")]
    pub(crate) user: Option<Uuid>,
    #[serde(default, rename = "CreatedAt", deserialize_with = "instant")]
    pub(crate) created_at: Option<Timestamp>,
}

/// A member of the organization, bare before v0.8.0 and on `/me`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum ListedMember {
    Wrapped {
        #[serde(rename = "OrganizationMember")]
        member: Member,
    },
    Bare(Member),
}

#[derive(Debug, Deserialize)]
pub(crate) struct Member {
    #[serde(rename = "UserID")]
    pub(crate) id: Uuid,
    #[serde(default, rename = "OrganizationID", deserialize_with = "nullable")]
    pub(crate) organization: Uuid,
    #[serde(default, rename = "ExternalOrganizationID", deserialize_with = "nullable")]
    pub(crate) external_organization: String,
    #[serde(default, rename = "Username", deserialize_with = "nullable")]
    pub(crate) username: String,
    #[serde(default, rename = "DisplayName", deserialize_with = "nullable")]
    pub(crate) display_name: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ExtendedBridgeWorker {
    #[serde(rename = "BridgeWorker")]
    pub(crate) worker: BridgeWorker,
}

#[derive(Debug, Deserialize)]
pub(crate) struct BridgeWorker {
    /// Its own user.
    #[serde(default, rename = "UserID", deserialize_with = "id")]
    pub(crate) user: Option<Uuid>,
}

/// A Space and what guards it.
#[derive(Debug, Deserialize)]
pub(crate) struct GuardedSpace {
    #[serde(rename = "Space")]
    pub(crate) space: Guards,
    /// By `include`; release only.
    #[serde(default, rename = "Component")]
    pub(crate) component: Option<Component>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Guards {
    /// Which Triggers apply; empty: those of the Space itself.
    #[serde(default, rename = "WhereTrigger", deserialize_with = "nullable")]
    pub(crate) where_trigger: String,
    #[serde(default, rename = "TriggerFilterID", deserialize_with = "id")]
    pub(crate) trigger_filter: Option<Uuid>,
    /// Those that do apply.
    #[serde(default, rename = "TriggerIDs", deserialize_with = "nullable")]
    pub(crate) triggers: Vec<Uuid>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Component {
    #[serde(rename = "ComponentID")]
    pub(crate) id: Uuid,
    #[serde(default, rename = "Slug", deserialize_with = "nullable")]
    pub(crate) slug: String,
    #[serde(default, rename = "ChangeWorkflowRequired", deserialize_with = "nullable")]
    pub(crate) workflow_required: bool,
    #[serde(default, rename = "AllowedChangeWorkflowIDs", deserialize_with = "nullable")]
    pub(crate) workflows: Vec<Uuid>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ExtendedChangeWorkflow {
    #[serde(rename = "ChangeWorkflow")]
    pub(crate) workflow: ChangeWorkflow,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ChangeWorkflow {
    #[serde(rename = "ChangeWorkflowID")]
    pub(crate) id: Uuid,
    #[serde(default, rename = "Slug", deserialize_with = "nullable")]
    pub(crate) slug: String,
    #[serde(default, rename = "AttestationPrerequisites", deserialize_with = "nullable")]
    pub(crate) prerequisites: Vec<AttestationPrerequisite>,
    #[serde(default, rename = "Stages", deserialize_with = "nullable")]
    pub(crate) stages: Vec<Stage>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct AttestationPrerequisite {
    #[serde(rename = "Name")]
    pub(crate) name: String,
    /// Empty: `Approval`.
    #[serde(default, rename = "Type", deserialize_with = "nullable")]
    pub(crate) kind: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Stage {
    /// What publishing in its Spaces needs, by name.
    #[serde(default, rename = "ReleasePrerequisites", deserialize_with = "nullable")]
    pub(crate) release_prerequisites: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ExtendedTrigger {
    #[serde(rename = "Trigger")]
    pub(crate) trigger: Trigger,
}

/// A Trigger, with everything that could make it look away.
#[derive(Debug, Deserialize)]
pub(crate) struct Trigger {
    #[serde(default, rename = "Event", deserialize_with = "nullable")]
    pub(crate) event: String,
    #[serde(default, rename = "ToolchainType", deserialize_with = "nullable")]
    pub(crate) toolchain: String,
    #[serde(default, rename = "FunctionName", deserialize_with = "nullable")]
    pub(crate) function: String,
    #[serde(default, rename = "Arguments", deserialize_with = "nullable")]
    pub(crate) arguments: Vec<Argument>,
    #[serde(default, rename = "Disabled", deserialize_with = "nullable")]
    pub(crate) disabled: bool,
    #[serde(default, rename = "Warn", deserialize_with = "nullable")]
    pub(crate) warns: bool,
    #[serde(default, rename = "WhereUnit", deserialize_with = "nullable")]
    pub(crate) where_unit: String,
    #[serde(default, rename = "WhereResource", deserialize_with = "nullable")]
    pub(crate) where_resource: String,
    #[serde(default, rename = "UnitFilterID", deserialize_with = "id")]
    pub(crate) unit_filter: Option<Uuid>,
    #[serde(default, rename = "FailOpenAfter")]
    pub(crate) fail_open_after: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Argument {
    #[serde(default, rename = "Value")]
    pub(crate) value: serde_json::Value,
}
