//! The story is what the report is expected to say about it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{NOW, Shipped, Story, chubby_paws};

/// Paths at which live lacks what desired says.
fn missing(desired: &Value, live: Option<&Value>, at: &str, paths: &mut Vec<String>) {
    match (desired, live) {
        (Value::Object(members), Some(Value::Object(live))) => {
            for (name, member) in members {
                missing(member, live.get(name), &format!("{at}/{name}"), paths);
            }
        }
        (Value::Array(items), Some(Value::Array(live))) if items.len() == live.len() => {
            for (index, (item, live)) in items.iter().zip(live).enumerate() {
                missing(item, Some(live), &format!("{at}/{index}"), paths);
            }
        }
        (desired, live) if live != Some(desired) => paths.push(at.to_owned()),
        _ => {}
    }
}

/// What a cluster lacks of what its Space shipped.
fn drift(story: &Story, environment: &str) -> anyhow::Result<Vec<String>> {
    let slug = format!("chubby-paws-{environment}");
    let space = story.spaces.iter().find(|space| space.slug == slug).ok_or_else(|| anyhow::anyhow!("no {slug}"))?;
    let cluster = story.clusters.iter().find(|cluster| cluster.name == environment);
    let live: BTreeMap<String, &Value> = cluster
        .into_iter()
        .flat_map(|cluster| &cluster.objects)
        .map(|object| (format!("{}/{}", object["kind"], object["metadata"]["name"]), object))
        .collect();
    let mut paths = Vec::new();
    for unit in space.units.iter().filter(|unit| unit.toolchain == super::KUBERNETES) {
        let shipped = match unit.shipped {
            Shipped::Head => unit.revisions.last(),
            Shipped::Nth(nth) => unit.revisions.get(nth - 1),
            Shipped::Never => None,
        };
        let text = shipped.map_or("", |revision| &revision.text);
        for desired in serde_saphyr::from_multiple::<Value>(text)? {
            let name = format!("{}/{}", desired["kind"], desired["metadata"]["name"]);
            missing(&desired, live.get(&name).copied(), &name.replace('"', ""), &mut paths);
        }
    }
    // Spelled otherwise by the API server: no drift.
    paths.retain(|path| !path.ends_with("requests/cpu") && !path.ends_with("limits/memory"));
    Ok(paths)
}

#[test]
fn the_clusters_drifted_where_the_story_says_and_nowhere_else() -> anyhow::Result<()> {
    let story = chubby_paws();
    assert_eq!(NOW.to_string(), "2026-10-07T10:00:00Z");
    assert_eq!(drift(&story, "dev")?, ["Deployment/frontend-web/spec/replicas"]);
    assert_eq!(drift(&story, "staging")?, Vec::<String>::new());
    assert_eq!(
        drift(&story, "prod")?,
        [
            "Deployment/backend-api/spec/replicas",
            "Deployment/frontend-web/spec/template/spec/containers/0/image",
            "ConfigMap/web-config/data/default.conf",
            "DaemonSet/log-shipper",
        ]
    );
    Ok(())
}

#[test]
fn a_changed_field_is_owned_by_whoever_changed_it() -> anyhow::Result<()> {
    let story = chubby_paws();
    let prod = story.clusters.iter().find(|cluster| cluster.name == "prod");
    let objects = prod.into_iter().flat_map(|cluster| &cluster.objects);
    let mut seen = Vec::new();
    for object in objects {
        let entries = object["metadata"]["managedFields"].as_array().into_iter().flatten();
        for entry in entries.filter(|entry| {
            !["argocd-controller", "kube-controller-manager"].contains(&entry["manager"].as_str().unwrap_or_default())
        }) {
            seen.push(format!(
                "{} {} {} {}",
                object["metadata"]["name"], entry["manager"], entry["subresource"], entry["fieldsV1"]
            ));
        }
        assert!(object["metadata"]["uid"].is_string() && object["metadata"]["resourceVersion"].is_string(), "{object}");
    }
    assert_eq!(
        seen,
        [
            r#""backend-api" "kubectl" "scale" {"f:spec":{"f:replicas":{}}}"#,
            r#""frontend-web" "kubectl-set" null {"f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"frontend-web\"}":{"f:image":{}}}}}}}"#,
            r#""web-config" "kubectl-edit" null {"f:data":{"f:default.conf":{}}}"#,
        ]
    );
    Ok(())
}
