//! From a request to what it wants: path, identity, rights, then the deed.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, header};
use serde_json::json;

use super::kinds::Kind;
use super::refusal::Refusal;
use super::rights::{Deed, authenticate, authorize};
use super::{Answer, Inner, discovery, read, write};

/// A request.
pub(super) struct Call<'a> {
    pub(super) method: &'a Method,
    pub(super) path: &'a str,
    pub(super) query: &'a [(String, String)],
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a Bytes,
}

impl Call<'_> {
    /// A query parameter; empty where it is not there.
    pub(super) fn parameter(&self, name: &str) -> &str {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    pub(super) fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Answers a request.
pub(super) fn answer(inner: &mut Inner, call: &Call<'_>) -> Answer {
    let (user, rights) = authenticate(inner, call.headers)?;
    let segments: Vec<String> = call.path.split('/').filter(|it| !it.is_empty()).map(decoded).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    if let Some(document) = discovery::document(inner, call, &segments) {
        inner.audit.push(format!("{user} get {}", call.path));
        return document;
    }
    let aim = aim(inner, &segments).ok_or_else(Refusal::unknown_path)?;
    let deed = Deed {
        verb: verb(call, &aim),
        kind: &aim.kind,
        namespace: &aim.namespace,
        name: &aim.name,
        subresource: &aim.subresource,
    };
    let slash = if aim.subresource.is_empty() { String::new() } else { format!("/{}", aim.subresource) };
    inner.audit.push(format!("{user} {} {}{slash} {}/{}", deed.verb, aim.kind.full_name(), aim.namespace, aim.name));
    authorize(inner, &user, rights, &deed)?;
    if inner.stale.contains(&aim.kind.group) {
        return Err(Refusal::unavailable());
    }
    accepts_json(call)?;
    if matches!(call.parameter("watch"), "true" | "1") {
        return Err(Refusal::method_not_allowed("watches"));
    }
    match (call.method, aim.name.as_str(), aim.subresource.as_str()) {
        (&Method::GET, "", "") => read::list(inner, call, &aim),
        (&Method::GET, _, "") => read::get(inner, &aim),
        (&Method::GET, _, "scale") => read::scale(inner, &aim),
        (&Method::PATCH, name, "") if !name.is_empty() => write::patch(inner, call, &aim),
        (&Method::PATCH, _, "scale") => write::patch_scale(inner, call, &aim),
        (&Method::PUT, _, "scale") => write::put_scale(inner, call, &aim),
        (&Method::DELETE, name, "") if !name.is_empty() => write::delete(inner, call, &aim),
        (method, "", _) => Err(Refusal::method_not_allowed(&format!("{method} on a whole collection"))),
        (method, _, "") => Err(Refusal::method_not_allowed(&format!(
            "{method} on objects (kubectl get, scale, patch and delete work)"
        ))),
        (method, _, subresource) => {
            Err(Refusal::method_not_allowed(&format!("{method} on the subresource {subresource}")))
        }
    }
}

/// What a path points at.
#[derive(Debug)]
pub(super) struct Aim {
    pub(super) kind: Kind,
    /// Empty: all namespaces, or a cluster-scoped kind.
    pub(super) namespace: String,
    /// Empty: the collection.
    pub(super) name: String,
    /// Empty: the object itself.
    pub(super) subresource: String,
}

fn aim(inner: &Inner, segments: &[&str]) -> Option<Aim> {
    let (group, version, rest) = match segments {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return None,
    };
    let kind = |plural: &str, namespaced: Option<bool>| {
        let mut kinds = inner.store.kinds.iter();
        let fits = |it: &&Kind| it.group == group && it.version == version && it.plural == plural;
        kinds.find(|it| fits(it) && namespaced.is_none_or(|wanted| it.namespaced == wanted)).cloned()
    };
    let (kind, namespace, name, subresource) = match rest {
        // `/namespaces/x/status` is a subresource of a Namespace, `/namespaces/x/pods` a collection.
        ["namespaces", namespace, plural, tail @ ..] if kind(plural, Some(true)).is_some() => match tail {
            [] => (kind(plural, Some(true))?, *namespace, "", ""),
            [name] => (kind(plural, Some(true))?, *namespace, *name, ""),
            [name, subresource] => (kind(plural, Some(true))?, *namespace, *name, *subresource),
            _ => return None,
        },
        [plural] => (kind(plural, None)?, "", "", ""),
        [plural, name] => (kind(plural, Some(false))?, "", *name, ""),
        [plural, name, subresource] => (kind(plural, Some(false))?, "", *name, *subresource),
        _ => return None,
    };
    let is_served = match subresource {
        "scale" => kind.scalable,
        other => matches!(other, "" | "status" | "finalize" | "log" | "exec" | "eviction" | "token"),
    };
    if !is_served {
        return None;
    }
    let [namespace, name, subresource] = [namespace, name, subresource].map(str::to_owned);
    Some(Aim { kind, namespace, name, subresource })
}

fn verb(call: &Call<'_>, aim: &Aim) -> &'static str {
    match (call.method, aim.name.is_empty()) {
        (&Method::GET | &Method::HEAD, true) if matches!(call.parameter("watch"), "true" | "1") => "watch",
        (&Method::GET | &Method::HEAD, true) => "list",
        (&Method::GET | &Method::HEAD, false) => "get",
        (&Method::POST, _) => "create",
        (&Method::PUT, _) => "update",
        (&Method::PATCH, _) => "patch",
        (&Method::DELETE, true) => "deletecollection",
        (&Method::DELETE, false) => "delete",
        _ => "proxy",
    }
}

/// Tables and partial metadata are not served: clients name plain JSON beside them.
fn accepts_json(call: &Call<'_>) -> Result<(), Refusal> {
    let accept = call.header(header::ACCEPT);
    let plain = |range: &str| {
        let mut parts = range.split(';').map(str::trim);
        let json = matches!(parts.next(), Some("application/json" | "application/*" | "*/*"));
        json && !parts.any(|parameter| parameter.starts_with("as="))
    };
    if accept.is_empty() || accept.split(',').any(plain) { Ok(()) } else { Err(Refusal::not_acceptable()) }
}

fn decoded(segment: &str) -> String {
    let pair = format!("x={}", segment.replace('+', "%2B"));
    let uri = format!("/?{pair}").parse().unwrap_or_default();
    let query = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri).map(|it| it.0).unwrap_or_default();
    query.into_iter().next().map_or_else(|| segment.to_owned(), |(_, value)| value)
}

/// `/version`
pub(super) fn version(inner: &Inner) -> Answer {
    let minor = if inner.old { "19" } else { "36" };
    Ok(json!({
        "major": "1", "minor": minor, "gitVersion": format!("v1.{minor}.0+demo"), "gitCommit": "demo", "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "none", "compiler": "none", "platform": "linux/amd64",
    }))
}
