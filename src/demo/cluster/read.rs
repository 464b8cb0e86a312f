//! GET and LIST, with pages.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::route::{Aim, Call};
use super::selector::Selector;
use super::{Answer, Inner};

/// One object.
pub(super) fn get(inner: &Inner, aim: &Aim) -> Answer {
    find(inner, aim).cloned()
}

/// The object that the path names.
pub(super) fn find<'a>(inner: &'a Inner, aim: &Aim) -> Result<&'a Value, Refusal> {
    inner.store.get(&aim.kind, &aim.namespace, &aim.name).ok_or_else(|| Refusal::not_found(&aim.kind, &aim.name))
}

/// The scale subresource.
pub(super) fn scale(inner: &Inner, aim: &Aim) -> Answer {
    Ok(scale_of(find(inner, aim)?))
}

/// A workload as `autoscaling/v1 Scale`.
pub(super) fn scale_of(object: &Value) -> Value {
    let metadata = &object["metadata"];
    let labels = object["spec"]["selector"]["matchLabels"].as_object();
    let selector: Vec<String> = labels
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": metadata["name"], "namespace": metadata["namespace"], "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"], "creationTimestamp": metadata["creationTimestamp"],
        },
        "spec": { "replicas": object["spec"]["replicas"].as_i64().unwrap_or(1) },
        "status": { "replicas": object["status"]["replicas"].as_i64().unwrap_or(0), "selector": selector.join(",") },
    })
}

/// A collection, or one page of it.
pub(super) fn list(inner: &mut Inner, call: &Call<'_>, aim: &Aim) -> Answer {
    let selector = Selector::new(call.parameter("fieldSelector"), call.parameter("labelSelector"))?;
    let limit: usize = match call.parameter("limit") {
        "" => 0,
        text => text.parse().map_err(|error| Refusal::bad_request(&format!("invalid limit: {error}")))?,
    };
    let version = inner.store.version.to_string();
    let after = match call.parameter("continue") {
        "" => None,
        token => Some(start_of(token).ok_or_else(|| Refusal::bad_request("continue key is not valid"))?),
    };
    if let Some(start) = &after
        && inner.expiring > 0
    {
        inner.expiring -= 1;
        return Err(Refusal::expired(&token("-1", start)));
    }
    let mut rest: Vec<(String, &Value)> = inner
        .store
        .list(&aim.kind, &aim.namespace)
        .filter(|(place, object)| after.as_ref().is_none_or(|start| place > start) && selector.selects(object))
        .collect();
    let left = if limit == 0 { 0 } else { rest.len().saturating_sub(limit) };
    rest.truncate(rest.len() - left);
    let mut metadata = json!({ "resourceVersion": version });
    if left > 0 {
        let last = rest.last().map(|(place, _)| place.as_str()).unwrap_or_default();
        metadata["continue"] = token(&version, last).into();
        if selector.is_empty() {
            metadata["remainingItemCount"] = left.into();
        }
    }
    let items: Vec<Value> = rest.into_iter().map(|(_, object)| as_item(object, &aim.kind.group)).collect();
    Ok(json!({
        "kind": format!("{}List", aim.kind.kind), "apiVersion": aim.kind.api_version(), "metadata": metadata, "items": items,
    }))
}

/// Items of built-in kinds carry no type; those of custom kinds do.
fn as_item(object: &Value, group: &str) -> Value {
    let mut item = object.clone();
    let built_in = group.is_empty() || !group.contains('.') || group.ends_with(".k8s.io");
    if built_in && let Some(fields) = item.as_object_mut() {
        fields.remove("apiVersion");
        fields.remove("kind");
    }
    item
}

fn token(version: &str, start: &str) -> String {
    URL_SAFE_NO_PAD.encode(json!({ "v": "meta.k8s.io/v1", "rv": version, "start": start }).to_string())
}

fn start_of(token: &str) -> Option<String> {
    let token: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    Some(token["start"].as_str()?.to_owned())
}
