//! PURE: whether people approved what is proposed for a unit.
//!
//! An approval is one of somebody who is neither this identity nor a worker nor an author of the change, and who is among
//! the `approvers:` where these are named. It must be of the very revision that was proposed; on services with
//! attestations it must be unexpired, not taken back, and not contradicted by a standing *Fail*.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;

use crate::model::changeset::{Attestation, Identity, IdentityKind, Judgement, Member, Revision, UnitHead};

/// The type of the attestations that approve.
const APPROVAL: &str = "Approval";
/// The gate that stands while the service's triggers run.
pub(super) const AWAITING: &str = "awaiting/triggers";

/// Who counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Electorate<'a> {
    pub(super) identity: &'a Identity,
    /// The members of the organization, as far as they may be seen.
    pub(super) people: &'a BTreeMap<Uuid, Member>,
    /// E-mail addresses, names or ids; empty: everybody.
    pub(super) approvers: &'a [String],
    pub(super) now: Timestamp,
}

/// How far the approval of a unit is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Approval {
    /// Nobody said anything that counts.
    Waiting {
        /// Why what people said does not count: one sentence each without a full stop.
        notes: Vec<String>,
    },
    /// These people approved.
    By(BTreeSet<String>),
    /// It was approved, and that holds no longer.
    Expired(BTreeSet<String>),
    /// These people refused it.
    Refused(BTreeSet<String>),
}

/// `history`: the revisions of the unit under the ChangeSet, the proposed one last.
pub(super) fn of(head: &UnitHead, history: &[Revision], electorate: &Electorate<'_>) -> Approval {
    let Some(proposed) = history.last() else { return Approval::Waiting { notes: Vec::new() } };
    let authors: BTreeSet<Uuid> = history.iter().filter_map(|it| it.author).collect();
    let mut notes = Vec::new();
    let mut counts = |user: Option<Uuid>| match electorate.counts(user, &authors) {
        Ok(name) => Some(name),
        Err(why) => {
            notes.push(why);
            None
        }
    };
    let of_type: Vec<&Attestation> = proposed.attestations.iter().filter(|it| it.kind == APPROVAL).collect();
    let holds = |it: &&Attestation| !it.revoked && it.expires_at.is_none_or(|end| electorate.now < end);
    let refused: BTreeSet<String> = of_type
        .iter()
        .copied()
        .filter(holds)
        .filter(|it| it.result == Some(Judgement::Fail))
        // Whoever it is: a refusal stands until it is taken back.
        .map(|it| electorate.name(it.user))
        .collect();
    if !refused.is_empty() {
        return Approval::Refused(refused);
    }
    let passed: Vec<&Attestation> = of_type.iter().copied().filter(|it| it.result == Some(Judgement::Pass)).collect();
    let mut by: BTreeSet<String> = passed.iter().copied().filter(holds).filter_map(|it| counts(it.user)).collect();
    if head.head == proposed.number {
        by.extend(head.approved_by.iter().filter_map(|user| counts(Some(*user))));
    }
    let ended: BTreeSet<String> = passed
        .iter()
        .copied()
        .filter(|it| !holds(it))
        .filter_map(|it| electorate.counts(it.user, &authors).ok())
        .collect();
    let closed: Vec<&String> = head.gates.iter().collect();
    match (by.is_empty(), ended.is_empty(), closed.first()) {
        (false, _, None) => Approval::By(by),
        (false, _, Some(gate)) => {
            let who = by.into_iter().collect::<Vec<_>>().join(", ");
            let what = if gate.as_str() == AWAITING { "still evaluates its triggers" } else { "keeps a gate closed" };
            notes.push(format!("{who} approved, and ConfigHub {what}: {gate}"));
            Approval::Waiting { notes }
        }
        (true, false, _) => Approval::Expired(ended),
        (true, true, _) => Approval::Waiting { notes },
    }
}

impl Electorate<'_> {
    /// The user's name, or why their word does not count.
    fn counts(&self, user: Option<Uuid>, authors: &BTreeSet<Uuid>) -> Result<String, String> {
        let Some(user) = user else { return Err("an approval names nobody and does not count".to_owned()) };
        if user == self.identity.id {
            return Err("an approval by the identity of this run does not count".to_owned());
        }
        let name = self.name(Some(user));
        if authors.contains(&user) {
            return Err(format!("{name} wrote a part of the change and cannot approve it"));
        }
        let member = self.people.get(&user);
        let is_listed = |wanted: &String| {
            user.to_string().eq_ignore_ascii_case(wanted)
                // Names are for everybody to choose.
                || member.is_some_and(|it| it.login.eq_ignore_ascii_case(wanted))
        };
        match member.map(|it| it.kind) {
            Some(IdentityKind::Person) => {}
            Some(IdentityKind::Worker) => return Err(format!("{name} approved and is a worker, which does not count")),
            // Whoever is named in the configuration is known to its authors.
            Some(IdentityKind::Unknown) | None if self.approvers.iter().any(is_listed) => {}
            Some(IdentityKind::Unknown) | None => {
                return Err(format!(
                    "{name} approved, and ConfigHub does not say whether that is a person: name it in `approvers`"
                ));
            }
        }
        if !self.approvers.is_empty() && !self.approvers.iter().any(is_listed) {
            return Err(format!("{name} approved and is not among the `approvers` of this environment"));
        }
        Ok(name)
    }

    fn name(&self, user: Option<Uuid>) -> String {
        let Some(user) = user else { return "somebody".to_owned() };
        self.people.get(&user).map_or_else(|| user.to_string(), |it| it.name.clone())
    }
}

#[cfg(test)]
mod tests;
