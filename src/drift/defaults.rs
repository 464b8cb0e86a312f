//! What the API server fills in where a field of a built-in kind is absent: the defaulting functions of Kubernetes 1.36.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::place::Place;

/// A default that needs no allocation to be compared.
#[derive(Clone, Copy, Debug)]
pub(super) enum Filled {
    Text(&'static str),
    Number(i64),
    Bool(bool),
}

impl Filled {
    pub(super) fn is(self, value: &Value) -> bool {
        match self {
            Self::Text(text) => value.as_str() == Some(text),
            Self::Number(number) => value.as_i64() == Some(number),
            Self::Bool(bool) => value.as_bool() == Some(bool),
        }
    }
}

/// What the server fills in where the field at `place` is absent. `siblings` are the fields beside it.
pub(super) fn default(place: &Place<'_>, siblings: &Map<String, Value>) -> Option<Filled> {
    default_named(place.kind(), place.leaf(), place.parent(), siblings)
}

/// The same for the field `leaf` of the mapping at `place`.
fn default_below(place: &Place<'_>, leaf: &str, siblings: &Map<String, Value>) -> Option<Filled> {
    default_named(place.kind(), leaf, place.leaf(), siblings)
}

fn default_named(kind: &str, leaf: &str, parent: &str, siblings: &Map<String, Value>) -> Option<Filled> {
    use Filled::{Bool, Number, Text};
    let workload = matches!(kind, "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController");
    let text = |key: &str| siblings.get(key).and_then(Value::as_str);
    Some(match (leaf, parent) {
        ("protocol", "ports") => Text("TCP"),
        ("imagePullPolicy", _) => Text(pull_policy(text("image")?)),
        ("pullPolicy", "image") => Text(pull_policy(text("reference")?)),
        ("terminationMessagePath", _) => Text("/dev/termination-log"),
        ("terminationMessagePolicy", _) => Text("File"),
        ("restartPolicy", "spec") => Text("Always"),
        ("dnsPolicy", "spec") => Text("ClusterFirst"),
        ("schedulerName", "spec") => Text("default-scheduler"),
        ("terminationGracePeriodSeconds", "spec") => Number(30),
        ("enableServiceLinks", "spec") => Bool(true),
        ("timeoutSeconds", "livenessProbe" | "readinessProbe" | "startupProbe") => Number(1),
        ("periodSeconds", "livenessProbe" | "readinessProbe" | "startupProbe") => Number(10),
        ("successThreshold", "livenessProbe" | "readinessProbe" | "startupProbe") => Number(1),
        ("failureThreshold", "livenessProbe" | "readinessProbe" | "startupProbe") => Number(3),
        ("path", "httpGet") => Text("/"),
        ("scheme", "httpGet") => Text("HTTP"),
        ("service", "grpc") => Text(""),
        ("apiVersion", "fieldRef") => Text("v1"),
        ("defaultMode", _) => Number(420),
        ("expirationSeconds", "serviceAccountToken") => Number(3600),
        ("type", "hostPath") => Text(""),
        ("iscsiInterface", _) => Text("default"),
        ("replicas", "spec") if workload => Number(1),
        ("progressDeadlineSeconds", "spec") => Number(600),
        ("revisionHistoryLimit", "spec") if workload => Number(10),
        ("podManagementPolicy", "spec") => Text("OrderedReady"),
        ("type", "strategy" | "updateStrategy") => Text("RollingUpdate"),
        ("maxSurge", "rollingUpdate") if kind == "Deployment" => Text("25%"),
        ("maxUnavailable", "rollingUpdate") if kind == "Deployment" => Text("25%"),
        ("maxSurge", "rollingUpdate") if kind == "DaemonSet" => Number(0),
        ("maxUnavailable", "rollingUpdate") => Number(1),
        ("partition", "rollingUpdate") => Number(0),
        ("whenDeleted" | "whenScaled", _) => Text("Retain"),
        ("parallelism", "spec") => Number(1),
        ("backoffLimit", "spec") if !siblings.contains_key("backoffLimitPerIndex") => Number(6),
        ("completionMode", "spec") => Text("NonIndexed"),
        ("suspend" | "manualSelector", "spec") => Bool(false),
        ("concurrencyPolicy", "spec") => Text("Allow"),
        ("successfulJobsHistoryLimit", "spec") => Number(3),
        ("failedJobsHistoryLimit", "spec") => Number(1),
        ("status", "onPodConditions") => Text("True"),
        ("sessionAffinity", "spec") => Text("None"),
        ("type", "spec") if kind == "Service" => Text("ClusterIP"),
        ("internalTrafficPolicy", "spec") => Text("Cluster"),
        ("allocateLoadBalancerNodePorts", "spec") => Bool(true),
        ("targetPort", "ports") if kind == "Service" => Number(siblings.get("port")?.as_i64()?),
        ("type", "") if kind == "Secret" => Text("Opaque"),
        ("persistentVolumeReclaimPolicy", "spec") => Text("Retain"),
        ("volumeMode", "spec") => Text("Filesystem"),
        ("reclaimPolicy", "") if kind == "StorageClass" => Text("Delete"),
        ("volumeBindingMode", "") if kind == "StorageClass" => Text("Immediate"),
        ("minReplicas", "spec") if kind == "HorizontalPodAutoscaler" => Number(1),
        ("pathType", "paths") => Text("ImplementationSpecific"),
        ("apiGroup", "roleRef") => Text("rbac.authorization.k8s.io"),
        ("apiGroup", "subjects") if text("kind") != Some("ServiceAccount") => Text("rbac.authorization.k8s.io"),
        ("failurePolicy", _) => Text("Fail"),
        ("matchPolicy", _) => Text("Equivalent"),
        ("reinvocationPolicy", _) => Text("Never"),
        ("timeoutSeconds", "webhooks") => Number(10),
        ("scope", "rules" | "resourceRules" | "excludeResourceRules") => Text("*"),
        ("scope", "parameters") => Text("Cluster"),
        ("port", "service") if matches!(kind, "APIService" | "CustomResourceDefinition") => Number(443),
        ("port", "service") if kind.ends_with("WebhookConfiguration") => Number(443),
        ("strategy", "conversion") => Text("None"),
        ("preemptionPolicy", "") => Text("PreemptLowerPriority"),
        ("allocationMode", _) if siblings.contains_key("deviceClassName") => Text("ExactCount"),
        ("count", _) if siblings.contains_key("deviceClassName") => Number(1),
        _ => return None,
    })
}

/// The part of a list's key that the server fills in.
pub(super) fn default_of_key(key: &str) -> Option<&'static Value> {
    static TCP: LazyLock<Value> = LazyLock::new(|| Value::from("TCP"));
    (key == "protocol").then_some(&*TCP)
}

/// `Always` for `latest`, and for no tag unless a digest pins the image.
fn pull_policy(image: &str) -> &'static str {
    let name = image.rsplit('/').next().unwrap_or(image);
    let (name, is_pinned) = name.split_once('@').map_or((name, false), |(name, _)| (name, true));
    let is_latest = name.split_once(':').map_or(!is_pinned, |(_, tag)| tag == "latest");
    if is_latest { "Always" } else { "IfNotPresent" }
}

/// Whether a field that only live has, inside a value that counts as a whole, is the server's own doing.
pub(super) fn is_filled_in(place: &Place<'_>, key: &str, value: &Value, siblings: &Map<String, Value>) -> bool {
    let empty = match value {
        Value::Null => true,
        Value::Bool(bool) => !bool,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    };
    empty
        || default_below(place, key, siblings).is_some_and(|default| default.is(value))
        || match key {
            "apiVersion" | "kind" | "status" => place.leaf() == "volumeClaimTemplates",
            // From `max`, `min` and each other, entry by entry.
            "default" | "defaultRequest" => place.kind() == "LimitRange",
            _ if matches!(place.leaf(), "default" | "defaultRequest") => place.kind() == "LimitRange",
            "divisor" => place.leaf() == "resourceFieldRef",
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pull_policy_depends_on_the_tag() {
        for (image, policy) in [
            ("nginx", "Always"),
            ("nginx:latest", "Always"),
            ("registry:5000/nginx", "Always"),
            ("registry:5000/nginx:1.27", "IfNotPresent"),
            ("nginx@sha256:0123", "IfNotPresent"),
            ("nginx:1.27@sha256:0123", "IfNotPresent"),
        ] {
            assert_eq!(pull_policy(image), policy, "{image}");
        }
    }
}
