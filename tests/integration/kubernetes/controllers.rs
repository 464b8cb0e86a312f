//! One real server with its controllers: what they write is nobody's drift, until it leaves the range that was given.

use std::collections::BTreeSet;

use anyhow::Result;
use drift_detector::demo::story::{Space, Story};
use drift_detector::demo::world::Profile;
use serde_json::Value;

use super::{findings, read, until};
use crate::apiserver::{ADMIN, ALICE, ApiServer};
use crate::estate::{Estate, ONE};

const UNIT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: 'registry.example.com/web:1'}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 6
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]
";

fn web(server: &ApiServer) -> Result<Value> {
    let get = ["get", "deployment", "web", "-n", "shop", "-o", "json", "--show-managed-fields"];
    Ok(serde_json::from_str(&server.kubectl(ADMIN, &get, None)?)?)
}

/// The Deployment, once the controllers have brought it there.
fn brought(server: &ApiServer, what: &str, is_there: impl Fn(&Value) -> bool) -> Result<Value> {
    until(what, || Ok(is_there(&web(server)?)))?;
    web(server)
}

#[test]
fn what_controllers_write_is_silent_and_a_scale_beyond_the_autoscaler_is_drift() -> Result<()> {
    let Some(server) = ApiServer::start()? else { return Ok(()) };
    let space = Space::new("shop-dev").namespace("shop").unit(("web", UNIT));
    let estate = Estate::new(&Story::new().space(space), Profile::Release, ONE)?;
    server.kubectl(ADMIN, &["create", "namespace", "shop"], None)?;
    let apply = ["apply", "--server-side", "--field-manager=confighub", "-n", "shop", "-f", "-"];
    server.kubectl(ADMIN, &apply, Some(UNIT))?;
    server.grant_reader(&["get", "list"], &["deployments.apps", "horizontalpodautoscalers.autoscaling"])?;
    let controllers = server.controllers()?;

    // The revision, the status, and Pods and ReplicaSets of an owner.
    let live = brought(&server, "Pods of the first revision", |web| web["status"]["unavailableReplicas"] == 3)?;
    assert_eq!(live["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "1", "{live:#}");
    let owned =
        ["get", "pods,replicasets", "-n", "shop", "-o", "jsonpath={.items[*].metadata.ownerReferences[0].kind}"];
    let owners = server.kubectl(ADMIN, &owned, None)?;
    assert_eq!(owners, "ReplicaSet ReplicaSet ReplicaSet Deployment");
    let (answer, asked) = read(&server, estate.detector()?)?;
    assert_eq!((findings(&answer.report()?), answer.code), (BTreeSet::new(), Some(0)), "{}", answer.said());
    let kinds: BTreeSet<_> = asked.iter().map(|it| it.resource.as_str()).filter(|it| !it.is_empty()).collect();
    assert_eq!(kinds, BTreeSet::from(["deployments", "horizontalpodautoscalers"]), "what is owned is not our business");
    assert!(!answer.everything()?.contains("deployment.kubernetes.io/revision"), "{}", answer.said());

    // Too many by hand: the autoscaler takes them back to its own limit, and says so without a time.
    server.kubectl(ALICE, &["scale", "deployment/web", "-n", "shop", "--replicas=9"], None)?;
    let live = brought(&server, "6 replicas", |web| web["spec"]["replicas"] == 6)?;
    let managers = live["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    let scaled = |it: &&Value| it["subresource"] == "scale" && it["manager"] == "kube-controller-manager";
    let entry = managers.iter().find(scaled);
    assert!(entry.is_some_and(|it| it["time"].is_null()), "{managers:#?}");
    brought(&server, "the Deployment settles", |web| {
        web["status"]["observedGeneration"] == web["metadata"]["generation"]
    })?;
    let (answer, _) = read(&server, estate.detector()?)?;
    let report = answer.report()?;
    assert_eq!((findings(&report), answer.code), (BTreeSet::new(), Some(0)), "{}", answer.said());
    let suppressed = report["environments"][0]["targets"][0]["suppressed"].to_string();
    assert!(suppressed.contains("HorizontalPodAutoscaler `web` scales it between 2 and 6 replicas"), "{suppressed}");

    // With nobody to take them back they stay, and are found.
    drop(controllers);
    server.kubectl(ALICE, &["scale", "deployment/web", "-n", "shop", "--replicas=9"], None)?;
    // Nothing will observe the new generation; that is another sentence than drift.
    let observed = format!(r#"{{"status":{{"observedGeneration":{}}}}}"#, web(&server)?["metadata"]["generation"]);
    let patch = ["patch", "deployment", "web", "-n", "shop", "--subresource=status", "--type=merge", "-p", &observed];
    server.kubectl(ADMIN, &patch, None)?;
    let (answer, _) = read(&server, estate.detector()?)?;
    let want = BTreeSet::from(["dev field-changed Deployment/web /spec/replicas".to_owned()]);
    assert_eq!(findings(&answer.report()?), want, "{}", answer.said());
    Ok(())
}
