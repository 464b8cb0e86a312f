//! What is an addition, and what is silent and why.

use serde_json::json;

use super::*;
use crate::drift::types::CustomSchemas;
use crate::model::object::GroupVersionKind;

fn read(text: &str) -> Value {
    crate::manifest::values(text).expect(text).pop().unwrap_or_default()
}

/// One entry of `managedFields`: its manager and its fields in YAML.
fn by(manager: &str, fields: &str) -> Value {
    let operation = if manager == "confighub" { "Apply" } else { "Update" };
    json!({"manager": manager, "operation": operation, "fieldsType": "FieldsV1", "fieldsV1": read(fields)})
}

/// The pointers of what was added.
fn added(kind: (&str, &str), desired: &str, live: &str, managers: &[Value]) -> Vec<String> {
    let (desired, mut live) = (read(desired), read(live));
    live["metadata"]["managedFields"] = json!(managers);
    let gvk = GroupVersionKind::new(kind.0, kind.1);
    let schemas = CustomSchemas::default();
    let situation = Situation::new(&gvk, (&desired, &live), &schemas);
    let found = super::super::compare::compare(&desired, &live, &gvk, &CustomSchemas::default());
    find(&situation, &Owners::read(&live), &found).iter().map(|it| it.path.pointer()).collect()
}

const CONFIG: (&str, &str) = ("v1", "ConfigMap");
const DEPLOYMENT: (&str, &str) = ("apps/v1", "Deployment");
const SERVICE: (&str, &str) = ("v1", "Service");
const CUSTOM: (&str, &str) = ("example.com/v1", "Thing");

/// Why it is silent, or what is told.
type Case =
    (&'static str, (&'static str, &'static str), &'static str, &'static str, Vec<Value>, &'static [&'static str]);

fn cases() -> Vec<Case> {
    let data = "data: {x: a, y: b}";
    let container = "'f:spec': {'f:template': {'f:spec': {'f:containers': {'k:{\"name\":\"web\"}': FIELDS}}}}";
    let in_container = |manager: &str, fields: &str| by(manager, &container.replace("FIELDS", fields));
    let web = "spec: {template: {spec: {containers: [{name: web, image: web:1}]}}}";
    vec![
        (
            "a person's tool is the only owner",
            CONFIG,
            "data: {x: a}",
            data,
            vec![by("kubectl-edit", "'f:data': {'f:y': {}}")],
            &["/data/y"],
        ),
        (
            "two people's tools share it",
            CONFIG,
            "data: {x: a}",
            data,
            vec![by("kubectl-edit", "'f:data': {'f:y': {}}"), by("k9s", "'f:data': {'f:y': {}}")],
            &["/data/y"],
        ),
        (
            "desired states nothing of the map",
            CONFIG,
            "{}",
            data,
            vec![by("Mozilla", "'f:data': {'.': {}, 'f:x': {}, 'f:y': {}}")],
            &["/data"],
        ),
        (
            "the map is somebody else's",
            CONFIG,
            "{}",
            data,
            vec![by("helm", "'f:data': {'.': {}}"), by("k9s", "'f:data': {'f:x': {}, 'f:y': {}}")],
            &["/data/x", "/data/y"],
        ),
        (
            "one of two entries is a person's",
            CONFIG,
            "{}",
            data,
            vec![by("operator", "'f:data': {'f:x': {}}"), by("k9s", "'f:data': {'.': {}, 'f:y': {}}")],
            &["/data/y"],
        ),
        (
            "silent: a deployer owns it too",
            CONFIG,
            "data: {x: a}",
            data,
            vec![by("kubectl-edit", "'f:data': {'f:y': {}}"), by("confighub", "'f:data': {'f:y': {}}")],
            &[],
        ),
        ("silent: a controller's", CONFIG, "data: {x: a}", data, vec![by("my-operator", "'f:data': {'f:y': {}}")], &[]),
        (
            "silent: kubectl apply may be a pipeline's",
            CONFIG,
            "data: {x: a}",
            data,
            vec![by("kubectl-client-side-apply", "'f:data': {'f:y': {}}")],
            &[],
        ),
        (
            "silent: nobody knows the tool",
            CONFIG,
            "data: {x: a}",
            data,
            vec![by("alice", "'f:data': {'f:y': {}}")],
            &[],
        ),
        (
            "silent: nobody is known to own it",
            CONFIG,
            "data: {x: a}",
            data,
            vec![by("kubectl-edit", "'f:data': {'f:x': {}}")],
            &[],
        ),
        ("silent: no managedFields", CONFIG, "data: {x: a}", data, vec![], &[]),
        (
            "silent: the server's own",
            CONFIG,
            "{}",
            "{metadata: {uid: a, generation: 2, annotations: {kubectl.kubernetes.io/last-applied-configuration: x}}, status: {a: b}}",
            vec![by(
                "kubectl-create",
                "{'f:metadata': {'f:uid': {}, 'f:generation': {}, 'f:annotations': {'.': {}, 'f:kubectl.kubernetes.io/last-applied-configuration': {}}}, 'f:status': {'f:a': {}}}",
            )],
            &[],
        ),
        (
            "the bookkeeping beside it is not",
            CONFIG,
            "{}",
            "{metadata: {annotations: {kubectl.kubernetes.io/last-applied-configuration: x, a: b}}}",
            vec![by(
                "kubectl-create",
                "'f:metadata': {'f:annotations': {'.': {}, 'f:kubectl.kubernetes.io/last-applied-configuration': {}, 'f:a': {}}}",
            )],
            &["/metadata/annotations/a"],
        ),
        (
            "silent: defaults that came with a person's write",
            DEPLOYMENT,
            web,
            "spec: {replicas: 1, progressDeadlineSeconds: 600, strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}, template: {spec: {dnsPolicy: ClusterFirst, securityContext: {}, containers: [{name: web, image: web:1, imagePullPolicy: IfNotPresent, resources: {}}]}}}",
            vec![by(
                "kubectl-create",
                "'f:spec': {'f:replicas': {}, 'f:progressDeadlineSeconds': {}, 'f:strategy': {'f:type': {}, 'f:rollingUpdate': {'.': {}, 'f:maxSurge': {}, 'f:maxUnavailable': {}}}, 'f:template': {'f:spec': {'f:dnsPolicy': {}, 'f:securityContext': {}, 'f:containers': {'k:{\"name\":\"web\"}': {'f:imagePullPolicy': {}, 'f:resources': {}}}}}}",
            )],
            &[],
        ),
        (
            "a value beside defaults",
            DEPLOYMENT,
            web,
            "spec: {strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 2, maxUnavailable: 25%}}, template: {spec: {containers: [{name: web, image: web:1}]}}}",
            vec![by(
                "kubectl-edit",
                "'f:spec': {'f:strategy': {'f:type': {}, 'f:rollingUpdate': {'f:maxSurge': {}, 'f:maxUnavailable': {}}}}",
            )],
            &["/spec/strategy"],
        ),
        (
            "a field of a container that live has elsewhere",
            DEPLOYMENT,
            web,
            "spec: {template: {spec: {containers: [{name: proxy}, {name: web, image: web:1, tty: true}]}}}",
            vec![in_container("kubectl-edit", "{'f:tty': {}}")],
            &["/spec/template/spec/containers/0/tty"],
        ),
        (
            "a whole container, at its place in live",
            DEPLOYMENT,
            web,
            "spec: {template: {spec: {containers: [{name: web, image: web:1}, {name: debug, image: busybox, imagePullPolicy: Always}]}}}",
            vec![by(
                "kubectl-edit",
                "'f:spec': {'f:template': {'f:spec': {'f:containers': {'k:{\"name\":\"debug\"}': {'.': {}, 'f:name': {}, 'f:image': {}, 'f:imagePullPolicy': {}}}}}}",
            )],
            &["/spec/template/spec/containers/1"],
        ),
        (
            "a whole container, though another manager wrote into it",
            DEPLOYMENT,
            web,
            "spec: {template: {spec: {containers: [{name: web, image: web:1}, {name: debug, image: busybox, tty: true}]}}}",
            vec![
                by(
                    "kubectl-edit",
                    "'f:spec': {'f:template': {'f:spec': {'f:containers': {'k:{\"name\":\"debug\"}': {'.': {}, 'f:name': {}, 'f:image': {}}}}}}",
                ),
                by(
                    "helm",
                    "'f:spec': {'f:template': {'f:spec': {'f:containers': {'k:{\"name\":\"debug\"}': {'f:tty': {}}}}}}",
                ),
            ],
            &["/spec/template/spec/containers/1"],
        ),
        (
            "silent: desired states the list, and it is one value",
            DEPLOYMENT,
            "spec: {template: {spec: {containers: [{name: web, args: [a]}]}}}",
            "spec: {template: {spec: {containers: [{name: web, args: [a, b]}]}}}",
            vec![in_container("kubectl-edit", "{'f:args': {}}")],
            &[],
        ),
        (
            "an entry of a set",
            CONFIG,
            "metadata: {finalizers: [a/b]}",
            "metadata: {finalizers: [a/b, c/d]}",
            vec![by("kubectl-patch", "'f:metadata': {'f:finalizers': {'v:\"c/d\"': {}}}")],
            &["/metadata/finalizers/1"],
        ),
        (
            "silent: addresses that the server assigns",
            SERVICE,
            "{}",
            "spec: {clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], ipFamilies: [IPv4], ipFamilyPolicy: SingleStack, internalTrafficPolicy: Cluster, type: ClusterIP, sessionAffinity: None}",
            vec![by(
                "kubectl-expose",
                "'f:spec': {'f:clusterIP': {}, 'f:clusterIPs': {}, 'f:ipFamilies': {}, 'f:ipFamilyPolicy': {}, 'f:internalTrafficPolicy': {}, 'f:type': {}, 'f:sessionAffinity': {}}",
            )],
            &[],
        ),
        (
            "a type that nobody assigns",
            SERVICE,
            "{}",
            "spec: {type: NodePort, externalTrafficPolicy: Cluster, ports: [{port: 80, protocol: TCP, nodePort: 30080}]}",
            vec![by("kubectl-edit", "'f:spec': {'f:type': {}, 'f:externalTrafficPolicy': {}}")],
            &["/spec/type"],
        ),
        (
            "a restart",
            DEPLOYMENT,
            web,
            "spec: {template: {metadata: {annotations: {kubectl.kubernetes.io/restartedAt: now}}, spec: {containers: [{name: web, image: web:1}]}}}",
            vec![by(
                "kubectl-rollout",
                "'f:spec': {'f:template': {'f:metadata': {'f:annotations': {'.': {}, 'f:kubectl.kubernetes.io/restartedAt': {}}}}}",
            )],
            &["/spec/template/metadata"],
        ),
        (
            "custom resources too",
            CUSTOM,
            "spec: {a: 1}",
            "spec: {a: 1, b: {c: 2}}",
            vec![by("kubectl-edit", "'f:spec': {'f:b': {'.': {}, 'f:c': {}}}")],
            &["/spec/b"],
        ),
        (
            "silent: the finding tells it already",
            CUSTOM,
            "spec: {list: [{name: a}]}",
            "spec: {list: [{name: a}, {name: b}]}",
            vec![by("kubectl-edit", "'f:spec': {'f:list': {'k:{\"name\":\"b\"}': {'.': {}, 'f:name': {}}}}")],
            &[],
        ),
    ]
}

#[test]
fn each_case_is_told_or_silent() {
    for (why, kind, desired, live, managers, expected) in cases() {
        assert_eq!(added(kind, desired, live, &managers), expected, "{why}");
    }
}

#[test]
fn a_secret_keeps_what_was_added_to_it() {
    let mut live = json!({"data": {"k": "aHVudGVyMg=="}});
    live["metadata"]["managedFields"] = json!([by("kubectl-edit", "'f:data': {'.': {}, 'f:k': {}}")]);
    let gvk = GroupVersionKind::new("v1", "Secret");
    for desired in [json!({}), json!({"data": {"other": ""}})] {
        let schemas = CustomSchemas::default();
        let situation = Situation::new(&gvk, (&desired, &live), &schemas);
        let found = find(&situation, &Owners::read(&live), &[]);
        assert_eq!((found.len(), found[0].sensitivity), (1, Sensitivity::Secret));
        assert!(!format!("{found:?}").contains("aHVudGVyMg"));
    }
}
