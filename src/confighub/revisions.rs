//! Revisions under a ChangeSet, with what was attested of them. A revocation is an attestation of its own that covers no
//! revision, so that it must be asked for, and it may have been revoked itself.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::model::changeset::{Attestation, Judgement, Revision, UnitHead};

use super::Client;
use super::error::Error;
use super::expression::{Attribute, Where};
use super::generation::Generation;
use super::wire::changes as wire;

/// Ids in an expression.
const CHUNK: usize = 80;
/// On the older service a revision comes with its data unless what is wanted is named.
const SELECTED: &str =
    "RevisionID,UnitID,SpaceID,RevisionNum,DataHash,Description,UserID,ChangeSetID,ApprovedBy,CreatedAt";

impl Client {
    /// The newest revision under a ChangeSet of each unit, by unit: what is proposed, and what was said to it.
    ///
    /// # Errors
    /// Whatever a request may meet: also where only the revocations cannot be read, since approval depends on them.
    pub async fn changeset_revisions(&self, changeset: Uuid) -> Result<Vec<Revision>, Error> {
        // Today's service answers with the newest of each unit, the older one with all.
        let found = self.listed_revisions("/revision", Where::id(Attribute::ChangeSetID, changeset)).await?;
        let mut newest: BTreeMap<Uuid, Revision> = BTreeMap::new();
        for revision in found.into_iter().filter(|it| it.changeset == Some(changeset)) {
            let known = newest.entry(revision.unit).or_insert_with(|| revision.clone());
            if known.number < revision.number {
                *known = revision;
            }
        }
        Ok(newest.into_values().collect())
    }

    /// All revisions of a unit under a ChangeSet, oldest first.
    ///
    /// # Errors
    /// As [`Client::changeset_revisions`].
    pub async fn unit_revisions(&self, head: &UnitHead, changeset: Uuid) -> Result<Vec<Revision>, Error> {
        let found = self.listed_revisions(&path(head), Where::id(Attribute::ChangeSetID, changeset)).await?;
        Ok(found.into_iter().filter(|it| it.changeset == Some(changeset)).collect())
    }

    /// One revision of a unit, by its number.
    ///
    /// # Errors
    /// As [`Client::changeset_revisions`].
    pub async fn unit_revision(&self, head: &UnitHead, number: i64) -> Result<Option<Revision>, Error> {
        let found = self.listed_revisions(&path(head), Where::number(Attribute::RevisionNum, number)).await?;
        Ok(found.into_iter().find(|it| it.number == number))
    }

    /// By number.
    async fn listed_revisions(&self, path: &str, condition: Where) -> Result<Vec<Revision>, Error> {
        let query = [
            ("where", condition.into_query()?),
            ("include", self.generation.attests().then(|| "Attestations".to_owned())),
            ("select", (self.generation == Generation::Bridge).then(|| SELECTED.to_owned())),
        ];
        let found: Vec<wire::ExtendedRevision> = self.list(path, &query).await?;
        let attested = if self.generation.attests() { self.attestations(&found).await? } else { BTreeMap::new() };
        let mut revisions: Vec<Revision> = found.into_iter().map(|it| plain(it, &attested)).collect();
        revisions.sort_by_key(|it| (it.number, it.unit));
        Ok(revisions)
    }

    /// Every attestation of these revisions, by id, with its revocations.
    async fn attestations(&self, revisions: &[wire::ExtendedRevision]) -> Result<BTreeMap<Uuid, Attestation>, Error> {
        let given = revisions.iter().flat_map(|it| it.attestations.iter().cloned());
        let mut found: BTreeMap<Uuid, wire::Attestation> = given.map(|it| (it.id, it)).collect();
        // A revision names its attestations, also those that a list leaves out because somebody hid them.
        let named = revisions.iter().flat_map(|it| it.revision.attestations.keys().copied());
        let unsent: BTreeSet<Uuid> = named.filter(|id| !found.contains_key(id)).collect();
        found.extend(self.attestations_by(Attribute::AttestationID, &unsent).await?.into_iter().map(|it| (it.id, it)));
        let revoked = self.standing_revocations(found.keys().copied().collect()).await?;
        Ok(found
            .into_values()
            .map(|it| {
                let result = Judgement::of(&it.result);
                let wire::Attestation { id, kind, note, expires_at, user, created_at, .. } = it;
                let revoked = revoked.contains(&id);
                (id, Attestation { id, kind, result, user, at: created_at, expires_at, revoked, note })
            })
            .collect())
    }

    /// Which of these have a revocation that was not revoked itself.
    async fn standing_revocations(&self, of: BTreeSet<Uuid>) -> Result<BTreeSet<Uuid>, Error> {
        let mut levels: Vec<Vec<(Uuid, Uuid)>> = Vec::new();
        let mut seen = of.clone();
        let mut asked = of;
        while !asked.is_empty() {
            let found = self.attestations_by(Attribute::RevokedAttestationID, &asked).await?;
            let level: Vec<(Uuid, Uuid)> = found.iter().filter_map(|it| Some((it.id, it.revoked?))).collect();
            asked = level.iter().map(|(id, _)| *id).filter(|id| seen.insert(*id)).collect();
            levels.push(level);
        }
        // From the last level up: a revocation stands where nothing that stands revokes it.
        let mut revoked = BTreeSet::new();
        for (revocation, of) in levels.into_iter().rev().flatten() {
            if !revoked.contains(&revocation) {
                revoked.insert(of);
            }
        }
        Ok(revoked)
    }

    async fn attestations_by(
        &self,
        attribute: Attribute,
        ids: &BTreeSet<Uuid>,
    ) -> Result<Vec<wire::Attestation>, Error> {
        let ids: Vec<Uuid> = ids.iter().copied().collect();
        let mut all = Vec::new();
        for chunk in ids.chunks(CHUNK) {
            // A refusal or a revocation counts, whoever hid it.
            let hidden = self.generation.hides().then(|| "true".to_owned());
            let query = [("where", Where::among(attribute, chunk).into_query()?), ("include_hidden", hidden)];
            let found: Vec<wire::ExtendedAttestation> = self.list("/attestation", &query).await?;
            all.extend(found.into_iter().map(|it| it.attestation));
        }
        Ok(all)
    }
}

fn plain(it: wire::ExtendedRevision, attested: &BTreeMap<Uuid, Attestation>) -> Revision {
    let wire::ExtendedRevision { revision, attestations } = it;
    let ids: BTreeSet<Uuid> =
        revision.attestations.keys().copied().chain(attestations.iter().map(|it| it.id)).collect();
    let mut attestations: Vec<Attestation> = ids.iter().filter_map(|id| attested.get(id).cloned()).collect();
    attestations.sort_by_key(|it| (it.at, it.id));
    Revision {
        id: revision.id,
        unit: revision.unit,
        number: revision.number,
        hash: revision.hash.to_lowercase(),
        description: revision.description,
        author: revision.user,
        changeset: revision.change_set,
        approved_by: revision.approved_by,
        attestations,
        at: revision.created_at,
    }
}

fn path(head: &UnitHead) -> String {
    format!("/space/{}/unit/{}/revision", head.space, head.id)
}
