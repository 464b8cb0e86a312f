//! What is asked for, and what is left out with which reason.

use super::*;
use crate::manifest;
use crate::model::environment::{Exclusion, Selector};
use crate::model::unit::{Basis, Unit};

fn target() -> Target {
    Target { name: "prod".into(), space: "shop".into(), context: None, namespace: None, namespaces: Vec::new() }
}

fn lookup(gvk: &GroupVersionKind) -> Result<bool, Obstacle> {
    match gvk.kind.as_str() {
        "Namespace" | "ClusterRole" => Ok(false),
        "Unknown" => Err(Obstacle { reason: Reason::NotServed, detail: Text::default(), remedy: Text::default() }),
        _ => Ok(true),
    }
}

fn read(units: &[Unit]) -> Vec<UnitDocuments<'_>> {
    units.iter().map(|unit| UnitDocuments { unit, documents: Arc::new(manifest::documents(&unit.text)) }).collect()
}

fn selected(units: &[Unit], target: &Target, scope: &Scope, context: Option<&str>) -> Selection {
    let bounds = Bounds { environment: "prod", target, scope, context_namespace: context };
    select(read(units), &bounds, lookup, &Redactor::default())
}

fn keys(selection: &Selection) -> Vec<String> {
    selection.objects.iter().map(|it| it.key.to_string()).collect()
}

const CONFIG: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}";

#[test]
fn the_nearest_namespace_wins() {
    let mut units = [Unit::shipped("u", CONFIG)];
    let scope = Scope::default();
    let mut target = target();
    assert_eq!(keys(&selected(&units, &target, &scope, None)), ["ConfigMap default/a"]);
    assert_eq!(keys(&selected(&units, &target, &scope, Some("of-context"))), ["ConfigMap of-context/a"]);
    units[0].target_namespace = Some("of-unit".into());
    assert_eq!(keys(&selected(&units, &target, &scope, Some("of-context"))), ["ConfigMap of-unit/a"]);
    target.namespace = Some("of-target".into());
    assert_eq!(keys(&selected(&units, &target, &scope, Some("of-context"))), ["ConfigMap of-target/a"]);
    units[0].text = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: own}}".into();
    assert_eq!(keys(&selected(&units, &target, &scope, None)), ["ConfigMap own/a"]);
    units[0].text = "{apiVersion: v1, kind: Namespace, metadata: {name: a, namespace: own}}".into();
    assert_eq!(keys(&selected(&units, &target, &scope, None)), ["Namespace a"]);
}

#[test]
fn kinds_and_namespaces_narrow_without_a_trace() {
    let text = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: x}}\n---\n\
                {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: y1}}\n---\n\
                {apiVersion: v1, kind: Service, metadata: {name: a, namespace: x}}\n---\n\
                {apiVersion: v1, kind: Namespace, metadata: {name: x}}";
    let units = [Unit::shipped("u", text)];
    let narrow = Target { namespaces: vec!["x".into()], ..target() };
    let scope = Scope { kinds: vec!["ConfigMap".into(), "Namespace".into()], ..Scope::default() };
    let selection = selected(&units, &narrow, &scope, None);
    assert_eq!(keys(&selection), ["ConfigMap x/a", "Namespace x"]);
    assert!(selection.suppressed.is_empty() && selection.not_compared.is_empty());
    assert_eq!(kinds(&read(&units), &scope).len(), 2);
}

#[test]
fn what_is_left_out_says_why() {
    let text = "{apiVersion: v1, kind: Secret, metadata: {name: s}}\n---\n\
                {apiVersion: v1, kind: ConfigMap, metadata: {name: skipped}}\n---\n\
                {apiVersion: batch/v1, kind: Job, metadata: {generateName: run-}}";
    let units = [Unit::shipped("u", text)];
    let selector = Selector { name: Some("skip*".into()), ..Selector::default() };
    let exclude = vec![Exclusion { selector, reason: "not ours".into() }];
    let mut scope = Scope { exclude, ..Scope::default() };
    let selection = selected(&units, &target(), &scope, None);
    let said: Vec<_> = selection.suppressed.iter().map(|it| format!("{}: {}", it.object, it.reason)).collect();
    assert_eq!(
        said,
        [
            "ConfigMap default/skipped: excluded: not ours",
            "Secret default/s: Secrets are compared only with `secrets: true`",
            "Job default/run-: the server generates its name, so no live object is this one",
        ]
    );
    assert!(selection.objects.is_empty());
    scope.secrets = true;
    assert_eq!(keys(&selected(&units, &target(), &scope, None)), ["Secret default/s"]);
}

#[test]
fn what_cannot_be_asked_for_is_not_compared() {
    let units = [
        Unit::shipped("bad", "a: [hunter2"),
        Unit::shipped(
            "open",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: o}, data: {a: confighubplaceholder, b: xconfighubplaceholder}}",
        ),
        Unit::shipped("strange", "{apiVersion: x.io/v1, kind: Unknown, metadata: {name: what}}"),
        Unit::shipped("fine", "{apiVersion: v1, kind: ConfigMap, metadata: {name: f}}"),
    ];
    let selection = selected(&units, &target(), &Scope::default(), None);
    let said: Vec<_> = selection
        .not_compared
        .iter()
        .map(|it| format!("{} {:?} {}", it.unit.as_deref().unwrap_or_default(), it.obstacle.reason, it.obstacle.detail))
        .collect();
    assert_eq!(said[0], "bad Unparsable the unit is not Kubernetes YAML: line 1: it is not valid YAML");
    assert_eq!(said[1], "open Unresolved /data/a and 1 more values are still placeholders");
    assert_eq!(said[2], "strange NotServed ");
    assert_eq!(keys(&selection), ["ConfigMap default/f"]);
}

#[test]
fn an_object_that_two_units_state_has_no_desired_state() {
    let old = "{apiVersion: apps/v1beta1, kind: Deployment, metadata: {name: a}}";
    let new = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, namespace: default}}";
    let selection =
        selected(&[Unit::shipped("one", old), Unit::shipped("two", new)], &target(), &Scope::default(), None);
    assert!(selection.objects.is_empty());
    assert_eq!(selection.not_compared.len(), 1);
    assert_eq!(selection.not_compared[0].obstacle.reason, Reason::Misconfigured);
    assert_eq!(selection.not_compared[0].obstacle.detail.as_str(), "the units `one`, `two` all state it");
    let twice = format!("{CONFIG}\n---\n{CONFIG}");
    let selection = selected(&[Unit::shipped("one", &twice)], &target(), &Scope::default(), None);
    assert_eq!(selection.not_compared[0].obstacle.detail.as_str(), "the unit `one` states it more than once");
}

#[test]
fn what_scales_an_object_counts_wherever_the_scope_ends() {
    let text = "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: a}, spec: {maxReplicas: 6, \
                scaleTargetRef: {kind: Deployment, name: web}}}\n---\n\
                {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}";
    let scope = Scope { kinds: vec!["Deployment".into()], ..Scope::default() };
    let selection = selected(&[Unit::shipped("u", text)], &target(), &scope, None);
    assert_eq!((keys(&selection).len(), selection.autoscalers.len()), (1, 1));
    assert_eq!(selected(&[Unit::shipped("u", text)], &target(), &Scope::default(), None).autoscalers, []);
    let never = [Unit { basis: Basis::NeverShipped, ..Unit::shipped("u", text) }];
    assert_eq!(selected(&never, &target(), &scope, None).autoscalers, []);
}

#[test]
fn what_narrows_to_nothing_is_noted() {
    let units = [Unit::shipped("web", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n")];
    let target = Target { namespaces: vec!["shop".into(), "shp".into()], ..target() };
    let scope = Scope { kinds: vec!["ConfigMap".into(), "Configmap".into()], ..Scope::default() };
    let selection = selected(&units, &target, &scope, None);
    assert_eq!(keys(&selection).len(), 1);
    let notes: Vec<_> = selection.notes.iter().map(Text::as_str).collect();
    assert_eq!(
        notes,
        [
            "`scope.kinds` names `Configmap`, but no unit has an object of that kind: check the spelling",
            "`namespaces` names `shp`, but no unit has an object of that namespace: check the spelling",
        ]
    );
}
