//! How lists pair, and where one more entry is a change.

use serde_json::json;

use super::*;

/// As JSON: the reader of manifests makes integers of whole floats, and nothing does so with what a server sends.
#[test]
fn a_number_is_the_same_however_it_is_written() {
    let pod = |port: Value| json!({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a", "ports": [port]}]}});
    let service = |port: Value| json!({"apiVersion": "v1", "kind": "Service", "spec": {"ports": [port]}});
    let deployment = |spec: Value| json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": spec});
    let port = "/spec/containers/0/ports/0";
    for (desired, live, want) in [
        // Paired by name they would look the same: desired leaves the protocol out.
        (
            pod(json!({"containerPort": 80.0, "name": "w"})),
            pod(json!({"containerPort": 80, "name": "w", "protocol": "UDP"})),
            Some(port),
        ),
        (
            pod(json!({"containerPort": 80, "name": "w"})),
            pod(json!({"containerPort": 80.0, "name": "w", "protocol": "UDP"})),
            Some(port),
        ),
        (
            pod(json!({"containerPort": 80.0, "name": "w"})),
            pod(json!({"containerPort": 80, "name": "w", "protocol": "TCP"})),
            None,
        ),
        // What the server fills in.
        (service(json!({"port": 80, "targetPort": 80.0})), service(json!({"port": 80})), None),
        (deployment(json!({"replicas": 1.0})), deployment(json!({})), None),
        (deployment(json!({"replicas": 2.0})), deployment(json!({})), Some("/spec/replicas")),
    ] {
        let found = compare(&desired, &live, &gvk(&desired), &CustomSchemas::default());
        let found: Vec<String> = found.iter().map(|it| it.path.pointer()).collect();
        assert_eq!(found, Vec::from_iter(want), "{desired}\n{live}");
    }
}

#[test]
fn lists_pair_as_the_api_merges_them() {
    let containers = |list: &str| format!("spec: {{containers: [{list}]}}");
    let one = |desired: &str, live: &str| pointers(POD, &containers(desired), &containers(live));
    let none: [&str; 0] = [];
    assert_eq!(one("{name: a, image: x}", "{name: side, image: y}, {name: a, image: x}"), none);
    assert_eq!(one("{name: a, image: x}", "{name: side, image: y}, {name: a, image: z}"), ["/spec/containers/0/image"]);
    assert_eq!(one("{name: a}, {name: b}", "{name: b}"), ["/spec/containers/0"]);
    assert_eq!(
        one("{name: a, args: [x, y]}", "{name: a, args: [y, x]}"),
        ["/spec/containers/0/args/0", "/spec/containers/0/args/1"]
    );
    assert_eq!(one("{name: a, args: [x]}", "{name: a, args: [x, y]}"), ["/spec/containers/0/args"]);
    assert_eq!(
        one("{name: a, env: [{name: x, value: a}, {name: y}]}", "{name: a, env: [{name: y}, {name: x, value: a}]}"),
        none
    );
    assert_eq!(
        one(
            "{name: a, env: [{name: p}, {name: q, value: $(p)}]}",
            "{name: a, env: [{name: q, value: $(p)}, {name: p}]}"
        ),
        ["/spec/containers/0/env"]
    );
    // One name twice: the last one counts for the container, so another one more is a change.
    assert_eq!(
        one("{name: a, env: [{name: x, value: a}]}", "{name: a, env: [{name: x, value: a}, {name: x, value: b}]}"),
        ["/spec/containers/0/env"]
    );
    assert_eq!(one("{image: x}", "{name: a, image: y}"), ["/spec/containers/0", "/spec/containers/0/image"]);
    assert_eq!(
        one("{name: a, ports: [{containerPort: 80}]}", "{name: a, ports: [{containerPort: 80, protocol: TCP}]}"),
        none
    );
    assert_eq!(
        one("{name: a, ports: [{containerPort: 80}]}", "{name: a, ports: [{containerPort: 80, protocol: UDP}]}"),
        ["/spec/containers/0/ports/0"]
    );
    assert_eq!(
        one(
            "{name: a, ports: [{containerPort: 80, name: w}]}",
            "{name: a, ports: [{containerPort: 81, name: w, protocol: TCP}]}"
        ),
        ["/spec/containers/0/ports/0/containerPort"]
    );
    // Paired by name it would look the same: desired leaves the protocol out.
    assert_eq!(
        one(
            "{name: a, ports: [{containerPort: 80, name: w}]}",
            "{name: a, ports: [{containerPort: 80, protocol: UDP, name: w}]}"
        ),
        ["/spec/containers/0/ports/0"]
    );
    check(&[
        // Two ports of one number: the protocol tells them apart.
        (
            SERVICE,
            "spec: {ports: [{port: 53, protocol: UDP, nodePort: 1}, {port: 53, protocol: TCP, nodePort: 2}]}",
            "spec: {ports: [{port: 53, protocol: TCP, nodePort: 2}, {port: 53, protocol: UDP, nodePort: 3}]}",
            &["/spec/ports/0/nodePort"],
        ),
        (
            BARE,
            "metadata: {name: a, finalizers: [x, y]}",
            "metadata: {name: a, finalizers: [y, z]}",
            &["/metadata/finalizers/0"],
        ),
        (POLICY, "spec: {policyTypes: [Ingress, Egress]}", "spec: {policyTypes: [Ingress]}", &["/spec/policyTypes"]),
    ]);
}

#[test]
fn what_the_api_replaces_as_a_whole_may_not_grow() {
    check(&[
        (SERVICE, "spec: {selector: {app: a}}", "spec: {selector: {app: a, version: b}}", &["/spec/selector"]),
        (POLICY, "spec: {podSelector: {}}", "spec: {podSelector: {matchLabels: {app: a}}}", &["/spec/podSelector"]),
        (
            POLICY,
            "spec: {ingress: [{ports: [{port: 80}]}]}",
            "spec: {ingress: [{ports: [{port: 80, protocol: TCP}]}]}",
            &[],
        ),
        (
            POLICY,
            "spec: {ingress: [{from: [{podSelector: {}}]}]}",
            "spec: {ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}]}",
            &["/spec/ingress/0"],
        ),
        (POLICY, "spec: {ingress: []}", "spec: {ingress: [{}]}", &["/spec/ingress"]),
        (POD, "spec: {nodeSelector: {a: b}}", "spec: {nodeSelector: {a: b, c: d}}", &["/spec/nodeSelector"]),
        (
            POD,
            "spec: {tolerations: [{key: a}]}",
            "spec: {tolerations: [{key: a}, {key: node.kubernetes.io/not-ready, operator: Exists}]}",
            &[],
        ),
        (POD, "spec: {tolerations: [{key: a}]}", "spec: {tolerations: [{key: a}, {key: b}]}", &["/spec/tolerations"]),
        (BARE, "metadata: {name: a, labels: {a: b}}", "metadata: {name: a, labels: {a: b, c: d}}", &[]),
    ]);
}

#[test]
fn lists_of_custom_resources_hide_nothing() {
    let one = |desired: &str, live: &str| {
        pointers(CUSTOM, &format!("spec: {{a: [{desired}]}}"), &format!("spec: {{a: [{live}]}}"))
    };
    let none: [&str; 0] = [];
    assert_eq!(one("{name: p, v: 1}, {name: q}", "{name: p, v: 1, w: 2}, {name: q}"), none);
    assert_eq!(one("{name: p, v: 1}, {name: q}", "{name: p, v: 2}, {name: q}"), ["/spec/a/0/v"]);
    assert_eq!(one("{name: p}, {name: q}", "{name: q}, {name: p}"), ["/spec/a"]);
    assert_eq!(one("{name: p}", "{name: p}, {name: q}"), ["/spec/a"]);
    assert_eq!(one("{name: p}, {name: q}", "{name: q}"), ["/spec/a/0"]);
    assert_eq!(one("{name: p, v: 1}", "{name: z, v: 1}"), ["/spec/a/0/name"]);
    assert_eq!(one("{v: 1}, {v: 2}", "{v: 2}, {v: 1}"), ["/spec/a/0/v", "/spec/a/1/v"]);
    assert_eq!(one("1, null", "1, 2"), ["/spec/a/1"]);
    assert_eq!(pointers(CUSTOM, "spec: {every: 8760h}", "spec: {every: 8760h0m0s}"), none);
}

#[test]
fn what_no_list_can_hold_twice_is_a_difference() {
    let binding =
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: {name: a}";
    let actions = |list: &str| format!("spec: {{validationActions: [{list}]}}");
    let ports = |list: &str| format!("spec: {{ports: [{list}]}}");
    check(&[
        (binding, &actions("Audit, Audit"), &actions("Warn, Audit"), &["/spec/validationActions"]),
        (binding, &actions("Audit, Deny"), &actions("Warn, Audit"), &["/spec/validationActions/1"]),
        (binding, &actions("Audit, Deny"), &actions("Deny, Warn, Audit"), &[]),
        // Whoever got it in without applying it: nothing differs.
        (binding, &actions("Audit, Audit"), &actions("Audit, Audit"), &[]),
        (SERVICE, &ports("{port: 80}, {port: 80}"), &ports("{port: 80, protocol: TCP}"), &["/spec/ports"]),
        (
            SERVICE,
            &ports("{port: 80}, {port: 80}"),
            &ports("{port: 81}, {port: 82}"),
            &["/spec/ports/0/port", "/spec/ports/1/port"],
        ),
    ]);
}

#[test]
fn long_lists_are_compared_in_passing() {
    const MANY: usize = 100_000;
    let found = |make: &dyn Fn(usize) -> Value, place: &str, live: &[usize]| {
        let object = |entries: Vec<Value>| {
            let kind = if place == "finalizers" { "metadata" } else { "spec" };
            serde_json::json!({"apiVersion": "v1", "kind": "Service", kind: {place: entries}})
        };
        let (desired, live) =
            (object((0..MANY).map(make).collect()), object(live.iter().map(|at| make(*at)).collect()));
        let found = compare(&desired, &live, &gvk(&desired), &CustomSchemas::default());
        found.iter().map(|it| it.path.pointer()).collect::<Vec<_>>()
    };
    let port = |at: usize| serde_json::json!({"port": at, "name": format!("p{at}")});
    let text = |at: usize| Value::String(format!("t{at}"));
    let reversed: Vec<usize> = (0..MANY).rev().collect();
    assert_eq!(found(&text, "loadBalancerSourceRanges", &reversed[1..]), ["/spec/loadBalancerSourceRanges"]);
    assert_eq!(found(&port, "ports", &reversed[1..]), [format!("/spec/ports/{}", MANY - 1)]);
    assert_eq!(found(&text, "finalizers", &reversed[1..]), [format!("/metadata/finalizers/{}", MANY - 1)]);
    // Nothing is where it was, and everything there is twice.
    let others: Vec<usize> = (MANY..2 * MANY).collect();
    assert_eq!(found(&port, "ports", &others).len(), MANY);
    let twice: Vec<usize> = reversed.iter().flat_map(|at| [*at, *at]).collect();
    assert_eq!(found(&port, "ports", &twice), ["/spec/ports"]);
}
