//! Who may do what. Words and order of the checks are the API server's: first who (401), then what (403), then the object.

use axum::http::{HeaderMap, header};

use super::Inner;
use super::kinds::Kind;
use super::refusal::Refusal;

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// Everything.
    Full,
    /// Get and list only.
    Reader,
    /// Nothing: the token has expired.
    Expired,
}

/// One bearer.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) token: String,
    pub(super) user: String,
    pub(super) rights: Rights,
}

/// A rule against everybody.
#[derive(Debug)]
pub(super) struct Forbidden {
    pub(super) verb: String,
    pub(super) plural: String,
    pub(super) namespace: Option<String>,
}

/// What somebody wants to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deed<'a> {
    pub(super) verb: &'a str,
    pub(super) kind: &'a Kind,
    /// Empty: all namespaces, or none.
    pub(super) namespace: &'a str,
    /// Empty: the collection.
    pub(super) name: &'a str,
    /// Empty: the object itself.
    pub(super) subresource: &'a str,
}

/// The user and rights of a request.
pub(super) fn authenticate(inner: &Inner, headers: &HeaderMap) -> Result<(String, Rights), Refusal> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = header.strip_prefix("Bearer ").unwrap_or_default();
    let identity = inner.identities.iter().find(|it| it.token == token && it.rights != Rights::Expired);
    identity.map(|it| (it.user.clone(), it.rights)).ok_or_else(Refusal::unauthorized)
}

/// Whether the user may do it.
pub(super) fn authorize(inner: &Inner, user: &str, rights: Rights, deed: &Deed<'_>) -> Result<(), Refusal> {
    let reads = matches!(deed.verb, "get" | "list");
    let ruled_out = inner.forbidden.iter().any(|rule| {
        (rule.verb == "*" || rule.verb == deed.verb)
            && rule.plural == deed.kind.plural
            && rule.namespace.as_deref().is_none_or(|namespace| namespace == deed.namespace)
    });
    if !ruled_out && (reads || rights == Rights::Full) {
        return Ok(());
    }
    let named = if deed.name.is_empty() { String::new() } else { format!(" \"{}\"", deed.name) };
    let slash = if deed.subresource.is_empty() { String::new() } else { format!("/{}", deed.subresource) };
    let scope = match deed.namespace {
        "" => "at the cluster scope".to_owned(),
        namespace => format!("in the namespace \"{namespace}\""),
    };
    let message = format!(
        "{}{named} is forbidden: User \"{user}\" cannot {} resource \"{}{slash}\" in API group \"{}\" {scope}",
        deed.kind.full_name(),
        deed.verb,
        deed.kind.plural,
        deed.kind.group,
    );
    Err(Refusal::forbidden(&message, Some((deed.kind, deed.name))))
}
