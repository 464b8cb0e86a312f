//! What custom resources' fields are: the server's OpenAPI document of the group and version, else the
//! `CustomResourceDefinition`, else nothing.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt as _;
use futures::stream;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::discovery::Served;
use super::obstacle::{Question, Resource};
use super::request::{Connection, segment};
use crate::model::object::{GroupVersionKind, Schemas};
use crate::model::outcome::{Obstacle, Reason};

/// Longer documents are left alone: the largest known groups have a tenth of it.
const LONGEST: usize = 32 << 20;
const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/// One document per group and version, each asked for once. Every authenticated user may read it
/// (`system:discovery`), from 1.24 on; before, the definition has to do.
pub(super) async fn read(connection: &Connection, kinds: &BTreeMap<GroupVersionKind, Served>) -> Schemas {
    let mut places: BTreeMap<(&str, &str), Vec<(&GroupVersionKind, &Served)>> = BTreeMap::new();
    for (gvk, served) in kinds {
        places.entry((&gvk.group, &gvk.version)).or_default().push((gvk, served));
    }
    let asked = stream::iter(places).map(|(place, kinds)| of_place(connection, place, kinds));
    let mut all = Schemas::default();
    let mut answers = asked.buffer_unordered(connection.limits.concurrency.max(1));
    while let Some(Schemas { openapi, definitions, refused }) = answers.next().await {
        all.openapi.extend(openapi);
        all.definitions.extend(definitions);
        all.refused.extend(refused);
    }
    all.refused.sort();
    all
}

async fn of_place(
    connection: &Connection,
    (group, version): (&str, &str),
    kinds: Vec<(&GroupVersionKind, &Served)>,
) -> Schemas {
    let mut schemas = Schemas::default();
    let (Some(group), Some(version)) = (segment(group), segment(version)) else { return schemas };
    let path = format!("/openapi/v3/apis/{group}/{version}");
    let names: BTreeSet<String> = kinds.iter().map(|(gvk, _)| gvk.kind.clone()).collect();
    let mut missing = names.clone();
    if let Ok(answer) = connection.get_at_most(&path, "application/json", LONGEST).await
        && answer.status == http::StatusCode::OK
    {
        let reduced = tokio::task::spawn_blocking(move || reduced(&answer.body, &names)).await;
        if let Some((document, found)) = reduced.expect("a panic ends the process, and nobody cancels it") {
            missing.retain(|kind| !found.contains(kind));
            schemas.openapi.push(document);
        }
    }
    for (gvk, served) in kinds.into_iter().filter(|(gvk, _)| missing.contains(&gvk.kind)) {
        match definition(connection, gvk, served).await {
            Ok(definition) => schemas.definitions.extend(definition),
            Err(obstacle) => schemas.refused.push(obstacle),
        }
    }
    schemas
}

/// The kind's definition; None where there is none, as with kinds of aggregated servers. An error only where it is
/// refused.
async fn definition(
    connection: &Connection,
    gvk: &GroupVersionKind,
    served: &Served,
) -> Result<Option<Value>, Obstacle> {
    let name = format!("{}.{}", served.plural, gvk.group);
    let Some(part) = segment(&name) else { return Ok(None) };
    let path = format!("{DEFINITIONS}/{part}");
    let Ok(answer) = connection.get_at_most(&path, "application/json", LONGEST).await else { return Ok(None) };
    if answer.status == http::StatusCode::OK {
        let definition: Option<Value> = serde_json::from_slice(&answer.body).ok();
        return Ok(definition.filter(|it| it.pointer("/metadata/name").and_then(Value::as_str) == Some(&name)));
    }
    let resource = Resource { group: "apiextensions.k8s.io", plural: "customresourcedefinitions", namespace: None };
    let obstacle = connection.refused(&Question::Get(resource, &name), &answer);
    if matches!(obstacle.reason, Reason::Forbidden | Reason::Unauthorized) { Err(obstacle) } else { Ok(None) }
}

/// The schemas of these kinds with all that they refer to, and which of the kinds there are.
fn reduced(body: &[u8], kinds: &BTreeSet<String>) -> Option<(Value, BTreeSet<String>)> {
    #[derive(Deserialize)]
    struct Document<'a> {
        #[serde(borrow)]
        components: Components<'a>,
    }
    #[derive(Deserialize)]
    struct Components<'a> {
        #[serde(borrow)]
        schemas: BTreeMap<Cow<'a, str>, &'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Named {
        #[serde(default, rename = "x-kubernetes-group-version-kind")]
        of: Vec<Kind>,
    }
    #[derive(Deserialize)]
    struct Kind {
        kind: String,
    }
    let Document { components: Components { schemas } } = serde_json::from_slice(body).ok()?;
    let (mut found, mut open) = (BTreeSet::new(), Vec::new());
    for (name, raw) in &schemas {
        let Ok(Named { of }) = serde_json::from_str(raw.get()) else { continue };
        let wanted: Vec<String> = of.into_iter().map(|it| it.kind).filter(|it| kinds.contains(it)).collect();
        if !wanted.is_empty() {
            found.extend(wanted);
            open.push(name.to_string());
        }
    }
    let mut kept = serde_json::Map::new();
    while let Some(name) = open.pop() {
        if kept.contains_key(&name) {
            continue;
        }
        let Some(schema) = schemas.get(name.as_str()) else { continue };
        let schema: Value = serde_json::from_str(schema.get()).ok()?;
        references(&schema, &mut open);
        kept.insert(name, schema);
    }
    (!found.is_empty()).then(|| (json!({"components": {"schemas": kept}}), found))
}

/// The schemas that this one names.
fn references(schema: &Value, names: &mut Vec<String>) {
    match schema {
        Value::Object(fields) => {
            let named = fields.get("$ref").and_then(Value::as_str);
            names.extend(named.and_then(|it| it.strip_prefix("#/components/schemas/")).map(str::to_owned));
            fields.values().for_each(|it| references(it, names));
        }
        Value::Array(items) => items.iter().for_each(|it| references(it, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_reduced_to_what_is_asked_for() {
        let kind = |kind: &str, more: Value| {
            json!({"x-kubernetes-group-version-kind": [{"group": "example.com", "version": "v1", "kind": kind}],
                "properties": more})
        };
        let reference = |name: &str| json!({"allOf": [{"$ref": format!("#/components/schemas/{name}")}]});
        let document = json!({"openapi": "3.0.0", "paths": {"/apis": {}}, "components": {"schemas": {
            "com.example.v1.Widget": kind("Widget", json!({"metadata": reference("Meta")})),
            "com.example.v1.WidgetList": kind("WidgetList", json!({"items": reference("com.example.v1.Widget")})),
            "com.example.v1.Gadget": kind("Gadget", json!({})),
            "Meta": {"properties": {"time": reference("Time"), "self": reference("Meta"), "lost": reference("Lost")}},
            "Time": {"type": "string"},
        }}});
        let kinds = BTreeSet::from(["Widget".to_owned(), "Other".to_owned()]);
        let (kept, found) = reduced(document.to_string().as_bytes(), &kinds).expect("it has Widgets");
        let names: Vec<_> = kept["components"]["schemas"].as_object().into_iter().flatten().map(|it| it.0).collect();
        assert_eq!(names, ["Meta", "Time", "com.example.v1.Widget"]);
        assert_eq!(found, BTreeSet::from(["Widget".to_owned()]));
        assert!(reduced(b"{\"paths\": {}}", &kinds).is_none() && reduced(b"<html>", &kinds).is_none());
    }
}
