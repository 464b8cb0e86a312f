//! The rubric row by row, and what raises a level.

use serde_json::json;

use super::*;
use crate::drift::compare::Sensitivity;
use crate::drift::path::fixtures::path;
use crate::drift::rule::Rule;

fn difference(pointer: &str, desired: Option<Value>, live: Option<Value>) -> Difference {
    let code = match (&desired, &live) {
        (None, _) => Code::FieldAdded,
        (_, None) => Code::FieldRemoved,
        _ => Code::FieldChanged,
    };
    let (path, desired) = (path(pointer), desired.unwrap_or_default());
    Difference { code, path, desired, live, names: Vec::new(), sensitivity: Sensitivity::Ordinary, rule: Rule::added() }
}

fn rated(kind: &str, pointer: &str, desired: Value, live: Value) -> (Severity, String) {
    let some = |it: Value| (it != json!("-")).then_some(it);
    let Rating { severity, reason } =
        of(&difference(pointer, some(desired), some(live)), &GroupVersionKind::new("v1", kind), Weight::NONE);
    (severity, reason)
}

/// Kind, field, both sides (`"-"`: not there), level, reason.
fn cases() -> Vec<(&'static str, &'static str, Value, Value, Severity, &'static str)> {
    use Severity::{Critical, High, Info, Low, Medium};
    let none = || json!("-");
    let web = |rest: &'static str| -> &'static str {
        Box::leak(format!("/spec/template/spec/containers/0/{rest}").into_boxed_str())
    };
    let pod =
        |rest: &'static str| -> &'static str { Box::leak(format!("/spec/template/spec/{rest}").into_boxed_str()) };
    vec![
        (
            "Deployment",
            web("securityContext/privileged"),
            json!(false),
            json!(true),
            Critical,
            "the container is privileged",
        ),
        (
            "Deployment",
            web("securityContext/privileged"),
            json!(true),
            json!(false),
            Medium,
            "whether the container is privileged",
        ),
        ("Deployment", pod("hostNetwork"), none(), json!(true), High, "the Pod shares a namespace of its node"),
        (
            "Deployment",
            pod("hostNetwork"),
            json!(true),
            none(),
            Medium,
            "whether the Pod shares a namespace of its node",
        ),
        (
            "Deployment",
            pod("volumes/1"),
            none(),
            json!({"name": "a", "hostPath": {"path": "/"}}),
            High,
            "the Pod reaches files of its node",
        ),
        ("Deployment", pod("volumes/1/hostPath"), json!({"path": "/"}), none(), Medium, "a volume from the node"),
        (
            "Deployment",
            web("securityContext/capabilities/add"),
            json!(["A"]),
            json!(["A", "SYS_ADMIN"]),
            High,
            "the container has more capabilities",
        ),
        (
            "Deployment",
            web("securityContext/capabilities/add/0"),
            json!("A"),
            none(),
            Medium,
            "the container lacks a capability",
        ),
        (
            "Deployment",
            web("securityContext/capabilities/drop/0"),
            json!("ALL"),
            none(),
            High,
            "the container keeps capabilities that it should drop",
        ),
        (
            "Deployment",
            web("securityContext/capabilities/drop/0"),
            none(),
            json!("ALL"),
            Medium,
            "the container drops another capability",
        ),
        ("Deployment", web("securityContext/runAsUser"), json!(1000), json!(0), High, "it runs as root"),
        ("Deployment", web("securityContext/runAsUser"), json!(1000), json!(1001), Medium, "it runs as another user"),
        (
            "Deployment",
            web("securityContext/runAsNonRoot"),
            json!(true),
            none(),
            High,
            "nothing keeps it from running as root",
        ),
        (
            "Deployment",
            web("securityContext/allowPrivilegeEscalation"),
            json!(false),
            json!(true),
            High,
            "it may gain privileges",
        ),
        (
            "Deployment",
            web("securityContext/allowPrivilegeEscalation"),
            json!(false),
            none(),
            High,
            "nothing keeps it from gaining privileges",
        ),
        (
            "Deployment",
            pod("securityContext/seccompProfile/type"),
            json!("RuntimeDefault"),
            json!("Unconfined"),
            High,
            "the sandbox is off",
        ),
        ("Deployment", web("securityContext/procMount"), none(), json!("Unmasked"), High, "it sees the node's /proc"),
        (
            "Deployment",
            web("securityContext/readOnlyRootFilesystem"),
            json!(true),
            json!(false),
            Medium,
            "the sandbox of the container",
        ),
        (
            "ServiceAccount",
            "/automountServiceAccountToken",
            json!(false),
            json!(true),
            Medium,
            "whether Pods get the account's token",
        ),
        (
            "Deployment",
            pod("automountServiceAccountToken"),
            json!(false),
            none(),
            Medium,
            "whether the Pod gets its account's token",
        ),
        (
            "Deployment",
            pod("serviceAccountName"),
            json!("a"),
            json!("admin"),
            High,
            "it runs with another account's rights",
        ),
        (
            "Deployment",
            web("image"),
            json!("gcr.io/project/app:v1"),
            json!("gcr.io/other/app:v1"),
            Critical,
            "the image comes from elsewhere",
        ),
        (
            "Deployment",
            web("image"),
            json!("nginx:1"),
            json!("docker.io/library/nginx:2"),
            Medium,
            "another version of the image",
        ),
        (
            "Deployment",
            web("image"),
            json!("a.example/x:1"),
            json!("b.example/x:1"),
            Critical,
            "the image comes from elsewhere",
        ),
        (
            "Deployment",
            web("image"),
            json!("localhost:5000/x"),
            json!("localhost:5000/x:2"),
            Medium,
            "another version of the image",
        ),
        (
            "Deployment",
            web("image"),
            json!("x@sha256:0"),
            json!("x:1"),
            High,
            "the image is no longer pinned by its digest",
        ),
        ("Deployment", web("image"), json!("x:1"), none(), Medium, "another version of the image"),
        ("Deployment", web("imagePullPolicy"), json!("Always"), json!("Never"), Medium, "how the image is pulled"),
        ("Deployment", web("args/0"), json!("-v"), json!("-q"), Medium, "what the container runs"),
        ("Deployment", web("env/0/value"), json!("a"), json!("b"), Medium, "the container's settings"),
        ("Deployment", web("env/1"), none(), json!({"name": "a", "value": "b"}), Medium, "the container's settings"),
        ("Deployment", web("resources"), json!({"limits": {"cpu": "1"}}), none(), Medium, "what the container may use"),
        (
            "Deployment",
            web("livenessProbe"),
            json!({"httpGet": {"port": 80}}),
            none(),
            Medium,
            "nobody watches its health",
        ),
        ("Deployment", web("livenessProbe/periodSeconds"), json!(5), json!(50), Medium, "how its health is watched"),
        (
            "Deployment",
            pod("containers/1"),
            none(),
            json!({"name": "x", "stdin": true}),
            Medium,
            "a container more or less",
        ),
        ("Deployment", pod("containers"), json!([]), none(), Medium, "a container more or less"),
        (
            "Deployment",
            web("volumeMounts/0/readOnly"),
            json!(true),
            none(),
            Medium,
            "what the container reads and writes",
        ),
        ("Deployment", pod("nodeSelector/zone"), json!("a"), json!("b"), Medium, "where it runs"),
        ("Deployment", pod("priorityClassName"), json!("a"), json!("b"), Medium, "who makes room for it"),
        (
            "Deployment",
            "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt",
            none(),
            json!("now"),
            Info,
            "somebody restarted it",
        ),
        ("Deployment", "/spec/template/metadata/annotations/a", json!("a"), json!("b"), Low, "a note on its Pods"),
        ("Deployment", "/spec/template/metadata/labels/a", json!("a"), json!("b"), Medium, "who selects its Pods"),
        ("Deployment", "/spec/replicas", json!(3), json!(0), High, "nothing of it runs"),
        ("Deployment", "/spec/replicas", json!(3), json!(2), Medium, "fewer replicas run"),
        ("Deployment", "/spec/replicas", json!(3), json!(5), Low, "more replicas run"),
        ("CronJob", "/spec/suspend", json!(false), json!(true), Medium, "it is halted"),
        (
            "Deployment",
            "/spec/strategy/type",
            json!("Recreate"),
            json!("RollingUpdate"),
            Low,
            "how it is rolled out and ends",
        ),
        (
            "Role",
            "/rules/0/verbs",
            json!(["get"]),
            json!(["get", "*"]),
            Critical,
            "the role allows everything of some kind",
        ),
        (
            "Role",
            "/rules/0/verbs",
            json!(["get"]),
            json!(["get", "list"]),
            High,
            "the role allows more or other things",
        ),
        ("Role", "/rules/0/verbs", json!(["get", "list"]), json!(["get"]), Medium, "the role allows less"),
        ("ClusterRoleBinding", "/roleRef/name", json!("view"), json!("cluster-admin"), High, "another role is granted"),
        (
            "RoleBinding",
            "/subjects",
            json!([]),
            json!([{"kind": "User", "name": "a"}]),
            High,
            "somebody else is granted the role",
        ),
        ("RoleBinding", "/subjects", json!([{"kind": "User", "name": "a"}]), none(), Medium, "somebody lost the role"),
        (
            "ServiceAccount",
            "/metadata/annotations/eks.amazonaws.com~1role-arn",
            json!("a"),
            json!("b"),
            Medium,
            "which identity the account has elsewhere",
        ),
        ("NetworkPolicy", "/spec/ingress", json!([]), json!([{}]), High, "which traffic is allowed"),
        (
            "ValidatingWebhookConfiguration",
            "/webhooks/0/failurePolicy",
            json!("Fail"),
            json!("Ignore"),
            High,
            "requests pass when the webhook fails",
        ),
        (
            "ValidatingWebhookConfiguration",
            "/webhooks/0/timeoutSeconds",
            json!(5),
            json!(10),
            Low,
            "how long the webhook may take",
        ),
        (
            "ValidatingWebhookConfiguration",
            "/webhooks/0/rules",
            json!([{"operations": ["*"]}]),
            json!([]),
            High,
            "what may be created",
        ),
        (
            "Namespace",
            "/metadata/labels/pod-security.kubernetes.io~1enforce",
            json!("restricted"),
            none(),
            High,
            "which Pods the namespace allows",
        ),
        (
            "CustomResourceDefinition",
            "/spec/versions/0/served",
            json!(true),
            json!(false),
            High,
            "how the API itself behaves",
        ),
        ("PodDisruptionBudget", "/spec/minAvailable", json!(2), json!(0), Medium, "how much may be used or taken away"),
        ("Service", "/spec/selector/app", json!("a"), json!("b"), High, "traffic goes to other Pods"),
        (
            "Service",
            "/spec/type",
            json!("ClusterIP"),
            json!("LoadBalancer"),
            High,
            "the Service can be reached from outside",
        ),
        ("Service", "/spec/loadBalancerSourceRanges", json!(["10.0.0.0/8"]), none(), High, "who reaches the Service"),
        ("Service", "/spec/ports/0/port", json!(80), json!(81), Medium, "how the Service is reached"),
        ("Ingress", "/spec/tls", json!([{"hosts": ["a"]}]), none(), High, "how traffic is encrypted"),
        ("Ingress", "/spec/rules/0/host", json!("a"), json!("b"), Medium, "how traffic gets in"),
        ("Secret", "/data/key", Value::Null, Value::Null, High, "the Secret holds something else"),
        ("ConfigMap", "/data/key", json!("a"), json!("b"), Medium, "the settings are others"),
        (
            "PersistentVolume",
            "/spec/persistentVolumeReclaimPolicy",
            json!("Retain"),
            json!("Delete"),
            High,
            "the data go with the claim",
        ),
        ("Deployment", "/metadata/ownerReferences/0/uid", json!("a"), json!("b"), Medium, "what it goes with"),
        ("Deployment", "/metadata/labels/a", json!("a"), json!("b"), Low, "labels and notes"),
        ("Widget", "/spec/size", json!(1), json!(2), Medium, "how it behaves"),
        ("Widget", "/size", json!(1), json!(2), Medium, "a field of it"),
    ]
}

#[test]
fn every_row_decides_a_case() {
    let mut reasons = std::collections::BTreeSet::new();
    for (kind, pointer, desired, live, severity, reason) in cases() {
        let text = format!("{kind} {pointer} {desired} {live}");
        assert_eq!(rated(kind, pointer, desired, live), (severity, reason.to_owned()), "{text}");
        reasons.insert(reason);
    }
    for (code, kind, severity, reason) in OBJECTS {
        let rating = of_object(*code, &GroupVersionKind::new("v1", kind), Weight::NONE);
        assert_eq!((rating.severity, rating.reason.as_str()), (*severity, *reason), "{code} {kind}");
        reasons.insert(reason);
    }
    for row in table::TABLE {
        assert!(reasons.contains(row.reason), "no case for: {}", row.reason);
    }
}

const OBJECTS: &[(Code, &str, Severity, &str)] = &[
    (Code::ObjectMissing, "NetworkPolicy", Severity::High, "a policy that guards traffic is gone"),
    (Code::ObjectMissing, "ValidatingAdmissionPolicy", Severity::High, "a guard of what may be created is gone"),
    (Code::ObjectMissing, "Namespace", Severity::Critical, "everything in it is gone too"),
    (Code::ObjectMissing, "Deployment", Severity::High, "what it runs is gone"),
    (Code::ObjectMissing, "Service", Severity::High, "nothing reaches what is behind it"),
    (Code::ObjectMissing, "Secret", Severity::High, "Pods that need it can't start"),
    (Code::ObjectMissing, "RoleBinding", Severity::Medium, "who relied on it lost access"),
    (Code::ObjectMissing, "Widget", Severity::Medium, "the object is gone"),
    (Code::ObjectOrphaned, "ClusterRoleBinding", Severity::High, "it grants access that no unit states"),
    (
        Code::ObjectUnmanaged,
        "MutatingWebhookConfiguration",
        Severity::Medium,
        "it decides about other objects, and no unit states it",
    ),
    (Code::ObjectOrphaned, "Deployment", Severity::Medium, "it runs, and no unit states it any more"),
    (Code::ObjectOrphaned, "Ingress", Severity::Medium, "it lets traffic in, and no unit states it any more"),
    (Code::ObjectOrphaned, "ConfigMap", Severity::Low, "no unit states it any more"),
    (Code::ObjectUnmanaged, "ConfigMap", Severity::Info, "no unit states it"),
];

#[test]
fn a_value_is_as_bad_as_the_worst_of_its_parts() {
    let container = json!({"name": "x", "image": "x", "securityContext": {"privileged": true}});
    assert_eq!(rated("Deployment", "/spec/template/spec/containers/1", json!("-"), container).0, Severity::Critical);
    let (one, other) = (json!({"runAsNonRoot": true, "runAsUser": 7}), json!({"runAsUser": 7}));
    assert_eq!(rated("Deployment", "/spec/template/spec/securityContext", one, other).0, Severity::High);
}

#[test]
fn production_and_critical_units_raise_by_one_each() {
    use Severity::{Critical, High, Info, Low, Medium};
    let (last, critical) =
        (Weight { stage: Stage::Last, ..Weight::NONE }, Weight { tier: Tier::Critical, ..Weight::NONE });
    let both = Weight { stage: Stage::Last, tier: Tier::Critical };
    for (base, weight, expected) in [
        (Info, both, Info),
        (Low, last, Medium),
        (Low, both, Medium),
        (Medium, last, High),
        (Medium, critical, High),
        (Medium, both, Critical),
        (High, last, Critical),
        (Critical, both, Critical),
    ] {
        assert_eq!(raised((base, "x"), weight).severity, expected, "{base} {weight:?}");
    }
    assert_eq!(
        raised((Medium, "x"), both).reason,
        "x, in the last environment of the promotion order, in a critical unit"
    );
    assert_eq!(raised((Info, "x"), both).reason, "x");
}
