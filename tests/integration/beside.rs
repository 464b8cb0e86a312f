//! What is read beside the objects that units name: autoscalers, objects that no unit states, schemas of custom kinds.

use anyhow::Result;
use drift_detector::demo::clock;
use drift_detector::demo::faults::{Fault, Rule};
use drift_detector::demo::story::{ClusterStory, Space, Story, Unit};
use drift_detector::demo::world::{CONFIGHUB, Profile};
use serde_json::{Value, json};

use crate::detector::Answer;
use crate::estate::{Estate, ONE, config_map, live_config_map};
use crate::replay::{replay, result};

fn deployment(replicas: usize) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:1"}]},
        }},
    })
}

fn autoscaler(least: usize, most: usize) -> Value {
    json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "by-hand", "namespace": "shop"},
        "spec": {"minReplicas": least, "maxReplicas": most,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
    })
}

fn scaled_object(most: usize) -> Value {
    json!({
        "apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "queue", "namespace": "shop"},
        "spec": {"maxReplicaCount": most, "scaleTargetRef": {"name": "web"}},
    })
}

/// Dev with a Deployment of three replicas in ConfigHub, and this in the cluster.
fn scaled(live: Vec<Value>) -> Result<Estate> {
    let space = Space::new("shop-dev").namespace("shop").unit(("web", deployment(3).to_string().as_str()));
    Estate::new(&Story::new().space(space).cluster(ClusterStory::new("dev", live)), Profile::Release, ONE)
}

fn target(report: &Value) -> &Value {
    &report["environments"][0]["targets"][0]
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The lists that were sent for, by resource.
fn lists(estate: &Estate) -> Result<Vec<String>> {
    let audit = estate.world.cluster("dev")?.audit();
    Ok(audit.iter().filter_map(|line| line.split(" list ").nth(1)).map(str::to_owned).collect())
}

#[test]
fn an_autoscaler_that_only_the_cluster_has_owns_the_replicas_in_its_range() -> Result<()> {
    for (scaler, name) in
        [(autoscaler(2, 6), "HorizontalPodAutoscaler `by-hand`"), (scaled_object(6), "ScaledObject `queue`")]
    {
        let estate = scaled(vec![deployment(5), scaler.clone()])?;
        let answer = estate.run()?;
        let report = answer.report()?;
        assert_eq!(report["status"], "clean", "{}", answer.said());
        let reason = target(&report)["suppressed"][0]["reason"].as_str().unwrap_or_default().to_owned();
        assert!(reason.contains(name) && reason.contains("6 replicas"), "{reason}");

        let estate = scaled(vec![deployment(9), scaler])?;
        let answer = estate.run()?;
        let report = answer.report()?;
        let finding = &target(&report)["findings"][0];
        assert_eq!(
            (&finding["path"], &finding["live"]["text"]),
            (&json!("/spec/replicas"), &json!("9")),
            "{}",
            answer.said()
        );
        assert!(texts(&finding["notes"])[0].contains(&format!("to 6 of {name}")), "{finding}");
    }
    Ok(())
}

#[test]
fn autoscalers_are_asked_for_only_where_replicas_differ_and_once() -> Result<()> {
    let estate = scaled(vec![deployment(3), autoscaler(2, 6)])?;
    assert_eq!(estate.run()?.report()?["status"], "clean");
    assert_eq!(lists(&estate)?, Vec::<String>::new());

    let estate = scaled(vec![deployment(5), autoscaler(2, 6), scaled_object(9)])?;
    assert_eq!(estate.run()?.report()?["status"], "clean");
    let mut sent = lists(&estate)?;
    sent.sort();
    assert_eq!(sent, ["horizontalpodautoscalers.autoscaling shop/", "scaledobjects.keda.sh shop/"]);
    Ok(())
}

#[test]
fn where_autoscalers_cannot_be_read_the_difference_stays_and_says_so() -> Result<()> {
    let estate = scaled(vec![deployment(5), autoscaler(2, 6)])?;
    estate.world.cluster("dev")?.forbid("list", "horizontalpodautoscalers", None);
    let answer = estate.run()?;
    let report = answer.report()?;
    let finding = &target(&report)["findings"][0];
    assert_eq!((&report["status"], &finding["path"]), (&json!("drift"), &json!("/spec/replicas")), "{}", answer.said());
    let note = texts(&finding["notes"]).join("|");
    assert!(note.contains("failed to list horizontalpodautoscalers.autoscaling in namespace `shop`"), "{note}");
    assert!(note.contains("resources: [\"horizontalpodautoscalers\"], verbs: [\"get\", \"list\"]"), "{note}");

    for fault in [Fault::from(503), Fault::HtmlPage(200), Fault::LyingEmpty, Fault::Cut] {
        let estate = scaled(vec![deployment(5), autoscaler(2, 6)])?;
        estate.world.inject("dev", Rule::new(fault.clone()).on("GET /apis/autoscaling/v2/**"))?;
        let answer = estate.run()?;
        let report = answer.report()?;
        assert_eq!(report["status"], "drift", "{fault:?}: {}", answer.said());
        let note = texts(&target(&report)["findings"][0]["notes"]).join("|");
        assert!(note.contains("whether an autoscaler did this is not known"), "{fault:?}: {note}");
    }
    Ok(())
}

/// With the marks that ConfigHub's delivery leaves.
fn of(unit: &str, space: &str, mut object: Value) -> Value {
    let id = clock::id("space", space).to_string();
    object["metadata"]["annotations"] = json!({"confighub.com/UnitSlug": unit, "confighub.com/SpaceID": id});
    object
}

/// Dev with eight ConfigMaps in two units, so that they are listed; in the cluster also what is given.
fn many(more: Vec<Value>, config: &str) -> Result<Estate> {
    let text = |from: usize| {
        (from..from + 4).map(|it| config_map(&format!("m{it}"), "fast")).collect::<Vec<_>>().join("---\n")
    };
    let space = Space::new("shop-dev")
        .namespace("shop")
        .unit(Unit::new("maps", &text(0)).label("team", "shop"))
        .unit(Unit::new("more", &text(4)).label("team", "shop"))
        .unit(Unit::new("others", &config_map("of-others", "fast")).label("team", "other"));
    let mut live: Vec<Value> =
        (0..8).map(|it| of("maps", "shop-dev", live_config_map(&format!("m{it}"), "fast"))).collect();
    live.push(of("others", "shop-dev", live_config_map("of-others", "fast")));
    live.extend(more);
    Estate::new(&Story::new().space(space).cluster(ClusterStory::new("dev", live)), Profile::Release, config)
}

fn orphans(answer: &Answer) -> Result<Vec<String>> {
    let report = answer.report()?;
    let findings = target(&report)["findings"].as_array().cloned().unwrap_or_default();
    let name =
        |it: &Value| format!("{} {}", it["code"].as_str().unwrap_or("?"), it["object"]["name"].as_str().unwrap_or("?"));
    Ok(findings.iter().map(name).collect())
}

#[test]
fn what_confighub_left_behind_is_drift_and_what_the_scope_leaves_out_is_not() -> Result<()> {
    let live = || {
        let mut pod = of("gone", "shop-dev", live_config_map("owned", "x"));
        pod["metadata"]["ownerReferences"] =
            json!([{"apiVersion": "v1", "kind": "X", "name": "x", "uid": "u", "controller": true}]);
        vec![
            of("gone", "shop-dev", live_config_map("left", "x")),
            of("maps", "shop-dev", live_config_map("dropped", "x")),
            of("gone", "shop-prod", live_config_map("of-prod", "x")),
            live_config_map("by-hand", "x"),
            pod,
        ]
    };
    let narrowed = format!("{ONE}scope:\n  units: \"Labels.team = 'shop'\"\n");
    let answer = many(live(), &narrowed)?.run()?;
    assert_eq!(orphans(&answer)?, ["object-orphaned dropped", "object-orphaned left"], "{}", answer.said());
    let report = answer.report()?;
    let notes = texts(&target(&report)["notes"]).join("|");
    assert!(notes.contains("orphaned objects were looked for among ConfigMap (shop)"), "{notes}");
    let markdown = answer.file("drift-report/report.md")?;
    assert!(markdown.contains("stays until somebody deletes it") && !markdown.contains("about :"), "{markdown}");
    assert_eq!(target(&report)["findings"][0]["unit"], Value::Null);

    let off = many(live(), &format!("{narrowed}orphans: off\n"))?.run()?;
    assert_eq!(orphans(&off)?, Vec::<String>::new(), "{}", off.said());
    assert!(!target(&off.report()?)["notes"].to_string().contains("orphaned"));
    Ok(())
}

#[test]
fn a_space_that_does_not_say_which_units_it_has_makes_no_orphans() -> Result<()> {
    const UNITS: &str = "GET /space/*/unit";
    let live = || vec![of("gone", "shop-dev", live_config_map("left", "x"))];
    let calm = many(live(), &format!("{ONE}orphans: off\n"))?;
    calm.run()?;
    let is_list = |path: &str| path.starts_with("/api/space/") && path.ends_with("/unit");
    let before = calm.world.journal().iter().filter(|it| is_list(&it.path)).count();
    let estate = many(live(), ONE)?;
    estate.world.inject(CONFIGHUB, Rule::new(403).on(UNITS).after(before))?;
    let answer = estate.run()?;
    assert_eq!(estate.world.struck(CONFIGHUB), 1);
    assert_eq!(orphans(&answer)?, Vec::<String>::new(), "{}", answer.said());
    let report = answer.report()?;
    let notes = texts(&target(&report)["notes"]).join("|");
    assert!(notes.contains("whether unit `gone`, from which objects came, still exists is not known"), "{notes}");
    Ok(())
}

#[test]
fn the_full_search_lists_every_kind_in_scope_and_never_secrets() -> Result<()> {
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "left", "namespace": "shop"}, "spec": {"ports": [{"port": 80}]}});
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "left-role"}, "rules": []});
    let secret =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "left-secret", "namespace": "shop"}});
    let live = || [&service, &role, &secret].map(|it| of("gone", "shop-dev", it.clone())).to_vec();
    assert_eq!(orphans(&many(live(), ONE)?.run()?)?, Vec::<String>::new(), "listed kinds only");

    let estate = many(live(), &format!("{ONE}orphans: full\n"))?;
    estate.world.cluster("dev")?.forbid("list", "ingresses", None);
    let answer = estate.run()?;
    assert_eq!(orphans(&answer)?, ["object-orphaned left", "object-orphaned left-role"], "{}", answer.said());
    let sent = lists(&estate)?;
    assert!(
        !sent.iter().any(|it| it.starts_with("secrets") || it.starts_with("events") || it.starts_with("leases")),
        "{sent:?}"
    );
    assert!(sent.iter().any(|it| it.starts_with("statefulsets.apps shop/")), "{sent:?}");
    let report = answer.report()?;
    let notes = target(&report)["notes"].to_string();
    assert!(notes.contains("orphaned objects could not be looked for among Ingress"), "{notes}");
    assert_eq!((&report["status"], &report["environments"][0]["complete"]), (&json!("drift"), &json!(false)));
    Ok(())
}

#[test]
fn a_full_search_that_does_not_see_everything_is_not_clean() -> Result<()> {
    let full = format!("{ONE}orphans: full\n");
    let narrow = format!("{ONE}orphans: full\nscope: {{kinds: [ConfigMap]}}\n");
    let silent: fn(&Estate) -> Result<()> = |estate| {
        estate.world.cluster("dev")?.grow_old();
        estate.world.inject("dev", Rule::new(503).on("GET /apis/policy/v1"))
    };
    let forbidden: fn(&Estate) -> Result<()> = |estate| {
        estate.world.cluster("dev")?.forbid("list", "ingresses", None);
        Ok(())
    };
    for (config, fault, status, words) in [
        (&full, None, "clean", None),
        (&full, Some(silent), "partial", Some("among the kinds of policy/v1")),
        (&full, Some(forbidden), "partial", Some("among Ingress")),
        // The kinds that are asked for are known.
        (&narrow, Some(silent), "clean", None),
        (&narrow, Some(forbidden), "clean", None),
    ] {
        let estate = many(Vec::new(), config)?;
        fault.map_or(Ok(()), |fault| fault(&estate))?;
        let answer = estate.detector()?.arguments(["run", "--record", "recording"]).run()?;
        let report = answer.report()?;
        assert_eq!(report["status"], status, "{config} {words:?}: {}", answer.said());
        let notes = target(&report)["notes"].to_string();
        assert!(words.is_none_or(|words| notes.contains(words)), "{words:?}: {notes}");
        let markdown = answer.file("drift-report/report.md")?;
        assert_eq!(markdown.contains("| part of the scope |"), words.is_some(), "{markdown}");
        let again = replay(&answer)?.run()?;
        assert_eq!(result(&again)?, result(&answer)?, "{words:?}");
    }
    Ok(())
}

#[test]
fn unmanaged_objects_are_shown_apart_when_asked_for() -> Result<()> {
    let unit = Unit::new("maps", &config_map("m0", "fast"));
    let root = live_config_map("kube-root-ca.crt", "x");
    let live = vec![live_config_map("m0", "fast"), live_config_map("by-hand", "x"), root];
    let story = |live: Vec<Value>| {
        let space = Space::new("shop-dev").namespace("shop").unit(unit.clone());
        Story::new().space(space).cluster(ClusterStory::new("dev", live))
    };
    let answer = Estate::new(&story(live.clone()), Profile::Release, &format!("{ONE}unmanaged: report\n"))?.run()?;
    let report = answer.report()?;
    let additions = target(&report)["additions"].as_array().cloned().unwrap_or_default();
    let names: Vec<_> = additions.iter().map(|it| (it["code"].as_str(), it["object"]["name"].as_str())).collect();
    assert_eq!(names, [(Some("object-unmanaged"), Some("by-hand"))], "{}", answer.said());
    assert_eq!(report["status"], "clean", "they are no drift");
    let report = Estate::new(&story(live), Profile::Release, ONE)?.run()?.report()?;
    assert_eq!(target(&report)["additions"], json!([]));
    Ok(())
}

/// Dev with a custom resource whose definition gives a field a default, and merges a list by key.
fn custom() -> Result<Estate> {
    let schema = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {
        "mode": {"type": "string", "default": "fast"},
        "rules": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["id"],
            "items": {"type": "object", "properties": {"id": {"type": "string"}, "to": {"type": "string"}}}},
    }}}});
    let definition = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"}, "spec": {"group": "example.com", "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}]}});
    let widget = |rules: Value| {
        json!({"apiVersion": "example.com/v1", "kind": "Widget",
        "metadata": {"name": "w", "namespace": "shop"}, "spec": {"rules": rules}})
    };
    let desired = widget(json!([{"id": "a", "to": "x"}, {"id": "b", "to": "y"}]));
    let live = widget(json!([{"id": "b", "to": "y"}, {"id": "a", "to": "x"}]));
    let space = Space::new("shop-dev").namespace("shop").unit(("w", desired.to_string().as_str()));
    Estate::new(
        &Story::new().space(space).cluster(ClusterStory::new("dev", vec![definition, live])),
        Profile::Release,
        ONE,
    )
}

#[test]
fn schemas_of_custom_kinds_come_from_the_server_else_from_their_definition() -> Result<()> {
    let read = |estate: &Estate| -> Result<Vec<String>> {
        let audit = estate.world.cluster("dev")?.audit();
        Ok(audit
            .into_iter()
            .filter(|it| it.contains("/openapi/") || it.contains("customresourcedefinitions"))
            .collect())
    };
    let estate = custom()?;
    let answer = estate.run()?;
    assert_eq!(answer.report()?["status"], "clean", "{}", answer.said());
    assert_eq!(read(&estate)?, ["demo-admin get /openapi/v3/apis/example.com/v1"]);

    let estate = custom()?;
    estate.world.cluster("dev")?.grow_old();
    let answer = estate.run()?;
    assert_eq!(answer.report()?["status"], "clean", "{}", answer.said());
    assert!(read(&estate)?.iter().any(|it| it.contains("get customresourcedefinitions")), "{:?}", read(&estate)?);

    // Without any schema lists have an order: a difference, and the reader knows why.
    estate.world.cluster("dev")?.forbid("get", "customresourcedefinitions", None);
    let answer = estate.run()?;
    let report = answer.report()?;
    let notes = target(&report)["notes"].to_string();
    assert!(notes.contains("compared without their schema") && notes.contains("customresourcedefinitions"), "{notes}");
    Ok(())
}
