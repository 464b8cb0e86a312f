//! Two files, one verdict.

use super::*;

const DESIRED: &str = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {replicas: 3, \
                       template: {spec: {containers: [{name: web, env: [{name: DB_PASSWORD, value: hunter2}]}]}}}}";

fn verdict(live: &str, context: &[String], ignore: &[String]) -> Verdict {
    run(&Files { desired: DESIRED, live, context, ignore, ignore_managers: &[] }, &Redactor::default())
        .expect("both are readable")
}

#[test]
fn the_verdict_is_readable_as_text_and_as_json() {
    let live = DESIRED.replace("replicas: 3", "replicas: 5").replace("hunter2", "hunter3");
    let verdict = verdict(&live, &[], &["/spec/paused".to_owned()]);
    let hidden = "hidden (its name says that it is a secret)";
    assert_eq!(
        verdict.to_string(),
        format!(
            "drift: 2 findings\n  low       field-changed  spec.replicas: 3 -> 5\n  \
             medium    field-changed  spec.template.spec.containers[name=web].env[name=DB_PASSWORD].value: {hidden} -> {hidden}\n"
        )
    );
    let json = serde_json::to_value(&verdict).expect("it serialises");
    assert_eq!(json["drift"], true);
    assert_eq!(json["findings"][0]["path"], "/spec/replicas");
    assert_eq!(json["additions"], serde_json::json!([]));
    assert!(!json.to_string().contains("hunter"));
}

#[test]
fn an_empty_live_file_is_a_missing_object() {
    let verdict = verdict("# it does not exist\n", &[], &[]);
    assert_eq!(
        verdict.to_string(),
        "drift: 1 finding\n  high      object-missing  the object: Deployment shop/web -> absent\n"
    );
}

#[test]
fn ignored_and_autoscaled_fields_are_listed_and_do_not_count() {
    let live = DESIRED.replace("replicas: 3", "replicas: 5");
    let ignored = verdict(&live, &[], &["/spec/*".to_owned()]);
    assert_eq!(ignored.to_string(), "no drift\n  suppressed  /spec/replicas: ignored: /spec/*\n");
    let scaler = "{apiVersion: v1, kind: List, items: [{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: \
                  {name: k, namespace: shop}, spec: {scaleTargetRef: {name: web}, maxReplicaCount: 5}}]}";
    let scaled = verdict(&live, &[scaler.to_owned()], &[]);
    assert_eq!(scaled.suppressed[0].reason.as_str(), "ScaledObject `k` scales it between 0 and 5 replicas");
    let outside = verdict(&live, &[scaler.replace(": 5}", ": 4}")], &[]).to_string();
    assert!(outside.contains("3 -> 5; outside the range 0 to 4 of ScaledObject `k`"), "{outside}");
}

#[test]
fn additions_name_the_tool_and_notes_say_what_stands_in_the_way() {
    let desired = "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {serviceName: db}}";
    let live = "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, labels: {team: a}, managedFields: [{manager: \
                kubectl-label, operation: Update, fieldsV1: {'f:metadata': {'f:labels': {.: {}, 'f:team': {}}}}}]}, \
                spec: {serviceName: other}}";
    let run = |ignore_managers: &[String]| {
        let files = Files { desired, live, context: &[], ignore: &["/spec/x".to_owned()], ignore_managers };
        run(&files, &Redactor::default()).expect("both are readable").to_string()
    };
    insta::assert_snapshot!(run(&[]), @r#"
    drift: 1 finding
      medium    field-changed  spec.serviceName: db -> other; needs replacing: this field of a StatefulSet is fixed
      low       field-added  metadata.labels: absent -> {"team":"a"} (field manager kubectl-label)
    "#);
    insta::assert_snapshot!(run(&["kubectl-*".to_owned()]), @r"
    drift: 1 finding
      medium    field-changed  spec.serviceName: db -> other; needs replacing: this field of a StatefulSet is fixed
      suppressed  /metadata/labels: ignored: field manager kubectl-*
    ");
}

#[test]
fn what_cannot_be_read_is_an_error_that_quotes_nothing() {
    let error = |desired: &str| {
        let files = Files { desired, live: "", context: &[], ignore: &[], ignore_managers: &[] };
        format!("{:#}", run(&files, &Redactor::default()).expect_err("it is wrong"))
    };
    assert_eq!(error("a: [hunter2"), "failed to read the desired object: line 1: it is not valid YAML");
    assert_eq!(error("# nothing"), "the desired file holds no object");
    assert_eq!(error("a: 1\n---\nb: 2"), "failed to read the desired object: the file holds 2 objects instead of one");
}

#[test]
fn a_list_is_refused_because_it_may_hold_secrets() {
    let list = "{apiVersion: v1, kind: SecretList, items: [{apiVersion: v1, kind: Secret, metadata: {name: a}, \
                data: {x: aHVudGVyMg==}}]}";
    let files = Files { desired: list, live: list, context: &[], ignore: &[], ignore_managers: &[] };
    let error = run(&files, &Redactor::default()).expect_err("it is a list");
    assert!(format!("{error:#}").contains("holds a list instead of one object"), "{error:#}");
}
