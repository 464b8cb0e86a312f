//! The sentences: what failed on what, and what the reader can do about it.

use std::fmt;

use super::request::{Answer, Connection, Silence};
use super::wire::Status;
use crate::model::outcome::{Obstacle, Reason};

/// What was asked for.
#[derive(Clone, Debug)]
pub(super) enum Question<'a> {
    /// The kinds of a group (`the core group`, `apps/v1`).
    Kinds(String),
    /// All objects of a kind.
    List(Resource<'a>),
    /// One object.
    Get(Resource<'a>, &'a str),
}

/// A kind's resource, where it lives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resource<'a> {
    pub(super) group: &'a str,
    pub(super) plural: &'a str,
    pub(super) namespace: Option<&'a str>,
}

/// The server's words in a sentence, at most.
const QUOTED: usize = 300;

impl Connection {
    /// No answer came.
    pub(super) fn silent(&self, question: &Question<'_>, silence: Silence) -> Obstacle {
        let reach = format!(
            "check that {} can be reached from this runner (address, VPN, allow-list, proxy) and run again",
            self.whose.host
        );
        let (reason, what, remedy) = match silence {
            Silence::Lost(causes) if causes.contains("certificate") => (
                Reason::Unreachable,
                format!("its certificate was not accepted ({causes})"),
                "give the cluster's CA: `certificate-authority-data` in the kubeconfig, or the input `ca-bundle`"
                    .to_owned(),
            ),
            Silence::Lost(causes) => (Reason::Unreachable, format!("no answer ({causes})"), reach),
            Silence::Slow(limit) => {
                (Reason::Unreachable, format!("no complete answer within {} s", limit.as_secs_f32()), reach)
            }
            Silence::TooLong(bytes) => (
                Reason::Unreachable,
                format!("the answer is longer than {} MiB", bytes >> 20),
                "leave this kind out of the scope, or narrow `namespaces` of the target".to_owned(),
            ),
            Silence::TimeOver => (
                Reason::TimedOut,
                format!("the time for this cluster ({} s) was over", self.limits.overall.as_secs()),
                "raise `timeout`, or narrow the scope".to_owned(),
            ),
        };
        self.obstacle(reason, &format!("{}: {what}", self.failed(question)), &remedy)
    }

    /// An answer other than 200.
    pub(super) fn refused(&self, question: &Question<'_>, answer: &Answer) -> Obstacle {
        let status = answer.status.as_u16();
        let healthy = || format!("run again when {} is healthy (`kubectl get --raw /readyz`)", self.whose.host);
        let (reason, remedy) = match status {
            401 => (
                Reason::Unauthorized,
                format!(
                    "renew the credentials of {}: tokens of cloud logins live for minutes, so get one in the same job",
                    self.whose.login
                ),
            ),
            403 => (Reason::Forbidden, grant(question)),
            404 | 405 if is_unknown_path(answer) => (
                Reason::NotServed,
                "check that the kind is installed in this cluster and that `apiVersion` in the unit is one it serves"
                    .to_owned(),
            ),
            429 | 500 | 502 | 503 | 504 => (Reason::Unreachable, healthy()),
            _ => (
                Reason::Unreachable,
                format!("check that {} is a Kubernetes API server and not a console or a login page", self.whose.host),
            ),
        };
        let said = self.said(answer);
        self.obstacle(reason, &format!("{}: {}{said}", self.failed(question), answer.status), &remedy)
    }

    /// A 200 that is not what was asked for.
    pub(super) fn untrue(&self, question: &Question<'_>, what: &str) -> Obstacle {
        let remedy = format!("check what answers at {}: a proxy or a login page may stand in between", self.whose.host);
        self.obstacle(Reason::Unreachable, &format!("{}: the answer {what}", self.failed(question)), &remedy)
    }

    /// An obstacle in these words, redacted.
    pub(super) fn obstacle(&self, reason: Reason, detail: &str, remedy: &str) -> Obstacle {
        Obstacle { reason, detail: self.redactor.text(detail), remedy: self.redactor.text(remedy) }
    }

    fn failed(&self, question: &Question<'_>) -> String {
        format!("failed to {question} at {}", self.whose.host)
    }

    /// The server's own words, redacted before they are shortened: half a credential is not recognised.
    fn said(&self, answer: &Answer) -> String {
        let status: Option<Status> = serde_json::from_slice(&answer.body).ok();
        let text = match status {
            Some(status) => status.message,
            None => match std::str::from_utf8(&answer.body) {
                Ok(text) if text.trim_start().starts_with('<') => "an HTML page".to_owned(),
                Ok(text) => text.to_owned(),
                Err(_) => String::new(),
            },
        };
        let text = self
            .redactor
            .text(text.get(..8192).unwrap_or(&text))
            .as_str()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let short: String = text.chars().take(QUOTED).collect();
        let dots = if short.len() < text.len() { "…" } else { "" };
        if short.is_empty() { String::new() } else { format!(" ({short}{dots})") }
    }
}

impl fmt::Display for Question<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kinds(of) => write!(f, "discover the kinds of {of}"),
            Self::List(resource) => write!(f, "list {resource}"),
            Self::Get(resource, name) => write!(f, "get `{name}` of {resource}"),
        }
    }
}

impl fmt::Display for Resource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.plural)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        self.namespace.map_or(Ok(()), |namespace| write!(f, " in namespace `{namespace}`"))
    }
}

/// Whether a 404 or 405 is the API server's word on a path that it does not serve; proxies and web servers say other things.
fn is_unknown_path(answer: &Answer) -> bool {
    match serde_json::from_slice::<Status>(&answer.body) {
        Ok(status) => {
            matches!(status.reason.as_str(), "NotFound" | "MethodNotAllowed")
                && status.details.is_none_or(|details| details.name.is_empty())
        }
        Err(_) => answer.body.trim_ascii() == b"404 page not found",
    }
}

/// The rule that is missing, ready to be copied. Secrets are never listed, so `list` is not asked for.
fn grant(question: &Question<'_>) -> String {
    let (Question::List(resource) | Question::Get(resource, _)) = question else {
        return "bind the ClusterRole system:discovery to this identity".to_owned();
    };
    let verbs = if is_secrets(resource) { r#"["get"]"# } else { r#"["get", "list"]"# };
    let role = match resource.namespace {
        Some(namespace) => format!("a Role in namespace `{namespace}`"),
        None => "a ClusterRole".to_owned(),
    };
    format!(
        "add this rule to {role} of this identity: apiGroups: [\"{}\"], resources: [\"{}\"], verbs: {verbs}",
        resource.group, resource.plural
    )
}

fn is_secrets(resource: &Resource<'_>) -> bool {
    resource.group.is_empty() && resource.plural == "secrets"
}
