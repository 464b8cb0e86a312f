//! The table of cases: which objects that no unit states are told, which are silent, and why.

use std::sync::Arc;

use jiff::civil::Date;

use super::*;
use crate::drift::autoscale::Autoscalers;
use crate::drift::scope::{self, UnitDocuments};
use crate::drift::types::CustomSchemas;
use crate::manifest;
use crate::model::environment::{Additions, Exclusion, IgnoreRule, Scope, Selector, Stage, Target};
use crate::model::object::Owner;
use crate::model::outcome::Reason;
use crate::model::unit::{Unit, UnreadUnit};

const SPACE: uuid::Uuid = uuid::Uuid::from_u128(7);

/// The Space's units that were read, and what is special about some.
fn units() -> Vec<Unit> {
    let moving = Unit { rolling_out: Some("a release is under way".into()), ..Unit::shipped("moving", "") };
    vec![
        Unit::shipped("web", "{apiVersion: v1, kind: ConfigMap, metadata: {name: stated}}"),
        Unit::shipped("jobs", "{apiVersion: batch/v1, kind: Job, metadata: {generateName: migrate-}}"),
        Unit::shipped("broken", "{{ nonsense"),
        Unit::shipped(
            "holes",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: holes}, data: {a: confighubplaceholder}}",
        ),
        moving,
    ]
}

fn stray(version: &str, kind: &str, name: &str) -> Stray {
    Stray {
        key: ObjectKey { gvk: GroupVersionKind::new(version, kind), namespace: Some("shop".into()), name: name.into() },
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        owners: Vec::new(),
        deleting: false,
    }
}

fn config_map(name: &str) -> Stray {
    stray("v1", "ConfigMap", name)
}

fn texts(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// With the marks of a unit of our Space.
fn of(unit: &str, stray: Stray) -> Stray {
    let space = SPACE.to_string().to_uppercase();
    Stray { annotations: texts(&[(ORIGIN_UNIT, unit), (ORIGIN_SPACE_ID, &space)]), ..stray }
}

fn owned(kind: &str, controller: bool, stray: Stray) -> Stray {
    Stray { owners: vec![Owner { kind: kind.into(), name: "x".into(), controller }], ..stray }
}

fn judged_in(
    scope: &Scope,
    ignore: &[IgnoreRule],
    stray: &Stray,
    space: Option<&Result<BTreeSet<String>, Obstacle>>,
) -> (Verdict, bool) {
    let target = Target {
        name: "t".into(),
        space: "shop-dev".into(),
        context: None,
        namespace: Some("shop".into()),
        namespaces: Vec::new(),
    };
    let bounds = Bounds { environment: "dev", target: &target, scope, context_namespace: None };
    let redactor = Redactor::default();
    let units = units();
    let read =
        units.iter().map(|unit| UnitDocuments { unit, documents: Arc::new(manifest::documents(&unit.text)) }).collect();
    let selection = scope::select(read, &bounds, |_| Ok(true), &redactor);
    let obstacle = Obstacle { reason: Reason::Unreachable, detail: Text::default(), remedy: Text::default() };
    let case = Case {
        environment: "dev",
        target: "t",
        units: &units,
        unread: &[UnreadUnit { slug: "unread".into(), obstacle }],
        other_toolchains: &[],
        autoscalers: &Autoscalers::default(),
        ignore,
        directions: &[],
        additions: Additions::Report,
        stage: Stage::Earlier,
        critical: &[],
        today: Date::constant(2027, 1, 31),
        schemas: &CustomSchemas::default(),
        redactor: &redactor,
        lines: &BTreeMap::new(),
    };
    let strays = std::slice::from_ref(stray);
    let origin = Origin { space_id: SPACE, space: "shop-dev", units: space };
    let asks = have_unknown_units(&units, case.unread, &selection, strays, origin);
    (judge(&case, &bounds, &selection, strays, origin), asks)
}

#[test]
fn the_table_of_cases() {
    let gone = "it came from unit `gone`, which Space `shop-dev` does not have any more";
    let left = "it came from unit `web`, which does not state it any more";
    let labelled =
        Stray { labels: texts(&[(ORIGIN_UNIT, "gone"), (ORIGIN_SPACE_NAME, "shop-dev")]), ..config_map("x") };
    let elsewhere = Stray {
        annotations: texts(&[
            (ORIGIN_UNIT, "gone"),
            (ORIGIN_SPACE_ID, &uuid::Uuid::nil().to_string()),
            (ORIGIN_SPACE_NAME, "shop-dev"),
        ]),
        ..config_map("x")
    };
    let other_name =
        Stray { annotations: texts(&[(ORIGIN_UNIT, "gone"), (ORIGIN_SPACE_NAME, "shop-prod")]), ..config_map("x") };
    let nameless = Stray { annotations: texts(&[(ORIGIN_UNIT, "gone")]), ..config_map("x") };
    let bootstrapping = Stray {
        labels: texts(&[("kubernetes.io/bootstrapping", "rbac-defaults")]),
        ..stray("rbac.authorization.k8s.io/v1", "Role", "system:x")
    };
    let leader = Stray { annotations: texts(&[("control-plane.alpha.kubernetes.io/leader", "{}")]), ..config_map("x") };
    let kubernetes = Stray {
        key: ObjectKey { namespace: Some("default".into()), ..stray("v1", "Service", "kubernetes").key },
        ..config_map("x")
    };
    for (what, stray, want) in [
        // From ConfigHub.
        ("its unit is gone", of("gone", config_map("x")), Ok(gone)),
        ("its unit is gone, as labels say", labelled, Ok(gone)),
        ("its unit dropped it", of("web", config_map("x")), Ok(left)),
        ("a unit states it", of("web", config_map("stated")), Err(None)),
        ("another unit states it", of("gone", config_map("stated")), Err(None)),
        ("stated at another version", of("web", stray("v2", "ConfigMap", "stated")), Err(None)),
        ("its unit is out of scope", of("elsewhere", config_map("x")), Err(None)),
        ("its unit was not read", of("unread", config_map("x")), Err(None)),
        ("its unit is no YAML", of("broken", config_map("x")), Err(None)),
        ("its unit has placeholders", of("holes", config_map("x")), Err(None)),
        ("its unit is on its way", of("moving", config_map("x")), Err(None)),
        ("it comes from another Space", elsewhere, Err(None)),
        ("it comes from a Space of another name", other_name, Err(None)),
        ("its Space is not named", nameless, Err(None)),
        ("it is being deleted", Stray { deleting: true, ..of("gone", config_map("x")) }, Err(None)),
        ("a Pod has its template's marks", of("gone", owned("ReplicaSet", true, stray("v1", "Pod", "x"))), Err(None)),
        (
            "a ReplicaSet has its Deployment's",
            of("gone", owned("Deployment", true, stray("apps/v1", "ReplicaSet", "x"))),
            Err(None),
        ),
        (
            "it belongs to something, which made it not",
            of("gone", owned("Deployment", false, config_map("x"))),
            Ok(gone),
        ),
        ("Endpoints have their Service's labels", of("gone", stray("v1", "Endpoints", "x")), Err(None)),
        ("the server made its name", of("jobs", stray("batch/v1", "Job", "migrate-7x2")), Err(None)),
        (
            "the name only looks like it",
            of("jobs", stray("batch/v1", "Job", "other-7x2")),
            Ok("it came from unit `jobs`, which does not state it any more"),
        ),
        // Not from ConfigHub.
        ("it is nobody's", config_map("x"), Err(Some(()))),
        ("it belongs to something", owned("Deployment", false, config_map("x")), Err(None)),
        ("every namespace has it", config_map("kube-root-ca.crt"), Err(None)),
        ("every namespace has it", stray("v1", "ServiceAccount", "default"), Err(None)),
        ("the API server's own Service", kubernetes, Err(None)),
        ("a Service of that name elsewhere", stray("v1", "Service", "kubernetes"), Err(Some(()))),
        ("Endpoints", stray("v1", "Endpoints", "x"), Err(None)),
        ("EndpointSlices", stray("discovery.k8s.io/v1", "EndpointSlice", "x"), Err(None)),
        ("Leases", stray("coordination.k8s.io/v1", "Lease", "x"), Err(None)),
        ("Events", stray("events.k8s.io/v1", "Event", "x"), Err(None)),
        ("Secrets, of Helm and others", stray("v1", "Secret", "sh.helm.release.v1.x.v1"), Err(None)),
        ("RBAC of the API server", bootstrapping, Err(None)),
        ("a leader election", leader, Err(None)),
    ] {
        let scope = Scope { unmanaged: Unmanaged::Report, ..Scope::default() };
        let space = Ok(["web", "jobs", "broken", "holes", "moving", "unread", "elsewhere"].map(str::to_owned).into());
        let (verdict, _) = judged_in(&scope, &[], &stray, Some(&space));
        let notes: Vec<_> = verdict.orphans.iter().flat_map(|it| &it.notes).map(Text::as_str).collect();
        let (orphans, unmanaged) = match want {
            Ok(note) => (vec![note], 0),
            Err(None) => (vec![], 0),
            Err(Some(())) => (vec![], 1),
        };
        assert_eq!((notes, verdict.unmanaged.len()), (orphans, unmanaged), "{what}: {}", stray.key);
        assert!(verdict.suppressed.is_empty() && verdict.notes.is_empty(), "{what}");
    }
}

#[test]
fn orphans_are_findings_without_a_unit_and_only_unknown_units_ask_the_space() {
    let space = Ok(BTreeSet::new());
    let (verdict, asks) = judged_in(&Scope::default(), &[], &of("gone", config_map("x")), Some(&space));
    let [orphan] = &verdict.orphans[..] else { panic!("{verdict:?}") };
    assert_eq!((orphan.code, orphan.unit.as_deref(), orphan.line), (Code::ObjectOrphaned, None, None));
    assert_eq!((orphan.path.as_str(), &orphan.desired), ("", &Shown::Absent));
    assert!(asks);
    assert!(!judged_in(&Scope::default(), &[], &of("web", config_map("x")), None).1);
    assert!(!judged_in(&Scope::default(), &[], &config_map("x"), None).1);
}

#[test]
fn without_an_answer_nothing_is_an_orphan_and_the_reader_knows() {
    let obstacle = Obstacle { reason: Reason::Forbidden, detail: Text::from("no"), remedy: Text::from("ask") };
    let (verdict, _) = judged_in(&Scope::default(), &[], &of("gone", config_map("x")), Some(&Err(obstacle)));
    assert!(verdict.orphans.is_empty());
    let notes: Vec<_> = verdict.notes.iter().map(Text::as_str).collect();
    assert_eq!(notes, ["whether unit `gone`, from which objects came, still exists is not known: no; ask"]);
}

#[test]
fn rules_cover_orphans_and_modes_turn_them_off() {
    let space = Ok(BTreeSet::new());
    let selector = || Selector { kind: Some("ConfigMap".into()), ..Selector::default() };
    let exclude = vec![Exclusion { selector: selector(), reason: "by hand".into() }];
    let rule = IgnoreRule { selector: selector(), path: None, manager: None, reason: "known".into(), until: None };
    let of_field = IgnoreRule { path: Some("/data".into()), ..rule.clone() };
    let orphan = of("gone", config_map("x"));
    for (scope, ignore, want) in [
        (Scope { exclude: exclude.clone(), ..Scope::default() }, vec![], Some("excluded: by hand")),
        (Scope::default(), vec![rule.clone()], Some("ignored: known")),
        (Scope::default(), vec![of_field], None),
    ] {
        let (verdict, _) = judged_in(&scope, &ignore, &orphan, Some(&space));
        assert_eq!(verdict.suppressed.first().map(|it| it.reason.as_str()), want);
        assert_eq!(verdict.suppressed.first().map(|it| it.unit.as_str()), want.map(|_| "gone"));
        assert_eq!(verdict.orphans.len(), usize::from(want.is_none()));
    }
    let scope = Scope { orphans: Orphans::Off, ..Scope::default() };
    let (verdict, _) = judged_in(&scope, &[], &orphan, Some(&space));
    assert!(verdict.orphans.is_empty() && verdict.suppressed.is_empty());
    let scope = Scope { unmanaged: Unmanaged::Report, exclude, ..Scope::default() };
    assert!(judged_in(&scope, &[], &config_map("x"), None).0.unmanaged.is_empty(), "excluded");
    assert!(judged_in(&Scope::default(), &[], &config_map("x"), None).0.unmanaged.is_empty(), "off by default");
}

#[test]
fn what_is_listed_for_strays() {
    let kinds = BTreeMap::from([
        (GroupVersionKind::new("v1", "ConfigMap"), true),
        (GroupVersionKind::new("v1", "Secret"), true),
        (GroupVersionKind::new("v1", "Event"), true),
        (GroupVersionKind::new("metrics.k8s.io/v1beta1", "PodMetrics"), true),
        (GroupVersionKind::new("rbac.authorization.k8s.io/v1", "ClusterRole"), false),
    ]);
    let target = |namespaces: &[&str]| Target {
        name: "t".into(),
        space: "shop-dev".into(),
        context: None,
        namespace: Some("shop".into()),
        namespaces: namespaces.iter().map(|it| (*it).to_owned()).collect(),
    };
    let listed = |scope: &Scope, target: &Target| {
        let bounds = Bounds { environment: "dev", target, scope, context_namespace: None };
        let units = units();
        let read = units
            .iter()
            .map(|unit| UnitDocuments { unit, documents: Arc::new(manifest::documents(&unit.text)) })
            .collect();
        let selection = scope::select(read, &bounds, |_| Ok(true), &Redactor::default());
        let all: Vec<_> = places(&selection, &bounds, &kinds)
            .into_iter()
            .map(|(gvk, at)| format!("{} {}", gvk.kind, at.unwrap_or_default()))
            .collect();
        all
    };
    let scope = |orphans, unmanaged| Scope { orphans, unmanaged, ..Scope::default() };
    assert!(listed(&scope(Orphans::Listed, Unmanaged::Off), &target(&[])).is_empty());
    assert_eq!(listed(&scope(Orphans::Listed, Unmanaged::Report), &target(&[])), ["ConfigMap shop"]);
    assert_eq!(listed(&scope(Orphans::Full, Unmanaged::Off), &target(&[])), ["ConfigMap shop", "ClusterRole "]);
    let narrow = target(&["a", "b"]);
    assert_eq!(listed(&scope(Orphans::Full, Unmanaged::Off), &narrow), ["ConfigMap a", "ConfigMap b", "ClusterRole "]);
    let only = Scope { kinds: vec!["ClusterRole".into()], ..scope(Orphans::Full, Unmanaged::Off) };
    assert_eq!(listed(&only, &narrow), ["ClusterRole "]);
}

#[test]
fn the_reader_learns_where_orphans_were_looked_for() {
    let place = |kind: &str, namespace: &str| (GroupVersionKind::new("v1", kind), Some(namespace.to_owned()));
    let forbidden = Obstacle { reason: Reason::Forbidden, detail: Text::from("no"), remedy: Text::from("ask") };
    let lists = BTreeMap::from([
        (place("ConfigMap", "shop"), Ok(())),
        (place("ConfigMap", "ops"), Ok(())),
        (place("Endpoints", "shop"), Ok(())),
        (place("Pod", "shop"), Err(forbidden)),
    ]);
    let said =
        |orphans| searched(orphans, &lists, &Redactor::default()).iter().map(ToString::to_string).collect::<Vec<_>>();
    let among = "orphaned objects were looked for among ConfigMap (ops, shop)";
    assert_eq!(said(Orphans::Listed), [among]);
    assert_eq!(said(Orphans::Full), [among, "orphaned objects could not be looked for among Pod: no; ask"]);
    assert!(said(Orphans::Off).is_empty());
}

#[test]
fn what_a_full_search_did_not_see_is_told_once() {
    let place = |kind: &str, namespace: &str| (GroupVersionKind::new("v1", kind), Some(namespace.to_owned()));
    let no = |what: &'static str| Obstacle {
        reason: Reason::Forbidden,
        detail: Text::from(what),
        remedy: Text::from("ask"),
    };
    let wanted = ObjectKey {
        gvk: GroupVersionKind::new("v1", "Secret"),
        namespace: Some("shop".to_owned()),
        name: "a".to_owned(),
    };
    let live = Live {
        lists: BTreeMap::from([
            (place("Pod", "ops"), Err(no("Pods of ops"))),
            (place("Pod", "shop"), Err(no("Pods of shop"))),
            (place("Secret", "shop"), Err(no("Secrets of shop"))),
            (place("Endpoints", "shop"), Err(no("nobody looks for orphans there"))),
        ]),
        objects: BTreeMap::from([(wanted, Observed::NotRead(no("Secrets of shop")))]),
        strays: Vec::new(),
    };
    let told = |orphans| unsearched(orphans, &live).iter().map(|it| it.obstacle.detail.to_string()).collect::<Vec<_>>();
    assert_eq!(told(Orphans::Full), ["Pods of ops"]);
    assert!(told(Orphans::Listed).is_empty());
}
