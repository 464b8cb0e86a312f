//! The GitHub stand-in: issues, comments, labels, pull requests and files of some repositories, with GitHub's own refusals.
//!
//! It answers as GitHub's REST description says (`tests/integration/github/contract.rs` holds it to that), refuses what
//! GitHub refuses, and keeps what it is told. Where GitHub's behaviour is not documented, the code says "Guess:".

mod answer;
mod ask;
mod comments;
mod contents;
mod dispatch;
mod graphql;
mod issues;
mod labels;
mod limits;
mod people;
mod person;
mod pulls;
mod repository;
mod shape;
mod state;
mod timeline;
mod tokens;

use std::sync::{Arc, Mutex};

use axum::Router;
use jiff::Timestamp;

use super::clock::Clock;
use super::locked;
use limits::Limits;
use state::State;

pub use issues::LARGEST_BODY;
pub use repository::{ChangedFile, Pull, Repository, Role};
pub use state::{Comment, Event, Issue, IssueState};
pub use tokens::{Access, Author, Token};

/// Which GitHub is served: they differ in where their paths begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Site {
    /// `api.github.com`: `/repos/…` and `/graphql`.
    #[default]
    DotCom,
    /// An Enterprise Server: `/api/v3/repos/…` and `/api/graphql`.
    Enterprise,
}

impl Site {
    /// What stands before `/repos/…`.
    pub fn rest_prefix(self) -> &'static str {
        match self {
            Self::DotCom => "",
            Self::Enterprise => "/api/v3",
        }
    }

    /// Path of the GraphQL endpoint.
    pub fn graphql_path(self) -> &'static str {
        match self {
            Self::DotCom => "/graphql",
            Self::Enterprise => "/api/graphql",
        }
    }
}

/// The stand-in's state, and what tests tell it to do.
#[derive(Debug)]
pub struct GitHub {
    clock: Arc<Clock>,
    state: Mutex<State>,
    limits: Mutex<Limits>,
    site: Mutex<Site>,
}

impl GitHub {
    /// No repository, no token.
    pub fn new(clock: Arc<Clock>) -> Arc<Self> {
        Arc::new(Self { clock, state: Mutex::default(), limits: Mutex::default(), site: Mutex::default() })
    }

    /// Answers under the paths of this site from now on.
    pub fn serve_as(&self, site: Site) {
        *locked(&self.site) = site;
    }

    /// Which site is served.
    pub fn site(&self) -> Site {
        *locked(&self.site)
    }

    /// Adds a repository with all that it holds, or replaces the one of that name.
    pub fn add(&self, repository: Repository) {
        locked(&self.state).add(repository, self.clock.now());
    }

    /// A new token: who uses it, and what that one may do.
    pub fn token(&self, token: Token) -> String {
        locked(&self.state).tokens.issue(token)
    }

    /// So many more requests are answered, then 403 until `seconds` from now. An hour's 5,000 at the start.
    pub fn leave_requests(&self, remaining: u64, seconds: u64) {
        // Of the clock that the client looks at, which is not the story's.
        locked(&self.limits).leave(remaining, seconds, Timestamp::now());
    }

    /// The next `times` requests that create or change something are told that they come too fast, and how many seconds
    /// to wait.
    pub fn too_fast(&self, times: usize, retry_after: u64) {
        locked(&self.limits).slow_down(times, retry_after);
    }

    /// Every issue and pull request of a repository, `owner/name`, by number; empty where there is no such repository.
    pub fn issues(&self, repository: &str) -> Vec<Issue> {
        let state = locked(&self.state);
        state.named(repository).map(|it| it.issues.values().cloned().collect()).unwrap_or_default()
    }

    /// Every comment of an issue or pull request, oldest first.
    pub fn comments(&self, repository: &str, number: u64) -> Vec<Comment> {
        let state = locked(&self.state);
        let issue = state.named(repository).and_then(|it| it.issues.get(&number));
        issue.map(|it| it.comments.clone()).unwrap_or_default()
    }
}

/// The stand-in as a router.
pub fn router(github: Arc<GitHub>) -> Router {
    Router::new().fallback(dispatch::answer).with_state(github)
}
