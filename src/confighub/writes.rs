//! New heads: data that is written, and data that is restored. A write that went unanswered is looked for before anything
//! is sent again: it landed, or nothing was done, or somebody else wrote.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::model::changeset::{Restore, UnitHead};

use super::Client;
use super::description::one_line;
use super::error::{Error, Kind};
use super::generation::Generation;
use super::locks::refused;
use super::request::named;
use super::units::hex;
use super::wire::changes::{UnitOrError, WrittenUnit};
use super::write::{Body, Write, kind_of};

impl Client {
    /// Head's data as it is now, and its hash: hexadecimal SHA-256. A hash that is not the head's means that it moved.
    ///
    /// # Errors
    /// Whatever a request may meet, and data that is not UTF-8.
    pub async fn head_data(&self, head: &UnitHead) -> Result<(String, String), Error> {
        let path = format!("{}/data", unit(head));
        let bytes = self.data(&path).await?;
        let hash = hash(&bytes);
        let text = String::from_utf8(bytes).map_err(|error| {
            let place = error.utf8_error().valid_up_to();
            Error::new(Kind::Unexpected, named(&Method::GET, &path), format!("the data is not UTF-8 at byte {place}"))
        })?;
        Ok((text, hash))
    }

    /// Writes new data to a head that is still the given one, under the ChangeSet that holds the unit.
    ///
    /// # Errors
    /// [`Kind::Conflict`] where head is another one now, [`Kind::Locked`] where another ChangeSet holds the unit, and
    /// whatever a request may meet; [`Error::is_unclear`] where nothing tells whether it landed.
    pub async fn write_data(
        &self,
        head: &UnitHead,
        changeset: Uuid,
        text: &str,
        description: &str,
    ) -> Result<UnitHead, Error> {
        let wanted = hash(text.as_bytes());
        if self.generation == Generation::Bridge {
            // The older service compares nothing itself, so that a head that moved must be noticed here.
            unmoved(&self.head_now(head.id).await?, head, changeset)?;
        }
        let send = || self.send_data(head, changeset, text, description);
        let landed = async |error: &Error| {
            let now = self.head_now(head.id).await.map_err(|_unread| error.clone())?;
            if now.hash == wanted && now.changeset == Some(changeset) {
                return Ok(Some(now));
            }
            unmoved(&now, head, changeset).map(|()| None)
        };
        let written = self.once_or_again(head, Some(changeset), send, landed).await?;
        if written.hash == wanted {
            return Ok(written);
        }
        let what = "ConfigHub holds other data than was sent, as it does where paths are protected";
        Err(Error::new(Kind::Refused(200), "PUT unit data", what))
    }

    /// Gives a head the data of an earlier revision again, as a new revision.
    ///
    /// # Errors
    /// As [`Client::write_data`]; head is not compared by the service, only looked at where an answer is missing.
    pub async fn restore(
        &self,
        head: &UnitHead,
        to: Restore,
        changeset: Option<Uuid>,
        description: &str,
    ) -> Result<UnitHead, Error> {
        let from = match to {
            Restore::Revision(number) => number.to_string(),
            Restore::Before(changeset) => format!("Before:ChangeSet:{changeset}"),
        };
        let query = [("restore", Some(from)), ("change_set_id", changeset.map(|it| it.to_string()))];
        let body = json!({"LastChangeDescription": one_line(description)});
        let path = unit(head);
        let write = Write { method: Method::PATCH, path: &path, query: &query, body: Body::MergePatch(&body) };
        let landed = async |error: &Error| {
            let now = self.head_now(head.id).await.map_err(|_unread| error.clone())?;
            let wanted = self.restored_hash(head, to).await.map_err(|_unread| error.clone())?;
            if wanted.is_some_and(|wanted| wanted == now.hash) {
                return Ok(Some(now));
            }
            unmoved(&now, head, changeset.unwrap_or_default()).map(|()| None)
        };
        self.once_or_again(head, changeset, || self.sent(&write), landed).await
    }

    /// Sends; without an answer looks what `landed` (None: head is as it was), and sends once more if nothing did.
    async fn once_or_again(
        &self,
        head: &UnitHead,
        changeset: Option<Uuid>,
        send: impl AsyncFn() -> Result<UnitHead, Error>,
        landed: impl AsyncFn(&Error) -> Result<Option<UnitHead>, Error>,
    ) -> Result<UnitHead, Error> {
        let mut met = match send().await {
            Ok(written) => return Ok(written),
            Err(error) => error,
        };
        if met.is_unclear() {
            if let Some(now) = landed(&met).await? {
                return Ok(now);
            }
            met = match send().await {
                Ok(written) => return Ok(written),
                Err(error) => error,
            };
            // A refusal too: the first one may have landed late, and made this one stale.
            if (met.is_unclear() || met.kind == Kind::Conflict)
                && let Some(now) = landed(&met).await?
            {
                return Ok(now);
            }
        }
        if !matches!(met.kind, Kind::Refused(_) | Kind::Conflict) {
            return Err(met);
        }
        match self.head_now(head.id).await {
            Ok(now) => Err(refused(met, &now, changeset.unwrap_or_default())),
            Err(_unread) => Err(met),
        }
    }

    async fn send_data(
        &self,
        head: &UnitHead,
        changeset: Uuid,
        text: &str,
        description: &str,
    ) -> Result<UnitHead, Error> {
        let description = one_line(description);
        let under = ("change_set_id", Some(changeset.to_string()));
        let path = unit(head);
        if self.generation == Generation::Bridge {
            let body = json!({"Data": STANDARD.encode(text), "LastChangeDescription": description});
            let body = Body::MergePatch(&body);
            return self.sent(&Write { method: Method::PATCH, path: &path, query: &[under], body }).await;
        }
        let query = [under, ("last_change_description", Some(description))];
        let body = Body::Data { text, if_match: &head.hash };
        self.sent(&Write { method: Method::PUT, path: &format!("{path}/data"), query: &query, body }).await
    }

    /// A write to one unit: what it is afterwards.
    async fn sent(&self, write: &Write<'_>) -> Result<UnitHead, Error> {
        match self.written::<WrittenUnit>(write).await? {
            WrittenUnit::Wrapped(UnitOrError { error: Some(error), unit: _ }) => {
                Err(Error::new(kind_of(error.status), write.named(), error.message))
            }
            WrittenUnit::Wrapped(UnitOrError { unit: Some(unit), error: None }) | WrittenUnit::Bare(unit) => {
                Ok(self.head(*unit))
            }
            WrittenUnit::Wrapped(UnitOrError { unit: None, error: None }) => {
                Err(Error::new(Kind::Unexpected, write.named(), "it holds no unit"))
            }
        }
    }

    /// Hash of the data that a restore gives; None where no such revision is there.
    async fn restored_hash(&self, head: &UnitHead, to: Restore) -> Result<Option<String>, Error> {
        let number = match to {
            Restore::Revision(number) => Some(number),
            Restore::Before(changeset) => self.unit_revisions(head, changeset).await?.first().map(|it| it.number - 1),
        };
        let Some(number) = number else { return Ok(None) };
        Ok(self.unit_revision(head, number).await?.map(|it| it.hash))
    }
}

/// Whether head is still the given one; if not, whose doing that is.
fn unmoved(now: &UnitHead, head: &UnitHead, changeset: Uuid) -> Result<(), Error> {
    if (now.head, &now.hash) == (head.head, &head.hash) && now.changeset.is_none_or(|it| it == changeset) {
        return Ok(());
    }
    let what = format!("unit `{}` is at revision {} and was at {}", head.slug, now.head, head.head);
    Err(refused(Error::new(Kind::Conflict, "a write to the unit", what), now, changeset))
}

fn unit(head: &UnitHead) -> String {
    format!("/space/{}/unit/{}", head.space, head.id)
}

fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
