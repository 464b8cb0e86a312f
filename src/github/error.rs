//! What can go wrong with GitHub, by meaning.

use std::fmt;
use std::time::Duration;

/// A request that did not give what it was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What it means.
    pub kind: Kind,
    /// `PATCH /repos/acme/shop/issues/7`, without query.
    pub request: String,
    /// What GitHub or the transport said; not redacted, and not ours: for the log only.
    pub message: String,
}

/// The meaning of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 401.
    Unauthorized,
    /// 403 for want of a permission; of a write in a private repository also 404.
    Forbidden(Permission),
    /// 404.
    NotFound,
    /// 410: the repository has no issues, or this one was deleted.
    Gone,
    /// The conversation is locked.
    Locked,
    /// The repository is archived.
    Archived,
    /// A redirect: the issue or the repository moved.
    Moved,
    /// A limit that we may not wait for any longer.
    RateLimited {
        /// What GitHub asks for.
        wait: Duration,
    },
    /// Any other 4xx: GitHub does not accept what was sent.
    Invalid(u16),
    /// A write that may have landed all the same: no answer, half of one, or a 5xx.
    Unclear,
    /// GitHub took a text and kept another one, which is what it does with texts that are too long.
    Altered,
    /// No answer, or a 5xx.
    Unreachable,
    /// A 2xx that is not what the API describes.
    Unexpected,
}

/// What the job's token must be permitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// `contents: read`.
    ContentsRead,
    /// `issues: read`.
    IssuesRead,
    /// `issues: write`.
    IssuesWrite,
    /// `pull-requests: read`.
    PullRequestsRead,
    /// `pull-requests: write`.
    PullRequestsWrite,
    /// `metadata: read`, which every token has.
    MetadataRead,
}

impl Permission {
    /// As a workflow writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ContentsRead => "contents: read",
            Self::IssuesRead => "issues: read",
            Self::IssuesWrite => "issues: write",
            Self::PullRequestsRead => "pull-requests: read",
            Self::PullRequestsWrite => "pull-requests: write",
            Self::MetadataRead => "metadata: read",
        }
    }
}

impl Error {
    pub(super) fn new(kind: Kind, request: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, request: request.into(), message: message.into() }
    }

    /// Why, and what to do: a clause in our own words, safe to be shown anywhere.
    pub fn remedy(&self) -> String {
        match self.kind {
            Kind::Unauthorized => "GitHub refused the token: check `github-token`".to_owned(),
            Kind::Forbidden(permission) => {
                format!("the token may not: add `{}` to the `permissions` of this job", permission.name())
            }
            Kind::NotFound => {
                "GitHub does not have it: check the number, and that the token belongs to this repository".to_owned()
            }
            Kind::Gone => "the repository has issues switched off, or it was deleted".to_owned(),
            Kind::Locked => "the conversation is locked: unlock it".to_owned(),
            Kind::Archived => "the repository is archived, which makes it read-only".to_owned(),
            Kind::Moved => "it was moved to another place, where this token may do nothing".to_owned(),
            Kind::RateLimited { wait } => format!(
                "GitHub's rate limit asks for {} s of waiting, more than `github-wait` has left",
                wait.as_secs()
            ),
            Kind::Invalid(status) => format!("GitHub did not accept what was sent ({status})"),
            Kind::Altered => "GitHub keeps another text than was sent, even a short one".to_owned(),
            Kind::Unclear | Kind::Unreachable => "GitHub did not answer as it should: run again".to_owned(),
            Kind::Unexpected => {
                "the answer is not what GitHub's API describes: check that no proxy answers for it".to_owned()
            }
        }
    }
}

impl fmt::Display for Error {
    /// `failed to PATCH /repos/…: …: what GitHub said`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind: _, request, message } = self;
        write!(f, "GitHub: {request}: {}", self.remedy())?;
        if message.is_empty() { Ok(()) } else { write!(f, " ({message})") }
    }
}

impl std::error::Error for Error {}
