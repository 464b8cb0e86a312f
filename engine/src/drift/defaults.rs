//! What the API server fills in where a field is absent: as the table of types says, and where a default depends on other
//! fields, as the defaulting functions of Kubernetes 1.36 do (`pkg/apis/*/*/defaults.go`).

use serde_json::{Map, Value, json};

use super::equal::Exact;
use super::place::Place;
use super::types::{self, Spot};

/// A default that depends on other fields.
#[derive(Clone, Copy, Debug)]
enum Filled<'a> {
    Text(&'static str),
    /// What another field says.
    As(&'a Value),
    Bool(bool),
    /// Every object: a selector without a condition.
    Everything,
    /// Nothing, whatever is stated.
    Forgotten,
}

/// The fields beside one once desired was applied: what it states, else what live has.
#[derive(Clone, Copy)]
pub(super) struct Siblings<'a> {
    stated: &'a Map<String, Value>,
    live: Option<&'a Map<String, Value>>,
}

impl<'a> Siblings<'a> {
    /// Of a value that one side alone decides about.
    pub(super) fn of(fields: &'a Map<String, Value>) -> Self {
        Self { stated: fields, live: None }
    }

    /// Of a mapping into which desired is merged.
    pub(super) fn merged(stated: &'a Map<String, Value>, live: &'a Map<String, Value>) -> Self {
        Self { stated, live: Some(live) }
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        let find = |fields: &'a Map<String, Value>| fields.get(key).filter(|it| !it.is_null());
        find(self.stated).or_else(|| find(self.live?))
    }

    /// Whether `value` has exactly the labels of the template.
    fn are_labels(&self, value: &Value) -> bool {
        let none = Map::new();
        let labels = |fields: &'a Map<String, Value>| fields.get("template")?.pointer("/metadata/labels")?.as_object();
        let labels = Siblings { stated: labels(self.stated).unwrap_or(&none), live: self.live.and_then(labels) };
        let mut names = labels.stated.keys().chain(labels.live.into_iter().flat_map(Map::keys));
        value.as_object().is_some_and(|value| {
            value.iter().all(|(name, value)| labels.get(name) == Some(value))
                && names.all(|name| labels.get(name).is_none() || value.contains_key(name))
        })
    }
}

/// Whether the server fills in `value` where the field at `place` is absent. `siblings` are the fields beside it.
pub(super) fn is_default(place: &Place<'_>, value: &Value, siblings: Siblings<'_>) -> bool {
    place.spot().is_some_and(|spot| {
        is_filled(spot, place.kind(), place.leaf(), value, siblings)
            || spot.owner() == "HPAScalingRules" && is_scaling_rule(place.parent(), place.leaf(), value)
    })
}

/// Whether a rule of an autoscaler's `behavior` is as `GenerateHPAScaleUpRules` and `GenerateHPAScaleDownRules` make it.
fn is_scaling_rule(direction: &str, name: &str, value: &Value) -> bool {
    let policy = |kind, value| json!({"type": kind, "value": value, "periodSeconds": 15});
    match (direction, name) {
        ("scaleUp", "stabilizationWindowSeconds") => *value == 0,
        ("scaleUp", "policies") => *value == json!([policy("Pods", 4), policy("Percent", 100)]),
        ("scaleDown", "policies") => *value == json!([policy("Percent", 100)]),
        _ => false,
    }
}

fn is_filled(spot: Spot<'_>, kind: &str, name: &str, value: &Value, siblings: Siblings<'_>) -> bool {
    let text = |key: &str| siblings.get(key).and_then(Value::as_str);
    let filled = match (spot.owner(), name) {
        ("Container" | "EphemeralContainer", "imagePullPolicy") => {
            text("image").map(|it| Filled::Text(pull_policy(it)))
        }
        ("ImageVolumeSource", "pullPolicy") => text("reference").map(|it| Filled::Text(pull_policy(it))),
        ("ServicePort", "targetPort") => siblings.get("port").map(Filled::As),
        ("ServiceSpec", "allocateLoadBalancerNodePorts") if text("type") == Some("LoadBalancer") => {
            Some(Filled::Bool(true))
        }
        ("Subject", "apiGroup") if matches!(text("kind"), Some("User" | "Group")) => {
            Some(Filled::Text("rbac.authorization.k8s.io"))
        }
        ("ServiceSpec", "sessionAffinityConfig") if matches!(text("sessionAffinity"), None | Some("" | "None")) => {
            Some(Filled::Forgotten)
        }
        ("ReplicationControllerSpec", "selector") => return siblings.are_labels(value),
        ("MatchResources", "namespaceSelector" | "objectSelector") => Some(Filled::Everything),
        // Only where nothing else says how often or when to end.
        ("JobSpec", "backoffLimit") if siblings.get("backoffLimitPerIndex").is_some() => None,
        ("JobSpec", "completions") if siblings.get("parallelism").is_some() => None,
        // Only where there is no other source.
        ("Volume", "emptyDir") => None,
        _ => return spot.default(kind).is_some_and(|default| is_same(spot, kind, default, value)),
    };
    match filled {
        Some(Filled::Text(text)) => value.as_str() == Some(text),
        Some(Filled::As(other)) => Exact::of(value) == Exact::of(other),
        Some(Filled::Bool(bool)) => value.as_bool() == Some(bool),
        Some(Filled::Everything) => value.as_object().is_some_and(Map::is_empty),
        Some(Filled::Forgotten) => true,
        None => false,
    }
}

/// Whether a value is a default, to which the server may have added more defaults.
fn is_same(spot: Spot<'_>, kind: &str, default: &Value, value: &Value) -> bool {
    let (Value::Object(stated), Value::Object(fields)) = (default, value) else {
        return Exact::of(default) == Exact::of(value);
    };
    stated.iter().all(|(key, default)| match (fields.get(key), spot.child(key)) {
        (Some(value), Some(child)) => is_same(child, kind, default, value),
        (Some(value), None) => default == value,
        (None, _) => false,
    }) && fields.iter().all(|(key, value)| stated.contains_key(key) || is_added(spot, kind, key, value, fields))
}

/// Whether a field that only live has, inside a value that counts as a whole, is the server's own doing. `place` is the
/// value's, `leaf` its key, and `kind` the object's, if Kubernetes itself serves it.
pub(super) fn is_filled_in(
    place: Option<Spot<'_>>,
    (kind, leaf): (&str, &str),
    (key, value): (&str, &Value),
    siblings: &Map<String, Value>,
) -> bool {
    let Some(spot) = place else { return types::is_zero(value) };
    is_added(spot, kind, key, value, siblings)
        || match (spot.owner(), leaf) {
            // From `max`, `min` and each other, entry by entry.
            ("LimitRangeItem", "default" | "defaultRequest") => true,
            (_, "limits") if kind == "LimitRange" => is_derived(key, value, siblings),
            (_, "volumeClaimTemplates") => matches!(key, "apiVersion" | "kind" | "status"),
            _ => false,
        }
}

fn is_added(spot: Spot<'_>, kind: &str, key: &str, value: &Value, siblings: &Map<String, Value>) -> bool {
    // A newer server may know more than the table.
    let Some(child) = spot.child(key) else { return types::is_zero(value) };
    child.is_absent(value)
        || is_filled(child, kind, key, value, Siblings::of(siblings))
        || match value {
            Value::Object(fields) if !child.keeps_zero() && !child.is_map() => {
                fields.iter().all(|(key, value)| is_added(child, kind, key, value, fields))
            }
            _ => false,
        }
}

/// Whether every entry of a container's limits is what another one of the item says (`SetDefaults_LimitRangeItem`).
fn is_derived(key: &str, value: &Value, item: &Map<String, Value>) -> bool {
    let sources: &[&str] = match key {
        "default" => &["max"],
        "defaultRequest" => &["default", "min"],
        _ => return false,
    };
    let source = |name: &String| sources.iter().find_map(|source| item.get(*source)?.get(name));
    item.get("type").and_then(Value::as_str) == Some("Container")
        && value.as_object().is_some_and(|entries| entries.iter().all(|(name, it)| source(name) == Some(it)))
}

/// `Always` for `latest`, and for no tag unless a digest pins the image.
fn pull_policy(image: &str) -> &'static str {
    let name = image.rsplit('/').next().unwrap_or(image);
    let (name, is_pinned) = name.split_once('@').map_or((name, false), |(name, _)| (name, true));
    let is_latest = name.split_once(':').map_or(!is_pinned, |(_, tag)| tag == "latest");
    if is_latest { "Always" } else { "IfNotPresent" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_a_container_follow_from_each_other_and_other_limits_do_not() {
        let item = serde_json::json!({"type": "Container", "max": {"cpu": "2"}, "min": {"memory": "1Mi"}, "default": {"cpu": "2"}});
        let claims = serde_json::json!({"type": "PersistentVolumeClaim", "max": {"storage": "2Gi"}});
        let entry = |name: &str, value: &str| serde_json::json!({ name: value });
        let is_derived = |key: &str, value: Value, item: &Value| {
            is_derived(key, &value, item.as_object().expect("an item is an object"))
        };
        assert!(is_derived("default", entry("cpu", "2"), &item));
        assert!(is_derived("defaultRequest", entry("cpu", "2"), &item));
        assert!(is_derived("defaultRequest", entry("memory", "1Mi"), &item));
        assert!(!is_derived("default", entry("cpu", "1"), &item), "somebody chose it");
        assert!(!is_derived("defaultRequest", entry("storage", "1Gi"), &item), "nothing says so");
        assert!(!is_derived("default", entry("storage", "2Gi"), &claims), "only containers have defaults");
    }

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
