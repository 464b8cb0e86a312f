//! One real server with all that it and its controllers put there: what ConfigHub left behind is orphaned, what a person
//! made is unmanaged, and everything else is silent.

use std::collections::BTreeSet;

use anyhow::Result;
use drift_detector::demo::clock;
use drift_detector::demo::story::{Space, Story};
use drift_detector::demo::world::Profile;
use serde_json::{Value, json};

use super::{findings, read, until};
use crate::apiserver::{ADMIN, ALICE, ApiServer};
use crate::estate::{Estate, ONE};

/// With the marks that ConfigHub's delivery leaves, on the object and on the Pods that it makes.
fn of(unit: &str, mut object: Value) -> Value {
    let id = clock::id("space", "shop-dev").to_string();
    let marks = json!({"confighub.com/UnitSlug": unit, "confighub.com/SpaceID": id});
    object["metadata"]["annotations"] = marks.clone();
    if object["spec"]["template"].is_object() {
        object["spec"]["template"]["metadata"]["annotations"] = marks;
    }
    object
}

fn config_map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "shop"}, "data": {"a": "b"}})
}

fn deployment(name: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "shop"}, "spec": {
        "replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": {
            "metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": "web", "image": "registry.example.com/web:1"}]}}}})
}

fn role(name: &str) -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name},
        "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]})
}

/// `code Kind/name` of what is shown apart.
fn apart(report: &Value) -> BTreeSet<String> {
    let additions = report["environments"][0]["targets"][0]["additions"].as_array().cloned().unwrap_or_default();
    let text = |it: &Value| it.as_str().unwrap_or("?").to_owned();
    let name =
        |it: &Value| format!("{} {}/{}", text(&it["code"]), text(&it["object"]["kind"]), text(&it["object"]["name"]));
    additions.iter().map(name).collect()
}

fn set<const N: usize>(texts: [&str; N]) -> BTreeSet<String> {
    texts.map(str::to_owned).into()
}

#[test]
fn only_what_nobody_states_any_more_is_orphaned_and_what_the_server_makes_is_silent() -> Result<()> {
    let Some(server) = ApiServer::start()? else { return Ok(()) };
    let (maps, web) = (config_map("stated"), deployment("web"));
    let space = Space::new("shop-dev")
        .namespace("shop")
        .unit(("maps", maps.to_string().as_str()))
        .unit(("web", web.to_string().as_str()));
    let story = Story::new().space(space);
    let full = Estate::new(&story, Profile::Release, &format!("{ONE}orphans: full\nunmanaged: report\n"))?;
    server.kubectl(ADMIN, &["create", "namespace", "shop"], None)?;
    let delivered = [
        of("maps", maps),
        of("web", web),
        of("maps", config_map("dropped")),
        of("gone", config_map("left")),
        of("gone", deployment("old")),
        of("gone", role("left-role")),
    ];
    let all = json!({"apiVersion": "v1", "kind": "List", "items": delivered}).to_string();
    server.kubectl(ADMIN, &["apply", "--server-side", "--field-manager=confighub", "-f", "-"], Some(&all))?;
    server.kubectl(ALICE, &["create", "configmap", "by-hand", "-n", "shop", "--from-literal=a=b"], None)?;
    server.kubectl(ALICE, &["create", "secret", "generic", "by-hand", "-n", "shop", "--from-literal=a=b"], None)?;
    server.grant_reader(&["get", "list"], &["*.*"])?;
    let _controllers = server.controllers()?;
    // What controllers that the tests do without put into every namespace.
    let account =
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "shop"}});
    let everywhere = json!({"apiVersion": "v1", "kind": "List", "items": [config_map("kube-root-ca.crt"), account]});
    server.kubectl(ADMIN, &["apply", "--server-side", "-f", "-"], Some(&everywhere.to_string()))?;
    // Pods and ReplicaSets carry the marks of what made them.
    until("Pods of both Deployments", || {
        let made = server.kubectl(ADMIN, &["get", "pods,replicasets", "-n", "shop", "-o", "name"], None)?;
        let count = |what: &str| made.lines().filter(|it| it.starts_with(what)).count();
        Ok((count("pod/"), count("replicaset")) == (2, 2))
    })?;

    let (answer, asked) = read(&server, full.detector()?)?;
    let report = answer.report()?;
    let orphaned = ["ClusterRole/left-role", "ConfigMap/dropped", "ConfigMap/left", "Deployment/old"];
    let want: BTreeSet<_> = orphaned.iter().map(|it| format!("dev object-orphaned {it} ")).collect();
    assert_eq!(findings(&report), want, "{}", answer.said());
    let reader = "reader-get-list-*.*";
    let own = [format!("ClusterRole/{reader}"), format!("ClusterRoleBinding/{reader}")];
    let by_hand = own.iter().map(String::as_str).chain(["ConfigMap/by-hand", "Namespace/shop"]);
    let want: BTreeSet<_> = by_hand.map(|it| format!("object-unmanaged {it}")).collect();
    assert_eq!(apart(&report), want, "{}", answer.said());
    assert!(asked.iter().all(|it| it.resource != "secrets" && it.resource != "events"), "{asked:#?}");
    assert_eq!((&report["complete"], &report["status"]), (&json!(true), &json!("drift")), "{}", answer.said());

    // In the kinds of the units alone, no role and nothing unmanaged is looked for.
    let listed = Estate::new(&story, Profile::Release, &format!("{ONE}unmanaged: off\n"))?;
    let (answer, asked) = read(&server, listed.detector()?)?;
    let listed_kinds: BTreeSet<_> =
        asked.iter().filter(|it| it.verb == "list").map(|it| it.resource.as_str()).collect();
    assert!(!listed_kinds.contains("clusterroles"), "{listed_kinds:?}");
    assert_eq!(apart(&answer.report()?), set([]), "{}", answer.said());

    for orphan in orphaned {
        server.kubectl(ALICE, &["delete", orphan, "-n", "shop"], None)?;
    }
    let (answer, _) = read(&server, full.detector()?)?;
    assert_eq!((findings(&answer.report()?), answer.code), (set([]), Some(0)), "{}", answer.said());
    assert_eq!(answer.report()?["status"], "clean", "{}", answer.said());
    Ok(())
}
