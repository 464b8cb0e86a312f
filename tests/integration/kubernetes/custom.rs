//! One real server with a custom resource, whose schema decides what is drift: from its OpenAPI document, else from the
//! definition, else unknown.

use std::collections::BTreeSet;

use anyhow::Result;
use drift_detector::demo::story::{Space, Story};
use drift_detector::demo::world::Profile;
use serde_json::{Value, json};

use super::{findings, read, until};
use crate::apiserver::{ADMIN, ALICE, ApiServer, READER};
use crate::estate::{Estate, ONE};

/// Rules are known by their ids; steps count as one value, and each lasts half a minute unless it says otherwise.
fn definition() -> Value {
    let text = || json!({"type": "string"});
    let rule = json!({"type": "object", "required": ["id"], "properties": {"id": text(), "to": text()}});
    let step = json!({"type": "object", "properties": {
        "run": text(), "seconds": {"type": "integer", "default": 30}}});
    let spec = json!({"type": "object", "properties": {
        "rules": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["id"], "items": rule},
        "steps": {"type": "array", "x-kubernetes-list-type": "atomic", "items": step},
        "mode": {"type": "string", "default": "fast"},
    }});
    let schema = json!({"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}});
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "routes.example.com"}, "spec": {"group": "example.com", "scope": "Namespaced",
            "names": {"kind": "Route", "plural": "routes"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema}]}})
}

fn route(spec: &Value) -> String {
    json!({"apiVersion": "example.com/v1", "kind": "Route", "metadata": {"name": "r"}, "spec": spec}).to_string()
}

fn drift<const N: usize>(paths: [&str; N]) -> BTreeSet<String> {
    paths.iter().map(|it| format!("dev field-changed Route/r {it}")).collect()
}

#[test]
fn the_schema_of_a_custom_resource_decides_wherever_it_is_read() -> Result<()> {
    let Some(server) = ApiServer::start()? else { return Ok(()) };
    let unit = route(&json!({"rules": [{"id": "a", "to": "x"}, {"id": "b", "to": "y"}], "steps": [{"run": "build"}]}));
    let space = Space::new("shop-dev").namespace("shop").unit(("route", unit.as_str()));
    let estate = Estate::new(&Story::new().space(space), Profile::Release, ONE)?;
    server.kubectl(ADMIN, &["create", "namespace", "shop"], None)?;
    server.kubectl(ADMIN, &["apply", "-f", "-"], Some(&definition().to_string()))?;
    until("the kind is described", || {
        Ok(server.kubectl(ADMIN, &["get", "--raw", "/openapi/v3/apis/example.com/v1"], None).is_ok())
    })?;
    let apply = ["apply", "--server-side", "--field-manager=confighub", "-n", "shop", "-f", "-"];
    server.kubectl(ADMIN, &apply, Some(&unit))?;
    server.grant_reader(&["get", "list"], &["routes.example.com"])?;
    let patch = |patch: &Value| {
        let patch = patch.to_string();
        server.kubectl(ALICE, &["patch", "route.example.com", "r", "-n", "shop", "--type=json", "-p", &patch], None)
    };

    // Another order and one more entry of a list with keys, and what the server fills in: nothing.
    patch(&json!([{"op": "replace", "path": "/spec/rules", "value": [
        {"id": "c", "to": "z"}, {"id": "b", "to": "y"}, {"id": "a", "to": "x"}]}]))?;
    let (answer, asked) = read(&server, estate.detector()?)?;
    assert_eq!((findings(&answer.report()?), answer.code), (drift([]), Some(0)), "{}", answer.said());
    assert!(asked.iter().any(|it| it.uri.starts_with("/openapi/v3/apis/example.com/v1")), "{asked:#?}");

    // The same field with another value than its default, in a list that counts as a whole.
    patch(&json!([{"op": "replace", "path": "/spec/steps/0/seconds", "value": 31},
        {"op": "replace", "path": "/spec/rules/2/to", "value": "elsewhere"}]))?;
    let want = drift(["/spec/rules/0/to", "/spec/steps/0"]);
    let (answer, _) = read(&server, estate.detector()?)?;
    assert_eq!(findings(&answer.report()?), want, "{}", answer.said());

    // A server that keeps its OpenAPI document to itself has the definition.
    let paths = json!(["/api", "/api/*", "/apis", "/apis/*", "/version"]);
    let patch = json!([{"op": "replace", "path": "/rules/0/nonResourceURLs", "value": paths}]).to_string();
    server.kubectl(ADMIN, &["patch", "clusterrole", "system:discovery", "--type=json", "-p", &patch], None)?;
    until("the reader may not read the OpenAPI document", || {
        Ok(server.kubectl(READER, &["get", "--raw", "/openapi/v3/apis/example.com/v1"], None).is_err())
    })?;
    let (unknown, _) = read(&server, estate.detector()?)?;
    let notes = unknown.report()?["environments"][0]["targets"][0]["notes"].to_string();
    assert!(notes.contains("compared without their schema") && notes.contains("customresourcedefinitions"), "{notes}");
    // Then lists have an order, and a field more may be a default.
    assert_ne!(findings(&unknown.report()?), want, "{}", unknown.said());
    assert!(!findings(&unknown.report()?).contains("dev field-changed Route/r /spec/steps/0"), "{}", unknown.said());

    server.grant_reader(&["get"], &["customresourcedefinitions.apiextensions.k8s.io"])?;
    let (answer, _) = read(&server, estate.detector()?)?;
    assert_eq!(findings(&answer.report()?), want, "{}", answer.said());
    Ok(())
}
