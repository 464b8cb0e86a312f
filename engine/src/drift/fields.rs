//! What becomes of fields at the API server: which it owns, which it forgets when they are empty, which others fill in.

use serde_json::Value;

use super::place::Place;
use super::quantity::Precision;
use super::types::{self, Scalar};

/// Annotations that the server, kubectl or a controller keeps up to date, whoever else wrote them.
const MANAGED_ANNOTATIONS: &[&str] = &[
    "autoscaling.alpha.kubernetes.io/behavior",
    "autoscaling.alpha.kubernetes.io/conditions",
    "autoscaling.alpha.kubernetes.io/current-metrics",
    "autoscaling.alpha.kubernetes.io/metrics",
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
    "kubectl.kubernetes.io/last-applied-configuration",
];

/// Where ConfigHub notes which unit an object comes from; it differs from the unit's own text by nature.
const CONFIGHUB: &str = "confighub.com/";

/// Whether nobody but the server (or ConfigHub's delivery) decides about this field, so that desired states it in vain.
pub(super) fn is_server_owned(place: &Place<'_>) -> bool {
    let leaf = place.leaf();
    match place.depth() {
        1 => leaf == "status",
        2 if place.first() == "metadata" => is_servers_metadata(leaf),
        3 if place.first() == "metadata" && place.parent() == "annotations" => is_managed_annotation(leaf),
        _ => leaf == "status" && place.parent() == "volumeClaimTemplates" && !place.kind().is_empty(),
    }
}

/// Whether nobody but the server decides about this field of an object's metadata.
pub(super) fn is_servers_metadata(name: &str) -> bool {
    matches!(
        name,
        "managedFields"
            | "uid"
            | "resourceVersion"
            | "generation"
            | "creationTimestamp"
            | "deletionTimestamp"
            | "deletionGracePeriodSeconds"
            | "selfLink"
            | "generateName"
    )
}

/// Whether an object's annotation is kept up to date by others, whoever else wrote it.
pub(super) fn is_managed_annotation(name: &str) -> bool {
    name.starts_with(CONFIGHUB) || MANAGED_ANNOTATIONS.contains(&name)
}

/// Whether this is a map of texts of a Go type, whose entries exist or not but are never dropped when empty.
pub(super) fn is_text_map(place: &Place<'_>) -> bool {
    place.is_typed() && place.spot().is_some_and(|spot| spot.is_text_map())
}

/// Whether the value is an entry of such a map.
pub(super) fn is_text_entry(place: &Place<'_>) -> bool {
    place.is_typed() && place.holder().is_some_and(|holder| holder.is_text_map())
}

/// Whether the API replaces this mapping as a whole, so that an additional field changes what it means.
pub(super) fn is_atomic_map(place: &Place<'_>) -> bool {
    place.spot().is_some_and(|spot| spot.is_atomic())
}

/// Whether the server cannot tell the value from none.
pub(super) fn is_unset(place: &Place<'_>, value: &Value) -> bool {
    match place.spot() {
        // The server forgets a source that is neither a claim nor a snapshot (`EnforceDataSourceBackwardsCompatibility`).
        Some(spot) if (spot.owner(), place.leaf()) == ("PersistentVolumeClaimSpec", "dataSource") => {
            let is_empty = |value: &Value| value.as_object().is_some_and(|it| it.values().all(types::is_zero));
            place.kind() == "PersistentVolumeClaim" && (types::is_zero(value) || is_empty(value))
        }
        // An empty one is stated, and refused as any other is (`validateOpenAPIV3Schema`): nobody can have shipped it.
        Some(spot) if (spot.owner(), place.leaf()) == ("JSONSchemaProps", "dependencies") => value.is_null(),
        Some(spot) => spot.is_absent(value),
        None => {
            place.is_dropped()
                && matches!(value, Value::String(_) | Value::Array(_) | Value::Object(_))
                && types::is_zero(value)
        }
    }
}

/// Whether a null says something: that there be no value, or the default. Templates leave many behind. A merge takes one
/// for a value where values are replaced (structured-merge-diff, `ruleKeepRHS`); what is merged by its parts stays as it
/// is, and a schema that neither allows for null nor has a default lets nobody ship one.
pub(super) fn is_null_stated(place: &Place<'_>) -> bool {
    place.spot().is_some_and(|spot| {
        spot.is_nullable() || spot.is_replaced() && (spot.is_go() || spot.default(place.kind()).is_some())
    })
}

/// Whether the server or a controller picks a value where none is set.
pub(super) fn is_assigned(place: &Place<'_>) -> bool {
    let Some(spot) = place.spot() else { return false };
    match (spot.owner(), place.leaf()) {
        ("ServiceSpec", name) => matches!(
            name,
            "clusterIP"
                | "clusterIPs"
                | "ipFamilies"
                | "ipFamilyPolicy"
                | "healthCheckNodePort"
                | "externalTrafficPolicy"
        ),
        ("ServicePort", "nodePort") | ("ContainerPort", "hostPort") => true,
        ("PodSpec", "nodeName" | "serviceAccountName" | "serviceAccount" | "priorityClassName") => {
            place.kind() == "Pod"
        }
        // Of a template: an object says itself what it is.
        ("PersistentVolumeClaim", "apiVersion" | "kind") => true,
        ("PersistentVolumeClaimSpec", "volumeName") => place.kind() == "PersistentVolumeClaim",
        ("NetworkPolicySpec", "policyTypes") | ("HorizontalPodAutoscalerSpec", "metrics") => true,
        ("CustomResourceDefinitionNames", "singular" | "listKind") => true,
        _ => false,
    }
}

/// Whether the value is a quantity, and how finely the server keeps it.
pub(super) fn quantity(place: &Place<'_>) -> Option<Precision> {
    match place.spot().and_then(|spot| spot.scalar()) {
        Some(Scalar::Milli) => Some(Precision::Milli),
        Some(Scalar::Quantity) => Some(Precision::Nano),
        // Of `autoscaling/v2beta1`, which no Kubernetes with a description still has.
        None if place.is_dropped() && matches!(place.leaf(), "targetAverageValue" | "targetValue") => {
            Some(Precision::Nano)
        }
        // Custom resources that embed a container's resources; their schema often says no more than int-or-string.
        None | Some(Scalar::Text | Scalar::IntOrString) if !place.is_typed() => {
            let embedded = matches!(place.parent(), "limits" | "requests") && place.key(2) == "resources";
            embedded.then_some(Precision::Nano)
        }
        _ => None,
    }
}
