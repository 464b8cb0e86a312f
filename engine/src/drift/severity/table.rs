//! The rubric: the first row that matches decides.

use serde_json::Value;

use super::Leaf;
use crate::drift::field_pattern;
use crate::model::finding::{Code, Severity};

use Severity::{Critical, High, Info, Low, Medium};

/// One row: what it is about, and what that means.
pub(super) struct Row {
    codes: &'static [Code],
    /// Kinds by name, whatever their group; empty: all.
    kinds: &'static [&'static str],
    /// Patterns of [`field_pattern`]; empty: any field.
    fields: &'static [&'static str],
    when: fn(&Leaf<'_>) -> bool,
    level: Severity,
    pub(super) reason: &'static str,
}

const MISSING: &[Code] = &[Code::ObjectMissing];
const SURPLUS: &[Code] = &[Code::ObjectOrphaned, Code::ObjectUnmanaged];
const FIELDS: &[Code] = &[Code::FieldChanged, Code::FieldRemoved, Code::FieldAdded];
const GONE: &[Code] = &[Code::FieldRemoved];

const WORKLOADS: &[&str] = &[
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Pod",
    "Job",
    "CronJob",
    "Rollout",
];
const ENTRIES: &[&str] =
    &["Service", "Ingress", "HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "Gateway", "VirtualService"];
const POLICIES: &[&str] = &[
    "NetworkPolicy",
    "AdminNetworkPolicy",
    "BaselineAdminNetworkPolicy",
    "ClusterNetworkPolicy",
    "GlobalNetworkPolicy",
    "CiliumNetworkPolicy",
    "CiliumClusterwideNetworkPolicy",
    "AuthorizationPolicy",
    "PeerAuthentication",
    "RequestAuthentication",
];
const WEBHOOKS: &[&str] = &["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"];
const ADMISSION: &[&str] = &[
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "ClusterPolicy",
    "Policy",
];
const ROLES: &[&str] = &["Role", "ClusterRole"];
const BINDINGS: &[&str] = &["RoleBinding", "ClusterRoleBinding"];
const ACCESS: &[&str] = &["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"];

const fn row(fields: &'static [&'static str], level: Severity, reason: &'static str) -> Row {
    Row { codes: FIELDS, kinds: &[], fields, when: |_| true, level, reason }
}

const fn object(codes: &'static [Code], kinds: &'static [&'static str], level: Severity, reason: &'static str) -> Row {
    Row { codes, kinds, fields: &[], when: |_| true, level, reason }
}

pub(super) const TABLE: &[Row] = &[
    // Whole objects.
    object(MISSING, POLICIES, High, "a policy that guards traffic is gone"),
    object(MISSING, ADMISSION, High, "a guard of what may be created is gone"),
    object(MISSING, &["CustomResourceDefinition", "Namespace"], Critical, "everything in it is gone too"),
    object(MISSING, WORKLOADS, High, "what it runs is gone"),
    object(MISSING, ENTRIES, High, "nothing reaches what is behind it"),
    object(
        MISSING,
        &["Secret", "ConfigMap", "PersistentVolumeClaim", "ServiceAccount"],
        High,
        "Pods that need it can't start",
    ),
    object(MISSING, ACCESS, Medium, "who relied on it lost access"),
    object(MISSING, &[], Medium, "the object is gone"),
    object(SURPLUS, ACCESS, High, "it grants access that no unit states"),
    object(SURPLUS, ADMISSION, Medium, "it decides about other objects, and no unit states it"),
    object(&[Code::ObjectOrphaned], WORKLOADS, Medium, "it runs, and no unit states it any more"),
    object(&[Code::ObjectOrphaned], ENTRIES, Medium, "it lets traffic in, and no unit states it any more"),
    object(&[Code::ObjectOrphaned], &[], Low, "no unit states it any more"),
    object(&[Code::ObjectUnmanaged], &[], Info, "no unit states it"),
    // What a container may do to its node and its neighbours.
    Row { when: turned_on, ..row(&["securityContext/privileged"], Critical, "the container is privileged") },
    row(&["securityContext/privileged"], Medium, "whether the container is privileged"),
    Row {
        when: turned_on,
        ..row(&["hostNetwork", "hostPID", "hostIPC"], High, "the Pod shares a namespace of its node")
    },
    row(&["hostNetwork", "hostPID", "hostIPC"], Medium, "whether the Pod shares a namespace of its node"),
    Row { when: has_live, ..row(&["hostPath/**"], High, "the Pod reaches files of its node") },
    row(&["hostPath/**"], Medium, "a volume from the node"),
    Row { when: has_live, ..row(&["capabilities/add/**"], High, "the container has more capabilities") },
    row(&["capabilities/add/**"], Medium, "the container lacks a capability"),
    Row {
        when: has_desired,
        ..row(&["capabilities/drop/**"], High, "the container keeps capabilities that it should drop")
    },
    row(&["capabilities/drop/**"], Medium, "the container drops another capability"),
    Row { when: is_root, ..row(&["runAsUser", "runAsGroup"], High, "it runs as root") },
    row(
        &["runAsUser", "runAsGroup", "fsGroup", "supplementalGroups/**", "hostUsers"],
        Medium,
        "it runs as another user",
    ),
    Row { when: not_on, ..row(&["runAsNonRoot"], High, "nothing keeps it from running as root") },
    Row { when: turned_on, ..row(&["allowPrivilegeEscalation"], High, "it may gain privileges") },
    Row { when: has_desired, ..row(&["allowPrivilegeEscalation"], High, "nothing keeps it from gaining privileges") },
    Row {
        when: |it| text(it.live) == "Unconfined",
        ..row(&["seccompProfile/type", "appArmorProfile/type"], High, "the sandbox is off")
    },
    Row { when: |it| text(it.live) == "Unmasked", ..row(&["procMount"], High, "it sees the node's /proc") },
    row(&["securityContext/**", "runtimeClassName"], Medium, "the sandbox of the container"),
    Row {
        kinds: &["ServiceAccount"],
        ..row(&["/automountServiceAccountToken"], Medium, "whether Pods get the account's token")
    },
    row(&["automountServiceAccountToken"], Medium, "whether the Pod gets its account's token"),
    row(&["spec/serviceAccountName", "spec/serviceAccount"], High, "it runs with another account's rights"),
    // What it runs.
    Row { when: other_repository, ..row(&["*ontainers/image"], Critical, "the image comes from elsewhere") },
    Row { when: lost_digest, ..row(&["*ontainers/image"], High, "the image is no longer pinned by its digest") },
    row(&["*ontainers/image"], Medium, "another version of the image"),
    row(&["imagePullPolicy", "imagePullSecrets/**"], Medium, "how the image is pulled"),
    row(
        &["*ontainers/command/**", "*ontainers/args/**", "*ontainers/lifecycle/**", "workingDir"],
        Medium,
        "what the container runs",
    ),
    row(&["*ontainers/env/**", "*ontainers/envFrom/**"], Medium, "the container's settings"),
    // A request above its limit is no row of its own: the API server refuses it (`validateResourceRequirements`).
    row(&["*ontainers/resources/**", "spec/resources/limits/**"], Medium, "what the container may use"),
    Row {
        codes: GONE,
        ..row(&["livenessProbe", "readinessProbe", "startupProbe"], Medium, "nobody watches its health")
    },
    row(&["livenessProbe/**", "readinessProbe/**", "startupProbe/**"], Medium, "how its health is watched"),
    row(&["spec/*ontainers"], Medium, "a container more or less"),
    row(
        &["volumes/**", "volumeMounts/**", "volumeDevices/**", "volumeClaimTemplates/**"],
        Medium,
        "what the container reads and writes",
    ),
    row(
        &[
            "nodeSelector/**",
            "affinity/**",
            "tolerations/**",
            "topologySpreadConstraints/**",
            "nodeName",
            "schedulerName",
        ],
        Medium,
        "where it runs",
    ),
    row(&["priorityClassName", "priority", "preemptionPolicy"], Medium, "who makes room for it"),
    Row {
        codes: &[Code::FieldAdded],
        ..row(&["template/metadata/annotations/*restartedAt"], Info, "somebody restarted it")
    },
    row(&["template/metadata/annotations/**"], Low, "a note on its Pods"),
    row(&["template/metadata/labels/**"], Medium, "who selects its Pods"),
    // How many.
    Row { kinds: WORKLOADS, when: to_zero, ..row(&["/spec/replicas"], High, "nothing of it runs") },
    Row { kinds: WORKLOADS, when: fewer, ..row(&["/spec/replicas"], Medium, "fewer replicas run") },
    Row { kinds: WORKLOADS, ..row(&["/spec/replicas"], Low, "more replicas run") },
    Row { when: turned_on, ..row(&["/spec/suspend", "/spec/paused"], Medium, "it is halted") },
    row(
        &[
            "/spec/strategy/**",
            "/spec/updateStrategy/**",
            "/spec/minReadySeconds",
            "/spec/progressDeadlineSeconds",
            "/spec/revisionHistoryLimit",
            "/spec/podManagementPolicy",
            "/spec/*HistoryLimit",
            "terminationGracePeriodSeconds",
            "terminationMessagePath",
            "terminationMessagePolicy",
        ],
        Low,
        "how it is rolled out and ends",
    ),
    // Who may do what.
    Row {
        kinds: ROLES,
        when: gains_everything,
        ..row(&["/rules/**", "/aggregationRule/**"], Critical, "the role allows everything of some kind")
    },
    Row {
        kinds: ROLES,
        when: has_live,
        ..row(&["/rules/**", "/aggregationRule/**"], High, "the role allows more or other things")
    },
    Row { kinds: ROLES, ..row(&["/rules/**", "/aggregationRule/**"], Medium, "the role allows less") },
    Row { kinds: BINDINGS, ..row(&["/roleRef/**"], High, "another role is granted") },
    Row { kinds: BINDINGS, when: has_live, ..row(&["/subjects/**"], High, "somebody else is granted the role") },
    Row { kinds: BINDINGS, ..row(&["/subjects/**"], Medium, "somebody lost the role") },
    Row {
        kinds: &["ServiceAccount"],
        ..row(&["/metadata/annotations/**"], Medium, "which identity the account has elsewhere")
    },
    // What guards.
    Row { kinds: POLICIES, ..row(&["/spec/**"], High, "which traffic is allowed") },
    Row {
        kinds: WEBHOOKS,
        when: |it| text(it.live) == "Ignore",
        ..row(&["/webhooks/failurePolicy"], High, "requests pass when the webhook fails")
    },
    Row { kinds: WEBHOOKS, ..row(&["/webhooks/timeoutSeconds"], Low, "how long the webhook may take") },
    Row { kinds: ADMISSION, ..row(&["/webhooks/**", "/spec/**"], High, "what may be created") },
    Row {
        kinds: &["Namespace"],
        ..row(&["/metadata/labels/pod-security.kubernetes.io*"], High, "which Pods the namespace allows")
    },
    Row {
        kinds: &["CustomResourceDefinition", "APIService"],
        ..row(&["/spec/**"], High, "how the API itself behaves")
    },
    Row {
        kinds: &["ResourceQuota", "LimitRange", "PodDisruptionBudget"],
        ..row(&["/spec/**"], Medium, "how much may be used or taken away")
    },
    // How it is reached.
    Row { kinds: &["Service"], ..row(&["/spec/selector/**"], High, "traffic goes to other Pods") },
    Row { kinds: &["Service"], when: exposes, ..row(&["/spec/type"], High, "the Service can be reached from outside") },
    Row {
        kinds: &["Service"],
        ..row(&["/spec/externalIPs/**", "/spec/loadBalancerSourceRanges/**"], High, "who reaches the Service")
    },
    Row { kinds: &["Service"], ..row(&["/spec/**", "/metadata/annotations/**"], Medium, "how the Service is reached") },
    Row {
        kinds: &["Ingress", "Gateway"],
        ..row(&["/spec/tls/**", "/spec/listeners/tls/**"], High, "how traffic is encrypted")
    },
    Row { kinds: ENTRIES, ..row(&["/spec/**", "/metadata/annotations/**"], Medium, "how traffic gets in") },
    // What it holds.
    Row {
        kinds: &["Secret"],
        ..row(&["/data/**", "/stringData/**", "/type", "/immutable"], High, "the Secret holds something else")
    },
    Row {
        kinds: &["ConfigMap"],
        ..row(&["/data/**", "/binaryData/**", "/immutable"], Medium, "the settings are others")
    },
    Row {
        kinds: &["PersistentVolume", "StorageClass"],
        when: |it| text(it.live) == "Delete",
        ..row(&["/spec/persistentVolumeReclaimPolicy", "/reclaimPolicy"], High, "the data go with the claim")
    },
    // The rest.
    row(&["/metadata/ownerReferences/**"], Medium, "what it goes with"),
    row(&["/metadata/**"], Low, "labels and notes"),
    row(&["/spec/**"], Medium, "how it behaves"),
    row(&[], Medium, "a field of it"),
];

/// The level and its reason. The last row matches everything.
pub(super) fn rate(leaf: &Leaf<'_>) -> (Severity, &'static str) {
    let row = TABLE.iter().find(|row| row.matches(leaf));
    row.map_or((Medium, "a field of it"), |row| (row.level, row.reason))
}

impl Row {
    pub(super) fn matches(&self, leaf: &Leaf<'_>) -> bool {
        self.codes.contains(&leaf.code)
            && (self.kinds.is_empty() || self.kinds.contains(&leaf.gvk.kind.as_str()))
            && (self.fields.is_empty() || self.fields.iter().any(|it| field_pattern::names(it, &leaf.keys)))
            && (self.when)(leaf)
    }
}

fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

fn number(value: Option<&Value>) -> Option<i64> {
    value.and_then(Value::as_i64)
}

fn turned_on(leaf: &Leaf<'_>) -> bool {
    leaf.live.and_then(Value::as_bool) == Some(true)
}

fn not_on(leaf: &Leaf<'_>) -> bool {
    !turned_on(leaf)
}

fn has_live(leaf: &Leaf<'_>) -> bool {
    leaf.live.is_some_and(|it| !it.is_null())
}

fn has_desired(leaf: &Leaf<'_>) -> bool {
    leaf.desired.is_some_and(|it| !it.is_null()) && leaf.desired.and_then(Value::as_bool) != Some(true)
}

fn is_root(leaf: &Leaf<'_>) -> bool {
    number(leaf.live) == Some(0)
}

fn to_zero(leaf: &Leaf<'_>) -> bool {
    number(leaf.live) == Some(0)
}

/// The server fills in one where nothing is stated.
fn fewer(leaf: &Leaf<'_>) -> bool {
    number(leaf.live).unwrap_or(1) < number(leaf.desired).unwrap_or(1)
}

/// An asterisk in a rule means all there is.
fn gains_everything(leaf: &Leaf<'_>) -> bool {
    text(leaf.live) == "*"
}

fn exposes(leaf: &Leaf<'_>) -> bool {
    matches!(text(leaf.live), "LoadBalancer" | "NodePort")
}

/// Whether both images are known and the live one has another registry or name.
fn other_repository(leaf: &Leaf<'_>) -> bool {
    let (desired, live) = (text(leaf.desired), text(leaf.live));
    !desired.is_empty() && !live.is_empty() && repository(desired) != repository(live)
}

fn lost_digest(leaf: &Leaf<'_>) -> bool {
    let live = text(leaf.live);
    text(leaf.desired).contains('@') && !live.is_empty() && !live.contains('@')
}

/// The image without tag and digest, as container runtimes read it: `nginx` is `docker.io/library/nginx`.
fn repository(image: &str) -> String {
    let image = image.split_once('@').map_or(image, |(name, _)| name);
    let (head, name) = image.rsplit_once('/').map_or(("", image), |(head, name)| (head, name));
    let name = name.split_once(':').map_or(name, |(name, _)| name);
    let first = head.split('/').next().unwrap_or_default();
    let is_registry = first.contains(['.', ':']) || first == "localhost";
    match (head, is_registry) {
        ("", _) => format!("docker.io/library/{name}"),
        ("docker.io" | "index.docker.io", _) => format!("docker.io/library/{name}"),
        (_, true) => format!("{head}/{name}").replacen("index.docker.io/", "docker.io/", 1),
        (_, false) => format!("docker.io/{head}/{name}"),
    }
}
