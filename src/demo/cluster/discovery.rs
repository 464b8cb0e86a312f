//! What the server says about itself: `/version`, `/api`, `/apis` (aggregated and plain) and the resource lists.

use std::collections::BTreeMap;

use axum::http::header;
use serde_json::{Value, json};

use super::kinds::Kind;
use super::refusal::Refusal;
use super::route::{self, Call};
use super::{Answer, Inner};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// The media type of a document that is not plain JSON.
pub(super) fn media_type(body: &Value) -> Option<&'static str> {
    (body["kind"] == "APIGroupDiscoveryList").then_some(AGGREGATED)
}

/// The document at this path, if it is one that says what there is.
pub(super) fn document(inner: &Inner, call: &Call<'_>, segments: &[&str]) -> Option<Answer> {
    let answer = match segments {
        ["version"] => route::version(inner),
        ["healthz" | "readyz" | "livez"] => Ok(json!("ok")),
        ["api"] if wants_aggregated(inner, call) => Ok(aggregated(inner, true)),
        ["apis"] if wants_aggregated(inner, call) => Ok(aggregated(inner, false)),
        ["api"] => Ok(json!({
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{ "clientCIDR": "0.0.0.0/0", "serverAddress": call.header(header::HOST) }],
        })),
        ["apis"] => {
            let groups: Vec<Value> = groups(inner).iter().map(|(name, versions)| group(name, versions)).collect();
            Ok(json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups }))
        }
        ["apis", name] => {
            let groups = groups(inner);
            let found = groups.get(name).map(|versions| group(name, versions));
            found
                .map(|mut group| {
                    group["kind"] = "APIGroup".into();
                    group["apiVersion"] = "v1".into();
                    group
                })
                .ok_or_else(Refusal::unknown_path)
        }
        ["api", version] => resources(inner, "", version),
        ["apis", group, version] => resources(inner, group, version),
        // kubectl goes on without built-in kinds. A v2 document would have to be complete to be of use.
        ["openapi", "v3"] if !inner.old => Ok(json!({ "paths": {} })),
        ["openapi", "v3", "apis", group, version] if !inner.old => schemas(inner, group, version),
        ["openapi", "v2"] => {
            Ok(json!({ "swagger": "2.0", "info": { "title": "demo", "version": "demo" }, "paths": {} }))
        }
        _ => return None,
    };
    Some(if call.method == axum::http::Method::GET {
        answer
    } else {
        Err(Refusal::method_not_allowed("writes to discovery"))
    })
}

/// The OpenAPI document of a group and version of custom resources, from their definitions.
fn schemas(inner: &Inner, group: &str, version: &str) -> Answer {
    let mut schemas = serde_json::Map::new();
    for spec in inner.store.definitions().map(|it| &it["spec"]).filter(|spec| spec["group"] == group) {
        let versions = spec["versions"].as_array().into_iter().flatten();
        for schema in versions.filter(|it| it["name"] == version).map(|it| &it["schema"]["openAPIV3Schema"]) {
            let kind = spec["names"]["kind"].as_str().unwrap_or_default();
            let mut schema = schema.clone();
            // The real server adds what every object has.
            schema["properties"]["metadata"] = json!({ "type": "object" });
            schema["x-kubernetes-group-version-kind"] = json!([{ "group": group, "version": version, "kind": kind }]);
            schemas.insert(format!("{group}.{version}.{kind}"), schema);
        }
    }
    if schemas.is_empty() {
        return Err(Refusal::unknown_path());
    }
    Ok(json!({ "openapi": "3.0.0", "info": { "title": "demo", "version": "demo" }, "paths": {},
        "components": { "schemas": schemas } }))
}

fn wants_aggregated(inner: &Inner, call: &Call<'_>) -> bool {
    let wants = |range: &str| {
        let parts: Vec<&str> = range.split(';').map(str::trim).collect();
        ["g=apidiscovery.k8s.io", "v=v2", "as=APIGroupDiscoveryList"].iter().all(|part| parts.contains(part))
    };
    !inner.old && call.header(header::ACCEPT).split(',').any(wants)
}

/// Groups with their versions; the core group is none.
fn groups(inner: &Inner) -> BTreeMap<&str, Vec<&str>> {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for kind in inner.store.kinds.iter().filter(|kind| !kind.group.is_empty()) {
        let versions = groups.entry(&kind.group).or_default();
        if !versions.contains(&kind.version.as_str()) {
            versions.push(&kind.version);
        }
    }
    groups
}

fn group(name: &str, versions: &[&str]) -> Value {
    let versions: Vec<Value> =
        versions.iter().map(|it| json!({ "groupVersion": format!("{name}/{it}"), "version": it })).collect();
    json!({ "name": name, "versions": versions, "preferredVersion": versions.first() })
}

fn aggregated(inner: &Inner, core: bool) -> Value {
    let groups = if core { BTreeMap::from([("", vec!["v1"])]) } else { groups(inner) };
    let items: Vec<Value> = groups
        .into_iter()
        .map(|(name, versions)| {
            let stale = inner.stale.iter().any(|it| it == name);
            let versions: Vec<Value> = versions
                .into_iter()
                .map(|version| {
                    let kinds =
                        inner.store.kinds.iter().filter(|it| it.group == name && it.version == version && !stale);
                    json!({
                        "version": version,
                        "freshness": if stale { "Stale" } else { "Current" },
                        "resources": kinds.map(aggregated_resource).collect::<Vec<_>>(),
                    })
                })
                .collect();
            let metadata = if name.is_empty() {
                json!({ "creationTimestamp": null })
            } else {
                json!({ "name": name, "creationTimestamp": null })
            };
            json!({ "metadata": metadata, "versions": versions })
        })
        .collect();
    json!({ "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items })
}

const VERBS: [&str; 4] = ["delete", "get", "list", "patch"];

fn aggregated_resource(kind: &Kind) -> Value {
    let mut resource = json!({
        "resource": kind.plural,
        "responseKind": { "group": kind.group, "version": kind.version, "kind": kind.kind },
        "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": kind.kind.to_lowercase(),
        "verbs": VERBS,
        "shortNames": kind.short,
        "categories": categories(kind),
    });
    if kind.scalable {
        resource["subresources"] = json!([{
            "subresource": "scale",
            "responseKind": { "group": "autoscaling", "version": "v1", "kind": "Scale" },
            "verbs": ["get", "patch", "update"],
        }]);
    }
    resource
}

fn categories(kind: &Kind) -> Vec<&str> {
    kind.is_common().then_some("all").into_iter().collect()
}

/// `/apis/GROUP/VERSION`, where it is served.
fn resources(inner: &Inner, group: &str, version: &str) -> Answer {
    let kinds: Vec<&Kind> = inner.store.kinds.iter().filter(|it| it.group == group && it.version == version).collect();
    let Some(first) = kinds.first() else { return Err(Refusal::unknown_path()) };
    if inner.stale.iter().any(|it| it == group) {
        return Err(Refusal::unavailable());
    }
    let mut resources = Vec::new();
    for kind in &kinds {
        resources.push(json!({
            "name": kind.plural, "singularName": kind.kind.to_lowercase(), "namespaced": kind.namespaced,
            "kind": kind.kind, "verbs": VERBS, "shortNames": kind.short, "categories": categories(kind),
        }));
        if kind.scalable {
            resources.push(json!({
                "name": format!("{}/scale", kind.plural), "singularName": "", "namespaced": kind.namespaced,
                "group": "autoscaling", "version": "v1", "kind": "Scale", "verbs": ["get", "patch", "update"],
            }));
        }
    }
    Ok(
        json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": first.api_version(), "resources": resources }),
    )
}
