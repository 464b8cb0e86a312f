//! Who we are on GitHub, what of a thread is ours, and hiding what is out of date: GraphQL, because REST cannot tell.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;

use super::error::{Error, Kind, Permission};
use super::request::named;
use super::{Client, wire};

/// Who the token belongs to, as far as that could be found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Viewer {
    login: Option<String>,
    /// Of the ids that were asked about, those that this token wrote; None: GraphQL could not be asked.
    wrote: Option<BTreeSet<String>>,
}

/// What the workflow's own token writes as.
const WORKFLOW: &str = "github-actions[bot]";
const WORKFLOW_APP: &str = "github-actions";

const WHO: &str = "query($ids: [ID!]!) { viewer { login } nodes(ids: $ids) { ... on Issue { id viewerDidAuthor } \
                   ... on IssueComment { id viewerDidAuthor } } }";
const MINIMISE: &str = "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) \
                        { minimizedComment { isMinimized } } }";

impl Client {
    /// Who we are, and which of these (by their ids in GraphQL) we wrote.
    pub async fn viewer(&self, nodes: &[&str]) -> Result<Viewer, Error> {
        match self.asked_viewer(nodes).await {
            Ok(viewer) => Ok(viewer),
            Err(error) => {
                tracing::debug!("{error}");
                // The workflow's own token may not ask this, which tells it from all others.
                let login = match self.get("/user", Permission::MetadataRead).await {
                    Ok(answer) => answer.decode::<wire::User>("GET /user")?.login,
                    Err(Error { kind: Kind::Forbidden(_) | Kind::NotFound, .. }) => WORKFLOW.to_owned(),
                    Err(error) => return Err(error),
                };
                Ok(Viewer { login: Some(login), wrote: None })
            }
        }
    }

    async fn asked_viewer(&self, nodes: &[&str]) -> Result<Viewer, Error> {
        let request = named(&Method::POST, "/graphql");
        let body = json!({"query": WHO, "variables": {"ids": nodes}});
        let answer: wire::GraphQl = self.ask(&body, Permission::MetadataRead).await?.decode(&request)?;
        let Some(data) = answer.data.filter(|it| it.viewer.is_some() && it.nodes.len() == nodes.len()) else {
            return Err(refused(&answer.errors, Permission::MetadataRead));
        };
        let wrote = data.nodes.into_iter().flatten().filter(|it| it.viewer_did_author).filter_map(|it| it.id);
        Ok(Viewer { login: data.viewer.map(|it| it.login), wrote: Some(wrote.collect()) })
    }

    /// Hides a comment as out of date. Doing so twice is fine.
    pub async fn minimise(&self, node: &str) -> Result<(), Error> {
        let body = json!({"query": MINIMISE, "variables": {"id": node}});
        let answer = self.ask(&body, Permission::PullRequestsWrite).await?;
        let answer: wire::GraphQl = answer.decode(&named(&Method::POST, "/graphql"))?;
        if answer.errors.is_empty() { Ok(()) } else { Err(refused(&answer.errors, Permission::PullRequestsWrite)) }
    }
}

fn refused(errors: &[wire::GraphQlError], needs: Permission) -> Error {
    let kind = match errors.first().and_then(|it| it.kind.as_deref()) {
        Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => Kind::Forbidden(needs),
        Some("NOT_FOUND") => Kind::NotFound,
        _ => Kind::Unexpected,
    };
    let message = errors.first().map(|it| it.message.clone()).unwrap_or_default();
    Error::new(kind, named(&Method::POST, "/graphql"), message)
}

impl Viewer {
    /// The login, for listing what it opened.
    pub fn login(&self) -> Option<&str> {
        self.login.as_deref()
    }

    /// Whether this token wrote the thing with this id: by GraphQL's word, else by its author.
    pub fn wrote(&self, node: &str, author: Option<&str>, app: Option<&str>) -> bool {
        match &self.wrote {
            Some(wrote) => wrote.contains(node),
            // A person's name could be chosen; the workflow's cannot: `[` stands in none.
            None if self.login.as_deref() == Some(WORKFLOW) => {
                author == Some(WORKFLOW) && app.is_none_or(|it| it == WORKFLOW_APP)
            }
            None => author.is_some() && author == self.login.as_deref(),
        }
    }
}
