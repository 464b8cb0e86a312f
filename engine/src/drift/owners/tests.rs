//! Entries as API servers write them, and as nobody should.

use serde_json::json;

use super::*;
use crate::drift::path::fixtures::path;

fn live() -> Value {
    let entry = |manager: &str, operation: &str, fields: Value| {
        json!({"manager": manager, "operation": operation, "time": "2026-11-22T02:13:45Z", "fieldsType": "FieldsV1",
            "fieldsV1": fields})
    };
    let mut scaled = entry("kube-controller-manager", "Update", json!({"f:spec": {"f:replicas": {}}}));
    scaled["subresource"] = json!("scale");
    scaled.as_object_mut().expect("an entry is a map").remove("time");
    json!({
        "metadata": {"finalizers": ["a/b", "c/d"], "managedFields": [
            entry("argocd-controller", "Apply", json!({
                "f:metadata": {"f:finalizers": {"v:\"a/b\"": {}}},
                "f:spec": {"f:selector": {}, "f:replicas": {}, "f:containers": {
                    "k:{\"name\":\"web\"}": {".": {}, "f:name": {}, "f:args": {},
                        "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}}},
                    "k:{\"name\":\"log\"}": {".": {}, "f:name": {}},
                }},
            })),
            entry("kubectl-edit", "Update", json!({
                "f:metadata": {"f:finalizers": {"v:\"c/d\"": {}}},
                "f:spec": {"f:containers": {"k:{\"name\":\"web\"}": {"f:image": {}}}},
            })),
            scaled,
            json!({"manager": "no-fields", "operation": "Update"}),
            json!({"manager": "", "operation": "Update", "fieldsV1": {"f:spec": {}}}),
            json!({"manager": "strange", "operation": "Dance", "fieldsV1": {"f:spec": {"f:replicas": {}}}}),
            json!({"manager": "broken", "operation": "Update", "fieldsV1": {"f:spec": {"f:containers": {"k:{": {}, "i:x": {}}}}}),
            json!({"manager": "nothing", "operation": "Update", "fieldsV1": {}}),
            json!(17),
        ]},
        "spec": {"replicas": 5, "selector": {"app": "web"}, "containers": [
            {"name": "log"},
            {"name": "web", "image": "web:2", "args": ["-v"], "ports": [{"containerPort": 80, "protocol": "TCP"}]},
        ]},
    })
}

#[test]
fn the_owners_of_a_field_are_found_by_the_keys_of_its_lists() {
    let desired = json!({
        "metadata": {"finalizers": ["c/d"]},
        "spec": {"replicas": 3, "selector": {"app": "web"}, "containers": [
            {"name": "web", "image": "web:1", "args": ["-q"], "ports": [{"containerPort": 80}]},
        ]},
    });
    let live = live();
    let owners = Owners::read(&live);
    for (pointer, expected) in [
        ("/spec/replicas", vec!["argocd-controller", "kube-controller-manager"]),
        ("/spec/selector/app", vec!["argocd-controller"]),
        ("/spec/containers/0/image", vec!["kubectl-edit"]),
        ("/spec/containers/0/args", vec!["argocd-controller"]),
        ("/spec/containers/0/args/0", vec!["argocd-controller"]),
        ("/spec/containers/0/ports/0/containerPort", vec!["argocd-controller"]),
        ("/spec/containers/0", vec!["argocd-controller", "kubectl-edit"]),
        ("/metadata/finalizers/0", vec!["kubectl-edit"]),
        ("/spec/containers/0/command", vec![]),
        ("/spec/paused", vec![]),
        ("/status/replicas", vec![]),
    ] {
        let found = owners.of(&desired, &path(pointer), &Redactor::default());
        let names: Vec<_> = found.iter().map(|it| it.manager.as_str()).collect();
        assert_eq!(names, expected, "{pointer}");
    }
    let scale = owners.of(&desired, &path("/spec/replicas"), &Redactor::default()).pop().expect("two owners");
    assert_eq!((scale.class, scale.time), (ManagerClass::Autoscaler, None), "the scale entry has no time");
}

#[test]
fn a_manager_has_what_it_owns_with_all_parts() {
    let live = live();
    let owners = Owners::read(&live);
    for (pointer, manager, has) in [
        ("/spec/replicas", "kube-controller-manager", true),
        ("/spec/replicas", "argocd-controller", true),
        ("/spec/replicas", "kubectl-edit", false),
        ("/spec/selector", "argocd-controller", true),
        ("/spec/containers/1", "kubectl-edit", false),
        ("/spec/containers/0", "argocd-controller", true),
        ("/spec", "argocd-controller", false),
        ("/spec/gone", "argocd-controller", false),
    ] {
        assert_eq!(owners.has(&live, &path(pointer), |it| it == manager), has, "{pointer} {manager}");
    }
}

#[test]
fn whatever_managed_fields_hold_nothing_fails() {
    for fields in [json!(null), json!(7), json!("text"), json!({}), json!([null, [], {"fieldsV1": []}])] {
        let live = json!({"metadata": {"managedFields": fields}, "spec": {"replicas": 1}});
        let owners = Owners::read(&live);
        assert!(owners.of(&live, &path("/spec/replicas"), &Redactor::default()).is_empty() && !owners.know_a_person());
    }
}
