//! What can go wrong with ConfigHub, by meaning.

use std::fmt;
use std::time::Duration;

use crate::model::outcome::{Obstacle, Reason};
use crate::redact::Redactor;

/// A request that did not give what it was for.
#[derive(Clone, Debug)]
pub struct Error {
    /// What it means.
    pub kind: Kind,
    /// `GET /space`, without query: the query may hold what people wrote.
    pub request: String,
    /// What the service or the transport said; not redacted.
    pub message: String,
    /// The service's correlation id (`X-Request-Id`), for its support.
    pub request_id: Option<String>,
}

/// The service's words in a sentence, at most, in characters.
const QUOTED: usize = 300;

/// Too many requests: nothing was done.
const TOO_MANY: u16 = 429;

/// The request by which a worker logs in.
pub(super) const LOGIN: &str = "POST /auth/worker";

/// The meaning of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 401, also after a new login, or a refused login.
    Unauthorized,
    /// 403; of a write also 401: who may read is known.
    Forbidden,
    /// 404, or a list that does not contain what was named.
    NotFound,
    /// A write met what had changed in between: 409, 412, or a revision that we did not know of.
    Conflict,
    /// A refused write to a unit that another ChangeSet holds.
    Locked {
        /// Slug of that ChangeSet, if this identity may view it.
        by: Option<String>,
    },
    /// Any other 4xx: the request is wrong for this server.
    Refused(u16),
    /// 5xx, 429, no or a cut answer.
    Unavailable {
        /// The status, if there was one.
        status: Option<u16>,
        /// What `Retry-After` asks for.
        retry_after: Option<Duration>,
    },
    /// No answer within the time that there was.
    TooSlow,
    /// A 2xx whose body is not what the API describes, or a redirect.
    Unexpected,
    /// A value that a where-expression cannot hold.
    Inexpressible,
}

impl Error {
    pub(super) fn new(kind: Kind, request: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, request: request.into(), message: message.into(), request_id: None }
    }

    /// No answer within the time that there was.
    pub fn too_slow(request: &str) -> Self {
        Self::new(Kind::TooSlow, request, "it took too long")
    }

    /// Whether the same read may succeed a moment later.
    pub(super) fn is_transient(&self) -> bool {
        match self.kind {
            Kind::TooSlow => true,
            Kind::Unavailable { status, .. } => status != Some(501),
            Kind::Unexpected
            | Kind::Unauthorized
            | Kind::Forbidden
            | Kind::NotFound
            | Kind::Conflict
            | Kind::Locked { .. }
            | Kind::Refused(_)
            | Kind::Inexpressible => false,
        }
    }

    /// Whether the write may have landed all the same: no answer, half of one, or one that says nothing.
    pub fn is_unclear(&self) -> bool {
        match self.kind {
            // Without a login nothing else was sent.
            _ if self.request == LOGIN => false,
            Kind::TooSlow | Kind::Unexpected => true,
            Kind::Unavailable { status, .. } => !matches!(status, Some(TOO_MANY | 501)),
            Kind::Unauthorized
            | Kind::Forbidden
            | Kind::NotFound
            | Kind::Conflict
            | Kind::Locked { .. }
            | Kind::Refused(_)
            | Kind::Inexpressible => false,
        }
    }

    /// Whether the same write may be sent again because it certainly did nothing: it was put off, or the login before it failed.
    pub(super) fn is_put_off(&self) -> bool {
        match self.kind {
            _ if self.request == LOGIN => self.is_transient(),
            Kind::Unavailable { status, .. } => status == Some(TOO_MANY),
            _ => false,
        }
    }

    /// The permission on the Space that [`Kind::Forbidden`] is for want of.
    pub fn permission(&self) -> &'static str {
        match self.request.split_once(' ') {
            Some(("GET", _)) => "View",
            Some((_, path)) if path.ends_with("/attestation") => "Approve",
            _ => "Edit",
        }
    }

    /// What the reader of the report is told.
    pub fn obstacle(&self, redactor: &Redactor) -> Obstacle {
        let (reason, remedy) = match &self.kind {
            Kind::Unauthorized if self.request == LOGIN => (
                Reason::Unauthorized,
                "check `confighub-worker-id` and `confighub-worker-secret`: they belong together, and to a worker that still exists",
            ),
            Kind::Unauthorized => (
                Reason::Unauthorized,
                "renew `confighub-token`, or give `confighub-worker-id` and `confighub-worker-secret`, which log in anew by themselves",
            ),
            Kind::Forbidden => match self.permission() {
                "View" => {
                    (Reason::Forbidden, "let this identity view the Space and its units: view rights suffice to detect")
                }
                "Approve" => (Reason::Forbidden, "give this identity the permission Approve on the Space"),
                _ => (
                    Reason::Forbidden,
                    "give this identity the permission Edit on the Space, or set `mode: detect`, which writes nothing",
                ),
            },
            Kind::Conflict => (Reason::Unreachable, "somebody else changed it at the same time: run again"),
            Kind::Locked { .. } => (
                Reason::Forbidden,
                "let its owner finish or close that ChangeSet, which locks the unit, then run again",
            ),
            Kind::NotFound => (
                Reason::Misconfigured,
                "check the slug in the configuration, and that this identity may view what it names",
            ),
            Kind::Refused(_) => (
                Reason::Misconfigured,
                "check `scope.units` and `confighub-url`: the service says what it does not accept",
            ),
            Kind::TooSlow => (Reason::TimedOut, "raise `timeout`, or find out why ConfigHub is slow"),
            Kind::Unavailable { .. } => {
                (Reason::Unreachable, "look at ConfigHub's status and at `confighub-url`, then run again")
            }
            Kind::Unexpected => (
                Reason::Unreachable,
                "check that `confighub-url` is ConfigHub's API and no proxy or login page answers for it",
            ),
            Kind::Inexpressible => (
                Reason::Misconfigured,
                "ConfigHub cannot express this value: rename what it names, or correct the configuration",
            ),
        };
        Obstacle { reason, detail: redactor.text(&self.shortened(redactor)), remedy: remedy.into() }
    }

    /// The sentence with the service's words redacted, then shortened: half a credential is not recognised.
    pub(super) fn shortened(&self, redactor: &Redactor) -> String {
        let message = redactor.text(&self.message).to_string();
        let short: String = message.chars().take(QUOTED).collect();
        let dots = if short.len() < message.len() { "…" } else { "" };
        let Self { kind, request, message: _, request_id } = self;
        let (kind, request, request_id) = (kind.clone(), request.clone(), request_id.clone());
        Self { kind, request, message: format!("{short}{dots}"), request_id }.to_string()
    }
}

impl fmt::Display for Error {
    /// `ConfigHub answered 403 to GET /space: … (request id …)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, request, message, request_id } = self;
        match kind {
            Kind::Unauthorized => write!(f, "ConfigHub refused the credentials at {request}")?,
            Kind::Forbidden => write!(f, "ConfigHub answered 403 to {request}")?,
            Kind::Conflict => write!(f, "ConfigHub has changed since it was read, {request} was refused")?,
            Kind::Locked { by: Some(by) } => write!(f, "the ChangeSet `{by}` locks the unit, {request} was refused")?,
            Kind::Locked { by: None } => write!(f, "another ChangeSet locks the unit, {request} was refused")?,
            Kind::NotFound => write!(f, "ConfigHub does not have what {request} asked for")?,
            Kind::Refused(status) | Kind::Unavailable { status: Some(status), .. } => {
                write!(f, "ConfigHub answered {status} to {request}")?;
            }
            Kind::TooSlow | Kind::Unavailable { status: None, .. } => write!(f, "ConfigHub did not answer {request}")?,
            Kind::Unexpected => write!(f, "ConfigHub's answer to {request} is not what its API describes")?,
            Kind::Inexpressible => write!(f, "{request} cannot be asked")?,
        }
        if !message.is_empty() {
            write!(f, ": {message}")?;
        }
        if let Some(id) = request_id {
            write!(f, " (request id {id})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
