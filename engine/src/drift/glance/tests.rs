//! What may be passed over at first glance, and that the comparison agrees.

use proptest::prelude::*;
use serde_json::{Map, json};

use super::*;
use crate::drift::compare;
use crate::model::object::{GroupVersionKind, ObjectKey};
use crate::model::packed::Packed;

fn object(desired: &Value) -> StatedObject {
    let text = |pointer: &str| desired.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let gvk = GroupVersionKind::new(
        &text("/apiVersion").expect("a manifest has an apiVersion"),
        &text("/kind").expect("a manifest has a kind"),
    );
    StatedObject {
        key: ObjectKey {
            gvk,
            namespace: text("/metadata/namespace"),
            name: text("/metadata/name").unwrap_or_default(),
        },
        manifest: Packed::of(desired),
        unit: "unit".to_owned(),
        line: 1,
        document: 0,
    }
}

fn is_same(desired: &Value, live: &Value) -> bool {
    let object = object(desired);
    let said =
        is_as_desired(&object, &live.to_string(), &CustomSchemas::default(), (Additions::Report, &Persons::default()));
    let differences = compare::compare(desired, live, &object.key.gvk, &CustomSchemas::default());
    assert!(!said || differences.is_empty(), "{differences:?}\ndesired {desired}\nlive {live}");
    said
}

fn of(api_version: &str, kind: &str, spec: Value) -> Value {
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a", "namespace": "shop"}, "spec": spec})
}

#[test]
fn what_only_live_has_is_passed_over_where_fields_are_merged() {
    let desired = |containers: Value| {
        let template = json!({"metadata": {"labels": {"app": "a"}}, "spec": {"containers": containers}});
        of("apps/v1", "Deployment", json!({"selector": {"matchLabels": {"app": "a"}}, "template": template}))
    };
    let mut live = desired(json!([{"name": "a", "image": "b:1", "imagePullPolicy": "IfNotPresent",
        "ports": [{"containerPort": 80, "protocol": "TCP"}]}]));
    live["status"] = json!({"replicas": 1});
    live["metadata"]["uid"] = json!("c7");
    live["spec"]["replicas"] = json!(1);
    let port = |port: Value| desired(json!([{"name": "a", "image": "b:1", "ports": [port]}]));
    for (desired, expected, why) in [
        (desired(json!([{"name": "a", "image": "b:1"}])), true, "fields of a container are merged"),
        (port(json!({"containerPort": 80})), true, "the protocol by which the port is known is the default"),
        (port(json!({"containerPort": 80, "protocol": ""})), false, "an empty text is for the comparison to judge"),
        (port(json!({"containerPort": 81})), false, "another port"),
        (desired(json!([{"name": "a", "image": "b:2"}])), false, "another image"),
        (desired(json!([{"name": "a"}, {"name": "b"}])), false, "a container more"),
        (desired(json!([{"name": "a", "env": null}])), true, "a null states nothing"),
        (desired(json!([{"name": "a", "image": null}])), false, "unless there is something"),
    ] {
        assert_eq!(is_same(&desired, &live), expected, "{why}");
    }
    live["spec"]["template"]["spec"]["containers"][0]["ports"][0]["protocol"] = json!("UDP");
    assert!(!is_same(&port(json!({"containerPort": 80})), &live), "the protocol is not the default");
    live["spec"]["selector"]["matchLabels"]["tier"] = json!("web");
    assert!(!is_same(&desired(json!([{"name": "a"}])), &live), "a selector is replaced as a whole");
}

#[test]
fn what_is_replaced_as_a_whole_may_have_what_the_server_fills_in() {
    let policy = |port: Value| of("networking.k8s.io/v1", "NetworkPolicy", json!({"ingress": [{"ports": [port]}]}));
    let desired = policy(json!({"port": 80}));
    assert!(is_same(&desired, &policy(json!({"port": 80, "protocol": "TCP"}))));
    assert!(!is_same(&desired, &policy(json!({"port": 80, "protocol": "UDP"}))));
    assert!(!is_same(&desired, &policy(json!({"port": 80, "protocol": "TCP", "endPort": 90}))));
    assert!(!is_same(&policy(json!({"port": 80, "endPort": null})), &policy(json!({"port": 80, "endPort": 90}))));
}

#[test]
fn metadata_has_fields_that_nobody_states() {
    let desired = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1"}, "metadata": {
        "name": "a", "namespace": "shop", "creationTimestamp": null, "uid": "stated in vain",
        "annotations": {"note": "x", "confighub.com/UnitSlug": "u"}}});
    let with = |change: &dyn Fn(&mut Value)| {
        let mut live = json!({"data": {"a": "1", "b": "2"}, "metadata": {
            "name": "a", "namespace": "shop", "uid": "c7", "creationTimestamp": "2026-01-02T03:04:05Z",
            "annotations": {"note": "x", "confighub.com/UnitSlug": "v", "more": "y"},
            "managedFields": [{"manager": "confighub", "operation": "Apply", "fieldsV1": {"f:data": {}}}]}});
        change(&mut live);
        is_same(&desired, &live)
    };
    assert!(with(&|_| {}));
    assert!(!with(&|live| live["metadata"]["annotations"]["note"] = json!("z")));
    assert!(!with(&|live| live["metadata"]["name"] = json!("b")));
    assert!(!with(&|live| live["metadata"]["namespace"] = json!("other")));
    assert!(!with(&|live| live["metadata"]["deletionTimestamp"] = json!("2026-01-02T03:04:05Z")));
    assert!(!with(&|live| live["kind"] = json!("Secret")));
    let mut unnamed = desired.clone();
    unnamed["metadata"]["namespace"] = json!("");
    let mut object = object(&unnamed);
    object.key.namespace = Some("shop".to_owned());
    let live = r#"{"data": {"a": "1"}, "metadata": {"name": "a", "namespace": "shop", "annotations": {"note": "x"}}}"#;
    let said = |object: &StatedObject| {
        is_as_desired(object, live, &CustomSchemas::default(), (Additions::Off, &Persons::default()))
    };
    assert!(said(&object), "an empty namespace names none");
    let mut other = desired.clone();
    other["metadata"]["namespace"] = json!("other");
    object.manifest = Packed::of(&other);
    assert!(!said(&object), "another one does");
    assert!(!with(&|live| live["metadata"]["managedFields"][0]["manager"] = json!("kubectl-edit")));
    assert!(!with(&|live| live["data"] = json!(null)));
}

#[test]
fn what_is_odd_deserves_a_second_look() {
    let desired =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "1", "b": "2"}});
    let said = |raw: &str| {
        let given = (Additions::Off, &Persons::default());
        is_as_desired(&object(&desired), raw, &CustomSchemas::default(), given)
    };
    assert!(said(r#"{"metadata": {"name": "a"}, "data": {"a": "1", "b": "2"}}"#));
    for raw in [
        "[]",
        r#"{"metadata": null}"#,
        r#"{"metadata": {"name": "a", "managedFields": {}}, "data": {"a": "1", "b": "2"}}"#,
        r#"{"metadata": {"name": "a"}, "data": {"a": "1", "a": "1"}}"#,
        r#"{"metadata": {"name": "a"}, "data": {"a": "1", "b": "2"}} {}"#,
        r#"{"metadata": {"name": "a"}, "data": {"a": "1", "b": "2"}"#,
    ] {
        assert!(!said(raw), "{raw}");
    }
}

/// Fields that real specifications have, with values of all sorts.
fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        (0..3i64).prop_map(Value::from),
        Just(json!(1.5)),
        prop::sample::select(vec!["", "a", "TCP", "1", "1000m", "app"]).prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 32, 4, |inner| {
        let names = prop::sample::select(vec![
            "name",
            "containers",
            "ports",
            "containerPort",
            "protocol",
            "port",
            "env",
            "value",
            "template",
            "spec",
            "metadata",
            "labels",
            "selector",
            "matchLabels",
            "app",
            "replicas",
            "ingress",
            "egress",
            "rules",
            "tolerations",
            "key",
            "limits",
            "resources",
            "volumes",
            "volumeClaimTemplates",
            "status",
            "metrics",
            "type",
            "hosts",
            "finalizers",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names, inner), 0..5).prop_map(|it| {
                Value::Object(it.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>())
            }),
        ]
    })
}

/// A live object is a desired one with fields more, and sometimes a value that is another.
fn grown(desired: &Value, more: &[Value], at: &mut usize) -> Value {
    *at += 1;
    let extra = more[*at % more.len()].clone();
    match desired {
        Value::Object(fields) => {
            let mut live: Map<_, _> = fields.iter().map(|(key, it)| (key.clone(), grown(it, more, at))).collect();
            if let (Value::Object(extra), true) = (extra, (*at).is_multiple_of(3)) {
                for (key, value) in extra {
                    live.entry(key).or_insert(value);
                }
            }
            Value::Object(live)
        }
        Value::Array(items) => items.iter().map(|it| grown(it, more, at)).collect(),
        Value::Null if (*at).is_multiple_of(2) => extra,
        other if !(*at).is_multiple_of(41) => other.clone(),
        _ => extra,
    }
}

proptest! {
    /// `is_same` asserts that the comparison agrees.
    #[test]
    fn it_never_overlooks_what_the_comparison_sees(
        spec in value(), more in prop::collection::vec(value(), 1..6), start in 0..1000usize,
        kind in prop::sample::select(vec![
            ("apps/v1", "Deployment"), ("apps/v1", "StatefulSet"), ("v1", "Service"), ("v1", "Pod"), ("v1", "LimitRange"),
            ("networking.k8s.io/v1", "NetworkPolicy"), ("networking.k8s.io/v1", "Ingress"),
            ("autoscaling/v2", "HorizontalPodAutoscaler"), ("example.com/v1", "Widget"),
        ]),
    ) {
        let desired = of(kind.0, kind.1, spec);
        let mut at = start;
        let mut live = grown(&desired, &more, &mut at);
        live["metadata"] = desired["metadata"].clone();
        is_same(&desired, &live);
    }
}
