//! PURE: what was decided and done → the report's part about proposals.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::confighub::{Profile, Ui};
use crate::model::changeset::{ChangeSet, Revision, UnitIds};
use crate::model::environment::Stage;
use crate::model::finding::{Finding, ManagerClass, Owner};
use crate::model::proposal::{ChangeSetState, Effect, OpenChangeSet, Proposal, UnitProposal, UnitState};
use crate::redact::Text;

use super::approval::{self, Approval};
use super::fingerprint::Mark;
use super::plan::{self, Drifted, Verdict};
use super::send::{Done, Task};
use super::{Desk, Intent, send};

/// Units in one request: its expression stays within the 4,096 characters that ConfigHub takes.
const AT_ONCE: usize = 80;

/// What was changed by hand within this time may be work in progress.
const LATELY: SignedDuration = SignedDuration::from_hours(24);

impl Desk<'_> {
    /// `state`: what is known of the ChangeSet beside its units.
    pub(super) fn tell(
        &self,
        changeset: Option<&ChangeSet>,
        history: &BTreeMap<Uuid, Vec<Revision>>,
        verdicts: Vec<(&Drifted<'_>, Verdict)>,
        (tasks, mut done): (&[Task<'_>], BTreeMap<Uuid, Done>),
        state: Option<ChangeSetState>,
    ) -> Proposal {
        let told: BTreeSet<Uuid> = verdicts.iter().map(|(it, _)| it.unit.id).collect();
        let mut units = Vec::new();
        for (drifted, verdict) in verdicts {
            let task = tasks.iter().find(|it| it.drifted.unit.id == drifted.unit.id);
            let told = self.unit(drifted, verdict, task, done.remove(&drifted.unit.id));
            // A run that only compares does not say what another would do.
            units.extend((told.state != UnitState::Planned || self.request.intent != Intent::Follow).then_some(told));
        }
        if let Some(changeset) = changeset {
            let gone = plan::proposed(changeset).filter(|it| !told.contains(it) && self.units.contains(it));
            units.extend(gone.map(|unit| self.resolved(changeset, unit, history)));
        }
        units.sort_by(|one, other| (&one.target, &one.unit).cmp(&(&other.target, &other.unit)));
        let shown = changeset.filter(|it| state.is_some() || !plan::is_closed(it)).map(|it| {
            let state = state.unwrap_or_else(|| of_units(&units));
            self.changeset(it, state, &units)
        });
        let mut others = self.sight.others(changeset.map(|it| it.id), self.request.compared);
        let open = self.sight.ours.iter().filter(|it| !plan::is_closed(it) && Some(it.id) != changeset.map(|it| it.id));
        others.extend(open.map(|it| it.slug.clone()));
        let others = others.iter().map(|it| self.request.redactor.text(it)).collect();
        Proposal { changeset: shown, units, others, ..self.proposal() }
    }

    fn ui(&self) -> Ui {
        self.client.ui(&self.sight.identity)
    }

    /// What does not depend on units.
    pub(super) fn proposal(&self) -> Proposal {
        let text = |it: &String| self.request.redactor.text(it);
        Proposal {
            notes: self.notes.iter().map(text).collect(),
            writes: self.writes.iter().map(text).collect(),
            ..Proposal::default()
        }
    }

    fn unit(
        &self,
        drifted: &Drifted<'_>,
        verdict: Verdict,
        task: Option<&Task<'_>>,
        done: Option<Done>,
    ) -> UnitProposal {
        let (state, approved_by, mut notes) = match verdict {
            Verdict::Leave { state, approved_by, notes } => (state, approved_by, notes),
            Verdict::Write(_) | Verdict::Finish => match self.unwritable.get(&drifted.unit.id) {
                Some(why) => (UnitState::NotProposed, BTreeSet::new(), vec![why.clone()]),
                None => self.written(task, done),
            },
        };
        let stands = state.is_proposed() || state == UnitState::Planned;
        if stands {
            notes.extend(task.iter().flat_map(|it| it.writes.notes.iter().cloned()));
        }
        // Approving does nothing to what is not proposed.
        let effects = drifted.changes.iter().filter(|_| stands).map(|it| Effect {
            finding: it.finding.clone(),
            direction: Drifted::direction(it),
            caution: drifted.findings.iter().any(|finding| finding.id == it.finding && self.is_fresh_work(finding)),
        });
        let text = |it: String| self.request.redactor.text(&it);
        UnitProposal {
            target: drifted.target.to_owned(),
            unit: drifted.unit.slug.clone(),
            id: drifted.unit.id,
            state,
            fingerprint: drifted.fingerprint.clone(),
            effects: effects.collect(),
            approved_by: approved_by.into_iter().map(text).collect(),
            notes: notes.into_iter().map(text).collect(),
            url: Some(self.ui().revisions(drifted.space, drifted.unit.id)),
        }
    }

    /// Whether a person's tool changed it lately, in production.
    fn is_fresh_work(&self, finding: &Finding) -> bool {
        let lately = |at: Timestamp| self.request.now.duration_since(at) < LATELY;
        let by_hand = |it: &Owner| it.class == ManagerClass::PersonsTool && it.time.is_some_and(lately);
        self.request.stage == Stage::Last && finding.owners.iter().any(by_hand)
    }

    fn written(&self, task: Option<&Task<'_>>, done: Option<Done>) -> (UnitState, BTreeSet<String>, Vec<String>) {
        let (Some(task), Intent::Propose) = (task, self.request.intent) else {
            return (UnitState::Planned, BTreeSet::new(), Vec::new());
        };
        match done {
            Some(Done { failure: None, notes, stands: true }) => (task.state, BTreeSet::new(), notes),
            Some(Done { failure: None, notes, stands: false }) => (UnitState::NotProposed, BTreeSet::new(), notes),
            Some(Done { failure: Some(error), mut notes, .. }) => {
                notes.push(match send::holder(&error) {
                    Some(by) => format!("another ChangeSet locked it meanwhile: {by}"),
                    None => format!("it could not be written: {error}"),
                });
                (UnitState::NotProposed, BTreeSet::new(), notes)
            }
            None => (UnitState::NotProposed, BTreeSet::new(), Vec::new()),
        }
    }

    /// A unit that was proposed and does not drift, or of which that is not known.
    fn resolved(&self, changeset: &ChangeSet, unit: Uuid, history: &BTreeMap<Uuid, Vec<Revision>>) -> UnitProposal {
        let mark = Mark::of(changeset, unit);
        let of_target = self.request.compared.iter().find(|it| it.units.iter().any(|it| it.id == unit));
        let head = self.sight.heads.get(&unit);
        let known = of_target.and_then(|it| it.units.iter().find(|it| it.id == unit));
        let is_clean = plan::clean(self.request.compared).contains(&unit);
        let history = history.get(&unit).map_or(&[][..], Vec::as_slice);
        let approval = head.map(|head| approval::of(head, history, &self.electorate()));
        let is_pending = known.is_none_or(|it| it.pending);
        let is_as_proposed = mark
            .as_ref()
            .zip(head)
            .is_some_and(|(mark, head)| plan::is_as_proposed(mark, head, history, is_pending, self.sight.identity.id));
        let (state, by) = match approval {
            _ if is_clean => (UnitState::Fixed, BTreeSet::new()),
            _ if !is_as_proposed => (UnitState::Superseded, BTreeSet::new()),
            Some(Approval::By(by)) => (UnitState::Approved, by),
            Some(Approval::Expired(by)) => (UnitState::Expired, by),
            Some(Approval::Waiting { .. } | Approval::Refused(_)) | None => (UnitState::Waiting, BTreeSet::new()),
        };
        let unsure = "whether it still drifts could not be told this time";
        UnitProposal {
            target: of_target.map(|it| it.target.to_owned()).unwrap_or_default(),
            unit: known.map(|it| it.slug.clone()).unwrap_or_default(),
            id: unit,
            state,
            fingerprint: mark.map(|it| it.fingerprint).unwrap_or_default(),
            effects: Vec::new(),
            approved_by: by.iter().map(|it| self.request.redactor.text(it)).collect(),
            notes: if is_clean { Vec::new() } else { vec![Text::from(unsure)] },
            url: of_target.map(|it| self.ui().revisions(it.space, unit)),
        }
    }

    fn changeset(&self, changeset: &ChangeSet, state: ChangeSetState, units: &[UnitProposal]) -> OpenChangeSet {
        let waiting = || units.iter().filter(|it| it.state.is_proposed() && it.state != UnitState::Approved);
        let ids: Vec<Uuid> = waiting().map(|it| it.id).collect();
        let home = self.sight.given.as_ref().map(|(space, _, _)| space.clone());
        let url = UnitIds::new(ids.iter().copied()).and_then(|it| self.ui().diff(&it, self.sight.identity.id));
        let approve = if ids.is_empty() { Vec::new() } else { self.approve(changeset, &ids) };
        let text = |it: String| self.request.redactor.text(&it);
        OpenChangeSet {
            space: home.unwrap_or_else(|| self.sight.space.slug.clone()),
            slug: changeset.slug.clone(),
            url,
            state,
            since: changeset.created_at,
            approve: approve.into_iter().map(text).collect(),
        }
    }

    /// How the units are approved outside of the UI: a command each, or a request per Space.
    fn approve(&self, changeset: &ChangeSet, ids: &[Uuid]) -> Vec<String> {
        let of_space = self.request.compared.iter().flat_map(|it| {
            let units = it.units.iter().filter(|unit| ids.contains(&unit.id));
            units.map(move |unit| (it.space, it.space_slug, unit))
        });
        match self.client.profile() {
            Profile::Bridge => {
                of_space.map(|(_, space, unit)| format!("cub unit approve --space {space} {}", unit.slug)).collect()
            }
            Profile::Release => {
                let mut spaces: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
                for (space, _, unit) in of_space {
                    spaces.entry(space).or_default().push(format!("'{}'", unit.id));
                }
                let request = |(space, units): (Uuid, &[String])| {
                    let body = serde_json::json!({
                        "Type": "Approval",
                        "Result": "Pass",
                        "WhereUnit": format!("UnitID IN ({})", units.join(",")),
                        "Revision": format!("ChangeSet:{}", changeset.id),
                    });
                    format!("POST {}/space/{space}/attestation {body}", self.client.base())
                };
                let chunks = spaces.iter().flat_map(|(space, units)| units.chunks(AT_ONCE).map(|it| (*space, it)));
                chunks.map(request).collect()
            }
        }
    }
}

/// A ChangeSet is as far as its units are.
fn of_units(units: &[UnitProposal]) -> ChangeSetState {
    let any = |wanted| units.iter().any(|it| it.state == wanted);
    let open = || units.iter().filter(|it| it.state.is_proposed());
    if any(UnitState::Superseded) {
        ChangeSetState::Superseded
    } else if open().count() > 0 && open().all(|it| it.state == UnitState::Approved) {
        ChangeSetState::Approved
    } else if any(UnitState::Approved) {
        ChangeSetState::PartlyApproved
    } else if any(UnitState::Expired) {
        ChangeSetState::Expired
    } else {
        ChangeSetState::Waiting
    }
}
