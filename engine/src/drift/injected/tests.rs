//! Each rule: a difference that it explains, and how it must not be stretched.

use serde_json::json;

use super::*;
use crate::drift::compare;
use crate::drift::types::CustomSchemas;

/// Objects as YAML: what desired states and what live has.
struct Case {
    rule: &'static str,
    kind: (&'static str, &'static str),
    desired: &'static str,
    live: &'static str,
    /// The field, where only live has it; empty: the comparison finds the difference.
    added: &'static str,
}

const HOOK: (&str, &str) = ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration");
const POD: (&str, &str) = ("v1", "Pod");
const PVC: (&str, &str) = ("v1", "PersistentVolumeClaim");

const fn found(
    rule: &'static str,
    kind: (&'static str, &'static str),
    desired: &'static str,
    live: &'static str,
) -> Case {
    Case { rule, kind, desired, live, added: "" }
}

const fn added(
    rule: &'static str,
    kind: (&'static str, &'static str),
    live: &'static str,
    added: &'static str,
) -> Case {
    Case { rule, kind, desired: "{}", live, added }
}

const CASES: &[Case] = &[
    found(
        "ca-bundle",
        HOOK,
        "webhooks: [{name: a, clientConfig: {caBundle: Cg==}}]",
        "webhooks: [{name: a, clientConfig: {caBundle: aGk=}}]",
    ),
    found(
        "ca-bundle",
        HOOK,
        "webhooks: [{name: a, clientConfig: {caBundle: ''}}]",
        "webhooks: [{name: a, clientConfig: {caBundle: aGk=}}]",
    ),
    found("ca-bundle", ("apiregistration.k8s.io/v1", "APIService"), "spec: {caBundle: ''}", "spec: {caBundle: aGk=}"),
    found(
        "aggregated-cluster-role",
        ("rbac.authorization.k8s.io/v1", "ClusterRole"),
        "{aggregationRule: {}, rules: []}",
        "{aggregationRule: {}, rules: [{verbs: [get]}]}",
    ),
    found(
        "aks-webhook-selector",
        HOOK,
        "webhooks: [{name: a, namespaceSelector: {matchLabels: {a: b}}}]",
        "webhooks: [{name: a, namespaceSelector: {matchLabels: {a: b}, matchExpressions: [{key: control-plane, operator: NotIn, values: ['true']}, {key: kubernetes.azure.com/managedby, operator: NotIn, values: [aks]}]}}]",
    ),
    found(
        "aks-webhook-selector",
        HOOK,
        "webhooks: [{name: a, namespaceSelector: {matchExpressions: [{key: x, operator: Exists}]}}]",
        "webhooks: [{name: a, namespaceSelector: {matchExpressions: [{key: x, operator: Exists}, {key: control-plane, operator: DoesNotExist}]}}]",
    ),
    found(
        "default-tolerations",
        POD,
        "spec: {tolerations: [{key: a, operator: Exists}]}",
        "spec: {tolerations: [{key: a, operator: Exists}, {key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 300}]}",
    ),
    added(
        "service-account-token",
        POD,
        "spec: {volumes: [{name: kube-api-access-x, projected: {}}]}",
        "/spec/volumes/0",
    ),
    added("service-account", POD, "spec: {serviceAccountName: default}", "/spec/serviceAccountName"),
    added(
        "deprecated-service-account",
        ("apps/v1", "Deployment"),
        "spec: {template: {spec: {serviceAccount: a}}}",
        "/spec/template/spec/serviceAccount",
    ),
    added("priority", POD, "spec: {priority: 0}", "/spec/priority"),
    added("preemption-policy", POD, "spec: {preemptionPolicy: Never}", "/spec/preemptionPolicy"),
    added("runtime-class-overhead", POD, "spec: {runtimeClassName: gvisor, overhead: {cpu: 1m}}", "/spec/overhead"),
    added(
        "limit-range",
        POD,
        "{metadata: {annotations: {kubernetes.io/limit-ranger: x}}, spec: {containers: [{name: a, resources: {limits: {cpu: 1}}}]}}",
        "/spec/containers/0/resources",
    ),
    added("scheduler", POD, "spec: {nodeName: a}", "/spec/nodeName"),
    added(
        "job-controller-labels",
        ("batch/v1", "Job"),
        "spec: {template: {metadata: {labels: {batch.kubernetes.io/job-name: a}}}}",
        "/spec/template/metadata/labels/batch.kubernetes.io~1job-name",
    ),
    added("service-addresses", ("v1", "Service"), "spec: {clusterIPs: [10.0.0.1]}", "/spec/clusterIPs"),
    added(
        "load-balancer-finalizer",
        ("v1", "Service"),
        "metadata: {finalizers: [service.kubernetes.io/load-balancer-cleanup]}",
        "/metadata/finalizers/0",
    ),
    added(
        "volume-binding",
        PVC,
        "metadata: {annotations: {pv.kubernetes.io/bind-completed: 'yes'}}",
        "/metadata/annotations/pv.kubernetes.io~1bind-completed",
    ),
    added("volume-protection", PVC, "metadata: {finalizers: [kubernetes.io/pvc-protection]}", "/metadata/finalizers"),
    added("default-storage-class", PVC, "spec: {storageClassName: standard}", "/spec/storageClassName"),
    added(
        "default-ingress-class",
        ("networking.k8s.io/v1", "Ingress"),
        "spec: {ingressClassName: nginx}",
        "/spec/ingressClassName",
    ),
    added("namespace-marks", ("v1", "Namespace"), "spec: {finalizers: [kubernetes]}", "/spec/finalizers"),
    added("service-account-secrets", ("v1", "ServiceAccount"), "secrets: [{name: builder-token-x1y2z}]", "/secrets/0"),
    added(
        "openshift-scc",
        POD,
        "{metadata: {annotations: {openshift.io/scc: restricted-v2}}, spec: {securityContext: {fsGroup: 1000}}}",
        "/spec/securityContext/fsGroup",
    ),
    added(
        "gke-autopilot",
        ("apps/v1", "Deployment"),
        "{metadata: {annotations: {autopilot.gke.io/resource-adjustment: x}}, spec: {template: {spec: {containers: [{name: a, resources: {limits: {cpu: 1}}}]}}}}",
        "/spec/template/spec/containers/0/resources/limits",
    ),
    found(
        "gke-autopilot-tolerations",
        ("apps/v1", "Deployment"),
        "spec: {template: {spec: {tolerations: [{key: a, operator: Exists}]}}}",
        "{metadata: {annotations: {autopilot.gke.io/x: y}}, spec: {template: {spec: {tolerations: [{key: a, operator: Exists}, {key: kubernetes.io/arch, operator: Equal, value: amd64, effect: NoSchedule}]}}}}",
    ),
    added(
        "aws-pod-identity",
        POD,
        "spec: {volumes: [{name: aws-iam-token}], containers: [{name: a, env: [{name: AWS_ROLE_ARN, value: x}]}]}",
        "/spec/containers/0/env/0",
    ),
    added("azure-workload-identity", POD, "spec: {volumes: [{name: azure-identity-token}]}", "/spec/volumes/0"),
    added(
        "istio-sidecar",
        POD,
        "{metadata: {annotations: {sidecar.istio.io/status: x}}, spec: {containers: [{name: istio-proxy}]}}",
        "/spec/containers/0",
    ),
    added(
        "istio-marks",
        POD,
        "metadata: {annotations: {sidecar.istio.io/status: x}}",
        "/metadata/annotations/sidecar.istio.io~1status",
    ),
    added(
        "linkerd-sidecar",
        POD,
        "{metadata: {annotations: {linkerd.io/proxy-version: x}}, spec: {containers: [{name: linkerd-proxy}]}}",
        "/spec/containers/0",
    ),
    added(
        "linkerd-marks",
        POD,
        "metadata: {annotations: {linkerd.io/proxy-version: x}}",
        "/metadata/annotations/linkerd.io~1proxy-version",
    ),
];

fn read(text: &str) -> Value {
    crate::manifest::values(text).expect(text).pop().unwrap_or_default()
}

/// The names of the rules that explain what differs; an empty one: a difference that no rule explains.
fn explained(case: &Case) -> Vec<&'static str> {
    let (desired, live) = (read(case.desired), read(case.live));
    let gvk = GroupVersionKind::new(case.kind.0, case.kind.1);
    let schemas = CustomSchemas::default();
    let situation = Situation::new(&gvk, (&desired, &live), &schemas);
    let name = |rule: Option<&'static Rule>| rule.map_or("", |it| it.name);
    if case.added.is_empty() {
        return compare::compare(&desired, &live, &gvk, &CustomSchemas::default())
            .iter()
            .map(|it| name(explain(&situation, it)))
            .collect();
    }
    let value = live.pointer(case.added).expect(case.added);
    vec![name(rule(
        &situation,
        Code::FieldAdded,
        &crate::drift::path::fixtures::path(case.added),
        &Value::Null,
        Some(value),
    ))]
}

#[test]
fn each_rule_explains_what_it_is_for() {
    for case in CASES {
        assert_eq!(explained(case), [case.rule], "{}\n{}", case.desired, case.live);
    }
    for Rule { name, reason, source, .. } in table::RULES {
        assert!(CASES.iter().any(|it| it.rule == *name), "{name} has no case");
        assert!(!reason.ends_with('.') && !source.is_empty(), "{name}");
    }
}

#[test]
fn what_desired_states_is_never_excused() {
    let selector = |text: &str| format!("webhooks: [{{name: a, namespaceSelector: {{matchExpressions: [{text}]}}}}]");
    let aks = "{key: control-plane, operator: DoesNotExist}";
    for (kind, desired, live) in [
        (
            HOOK,
            "webhooks: [{name: a, clientConfig: {caBundle: aGo=}}]".to_owned(),
            "webhooks: [{name: a, clientConfig: {caBundle: aGk=}}]".to_owned(),
        ),
        (HOOK, selector("{key: x, operator: Exists}"), selector(aks)),
        (HOOK, selector("{key: x, operator: Exists}"), selector(&format!("{aks}, {{key: x, operator: DoesNotExist}}"))),
        (HOOK, selector(aks), selector("{key: x, operator: Exists}")),
        (
            POD,
            "spec: {tolerations: [{key: a, operator: Exists}]}".to_owned(),
            "spec: {tolerations: [{key: node.kubernetes.io/not-ready, operator: Exists}]}".to_owned(),
        ),
        (PVC, "spec: {storageClassName: ''}".to_owned(), "spec: {storageClassName: standard}".to_owned()),
        (POD, "spec: {priorityClassName: high}".to_owned(), "spec: {priorityClassName: low}".to_owned()),
    ] {
        let (one, other) = (read(&desired), read(&live));
        let gvk = GroupVersionKind::new(kind.0, kind.1);
        let schemas = CustomSchemas::default();
        let situation = Situation::new(&gvk, (&one, &other), &schemas);
        let found = compare::compare(&one, &other, &gvk, &CustomSchemas::default());
        assert!(!found.is_empty(), "{desired}");
        assert!(found.iter().all(|it| explain(&situation, it).is_none()), "{desired}\n{live}");
    }
}

#[test]
fn blank_is_what_says_nothing() {
    for (value, blank) in [
        (json!(null), true),
        (json!(""), true),
        (json!(" \n"), true),
        (json!("Cg=="), true),
        (json!([]), true),
        (json!({}), true),
        (json!(0), false),
        (json!(false), false),
        (json!("aGk="), false),
        (json!("text!"), false),
    ] {
        assert_eq!(is_blank(&value), blank, "{value}");
    }
}
