//! One real server where a list has pages, and where another must not be listed.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use drift_detector::demo::story::{Space, Story};
use drift_detector::demo::world::Profile;
use serde_json::{Value, json};

use super::findings;
use crate::apiserver::{ADMIN, ALICE, ApiServer, READER, verify_frugal};
use crate::estate::{Estate, ONE, config_map};

/// `ConfigMap`s in the namespace: two full pages of ours, and a third.
const LIVE: usize = 1100;
/// Each so-many-th of them is desired: on every page some.
const STEP: usize = 37;

fn settings(number: usize) -> String {
    format!("settings-{number:04}")
}

fn deployment(number: usize) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-{number}
spec:
  replicas: 2
  selector:
    matchLabels: {{app: web-{number}}}
  template:
    metadata:
      labels: {{app: web-{number}}}
    spec:
      containers: [{{name: web, image: 'registry.example.com/web:1'}}]
"
    )
}

/// What is in the cluster before anybody changes it by hand.
fn deliver(server: &ApiServer, deployments: &str) -> Result<()> {
    server.kubectl(ADMIN, &["create", "namespace", "shop"], None)?;
    let items = (0..LIVE).map(|number| {
        json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": settings(number), "namespace": "shop"}, "data": {"mode": "fast"}})
    });
    let all = json!({"apiVersion": "v1", "kind": "List", "items": items.collect::<Vec<_>>()});
    server.kubectl(ADMIN, &["create", "-f", "-"], Some(&all.to_string()))?;
    server.kubectl(ADMIN, &["apply", "--server-side", "-n", "shop", "-f", "-"], Some(deployments))?;
    Ok(())
}

#[test]
fn every_page_of_a_list_is_read_and_what_must_not_be_listed_is_read_by_name() -> Result<()> {
    let Some(server) = ApiServer::start()? else { return Ok(()) };
    let wanted: Vec<usize> = (0..LIVE).step_by(STEP).collect();
    let [.., last] = wanted[..] else { anyhow::bail!("something is wanted") };
    let middle = wanted[wanted.len() / 2];
    let maps: Vec<_> = wanted.iter().map(|number| config_map(&settings(*number), "fast")).collect();
    let deployments = (0..8).map(deployment).collect::<Vec<_>>().join("---\n");
    let (first_half, second_half) = maps.split_at(maps.len() / 2);
    let space = Space::new("shop-dev")
        .namespace("shop")
        .unit(("settings-1", first_half.join("---\n").as_str()))
        .unit(("settings-2", second_half.join("---\n").as_str()))
        .unit(("workloads", deployments.as_str()));
    let estate = Estate::new(&Story::new().space(space), Profile::Release, ONE)?;
    deliver(&server, &deployments)?;
    let patch =
        ["patch", "configmap", &settings(last), "-n", "shop", "--type=merge", "-p", r#"{"data":{"mode":"slow"}}"#];
    server.kubectl(ALICE, &patch, None)?;
    server.kubectl(ALICE, &["delete", "configmap", &settings(middle), "-n", "shop"], None)?;
    server.kubectl(ALICE, &["scale", "deployment/web-7", "-n", "shop", "--replicas=5"], None)?;
    server.grant_reader(&["get", "list"], &["configmaps"])?;
    server.grant_reader(&["get"], &["deployments.apps"])?;

    let detector = estate.detector()?.arguments(["run", "--fail-on", "drift"]);
    let answer = detector.variable("KUBECONFIG_DEV", server.kubeconfig(READER, "dev")).run()?;
    let report = answer.report()?;
    let want = [
        format!("dev field-changed ConfigMap/{} /data/mode", settings(last)),
        "dev field-changed Deployment/web-7 /spec/replicas".to_owned(),
        format!("dev object-missing ConfigMap/{} ", settings(middle)),
    ];
    assert_eq!(findings(&report), BTreeSet::from(want), "{}", answer.said());
    assert_eq!((&report["complete"], answer.code), (&Value::Bool(true), Some(1)), "{}", answer.said());
    let compared = &report["environments"][0]["counts"]["compared"];
    assert_eq!(compared.as_u64(), Some(u64::try_from(wanted.len() + 8)?), "{}", answer.said());

    let requests = server.audit_log()?;
    let ours: Vec<_> = requests.iter().filter(|it| it.user == READER).collect();
    verify_frugal(&ours)?;
    let verbs: BTreeSet<_> = ours.iter().map(|it| it.verb.as_str()).collect();
    assert_eq!(verbs, BTreeSet::from(["get", "list"]));
    let maps: Vec<_> = ours.iter().filter(|it| it.resource == "configmaps").collect();
    assert!(maps.iter().all(|it| it.verb == "list" && it.status == Some(200)), "{maps:#?}");
    assert!(maps.iter().all(|it| it.uri.contains("limit=500")), "{maps:#?}");
    let continued: Vec<_> = maps.iter().map(|it| it.uri.contains("continue=")).collect();
    assert_eq!(continued, [false, true, true], "{maps:#?}");

    let workloads: Vec<_> = ours.iter().filter(|it| it.resource == "deployments").collect();
    let (list, gets) = workloads.split_first().context("Deployments were asked for")?;
    assert_eq!((list.verb.as_str(), list.status), ("list", Some(403)), "{list:?}");
    assert!(gets.iter().all(|it| it.verb == "get" && it.status == Some(200)), "{gets:#?}");
    let names: BTreeSet<_> = gets.iter().filter_map(|it| it.uri.rsplit('/').next()).collect();
    assert_eq!((gets.len(), names.len()), (8, 8), "each once: {gets:#?}");
    Ok(())
}
