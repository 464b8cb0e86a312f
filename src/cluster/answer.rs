//! PURE: what the answer to a GET by name means. *Absent* takes the server's explicit word.

use serde_json::value::RawValue;

use super::discovery::Served;
use super::request::Answer;
use super::wire::Status;
use crate::model::object::ObjectKey;
use crate::page::{Identity, unread};

/// What a GET by name was answered with.
pub(super) enum Meaning {
    /// The object.
    Found(Box<RawValue>),
    /// There is no such object.
    Absent,
    /// A 200 that is not the object; says what is wrong with it.
    Untrue(String),
    /// Another status.
    Refused,
}

/// Judges the answer to a GET of this object.
pub(super) fn judge(key: &ObjectKey, served: &Served, answer: &Answer) -> Meaning {
    match answer.status.as_u16() {
        200 => match object(key, served, &answer.body) {
            Ok(raw) => Meaning::Found(raw),
            Err(what) => Meaning::Untrue(what),
        },
        404 if names_it(key, served, &answer.body) => Meaning::Absent,
        _ => Meaning::Refused,
    }
}

fn object(key: &ObjectKey, served: &Served, body: &[u8]) -> Result<Box<RawValue>, String> {
    let raw: &RawValue = serde_json::from_slice(body).map_err(|error| unread("is no JSON", &error))?;
    let identity: Identity<'_> =
        serde_json::from_str(raw.get()).map_err(|error| unread("is no Kubernetes object", &error))?;
    let kind = identity.kind.as_deref().unwrap_or_default();
    let version = identity.api_version.as_deref().unwrap_or_default();
    if kind != key.gvk.kind || version != key.gvk.api_version() {
        return Err(format!("is `{kind}` of `{version}` instead of {}", key.gvk));
    }
    let namespace = identity.metadata.namespace.as_deref().filter(|it| !it.is_empty());
    let wanted = if served.namespaced { key.namespace.as_deref() } else { None };
    if identity.metadata.name != key.name || namespace != wanted {
        return Err(format!("is another object ({})", identity.metadata.name));
    }
    Ok(raw.to_owned())
}

/// Whether this 404 is the API server's *there is no such object*, and about this one. A path that is not served, a proxy
/// and a web server answer 404 too.
fn names_it(key: &ObjectKey, served: &Served, body: &[u8]) -> bool {
    let Ok(status) = serde_json::from_slice::<Status>(body) else { return false };
    let Some(details) = status.details else { return false };
    status.kind == "Status"
        && status.api_version == "v1"
        && status.status == "Failure"
        && status.reason == "NotFound"
        && details.name == key.name
        && (details.group.is_empty() || details.group == key.gvk.group)
        && (details.kind.is_empty()
            || details.kind == served.plural
            || details.kind.eq_ignore_ascii_case(&key.gvk.kind))
}
