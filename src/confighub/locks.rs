//! Locks: a unit is locked by being attached to a ChangeSet, and unlocked by being attached to none.

use std::collections::BTreeMap;

use serde_json::json;
use uuid::Uuid;

use crate::model::changeset::{UnitHead, UnitIds};

use super::Client;
use super::bulk::{Answers, BulkPatch, chunks};
use super::description::one_line;
use super::error::{Error, Kind};
use super::expression::{Attribute, Where};

/// The request as errors name it.
const PATCH_UNITS: &str = "PATCH /unit";
/// How often a change is sent to units of which nothing proves that it landed: once, and once more.
const SENT: usize = 2;

impl Client {
    /// Attaches these units to a ChangeSet, which locks them for everybody else. One answer for each, by id.
    pub async fn lock(
        &self,
        ids: &UnitIds,
        changeset: Uuid,
        description: &str,
    ) -> Vec<(Uuid, Result<UnitHead, Error>)> {
        let body = json!({"ChangeSetID": changeset, "LastChangeDescription": one_line(description)});
        let patch = BulkPatch { condition: Where::default(), under: Some(changeset), body: &body };
        let mut all = Vec::new();
        for chunk in chunks(ids) {
            all.extend(
                self.settle(&chunk, std::slice::from_ref(&patch), changeset, |head| head.changeset == Some(changeset))
                    .await,
            );
        }
        all
    }

    /// Detaches these units from this ChangeSet, and no unit from another: the request itself says so. One answer for
    /// each, by id; a unit that was not locked by it any more is as good as unlocked.
    pub async fn unlock(&self, ids: &UnitIds, changeset: Uuid) -> Vec<(Uuid, Result<UnitHead, Error>)> {
        let body = json!({"ChangeSetID": null});
        let condition = Where::id(Attribute::ChangeSetID, changeset);
        // Whether `change_set_id` is needed is not documented; ConfigHub's own client leaves it out.
        let plain = BulkPatch { condition: condition.clone(), under: None, body: &body };
        let named = BulkPatch { condition, under: Some(changeset), body: &body };
        let mut all = Vec::new();
        for chunk in chunks(ids) {
            let patches = [plain.clone(), named.clone()];
            all.extend(self.settle(&chunk, &patches, changeset, |head| head.changeset != Some(changeset)).await);
        }
        all
    }

    /// Sends the change until it is known of each unit whether it is `done`, at most twice to a unit, and only after a
    /// look showed that the first time did nothing. Refused units are tried with the next of the ways, if there is one.
    async fn settle(
        &self,
        chunk: &[Uuid],
        ways: &[BulkPatch<'_>],
        ours: Uuid,
        done: impl Fn(&UnitHead) -> bool,
    ) -> Vec<(Uuid, Result<UnitHead, Error>)> {
        let mut settled = Answers::new();
        let mut open = chunk.to_vec();
        for round in 0..SENT {
            let Some(ids) = UnitIds::new(open.iter().copied()) else { break };
            let last = round + 1 == SENT;
            let way = ways.get(round).or(ways.last());
            let Some(way) = way else { break };
            let (answers, whole) = match self.patch_units(&open, way).await {
                Ok(answers) => (answers, None),
                Err(error) => (Answers::new(), Some(error)),
            };
            let (good, rest): (Vec<_>, Vec<_>) = open
                .iter()
                .map(|id| (*id, answers.get(id).cloned()))
                .partition(|(_, answer)| matches!(answer, Some(Ok(head)) if done(head)));
            settled.extend(good.into_iter().filter_map(|(id, answer)| Some((id, answer?))));
            if rest.is_empty() {
                break;
            }
            let now = match self.unit_heads(&ids).await {
                Ok(heads) => heads.into_iter().map(|head| (head.id, head)).collect::<BTreeMap<_, _>>(),
                Err(error) => {
                    // Nobody knows now: what the write met tells more than that the look at it failed.
                    let met = |answer: Option<Result<UnitHead, Error>>| match answer {
                        Some(Err(refusal)) => refusal,
                        Some(Ok(_)) | None => whole.clone().unwrap_or_else(|| error.clone()),
                    };
                    settled.extend(rest.into_iter().map(|(id, answer)| (id, Err(met(answer)))));
                    break;
                }
            };
            open.clear();
            for (id, answer) in rest {
                let refusal = match answer {
                    Some(Err(error)) => Some(error),
                    Some(Ok(_)) => None,
                    None => whole.clone(),
                };
                let found = match now.get(&id) {
                    Some(head) if done(head) => Some(Ok(head.clone())),
                    Some(head) if last || !again(refusal.as_ref(), ways.len()) => {
                        Some(Err(refused(refusal.unwrap_or_else(unanswered), head, ours)))
                    }
                    Some(_) => None,
                    None => Some(Err(refusal.unwrap_or_else(gone))),
                };
                match found {
                    Some(found) => settled.extend([(id, found)]),
                    None => open.push(id),
                }
            }
        }
        settled.into_iter().collect()
    }
}

/// Whether a unit of which a look showed that nothing was done is sent the change again.
fn again(refusal: Option<&Error>, ways: usize) -> bool {
    match refusal {
        None => true,
        Some(error) if error.is_unclear() => true,
        Some(error) => ways > 1 && matches!(error.kind, Kind::Refused(_) | Kind::Conflict),
    }
}

/// A refusal by what a look at the unit shows: `ours` is no foreign lock.
pub(super) fn refused(refusal: Error, head: &UnitHead, ours: Uuid) -> Error {
    let foreign = head.changeset.is_some_and(|it| it != ours);
    match refusal.kind {
        Kind::Refused(_) | Kind::Conflict if foreign => {
            Error { kind: Kind::Locked { by: head.holder.clone() }, ..refusal }
        }
        _ => refusal,
    }
}

fn unanswered() -> Error {
    Error::new(Kind::Unexpected, PATCH_UNITS, "the answer does not name the unit, and nothing was done to it")
}

fn gone() -> Error {
    Error::new(Kind::NotFound, PATCH_UNITS, "the unit is gone, or may not be viewed any more")
}
