//! GitHub: what a report needs of its API, over octocrab and our own HTTP client. Errors are typed by meaning and name the
//! permission that is missing; nothing is posted twice.

mod comments;
mod error;
mod identity;
mod issues;
mod labels;
mod repository;
mod request;
mod wire;

use std::time::{Duration, Instant};

use anyhow::Context as _;
use octocrab::Octocrab;
use secrecy::ExposeSecret as _;
use tokio::sync::Mutex;

use crate::http;
use crate::model::reporting::{GitHubAccess, Pace};

pub use comments::{Comment, Subject};
pub use error::{Error, Kind, Permission};
pub use identity::Viewer;
pub use issues::{Issue, IssueChange, NewIssue, State, StateReason};
pub use repository::{PullRequest, Repository, Right};

/// One repository on GitHub.
pub struct Client {
    rest: Octocrab,
    graphql: Octocrab,
    /// Scheme, host and path that pages of lists must not leave.
    base: String,
    repository: String,
    pace: Pace,
    patience: Mutex<Patience>,
}

/// What became of our patience in this run.
#[derive(Debug, Default)]
struct Patience {
    waited: Duration,
    last_write: Option<Instant>,
}

impl Client {
    /// A client for the repository. Nothing is sent yet.
    ///
    /// # Errors
    /// When TLS cannot be set up, or an address is none.
    pub fn new(access: &GitHubAccess, settings: &http::Settings, pace: Pace) -> anyhow::Result<Self> {
        let GitHubAccess { rest, graphql, server: _, repository, token } = access;
        // octocrab appends `/graphql` itself, to whatever base it has.
        let below = graphql.strip_suffix("/graphql").unwrap_or(graphql);
        let build = |base: &str| -> anyhow::Result<Octocrab> {
            let url: reqwest::Url = base.parse().with_context(|| format!("`{base}` is no address"))?;
            let client = http::client(settings, &url)?;
            Octocrab::builder()
                .base_uri(base)
                .and_then(|it| it.personal_token(token.expose_secret()).build_with_reqwest(client))
                .with_context(|| format!("failed to set up the client of `{base}`"))
        };
        Ok(Self {
            rest: build(rest)?,
            graphql: build(below)?,
            base: rest.trim_end_matches('/').to_owned(),
            repository: repository.clone(),
            pace,
            patience: Mutex::default(),
        })
    }

    /// A path below the repository.
    fn path(&self, rest: &str) -> String {
        format!("/repos/{}{rest}", self.repository)
    }
}
