//! The kinds that the stand-in serves: the built-in ones, and what the objects bring.

use serde_json::Value;

/// One kind at one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) plural: String,
    pub(super) short: Vec<String>,
    pub(super) namespaced: bool,
    pub(super) scalable: bool,
}

impl Kind {
    pub(super) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Whether `kubectl get all` means it too.
    pub(super) fn is_common(&self) -> bool {
        matches!(
            self.kind.as_str(),
            "Pod"
                | "Service"
                | "Deployment"
                | "ReplicaSet"
                | "StatefulSet"
                | "DaemonSet"
                | "Job"
                | "CronJob"
                | "HorizontalPodAutoscaler"
                | "ReplicationController"
        )
    }

    /// `deployments.apps`
    pub(super) fn full_name(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }
}

/// API version, kind, plural, short names, and `n`amespaced, `s`calable.
const BUILT_IN: &[(&str, &str, &str, &str, &str)] = &[
    ("v1", "ConfigMap", "configmaps", "cm", "n"),
    ("v1", "Endpoints", "endpoints", "ep", "n"),
    ("v1", "Event", "events", "ev", "n"),
    ("v1", "LimitRange", "limitranges", "limits", "n"),
    ("v1", "Namespace", "namespaces", "ns", ""),
    ("v1", "Node", "nodes", "no", ""),
    ("v1", "PersistentVolume", "persistentvolumes", "pv", ""),
    ("v1", "PersistentVolumeClaim", "persistentvolumeclaims", "pvc", "n"),
    ("v1", "Pod", "pods", "po", "n"),
    ("v1", "ReplicationController", "replicationcontrollers", "rc", "ns"),
    ("v1", "ResourceQuota", "resourcequotas", "quota", "n"),
    ("v1", "Secret", "secrets", "", "n"),
    ("v1", "Service", "services", "svc", "n"),
    ("v1", "ServiceAccount", "serviceaccounts", "sa", "n"),
    ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", "", ""),
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", "", ""),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", "crd", ""),
    ("apps/v1", "ControllerRevision", "controllerrevisions", "", "n"),
    ("apps/v1", "DaemonSet", "daemonsets", "ds", "n"),
    ("apps/v1", "Deployment", "deployments", "deploy", "ns"),
    ("apps/v1", "ReplicaSet", "replicasets", "rs", "ns"),
    ("apps/v1", "StatefulSet", "statefulsets", "sts", "ns"),
    ("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", "n"),
    ("batch/v1", "CronJob", "cronjobs", "cj", "n"),
    ("batch/v1", "Job", "jobs", "", "n"),
    ("coordination.k8s.io/v1", "Lease", "leases", "", "n"),
    ("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", "", "n"),
    ("networking.k8s.io/v1", "Ingress", "ingresses", "ing", "n"),
    ("networking.k8s.io/v1", "IngressClass", "ingressclasses", "", ""),
    ("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", "netpol", "n"),
    ("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", "pdb", "n"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", "", ""),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "clusterrolebindings", "", ""),
    ("rbac.authorization.k8s.io/v1", "Role", "roles", "", "n"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", "", "n"),
    ("scheduling.k8s.io/v1", "PriorityClass", "priorityclasses", "pc", ""),
    ("storage.k8s.io/v1", "StorageClass", "storageclasses", "sc", ""),
];

/// The built-in kinds and those of these objects.
pub(super) fn of(objects: &[Value]) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = BUILT_IN.iter().map(|row| built_in(*row)).collect();
    for object in objects.iter().filter(|object| object["kind"] == "CustomResourceDefinition") {
        kinds.extend(custom(&object["spec"]));
    }
    for object in objects {
        let (Some(api_version), Some(kind)) = (object["apiVersion"].as_str(), object["kind"].as_str()) else {
            continue;
        };
        if kinds.iter().any(|it| it.kind == kind && it.api_version() == api_version) {
            continue;
        }
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        kinds.push(Kind {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
            plural: format!("{}s", kind.to_lowercase()),
            short: Vec::new(),
            namespaced: object["metadata"]["namespace"].is_string(),
            scalable: false,
        });
    }
    kinds
}

fn built_in((api_version, kind, plural, short, flags): (&str, &str, &str, &str, &str)) -> Kind {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    Kind {
        group: group.to_owned(),
        version: version.to_owned(),
        kind: kind.to_owned(),
        plural: plural.to_owned(),
        short: short.split(' ').filter(|it| !it.is_empty()).map(str::to_owned).collect(),
        namespaced: flags.contains('n'),
        scalable: flags.contains('s'),
    }
}

/// The served versions of a `CustomResourceDefinition`.
fn custom(spec: &Value) -> Vec<Kind> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let versions = spec["versions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let served = versions.iter().filter(|version| version["served"] == true);
    served
        .map(|version| Kind {
            group: text(&spec["group"]),
            version: text(&version["name"]),
            kind: text(&spec["names"]["kind"]),
            plural: text(&spec["names"]["plural"]),
            short: spec["names"]["shortNames"].as_array().into_iter().flatten().map(text).collect(),
            namespaced: spec["scope"] == "Namespaced",
            scalable: false,
        })
        .collect()
}
