//! The JSON as the API server sends it beside objects, as far as it is needed. Pages of objects are read by `page`.

use serde::Deserialize;

use crate::page::or_default;

/// What every answer begins with.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct TypeMeta {
    pub(super) api_version: String,
    pub(super) kind: String,
}

/// The answer to a request that failed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Status {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) message: String,
    pub(super) reason: String,
    pub(super) details: Option<Details>,
}

/// What a Status is about.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Details {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) group: String,
}

/// Aggregated discovery, `v2` and `v2beta1`.
#[derive(Debug, Deserialize)]
pub(super) struct AggregatedList {
    #[serde(deserialize_with = "or_default")]
    pub(super) items: Vec<AggregatedGroup>,
}

/// One group; the core group has no name.
#[derive(Debug, Deserialize)]
pub(super) struct AggregatedGroup {
    #[serde(default)]
    pub(super) metadata: GroupName,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) versions: Vec<AggregatedVersion>,
}

/// A group's metadata.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct GroupName {
    #[serde(deserialize_with = "or_default")]
    pub(super) name: String,
}

/// One version of a group.
#[derive(Debug, Deserialize)]
pub(super) struct AggregatedVersion {
    pub(super) version: String,
    /// `Stale` when the server behind it did not answer the API server.
    #[serde(default)]
    pub(super) freshness: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) resources: Vec<AggregatedResource>,
}

/// One resource.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AggregatedResource {
    pub(super) resource: String,
    /// Null where the server does not say what it serves.
    #[serde(default)]
    pub(super) response_kind: Option<ResponseKind>,
    #[serde(default)]
    pub(super) scope: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) verbs: Vec<String>,
}

/// The kind that a resource answers with.
#[derive(Debug, Deserialize)]
pub(super) struct ResponseKind {
    #[serde(default)]
    pub(super) kind: String,
}

/// `/apis` of a server without aggregated discovery.
#[derive(Debug, Deserialize)]
pub(super) struct GroupList {
    #[serde(deserialize_with = "or_default")]
    pub(super) groups: Vec<Group>,
}

/// One group of it.
#[derive(Debug, Deserialize)]
pub(super) struct Group {
    pub(super) name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) versions: Vec<GroupVersion>,
}

/// One version of it.
#[derive(Debug, Deserialize)]
pub(super) struct GroupVersion {
    pub(super) version: String,
}

/// `/api` of a server without aggregated discovery.
#[derive(Debug, Deserialize)]
pub(super) struct CoreVersions {
    #[serde(deserialize_with = "or_default")]
    pub(super) versions: Vec<String>,
}

/// `/apis/GROUP/VERSION`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResourceList {
    pub(super) group_version: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) resources: Vec<Resource>,
}

/// One resource of it; subresources have a slash in their name.
#[derive(Debug, Deserialize)]
pub(super) struct Resource {
    pub(super) name: String,
    #[serde(default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) namespaced: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) verbs: Vec<String>,
}
