//! Which kind of tool a field manager is, by the name it gives itself: one table, each row with what goes by that name.
//!
//! Where a client sets no name, the API server takes its user agent up to the first slash
//! (`k8s.io/apiserver/pkg/endpoints/handlers/create.go`, `managerOrUserAgent`).

use fast_glob::glob_match;

use crate::model::finding::{ManagerClass, Operation};

use ManagerClass::{Autoscaler, Controller, Deployer, PersonsTool, Unknown};

/// Who goes by a name.
struct Row {
    /// The name, or a glob over it.
    name: &'static str,
    class: ManagerClass,
    /// What goes by that name, for readers of a report.
    tool: &'static str,
}

const fn row(name: &'static str, class: ManagerClass, tool: &'static str) -> Row {
    Row { name, class, tool }
}

/// The first row that matches counts. What people and pipelines use alike is unknown: nobody is accused.
const TABLE: &[Row] = &[
    // kubectl: `AddFieldManagerFlagVar` in `k8s.io/kubectl/pkg/cmd/*`.
    row("kubectl-edit", PersonsTool, "kubectl edit"),
    row("kubectl-patch", PersonsTool, "kubectl patch"),
    row("kubectl-set", PersonsTool, "kubectl set image, env, resources, …"),
    row("kubectl-label", PersonsTool, "kubectl label"),
    row("kubectl-annotate", PersonsTool, "kubectl annotate"),
    row("kubectl-taint", PersonsTool, "kubectl taint"),
    row("kubectl-rollout", PersonsTool, "kubectl rollout restart, undo, pause, resume"),
    row("kubectl-autoscale", PersonsTool, "kubectl autoscale"),
    row("kubectl-expose", PersonsTool, "kubectl expose"),
    row("kubectl-run", PersonsTool, "kubectl run"),
    row("kubectl-create", PersonsTool, "kubectl create"),
    row("kubectl-replace", PersonsTool, "kubectl replace"),
    row("kubectl-scale", PersonsTool, "kubectl scale, under a name that was given by hand"),
    row("kubectl-debug", PersonsTool, "kubectl debug"),
    row("kubectl-client-side-apply", Unknown, "kubectl apply, by a person or a pipeline"),
    row("kubectl-last-applied", Unknown, "kubectl apply --server-side, by a person or a pipeline"),
    row("before-first-apply", Unknown, "whoever wrote before the first server-side apply"),
    row("unknown", Unknown, "a client without a user agent"),
    row("Unknown", Unknown, "a client without a user agent"),
    // User interfaces: their user agents.
    row("k9s", PersonsTool, "k9s"),
    row("node-fetch", PersonsTool, "Lens and its kin: the HTTP client of Node.js"),
    row("Lens", PersonsTool, "Lens"),
    row("OpenLens", PersonsTool, "OpenLens"),
    row("freelens", PersonsTool, "Freelens"),
    row("Mozilla", PersonsTool, "a browser, through the OpenShift console, Rancher, Headlamp or another dashboard"),
    row("dashboard", PersonsTool, "Kubernetes Dashboard"),
    row("dashboard-*", PersonsTool, "Kubernetes Dashboard"),
    row("headlamp*", PersonsTool, "Headlamp"),
    row("octant", PersonsTool, "Octant"),
    row("podman-desktop", PersonsTool, "Podman Desktop"),
    row("vscode-kubernetes-tools", PersonsTool, "the Kubernetes extension of Visual Studio Code"),
    row("oc", PersonsTool, "the OpenShift command line, verbs without a name of their own"),
    row("oc-edit", PersonsTool, "oc edit"),
    row("oc-patch", PersonsTool, "oc patch"),
    // Delivery: `common.ArgoCDSSAManager`, the `controllerName` of Flux, `kube.ManagedFieldsManager` of Helm (its binary's
    // name), the user agents of Terraform's and Pulumi's providers.
    row("confighub", Deployer, "ConfigHub's delivery"),
    row("confighub-*", Deployer, "ConfigHub's bridges and workers"),
    row("cub-worker*", Deployer, "ConfigHub's worker"),
    row("argocd-controller", Deployer, "Argo CD"),
    row("argocd-application-controller", Deployer, "Argo CD"),
    row("argocd", Deployer, "Argo CD"),
    row("argocd-*", Deployer, "Argo CD's other parts"),
    row("kustomize-controller", Deployer, "Flux"),
    row("helm-controller", Deployer, "Flux"),
    row("source-controller", Deployer, "Flux"),
    row("flux", Deployer, "the Flux command line"),
    row("flux-client-side-apply", Deployer, "Flux"),
    row("gotk-*", Deployer, "Flux, older versions"),
    row("fleetagent", Deployer, "Rancher Fleet"),
    row("fleet-agent", Deployer, "Rancher Fleet"),
    row("helm", Deployer, "Helm"),
    row("helmfile", Deployer, "helmfile"),
    row("kapp", Deployer, "Carvel kapp"),
    row("kapp-*", Deployer, "Carvel kapp, server-side apply"),
    row("kapp-controller", Deployer, "Carvel kapp-controller"),
    row("Terraform", Deployer, "Terraform's Kubernetes provider"),
    row("terraform*", Deployer, "Terraform providers"),
    row("HashiCorp", Deployer, "Terraform"),
    row("OpenTofu", Deployer, "OpenTofu"),
    row("pulumi-kubernetes*", Deployer, "Pulumi"),
    row("pulumi-resource-kubernetes", Deployer, "Pulumi"),
    row("skaffold", Deployer, "Skaffold"),
    row("spinnaker*", Deployer, "Spinnaker"),
    row("clouddriver", Deployer, "Spinnaker"),
    row("piped", Deployer, "PipeCD"),
    row("werf", Deployer, "werf"),
    row("tilt", Deployer, "Tilt"),
    row("configsync*", Deployer, "Google's Config Sync"),
    row("sveltos*", Deployer, "Sveltos"),
    row("rancher-deployer", Deployer, "Rancher"),
    row("addon-manager", Deployer, "the add-on manager of kubeadm and clouds"),
    row("deploy@*", Deployer, "the manifests folder of K3s"),
    // Autoscalers.
    row("horizontal-pod-autoscaler", Autoscaler, "the controller of HorizontalPodAutoscalers"),
    row("vpa-*", Autoscaler, "Vertical Pod Autoscaler: recommender, updater, admission controller"),
    row("keda", Autoscaler, "KEDA"),
    row("keda-*", Autoscaler, "KEDA's operator, metrics adapter and webhooks"),
    row("cluster-autoscaler", Autoscaler, "Cluster Autoscaler"),
    row("karpenter*", Autoscaler, "Karpenter"),
    row("goldilocks*", Autoscaler, "Goldilocks"),
    // Controllers.
    row("kube-controller-manager", Controller, "Kubernetes"),
    row("kube-scheduler", Controller, "Kubernetes"),
    row("kube-apiserver", Controller, "Kubernetes"),
    row("kube-proxy", Controller, "Kubernetes"),
    row("kubelet", Controller, "Kubernetes"),
    row("cloud-controller-manager", Controller, "Kubernetes"),
    row("*-cloud-controller-manager", Controller, "clouds"),
    row("clusterrole-aggregation-controller", Controller, "Kubernetes"),
    row("cainjector", Controller, "cert-manager"),
    row("cert-manager-*", Controller, "cert-manager"),
    row("admissionsenforcer", Controller, "AKS: selectors of webhooks"),
    row("external-secrets*", Controller, "External Secrets Operator"),
    row("istiod", Controller, "Istio"),
    row("istio-operator", Controller, "Istio"),
    row("pilot-discovery", Controller, "Istio"),
    row("linkerd*", Controller, "Linkerd"),
    row("proxy-injector", Controller, "Linkerd"),
    row("nginx-ingress-controller", Controller, "ingress-nginx"),
    row("traefik", Controller, "Traefik"),
    row("cilium-*", Controller, "Cilium"),
    row("calico-*", Controller, "Calico"),
    row("external-dns", Controller, "ExternalDNS"),
    row("sealed-secrets*", Controller, "Sealed Secrets"),
    row("velero*", Controller, "Velero"),
    row("rancher", Controller, "Rancher"),
    row("reloader", Controller, "Stakater Reloader"),
    row("descheduler", Controller, "Descheduler"),
    row("gatekeeper", Controller, "OPA Gatekeeper"),
    row("kyverno*", Controller, "Kyverno"),
    row("cluster-version-operator", Controller, "OpenShift"),
    row("apiextensions.crossplane.io/**", Controller, "Crossplane"),
    row("managed.crossplane.io/**", Controller, "Crossplane"),
    row("crossplane*", Controller, "Crossplane"),
    row("kro.run/**", Controller, "kro"),
    // Frameworks' usual names: kubebuilder calls its binary `manager`.
    row("manager", Controller, "an operator under its framework's usual name"),
    row("*-controller-manager", Controller, "the usual name of a controller"),
    row("*-controller", Controller, "the usual name of a controller"),
    row("*-operator", Controller, "the usual name of an operator"),
    row("*-webhook", Controller, "the usual name of an admission webhook"),
    row("controller", Controller, "the usual name of a controller"),
    row("operator", Controller, "the usual name of an operator"),
    // Clients of programs that may be anything.
    row("Go-http-client", Unknown, "Go's HTTP client"),
    row("OpenAPI-Generator", Unknown, "the generated clients, Python's among them"),
    row("Swagger-Codegen", Unknown, "older generated clients"),
    row("python-requests", Unknown, "Python"),
    row("kubernetes-client", Unknown, "client libraries"),
    row("fabric8-kubernetes-client", Unknown, "the Java client"),
    row("kubernetes-javascript-client", Unknown, "the JavaScript client"),
    row("kube-rs*", Unknown, "the Rust client"),
    row("curl", Unknown, "curl"),
    row("main", Unknown, "a program that nobody named"),
];

/// What kind of tool wrote. `subresource`: through which one, if any.
pub(super) fn class(manager: &str, operation: Operation, subresource: Option<&str>) -> ManagerClass {
    match (manager, operation, subresource) {
        // The controller manager holds the HPA controller, the only one of its parts that scales.
        ("kube-controller-manager", _, Some("scale")) => Autoscaler,
        // Nobody keeps a status by hand.
        (_, _, Some("status")) if known(manager) == Some(PersonsTool) => Unknown,
        // `kubectl apply --server-side` is everybody's; the verbs that give no name of their own (scale, drain) are people's.
        ("kubectl", Operation::Apply, _) => Unknown,
        ("kubectl", Operation::Update, Some("status")) => Unknown,
        ("kubectl", Operation::Update, _) => PersonsTool,
        _ => known(manager).unwrap_or(Unknown),
    }
}

/// What goes by that name, where it is known.
pub(super) fn tool(manager: &str, operation: Operation) -> Option<&'static str> {
    match (manager, operation) {
        ("kubectl", Operation::Apply) => Some("kubectl apply --server-side, by a person or a pipeline"),
        ("kubectl", Operation::Update) => Some("kubectl, a verb such as scale"),
        _ => row_of(manager).map(|row| row.tool),
    }
}

fn known(manager: &str) -> Option<ManagerClass> {
    row_of(manager).map(|row| row.class)
}

fn row_of(manager: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| glob_match(row.name, manager))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_reached_and_says_what_it_is() {
        for (index, row) in TABLE.iter().enumerate() {
            let example = row.name.replace("/**", "/x").replace('*', "x");
            let first = TABLE.iter().position(|it| glob_match(it.name, &example));
            let reached = first == Some(index) || first.is_some_and(|at| TABLE[at].class == row.class);
            assert!(reached, "{} is hidden by {}", row.name, TABLE[first.unwrap_or(index)].name);
            assert!(!row.tool.is_empty(), "{}", row.name);
        }
    }

    #[test]
    fn what_wrote_depends_on_how_it_wrote() {
        use Operation::{Apply, Update};
        for (manager, operation, subresource, expected) in [
            ("kubectl", Apply, None, Unknown),
            ("kubectl", Update, Some("scale"), PersonsTool),
            ("kubectl-edit", Update, None, PersonsTool),
            ("kubectl-edit", Update, Some("status"), Unknown),
            ("kubectl-client-side-apply", Update, None, Unknown),
            ("kube-controller-manager", Update, Some("scale"), Autoscaler),
            ("kube-controller-manager", Update, Some("status"), Controller),
            ("kube-controller-manager", Update, None, Controller),
            ("apiextensions.crossplane.io/composed-1a2b", Apply, None, Controller),
            ("pulumi-kubernetes-9e1f", Apply, None, Deployer),
            ("my-operator", Update, None, Controller),
            ("alice", Update, None, Unknown),
            ("", Update, None, Unknown),
        ] {
            assert_eq!(class(manager, operation, subresource), expected, "{manager} {operation:?} {subresource:?}");
        }
    }
}
