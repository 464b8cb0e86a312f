//! What the clusters of the example run: the released manifests as an API server returns them, then the drift.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::ClusterStory;
use super::chubby_paws::NAMESPACE;
use super::managers;
use crate::demo::clock::id;

/// One environment on its way into a cluster.
pub(super) struct Environment {
    pub(super) name: &'static str,
    /// Its units' released texts.
    pub(super) texts: Vec<String>,
    /// When they were applied.
    pub(super) released: Timestamp,
}

/// One deed of `drift.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Deed {
    cluster: String,
    object: String,
    #[serde(default)]
    pub(super) manager: String,
    pub(super) subresource: Option<String>,
    #[serde(default)]
    pub(super) at: String,
    #[serde(default)]
    pub(super) set: BTreeMap<String, Value>,
    #[serde(default)]
    deleted: bool,
}

/// A number is a number: `cpu: 0.5` is what people write and `500m` what the API server returns.
const SPELLED: [(&str, &str, &str); 2] = [("/requests/cpu", "0.5", "500m"), ("/limits/memory", "1024Mi", "1Gi")];

/// What the cluster runs.
pub(super) fn cluster(environment: &Environment) -> ClusterStory {
    let defaults: Value = documents(include_str!("defaults.yaml")).pop().unwrap_or_default();
    let deeds: Vec<Deed> =
        serde_saphyr::from_str(include_str!("drift.yaml")).expect("the drift is part of this program and well formed");
    let mut objects = system(environment);
    for desired in environment.texts.iter().flat_map(|text| documents(text)) {
        let name = format!("{}/{}", text(&desired, "/kind"), text(&desired, "/metadata/name"));
        let own: Vec<&Deed> =
            deeds.iter().filter(|deed| deed.cluster == environment.name && deed.object == name).collect();
        if !own.iter().any(|deed| deed.deleted) {
            let number = objects.len();
            objects.push(live(environment, &desired, &defaults[text(&desired, "/kind")], &own, number));
        }
    }
    ClusterStory::new(environment.name, objects)
}

fn live(environment: &Environment, desired: &Value, defaults: &Value, deeds: &[&Deed], number: usize) -> Value {
    let (kind, name) = (text(desired, "/kind").to_owned(), text(desired, "/metadata/name").to_owned());
    let mut object = filled(desired, defaults);
    for (path, words, instead) in SPELLED {
        respell(&mut object, "", path, words, instead);
    }
    let scoped = kind != "Namespace";
    if scoped && object["metadata"].get("namespace").is_none() {
        object["metadata"]["namespace"] = NAMESPACE.into();
    }
    if kind == "Namespace" {
        object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name.as_str().into();
    }
    if kind == "Service" && object["spec"].get("clusterIP").is_none() {
        object["spec"]["clusterIP"] = format!("10.96.{}.{}", environment.name.len(), number + 10).into();
    }
    if kind == "Service" {
        object["spec"]["clusterIPs"] = json!([object["spec"]["clusterIP"]]);
        respell_ports(&mut object["spec"]["ports"]);
    }
    if kind == "Deployment" && object["spec"]["strategy"]["type"] == "RollingUpdate" {
        object["spec"]["strategy"]["rollingUpdate"] = json!({"maxSurge": "25%", "maxUnavailable": "25%"});
    }
    if let Some(account) = object.pointer("/spec/template/spec/serviceAccountName").cloned() {
        object["spec"]["template"]["spec"]["serviceAccount"] = account;
    }
    let mut entries = managers::applied(desired, environment.released);
    for deed in deeds {
        for (path, value) in &deed.set {
            managers::take_over(&mut entries, &object, path);
            if let Some(field) = object.pointer_mut(path) {
                *field = value.clone();
            }
        }
        entries.push(managers::entry(desired, &object, deed));
    }
    if let Some(status) = status(&object, 1 + deeds.len()) {
        entries.push(managers::status(&object, &status, environment.released));
        object["status"] = status;
    }
    if kind == "Deployment" {
        let rollouts = deeds.iter().filter(|deed| deed.set.keys().any(|path| path.starts_with("/spec/template")));
        object["metadata"]["annotations"][managers::ROLLOUT] = (1 + rollouts.count()).to_string().into();
    }
    let metadata = &mut object["metadata"];
    metadata["uid"] = id("uid", &format!("{}/{kind}/{name}", environment.name)).to_string().into();
    metadata["resourceVersion"] = (1000 + 17 * number + deeds.len()).to_string().into();
    metadata["creationTimestamp"] = "2026-09-09T08:00:00Z".into();
    if ["Deployment", "StatefulSet", "DaemonSet", "Ingress"].contains(&kind.as_str()) {
        metadata["generation"] = (1 + deeds.len()).into();
    }
    object["metadata"]["managedFields"] = entries.into();
    object
}

/// Desired, with everything that the defaults add.
fn filled(desired: &Value, defaults: &Value) -> Value {
    match (desired, defaults) {
        (Value::Object(members), Value::Object(defaults)) => {
            let mut all = Map::new();
            for (name, member) in members {
                let of = defaults.get(name).or_else(|| defaults.get(&format!("?{name}")));
                all.insert(name.clone(), filled(member, of.unwrap_or(&Value::Null)));
            }
            for (name, default) in defaults.iter().filter(|(name, _)| !name.starts_with('?')) {
                // A list of maps describes members; a list of words is a default.
                let describes = default.as_array().is_some_and(|list| list.iter().all(Value::is_object));
                if !members.contains_key(name) && !describes {
                    all.insert(name.clone(), filled(&json!({}), default));
                }
            }
            Value::Object(all)
        }
        (Value::Array(items), Value::Array(defaults)) => {
            let of = defaults.first().unwrap_or(&Value::Null);
            items.iter().map(|item| filled(item, of)).collect()
        }
        (Value::Object(members), default) if members.is_empty() && !default.is_null() => default.clone(),
        _ => desired.clone(),
    }
}

fn respell(value: &mut Value, at: &str, path: &str, words: &str, instead: &str) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                respell(member, &format!("{at}/{name}"), path, words, instead);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| respell(item, at, path, words, instead)),
        Value::Number(number) if at.ends_with(path) && number.to_string() == words => *value = instead.into(),
        Value::String(text) if at.ends_with(path) && text == words => *value = instead.into(),
        _ => {}
    }
}

/// A port without a target goes to the port of the same number.
fn respell_ports(ports: &mut Value) {
    for port in ports.as_array_mut().into_iter().flatten() {
        if port.get("targetPort").is_none() {
            port["targetPort"] = port["port"].clone();
        }
    }
}

fn status(object: &Value, generation: usize) -> Option<Value> {
    let replicas = &object["spec"]["replicas"];
    match text(object, "/kind") {
        "Deployment" => Some(json!({"observedGeneration": generation, "replicas": replicas, "readyReplicas": replicas,
            "updatedReplicas": replicas, "availableReplicas": replicas,
            "conditions": [{"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable",
                "message": "Deployment has minimum availability.", "lastTransitionTime": "2026-09-09T08:00:41Z",
                "lastUpdateTime": "2026-09-09T08:00:41Z"}]})),
        "StatefulSet" => {
            Some(json!({"observedGeneration": generation, "replicas": replicas, "readyReplicas": replicas,
            "currentReplicas": replicas, "updatedReplicas": replicas, "availableReplicas": replicas}))
        }
        "DaemonSet" => {
            Some(json!({"observedGeneration": generation, "currentNumberScheduled": 3, "desiredNumberScheduled": 3,
            "numberReady": 3, "numberAvailable": 3, "updatedNumberScheduled": 3, "numberMisscheduled": 0}))
        }
        _ => None,
    }
}

/// What every cluster has and no unit mentions.
fn system(environment: &Environment) -> Vec<Value> {
    let plain = |kind: &str, namespace: Option<&str>, name: &str, more: Value| {
        let mut object = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name,
            "uid": id("uid", &format!("{}/{kind}/{namespace:?}/{name}", environment.name)).to_string(),
            "resourceVersion": "120", "creationTimestamp": "2026-09-01T06:00:00Z"}});
        if let Some(namespace) = namespace {
            object["metadata"]["namespace"] = namespace.into();
        }
        if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
            object.extend(more);
        }
        object
    };
    let authority = json!({"data": {"ca.crt": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"}});
    let mut objects: Vec<Value> = ["default", "kube-system"]
        .iter()
        .map(|name| {
            plain(
                "Namespace",
                None,
                name,
                json!({"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}),
            )
        })
        .collect();
    for namespace in ["default", NAMESPACE, "devops-apps"] {
        objects.push(plain("ConfigMap", Some(namespace), "kube-root-ca.crt", authority.clone()));
        objects.push(plain("ServiceAccount", Some(namespace), "default", json!({})));
    }
    objects.push(plain(
        "Service",
        Some("default"),
        "kubernetes",
        json!({"spec": {"type": "ClusterIP",
        "clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"], "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack",
        "internalTrafficPolicy": "Cluster", "sessionAffinity": "None",
        "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}]},
        "status": {"loadBalancer": {}}}),
    ));
    objects
}

fn documents(yaml: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(yaml).expect("the story's texts are part of this program and well formed")
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
