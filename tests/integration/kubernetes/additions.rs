//! One real server on which a person edits by hand: what they add is told apart, what machines and the server add is not.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;

use anyhow::{Context as _, Result};
use drift_detector::demo::story::{Space, Story};
use drift_detector::demo::world::Profile;
use serde_json::Value;

use super::{findings, read};
use crate::apiserver::{ADMIN, ALICE, ApiServer};
use crate::estate::{Estate, ONE};

const UNITS: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1
        env: [{name: MODE, value: fast}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {mode: fast}
";

/// An editor that puts a variable, a container with a port, and a grace period into the Deployment.
const EDITOR: &str = r#"#!/bin/sh
PATH=/usr/bin:/bin
sed -i \
  -e 's|^\( *\)- env:$|\1- name: debug\n\1  image: registry.example.com/debug:1\n\1  ports:\n\1  - containerPort: 9000\n&|' \
  -e 's|^\( *\)- name: MODE$|\1- name: DEBUG\n\1  value: "1"\n&|' \
  -e 's|^\( *\)terminationGracePeriodSeconds: 30$|\1terminationGracePeriodSeconds: 5|' \
  "$1"
"#;

/// `Kind/name path` of what was added.
fn added(report: &Value) -> BTreeSet<String> {
    let additions = report["environments"][0]["targets"][0]["additions"].as_array().cloned().unwrap_or_default();
    let text = |it: &Value| it.as_str().unwrap_or("?").to_owned();
    let place =
        |it: &Value| format!("{}/{} {}", text(&it["object"]["kind"]), text(&it["object"]["name"]), text(&it["path"]));
    additions.iter().map(place).collect()
}

#[test]
fn what_a_person_adds_by_hand_is_told_and_nothing_that_came_with_it() -> Result<()> {
    let Some(server) = ApiServer::start()? else { return Ok(()) };
    let space = Space::new("shop-dev").namespace("shop").unit(("web", UNITS));
    let story = Story::new().space(space);
    let estate = Estate::new(&story, Profile::Release, ONE)?;
    server.kubectl(ADMIN, &["create", "namespace", "shop"], None)?;
    let apply = ["apply", "--server-side", "--field-manager=confighub", "-n", "shop", "-f", "-"];
    server.kubectl(ADMIN, &apply, Some(UNITS))?;
    server.grant_reader(&["get", "list"], &["deployments.apps", "configmaps"])?;

    let folder = tempfile::tempdir()?;
    let editor = folder.path().join("editor");
    std::fs::write(&editor, EDITOR)?;
    std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o755))?;
    let editor = editor.to_str().context("the folder's name is UTF-8")?;
    server.edit(ALICE, &["deployment/web", "-n", "shop"], editor)?;
    let on = |command: &[&str]| server.kubectl(ALICE, &[command, &["-n", "shop"]].concat(), None);
    on(&["annotate", "deployment/web", "example.com/on-call=alice"])?;
    on(&["label", "configmap/settings", "team=alice"])?;
    on(&[
        "patch",
        "configmap/settings",
        "--type=merge",
        "--field-manager=kubectl-edit",
        "-p",
        r#"{"data":{"level":"9"}}"#,
    ])?;
    // A machine of which nobody knows what it is, and the same value by two.
    on(&["annotate", "configmap/settings", "example.com/seen=1", "--field-manager=janitor"])?;
    on(&["annotate", "configmap/settings", "example.com/both=1", "--field-manager=janitor"])?;
    on(&["annotate", "configmap/settings", "example.com/both=1", "--overwrite"])?;

    let live: Value = serde_json::from_str(&on(&["get", "deployment/web", "-o", "json", "--show-managed-fields"])?)?;
    let managers = live["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    assert!(managers.iter().any(|it| it["manager"] == "kubectl-edit"), "{live:#}");
    let (answer, _) = read(&server, estate.detector()?)?;
    let report = answer.report()?;
    let container = "Deployment/web /spec/template/spec/containers";
    let want = BTreeSet::from([
        "ConfigMap/settings /data/level".to_owned(),
        "ConfigMap/settings /metadata/labels".to_owned(),
        "Deployment/web /metadata/annotations".to_owned(),
        "Deployment/web /spec/template/spec/terminationGracePeriodSeconds".to_owned(),
        format!("{container}/0"),
        format!("{container}/0/env/0"),
    ]);
    assert_eq!(added(&report), want, "{}\n{live:#}", answer.said());
    assert_eq!((findings(&report), &report["status"]), (BTreeSet::new(), &Value::from("clean")), "{}", answer.said());

    let strict = Estate::new(&story, Profile::Release, &format!("{ONE}additions: drift\n"))?;
    let (answer, _) = read(&server, strict.detector()?)?;
    let report = answer.report()?;
    let told: BTreeSet<_> = want.iter().map(|it| format!("dev field-added {it}")).collect();
    assert_eq!((findings(&report), &report["status"]), (told, &Value::from("drift")), "{}", answer.said());
    Ok(())
}
