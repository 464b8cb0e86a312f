//! What the API server does with fields of built-in kinds: which it owns, which it drops when empty, which are quantities.
//!
//! A Go field that is not a pointer cannot tell its zero value from absent; the server drops it. Pointers keep it. The
//! tables follow `k8s.io/api` of Kubernetes 1.36.

use serde_json::Value;

use super::place::Place;
use super::quantity::Precision;

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
        2 if place.first() == "metadata" => matches!(
            leaf,
            "managedFields"
                | "uid"
                | "resourceVersion"
                | "generation"
                | "creationTimestamp"
                | "deletionTimestamp"
                | "deletionGracePeriodSeconds"
                | "selfLink"
                | "generateName"
        ),
        3 if place.first() == "metadata" && place.parent() == "annotations" => {
            leaf.starts_with(CONFIGHUB) || MANAGED_ANNOTATIONS.contains(&leaf)
        }
        _ => leaf == "status" && place.parent() == "volumeClaimTemplates" && !place.kind().is_empty(),
    }
}

/// Whether this is a map of texts, whose entries exist or not but are never dropped when empty.
pub(super) fn is_text_map(place: &Place<'_>) -> bool {
    is_text_map_named(place, place.leaf(), place.parent()) && !place.in_list()
}

/// Whether the value is an entry of such a map.
pub(super) fn is_text_entry(place: &Place<'_>) -> bool {
    !place.in_list() && is_text_map_named(place, place.parent(), place.key(2))
}

fn is_text_map_named(place: &Place<'_>, name: &str, holder: &str) -> bool {
    place.is_typed()
        && match name {
            "labels" | "annotations" => holder == "metadata",
            "matchLabels" | "nodeSelector" | "volumeAttributes" => true,
            "data" | "binaryData" | "stringData" => holder.is_empty(),
            "parameters" => matches!(place.kind(), "StorageClass" | "VolumeAttributesClass"),
            "options" => holder == "flexVolume",
            "selector" => matches!(place.kind(), "Service" | "ReplicationController") && holder == "spec",
            _ => false,
        }
}

/// Whether the value is a map that the server drops when it is empty. Other empty mappings say that something is there
/// (`emptyDir: {}`).
pub(super) fn is_droppable_map(place: &Place<'_>) -> bool {
    is_text_map(place) || is_quantity_map(place, place.leaf())
}

/// Whether the API replaces this mapping as a whole, so that an additional field changes what it means.
pub(super) fn is_atomic_map(place: &Place<'_>) -> bool {
    !place.kind().is_empty()
        && !place.in_list()
        && match place.leaf() {
            // In a PersistentVolume it is filled in by the binder, field by field.
            "claimRef" => false,
            "selector"
            | "labelSelector"
            | "podSelector"
            | "namespaceSelector"
            | "objectSelector"
            | "nodeSelector"
            | "scopeSelector"
            | "nodeTopology"
            | "matchConstraints"
            | "matchResources"
            | "paramKind"
            | "paramRef"
            | "roleRef"
            | "scaleTargetRef"
            | "configMapKeyRef"
            | "secretKeyRef"
            | "fileKeyRef"
            | "fieldRef"
            | "resourceFieldRef"
            | "dataSource"
            | "controllerExpandSecretRef"
            | "controllerPublishSecretRef"
            | "nodeExpandSecretRef"
            | "nodePublishSecretRef"
            | "nodeStageSecretRef"
            | "preference" => true,
            "secretRef" => place.parent() != "envFrom",
            "required" => place.parent() == "nodeAffinity",
            "requiredDuringSchedulingIgnoredDuringExecution" => true,
            _ => false,
        }
}

/// Whether the value is the zero of a field that cannot tell zero from absent.
pub(super) fn is_unset(place: &Place<'_>, value: &Value) -> bool {
    if place.in_list() || is_text_entry(place) {
        return false;
    }
    let (leaf, parent) = (place.leaf(), place.parent());
    match value {
        Value::String(text) => text.is_empty() && !is_text_pointer(place),
        Value::Number(number) => {
            number.as_i64() == Some(0)
                && match leaf {
                    "nodePort"
                    | "hostPort"
                    | "healthCheckNodePort"
                    | "initialDelaySeconds"
                    | "minReadySeconds"
                    | "failureThreshold"
                    | "successThreshold"
                    | "periodSeconds"
                    | "templateGeneration"
                    | "sizeBytes" => true,
                    "timeoutSeconds" => parent.ends_with("Probe"),
                    "partition" => parent != "rollingUpdate",
                    "priority" => parent == "additionalPrinterColumns",
                    "number" => parent == "port",
                    _ => false,
                }
        }
        Value::Bool(false) => match leaf {
            "hostNetwork"
            | "hostPID"
            | "hostIPC"
            | "stdin"
            | "stdinOnce"
            | "tty"
            | "paused"
            | "unschedulable"
            | "publishNotReadyAddresses"
            | "preserveUnknownFields"
            | "globalDefault"
            | "insecureSkipTLSVerify"
            | "chapAuthDiscovery"
            | "chapAuthSession"
            | "sslEnabled"
            | "deprecated"
            | "exclusiveMaximum"
            | "exclusiveMinimum"
            | "nullable"
            | "uniqueItems"
            | "x-kubernetes-embedded-resource"
            | "x-kubernetes-int-or-string" => true,
            "readOnly" => parent != "azureDisk" && (parent != "csi" || place.kind() == "PersistentVolume"),
            _ => false,
        },
        _ => false,
    }
}

/// Texts for which the empty one means something of its own, or at least is kept.
fn is_text_pointer(place: &Place<'_>) -> bool {
    let (leaf, parent) = (place.leaf(), place.parent());
    match leaf {
        // No class at all, where absent asks for the default class.
        "storageClassName" => place.kind() != "PersistentVolume",
        "ingressClassName"
        | "loadBalancerClass"
        | "volumeAttributesClassName"
        | "runtimeClassName"
        | "appProtocol"
        | "volumeMode"
        | "localhostProfile"
        | "runAsUserName"
        | "gmsaCredentialSpec"
        | "gmsaCredentialSpecName"
        | "timeZone"
        | "managedBy"
        | "hostnameOverride"
        | "trafficDistribution"
        | "deprecationWarning"
        | "resourceClaimName"
        | "resourceClaimTemplateName"
        | "podGroupName"
        | "persistentVolumeName"
        | "holderIdentity" => true,
        "apiGroup" => matches!(parent, "dataSource" | "dataSourceRef" | "parameters" | "resource"),
        "fsType" => matches!(parent, "azureDisk" | "local") || parent == "csi" && place.kind() != "PersistentVolume",
        "value" => parent == "options",
        // A schema's default may be any value.
        "default" => place.kind() == "CustomResourceDefinition",
        "url" => parent == "clientConfig",
        _ => false,
    }
}

/// Whether the server or a controller picks a value where none is set.
pub(super) fn is_assigned(place: &Place<'_>) -> bool {
    let parent = place.parent();
    match place.leaf() {
        "clusterIP" | "healthCheckNodePort" | "ipFamilyPolicy" | "externalTrafficPolicy" => parent == "spec",
        "clusterIPs" | "ipFamilies" | "policyTypes" | "metrics" => parent == "spec",
        "nodePort" => true,
        "hostPort" => true,
        "nodeName" | "serviceAccountName" | "serviceAccount" | "priorityClassName" => place.kind() == "Pod",
        "volumeName" => place.kind() == "PersistentVolumeClaim",
        "singular" | "listKind" => parent == "names",
        _ => false,
    }
}

/// Whether the value is a quantity, and how finely the server keeps it.
pub(super) fn quantity(place: &Place<'_>) -> Option<Precision> {
    let (leaf, parent) = (place.leaf(), place.parent());
    if !place.is_typed() {
        // Custom resources that embed a container's resources.
        let embedded = matches!(parent, "limits" | "requests") && place.key(2) == "resources";
        return embedded.then_some(Precision::Nano);
    }
    if is_quantity_map(place, parent) && !place.in_list() {
        return Some(Precision::Milli);
    }
    let is_quantity = match leaf {
        "sizeLimit" | "divisor" | "averageValue" | "targetAverageValue" | "targetValue" | "maximumVolumeSize" => true,
        "tolerance" => place.kind() == "HorizontalPodAutoscaler",
        "capacity" => place.kind() == "CSIStorageCapacity",
        "value" => parent == "target" || place.kind() == "ResourceSlice",
        _ => false,
    };
    is_quantity.then_some(Precision::Nano)
}

fn is_quantity_map(place: &Place<'_>, name: &str) -> bool {
    match name {
        "limits" | "requests" => place.kind() != "LimitRange",
        "overhead" | "podFixed" | "hard" => true,
        "capacity" => place.kind() == "PersistentVolume",
        "default" | "defaultRequest" | "max" | "min" | "maxLimitRequestRatio" => place.kind() == "LimitRange",
        _ => false,
    }
}

/// Whether the value is base64 of bytes.
pub(super) fn is_bytes(place: &Place<'_>) -> bool {
    place.leaf() == "caBundle" && (place.parent() == "clientConfig" || place.kind() == "APIService")
        || place.parent() == "binaryData" && place.kind() == "ConfigMap"
        || place.leaf() == "request" && place.kind() == "CertificateSigningRequest"
}
