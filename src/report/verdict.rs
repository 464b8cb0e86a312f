//! How results are composed: target → environment → run, and environment × environment → promotion.

use crate::model::outcome::{Comparison, NotCompared, Obstacle, Reason};

use super::{
    Cause, Edge, EdgeVerdict, EnvironmentReport, NotComparedGroup, PromotionSafe, Status, TargetReport, sentences,
};

/// A target's status, and whether everything in scope was compared.
///
/// Whatever was neither compared nor explained counts as a gap: a partial view never reads as clean. So does a target with
/// nothing in scope, because a mistyped filter looks exactly like that.
pub(super) fn of_target(result: &Result<Comparison, Obstacle>) -> (Status, bool) {
    let Ok(it) = result else { return (Status::Failed, false) };
    let complete = it.not_compared.is_empty() && it.compared >= it.in_scope && it.compared > 0;
    let status = match (it.findings.is_empty(), complete) {
        (false, _) => Status::Drift,
        (true, false) => Status::Partial,
        (true, true) => Status::Clean,
    };
    (status, complete)
}

/// An environment's status over its targets.
pub(super) fn of_environment(targets: &[TargetReport]) -> Status {
    compose(targets.iter().map(|it| it.status))
}

/// A run's status over its environments.
pub(super) fn of_run(environments: &[EnvironmentReport]) -> Status {
    compose(environments.iter().map(|it| it.status))
}

/// Failed only if all that was to be read failed; else the worst of drift, a gap, and clean; skipped only if all are.
fn compose(parts: impl Iterator<Item = Status>) -> Status {
    let read: Vec<_> = parts.filter(|it| *it != Status::Skipped).collect();
    let all = |wanted| read.iter().all(|it| *it == wanted);
    if read.is_empty() {
        Status::Skipped
    } else if all(Status::Failed) {
        Status::Failed
    } else if read.contains(&Status::Drift) {
        Status::Drift
    } else if all(Status::Clean) {
        Status::Clean
    } else {
        Status::Partial
    }
}

/// What decided the run's status.
pub(super) fn cause(status: Status, environments: &[EnvironmentReport]) -> Cause {
    match status {
        Status::Clean => Cause::Clean,
        Status::Drift => Cause::Drift,
        Status::Skipped => Cause::Skipped,
        Status::Partial | Status::Failed => {
            let targets = environments.iter().flat_map(|it| &it.targets).filter(|it| !it.complete);
            targets.flat_map(obstacles).min().unwrap_or(Cause::NothingInScope)
        }
    }
}

/// Everything that kept one target from being compared completely.
fn obstacles(target: &TargetReport) -> impl Iterator<Item = Cause> {
    let groups = target.not_compared.iter().map(|it| &it.obstacle);
    target.failure.iter().chain(groups).map(|it| match it.reason {
        Reason::Unauthorized | Reason::Forbidden => Cause::Permission,
        Reason::Unreachable => Cause::Unreachable,
        Reason::TimedOut => Cause::Timeout,
        Reason::Misconfigured => Cause::Config,
        Reason::NotServed | Reason::Unparsable | Reason::Unresolved => Cause::NotComparable,
        Reason::RollingOut => Cause::RollingOut,
    })
}

/// The steps from each environment to the next.
pub(super) fn edges(environments: &[EnvironmentReport]) -> Vec<Edge> {
    environments.windows(2).map(|pair| edge(&pair[0], &pair[1])).collect()
}

fn edge(from: &EnvironmentReport, to: &EnvironmentReport) -> Edge {
    let drift = sentences::drifted_from(from).into_iter().chain(sentences::drifted_to(to));
    let mut reasons: Vec<_> = drift.chain([from, to].into_iter().flat_map(sentences::open_changesets)).collect();
    let mut verdict = EdgeVerdict::Wait;
    if reasons.is_empty() {
        verdict = EdgeVerdict::Unknown;
        reasons.extend([from, to].into_iter().filter_map(sentences::incomplete));
        reasons.extend([from, to].into_iter().filter_map(sentences::changesets_unread));
    }
    if reasons.is_empty() {
        verdict = EdgeVerdict::Safe;
        reasons.push(sentences::safe(from, to));
    }
    Edge { from: from.name.clone(), to: to.name.clone(), verdict, reasons }
}

/// The path is as good as its worst step.
pub(super) fn promotion_safe(edges: &[Edge]) -> PromotionSafe {
    let any = |wanted| edges.iter().any(|it| it.verdict == wanted);
    if any(EdgeVerdict::Wait) {
        PromotionSafe::False
    } else if edges.is_empty() || any(EdgeVerdict::Unknown) {
        PromotionSafe::Unknown
    } else {
        PromotionSafe::True
    }
}

impl NotComparedGroup {
    /// One group per obstacle, sorted by it.
    pub(super) fn all(mut entries: Vec<NotCompared>) -> Vec<Self> {
        entries.sort_by(|a, b| (&a.obstacle, &a.object, &a.unit).cmp(&(&b.obstacle, &b.object, &b.unit)));
        let mut groups: Vec<Self> = Vec::new();
        for NotCompared { unit, object, obstacle } in entries {
            if groups.last().is_none_or(|it| it.obstacle != obstacle) {
                groups.push(Self { obstacle, count: 0, objects: Vec::new(), units: Vec::new() });
            }
            if let Some(group) = groups.last_mut() {
                group.count += 1;
                match (object, unit) {
                    // Several units may state the same.
                    (Some(object), _) if group.objects.last() == Some(&object) => {}
                    (Some(object), _) => group.objects.push(object),
                    (None, Some(unit)) => group.units.push(unit),
                    (None, None) => {}
                }
            }
        }
        groups
    }
}
