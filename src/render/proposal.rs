//! What is proposed for an environment, laid out for reading: the effect of approving, how to, and how far it is.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::finding::{Code, Finding, Shown};
use crate::model::proposal::{ChangeSetState, Direction, Effect, OpenChangeSet, Proposal, UnitProposal, UnitState};
use crate::report::EnvironmentReport;

use super::limits::Limits;
use super::lists::capitalised;

/// A longer value is described, not quoted.
const QUOTED: usize = 60;

/// The proposals of an environment.
#[derive(Debug, Serialize)]
pub(super) struct ProposalView {
    changeset: Option<ChangeSetView>,
    units: Vec<UnitView>,
    more_units: usize,
    others: Vec<String>,
    notes: Vec<String>,
    writes: Vec<String>,
    more_writes: usize,
}

/// The ChangeSet.
#[derive(Debug, Serialize)]
struct ChangeSetView {
    slug: String,
    space: String,
    state: &'static str,
    since: Option<String>,
    url: Option<String>,
    approve: Vec<String>,
    more_approve: usize,
}

/// One unit.
#[derive(Debug, Serialize)]
struct UnitView {
    unit: String,
    target: Option<String>,
    url: Option<String>,
    state: String,
    approved_by: Vec<String>,
    effects: Vec<EffectView>,
    more_effects: usize,
    notes: Vec<String>,
}

/// What approving does to a field or an object.
#[derive(Debug, Serialize)]
struct EffectView {
    kind: &'static str,
    field: String,
    object: String,
    /// Before approving; None: it is not quoted.
    from: Option<String>,
    /// After.
    to: Option<String>,
    /// Whether the change is recent work of a person in production.
    caution: bool,
}

impl ProposalView {
    /// None where there is nothing to tell.
    pub(super) fn new(environment: &EnvironmentReport, limits: &Limits) -> Option<Self> {
        let proposal = environment.proposal.as_ref()?;
        let Proposal { changeset, units, others, notes, writes } = proposal;
        if changeset.is_none() && units.is_empty() && others.is_empty() && notes.is_empty() {
            return None;
        }
        let findings: BTreeMap<&str, &Finding> =
            environment.targets.iter().flat_map(|it| &it.findings).map(|it| (it.id.as_str(), it)).collect();
        let several = environment.targets.len() > 1;
        let text = |it: &crate::redact::Text| limits.text(it.as_str());
        let shown: Vec<_> =
            units.iter().take(limits.findings).map(|it| UnitView::new(it, &findings, several, limits)).collect();
        Some(Self {
            changeset: changeset.as_ref().map(|it| ChangeSetView::new(it, limits)),
            more_units: units.len() - shown.len(),
            units: shown,
            others: others.iter().take(limits.groups).map(text).collect(),
            notes: notes.iter().map(|it| capitalised(&text(it))).collect(),
            more_writes: writes.len().saturating_sub(limits.findings),
            writes: writes.iter().take(limits.findings).map(text).collect(),
        })
    }
}

impl ChangeSetView {
    fn new(changeset: &OpenChangeSet, limits: &Limits) -> Self {
        /// More lines than this are not copied by anybody.
        const LINES: usize = 5;
        let OpenChangeSet { space, slug, url, state, since, approve } = changeset;
        let lines = LINES.min(limits.findings);
        Self {
            slug: limits.text(slug),
            space: limits.text(space),
            state: match state {
                ChangeSetState::Waiting => "waits for an approval",
                ChangeSetState::PartlyApproved => "is approved in part",
                ChangeSetState::Approved => "is approved",
                ChangeSetState::Superseded => "no longer fits what runs",
                ChangeSetState::Expired => "was approved, and the approval no longer holds",
                ChangeSetState::Fixed => "is closed: the drift is gone",
                ChangeSetState::Gone => "is not there",
            },
            since: since.map(|it| it.strftime("%Y-%m-%d %H:%M").to_string()),
            url: url.clone(),
            more_approve: approve.len().saturating_sub(lines),
            approve: approve.iter().take(lines).map(|it| it.as_str().to_owned()).collect(),
        }
    }
}

impl UnitView {
    fn new(unit: &UnitProposal, findings: &BTreeMap<&str, &Finding>, several: bool, limits: &Limits) -> Self {
        /// More effects than this stand in the table of differences.
        const EFFECTS: usize = 4;
        let UnitProposal { target, unit: slug, id: _, state, fingerprint: _, effects, approved_by, notes, url } = unit;
        let shown: Vec<_> = effects
            .iter()
            .filter_map(|it| EffectView::new(it, findings.get(it.finding.as_str())?, limits))
            .take(EFFECTS)
            .collect();
        Self {
            unit: limits.text(slug),
            target: several.then(|| limits.text(target)),
            url: url.clone(),
            state: words(*state).to_owned(),
            approved_by: approved_by.iter().map(|it| limits.text(it.as_str())).collect(),
            more_effects: effects.len().saturating_sub(shown.len()),
            effects: shown,
            notes: notes.iter().map(|it| limits.text(it.as_str())).collect(),
        }
    }
}

fn words(state: UnitState) -> &'static str {
    match state {
        UnitState::Proposed => "proposed",
        UnitState::Reproposed => "proposed anew, as its drift changed",
        UnitState::Waiting => "waiting",
        UnitState::Approved => "approved",
        UnitState::Expired => "approval expired",
        UnitState::Superseded => "superseded",
        UnitState::Fixed => "fixed",
        UnitState::PendingAtHead => "not proposed: pending change at head",
        UnitState::Locked => "not proposed: locked",
        UnitState::Declined => "not proposed again",
        UnitState::Planned => "would be proposed",
        UnitState::NotProposed => "not proposed",
    }
}

impl EffectView {
    fn new(effect: &Effect, finding: &Finding, limits: &Limits) -> Option<Self> {
        let Effect { finding: _, direction, caution } = effect;
        let (kind, from, to) = match (finding.code, direction) {
            (Code::ObjectMissing, Direction::Revert) => ("create", &Shown::Absent, &Shown::Absent),
            (Code::ObjectMissing, Direction::Accept) => ("forget", &Shown::Absent, &Shown::Absent),
            (Code::ObjectOrphaned | Code::ObjectUnmanaged, _) => return None,
            (Code::FieldChanged | Code::FieldRemoved | Code::FieldAdded, Direction::Revert) => {
                match (&finding.live, &finding.desired) {
                    (live, Shown::Absent) => ("remove", live, &Shown::Absent),
                    (Shown::Absent, desired) => ("restore", &Shown::Absent, desired),
                    (live, desired) => ("revert", live, desired),
                }
            }
            (Code::FieldChanged | Code::FieldRemoved | Code::FieldAdded, Direction::Accept) => {
                match (&finding.desired, &finding.live) {
                    (desired, Shown::Absent) => ("drop", desired, &Shown::Absent),
                    (desired, live) => ("accept", desired, live),
                }
            }
        };
        Some(Self {
            kind,
            field: limits.text(finding.field.as_str()),
            object: limits.text(&finding.object.to_string()),
            from: quoted(from),
            to: quoted(to),
            caution: *caution,
        })
    }
}

fn quoted(value: &Shown) -> Option<String> {
    match value {
        Shown::Text(text) if text.as_str().chars().count() <= QUOTED && !text.as_str().contains('\n') => {
            Some(text.as_str().to_owned())
        }
        Shown::Text(_) | Shown::Hidden(_) | Shown::Absent => None,
    }
}
