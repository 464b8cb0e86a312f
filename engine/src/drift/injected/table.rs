//! The known injections.

use serde_json::Value;

use super::{How, Rule, Situation};
use crate::drift::steps;

const WORKLOADS: &[&str] =
    &["Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob"];
const POD: &[&str] = &["Pod"];
const WEBHOOKS: &[&str] = &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// The first that matches explains a difference.
pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "ca-bundle",
        reason: "an injector fills in the CA bundle, which desired leaves blank",
        source: "cert-manager's cainjector and others; argo-cd#1487, fleet#715",
        kinds: &[
            "MutatingWebhookConfiguration",
            "ValidatingWebhookConfiguration",
            "CustomResourceDefinition",
            "APIService",
        ],
        fields: &[
            "/webhooks/*/clientConfig/caBundle",
            "/spec/conversion/webhook/clientConfig/caBundle",
            "/spec/caBundle",
        ],
        how: How::Filled,
        given: always,
    },
    Rule {
        name: "aggregated-cluster-role",
        reason: "the rules of an aggregated ClusterRole are filled in by a controller",
        source: "pkg/controller/clusterroleaggregation: what is stated there is overwritten",
        kinds: &["ClusterRole"],
        fields: &["/rules"],
        how: How::Overwritten,
        given: |it| it.desired.get("aggregationRule").is_some_and(Value::is_object),
    },
    Rule {
        name: "aks-webhook-selector",
        reason: "AKS keeps webhooks away from its own namespaces",
        source: "AKS admissions enforcer; Azure/AKS#1771, argo-cd#4276",
        kinds: WEBHOOKS,
        fields: &["/webhooks/*/namespaceSelector"],
        how: How::Entries(is_aks_exclusion),
        given: always,
    },
    Rule {
        name: "default-tolerations",
        reason: "admission makes every Pod tolerate the taints of nodes in trouble for a while",
        source: "plugin/pkg/admission/defaulttolerationseconds, podtolerationrestriction; pkg/controller/daemon",
        kinds: POD,
        fields: &["/spec/tolerations"],
        how: How::Entries(|it| {
            is_text(it, "operator", |it| it == "Exists")
                && is_text(it, "key", |it| it.starts_with("node.kubernetes.io/"))
        }),
        given: always,
    },
    Rule {
        name: "service-account-token",
        reason: "admission mounts the service account's token",
        source: "plugin/pkg/admission/serviceaccount",
        kinds: POD,
        fields: &["/spec/volumes", "/spec/*ontainers/*/volumeMounts"],
        how: How::Entries(|it| {
            is_named(it, |it| it.starts_with("kube-api-access-"))
                && (it.get("projected").is_some() || is_text(it, "mountPath", is_token_path))
        }),
        given: always,
    },
    Rule {
        name: "service-account",
        reason: "admission fills in the service account and its pull secrets",
        source: "plugin/pkg/admission/serviceaccount",
        kinds: POD,
        fields: &["/spec/serviceAccountName", "/spec/imagePullSecrets"],
        how: How::Filled,
        given: always,
    },
    Rule {
        name: "deprecated-service-account",
        reason: "the server repeats `serviceAccountName` under its old name",
        source: "pkg/apis/core/v1/conversion.go",
        kinds: WORKLOADS,
        fields: &["/spec/serviceAccount", "/spec/**/template/spec/serviceAccount"],
        how: How::Filled,
        given: always,
    },
    Rule {
        name: "priority",
        reason: "admission fills in the priority of the Pod's class",
        source: "plugin/pkg/admission/priority",
        kinds: POD,
        fields: &["/spec/priority", "/spec/priorityClassName"],
        how: How::Filled,
        given: always,
    },
    Rule {
        name: "preemption-policy",
        reason: "admission fills in the preemption policy of the Pod's class",
        source: "plugin/pkg/admission/priority",
        kinds: POD,
        fields: &["/spec/preemptionPolicy"],
        how: How::FilledIfAbsent,
        given: always,
    },
    Rule {
        name: "runtime-class-overhead",
        reason: "admission fills in the overhead of the Pod's runtime class",
        source: "plugin/pkg/admission/runtimeclass",
        kinds: POD,
        fields: &["/spec/overhead"],
        how: How::Filled,
        given: |it| it.live.pointer("/spec/runtimeClassName").is_some_and(Value::is_string),
    },
    Rule {
        name: "limit-range",
        reason: "a LimitRange of the namespace fills in requests and limits",
        source: "plugin/pkg/admission/limitranger: it leaves this annotation",
        kinds: POD,
        fields: &["/spec/*ontainers/*/resources", "/metadata/annotations/kubernetes.io~1limit-ranger"],
        how: How::Filled,
        given: |it| annotated(it, |key| key == "kubernetes.io/limit-ranger"),
    },
    Rule {
        name: "scheduler",
        reason: "the scheduler picks the node",
        source: "pkg/registry/core/pod/storage, binding",
        kinds: POD,
        fields: &["/spec/nodeName"],
        how: How::Filled,
        given: always,
    },
    Rule {
        name: "job-controller-labels",
        reason: "the API server labels the Pods of a Job",
        source: "pkg/registry/batch/job/strategy.go, generateSelector",
        kinds: &["Job"],
        fields: &[
            "/spec/selector",
            "/metadata/labels/*",
            "/spec/template/metadata/labels/controller-uid",
            "/spec/template/metadata/labels/job-name",
            "/spec/template/metadata/labels/batch.kubernetes.io~1*",
        ],
        how: How::Filled,
        given: |it| it.live.pointer("/spec/manualSelector").and_then(Value::as_bool) != Some(true),
    },
    Rule {
        name: "service-addresses",
        reason: "the API server assigns addresses and ports",
        source: "pkg/registry/core/service/storage/alloc.go",
        kinds: &["Service"],
        fields: &[
            "/spec/clusterIP",
            "/spec/clusterIPs",
            "/spec/ipFamilies",
            "/spec/ipFamilyPolicy",
            "/spec/healthCheckNodePort",
            "/spec/ports/*/nodePort",
        ],
        how: How::Filled,
        given: always,
    },
    Rule {
        name: "load-balancer-finalizer",
        reason: "the service controller keeps the load balancer until it is cleaned up",
        source: "k8s.io/cloud-provider/service/helpers",
        kinds: &["Service"],
        fields: &["/metadata/finalizers"],
        how: How::Entries(|it| {
            it.as_str().is_some_and(|it| {
                it == "service.kubernetes.io/load-balancer-cleanup" || it.starts_with("networking.gke.io/")
            })
        }),
        given: always,
    },
    Rule {
        name: "volume-binding",
        reason: "the volume controller binds and protects the volume",
        source: "pkg/controller/volume/persistentvolume, pvcprotection, pvprotection",
        kinds: &["PersistentVolumeClaim", "PersistentVolume"],
        fields: &[
            "/spec/volumeName",
            "/spec/claimRef",
            "/metadata/annotations/pv.kubernetes.io~1*",
            "/metadata/annotations/volume.kubernetes.io~1*",
            "/metadata/annotations/volume.beta.kubernetes.io~1storage-provisioner",
        ],
        how: How::Filled,
        given: always,
    },
    Rule {
        name: "volume-protection",
        reason: "the volume controller keeps a volume that is in use",
        source: "pkg/controller/volume/pvcprotection, pvprotection",
        kinds: &["PersistentVolumeClaim", "PersistentVolume"],
        fields: &["/metadata/finalizers"],
        how: How::Entries(|it| {
            matches!(it.as_str(), Some("kubernetes.io/pvc-protection" | "kubernetes.io/pv-protection"))
        }),
        given: always,
    },
    Rule {
        name: "default-storage-class",
        reason: "admission fills in the default storage class",
        source: "plugin/pkg/admission/storage/storageclass/setdefault: an empty name asks for no class",
        kinds: &["PersistentVolumeClaim"],
        fields: &["/spec/storageClassName"],
        how: How::FilledIfAbsent,
        given: always,
    },
    Rule {
        name: "default-ingress-class",
        reason: "admission fills in the default ingress class",
        source: "plugin/pkg/admission/network/defaultingressclass",
        kinds: &["Ingress"],
        fields: &["/spec/ingressClassName"],
        how: How::FilledIfAbsent,
        given: |it| it.desired.pointer("/metadata/annotations/kubernetes.io~1ingress.class").is_none(),
    },
    Rule {
        name: "namespace-marks",
        reason: "the API server labels a namespace with its name and lets it be emptied before it goes",
        source: "pkg/registry/core/namespace/strategy.go",
        kinds: &["Namespace"],
        fields: &["/spec/finalizers", "/metadata/labels/kubernetes.io~1metadata.name"],
        how: How::Filled,
        given: always,
    },
    Rule {
        name: "service-account-secrets",
        reason: "the cluster keeps token and registry Secrets of its own for the service account",
        source: "pkg/controller/serviceaccount/tokens_controller.go; OpenShift's registry Secrets",
        kinds: &["ServiceAccount"],
        fields: &["/secrets", "/imagePullSecrets"],
        how: How::Entries(|it| is_named(it, |name| name.contains("-token-") || name.contains("-dockercfg-"))),
        given: always,
    },
    Rule {
        name: "openshift-scc",
        reason: "OpenShift's security context constraints fill in the security context",
        source: "openshift/apiserver-library-go: it leaves this annotation",
        kinds: POD,
        fields: &[
            "/spec/securityContext",
            "/spec/*ontainers/*/securityContext",
            "/metadata/annotations/openshift.io~1*",
        ],
        how: How::Filled,
        given: |it| annotated(it, |key| key == "openshift.io/scc"),
    },
    Rule {
        name: "gke-autopilot",
        reason: "GKE Autopilot fills in resources, a seccomp profile and what its nodes need",
        source: "GKE documentation, Autopilot resource requests; prometheus-operator#8049, kong-operator#888",
        kinds: WORKLOADS,
        fields: &[
            "/metadata/annotations/autopilot.gke.io~1*",
            "/spec/**/annotations/autopilot.gke.io~1*",
            "/**/*ontainers/*/resources",
            "/**/*ontainers/*/securityContext/capabilities/drop",
            "/**/securityContext/seccompProfile",
        ],
        how: How::Filled,
        given: |it| annotated(it, |key| key.starts_with("autopilot.gke.io/")),
    },
    Rule {
        name: "gke-autopilot-tolerations",
        reason: "GKE Autopilot lets the Pod run on nodes of its architecture and class",
        source: "GKE documentation, Autopilot compute classes",
        kinds: WORKLOADS,
        fields: &["/spec/tolerations", "/spec/**/template/spec/tolerations"],
        how: How::Entries(|it| {
            is_text(it, "key", |it| it == "kubernetes.io/arch" || it.starts_with("cloud.google.com/"))
        }),
        given: |it| annotated(it, |key| key.starts_with("autopilot.gke.io/")),
    },
    Rule {
        name: "aws-pod-identity",
        reason: "EKS gives the Pod the identity of its service account",
        source: "aws/amazon-eks-pod-identity-webhook, pkg/handler",
        kinds: POD,
        fields: &["/spec/volumes", "/spec/*ontainers/*/volumeMounts", "/spec/*ontainers/*/env"],
        how: How::Entries(|it| {
            is_named(it, |name| {
                matches!(
                    name,
                    "aws-iam-token"
                        | "eks-pod-identity-token"
                        | "AWS_ROLE_ARN"
                        | "AWS_WEB_IDENTITY_TOKEN_FILE"
                        | "AWS_STS_REGIONAL_ENDPOINTS"
                        | "AWS_DEFAULT_REGION"
                        | "AWS_REGION"
                        | "AWS_CONTAINER_CREDENTIALS_FULL_URI"
                        | "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
                )
            })
        }),
        given: |it| mentions(it, "/spec/volumes", &["aws-iam-token", "eks-pod-identity-token"]),
    },
    Rule {
        name: "azure-workload-identity",
        reason: "Azure Workload Identity gives the Pod the identity of its service account",
        source: "Azure/azure-workload-identity, pkg/webhook",
        kinds: POD,
        fields: &["/spec/volumes", "/spec/*ontainers/*/volumeMounts", "/spec/*ontainers/*/env"],
        how: How::Entries(|it| {
            is_named(it, |name| {
                matches!(
                    name,
                    "azure-identity-token"
                        | "AZURE_CLIENT_ID"
                        | "AZURE_TENANT_ID"
                        | "AZURE_FEDERATED_TOKEN_FILE"
                        | "AZURE_AUTHORITY_HOST"
                )
            })
        }),
        given: |it| mentions(it, "/spec/volumes", &["azure-identity-token"]),
    },
    Rule {
        name: "istio-sidecar",
        reason: "Istio adds its proxy to the Pod",
        source: "istio, pkg/kube/inject: it leaves this annotation",
        kinds: POD,
        fields: &["/spec/containers", "/spec/initContainers", "/spec/volumes", "/spec/*ontainers/*/volumeMounts"],
        how: How::Entries(|it| {
            is_named(it, |name| {
                name.starts_with("istio-")
                    || name.starts_with("workload-")
                    || matches!(name, "istiod-ca-cert" | "credential-socket")
            })
        }),
        given: |it| annotated(it, |key| key == "sidecar.istio.io/status"),
    },
    Rule {
        name: "istio-marks",
        reason: "Istio marks the Pods to which it added its proxy",
        source: "istio, pkg/kube/inject",
        kinds: POD,
        fields: &[
            "/metadata/annotations/sidecar.istio.io~1*",
            "/metadata/annotations/istio.io~1*",
            "/metadata/annotations/prometheus.io~1*",
            "/metadata/annotations/kubectl.kubernetes.io~1default-*",
            "/metadata/labels/security.istio.io~1*",
            "/metadata/labels/service.istio.io~1*",
        ],
        how: How::FilledIfAbsent,
        given: |it| annotated(it, |key| key == "sidecar.istio.io/status"),
    },
    Rule {
        name: "linkerd-sidecar",
        reason: "Linkerd adds its proxy to the Pod",
        source: "linkerd2, charts/patch: it leaves this annotation",
        kinds: POD,
        fields: &["/spec/containers", "/spec/initContainers", "/spec/volumes"],
        how: How::Entries(|it| is_named(it, |name| name.starts_with("linkerd-"))),
        given: |it| annotated(it, |key| key == "linkerd.io/proxy-version"),
    },
    Rule {
        name: "linkerd-marks",
        reason: "Linkerd marks the Pods to which it added its proxy",
        source: "linkerd2, charts/patch",
        kinds: POD,
        fields: &[
            "/metadata/annotations/linkerd.io~1*",
            "/metadata/annotations/viz.linkerd.io~1*",
            "/metadata/labels/linkerd.io~1*",
        ],
        how: How::FilledIfAbsent,
        given: |it| annotated(it, |key| key == "linkerd.io/proxy-version"),
    },
];

fn always(_: &Situation<'_>) -> bool {
    true
}

fn is_text(value: &Value, key: &str, test: impl Fn(&str) -> bool) -> bool {
    value.get(key).and_then(Value::as_str).is_some_and(test)
}

fn is_named(value: &Value, test: impl Fn(&str) -> bool) -> bool {
    is_text(value, "name", test)
}

fn is_token_path(path: &str) -> bool {
    path == "/var/run/secrets/kubernetes.io/serviceaccount"
}

/// The expressions that AKS adds, as it has written them over the years.
fn is_aks_exclusion(expression: &Value) -> bool {
    let values = expression.get("values").and_then(Value::as_array);
    let only = |wanted: &str| values.is_some_and(|it| it.len() == 1 && it[0] == wanted);
    let operator = expression.get("operator").and_then(Value::as_str).unwrap_or_default();
    match expression.get("key").and_then(Value::as_str) {
        Some("control-plane") => {
            operator == "DoesNotExist" && values.is_none_or(Vec::is_empty) || operator == "NotIn" && only("true")
        }
        Some("kubernetes.azure.com/managedby") => operator == "NotIn" && only("aks"),
        _ => false,
    }
}

/// Whether live, or the Pods it makes, carry such an annotation.
fn annotated(situation: &Situation<'_>, test: impl Fn(&str) -> bool) -> bool {
    [
        "/metadata/annotations",
        "/spec/template/metadata/annotations",
        "/spec/jobTemplate/spec/template/metadata/annotations",
    ]
    .into_iter()
    .filter_map(|at| situation.live.pointer(at)?.as_object())
    .any(|it| {
        it.keys().any(|key| {
            steps::take();
            test(key)
        })
    })
}

/// Whether live has an entry of that name which desired does not have.
fn mentions(situation: &Situation<'_>, list: &str, names: &[&str]) -> bool {
    let has = |object: &Value| {
        let items = object.pointer(list).and_then(Value::as_array).into_iter().flatten();
        items.into_iter().any(|it| {
            steps::take();
            is_named(it, |name| names.contains(&name))
        })
    };
    has(situation.live) && !has(situation.desired)
}
