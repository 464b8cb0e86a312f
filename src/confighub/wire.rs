//! The JSON as ConfigHub sends it. Lenient: zero values are left out by the service and unknown members come with every
//! version, but an envelope without its entity is an error of the caller.

pub(super) mod changes;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

/// `null` stands for "nothing", as absence does.
fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// The nil UUID stands for "none", as absence does.
fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Uuid>, D::Error> {
    Ok(Option::<Uuid>::deserialize(deserializer)?.filter(|it| !it.is_nil()))
}

/// The year 1 stands for "never", as absence does.
fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(Option::<Timestamp>::deserialize(deserializer)?.filter(|it| *it > Timestamp::UNIX_EPOCH))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ApiInfo {
    #[serde(rename = "Version", deserialize_with = "nullable")]
    pub(super) version: String,
    #[serde(rename = "UIURL", deserialize_with = "nullable")]
    pub(super) ui_url: String,
    #[serde(rename = "TokenExchangeEndpoint", deserialize_with = "nullable")]
    pub(super) token_exchange_endpoint: String,
    #[serde(rename = "Build")]
    pub(super) build: Option<String>,
    #[serde(rename = "ClientID")]
    pub(super) client_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ExtendedSpace {
    #[serde(rename = "Space")]
    pub(super) space: Space,
}

#[derive(Debug, Deserialize)]
pub(super) struct Space {
    #[serde(rename = "SpaceID")]
    pub(super) id: Uuid,
    #[serde(rename = "Slug")]
    pub(super) slug: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct ExtendedFilter {
    #[serde(rename = "Filter")]
    pub(super) filter: Filter,
}

#[derive(Debug, Deserialize)]
pub(super) struct Filter {
    #[serde(rename = "FilterID")]
    pub(super) id: Uuid,
    #[serde(rename = "Slug")]
    pub(super) slug: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct ExtendedUnit {
    #[serde(rename = "Unit")]
    pub(super) unit: Unit,
    /// Release profile, by `include`.
    #[serde(default, rename = "LastReleasedRevision")]
    pub(super) released: Option<Revision>,
    /// Bridge profile, by `include`.
    #[serde(default, rename = "LiveRevision")]
    pub(super) live: Option<Revision>,
    #[serde(default, rename = "Target")]
    pub(super) target: Option<Target>,
    #[serde(default, rename = "UnitStatus")]
    pub(super) status: Option<UnitStatus>,
    /// The one that locks it, by `include`.
    #[serde(default, rename = "ChangeSet")]
    pub(super) change_set: Option<changes::ChangeSet>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Unit {
    #[serde(rename = "UnitID")]
    pub(super) id: Uuid,
    #[serde(rename = "Slug")]
    pub(super) slug: String,
    #[serde(default, rename = "SpaceID", deserialize_with = "nullable")]
    pub(super) space: Uuid,
    #[serde(default, rename = "ToolchainType", deserialize_with = "nullable")]
    pub(super) toolchain: String,
    #[serde(default, rename = "Labels", deserialize_with = "nullable")]
    pub(super) labels: BTreeMap<String, String>,
    #[serde(default, rename = "TargetID")]
    pub(super) target: Option<Uuid>,
    /// Not empty: lists leave the unit out unless asked. Release only.
    #[serde(default, rename = "HiddenReason", deserialize_with = "nullable")]
    pub(super) hidden_reason: String,
    /// Base64; bridge only.
    #[serde(default, rename = "Data", deserialize_with = "nullable")]
    pub(super) data: String,
    /// Hexadecimal SHA-256 of the decoded data.
    #[serde(default, rename = "DataHash", deserialize_with = "nullable")]
    pub(super) data_hash: String,
    #[serde(default, rename = "HeadRevisionNum", deserialize_with = "nullable")]
    pub(super) head_revision: i64,
    /// Release profile: the last revision that a published Release holds. 0: none.
    #[serde(default, rename = "LastReleasedRevisionNum", deserialize_with = "nullable")]
    pub(super) released_revision: i64,
    /// Bridge profile: the last revision whose apply completed. 0: none.
    #[serde(default, rename = "LiveRevisionNum", deserialize_with = "nullable")]
    pub(super) live_revision: i64,
    /// The ChangeSet that locks it.
    #[serde(default, rename = "ChangeSetID", deserialize_with = "id")]
    pub(super) change_set: Option<Uuid>,
    /// What keeps head from being shipped. On newer servers a copy of the next.
    #[serde(default, rename = "ApplyGates", deserialize_with = "nullable")]
    pub(super) apply_gates: BTreeMap<String, bool>,
    #[serde(default, rename = "ValidationErrors", deserialize_with = "nullable")]
    pub(super) validation_errors: BTreeMap<String, bool>,
    /// Of head. Bridge, and release before v0.6.0.
    #[serde(default, rename = "ApprovedBy", deserialize_with = "nullable")]
    pub(super) approved_by: Vec<Uuid>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Revision {
    #[serde(rename = "RevisionID")]
    pub(super) id: Uuid,
    #[serde(default, rename = "RevisionNum", deserialize_with = "nullable")]
    pub(super) number: i64,
    #[serde(default, rename = "DataHash", deserialize_with = "nullable")]
    pub(super) data_hash: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct ExtendedRevision {
    #[serde(rename = "Revision")]
    pub(super) revision: Revision,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Target {
    /// JSON in a string; bridge only, deprecated there in favour of `Options`.
    #[serde(rename = "Parameters", deserialize_with = "nullable")]
    pub(super) parameters: String,
    #[serde(rename = "Options", deserialize_with = "nullable")]
    pub(super) options: BTreeMap<String, String>,
    #[serde(rename = "Facts", deserialize_with = "nullable")]
    pub(super) facts: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct UnitStatus {
    #[serde(rename = "Action", deserialize_with = "nullable")]
    pub(super) action: String,
    #[serde(rename = "ActionResult", deserialize_with = "nullable")]
    pub(super) result: String,
    #[serde(rename = "ActionStartedAt")]
    pub(super) started_at: Option<String>,
    #[serde(rename = "ActionTerminatedAt")]
    pub(super) terminated_at: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct UnitData {
    #[serde(rename = "UnitID")]
    pub(super) id: Uuid,
    #[serde(default, rename = "Data", deserialize_with = "nullable")]
    pub(super) data: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct ExtendedRelease {
    #[serde(rename = "Release")]
    pub(super) release: Release,
}

#[derive(Debug, Deserialize)]
pub(super) struct Release {
    #[serde(default, rename = "ReleaseNum", deserialize_with = "nullable")]
    pub(super) number: i64,
    /// Cleared when the Release is withdrawn.
    #[serde(default, rename = "Published", deserialize_with = "nullable")]
    pub(super) published: bool,
    #[serde(default, rename = "TargetID")]
    pub(super) target: Option<Uuid>,
    #[serde(default, rename = "LiveStatus")]
    pub(super) live_status: Option<LiveStatus>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LiveStatus {
    #[serde(rename = "Operation", deserialize_with = "nullable")]
    pub(super) operation: String,
    #[serde(rename = "ObservedAt")]
    pub(super) observed_at: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WorkerLogin {
    pub(super) access_token: secrecy::SecretString,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StandardError {
    #[serde(rename = "Message", alias = "message", deserialize_with = "nullable")]
    pub(super) message: String,
}
