//! The repository itself: whether it can be written, who may what in it, its files and its pull requests.

use anyhow::Context as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;

use super::error::{Error, Kind, Permission};
use super::request::named;
use super::{Client, wire};
use crate::http::percent_encoded;

/// What the repository can take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Whether it is read-only.
    pub archived: bool,
    /// Whether it has issues.
    pub has_issues: bool,
    /// Its default branch.
    pub default_branch: Option<String>,
}

/// What a person may do in the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// Nothing, as far as we know.
    None,
    /// Look.
    Read,
    /// Sort issues.
    Triage,
    /// Push.
    Write,
    /// Nearly everything.
    Maintain,
    /// Everything.
    Admin,
}

/// A pull request, as far as it is of use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRequest {
    /// Its number.
    pub number: u64,
    /// Whether it is open.
    pub open: bool,
    /// The commit that is to be merged.
    pub head: String,
    /// The commit that it is merged into.
    pub base: String,
    /// Whether it comes from another repository.
    pub fork: bool,
}

impl Client {
    /// What the repository can take.
    pub async fn repository(&self) -> Result<Repository, Error> {
        let path = self.path("");
        let it: wire::Repository =
            self.get(&path, Permission::MetadataRead).await?.decode(&named(&Method::GET, &path))?;
        Ok(Repository {
            archived: it.archived,
            has_issues: it.has_issues.unwrap_or(true),
            default_branch: it.default_branch,
        })
    }

    /// What this person may do. The finer role counts where GitHub tells it.
    pub async fn right(&self, login: &str) -> Result<Right, Error> {
        let path = self.path(&format!("/collaborators/{}/permission", percent_encoded(login)));
        let answer = match self.get(&path, Permission::MetadataRead).await {
            Err(Error { kind: Kind::NotFound, .. }) => return Ok(Right::None),
            other => other?,
        };
        let it: wire::Collaborator = answer.decode(&named(&Method::GET, &path))?;
        let role = it.role_name.as_deref().and_then(Right::read).or_else(|| Right::read(&it.permission));
        Ok(role.unwrap_or(Right::None))
    }

    /// A file at a commit or branch; None: there is none, or it is no file.
    pub async fn file(&self, path: &str, at: &str) -> Result<Option<Vec<u8>>, Error> {
        let escaped: Vec<_> = path.split('/').map(percent_encoded).collect();
        let path = self.path(&format!("/contents/{}?ref={}", escaped.join("/"), percent_encoded(at)));
        let answer = match self.get(&path, Permission::ContentsRead).await {
            Err(Error { kind: Kind::NotFound, .. }) => return Ok(None),
            other => other?,
        };
        let request = named(&Method::GET, &path);
        let value: serde_json::Value = answer.decode(&request)?;
        if value.is_array() {
            return Ok(None);
        }
        let unexpected = |message: String| Error::new(Kind::Unexpected, request.clone(), message);
        let it: wire::Contents = answer.decode(&request)?;
        match (it.kind.as_str(), it.encoding.as_str()) {
            ("file", "base64") => {
                let text: String = it.content.split_whitespace().collect();
                let bytes = BASE64_STANDARD.decode(text).context("it is not base64");
                bytes.map(Some).map_err(|error| unexpected(format!("{error:#}")))
            }
            // From a megabyte on, this call gives no text.
            ("file", _) => Err(unexpected("the file is larger than a megabyte".to_owned())),
            _ => Ok(None),
        }
    }

    /// One pull request.
    pub async fn pull_request(&self, number: u64) -> Result<PullRequest, Error> {
        let path = self.path(&format!("/pulls/{number}"));
        let answer = self.get(&path, Permission::PullRequestsRead).await?;
        Ok(answer.decode::<wire::PullRequest>(&named(&Method::GET, &path))?.into())
    }

    /// Paths that a pull request touches, the former ones of what it renames included.
    pub async fn pull_request_files(&self, number: u64) -> Result<Vec<String>, Error> {
        let path = self.path(&format!("/pulls/{number}/files"));
        let files: Vec<wire::File> = self.list(&path, &[], Permission::PullRequestsRead).await?;
        Ok(files.into_iter().flat_map(|it| [Some(it.filename), it.previous_filename]).flatten().collect())
    }

    /// Pull requests that hold this commit.
    pub async fn pull_requests_of(&self, commit: &str) -> Result<Vec<PullRequest>, Error> {
        let path = self.path(&format!("/commits/{}/pulls", percent_encoded(commit)));
        let all: Vec<wire::PullRequest> = self.list(&path, &[], Permission::PullRequestsRead).await?;
        Ok(all.into_iter().map(PullRequest::from).collect())
    }
}

impl Right {
    fn read(name: &str) -> Option<Self> {
        Some(match name {
            "admin" => Self::Admin,
            "maintain" => Self::Maintain,
            "write" => Self::Write,
            "triage" => Self::Triage,
            "read" => Self::Read,
            "none" => Self::None,
            _ => return None,
        })
    }
}

impl From<wire::PullRequest> for PullRequest {
    fn from(it: wire::PullRequest) -> Self {
        let name = |it: &wire::Commit| it.repo.as_ref().map(|it| it.full_name.clone());
        // A repository that is gone was another one.
        let fork = name(&it.head).is_none() || name(&it.head) != name(&it.base);
        Self { number: it.number, open: it.state == "open", head: it.head.sha, base: it.base.sha, fork }
    }
}
