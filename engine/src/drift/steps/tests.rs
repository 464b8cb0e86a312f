//! Hostile objects through the whole comparison: the work grows as they do, not as their square.

use serde_json::{Value, json};

use crate::drift::additions;
use crate::drift::compare;
use crate::drift::facts;
use crate::drift::ignore;
use crate::drift::injected::{self, Situation};
use crate::drift::owners::Owners;
use crate::drift::severity::Weight;
use crate::drift::types::CustomSchemas;
use crate::model::object::GroupVersionKind;
use crate::redact::Redactor;

/// What the detector does with two objects; the number of differences, for the test to know that there was work.
fn judge(desired: &Value, live: &Value) -> usize {
    let text = |key: &str| desired[key].as_str().expect("the object has a kind");
    let gvk = GroupVersionKind::new(text("apiVersion"), text("kind"));
    let schemas = CustomSchemas::default();
    let situation = Situation::new(&gvk, (desired, live), &schemas);
    let owners = Owners::read(live);
    let mut found = compare::compare(desired, live, &gvk, &schemas);
    found.extend(additions::find(&situation, &owners, &found));
    for difference in &found {
        injected::explain(&situation, difference);
        ignore::is_by("kubectl-*", &situation, &owners, difference);
        facts::of(&situation, difference, &owners, Weight::NONE, &Redactor::default());
    }
    found.len()
}

/// An object of so many entries, as desired states it and as the cluster has it.
type Make = fn(usize) -> (Value, Value);

/// `managedFields` with one person's tool that owns these parts of a field of `spec`.
fn owned(field: &str, parts: impl Iterator<Item = String>) -> Value {
    let parts: serde_json::Map<String, Value> = parts.map(|it| (it, json!({".": {}, "f:name": {}}))).collect();
    let fields = json!({"f:spec": {format!("f:{field}"): parts}});
    json!({"managedFields": [{"manager": "kubectl-edit", "operation": "Update", "fieldsType": "FieldsV1",
        "fieldsV1": fields}]})
}

/// Every port was renamed and stands elsewhere; as many were added.
fn ports(many: usize) -> (Value, Value) {
    let port = |at: usize, name: &str| json!({"port": at, "protocol": "TCP", "name": format!("{name}-{at}")});
    let service = |ports: Vec<Value>| json!({"apiVersion": "v1", "kind": "Service", "spec": {"ports": ports}});
    let mut live = service((0..2 * many).rev().map(|at| port(at, "live")).collect());
    live["metadata"] = owned("ports", (0..2 * many).map(|at| format!("k:{{\"port\":{at},\"protocol\":\"TCP\"}}")));
    (service((0..many).map(|at| port(at, "desired")).collect()), live)
}

/// The entries of a list of a custom resource, in another order and with others between them.
fn entries(many: usize) -> (Value, Value) {
    let thing = |list: Vec<Value>| json!({"apiVersion": "a.b/v1", "kind": "Thing", "spec": {"list": list}});
    let entry = |at: usize, value: usize| json!({"name": format!("n{at}"), "value": value});
    let mut live = thing((0..2 * many).rev().map(|at| entry(at, 1)).collect());
    live["metadata"] = owned("list", (0..2 * many).map(|at| format!("k:{{\"name\":\"n{at}\"}}")));
    (thing((0..many).map(|at| entry(at, 0)).collect()), live)
}

/// Each entry names itself by other keys, and so do the managers.
fn keys(many: usize) -> (Value, Value) {
    let thing = |list: Vec<Value>| json!({"apiVersion": "a.b/v1", "kind": "Thing", "spec": {"list": list}});
    let entry = |at: usize, value: usize| json!({format!("k{at}"): at, "name": "same", "value": value});
    let mut live = thing((0..many).map(|at| entry(at, 1)).collect());
    live["metadata"] = owned("list", (0..many).map(|at| format!("k:{{\"k{at}\":{at}}}")));
    (thing((0..many).map(|at| entry(at, 0)).collect()), live)
}

/// Texts, named by their values.
fn texts(many: usize) -> (Value, Value) {
    let thing = |list: Vec<String>| json!({"apiVersion": "a.b/v1", "kind": "Thing", "spec": {"list": list}});
    let mut live = thing((0..2 * many).rev().map(|at| format!("t{at}")).collect());
    live["metadata"] = owned("list", (0..2 * many).map(|at| format!("v:\"t{at}\"")));
    (thing((0..many).map(|at| format!("t{at}")).collect()), live)
}

/// Expressions that a cloud is known to add to a list which counts as a whole.
fn expressions(many: usize) -> (Value, Value) {
    let known = |at: usize| {
        let (key, operator) = ("kubernetes.azure.com/managedby", "NotIn");
        json!({"key": key, "operator": operator, "values": ["aks"], "at": at})
    };
    let webhook = |list: Vec<Value>| {
        let selector = json!({"matchExpressions": list});
        json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
            "webhooks": [{"name": "a", "namespaceSelector": selector}]})
    };
    (webhook((0..many).map(known).collect()), webhook((0..2 * many).rev().map(known).collect()))
}

/// Mounts that a webhook adds where it adds a volume too, which stands behind many others.
fn mounts(many: usize) -> (Value, Value) {
    let volumes =
        |names: Vec<String>| names.into_iter().map(|it| json!({"name": it, "emptyDir": {}})).collect::<Vec<_>>();
    let pod = |hostname: &str, volumes: Vec<Value>, mounts: Vec<Value>| {
        let container = json!({"name": "a", "volumeMounts": mounts});
        let spec = json!({"hostname": hostname, "volumes": volumes, "containers": [container]});
        json!({"apiVersion": "v1", "kind": "Pod", "spec": spec})
    };
    let mut names: Vec<_> = (0..many).map(|at| format!("v{at}")).collect();
    let desired = pod("a", volumes(names.clone()), Vec::new());
    names.push("aws-iam-token".to_owned());
    let added = (0..many).map(|at| json!({"name": "aws-iam-token", "mountPath": format!("/m{at}")})).collect();
    let mut live = pod("b", volumes(names), added);
    let owned =
        |at: usize| (format!("k:{{\"mountPath\":\"/m{at}\"}}"), json!({".": {}, "f:name": {}, "f:mountPath": {}}));
    let mounts: serde_json::Map<String, Value> = (0..many).map(owned).collect();
    let fields = json!({"f:spec": {"f:containers": {"k:{\"name\":\"a\"}": {"f:volumeMounts": mounts}}}});
    let entry = json!({"manager": "kubectl-edit", "operation": "Update", "fieldsType": "FieldsV1", "fieldsV1": fields});
    live["metadata"] = json!({"managedFields": [entry]});
    (desired, live)
}

#[test]
fn twice_as_much_to_compare_is_twice_the_work() {
    let cases: [(&str, Make); 6] = [
        ("ports", ports),
        ("entries", entries),
        ("keys", keys),
        ("texts", texts),
        ("expressions", expressions),
        ("mounts", mounts),
    ];
    for (name, make) in cases {
        let steps = |many: usize| {
            let (desired, live) = make(many);
            super::of(|| assert_ne!(judge(&desired, &live), 0, "{name}: nothing was found"))
        };
        let (few, many) = (steps(300), steps(1200));
        assert!(few >= 300, "{name}: {few} steps say nothing");
        assert!(many <= 5 * few, "{name}: {few} steps for 300 entries, {many} for 1200");
    }
}
