//! Which fields the API server never changes in place: setting them back means replacing the object.
//!
//! From the update validation of Kubernetes 1.36 (`pkg/apis/*/validation`). How live came to differ then: the object was
//! deleted and made anew by somebody else.

use serde_json::Value;

use super::compare::Difference;
use super::field_pattern;
use super::injected::Situation;
use super::path::Segment;
use super::quantity::Quantity;

/// Fields of one kind that stay as they were made.
struct Row {
    group: &'static str,
    kinds: &'static [&'static str],
    fields: &'static [&'static str],
    /// Of those, the ones that may be changed.
    except: &'static [&'static str],
    given: fn(&Situation<'_>, &Difference) -> bool,
    /// Completes *needs replacing: …*.
    why: &'static str,
}

const ALWAYS: fn(&Situation<'_>, &Difference) -> bool = |_, _| true;

const fn row(
    group: &'static str,
    kinds: &'static [&'static str],
    fields: &'static [&'static str],
    why: &'static str,
) -> Row {
    Row { group, kinds, fields, except: &[], given: ALWAYS, why }
}

const TABLE: &[Row] = &[
    row(
        "apps",
        &["Deployment", "DaemonSet", "ReplicaSet"],
        &["/spec/selector/**"],
        "the selector of a workload is fixed",
    ),
    Row {
        except: &[
            "/spec/replicas",
            "/spec/template/**",
            "/spec/updateStrategy/**",
            "/spec/minReadySeconds",
            "/spec/ordinals/**",
            "/spec/revisionHistoryLimit",
            "/spec/persistentVolumeClaimRetentionPolicy/**",
        ],
        ..row("apps", &["StatefulSet"], &["/spec/**"], "this field of a StatefulSet is fixed")
    },
    row("apps", &["ControllerRevision"], &["/data/**"], "a revision never changes"),
    Row {
        given: |it, _| it.live.pointer("/spec/suspend").and_then(Value::as_bool) != Some(true),
        ..row("batch", &["Job"], &["/spec/template/**"], "the Pods of a Job that was started are fixed")
    },
    Row {
        // Once it was started it can't be changed even while it is suspended.
        given: |it, _| it.live.pointer("/spec/suspend").and_then(Value::as_bool) == Some(true),
        except: &[
            "/spec/template/metadata/**",
            "/spec/template/spec/nodeSelector/**",
            "/spec/template/spec/tolerations/**",
            "/spec/template/spec/affinity/**",
            "/spec/template/spec/schedulingGates/**",
            "/spec/template/spec/*ontainers/resources/**",
        ],
        ..row("batch", &["Job"], &["/spec/template/**"], "the Pods of a Job are fixed but for where they run")
    },
    Row {
        given: |it, _| it.live.pointer("/spec/completionMode").and_then(Value::as_str) != Some("Indexed"),
        ..row("batch", &["Job"], &["/spec/completions"], "the completions of a Job that is not indexed are fixed")
    },
    row(
        "batch",
        &["Job"],
        &[
            "/spec/selector/**",
            "/spec/completionMode",
            "/spec/podFailurePolicy/**",
            "/spec/backoffLimitPerIndex",
            "/spec/managedBy",
            "/spec/successPolicy/**",
        ],
        "this field of a Job is fixed",
    ),
    Row {
        except: &[
            "/spec/containers/image",
            "/spec/initContainers/image",
            "/spec/activeDeadlineSeconds",
            "/spec/schedulingGates/**",
            "/spec/tolerations/**",
        ],
        ..row("", &["Pod"], &["/spec/**"], "this field of a Pod is fixed")
    },
    Row {
        // A second address may come and go.
        given: |it, difference| {
            !is_text(it.live, "/spec/type", "ExternalName")
                && !is_text(it.desired, "/spec/type", "ExternalName")
                && !matches!(difference.path.segments().last(), Some(Segment::Item { index: 1.., .. }))
        },
        ..row("", &["Service"], &["/spec/clusterIP", "/spec/clusterIPs/**"], "the address of a Service is fixed")
    },
    row("", &["Service"], &["/spec/loadBalancerClass"], "the load balancer's class is fixed"),
    Row {
        except: &[
            "/spec/resources/requests/storage",
            "/spec/resources",
            "/spec/resources/requests",
            "/spec/volumeAttributesClassName",
        ],
        ..row("", &["PersistentVolumeClaim"], &["/spec/**"], "this field of a claim is fixed")
    },
    Row {
        given: |_, difference| is_less(&difference.desired, difference.live.as_ref()),
        ..row("", &["PersistentVolumeClaim"], &["/spec/resources/requests/storage"], "a claim never shrinks")
    },
    Row {
        given: |it, _| !is_text(it.live, "/status/phase", "Bound"),
        ..row(
            "",
            &["PersistentVolumeClaim"],
            &["/spec/resources/requests/storage", "/spec/volumeAttributesClassName"],
            "a claim that is not bound is fixed",
        )
    },
    Row {
        except: &[
            "/spec/capacity/**",
            "/spec/accessModes/**",
            "/spec/claimRef/**",
            "/spec/persistentVolumeReclaimPolicy",
            "/spec/storageClassName",
            "/spec/mountOptions/**",
            "/spec/nodeAffinity/**",
            "/spec/volumeAttributesClassName",
        ],
        ..row("", &["PersistentVolume"], &["/spec/**"], "the source of a volume is fixed")
    },
    row("", &["Secret"], &["/type"], "the type of a Secret is fixed"),
    Row {
        given: |it, _| it.live.get("immutable").and_then(Value::as_bool) == Some(true),
        ..row(
            "",
            &["ConfigMap", "Secret"],
            &["/data/**", "/binaryData/**", "/stringData/**", "/immutable"],
            "it was declared `immutable`",
        )
    },
    row(
        "rbac.authorization.k8s.io",
        &["RoleBinding", "ClusterRoleBinding"],
        &["/roleRef/**"],
        "the role of a binding is fixed",
    ),
    row(
        "storage.k8s.io",
        &["StorageClass"],
        &["/provisioner", "/parameters/**", "/reclaimPolicy", "/volumeBindingMode"],
        "this field of a storage class is fixed",
    ),
    row("storage.k8s.io", &["VolumeAttributesClass"], &["/driverName", "/parameters/**"], "the class is fixed"),
    row("storage.k8s.io", &["VolumeAttachment"], &["/spec/**"], "an attachment is fixed"),
    row(
        "storage.k8s.io",
        &["CSIStorageCapacity"],
        &["/nodeTopology/**", "/storageClassName"],
        "what the capacity is of is fixed",
    ),
    row(
        "storage.k8s.io",
        &["CSIDriver"],
        &["/spec/attachRequired", "/spec/volumeLifecycleModes/**"],
        "this field of a driver is fixed",
    ),
    row("node.k8s.io", &["RuntimeClass"], &["/handler"], "the handler of a runtime class is fixed"),
    row(
        "scheduling.k8s.io",
        &["PriorityClass"],
        &["/value", "/preemptionPolicy"],
        "the value of a priority class is fixed",
    ),
    row("networking.k8s.io", &["IngressClass"], &["/spec/controller"], "the controller of an ingress class is fixed"),
    row("networking.k8s.io", &["IPAddress"], &["/spec/parentRef/**"], "what the address belongs to is fixed"),
    row("discovery.k8s.io", &["EndpointSlice"], &["/addressType"], "the address type is fixed"),
    row("certificates.k8s.io", &["CertificateSigningRequest"], &["/spec/**"], "a request never changes"),
    row("resource.k8s.io", &["ResourceClaim", "ResourceClaimTemplate"], &["/spec/**"], "a claim for devices is fixed"),
    row(
        "apiextensions.k8s.io",
        &["CustomResourceDefinition"],
        &["/spec/group", "/spec/scope", "/spec/names/kind", "/spec/names/plural"],
        "the name and the scope of a custom resource are fixed",
    ),
];

/// Why setting the field back means replacing the object; None: it can be set back in place.
pub(super) fn note(situation: &Situation<'_>, difference: &Difference) -> Option<&'static str> {
    let keys = field_pattern::keys(&difference.path);
    let row = TABLE.iter().find(|row| {
        row.group == situation.gvk.group
            && row.kinds.contains(&situation.gvk.kind.as_str())
            && row.fields.iter().any(|it| field_pattern::names(it, &keys))
            && !row.except.iter().any(|it| field_pattern::names(it, &keys))
            && (row.given)(situation, difference)
    })?;
    Some(row.why)
}

fn is_text(object: &Value, pointer: &str, text: &str) -> bool {
    object.pointer(pointer).and_then(Value::as_str) == Some(text)
}

fn is_less(desired: &Value, live: Option<&Value>) -> bool {
    let read = |value: &Value| Quantity::parse(value.as_str()?);
    match (read(desired), live.and_then(read)) {
        (Some(desired), Some(live)) => desired < live,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::drift::compare::Sensitivity;
    use crate::drift::path::fixtures::path;
    use crate::drift::rule::Rule;
    use crate::drift::types::CustomSchemas;
    use crate::model::finding::Code;
    use crate::model::object::GroupVersionKind;

    fn needs_replacing(kind: (&str, &str), pointer: &str, live_object: Value, sides: (Value, Value)) -> bool {
        let gvk = GroupVersionKind::new(kind.0, kind.1);
        let difference = Difference {
            code: Code::FieldChanged,
            path: path(pointer),
            desired: sides.0,
            live: Some(sides.1),
            names: Vec::new(),
            sensitivity: Sensitivity::Ordinary,
            rule: Rule::added(),
        };
        note(&Situation::new(&gvk, (&json!({}), &live_object), &CustomSchemas::default()), &difference).is_some()
    }

    #[test]
    fn the_table_knows_what_the_api_server_refuses() {
        let any = || (json!("a"), json!("b"));
        for (kind, pointer, live, replaced) in [
            (("apps/v1", "Deployment"), "/spec/selector/matchLabels/app", json!({}), true),
            (("apps/v1", "Deployment"), "/spec/replicas", json!({}), false),
            (("example.com/v1", "Deployment"), "/spec/selector", json!({}), false),
            (("apps/v1", "StatefulSet"), "/spec/serviceName", json!({}), true),
            (
                ("apps/v1", "StatefulSet"),
                "/spec/volumeClaimTemplates/0/spec/resources/requests/storage",
                json!({}),
                true,
            ),
            (("apps/v1", "StatefulSet"), "/spec/template/spec/containers/0/image", json!({}), false),
            (("batch/v1", "Job"), "/spec/template/spec/containers/0/image", json!({}), true),
            (("batch/v1", "Job"), "/spec/template/spec/nodeSelector/zone", json!({"spec": {"suspend": true}}), false),
            (("batch/v1", "Job"), "/spec/template/spec/containers/0/image", json!({"spec": {"suspend": true}}), true),
            (("batch/v1", "Job"), "/spec/completions", json!({"spec": {"completionMode": "Indexed"}}), false),
            (("batch/v1", "Job"), "/spec/completions", json!({}), true),
            (("batch/v1", "Job"), "/spec/parallelism", json!({}), false),
            (("v1", "Pod"), "/spec/containers/0/image", json!({}), false),
            (("v1", "Pod"), "/spec/containers/0/args", json!({}), true),
            (("v1", "Service"), "/spec/clusterIP", json!({}), true),
            (("v1", "Service"), "/spec/clusterIP", json!({"spec": {"type": "ExternalName"}}), false),
            (("v1", "Service"), "/spec/ports/0/port", json!({}), false),
            (("v1", "Secret"), "/type", json!({}), true),
            (("v1", "Secret"), "/data/key", json!({}), false),
            (("v1", "ConfigMap"), "/data/key", json!({"immutable": true}), true),
            (("v1", "ConfigMap"), "/data/key", json!({}), false),
            (("v1", "ConfigMap"), "/metadata/labels/a", json!({"immutable": true}), false),
            (("v1", "PersistentVolumeClaim"), "/spec/storageClassName", json!({}), true),
            (("v1", "PersistentVolume"), "/spec/nfs/server", json!({}), true),
            (("v1", "PersistentVolume"), "/spec/persistentVolumeReclaimPolicy", json!({}), false),
            (("rbac.authorization.k8s.io/v1", "RoleBinding"), "/roleRef/name", json!({}), true),
            (("rbac.authorization.k8s.io/v1", "RoleBinding"), "/subjects/0/name", json!({}), false),
            (("storage.k8s.io/v1", "StorageClass"), "/parameters/type", json!({}), true),
            (("storage.k8s.io/v1", "StorageClass"), "/allowVolumeExpansion", json!({}), false),
            (("apiextensions.k8s.io/v1", "CustomResourceDefinition"), "/spec/scope", json!({}), true),
        ] {
            assert_eq!(needs_replacing(kind, pointer, live, any()), replaced, "{kind:?} {pointer}");
        }
    }

    #[test]
    fn a_claim_grows_in_place_and_never_shrinks() {
        let claim = ("v1", "PersistentVolumeClaim");
        let storage = "/spec/resources/requests/storage";
        let bound = || json!({"status": {"phase": "Bound"}});
        assert!(needs_replacing(claim, storage, bound(), (json!("8Gi"), json!("10Gi"))));
        assert!(!needs_replacing(claim, storage, bound(), (json!("10Gi"), json!("8Gi"))));
        assert!(needs_replacing(claim, storage, json!({}), (json!("10Gi"), json!("8Gi"))), "before it is bound");
    }
}
