//! ChangeSets as records. Making one by its slug is the mutex of runs that overlap; nothing opens or closes it but units.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::model::changeset::{ChangeSet, ENVIRONMENT_LABEL, NewChangeSet, Opened, SOURCE, SOURCE_LABEL};

use super::description::one_line;
use super::error::{Error, Kind};
use super::expression::{Attribute, Where};
use super::wire::changes as wire;
use super::write::{Body, Write};
use super::{Client, Space};

impl Client {
    /// Our ChangeSets for an environment in a Space, by label, open and closed ones, oldest first.
    ///
    /// # Errors
    /// Whatever a request may meet.
    pub async fn changesets(&self, space: &Space, environment: &str) -> Result<Vec<ChangeSet>, Error> {
        let ours = Where::text(Attribute::Label(SOURCE_LABEL), SOURCE)?;
        let found = self.listed_changesets(&format!("/space/{}/change_set", space.id), ours).await?;
        let of = |it: &ChangeSet| it.labels.get(ENVIRONMENT_LABEL).is_some_and(|it| it == environment);
        Ok(found.into_iter().filter(of).collect())
    }

    /// The ChangeSet with exactly this slug; of several the oldest.
    ///
    /// # Errors
    /// Whatever a request may meet.
    pub async fn changeset(&self, space: &Space, slug: &str) -> Result<Option<ChangeSet>, Error> {
        let named = Where::text(Attribute::Slug, slug)?;
        let found = self.listed_changesets(&format!("/space/{}/change_set", space.id), named).await?;
        Ok(found.into_iter().find(|it| it.slug == slug))
    }

    /// The ChangeSet with this id, wherever it lives; None also where this identity may not view it.
    ///
    /// # Errors
    /// Whatever a request may meet.
    pub async fn changeset_by_id(&self, id: Uuid) -> Result<Option<ChangeSet>, Error> {
        let found = self.listed_changesets("/change_set", Where::id(Attribute::ChangeSetID, id)).await?;
        Ok(found.into_iter().find(|it| it.id == id))
    }

    /// Makes a ChangeSet, unless there is one with its slug. Which of two runs made it, both then agree on it.
    ///
    /// # Errors
    /// [`Kind::Forbidden`] where this identity may not edit the Space, and whatever a request may meet.
    pub async fn open_changeset(&self, space: &Space, new: &NewChangeSet) -> Result<Opened, Error> {
        let path = format!("/space/{}/change_set", space.id);
        let body = json!({
            "Slug": new.slug,
            "DisplayName": new.display_name,
            "Description": one_line(&new.description),
            "Labels": new.labels,
        });
        let write = Write { method: Method::POST, path: &path, query: &[], body: Body::Json(&body) };
        let refusal = match self.make(space, new, &write).await? {
            Ok(opened) => return Ok(opened),
            Err(refusal) => refusal,
        };
        if !refusal.is_unclear() {
            return Err(refusal);
        }
        // It is not there, so the first try did nothing. Should it land after all, this one meets it.
        self.make(space, new, &write).await?
    }

    /// One try, and what there is afterwards under the slug; inside what the try met where there is nothing.
    async fn make(&self, space: &Space, new: &NewChangeSet, write: &Write<'_>) -> Result<Result<Opened, Error>, Error> {
        let (made, refusal) = match self.written::<wire::ChangeSet>(write).await {
            Ok(made) => (Some(made.id), Error::new(Kind::Unexpected, write.named(), "what it made is not listed")),
            // A slug that is taken is a 409, and by some of its documents a 400.
            Err(error) if error.is_unclear() || matches!(error.kind, Kind::Conflict | Kind::Refused(_)) => {
                (None, error)
            }
            Err(error) => return Err(error),
        };
        match self.changeset(space, &new.slug).await {
            Ok(Some(oldest)) if Some(oldest.id) == made => Ok(Ok(Opened::Created(oldest))),
            Ok(Some(oldest)) => Ok(Ok(Opened::Exists(oldest))),
            Ok(None) => Ok(Err(refusal)),
            // What may have been made is more than what could not be read.
            Err(_unread) if refusal.is_unclear() => Err(refusal),
            Err(unread) => Err(unread),
        }
    }

    /// Sets labels and annotations (None takes one away) and, where given, the description. Others stay as they are,
    /// so that two runs that annotate different units do not meet.
    ///
    /// # Errors
    /// Whatever a request may meet.
    pub async fn annotate_changeset(
        &self,
        changeset: &ChangeSet,
        labels: &BTreeMap<String, Option<String>>,
        annotations: &BTreeMap<String, Option<String>>,
        description: Option<&str>,
    ) -> Result<ChangeSet, Error> {
        let description = description.map(one_line);
        let mut patch = Map::new();
        for (member, values) in [("Labels", labels), ("Annotations", annotations)] {
            if !values.is_empty() {
                patch.insert(member.to_owned(), json!(values));
            }
        }
        patch.extend(description.iter().map(|it| ("Description".to_owned(), json!(it))));
        let body = Value::Object(patch);
        let path = format!("/space/{}/change_set/{}", changeset.space, changeset.id);
        let write = Write { method: Method::PATCH, path: &path, query: &[], body: Body::MergePatch(&body) };
        let same = |it: &ChangeSet| {
            holds(&it.labels, labels)
                && holds(&it.annotations, annotations)
                && description.as_ref().is_none_or(|wanted| it.description == *wanted)
        };
        let error = match self.written::<wire::ChangeSet>(&write).await {
            Ok(it) => return Ok(plain(it)),
            Err(error) if error.is_unclear() => error,
            Err(error) => return Err(error),
        };
        match self.changeset_by_id(changeset.id).await {
            Ok(Some(now)) if same(&now) => Ok(now),
            // The same patch twice is as good as once.
            Ok(Some(_)) => self.written(&write).await.map(plain),
            Ok(None) | Err(_) => Err(error),
        }
    }

    /// Oldest first.
    async fn listed_changesets(&self, path: &str, condition: Where) -> Result<Vec<ChangeSet>, Error> {
        let query = [("where", condition.into_query()?)];
        let found: Vec<wire::ExtendedChangeSet> = self.list(path, &query).await?;
        let mut found: Vec<ChangeSet> = found.into_iter().map(|it| plain(it.change_set)).collect();
        found.sort_by_key(|it| (it.created_at.is_none(), it.created_at, it.id));
        found.dedup_by_key(|it| it.id);
        Ok(found)
    }
}

/// Whether a map is as a merge patch leaves it.
fn holds(map: &BTreeMap<String, String>, patch: &BTreeMap<String, Option<String>>) -> bool {
    patch.iter().all(|(key, value)| map.get(key) == value.as_ref())
}

fn plain(it: wire::ChangeSet) -> ChangeSet {
    let wire::ChangeSet { id, slug, space, description, labels, annotations, created_at } = it;
    ChangeSet { id, space, slug, description, labels, annotations, created_at }
}
