//! PATCH, scale and DELETE, and who owns which field afterwards.

use axum::http::header;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::read::{find, scale_of};
use super::refusal::Refusal;
use super::route::{Aim, Call};
use super::{Answer, Inner};

/// Who writes, as `managedFields` names it.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    pub(super) manager: String,
    pub(super) subresource: Option<&'static str>,
}

impl Writer {
    /// The query's field manager, else what the User-Agent begins with: so does a real server.
    fn of(call: &Call<'_>, subresource: Option<&'static str>) -> Self {
        let agent = call.header(header::USER_AGENT).split('/').next().unwrap_or_default();
        let named = call.parameter("fieldManager");
        Self { manager: if named.is_empty() { agent } else { named }.to_owned(), subresource }
    }
}

/// PATCH of an object.
pub(super) fn patch(inner: &mut Inner, call: &Call<'_>, aim: &Aim) -> Answer {
    let before = find(inner, aim)?.clone();
    let after = patched(call, &before)?;
    store(inner, call, aim, &Writer::of(call, None), &before, after)
}

/// PATCH of the scale subresource.
pub(super) fn patch_scale(inner: &mut Inner, call: &Call<'_>, aim: &Aim) -> Answer {
    let scale = patched(call, &scale_of(find(inner, aim)?))?;
    rescale(inner, call, aim, &scale)
}

/// PUT of the scale subresource.
pub(super) fn put_scale(inner: &mut Inner, call: &Call<'_>, aim: &Aim) -> Answer {
    let scale: Value = parsed(call)?;
    rescale(inner, call, aim, &scale)
}

/// DELETE of an object: at once, unless finalizers hold it.
pub(super) fn delete(inner: &mut Inner, call: &Call<'_>, aim: &Aim) -> Answer {
    let before = find(inner, aim)?.clone();
    if is_dry(call)? {
        return Ok(before);
    }
    if before["metadata"]["finalizers"].as_array().is_some_and(|it| !it.is_empty()) {
        let mut after = before.clone();
        after["metadata"]["deletionTimestamp"] = now();
        after["metadata"]["deletionGracePeriodSeconds"] = 0.into();
        return Ok(inner.store.replace(&aim.kind, &Writer::of(call, None), &before, after));
    }
    inner.store.remove(&aim.kind, &aim.namespace, &aim.name);
    let mut details = json!({ "name": aim.name, "kind": aim.kind.plural, "uid": before["metadata"]["uid"] });
    if !aim.kind.group.is_empty() {
        details["group"] = aim.kind.group.as_str().into();
    }
    Ok(json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details }))
}

fn rescale(inner: &mut Inner, call: &Call<'_>, aim: &Aim, scale: &Value) -> Answer {
    let before = find(inner, aim)?.clone();
    let Some(replicas) = scale["spec"]["replicas"].as_i64().filter(|it| *it >= 0) else {
        return Err(Refusal::unprocessable("Scale is invalid: spec.replicas: must be greater than or equal to 0"));
    };
    let mut after = before.clone();
    after["spec"]["replicas"] = replicas.into();
    after["metadata"]["resourceVersion"] = scale["metadata"]["resourceVersion"].clone();
    store(inner, call, aim, &Writer::of(call, Some("scale")), &before, after).map(|object| scale_of(&object))
}

/// Stores what a patch made of the object, unless it was made of an older state.
fn store(inner: &mut Inner, call: &Call<'_>, aim: &Aim, writer: &Writer, before: &Value, after: Value) -> Answer {
    if !after["metadata"].is_object() {
        return Err(Refusal::unprocessable("metadata: Required value"));
    }
    let stated = after["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    if !stated.is_empty() && before["metadata"]["resourceVersion"] != stated {
        return Err(Refusal::conflict(&aim.kind, &aim.name));
    }
    for fixed in ["/kind", "/apiVersion", "/metadata/name", "/metadata/namespace", "/metadata/uid"] {
        if after.pointer(fixed) != before.pointer(fixed) {
            return Err(Refusal::unprocessable(&format!("{}: field is immutable", fixed[1..].replace('/', "."))));
        }
    }
    if is_dry(call)? { Ok(after) } else { Ok(inner.store.replace(&aim.kind, writer, before, settled(before, after))) }
}

/// The object as its controller leaves it, which in this cluster needs no time: a new spec is observed and rolled out.
fn settled(before: &Value, mut after: Value) -> Value {
    let is_observed = before["status"]["observedGeneration"].is_u64();
    if !is_observed || after["spec"] == before["spec"] {
        return after;
    }
    let replicas = after["spec"]["replicas"].clone();
    let generation = before["metadata"]["generation"].as_u64().unwrap_or(1) + 1;
    let Some(status) = after["status"].as_object_mut() else { return after };
    status.insert("observedGeneration".to_owned(), generation.into());
    for counted in ["replicas", "readyReplicas", "availableReplicas", "updatedReplicas", "currentReplicas"] {
        if let Some(count) = status.get_mut(counted).filter(|_| replicas.is_u64()) {
            *count = replicas.clone();
        }
    }
    after
}

fn is_dry(call: &Call<'_>) -> Result<bool, Refusal> {
    match call.parameter("dryRun") {
        "" => Ok(false),
        "All" => Ok(true),
        other => Err(Refusal::bad_request(&format!("Unsupported value: \"{other}\": supported values: \"All\""))),
    }
}

fn patched(call: &Call<'_>, before: &Value) -> Result<Value, Refusal> {
    let sent = call.header(header::CONTENT_TYPE);
    let mut after = before.clone();
    match sent.split(';').next().unwrap_or_default().trim() {
        "application/json-patch+json" => {
            let patch: json_patch::Patch = parsed(call)?;
            json_patch::patch(&mut after, &patch).map_err(|_error| Refusal::unprocessable(""))?;
        }
        "application/merge-patch+json" => {
            let patch: Value = parsed(call)?;
            if !patch.is_object() {
                return Err(Refusal::bad_request("a merge patch must be an object"));
            }
            json_patch::merge(&mut after, &patch);
        }
        _ => return Err(Refusal::unsupported_media_type(sent)),
    }
    Ok(after)
}

fn parsed<T: serde::de::DeserializeOwned>(call: &Call<'_>) -> Result<T, Refusal> {
    serde_json::from_slice(call.body)
        .map_err(|error| Refusal::bad_request(&format!("error decoding the body: {error}")))
}

fn now() -> Value {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into()
}

/// Gives the fields that changed to the writer and takes them, and those that are gone, from the others.
pub(super) fn claim(after: &mut Value, before: &Value, writer: &Writer, api_version: &str) {
    let changed = changes(before, after, true).unwrap_or_else(|| json!({}));
    let gone = changes(after, before, true).unwrap_or_else(|| json!({}));
    let subresource = writer.subresource.map_or(Value::Null, Value::from);
    let entries = after["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    let is_own = |entry: &Value| {
        entry["manager"] == writer.manager.as_str()
            && entry["operation"] == "Update"
            && entry["subresource"] == subresource
    };
    let mut kept = Vec::new();
    let mut own = json!({});
    for mut entry in entries {
        take(&mut entry["fieldsV1"], &gone);
        take(&mut entry["fieldsV1"], &changed);
        if is_own(&entry) {
            own = entry["fieldsV1"].take();
        } else if entry["fieldsV1"].as_object().is_some_and(|it| !it.is_empty()) {
            kept.push(entry);
        }
    }
    add(&mut own, &changed);
    if own.as_object().is_some_and(|it| !it.is_empty()) {
        let mut entry = json!({
            "manager": writer.manager, "operation": "Update", "apiVersion": api_version, "time": now(),
            "fieldsType": "FieldsV1", "fieldsV1": own,
        });
        if !subresource.is_null() {
            entry["subresource"] = subresource;
        }
        kept.push(entry);
    }
    after["metadata"]["managedFields"] = kept.into();
}

/// What the server keeps itself: nobody owns it.
const KEPT: [&str; 7] = [
    "uid",
    "resourceVersion",
    "generation",
    "managedFields",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

/// The fields of `after` that `before` does not have so, as `fieldsV1`. Lists of named maps pair by name, others are one value.
fn changes(before: &Value, after: &Value, top: bool) -> Option<Value> {
    if before == after {
        return None;
    }
    let mut fields = Map::new();
    match after {
        Value::Object(now) if !now.is_empty() => {
            for (key, value) in now {
                let typed = top && matches!(key.as_str(), "apiVersion" | "kind" | "status");
                if typed || KEPT.contains(&key.as_str()) {
                    continue;
                }
                if let Some(inner) = changes(&before[key.as_str()], value, false) {
                    fields.insert(format!("f:{key}"), inner);
                }
            }
            if top && let Some(metadata) = fields.get_mut("f:metadata").and_then(Value::as_object_mut) {
                metadata.retain(|key, _| !matches!(key.as_str(), "f:name" | "f:namespace"));
            }
            fields.retain(|key, inner| key != "f:metadata" || inner.as_object().is_some_and(|it| !it.is_empty()));
        }
        Value::Array(items) if !items.is_empty() && items.iter().all(|item| item["name"].is_string()) => {
            let old = before.as_array().map(Vec::as_slice).unwrap_or_default();
            for item in items {
                let before = old.iter().find(|it| it["name"] == item["name"]).unwrap_or(&Value::Null);
                if let Some(inner) = changes(before, item, false) {
                    fields.insert(format!("k:{}", json!({ "name": item["name"] })), inner);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            return Some(json!({}));
        }
    }
    if fields.is_empty() { None } else { Some(Value::Object(fields)) }
}

fn add(own: &mut Value, changed: &Value) {
    let Some(fields) = changed.as_object() else { return };
    if !own.is_object() {
        *own = json!({});
    }
    for (key, inner) in fields {
        if own[key.as_str()].is_null() {
            own[key.as_str()] = inner.clone();
        } else {
            add(&mut own[key.as_str()], inner);
        }
    }
}

/// Takes the leaves of `changed` away; sets that are empty then go with them.
fn take(owned: &mut Value, changed: &Value) {
    let (Some(owned), Some(changed)) = (owned.as_object_mut(), changed.as_object()) else { return };
    for (key, inner) in changed {
        let leaf = inner.as_object().is_none_or(Map::is_empty);
        let emptied = match owned.get_mut(key) {
            Some(field) if !leaf && field.as_object().is_some_and(|it| !it.is_empty()) => {
                take(field, inner);
                field.as_object().is_some_and(Map::is_empty)
            }
            Some(_) => true,
            None => false,
        };
        if emptied {
            owned.remove(key);
        }
    }
}
