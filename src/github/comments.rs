//! Comments on issues and pull requests, and reactions to them.

use jiff::Timestamp;
use reqwest::Method;
use serde_json::json;

use super::error::{Error, Permission};
use super::issues::{same, unclear};
use super::request::named;
use super::{Client, wire};

/// A comment, as far as it is of use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Its id.
    pub id: u64,
    /// Its id in GraphQL.
    pub node: String,
    /// Its text.
    pub body: String,
    /// Its page.
    pub url: String,
    /// When it was written.
    pub created: Timestamp,
    /// Who wrote it.
    pub author: Option<String>,
    /// The app through which it was written.
    pub app: Option<String>,
}

/// What is commented on: the permission that it takes follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An issue, by number.
    Issue(u64),
    /// A pull request, by number.
    PullRequest(u64),
}

impl Subject {
    fn number(self) -> u64 {
        match self {
            Self::Issue(number) | Self::PullRequest(number) => number,
        }
    }

    fn read(self) -> Permission {
        match self {
            Self::Issue(_) => Permission::IssuesRead,
            Self::PullRequest(_) => Permission::PullRequestsRead,
        }
    }

    fn write(self) -> Permission {
        match self {
            Self::Issue(_) => Permission::IssuesWrite,
            Self::PullRequest(_) => Permission::PullRequestsWrite,
        }
    }
}

impl Client {
    /// The comments, oldest first; with `since` only those that were changed then or later.
    pub async fn comments(&self, subject: Subject, since: Option<Timestamp>) -> Result<Vec<Comment>, Error> {
        let path = self.path(&format!("/issues/{}/comments", subject.number()));
        let since = since.map(|it| it.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        let query: Vec<(&str, &str)> = since.iter().map(|it| ("since", it.as_str())).collect();
        let all: Vec<wire::Comment> = self.list(&path, &query, subject.read()).await?;
        Ok(all.into_iter().map(Comment::from).collect())
    }

    /// Comments; whoever gets [`super::Kind::Unclear`] looks for it before trying again. See
    /// [`Comment::keeps`].
    pub async fn create_comment(&self, subject: Subject, body: &str) -> Result<Comment, Error> {
        let path = self.path(&format!("/issues/{}/comments", subject.number()));
        let answer = self.post(&path, &json!({"body": body}), subject.write()).await?;
        let request = named(&Method::POST, &path);
        Ok(unclear(answer.decode::<wire::Comment>(&request))?.into())
    }

    /// Replaces the text of a comment.
    pub async fn change_comment(&self, subject: Subject, id: u64, body: &str) -> Result<Comment, Error> {
        let path = self.path(&format!("/issues/comments/{id}"));
        let answer = self.write(Method::PATCH, &path, Some(json!({"body": body})), subject.write()).await?;
        let request = named(&Method::PATCH, &path);
        let changed: Comment = answer.decode::<wire::Comment>(&request)?.into();
        same(&request, body, &changed.body)?;
        Ok(changed)
    }

    /// Reacts to a comment, with `+1`, `eyes` and so on. The same reaction twice is one, so it may be sent again.
    pub async fn react(&self, subject: Subject, id: u64, content: &str) -> Result<(), Error> {
        let path = self.path(&format!("/issues/comments/{id}/reactions"));
        self.write(Method::POST, &path, Some(json!({"content": content})), subject.write()).await?;
        Ok(())
    }
}

impl Comment {
    /// Whether its text is the one that was sent.
    pub fn keeps(&self, sent: &str) -> bool {
        same("", sent, &self.body).is_ok()
    }
}

impl From<wire::Comment> for Comment {
    fn from(it: wire::Comment) -> Self {
        Self {
            id: it.id,
            node: it.node_id,
            body: it.body.unwrap_or_default(),
            url: it.html_url,
            created: it.created_at,
            author: it.user.map(|it| it.login),
            app: it.performed_via_github_app.and_then(|it| it.slug),
        }
    }
}
