//! Issues: listed by label, created once, edited in place.

use jiff::Timestamp;
use reqwest::Method;
use serde::Serialize;
use serde_json::json;

use super::error::{Error, Kind, Permission};
use super::request::named;
use super::{Client, wire};

/// An issue, as far as it is of use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Its number.
    pub number: u64,
    /// Its id in GraphQL.
    pub node: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// Whether it is open.
    pub state: State,
    /// When it was opened.
    pub created: Timestamp,
    /// Its page.
    pub url: String,
    /// Whether its conversation is locked.
    pub locked: bool,
    /// Names of its labels.
    pub labels: Vec<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// The app through which it was written.
    pub app: Option<String>,
}

/// Whether an issue is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is.
    Open,
    /// It is not.
    Closed {
        /// Why.
        reason: StateReason,
        /// Since when.
        at: Option<Timestamp>,
    },
}

/// Why an issue was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StateReason {
    /// It is done, or nobody said why.
    Completed,
    /// It stays as it is.
    NotPlanned,
    /// Another one is about the same.
    Duplicate,
}

/// What a new issue is to be.
#[derive(Clone, Debug, Serialize)]
pub struct NewIssue<'a> {
    /// Its title.
    pub title: &'a str,
    /// Its text.
    pub body: &'a str,
    /// Its labels; GitHub drops them silently where the token has no push access.
    pub labels: &'a [String],
    /// Whom it is assigned to.
    pub assignees: &'a [String],
}

/// What of an issue is to change. Labels have calls of their own, because GitHub would replace all of them.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct IssueChange<'a> {
    /// A new title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<&'a str>,
    /// A new text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<&'a str>,
    /// `open` or `closed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
    /// Why it is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_reason: Option<StateReason>,
}

impl Client {
    /// Issues with this label, open and closed, the last changed first.
    pub async fn issues_labelled(&self, label: &str) -> Result<Vec<Issue>, Error> {
        self.issues(("labels", label)).await
    }

    /// Issues that this login opened: for repositories where the token cannot set labels.
    pub async fn issues_by(&self, login: &str) -> Result<Vec<Issue>, Error> {
        self.issues(("creator", login)).await
    }

    async fn issues(&self, by: (&str, &str)) -> Result<Vec<Issue>, Error> {
        let query = [by, ("state", "all"), ("sort", "updated"), ("direction", "desc")];
        let all: Vec<wire::Issue> = self.list(&self.path("/issues"), &query, Permission::IssuesRead).await?;
        Ok(all.into_iter().filter(|it| it.pull_request.is_none()).map(Issue::from).collect())
    }

    /// One issue.
    pub async fn issue(&self, number: u64) -> Result<Issue, Error> {
        let path = self.path(&format!("/issues/{number}"));
        let answer = self.get(&path, Permission::IssuesRead).await?;
        Ok(answer.decode::<wire::Issue>(&named(&Method::GET, &path))?.into())
    }

    /// Opens an issue; whoever gets [`Kind::Unclear`] looks for it before trying again. See [`Issue::keeps`].
    pub async fn create_issue(&self, issue: &NewIssue<'_>) -> Result<Issue, Error> {
        let path = self.path("/issues");
        let answer = self.post(&path, issue, Permission::IssuesWrite).await?;
        Ok(unclear(answer.decode::<wire::Issue>(&named(&Method::POST, &path)))?.into())
    }

    /// Changes an issue. A text that GitHub did not take, though it says so, is [`Kind::Altered`].
    pub async fn change_issue(&self, number: u64, change: IssueChange<'_>) -> Result<Issue, Error> {
        let path = self.path(&format!("/issues/{number}"));
        let answer = self.write(Method::PATCH, &path, Some(json!(change)), Permission::IssuesWrite).await?;
        let changed: Issue = answer.decode::<wire::Issue>(&named(&Method::PATCH, &path))?.into();
        if let Some(body) = change.body {
            same(&named(&Method::PATCH, &path), body, &changed.body)?;
        }
        Ok(changed)
    }

    /// When the issue got this label for the last time.
    pub async fn labelled_at(&self, number: u64, label: &str) -> Result<Option<Timestamp>, Error> {
        let path = self.path(&format!("/issues/{number}/timeline"));
        let events: Vec<wire::Event> = self.list(&path, &[], Permission::IssuesRead).await?;
        let of_label = events.into_iter().filter(|it| it.event == "labeled").filter_map(|it| {
            let name = it.label?.name()?;
            (name == label).then_some(it.created_at)?
        });
        Ok(of_label.max())
    }
}

impl Issue {
    /// Whether its text is the one that was sent.
    pub fn keeps(&self, sent: &str) -> bool {
        same("", sent, &self.body).is_ok()
    }
}

/// Something was created, and the answer does not say what.
pub(super) fn unclear<T>(decoded: Result<T, Error>) -> Result<T, Error> {
    decoded.map_err(|it| Error { kind: Kind::Unclear, ..it })
}

/// GitHub answers 200 to some texts and keeps the old one. It may end lines and texts in its own way.
pub(super) fn same(request: &str, sent: &str, kept: &str) -> Result<(), Error> {
    let plain = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    if plain(sent) == plain(kept) {
        return Ok(());
    }
    let message = format!("{} bytes were sent, {} are there", sent.len(), kept.len());
    Err(Error::new(Kind::Altered, request, message))
}

impl From<wire::Issue> for Issue {
    fn from(it: wire::Issue) -> Self {
        let reason = match it.state_reason.as_deref() {
            Some("not_planned") => StateReason::NotPlanned,
            Some("duplicate") => StateReason::Duplicate,
            _ => StateReason::Completed,
        };
        Self {
            number: it.number,
            node: it.node_id,
            title: it.title,
            body: it.body.unwrap_or_default(),
            state: if it.state == "open" { State::Open } else { State::Closed { reason, at: it.closed_at } },
            created: it.created_at,
            url: it.html_url,
            locked: it.locked,
            labels: it.labels.into_iter().filter_map(wire::Label::name).collect(),
            author: it.user.map(|it| it.login),
            app: it.performed_via_github_app.and_then(|it| it.slug),
        }
    }
}
