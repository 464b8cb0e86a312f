//! What the table of built-in types decides: zeros, defaults and additions, type by type.

use super::*;

#[test]
fn zeros_count_where_the_go_type_can_hold_them() {
    let webhook =
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: a}";
    let driver = "apiVersion: storage.k8s.io/v1\nkind: CSIDriver\nmetadata: {name: a}";
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}";
    check(&[
        (DEPLOYMENT, "spec: {strategy: {}}", "spec: {strategy: {type: Recreate}}", &[]),
        (DEPLOYMENT, "spec: {minReadySeconds: 0, paused: false}", "spec: {}", &[]),
        (DEPLOYMENT, "spec: {progressDeadlineSeconds: 600}", "spec: {}", &[]),
        (DEPLOYMENT, "spec: {progressDeadlineSeconds: 0}", "spec: {}", &["/spec/progressDeadlineSeconds"]),
        (POD, "spec: {containers: [{name: a, resources: {limits: {}}}]}", "spec: {containers: [{name: a}]}", &[]),
        (
            POD,
            "spec: {containers: [{name: a, securityContext: {}}]}",
            "spec: {containers: [{name: a}]}",
            &["/spec/containers/0/securityContext"],
        ),
        (POD, "spec: {securityContext: {}}", "spec: {}", &[]),
        (
            POD,
            "spec: {volumes: [{name: a, emptyDir: {}}]}",
            "spec: {volumes: [{name: a}]}",
            &["/spec/volumes/0/emptyDir"],
        ),
        // A default of Pods alone.
        (POD, "spec: {enableServiceLinks: true}", "spec: {}", &[]),
        (
            DEPLOYMENT,
            "spec: {template: {spec: {enableServiceLinks: true}}}",
            "spec: {template: {spec: {}}}",
            &["/spec/template/spec/enableServiceLinks"],
        ),
        (webhook, "webhooks: [{name: a, namespaceSelector: {}}]", "webhooks: [{name: a}]", &[]),
        (driver, "spec: {attachRequired: true, podInfoOnMount: false}", "spec: {}", &[]),
        (job, "spec: {backoffLimit: 6}", "spec: {}", &[]),
        (
            job,
            "spec: {backoffLimit: 6, backoffLimitPerIndex: 1}",
            "spec: {backoffLimitPerIndex: 1}",
            &["/spec/backoffLimit"],
        ),
    ]);
}

#[test]
fn an_addition_changes_a_value_unless_the_server_makes_it() {
    let affinity = |term: &str| format!("spec: {{ingress: [{{from: [{{podSelector: {term}}}]}}]}}");
    let labels = "{matchLabels: {a: b}}";
    check(&[
        (
            POLICY,
            &affinity(labels),
            // Empty, and means every namespace.
            "spec: {ingress: [{from: [{podSelector: {matchLabels: {a: b}}, namespaceSelector: {}}]}]}",
            &["/spec/ingress/0/from/0"],
        ),
        (
            POLICY,
            "spec: {ingress: [{ports: [{port: 80}]}]}",
            "spec: {ingress: [{ports: [{port: 80, protocol: TCP}]}]}",
            &[],
        ),
        (
            POLICY,
            "spec: {ingress: [{ports: [{port: 80}]}]}",
            "spec: {ingress: [{ports: [{port: 80, protocol: TCP, endPort: 90}]}]}",
            &["/spec/ingress/0/ports/0"],
        ),
        (POD, "spec: {tolerations: [{key: a}]}", "spec: {tolerations: [{key: a, effect: ''}]}", &[]),
    ]);
}

#[test]
fn types_are_found_in_versions_that_are_gone() {
    let cron = "apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: a}";
    let scaler = "apiVersion: autoscaling/v2beta1\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}";
    let lease = "apiVersion: coordination.k8s.io/v9\nkind: Lease\nmetadata: {name: a}";
    check(&[
        (cron, "spec: {suspend: false, concurrencyPolicy: ''}", "spec: {concurrencyPolicy: Allow}", &[]),
        (
            scaler,
            "spec: {metrics: [{type: Pods, pods: {metricName: a, targetAverageValue: '1'}}]}",
            "spec: {metrics: [{type: Pods, pods: {metricName: a, targetAverageValue: 1000m}}]}",
            &[],
        ),
        // One that is not known yet.
        (lease, "spec: {renewTime: '2026-01-01T00:00:00Z'}", "spec: {renewTime: '2026-01-01T00:00:00.000000Z'}", &[]),
    ]);
}

#[test]
fn quantities_are_rounded_as_their_type_is() {
    let quota = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: a}";
    let claim = "apiVersion: resource.k8s.io/v1\nkind: ResourceClaim\nmetadata: {name: a}";
    let capacity = |amount: &str| {
        format!("spec: {{devices: {{requests: [{{name: a, exactly: {{capacity: {{requests: {{m: {amount}}}}}}}}}]}}}}")
    };
    check(&[
        (quota, "spec: {hard: {cpu: 1u}}", "spec: {hard: {cpu: 1m}}", &[]),
        (claim, &capacity("1u"), &capacity("1m"), &["/spec/devices/requests/0/exactly/capacity/requests/m"]),
        (claim, &capacity("1Ki"), &capacity("1024"), &[]),
    ]);
}

#[test]
fn what_the_server_forgets_or_copies_depends_on_other_fields() {
    let controller = "apiVersion: v1\nkind: ReplicationController\nmetadata: {name: a}";
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}";
    let set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a}";
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}";
    let template = "template: {metadata: {labels: {app: a}}}";
    let controls = |selector: &str| format!("spec: {{selector: {selector}, {template}}}");
    let relabelled = |selector: &str| {
        format!("spec: {{selector: {selector}, template: {{metadata: {{labels: {{app: a, by: hand}}}}}}}}")
    };
    let autoscaler = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}";
    let scales = |rules: &str| format!("spec: {{behavior: {{scaleDown: {rules}}}}}");
    let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}";
    let schema = |field: &str| format!("spec: {{versions: [{{name: v1, schema: {{openAPIV3Schema: {{{field}}}}}}}]}}");
    let forbidden = |name: &str| format!("/spec/versions/0/schema/openAPIV3Schema/{name}");
    check(&[
        // Refused as soon as they are stated, ...
        (definition, &schema("dependencies: {}"), &schema(""), &[&forbidden("dependencies")]),
        (definition, &schema("additionalItems: {}"), &schema(""), &[&forbidden("additionalItems")]),
        (definition, &schema("$ref: ''"), &schema(""), &[&forbidden("$ref")]),
        // ... or only when they say something.
        (definition, &schema("definitions: {}, patternProperties: {}, id: ''"), &schema(""), &[]),
        (definition, &schema("definitions: {a: {}}"), &schema(""), &[&forbidden("definitions")]),
        (controller, &controls("{}"), &controls("{app: a}"), &[]),
        (controller, &controls("{}"), &controls("{app: b}"), &["/spec/selector"]),
        // What others added to the template counts.
        (controller, &controls("{}"), &relabelled("{app: a}"), &["/spec/selector"]),
        (controller, &controls("{}"), &relabelled("{app: a, by: hand}"), &[]),
        (
            autoscaler,
            &scales("{policies: null}"),
            &scales("{policies: [{type: Percent, value: 100, periodSeconds: 15}]}"),
            &[],
        ),
        (
            autoscaler,
            &scales("{policies: null}"),
            &scales("{policies: [{type: Percent, value: 50, periodSeconds: 15}]}"),
            &["/spec/behavior/scaleDown/policies"],
        ),
        (claim, "spec: {dataSource: {}}", "spec: {}", &[]),
        (
            claim,
            "spec: {dataSource: {}}",
            "spec: {dataSource: {kind: PersistentVolumeClaim, name: a}}",
            &["/spec/dataSource"],
        ),
        (claim, "spec: {dataSource: {kind: PersistentVolumeClaim, name: a}}", "spec: {}", &["/spec/dataSource"]),
        // Of a template the server does not judge.
        (
            set,
            "spec: {volumeClaimTemplates: [{spec: {dataSource: {}}}]}",
            "spec: {volumeClaimTemplates: [{spec: {}}]}",
            &["/spec/volumeClaimTemplates/0/spec/dataSource"],
        ),
        (SERVICE, "spec: {sessionAffinityConfig: {}}", "spec: {sessionAffinity: None}", &[]),
        (SERVICE, "spec: {sessionAffinity: None, sessionAffinityConfig: {clientIP: {}}}", "spec: {}", &[]),
        (
            SERVICE,
            "spec: {sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {}}}",
            "spec: {sessionAffinity: None}",
            &["/spec/sessionAffinity", "/spec/sessionAffinityConfig"],
        ),
        // A pointer: an empty text is a value, which the server refuses.
        (
            job,
            "spec: {template: {spec: {preemptionPolicy: ''}}}",
            "spec: {template: {spec: {}}}",
            &["/spec/template/spec/preemptionPolicy"],
        ),
    ]);
}
