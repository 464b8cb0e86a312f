//! What is a difference and what is only another spelling.

use super::*;
use crate::drift::injected::{self, Situation};

fn read(text: &str) -> Value {
    crate::manifest::values(text).expect(text).pop().expect(text)
}

fn gvk(object: &Value) -> GroupVersionKind {
    let text = |key: &str| object[key].as_str().unwrap_or_default();
    GroupVersionKind::new(text("apiVersion"), text("kind"))
}

/// `desired` and `live` are YAML below `header`; the result is every pointer that counts.
fn pointers(header: &str, desired: &str, live: &str) -> Vec<String> {
    let [desired, live] = [desired, live].map(|it| read(&format!("{header}\n{it}")));
    let (gvk, schemas) = (gvk(&desired), CustomSchemas::default());
    let situation = Situation::new(&gvk, (&desired, &live), &schemas);
    let found = compare(&desired, &live, &gvk, &schemas);
    found.iter().filter(|it| injected::explain(&situation, it).is_none()).map(|it| it.path.pointer()).collect()
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}";
const BARE: &str = "apiVersion: v1\nkind: Pod";
const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}";
const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: a}";
const POLICY: &str = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}";
const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}";
const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}";
const CLAIM: &str = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}";
const SET: &str = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a}";
const CUSTOM: &str = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}";

/// Asserts that every row gives exactly these pointers.
fn check(rows: &[(&str, &str, &str, &[&str])]) {
    for (header, desired, live, want) in rows {
        assert_eq!(pointers(header, desired, live), *want, "{header}\n{desired}\n{live}");
    }
}

#[test]
fn an_empty_namespace_names_none() {
    let of =
        |namespace: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: {namespace}}}");
    let [empty, shop, other] = ["''", "shop", "other"].map(|it| read(&of(it)));
    let count = |desired, live| compare(desired, live, &gvk(desired), &CustomSchemas::default()).len();
    assert_eq!([count(&empty, &shop), count(&shop, &shop), count(&other, &shop)], [0, 0, 1]);
}

#[test]
fn zero_is_a_value_where_the_api_keeps_it() {
    check(&[
        (DEPLOYMENT, "spec: {replicas: 0}", "spec: {}", &["/spec/replicas"]),
        (DEPLOYMENT, "spec: {replicas: 0}", "spec: {replicas: 1}", &["/spec/replicas"]),
        (DEPLOYMENT, "spec: {replicas: 1}", "spec: {}", &[]),
        (POD, "spec: {automountServiceAccountToken: false}", "spec: {}", &["/spec/automountServiceAccountToken"]),
        (POD, "spec: {hostUsers: false}", "spec: {}", &["/spec/hostUsers"]),
        (POD, "spec: {hostNetwork: false}", "spec: {}", &[]),
        (POD, "spec: {hostNetwork: false}", "spec: {hostNetwork: true}", &["/spec/hostNetwork"]),
        (SERVICE, "spec: {publishNotReadyAddresses: false}", "spec: {}", &[]),
        (SERVICE, "spec: {sessionAffinity: ''}", "spec: {sessionAffinity: None}", &[]),
        (SERVICE, "spec: {sessionAffinity: ''}", "spec: {sessionAffinity: ClientIP}", &["/spec/sessionAffinity"]),
        (SERVICE, "spec: {clusterIP: ''}", "spec: {clusterIP: 10.0.0.1}", &[]),
        (SERVICE, "spec: {clusterIP: None}", "spec: {clusterIP: 10.0.0.1}", &["/spec/clusterIP"]),
        (
            POD,
            "spec: {securityContext: {runAsUser: 0}}",
            "spec: {securityContext: {}}",
            &["/spec/securityContext/runAsUser"],
        ),
        (CUSTOM, "spec: {a: false, b: 0, c: ''}", "spec: {}", &["/spec/a", "/spec/b", "/spec/c"]),
        (CUSTOM, "spec: {a: 1.0}", "spec: {a: 1}", &[]),
        (CUSTOM, "spec: {a: '1'}", "spec: {a: 1}", &["/spec/a"]),
    ]);
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}";
    let volume = "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: a}";
    check(&[
        (claim, "spec: {storageClassName: ''}", "spec: {}", &["/spec/storageClassName"]),
        (volume, "spec: {storageClassName: ''}", "spec: {}", &[]),
    ]);
}

#[test]
fn null_and_empty_are_absent_where_the_api_drops_them() {
    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}";
    check(&[
        (role, "rules: []", "rules: null", &[]),
        (role, "rules: []", "", &[]),
        // A list that is replaced as a whole: null is none. What is merged by its parts stays.
        (role, "rules: null", "rules: [{verbs: [get]}]", &["/rules"]),
        (POD, "spec: {containers: null}", "spec: {containers: [{name: a}]}", &[]),
        (CONFIG, "data: null", "data: {a: b}", &[]),
        (CONFIG, "data: {a: null}", "data: {a: b}", &["/data/a"]),
        (CONFIG, "data: {a: null}", "data: {a: ''}", &[]),
        (SERVICE, "spec: {selector: {a: null}}", "spec: {selector: {a: ''}}", &[]),
        (SERVICE, "spec: {selector: {a: null}}", "spec: {selector: {a: b}}", &["/spec/selector"]),
        (DEPLOYMENT, "spec: {replicas: null}", "spec: {replicas: 1}", &[]),
        (DEPLOYMENT, "spec: {replicas: null}", "spec: {replicas: 2}", &["/spec/replicas"]),
        (SERVICE, "spec: {clusterIP: null}", "spec: {clusterIP: 10.0.0.1}", &[]),
        (
            DEPLOYMENT,
            "spec: {template: {metadata: {creationTimestamp: null}}}",
            "spec: {template: {metadata: {}}}",
            &[],
        ),
        (
            POD,
            "spec: {containers: [{name: a, ports: null, resources: {limits: {}}}]}",
            "spec: {containers: [{name: a, resources: {}}]}",
            &[],
        ),
        (
            POD,
            "spec: {volumes: [{name: a, emptyDir: {}}]}",
            "spec: {volumes: [{name: a}]}",
            &["/spec/volumes/0/emptyDir"],
        ),
        (
            POD,
            "spec: {containers: [{name: a, env: [{name: x, value: ''}]}]}",
            "spec: {containers: [{name: a, env: [{name: x}]}]}",
            &[],
        ),
        (CLAIM, "spec: {dataSource: {kind: null, name: ''}}", "spec: {}", &[]),
        (CLAIM, "spec: {dataSource: {kind: PersistentVolumeClaim}}", "spec: {}", &["/spec/dataSource"]),
        (
            SET,
            "spec: {volumeClaimTemplates: [{kind: ''}]}",
            "spec: {volumeClaimTemplates: [{kind: PersistentVolumeClaim}]}",
            &[],
        ),
        (POD, "spec: {imagePullSecrets: []}", "spec: {imagePullSecrets: [{}]}", &[]),
        (CONFIG, "data: {a: ''}", "data: {}", &["/data/a"]),
        (CONFIG, "data: {a: ''}", "data: {a: null}", &[]),
        (CONFIG, "data: {a: x, b: y}", "", &["/data/a", "/data/b"]),
        (CONFIG, "data: {}", "", &[]),
        (CUSTOM, "spec: {a: []}", "spec: {a: null}", &["/spec/a"]),
        (CUSTOM, "spec: {a: null}", "spec: {}", &[]),
    ]);
}

#[test]
fn what_the_server_owns_is_not_compared() {
    let desired = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, uid: b, resourceVersion: '1', generation: 1, \
                   selfLink: /c, creationTimestamp: x, managedFields: [], annotations: {confighub.com/UnitSlug: a, \
                   kubectl.kubernetes.io/last-applied-configuration: '{}', mine: b}}\nstatus: {a: b}";
    let live = "metadata: {name: a}";
    let found =
        compare(&read(desired), &read(live), &GroupVersionKind::new("v1", "ConfigMap"), &CustomSchemas::default());
    let pointers: Vec<_> = found.iter().map(|it| it.path.pointer()).collect();
    assert_eq!(pointers, ["/metadata/annotations/mine"]);
}

#[test]
fn quantities_are_compared_by_amount() {
    let one = |amount: &str| format!("spec: {{containers: [{{name: a, resources: {{limits: {{cpu: {amount}}}}}}}]}}");
    for (desired, live, same) in [
        ("1", "'1'", true),
        ("0.5", "500m", true),
        ("'1000m'", "'1'", true),
        ("'0.0001'", "1m", true),
        ("1.5Gi", "1.5Gi", true),
        ("1.5Gi", "1536Mi", true),
        ("1", "2", false),
        ("1", "1m", false),
        ("what", "what", true),
        ("what", "'1'", false),
    ] {
        let found = pointers(POD, &one(desired), &one(live));
        let want: &[&str] = if same { &[] } else { &["/spec/containers/0/resources/limits/cpu"] };
        assert_eq!(found, want, "{desired} {live}");
    }
    check(&[
        (CONFIG, "data: {cpu: '1000m'}", "data: {cpu: '1'}", &["/data/cpu"]),
        (
            POD,
            "spec: {volumes: [{name: a, emptyDir: {sizeLimit: 1Gi}}]}",
            "spec: {volumes: [{name: a, emptyDir: {sizeLimit: 1024Mi}}]}",
            &[],
        ),
    ]);
}

#[test]
fn secrets_are_compared_by_bytes_and_tell_nothing() {
    check(&[
        (SECRET, "stringData: {a: hi}", "data: {a: aGk=}", &[]),
        (SECRET, "stringData: {a: hi}", "data: {a: aGo=}", &["/data/a"]),
        (SECRET, "data: {a: aGk=}\nstringData: {a: ho}", "data: {a: aG8=}", &[]),
        (SECRET, "data: {a: {b: c}}\nstringData: {a: ho}", "data: {a: aG8=}", &["/data/a"]),
        (SECRET, "data: {a: \"aGk=\\n\"}", "data: {a: aGk=}", &[]),
        (SECRET, "data: {a: ''}", "data: {a: null}", &[]),
        (SECRET, "data: {a: not-base64!}", "data: {a: aGk=}", &["/data/a"]),
        (SECRET, "data: {a: aGk=, b: aGk=}", "data: {a: aGk=}", &["/data/b"]),
        (SECRET, "type: ''", "type: Opaque", &[]),
        (SECRET, "type: Opaque", "type: other", &["/type"]),
    ]);
    let [desired, live] = ["hunter2", "hunter3"].map(|it| read(&format!("{SECRET}\nstringData: {{a: {it}}}")));
    let found = compare(&desired, &live, &gvk(&desired), &CustomSchemas::default());
    assert_eq!(found.len(), 1);
    assert!(!format!("{found:?}").contains("hunter"));
}

mod custom;
mod lists;
mod properties;
mod types;
