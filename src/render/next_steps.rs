//! What a reader can do about the findings of a target: commands that are certainly right, and words for the rest.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::model::finding::{Code, Finding, Shown};
use crate::model::object::ObjectKey;
use crate::model::proposal::Proposal;
use crate::redact::Text;
use crate::report::TargetReport;

use super::limits::Limits;
use super::lists::Names;

/// More commands than this are not copied by anybody.
const COMMANDS: usize = 5;

/// More units than this are counted.
const UNITS: usize = 5;

/// The way on from the findings of one target.
#[derive(Debug, Serialize)]
pub(super) struct NextSteps {
    /// Lines for a shell: show what runs, and who changed it.
    look: Vec<String>,
    /// How many more objects could be looked at the same way.
    more: usize,
    /// Lines for a shell: set back what can be set back by one command.
    back: Vec<String>,
    /// The units to decide about.
    units: Names,
    /// Whether an object is missing, whether one was left behind, and whether any other difference exists.
    missing: bool,
    orphaned: bool,
    changed: bool,
    /// Whether fixes are proposed in ConfigHub.
    proposed: bool,
}

impl NextSteps {
    /// None where nothing differs.
    pub(super) fn new(target: &TargetReport, proposal: Option<&Proposal>, limits: &Limits) -> Option<Self> {
        let findings = &target.findings;
        if findings.is_empty() {
            return None;
        }
        let has = |code| findings.iter().any(|it| it.code == code);
        let there: BTreeSet<_> =
            findings.iter().filter(|it| it.code != Code::ObjectMissing).map(|it| &it.object).collect();
        let kubectl = kubectl(target);
        let look: Vec<_> = there.iter().filter_map(|it| look(&kubectl, it)).collect();
        let units: BTreeSet<_> = findings.iter().filter_map(|it| it.unit.as_deref()).collect();
        let commands = COMMANDS.min(limits.findings);
        Some(Self {
            more: look.len().saturating_sub(commands),
            look: look.into_iter().take(commands).collect(),
            back: findings.iter().filter_map(|it| scale_back(&kubectl, it)).take(commands).collect(),
            units: Names::new(units.iter().take(UNITS).map(ToString::to_string), units.len(), limits),
            missing: has(Code::ObjectMissing),
            orphaned: has(Code::ObjectOrphaned),
            proposed: proposal
                .is_some_and(|it| it.units.iter().any(|it| it.target == target.name && it.state.is_proposed())),
            changed: findings.iter().any(|it| !matches!(it.code, Code::ObjectMissing | Code::ObjectOrphaned)),
        })
    }
}

/// `kubectl --context prod`: a command that is copied must not land in whatever cluster happens to be the current one.
fn kubectl(target: &TargetReport) -> String {
    let harmless = |it: char| it.is_ascii_alphanumeric() || "-._:/@".contains(it);
    let is_plain = |it: &&str| it.starts_with(|it: char| it.is_ascii_alphanumeric()) && it.chars().all(harmless);
    match target.context.as_ref().map(Text::as_str).filter(is_plain) {
        Some(context) => format!("kubectl --context {context}"),
        None => "kubectl".to_owned(),
    }
}

/// Shows the object with its field managers; of a Secret, whose values must not land in a terminal, only those.
fn look(kubectl: &str, object: &ObjectKey) -> Option<String> {
    let output = if object.gvk.is_secret() { "jsonpath='{.metadata.managedFields}'" } else { "yaml" };
    Some(format!("{kubectl}{} get {} --show-managed-fields -o {output}", namespace(object)?, resource(object)?))
}

/// Sets the replicas of a workload back to what ConfigHub says.
fn scale_back(kubectl: &str, finding: &Finding) -> Option<String> {
    let Finding { object, code: Code::FieldChanged, desired: Shown::Text(replicas), .. } = finding else { return None };
    let workload = object.gvk.group == "apps" && matches!(object.gvk.kind.as_str(), "Deployment" | "StatefulSet");
    let replicas: u32 = replicas.as_str().parse().ok()?;
    let known = workload && finding.path.as_str() == "/spec/replicas";
    known.then_some(())?;
    Some(format!("{kubectl}{} scale {} --replicas={replicas}", namespace(object)?, resource(object)?))
}

/// ` -n shop`, or nothing for cluster-scoped kinds.
fn namespace(object: &ObjectKey) -> Option<String> {
    match &object.namespace {
        Some(namespace) => is_plain(namespace).then(|| format!(" -n {namespace}")),
        None => Some(String::new()),
    }
}

/// `deployment.apps backend-api`; None where a name could mean anything else to a shell.
fn resource(object: &ObjectKey) -> Option<String> {
    let kind = object.gvk.kind.to_ascii_lowercase();
    let dot = if object.gvk.group.is_empty() { "" } else { "." };
    let resource = format!("{kind}{dot}{}", object.gvk.group);
    (is_plain(&resource) && is_plain(&object.name)).then(|| format!("{resource} {}", object.name))
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|it: char| it.is_ascii_alphanumeric())
        && name.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-' || it == '.')
}
