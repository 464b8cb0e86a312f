//! What is said about revisions: review comments where the server has them, and attestations.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::model::changeset::{Carried, Claimed, Comment, Judgement, NewAttestation, REMARK, UnitHead, UnitIds};

use super::Client;
use super::bulk::chunks;
use super::error::{Error, Kind};
use super::expression::{Attribute, Where};
use super::wire::changes as wire;
use super::write::{Body, Write};

/// The claim by which an attestation that went unanswered is found again.
const REQUEST: &str = "drift-detector/request";

impl Client {
    /// Leaves a remark on a revision, in what the server has for it: a comment, else an attestation's note. A server that
    /// has neither, and an identity that may leave neither, leave it to the report.
    ///
    /// # Errors
    /// Whatever else a request may meet.
    pub async fn comment(&self, head: &UnitHead, revision: i64, text: &str) -> Result<Carried, Error> {
        if self.generation.comments() {
            match self.post_comment(head, revision, text).await {
                Ok(()) => return Ok(Carried::Comment),
                Err(error) if matches!(error.kind, Kind::Forbidden | Kind::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        if self.generation.attests() {
            let ids = UnitIds::one(head.id);
            let new =
                NewAttestation { revision, kind: REMARK, result: Judgement::Pass, note: text, claims: BTreeMap::new() };
            let answers = self.attest(head.space, &ids, &new).await;
            match answers.into_iter().next() {
                Some((_, Ok(_))) => return Ok(Carried::Attestation),
                Some((_, Err(error))) if !matches!(error.kind, Kind::Forbidden | Kind::NotFound) => return Err(error),
                Some(_) | None => {}
            }
        }
        Ok(Carried::Nothing)
    }

    /// The review comments of a unit, oldest first; none where the server has no comments.
    ///
    /// # Errors
    /// Whatever a request may meet.
    pub async fn comments(&self, head: &UnitHead) -> Result<Vec<Comment>, Error> {
        if !self.generation.comments() {
            return Ok(Vec::new());
        }
        let found: Vec<wire::ExtendedReviewComment> = self.list(&comments(head), &[]).await?;
        let plain = |it: wire::ExtendedReviewComment| {
            let wire::ReviewComment { number, text, user, created_at } = it.comment;
            Comment { revision: number, text, author: user, at: created_at }
        };
        let mut found: Vec<Comment> = found.into_iter().map(plain).collect();
        found.sort_by_key(|it| it.at);
        Ok(found)
    }

    async fn post_comment(&self, head: &UnitHead, revision: i64, text: &str) -> Result<(), Error> {
        let body = json!({"RevisionNum": revision, "Text": text});
        let path = comments(head);
        let write = Write { method: Method::POST, path: &path, query: &[], body: Body::Json(&body) };
        let met = match self.written::<wire::ReviewComment>(&write).await {
            Ok(_) => return Ok(()),
            Err(error) if error.is_unclear() => error,
            Err(error) => return Err(error),
        };
        let there = self.comments(head).await.map_err(|_unread| met)?;
        if there.iter().any(|it| it.revision == revision && it.text == text) {
            return Ok(());
        }
        self.written::<wire::ReviewComment>(&write).await.map(|_| ())
    }

    /// Attests something of a revision of each of these units, all of one Space. One answer for each, by id: the number
    /// of the revision that it covers. [`Kind::NotFound`]: the unit has no such revision, or the server no attestations.
    pub async fn attest(
        &self,
        space: Uuid,
        ids: &UnitIds,
        new: &NewAttestation<'_>,
    ) -> Vec<(Uuid, Result<i64, Error>)> {
        let mut all = Vec::new();
        for chunk in chunks(ids) {
            let answer = self.attest_chunk(space, &chunk, new).await;
            all.extend(chunk.into_iter().map(|id| {
                let covered = match &answer {
                    Ok(answer) => answer.get(&id).cloned().unwrap_or_else(|| Err(left_out(""))),
                    Err(error) => Err(error.clone()),
                };
                (id, covered)
            }));
        }
        all
    }

    async fn attest_chunk(
        &self,
        space: Uuid,
        ids: &[Uuid],
        new: &NewAttestation<'_>,
    ) -> Result<BTreeMap<Uuid, Result<i64, Error>>, Error> {
        if !self.generation.attests() {
            return Err(left_out("this version of ConfigHub has no attestations"));
        }
        let NewAttestation { revision, kind, result, note, claims } = new;
        let mark = Uuid::new_v4().to_string();
        let mut claims = claims.clone();
        claims.insert(REQUEST, mark.clone());
        let body = json!({
            "Type": kind,
            "Result": result.name(),
            "Note": note,
            "Revision": revision.to_string(),
            "WhereUnit": Where::among(Attribute::UnitID, ids).into_query()?,
            "Claims": claims,
        });
        let path = format!("/space/{space}/attestation");
        let write = Write { method: Method::POST, path: &path, query: &[], body: Body::Json(&body) };
        let sent = async || self.written::<wire::Attested>(&write).await.and_then(|it| covered(it, &write));
        let met = match sent().await {
            Ok(covered) => return Ok(covered),
            Err(error) if error.is_unclear() => error,
            Err(error) => return Err(error),
        };
        match self.attested(&path, kind, &mark).await {
            // It is there, and only its answer, which names the revisions, is lost.
            Ok(Some(id)) => self.covered_by(ids, id).await.map_err(|_unread| met),
            Ok(None) => sent().await,
            Err(_unread) => Err(met),
        }
    }

    /// Whether this ConfigHub has attestations.
    pub fn attests(&self) -> bool {
        self.generation.attests()
    }

    /// The attestations of a type that this user left in a Space.
    ///
    /// # Errors
    /// Whatever a request may meet.
    pub async fn claimed(&self, space: Uuid, kind: &str, user: Uuid) -> Result<Vec<Claimed>, Error> {
        let condition = Where::text(Attribute::Type, kind)?.and(Where::id(Attribute::UserID, user));
        let query = [("where", condition.into_query()?)];
        let found: Vec<wire::ExtendedAttestation> = self.list(&format!("/space/{space}/attestation"), &query).await?;
        let plain = |it: wire::ExtendedAttestation| Claimed {
            result: Judgement::of(&it.attestation.result),
            at: it.attestation.created_at,
            claims: it.attestation.claims,
        };
        Ok(found.into_iter().map(plain).collect())
    }

    /// The attestation that carries this mark.
    async fn attested(&self, path: &str, kind: &str, mark: &str) -> Result<Option<Uuid>, Error> {
        let query = [("where", Where::text(Attribute::Type, kind)?.into_query()?)];
        let found: Vec<wire::ExtendedAttestation> = self.list(path, &query).await?;
        let marked = |it: &wire::Attestation| it.claims.get(REQUEST).is_some_and(|it| it == mark);
        Ok(found.into_iter().map(|it| it.attestation).find(marked).map(|it| it.id))
    }

    /// Which revision of each unit an attestation covers, as the revisions tell it.
    async fn covered_by(&self, ids: &[Uuid], id: Uuid) -> Result<BTreeMap<Uuid, Result<i64, Error>>, Error> {
        let condition = Where::among(Attribute::UnitID, ids).and(Where::has(Attribute::Attestations, id));
        let query = [("where", condition.into_query()?)];
        let found: Vec<wire::ExtendedRevision> = self.list("/revision", &query).await?;
        Ok(found.into_iter().map(|it| (it.revision.unit, Ok(it.revision.number))).collect())
    }
}

fn covered(attested: wire::Attested, write: &Write<'_>) -> Result<BTreeMap<Uuid, Result<i64, Error>>, Error> {
    let wire::Attested { attestation, subjects, skipped } = attested;
    if attestation.is_none() && skipped.is_empty() {
        return Err(Error::new(
            Kind::Unexpected,
            write.named(),
            "it names no attestation, and no unit that it leaves out",
        ));
    }
    let skipped = skipped.into_iter().map(|it| (it.unit, Err(left_out(&it.reason))));
    Ok(skipped.chain(subjects.into_iter().map(|it| (it.unit, Ok(it.number)))).collect())
}

fn left_out(why: &str) -> Error {
    Error::new(Kind::NotFound, "POST /space/…/attestation", why)
}

fn comments(head: &UnitHead) -> String {
    format!("/space/{}/unit/{}/review_comment", head.space, head.id)
}
