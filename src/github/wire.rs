//! The JSON as GitHub sends it, reduced to what is used; private to this module.

use jiff::Timestamp;
use serde::Deserialize;

/// An error's body (GitHub's `basic-error` and `validation-error`).
#[derive(Debug, Deserialize)]
pub(super) struct ErrorBody {
    #[serde(default)]
    message: String,
    #[serde(default)]
    errors: serde_json::Value,
}

impl ErrorBody {
    /// Everything it says.
    pub(super) fn text(self) -> String {
        if self.errors.is_null() { self.message } else { format!("{} {}", self.message, self.errors) }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Issue {
    pub(super) number: u64,
    pub(super) node_id: String,
    pub(super) title: String,
    pub(super) body: Option<String>,
    pub(super) state: String,
    pub(super) state_reason: Option<String>,
    pub(super) closed_at: Option<Timestamp>,
    pub(super) created_at: Timestamp,
    pub(super) html_url: String,
    #[serde(default)]
    pub(super) locked: bool,
    #[serde(default)]
    pub(super) labels: Vec<Label>,
    pub(super) user: Option<User>,
    pub(super) performed_via_github_app: Option<App>,
    pub(super) pull_request: Option<serde::de::IgnoredAny>,
}

/// Labels are objects, and in old answers plain names.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Label {
    Name(String),
    Object { name: Option<String> },
}

impl Label {
    pub(super) fn name(self) -> Option<String> {
        match self {
            Self::Name(name) => Some(name),
            Self::Object { name } => name,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct User {
    pub(super) login: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct App {
    pub(super) slug: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Comment {
    pub(super) id: u64,
    pub(super) node_id: String,
    pub(super) body: Option<String>,
    pub(super) html_url: String,
    pub(super) created_at: Timestamp,
    pub(super) user: Option<User>,
    pub(super) performed_via_github_app: Option<App>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Event {
    #[serde(default)]
    pub(super) event: String,
    pub(super) created_at: Option<Timestamp>,
    pub(super) label: Option<Label>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Repository {
    #[serde(default)]
    pub(super) archived: bool,
    pub(super) has_issues: Option<bool>,
    pub(super) default_branch: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Collaborator {
    pub(super) permission: String,
    pub(super) role_name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PullRequest {
    pub(super) number: u64,
    pub(super) state: String,
    pub(super) head: Commit,
    pub(super) base: Commit,
}

#[derive(Debug, Deserialize)]
pub(super) struct Commit {
    pub(super) sha: String,
    pub(super) repo: Option<Named>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) full_name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct File {
    pub(super) filename: String,
    pub(super) previous_filename: Option<String>,
}

/// `GET /repos/{owner}/{repo}/contents/{path}` of a file.
#[derive(Debug, Deserialize)]
pub(super) struct Contents {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) encoding: String,
    #[serde(default)]
    pub(super) content: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct GraphQl {
    pub(super) data: Option<GraphQlData>,
    #[serde(default)]
    pub(super) errors: Vec<GraphQlError>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct GraphQlData {
    pub(super) viewer: Option<User>,
    #[serde(default)]
    pub(super) nodes: Vec<Option<Node>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Node {
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) viewer_did_author: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct GraphQlError {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) message: String,
}
