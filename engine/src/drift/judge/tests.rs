//! What becomes of each object: finding, gap or suppressed.

use proptest::prelude::*;
use serde_json::json;
use serde_json::value::RawValue;

use super::*;
use crate::model::outcome::Reason;
use std::sync::Arc;

use crate::drift::scope::{self, Bounds, UnitDocuments};
use crate::manifest;
use crate::model::environment::{Scope, Selector, Target};

const CONFIG: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: fine}}";

/// Judges the units against live objects; what is not given does not exist.
fn judged(units: &[Unit], live: &[Value], ignore: &[IgnoreRule]) -> Comparison {
    let answers = |key: &ObjectKey| {
        let found =
            live.iter().find(|it| it["kind"] == key.gvk.kind.as_str() && it["metadata"]["name"] == key.name.as_str());
        found.map_or(Observed::Absent, |object| {
            let mut object = object.clone();
            object["metadata"]["namespace"] = json!(key.namespace);
            Observed::Found(RawValue::from_string(object.to_string()).expect("it is JSON"))
        })
    };
    answered(units, answers, ignore)
}

fn answered(units: &[Unit], answers: impl Fn(&ObjectKey) -> Observed, ignore: &[IgnoreRule]) -> Comparison {
    let target = Target { name: "t".into(), space: "s".into(), context: None, namespace: None, namespaces: Vec::new() };
    let scope = Scope { secrets: true, ..Scope::default() };
    let bounds = Bounds { environment: "prod", target: &target, scope: &scope, context_namespace: None };
    let redactor = Redactor::default();
    let read =
        units.iter().map(|unit| UnitDocuments { unit, documents: Arc::new(manifest::documents(&unit.text)) }).collect();
    let selection = scope::select(read, &bounds, |_| Ok(true), &redactor);
    let observed = selection.objects.iter().map(|it| (it.key.clone(), answers(&it.key))).collect();
    let autoscalers = Autoscalers::stated(&selection, &observed);
    let case = Case {
        environment: "prod",
        target: "t",
        units,
        unread: &[],
        other_toolchains: &["infra (OpenTofu/HCL)".to_owned()],
        autoscalers: &autoscalers,
        ignore,
        directions: &[],
        additions: Additions::Report,
        stage: Stage::Last,
        critical: &["pay*".to_owned()],
        today: Date::constant(2027, 1, 31),
        schemas: &CustomSchemas::default(),
        redactor: &redactor,
        lines: &BTreeMap::new(),
    };
    judge(&case, &selection, observed)
}

fn config(value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"x": value}})
}

fn reasons(comparison: &Comparison) -> Vec<Reason> {
    comparison.not_compared.iter().map(|it| it.obstacle.reason).collect()
}

#[test]
fn a_changed_field_and_a_missing_object_are_findings() {
    let text = format!("{CONFIG}\n---\n{{apiVersion: v1, kind: Service, metadata: {{name: b}}}}");
    let comparison = judged(&[Unit::shipped("u", &text)], &[config("z")], &[]);
    let told: Vec<_> = comparison.findings.iter().map(|it| (it.code, it.path.as_str(), it.line)).collect();
    assert_eq!(told, [(Code::FieldChanged, "/data/x", Some(1)), (Code::ObjectMissing, "", Some(3))]);
    let Finding { desired, live, field, .. } = &comparison.findings[0];
    assert_eq!(
        (field.as_str(), desired, live),
        ("data.x", &Shown::Text(Redactor::default().text("fine")), &Shown::Text(Redactor::default().text("z")),)
    );
    assert_eq!((comparison.compared, comparison.in_scope), (2, 2));
    assert_eq!(comparison.other_toolchains, ["infra (OpenTofu/HCL)"]);
}

#[test]
fn ids_are_stable_and_tell_findings_apart() {
    let ids = |value| {
        judged(&[Unit::shipped("u", CONFIG)], &[config(value)], &[])
            .findings
            .into_iter()
            .map(|it| it.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(ids("z"), ids("other"));
    assert_eq!(ids("z")[0].len(), 12);
    assert_ne!(
        ids("z"),
        judged(&[Unit::shipped("u", CONFIG)], &[], &[]).findings.into_iter().map(|it| it.id).collect::<Vec<_>>()
    );
}

#[test]
fn what_was_never_shipped_is_not_missing() {
    let text = format!("{CONFIG}\n---\n{{apiVersion: v1, kind: Service, metadata: {{name: b}}}}");
    let units = [Unit { basis: Basis::NeverShipped, pending: true, ..Unit::shipped("u", &text) }];
    let nothing = judged(&units, &[], &[]);
    assert_eq!((nothing.findings.len(), nothing.compared, nothing.in_scope), (0, 0, 0));
    assert_eq!((nothing.not_deployed, nothing.pending), (vec!["u".to_owned()], vec!["u".to_owned()]));
    let partly = judged(&units, &[config("fine")], &[]);
    assert_eq!(partly.never_shipped, ["u"]);
    assert_eq!(partly.findings[0].code, Code::ObjectMissing);
}

#[test]
fn a_rollout_is_no_drift_and_no_clean_bill() {
    let rolling = [Unit { rolling_out: Some("an apply is under way".into()), ..Unit::shipped("u", CONFIG) }];
    assert_eq!(reasons(&judged(&rolling, &[config("z")], &[])), [Reason::RollingOut]);
    assert_eq!(reasons(&judged(&rolling, &[], &[])), [Reason::RollingOut]);
    let same = judged(&rolling, &[config("fine")], &[]);
    assert_eq!((same.compared, same.not_compared.len()), (1, 0));

    let with = |metadata: Value, value: &str| {
        let mut live = config(value);
        live["status"] = json!({"observedGeneration": 1});
        for (key, value) in metadata.as_object().expect("it is a mapping") {
            live["metadata"][key] = value.clone();
        }
        judged(&[Unit::shipped("u", CONFIG)], &[live], &[])
    };
    assert_eq!(reasons(&with(json!({"generation": 2}), "z")), [Reason::RollingOut]);
    assert_eq!(with(json!({"generation": 2}), "fine").compared, 1);
    assert_eq!(with(json!({"generation": 1}), "z").findings.len(), 1);
    assert_eq!(reasons(&with(json!({"deletionTimestamp": "2027-01-01T00:00:00Z"}), "fine")), [Reason::RollingOut]);
}

#[test]
fn an_answer_about_something_else_is_no_answer() {
    for strange in [
        json!({"kind": "ConfigMap", "metadata": {"name": "b", "namespace": "default"}}),
        json!({"kind": "Service", "metadata": {"name": "a", "namespace": "default"}}),
        json!({"kind": "ConfigMap", "metadata": {"name": "a", "namespace": "other"}}),
        json!({"kind": "ConfigMap", "apiVersion": "v2", "metadata": {"name": "a", "namespace": "default"}}),
        json!("hello"),
    ] {
        let answer = |_: &ObjectKey| Observed::Found(RawValue::from_string(strange.to_string()).expect("it is JSON"));
        let comparison = answered(&[Unit::shipped("u", CONFIG)], answer, &[]);
        assert_eq!(reasons(&comparison), [Reason::Unreachable], "{strange}");
        assert!(comparison.findings.is_empty());
    }
    let bare = |_: &ObjectKey| {
        let text = r#"{"metadata": {"name": "a", "namespace": "default"}, "data": {"x": "fine"}}"#;
        Observed::Found(RawValue::from_string(text.to_owned()).expect("it is JSON"))
    };
    assert_eq!(answered(&[Unit::shipped("u", CONFIG)], bare, &[]).findings, []);
}

#[test]
fn rules_suppress_until_they_end() {
    let rule = |path: Option<&str>, last| IgnoreRule {
        selector: Selector { kind: Some("ConfigMap".into()), ..Selector::default() },
        path: path.map(str::to_owned),
        manager: None,
        reason: "known".into(),
        until: Some(Date::constant(2027, 1, last)),
    };
    let judged = |live: &[Value], rule| judged(&[Unit::shipped("u", CONFIG)], live, &[rule]);
    let held = judged(&[config("z")], rule(Some("/data/**"), 31));
    assert_eq!((held.findings.len(), held.compared), (0, 1));
    assert_eq!(held.suppressed[0].reason.as_str(), "ignored until 2027-01-31: known");
    let ended = judged(&[config("z")], rule(Some("/data/**"), 30));
    assert_eq!(ended.findings.len(), 1);
    assert_eq!(ended.notes[0].as_str(), "the ignore rule \"known\" ended on 2027-01-30 and no longer holds");
    assert_eq!(judged(&[], rule(Some("/data/**"), 31)).findings.len(), 1);
    assert_eq!(judged(&[], rule(None, 31)).suppressed.len(), 1);
}

#[test]
fn a_rule_for_a_manager_covers_what_it_owns_and_nothing_that_is_gone() {
    let rule = |manager: &str| IgnoreRule {
        selector: Selector::default(),
        path: None,
        manager: Some(manager.into()),
        reason: "known".into(),
        until: None,
    };
    let mut live = config("z");
    live["metadata"]["managedFields"] = json!([
        {"manager": "reloader", "operation": "Update", "fieldsV1": {"f:data": {"f:x": {}}}},
    ]);
    let judged = |live: &[Value], manager| judged(&[Unit::shipped("u", CONFIG)], live, &[rule(manager)]);
    assert_eq!(judged(&[live.clone()], "relo*").suppressed.len(), 1);
    assert_eq!(judged(&[live.clone()], "helm").findings.len(), 1);
    assert_eq!(judged(&[config("z")], "*").findings.len(), 1, "nobody owns it");
    assert_eq!(judged(&[], "*").findings.len(), 1, "nobody owns what is gone");
    live["data"] = json!({});
    assert_eq!(judged(&[live], "*").findings.len(), 1, "the field is gone, whoever is said to own it");
}

#[test]
fn what_a_person_added_is_told_apart_and_counts_only_on_demand() {
    let mut live = config("fine");
    live["data"]["y"] = json!("added");
    live["metadata"]["managedFields"] = json!([
        {"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {"f:data": {"f:y": {}}}},
    ]);
    let comparison = judged(&[Unit::shipped("u", CONFIG)], &[live], &[]);
    assert_eq!((comparison.findings.len(), comparison.compared), (0, 1));
    let [added] = comparison.additions.as_slice() else { panic!("one addition: {:?}", comparison.additions) };
    assert_eq!((added.code, added.path.as_str()), (Code::FieldAdded, "/data/y"));
    assert_eq!((&added.desired, added.owners[0].manager.as_str()), (&Shown::Absent, "kubectl-edit"));
}

#[test]
fn critical_units_weigh_more() {
    let labelled = Unit { labels: BTreeMap::from([("tier".into(), "critical".into())]), ..Unit::shipped("u", CONFIG) };
    for (unit, severity, reason) in [
        (Unit::shipped("u", CONFIG), "high", "the settings are others, in the last environment of the promotion order"),
        (
            Unit::shipped("payments", CONFIG),
            "critical",
            "the settings are others, in the last environment of the promotion order, in a critical unit",
        ),
        (
            labelled,
            "critical",
            "the settings are others, in the last environment of the promotion order, in a critical unit",
        ),
    ] {
        let finding = judged(&[unit], &[config("z")], &[]).findings.remove(0);
        assert_eq!((finding.severity.name(), finding.severity_reason.as_str()), (severity, reason));
    }
}

#[test]
fn autoscalers_and_finished_jobs_are_suppressed() {
    let text = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 3}}\n---\n\
                {apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: hpa}, spec: {maxReplicas: 6, \
                scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}}\n---\n\
                {apiVersion: batch/v1, kind: Job, metadata: {name: once}, spec: {ttlSecondsAfterFinished: 60}}";
    let live = |replicas: i64| {
        let spec =
            json!({"maxReplicas": 6, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}});
        [
            json!({"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"name": "web"}, "spec": {"replicas": replicas}}),
            json!({"kind": "HorizontalPodAutoscaler", "apiVersion": "autoscaling/v2", "metadata": {"name": "hpa"}, "spec": spec}),
        ]
    };
    let within = judged(&[Unit::shipped("u", text)], &live(6), &[]);
    let said: Vec<_> = within.suppressed.iter().map(|it| it.reason.as_str()).collect();
    assert_eq!(
        said,
        [
            "HorizontalPodAutoscaler `hpa` scales it between 1 and 6 replicas",
            "a Job with `ttlSecondsAfterFinished` is removed once it has finished",
        ]
    );
    assert!(within.findings.is_empty());
    assert_eq!(judged(&[Unit::shipped("u", text)], &live(9), &[]).findings[0].path.as_str(), "/spec/replicas");
}

/// A Secret's value, a variable called PASSWORD, userinfo in a URL, a flag: each on both sides, each different.
fn leaky(secret: &str) -> (String, Vec<Value>) {
    let encoded = |text: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(text)
    };
    let container = |secret: &str| {
        json!({"name": "web", "args": ["--api-token", secret, format!("--password={secret}")], "env": [
            {"name": "DB_PASSWORD", "value": secret},
            {"name": "DB", "value": format!("postgres://app:{secret}@db/shop")},
        ]})
    };
    let secret_object =
        |data: Value| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": data});
    let pod = |secret: &str, more: Value| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [container(secret)], "extra": more}});
    let custom = |secret: &str| json!({"apiVersion": "x.io/v1", "kind": "Db", "metadata": {"name": "d"}, "spec": {"credentials": {"value": secret, "list": [secret]}}});
    let desired =
        [secret_object(json!({"a": secret, "b": secret})), pod(secret, json!({"password": secret})), custom(secret)];
    let other = format!("{secret}x");
    let live = vec![
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": encoded(&other), "c": encoded(secret)}}),
        pod(&other, json!(null)),
        custom(&other),
    ];
    (desired.map(|it| it.to_string()).join("\n---\n"), live)
}

proptest! {
    // Each case redacts some twenty values.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_finding_is_there_and_no_byte_of_the_secret_is(secret in "[a-zA-Z0-9]{8,40}") {
        let (text, live) = leaky(&secret);
        let comparison = judged(&[Unit::shipped("u", &text)], &live, &[]);
        let json = serde_json::to_string(&comparison.findings).expect("it serialises");
        prop_assert!(!json.contains(&secret), "{}", json);
        let encoded = {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD.encode(&secret)
        };
        prop_assert!(!json.contains(encoded.trim_end_matches('=')), "{}", json);
        let paths: Vec<_> = comparison.findings.iter().map(|it| it.path.as_str()).collect();
        for want in [
            "/data/a", "/data/b", "/spec/containers/0/args/1", "/spec/containers/0/args/2", "/spec/containers/0/env/0/value",
            "/spec/containers/0/env/1/value", "/spec/extra", "/spec/credentials/value", "/spec/credentials/list/0",
        ] {
            prop_assert!(paths.contains(&want), "{want} in {paths:?}");
        }
        // The same holds where the whole list or container is what differs.
        let mut shorter = live.clone();
        shorter[1]["spec"]["containers"][0]["args"] = json!(["--api-token"]);
        shorter[1]["spec"]["containers"][0]["env"] = json!([]);
        shorter[2]["spec"] = json!({});
        let json = serde_json::to_string(&judged(&[Unit::shipped("u", &text)], &shorter, &[]).findings).expect("it serialises");
        prop_assert!(!json.contains(&secret), "{}", json);
    }
}

#[test]
fn an_autoscaler_that_is_not_there_excuses_nothing_and_a_live_one_by_its_own_range() {
    let text = "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: hpa}, spec: {maxReplicas: 6, \
                scaleTargetRef: {kind: Deployment, name: web}}}\n---\n\
                {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 3}}";
    let deployment = |replicas| json!({"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"name": "web"}, "spec": {"replicas": replicas}});
    let hpa = |most| {
        json!({"kind": "HorizontalPodAutoscaler", "apiVersion": "autoscaling/v2", "metadata": {"name": "hpa"},
            "spec": {"maxReplicas": most, "scaleTargetRef": {"kind": "Deployment", "name": "web"}}})
    };
    let paths = |live: &[Value]| {
        let findings = judged(&[Unit::shipped("u", text)], live, &[]).findings;
        findings.iter().map(|it| it.path.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(paths(&[deployment(5), hpa(6)]), Vec::<String>::new());
    assert_eq!(paths(&[deployment(5)]), ["/spec/replicas", ""]);
    assert_eq!(paths(&[deployment(9), hpa(12)]), ["/spec/maxReplicas"]);
}

/// Many objects are judged by several threads.
#[test]
fn many_objects_are_judged_as_a_few_at_a_time_are() {
    const MANY: usize = 400;
    let name = |at: usize| format!("m{at:03}");
    let text = |at| format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {}}}, data: {{x: fine}}}}", name(at));
    let units: Vec<Unit> = (0..MANY).map(|at| Unit::shipped(&format!("u{at:03}"), &text(at))).collect();
    let live = |at: usize| {
        let mut live = config("fine");
        live["metadata"]["name"] = json!(name(at));
        match at % 6 {
            0 => live["data"]["x"] = json!("other"),
            1 => return None,
            2 => {
                live["data"]["y"] = json!("added");
                live["metadata"]["managedFields"] =
                    json!([{"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {"f:data": {"f:y": {}}}}]);
            }
            3 => live["metadata"]["deletionTimestamp"] = json!("2027-01-31T00:00:00Z"),
            _ => {}
        }
        Some(live)
    };
    let live: Vec<Value> = (0..MANY).filter_map(live).collect();
    let rule = |name: &str, until| IgnoreRule {
        selector: Selector { name: Some(name.to_owned()), ..Selector::default() },
        path: None,
        manager: None,
        reason: "known".to_owned(),
        until,
    };
    let ignore = [rule("m0*", Some(Date::constant(2027, 1, 1))), rule("m1*", None)];
    let all = judged(&units, &live, &ignore);
    let mut parts = Comparison::default();
    for few in units.chunks(7) {
        let part = judged(few, &live, &ignore);
        parts.findings.extend(part.findings);
        parts.additions.extend(part.additions);
        parts.suppressed.extend(part.suppressed);
        parts.not_compared.extend(part.not_compared);
        parts.compared += part.compared;
        parts.in_scope += part.in_scope;
        parts.notes.extend(part.notes);
    }
    parts.notes.dedup();
    assert_eq!(all.notes, parts.notes, "a rule that ended is told once");
    assert_eq!((all.compared, all.in_scope), (parts.compared, parts.in_scope));
    assert_eq!((all.suppressed, all.not_compared), (parts.suppressed, parts.not_compared));
    assert_eq!((&all.findings, &all.additions), (&parts.findings, &parts.additions));
    let counts = (all.findings.len(), all.additions.len(), parts.compared);
    assert!(counts.0 > 50 && counts.1 > 30 && counts.2 < MANY, "every class is there: {counts:?}");
}
