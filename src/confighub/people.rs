//! Who we are and who else there is: approvals count only where a person gave them, and not the one who asks for them.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::model::access::Credentials;
use crate::model::changeset::{Identity, IdentityKind, Member};

use super::Client;
use super::error::{Error, Kind};
use super::expression::{Attribute, Where};
use super::wire::changes as wire;

impl Client {
    /// Who these credentials are.
    ///
    /// # Errors
    /// Whatever a request may meet.
    pub async fn me(&self) -> Result<Identity, Error> {
        let me: wire::Member = self.entity("/me", &[]).await?;
        let kind = match self.credentials {
            Credentials::Worker { .. } => IdentityKind::Worker,
            Credentials::Token(_) => {
                kind(me.id, &me.username, self.workers(Where::id(Attribute::UserID, me.id)).await?.as_ref())
            }
        };
        let wire::Member { id, organization, external_organization, username, display_name } = me;
        let name = if display_name.is_empty() { username } else { display_name };
        Ok(Identity { id, name, organization, external_organization, kind })
    }

    /// The members of our organization, by user.
    ///
    /// # Errors
    /// Whatever a request may meet.
    pub async fn people(&self, me: &Identity) -> Result<BTreeMap<Uuid, Member>, Error> {
        let path = format!("/organization/{}/organization_member", me.organization);
        let found: Vec<wire::ListedMember> = self.entity(&path, &[]).await?;
        let workers = self.workers(Where::default()).await?;
        let plain = |it: wire::ListedMember| {
            let (wire::ListedMember::Wrapped { member } | wire::ListedMember::Bare(member)) = it;
            let kind = if member.id == me.id { me.kind } else { kind(member.id, &member.username, workers.as_ref()) };
            let name = if member.display_name.is_empty() { member.username.clone() } else { member.display_name };
            (member.id, Member { name, login: member.username, kind })
        };
        Ok(found.into_iter().map(plain).collect())
    }

    /// The users that workers act as; None: this identity may not view workers.
    async fn workers(&self, condition: Where) -> Result<Option<BTreeSet<Uuid>>, Error> {
        let query = [("where", condition.into_query()?), ("select", Some("UserID,Slug".to_owned()))];
        match self.list::<wire::ExtendedBridgeWorker>("/bridge_worker", &query).await {
            Ok(found) => Ok(Some(found.into_iter().filter_map(|it| it.worker.user).collect())),
            Err(error) if matches!(error.kind, Kind::Forbidden | Kind::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// GUESS: people log in with an e-mail address. Where nobody says which users are workers, nobody is known to be a person:
/// an approval of a bot must not count.
fn kind(id: Uuid, login: &str, workers: Option<&BTreeSet<Uuid>>) -> IdentityKind {
    match workers {
        Some(workers) if workers.contains(&id) => IdentityKind::Worker,
        Some(_) if login.contains('@') => IdentityKind::Person,
        Some(_) | None => IdentityKind::Unknown,
    }
}
