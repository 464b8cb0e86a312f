//! The report in plain words: what a reader gets who reads nothing else.

use crate::model::finding::{Code, Finding, Severity};
use crate::model::history::Changes;
use crate::model::proposal::ChangeSetState;

use super::{EnvironmentReport, RunInfo, Status, TargetReport, counted};

/// More names than this are counted.
const NAMES: usize = 6;

/// The result of the run in one sentence.
pub(super) fn verdict(status: Status, environments: &[EnvironmentReport]) -> String {
    match status {
        Status::Clean => {
            let names = names(environments, Status::Clean);
            let run = if names.len() == 1 { "runs" } else { "run" };
            format!("No drift: {} {run} what ConfigHub says.", list(&names))
        }
        Status::Drift => {
            let parts: Vec<_> = environments
                .iter()
                .filter_map(|it| Some(format!("{} ({}{})", it.name, differences(it)?, new(it))))
                .collect();
            format!("Drift in {}.", list(&parts))
        }
        Status::Partial => {
            let gaps = environments.iter().filter(|it| it.status != Status::Skipped && !it.complete);
            let names: Vec<_> = gaps.map(|it| &it.name).collect();
            if environments.iter().all(|it| it.counts.compared == 0) {
                return format!("Nothing was compared in {}.", list(&names));
            }
            format!("No drift found, but not everything in {} could be compared.", list(&names))
        }
        Status::Failed => {
            format!("Nothing could be compared: {} could not be read.", list(&names(environments, Status::Failed)))
        }
        Status::Skipped => "Nothing was compared: every environment was left out of this run.".to_owned(),
    }
}

/// `, 1 new`; nothing where nothing is, or where it is not known.
fn new(environment: &EnvironmentReport) -> String {
    let findings = environment.targets.iter().flat_map(|it| &it.findings);
    let count = findings.filter(|it| it.age.as_ref().is_some_and(|it| it.new)).count();
    if count == 0 { String::new() } else { format!(", {count} new") }
}

/// The most severe difference, where it is one that cannot wait. In production, which stands last, before elsewhere.
fn worst(environments: &[EnvironmentReport]) -> Option<String> {
    let all = environments.iter().flat_map(|it| it.targets.iter().flat_map(|it| &it.findings).map(move |f| (it, f)));
    let (environment, worst) = all.filter(|(_, it)| it.severity >= Severity::High).max_by_key(|(_, it)| it.severity)?;
    let Finding { object, field, severity, .. } = worst;
    let what = match worst.code {
        Code::ObjectMissing => format!("`{object}` is missing"),
        Code::ObjectOrphaned => format!("`{object}` is there, and no unit states it"),
        Code::FieldRemoved => format!("`{object}` has no `{field}`"),
        _ => format!("`{object}` has another `{field}`"),
    };
    Some(format!("Worst: {what} in {} ({severity}).", environment.name))
}

/// What changed since the run before.
fn since(changes: Option<&Changes>) -> Option<String> {
    // What is new stands in the verdict, by environment.
    let Changes { new: _, worse, resolved, flapping } = changes?;
    let parts = [(resolved, "gone"), (worse, "with another value or severity"), (flapping, "that came back")];
    let told: Vec<_> = parts.iter().filter(|it| *it.0 > 0).map(|(n, what)| format!("{n} {what}")).collect();
    (!told.is_empty()).then(|| format!("Since the run before: {}.", list(&told)))
}

/// What the verdict leaves open: what is worst, what changed, whether it is about now, the environments it does not name, and what was not compared in
/// those it does.
pub(super) fn remarks(
    status: Status,
    environments: &[EnvironmentReport],
    changes: Option<&Changes>,
    run: &RunInfo,
) -> Vec<String> {
    let mut remarks: Vec<_> = worst(environments).into_iter().chain(replayed(run)).collect();
    remarks.extend(since(changes));
    if matches!(status, Status::Failed | Status::Skipped) {
        return remarks;
    }
    let clean = names(environments, Status::Clean);
    if status != Status::Clean && !clean.is_empty() {
        remarks.push(format!("No drift in {}.", list(&clean)));
    }
    remarks.extend(environments.iter().filter(|it| it.status != Status::Skipped).filter_map(incomplete));
    let skipped = names(environments, Status::Skipped);
    if !skipped.is_empty() {
        remarks.push(format!("Left out of this run: {}.", list(&skipped)));
    }
    remarks
}

fn replayed(run: &RunInfo) -> Option<String> {
    let (program, when) = (run.recorded_by.as_ref()?, run.started.strftime("%Y-%m-%d %H:%M UTC"));
    Some(format!("This is a replay of what version {program} recorded on {when}: nothing was contacted."))
}

/// Why drift at the start of a promotion step keeps it waiting: ConfigHub promotes what it says, not what was tried out.
pub(super) fn drifted_from(environment: &EnvironmentReport) -> Option<String> {
    let differences = differences(environment)?;
    Some(format!("What runs in {} is not what ConfigHub would promote ({differences}).", environment.name))
}

/// Why drift at the end of a promotion step keeps it waiting.
pub(super) fn drifted_to(environment: &EnvironmentReport) -> Option<String> {
    let differences = differences(environment)?;
    Some(format!("Promoting may undo what runs in {} ({differences}).", environment.name))
}

/// Why open ChangeSets keep a promotion step waiting: one sentence each.
pub(super) fn open_changesets(environment: &EnvironmentReport) -> Vec<String> {
    let Some(proposal) = &environment.proposal else { return Vec::new() };
    let ours = proposal.changeset.iter().filter(|it| it.state.is_open()).map(|it| {
        let state = match it.state {
            ChangeSetState::Approved => "is approved and not shipped yet",
            ChangeSetState::PartlyApproved => "is approved in part",
            ChangeSetState::Superseded => "is open, and no longer fits what runs",
            ChangeSetState::Expired => "was approved, and that no longer holds",
            ChangeSetState::Waiting | ChangeSetState::Fixed | ChangeSetState::Gone => "waits for an approval",
        };
        format!("The ChangeSet {} of {} {state}.", it.slug, environment.name)
    });
    let others = proposal.others.iter().map(|it| format!("The ChangeSet {it} is open in {}.", environment.name));
    ours.chain(others).collect()
}

/// Why nothing is known about ChangeSets.
pub(super) fn changesets_unread(environment: &EnvironmentReport) -> Option<String> {
    let name = &environment.name;
    match (&environment.proposal, &environment.changesets_unread) {
        (Some(_), _) => None,
        (None, Some(obstacle)) => Some(format!("The ChangeSets of {name} could not be read: {}.", obstacle.detail)),
        (None, None) if matches!(environment.status, Status::Skipped | Status::Failed) => None,
        (None, None) => Some(format!("The ChangeSets of {name} were not read.")),
    }
}

/// Why nothing speaks against a promotion step.
pub(super) fn safe(from: &EnvironmentReport, to: &EnvironmentReport) -> String {
    format!("{} and {} run what ConfigHub says, and no ChangeSet is open.", from.name, to.name)
}

fn differences(environment: &EnvironmentReport) -> Option<String> {
    (environment.status == Status::Drift).then(|| counted(environment.counts.findings, "difference", "differences"))
}

/// What of an environment was not compared.
pub(super) fn incomplete(environment: &EnvironmentReport) -> Option<String> {
    if environment.complete {
        return None;
    }
    let name = &environment.name;
    Some(match environment.status {
        Status::Skipped => format!("The environment {name} was left out of this run."),
        Status::Failed => format!("Nothing in {name} could be read."),
        Status::Clean | Status::Drift | Status::Partial => {
            let gaps: Vec<_> = environment.targets.iter().filter_map(|it| gap(environment, it)).collect();
            format!("In {name}, {}.", list(&gaps))
        }
    })
}

/// What of one target was not compared, as a clause. The target is named where the environment has several.
fn gap(environment: &EnvironmentReport, target: &TargetReport) -> Option<String> {
    let place = if environment.targets.len() > 1 { format!(" in {}", target.name) } else { String::new() };
    if target.complete {
        return None;
    }
    if target.failure.is_some() {
        return Some(format!("{} could not be read", target.name));
    }
    let counts = &target.counts;
    if counts.compared == 0 && counts.not_compared == 0 && counts.in_scope == 0 {
        return Some(format!("nothing was in scope{place}"));
    }
    let known: usize = target.not_compared.iter().map(|it| it.objects.len()).sum();
    let units: usize = target.not_compared.iter().map(|it| it.units.len()).sum();
    let unnamed = counts.not_compared.saturating_sub(known + units);
    // Without any entry the numbers alone say that something is missing.
    let objects = if counts.not_compared == 0 { counts.in_scope.saturating_sub(counts.compared) } else { known };
    let parts = [
        (objects, "object", "objects"),
        (units, "unit", "units"),
        (unnamed, "part of the scope", "parts of the scope"),
    ];
    let named: Vec<_> = parts.into_iter().filter(|it| it.0 > 0).map(|(n, one, many)| counted(n, one, many)).collect();
    let were = if objects + units + unnamed == 1 { "was" } else { "were" };
    Some(format!("{} {were} not compared{place}", list(&named)))
}

fn names(environments: &[EnvironmentReport], status: Status) -> Vec<&str> {
    environments.iter().filter(|it| it.status == status).map(|it| it.name.as_str()).collect()
}

/// `a`, `a and b`, `a, b and c`; a long list ends in a count.
fn list<S: AsRef<str>>(items: &[S]) -> String {
    let mut shown: Vec<_> = items.iter().map(|it| it.as_ref().to_owned()).collect();
    if shown.len() > NAMES {
        let more = shown.split_off(NAMES - 1).len();
        shown.push(format!("{more} more"));
    }
    match shown.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}
