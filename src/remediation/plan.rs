//! PURE: what drifted, and what ConfigHub holds of earlier proposals → what becomes of each unit.
//!
//! A unit is never written while its head waits with somebody else's change, while another ChangeSet holds it, or where the
//! same proposal stands already: new data would void its approval.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::confighub::Profile;
use crate::model::changeset::{ChangeSet, ENVIRONMENT_LABEL, Revision, SOURCE, SOURCE_LABEL, UnitHead};
use crate::model::finding::Finding;
use crate::model::outcome::Comparison;
use crate::model::proposal::{Change, Direction, UnitState};
use crate::model::unit::{Basis, Unit};

use super::Patience;
use super::approval::{self, Approval, Electorate};
use super::fingerprint::{self, Mark};
use super::writes;

/// Says that a ChangeSet is done, and why.
pub(super) const CLOSED: &str = "drift-detector/closed";
/// Closed because the drift is gone.
pub(super) const FIXED: &str = "fixed";

/// One target that was compared.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'a> {
    /// The target's name.
    pub target: &'a str,
    /// Its Space's id.
    pub space: Uuid,
    /// Its Space's slug.
    pub space_slug: &'a str,
    /// What differs there.
    pub comparison: &'a Comparison,
    /// Its units; those that drifted with their desired text.
    pub units: &'a [Unit],
}

/// A unit that drifted.
#[derive(Clone, Debug)]
pub(super) struct Drifted<'a> {
    pub(super) target: &'a str,
    pub(super) space: Uuid,
    pub(super) space_slug: &'a str,
    pub(super) unit: &'a Unit,
    pub(super) findings: Vec<&'a Finding>,
    /// One per finding.
    pub(super) changes: Vec<&'a Change>,
    pub(super) fingerprint: String,
}

impl Drifted<'_> {
    /// Which way a finding goes: what cannot be accepted goes back.
    pub(super) fn direction(change: &Change) -> Direction {
        if change.unacceptable.is_some() { Direction::Revert } else { change.direction }
    }

    /// Accept where anything is accepted.
    pub(super) fn overall(&self) -> Direction {
        self.changes.iter().map(|it| Self::direction(it)).max().unwrap_or_default()
    }
}

/// Every unit that drifted, by target, then slug.
pub(super) fn drifted<'a>(compared: &[Compared<'a>]) -> Vec<Drifted<'a>> {
    let mut all = Vec::new();
    for Compared { target, space, space_slug, comparison, units } in compared {
        let changes: BTreeMap<&str, &Change> = comparison.changes.iter().map(|it| (it.finding.as_str(), it)).collect();
        let mut by_unit: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in &comparison.findings {
            // What no unit states is nothing that a unit could say otherwise.
            if let (Some(unit), true) = (&finding.unit, changes.contains_key(finding.id.as_str())) {
                by_unit.entry(unit).or_default().push(finding);
            }
        }
        for unit in *units {
            let Some(findings) = by_unit.remove(unit.slug.as_str()) else { continue };
            let fingerprint = fingerprint::of(&findings);
            let changes = findings.iter().filter_map(|it| changes.get(it.id.as_str()).copied()).collect();
            all.push(Drifted { target, space: *space, space_slug, unit, findings, changes, fingerprint });
        }
    }
    all
}

/// Units about which everything was compared, and nothing differs.
pub(super) fn clean(compared: &[Compared<'_>]) -> BTreeSet<Uuid> {
    let of_target = |it: &Compared<'_>| {
        let told: BTreeSet<&str> = it.comparison.findings.iter().filter_map(|it| it.unit.as_deref()).collect();
        let doubtful: BTreeSet<&str> = it.comparison.not_compared.iter().filter_map(|it| it.unit.as_deref()).collect();
        let is_clean = move |unit: &&Unit| !told.contains(unit.slug.as_str()) && !doubtful.contains(unit.slug.as_str());
        it.units.iter().filter(is_clean).map(|unit| unit.id).collect::<Vec<_>>()
    };
    compared.iter().flat_map(of_target).collect()
}

/// Which ChangeSet holds the environment's proposals.
#[derive(Clone, Debug)]
pub(super) enum Choice<'a> {
    /// This one: the configuration names it, people labelled it for us, or it is ours and open.
    Existing(&'a ChangeSet),
    /// A new one of this slug.
    New(String),
}

impl<'a> Choice<'a> {
    /// `given`: the one that the configuration names. `ours`: those of the environment, the oldest first. `holders`: those
    /// that lock drifted units.
    pub(super) fn of(
        environment: &str,
        given: Option<&'a ChangeSet>,
        ours: &'a [ChangeSet],
        holders: &'a [ChangeSet],
    ) -> Self {
        let is_for = |it: &ChangeSet| it.labels.get(ENVIRONMENT_LABEL).is_none_or(|it| it == environment);
        let labelled = || holders.iter().find(|it| is_ours(it) && !is_closed(it) && is_for(it));
        let open = || ours.iter().find(|it| !is_closed(it));
        given.or_else(labelled).or_else(open).map_or_else(|| Self::New(next_slug(environment, ours)), Self::Existing)
    }

    pub(super) fn existing(&self) -> Option<&'a ChangeSet> {
        match self {
            Self::Existing(changeset) => Some(changeset),
            Self::New(_) => None,
        }
    }
}

/// Whether the ChangeSet is labelled for us, by this program or by people.
pub(super) fn is_ours(changeset: &ChangeSet) -> bool {
    changeset.labels.get(SOURCE_LABEL).is_some_and(|it| it == SOURCE)
}

/// Whether this program made it, and no person.
pub(super) fn is_made_here(changeset: &ChangeSet) -> bool {
    let environment = changeset.labels.get(ENVIRONMENT_LABEL);
    is_ours(changeset) && environment.is_some_and(|it| changeset.slug.starts_with(&format!("{}-", stem(it))))
}

fn stem(environment: &str) -> String {
    format!("drift-{environment}")
}

/// Whether we are done with it.
pub(super) fn is_closed(changeset: &ChangeSet) -> bool {
    changeset.labels.contains_key(CLOSED)
}

/// `drift-prod-3`: two runs that make one at a time make the same.
fn next_slug(environment: &str, ours: &[ChangeSet]) -> String {
    let stem = format!("{}-", stem(environment));
    let last = ours.iter().filter_map(|it| it.slug.strip_prefix(&stem)?.parse::<u32>().ok()).max().unwrap_or(0);
    format!("{stem}{}", last + 1)
}

/// What ConfigHub holds of earlier proposals.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held<'a> {
    pub(super) profile: Profile,
    /// The ChangeSet in use.
    pub(super) changeset: Option<&'a ChangeSet>,
    /// The latest one that is closed.
    pub(super) closed: Option<&'a ChangeSet>,
    pub(super) heads: &'a BTreeMap<Uuid, UnitHead>,
    /// Revisions under the ChangeSet in use, by unit, the newest last.
    pub(super) history: &'a BTreeMap<Uuid, Vec<Revision>>,
}

/// What becomes of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is proposed; anew where [`UnitState::Reproposed`].
    Write(UnitState),
    /// A run before this one was cut short: what it began is finished.
    Finish,
    /// Nothing is written.
    Leave {
        /// How far it is.
        state: UnitState,
        /// Who approved.
        approved_by: BTreeSet<String>,
        /// One sentence each, without a full stop.
        notes: Vec<String>,
    },
}

impl Verdict {
    fn left(state: UnitState, notes: Vec<String>) -> Self {
        Self::Leave { state, approved_by: BTreeSet::new(), notes }
    }
}

/// What becomes of a unit that drifted.
pub(super) fn verdict(drifted: &Drifted<'_>, held: &Held<'_>, electorate: &Electorate<'_>) -> Verdict {
    let unit = drifted.unit;
    let Some(head) = held.heads.get(&unit.id) else {
        return Verdict::left(UnitState::NotProposed, vec!["ConfigHub no longer shows the unit".to_owned()]);
    };
    let ours = held.changeset.map(|it| it.id);
    if let Some(holder) = head.changeset.filter(|it| Some(*it) != ours) {
        let name = head.holder.clone().unwrap_or_else(|| holder.to_string());
        return Verdict::left(UnitState::Locked, vec![format!("it is locked by the ChangeSet {name}")]);
    }
    let history = held.history.get(&unit.id).map_or(&[][..], Vec::as_slice);
    let mark = held.changeset.and_then(|it| Mark::of(it, unit.id));
    // As ConfigHub has it now: the comparison took its time.
    let is_pending = unit.pending || !head.hash.eq_ignore_ascii_case(&writes::hash(&unit.text));
    let is_locked_by_us = head.changeset.is_some();
    let is_own = |it: &Revision| it.author == Some(electorate.identity.id);
    let at_head = history.last().filter(|last| last.number == head.head);
    let is_untouched =
        mark.as_ref().is_some_and(|it| is_as_proposed(it, head, history, is_pending, electorate.identity.id));
    let is_right = writes::is_intended(drifted, held.profile, &head.hash, is_pending);
    let is_by_others = at_head.is_some_and(|it| !is_own(it));
    match &mark {
        // What people wrote stays theirs, also in a ChangeSet that they let us use.
        None if is_pending && !at_head.is_some_and(is_own) => return pending(),
        // Cut short between the first write and the mark.
        None if is_locked_by_us || at_head.is_some() => return Verdict::Finish,
        None if is_declined(drifted, held.closed) => {
            let why =
                "the same was proposed before and taken back; it is not proposed again while the drift is the same";
            return Verdict::left(UnitState::Declined, vec![why.to_owned()]);
        }
        None => {
            return writable(drifted)
                .map_or(Verdict::Write(UnitState::Proposed), |why| Verdict::left(UnitState::NotProposed, vec![why]));
        }
        // A run before this one was cut short while it proposed anew, or what people changed was shipped since.
        Some(_) if !is_untouched && (at_head.is_some_and(is_own) || !is_pending) => {
            return Verdict::Write(UnitState::Reproposed);
        }
        Some(_) if !is_untouched || is_by_others && is_pending && !is_right => {
            let why = "somebody changed the unit after it was proposed, so nothing of ours is waiting there any more";
            return Verdict::left(UnitState::Superseded, vec![why.to_owned()]);
        }
        Some(mark) if mark.fingerprint != drifted.fingerprint || mark.direction != drifted.overall() => {
            return Verdict::Write(UnitState::Reproposed);
        }
        // Two runs overlapped, and the older service let one of them write last what it had recorded of the drift.
        Some(_) if !is_right => return Verdict::Finish,
        Some(_) => {}
    }
    let names = |by: BTreeSet<String>| by.into_iter().collect::<Vec<_>>().join(", ");
    match approval::of(head, history, electorate) {
        Approval::Waiting { notes } => Verdict::left(UnitState::Waiting, notes),
        Approval::By(approved_by) => Verdict::Leave { state: UnitState::Approved, approved_by, notes: Vec::new() },
        Approval::Expired(by) => {
            Verdict::left(UnitState::Expired, vec![format!("the approval of {} no longer holds", names(by))])
        }
        Approval::Refused(by) => Verdict::left(
            UnitState::Waiting,
            vec![format!("{} refused it; that stands until it is revoked", names(by))],
        ),
    }
}

/// The verdict, unless it is to write what may be gone a moment later.
pub(super) fn patient(verdict: Verdict, drifted: &Drifted<'_>, patience: Patience<'_>) -> Verdict {
    let (Verdict::Write(state), Patience::SeenBefore(ids)) = (&verdict, patience) else { return verdict };
    if drifted.findings.iter().all(|it| ids.contains(&it.id)) {
        return verdict;
    }
    let (state, seen) = match state {
        UnitState::Reproposed => {
            (UnitState::Superseded, "its drift is not what was proposed, and is as it is since this run")
        }
        _ => (UnitState::Planned, "no earlier run is known to have seen this drift as it is"),
    };
    Verdict::left(state, vec![format!("{seen}: the next scheduled run proposes it if it sees the same")])
}

/// Whether what was proposed is what people would approve now: nobody but us wrote under the ChangeSet after it, and head's
/// data are still its. `us`: this identity; another run of it may have locked the unit once more.
pub(super) fn is_as_proposed(mark: &Mark, head: &UnitHead, history: &[Revision], is_pending: bool, us: Uuid) -> bool {
    match history.last() {
        // Revisions elsewhere that change no data (labels, somebody's lock) leave the proposal as it is.
        Some(newest) => {
            let is_ours = newest.number == mark.revision || newest.author == Some(us);
            is_ours && (head.head == newest.number || head.hash == newest.hash)
        }
        None => head.head == mark.revision || !is_pending,
    }
}

fn pending() -> Verdict {
    let why = "its head differs from what was shipped: approving would ship somebody's edit, and writing would drop it";
    Verdict::left(UnitState::PendingAtHead, vec![why.to_owned()])
}

/// Why a unit cannot be proposed, if it cannot.
fn writable(drifted: &Drifted<'_>) -> Option<String> {
    match drifted.unit.basis {
        Basis::NeverShipped => Some("it was never shipped, so there is nothing to go back to".to_owned()),
        Basis::Shipped | Basis::Head => None,
    }
}

/// Whether the closed ChangeSet proposed the same, and was closed for another reason than that the drift was gone.
fn is_declined(drifted: &Drifted<'_>, closed: Option<&ChangeSet>) -> bool {
    let Some(closed) = closed.filter(|it| it.labels.get(CLOSED).is_some_and(|why| why != FIXED)) else { return false };
    let mark = Mark::of(closed, drifted.unit.id);
    mark.is_some_and(|it| it.fingerprint == drifted.fingerprint)
}

/// Whether the ChangeSet says of the unit that this very drift is proposed.
pub(super) fn is_marked(changeset: &ChangeSet, drifted: &Drifted<'_>) -> bool {
    let mark = Mark::of(changeset, drifted.unit.id);
    mark.is_some_and(|it| it.fingerprint == drifted.fingerprint && it.direction == drifted.overall())
}

/// Units that the ChangeSet has a mark of.
pub(super) fn proposed(changeset: &ChangeSet) -> impl Iterator<Item = Uuid> + '_ {
    changeset.annotations.keys().filter_map(|key| Mark::unit(key))
}
