//! Writes to many units: in chunks that fit an expression, each unit with its own answer, whatever the order of the answers.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::Value;
use uuid::Uuid;

use crate::model::changeset::{UnitHead, UnitIds};

use super::error::{Error, Kind};
use super::expression::{Attribute, Where};
use super::request::{MOST_PAGES, decode};
use super::wire::changes::UnitOrError;
use super::write::{Body, Write, kind_of};
use super::{Client, wire};

/// Ids in an expression: 80 take 3,130 of its 4,096 characters, which leaves room for another term.
const CHUNK: usize = 80;

/// The answer for one unit each, by id.
pub(super) type Answers = BTreeMap<Uuid, Result<UnitHead, Error>>;

/// The same change of many units.
#[derive(Clone)]
pub(super) struct BulkPatch<'a> {
    /// Narrows beside the ids.
    pub(super) condition: Where,
    /// `change_set_id`.
    pub(super) under: Option<Uuid>,
    pub(super) body: &'a Value,
}

/// Ids in pieces that an expression can hold.
pub(super) fn chunks(ids: &UnitIds) -> Vec<Vec<Uuid>> {
    ids.iter().collect::<Vec<_>>().chunks(CHUNK).map(<[Uuid]>::to_vec).collect()
}

impl Client {
    /// Sends a change of one chunk of units, page by page where the service pages. Units that no answer names are absent.
    pub(super) async fn patch_units(&self, ids: &[Uuid], patch: &BulkPatch<'_>) -> Result<Answers, Error> {
        let expression = Where::among(Attribute::UnitID, ids).and(patch.condition.clone()).into_query()?;
        let mut answers = Answers::new();
        let mut next: Option<String> = None;
        let mut seen = BTreeSet::new();
        for _ in 0..MOST_PAGES {
            let query = [
                ("where", expression.clone()),
                ("change_set_id", patch.under.map(|it| it.to_string())),
                ("continue", next.clone()),
            ];
            let body = Body::MergePatch(patch.body);
            let write = Write { method: Method::PATCH, path: "/unit", query: &query, body };
            // A later page that fails takes nothing back of the earlier ones.
            let sent = match self.write(&write).await {
                Ok(sent) => sent,
                Err(_) if !answers.is_empty() => return Ok(answers),
                Err(error) => return Err(error),
            };
            let members: Vec<UnitOrError> = decode(&write.named(), &sent.bytes)?;
            answers.extend(paired(members, ids, &write.named(), |unit| self.head(unit)));
            match sent.next {
                Some(token) if seen.insert(token.clone()) => next = Some(token),
                Some(_) | None => return Ok(answers),
            }
        }
        Ok(answers)
    }
}

/// Each answer with the unit that it is about, by what it says and never by its place. What it says of units that nobody
/// asked about is left out.
fn paired(members: Vec<UnitOrError>, asked: &[Uuid], request: &str, head: impl Fn(wire::Unit) -> UnitHead) -> Answers {
    let mut answers = Answers::new();
    for member in members {
        let (id, answer) = match member {
            UnitOrError { unit, error: Some(error) } => {
                let id = error.metadata.entity.or(unit.map(|it| it.id));
                (id, Err(Error::new(kind_of(error.status), request, error.message)))
            }
            UnitOrError { unit: Some(unit), error: None } => (Some(unit.id), Ok(head(*unit))),
            UnitOrError { unit: None, error: None } => (None, Err(Error::new(Kind::Unexpected, request, ""))),
        };
        if let Some(id) = id.filter(|id| asked.contains(id)) {
            answers.insert(id, answer);
        }
    }
    answers
}

#[cfg(test)]
mod tests;
