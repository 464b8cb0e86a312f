//! Who scales what, and what is said where nobody explains the replicas.

use serde_json::json;

use super::*;
use crate::drift::compare;
use crate::drift::types::CustomSchemas;
use crate::model::outcome::Reason;
use crate::redact::Redactor;

fn deployment() -> ObjectKey {
    ObjectKey {
        gvk: GroupVersionKind::new("apps/v1", "Deployment"),
        namespace: Some("shop".into()),
        name: "web".into(),
    }
}

fn replicas(live: i64) -> Difference {
    let object = |replicas: i64| json!({"metadata": {"name": "web"}, "spec": {"replicas": replicas}});
    // Desired is a number that no case tries.
    let differences = compare::compare(&object(3), &object(live), &deployment().gvk, &CustomSchemas::default());
    differences.into_iter().next().expect("3 is not tried")
}

fn read(version: &str, kind: &str, body: Value) -> Autoscaler {
    Autoscaler::read(&GroupVersionKind::new(version, kind), &body, Some("shop")).expect("it is an autoscaler")
}

fn hpa(spec: Value) -> Autoscaler {
    let mut body = json!({"metadata": {"name": "web"}, "spec": spec});
    body["spec"]["scaleTargetRef"] = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"});
    read("autoscaling/v2", "HorizontalPodAutoscaler", body)
}

fn scaled_object(spec: Value, annotations: Value) -> Autoscaler {
    let mut body = json!({"metadata": {"name": "queue", "annotations": annotations}, "spec": spec});
    body["spec"]["scaleTargetRef"] = json!({"name": "web"});
    read("keda.sh/v1alpha1", "ScaledObject", body)
}

/// Which of these replicas are excused.
fn excused(autoscaler: Autoscaler, tried: &[i64]) -> Vec<i64> {
    let mut all = Autoscalers::default();
    all.extend([autoscaler]);
    tried.iter().copied().filter(|live| all.excuse(&deployment(), &replicas(*live)).is_some()).collect()
}

fn remarks(all: &Autoscalers, live: i64) -> Vec<String> {
    let redactor = Redactor::default();
    let remarks = all.remarks(&deployment(), &replicas(live));
    remarks.iter().map(|it| it.text(|words| redactor.text(words)).to_string()).collect()
}

#[test]
fn ranges_are_those_that_the_controllers_keep() {
    let tried = [0, 1, 2, 5, 6, 7, 100, 101];
    for (autoscaler, want) in [
        (hpa(json!({"maxReplicas": 6})), vec![1, 2, 5, 6]),
        (hpa(json!({"minReplicas": 2, "maxReplicas": 6})), vec![2, 5, 6]),
        (hpa(json!({"minReplicas": 0, "maxReplicas": 2})), vec![0, 1, 2]),
        (scaled_object(json!({}), json!({})), vec![0, 1, 2, 5, 6, 7, 100]),
        (scaled_object(json!({"minReplicaCount": 5, "maxReplicaCount": 6}), json!({})), vec![5, 6]),
        // Idle or at least the minimum: nothing in between.
        (
            scaled_object(json!({"idleReplicaCount": 0, "minReplicaCount": 5, "maxReplicaCount": 6}), json!({})),
            vec![0, 5, 6],
        ),
        (scaled_object(json!({"maxReplicaCount": 6}), json!({"autoscaling.keda.sh/paused-replicas": "2"})), vec![2]),
        (scaled_object(json!({"maxReplicaCount": 6}), json!({"autoscaling.keda.sh/paused": "true"})), vec![]),
        (scaled_object(json!({"maxReplicaCount": 2}), json!({"autoscaling.keda.sh/paused": "false"})), vec![0, 1, 2]),
    ] {
        assert_eq!(excused(autoscaler.clone(), &tried), want, "{autoscaler:?}");
    }
}

#[test]
fn what_is_outside_names_the_range() {
    let said = |autoscaler: Autoscaler, live| {
        let mut all = Autoscalers::default();
        all.extend([autoscaler]);
        remarks(&all, live)
    };
    assert_eq!(
        said(hpa(json!({"minReplicas": 2, "maxReplicas": 6})), 9),
        ["outside the range 2 to 6 of HorizontalPodAutoscaler `web`"]
    );
    let paused = scaled_object(json!({}), json!({"autoscaling.keda.sh/paused-replicas": "2"}));
    assert_eq!(said(paused, 9), ["ScaledObject `queue` is paused and should hold it at 2 replicas"]);
    let paused = scaled_object(json!({}), json!({"autoscaling.keda.sh/paused": "true"}));
    assert_eq!(said(paused, 9), ["ScaledObject `queue` is paused, so it does not own the replicas now"]);
}

#[test]
fn what_keda_made_for_its_own_object_does_not_count_beside_it() {
    let made = |metadata: Value| {
        let mut body = json!({"metadata": metadata, "spec": {"minReplicas": 1, "maxReplicas": 50}});
        body["spec"]["scaleTargetRef"] = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"});
        read("autoscaling/v2", "HorizontalPodAutoscaler", body)
    };
    for metadata in [
        json!({"name": "keda-hpa-queue"}),
        json!({"name": "own-name", "labels": {"scaledobject.keda.sh/name": "queue"}}),
        json!({"name": "own-name", "ownerReferences": [{"kind": "ScaledObject", "name": "queue", "controller": true}]}),
    ] {
        let mut all = Autoscalers::default();
        all.extend([made(metadata), scaled_object(json!({"maxReplicaCount": 6}), json!({}))]);
        assert_eq!(all.excuse(&deployment(), &replicas(9)), None);
        assert_eq!(remarks(&all, 9), ["outside the range 0 to 6 of ScaledObject `queue`"]);
        assert!(all.excuse(&deployment(), &replicas(0)).is_some());
    }
    // Where the ScaledObject is not known, what it had made is all there is.
    let mut alone = Autoscalers::default();
    alone.extend([made(json!({"name": "keda-hpa-queue"}))]);
    assert!(alone.excuse(&deployment(), &replicas(9)).is_some());
}

#[test]
fn the_live_one_replaces_the_stated_one_and_what_could_not_be_read_is_said() {
    let mut all = Autoscalers::default();
    all.extend([hpa(json!({"maxReplicas": 20}))]);
    all.extend([hpa(json!({"maxReplicas": 6}))]);
    assert_eq!(remarks(&all, 9).len(), 1, "one autoscaler, however often it is read");
    let obstacle = Obstacle { reason: Reason::Forbidden, detail: Text::from("no"), remedy: Text::from("ask") };
    all.unread(Some("shop".into()), obstacle.clone());
    all.unread(Some("shop".into()), obstacle);
    assert_eq!(remarks(&all, 9)[1..], ["whether an autoscaler did this is not known: no; ask"]);
    let mut elsewhere = Autoscalers::default();
    elsewhere.unread(
        Some("other".into()),
        Obstacle { reason: Reason::Forbidden, detail: Text::default(), remedy: Text::default() },
    );
    assert!(remarks(&elsewhere, 9).is_empty());
}
