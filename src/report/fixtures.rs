//! Outcomes for the tests of everything that shows a report.

use crate::model::finding::{Code, Finding, ManagerClass, Operation, Owner, Severity, Shown};
use crate::model::history::Timeline;
use crate::model::object::{GroupVersionKind, ObjectKey};
use crate::model::outcome::{Comparison, EnvironmentOutcome, NotCompared, Obstacle, Reason, Suppressed, TargetOutcome};
use crate::model::proposal::{ChangeSetState, OpenChangeSet, Proposal};
use crate::redact::Text;

use super::{Report, RunInfo};

/// A text that counts as redacted. (The redactor itself takes seconds for the large texts of some tests.)
pub(crate) fn text(text: &str) -> Text {
    serde_json::from_value(text.into()).expect("a text is a string in JSON")
}

pub(crate) fn shown(value: &str) -> Shown {
    Shown::Text(text(value))
}

pub(crate) fn object(api_version: &str, kind: &str, name: &str) -> ObjectKey {
    ObjectKey {
        gvk: GroupVersionKind::new(api_version, kind),
        namespace: Some("shop".to_owned()),
        name: name.to_owned(),
    }
}

/// `spec.replicas` of the Deployment `backend-api`, 3 in ConfigHub and 5 in the cluster.
pub(crate) fn replicas() -> Finding {
    finding(object("apps/v1", "Deployment", "backend-api"), "spec.replicas", shown("3"), shown("5"))
}

pub(crate) fn finding(object: ObjectKey, field: &str, desired: Shown, live: Shown) -> Finding {
    Finding {
        id: format!("{object}/{field}"),
        code: if live == Shown::Absent { Code::FieldRemoved } else { Code::FieldChanged },
        unit: Some(object.name.clone()),
        object,
        line: Some(1),
        path: text(&format!("/{}", field.replace('.', "/"))),
        field: text(field),
        pattern: text(&format!("/{}", field.replace('.', "/"))),
        desired,
        live,
        severity: Severity::Medium,
        severity_reason: text("the settings are others"),
        owners: Vec::new(),
        rule: text("compared as a value"),
        notes: Vec::new(),
        age: None,
    }
}

pub(crate) fn missing(object: ObjectKey) -> Finding {
    let finding = finding(object, "", Shown::Absent, Shown::Absent);
    Finding { code: Code::ObjectMissing, path: Text::default(), pattern: Text::default(), ..finding }
}

/// A field that only the cluster has, by this field manager.
pub(crate) fn addition(object: ObjectKey, field: &str, live: Shown, manager: &str) -> Finding {
    let owner = Owner {
        manager: text(manager),
        class: ManagerClass::PersonsTool,
        tool: Some(text("some tool")),
        operation: Operation::Update,
        subresource: None,
        time: None,
    };
    let finding = finding(object, field, Shown::Absent, live);
    Finding { code: Code::FieldAdded, severity: Severity::Low, owners: vec![owner], ..finding }
}

pub(crate) fn obstacle(reason: Reason) -> Obstacle {
    let (detail, remedy) = match reason {
        Reason::Forbidden => (
            "the token may not list Ingresses in the namespace shop (403)",
            "add list and get on ingresses.networking.k8s.io to the role of the token",
        ),
        Reason::Unreachable => (
            "the cluster at https://203.0.113.7:6443 did not answer within 10 s",
            "check the address and that the runner can reach it",
        ),
        Reason::Unresolved => (
            "the unit still holds confighubplaceholder at spec.template.spec.containers[name=web].image",
            "fill it in, in ConfigHub",
        ),
        _ => ("something stood in the way", "remove it"),
    };
    Obstacle { reason, detail: text(detail), remedy: text(remedy) }
}

pub(crate) fn not_compared(object: ObjectKey, reason: Reason) -> NotCompared {
    NotCompared { unit: Some(object.name.clone()), object: Some(object), obstacle: obstacle(reason) }
}

pub(crate) fn suppressed(object: ObjectKey, field: &str, reason: &str) -> Suppressed {
    Suppressed {
        unit: object.name.clone(),
        id: format!("{object}/{field}"),
        object,
        field: text(field),
        rule: None,
        reason: text(reason),
        line: Some(1),
        path: text(&format!("/{}", field.replace('.', "/"))),
        values: None,
    }
}

/// A comparison of `in_scope` objects that found this; what was not compared is taken off.
pub(crate) fn compared(in_scope: usize, findings: Vec<Finding>, not_compared: Vec<NotCompared>) -> Comparison {
    Comparison { findings, compared: in_scope - not_compared.len(), in_scope, not_compared, ..Comparison::default() }
}

pub(crate) fn target(name: &str, result: Result<Comparison, Obstacle>) -> TargetOutcome {
    TargetOutcome { target: name.to_owned(), space: format!("shop-{name}"), result }
}

/// An environment of one target.
pub(crate) fn environment(name: &str, result: Result<Comparison, Obstacle>) -> EnvironmentOutcome {
    EnvironmentOutcome {
        name: name.to_owned(),
        targets: vec![target(name, result)],
        proposal: Some(Ok(Proposal::default())),
    }
}

/// A ChangeSet of ours that is this far.
pub(crate) fn proposed(state: ChangeSetState) -> Proposal {
    let changeset = OpenChangeSet {
        space: "shop-dev".to_owned(),
        slug: "drift-dev-1".to_owned(),
        url: None,
        state,
        since: None,
        approve: Vec::new(),
    };
    Proposal { changeset: Some(changeset), ..Proposal::default() }
}

pub(crate) fn report(outcomes: Vec<EnvironmentOutcome>) -> Report {
    Report::new(outcomes, Timeline::default(), run())
}

pub(crate) fn run() -> RunInfo {
    let at = |it: &str| it.parse().expect("the fixture's time is valid");
    RunInfo {
        started: at("2026-11-23T06:44:03Z"),
        finished: at("2026-11-23T06:44:41Z"),
        version: "0.1.0".to_owned(),
        config: Some(".github/drift.yaml".to_owned()),
        trigger: Some("schedule".to_owned()),
        actor: None,
        id: Some(9_876_543_210),
        number: Some(214),
        url: Some("https://github.com/acme/shop/actions/runs/9876543210".to_owned()),
        recorded_by: None,
    }
}

/// The example story: one change in dev, none in staging, six and some company in prod.
pub(crate) fn story() -> Report {
    report(story_outcomes())
}

pub(crate) fn story_outcomes() -> Vec<EnvironmentOutcome> {
    vec![
        environment("dev", Ok(compared(6, vec![replicas()], vec![]))),
        environment("staging", Ok(compared(6, vec![], vec![]))),
        environment("prod", Ok(prod())),
    ]
}

fn prod() -> Comparison {
    let api = || object("apps/v1", "Deployment", "backend-api");
    let rules = "{\n  \"currency\": \"EUR\",\n  \"rounding\": \"half-up\",\n  \"steps\": [\n    1,\n    2\n  ]\n}\n";
    let live = rules.replace("\"half-up\"", "\"bankers\",\n  \"owner\": \"@pricing-oncall | see #4521\"");
    let resources =
        "{\"limits\":{\"cpu\":\"500m\",\"memory\":\"256Mi\"},\"requests\":{\"cpu\":\"100m\",\"memory\":\"128Mi\"}}";
    let findings = vec![
        finding(object("v1", "ConfigMap", "pricing-rules"), "data[\"rules.json\"]", shown(rules), shown(&live)),
        replicas(),
        finding(
            api(),
            "spec.template.spec.containers[name=api].image",
            shown("registry.example.com/shop/backend-api:1.8.2"),
            shown("registry.example.com/shop/backend-api:1.8.3-hotfix"),
        ),
        finding(api(), "spec.template.spec.containers[name=api].resources", shown(resources), Shown::Absent),
        finding(
            object("v1", "Secret", "payments"),
            "data.key",
            Shown::Hidden(text("Secret value")),
            Shown::Hidden(text("Secret value")),
        ),
        Finding { severity: Severity::Critical, ..missing(object("v1", "Service", "frontend-web")) },
        Finding {
            notes: vec![text("needs replacing: the selector of a workload is fixed")],
            ..finding(
                object("apps/v1", "Deployment", "search"),
                "spec.selector.matchLabels.app",
                shown("search"),
                shown("search-2"),
            )
        },
    ];
    let ingress = |name| not_compared(object("networking.k8s.io/v1", "Ingress", name), Reason::Forbidden);
    Comparison {
        context: Some(text("prod")),
        additions: vec![
            addition(api(), "metadata.labels.team", shown("payments"), "kubectl-label"),
            addition(api(), "spec.template.spec.containers[name=debug]", shown(resources), "node-fetch"),
        ],
        suppressed: vec![
            suppressed(
                object("apps/v1", "Deployment", "frontend-web"),
                "spec.replicas",
                "the HorizontalPodAutoscaler frontend-web sets it",
            ),
            suppressed(
                object("apps/v1", "Deployment", "canary-a"),
                "spec.replicas",
                "ignored by rule until 2027-01-31: canary controller",
            ),
            suppressed(
                object("apps/v1", "Deployment", "canary-b"),
                "spec.replicas",
                "ignored by rule until 2027-01-31: canary controller",
            ),
        ],
        pending: vec!["checkout".to_owned()],
        not_deployed: vec!["search".to_owned(), "search-index".to_owned()],
        other_toolchains: vec!["network (OpenTofu/HCL)".to_owned()],
        notes: vec![text("the namespace of 3 manifests comes from the configuration")],
        ..compared(12, findings, vec![ingress("shop"), ingress("shop-admin")])
    }
}
